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
import time

from benchmarks import results, sweep

SEEDS = range(3)
TEST_SCENES, VALIDATION_SCENES = 1_000, 500
TEST_SEED, VALIDATION_SEED = 20_000, 10_000
SHORT = {"scene_count": 1_200, "epochs": 3}


def scores(detections, drawn) -> dict:
    """Return COCO's numbers for some detections."""
    import numpy as np

    from cnnbook.detection import metrics

    precisions = metrics.average_precisions(detections, drawn.boxes, drawn.labels)
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

    from cnnbook.applications import boxes

    cells = boxes.decode(heat, edges, neighbourhood=1)
    peaks = boxes.decode(heat, edges)
    middles = boxes.middles(*heat.shape[1:3])
    halves = (edges[..., 2:] - edges[..., :2]) / 2
    centred = np.concatenate([middles - halves, middles + halves], axis=-1)
    return {
        "as it is": boxes.batched_nms(peaks),
        "every cell": cells,
        "every cell, suppression": boxes.batched_nms(cells),
        "peaks alone": peaks,
        "suppression across classes": boxes.batched_nms(peaks, across_classes=True),
        "without the offset": boxes.batched_nms(boxes.decode(heat, centred)),
    }


def train(setting: dict) -> dict:
    """Train one detector and score it."""
    from benchmarks.detection.variants import VARIANTS
    from cnnbook import data
    from cnnbook.applications import scenes
    from cnnbook.detection import network

    digits, test = data.load_mnist()
    fit, validation = data.split_validation(*digits, validation_count=5000, seed=0)
    full, variant = setting["kind"] == "full", VARIANTS[setting["change"]]
    config = network.TrainingConfig(**({} if full else SHORT))
    started = time.process_time()
    model = variant.train(config, *fit, setting["seed"])
    result = {
        "weights": model.count_params(),
        "training_seconds": round(time.process_time() - started, 1),
    }
    drawn = scenes.draw_scenes(*validation, VALIDATION_SCENES, VALIDATION_SEED)
    ways = readings(*variant.predict(model, drawn.images))
    if full:
        result["readings"] = {name: scores(found, drawn) for name, found in ways.items()}
        drawn = scenes.draw_scenes(*test, TEST_SCENES, TEST_SEED)
        ways = readings(*variant.predict(model, drawn.images))
        result["test"] = scores(ways["as it is"], drawn)
    else:
        result["validation"] = scores(ways["as it is"], drawn)
    return result


def main() -> None:
    """Train what is asked for, and store the runs as they end."""
    from benchmarks.detection.variants import VARIANTS
    from cnnbook.detection import network

    settings = [{"kind": "full", "change": "as it is", "seed": seed} for seed in SEEDS]
    settings += [
        {"kind": "short", "change": change, "seed": seed} for seed in SEEDS for change in VARIANTS
    ]
    configs = {"full": network.TrainingConfig(), "short": network.TrainingConfig(**SHORT)}
    result = {
        "config": {kind: dataclasses.asdict(config) for kind, config in configs.items()},
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
    with spawn.Pool(sweep.PROCESSES, sweep.one_thread, maxtasksperchild=1) as pool:
        for setting, run in zip(settings, pool.imap(train, settings, chunksize=1), strict=True):
            result["runs"].append(setting | run)
            print(result["runs"][-1], file=sys.stderr)
            results.save("detection/detection", result)


if __name__ == "__main__":
    main()
