"""Train the U-Net on scenes of digits, long over seeds, and briefly without each of its parts.

The long runs are scored once, on scenes of test digits; everything was chosen on scenes of
validation digits, on which the short runs are scored. A run's seconds are processor seconds of
drawing its scenes and training.
"""

from __future__ import annotations

import time

from benchmarks import results, sweep

SEEDS = {"long": 3, "long, resize": 2, "short": 3}  # runs of each kind
MIN_DIGITS = 4  # in a training scene
LONG = {"coarse": 12_000, "fine": 5_000}  # scenes of the two stages
SHORT = {"coarse": 3_000, "fine": 1_200}
SCRATCH_SCENES = 2_800  # as many seconds as the two short stages
PEAK_RATE = {"coarse": 0.006, "fine": 0.004}
TEST_SCENES, VALIDATION_SCENES = 1_000, 400
TEST_SEED, VALIDATION_SEED = 2, 1
ABLATIONS = {
    "all parts": {},
    "no skips": {"skips": False},
    "resize": {"resize": True},
    "Dice loss": {},
}


def training_seed(seed: int, stage: int) -> int:
    """Return the seed of a run's scenes, far from those of validation and test."""
    return 1_000 + 10 * seed + stage


def draw(part: str, count: int, seed: int):
    """Draw scenes from one part of MNIST: "fit", "validation" or "test"."""
    from cnnbook import data
    from cnnbook.applications import scenes

    (x_train, y_train), test = data.load_mnist()
    fit, validation = data.split_validation(x_train, y_train, validation_count=5000, seed=0)
    digits = {"fit": fit, "validation": validation, "test": test}[part]
    least = MIN_DIGITS if part == "fit" else 1
    return scenes.draw_scenes(*digits, count=count, seed=seed, min_digits=least)


def score(model, held) -> tuple:
    """Count pixels, with and without those at a boundary; return the answers, too."""
    from cnnbook import segmentation

    predicted = segmentation.predict(model, held.images)
    counts = segmentation.confusion_matrix(held.masks, predicted)
    inner = ~segmentation.boundary(held.masks)
    counts_inner = segmentation.confusion_matrix(held.masks[inner], predicted[inner])
    return {
        "mean_iou": round(float(segmentation.iou_by_class(counts).mean()), 6),
        "mean_iou_inner": round(float(segmentation.iou_by_class(counts_inner).mean()), 6),
        "confusion": counts.tolist(),
        "confusion_inner": counts_inner.tolist(),
    }, predicted


def two_stages(seed: int, counts: dict[str, int], **change):
    """Train the way down on cells, then the whole on pixels; return the network and seconds."""
    import keras

    from cnnbook import segmentation

    start = time.process_time()
    keras.utils.set_random_seed(seed)
    drawn = draw("fit", counts["coarse"], training_seed(seed, 0))
    shares = segmentation.class_shares(drawn.masks)
    network = segmentation.unet(shares=shares, **change)
    coarse = segmentation.coarse_head(network, shares)
    cells = segmentation.cell_shares(drawn.masks)
    segmentation.train(coarse, drawn.images, cells, PEAK_RATE["coarse"])
    after_coarse = [weights.copy() for weights in coarse.get_weights()]
    first = time.process_time() - start
    drawn = draw("fit", counts["fine"], training_seed(seed, 1))
    segmentation.train(network, drawn.images, drawn.masks, PEAK_RATE["fine"])
    second = time.process_time() - start - first
    return network, after_coarse, shares, (first, second)


def long_run(seed: int, counts: dict[str, int] = LONG):
    """Train for long, and score on test scenes; return the result and the network."""
    network, _, _, seconds = two_stages(seed, counts)
    result, _ = score(network, draw("test", TEST_SCENES, TEST_SEED))
    validation, _ = score(network, draw("validation", VALIDATION_SCENES, VALIDATION_SEED))
    result |= {
        "seconds": [round(value, 1) for value in seconds],
        "parameters": network.count_params(),
        "validation_mean_iou": validation["mean_iou"],
    }
    return result, network


def long_run_by_resizing(seed: int) -> dict:
    """Train as long with the other way up, and score on validation scenes."""
    network, _, _, seconds = two_stages(seed, LONG, **ABLATIONS["resize"])
    validation, _ = score(network, draw("validation", VALIDATION_SCENES, VALIDATION_SEED))
    return {
        "seconds": [round(value, 1) for value in seconds],
        "parameters": network.count_params(),
        "validation_mean_iou": validation["mean_iou"],
    }


def short_runs(seed: int) -> dict:
    """Train briefly, with and without each part, all from one first stage; and without it."""
    import keras

    from cnnbook import segmentation

    held = draw("validation", VALIDATION_SCENES, VALIDATION_SEED)
    network, after_coarse, shares, seconds = two_stages(seed, SHORT)
    drawn = draw("fit", SHORT["fine"], training_seed(seed, 1))
    runs = []

    def keep(name, model, used):
        result, _ = score(model, held)
        names = ("mean_iou", "mean_iou_inner", "confusion")
        result = {key: result[key] for key in names}
        runs.append({"variant": name, "seconds": round(used, 1), **result})

    keep("all parts", network, sum(seconds))
    for name, change in list(ABLATIONS.items())[1:]:
        start = time.process_time()
        keras.utils.set_random_seed(seed)
        network = segmentation.unet(shares=shares, **change)
        segmentation.coarse_head(network, shares).set_weights(after_coarse)
        loss = segmentation.dice_loss if name == "Dice loss" else None
        segmentation.train(network, drawn.images, drawn.masks, PEAK_RATE["fine"], loss)
        keep(name, network, seconds[0] + time.process_time() - start)
    start = time.process_time()
    keras.utils.set_random_seed(seed)
    network = segmentation.unet(shares=shares)
    drawn = draw("fit", SCRATCH_SCENES, training_seed(seed, 2))
    segmentation.train(network, drawn.images, drawn.masks, PEAK_RATE["fine"])
    keep("no first stage", network, time.process_time() - start)
    return {"variants": runs}


def train(setting: dict) -> dict:
    """Make one long run, or the short runs of one seed."""
    if setting["kind"] == "long":
        return long_run(setting["seed"])[0]
    return {"long, resize": long_run_by_resizing, "short": short_runs}[setting["kind"]](
        setting["seed"]
    )


def main() -> None:
    """Make all runs, and store what came out."""
    settings = [
        {"kind": kind, "seed": seed} for kind, count in SEEDS.items() for seed in range(count)
    ]
    done = sweep.run_all(train, settings)
    runs, by_resizing = (
        [
            {key: value for key, value in run.items() if key != "kind"}
            for run in done
            if run["kind"] == kind
        ]
        for kind in ("long", "long, resize")
    )
    ablations = [
        {"seed": run["seed"], **variant}
        for run in done
        if run["kind"] == "short"
        for variant in run["variants"]
    ]
    recipe = {
        "min_digits": MIN_DIGITS,
        "long_scenes": LONG,
        "short_scenes": SHORT,
        "scratch_scenes": SCRATCH_SCENES,
        "peak_rate": PEAK_RATE,
        "batch_size": 4,
        "test_scenes": TEST_SCENES,
        "test_seed": TEST_SEED,
        "validation_scenes": VALIDATION_SCENES,
    }
    result = {
        "recipe": recipe,
        "runs": runs,
        "runs_by_resizing": by_resizing,
        "ablations": ablations,
    }
    results.save("segmentation/segmentation", result)


if __name__ == "__main__":
    main()
