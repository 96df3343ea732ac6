"""Ask whether a global average costs accuracy in place, or only time: take a higher rate.

The network, digits and test digits of shift_invariance.py. What differs is said with each run: the
rate of Adam, and the epochs. Nothing is chosen by the test digits.
"""

from __future__ import annotations

from benchmarks import results, sweep
from benchmarks.invariance import shift_invariance as first

SEEDS = range(3)
# Network, Adam's rate, and the epochs after which it is scored.
TRAININGS = {"global average": {0.01: (4,)}}
SHIFTS = (0, 4, 8)


def train(setting: dict) -> dict:
    """Train one network with one seed at each rate; score it on digits learned from, and moved."""
    import keras
    import numpy as np

    from cnnbook import data, transforms

    (x_fit, y_fit), _ = sweep.digits(first.DIGITS)
    _, (x_test, y_test) = data.load_mnist()
    x_test, y_test = data.scale_pixels(x_test[:: first.TEST_STEP]), y_test[:: first.TEST_STEP]

    def accuracy(model, x, y):
        answers = model.predict(x, batch_size=250, verbose=0).argmax(axis=-1)
        return round(float((answers == y).mean()), 6)

    scored = []
    for rate, stops in TRAININGS[setting["network"]].items():
        keras.utils.clear_session()
        keras.utils.set_random_seed(setting["seed"])
        top, downsampling, _ = first.NETWORKS[setting["network"]]
        model = first.build(top, downsampling)
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        for epoch in range(1, max(stops) + 1):
            model.fit(x_fit, y_fit, batch_size=32, epochs=1, verbose=0)
            if epoch not in stops:
                continue
            four_ways = {}
            for pixels in SHIFTS:
                places = {(0, -pixels), (0, pixels), (-pixels, 0), (pixels, 0)}
                moved = [transforms.shift(x_test, *place) for place in sorted(places)]
                four_ways[str(pixels)] = float(np.mean([accuracy(model, x, y_test) for x in moved]))
            learned = accuracy(model, x_fit, y_fit)
            found = {"rate": rate, "epochs": epoch, "training_accuracy": learned}
            scored.append(found | {"accuracy": four_ways})
    return {"scored": scored}


def main() -> None:
    """Run every network with every seed, and store what came out."""
    settings = [{"network": network, "seed": seed} for seed in SEEDS for network in TRAININGS]
    runs = [
        {"network": run["network"], "seed": run["seed"], **found}
        for run in sweep.run_all(train, settings)
        for found in run["scored"]
    ]
    recipe = {"training_digits": first.DIGITS, "shifts_pixels": list(SHIFTS)}
    results.save("invariance/longer_training", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
