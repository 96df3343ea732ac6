"""Join sound to text: find, for an announcement that was not heard before, what it says in writing.

Two networks give a sound and a text a direction each; they are trained so that a sound and its own
text point the same way (of a batch, each sound against all texts, and each text against all
sounds). A pair of networks learns from one voice; a fifth of what it says is held, by the text, in
all recordings. Before, two trainings of 300 steps with the English voice, without another fifth,
chose to keep the largest and not the average over time: of 102 recordings of that fifth, 14 and 8
came first. The stored networks learn from that fifth too.

    CNNBOOK_VOICES=<folder> python -m benchmarks.audio.texts
"""

from __future__ import annotations

import sys
import time
import zlib

from benchmarks import results, sweep

# Who is learned from, with which seeds, and who says the same numbers, days and months.
VOICES = (
    ("Allison en", (0, 1, 2), None),
    ("Carlo it", (0,), "Paola it"),
    ("June fr", (0,), "Armelle fr"),
    ("Allison es", (0,), "July es"),
)
HELD, COMPARED = 0, 2  # fifths; the second is learned from, and scored in the same way
SECONDS, LONGEST = 4.0, 64  # of a sound, and letters of a text
VERSIONS, STEPS, BATCH, PEAK_RATE = 4, 600, 96, 3e-3
DIRECTIONS, SHARPNESS = 96, 10.0  # numbers of a direction; by which cosines are multiplied


def fifth(text: str) -> int:
    """Return in which fifth a text is, whoever says it."""
    return zlib.crc32(text.encode()) % 5


def pairs(name: str) -> list[tuple[str, str, object]]:
    """Return of a voice what its short recordings say, with their names and sounds."""
    from benchmarks.audio import collect

    (package,) = (x for x in collect.PACKAGES if f"{x.person} {x.language}" == name)
    known = collect.texts(package.language)
    return [
        (known[x.said], x.said, x.sound)
        for x in collect.prompts(package)
        if 0 < len(known.get(x.said, "")) <= LONGEST and len(x.sound) <= 8000 * SECONDS
    ]


def letters(texts, alphabet: str):
    """Return letters as numbers from 1 on, 0 behind the end, (texts, LONGEST)."""
    import numpy as np

    rows = np.zeros((len(texts), LONGEST), np.int32)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = [alphabet.index(letter) + 1 for letter in text]
    return rows


def networks(letter_count: int):
    """Build the network for sound and the one for text; both end on the unit sphere."""
    from keras import Input, Sequential, layers

    def convolution(channels: int, strides: int = 1):
        return [
            layers.Conv1D(channels, 5, strides=strides, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]

    def end():
        return [
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.3),
            layers.Dense(DIRECTIONS),
            layers.UnitNormalization(),
        ]

    body = [*convolution(64, 2), *convolution(96, 2), *convolution(96)]
    ears = Sequential([Input((249, 32)), *body, *end()])
    body = [*convolution(64), layers.MaxPooling1D(2), *convolution(96)]
    embedding = layers.Embedding(letter_count + 1, 24)
    eyes = Sequential([Input((LONGEST,), dtype="int32"), embedding, *body, *end()])
    return ears, eyes


def train(ears, eyes, pictures, rows, spoken: dict, random) -> None:
    """Train with Adam: in each step some texts, each in any of its recordings and versions."""
    import keras
    import numpy as np
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(PEAK_RATE, STEPS))
    variables = ears.trainable_variables + eyes.trainable_variables

    @tf.function
    def step(sounds, texts):
        with tf.GradientTape() as tape:
            scores = SHARPNESS * tf.matmul(
                ears(sounds, training=True), eyes(texts, training=True), transpose_b=True
            )
            own = tf.range(BATCH)
            loss = sum(
                tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(own, x))
                for x in (scores, tf.transpose(scores))
            )
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    places = list(spoken.values())
    for _ in range(STEPS):
        few = random.permutation(len(places))[:BATCH]
        chosen = np.array([random.choice(places[number]) for number in few])
        version = random.integers(0, VERSIONS, BATCH)
        step(tf.constant(pictures[version, chosen]), tf.constant(rows[chosen]))


def learn(some: list, alphabet: str, seed: int):
    """Train both networks on recordings and what they say."""
    import keras
    import numpy as np

    from benchmarks.audio import digits

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    spoken = {}
    for number, (text, *_) in enumerate(some):
        spoken.setdefault(text, []).append(number)
    sounds = [sound for *_, sound in some]
    pictures = np.array([digits.versions(sounds, random, SECONDS) for _ in range(VERSIONS)])
    ears, eyes = networks(len(alphabet))
    rows = letters([text for text, *_ in some], alphabet)
    train(ears, eyes, pictures[..., 0], rows, spoken, random)
    for model in (ears, eyes):
        model.set_weights([weights.astype(np.float16) for weights in model.get_weights()])
    return ears, eyes


def places(cosines, right):
    """Return how many texts score higher than the right one, for each sound."""
    import numpy as np

    own = cosines[np.arange(len(right)), right]
    return (cosines > own[:, None]).sum(axis=1)


def score(ears, eyes, alphabet: str, some: list) -> dict:
    """Rank all texts of these recordings for each of them, and count those that come first."""
    import numpy as np

    from cnnbook.audio import speech

    texts = sorted({text for text, *_ in some})
    heard = np.array([speech.picture(sound, SECONDS) for *_, sound in some])
    written = eyes.predict(letters(texts, alphabet), verbose=0)
    right = np.array([texts.index(text) for text, *_ in some])
    place = places(ears.predict(heard, verbose=0) @ written.T, right)
    long = np.array([len(text.split()) >= 3 for text, *_ in some])
    return {
        "recordings": len(some),
        "texts": len(texts),
        "first": int(np.sum(place == 0)),
        "in_five": int(np.sum(place < 5)),
        "of_three_words": [int(np.sum(place[long] == 0)), int(long.sum())],
    }


def by_length(learned: list, some: list) -> dict:
    """Do the same by duration alone: seconds as a straight line of letters, ties shared out."""
    import numpy as np

    line = np.polyfit([len(x[0]) for x in learned], [len(x[2]) for x in learned], 1)
    texts = sorted({text for text, *_ in some})
    expected = np.polyval(line, [len(text) for text in texts])
    distance = np.abs(np.array([len(sound) for *_, sound in some])[:, None] - expected)
    own = distance[np.arange(len(some)), [texts.index(text) for text, *_ in some]]
    before, ties = (distance < own[:, None]).sum(1), (distance == own[:, None]).sum(1)
    first, five = (np.clip((most - before) / ties, 0, 1).sum() for most in (1, 5))
    return {"first": round(float(first), 2), "in_five": round(float(five), 2)}


def shown(ears, eyes, facts: dict) -> list[int]:
    """Return for each sentence of the page how many held texts score higher than its own."""
    import numpy as np

    from benchmarks.audio import collect
    from cnnbook.audio import speech

    known = collect.texts("en")
    spoken = {x.said: x.sound for x in speech.load() if x[:2] == ("Allison", "en")}
    heard = np.array([speech.picture(spoken[said], SECONDS) for said in collect.WHOLE])
    written = eyes.predict(letters(facts["texts"], facts["alphabet"]), verbose=0)
    right = np.array([facts["texts"].index(known[said]) for said in collect.WHOLE])
    return places(ears.predict(heard, verbose=0) @ written.T, right).tolist()


def main() -> None:
    """Train pairs of networks, store the first, and score them on what was held."""
    from benchmarks.audio import collect

    sweep.one_thread()
    recipe = {"directions": DIRECTIONS, "steps": STEPS, "batch": BATCH, "versions": VERSIONS}
    tables, runs = {}, []
    for name, seeds, new in VOICES:
        everything = pairs(name)
        alphabet = "".join(sorted({letter for text, *_ in everything for letter in text}))
        learned = [x for x in everything if fifth(x[0]) != HELD]
        held = [x for x in everything if fifth(x[0]) == HELD]
        compared = [x for x in everything if fifth(x[0]) == COMPARED]
        known = {text for text, *_ in learned}
        said = [x for x in pairs(new) if x[1] in collect.STEMS and x[0] in known] if new else []
        tables[name] = {
            "learned_from": len(learned),
            "minutes": round(sum(len(x[2]) for x in learned) / 8000 / 60, 1),
            "by_length": by_length(learned, held),
            "new": new,
        }
        for seed in seeds:
            start = time.process_time()
            ears, eyes = learn(learned, alphabet, seed)
            run = {"voice": name, "seed": seed}
            for kind, some in (("held", held), ("learned", compared), ("new", said)):
                run |= {kind: score(ears, eyes, alphabet, some)} if some else {}
            run["processor_seconds"] = round(time.process_time() - start, 1)
            print(run, file=sys.stderr, flush=True)
            runs.append(run)
            if not runs[1:]:
                texts = sorted({text for text, *_ in held})
                facts = {"data": "asterisk-core-sounds-en-wav", "alphabet": alphabet}
                facts |= {"texts": texts, **run}
                run["shown"] = shown(ears, eyes, facts)
                results.save_weights("audio/texts_sound_network", ears, facts)
                results.save_weights("audio/texts_text_network", eyes, facts)
            results.save("audio/texts", {"recipe": recipe, "voices": tables, "runs": runs})


if __name__ == "__main__":
    main()
