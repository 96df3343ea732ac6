"""Give Goertzel's method examples of babble too, and hear how it does beside the networks.

A network that was trained with babble has been told something that the tuned method has not. Here
the method is told as much as it can use: the mean power of babble at each of its eight frequencies,
measured on the networks' training babble. A frequency's power is then divided by it. Block,
detuning and average are chosen on validation babble; the test windows are those of `audio`.
"""

import statistics

import numpy as np

from benchmarks import results
from benchmarks.audio.audio import COUNT, GRID, SEEDS, TEST_SNRS, VALIDATION_SNRS
from cnnbook import audio
from cnnbook.applications import tones

EXAMPLES = 2_000  # windows of babble without a key, from the stream that networks learn from
CHOSEN_ON = (-14, -10, -6)
HERTZ = np.array(tones.LOW_GROUP + tones.HIGH_GROUP)


def powers(sounds: np.ndarray, block: int, detuning: int) -> np.ndarray:
    """Return the power of each block at the eight frequencies, the largest of their detunings."""
    shares = (0.0,) if detuning == 1 else (-0.01, 0.0, 0.01)
    hertz = np.concatenate([HERTZ * (1 + share) for share in shares])
    power = audio.tone_power(sounds, hertz, block)
    return power.reshape(*power.shape[:2], len(shares), 8).max(axis=2)


def accuracy(sets: dict, options: dict, usual: np.ndarray) -> dict:
    """Return the share of keys read at each ratio, powers divided by what is usual in babble."""
    right = {}
    for ratio, (sounds, labels) in sets.items():
        power = powers(sounds, options["block"], options["detuning"]) / usual
        pairs = power[..., :4, None] + power[..., None, 4:]
        pairs = pairs.mean(axis=1) if options["average"] else pairs.max(axis=1)
        answers = pairs.reshape(len(sounds), 16).argmax(axis=1)
        right[str(ratio)] = round(float((answers == labels).mean()), 4)
    return right


def babble(split: str, seed: int, ratios: tuple) -> dict:
    """Repeat the windows of `audio.train`, and keep those in babble."""
    random, sets = tones.generator(split, seed), {}
    for kind in tones.NOISES:
        for ratio in ratios:
            sets[kind, ratio] = audio.windows(COUNT, ratio, (kind,), random, range(tones.NO_KEY))
    return {ratio: windows for (kind, ratio), windows in sets.items() if kind == "babble"}


def main() -> None:
    """Choose the method's settings on validation babble, and score it on test babble."""
    runs = []
    for seed in SEEDS:
        random = tones.generator("training", 100 + seed)
        examples = tones.noise("babble", EXAMPLES, tones.WINDOW, random)
        examples /= np.sqrt(np.mean(np.square(examples), axis=1, keepdims=True))
        validation, test = (
            babble("validation", seed, VALIDATION_SNRS),
            babble("test", seed, TEST_SNRS),
        )
        methods = []
        for options in GRID:
            usual = powers(examples, options["block"], options["detuning"]).mean(axis=(0, 1))
            methods.append(
                options
                | {
                    "validation": accuracy(validation, options, usual),
                    "test": accuracy(test, options, usual),
                }
            )
        runs.append(methods)

    def chosen_by(number: int) -> float:
        return sum(
            methods[number]["validation"][str(ratio)] for methods in runs for ratio in CHOSEN_ON
        )

    best = max(range(len(GRID)), key=chosen_by)
    scores = {
        str(ratio): [methods[best]["test"][str(ratio)] for methods in runs] for ratio in TEST_SNRS
    }
    summary = {
        ratio: {"mean": round(statistics.mean(x), 4), "sd": round(statistics.stdev(x), 4)}
        for ratio, x in scores.items()
    }
    told = {"examples": EXAMPLES, "chosen_on": CHOSEN_ON, "chosen": GRID[best]}
    results.save("audio/babble_detector", told | {"summary": summary, "runs": scores})


if __name__ == "__main__":
    main()
