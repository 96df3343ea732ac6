"""Train the networks of the applications once, each as its chapter does, and store the weights.

    python -m benchmarks.applications.stored_networks [name ...]

Names are the keys of ``TRAINERS``; without any, all are trained. Recipes and the seed 0 are those
of the benchmarks beside this file, whose scores these networks must repeat, but for the rounding
of the weights to float16: what is stored is the score of the rounded network. `load` in
``cnnbook/applications/networks.py`` reads them back.
"""

from __future__ import annotations

import sys
import time

from benchmarks import sweep
from cnnbook import results

SEED = 0
IMAGES_DRAWN = 2_000


def rounded(model) -> None:
    """Round a network's weights to what float16 holds, batch normalisation's averages too."""
    import numpy as np

    halves = [weights.astype(np.float16) for weights in model.get_weights()]
    assert all(np.isfinite(half).all() for half in halves)
    model.set_weights([half.astype(np.float32) for half in halves])


def detection() -> tuple:
    """Train the detector in full."""
    from benchmarks.detection import detection as benchmark
    from cnnbook import data, detection
    from cnnbook.applications import scenes

    (x_train, y_train), test = data.load_mnist()
    fit, validation = data.split_validation(x_train, y_train, validation_count=5000, seed=0)
    start = time.process_time()
    model = detection.train(detection.FULL, *fit, SEED)
    seconds = time.process_time() - start
    rounded(model)

    def score(digits, count: int, seed: int) -> dict:
        drawn = scenes.draw_scenes(*digits, count, seed)
        peaks = detection.find_peaks(*detection.look(model, drawn.images))
        scores = benchmark.scores(detection.suppress(peaks), drawn)
        return {"scenes": count, "map_50": scores["map_50"], "map": scores["map"]}

    return model, {
        "epochs": detection.FULL.epochs,
        "scenes_an_epoch": detection.FULL.scene_count,
        "processor_seconds": seconds,
        "validation": score(validation, benchmark.VALIDATION_SCENES, benchmark.VALIDATION_SEED),
        "test": score(test, benchmark.TEST_SCENES, benchmark.TEST_SEED),
    }


def flow() -> tuple:
    """Train the flow on the full budget, and keep the averaged weights, which the chapter uses."""
    import keras
    import numpy as np

    from benchmarks.generation import generation as benchmark
    from cnnbook import data, generation
    from cnnbook.applications import networks

    fit, held = sweep.digits(55_000)
    _, (x_test, y_test) = data.load_mnist()
    keras.utils.set_random_seed(SEED)
    model = generation.velocity_network()
    variables = model.trainable_variables
    batches = generation.batches(
        *fit, np.random.default_rng(SEED), benchmark.BATCH_SIZE, with_times=True
    )
    steps, rate = benchmark.STEPS["flow"], benchmark.PEAK_RATES["flow"]
    training = generation.train(generation.flow_loss(model), variables, batches, steps, rate)
    generation.use(variables, training.averages)
    rounded(model)
    judge = networks.judge()

    def score(images, labels) -> dict:
        """Ask for the labels of the first digits, and compare with features of others."""
        drawn = generation.sample_flow(
            model,
            labels[:IMAGES_DRAWN],
            SEED,
            benchmark.SAMPLING_STEPS,
            benchmark.GUIDANCE,
            "euler",
        )
        asked = labels[:IMAGES_DRAWN]
        reference, _ = judge.read(images)
        found = benchmark.score(drawn, asked, judge, reference)
        _, read = judge.read(drawn)
        misread = [[int(n), int(asked[n]), int(read[n])] for n in np.flatnonzero(read != asked)]
        return {
            "digits": IMAGES_DRAWN,
            "recognised": found["recognised"],
            "distance": found["distance"],
            "misread": misread,  # place in the order drawn, the digit asked for, the digit read
        }

    order = np.random.default_rng(0).permutation(len(x_test))
    first, second = np.split(order, 2)  # as the chapter halves the test digits
    return model, {
        "steps": steps,
        "averaged": True,
        "sampling": {"steps": benchmark.SAMPLING_STEPS, "guidance": benchmark.GUIDANCE},
        "judge": "fast_network",
        "processor_seconds": training.processor_seconds,
        "validation": score(held[0], held[1]),
        "test": score(data.scale_pixels(x_test[first]), y_test[second]),
    }


def audio() -> tuple:
    """Train the network on samples."""
    import keras

    from benchmarks.audio import audio as benchmark
    from cnnbook import audio

    keras.utils.set_random_seed(SEED)
    model = audio.raw_network()
    sounds, labels = audio.windows(
        benchmark.WINDOWS,
        random=audio.generator("training", SEED),
        classes=audio.TRAINING_CLASSES,
        **benchmark.TRAINING,
    )
    start = time.process_time()
    benchmark.fit(model, sounds, labels)
    seconds = time.process_time() - start
    rounded(model)

    def score(split: str, ratios) -> dict:
        """Read as many windows of each noise and ratio, in the order of the benchmark."""
        random, table = audio.generator(split, SEED), {kind: {} for kind in audio.NOISES}
        for kind in audio.NOISES:
            for ratio in ratios:
                sounds, labels = audio.windows(
                    benchmark.COUNT, ratio, (kind,), random, range(audio.NO_KEY)
                )
                logits = model.predict(sounds, batch_size=500, verbose=0)[:, : audio.NO_KEY]
                right = logits.argmax(axis=1) == labels
                table[kind][str(ratio)] = round(float(right.mean()), 4)
        return {"windows": benchmark.COUNT, "accuracy": table}

    return model, {
        "windows": benchmark.WINDOWS,
        "epochs": benchmark.PASSES,
        "processor_seconds": seconds,
        "validation": score("validation", benchmark.VALIDATION_SNRS),
        "test": score("test", benchmark.TEST_SNRS),
    }


def text() -> tuple:
    """Train the network on letters."""
    import babel
    import keras
    import numpy as np

    from benchmarks.text import text as benchmark
    from cnnbook.applications import networks
    from cnnbook.text import languages

    parts, letters = benchmark.load()
    assert len(letters) == networks.LETTERS

    def rows(names):
        return languages.encode([name.text for name in names], letters)

    keras.utils.set_random_seed(SEED)
    model = languages.network(len(letters), filters=benchmark.FILTERS, seed=SEED)
    model.compile(
        optimizer=keras.optimizers.Adam(benchmark.LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    x, y = rows(parts.training), benchmark.labels(parts.training)
    generator = np.random.default_rng(SEED)
    wanted = benchmark.STEPS * benchmark.BATCH_SIZE
    passes = -(-wanted // len(y))
    order = np.concatenate([generator.permutation(len(y)) for _ in range(passes)])[:wanted]
    start = time.process_time()
    for part in np.split(order, 12):
        model.fit(x[part], y[part], batch_size=benchmark.BATCH_SIZE, shuffle=False, verbose=0)
    seconds = time.process_time() - start
    rounded(model)

    def score(names) -> dict:
        logits = model.predict(rows(names), batch_size=512, verbose=0)
        right = benchmark.accuracy(logits, benchmark.labels(names))
        return {"names": len(names), "accuracy": right}

    return model, {
        "letters": letters,
        "babel": babel.__version__,
        "steps": benchmark.STEPS,
        "processor_seconds": seconds,
        "validation": score(parts.validation),
        "test": score(parts.test),
    }


TRAINERS = {
    "text_network": text,
    "audio_network": audio,
    "flow_network": flow,
    "detection_network": detection,
}


def store(setting: dict) -> dict:
    """Train, round, score and store one network."""
    name = setting["network"]
    model, facts = TRAINERS[name]()
    facts["processor_seconds"] = round(facts["processor_seconds"], 1)
    file = results.save_weights(f"applications/{name}", model, {"seed": SEED, **facts})
    return facts | {"bytes": file.stat().st_size}


def main() -> None:
    """Store what is asked for, each network in a process of its own."""
    names = sys.argv[1:] or list(TRAINERS)
    if unknown := set(names) - set(TRAINERS):
        raise SystemExit(f"names must be some of {', '.join(TRAINERS)}, got {sorted(unknown)}.")
    sweep.run_all(store, [{"network": name} for name in names], workers=1)


if __name__ == "__main__":
    main()
