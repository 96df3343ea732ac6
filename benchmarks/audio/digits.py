"""Train networks to hear spoken digits, and test them on people they have heard and on others.

Two of six people are left out in turn, with three seeds: each person is heard by six networks and
unheard by three. Test recordings are the first ten of each digit and person, in both cases, and no
network was trained on them. Nothing was tuned: the recipe was fixed before the first run. A network
that has heard all six is stored; the ten digits of a seventh voice come with the book.
"""

from __future__ import annotations

import sys
import time

from benchmarks import results, sweep

SEEDS = (0, 1, 2)
FOLDS = (("george", "theo"), ("jackson", "yweweler"), ("lucas", "nicolas"))
HELD, LEARNED, VERSIONS, PASSES, BATCH_SIZE, PEAK_RATE = 10, 30, 4, 5, 32, 3e-3
SPEED, NOISE_DB, SHIFT, MASK = 1.25, (5, 50), 6, (8, 4)  # frames, and frames and bands of a mask


def changed(sound, random):
    """Return a sound spoken faster, so higher, or slower, in some noise; the level of it in dB."""
    import numpy as np

    speed = SPEED ** random.uniform(-1, 1)
    at = np.arange(0, len(sound) - 1, speed)
    sound = np.pad(np.interp(at, np.arange(len(sound)), sound), 4000)
    level = np.sqrt(np.mean(np.square(sound))) * 10 ** (-random.uniform(*NOISE_DB) / 20)
    return sound + level * random.standard_normal(len(sound))


def versions(sounds, random, seconds: float = 1.0):
    """Return a changed picture of each sound, a stretch of time and some bands of it hidden."""
    import numpy as np

    from cnnbook.audio import speech

    pictures = []
    for sound in sounds:
        picture = speech.picture(changed(sound, random), seconds)
        picture = np.roll(picture, random.integers(-SHIFT, SHIFT + 1), axis=0)
        for most, rows in zip(MASK, (picture, picture.T), strict=True):
            size = random.integers(0, most + 1)
            start = random.integers(0, len(rows) - size)
            rows[start : start + size] = 0
        pictures.append(picture)
    return np.array(pictures, np.float32)[..., None]


def network(momentum: float = 0.99):
    """Build a network whose last convolution sees all frequencies, and which averages over time."""
    from keras import Input, Sequential, layers

    body = []
    for channels in (8, 16, 32):
        body += [
            layers.Conv2D(channels, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=momentum),
            layers.ReLU(),
            layers.MaxPooling2D(2),
        ]
    return Sequential(
        [
            Input((61, 32, 1)),
            *body,
            layers.Conv2D(64, (3, 4), activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(10),
        ]
    )


def fit(model, pictures, labels, passes: int = PASSES) -> None:
    """Train with Adam, the learning rate falling along half a cosine."""
    import keras

    steps = passes * len(pictures) // BATCH_SIZE
    rate = keras.optimizers.schedules.CosineDecay(PEAK_RATE, steps)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(pictures, labels, batch_size=BATCH_SIZE, epochs=passes, verbose=0)


def trained(sounds: dict, people, seed: int):
    """Return a network that has heard these people, without the test recordings."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    heard = [key for key in sounds if key[0] in people and HELD <= key[2] < LEARNED]
    labels = np.array([digit for _, digit, _ in heard])
    pictures = [versions([sounds[key] for key in heard], random) for _ in range(VERSIONS)]
    model = network()
    fit(model, np.concatenate(pictures), np.tile(labels, VERSIONS))
    model.set_weights([weights.astype(np.float16) for weights in model.get_weights()])
    return model


def answers(model, sounds):
    """Return which digit a network hears in each sound."""
    import numpy as np

    from cnnbook.audio import speech

    pictures = np.array([speech.picture(sound) for sound in sounds])[..., None]
    return model.predict(pictures, batch_size=500, verbose=0).argmax(axis=1)


def score(model, sounds: dict) -> dict:
    """Return how many of each person's hundred test recordings are heard rightly."""
    keys = [key for key in sounds if key[2] < HELD]
    right = dict.fromkeys([person for person, *_ in keys], 0)
    heard = answers(model, [sounds[key] for key in keys])
    for (person, digit, _), answer in zip(keys, heard, strict=True):
        right[person] += int(digit == answer)
    return right


def main() -> None:
    """Train a network on all six people and store it, then those with two left out."""
    import keras
    import numpy as np

    from benchmarks.audio import collect
    from cnnbook.audio import speech

    sweep.one_thread()
    sounds = collect.digits()
    spoken = {
        recording.said: recording.sound
        for recording in speech.load()
        if (recording.person, recording.language) == ("Allison", "en")
    }
    seventh = [spoken[f"digits/{digit}"] for digit in range(10)]
    runs = []
    for seed in SEEDS:
        for left_out in (*[()][: seed == 0], *FOLDS):
            keras.utils.clear_session()
            people = [person for person in collect.PEOPLE if person not in left_out]
            start = time.process_time()
            model = trained(sounds, people, seed)
            heard = answers(model, seventh).tolist()
            run = {
                "seed": seed,
                "left_out": left_out,
                "right": score(model, sounds),
                "seventh_voice": heard,
                "processor_seconds": round(time.process_time() - start, 1),
            }
            print(run, file=sys.stderr, flush=True)
            if left_out:
                runs.append(run)
            else:
                facts = {"data": "free-spoken-digit-dataset", "people": people, **run}
                results.save_weights("audio/voices_network", model, facts)
    recipe = {
        "parameters": model.count_params(),
        "learned_from": 10 * (LEARNED - HELD) * 4,
        "versions": VERSIONS,
        "passes": PASSES,
        "tested_on": 10 * HELD,
    }
    unheard = {
        person: [run["right"][person] for run in runs if person in run["left_out"]]
        for person in collect.PEOPLE
    }
    heard = {
        person: [run["right"][person] for run in runs if person not in run["left_out"]]
        for person in collect.PEOPLE
    }
    summary = {
        name: {person: float(np.mean(values)) for person, values in table.items()}
        for name, table in (("heard", heard), ("unheard", unheard))
    }
    results.save("audio/digits", {"recipe": recipe, "summary": summary, "runs": runs})


if __name__ == "__main__":
    main()
