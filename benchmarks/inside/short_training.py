"""Train the article's network, and one with global pooling, for three epochs, and store both."""

from __future__ import annotations

from benchmarks import results, sweep

SEED = 0
DIGITS = 12_000
EPOCHS = 3


def main() -> None:
    """Train both on the same digits; round, score on validation digits, store."""
    sweep.one_thread()
    import keras

    from cnnbook import export, inside, models

    fit, validation = sweep.digits(DIGITS)
    for name, build in (
        ("short_training", models.article_network),
        ("global_pooling", inside.with_global_pooling),
    ):
        keras.utils.set_random_seed(SEED)
        model = build()
        loss = "sparse_categorical_crossentropy"
        model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
        model.fit(*fit, epochs=EPOCHS, verbose=0)
        export.round_to_half(model)
        _, accuracy = model.evaluate(*validation, verbose=0)
        facts = {"seed": SEED, "training_digits": DIGITS, "epochs": EPOCHS}
        results.save_weights(f"inside/{name}", model, facts | {"validation_accuracy": accuracy})


if __name__ == "__main__":
    main()
