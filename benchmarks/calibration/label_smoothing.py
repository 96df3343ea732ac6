"""Train the article's network with and without label smoothing, over seeds.

Scored on the validation digits: accuracy, loss, and how far the network's confidence is from its
accuracy. No choice is made by these runs.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 12_000
EPOCHS = 5
SMOOTHING = (0.0, 0.1)


def train(setting: dict) -> dict:
    """Train with one seed and one amount of smoothing."""
    import keras
    import numpy as np

    from cnnbook import metrics, models

    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(DIGITS)
    keras.utils.set_random_seed(setting["seed"])
    model = models.article_network()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=setting["smoothing"])
    model.compile(optimizer="adam", loss=loss)
    model.fit(x_fit, keras.utils.to_categorical(y_fit, 10), epochs=EPOCHS, verbose=0)
    probabilities = model.predict(x_validation, verbose=0)
    correct = probabilities.argmax(axis=1) == y_validation
    at_label = probabilities[np.arange(len(y_validation)), y_validation]
    return {
        "validation_accuracy": round(float(correct.mean()), 6),
        "validation_loss": round(float(-np.log(at_label).mean()), 6),
        "mean_confidence": round(float(probabilities.max(axis=1).mean()), 6),
        "calibration_error": round(
            metrics.expected_calibration_error(probabilities, y_validation), 6
        ),
    }


def main() -> None:
    """Run both with every seed, and store what came out."""
    recipe = {"training_digits": DIGITS, "epochs": EPOCHS, "batch_size": 32, "optimizer": "adam"}
    runs = sweep.run_all(
        train, [{"seed": seed, "smoothing": value} for value in SMOOTHING for seed in SEEDS]
    )
    results.save("calibration/label_smoothing", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
