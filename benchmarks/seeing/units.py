"""Describe, over seeds, the units of the article's network, trained and with random weights.

How far the units of each layer are from linear, and how much of their variance lies between the
classes, on digits that the networks did not learn from.
"""

from __future__ import annotations

import numpy as np

from benchmarks import attribution, sweep

SCORED = 1_000  # digits, for scoring the linear fits
rounded = attribution.rounded


def train(setting: dict) -> dict:
    """Train one network, and describe its units and those of a random copy."""
    from cnnbook.training.attribution import cascading_randomisation, logit_model

    seed = setting["seed"]
    (x, y), _ = sweep.digits(attribution.DIGITS + attribution.OTHERS)
    logits = logit_model(attribution.trained(seed, x, y))
    random = cascading_randomisation(logits, seed)[-1][1]
    return {"units": {"trained": units(logits, x, y), "random": units(random, x, y)}}


def class_share(responses, labels):
    """Measure what share of each unit's variance lies between the classes; NaN without variance."""
    responses = np.asarray(responses, float)
    centered = responses - responses.mean(axis=0)
    total = np.sum(centered**2, axis=0)
    between = sum(
        np.sum(labels == label) * centered[labels == label].mean(axis=0) ** 2
        for label in np.unique(labels)
    )
    return between / np.where(total > 0, total, np.nan)


def units(logits, digits, labels) -> dict:
    """Describe the units of each layer: nonlinearity, and the share between classes."""
    import keras

    from cnnbook import seeing
    from cnnbook.training.attribution import outputs_of, weighted_sums

    # A linear function of 784 pixels is fitted to all digits, and scored on the last ones, which
    # no network has learned from. (It is fitted to the network's units, not to labels.)
    pixels = digits.reshape(len(digits), -1)
    sums = outputs_of(weighted_sums(logits, "dense1"), digits)
    kernel, bias = logits.get_layer("dense2").get_weights()
    scores = np.maximum(sums, 0) @ kernel + bias

    images, labels = digits[attribution.DIGITS :], labels[attribution.DIGITS :]
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


def main() -> None:
    """Measure every seed, and store what came out."""
    recipe = {
        "training_digits": attribution.DIGITS,
        "epochs": attribution.EPOCHS,
        "digits_not_learned_from": attribution.OTHERS,
        "digits_scored": SCORED,
    }
    attribution.over_seeds("seeing/units", train, recipe)


if __name__ == "__main__":
    main()
