"""Train the article's network briefly, and store it: it is less sure than one trained for long."""

from __future__ import annotations

from benchmarks import results, sweep

SEED = 0
DIGITS = 10_000
EPOCHS = 2


def main() -> None:
    """Train, round, score on validation digits, store."""
    sweep.one_thread()
    from cnnbook import export, models

    fit, validation = sweep.digits(DIGITS)
    model = models.trained_article_network(*fit, epochs=EPOCHS, seed=SEED)
    export.round_to_half(model)
    _, accuracy = model.evaluate(*validation, verbose=0)
    facts = {"seed": SEED, "training_digits": DIGITS, "epochs": EPOCHS}
    results.save_weights("loss/brief_network", model, facts | {"validation_accuracy": accuracy})


if __name__ == "__main__":
    main()
