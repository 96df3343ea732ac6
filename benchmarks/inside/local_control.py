"""Train networks whose windows are those of the article's network, each with weights of its own.

A convolution that shares no weights is *locally connected*. The dense control moves all pixels by
one permutation, which takes two things from a convolution at once: that neighbours belong together,
and that a pattern means the same everywhere. A locally connected network assumes only the first.
Same digits, epochs and permutation as there; no choice is made by these runs.
"""

from __future__ import annotations

from benchmarks import results, sweep
from benchmarks.inside.dense_control import DIGITS, EPOCHS, permuted

SEEDS = range(3)
# Without sharing, the article's 32 and 64 maps would take 2.7 million parameters; these take about
# as many as its network has, 225,034.
MAPS = (5, 21)


def build():
    """Return the article's network with convolutions that share no weights between places."""
    import keras
    from keras import layers, ops

    class LocallyConnected(layers.Layer):
        def __init__(self, filters):
            super().__init__()
            self.filters = filters

        def build(self, shape):
            side, weights = shape[1] - 2, 9 * shape[3]
            # Each place begins as a convolution's kernel of this size does.
            limit = (6 / (weights + 9 * self.filters)) ** 0.5
            start = keras.initializers.RandomUniform(-limit, limit)
            self.kernel = self.add_weight((side**2, weights, self.filters), start)
            self.bias = self.add_weight((side**2, 1, self.filters), "zeros")

        def call(self, x):
            side, weights = x.shape[1] - 2, 9 * x.shape[3]
            windows = ops.image.extract_patches(x, 3, 1, padding="valid")
            places = ops.transpose(ops.reshape(windows, (-1, side**2, weights)), (1, 0, 2))
            sums = ops.transpose(places @ self.kernel + self.bias, (1, 0, 2))
            return ops.relu(ops.reshape(sums, (-1, side, side, self.filters)))

    first, second = MAPS
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            LocallyConnected(first),
            layers.MaxPooling2D(2),
            LocallyConnected(second),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(setting: dict) -> dict:
    """Train one network with one seed on pixels in place, or permuted."""
    import keras

    fit, validation = sweep.digits(DIGITS)
    if setting["pixels"] == "permuted":
        fit, validation = ((permuted(x), y) for x, y in (fit, validation))
    keras.utils.set_random_seed(setting["seed"])
    model = build()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*fit, epochs=EPOCHS, verbose=0)
    return {
        "parameters": model.count_params(),
        "training_accuracy": round(float(model.evaluate(*fit, verbose=0)[1]), 6),
        "validation_accuracy": round(float(model.evaluate(*validation, verbose=0)[1]), 6),
    }


def main() -> None:
    """Run on both kinds of pixels with every seed, and store what came out."""
    recipe = {"training_digits": DIGITS, "epochs": EPOCHS, "batch_size": 32, "optimizer": "adam"}
    runs = sweep.run_all(
        train,
        [{"seed": seed, "pixels": pixels} for seed in SEEDS for pixels in ("in place", "permuted")],
    )
    results.save("inside/local_control", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
