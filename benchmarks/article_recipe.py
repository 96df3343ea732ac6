"""Train the article's network by the article's recipe, once a seed, and store the accuracies.

The recipe: all 60,000 training digits, Adam, batches of 32, five epochs, then the test set.
Nothing is chosen by these runs: they repeat a published recipe to see how its result spreads.
"""

from __future__ import annotations

import time

from benchmarks import results, sweep

SEEDS = range(20)
EPOCHS = 5


def train(setting: dict) -> dict:
    """Train with one seed, and evaluate on the test set after the last epoch."""
    import keras

    from cnnbook import data, models

    keras.utils.set_random_seed(setting["seed"])
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    model = models.article_network()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    history = model.fit(data.scale_pixels(x_train), y_train, epochs=EPOCHS, verbose=0)
    seconds = time.perf_counter() - start
    test_loss, test_accuracy = model.evaluate(data.scale_pixels(x_test), y_test, verbose=0)
    return {
        "test_accuracy": round(float(test_accuracy), 6),
        "test_loss": round(float(test_loss), 6),
        "train_accuracy_by_epoch": [round(value, 6) for value in history.history["accuracy"]],
        "training_seconds": round(seconds, 1),
    }


def main() -> None:
    """Run every seed and store what came out."""
    recipe = {
        "training_digits": 60_000,
        "epochs": EPOCHS,
        "batch_size": 32,
        "optimizer": "adam",
        "threads_a_run": 1,
    }
    runs = sweep.run_all(train, [{"seed": seed} for seed in SEEDS])
    results.save("article_recipe", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
