"""Memory against the size of the data, time against workers, and accuracy against precision.

Small experiments, each on this machine alone. No choice is made by these runs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile

from benchmarks import sweep
from cnnbook import results

SHARDS = 8
MEMORY_DIGITS = 30_000
REPEATS = (1, 2, 4, 8)
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

# Resident memory beyond what the process had before its first batch, sampled at every batch.
MEASURE_MEMORY = """
import sys

import numpy as np
import psutil
from cnnbook import shards

mode, digits, files = sys.argv[2], int(sys.argv[3]), sys.argv[4:]
process, peaks = psutil.Process(), []
next(iter(shards.stream(files, batch_size=256, shuffle_buffer=2000)))
before = process.memory_info().rss
for repeat in (1, 2, 4, 8):
    kept, place, peak = np.empty((repeat * digits, 28, 28, 1), "float32"), 0, 0
    for images, _ in shards.stream(repeat * files, 256, shuffle_buffer=2000):
        if mode == "loaded":
            kept[place : place + len(images)] = images
            place += len(images)
        peak = max(peak, process.memory_info().rss - before)
    peaks.append(peak)
    del kept
np.savez(sys.argv[1], peaks=peaks)
"""

# Each worker computes on its part of the batch; the optimizer adds the gradients up.
MEASURE_STEPS = """
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from cnnbook import models

strategy = tf.distribute.MultiWorkerMirroredStrategy()
workers = strategy.num_replicas_in_sync
steps, batches = int(sys.argv[2]), [int(text) for text in sys.argv[3:]]
keras.utils.set_random_seed(0)
with strategy.scope():
    model = models.article_network()
    optimizer = keras.optimizers.SGD(0.01)
    optimizer.build(model.trainable_variables)
crossentropy = keras.losses.SparseCategoricalCrossentropy(reduction="sum")


@tf.function
def step(images, labels, batch_size):
    def on_each(images, labels):
        with tf.GradientTape() as tape:
            loss = crossentropy(labels, model(images, training=True)) / batch_size
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables))
        return loss

    return strategy.reduce("SUM", strategy.run(on_each, args=(images, labels)), axis=None)


generator, seconds = np.random.default_rng(0), []
for batch_size in batches:
    share = batch_size // workers
    images = tf.constant(generator.random((share, 28, 28, 1), "float32"))
    labels = tf.constant(generator.integers(0, 10, share))
    row = []
    for number in range(steps + 2):
        start = time.perf_counter()
        float(step(images, labels, tf.constant(float(batch_size))))
        row.append(time.perf_counter() - start)
    seconds.append(row[2:])
np.savez(sys.argv[1], seconds=seconds)
"""

# Both policies in one process, step by step in turns: what else the machine does meets both alike.
MEASURE_PRECISION = """
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from cnnbook import models

count, batches = int(sys.argv[2]), [int(text) for text in sys.argv[3:]]


def make_step(policy):
    keras.config.set_dtype_policy(policy)
    layers = models.article_network().layers[:-1]
    output = keras.layers.Dense(10, activation="softmax", dtype="float32")
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers, output])
    optimizer = keras.optimizers.SGD(0.01)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(
                labels, model(images, training=True))
            loss = tf.reduce_mean(losses)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    return step


steps = [make_step("float32"), make_step("mixed_bfloat16")]
generator, seconds = np.random.default_rng(0), np.zeros((2, len(batches), count + 2))
for place, batch_size in enumerate(batches):
    images = tf.constant(generator.random((batch_size, 28, 28, 1), "float32"))
    labels = tf.constant(generator.integers(0, 10, batch_size))
    for number in range(count + 2):
        for policy, step in enumerate(steps):
            start = time.perf_counter()
            float(step(images, labels))
            seconds[policy, place, number] = time.perf_counter() - start
np.savez(sys.argv[1], seconds=seconds[:, :, 2:])
"""


def memory() -> dict:
    """Measure the peak of memory while digits are streamed, and while they are loaded."""
    from cnnbook import data, processes, shards

    (images, labels), _ = data.load_mnist()
    images, labels = images[:MEMORY_DIGITS], labels[:MEMORY_DIGITS]
    with tempfile.TemporaryDirectory() as folder:
        files = shards.write_shards(folder, images, labels, SHARDS)
        peaks = {
            mode: processes.run(
                MEASURE_MEMORY, arguments=[mode, str(len(images)), *files], timeout_seconds=300
            )[0]["peaks"]
            for mode in ("streamed", "loaded")
        }
    return {
        "digits": [repeat * len(images) for repeat in REPEATS],
        **{f"{mode}_bytes": [int(peak) for peak in values] for mode, values in peaks.items()},
    }


def steps() -> dict:
    """Time a step of training with one process and with two, on two cores, in turns."""
    from cnnbook import processes

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
    from cnnbook import processes

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
    stored = results.CLONE / "scaling.json"
    result = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else {}
    result |= {name: PARTS[name]() for name in named}
    result = {name: result[name] for name in PARTS}
    results.save("scaling", result)


if __name__ == "__main__":
    main()
