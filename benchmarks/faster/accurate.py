"""Train the accurate recipe eight times, with networks of its own each time, and open the test set.

    python -m benchmarks.faster.accurate [--processes 2]

The recipe, an average of networks that read each digit in nine places, was chosen on validation
digits by `choose_recipe`: the candidate of the lowest loss at a third of the budget, and as many
networks as fit into nine tenths of all of it. The article's recipe is trained in between, for its
time alone, so that both meet the same machine. Each network that is trained leaves its weights in
FOLDER; the test set is opened when all have ended.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import time

import numpy as np

from benchmarks import results, sweep

NAME = "faster/accurate"
FOLDER = pathlib.Path(os.environ.get("ACCURATE_RECIPE", "~/.cache/accurate_recipe")).expanduser()
RUNS, TIMED = 8, 5  # how often the recipe is trained, and the article's


def digits() -> tuple:
    """Return all digits for training and for testing, scaled."""
    from cnnbook import data

    (x, y), (x_test, y_test) = data.load_mnist()
    return (data.scale_pixels(x), y), (data.scale_pixels(x_test), y_test)


def train(setting: dict) -> dict:
    """Train one network, unless it is there, and keep its weights and its processor seconds."""
    from cnnbook import classifiers, faster

    recipe, seed = setting["recipe"], setting["seed"]
    file = FOLDER / f"{recipe}-{seed}.npz"
    if not file.is_file():
        (images, labels), _ = digits()
        before = time.process_time()
        model = classifiers.train(faster.CONFIGS[recipe], images, labels, seed)
        seconds = time.process_time() - before
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".tmp.npz")
        np.savez(unfinished, *model.get_weights(), seconds=seconds)
        unfinished.replace(file)
    return {"seconds": float(np.load(file)["seconds"])}


def read(setting: dict) -> dict:
    """Average the answers of one run's networks, one after the other, and count what is right."""
    from benchmarks.faster.fast_recipes import nine_views
    from cnnbook import classifiers, faster

    _, (images, labels) = digits()
    summed, right, reading = 0, [], 0
    for seed in setting["seeds"]:
        model = classifiers.network(faster.CONFIGS["accurate"])
        with np.load(FOLDER / f"accurate-{seed}.npz") as file:
            model.set_weights([file[f"arr_{n}"] for n in range(len(model.weights))])
        before = time.process_time()
        summed = summed + nine_views(model, images)
        reading += time.process_time() - before
        right.append(int((summed.argmax(axis=1) == labels).sum()))
    return {"right_by_networks": right, "reading_seconds": round(reading, 1)}


def main() -> None:
    """Train what is missing, then read the test set, and store all."""
    from cnnbook.faster import NETWORKS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=sweep.PROCESSES)
    processes = parser.parse_args().processes
    count = NETWORKS["accurate"]
    seeds = {run: range(1000 + count * run, 1000 + count * (run + 1)) for run in range(RUNS)}
    settings = []
    for run in range(RUNS):
        settings += [{"recipe": "article", "seed": 1000 + run}] * (run < TIMED)
        settings += [{"recipe": "accurate", "seed": seed} for seed in seeds[run]]
    seconds = {}
    for trained in sweep.run_all(train, settings, processes):
        seconds[trained["recipe"], trained["seed"]] = round(trained["seconds"], 2)
    asked = [{"seeds": list(seeds[run])} for run in range(RUNS)]
    runs = sweep.run_all(read, asked, processes)
    for run in runs:
        run["processor_seconds"] = [seconds["accurate", seed] for seed in run["seeds"]]
    article = [seconds["article", 1000 + run] for run in range(TIMED)]
    results.save(NAME, {"threads_a_run": 1, "article_seconds": article, "runs": runs})


if __name__ == "__main__":
    main()
