"""Train the detector in full with three seeds, and, in short runs, without one of its parts.

The full runs are scored once on 1,000 scenes of test digits. All that is compared, the short runs
and the ways to read a trained network, is scored on 500 scenes of validation digits. Training
scenes hold only the other 55,000 training digits, and are drawn anew for each epoch; the processor
seconds of a run include that.

``--missing`` keeps the runs that are stored already and adds those that are not.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import sys

from benchmarks import sweep
from cnnbook import results

SEEDS = range(3)
TEST_SCENES, VALIDATION_SCENES = 1_000, 500
TEST_SEED, VALIDATION_SEED = 20_000, 10_000
CHANGES = {
    "as it is": {},
    "binary cross-entropy": {"heat_loss": "binary"},
    "small field": {"coarse": (192, 192, 192), "coarse_kernel": 1},
    "a heat map a class": {"softmax": False},
    "boxes as four numbers": {"distributions": False},
}


def scores(detections, drawn) -> dict:
    """Return COCO's numbers for some detections."""
    import numpy as np

    from cnnbook import detection

    precisions = detection.average_precisions(detections, drawn.boxes, drawn.labels)
    return {
        "map_50": round(float(np.nanmean(precisions[0])), 5),
        "map_75": round(float(np.nanmean(precisions[5])), 5),
        "map": round(float(np.nanmean(precisions)), 5),
        "by_threshold": np.nanmean(precisions, axis=1).round(5).tolist(),
        "by_class": np.nanmean(precisions, axis=0).round(5).tolist(),
    }


def readings(heat, edges) -> dict:
    """Return detections of the same outputs, read in several ways."""
    import numpy as np

    from cnnbook import detection

    cells = detection.find_peaks(heat, edges, neighbourhood=1)
    peaks = detection.find_peaks(heat, edges)
    middle = detection.STRIDE * (np.arange(heat.shape[1], dtype=np.float32) + 0.5)
    middles = np.stack(np.meshgrid(middle, middle), axis=-1)
    halves = (edges[..., 2:] - edges[..., :2]) / 2
    centred = np.concatenate([middles - halves, middles + halves], axis=-1)
    return {
        "as it is": detection.suppress(peaks),
        "every cell": cells,
        "every cell, suppression": detection.suppress(cells),
        "peaks alone": peaks,
        "suppression across classes": detection.suppress(peaks, across_classes=True),
        "without the offset": detection.suppress(detection.find_peaks(heat, centred)),
    }


def train(setting: dict) -> dict:
    """Train one detector and score it."""
    import time

    from cnnbook import data, detection
    from cnnbook.applications import scenes

    (x_train, y_train), (x_test, y_test) = data.load_mnist()
    (x_fit, y_fit), (x_validation, y_validation) = data.split_validation(
        x_train, y_train, validation_count=5000, seed=0
    )
    full = setting["kind"] == "full"
    recipe = detection.FULL if full else detection.SHORT
    recipe = dataclasses.replace(recipe, **CHANGES[setting["change"]])
    started = time.process_time()
    model = detection.train(recipe, x_fit, y_fit, setting["seed"])
    result = {
        "weights": model.count_params(),
        "training_seconds": round(time.process_time() - started, 1),
    }
    drawn = scenes.draw_scenes(x_validation, y_validation, VALIDATION_SCENES, VALIDATION_SEED)
    ways = readings(*detection.look(model, drawn.images))
    if full:
        result["readings"] = {name: scores(found, drawn) for name, found in ways.items()}
        drawn = scenes.draw_scenes(x_test, y_test, TEST_SCENES, TEST_SEED)
        ways = readings(*detection.look(model, drawn.images))
        result["test"] = scores(ways["as it is"], drawn)
    else:
        result["validation"] = scores(ways["as it is"], drawn)
    return result


def main() -> None:
    """Train what is asked for, and store the runs as they end."""
    from cnnbook import detection

    settings = [{"kind": "full", "change": "as it is", "seed": seed} for seed in SEEDS]
    settings += [
        {"kind": "short", "change": change, "seed": seed} for seed in SEEDS for change in CHANGES
    ]
    result = {
        "recipe": {
            kind: dataclasses.asdict(recipe)
            for kind, recipe in (("full", detection.FULL), ("short", detection.SHORT))
        },
        "scenes": {"test": TEST_SCENES, "validation": VALIDATION_SCENES},
        "runs": [],
    }
    if "--missing" in sys.argv:
        with contextlib.suppress(FileNotFoundError):
            result["runs"] = results.load("detection/detection")["runs"]
        keys = ("kind", "change", "seed")
        known = [{key: run[key] for key in keys} for run in result["runs"]]
        settings = [setting for setting in settings if setting not in known]
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(sweep.WORKERS, sweep.one_thread, maxtasksperchild=1) as pool:
        for setting, run in zip(settings, pool.imap(train, settings, chunksize=1), strict=True):
            result["runs"].append(setting | run)
            print(result["runs"][-1], file=sys.stderr)
            results.save("detection/detection", result)


if __name__ == "__main__":
    main()
