"""Time the layers of `cnnbook.ops` beside TensorFlow's, and train with them.

Both compute the article's network on the same batch in turns, so that whatever else the machine
does disturbs both alike; the ratio is that of the medians. Each runs on every core, as it does for
a reader.
"""

from __future__ import annotations

import os

from benchmarks import results

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

BATCH = 64
ROUNDS = 40
SCALING = {
    "image side": [12, 18, 27, 40, 60, 90],
    "channels": [8, 16, 32, 64, 128, 256],
    "kernel side": [1, 2, 3, 5, 7, 9],
}
BASE = {"image_side": 28, "channels": 32, "kernel_side": 3}
# From here on a convolution's time is arithmetic more than the fixed cost of its calls.
FIRST_FITTED = 2


def medians(rounds: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Time the calls in turns and return each one's median, in seconds."""
    for call in calls.values():
        call()
    seconds = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def compare_networks() -> dict:
    """Time the forward pass, and the forward and backward pass, of one batch."""
    import keras
    import tensorflow as tf

    from cnnbook import data, models, numpy_network

    (x_train, y_train), _ = data.load_mnist()
    images, labels = data.scale_pixels(x_train[:BATCH]), y_train[:BATCH]
    model = models.article_network()
    weights = numpy_network.weights_from_keras(model.get_weights())
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    tensor_images, tensor_labels = tf.constant(images), tf.constant(labels)

    @tf.function
    def forward():
        return model(tensor_images)

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            loss = loss_of(tensor_labels, model(tensor_images, training=True))
        return tape.gradient(loss, model.trainable_variables)

    measured = {}
    for name, ours, theirs in (
        ("forward", lambda: numpy_network.forward(weights, images), lambda: forward().numpy()),
        (
            "forward_and_backward",
            lambda: numpy_network.loss_and_gradients(weights, images, labels),
            lambda: gradients()[0].numpy(),
        ),
    ):
        seconds = medians(ROUNDS, numpy=ours, tensorflow=theirs)
        measured[name] = {
            "numpy_seconds": round(seconds["numpy"], 6),
            "tensorflow_seconds": round(seconds["tensorflow"], 6),
            "ratio": round(seconds["numpy"] / seconds["tensorflow"], 3),
        }
    return measured


def initial_weights(seed: int) -> dict[str, np.ndarray]:
    """Draw starting weights as Keras does: kernels by Glorot's rule, biases zero."""
    from cnnbook import numpy_network

    generator, weights = np.random.default_rng(seed), {}
    for name, shape in numpy_network.SHAPES.items():
        window = int(np.prod(shape[:-2]))  # 1 for a dense layer
        limit = np.sqrt(6 / (window * sum(shape[-2:])))
        weights[name] = np.zeros(shape, "float32")
        if name.endswith("kernel"):
            weights[name] += generator.uniform(-limit, limit, shape)
    return weights


def train_epoch() -> dict:
    """Train the article's network in NumPy for one epoch, and score it on validation digits."""
    from cnnbook import data, numpy_network

    (x_train, y_train), _ = data.load_mnist()
    (x_fit, y_fit), (x_validation, y_validation) = data.split_validation(
        x_train, y_train, validation_count=5000, seed=0
    )
    images = data.scale_pixels(x_fit)
    weights = initial_weights(seed=0)
    memories = {name: {} for name in weights}
    order = np.random.default_rng(0).permutation(len(images))
    start = time.perf_counter()
    for batch in np.split(order, range(32, len(order), 32)):
        _, gradients = numpy_network.loss_and_gradients(weights, images[batch], y_fit[batch])
        weights = {
            name: numpy_network.adam(weights[name], gradients[name], memories[name], rate=0.001)
            for name in weights
        }
    seconds = time.perf_counter() - start
    logits, _ = numpy_network.forward(weights, data.scale_pixels(x_validation))
    return {
        "digits": len(images),
        "batch_size": 32,
        "seconds": round(seconds, 1),
        "validation_accuracy": round(float(np.mean(logits.argmax(axis=1) == y_validation)), 6),
    }


def peak_memory(library: str) -> int:
    """Run one forward and backward pass in a process of its own; return its peak memory, bytes.

    What the process held before the pass, mostly the library itself, is taken off.
    """
    code = f"""
import threading, time, psutil
from cnnbook import data, numpy_network
(x_train, y_train), _ = data.load_mnist()
images, labels = data.scale_pixels(x_train[:{BATCH}]), y_train[:{BATCH}]
if {library!r} == "numpy":
    from benchmarks.arithmetic import numpy_layers
    weights = numpy_layers.initial_weights(seed=0)
    def run():
        numpy_network.loss_and_gradients(weights, images, labels)
else:
    import tensorflow as tf
    from cnnbook import models
    model = models.article_network()
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy()
    @tf.function
    def run():
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(images))
        return tape.gradient(loss, model.trainable_variables)
process = psutil.Process()
before, peak, done = process.memory_info().rss, 0, False
def watch():
    global peak
    while not done:
        peak = max(peak, process.memory_info().rss)
        time.sleep(0.0005)
watcher = threading.Thread(target=watch)
watcher.start()
for _ in range(20):
    run()
done = True
watcher.join()
print(peak - before)
"""
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return int(finished.stdout)


def time_convolution(image_side: int, channels: int, kernel_side: int) -> dict:
    """Time one convolution of eight images, as many channels out as in, and count its work."""
    import tensorflow as tf

    from cnnbook import ops, shapes

    generator = np.random.default_rng(0)
    images = generator.standard_normal((8, image_side, image_side, channels)).astype("float32")
    kernel = generator.standard_normal((kernel_side, kernel_side, channels, channels))
    kernel = kernel.astype("float32")
    tensor_images, tensor_kernel = tf.constant(images), tf.constant(kernel)
    seconds = medians(
        9,
        numpy=lambda: ops.conv(images, kernel, padding="same"),
        tensorflow=lambda: tf.nn.conv2d(tensor_images, tensor_kernel, 1, "SAME").numpy(),
    )
    work = 8 * shapes.conv_multiply_adds((image_side, image_side, channels), kernel_side, channels)
    return seconds | {"multiply_adds": work}


def scaling() -> dict:
    """Time one convolution while its image, channels or kernel grow, and fit the exponents."""
    measured = {}
    for name, values in SCALING.items():
        timed = [time_convolution(**(BASE | {name.replace(" ", "_"): value})) for value in values]
        seconds = [round(one["numpy"], 6) for one in timed]
        multiply_adds = [one["multiply_adds"] for one in timed]
        fitted = slice(FIRST_FITTED, None)
        measured[name] = {
            "values": values,
            "seconds": seconds,
            "tensorflow_seconds": [round(one["tensorflow"], 6) for one in timed],
            "multiply_adds": multiply_adds,
            "fitted_from": values[FIRST_FITTED],
            "exponent": round(_slope(values[fitted], seconds[fitted]), 3),
            "predicted_exponent": round(_slope(values[fitted], multiply_adds[fitted]), 3),
        }
        print(name, measured[name], file=sys.stderr)
    return measured


def _slope(values: list[float], measured: list[float]) -> float:
    """Fit a power law: the slope of a line through the logarithms."""
    return float(np.polyfit(np.log(values), np.log(measured), 1)[0])


def main() -> None:
    """Measure everything and store it."""
    article_network = {"batch_size": BATCH, **compare_networks()}
    print(article_network, file=sys.stderr)
    article_network["epoch"] = train_epoch()
    print(article_network["epoch"], file=sys.stderr)
    article_network["peak_memory_bytes"] = {
        library: peak_memory(library) for library in ("numpy", "tensorflow")
    }
    result = {"article_network": article_network, "scaling": scaling()}
    results.save("arithmetic/numpy_layers", result)


if __name__ == "__main__":
    main()
