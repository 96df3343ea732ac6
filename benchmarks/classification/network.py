"""Train the classifier of the chapter "classification", which also judges generated digits."""

from __future__ import annotations

import time

from benchmarks import results, sweep

SEED = 0


def store(setting: dict) -> dict:
    """Train, round to float16, score and store it."""
    from cnnbook import classifiers, data

    (x_fit, y_fit), held = sweep.digits(55_000)
    _, (x_test, y_test) = data.load_mnist()
    start = time.process_time()
    (model,) = classifiers.train(classifiers.FAST, x_fit, y_fit, seed=setting["seed"])
    seconds = time.process_time() - start
    model.set_weights([weights.astype("float16") for weights in model.get_weights()])
    facts = setting | {
        "epochs": classifiers.FAST.epochs,
        "processor_seconds": round(seconds, 1),
    }
    for name, (images, labels) in (
        ("validation", held),
        ("test", (data.scale_pixels(x_test), y_test)),
    ):
        right = classifiers.probabilities([model], images).argmax(axis=1) == labels
        facts[name] = {"digits": len(labels), "accuracy": round(float(right.mean()), 6)}
    results.save_weights("applications/classification_network", model, facts)
    return facts


def main() -> None:
    """Store it, trained in a process of its own."""
    sweep.run_all(store, [{"seed": SEED}])


if __name__ == "__main__":
    main()
