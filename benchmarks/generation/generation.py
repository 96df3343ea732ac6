"""Train the two generators of digits on equal processor time, and score what they draw.

Everything is trained on the 55,000 fit digits. Widths, rates, steps and the strength of guidance
were chosen on validation digits; this opens the test digits once. Each generated set has as many
digits as the real ones it is compared with, and asks for the same labels: the distance is biased
by the number of samples. One judge, the book's fast recipe, serves all seeds: scores of different
judges live in different features.

The flow that is compared here sees the whole picture in all its maps; its drawings are scored as
they come out, without a margin. The one that the pages draw with is slimmer (`stored_networks`).
"""

from __future__ import annotations

import time

from benchmarks import results, sweep

SEEDS = 3
STEPS = {"vae": 2_800, "flow": 1_300}  # about as many processor seconds each
PEAK_RATES = {"vae": 0.002, "flow": 0.003}
GUIDANCE = 2.0
SAMPLING_STEPS = 16  # of Euler's method, one velocity each
SAMPLES = 2_000  # of the main score
FEWER = 500  # of each setting of the ablations
WITHOUT = {
    "nothing": {},
    "the dense layer": {"whole": None},
    "the carried pixels": {"carry": False},
}
SHORT_STEPS = 240  # of the networks without a part
GUIDANCES = (1.0, 3.0, 5.0)  # beside GUIDANCE itself
STEPS_BY_METHOD = {"euler": (1, 2, 4, 8), "heun": (1, 2, 4, 8)}
COUNTS = (250, 500, 1_000, 2_000, 5_000)
NEIGHBOURS = 500


def prepared() -> tuple:
    """Return fit digits, the second half of the test digits, the evaluator, and its reference."""
    import numpy as np

    from cnnbook import data
    from cnnbook.generation import scores

    fit, _ = sweep.digits(55_000)
    _, (x_test, y_test) = data.load_mnist()
    x_test = data.scale_pixels(x_test)
    first, second = np.split(np.random.default_rng(0).permutation(len(x_test)), 2)
    evaluator = scores.stored_evaluator()
    reference, _ = evaluator.read(x_test[first])
    return fit, (x_test[second], y_test[second]), evaluator, reference


def rounded(scores: dict) -> dict:
    """Return what an evaluator says of drawn digits, with four to six digits."""
    places = {"samples": None, "distance": 4, "recognised": 6, "grey": 4}
    return {name: round(value, places[name]) for name, value in scores.items()}


def trained_vae(fit: tuple, seed: int) -> tuple:
    """Return encoder and decoder with their last weights, the averages, and processor seconds."""
    import keras
    import numpy as np

    from cnnbook.generation import networks, training

    keras.utils.set_random_seed(seed)
    last = networks.vae_networks()
    data = training.batches(*fit, np.random.default_rng(seed), [networks.LATENT])
    start = time.process_time()
    averaged = training.train(networks.vae_loss, last, data, STEPS["vae"], PEAK_RATES["vae"])
    return last, averaged, time.process_time() - start


def seen_in_all_maps(x, condition):
    """Look at the whole picture with wide dense layers, in the place of the slim ones."""
    from keras import layers

    places = x.shape[1:]
    h = layers.Dense(128)(layers.Flatten()(layers.Activation("silu")(x)))
    h = layers.Activation("silu")(h + layers.Dense(128)(condition))
    h = layers.Dense(places[0] * places[1] * places[2], kernel_initializer="zeros")(h)
    return layers.Reshape(places)(h)


def trained_flow(
    fit: tuple, seed: int, steps: int = STEPS["flow"], whole=seen_in_all_maps, carry=True
) -> tuple:
    """Return the network with its last weights, the one with the average, and processor seconds."""
    import keras
    import numpy as np

    from cnnbook.generation import networks, training

    keras.utils.set_random_seed(seed)
    last = networks.velocity_network(whole, carry)
    data = training.batches(*fit, np.random.default_rng(seed), with_times=True)
    start = time.process_time()
    (averaged,) = training.train(networks.flow_loss, [last], data, steps, PEAK_RATES["flow"])
    return last, averaged, time.process_time() - start


def neighbours(images, fit, evaluator) -> dict:
    """Return the distances to the nearest digit learned from, in pixels and in features."""
    from sklearn.metrics import pairwise_distances_argmin_min

    def nearest(queries, bank) -> list:
        queries, bank = (array.reshape(len(array), -1).astype(float) for array in (queries, bank))
        return pairwise_distances_argmin_min(queries, bank)[1].round(3).tolist()

    return {
        "pixels": nearest(images, fit[0]),
        "features": nearest(evaluator.read(images)[0], evaluator.read(fit[0])[0]),
    }


def yardstick(setting: dict) -> dict:
    """Score real digits: one half of the test digits against the other."""
    from cnnbook.generation import scores

    fit, (images, labels), evaluator, reference = prepared()

    def by_count(digits) -> dict:
        features, _ = evaluator.read(digits[: max(COUNTS)])
        return {
            str(count): round(scores.frechet_distance(features[:count], reference), 4)
            for count in COUNTS
        }

    return {
        "real": rounded(evaluator.score(images[:SAMPLES], labels[:SAMPLES], reference)),
        "by_count": by_count(images),
        "training_digits_by_count": by_count(fit[0]),
        "neighbours": neighbours(images[:NEIGHBOURS], fit, evaluator),
    }


def vae(setting: dict) -> dict:
    """Train the variational autoencoder with one seed, and score it."""
    from cnnbook.generation import networks

    fit, (_, labels), evaluator, reference = prepared()
    seed, labels = setting["seed"], labels[:SAMPLES]
    (encoder, last), (_, decoder), seconds = trained_vae(fit, seed)

    def score(images) -> dict:
        return rounded(evaluator.score(images, labels[: len(images)], reference))

    start = time.process_time()
    images = networks.sample_vae(decoder, labels, seed)
    sampling = time.process_time() - start
    result = {
        "parameters": encoder.count_params() + decoder.count_params(),
        "training_seconds": round(seconds, 1),
        "sampling_seconds_a_thousand": round(1000 * sampling / SAMPLES, 2),
        "main": score(images),
        "fewer": score(images[:FEWER]),
        "last_weights": score(networks.sample_vae(last, labels[:FEWER], seed)),
    }
    if seed == 0:
        result["neighbours"] = neighbours(images[:NEIGHBOURS], fit, evaluator)
    return result


def flow(setting: dict) -> dict:
    """Train the flow with one seed, and score it, with each setting of the sampler."""
    from cnnbook.applications.flow import sample_flow

    fit, (_, labels), evaluator, reference = prepared()
    seed, labels = setting["seed"], labels[:SAMPLES]
    last, network, seconds = trained_flow(fit, seed)

    def draw(network=network, count=FEWER, guidance=GUIDANCE, **options):
        options |= {"guidance": guidance, "margin": 0.0}
        return sample_flow(network, labels[:count], seed, **options)

    def score(images) -> dict:
        return rounded(evaluator.score(images, labels[: len(images)], reference))

    start = time.process_time()
    images = draw(count=SAMPLES)
    sampling = time.process_time() - start
    result = {
        "parameters": network.count_params(),
        "training_seconds": round(seconds, 1),
        "sampling_seconds_a_thousand": round(1000 * sampling / SAMPLES, 2),
        "main": score(images),
        "fewer": score(images[:FEWER]),
        "guidance": [{"guidance": scale, **score(draw(guidance=scale))} for scale in GUIDANCES],
        "solver": [
            {"steps": steps, "method": method, **score(draw(steps=steps, method=method))}
            for method, counts in STEPS_BY_METHOD.items()
            for steps in counts
        ],
        "last_weights": score(draw(last)),
    }
    if seed == 0:
        result["neighbours"] = neighbours(images[:NEIGHBOURS], fit, evaluator)
    return result


def parts(setting: dict) -> dict:
    """Train the flow briefly, once whole and once without each of two parts."""
    from cnnbook.applications.flow import sample_flow

    fit, (_, labels), evaluator, reference = prepared()
    seed, labels, scores = setting["seed"], labels[:FEWER], []
    for name, options in WITHOUT.items():
        _, network, seconds = trained_flow(fit, seed, SHORT_STEPS, **options)
        images = sample_flow(network, labels, seed, guidance=GUIDANCE, margin=0.0)
        entry = {
            "without": name,
            "parameters": network.count_params(),
            "training_seconds": round(seconds, 1),
        }
        scores.append(entry | rounded(evaluator.score(images, labels, reference)))
    return {"scores": scores}


def run(setting: dict) -> dict:
    """Do what the setting asks for."""
    return {"vae": vae, "flow": flow, "parts": parts, "real": yardstick}[setting["family"]](setting)


def main() -> None:
    """Train everything with each seed, score real digits beside, and store it."""
    from cnnbook.generation import training

    sweep.one_thread()
    settings = [
        {"family": family, "seed": seed}
        for seed in range(SEEDS)
        for family in ("flow", "vae", "parts")
    ]
    settings.append({"family": "real", "seed": 0})
    runs = sweep.run_all(run, settings)
    recipe = {
        "steps": STEPS,
        "batch_size": training.BATCH_SIZE,
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
