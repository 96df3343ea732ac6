"""Train small classifiers to tell drawn digits from real ones, and score them on held-out pictures.

    python -m benchmarks.generation.told_apart

Real are validation digits, which the generators did not learn from, though the same people wrote
them. The stored generators draw a digit for the label of each. Beside them as a control: as many
digits learned from, of the same labels. Three folds, each with a seed of its own: two thirds of the
pictures train, one third is held out, and so each picture is judged once. The classifier was fixed
beforehand. After Lopez-Paz and Oquab (2017), "Revisiting Classifier Two-Sample Tests".
"""

import keras
import numpy as np

from benchmarks import results, sweep
from benchmarks.generation import generation as benchmark
from cnnbook.applications import flow
from cnnbook.generation import networks

DIGITS = 3_000  # of each kind
FOLDS = 3
EPOCHS, BATCH_SIZE, RATE = 10, 64, 0.001
# Pale specks on the paper may give a drawing away; in black and white there is only its shape.
VIEWS = {"as drawn": lambda x: x, "black and white": lambda x: (x > 0.5).astype(np.float32)}


def of_the_same_labels(pool: tuple, labels: np.ndarray) -> np.ndarray:
    """Draw, without replacement, a digit of each of the labels from a pool of digits."""
    generator, chosen = np.random.default_rng(0), np.zeros(len(labels), int)
    for digit in range(10):
        wanted = labels == digit
        offered = np.flatnonzero(pool[1] == digit)
        chosen[wanted] = generator.choice(offered, wanted.sum(), replace=False)
    return pool[0][chosen]


def kinds(fit: tuple, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return the pictures of each kind, one for each label."""
    velocity, _ = results.load_network("applications/flow_network")
    decoder, _ = results.load_network("generation/vae_decoder")

    def drawn(guidance):
        steps = benchmark.SAMPLING_STEPS
        return flow.sample_flow(velocity, labels, seed=0, steps=steps, guidance=guidance)

    return {
        "real": of_the_same_labels(fit, labels),
        "flow": drawn(benchmark.GUIDANCE),
        "flow, unguided": drawn(1.0),
        "VAE": networks.sample_vae(decoder, labels, seed=0),
    }


def classifier() -> keras.Model:
    """Build a network of two convolutions that says whether a digit was drawn."""
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(16, 5, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(1),
    ])  # fmt: skip
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss)
    return model


def told_apart(real: np.ndarray, other: np.ndarray) -> list[int]:
    """Return how many held-out pictures, real and other, are named rightly in each fold."""
    order = np.random.default_rng(0).permutation(len(real))
    right = []
    for seed, held in enumerate(np.array_split(order, FOLDS)):
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        learned = np.setdiff1d(order, held)
        model = classifier()
        model.fit(
            np.concatenate([real[learned], other[learned]]),
            np.repeat([0.0, 1.0], len(learned)),
            batch_size=BATCH_SIZE,
            epochs=EPOCHS,
            verbose=0,
        )
        found = [model.predict(x[held], batch_size=250, verbose=0) > 0 for x in (real, other)]
        right.append(int(np.sum(~found[0]) + np.sum(found[1])))
    return right


def main() -> None:
    """Draw, tell apart in both views, and store the counts."""
    sweep.one_thread()
    fit, (images, labels) = sweep.digits(55_000)
    images, labels = images[:DIGITS], labels[:DIGITS]
    pictures, runs = kinds(fit, labels), []
    for view, see in VIEWS.items():
        for kind, other in pictures.items():
            right = told_apart(see(images), see(other))
            runs.append({"view": view, "kind": kind, "right": right})
            print(runs[-1], flush=True)
    recipe = {
        "digits": DIGITS,
        "folds": FOLDS,
        "held_out": 2 * DIGITS // FOLDS,
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "rate": RATE,
        "guidance": benchmark.GUIDANCE,
        "sampling_steps": benchmark.SAMPLING_STEPS,
        "generator_seed": 0,
    }
    results.save("generation/told_apart", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
