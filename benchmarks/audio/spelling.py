"""Join sound to text: score a spoken word against spellings, on words that were not heard before.

Two networks give a word of sound and a row of letters a direction each; they are trained so that
what belongs together points the same way (in a batch, each sound against all spellings, and each
spelling against all sounds). Numbers, days and months in English, Spanish, French and Italian, by
seven voices; a fifth of the words is held out, in all four languages and for all voices. Recipe
fixed before the first run.
"""

from __future__ import annotations

import sys
import time

from benchmarks import results, sweep

SEEDS = (0, 1, 2)
VERSIONS, STEPS, PEAK_RATE, DIRECTIONS, LONGEST = 4, 150, 3e-3, 48, 18
SHARPNESS = 10.0  # by which the cosines of a batch are multiplied


def letters(spellings) -> tuple:
    """Return letters as numbers from 1 on, 0 behind the end, (N, longest), and the alphabet."""
    import numpy as np

    from benchmarks.audio import collect

    alphabet = "".join(
        sorted({x for table in collect.WORDS.values() for x in "".join(table.values())})
    )
    rows = np.zeros((len(spellings), LONGEST), np.int32)
    for row, spelling in zip(rows, spellings, strict=True):
        row[: len(spelling)] = [alphabet.index(letter) + 1 for letter in spelling]
    return rows, alphabet


def networks(letter_count: int):
    """Build the network for sound and the one for letters; both end on the unit sphere."""
    from keras import Input, Sequential, layers

    from benchmarks.audio import digits

    ears = Sequential(
        [
            Input((61, 32, 1)),
            *digits.network(momentum=0.9).layers[:-4],
            layers.Conv2D(64, (1, 4), activation="relu"),
            layers.Reshape((7, 64)),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(DIRECTIONS),
            layers.UnitNormalization(),
        ]
    )
    eyes = Sequential(
        [
            Input((LONGEST,), dtype="int32"),
            layers.Embedding(letter_count + 1, 16),
            layers.Conv1D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(64, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(DIRECTIONS),
            layers.UnitNormalization(),
        ]
    )
    return ears, eyes


def ranks(cosines, right):
    """Return how many spellings score higher than the right one, for each word heard."""
    import numpy as np

    own = cosines[np.arange(len(right)), right]
    return (cosines > own[:, None]).sum(axis=1)


def train(pictures, spelled, random, ears, eyes) -> None:
    """Train with Adam: in each step every spelling once, by any of its voices and versions."""
    import keras
    import numpy as np
    import tensorflow as tf

    rate = keras.optimizers.schedules.CosineDecay(PEAK_RATE, STEPS)
    optimizer = keras.optimizers.Adam(rate)
    variables = ears.trainable_variables + eyes.trainable_variables
    rows, _ = letters(list(spelled))

    @tf.function
    def step(sounds):
        with tf.GradientTape() as tape:
            scores = SHARPNESS * tf.matmul(
                ears(sounds, training=True), eyes(rows, training=True), transpose_b=True
            )
            own = tf.range(len(rows))
            loss = sum(
                tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(own, x))
                for x in (scores, tf.transpose(scores))
            )
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for _ in range(STEPS):
        chosen = [random.choice(spelled[spelling]) for spelling in spelled]
        version = random.integers(0, VERSIONS, len(chosen))
        step(tf.constant(pictures[version, np.array(chosen)]))


def main() -> None:
    """Train the pair with each seed, and rank held words."""
    import keras
    import numpy as np

    from benchmarks.audio import collect, digits
    from cnnbook.audio import speech

    sweep.one_thread()
    spoken = [x for package in collect.PACKAGES for x in collect.words(package)]
    learned = [x for x in spoken if not collect.is_held(x.said)]
    held = [x for x in spoken if collect.is_held(x.said)]
    spelled = {}
    for number, x in enumerate(learned):
        spelled.setdefault(collect.WORDS[x.language][x.said], []).append(number)
    candidates = sorted({collect.WORDS[x.language][x.said] for x in held} - set(spelled))
    held = [x for x in held if collect.WORDS[x.language][x.said] in candidates]
    right = np.array([candidates.index(collect.WORDS[x.language][x.said]) for x in held])
    rows, alphabet = letters(candidates)
    heard = np.array([speech.picture(x.sound) for x in held])[..., None]
    known_rows, _ = letters(list(spelled))
    runs = []
    for seed in SEEDS:
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        start, random = time.process_time(), np.random.default_rng(seed)
        sounds = [x.sound for x in learned]
        pictures = np.array([digits.versions(sounds, random) for _ in range(VERSIONS)])
        ears, eyes = networks(len(alphabet))
        train(pictures, spelled, random, ears, eyes)
        for model in (ears, eyes):
            model.set_weights([weights.astype(np.float16) for weights in model.get_weights()])
        cosines = ears.predict(heard, verbose=0) @ eyes.predict(rows, verbose=0).T
        places = ranks(cosines, right)
        plain = np.array([speech.picture(sound) for sound in sounds])[..., None]
        known = ears.predict(plain, verbose=0) @ eyes.predict(known_rows, verbose=0).T
        order = {spelling: place for place, spelling in enumerate(spelled)}
        own = np.array([order[collect.WORDS[x.language][x.said]] for x in learned])
        run = {
            "seed": seed,
            "first": round(float(np.mean(places == 0)), 4),
            "in_three": round(float(np.mean(places < 3)), 4),
            "known_first": round(float(np.mean(ranks(known, own) == 0)), 4),
            "by_voice": {
                f"{person} {language}": round(
                    float(np.mean([p == 0 for x, p in zip(held, places, strict=True)
                                   if (x.person, x.language) == (person, language)])), 4
                )
                for person, language in dict.fromkeys((x.person, x.language) for x in held)
            },
            "processor_seconds": round(time.process_time() - start, 1),
        }  # fmt: skip
        print(run, file=sys.stderr, flush=True)
        runs.append(run)
        if seed == 0:
            facts = {"seed": seed, "alphabet": alphabet, "candidates": candidates, **run}
            for name, model in (("sound", ears), ("letters", eyes)):
                results.save_weights(f"audio/spelling_{name}", model, facts)
    recipe = {
        "voices": len({x.person for x in spoken}),
        "learned_from": len(learned),
        "spellings": len(spelled),
        "held": len(held),
        "candidates": len(candidates),
        "steps": STEPS,
    }
    results.save("audio/spelling", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
