"""Score one network and the mean of three on test digits and on strangers, over seeds.

The recipe is FAST. Temperature, thresholds and the statistics of the features come from training
and validation digits; the test digits are read once, after that. Which pictures are strangers was
fixed before, and none of them was trained on.
"""

from __future__ import annotations

import time

from benchmarks import results, sweep

SEEDS = 3
NETWORKS = 3
STRANGERS = 480  # of each kind
FEATURE_DIGITS = 20_000  # training digits from which the statistics of the features are taken
RIDGE = 1e-3  # added to the variances, as a share of their mean
TARGET_RISK = 0.005
KEPT = 0.95  # share of validation digits that a detector of strangers must let through


def log_sum_exp(logits):
    """Return the logarithm of the sum of the exponentials of each row."""
    import scipy.special

    return scipy.special.logsumexp(logits, axis=1)


def softmax(logits):
    """Return probabilities, each row clipped to [0, 1] against rounding."""
    import scipy.special

    return scipy.special.softmax(logits, axis=1).clip(0, 1)


class Reader:
    """One network: its features, its logits, and how far features are from those of digits."""

    def __init__(self, model, images, labels):
        import keras
        import numpy as np

        self.body = keras.Model(model.inputs, model.layers[-1].input)
        self.weights, self.bias = model.layers[-1].get_weights()
        features = self.features(images)
        self.means = np.stack([features[labels == digit].mean(axis=0) for digit in range(10)])
        centred = features - self.means[labels]
        values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
        self.whiten = vectors / np.sqrt(values + RIDGE * values.mean())
        self.white_means = self.means @ self.whiten

    def features(self, images):
        """Return what enters the last layer, for uint8 images."""
        from cnnbook import data

        return self.body.predict(data.scale_pixels(images), batch_size=500, verbose=0).astype(
            "float64"
        )

    def read(self, images) -> tuple:
        """Return logits and the squared distance from the nearest class."""
        import numpy as np

        features = self.features(images)
        white = features @ self.whiten
        distance = np.stack([((white - m) ** 2).sum(axis=1) for m in self.white_means]).min(axis=0)
        return features @ self.weights + self.bias, distance


def read_all(readers: list, images) -> dict:
    """Average what one reader or more say: logits, energy, distance."""
    import numpy as np

    parts = [reader.read(images) for reader in readers]
    if len(parts) == 1:
        logits = parts[0][0]
    else:
        logits = np.log(np.mean([softmax(logits) for logits, _ in parts], axis=0) + 1e-30)
    return {
        "logits": logits,
        "energy": np.mean([log_sum_exp(logits) for logits, _ in parts], axis=0),
        "distance": -np.mean([distance for _, distance in parts], axis=0),
    }


def score(said: dict, temperature: float, validation: dict) -> dict:
    """Return every score, larger for what looks more like a digit."""
    import numpy as np

    def rank(name):
        return np.searchsorted(np.sort(validation[name]), said[name], side="right")

    return {
        "probability": softmax(said["logits"]).max(axis=1),
        "probability at T": softmax(said["logits"] / temperature).max(axis=1),
        "probability at 10": softmax(said["logits"] / 10).max(axis=1),
        "energy": said["energy"],
        "distance": said["distance"],
        "energy and distance": np.minimum(rank("energy"), rank("distance")),
    }


def measure(readers, validation, test, strangers) -> dict:
    """Choose on the validation digits, then score on the test digits and the strangers."""
    import numpy as np
    import sklearn.metrics

    from cnnbook import metrics
    from cnnbook.classification import abstention

    (x_validation, y_validation), (x_test, y_test) = validation, test
    said = read_all(readers, x_validation)
    temperature = abstention.fit_temperature(said["logits"], y_validation)
    known = score(said, temperature, said)
    threshold = abstention.choose_threshold(
        known["probability at T"], said["logits"].argmax(axis=1) != y_validation, TARGET_RISK
    )
    limits = {name: np.quantile(values, 1 - KEPT) for name, values in known.items()}

    on_test = read_all(readers, x_test)
    scores = score(on_test, temperature, said)
    wrong = on_test["logits"].argmax(axis=1) != y_test
    accepted = scores["probability at T"] >= threshold
    result = {
        "temperature": temperature,
        "threshold": threshold,
        "test_accuracy": 1 - wrong.mean(),
        "coverage": accepted.mean(),
        "risk": wrong[accepted].mean(),
        "risk_within_target": bool(wrong[accepted].mean() <= TARGET_RISK),
    }
    for name, divisor in (("before", 1), ("after", temperature)):
        logits = on_test["logits"] / divisor
        result[f"loss_{name}"] = abstention.loss_at(1, logits, y_test)
        result[f"calibration_error_{name}"] = metrics.expected_calibration_error(
            softmax(logits), y_test
        )
    order = np.argsort(-scores["probability at T"], kind="stable")
    result["risk_at_coverage"] = {
        f"{share:g}": wrong[order[: round(share * len(order))]].mean()
        for share in (0.8, 0.9, 0.95, 0.98, 1)
    }
    result["areas"] = {
        "own errors": {
            name: sklearn.metrics.roc_auc_score(~wrong, values) for name, values in scores.items()
        }
    }
    result["let_in"] = {}
    for kind, images in strangers.items():
        theirs = score(read_all(readers, images), temperature, said)
        is_digit = np.arange(len(y_test) + len(images)) < len(y_test)
        result["areas"][kind] = {
            name: sklearn.metrics.roc_auc_score(is_digit, np.r_[scores[name], theirs[name]])
            for name in scores
        }
        result["let_in"][kind] = {name: (theirs[name] >= limits[name]).mean() for name in scores}
    result["digits_let_in"] = {name: (scores[name] >= limits[name]).mean() for name in scores}
    return rounded(result)


def rounded(result):
    """Turn NumPy's numbers into Python's, with six decimals."""
    if isinstance(result, dict):
        return {key: rounded(value) for key, value in result.items()}
    return result if isinstance(result, bool) else round(float(result), 6)


def train(setting: dict) -> dict:
    """Train three networks, and measure the first of them and all three together."""
    from cnnbook import classifiers, data
    from cnnbook.classification import out_of_distribution

    seed = setting["seed"]
    (x_train, y_train), test = data.load_mnist()
    (x_fit, y_fit), validation = data.split_validation(
        x_train, y_train, validation_count=5000, seed=0
    )
    started = time.process_time()
    models = [  # no two ensembles share a network
        classifiers.train(
            classifiers.FAST, data.scale_pixels(x_fit), y_fit, NETWORKS * seed + number
        )
        for number in range(NETWORKS)
    ]
    seconds = (time.process_time() - started) / NETWORKS
    some = slice(FEATURE_DIGITS)
    readers = [Reader(model, x_fit[some], y_fit[some]) for model in models]
    pictures, labels, _ = out_of_distribution.printed_digits()
    kinds = out_of_distribution.strangers(validation[0][:STRANGERS], seed)
    kinds["printed"] = pictures
    measured = {"training_seconds_a_network": round(seconds, 1), "networks": []}
    for count in (1, NETWORKS):
        printed = read_all(readers[:count], pictures)["logits"].argmax(axis=1)
        measured["networks"].append(
            {"count": count, "printed_read": round(float((printed == labels).mean()), 6)}
            | measure(readers[:count], validation, test, kinds)
        )
    return measured


def main() -> None:
    """Run every seed and store what came out."""
    runs = sweep.run_all(train, [{"seed": seed} for seed in range(SEEDS)])
    recipe = {
        "recipe": "fast",
        "networks": NETWORKS,
        "strangers_of_each_kind": STRANGERS,
        "feature_digits": FEATURE_DIGITS,
        "ridge": RIDGE,
        "target_risk": TARGET_RISK,
        "doubt": 0.05,  # how probable it may be that the threshold misses the target
        "kept": KEPT,
    }
    results.save("classification/classification", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
