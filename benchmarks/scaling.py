"""Memory against the size of the data, time against workers, and accuracy against precision.

Small experiments, each on this machine alone. No choice is made by these runs.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import tempfile

from benchmarks import results, sweep

SHARDS = 8
MEMORY_DIGITS = 30_000
SIZES = 4  # so many times over: 1, 2, 4, 8
BATCHES = (32, 64, 128, 256, 512)
STEPS = 8
ROUNDS = 3
# name: processes, and threads of TensorFlow in each
LAYOUTS = {
    "one process, one thread": (1, 1),
    "one process, two threads": (1, 2),
    "two processes, one thread each": (2, 1),
}
SEEDS = range(5)
DIGITS = 4_000
EPOCHS = 3
POLICIES = ("float32", "mixed_bfloat16")
PRECISION_BATCHES = (32, 256)
PRECISION_STEPS = 30

HERE = pathlib.Path(__file__).parent
MEASURE_STEPS = HERE / "machines" / "time_steps.py"
MEASURE_PRECISION = HERE / "streams" / "time_precision.py"


def memory() -> dict:
    """Measure the peak of memory while digits are streamed, and while they are loaded."""
    from cnnbook import data
    from cnnbook.streams import measure_memory
    from cnnbook.training import processes, shards

    (images, labels), _ = data.load_mnist()
    images, labels = images[:MEMORY_DIGITS], labels[:MEMORY_DIGITS]
    with tempfile.TemporaryDirectory() as folder:
        files = shards.write_shards(folder, images, labels, SHARDS)
        (found,) = processes.run(measure_memory.__file__, arguments=[str(SIZES), *files])
    streamed, loaded = found["peaks"].astype(int).tolist()
    digits = [2**size * len(images) for size in range(SIZES)]
    return {"digits": digits, "streamed_bytes": streamed, "loaded_bytes": loaded}


def steps() -> dict:
    """Time a step of training with one process and with two, on two cores, in turns."""
    from cnnbook.training import processes

    seconds = {name: [[] for _ in BATCHES] for name in LAYOUTS}
    for _ in range(ROUNDS):
        for name, (count, threads) in LAYOUTS.items():
            found = processes.run(
                MEASURE_STEPS,
                count,
                arguments=[str(STEPS), *map(str, BATCHES)],
                threads=threads,
                timeout_seconds=300,
            )
            for row, times in zip(seconds[name], found[0]["seconds"], strict=True):
                row += [round(float(value), 6) for value in times]
    # Other programs at work spoil such times; how many there were is stored with them.
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {"batch_sizes": list(BATCHES), "seconds": seconds, "load": load}


def precision_steps() -> dict:
    """Time a step with 32 bits and with mixed precision, on one thread."""
    from cnnbook.training import processes

    arguments = [str(PRECISION_STEPS), *map(str, PRECISION_BATCHES)]
    (found,) = processes.run(MEASURE_PRECISION, arguments=arguments)
    return {
        "batch_sizes": list(PRECISION_BATCHES),
        "seconds": {
            policy: [[round(float(value), 6) for value in row] for row in rows]
            for policy, rows in zip(POLICIES, found["seconds"], strict=True)
        },
    }


def train(setting: dict) -> dict:
    """Train the article's network with one policy and one seed, and score it."""
    import keras

    from cnnbook import models

    (x_fit, y_fit), (x_validation, y_validation) = sweep.digits(DIGITS)
    keras.config.set_dtype_policy(setting["policy"])
    keras.utils.set_random_seed(setting["seed"])
    layers = models.article_network().layers[:-1]
    output = keras.layers.Dense(10, activation="softmax", dtype="float32", name="dense2")
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, output])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_fit, y_fit, epochs=EPOCHS, verbose=0)
    loss, accuracy = model.evaluate(x_validation, y_validation, verbose=0)
    return {
        "validation_loss": round(float(loss), 6),
        "validation_accuracy": round(float(accuracy), 6),
    }


def precision() -> dict:
    """Train with both policies and several seeds."""
    settings = [{"policy": policy, "seed": seed} for seed in SEEDS for policy in POLICIES]
    return {
        "training_digits": DIGITS,
        "epochs": EPOCHS,
        "batch_size": 32,
        "runs": sweep.run_all(train, settings),
    }


PARTS = {
    "memory": memory,
    "steps": steps,
    "precision_steps": precision_steps,
    "precision": precision,
}


def main() -> None:
    """Measure all parts, or those named on the command line, and store what came out.

    The times of `steps` and `precision_steps` mean something only on a machine that has nothing
    else to do: measure these two again when it is quiet.
    """
    named = sys.argv[1:] or list(PARTS)
    stored = results.STORED / "scaling.json"
    result = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else {}
    result |= {name: PARTS[name]() for name in named}
    result = {name: result[name] for name in PARTS}
    results.save("scaling", result)


if __name__ == "__main__":
    main()
