"""Train faster and better: what each change buys, and three recipes beside the article's.

    python -m benchmarks.faster.fast_recipes [--processes 2] [--parts ladder tests] [--seeds 0 1]

Every choice was made on validation digits: the parts `candidates` (what was tried beside the
recipes, once each) and `ladder` learn from 55,000 digits and validate on 5,000. Part `tests` then
trains the recipes on all 60,000 training digits, the article's and ours in turn, and opens the
test set once a run, after the last epoch; averages of the small networks' answers stand beside
them. The accurate recipe has a program of its own, `accurate`. Each run has a process and a thread
of its own. What is run replaces the runs of the same part, name and seed in the stored result; the
others stay.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import tempfile
import time

from benchmarks import results, sweep

NAME = "faster/fast_recipes"
# Where the small networks' answers wait until they are averaged.
ANSWERS = pathlib.Path(tempfile.gettempdir()) / "cnnbook_fast_recipes"
ARTICLE = "article"
PARTS = ("candidates", "ladder", "tests")
# How many runs of a part, and in the part `tests` of a recipe.
SEEDS = {"candidates": range(1), "ladder": range(3), ARTICLE: range(5), "fast": range(5)}
SEEDS["small"] = range(8)


def candidates() -> dict:
    """Return what was tried and not taken: neighbours of the recipes."""
    from cnnbook.faster import CONFIGS

    fast, small = CONFIGS["fast"], CONFIGS["small"]
    change = dataclasses.replace
    kernels = ((16, 5, True), (32, 5, True), (64, 3, False))
    wider = ((16, 5, True), (48, 5, True), (96, 3, False))
    large = ((32, 5, True), (64, 5, True), (128, 4, False))
    whole = change(fast, blocks=((16, 5, True), (32, 5, True), (64, 4, False)), crop=0)
    larger = change(small, blocks=(*small.blocks[:3], (128, 3, False)))
    far = {"shift_pixels": 2, "degrees": 12, "zoom": 0.12, "shear": 0.15}
    shift = {"shift_pixels": 1, "degrees": 0, "zoom": 0, "shear": 0}
    return {
        "fast, 5 x 5 twice": change(fast, blocks=kernels),
        "fast, 5 x 5 twice, with margin": whole,
        "the same, SGD": change(whole, optimizer="sgd", peak_rate=0.2),
        "fast, more filters": change(fast, blocks=wider),
        "fast, three epochs": change(fast, epochs=3),
        "small, flat, 14 epochs, far": change(small, blocks=wider, epochs=14, **far),
        "small, flat, with margin": change(small, blocks=large, crop=0),
        "the same, shifts only": change(small, blocks=large, crop=0, **shift),
        "small, 128 filters": larger,
        "the same, 16 epochs, far": change(larger, epochs=16, **far),
    }


def settings(part: str) -> dict:
    """Return the configurations of a part by name."""
    from cnnbook import faster

    if part == "candidates":
        return candidates()
    if part == "ladder":
        return faster.ladder()
    return {name: config for name, config in faster.CONFIGS.items() if name != "accurate"}


def one_view(model, images):
    """Return the probabilities of each digit."""
    from cnnbook import classifiers

    return classifiers.probabilities([model], images)


def nine_views(model, images):
    """Average the answers to each digit in nine places, a pixel or none away along each axis."""
    from cnnbook import transforms

    steps = (-1, 0, 1)
    views = (transforms.shift(images, down, right) for down in steps for right in steps)
    return sum(one_view(model, view) for view in views) / 9


def train(setting: dict) -> dict:
    """Train one network with one seed, and score it on validation digits or on the test set."""
    import numpy as np

    from cnnbook import classifiers, data

    config = settings(setting["part"])[setting["recipe"]]
    if setting["part"] != "tests":
        (images, labels), (x_score, y_score) = sweep.digits(60_000)
    else:
        (images, labels), (x_score, y_score) = data.load_mnist()
        images, x_score = data.scale_pixels(images), data.scale_pixels(x_score)
    start, before = time.perf_counter(), time.process_time()
    model = classifiers.train(config, images, labels, seed=setting["seed"])
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - before

    scores, nine = {}, setting["part"] != "ladder" and config.shift_pixels > 0
    for views, read in (("one_view", one_view), ("nine_views", nine_views)):
        if read is nine_views and setting["part"] == "tests" and not nine:
            continue
        before_reading = time.process_time()
        guessed = read(model, x_score)
        reading_seconds = time.process_time() - before_reading
        scores[f"{views}_reading_seconds"] = round(reading_seconds, 2)
        scores[f"{views}_accuracy"] = round(float((guessed.argmax(1) == y_score).mean()), 6)
        likely = np.clip(guessed[np.arange(len(y_score)), y_score], 1e-7, 1)
        scores[f"{views}_loss"] = round(float(-np.log(likely).mean()), 6)
    if setting["part"] == "tests" and setting["recipe"] == "small":
        ANSWERS.mkdir(exist_ok=True)
        np.save(ANSWERS / f"{setting['seed']}.npy", guessed)
    return {
        "accuracy": scores["nine_views_accuracy" if nine else "one_view_accuracy"],
        "parameters": model.count_params(),
        "training_seconds": round(seconds, 2),
        "processor_seconds": round(processor_seconds, 2),
        **scores,
    }


def averaged(runs: list[dict]) -> list[dict]:
    """Average the small networks' answers, in groups of two up to all but one.

    A group is a run of consecutive seeds, the first following the last, so that each network is
    in as many groups as any other. Groups share networks: their mean is what as many fresh
    networks are expected to reach, their spread is too small.
    """
    import numpy as np

    from cnnbook import data

    _, (_, labels) = data.load_mnist()
    count = len(SEEDS["small"])
    answers = [np.load(ANSWERS / f"{seed}.npy") for seed in SEEDS["small"]]
    small = {run["seed"]: run for run in runs if (run["part"], run["recipe"]) == ("tests", "small")}
    summed = ("parameters", "training_seconds", "processor_seconds", "nine_views_reading_seconds")
    groups = []
    for size in range(2, count):
        for first in SEEDS["small"]:
            seeds = [(first + place) % count for place in range(size)]
            guessed = np.mean([answers[seed] for seed in seeds], axis=0)
            accuracy = round(float((guessed.argmax(1) == labels).mean()), 6)
            groups.append(
                {
                    "part": "averages",
                    "recipe": f"{size} networks",
                    "seed": first,
                    "accuracy": accuracy,
                    "nine_views_accuracy": accuracy,
                    **{key: round(sum(small[seed][key] for seed in seeds), 2) for key in summed},
                }
            )
    return groups


def stored() -> list[dict]:
    """Return the runs stored before, if any."""
    try:
        text = (results.STORED / f"{NAME}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return json.loads(text)["runs"]


def store(runs: list[dict]) -> None:
    """Write all runs with the recipes that made them, part by part, recipe by recipe."""
    recipes, order = {}, {}
    for part in PARTS:
        for name, config in settings(part).items():
            order[part, name] = len(order)
            recipes[f"{part}: {name}"] = dataclasses.asdict(config)
    for run in runs:
        if run["part"] == "averages":
            order.setdefault((run["part"], run["recipe"]), len(order))
    runs = [run for run in runs if (run["part"], run["recipe"]) in order]
    runs.sort(key=lambda run: (order[run["part"], run["recipe"]], run["seed"]))
    results.save(NAME, {"threads_a_run": 1, "recipes": recipes, "runs": runs})


def keep(runs: list[dict]) -> None:
    """Store runs in place of those with the same part, recipe and seed."""
    same = {(run["part"], run["recipe"], run["seed"]) for run in runs}
    others = [run for run in stored() if (run["part"], run["recipe"], run["seed"]) not in same]
    store(others + runs)


def main() -> None:
    """Run what is asked for, and store each run as it ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=sweep.PROCESSES)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--names", nargs="+")
    options = parser.parse_args()
    for part in options.parts:
        names = [name for name in settings(part) if not options.names or name in options.names]
        # Seed by seed, so that the recipes take turns and share what else the machine does.
        asked = [
            {"part": part, "recipe": name, "seed": seed}
            for seed in options.seeds or range(len(SEEDS["small"]))
            for name in names
            if seed in SEEDS.get(name if part == "tests" else part, ())
        ]
        for first in range(0, len(asked), options.processes):
            some = asked[first : first + options.processes]
            keep(sweep.run_all(train, some, options.processes))
        if part == "tests" and "small" in names:
            keep(averaged(stored()))
    print(f"wrote {NAME}.json")


if __name__ == "__main__":
    main()
