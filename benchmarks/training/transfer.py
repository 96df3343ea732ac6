"""Reuse a network that learned MNIST's digits on another source of handwriting, over seeds.

Accuracy on held-out UCI digits, by other hands, against the number of labelled examples: trained
from scratch, with frozen features, fine-tuned at once or after the head. What is forgotten, what
wrong features cost, and how long each way takes. The settings are chosen on digits of the first
half of the file; the second half is only scored. A network of the source is stored for the page.
"""

from __future__ import annotations

import time

from benchmarks import results, sweep
from cnnbook import data

SEEDS = range(5)
CHOOSING_SEEDS = range(100, 102)  # other examples and other starts than those that are scored
SOURCE_DIGITS = 10_000
SOURCE_BATCH_SIZE = 32
SOURCE_RATE = 0.001
COUNTS = (10, 20, 50, 100, 200, 500, 900)
CHOOSING_COUNTS = (20, 200)
# The file is one list of digits copied 14 times: where it starts anew another hand begins.
LEARNING_FROM = slice(0, data.UCI_HALF)
CHOOSING_FROM, CHOOSING_ON = slice(0, 646), slice(646, data.UCI_HALF)
HELD_OUT = slice(data.UCI_HALF, None)
BATCH_SIZE = 16
RATES = {
    "from scratch": (0.0003, 0.001, 0.003, 0.01),
    "frozen features": (0.003, 0.01, 0.03, 0.1),
    "fine-tuned at once": (0.0001, 0.0003, 0.001, 0.003),
    "fine-tuned after the head": (0.0001, 0.0003, 0.001, 0.003),
}
HIGH_RATE = 0.01
LONGER = 3
TRACED_COUNT = 100
TRACE_EVERY = 10


def step_count(examples: int) -> int:
    """Return how many batches to learn from: 200 or more, and ten epochs or more."""
    return max(200, -(-10 * examples // BATCH_SIZE))


def batches(examples: int, steps: int, seed: int, size: int = BATCH_SIZE):
    """Return the examples of each batch, (steps, size): shuffled again whenever all were seen."""
    import numpy as np

    generator, needed = np.random.default_rng(seed), steps * size
    order = [generator.permutation(examples) for _ in range(-(-needed // examples))]
    return np.concatenate(order)[:needed].reshape(steps, size)


class Learner:
    """A compiled network that can be put back to any weights, so that it is traced only once."""

    def __init__(self, model):
        import keras

        self.model = model
        model.compile(optimizer=keras.optimizers.Adam(), loss="sparse_categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)
        self.fresh = [variable.numpy() for variable in model.optimizer.variables]

    def learn(self, weights, rate: float, x, y, order, watch=None):
        """Train from the given weights; return the seconds, and what `watch` saw on the way.

        The seconds are those that this process computed for, on its one thread: what else the
        machine does meanwhile does not count.
        """
        # The first call for a size of batch compiles the step, which is not training.
        self.model.train_on_batch(x[order[0]], y[order[0]])
        self.model.set_weights(weights)
        for variable, value in zip(self.model.optimizer.variables, self.fresh, strict=True):
            variable.assign(value)
        self.model.optimizer.learning_rate = rate
        seconds, seen = 0.0, []
        for step, batch in enumerate(order, start=1):
            started = time.process_time()
            self.model.train_on_batch(x[batch], y[batch])
            seconds += time.process_time() - started
            if watch and (step % TRACE_EVERY == 0 or step == len(order)):
                seen.append({"step": step, "seconds": round(seconds, 4), "accuracy": watch()})
        return seconds, seen

    def accuracy(self, x, y) -> float:
        """Return the share of right answers."""
        answers = self.model.predict(x, batch_size=256, verbose=0).argmax(axis=1)
        return round(float((answers == y).mean()), 6)


def new_head(seed: int):
    """Return a new last layer's weights, drawn as Keras draws them."""
    import keras
    import numpy as np

    kernel = keras.initializers.GlorotUniform(seed=seed)((128, 10))
    return [np.asarray(kernel), np.zeros(10, "float32")]


class Study:
    """One seed's networks and digits: every way starts from the same ones."""

    def __init__(self, seed: int):
        import keras

        from cnnbook import models

        self.seed = seed
        images, self.labels = data.load_uci_digits()
        self.images = data.scale_pixels(images)
        keras.utils.set_random_seed(seed)
        self.network = Learner(models.article_network())
        self.start = self.network.model.get_weights()
        self.head = Learner(
            keras.Sequential([keras.Input((128,)), keras.layers.Dense(10, activation="softmax")])
        )
        layers = self.network.model
        self.body = keras.Model(layers.inputs, layers.get_layer("dense1").output)

    def learn_source(self, x, y):
        """Train on MNIST for one epoch from this seed's start; return weights and seconds."""
        order = batches(len(x), len(x) // SOURCE_BATCH_SIZE, self.seed, SOURCE_BATCH_SIZE)
        seconds, _ = self.network.learn(self.start, SOURCE_RATE, x, y, order)
        return self.network.model.get_weights(), seconds

    def adapt(self, way: str, source, rates, pool: slice, scored: slice, count: int, **options):
        """Learn from `count` digits of the pool in one way; return the scores on the others.

        `rates` maps each way to its learning rate. Options: `longer`, how many times as many steps;
        `trace`, whether to score on the way too.
        """
        steps = options.get("longer", 1) * step_count(count)
        chosen = data.draw_balanced(self.labels[pool], count, seed=self.seed)
        x, y = self.images[pool][chosen], self.labels[pool][chosen]
        x_scored, y_scored = self.images[scored], self.labels[scored]
        order = batches(count, steps, self.seed)
        learner, before = self.network, 0.0
        start = {
            "from scratch": self.start,
            "fine-tuned at once": source[:-2] + new_head(self.seed),
            "fine-tuned, old head": source,
        }.get(way)
        if way == "fine-tuned after the head":
            result = self.adapt("frozen features", source, rates, pool, scored, count)
            start, before = source[:-2] + self.head.model.get_weights(), result["seconds"]
        if way == "frozen features":
            learner, start = self.head, new_head(self.seed)
            self.network.model.set_weights(source)
            started = time.process_time()
            x = self.body.predict(x, batch_size=256, verbose=0)
            before = time.process_time() - started
            x_scored = self.body.predict(x_scored, batch_size=256, verbose=0)
        watch = (lambda: learner.accuracy(x_scored, y_scored)) if options.get("trace") else None
        seconds, seen = learner.learn(start, rates[way], x, y, order, watch)
        result = {
            "way": way,
            "examples": count,
            "rate": rates[way],
            "steps": steps,
            "seconds": round(before + seconds, 4),
            "accuracy": learner.accuracy(x_scored, y_scored),
        }
        return result | ({"trace": seen} if watch else {})


def choose(setting: dict) -> dict:
    """Try every rate of some ways with one seed, on digits of the first half only."""
    (x_source, y_source), _ = sweep.digits(SOURCE_DIGITS)
    study = Study(setting["seed"])
    source, _ = study.learn_source(x_source, y_source)
    tried = []
    for way in setting["ways"]:
        for rate in RATES[way]:
            rates = setting["rates"] | {way: rate}
            tried += [
                study.adapt(way, source, rates, CHOOSING_FROM, CHOOSING_ON, count)
                for count in CHOOSING_COUNTS
            ]
    return {"tried": tried}


def best_rates(choices: list[dict]) -> dict[str, float]:
    """Return for each way that was tried the rate with the best mean accuracy."""
    tried = [run for choice in choices for run in choice["tried"]]

    def mean(way: str, rate: float) -> float:
        found = [r["accuracy"] for r in tried if r["way"] == way and r["rate"] == rate]
        return sum(found) / len(found)

    ways = dict.fromkeys(run["way"] for run in tried)
    return {way: max(RATES[way], key=lambda rate: mean(way, rate)) for way in ways}


def run(setting: dict) -> dict:
    """Measure everything with one seed."""
    import numpy as np

    (x_source, y_source), (x_validation, y_validation) = sweep.digits(SOURCE_DIGITS)
    study, rates = Study(setting["seed"]), setting["rates"]
    shuffled = np.random.default_rng(study.seed).permutation(y_source)
    runs = []
    source, source_seconds = study.learn_source(x_source, y_source)
    study.network.model.set_weights(source)
    before = study.network.accuracy(x_validation, y_validation)
    unadapted = study.network.accuracy(study.images[HELD_OUT], study.labels[HELD_OUT])
    old_head = {"fine-tuned, old head": rates["fine-tuned at once"]}

    def learn(way, weights, count, with_rates=rates, **options):
        return study.adapt(way, weights, with_rates, LEARNING_FROM, HELD_OUT, count, **options)

    def of_source():
        return study.network.accuracy(x_validation, y_validation)

    for count in COUNTS:
        for way in rates:
            trace = count == TRACED_COUNT
            runs.append(learn(way, source, count, trace=trace))
            if trace and way.startswith("fine-tuned"):
                runs[-1]["source_accuracy"] = of_source()
    for count in (TRACED_COUNT, COUNTS[-1]):
        longer = learn("from scratch", source, count, longer=LONGER)
        runs.append(longer | {"way": "from scratch, longer"})
    for count in (10, TRACED_COUNT):
        runs.append(learn("fine-tuned, old head", source, count, old_head))
    high = learn("fine-tuned at once", source, TRACED_COUNT, {"fine-tuned at once": HIGH_RATE})
    high["source_accuracy"] = of_source()
    wrong = []
    for name, x, y in (
        ("shuffled labels", x_source, shuffled),
        ("inverted pixels", 1 - x_source, y_source),
    ):
        weights, _ = study.learn_source(x, y)
        for way in ("frozen features", "fine-tuned at once"):
            wrong.append({"source": name} | learn(way, weights, TRACED_COUNT))
    return {
        "source_seconds": round(source_seconds, 3),
        "source_accuracy": before,
        "unadapted_accuracy": unadapted,
        "runs": runs,
        "high_rate": high,
        "wrong_source": wrong,
    }


def store_source() -> None:
    """Train the network that the page starts from, and store it."""
    from cnnbook import export, models

    (x, y), validation = sweep.digits(SOURCE_DIGITS)
    model = models.trained_article_network(x, y, epochs=1, seed=0)
    export.round_to_half(model)
    _, accuracy = model.evaluate(*validation, verbose=0)
    facts = {"seed": 0, "epochs": 1, "digits": SOURCE_DIGITS, "validation_accuracy": accuracy}
    results.save_weights("training/transfer", model, facts)


def main() -> None:
    """Choose the rates, then measure with every seed, and store what came out."""
    sweep.one_thread()
    store_source()
    *at_once, after_the_head = RATES
    choices, rates = [], {}
    # The rate after the head is chosen with the head's own rate, which must be known by then.
    for ways in (at_once, [after_the_head]):
        settings = [{"seed": seed, "ways": ways, "rates": rates} for seed in CHOOSING_SEEDS]
        found = sweep.run_all(choose, settings)
        choices += found
        rates = rates | best_rates(found)
    measured = sweep.run_all(run, [{"seed": seed, "rates": rates} for seed in SEEDS])
    for result in [*choices, *measured]:
        del result["rates"]
    recipe = {
        "source_digits": SOURCE_DIGITS,
        "source_batch_size": SOURCE_BATCH_SIZE,
        "batch_size": BATCH_SIZE,
        "optimizer": "adam",
        "counts": list(COUNTS),
        "held_out_digits": 1797 - HELD_OUT.start,
        "rates": rates,
        "high_rate": HIGH_RATE,
        "longer": LONGER,
        "traced_count": TRACED_COUNT,
    }
    result = {"recipe": recipe, "choices": choices, "seeds": measured}
    results.save("training/transfer", result)


if __name__ == "__main__":
    main()
