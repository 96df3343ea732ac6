"""Compare ways to shrink the article network's maps, over seeds.

Accuracy on the digits learned from and on validation digits, and on validation digits shifted
sideways. No choice is made by these runs.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 6_000
EPOCHS = 8
SHIFTS = range(9)
KINDS = (
    "max pooling",
    "average pooling",
    "anti-aliased max pooling",
    "strided convolution",
    "no downsampling",
)


def build(kind: str):
    """Return the article's network with its two pooling layers replaced."""
    import keras

    from cnnbook import models

    layers = keras.layers
    stride = 2 if kind == "strided convolution" else 1
    # A stride of 2 in a convolution without padding gives 13 from 28, and 6 from 13.
    network = [keras.Input(shape=(28, 28, 1))]
    for filters in (32, 64):
        network.append(layers.Conv2D(filters, 3, strides=stride, activation="relu"))
        if kind == "max pooling":
            network.append(layers.MaxPooling2D(2))
        elif kind == "average pooling":
            network.append(layers.AveragePooling2D(2))
        elif kind == "anti-aliased max pooling":
            network += [layers.MaxPooling2D(2, strides=1), models.blur_pool()]
    network += [
        layers.Flatten(),
        layers.Dense(128, activation="relu", name="dense1"),
        layers.Dense(10, activation="softmax"),
    ]
    return keras.Sequential(network)


def train(setting: dict) -> dict:
    """Train one network with one seed, and score it on shifted digits too."""
    import keras
    import numpy as np

    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(DIGITS)
    keras.utils.set_random_seed(setting["seed"])
    model = build(setting["downsampling"])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_fit, y_fit, epochs=EPOCHS, verbose=0)
    scores = {}
    for name, (x, y) in {
        "training": (x_fit, y_fit),
        "validation": (x_validation, y_validation),
    }.items():
        loss, accuracy = model.evaluate(x, y, verbose=0)
        scores[f"{name}_loss"] = round(float(loss), 6)
        scores[f"{name}_accuracy"] = round(float(accuracy), 6)
    shifted = []
    for shift in SHIFTS:
        x = np.zeros_like(x_validation)
        x[:, :, shift:] = x_validation[:, :, : 28 - shift]
        shifted.append(round(float(model.evaluate(x, y_validation, verbose=0)[1]), 6))
    return {
        "parameters": model.count_params(),
        "dense1_parameters": model.get_layer("dense1").count_params(),
        **scores,
        "accuracy_by_shift": shifted,
    }


def main() -> None:
    """Run every way of shrinking with every seed, and store what came out."""
    recipe = {
        "training_digits": DIGITS,
        "epochs": EPOCHS,
        "batch_size": 32,
        "optimizer": "adam",
        "shifts_pixels": list(SHIFTS),
    }
    runs = sweep.run_all(
        train, [{"seed": seed, "downsampling": kind} for kind in KINDS for seed in SEEDS]
    )
    results.save("pooling/pooling_control", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
