"""Two small generators of digits, and what each is trained to do.

A conditional variational autoencoder (Kingma and Welling, 2014) and a flow (Lipman et al., 2023;
Liu et al., 2023). Labels are int32 of shape (N,).
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from cnnbook import checks
from cnnbook.applications import flow

CLASSES = 10
LATENT = 12  # numbers in a code
WIDE, DEEP = 32, 64  # channels of the autoencoder at 14 x 14 and at 7 x 7 pixels
FLOW_WIDE, FLOW_DEEP = 24, 64
FREQUENCIES = np.float32(2.0 ** np.arange(-1, 5) * np.pi)  # of the waves that stand for a time


def vae_networks() -> tuple[keras.Model, keras.Model]:
    """Build the encoder and the decoder of a conditional variational autoencoder.

    The encoder gives, for [images in [0, 1], labels], the mean of q(z | x, y) and the logarithm of
    its variance side by side, (N, 24); the decoder, for [z (N, 12), labels], logits of the pixels.
    """
    image, label = keras.Input((28, 28, 1)), keras.Input((), dtype="int32")
    x = layers.Conv2D(WIDE, 4, strides=2, padding="same", activation="relu")(image)
    x = layers.Conv2D(DEEP, 4, strides=2, padding="same", activation="relu")(x)
    x = layers.Concatenate()([layers.Flatten()(x), _class_vector(label, CLASSES, 32)])
    x = layers.Dense(256, activation="relu")(x)
    encoder = keras.Model([image, label], layers.Dense(2 * LATENT)(x))

    code, label = keras.Input((LATENT,)), keras.Input((), dtype="int32")
    x = layers.Concatenate()([code, _class_vector(label, CLASSES, 32)])
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dense(49 * DEEP, activation="relu")(x)
    x = layers.Reshape((7, 7, DEEP))(x)
    x = layers.Conv2D(DEEP, 3, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(WIDE, 4, strides=2, padding="same", activation="relu")(x)
    decoder = keras.Model([code, label], layers.Conv2DTranspose(1, 4, strides=2, padding="same")(x))
    return encoder, decoder


def vae_loss(encoder, decoder, images, labels, noise):
    """Return the negative bound of a batch, in nats a digit."""
    moments = encoder([images, labels], training=True)
    mean, log_variance = tf.split(moments, 2, axis=1)
    z = mean + tf.exp(log_variance / 2) * noise
    logits = decoder([z, labels], training=True)
    surprise = tf.nn.sigmoid_cross_entropy_with_logits(images, logits)
    price = (tf.exp(log_variance) + mean**2 - 1 - log_variance) / 2
    per_digit = tf.reduce_sum(surprise, axis=(1, 2, 3))
    return tf.reduce_mean(per_digit + tf.reduce_sum(price, axis=1))


def sample_vae(decoder: keras.Model, labels: np.ndarray, seed: int) -> np.ndarray:
    """Draw a digit for each label: a normal code, and the mean image that the decoder makes of it.

    The images are float32 of shape (N, 28, 28, 1), in the levels of a scan.
    """
    labels = checks.labels("labels", labels, CLASSES - 1).astype(np.int32)
    codes = np.random.default_rng(checks.seed("seed", seed))
    codes = codes.standard_normal((len(labels), LATENT), np.float32)
    logits = decoder.predict([codes, labels], batch_size=flow.AT_ONCE, verbose=0)
    return flow.to_levels(keras.ops.convert_to_numpy(keras.ops.sigmoid(logits)))


def residual_block(x, condition):
    """Add two convolutions of x, steered by time and class."""
    channels = x.shape[-1]
    h = layers.Activation("silu")(x)
    h = layers.Conv2D(channels, 3, padding="same")(h)
    steer = layers.Dense(2 * channels)(condition)
    steer = layers.Reshape((1, 1, 2 * channels))(steer)
    h = h * (1 + steer[..., :channels]) + steer[..., channels:]
    h = layers.Activation("silu")(h)
    zeros = {"kernel_initializer": "zeros", "padding": "same"}
    return x + layers.Conv2D(channels, 3, **zeros)(h)


def seen_as_a_whole(x, condition):
    """Let one side depend on the other: slim dense layers see the picture, summed up in 8 maps."""
    h = layers.Conv2D(8, 1)(layers.Activation("silu")(x))
    h = layers.Dense(40)(layers.Flatten()(h))
    h = layers.Activation("silu")(h + layers.Dense(40)(condition))
    h = layers.Reshape((7, 7, 8))(layers.Dense(49 * 8)(h))
    return layers.Conv2D(FLOW_DEEP, 1, kernel_initializer="zeros")(h)


def velocity_network(whole: Callable | None = seen_as_a_whole, carry=True) -> keras.Model:
    """Build a small U-Net that says where each pixel is heading.

    It goes from [images (N, 28, 28, 1) in [-1, 1], times (N,) in [0, 1], labels] to velocities of
    the images' shape. ``whole`` looks at the whole picture after each block of 7 x 7 pixels, and is
    added. ``carry``: the image itself is added, with a weight that depends on time and class.
    """
    image, moment = keras.Input((28, 28, 1), name="image"), keras.Input((), name="moment")
    label = keras.Input((), dtype="int32", name="label")
    angles = layers.Reshape((1,))(moment) * FREQUENCIES[None]
    waves = layers.Concatenate()([keras.ops.sin(angles), keras.ops.cos(angles)])
    condition = layers.Dense(64)(waves) + _class_vector(label, flow.NO_CLASS + 1, 64)
    condition = layers.Activation("silu")(condition)
    condition = layers.Dense(64, activation="silu")(condition)
    x = layers.Conv2D(FLOW_WIDE, 4, strides=2, padding="same")(image)
    x = across = residual_block(x, condition)
    x = layers.Conv2D(FLOW_DEEP, 2, strides=2)(x)
    for _ in range(2):
        x = residual_block(x, condition)
        x = x + whole(x, condition) if whole else x
    x = layers.Conv2DTranspose(FLOW_WIDE, 2, strides=2)(layers.Activation("silu")(x))
    x = residual_block(x + across, condition)
    x = layers.Conv2DTranspose(1, 4, strides=2, padding="same")(layers.Activation("silu")(x))
    if carry:
        x = x + layers.Reshape((1, 1, 1))(layers.Dense(1)(condition)) * image
    return keras.Model([image, moment, label], x)


def flow_loss(network, images, labels, noise, times):
    """Return the mean square error of the velocity, a pixel."""
    digits = 2 * images - 1
    t = times[:, None, None, None]
    points = (1 - t) * noise + t * digits
    velocity = network([points, times, labels], training=True)
    return tf.reduce_mean((digits - noise - velocity) ** 2)


def _class_vector(label, classes: int, size: int):
    # Keras starts these vectors within 0.05 of zero: next to other inputs, the class is then
    # unheard for hundreds of steps.
    start = keras.initializers.RandomNormal(stddev=1)
    return layers.Embedding(classes, size, embeddings_initializer=start)(label)
