"""Choose the most accurate recipe for ten times the article's time, on validation digits alone.

    python -m benchmarks.faster.choose_recipe [--part 0] [--folds 0 1] [--names ...]
    python -m benchmarks.faster.choose_recipe --measure "small, elastic"

A candidate is an average of as many networks as it can train within the budget, in seconds of a
processor. The candidates differ in how digits are distorted, in how long and how wide a network is
trained, and in whether the last weights or their running average is kept. A fold sets aside 5,000
training digits; fold 0 is the split of all other choices. One network of each candidate is trained
on fold 0, then the better ones for a third of the budget: `main` prints them by their loss, the
number of mistakes beside it, which is too small to choose by.

What was done: three networks were seen first, and elastic distortions at full strength then left
out of the longer candidates. The choice stopped at a third of the budget. "wide, 10 epochs" ended
after the choice, and was scored for the record only.

Each network that is trained leaves its answers in FOLDER at once; what is there is not trained
again. `--measure` trains one network and prints its time: what the search will cost.

Distillation into one network is no candidate: the networks it learns from have to be trained within
the same budget, so it saves time in reading only. The test set is not opened.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import time

import numpy as np

from benchmarks import results, sweep

NAME = "faster/choose_recipe"
FOLDER = pathlib.Path(os.environ.get("CHOOSE_RECIPE", "~/.cache/choose_recipe")).expanduser()
BUDGET = 720  # seconds of a processor, ten times the article's on the machine that chose
PARTS = (0, 0.33, 1)  # of the budget; 0 is one network
FOLD = 5000
MOST_NETWORKS = 11
# Simard et al. (2003): uniform noise of each pixel, smoothed by a Gaussian of this deviation, and
# multiplied by this strength.
SMOOTHNESS, STRENGTH = 4.0, 34.0
AVERAGED = 0.99  # of the running average that stays at each look, every few steps
VIEWS = {"one": 0, "nine": 1, "twenty-five": 2}  # how many pixels away along each axis


def candidates() -> dict[str, dict]:
    """Return by name what is trained: a configuration, the distortions, what is kept."""
    from cnnbook.faster import SMALL, WIDE

    change = dataclasses.replace
    ten, fifteen = change(SMALL, epochs=10), change(SMALL, epochs=15)
    ways = {
        "small, affine": (SMALL, 0, False),
        "small, elastic": (SMALL, STRENGTH, False),
        "small, half elastic": (SMALL, STRENGTH / 2, False),
        "small, averaged": (SMALL, 0, True),
        "small, 10 epochs": (ten, 0, False),
        "small, 15 epochs": (fifteen, 0, False),
        "small, half elastic, 15 epochs": (fifteen, STRENGTH / 2, False),
        "wide": (WIDE, 0, False),
        "wide, 10 epochs": (change(WIDE, epochs=10), 0, False),
    }
    keys = ("config", "strength", "averaged")
    return {name: dict(zip(keys, way, strict=True)) for name, way in ways.items()}


# ---- Elastic distortions -------------------------------------------------------------------------


def displacements(count: int, side: int, generator, strength: float) -> np.ndarray:
    r"""Draw fields of displacements in pixels, (count, 2, side, side): right and down.

    :math:`\alpha\, G U G^T`, with :math:`U` uniform in [-1, 1] and :math:`G` a Gaussian's weights:
    smooth, with a deviation of :math:`\alpha / (2 \sigma \sqrt{3 \pi})`, 1.4 pixels for the usual
    strength. The noise reaches beyond the picture, so that its edge moves as its middle does.
    """
    margin = round(3 * SMOOTHNESS)
    apart = np.arange(side)[:, np.newaxis] - np.arange(-margin, side + margin)
    gauss = np.exp(-0.5 * (apart / SMOOTHNESS) ** 2) / (SMOOTHNESS * np.sqrt(2 * np.pi))
    gauss = gauss.astype("float32")
    noise = generator.random((count, 2, *2 * gauss.shape[1:]), dtype="float32")
    return strength * (gauss @ (2 * noise - 1) @ gauss.T)


def displaced(images: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """Read each pixel of images (N, H, W, 1) where its field says, between four old ones."""
    padded = np.pad(images[..., 0], ((0, 0), (1, 2), (1, 2)))
    height, width = padded.shape[1:]
    # The frame of zeros is read for all that lies outside.
    column = np.clip(np.arange(width - 3) + 1 + fields[:, 0], 0, width - 2)
    row = np.clip(np.arange(height - 3)[:, np.newaxis] + 1 + fields[:, 1], 0, height - 2)
    left, top = column.astype("int32"), row.astype("int32")
    right, down = column - left, row - top
    flat = padded.reshape(-1)
    place = (
        top * width + left + (np.arange(len(images)) * height * width)[:, np.newaxis, np.newaxis]
    )
    upper = flat[place] * (1 - right) + flat[place + 1] * right
    lower = flat[place + width] * (1 - right) + flat[place + width + 1] * right
    return (upper * (1 - down) + lower * down)[..., np.newaxis].astype("float32")


def distorted(images: np.ndarray, generator, strength: float, moves: dict) -> np.ndarray:
    """Move each digit as a whole, as the small recipe does, then bend it."""
    from cnnbook import transforms

    moved = transforms.random_affine(images, generator, **moves)
    if not strength:
        return moved
    for first in range(0, len(moved), 2000):  # few enough to need no memory
        part = moved[first : first + 2000]
        fields = displacements(len(part), part.shape[1], generator, strength)
        moved[first : first + 2000] = displaced(part, fields)
    return moved


# ---- One network ---------------------------------------------------------------------------------


def fold_of(x: np.ndarray, y: np.ndarray, fold: int) -> tuple:
    """Set aside one of twelve parts of the training digits; the first is the split of seed 0."""
    order = np.random.default_rng(0).permutation(len(x))
    aside = np.zeros(len(x), bool)
    aside[order[fold * FOLD : (fold + 1) * FOLD]] = True
    return (x[~aside], y[~aside]), (x[aside], y[aside])


def fit(candidate: dict, images: np.ndarray, labels: np.ndarray, seed: int):
    """Train one network of a candidate."""
    import keras

    from cnnbook import classifiers

    keras.utils.set_random_seed(seed)
    generator, config = np.random.default_rng(seed), candidate["config"]
    model = classifiers.compiled(config, len(images))
    moves = {name: getattr(config, name) for name in classifiers.MOVES}
    average = None

    def look(batch, logs):
        nonlocal average
        weights = model.get_weights()
        average = average or weights
        pairs = zip(average, weights, strict=True)
        average = [AVERAGED * old + (1 - AVERAGED) * new for old, new in pairs]

    looking = [keras.callbacks.LambdaCallback(on_train_batch_end=look)]
    for epoch in range(config.epochs):
        model.fit(
            distorted(images, generator, candidate["strength"], moves),
            labels,
            batch_size=config.batch_size,
            initial_epoch=epoch,
            epochs=epoch + 1,
            verbose=0,
            callbacks=looking if candidate["averaged"] else [],
        )
    if average:
        model.set_weights(average)
    return model


def views(model, images: np.ndarray, reach: int) -> np.ndarray:
    """Average the answers to each digit moved by up to so many pixels along each axis."""
    from cnnbook import classifiers, transforms

    steps = range(-reach, reach + 1)
    shifted = (transforms.shift(images, down, right) for down in steps for right in steps)
    return sum(classifiers.probabilities([model], view) for view in shifted) / len(steps) ** 2


def file_of(name: str, fold: int, seed: int) -> pathlib.Path:
    """Say where a network's answers are kept."""
    return FOLDER / f"{name.replace(' ', '_').replace(',', '')}-fold{fold}-seed{seed}.npz"


def train(setting: dict) -> dict:
    """Train one network on a fold and keep its answers, unless they are there."""
    from cnnbook import data

    file = file_of(setting["name"], setting["fold"], setting["seed"])
    if not file.is_file():
        (x, y), _ = data.load_mnist()
        (images, labels), (x_score, _) = fold_of(x, y, setting["fold"])
        images, x_score = data.scale_pixels(images), data.scale_pixels(x_score)
        before = time.process_time()
        model = fit(candidates()[setting["name"]], images, labels, setting["seed"])
        seconds = time.process_time() - before
        answers = {name: views(model, x_score, reach) for name, reach in VIEWS.items()}
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".tmp.npz")
        np.savez_compressed(unfinished, seconds=seconds, **answers)
        unfinished.replace(file)
    return {"seconds": float(np.load(file)["seconds"])}


# ---- The choice ----------------------------------------------------------------------------------


def score(probabilities: np.ndarray, labels: np.ndarray) -> dict:
    """Count mistakes, and the mean of minus the logarithm of the right answers' probabilities."""
    likely = np.clip(probabilities[np.arange(len(labels)), labels], 1e-7, 1)
    mistakes = int((probabilities.argmax(axis=1) != labels).sum())
    return {"mistakes": mistakes, "loss": round(float(-np.log(likely).mean()), 6)}


def scored(name: str, fold: int, labels: np.ndarray, part: float) -> list[dict]:
    """Score the average of as many networks of a candidate as a part of the budget allows."""
    kept = [file_of(name, fold, seed) for seed in range(MOST_NETWORKS)]
    kept = [np.load(file) for file in kept if file.is_file()]
    if not kept:
        return []
    seconds = np.cumsum([float(each["seconds"]) for each in kept])
    # The last recipe learns from 60,000 digits, a fold leaves 55,000.
    seconds = seconds * 60 / 55
    count = max(1, int((seconds <= part * BUDGET).sum()))
    facts = {"name": name, "fold": fold, "part": part, "networks": count}
    if seconds[-1] + seconds[0] <= part * BUDGET:  # not yet as many as that part allows
        return []
    facts["seconds"] = round(float(seconds[count - 1]), 1)
    return [
        facts | {"views": each} | score(np.mean([k[each] for k in kept[:count]], axis=0), labels)
        for each in VIEWS
    ]


def keep_scores() -> None:
    """Score what is there, store it, print the candidates by the loss of their folds."""
    from cnnbook import data

    (x, y), _ = data.load_mnist()
    rows = []
    for fold in range(len(x) // FOLD):
        if not any(FOLDER.glob(f"*-fold{fold}-*.npz")):
            continue
        labels = fold_of(x, y, fold)[1][1]
        for name in candidates():
            rows += (row for part in PARTS for row in scored(name, fold, labels, part))
    for row in sorted(rows, key=lambda row: (row["fold"], row["part"], row["loss"])):
        print(row)
    recipes = {
        name: {**each, "config": dataclasses.asdict(each["config"])}
        for name, each in candidates().items()
    }
    settings = {"budget_seconds": BUDGET, "smoothness": SMOOTHNESS, "averaged": AVERAGED}
    results.save(NAME, {**settings, "candidates": recipes, "scores": rows})


def main() -> None:
    """Train what is missing, seed by seed, until each candidate has used its budget."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", type=float, choices=PARTS, default=1)
    parser.add_argument("--folds", nargs="+", type=int, default=[0])
    parser.add_argument(
        "--names", nargs="+", choices=list(candidates()), default=list(candidates())
    )
    parser.add_argument("--processes", type=int, default=sweep.PROCESSES)
    parser.add_argument("--measure", choices=list(candidates()))
    options = parser.parse_args()
    if options.measure:
        setting = {"name": options.measure, "fold": 0, "seed": 0}
        (run,) = sweep.run_all(train, [setting], 1)
        print(f"{run['seconds']:.0f} s a network, {BUDGET / run['seconds'] * 55 / 60:.1f} of them")
        return
    budget = options.part * BUDGET
    for fold in options.folds:
        used = dict.fromkeys(options.names, 0.0)
        for seed in range(MOST_NETWORKS):
            asked = [name for name in options.names if used[name] * 60 / 55 <= budget]
            if not asked:
                break
            settings = [{"name": name, "fold": fold, "seed": seed} for name in asked]
            for run in sweep.run_all(train, settings, options.processes):
                used[run["name"]] += run["seconds"]
        keep_scores()


if __name__ == "__main__":
    main()
