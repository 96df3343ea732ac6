"""Ask, over seeds, whether explanations of the article's network depend on what it learned.

For each seed: explanations of a trained network against those of a second trained one and of copies
whose layers are made random from the output down; and, for trained and random weights, how far the
units of each layer are from linear, and how much they say about the class. All on digits that the
networks did not learn from. The network of seed 0 is stored. What hides pixels, and what reads
digits from units, is in attribution_controls.py.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 20_000
EPOCHS = 2
EXPLAINED = 32
OTHERS = 6_000  # digits from behind those that were learned from
SCORED = 1_000  # of these, for scoring the linear fits


def train(setting: dict) -> dict:
    """Train two networks and measure everything for one seed."""
    import numpy as np

    from cnnbook import explanations, models
    from cnnbook.training import attribution

    seed = setting["seed"]
    (x, y), (x_validation, y_validation) = sweep.digits(DIGITS + OTHERS)
    model, second = (
        models.trained_article_network(x[:DIGITS], y[:DIGITS], EPOCHS, number)
        for number in (seed, 100 + seed)
    )
    logits, other = attribution.logit_model(model), attribution.logit_model(second)
    copies = attribution.cascading_randomisation(logits, seed)
    random = copies[-1][1]
    answers = attribution.outputs_of(model, x_validation)
    predicted = answers.argmax(axis=1)

    def explain(network, count, noise_seed=0):
        return explanations.explain(
            network, x_validation[:count], predicted[:count], seed=noise_seed
        )

    trained = explain(logits, EXPLAINED)
    ink = x_validation[:EXPLAINED, :, :, 0]
    compared = {}
    for name, network in [("second", other), *copies]:
        compared[name] = compare(trained, explain(network, EXPLAINED, noise_seed=1), ink)
    edges = explanations.edges(ink)
    compared["edges"] = compare(trained, dict.fromkeys(trained, edges), ink)

    signed = [
        explanations.input_gradients(network, x_validation[:EXPLAINED], predicted[:EXPLAINED])
        for network in (logits, other, random)
    ]
    inputs = x_validation[:EXPLAINED]
    with_sign = {}
    for number, name in ((1, "second"), (2, "conv1")):
        gradient = explanations.rank_correlation(signed[0], signed[number])
        product = explanations.rank_correlation(signed[0] * inputs, signed[number] * inputs)
        with_sign[name] = {
            "gradient": rounded(gradient.mean()),
            "gradient x input": rounded(product.mean()),
        }

    return {
        "accuracy": rounded(np.mean(predicted == y_validation)),
        "second_accuracy": rounded(
            np.mean(attribution.outputs_of(second, x_validation).argmax(axis=1) == y_validation)
        ),
        "rank_correlation": compared,
        "rank_correlation_signed": with_sign,
        "units": {
            "trained": units(logits, x, y),
            "random": units(random, x, y),
        },
    }


def class_share(responses, labels):
    """Measure what share of each unit's variance lies between the classes; NaN without variance."""
    import numpy as np

    responses = np.asarray(responses, float)
    centered = responses - responses.mean(axis=0)
    total = np.sum(centered**2, axis=0)
    between = sum(
        np.sum(labels == label) * centered[labels == label].mean(axis=0) ** 2
        for label in np.unique(labels)
    )
    return between / np.where(total > 0, total, np.nan)


def compare(first: dict, second: dict, ink) -> dict:
    """Rank-correlate explanations of the same digits, over all pixels and over those with ink."""
    import numpy as np

    from cnnbook import explanations

    result = {}
    for name in first:
        everywhere = explanations.rank_correlation(first[name], second[name])
        on_ink = [
            explanations.rank_correlation(a[where > 0][np.newaxis], b[where > 0][np.newaxis])[0]
            for a, b, where in zip(first[name], second[name], ink, strict=True)
        ]
        result[name] = {
            "all_pixels": rounded(np.nanmean(everywhere)),
            "ink": rounded(np.nanmean(on_ink)),
            "undefined": int(np.isnan(everywhere).sum()),
        }
    return result


def units(logits, digits, labels) -> dict:
    """Describe the units of each layer: nonlinearity, and the share between classes."""
    import keras
    import numpy as np

    from cnnbook import seeing
    from cnnbook.training import attribution

    # A linear function of 784 pixels is fitted to all digits, and scored on the last ones, which
    # no network has learned from. (It is fitted to the network's units, not to labels.)
    pixels = digits.reshape(len(digits), -1)
    sums = attribution.outputs_of(attribution.weighted_sums(logits, "dense1"), digits)
    kernel, bias = logits.get_layer("dense2").get_weights()
    scores = np.maximum(sums, 0) @ kernel + bias

    images, labels = digits[DIGITS:], labels[DIGITS:]
    names = ["conv1", "pool1", "conv2", "pool2", "dense1", "dense2"]
    part = keras.Model(logits.inputs[0], [logits.get_layer(name).output for name in names])
    peaks, pooled = {name: [] for name in names}, []
    for first in range(0, len(images), 500):
        for name, values in zip(names, part(images[first : first + 500]), strict=True):
            values = np.asarray(values)
            # The maps of all digits would not fit into memory: keep what is used.
            peaks[name].append(values.max(axis=(1, 2)) if values.ndim == 4 else values)
            if name == "pool1" and first < 600:
                pooled.append(values)
    peaks = {name: np.concatenate(values) for name, values in peaks.items()}

    kernel2, _ = logits.get_layer("conv2").get_weights()
    before = np.asarray(keras.ops.conv(np.concatenate(pooled)[:600], kernel2))
    windows = np.lib.stride_tricks.sliding_window_view(images[:600, :, :, 0], (8, 8), (1, 2))
    windows = windows[:, ::2, ::2].reshape(-1, 64)
    return {
        "linear_share": {
            "conv2": rounded(
                np.nanmean(seeing.linear_share(windows, before.reshape(-1, 64), 100 * 121))
            ),
            "dense1": rounded(np.nanmean(seeing.linear_share(pixels, sums, SCORED))),
            "dense2": rounded(np.nanmean(seeing.linear_share(pixels, scores, SCORED))),
        },
        "class_share": {
            name: rounded(np.nanmean(class_share(peaks[name], labels)))
            for name in ("conv1", "conv2", "dense1", "dense2")
        },
    }


def rounded(value):
    """Shorten a float, or an array of them, for storing."""
    import numpy as np

    return np.round(np.asarray(value, dtype=float), 5).tolist()


def store_network() -> None:
    """Train the network that the pages look into, that of seed 0, and store it."""
    from cnnbook import export, models

    (x, y), validation = sweep.digits(DIGITS)
    model = models.trained_article_network(x, y, EPOCHS, seed=0)
    export.round_to_half(model)
    _, accuracy = model.evaluate(*validation, verbose=0)
    facts = {"seed": 0, "epochs": EPOCHS, "digits": DIGITS, "validation_accuracy": accuracy}
    results.save_weights("attribution", model, facts)


def main() -> None:
    """Measure every seed, and store what came out."""
    recipe = {
        "training_digits": DIGITS,
        "epochs": EPOCHS,
        "digits_explained": EXPLAINED,
        "digits_not_learned_from": OTHERS,
        "digits_scored": SCORED,
    }
    sweep.one_thread()
    store_network()
    runs = sweep.run_all(train, [{"seed": seed} for seed in SEEDS])
    results.save("attribution", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
