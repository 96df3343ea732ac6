"""Train the article's network with other optimizers, learning rates, batches and starts.

Three questions, each over seeds, on the same digits:

- ``rate``: three optimizers, each with a grid of learning rates. The rate of each optimizer is
  chosen on every second of the validation digits and scored on the others.
- ``batch``: plain gradient descent at the rate chosen for batches of 32, with other batch sizes:
  for equally many epochs, for equally many steps, and with the rate scaled by the batch size.
- ``start``: other starting weights, with the same rule.

Many short trainings share a process, because starting one takes as long as a training: each
sets the seeds anew and builds a network of its own.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
SHORT_SEEDS = range(3)  # for what is chosen from, and for what is obvious from one
DIGITS = 3_000
EPOCHS = 3
BATCH_SIZE = 32
# Factors of 4, from too small to too large.
RATES = {
    "SGD": (0.004, 0.016, 0.064, 0.256, 1.024),
    "momentum": (0.001, 0.004, 0.016, 0.064, 0.256),
    "Adam": (0.00006, 0.00025, 0.001, 0.004, 0.016),
}
BATCH_SIZES = (8, 32, 128, 512)
EQUAL_STEPS = 75
STARTS = ("zeros", "small", "Glorot", "He", "large")
# The loss of every step is stored as means of this many steps.
STEPS_A_POINT = 25


def optimizer(name: str, rate: float):
    """Return one of the three optimizers that are compared."""
    import keras

    if name == "Adam":
        return keras.optimizers.Adam(rate)
    return keras.optimizers.SGD(rate, momentum=0.9 if name == "momentum" else 0.0)


def start(network, kind: str, seed: int) -> None:
    """Set every kernel: zeros, a hundredth or ten times Glorot's numbers, Glorot's, or He's."""
    import keras
    import numpy as np

    for number, layer in enumerate(layer for layer in network.layers if layer.weights):
        kernel, bias = layer.get_weights()
        if kind == "zeros":
            kernel = np.zeros_like(kernel)
        elif kind == "He":
            kernel = np.array(keras.initializers.HeUniform(seed=10 * seed + number)(kernel.shape))
        else:
            kernel = kernel * {"small": 0.01, "Glorot": 1, "large": 10}[kind]
        layer.set_weights([kernel, bias])


def steps_of(setting: dict) -> tuple[int, int]:
    """Return how many digits to learn from, and how often."""
    if setting.get("steps"):
        wanted = setting["steps"] * setting["batch_size"]
        epochs = -(-wanted // DIGITS)
        return wanted // epochs, epochs
    return DIGITS, EPOCHS


def train_one(setting: dict, digits: tuple) -> dict:
    """Train one network and score it on both halves of the validation digits."""
    import keras
    import numpy as np

    from cnnbook import models

    class Losses(keras.callbacks.Callback):
        """Keep the loss of each step: Keras reports the mean of the epoch so far."""

        def on_train_begin(self, logs=None):
            self.losses = []

        def on_epoch_begin(self, epoch, logs=None):
            self.before, self.count = 0.0, 0

        def on_train_batch_end(self, batch, logs=None):
            # The last batch may be smaller than the others, which this neglects.
            total = logs["loss"] * (self.count + 1)
            self.losses.append(total - self.before)
            self.before, self.count = total, self.count + 1

    (x_fit, y_fit), (x_validation, y_validation) = digits
    count, epochs = steps_of(setting)
    keras.backend.clear_session()
    keras.utils.set_random_seed(setting["seed"])
    network = models.article_network()
    start(network, setting.get("start", "Glorot"), setting["seed"])
    network.compile(
        optimizer=optimizer(setting["optimizer"], setting["learning_rate"]),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    each_step = Losses()
    network.fit(
        x_fit[:count],
        y_fit[:count],
        batch_size=setting["batch_size"],
        epochs=epochs,
        callbacks=[each_step],
        verbose=0,
    )
    result = {"steps": len(each_step.losses)}
    # Every second digit: whole blocks of MNIST are harder than others.
    for name, part in (("choice", slice(0, None, 2)), ("validation", slice(1, None, 2))):
        loss, accuracy = network.evaluate(
            x_validation[part], y_validation[part], batch_size=500, verbose=0
        )
        result[f"{name}_loss"] = finite(loss)
        result[f"{name}_accuracy"] = round(float(accuracy), 6)
    whole = len(each_step.losses) // STEPS_A_POINT * STEPS_A_POINT
    points = np.reshape(each_step.losses[:whole], (-1, STEPS_A_POINT)).mean(axis=1)
    return result | {"training_losses": [finite(point) for point in points]}


def finite(value: float) -> float | None:
    """Round for storage; JSON has no infinity, and a training that diverged has no loss."""
    import math

    return round(float(value), 5) if math.isfinite(value) else None


def train(group: dict) -> dict:
    """Train a group of networks, one after the other."""
    digits = sweep.digits(DIGITS)
    return {"runs": [setting | train_one(setting, digits) for setting in group["settings"]]}


def run_groups(settings: list[dict]) -> list[dict]:
    """Train all, the settings of one seed and question in one process."""
    groups: dict[tuple, list[dict]] = {}
    for setting in settings:
        key = (setting["question"], setting.get("optimizer"), setting["seed"])
        groups.setdefault(key, []).append(setting)
    done = sweep.run_all(train, [{"settings": group} for group in groups.values()])
    return [run for group in done for run in group["runs"]]


def best_rate(runs: list[dict], name: str) -> float:
    """Return the rate with the highest mean accuracy on the half of the digits for choosing."""
    import numpy as np

    return max(
        RATES[name],
        key=lambda rate: np.mean(
            [
                run["choice_accuracy"]
                for run in runs
                if run["optimizer"] == name and run["learning_rate"] == rate
            ]
        ),
    )


def main() -> None:
    """Sweep the rates, choose, then compare batch sizes and starts, and store all of it."""
    usual = {"batch_size": BATCH_SIZE}
    runs = run_groups(
        [
            usual | {"question": "rate", "optimizer": name, "learning_rate": rate, "seed": seed}
            for name, rates in RATES.items()
            for seed in SHORT_SEEDS
            for rate in rates
        ]
    )
    chosen = {name: best_rate(runs, name) for name in RATES}
    later = [
        usual | {"question": "rate", "optimizer": name, "learning_rate": chosen[name], "seed": seed}
        for name in RATES
        for seed in SEEDS
        if seed not in SHORT_SEEDS
    ]
    plain = {"optimizer": "SGD", "learning_rate": chosen["SGD"]}
    for seed in SHORT_SEEDS:
        for size in BATCH_SIZES:
            this = plain | {"batch_size": size, "seed": seed}
            later.append(this | {"question": "batch, equal steps", "steps": EQUAL_STEPS})
            if size == BATCH_SIZE:
                continue
            later.append(this | {"question": "batch, equal epochs"})
            scaled = chosen["SGD"] * size / BATCH_SIZE
            later.append(this | {"question": "batch, rate scaled", "learning_rate": scaled})
        for kind in STARTS:
            if kind != "Glorot":
                later.append(usual | plain | {"question": "start", "start": kind, "seed": seed})
    # The usual setting has been run, and answers these questions as well.
    shared = [
        run for run in runs if run["optimizer"] == "SGD" and run["learning_rate"] == chosen["SGD"]
    ]
    for question in ("batch, equal epochs", "batch, rate scaled"):
        runs += [run | {"question": question} for run in shared]
    runs += [run | {"question": "start", "start": "Glorot"} for run in shared]
    runs += run_groups(later)
    recipe = {
        "training_digits": DIGITS,
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "equal_steps": EQUAL_STEPS,
        "learning_rates": {name: list(rates) for name, rates in RATES.items()},
        "steps_a_point": STEPS_A_POINT,
        "chosen_by": "mean accuracy on every second of the validation digits",
        "chosen": chosen,
    }
    results.save("settings/optimizers", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
