"""What batch normalisation is worth once the learning rate suits the network without it too.

    python -m benchmarks.faster.rates [--processes 2] [--seeds 0 1 2]

The ladder of "Train faster and better" adds batch normalisation at the article's constant rate of
0.001, to which no rung was tuned. Here the last network of the ladder's single epoch is trained
with and without it, with the rate in one cycle, at three peak rates: same digits, same seeds,
scored on the validation digits, with the counts of the digits that one of a pair alone reads.
"""

from __future__ import annotations

import argparse
import dataclasses

from benchmarks import results, sweep

SEEDS = range(3)
STEP = "rate in one cycle"  # of the ladder
PEAK_RATES = (0.003, 0.01, 0.03)


def train(setting: dict) -> dict:
    """Train the network with and without normalisation at each rate, with one seed."""
    from cnnbook import classifiers, faster

    (images, labels), (x_validation, y_validation) = sweep.digits(60_000)
    runs = []
    for rate in PEAK_RATES:
        right = {}
        for normalise in (False, True):
            change = {"peak_rate": rate, "normalise": normalise}
            config = dataclasses.replace(faster.ladder()[STEP], **change)
            model = classifiers.train(config, images, labels, seed=setting["seed"])
            guessed = classifiers.probabilities([model], x_validation).argmax(axis=1)
            right[normalise] = guessed == y_validation
        runs.append(
            {
                "seed": setting["seed"],
                "peak_rate": rate,
                "without": round(float(right[False].mean()), 6),
                "with": round(float(right[True].mean()), 6),
                "only_without": int((right[False] & ~right[True]).sum()),
                "only_with": int((right[True] & ~right[False]).sum()),
            }
        )
    return {"runs": runs}


def main() -> None:
    """Train with every seed, and store what came out, seed by seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=sweep.PROCESSES)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    options = parser.parse_args()
    runs = []
    for first in range(0, len(options.seeds), options.processes):
        asked = [{"seed": seed} for seed in options.seeds[first : first + options.processes]]
        for entry in sweep.run_all(train, asked, options.processes):
            runs += entry["runs"]
        results.save("faster/rates", {"threads_a_run": 1, "step": STEP, "runs": runs})


if __name__ == "__main__":
    main()
