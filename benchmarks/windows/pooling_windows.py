"""Train the article's network with larger pooling windows, over seeds.

Scored on the validation digits; no choice is made by these runs.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 6_000
EPOCHS = 8
WINDOWS = (2, 3, 4)


def train(setting: dict) -> dict:
    """Train with one seed and one side of both pooling windows."""
    import keras

    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(DIGITS)
    keras.utils.set_random_seed(setting["seed"])
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(setting["window"]),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(setting["window"]),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_fit, y_fit, epochs=EPOCHS, verbose=0)
    _, accuracy = model.evaluate(x_validation, y_validation, verbose=0)
    return {
        "parameters": model.count_params(),
        "validation_accuracy": round(float(accuracy), 6),
    }


def main() -> None:
    """Run every window with every seed, and store what came out."""
    recipe = {"training_digits": DIGITS, "epochs": EPOCHS, "batch_size": 32, "optimizer": "adam"}
    runs = sweep.run_all(
        train, [{"seed": seed, "window": window} for window in WINDOWS for seed in SEEDS]
    )
    results.save("windows/pooling_windows", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
