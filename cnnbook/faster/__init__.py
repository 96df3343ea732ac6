"""From the article's training to faster and better ones: the configurations that are compared."""

import dataclasses

from cnnbook.classifiers import FAST, MOVES, TrainingConfig

# The article's network, with biases and without normalisation, trained as the article does.
ARTICLE = TrainingConfig(
    blocks=((32, 3, True), (64, 3, True)),
    hidden_units=128,
    normalise=False,
    pool_first=False,
    batch_size=32,
    epochs=5,
    peak_rate=0.001,
    warm_up=None,
    steps_per_execution=1,
)
SMALL = TrainingConfig(
    blocks=((24, 5, True), (48, 3, False), (64, 3, True), (112, 3, False)),
    crop=2,
    epochs=6,
    shift_pixels=1,
    degrees=8,
    zoom=0.08,
    shear=0.1,
)
WIDE = dataclasses.replace(
    SMALL, blocks=((32, 5, True), (64, 3, False), (96, 3, True), (160, 3, False))
)
CONFIGS = {"article": ARTICLE, "fast": FAST, "small": SMALL, "accurate": WIDE}
# How many such networks are averaged, and in how many views each of them reads a digit.
NETWORKS = {"article": 1, "fast": 1, "small": 1, "accurate": 6}
VIEWS = {"article": 1, "fast": 1, "small": 9, "accurate": 9}

# From ARTICLE to FAST and SMALL: what each step changes.
LADDER = {
    "article, one epoch": {"epochs": 1},
    "batches of 128": {"batch_size": 128},
    "a smaller network": {
        "blocks": ((16, 3, True), (32, 3, True), (64, 3, False)),
        "hidden_units": 0,
    },
    "batch normalisation": {"normalise": True},
    "pooling first": {"pool_first": True},
    "the margin cut off": {"crop": 2},
    "a first kernel of 5 x 5": {"blocks": FAST.blocks},
    "rate in one cycle": {"peak_rate": FAST.peak_rate, "warm_up": FAST.warm_up},
    "fewer calls to Python": {"steps_per_execution": FAST.steps_per_execution},
    "a second epoch": {"epochs": 2},
    "a deeper network": {"blocks": SMALL.blocks},
    "six epochs": {"epochs": SMALL.epochs},
    "digits moved": {name: getattr(SMALL, name) for name in MOVES},
}


def ladder() -> dict[str, TrainingConfig]:
    """Return ARTICLE with one change more at each step, by the name of the step."""
    config, steps = ARTICLE, {}
    for name, change in LADDER.items():
        steps[name] = config = dataclasses.replace(config, **change)
    return steps
