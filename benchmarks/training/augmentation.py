"""Train the article's network with and without augmentation, on few digits and on many, over seeds.

All conditions of one seed share the digits, the starting weights, the order of the digits and the
number of steps, so that their differences can be taken pair by pair. Scored on validation digits.
No choice is made by these runs: how far digits are moved and turned was fixed before them.
"""

from __future__ import annotations

from benchmarks import results, sweep

CONDITIONS = {
    "none": (),
    "crop": ("crop",),
    "flip": ("flip",),
    "rotation": ("rotation",),
    "crop + rotation": ("crop", "rotation"),
    "all three": ("crop", "flip", "rotation"),
}
CONFUSED = ("none", "flip")  # the conditions of which it is kept which digit is read as which
BATCH_SIZE = 64
# Digits to steps and seeds. The training set's 60,000 digits less the 5,000 for validation.
SIZES = {100: (250, 5), 1_000: (400, 5), 10_000: (500, 5), 55_000: (1_718, 3)}
# So early no network has learned its digits by heart: the first steps of the runs of 1,000 digits.
SHORT = {"digits": 1_000, "steps": 50, "conditions": ("none", "crop + rotation")}
CHUNK_STEPS = 400  # how many batches are laid out in memory at a time


def train_one(condition: str, digits: tuple, order, seed: int, validation: tuple) -> dict:
    """Train under one condition, and score on digits learned from, validation digits, mirrored."""
    import keras
    import numpy as np

    from cnnbook import models, transforms

    x_fit, y_fit = digits
    x_validation, y_validation = validation
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    network = models.article_network()  # before the other layers: the same start for all
    layers = transforms.augmentation_layers(CONDITIONS[condition], seed)
    model = keras.Sequential([keras.Input(shape=(28, 28, 1)), *layers, network])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for start in range(0, len(order), CHUNK_STEPS * BATCH_SIZE):
        part = order[start : start + CHUNK_STEPS * BATCH_SIZE]
        model.fit(x_fit[part], y_fit[part], batch_size=BATCH_SIZE, shuffle=False, verbose=0)

    def read(images):
        return network.predict(images, batch_size=500, verbose=0)

    def confusion(predicted):
        counts = np.zeros((10, 10), int)
        np.add.at(counts, (y_validation, predicted), 1)
        return counts

    probabilities = read(x_validation)
    predicted = probabilities.argmax(axis=1)
    true = probabilities[np.arange(len(y_validation)), y_validation]
    result = {
        "condition": condition,
        "training_accuracy": round(
            float((read(x_fit[:5000]).argmax(axis=1) == y_fit[:5000]).mean()), 6
        ),
        "validation_accuracy": round(float((predicted == y_validation).mean()), 6),
        "validation_loss": round(float(-np.log(np.maximum(true, 1e-7)).mean()), 6),
    }
    counts = confusion(predicted)
    result["accuracy_by_digit"] = (counts.diagonal() / counts.sum(axis=1)).round(4).tolist()
    if condition in CONFUSED:
        mirrored = read(x_validation[:, :, ::-1]).argmax(axis=1)
        result["confusion"] = counts.tolist()
        result["mirrored_confusion"] = confusion(mirrored).tolist()
    return result


def train(setting: dict) -> dict:
    """Train under every condition asked for with one number of digits and one seed."""
    import numpy as np

    (x, y), validation = sweep.digits(55_000)
    generator = np.random.default_rng(setting["seed"])
    chosen = generator.permutation(len(x))[: setting["digits"]]
    wanted = setting["steps"] * BATCH_SIZE
    passes = [generator.permutation(len(chosen)) for _ in range(-(-wanted // len(chosen)))]
    order = np.concatenate(passes)[:wanted]
    digits = (x[chosen], y[chosen])
    return {
        "conditions": [
            train_one(condition, digits, order, setting["seed"], validation)
            for condition in setting["conditions"]
        ]
    }


def add_confusions(runs: list[dict]) -> list[dict]:
    """Take the counts out of the runs and return their sums over the seeds (true by read)."""
    sums = {}
    for run in runs:
        if run["condition"] in CONFUSED:
            total = sums.setdefault(
                (run["digits"], run["condition"]),
                {"digits": run["digits"], "condition": run["condition"]},
            )
            for name in ("confusion", "mirrored_confusion"):
                before, counts = total.get(name, [[0] * 10] * 10), run.pop(name)
                total[name] = [
                    [a + b for a, b in zip(*rows, strict=True)]
                    for rows in zip(before, counts, strict=True)
                ]
    return list(sums.values())


def trained(settings: list[dict]) -> list[dict]:
    """Return one entry a network."""
    return [
        {key: group[key] for key in ("digits", "steps", "seed")} | run
        for group in sweep.run_all(train, settings)
        for run in group["conditions"]
    ]


def main() -> None:
    """Run every number of digits with every seed, and store what came out, one entry a network."""
    from cnnbook import transforms

    recipe = {
        "sizes": list(SIZES),
        "steps": [steps for steps, _ in SIZES.values()],
        "batch_size": BATCH_SIZE,
        "optimizer": "adam",
        "shift_pixels": transforms.SHIFT_PIXELS,
        "rotation_degrees": transforms.ROTATION_DEGREES,
    }
    # The longest first: the two processes then finish at about the same time.
    settings = [
        {"digits": digits, "steps": steps, "seed": seed, "conditions": tuple(CONDITIONS)}
        for digits, (steps, seeds) in sorted(SIZES.items(), reverse=True)
        for seed in range(seeds)
    ]
    runs = trained(settings)
    confusions = add_confusions(runs)
    short_runs = trained([SHORT | {"seed": seed} for seed in range(SIZES[SHORT["digits"]][1])])
    add_confusions(short_runs)
    result = {"recipe": recipe, "confusions": confusions, "runs": runs, "short_runs": short_runs}
    results.save("training/augmentation", result)


if __name__ == "__main__":
    main()
