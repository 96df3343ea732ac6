"""Tell twelve languages apart by their names: a network on letters, its parts, and its rivals.

Settings were chosen on validation names, by hand and before these runs: filters a width and
learning rate among (64, 0.003), (64, 0.005) and (128, 0.003), and, with an embedding of 16 numbers
for the letters, (64, 0.003) and (128, 0.002). The comparisons of parts are scored on validation
names. Test names are scored by the network as it was chosen, and by counts of n-grams with their
settings chosen on validation names.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks import results, sweep
from cnnbook.applications import names
from cnnbook.text import languages

FILTERS, LEARNING_RATE, BATCH_SIZE, STEPS = 64, 0.005, 64, 672
WIDTHS = (2, 3, 4)
# What differs from the network of the chapter. All have 192 filters and the same number of steps.
CONDITIONS = {
    "all widths": {},
    "width 1": {"widths": (1,), "filters": 192},
    "width 2": {"widths": (2,), "filters": 192},
    "width 3": {"widths": (3,), "filters": 192},
    "width 4": {"widths": (4,), "filters": 192},
    "mean": {"pooling": "mean"},
    "shuffled": {"shuffled": True},
    "1/8": {"share": 1 / 8},
    "1/4": {"share": 1 / 4},
    "1/2": {"share": 1 / 2},
}
SEEDS = range(3)
LONGEST = (3, 4, 5)  # the longest n-grams that are counted
ALPHAS = (0.01, 0.03, 0.1, 0.3, 1.0)
COSTS = (0.3, 1.0, 3.0)
SHOWN = "territory 151"  # Eastern Europe: of the test part, with twelve different names


def load() -> tuple:
    """Return the split names, and the letters of the training names."""
    parts = languages.split(languages.cldr_names())
    return parts, languages.alphabet(name.text for name in parts.training)


def labels(named: list):
    """Return the number of each name's language."""
    import numpy as np

    codes = list(names.LANGUAGES)
    return np.array([codes.index(name.language) for name in named])


def network(
    channels: int,
    filters: int = 64,
    widths: Sequence[int] = (2, 3, 4),
    pooling: str = "max",
    seed: int = 0,
):
    """Build the chapter's network, or one that differs in a part.

    ``pooling`` by "mean" is over the windows in which a letter or a mark stands.
    """
    from keras import Input, Model, layers, ops

    rows = Input((names.PLACES, channels))
    pooled = []
    for width in widths:
        maps = layers.Conv1D(filters, width, activation="relu", name=f"width_{width}")(rows)
        if pooling == "max":
            pooled.append(layers.GlobalMaxPooling1D()(maps))
            continue
        filled = ops.max(rows, axis=2, keepdims=True)
        filled = layers.MaxPooling1D(width, strides=1)(filled)
        pooled.append(ops.sum(maps * filled, axis=1) / ops.sum(filled, axis=1))
    features = layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
    features = layers.Dropout(0.5, seed=seed)(features)
    return Model(rows, layers.Dense(len(names.LANGUAGES), name="logits")(features))


def fit(model, rows, y, seed: int) -> None:
    """Train for `STEPS` batches, however many names there are."""
    import keras
    import numpy as np

    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    generator = np.random.default_rng(seed)
    wanted = STEPS * BATCH_SIZE
    passes = -(-wanted // len(y))
    order = np.concatenate([generator.permutation(len(y)) for _ in range(passes)])[:wanted]
    for part in np.split(order, 12):
        model.fit(rows[part], y[part], batch_size=BATCH_SIZE, shuffle=False, verbose=0)


def shuffle(texts: list[str], seed: int) -> list[str]:
    """Return each text with its characters in random order."""
    import numpy as np

    generator = np.random.default_rng(seed)
    return ["".join(generator.permutation(list(text))) for text in texts]


def subset(named: list, share: float, seed: int) -> list:
    """Return the names of a random share of the concepts."""
    import numpy as np

    concepts = sorted({name.concept for name in named})
    generator = np.random.default_rng(seed)
    kept = set(generator.permutation(concepts)[: round(share * len(concepts))])
    return [name for name in named if name.concept in kept]


def naive_bayes(training: list, longest: int, alpha: float):
    """Return counts of n-grams with naive Bayes, fitted."""
    from sklearn import feature_extraction, naive_bayes, pipeline

    model = pipeline.make_pipeline(
        feature_extraction.text.CountVectorizer(
            analyzer="char", ngram_range=(1, longest), lowercase=False
        ),
        naive_bayes.MultinomialNB(alpha=alpha),
    )
    return model.fit(marked(training), labels(training))


def marked(named: list) -> list[str]:
    """Return the texts between the marks that the network sees too."""
    return [names.START + name.text + names.END for name in named]


def letters_of(numbers) -> str:
    """Write small numbers as a string, a for 0."""
    return "".join(chr(ord("a") + int(number)) for number in numbers)


def train_one(condition: str, seed: int) -> dict:
    """Train under one condition and score on validation names; as chosen, on test names too."""
    import keras

    options = dict(CONDITIONS[condition])
    share, shuffled = options.pop("share", 1), options.pop("shuffled", False)
    parts, letters = load()
    training = subset(parts.training, share, seed)
    texts = {
        "training": [name.text for name in training],
        "validation": [name.text for name in parts.validation],
    }
    if shuffled:
        texts = {part: shuffle(those, seed) for part, those in texts.items()}
    rows = {part: names.encode(those, letters) for part, those in texts.items()}
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = network(len(letters), **({"filters": FILTERS, "widths": WIDTHS} | options), seed=seed)
    x, y = rows["training"], labels(training)
    started = time.process_time()
    fit(model, x, y, seed)
    seconds = time.process_time() - started

    def logits(those):
        return model.predict(those, batch_size=512, verbose=0)

    result = {
        "condition": condition,
        "training_names": len(training),
        "parameters": model.count_params(),
        "training_seconds": round(seconds, 1),
        "training_accuracy": accuracy(logits(x), y),
        "validation_accuracy": accuracy(logits(rows["validation"]), labels(parts.validation)),
    }
    if condition != "all widths":
        return result
    scores = logits(names.encode([name.text for name in parts.test], letters))
    result["test_accuracy"] = accuracy(scores, labels(parts.test))
    result["test_answers"] = letters_of(scores.argmax(axis=1))
    # Names of a kind that was not learned from.
    currencies = languages.split(languages.cldr_names(["currency"]))
    currencies = [*currencies.training, *currencies.validation, *currencies.test]
    scores = logits(names.encode([name.text for name in currencies], letters))
    result["currency_names"] = len(currencies)
    result["currency_accuracy"] = accuracy(scores, labels(currencies))
    if seed == 0:
        shown = [name for name in parts.test if name.concept == SHOWN]
        encoded = names.encode([name.text for name in shown], letters)
        contributions = names.letter_contributions(model, encoded)
        contributions -= contributions.mean(axis=2, keepdims=True)
        result["shown"] = [
            {
                "text": name.text,
                "language": name.language,
                "read_as": list(names.LANGUAGES)[scored.argmax()],
                "contributions": added[
                    names.MARGIN : names.MARGIN + len(name.text) + 2,
                    list(names.LANGUAGES).index(name.language),
                ]
                .round(3)
                .tolist(),
            }
            for name, added, scored in zip(shown, contributions, logits(encoded), strict=True)
        ]
    return result


def accuracy(scores, y) -> float:
    """Return the share of rows whose largest score is that of the label."""
    return round(float((scores.argmax(axis=1) == y).mean()), 6)


def train(setting: dict) -> dict:
    """Train under every condition with one seed."""
    return {"conditions": [train_one(condition, setting["seed"]) for condition in CONDITIONS]}


def count_ngrams() -> dict:
    """Score counts of n-grams with naive Bayes and logistic regression, chosen on validation."""
    from sklearn import feature_extraction, linear_model, pipeline

    parts, _ = load()
    y_validation, y_test = labels(parts.validation), labels(parts.test)
    validation, test = marked(parts.validation), marked(parts.test)
    grid = [
        {
            "longest": longest,
            "alpha": alpha,
            "validation_accuracy": round(
                naive_bayes(parts.training, longest, alpha).score(validation, y_validation), 6
            ),
        }
        for longest in LONGEST
        for alpha in ALPHAS
    ]
    best = max(grid, key=lambda entry: entry["validation_accuracy"])
    chosen = {key: best[key] for key in ("longest", "alpha")}
    bayes = naive_bayes(parts.training, **chosen)
    by_share = [
        {
            "condition": condition,
            "seed": seed,
            "validation_accuracy": round(
                naive_bayes(
                    subset(parts.training, CONDITIONS[condition].get("share", 1), seed), **chosen
                ).score(validation, y_validation),
                6,
            ),
        }
        for condition in ("1/8", "1/4", "1/2", "all widths")
        for seed in SEEDS
    ]
    logistic_grid = []
    models = []
    for cost in COSTS:
        model = pipeline.make_pipeline(
            feature_extraction.text.CountVectorizer(
                analyzer="char", ngram_range=(1, chosen["longest"]), lowercase=False
            ),
            linear_model.LogisticRegression(C=cost, max_iter=300),
        ).fit(marked(parts.training), labels(parts.training))
        score = round(model.score(validation, y_validation), 6)
        logistic_grid.append({"cost": cost, "validation_accuracy": score})
        models.append(model)
    best = max(range(len(COSTS)), key=lambda n: logistic_grid[n]["validation_accuracy"])
    measured = {}
    for name, model, tried, setting in (
        ("naive Bayes", bayes, grid, chosen),
        (
            "logistic regression",
            models[best],
            logistic_grid,
            {"longest": chosen["longest"], "cost": COSTS[best]},
        ),
    ):
        answers = model.predict(test)
        measured[name] = {
            "setting": setting,
            "tried": tried,
            "validation_accuracy": round(model.score(validation, y_validation), 6),
            "test_accuracy": round(float((answers == y_test).mean()), 6),
            "test_answers": letters_of(answers),
        }
    measured["naive Bayes"]["by_share"] = by_share
    return measured


def main() -> None:
    """Run every seed, and store what came out, one entry a network."""
    import babel

    parts, _ = load()
    words = {}
    for name in parts.training:
        words.setdefault(name.language, set()).update(name.text.replace("-", " ").split())
    result = {
        "recipe": {
            "babel": babel.__version__,
            "filters": FILTERS,
            "widths": list(WIDTHS),
            "learning_rate": LEARNING_RATE,
            "batch_size": BATCH_SIZE,
            "steps": STEPS,
        },
        # As the runs saw them, so that a later CLDR changes nothing here; joined, to be short.
        "test": {
            "texts": "|".join(name.text for name in parts.test),
            "languages": letters_of(labels(parts.test)),
            "concepts": "|".join(name.concept for name in parts.test),
            "new_words": "".join(
                "01"[words[name.language].isdisjoint(name.text.replace("-", " ").split())]
                for name in parts.test
            ),
        },
        "counts": count_ngrams(),
    }
    runs = [
        {"seed": group["seed"]} | run
        for group in sweep.run_all(train, [{"seed": seed} for seed in SEEDS])
        for run in group["conditions"]
    ]
    result["shown"] = next(run.pop("shown") for run in runs if "shown" in run)
    results.save("text/text", result | {"runs": runs})


if __name__ == "__main__":
    main()
