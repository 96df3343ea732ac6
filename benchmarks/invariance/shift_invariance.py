"""Show shifted digits to networks that differ in one thing each, over seeds.

What do pooling, global pooling, anti-aliasing and shifted training digits each add? Every network
learns from the same digits for the same number of steps. Scored on test digits, moved in both
directions; no choice is made by these runs, and the recipe was fixed before them.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 8_000
EPOCHS = 4
# Of the 10,000 test digits every tenth, so that both of the test set's sources are in.
TEST_STEP = 10
SHIFTS = range(-8, 9, 2)
LARGEST_TRAINING_SHIFT = 4
# On this canvas a digit moves by 8 pixels, and every window of the last pooling layer that sees
# some of it, 10 pixels wide and 4 apart, stays inside.
CANVAS = 56
CANVAS_SHIFTS = range(9)
# As many as fit into the article network's 225,034 parameters, as in dense_control.py.
HIDDEN_UNITS = 283

# Name: what follows the convolutions, how they make maps smaller, how training digits lie.
NETWORKS = {
    "article": ("flatten", "max", "centred"),
    "dense": ("dense", None, "centred"),
    "strides for pooling": ("flatten", "strided", "centred"),
    "anti-aliased": ("flatten", "blurred", "centred"),
    "global average": ("average", "max", "centred"),
    "global maximum": ("maximum", "max", "centred"),
    "global maximum, anti-aliased": ("maximum", "blurred", "centred"),
    "article, shifted training": ("flatten", "max", "shifted"),
    "dense, shifted training": ("dense", None, "shifted"),
    "global maximum, shifted training": ("maximum", "max", "shifted"),
}
WHOLE_GRID = ("article", "article, shifted training")
# Where the answers of the article's network are kept, digit by digit: (down, right) in pixels.
CONFUSED_AT = ((0, 0), (0, -6), (0, 6), (-6, 0), (6, 0))


def build(top: str, downsampling: str | None):
    """Return the article's network with its pooling, or what follows it, replaced."""
    import keras

    from cnnbook import models

    layers = keras.layers
    if top == "dense":
        return keras.Sequential(
            [
                keras.Input(shape=(28, 28, 1)),
                layers.Flatten(),
                layers.Dense(HIDDEN_UNITS, activation="relu"),
                layers.Dense(10, activation="softmax"),
            ]
        )
    # Global pooling takes maps of any size, so those networks can be shown a larger canvas.
    side = 28 if top == "flatten" else None
    network = [keras.Input(shape=(side, side, 1))]
    for filters in (32, 64):
        strides = 2 if downsampling == "strided" else 1
        network.append(layers.Conv2D(filters, 3, strides=strides, activation="relu"))
        if downsampling == "max":
            network.append(layers.MaxPooling2D(2))
        elif downsampling == "blurred":
            network += [layers.MaxPooling2D(2, strides=1), models.blur_pool()]
    network.append(
        {
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
            "maximum": layers.GlobalMaxPooling2D,
        }[top]()
    )
    network += [layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]
    return keras.Sequential(network)


def shifts_of(network: str) -> list[tuple[int, int]]:
    """Return the shifts, (down, right), that a network is shown: the grid, or its lines."""
    return [
        (down, right)
        for down in SHIFTS
        for right in SHIFTS
        if network in WHOLE_GRID or 0 in (down, right) or down == right
    ]


def train_one(network: str, seed: int) -> dict:
    """Train one network with one seed, and score it on shifted test digits."""
    import keras
    import numpy as np

    from cnnbook import data, invariance, transforms

    top, downsampling, training = NETWORKS[network]
    (x_fit, y_fit), _ = sweep.digits(DIGITS)
    _, (x_test, y_test) = data.load_mnist()
    x_test, y_test = data.scale_pixels(x_test[::TEST_STEP]), y_test[::TEST_STEP]
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    model = build(top, downsampling)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for _ in range(EPOCHS):
        x = x_fit
        if training == "shifted":
            x = invariance.shift_randomly(x_fit, LARGEST_TRAINING_SHIFT, generator)
        model.fit(x, y_fit, batch_size=32, epochs=1, verbose=0)

    def answers(images):
        return model.predict(images, batch_size=250, verbose=0).argmax(axis=-1)

    result = {"network": network, "parameters": model.count_params(), "accuracy": []}
    for down, right in shifts_of(network):
        given = answers(transforms.shift(x_test, down, right))
        result["accuracy"].append([down, right, round(float((given == y_test).mean()), 6)])
        if network == "article" and (down, right) in CONFUSED_AT:
            counts = np.zeros((10, 10), int)
            np.add.at(counts, (y_test, given), 1)
            result.setdefault("confusions", []).append([down, right, counts.tolist()])
    if top in ("average", "maximum"):
        canvas = invariance.on_canvas(x_test[::2], CANVAS)
        first = answers(canvas)
        moved = [answers(transforms.shift(canvas, 0, right)) for right in CANVAS_SHIFTS]
        for key, wanted in (("canvas_same_answer", first), ("canvas_accuracy", y_test[::2])):
            result[key] = [round(float((given == wanted).mean()), 6) for given in moved]
    return result


def train(setting: dict) -> dict:
    """Train, one after another, all networks of a kind of training digits with one seed.

    They share a process because starting one takes as long as training the smallest of them.
    """
    return {
        "networks": [
            train_one(network, setting["seed"])
            for network, (_, _, training) in NETWORKS.items()
            if training == setting["training"]
        ]
    }


def main() -> None:
    """Run every network with every seed, and store what came out."""
    recipe = {
        "training_digits": DIGITS,
        "epochs": EPOCHS,
        "batch_size": 32,
        "optimizer": "adam",
        "test_digits": 10_000 // TEST_STEP,
        "largest_training_shift_pixels": LARGEST_TRAINING_SHIFT,
        "shifts_pixels": list(SHIFTS),
        "canvas_side_pixels": CANVAS,
        "canvas_shifts_pixels": list(CANVAS_SHIFTS),
    }
    groups = sweep.run_all(
        train,
        [
            {"seed": seed, "training": training}
            for training in ("centred", "shifted")
            for seed in SEEDS
        ],
    )
    runs = [{"seed": group["seed"], **run} for group in groups for run in group["networks"]]
    results.save("invariance/shift_invariance", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
