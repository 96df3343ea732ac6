"""Hide the pixels that an explanation names, and see how far the class's probability falls.

All of them in its order, and only those with ink, so that none is spent on paper. On digits that
the networks did not learn from. After Petsiuk, Das and Saenko (2018), section 4.2.
"""

from __future__ import annotations

import numpy as np

from benchmarks import attribution, sweep

DELETED = 100
HIDDEN = (0, 8, 16, 24, 32, 48, 64, 80, 96, 128, 160)
rounded = attribution.rounded


def train(setting: dict) -> dict:
    """Train one network, and hide what its explanations name."""
    from cnnbook import explanations
    from cnnbook.training.attribution import cascading_randomisation, logit_model, outputs_of

    seed = setting["seed"]
    (x, y), (x_validation, y_validation) = sweep.digits(attribution.DIGITS)
    model = attribution.trained(seed, x, y)
    logits = logit_model(model)
    random = cascading_randomisation(logits, seed)[-1][1]
    predicted = outputs_of(model, x_validation).argmax(axis=1)

    images, classes = x_validation[:DELETED], predicted[:DELETED]
    ink, generator = images[..., 0], np.random.default_rng(seed)
    gradient, of_random = (
        explanations.input_gradients(network, images, classes)[..., 0]
        for network in (logits, random)
    )
    importance = explanations.explain(logits, images, classes, seed=0) | {
        "gradient x input, signed": gradient * ink,
        "darkest first": ink,
        "ink at random": generator.random(ink.shape) * (ink > 0),
        "any pixel at random": generator.random(ink.shape),
        "edges": explanations.edges(ink),
        "gradient x input, random weights": np.abs(of_random * ink),
    }
    curves = {"all_pixels": {}, "ink": {}}
    for name, values in importance.items():
        for where, ranked in (("all_pixels", values), ("ink", among_ink(values, ink, generator))):
            left = deletion_curves(model, images, classes, ranked)
            curves[where][name] = rounded(left.mean(axis=0))
    return {
        "accuracy": rounded(np.mean(predicted == y_validation)),
        "pixels_with_ink": rounded((ink > 0).sum(axis=(1, 2)).mean()),
        "deletion": curves,
    }


def deletion_curves(model, images, classes, importance):
    """Hide the most important pixels with paper; return the outputs left, (N, len(HIDDEN)).

    Of equal pixels the first goes first.
    """
    from cnnbook.training import attribution as networks

    order = np.argsort(-importance.reshape(len(images), -1), axis=1, kind="stable")
    place = np.argsort(order, axis=1).reshape(images.shape)
    curves = []
    for count in HIDDEN:
        left = networks.outputs_of(model, np.where(place < count, 0, images))
        curves.append(left[np.arange(len(images)), classes])
    return np.stack(curves, axis=1)


def among_ink(importance, ink, generator):
    """Rank pixels with ink by their importance, equal ones at random, and all paper after them."""
    values = np.where(ink > 0, importance, -np.inf).reshape(len(ink), -1)
    order = np.lexsort((generator.random(values.shape), -values))
    return -np.argsort(order, axis=1).reshape(ink.shape)


def main() -> None:
    """Measure every seed, and store what came out."""
    recipe = {"digits_deleted": DELETED, "pixels_hidden": list(HIDDEN)}
    attribution.over_seeds("explanations/deletion", train, recipe)


if __name__ == "__main__":
    main()
