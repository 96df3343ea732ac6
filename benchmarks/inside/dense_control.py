"""Compare the article's network with a dense one of as many parameters, over seeds.

Both learn from the same digits, and both again from digits whose pixels were all moved by one
fixed permutation, which destroys what is near what and keeps every value. Scored on the validation
digits; no choice is made by these runs.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 12_000
EPOCHS = 5
# The most units whose weights and biases fit into the article network's 225,034 parameters.
HIDDEN_UNITS = 283


def permuted(x):
    """Move the pixels of all images in the same way."""
    import numpy as np

    order = np.random.default_rng(0).permutation(28 * 28)
    return x.reshape(-1, 28 * 28)[:, order].reshape(x.shape)


def train(setting: dict) -> dict:
    """Train one network with one seed on pixels in place, or permuted."""
    import keras

    from cnnbook import models

    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(DIGITS)
    if setting["pixels"] == "permuted":
        x_fit, x_validation = permuted(x_fit), permuted(x_validation)
    keras.utils.set_random_seed(setting["seed"])
    if setting["network"] == "convolutional":
        model = models.article_network()
    else:
        model = keras.Sequential(
            [
                keras.Input(shape=(28, 28, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(HIDDEN_UNITS, activation="relu"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_fit, y_fit, epochs=EPOCHS, verbose=0)
    _, training_accuracy = model.evaluate(x_fit, y_fit, verbose=0)
    _, validation_accuracy = model.evaluate(x_validation, y_validation, verbose=0)
    return {
        "parameters": model.count_params(),
        "training_accuracy": round(float(training_accuracy), 6),
        "validation_accuracy": round(float(validation_accuracy), 6),
    }


def main() -> None:
    """Run both networks on both kinds of pixels with every seed, and store what came out."""
    recipe = {"training_digits": DIGITS, "epochs": EPOCHS, "batch_size": 32, "optimizer": "adam"}
    runs = sweep.run_all(
        train,
        [
            {"seed": seed, "network": network, "pixels": pixels}
            for pixels in ("in place", "permuted")
            for network in ("convolutional", "dense")
            for seed in SEEDS
        ],
    )
    results.save("inside/dense_control", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
