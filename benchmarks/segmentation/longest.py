"""Train the U-Net on five times the scenes of the long runs, with three seeds.

The settings are those of ``segmentation.py`` beside this file, but for the number of scenes. The
network of seed 0 is the one that the book shows: it is stored in 16 bits, with its scores, and of
the scenes of test digits the best and the worst. A run's seconds are processor seconds.
"""

from __future__ import annotations

from benchmarks import results, sweep
from benchmarks.segmentation import network as stored
from benchmarks.segmentation import segmentation as benchmark

SEEDS = 3
SCENES = {"coarse": 60_000, "fine": 25_000}  # of the two stages
GALLERY = 3  # best and worst scenes to keep


def gallery(held, predicted) -> list[dict]:
    """Keep the best and the worst scenes: the mean score of the classes that a scene shows."""
    import numpy as np

    from cnnbook import segmentation

    scores = []
    for truth, answer in zip(held.masks, predicted, strict=True):
        iou = segmentation.iou_by_class(segmentation.confusion_matrix(truth, answer))
        scores.append(np.nanmean(iou[np.unique(truth)]))
    order = np.argsort(scores, kind="stable")
    chosen = (*order[: -GALLERY - 1 : -1], *order[:GALLERY])
    return [{"scene": int(n), "mean_iou": round(float(scores[n]), 4)} for n in chosen]


def train(setting: dict) -> dict:
    """Train and score with one seed; store the first network."""
    result, network = benchmark.long_run(setting["seed"], SCENES)
    if setting["seed"] == stored.SEED:
        stored.store("applications/segmentation_network", network, SCENES, result["seconds"])
        held = benchmark.draw("test", benchmark.TEST_SCENES, benchmark.TEST_SEED)
        _, predicted = benchmark.score(network, held)
        result["gallery"] = gallery(held, predicted)
    return result


def main() -> None:
    """Make the runs, and store what came out."""
    runs = sweep.run_all(train, [{"seed": seed} for seed in range(SEEDS)], processes=SEEDS)
    kept = runs[0].pop("gallery")
    results.save("segmentation/longest", {"scenes": SCENES, "gallery": kept, "runs": runs})


if __name__ == "__main__":
    main()
