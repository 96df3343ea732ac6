"""Ask, over seeds, two things of the networks of attribution.py that need a fair control.

How far does the class's probability fall when the pixels that an explanation names are hidden: all
of them in its order, and only those with ink, so that none is spent on paper? How well does a
linear rule, its penalty chosen on other digits, read digits from the pixels and from the units of
two layers, trained and random? All on digits that the networks did not learn from.
"""

from __future__ import annotations

from benchmarks import attribution, results, sweep

SEEDS = range(2)
DELETED = 100
HIDDEN = (0, 8, 16, 24, 32, 48, 64, 80, 96, 128, 160)
LAYERS = ("pool2", "dense1")
READ = 5_000  # digits from behind those that were learned from, to fit a linear reader
POWERS = (-3, -2, -1)  # of ten: the first C of logistic regression that are tried

rounded = attribution.rounded


def train(setting: dict) -> dict:
    """Train one network, hide what its explanations name, and read from its units."""
    import numpy as np

    from cnnbook import explanations, models
    from cnnbook.training.attribution import cascading_randomisation, logit_model, outputs_of

    seed, learned = setting["seed"], slice(attribution.DIGITS)
    (x, y), held = sweep.digits(attribution.DIGITS + attribution.OTHERS)
    x_validation, y_validation = held
    model = models.trained_article_network(x[learned], y[learned], attribution.EPOCHS, seed)
    logits = logit_model(model)
    random = cascading_randomisation(logits, seed)[-1][1]
    predicted = outputs_of(model, x_validation).argmax(axis=1)

    images, classes = x_validation[:DELETED], predicted[:DELETED]
    importance = explanations.explain(logits, images, classes, seed=0)
    ink, generator = images[..., 0], np.random.default_rng(seed)
    gradient = explanations.input_gradients(logits, images, classes)
    importance["gradient x input, signed"] = gradient[..., 0] * ink
    importance["darkest first"] = ink
    importance["ink at random"] = generator.random(ink.shape) * (ink > 0)
    importance["any pixel at random"] = generator.random(ink.shape)
    importance["edges"] = explanations.edges(ink)
    gradient = explanations.input_gradients(random, images, classes)
    importance["gradient x input, random weights"] = np.abs(gradient[..., 0] * ink)
    generator, curves = np.random.default_rng(seed), {"all_pixels": {}, "ink": {}}
    for name, values in importance.items():
        for where, ranked in (
            ("all_pixels", values),
            ("ink", among_ink(values, ink, generator)),
        ):
            left = deletion_curves(model, images, classes, ranked)
            curves[where][name] = rounded(left.mean(axis=0))
    return {
        "accuracy": rounded(np.mean(predicted == y_validation)),
        "pixels_with_ink": rounded((ink > 0).sum(axis=(1, 2)).mean()),
        "deletion": curves,
        "reading": {
            name: {
                layer: read(network, layer, x, y, x_validation, y_validation) for layer in layers
            }
            for name, network, layers in (
                ("pixels", None, ["pixels"]),
                ("trained", logits, LAYERS),
                ("random", random, LAYERS),
            )
        },
    }


def deletion_curves(model, images, classes, importance):
    """Hide the most important pixels with paper; return the outputs left, (N, len(HIDDEN)).

    Petsiuk, Das and Saenko (2018), section 4.2; of equal pixels the first goes first.
    """
    import numpy as np

    from cnnbook.training import attribution

    order = np.argsort(-importance.reshape(len(images), -1), axis=1, kind="stable")
    place = np.argsort(order, axis=1).reshape(images.shape)
    curves = []
    for count in HIDDEN:
        left = attribution.outputs_of(model, np.where(place < count, 0, images))
        curves.append(left[np.arange(len(images)), classes])
    return np.stack(curves, axis=1)


def among_ink(importance, ink, generator):
    """Rank pixels with ink by their importance, equal ones at random, and all paper after them."""
    import numpy as np

    values = np.where(ink > 0, importance, -np.inf).reshape(len(ink), -1)
    order = np.lexsort((generator.random(values.shape), -values))
    return -np.argsort(order, axis=1).reshape(ink.shape)


def read(network, layer: str, digits, labels, x_validation, y_validation) -> dict:
    """Read digits by a linear rule from all units of a layer, or from the pixels."""
    import keras

    from cnnbook.training.attribution import outputs_of

    fitted = slice(attribution.DIGITS, attribution.DIGITS + READ)
    chosen_on = slice(attribution.DIGITS + READ, None)
    three = [digits[fitted], digits[chosen_on], x_validation]
    if network is not None:
        part = keras.Model(network.inputs[0], network.get_layer(layer).output)
        three = [outputs_of(part, images) for images in three]
    fit, choose, score = (values.reshape(len(values), -1) for values in three)
    accuracy, power = reading(
        (fit, labels[fitted]), (choose, labels[chosen_on]), (score, y_validation)
    )
    return {"accuracy": accuracy, "power": power}


def reading(fit, choose, score) -> tuple[float, int]:
    """Return the accuracy of logistic regression, and the power of ten that other digits chose.

    Powers are tried until both neighbours of the best have been; of equal ones the stronger
    penalty is taken.
    """
    from sklearn import linear_model, pipeline, preprocessing

    readers, chosen, powers = {}, {}, list(POWERS)
    while powers:
        for power in powers:
            classifier = linear_model.LogisticRegression(C=10.0**power, max_iter=300, tol=1e-3)
            readers[power] = pipeline.make_pipeline(preprocessing.StandardScaler(), classifier)
            chosen[power] = readers[power].fit(*fit).score(*choose)
        best = max(sorted(chosen), key=chosen.get)
        powers = [power for power in (best - 1, best + 1) if power not in chosen]
    return rounded(readers[best].score(*score)), best


def main() -> None:
    """Measure every seed, and store what came out."""
    recipe = {
        "digits_deleted": DELETED,
        "pixels_hidden": list(HIDDEN),
        "digits_read": READ,
        "digits_choosing": attribution.OTHERS - READ,
        "first_powers": list(POWERS),
    }
    runs = sweep.run_all(train, [{"seed": seed} for seed in SEEDS])
    results.save("attribution_controls", {"recipe": recipe, "runs": runs})


if __name__ == "__main__":
    main()
