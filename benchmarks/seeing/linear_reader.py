"""Ask, over seeds, how well a linear rule reads digits from pixels and from units of two layers.

Logistic regression, its penalty chosen on other digits, for trained and for random weights; all on
digits that the networks did not learn from.
"""

from __future__ import annotations

from benchmarks import attribution, sweep

LAYERS = ("pool2", "dense1")
READ = 5_000  # digits from behind those that were learned from, to fit a reader; the rest chooses
POWERS = (-3, -2, -1)  # of ten: the first C of logistic regression that are tried


def train(setting: dict) -> dict:
    """Train one network, and read digits from its units and from those of a random copy."""
    from cnnbook.training.attribution import cascading_randomisation, logit_model, outputs_of

    seed = setting["seed"]
    (x, y), (x_validation, y_validation) = sweep.digits(attribution.DIGITS + attribution.OTHERS)
    model = attribution.trained(seed, x, y)
    logits = logit_model(model)
    random = cascading_randomisation(logits, seed)[-1][1]
    x, y = x[attribution.DIGITS :], y[attribution.DIGITS :]
    parts = ((x[:READ], y[:READ]), (x[READ:], y[READ:]), (x_validation, y_validation))
    right = outputs_of(model, x_validation).argmax(axis=1) == y_validation
    return {
        "accuracy": attribution.rounded(right.mean()),
        "reading": {
            "pixels": {"pixels": read(parts)},
            "trained": {layer: read(parts, logits, layer) for layer in LAYERS},
            "random": {layer: read(parts, random, layer) for layer in LAYERS},
        },
    }


def read(parts, network=None, layer: str | None = None) -> dict:
    """Fit to the first of three parts, choose on the second, and score on the third.

    Powers of ten are tried for C until both neighbours of the best have been; of equal ones the
    stronger penalty is taken.
    """
    import keras
    from sklearn import linear_model, pipeline, preprocessing

    from cnnbook.training.attribution import outputs_of

    if network is not None:
        part = keras.Model(network.inputs[0], network.get_layer(layer).output)
        parts = [(outputs_of(part, images), labels) for images, labels in parts]
    fit, choose, score = ((values.reshape(len(values), -1), labels) for values, labels in parts)
    readers, chosen, powers = {}, {}, list(POWERS)
    while powers:
        for power in powers:
            classifier = linear_model.LogisticRegression(C=10.0**power, max_iter=300, tol=1e-3)
            readers[power] = pipeline.make_pipeline(preprocessing.StandardScaler(), classifier)
            chosen[power] = readers[power].fit(*fit).score(*choose)
        best = max(sorted(chosen), key=chosen.get)
        powers = [power for power in (best - 1, best + 1) if power not in chosen]
    return {"accuracy": attribution.rounded(readers[best].score(*score)), "power": best}


def main() -> None:
    """Measure every seed, and store what came out."""
    recipe = {"digits_read": READ, "digits_choosing": attribution.OTHERS - READ}
    attribution.over_seeds("seeing/linear_reader", train, recipe)


if __name__ == "__main__":
    main()
