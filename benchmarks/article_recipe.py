"""Train the article's network by the article's recipe, once a seed, and store the accuracies.

The recipe: all 60,000 training digits, Adam, batches of 32, five epochs, then the test set.
Nothing is chosen by these runs: they repeat a published recipe to see how its result spreads.
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import multiprocessing

import record

SEEDS = range(20)
EPOCHS = 5
WORKERS = 2


def train(seed: int) -> dict:
    """Train with one seed, on one thread, and evaluate on the test set after the last epoch."""
    import keras
    import tensorflow

    from cnnbook import data, models

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    tensorflow.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    model = models.article_network()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    history = model.fit(data.scale_pixels(x_train), y_train, epochs=EPOCHS, verbose=0)
    seconds = time.perf_counter() - start
    test_loss, test_accuracy = model.evaluate(data.scale_pixels(x_test), y_test, verbose=0)
    return {
        "seed": seed,
        "test_accuracy": round(float(test_accuracy), 6),
        "test_loss": round(float(test_loss), 6),
        "train_accuracy_by_epoch": [round(value, 6) for value in history.history["accuracy"]],
        "training_seconds": round(seconds, 1),
    }


def main() -> None:
    """Run every seed in a process of its own, two at a time, and store what came out."""
    runs = []
    # A fresh process a seed: a run may not inherit anything from the one before it.
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(WORKERS, maxtasksperchild=1) as pool:
        for run in pool.imap(train, SEEDS, chunksize=1):
            runs.append(run)
            print(f"seed {run['seed']:2d}: {run['test_accuracy']:.2%}", file=sys.stderr)
    file = record.write(
        "article_recipe",
        {
            "recipe": {
                "training_digits": 60_000,
                "epochs": EPOCHS,
                "batch_size": 32,
                "optimizer": "adam",
                "threads_a_run": 1,
            },
            "runs": runs,
        },
    )
    print(f"wrote {file.name}")


if __name__ == "__main__":
    main()
