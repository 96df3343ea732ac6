"""Train both generators with seed 0, the flow for longer, and store their averaged weights.

    python -m benchmarks.generation.stored_networks [vae | flow]

The guide and the chapter draw with them. The autoencoder has the full budget that both families are
compared on. The flow is slimmer than the one that is compared, so that a page can hold it, and has
several times its steps. What is stored is the score of the rounded weights.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks import results, sweep
from benchmarks.generation import generation as benchmark

SEED = 0
TIMES_THE_BUDGET = 10  # of the flow that is stored
FEW_STEPS = 8  # of the drawings that the chapter scores


def scored(draw, read_too: bool) -> dict:
    """Score drawings asked for by held-out labels, against other held-out digits.

    ``draw`` takes labels; ``read_too`` lists misread digits: place, digit asked for, digit read.
    """
    _, (_, labels), evaluator, reference = benchmark.prepared()
    _, held = sweep.digits(55_000)
    scores = {}
    for part, asked, features in (
        ("validation", held[1][: benchmark.SAMPLES], evaluator.read(held[0])[0]),
        ("test", labels[: benchmark.SAMPLES], reference),
    ):
        drawn = draw(asked)
        found = benchmark.rounded(evaluator.score(drawn, asked, features))
        scores[part] = {"digits": len(asked), **found}
        if read_too:
            _, read = evaluator.read(drawn)
            wrong = np.flatnonzero(read != asked)
            scores[part]["misread"] = [[int(n), int(asked[n]), int(read[n])] for n in wrong]
    return scores


def few(draw) -> dict:
    """Score as few drawings as the chapter makes while it runs."""
    _, (_, labels), evaluator, reference = benchmark.prepared()
    labels = labels[: benchmark.FEWER]
    return benchmark.rounded(evaluator.score(draw(labels), labels, reference))


def rounded(model):
    """Round a network's weights to what float16 holds."""
    model.set_weights([weight.astype(np.float16) for weight in model.get_weights()])
    return model


def vae() -> None:
    """Store the decoder: the encoder is not needed to draw."""
    from cnnbook.generation import networks

    fit, _ = sweep.digits(55_000)
    _, (_, decoder), seconds = benchmark.trained_vae(fit, SEED)
    rounded(decoder)

    def draw(labels):
        return networks.sample_vae(decoder, labels, SEED)

    facts = {"seed": SEED, "steps": benchmark.STEPS["vae"], "averaged": True}
    facts |= {"processor_seconds": round(seconds, 1), "few": few(draw), **scored(draw, False)}
    results.save_weights("generation/vae_decoder", decoder, facts)


def flow() -> None:
    """Store the velocity network, trained for longer than those that are compared."""
    from cnnbook.applications.flow import sample_flow
    from cnnbook.generation import networks

    fit, _ = sweep.digits(55_000)
    steps = TIMES_THE_BUDGET * benchmark.STEPS["flow"]
    _, network, seconds = benchmark.trained_flow(fit, SEED, steps, networks.seen_as_a_whole)
    rounded(network)

    def draw(labels, steps=benchmark.SAMPLING_STEPS):
        return sample_flow(network, labels, SEED, steps, benchmark.GUIDANCE)

    sampling = {"steps": benchmark.SAMPLING_STEPS, "guidance": benchmark.GUIDANCE}
    facts = {"seed": SEED, "steps": steps, "times_the_budget": TIMES_THE_BUDGET, "averaged": True}
    facts |= {"sampling": sampling, "processor_seconds": round(seconds, 1)}
    _, (_, labels), evaluator, _ = benchmark.prepared()
    images = draw(labels[: benchmark.NEIGHBOURS])
    facts["neighbours"] = benchmark.neighbours(images, fit, evaluator)
    facts["few"] = {"steps": FEW_STEPS, **few(lambda labels: draw(labels, FEW_STEPS))}
    results.save_weights("applications/flow_network", network, facts | scored(draw, True))


def main() -> None:
    """Store what is asked for, or both."""
    sweep.one_thread()
    for name in sys.argv[1:] or ("vae", "flow"):
        {"vae": vae, "flow": flow}[name]()


if __name__ == "__main__":
    main()
