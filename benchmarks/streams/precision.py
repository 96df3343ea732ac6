"""Compare 32 bits with mixed precision: accuracy over seeds, and the time of a step on one thread.

The times mean something only on a machine that has nothing else to do.
"""

from __future__ import annotations

import pathlib

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 4_000
EPOCHS = 3
POLICIES = ("float32", "mixed_bfloat16")
BATCHES = (32, 256)
STEPS = 30
MEASURE = pathlib.Path(__file__).with_name("time_precision.py")


def steps() -> dict:
    """Time a step with each policy."""
    from cnnbook.training import processes

    (found,) = processes.run(MEASURE, arguments=[str(STEPS), *map(str, BATCHES)])
    return {
        "batch_sizes": list(BATCHES),
        "seconds": {
            policy: [[round(float(value), 6) for value in row] for row in rows]
            for policy, rows in zip(POLICIES, found["seconds"], strict=True)
        },
    }


def train(setting: dict) -> dict:
    """Train the article's network with one policy and one seed, and score it."""
    import keras

    from cnnbook import models

    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(DIGITS)
    keras.config.set_dtype_policy(setting["policy"])
    keras.utils.set_random_seed(setting["seed"])
    layers = models.article_network().layers[:-1]
    output = keras.layers.Dense(10, activation="softmax", dtype="float32", name="dense2")
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, output])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_fit, y_fit, epochs=EPOCHS, verbose=0)
    loss, accuracy = model.evaluate(x_validation, y_validation, verbose=0)
    return {
        "validation_loss": round(float(loss), 6),
        "validation_accuracy": round(float(accuracy), 6),
    }


def main() -> None:
    """Time the steps, train with both policies and several seeds, and store what came out."""
    settings = [{"policy": policy, "seed": seed} for seed in SEEDS for policy in POLICIES]
    result = {
        "steps": steps(),
        "training_digits": DIGITS,
        "epochs": EPOCHS,
        "batch_size": 32,
        "runs": sweep.run_all(train, settings),
    }
    results.save("streams/precision", result)


if __name__ == "__main__":
    main()
