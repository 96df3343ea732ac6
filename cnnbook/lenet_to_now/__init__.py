"""The stacks of the page from LeNet to now, which its benchmark trains."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def halve(images: np.ndarray) -> np.ndarray:
    """Take means of 2 by 2 pixels: (N, 28, 28, 1) to (N, 14, 14, 1)."""
    return images.reshape(len(images), 14, 2, 14, 2, 1).mean(axis=(2, 4))


def convolve(x, normalised, kernel_size=3, stride=1):
    """Convolve to 16 channels, and normalise."""
    x = layers.Conv2D(
        16,
        kernel_size,
        stride,
        "same" if stride == 1 else "valid",
        use_bias=not normalised,
        kernel_initializer="he_normal",
    )(x)
    return layers.BatchNormalization(momentum=0.9)(x) if normalised else x


def stack(depth, shortcuts, normalised=True, side=14) -> keras.Model:
    """Stack a first convolution, ``depth`` of 3 by 3 in blocks of two, and a head."""
    image = keras.Input((side, side, 1))
    x = layers.ReLU()(convolve(image, normalised, kernel_size=5, stride=3))
    for _ in range(depth // 2):
        y = layers.ReLU()(convolve(x, normalised))
        y = convolve(y, normalised)
        x = layers.ReLU()(layers.Add()([x, y]) if shortcuts else y)
    features = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(features))


def gradient_norms(network, images, labels) -> tuple[float, list[float]]:
    """Return the loss, and the length of its gradient for each kernel, from the first."""
    convolutions = [each for each in network.layers if isinstance(each, layers.Conv2D)]
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        loss = loss_of(labels, network(images, training=True))
    slopes = tape.gradient(loss, [each.kernel.value for each in convolutions])
    return float(loss), [float(tf.norm(slope)) for slope in slopes]
