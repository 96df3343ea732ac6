"""Let the article's network overfit a thousand digits, and measure what each cure buys, over seeds.

Early stopping looks at validation digits to stop, so it may not be scored on them: it watches
every fifth, and every network is scored on the others, which nothing saw. (Not the first
thousand, which are harder than the rest.) The strength of the weight decay is chosen
on the watched digits too.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
DIGITS = 1_000
EPOCHS = 20
WATCH_EVERY = 5  # of the validation digits, one of five is watched
DROPOUT = 0.5
# The share of a weight that AdamW takes away in a step is this times the learning rate of 0.001.
WEIGHT_DECAYS = (0.1, 0.5, 2.5)
CHOICE_SEEDS = range(2)
PATIENCE = 5
# Four curves to diagnose, the fourth being that of a network without a cure.
GALLERY = (
    {"name": "too small", "learning_rate": 0.00001, "cure": "no cure", "epochs": 15},
    {"name": "right", "learning_rate": 0.001, "cure": "dropout", "digits": 5_000, "epochs": 8},
    {"name": "too large", "learning_rate": 0.1, "cure": "no cure", "epochs": 15},
)
CURES = (
    "no cure",
    "dropout",
    "weight decay",
    "early stopping",
    "all three",
    "five times the digits",
)


def build(dropout: bool):
    """Return the article's network, with or without dropout before its last layer."""
    import keras

    from cnnbook import models

    layers = models.article_network().layers
    if dropout:
        layers = [*layers[:-1], keras.layers.Dropout(DROPOUT), layers[-1]]
    return keras.Sequential([keras.Input((28, 28, 1)), *layers])


def train_one(setting: dict) -> dict:
    """Train one network, and keep its curves and its score."""
    import keras
    import numpy as np

    cure, every = setting["cure"], setting["cure"] == "all three"
    more = 5 if cure == "five times the digits" else 1
    count, rate = setting.get("digits", more * DIGITS), setting.get("learning_rate", 0.001)
    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(count)
    watched = np.arange(len(x_validation)) % WATCH_EVERY == 0
    held_out = ~watched
    keras.backend.clear_session()
    keras.utils.set_random_seed(setting["seed"])
    network = build(dropout=cure == "dropout" or every)
    if cure == "weight decay" or every:
        optimizer = keras.optimizers.AdamW(rate, weight_decay=setting["weight_decay"])
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    else:
        optimizer = keras.optimizers.Adam(rate)
    callbacks = []
    if cure == "early stopping" or every:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=PATIENCE, restore_best_weights=True
            )
        )
    network.compile(
        optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    history = network.fit(
        x_fit,
        y_fit,
        batch_size=32,
        epochs=setting.get("epochs", EPOCHS // more),  # more digits, as many steps
        validation_data=(x_validation[watched], y_validation[watched]),
        validation_batch_size=500,
        callbacks=callbacks,
        verbose=0,
    ).history
    result = {"epochs_run": len(history["loss"])}
    for name, x, y in (
        ("training", x_fit, y_fit),
        ("held_out", x_validation[held_out], y_validation[held_out]),
    ):
        loss, accuracy = network.evaluate(x, y, batch_size=500, verbose=0)
        result[f"{name}_loss"] = round(float(loss), 5)
        result[f"{name}_accuracy"] = round(float(accuracy), 6)
    for name, values in history.items():
        result[f"curve_{name}"] = [round(float(value), 5) for value in values]
    return result


def train(group: dict) -> dict:
    """Train a group of networks in one process, which takes seconds to start."""
    return {"runs": [setting | train_one(setting) for setting in group["settings"]]}


def run_groups(groups: list[list[dict]]) -> list[dict]:
    """Train all groups and return the runs of all."""
    done = sweep.run_all(train, [{"settings": settings} for settings in groups])
    return [run for group in done for run in group["runs"]]


def main() -> None:
    """Choose the weight decay, run every cure with every seed, and store what came out."""
    import numpy as np

    tried = run_groups(
        [
            [
                {"seed": seed, "cure": "weight decay", "weight_decay": strength}
                for strength in WEIGHT_DECAYS
            ]
            for seed in CHOICE_SEEDS
        ]
        + [[{"seed": 0} | curve for curve in GALLERY]]
    )
    tried, gallery = tried[: -len(GALLERY)], tried[-len(GALLERY) :]

    def watched_loss(strength):
        last = [run["curve_val_loss"][-1] for run in tried if run["weight_decay"] == strength]
        return np.mean(last)

    chosen = min(WEIGHT_DECAYS, key=watched_loss)
    runs = run_groups(
        [[{"seed": seed, "cure": cure, "weight_decay": chosen} for cure in CURES] for seed in SEEDS]
    )
    recipe = {
        "training_digits": DIGITS,
        "epochs": EPOCHS,
        "batch_size": 32,
        "dropout": DROPOUT,
        "weight_decays": list(WEIGHT_DECAYS),
        "weight_decay": chosen,
        "chosen_by": "mean last loss on the watched digits",
        "patience": PATIENCE,
        "watched_digits": 5_000 // WATCH_EVERY,
        "held_out_digits": 5_000 - 5_000 // WATCH_EVERY,
    }
    result = {"recipe": recipe, "runs": runs, "tried": tried, "gallery": gallery}
    results.save("settings/overfitting", result)


if __name__ == "__main__":
    main()
