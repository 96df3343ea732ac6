"""Train the U-Net of seed 0 briefly, as the chapter does, and store weights and scores.

Scenes and scores are those of ``segmentation.py`` beside this file; what is scored here is the
network rounded to float16. The book's own network is stored by ``longest.py``.
"""

from __future__ import annotations

from benchmarks import results, sweep
from benchmarks.segmentation import segmentation as benchmark

SEED = 0
FEW_SCENES = 300  # the first test scenes: the chapter scores both networks on them


def store(name: str, network, scenes: dict[str, int], seconds) -> dict:
    """Round a network, score it and store it."""
    network.set_weights([weights.astype("float16") for weights in network.get_weights()])
    facts = {"seed": SEED, "scenes": scenes, "processor_seconds": round(sum(seconds), 1)}
    for part, of, count, seed in (
        ("validation", "validation", benchmark.VALIDATION_SCENES, benchmark.VALIDATION_SEED),
        ("test", "test", benchmark.TEST_SCENES, benchmark.TEST_SEED),
        ("few_test", "test", FEW_SCENES, benchmark.TEST_SEED),
    ):
        scores, _ = benchmark.score(network, benchmark.draw(of, count, seed))
        facts[part] = {"scenes": count, "mean_iou": scores["mean_iou"]}
    results.save_weights(name, network, facts)
    return facts


def train(setting: dict) -> dict:
    """Train and store the network."""
    network, _, _, seconds = benchmark.two_stages(SEED, benchmark.SHORT)
    return store(setting["network"], network, benchmark.SHORT, seconds)


def main() -> None:
    """Store the network, made in a process of its own."""
    sweep.run_all(train, [{"network": "segmentation/short_network"}])


if __name__ == "__main__":
    main()
