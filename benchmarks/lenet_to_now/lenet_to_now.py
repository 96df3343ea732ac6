"""Train stacks of convolutions of four depths, with and without shortcuts and normalisation.

Each of the sixteen networks gets the learning rate that was best on validation digits for one seed
that is not among those reported; then all train on the same digits for as many steps. The deepest
two with normalisation are stored with their weights.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(5)
SEED_OF_THE_CHOICE = 99
LEARNING_RATES = (0.001, 0.003, 0.01)
DEPTHS = (2, 8, 16, 32)
DIGITS = 3_000
EPOCHS = 5
BATCH = 64


def train(setting: dict) -> dict:
    """Choose the learning rate of one network, then train it with each seed.

    The graph of a step is built once, since that takes longer than the steps of a shallow network.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    from cnnbook import lenet_to_now

    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(DIGITS)
    x_fit, x_validation = lenet_to_now.halve(x_fit), lenet_to_now.halve(x_validation)
    model = lenet_to_now.stack(**setting)
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    deepest = setting["normalised"] and setting["depth"] == max(DEPTHS)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    @tf.function
    def answer(x):
        return model(x, training=False)

    def score(x, y):
        logits = np.concatenate([answer(part) for part in np.split(x, len(x) // 1000)])
        return float(loss_of(y, logits)), float((logits.argmax(axis=1) == y).mean())

    def run(seed: int, learning_rate: float) -> dict:
        keras.utils.set_random_seed(seed)
        model.set_weights(lenet_to_now.stack(**setting).get_weights())
        for variable in optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        optimizer.learning_rate.assign(learning_rate)
        generator = np.random.default_rng(seed)
        for _ in range(EPOCHS):
            order = generator.permutation(DIGITS)
            for start in range(0, DIGITS - BATCH + 1, BATCH):
                chosen = order[start : start + BATCH]
                step(x_fit[chosen], y_fit[chosen])
        if deepest and seed == SEEDS[0]:  # as its weights are stored
            halves = [weight.astype(np.float16) for weight in model.get_weights()]
            model.set_weights([half.astype(np.float32) for half in halves])
        training, validation = score(x_fit, y_fit), score(x_validation, y_validation)
        return {
            "seed": seed,
            "learning_rate": learning_rate,
            "training_loss": round(training[0], 5),
            "training_accuracy": round(training[1], 5),
            "validation_loss": round(validation[0], 5),
            "validation_accuracy": round(validation[1], 5),
        }

    choice = [run(SEED_OF_THE_CHOICE, rate) for rate in LEARNING_RATES]
    best = max(choice, key=lambda row: row["validation_accuracy"])["learning_rate"]
    runs = []
    for seed in SEEDS:
        runs.append(run(seed, best))
        if deepest and seed == SEEDS[0]:
            name = "lenet_to_now_residual" if setting["shortcuts"] else "lenet_to_now_plain"
            results.save_weights(f"lenet_to_now/{name}", model, {**setting, **runs[-1]})
    return {"parameters": model.count_params(), "choice": choice, "runs": runs}


def gradients(setting: dict) -> dict:
    """Measure the norm of the loss's gradient for each kernel, from the first, before training."""
    import keras

    from cnnbook import lenet_to_now

    (x, y), _ = sweep.digits(BATCH)
    losses, norms = [], []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        network = lenet_to_now.stack(**setting)
        loss, found = lenet_to_now.gradient_norms(network, lenet_to_now.halve(x), y)
        losses.append(round(loss, 4))
        norms.append([float(f"{norm:.4g}") for norm in found])
    return {"losses": losses, "gradient_norms": norms}


def main() -> None:
    """Run every network, and store what came out, a row for each training."""
    settings = [
        {"depth": depth, "shortcuts": shortcuts, "normalised": normalised}
        for depth in DEPTHS
        for normalised in (True, False)
        for shortcuts in (True, False)
    ]
    rows = {"runs": [], "choice": []}
    for network in sweep.run_all(train, settings, processes=1):
        kind = {name: network[name] for name in (*settings[0], "parameters")}
        for name, found in rows.items():
            found += [kind | row for row in network[name]]
    deepest = [setting for setting in settings if setting["depth"] == max(DEPTHS)]
    rows["before_training"] = sweep.run_all(gradients, deepest, processes=1)
    recipe = {
        "training_digits": DIGITS,
        "image_side": 14,
        "channels": 16,
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "steps": EPOCHS * (DIGITS // BATCH),
        "optimizer": "adam",
        "learning_rates": list(LEARNING_RATES),
        "seed_of_the_choice": SEED_OF_THE_CHOICE,
    }
    results.save("lenet_to_now/lenet_to_now", {"recipe": recipe, **rows})


if __name__ == "__main__":
    main()
