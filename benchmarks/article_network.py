"""Train the article's network as the chapter "Training" does, and store its weights.

    python -m benchmarks.article_network

Chapters look into this network, and load it instead of training for minutes. It stops where the
article's recipe stops: nothing is chosen by its scores.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from benchmarks import results
from cnnbook import data, export, models

SEED = 0
EPOCHS = 5


def main() -> None:
    """Train, keep the learning curves, round the weights, score, store."""
    tf.config.experimental.enable_op_determinism()
    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    fit, validation = (
        (data.scale_pixels(images), labels)
        for images, labels in data.split_validation(x_train, y_train, 5000, seed=SEED)
    )
    keras.utils.set_random_seed(SEED)
    model = models.article_network()
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    history = model.fit(
        *fit, batch_size=32, epochs=EPOCHS, validation_data=validation, verbose=0
    ).history
    export.round_to_half(model)
    _, accuracy = model.evaluate(*validation, verbose=0)
    _, test_accuracy = model.evaluate(data.scale_pixels(x_test), y_test, verbose=0)
    facts = {
        "seed": SEED,
        "epochs": EPOCHS,
        "history": {key: [round(v, 6) for v in values] for key, values in history.items()},
        "validation_accuracy": accuracy,
        "test_accuracy": test_accuracy,
    }
    print(facts)
    results.save_weights("article_network", model, facts)


if __name__ == "__main__":
    main()
