"""Train and store the network that the pages on seeing and explaining look into.

Their runs over seeds train the same network, on the same digits, with other seeds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 20_000
EPOCHS = 2
OTHERS = 6_000  # digits from behind those that were learned from


def trained(seed: int, x, y):
    """Train the article's network on the first of these digits."""
    from cnnbook import models

    return models.trained_article_network(x[:DIGITS], y[:DIGITS], EPOCHS, seed)


def rounded(value) -> float | list:
    """Shorten a float, or an array of them, for storing."""
    return np.round(np.asarray(value, dtype=float), 5).tolist()


def over_seeds(name: str, train: Callable[[dict], dict], recipe: dict) -> None:
    """Measure every seed, and store what came out."""
    runs = sweep.run_all(train, [{"seed": seed} for seed in SEEDS])
    results.save(name, {"recipe": recipe, "runs": runs})


def main() -> None:
    """Train the network of seed 0, and store it."""
    from cnnbook import export

    sweep.one_thread()
    fit, validation = sweep.digits(DIGITS)
    model = trained(0, *fit)
    export.round_to_half(model)
    _, accuracy = model.evaluate(*validation, verbose=0)
    facts = {"seed": 0, "epochs": EPOCHS, "digits": DIGITS, "validation_accuracy": accuracy}
    results.save_weights("attribution", model, facts)


if __name__ == "__main__":
    main()
