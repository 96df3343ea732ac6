"""Digits that nobody wrote: two small generators, their training, sampling, and the scores.

A conditional variational autoencoder (Kingma and Welling, 2014) and a flow-matching model (Lipman
et al., 2023; Liu et al., 2023) with classifier-free guidance (Ho and Salimans, 2022). The chapter
"Generate digits" derives both; ``benchmarks/generation.py`` trains them on a full budget.
"""

from __future__ import annotations

import base64
import dataclasses
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from cnnbook import recipes

CLASSES = 10
NO_CLASS = 10  # the label that stands for "no class asked for"
FREQUENCIES = 2.0 ** np.arange(-1, 5) * np.pi  # of the waves that stand for a time
IMAGES_AT_ONCE = 250


# Scores


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    r"""Compare two sets of feature vectors by their means and covariances.

    .. math:: \lVert \mu_1 - \mu_2 \rVert^2
        + \operatorname{tr}\bigl(\Sigma_1 + \Sigma_2 - 2 (\Sigma_1 \Sigma_2)^{1/2}\bigr)

    The squared Frechet distance of two normal distributions (Dowson and Landau, 1982); in the
    features of an Inception network it is the FID (Heusel et al., 2017, equation 6). The trace of
    the root is computed through the symmetric matrix
    :math:`\Sigma_1^{1/2} \Sigma_2 \Sigma_1^{1/2}`, which has the eigenvalues of
    :math:`\Sigma_1 \Sigma_2`, all real and not negative.

    Parameters
    ----------
    first, second : float arrays of shape (N, D) and (M, D), one vector a row

    Returns
    -------
    the distance, in squared units of the features; it is biased upwards for small N or M

    Raises
    ------
    ValueError
        If an array has other axes, fewer than two rows, values that are not finite, or the two
        differ in D.
    """
    arrays = []
    for name, array in (("first", first), ("second", second)):
        array = np.asarray(array, np.float64)
        if array.ndim != 2 or len(array) < 2:
            raise ValueError(
                f"{name} must have the axes (N, D) with N of 2 or more, got {array.shape}."
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must hold finite numbers only, got nan or infinity.")
        arrays.append(array)
    if arrays[0].shape[1] != arrays[1].shape[1]:
        raise ValueError(
            "second must have as many columns as first, "
            f"got {arrays[1].shape[1]} and {arrays[0].shape[1]}."
        )
    means = [array.mean(axis=0) for array in arrays]
    one, other = (np.atleast_2d(np.cov(array, rowvar=False)) for array in arrays)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.linalg.eigvalsh(root @ other @ root)
    trace_of_root = np.sqrt(np.maximum(shared, 0)).sum()
    distance = ((means[0] - means[1]) ** 2).sum() + np.trace(one) + np.trace(other)
    return float(distance - 2 * trace_of_root)


@dataclasses.dataclass(frozen=True)
class Judge:
    """A trained classifier and its last features, to score generated digits with.

    Parameters
    ----------
    classifier : from images (N, 28, 28, 1) to probabilities (N, 10)
    features : from the same images to (N, D), what the classifier's last dense layer reads
    """

    classifier: keras.Model
    features: keras.Model

    def read(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the features, float32 (N, D), and the digits read, integers (N,)."""
        features = np.concatenate(
            [
                keras.ops.convert_to_numpy(self.features(part, training=False))
                for part in _parts(images)
            ]
        )
        scores = keras.ops.convert_to_numpy(self.classifier.layers[-1](features))
        return features, scores.argmax(axis=1)


def train_judge(
    images: np.ndarray, labels: np.ndarray, seed: int = 0, recipe: recipes.Recipe = recipes.FAST
) -> Judge:
    """Train the book's fast recipe, and cut its features out of it.

    Parameters
    ----------
    images : float32 array of shape (N, 28, 28, 1), pixels in [0, 1]
    labels : integer array of shape (N,)
    seed : of weights and order, see :func:`cnnbook.recipes.train`
    recipe : what to train; one network, not several
    """
    (classifier,) = recipes.train(recipe, images, labels, seed=seed)
    return Judge(classifier, keras.Model(classifier.input, classifier.layers[-2].output))


def nearest(queries: np.ndarray, bank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest row of the bank for each query, by Euclidean distance.

    Parameters
    ----------
    queries, bank : arrays of shape (N, ...) and (M, ...); the axes after the first are flattened

    Returns
    -------
    distances : float64 array of shape (N,)
    places : integer array of shape (N,), the rows of the bank

    Raises
    ------
    ValueError
        If one is empty, or the two differ in the axes after the first.
    """
    queries, bank = np.asarray(queries), np.asarray(bank)
    if not len(queries) or not len(bank) or queries.shape[1:] != bank.shape[1:]:
        raise ValueError(
            "queries and bank must hold one row or more each, of the same shape, "
            f"got {queries.shape} and {bank.shape}."
        )
    queries = queries.reshape(len(queries), -1).astype(np.float32)
    bank = bank.reshape(len(bank), -1).astype(np.float32)
    lengths = (bank**2).sum(axis=1)
    places = np.concatenate(
        [(lengths - 2 * part @ bank.T).argmin(axis=1) for part in _parts(queries)]
    )
    # Taken from the difference itself: the expanded square loses digits when they are close.
    difference = queries.astype(np.float64) - bank[places]
    return np.sqrt((difference**2).sum(axis=1)), places


def grey_share(images: np.ndarray, low: float = 0.1, high: float = 0.9) -> float:
    """Return the share of inked pixels (above low) that are grey (below high): how soft edges are.

    Parameters
    ----------
    images : array of pixels in [0, 1]

    Raises
    ------
    ValueError
        If no pixel is inked.
    """
    inked = np.asarray(images)[np.asarray(images) > low]
    if not inked.size:
        raise ValueError(f"images must hold ink (pixels above {low}), got none.")
    return float((inked < high).mean())


# Networks


def _class_vector(label, classes: int, size: int):
    # Keras starts these vectors within 0.05 of zero: next to other inputs, the class is then
    # unheard for hundreds of steps.
    start = keras.initializers.RandomNormal(stddev=1)
    return keras.layers.Embedding(classes, size, embeddings_initializer=start)(label)


def vae_networks(latent: int = 12, widths: tuple[int, int] = (32, 64)) -> tuple:
    """Build the encoder and decoder of a conditional variational autoencoder.

    Parameters
    ----------
    latent : numbers in the code z of an image
    widths : channels at 14 x 14 and at 7 x 7 pixels

    Returns
    -------
    encoder : [images (N, 28, 28, 1) in [0, 1], labels (N,)] to (N, 2 x latent): the mean of
        q(z | x, y) and the logarithm of its variance, side by side
    decoder : [z (N, latent), labels (N,)] to logits (N, 28, 28, 1)
    """
    layers = keras.layers
    wide, deep = widths
    image, label = keras.Input((28, 28, 1)), keras.Input((), dtype="int32")
    x = layers.Conv2D(wide, 4, strides=2, padding="same", activation="relu")(image)
    x = layers.Conv2D(deep, 4, strides=2, padding="same", activation="relu")(x)
    x = layers.Concatenate()([layers.Flatten()(x), _class_vector(label, CLASSES, 32)])
    x = layers.Dense(256, activation="relu")(x)
    encoder = keras.Model([image, label], layers.Dense(2 * latent)(x))

    code, label = keras.Input((latent,)), keras.Input((), dtype="int32")
    x = layers.Concatenate()([code, _class_vector(label, CLASSES, 32)])
    x = layers.Dense(256, activation="relu")(x)
    x = layers.Dense(49 * deep, activation="relu")(x)
    x = layers.Reshape((7, 7, deep))(x)
    x = layers.Conv2D(deep, 3, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(wide, 4, strides=2, padding="same", activation="relu")(x)
    decoder = keras.Model([code, label], layers.Conv2DTranspose(1, 4, strides=2, padding="same")(x))
    return encoder, decoder


def residual_block(x, condition, channels: int):
    r"""Add to the maps what two convolutions make of them, steered by time and class.

    :math:`x + W_2 * s(a \odot (W_1 * s(x)) + b)` with the SiLU s and, from the condition,
    one factor a and one shift b a channel (FiLM: Perez et al., 2018). The second convolution
    starts at zero, so that each block starts as the identity.
    """
    layers = keras.layers
    h = layers.Conv2D(channels, 3, padding="same")(layers.Activation("silu")(x))
    steer = layers.Reshape((1, 1, 2 * channels))(layers.Dense(2 * channels)(condition))
    h = h * (1 + steer[..., :channels]) + steer[..., channels:]
    h = layers.Activation("silu")(h)
    h = layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")(h)
    return x + h


def _seen_as_a_whole(x, condition, channels: int):
    # A dense layer across the whole picture: what is drawn on one side depends on the other.
    layers = keras.layers
    h = layers.Dense(128)(layers.Flatten()(layers.Activation("silu")(x)))
    h = layers.Activation("silu")(h + layers.Dense(128)(condition))
    h = layers.Dense(49 * channels, kernel_initializer="zeros")(h)
    return layers.Reshape((7, 7, channels))(h)


def velocity_network(
    widths: tuple[int, int] = (24, 64), blocks: int = 2, whole: bool = True, carry: bool = True
) -> keras.Model:
    """Build a small U-Net that says where each pixel is heading.

    28 x 28 pixels go to 14 x 14 by a strided convolution, to 7 x 7 by another, and back; the maps
    at 14 x 14 are also carried across and added.

    Parameters
    ----------
    widths : channels at 14 x 14 and at 7 x 7 pixels
    blocks : residual blocks at 7 x 7
    whole : whether a dense layer looks at the whole picture after each of these blocks
    carry : whether the image itself is added to the output, with a weight that depends on time
        and class

    Returns
    -------
    from [images (N, 28, 28, 1), times (N,) in [0, 1], labels (N,) from 0 to 10] to velocities
    (N, 28, 28, 1), in units of the images a unit of time
    """
    layers = keras.layers
    wide, deep = widths
    image, moment = keras.Input((28, 28, 1)), keras.Input(())
    label = keras.Input((), dtype="int32")
    angles = layers.Reshape((1,))(moment) * FREQUENCIES[None].astype("float32")
    waves = layers.Concatenate()([keras.ops.sin(angles), keras.ops.cos(angles)])
    condition = layers.Dense(64)(waves) + _class_vector(label, CLASSES + 1, 64)
    condition = layers.Activation("silu")(condition)
    condition = layers.Dense(64, activation="silu")(condition)
    x = layers.Conv2D(wide, 4, strides=2, padding="same")(image)
    x = across = residual_block(x, condition, wide)
    x = layers.Conv2D(deep, 2, strides=2)(x)
    for _ in range(blocks):
        x = residual_block(x, condition, deep)
        if whole:
            x = x + _seen_as_a_whole(x, condition, deep)
    x = layers.Conv2DTranspose(wide, 2, strides=2)(layers.Activation("silu")(x))
    x = residual_block(x + across, condition, wide)
    x = layers.Conv2DTranspose(1, 4, strides=2, padding="same")(layers.Activation("silu")(x))
    if carry:
        # Most of a velocity is the noise of the pixel itself: it goes around the network.
        x = x + layers.Reshape((1, 1, 1))(layers.Dense(1)(condition)) * image
    return keras.Model([image, moment, label], x)


# Losses: each takes a batch as :func:`batches` makes it


def vae_loss(encoder: keras.Model, decoder: keras.Model) -> Callable:
    """Return the negative evidence lower bound of a batch, in nats a digit, as a function.

    Kingma and Welling (2014), equation 10, with one sample of z and a Bernoulli likelihood.
    """

    def loss(images, labels, noise):
        images, labels = tf.convert_to_tensor(images), tf.convert_to_tensor(labels)
        mean, log_variance = tf.split(encoder([images, labels], training=True), 2, axis=1)
        z = mean + tf.exp(log_variance / 2) * noise
        logits = decoder([z, labels], training=True)
        surprise = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
        divergence = (tf.exp(log_variance) + mean**2 - 1 - log_variance) / 2
        return tf.reduce_mean(
            tf.reduce_sum(surprise, axis=(1, 2, 3)) + tf.reduce_sum(divergence, axis=1)
        )

    return loss


def flow_loss(network: keras.Model) -> Callable:
    """Return the conditional flow-matching loss of a batch, a mean square a pixel, as a function.

    Liu et al. (2023), equation 1; the optimal-transport path of Lipman et al. (2023) with no noise
    left at the end.
    """

    def loss(images, labels, noise, times):
        t = times[:, None, None, None]
        digits = 2 * images - 1
        velocity = network([(1 - t) * noise + t * digits, times, labels], training=True)
        return tf.reduce_mean((digits - noise - velocity) ** 2)

    return loss


# Training


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    generator: np.random.Generator,
    batch_size: int = 128,
    noise_shape: Sequence[int] = (28, 28, 1),
    with_times: bool = False,
    drop: float = 0.1,
) -> Iterator[tuple]:
    """Yield batches of digits with their noise for ever, in a new order each epoch.

    Parameters
    ----------
    images : float32 array of shape (N, 28, 28, 1)
    labels : integer array of shape (N,)
    generator : where order, noise, times and dropped labels come from
    batch_size : digits a batch; what is left over of an epoch is skipped
    noise_shape : of the standard normal numbers that each digit gets
    with_times : also yield times, uniform in [0, 1), and replace the share `drop` of the labels by
        :data:`NO_CLASS`
    """
    if len(images) < batch_size:
        raise ValueError(f"images must hold {batch_size} or more, a batch, got {len(images)}.")
    while True:
        order = generator.permutation(len(images))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            some = order[start : start + batch_size]
            noise = generator.standard_normal((batch_size, *noise_shape), dtype=np.float32)
            chosen = labels[some].astype(np.int32)
            if not with_times:
                yield images[some], chosen, noise
                continue
            times = generator.random(batch_size, dtype=np.float32)
            chosen[generator.random(batch_size) < drop] = NO_CLASS
            yield images[some], chosen, noise, times


@dataclasses.dataclass
class Training:
    """What a training run leaves behind beside the weights.

    Parameters
    ----------
    losses : one a step
    averages : the averaged weights, in the order of the variables
    processor_seconds : of this process, compilation included
    """

    losses: np.ndarray
    averages: list[np.ndarray]
    processor_seconds: float


def train(
    loss: Callable,
    variables: Sequence[keras.Variable],
    data: Iterable[tuple],
    steps: int,
    peak_rate: float = 0.002,
    warm_up: float = 0.1,
    decay: float = 0.999,
    lines: int = 0,
) -> Training:
    r"""Take steps of Adam down a loss, and keep a moving average of the weights.

    The average starts as the weights themselves and follows
    :math:`a \leftarrow d\,a + (1 - d)\,w` with d = min(decay, (1 + n) / (10 + n)) at step n, so
    that it forgets its start.

    Parameters
    ----------
    loss : from a batch's tensors to a scalar
    variables : what to change
    data : batches, at least so many as steps
    steps : how many
    peak_rate, warm_up : as in :func:`cnnbook.recipes.one_cycle`
    decay : of the average
    lines : how many lines of progress to print, 0 for none

    Raises
    ------
    ValueError
        If decay is no share below 1; and what :func:`cnnbook.recipes.one_cycle` raises.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must be at least 0 and below 1, got {decay!r}.")
    start = time.process_time()
    optimizer = keras.optimizers.Adam(recipes.one_cycle(peak_rate, steps, warm_up), beta_2=0.99)
    optimizer.build(variables)
    averages = [tf.Variable(variable.numpy(), trainable=False) for variable in variables]

    @tf.function(reduce_retracing=True, autograph=False)
    def step(share, *batch):
        with tf.GradientTape() as tape:
            value = loss(*batch)
        gradients = tape.gradient(value, [variable.value for variable in variables])
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        for average, variable in zip(averages, variables, strict=True):
            average.assign_add(share * (variable.value - average))
        return value

    losses, data = np.empty(steps, np.float32), iter(data)
    between = steps // lines if lines else steps
    for number in range(steps):
        share = np.float32(1 - min(decay, (1 + number) / (10 + number)))
        losses[number] = step(share, *next(data))
        done = number + 1
        if lines and (done % between == 0 or done == steps):
            print(f"step {done}/{steps}: loss {losses[done - between : done].mean():.4f}")
    return Training(losses, [a.numpy() for a in averages], time.process_time() - start)


def use(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Give the variables new values, and return the old ones."""
    old = [variable.numpy() for variable in variables]
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return old


# Sampling


def integrate(
    velocity: Callable, start: np.ndarray, steps: int, method: str = "heun"
) -> np.ndarray:
    r"""Follow dx/dt = velocity(x, t) from t = 0 to t = 1 in equal steps.

    Euler: :math:`x + h\,v(x, t)`, error of order h. Heun: the mean of the velocities at both ends
    of Euler's step, error of order h squared, two velocities a step. Midpoint: the velocity
    half-way through Euler's step, error of order h squared, two velocities a step.

    Parameters
    ----------
    velocity : from x and a time to an array of the shape of x
    start : x at time 0
    steps : how many
    method : "euler", "heun" or "midpoint"

    Raises
    ------
    ValueError
        If steps is no whole number of 1 or more, or the method has another name.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps must be a whole number of 1 or more, got {steps!r}.")
    if method not in ("euler", "heun", "midpoint"):
        raise ValueError(f"method must be 'euler', 'heun' or 'midpoint', got {method!r}.")
    x, width = start, 1 / steps
    for number in range(steps):
        here = velocity(x, number * width)
        if method == "heun":
            there = velocity(x + width * here, (number + 1) * width)
            here = (here + there) / 2
        elif method == "midpoint":
            here = velocity(x + width / 2 * here, (number + 0.5) * width)
        x = x + width * here
    return x


def guided_velocity(network: keras.Model, labels: np.ndarray, guidance: float = 1.0) -> Callable:
    """Return the velocity towards the labels, with classifier-free guidance, for integrate.

    v(x, none) + guidance x (v(x, label) - v(x, none)); with guidance 1 the network is asked once.
    """
    labels = tf.constant(labels, tf.int32)
    no_class = tf.fill(tf.shape(labels), NO_CLASS)

    def velocity(x, moment):
        x = tf.convert_to_tensor(x, tf.float32)
        moments = tf.fill(tf.shape(labels), tf.cast(moment, tf.float32))
        towards = network([x, moments, labels], training=False)
        if guidance != 1:
            free = network([x, moments, no_class], training=False)
            towards = free + guidance * (towards - free)
        return keras.ops.convert_to_numpy(towards)

    return velocity


def sample_flow(
    network: keras.Model,
    labels: np.ndarray,
    seed: int,
    steps: int = 16,
    guidance: float = 1.0,
    method: str = "euler",
) -> np.ndarray:
    """Draw digits: normal noise, carried to time 1 by the network's velocity.

    Returns
    -------
    float32 array of shape (N, 28, 28, 1), pixels in [0, 1], rounded to 256 levels as scans are
    """
    noise = np.random.default_rng(seed).standard_normal((len(labels), 28, 28, 1), np.float32)
    drawn = [
        integrate(guided_velocity(network, asked, guidance), part, steps, method)
        for part, asked in zip(_parts(noise), _parts(np.asarray(labels)), strict=True)
    ]
    return _to_levels((np.concatenate(drawn) + 1) / 2)


def sample_vae(decoder: keras.Model, labels: np.ndarray, seed: int) -> np.ndarray:
    """Draw digits: a normal code each, and the mean image that the decoder makes of it.

    Returns
    -------
    as :func:`sample_flow`
    """
    latent = decoder.input_shape[0][1]
    codes = np.random.default_rng(seed).standard_normal((len(labels), latent), np.float32)
    drawn = [
        keras.ops.convert_to_numpy(
            keras.ops.sigmoid(decoder([part, asked.astype(np.int32)], training=False))
        )
        for part, asked in zip(_parts(codes), _parts(np.asarray(labels)), strict=True)
    ]
    return _to_levels(np.concatenate(drawn))


def _to_levels(images: np.ndarray) -> np.ndarray:
    return (np.round(255 * np.clip(images, 0, 1)) / 255).astype(np.float32)


def _parts(array: np.ndarray) -> list[np.ndarray]:
    return [array[start : start + IMAGES_AT_ONCE] for start in range(0, len(array), IMAGES_AT_ONCE)]


# Pictures as text


def pack_images(images: np.ndarray) -> dict:
    """Turn images into what JSON can hold: shape, and compressed 8-bit pixels in base64.

    Parameters
    ----------
    images : array of any shape, pixels in [0, 1]
    """
    images = np.asarray(images)
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"images must hold pixels in [0, 1], got {images.min():g} to {images.max():g}."
        )
    pixels = np.round(255 * images).astype(np.uint8)
    text = base64.b64encode(zlib.compress(pixels.tobytes(), 9)).decode("ascii")
    return {"shape": list(images.shape), "pixels": text}


def unpack_images(packed: dict) -> np.ndarray:
    """Undo :func:`pack_images`: a float32 array of pixels in [0, 1]."""
    pixels = zlib.decompress(base64.b64decode(packed["pixels"]))
    return (np.frombuffer(pixels, np.uint8).reshape(packed["shape"]) / 255).astype(np.float32)
