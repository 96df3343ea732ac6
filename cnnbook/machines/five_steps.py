"""Take five steps of the article's network, sharing each batch with the other workers."""

import sys

import keras
import numpy as np
import tensorflow as tf

from cnnbook import models
from cnnbook.training import shards

crossentropy = keras.losses.sparse_categorical_crossentropy


def build(strategy):
    """Build the network and its optimizer, mirrored in every worker."""
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = models.article_network()
        optimizer = keras.optimizers.SGD(0.1)
        optimizer.build(model.trainable_variables)
    return model, optimizer


def step(strategy, model, optimizer, images, labels):
    """Change the weights by all workers' gradients; return their sum."""

    def on_each(images, labels):
        with tf.GradientTape() as tape:
            answers = model(images, training=True)
            losses = crossentropy(labels, answers)
            loss = tf.reduce_sum(losses) / 64
        slopes = tape.gradient(loss, model.trainable_variables)
        pairs = zip(slopes, model.trainable_variables, strict=True)
        optimizer.apply_gradients(pairs)
        context = tf.distribute.get_replica_context()
        return context.all_reduce("SUM", slopes)

    return strategy.run(on_each, args=(images, labels))


def main(target, *files):
    """Take five steps; save gradients, labels and the last weights."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    model, optimizer = build(strategy)
    in_graph, gradients = tf.function(step), []
    worker = strategy.cluster_resolver.task_id
    workers = strategy.num_replicas_in_sync
    share = files[worker::workers]
    digits = shards.stream(share, 64 // workers, 500, seed=0)
    for batch in digits.take(5):
        found = in_graph(strategy, model, optimizer, *batch)
        gradients.append(flat(found))
    labels = flat([labels for _, labels in digits])
    weights = flat(model.get_weights())
    np.savez(target, gradients=gradients, labels=labels, weights=weights)


def flat(arrays):
    """Put all numbers in one row."""
    return np.concatenate([np.ravel(array) for array in arrays])


if __name__ == "__main__":
    main(*sys.argv[1:])
