"""Train the article's network as the chapter "Training" does, and store its weights.

    python -m benchmarks.article_network

Other chapters look into this network, and load it instead of training it again.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from cnnbook import data, export, models, results

SEED = 0
EPOCHS = 5


def main() -> None:
    """Train, round, score on validation digits, store."""
    tf.config.experimental.enable_op_determinism()
    (x_train, y_train), _ = data.load_mnist()
    fit, validation = data.split_validation(x_train, y_train, validation_count=5000, seed=SEED)
    x_fit, x_validation = (data.scale_pixels(images) for images, _ in (fit, validation))
    model = models.trained_article_network(x_fit, fit[1], epochs=EPOCHS, seed=SEED)
    export.round_to_half(model)
    _, accuracy = model.evaluate(x_validation, validation[1], verbose=0)
    facts = {"seed": SEED, "epochs": EPOCHS, "validation_accuracy": accuracy}
    print(f"validation accuracy {accuracy:.4f}")
    results.save_weights("article_network", model, facts)


if __name__ == "__main__":
    keras.utils.set_random_seed(SEED)
    main()
