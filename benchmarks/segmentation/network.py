"""Train the U-Net of seed 0, briefly and for long, and store weights and scores.

    python -m benchmarks.segmentation.network [name ...]

Names are the keys of `NETWORKS`. Scenes and scores are those of ``segmentation.py`` beside this
file; what is scored here is the network rounded to float16.
"""

from __future__ import annotations

import sys

from benchmarks import results, sweep
from benchmarks.segmentation import segmentation as benchmark

SEED = 0
FEW_SCENES = 300  # the first test scenes: the chapter scores both networks on them
NETWORKS = {
    "segmentation/short_network": benchmark.SHORT,
    "applications/segmentation_network": benchmark.LONG,
}


def store(setting: dict) -> dict:
    """Train, round, score and store one network."""
    counts = NETWORKS[setting["network"]]
    model, _, _, seconds = benchmark.two_stages(SEED, counts)
    model.set_weights([weights.astype("float16") for weights in model.get_weights()])
    facts = {"seed": SEED, "scenes": counts, "processor_seconds": round(sum(seconds), 1)}
    for name, part, count, seed in (
        ("validation", "validation", benchmark.VALIDATION_SCENES, benchmark.VALIDATION_SEED),
        ("test", "test", benchmark.TEST_SCENES, benchmark.TEST_SEED),
        ("few_test", "test", FEW_SCENES, benchmark.TEST_SEED),
    ):
        scores, _ = benchmark.score(model, benchmark.draw(part, count, seed))
        facts[name] = {"scenes": count, "mean_iou": scores["mean_iou"]}
    results.save_weights(setting["network"], model, facts)
    return facts


def main() -> None:
    """Store what is asked for, each network in a process of its own."""
    sweep.run_all(store, [{"network": name} for name in sys.argv[1:] or NETWORKS])


if __name__ == "__main__":
    main()
