"""Train networks to tell which language is spoken, and test them on the same voices and on others.

Four voices are trained on, three seeds, and those and three others are tested on what is held out.
One voice is on both sides: Allison's English is trained on, and her Spanish is not. Everything goes
through the same telephone code (GSM) first, since two packages come in it. The recipe was changed
twice, when runs had too few steps to learn even the voices trained on.
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks import results, sweep

SEEDS = (0, 1, 2)
LANGUAGES = ("en", "es", "fr", "it")
VOICES = ("Allison en", "July es", "Armelle fr", "Paola it")
SECONDS, VERSIONS, PASSES = 2.0, 2, 12
MOST = 100  # recordings of a voice


def through_gsm(sounds: list) -> list:
    """Return sounds as a GSM telephone sends them; all in one call of the program sox."""
    import numpy as np

    raw = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-"]
    samples = np.round(0.9 * 32767 * np.concatenate(sounds)).astype("<i2").tobytes()
    gsm = ["-t", "gsm", "-r", "8000", "-c", "1", "-"]
    for from_to in ([*raw, *gsm], [*gsm, *raw]):
        samples = subprocess.run(
            ["sox", *from_to], input=samples, check=True, capture_output=True
        ).stdout
    joined = np.frombuffer(samples, "<i2").astype(np.float32) / 32767
    return np.split(joined, np.cumsum([len(sound) for sound in sounds])[:-1])


def network():
    """Build the network for digits, for two seconds and four languages."""
    from keras import Input, Sequential, layers

    from benchmarks.audio import digits

    body = digits.network(momentum=0.9).layers[:-1]
    return Sequential([Input((124, 32, 1)), *body, layers.Dense(len(LANGUAGES))])


def main() -> None:
    """Train on four voices, and score all seven."""
    import keras
    import numpy as np

    from benchmarks.audio import collect, digits
    from cnnbook.audio import speech

    sweep.one_thread()
    learned, held = {}, {}
    for package in collect.PACKAGES:
        if package.language in LANGUAGES:
            name = f"{package.person} {package.language}"
            recordings = collect.phrases(package)
            sounds = through_gsm([recording.sound[:24000] for recording in recordings])
            pairs = list(zip(recordings, sounds, strict=True))
            held[name] = [sound for x, sound in pairs if collect.is_held(x.said)]
            learned[name] = [sound for x, sound in pairs if not collect.is_held(x.said)][:MOST]
    asked = {
        name: np.array([speech.picture(sound, SECONDS) for sound in sounds])[..., None]
        for name, sounds in held.items()
    }
    runs = []
    for seed in SEEDS:
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        start, random = time.process_time(), np.random.default_rng(seed)
        sounds = [sound for name in VOICES for sound in learned[name]]
        labels = [LANGUAGES.index(name[-2:]) for name in VOICES for _ in learned[name]]
        pictures = [digits.versions(sounds, random, SECONDS) for _ in range(VERSIONS)]
        model = network()
        digits.fit(model, np.concatenate(pictures), np.tile(labels, VERSIONS), PASSES)
        answers = {
            name: np.bincount(
                model.predict(pictures, batch_size=200, verbose=0).argmax(axis=1), minlength=4
            ).tolist()
            for name, pictures in asked.items()
        }
        seconds = round(time.process_time() - start, 1)
        run = {"seed": seed, "answers": answers, "processor_seconds": seconds}
        print(run, file=sys.stderr, flush=True)
        runs.append(run)

    def right(names, run: dict) -> float:
        """Return the mean over voices of the share of recordings whose language is named."""
        rows = [(run["answers"][name], LANGUAGES.index(name[-2:])) for name in names]
        return float(np.mean([row[language] / sum(row) for row, language in rows]))

    for run in runs:
        run["heard"] = round(right(VOICES, run), 4)
        run["unheard"] = round(right([name for name in held if name not in VOICES], run), 4)
    recipe = {
        "languages": LANGUAGES,
        "voices": VOICES,
        "learned_from": {name: len(learned[name]) for name in VOICES},
        "held": {name: len(sounds) for name, sounds in held.items()},
        "seconds": SECONDS,
    }
    results.save("audio/spoken_language", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
