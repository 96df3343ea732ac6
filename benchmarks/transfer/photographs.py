"""Tell patches of photographs apart from few labels, by a VGG-16 that was trained before, or not.

The trunk is frozen and gets a linear head, or is trained whole from random weights. Layers, sizes,
penalties and rates are chosen on the validation patches; the test patches are scored once, with
what was chosen. The answers are stored, so that the page can score them.
"""

from __future__ import annotations

import itertools
import time

from benchmarks import results, sweep

SEEDS, FEWER_SEEDS = range(5), range(3)
CHOOSING_SEEDS = range(100, 103)  # other draws of labels than those that are scored
PER_CLASS, CHOOSING_PER_CLASS = (1, 2, 5, 10, 20), 5
LAYERS = "block2_conv2", "block3_conv3", "block4_conv3"
SIDES = 32, 64
PENALTIES = 0.001, 0.01, 0.1  # C of the logistic regression: smaller is stronger
RATES = 0.0003, 0.001
STEPS, BATCH_SIZE, SCRATCH_SIDE = 60, 16, 32
# Trained whole: costly, so with fewer seeds, and faces with most labels only.
SCRATCH = (("textures", 20), ("textures", 5), ("faces", 20))
FROZEN = {"trained before": True, "random": False}


def draw(labels, per_class: int, seed: int):
    """Draw the places of a few labelled patches, as many of each class."""
    from cnnbook import data

    return data.draw_balanced(labels, per_class * len(set(labels.tolist())), seed)


def fit(features, labels, penalty: float):
    """Standardise features, and fit a linear head."""
    from sklearn import linear_model, pipeline, preprocessing

    head = linear_model.LogisticRegression(C=penalty, max_iter=2000)
    return pipeline.make_pipeline(preprocessing.StandardScaler(), head).fit(features, labels)


def features_of(pictures, trained: bool, names, seed: int):
    """Return a layer's features of pictures, for each of some layers, and the seconds a picture."""
    import keras

    from cnnbook.transfer import pretrained

    deepest = pretrained.trunk(names[-1], trained, seed)
    outputs = [
        keras.layers.GlobalAveragePooling2D()(deepest.get_layer(name).output) for name in names
    ]
    network = keras.Model(deepest.input, outputs)
    network.predict(pictures[:64], batch_size=64, verbose=0)  # compiles
    start = time.process_time()
    found = network.predict(pictures, batch_size=64, verbose=0)
    seconds = (time.process_time() - start) / len(pictures)
    return dict(zip(names, found if len(names) > 1 else [found], strict=True)), seconds


def choose_frozen() -> dict[str, list[dict]]:
    """Score every layer, size and penalty on the validation patches."""
    import numpy as np

    from cnnbook.transfer import pretrained

    tried = {way: [] for way in FROZEN}
    for way, side in itertools.product(FROZEN, SIDES):
        for task, parts in pretrained.tasks().items():
            (x_learn, y_learn), (x_validate, y_validate) = parts["learn"], parts["validate"]
            draws = [draw(y_learn, CHOOSING_PER_CLASS, seed) for seed in CHOOSING_SEEDS]
            needed = np.concatenate([x_learn[few] for few in draws] + [x_validate])
            pictures = pretrained.prepare(needed, side)
            found, _ = features_of(pictures, FROZEN[way], LAYERS, seed=100)
            for layer, penalty in itertools.product(LAYERS, PENALTIES):
                *learned, validate = np.split(found[layer], np.cumsum([len(few) for few in draws]))
                scores = [
                    fit(x, y_learn[few], penalty).score(validate, y_validate)
                    for x, few in zip(learned, draws, strict=True)
                ]
                tried[way].append(
                    {"task": task, "side": side, "layer": layer, "penalty": penalty}
                    | {"accuracy": round(float(np.mean(scores)), 6)}
                )
                print(way, tried[way][-1], flush=True)
    return tried


def best(tried: list[dict], *names: str) -> dict:
    """Return the settings with the best mean accuracy over the tasks."""
    sums: dict = {}
    for one in tried:
        key = tuple(one[name] for name in names)
        sums[key] = sums.get(key, 0) + one["accuracy"]
    return dict(zip(names, max(sums, key=sums.get), strict=True))


def measure_frozen(chosen: dict) -> list[dict]:
    """Score the chosen settings on the test patches, with every seed."""
    import numpy as np

    from cnnbook.transfer import pretrained

    runs = []
    for way, trained in FROZEN.items():
        layer, side = chosen[way]["layer"], chosen[way]["side"]
        for task, parts in pretrained.tasks().items():
            (x_learn, y_learn), (x_test, y_test) = parts["learn"], parts["test"]
            for seed in SEEDS:
                # The smaller draws of a seed are within the largest.
                most = draw(y_learn, max(PER_CLASS), seed)
                pictures = pretrained.prepare(np.concatenate([x_learn[most], x_test]), side)
                found, seconds = features_of(pictures, trained, (layer,), seed)
                learned, test = np.split(found[layer], [len(most)])
                for per_class in PER_CLASS:
                    count = len(draw(y_learn, per_class, seed))
                    start = time.process_time()
                    labels = y_learn[most[:count]]
                    head = fit(learned[:count], labels, chosen[way]["penalty"])
                    spent = time.process_time() - start + count * seconds
                    runs.append(run(way, task, seed, per_class, head.predict(test), y_test, spent))
    return runs


def run(way, task, seed, per_class, answers, labels, seconds) -> dict:
    """Describe a run."""
    return {
        "way": way,
        "task": task,
        "seed": seed,
        "per_class": per_class,
        "accuracy": round(float((answers == labels).mean()), 6),
        "processor_seconds": round(seconds, 3),
        "answers": "".join(map(str, answers.tolist())),
    }


def from_scratch(setting: dict) -> dict:
    """Train the trunk and a head whole from random weights, on a few labelled patches."""
    import keras
    import numpy as np

    from cnnbook.transfer import pretrained

    parts, seed = pretrained.tasks()[setting["task"]], setting["seed"]
    (x, y), (x_scored, y_scored) = parts["learn"], parts[setting["scored"]]
    few = draw(y, setting["per_class"], seed)
    body = pretrained.trunk(setting["layer"], False, seed)
    keras.utils.set_random_seed(seed)
    outputs = keras.layers.Dense(len(set(y.tolist())), activation="softmax")(body.output)
    model = keras.Model(body.input, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(setting["rate"]), loss="sparse_categorical_crossentropy"
    )
    # Divided by 64, roughly the deviation of a pixel: random weights keep the size of their input.
    pictures = pretrained.prepare(x[few], SCRATCH_SIDE) / 64
    generator, order = np.random.default_rng(seed), []
    while len(order) < STEPS * BATCH_SIZE:
        order += generator.permutation(len(few)).tolist()
    start = time.process_time()
    for step in range(STEPS):
        batch = order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]
        model.train_on_batch(pictures[batch], y[few][batch])
    seconds = time.process_time() - start
    scored = pretrained.prepare(x_scored, SCRATCH_SIDE) / 64
    answers = model.predict(scored, batch_size=64, verbose=0).argmax(axis=1)
    learned = model.predict(pictures, verbose=0).argmax(axis=1) == y[few]
    return run(
        "from scratch", setting["task"], seed, setting["per_class"], answers, y_scored, seconds
    ) | {"learned": round(float(learned.mean()), 4)}


def main() -> None:
    """Choose on the validation patches, score the test patches once, and store both."""
    sweep.one_thread()
    started = time.process_time()
    frozen = choose_frozen()
    chosen = {way: best(frozen[way], "side", "layer", "penalty") for way in FROZEN}
    runs = measure_frozen(chosen)
    layer, trials = chosen["trained before"]["layer"], []

    def store(rate):
        whole = {"side": SCRATCH_SIDE, "layer": layer, "rate": rate}
        stored = {
            "chosen": chosen | {"from scratch": whole},
            "steps": STEPS,
            "batch_size": BATCH_SIZE,
            "processor_seconds": round(time.process_time() - started),
            "tried": frozen | {"from scratch": trials},
            "runs": runs,
        }
        results.save("transfer/photographs", stored)

    store(None)
    fixed = {"task": "textures", "per_class": CHOOSING_PER_CLASS, "layer": layer}
    for rate in RATES:
        setting = fixed | {"seed": CHOOSING_SEEDS[0], "rate": rate, "scored": "validate"}
        result = from_scratch(setting)
        kept = ("task", "accuracy", "processor_seconds", "learned")
        trials.append({"rate": rate} | {name: result[name] for name in kept})
        print(trials[-1], flush=True)
    rate = best(trials, "rate")["rate"]
    for task, per_class in SCRATCH:
        for seed in FEWER_SEEDS:
            setting = {"task": task, "per_class": per_class, "seed": seed, "layer": layer}
            runs.append(from_scratch(setting | {"rate": rate, "scored": "test"}))
            print({key: value for key, value in runs[-1].items() if key != "answers"}, flush=True)
            store(rate)


if __name__ == "__main__":
    main()
