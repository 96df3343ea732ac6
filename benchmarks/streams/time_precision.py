"""Time steps with 32 bits and mixed precision in turns, so that the machine meets both alike."""

import sys
import time

import keras
import numpy as np
import tensorflow as tf

from cnnbook import models

count, batches = int(sys.argv[2]), [int(text) for text in sys.argv[3:]]


def make_step(policy):
    """Build the article's network with a policy, and return a step of its training."""
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
                labels, model(images, training=True)
            )
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
