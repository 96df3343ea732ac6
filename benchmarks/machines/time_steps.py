"""Time steps: each worker computes on its part of the batch, and the gradients are added up."""

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
    """Take one step, and return the loss."""

    def on_each(images, labels):
        with tf.GradientTape() as tape:
            loss = crossentropy(labels, model(images, training=True)) / batch_size
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        return loss

    return strategy.reduce("SUM", strategy.run(on_each, args=(images, labels)), axis=None)


generator, seconds = np.random.default_rng(0), []
for batch_size in batches:
    share = batch_size // workers
    images = tf.constant(generator.random((share, 28, 28, 1), "float32"))
    labels = tf.constant(generator.integers(0, 10, share))
    row = []
    for _ in range(steps + 2):
        start = time.perf_counter()
        float(step(images, labels, tf.constant(float(batch_size))))
        row.append(time.perf_counter() - start)
    seconds.append(row[2:])
np.savez(sys.argv[1], seconds=seconds)
