"""Train the detector in full, and store its weights as "applications/detection_network".

What is stored with them is the score of the network rounded to float16: on the scenes of the
benchmark beside this file, and on those that the pages draw and score again.
"""

from __future__ import annotations

import time

from benchmarks import results, sweep
from benchmarks.detection import detection as benchmark

SEED = 0
SHOWN_SCENES = 250  # of the pages
SHOWN_SEED = 7  # of their validation scenes; their test scenes begin those of the benchmark


def score(model, digits, count: int, seed: int) -> dict:
    """Score the network on scenes of these digits."""
    from cnnbook.applications import boxes, scenes

    drawn = scenes.draw_scenes(*digits, count, seed)
    found = boxes.batched_nms(boxes.decode(*boxes.predict(model, drawn.images)))
    scores = benchmark.scores(found, drawn)
    return {"scenes": count, "map_50": scores["map_50"], "map": scores["map"]}


def facts(model, validation, test) -> dict:
    """Return all scores of a network."""
    return {
        "validation": score(
            model, validation, benchmark.VALIDATION_SCENES, benchmark.VALIDATION_SEED
        ),
        "test": score(model, test, benchmark.TEST_SCENES, benchmark.TEST_SEED),
        "shown": {
            "validation": score(model, validation, SHOWN_SCENES, SHOWN_SEED),
            "test": score(model, test, SHOWN_SCENES, benchmark.TEST_SEED),
        },
    }


def store(setting: dict) -> dict:
    """Train, round, score and store."""
    from cnnbook import data
    from cnnbook.detection import network

    digits, test = data.load_mnist()
    fit, validation = data.split_validation(*digits, validation_count=5000, seed=0)
    config = network.TrainingConfig()
    start = time.process_time()
    model = network.train(config, *fit, setting["seed"])
    seconds = time.process_time() - start
    model.set_weights([array.astype("float16").astype("float32") for array in model.get_weights()])
    trained = {
        "seed": setting["seed"],
        "epochs": config.epochs,
        "scenes_an_epoch": config.scene_count,
        "processor_seconds": round(seconds, 1),
        **facts(model, validation, test),
    }
    results.save_weights("applications/detection_network", model, trained)
    return trained


if __name__ == "__main__":
    sweep.run_all(store, [{"seed": SEED}], processes=1)
