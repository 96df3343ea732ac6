"""Train the network of the chapter on text once, and store its weights; the guide loads it too.

    python -m benchmarks.text.network

Recipe and seed are those of the study beside this file; what is stored is the score of the
rounded weights.
"""

from __future__ import annotations

import time

from benchmarks import results, sweep
from benchmarks.text import text as study
from cnnbook.applications import names

SEED = 0


def train(setting: dict) -> dict:
    """Train, round, score and store the network."""
    import babel
    import keras
    import numpy as np

    parts, letters = study.load()

    def rows(named):
        return names.encode([name.text for name in named], letters)

    keras.utils.set_random_seed(SEED)
    model = study.network(len(letters), seed=SEED)
    x, y = rows(parts.training), study.labels(parts.training)
    start = time.process_time()
    study.fit(model, x, y, SEED)
    seconds = time.process_time() - start
    model.set_weights([weights.astype(np.float16) for weights in model.get_weights()])

    def score(named) -> dict:
        logits = model.predict(rows(named), batch_size=512, verbose=0)
        return {"names": len(named), "accuracy": study.accuracy(logits, study.labels(named))}

    facts = {
        "data": "names of places",
        "seed": SEED,
        "letters": letters,
        "babel": babel.__version__,
        "steps": study.STEPS,
        "processor_seconds": round(seconds, 1),
        "validation": score(parts.validation),
        "test": score(parts.test),
    }
    results.save_weights(setting["network"], model, facts)
    return facts


if __name__ == "__main__":
    sweep.run_all(train, [{"network": "applications/text_network"}], processes=1)
