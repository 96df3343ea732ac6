"""Train networks to hear telephone keys in noise, over seeds, beside Goertzel's method.

One process a seed trains every variant on windows of its own, from the stream "training" of that
seed. Variants are compared on the stream "validation"; the settings of the tuned Goertzel method
are chosen there too. What the chapter calls the result, the curves of accuracy against the
signal-to-noise ratio and the dialled numbers, comes from the stream "test".
"""

from __future__ import annotations

import itertools
import statistics
import time

from benchmarks import results, sweep

SEEDS = (0, 1, 2)
WINDOWS, PASSES, BATCH_SIZE, PEAK_RATE = 38_400, 2, 128, 0.005
TRAINING = {"snr_db": (-15, 10), "kinds": ("white", "pink")}
TEST_SNRS = (-20, -18, -16, -14, -12, -10, -8, -6, -4, 0, 5, 10)
VALIDATION_SNRS = (-14, -10, -6, 0)
COUNT = 1_000  # windows of each noise and ratio, in validation and test, a seed
DIALLED = {"snrs": (-12, -9, -6, -3, 0), "numbers": 20, "keys": 10}
# Variant: what differs in the network, and in what it is trained on. The first three are tested.
VARIANTS = {
    "raw": ({}, {}),
    "spectrogram": (None, {}),
    "trained with babble": ({}, {"kinds": ("white", "pink", "babble")}),
    "filters of 64 samples": ({"filter_length": 64}, {}),
    "filters of 16 samples": ({"filter_length": 16}, {}),
    "filters left random": ({"learn_filters": False}, {}),
    "stride 32, no pooling": ({"stride": 32, "pool": 1}, {}),
    "maximum over time": ({"over_time": "Max"}, {}),
    "trained above 0 dB": ({}, {"snr_db": (0, 10)}),
}
TESTED = ("raw", "spectrogram", "trained with babble")
TEXTBOOK = {"block": 205, "detuning": 1, "average": False}
GRID = [
    {"block": block, "detuning": detuning, "average": average}
    for block, detuning, average in itertools.product((205, 320, 400, 520), (1, 3), (False, True))
]
# The method is chosen where it matters, and on the kinds of noise that the networks learn from.
CHOSEN_ON = {"kinds": ("white", "pink"), "snrs": (-14, -10, -6)}


def raw_network(
    filter_length: int = 256,
    stride: int = 8,
    pool: int = 4,
    over_time: str = "Average",
    learn_filters: bool = True,
):
    """Build the chapter's network on samples, or one that differs in a part."""
    from keras import Input, Sequential, layers

    filters = layers.Conv1D(
        32, filter_length, strides=stride, use_bias=False, trainable=learn_filters
    )
    return Sequential(
        [
            Input((None, 1)),
            filters,
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.AveragePooling1D(pool),
            layers.Conv1D(64, 3, activation="relu"),
            layers.Conv1D(64, 3, activation="relu"),
            getattr(layers, f"Global{over_time}Pooling1D")(),
            layers.Dense(17),
        ]
    )


def spectrogram_network():
    """Build the chapter's network on spectrograms."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((9, 64, 1)),
            layers.BatchNormalization(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D((1, 2)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.AveragePooling2D((5, 1)),
            layers.Flatten(),
            layers.Dense(17),
        ]
    )


def fit(network, sounds, labels) -> None:
    """Train for the stated passes with Adam, the learning rate falling along half a cosine."""
    import keras

    steps = PASSES * len(sounds) // BATCH_SIZE
    rate = keras.optimizers.schedules.CosineDecay(PEAK_RATE, steps)
    network.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    network.fit(sounds, labels, batch_size=BATCH_SIZE, epochs=PASSES, verbose=0)


def edits(said: str, read: str) -> int:
    """Return how many keys must be put in, left out or changed to make one of the other."""
    import numpy as np
    import tensorflow as tf

    said, read = (
        tf.sparse.from_dense(np.array([[ord(key) for key in text]], np.int64))
        for text in (said, read)
    )
    return int(tf.edit_distance(read, said, normalize=False)[0])


def key_error_rates(network, seed: int) -> dict:
    """Read dialled numbers and return edits over keys, for each ratio, in white noise."""
    import numpy as np

    from cnnbook.applications import tones

    slider, random, rates = tones.sliding(network), tones.generator("test", 100 + seed), {}
    for ratio in DIALLED["snrs"]:
        wrong = 0
        numbers = random.choice(list(tones.KEYS), (DIALLED["numbers"], DIALLED["keys"]))
        numbers = ["".join(number) for number in numbers]
        sounds = np.stack([tones.dial(number, ratio, "white", random) for number in numbers])
        answers = slider.predict(sounds[..., None], verbose=0).argmax(axis=2)
        for number, classes in zip(numbers, answers, strict=True):
            wrong += edits(number, tones.read_out(classes))
        rates[str(ratio)] = round(wrong / (DIALLED["numbers"] * DIALLED["keys"]), 4)
    return rates


def train(setting: dict) -> dict:
    """Train every variant with one seed, and score them and Goertzel's method."""
    import keras
    import numpy as np

    from cnnbook import audio
    from cnnbook.applications import tones

    seed = setting["seed"]

    def scored(split: str, ratios) -> dict:
        random = tones.generator(split, seed)
        return {
            (kind, ratio): audio.windows(COUNT, ratio, (kind,), random, range(tones.NO_KEY))
            for kind in tones.NOISES
            for ratio in ratios
        }

    def accuracy(score, sets: dict) -> dict:
        table = {kind: {} for kind in tones.NOISES}
        for (kind, ratio), (sounds, labels) in sets.items():
            right = score(sounds)[:, : tones.NO_KEY].argmax(axis=1) == labels
            table[kind][str(ratio)] = round(float(right.mean()), 4)
        return table

    def goertzel(options: dict):
        detuning = (0.0,) if options["detuning"] == 1 else (-0.01, 0.0, 0.01)
        return lambda sounds: audio.goertzel_scores(
            sounds, options["block"], detuning=detuning, average=options["average"]
        )

    validation, test = scored("validation", VALIDATION_SNRS), scored("test", TEST_SNRS)
    quiet = {
        kind: audio.windows(COUNT, (-15, 10), (kind,), tones.generator("test", 50 + seed), [16])[0]
        for kind in tones.NOISES
    }
    result = {
        "goertzel": [
            options | {"validation": accuracy(goertzel(options), validation), "test":
                       accuracy(goertzel(options), test)}
            for options in GRID
        ],
        "variants": [],
    }  # fmt: skip
    learned_from = None
    for name, (shape, changes) in VARIANTS.items():
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        network = spectrogram_network() if shape is None else raw_network(**shape)
        options = TRAINING | changes
        if options != learned_from:
            random = tones.generator("training", seed)
            sounds, labels = audio.windows(
                WINDOWS, random=random, classes=audio.TRAINING_CLASSES, **options
            )
            learned_from = options
        start = time.process_time()
        seen = sounds if shape is not None else audio.log_spectrogram(sounds)
        fit(network, seen, labels)
        seconds = time.process_time() - start

        def score(sounds, network=network, shape=shape):
            sounds = sounds if shape is not None else audio.log_spectrogram(sounds)
            return network.predict(sounds, batch_size=500, verbose=0)

        entry = {
            "variant": name,
            "parameters": network.count_params(),
            "processor_seconds": round(seconds, 1),
            "validation": accuracy(score, validation),
        }
        if name in TESTED:
            entry["test"] = accuracy(score, test)
            entry["false_alarms"] = {
                kind: round(float(np.mean(score(windows).argmax(axis=1) != tones.NO_KEY)), 4)
                for kind, windows in quiet.items()
            }
        if name == "raw":
            entry["key_error_rate"] = key_error_rates(network, seed)
        result["variants"].append(entry)
    return result


def summarise(runs: list[dict], tuned: dict) -> dict:
    """Return mean and standard deviation over the seeds of the accuracies on test windows."""
    methods = {name: [] for name in (*TESTED, "Goertzel, textbook", "Goertzel, tuned")}
    for run in runs:
        for entry in run["variants"]:
            if entry["variant"] in TESTED:
                methods[entry["variant"]].append(entry["test"])
        for entry in run["goertzel"]:
            for name, options in (("textbook", TEXTBOOK), ("tuned", tuned)):
                if all(entry[key] == value for key, value in options.items()):
                    methods[f"Goertzel, {name}"].append(entry["test"])

    def moments(values):
        return {"mean": round(statistics.mean(values), 4), "sd": round(statistics.stdev(values), 4)}

    return {
        name: {
            kind: {ratio: moments([table[kind][ratio] for table in tables]) for ratio in row}
            for kind, row in tables[0].items()
        }
        for name, tables in methods.items()
    }


def choose(runs: list[dict]) -> dict:
    """Return the settings of Goertzel's method that read most validation windows."""

    def score(number: int) -> float:
        return statistics.mean(
            run["goertzel"][number]["validation"][kind][str(ratio)]
            for run in runs
            for kind in CHOSEN_ON["kinds"]
            for ratio in CHOSEN_ON["snrs"]
        )

    return GRID[max(range(len(GRID)), key=score)]


def main() -> None:
    """Run the seeds and store what came out."""
    runs = sweep.run_all(train, [{"seed": seed} for seed in SEEDS])
    tuned = choose(runs)
    summary = summarise(runs, tuned)
    for run in runs:  # of the methods that were not chosen, the validation accuracy is enough
        for entry in run["goertzel"]:
            if {key: entry[key] for key in TEXTBOOK} not in (TEXTBOOK, tuned):
                del entry["test"]
    recipe = {
        "windows": WINDOWS,
        "passes": PASSES,
        "batch_size": BATCH_SIZE,
        "peak_rate": PEAK_RATE,
        "training": TRAINING,
        "test_snrs": TEST_SNRS,
        "validation_snrs": VALIDATION_SNRS,
        "windows_scored": COUNT,
        "dialled": DIALLED,
    }
    result = {"recipe": recipe, "textbook": TEXTBOOK, "tuned": tuned, "summary": summary}
    results.save("audio/audio", result | {"runs": runs})


if __name__ == "__main__":
    main()
