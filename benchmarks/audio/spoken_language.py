"""Train networks to tell which language is spoken, and test them on the same voices and on others.

Four languages, two sets of voices: each set is trained on, three seeds, and both are tested on what
is held out. One voice, Allison's, speaks English in both sets; her Spanish is in the first alone.
Everything goes through the same telephone code (GSM) first, since two packages come in it. The
recipe was changed once: in a first run of fewer steps the running means of the normalisation had
not settled, and every answer was the same.
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks import results, sweep

SEEDS = (0, 1, 2)
LANGUAGES = ("en", "es", "fr", "it")
SETS = {
    "first": ("Allison en", "Allison es", "June fr", "Carlo it"),
    "second": ("Allison en", "July es", "Armelle fr", "Paola it"),
}
SECONDS, VERSIONS, PASSES = 2.0, 2, 5
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
    """Train on each set of voices, and score every voice."""
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
        for chosen, voices in SETS.items():
            keras.utils.clear_session()
            keras.utils.set_random_seed(seed)
            start, random = time.process_time(), np.random.default_rng(seed)
            sounds = [sound for name in voices for sound in learned[name]]
            labels = [LANGUAGES.index(name[-2:]) for name in voices for _ in learned[name]]
            pictures = [digits.versions(sounds, random, SECONDS) for _ in range(VERSIONS)]
            model = network()
            digits.fit(model, np.concatenate(pictures), np.tile(labels, VERSIONS), PASSES)
            answers = {
                name: np.bincount(
                    model.predict(pictures, batch_size=200, verbose=0).argmax(axis=1), minlength=4
                ).tolist()
                for name, pictures in asked.items()
            }
            run = {
                "seed": seed,
                "trained_on": chosen,
                "answers": answers,
                "processor_seconds": round(time.process_time() - start, 1),
            }
            print(run, file=sys.stderr, flush=True)
            runs.append(run)

    def right(names: list, run: dict) -> float:
        """Return the mean over voices of the share of recordings whose language is named."""
        rows = [(run["answers"][name], LANGUAGES.index(name[-2:])) for name in names]
        return float(np.mean([row[language] / sum(row) for row, language in rows]))

    for run in runs:
        voices = SETS[run["trained_on"]]
        run["heard"] = round(right(voices, run), 4)
        run["unheard"] = round(right([name for name in held if name not in voices], run), 4)
    recipe = {
        "languages": LANGUAGES,
        "sets": SETS,
        "learned_from": {name: len(sounds) for name, sounds in learned.items()},
        "held": {name: len(sounds) for name, sounds in held.items()},
        "seconds": SECONDS,
    }
    results.save("audio/spoken_language", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
