"""Train the two generators of digits on equal processor time, and score what they draw.

Everything is trained on the 55,000 fit digits. Widths, rates, steps and the strength of guidance
were chosen on validation digits; this opens the test digits once. Each generated set has as many
digits as the real ones it is compared with, and asks for the same labels: the distance is biased
by the number of samples. One judge, the book's fast recipe, serves all seeds: scores of different
judges live in different features.
"""

from __future__ import annotations

import pathlib
import tempfile
import time

from benchmarks import sweep
from cnnbook import results

SEEDS = 3
STEPS = {"vae": 2_800, "flow": 1_300}  # about as many processor seconds each
BATCH_SIZE = 64
PEAK_RATES = {"vae": 0.002, "flow": 0.003}
GUIDANCE = 2.0
SAMPLING_STEPS = 16  # of Euler's method, one velocity each
SAMPLES = 2_000  # of the main score
FEWER = 500  # of each setting of the ablations
WITHOUT = {
    "nothing": {},
    "the dense layer": {"whole": False},
    "the carried pixels": {"carry": False},
}
SHORT_STEPS = 240  # of the networks without a part
GUIDANCES = (1.0, 3.0, 5.0)  # beside GUIDANCE itself
STEPS_BY_METHOD = {"euler": (1, 2, 4, 8), "heun": (1, 2, 4, 8)}
COUNTS = (250, 500, 1_000, 2_000, 5_000)
NEIGHBOURS = 500
SHOWN_A_CLASS = 8


def prepared(judge_file: str):
    """Return fit digits, the test digits in halves, and the judge."""
    import keras
    import numpy as np

    from cnnbook import data, generation

    (x_fit, y_fit), _ = sweep.digits(55_000)
    _, (x_test, y_test) = data.load_mnist()
    x_test = data.scale_pixels(x_test)
    order = np.random.default_rng(0).permutation(len(x_test))
    halves = [(x_test[part], y_test[part]) for part in np.split(order, 2)]
    classifier = keras.saving.load_model(judge_file)
    judge = generation.Judge(
        classifier, keras.Model(classifier.input, classifier.layers[-2].output)
    )
    return (x_fit, y_fit), halves, judge


def score(images, labels, judge, reference) -> dict:
    """Return what the judge says of some images, and how soft they are."""
    from cnnbook import generation

    features, read = judge.read(images)
    return {
        "samples": len(images),
        "distance": round(generation.frechet_distance(features, reference), 4),
        "recognised": round(float((read == labels).mean()), 6),
        "grey": round(generation.grey_share(images), 4),
    }


def neighbours(images, fit, judge, fit_features) -> dict:
    """Return the distances to the nearest digit learned from, in pixels and in features."""
    from cnnbook import generation

    features, _ = judge.read(images)
    return {
        "pixels": generation.nearest(images, fit)[0].round(3).tolist(),
        "features": generation.nearest(features, fit_features)[0].round(3).tolist(),
    }


def yardstick(setting: dict) -> dict:
    """Score real digits: one half of the test digits against the other."""
    fit, (first, second), judge = prepared(setting["judge"])
    reference, _ = judge.read(first[0])
    fit_features, _ = judge.read(fit[0])
    features, read = judge.read(second[0])
    from cnnbook import generation

    by_count = {
        str(count): round(generation.frechet_distance(features[:count], reference), 4)
        for count in COUNTS
    }
    by_count_fit = {
        str(count): round(generation.frechet_distance(fit_features[:count], reference), 4)
        for count in COUNTS
    }
    return {
        "real": score(second[0][:SAMPLES], second[1][:SAMPLES], judge, reference),
        "recognised_of_all_test_digits": round(
            float(((read == second[1]).mean() + (judge.read(first[0])[1] == first[1]).mean()) / 2),
            6,
        ),
        "by_count": by_count,
        "training_digits_by_count": by_count_fit,
        "neighbours": neighbours(second[0][:NEIGHBOURS], fit[0], judge, fit_features),
    }


def vae(setting: dict) -> dict:
    """Train the variational autoencoder with one seed, and score it."""
    import keras
    import numpy as np

    from cnnbook import generation

    fit, (first, second), judge = prepared(setting["judge"])
    reference, _ = judge.read(first[0])
    seed = setting["seed"]
    keras.utils.set_random_seed(seed)
    encoder, decoder = generation.vae_networks()
    variables = encoder.trainable_variables + decoder.trainable_variables
    data = generation.batches(
        *fit, np.random.default_rng(seed), BATCH_SIZE, (decoder.input_shape[0][1],)
    )
    training = generation.train(
        generation.vae_loss(encoder, decoder), variables, data, STEPS["vae"], PEAK_RATES["vae"]
    )
    labels = second[1][:SAMPLES]
    last = score(
        generation.sample_vae(decoder, labels[:FEWER], seed), labels[:FEWER], judge, reference
    )
    generation.use(variables, training.averages)
    start = time.process_time()
    images = generation.sample_vae(decoder, labels, seed)
    sampling = time.process_time() - start
    bound = generation.vae_loss(encoder, decoder)
    noise = np.random.default_rng(seed).standard_normal((1000, decoder.input_shape[0][1]))
    result = {
        "parameters": encoder.count_params() + decoder.count_params(),
        "training_seconds": round(training.processor_seconds, 1),
        "sampling_seconds_a_thousand": round(1000 * sampling / SAMPLES, 2),
        "last_losses": float(training.losses[-500:].mean().round(4)),
        "negative_bound_of_test_digits": round(
            float(bound(first[0][:1000], first[1][:1000].astype("int32"), noise.astype("f4"))), 2
        ),
        "main": score(images, labels, judge, reference),
        "fewer": score(images[:FEWER], labels[:FEWER], judge, reference),
        "last_weights": last,
    }
    if seed == 0:
        fit_features, _ = judge.read(fit[0])
        result["neighbours"] = neighbours(images[:NEIGHBOURS], fit[0], judge, fit_features)
        result["pictures"] = shown(lambda asked: generation.sample_vae(decoder, asked, 0))
    return result


def flow(setting: dict) -> dict:
    """Train the flow with one seed, and score it, with each setting of the sampler."""
    import keras
    import numpy as np

    from cnnbook import generation

    fit, (first, second), judge = prepared(setting["judge"])
    reference, _ = judge.read(first[0])
    seed = setting["seed"]
    keras.utils.set_random_seed(seed)
    network = generation.velocity_network()
    variables = network.trainable_variables
    data = generation.batches(*fit, np.random.default_rng(seed), BATCH_SIZE, with_times=True)
    training = generation.train(
        generation.flow_loss(network), variables, data, STEPS["flow"], PEAK_RATES["flow"]
    )
    labels = second[1][:SAMPLES]

    def draw(count=FEWER, steps=SAMPLING_STEPS, guidance=GUIDANCE, method="euler"):
        return generation.sample_flow(network, labels[:count], seed, steps, guidance, method)

    def scored(**options):
        return options | score(draw(**options), labels[:FEWER], judge, reference)

    last_weights = generation.use(variables, training.averages)
    start = time.process_time()
    images = draw(SAMPLES)
    sampling = time.process_time() - start
    result = {
        "parameters": network.count_params(),
        "training_seconds": round(training.processor_seconds, 1),
        "sampling_seconds_a_thousand": round(1000 * sampling / SAMPLES, 2),
        "last_losses": float(training.losses[-500:].mean().round(4)),
        "main": score(images, labels, judge, reference),
        "fewer": score(images[:FEWER], labels[:FEWER], judge, reference),
        "guidance": [scored(guidance=guidance) for guidance in GUIDANCES],
        "solver": [
            scored(steps=steps, method=method)
            for method, counts in STEPS_BY_METHOD.items()
            for steps in counts
        ],
    }
    if seed == 0:
        fit_features, _ = judge.read(fit[0])
        result["neighbours"] = neighbours(images[:NEIGHBOURS], fit[0], judge, fit_features)
        result["pictures"] = shown(
            lambda asked: generation.sample_flow(
                network, asked, 0, SAMPLING_STEPS, GUIDANCE, "euler"
            )
        )
    generation.use(variables, last_weights)
    result["last_weights"] = scored()
    return result


def parts(setting: dict) -> dict:
    """Train the flow briefly, once whole and once without each of two parts."""
    import keras
    import numpy as np

    from cnnbook import generation

    fit, (first, second), judge = prepared(setting["judge"])
    reference, _ = judge.read(first[0])
    seed, labels, scores = setting["seed"], second[1][:FEWER], []
    for name, options in WITHOUT.items():
        keras.utils.set_random_seed(seed)
        network = generation.velocity_network(**options)
        variables = network.trainable_variables
        data = generation.batches(*fit, np.random.default_rng(seed), BATCH_SIZE, with_times=True)
        training = generation.train(
            generation.flow_loss(network), variables, data, SHORT_STEPS, PEAK_RATES["flow"]
        )
        generation.use(variables, training.averages)
        images = generation.sample_flow(network, labels, seed, SAMPLING_STEPS, GUIDANCE, "euler")
        scores.append(
            {
                "without": name,
                "parameters": network.count_params(),
                "training_seconds": round(training.processor_seconds, 1),
            }
            | score(images, labels, judge, reference)
        )
    return {"scores": scores}


def shown(draw) -> dict:
    """Return the first digits that a generator draws of each class, packed."""
    import numpy as np

    from cnnbook import generation

    return generation.pack_images(draw(np.repeat(np.arange(10), SHOWN_A_CLASS))[..., 0])


def run(setting: dict) -> dict:
    """Do what the setting asks for."""
    return {"vae": vae, "flow": flow, "parts": parts, "real": yardstick}[setting["family"]](setting)


def main() -> None:
    """Train everything with each seed, score real digits beside, and store it."""
    from cnnbook import generation

    sweep.one_thread()
    settings = [
        {"family": family, "seed": seed}
        for seed in range(SEEDS)
        for family in ("flow", "vae", "parts")
    ]
    settings.append({"family": "real", "seed": 0})
    with tempfile.TemporaryDirectory() as folder:
        file = str(pathlib.Path(folder) / "judge.keras")
        generation.train_judge(*sweep.digits(55_000)[0], seed=0).classifier.save(file)
        runs = sweep.run_all(run, [setting | {"judge": file} for setting in settings])
    for entry in runs:
        del entry["judge"]
    recipe = {
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "peak_rates": PEAK_RATES,
        "guidance": GUIDANCE,
        "sampling_steps": SAMPLING_STEPS,
        "samples": SAMPLES,
        "fewer_samples": FEWER,
        "short_steps": SHORT_STEPS,
        "reference_digits": 5_000,
    }
    results.save("generation/generation", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
