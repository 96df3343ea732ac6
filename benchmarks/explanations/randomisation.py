"""Ask, over seeds, whether explanations of the article's network depend on what it learned.

For each seed: explanations of a trained network against those of a second trained one, of copies
whose layers are made random from the output down, and of an edge detector, on digits that the
networks did not learn from. After Adebayo et al. (2018).
"""

from __future__ import annotations

import numpy as np

from benchmarks import attribution, sweep

EXPLAINED = 32
rounded = attribution.rounded


def train(setting: dict) -> dict:
    """Train two networks and compare what explains them, for one seed."""
    from cnnbook import explanations
    from cnnbook.training.attribution import cascading_randomisation, logit_model, outputs_of

    seed = setting["seed"]
    (x, y), (x_validation, y_validation) = sweep.digits(attribution.DIGITS)
    model, second = (attribution.trained(number, x, y) for number in (seed, 100 + seed))
    logits, other = logit_model(model), logit_model(second)
    copies = cascading_randomisation(logits, seed)
    predicted, by_second = (
        outputs_of(network, x_validation).argmax(axis=1) for network in (model, second)
    )
    images, classes = x_validation[:EXPLAINED], predicted[:EXPLAINED]
    ink = images[..., 0]

    trained = explanations.explain(logits, images, classes, seed=0)
    compared = {
        name: compare(trained, explanations.explain(network, images, classes, seed=1), ink)
        for name, network in [("second", other), *copies]
    }
    compared["edges"] = compare(trained, dict.fromkeys(trained, explanations.edges(ink)), ink)

    signed = [
        explanations.input_gradients(network, images, classes)
        for network in (logits, other, copies[-1][1])
    ]
    with_sign = {}
    for number, name in ((1, "second"), (2, "conv1")):
        gradient = explanations.rank_correlation(signed[0], signed[number])
        product = explanations.rank_correlation(signed[0] * images, signed[number] * images)
        with_sign[name] = {
            "gradient": rounded(gradient.mean()),
            "gradient x input": rounded(product.mean()),
        }
    return {
        "accuracy": rounded(np.mean(predicted == y_validation)),
        "second_accuracy": rounded(np.mean(by_second == y_validation)),
        "rank_correlation": compared,
        "rank_correlation_signed": with_sign,
    }


def compare(first: dict, second: dict, ink) -> dict:
    """Rank-correlate explanations of the same digits, over all pixels and over those with ink."""
    from cnnbook import explanations

    result = {}
    for name in first:
        everywhere = explanations.rank_correlation(first[name], second[name])
        on_ink = [
            explanations.rank_correlation(a[where > 0][np.newaxis], b[where > 0][np.newaxis])[0]
            for a, b, where in zip(first[name], second[name], ink, strict=True)
        ]
        result[name] = {
            "all_pixels": rounded(np.nanmean(everywhere)),
            "ink": rounded(np.nanmean(on_ink)),
            "undefined": int(np.isnan(everywhere).sum()),
        }
    return result


def main() -> None:
    """Measure every seed, and store what came out."""
    recipe = {
        "training_digits": attribution.DIGITS,
        "epochs": attribution.EPOCHS,
        "digits_explained": EXPLAINED,
    }
    attribution.over_seeds("explanations/randomisation", train, recipe)


if __name__ == "__main__":
    main()
