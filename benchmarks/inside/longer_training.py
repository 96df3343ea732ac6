"""Ask why the network with global pooling reads less: train it at a higher rate and for longer.

Beside it one with the maximum of each map, which gives up the place as the mean does. Scored on
digits learned from, which tells underfitting, and on the validation digits. No choice is made by
these runs.
"""

from __future__ import annotations

from benchmarks import results, sweep

SEEDS = range(3)
DIGITS = 12_000
SETTINGS = (  # pooling, learning rate, epochs after which it is scored
    ("global average", 0.001, (3,)),
    ("global maximum", 0.001, (3,)),
    ("global average", 0.01, (3, 6)),
)


def build(pooling: str):
    """Return the article's convolutions before a global pooling, of means or of maxima."""
    import keras

    from cnnbook import inside

    network = inside.with_global_pooling()
    if pooling == "global maximum":
        *before, _, dense = network.layers
        head = [keras.layers.GlobalMaxPooling2D(), dense]
        network = keras.Sequential([keras.Input(shape=(28, 28, 1)), *before, *head])
    return network


def train(setting: dict) -> dict:
    """Train one network with one seed, and score it when it is told to."""
    import keras

    fit, validation = sweep.digits(DIGITS)
    learned = tuple(array[:5000] for array in fit)
    keras.utils.set_random_seed(setting["seed"])
    model = build(setting["pooling"])
    model.compile(
        optimizer=keras.optimizers.Adam(setting["rate"]),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    scores, done = {"training_accuracy": [], "validation_accuracy": []}, 0
    for epochs in setting["epochs"]:
        model.fit(*fit, initial_epoch=done, epochs=epochs, verbose=0)
        done = epochs
        for name, digits in zip(scores, (learned, validation), strict=True):
            accuracy = model.evaluate(*digits, batch_size=500, verbose=0)[1]
            scores[name].append(round(float(accuracy), 6))
    return {"parameters": model.count_params(), **scores}


def main() -> None:
    """Train every network with every seed, and store what came out."""
    recipe = {"training_digits": DIGITS, "batch_size": 32, "optimizer": "adam"}
    runs = sweep.run_all(
        train,
        [
            {"seed": seed, "pooling": pooling, "rate": rate, "epochs": epochs}
            for pooling, rate, epochs in SETTINGS
            for seed in SEEDS
        ],
    )
    results.save("inside/longer_training", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
