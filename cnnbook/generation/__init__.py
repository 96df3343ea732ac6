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

from cnnbook import checks, classifiers

CLASSES = 10
NO_CLASS = 10  # the label that stands for "no class asked for"
FREQUENCIES = 2.0 ** np.arange(-1, 5) * np.pi  # of the waves that stand for a time
IMAGES_AT_ONCE = 250


def _any_shape(name: str, value: np.ndarray, kinds: str) -> np.ndarray:
    """Return an array as :func:`cnnbook.checks.array` does, with one axis or more."""
    try:
        axes = max(1, np.ndim(value))
    except ValueError:  # rows of unequal length, which are refused below
        axes = 1
    return checks.array(name, value, kinds, f"({', '.join(['N'] * axes)})")


def _in_unit_range(images: np.ndarray) -> np.ndarray:
    """Return images, if their pixels are in [0, 1]."""
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"images must hold pixels in [0, 1], got {images.min():g} to {images.max():g}."
        )
    return images


def _digits(images: np.ndarray) -> np.ndarray:
    """Return images of digits as float pixels in [0, 1], shape (N, 28, 28, 1)."""
    images = checks.array("images", images, "f", "(N, 28, 28, 1)")
    if images.shape[1:] != (28, 28, 1) or not len(images):
        raise ValueError(
            f"images must have the axes (N, 28, 28, 1) with N of 1 or more, got {images.shape}."
        )
    return _in_unit_range(images)


def _asked_for(labels: np.ndarray, most: int) -> np.ndarray:
    """Return labels to draw, from 0 to ``most``: one or more, since Keras needs a batch."""
    labels = checks.labels("labels", labels, most)
    if not len(labels):
        raise ValueError("labels must hold one or more, got none.")
    return labels


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
    TypeError
        If an array does not hold numbers.
    ValueError
        If an array has other axes, fewer than two rows, no column, values that are not finite,
        or the two differ in D.
    """
    arrays = []
    for name, array in (("first", first), ("second", second)):
        array = checks.array(name, array, "uif", "(N, D)").astype(np.float64)
        if len(array) < 2 or not array.shape[1]:
            raise ValueError(
                f"{name} must have the axes (N, D) with N of 2 or more and D of 1 or more, "
                f"got {array.shape}."
            )
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
    # Rounding may leave a little less than nothing.
    return max(0.0, float(distance - 2 * trace_of_root))


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
        """Return the features, float32 (N, D), and the digits read, integers (N,).

        Parameters
        ----------
        images : float array of shape (N, 28, 28, 1), pixels in [0, 1]

        Raises
        ------
        TypeError
            If the images do not hold real numbers.
        ValueError
            If there are none, or they have another shape or pixels outside [0, 1].
        """
        images = _digits(images)
        features = np.concatenate(
            [
                keras.ops.convert_to_numpy(self.features(part, training=False))
                for part in _parts(images)
            ]
        )
        scores = keras.ops.convert_to_numpy(self.classifier.layers[-1](features))
        return features, scores.argmax(axis=1)


def train_judge(
    images: np.ndarray,
    labels: np.ndarray,
    seed: int = 0,
    recipe: classifiers.TrainingConfig = classifiers.FAST,
) -> Judge:
    """Train the book's fast recipe, and cut its features out of it.

    Parameters
    ----------
    images : float32 array of shape (N, 28, 28, 1), pixels in [0, 1]
    labels : integer array of shape (N,)
    seed : of weights and order, see :func:`cnnbook.classifiers.train`
    recipe : what to train

    Raises
    ------
    TypeError
        If the images do not hold real numbers, the labels no integers, or the seed is none.
    ValueError
        If the images have another shape, pixels outside [0, 1] or another number than the labels,
        if a label is no digit, or the seed is out of range.
    """
    images, seed = _digits(images), checks.seed("seed", seed)
    _labels_of(images, labels, CLASSES - 1)
    classifier = classifiers.train(recipe, images, np.asarray(labels), seed=seed)
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
    TypeError
        If one does not hold numbers.
    ValueError
        If one is empty or holds numbers that are not finite, or the two differ in the axes after
        the first.
    """
    queries, bank = (
        _any_shape(name, array, "uif") for name, array in (("queries", queries), ("bank", bank))
    )
    if not len(queries) or not len(bank) or queries.shape[1:] != bank.shape[1:]:
        raise ValueError(
            "queries and bank must hold one row or more each, of the same shape, "
            f"got {queries.shape} and {bank.shape}."
        )
    queries = queries.reshape(len(queries), -1).astype(np.float64)
    bank = bank.reshape(len(bank), -1).astype(np.float64)
    # |q - b|^2 = |q|^2 - 2 q b + |b|^2, in which digits are lost far from zero: so from the mean.
    middle = bank.mean(axis=0)
    centred = bank - middle
    lengths = (centred**2).sum(axis=1)
    places = np.concatenate(
        [(lengths - 2 * (part - middle) @ centred.T).argmin(axis=1) for part in _parts(queries)]
    )
    difference = queries - bank[places]
    return np.sqrt((difference**2).sum(axis=1)), places


def grey_share(images: np.ndarray, low: float = 0.1, high: float = 0.9) -> float:
    """Return the share of inked pixels (above low) that are grey (below high): how soft edges are.

    Parameters
    ----------
    images : float array of any shape, pixels in [0, 1]
    low, high : in [0, 1]

    Raises
    ------
    TypeError
        If the images do not hold real numbers, or a bound is none.
    ValueError
        If a pixel or a bound is outside [0, 1], or no pixel is inked.
    """
    low, high = checks.number("low", low, 0, 1), checks.number("high", high, 0, 1)
    images = _in_unit_range(_any_shape("images", images, "f"))
    inked = images[images > low]
    if not inked.size:
        raise ValueError(f"images must hold ink (pixels above {low}), got none.")
    return float((inked < high).mean())


# Networks


def _class_vector(label, classes: int, size: int):
    # Keras starts these vectors within 0.05 of zero: next to other inputs, the class is then
    # unheard for hundreds of steps.
    start = keras.initializers.RandomNormal(stddev=1)
    return keras.layers.Embedding(classes, size, embeddings_initializer=start)(label)


def _two_widths(widths: tuple[int, int]) -> tuple[int, int]:
    """Return the channels at 14 x 14 and at 7 x 7 pixels."""
    widths = checks.array("widths", widths, "ui", "(2,)")
    if len(widths) != 2:
        raise ValueError(f"widths must hold two integers, got {len(widths)}.")
    wide, deep = (checks.integer("widths", width) for width in widths)
    return wide, deep


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

    Raises
    ------
    TypeError
        If a size is no integer.
    ValueError
        If a size is below 1, or there are not two widths.
    """
    layers = keras.layers
    latent = checks.integer("latent", latent)
    wide, deep = _two_widths(widths)
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

    Parameters
    ----------
    x : Keras tensor of shape (N, H, W, channels)
    condition : Keras tensor of shape (N, D), what time and class say
    channels : of x

    Returns
    -------
    Keras tensor of the shape of x

    Raises
    ------
    TypeError
        If channels is no integer.
    ValueError
        If channels is not the last axis of x.
    """
    layers = keras.layers
    channels = checks.integer("channels", channels)
    if x.shape[-1] != channels:
        raise ValueError(f"channels must be the last axis of x, {x.shape[-1]}, got {channels}.")
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

    Raises
    ------
    TypeError
        If a size is no integer.
    ValueError
        If a width is below 1, there are not two of them, or blocks is negative.
    """
    layers = keras.layers
    wide, deep = _two_widths(widths)
    blocks = checks.integer("blocks", blocks, least=0)
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

    Parameters
    ----------
    encoder, decoder : of :func:`vae_networks`

    Returns
    -------
    function of images, labels and noise to a scalar tensor
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

    Parameters
    ----------
    network : of :func:`velocity_network`

    Returns
    -------
    function of images, labels, noise and times to a scalar tensor
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
    labels : integer array of shape (N,), digits; with times also :data:`NO_CLASS`
    generator : where order, noise, times and dropped labels come from
    batch_size : digits a batch; what is left over of an epoch is skipped
    noise_shape : of the standard normal numbers that each digit gets
    with_times : also yield times, uniform in [0, 1), and replace the share `drop` of the labels by
        :data:`NO_CLASS`
    drop : in [0, 1]

    Returns
    -------
    iterator over tuples: images (B, 28, 28, 1), int32 labels (B,), float32 noise of shape
    (B, *noise_shape) and, with times, float32 times (B,)

    Raises
    ------
    TypeError
        If the images do not hold real numbers, the labels, the batch size or the shape no
        integers, or if generator or drop is of another kind.
    ValueError
        If the images have another shape, pixels outside [0, 1], another number than the labels,
        or are fewer than a batch; if a label is no digit; or if a size or drop is out of range.
    """
    images = _digits(images)
    labels = _labels_of(images, labels, NO_CLASS if with_times else CLASSES - 1).astype(np.int32)
    if not isinstance(generator, np.random.Generator):
        raise TypeError(f"generator must be a NumPy Generator, got {type(generator).__name__}.")
    batch_size = checks.integer("batch_size", batch_size)
    if len(images) < batch_size:
        raise ValueError(f"images must hold {batch_size} or more, a batch, got {len(images)}.")
    noise_shape = [
        checks.integer("noise_shape", length)
        for length in checks.array("noise_shape", noise_shape, "ui", "(axes,)")
    ]
    drop = checks.number("drop", drop, 0, 1)

    def endless():
        while True:
            order = generator.permutation(len(images))
            for start in range(0, len(order) - batch_size + 1, batch_size):
                some = order[start : start + batch_size]
                noise = generator.standard_normal((batch_size, *noise_shape), dtype=np.float32)
                chosen = labels[some]
                if not with_times:
                    yield images[some], chosen, noise
                    continue
                times = generator.random(batch_size, dtype=np.float32)
                chosen[generator.random(batch_size) < drop] = NO_CLASS
                yield images[some], chosen, noise, times

    return endless()


def _labels_of(images: np.ndarray, labels: np.ndarray, most: int) -> np.ndarray:
    """Return labels from 0 to ``most``, if there is one for each image."""
    labels = checks.labels("labels", labels, most)
    if len(labels) != len(images):
        raise ValueError(f"labels must hold one for each of {len(images)}, got {len(labels)}.")
    return labels


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
    peak_rate, warm_up : as in :func:`cnnbook.classifiers.one_cycle`
    decay : of the average
    lines : how many lines of progress to print, at most one a step; 0 for none

    Raises
    ------
    TypeError
        If peak_rate or decay is no number, or lines no integer.
    ValueError
        If decay is no share below 1, peak_rate is not positive, lines is negative, there are no
        variables, or data ends before the last step; and what
        :func:`cnnbook.classifiers.one_cycle` raises.
    """
    decay = checks.number("decay", decay)
    if not 0 <= decay < 1:
        raise ValueError(f"decay must be at least 0 and below 1, got {decay!r}.")
    peak_rate = checks.number("peak_rate", peak_rate, least=0, open_=True)
    lines = checks.integer("lines", lines, least=0)
    variables = list(variables)
    if not variables:
        raise ValueError("variables must hold one or more, got none.")
    start = time.process_time()
    optimizer = keras.optimizers.Adam(classifiers.one_cycle(peak_rate, steps, warm_up), beta_2=0.99)
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
    between = max(1, steps // lines) if lines else steps
    for number in range(steps):
        batch = next(data, None)
        if batch is None:
            raise ValueError(f"data must hold a batch for each of {steps} steps, got {number}.")
        share = np.float32(1 - min(decay, (1 + number) / (10 + number)))
        losses[number] = step(share, *batch)
        done = number + 1
        if lines and (done % between == 0 or done == steps):
            print(f"step {done}/{steps}: loss {losses[done - between : done].mean():.4f}")
    return Training(losses, [a.numpy() for a in averages], time.process_time() - start)


def use(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Give the variables new values, and return the old ones.

    Parameters
    ----------
    variables : what to change
    values : one array for each variable, of its shape

    Returns
    -------
    the values before, in the same order

    Raises
    ------
    ValueError
        If a shape differs, or there is not one value for each variable; nothing is changed then.
    """
    variables, values = list(variables), list(values)
    wanted = [tuple(variable.shape) for variable in variables]
    got = [np.shape(value) for value in values]
    if len(got) != len(wanted):
        raise ValueError(f"values must hold one for each of {len(wanted)}, got {len(got)}.")
    for number, (shape, other) in enumerate(zip(wanted, got, strict=True)):
        if shape != other:
            raise ValueError(
                f"values must have the shapes of variables, got {other} for {shape} at {number}."
            )
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
    TypeError
        If steps is no integer.
    ValueError
        If steps is below 1, or the method has another name.
    """
    steps = checks.integer("steps", steps)
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

    Parameters
    ----------
    network : of :func:`velocity_network`
    labels : integer array of shape (N,), digits or :data:`NO_CLASS`
    guidance : how strongly the label pulls

    Returns
    -------
    function of x (N, 28, 28, 1) and a time to a float32 array of the shape of x

    Raises
    ------
    TypeError
        If the labels do not hold integers, or guidance is no number.
    ValueError
        If there is no label, one is out of range, or guidance is not finite.
    """
    guidance = checks.number("guidance", guidance)
    labels = tf.constant(_asked_for(labels, NO_CLASS), tf.int32)
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

    Parameters
    ----------
    network : of :func:`velocity_network`
    labels : integer array of shape (N,), digits or :data:`NO_CLASS`
    seed : of the noise
    steps, method : as in :func:`integrate`
    guidance : as in :func:`guided_velocity`

    Returns
    -------
    float32 array of shape (N, 28, 28, 1), pixels in [0, 1], rounded to 256 levels as scans are

    Raises
    ------
    TypeError
        If the labels do not hold integers, or seed, steps or guidance is of another kind.
    ValueError
        If there is no label, a label, seed or steps is out of range, guidance is not finite, or
        the method has another name.
    """
    labels, seed = _asked_for(labels, NO_CLASS), checks.seed("seed", seed)
    noise = np.random.default_rng(seed).standard_normal((len(labels), 28, 28, 1), np.float32)
    drawn = [
        integrate(guided_velocity(network, asked, guidance), part, steps, method)
        for part, asked in zip(_parts(noise), _parts(labels), strict=True)
    ]
    return _to_levels((np.concatenate(drawn) + 1) / 2)


def sample_vae(decoder: keras.Model, labels: np.ndarray, seed: int) -> np.ndarray:
    """Draw digits: a normal code each, and the mean image that the decoder makes of it.

    Parameters
    ----------
    decoder : of :func:`vae_networks`
    labels : integer array of shape (N,), digits
    seed : of the codes

    Returns
    -------
    as :func:`sample_flow`

    Raises
    ------
    TypeError
        If the labels do not hold integers, or the seed is none.
    ValueError
        If there is no label, one is no digit, or the seed is out of range.
    """
    labels, seed = _asked_for(labels, CLASSES - 1), checks.seed("seed", seed)
    latent = decoder.input_shape[0][1]
    codes = np.random.default_rng(seed).standard_normal((len(labels), latent), np.float32)
    drawn = [
        keras.ops.convert_to_numpy(
            keras.ops.sigmoid(decoder([part, asked.astype(np.int32)], training=False))
        )
        for part, asked in zip(_parts(codes), _parts(labels), strict=True)
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

    Returns
    -------
    dict with the shape, a list, and the pixels, a text

    Raises
    ------
    TypeError
        If the images do not hold numbers.
    ValueError
        If a pixel is outside [0, 1].
    """
    images = _in_unit_range(_any_shape("images", images, "uif"))
    pixels = np.round(255 * images).astype(np.uint8)
    text = base64.b64encode(zlib.compress(pixels.tobytes(), 9)).decode("ascii")
    return {"shape": list(images.shape), "pixels": text}


def unpack_images(packed: dict) -> np.ndarray:
    """Undo :func:`pack_images`.

    Parameters
    ----------
    packed : what :func:`pack_images` returned

    Returns
    -------
    float32 array of the shape that was packed, pixels in [0, 1]

    Raises
    ------
    TypeError
        If packed is no dict.
    ValueError
        If it is not of :func:`pack_images`.
    """
    if not isinstance(packed, dict):
        raise TypeError(f"packed must be a dict of pack_images, got {type(packed).__name__}.")
    try:
        pixels = zlib.decompress(base64.b64decode(packed["pixels"]))
        levels = np.frombuffer(pixels, np.uint8).reshape(packed["shape"])
    except (KeyError, TypeError, ValueError, zlib.error) as reason:
        raise ValueError(
            f"packed must be a dict of pack_images, got the keys {list(packed)}: {reason!r}."
        ) from None
    return (levels / 255).astype(np.float32)
