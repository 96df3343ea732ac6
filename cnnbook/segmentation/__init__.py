"""Semantic segmentation: a small U-Net, its two losses, and the score of a class at each pixel.

The chapter "Give every pixel a class" derives them; ``benchmarks/segmentation.py`` measures them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np

from cnnbook import checks, classifiers
from cnnbook.applications import scenes

CLASSES = scenes.BACKGROUND + 1
FILTERS = (24, 48, 96)
CONVOLUTIONS = (2, 1, 4)
FILTERS_UP = (32, 16, 16)
# The side, in pixels, of the cells that the coarse head answers for.
CELL_PIXELS = 8
UPSAMPLING = ("transposed", "resize")


def confusion_matrix(
    truth: np.ndarray, predicted: np.ndarray, classes: int = CLASSES
) -> np.ndarray:
    """Count how often each class was taken for each other, over all pixels.

    Parameters
    ----------
    truth, predicted : integer arrays of the same shape, values from 0 to ``classes`` - 1
    classes : number of classes

    Returns
    -------
    int64 array of shape (classes, classes): rows are true classes, columns predicted ones

    Raises
    ------
    TypeError
        If an array does not hold integers, or ``classes`` is none.
    ValueError
        If the shapes differ, a value is not a class, or there is no class.
    """
    classes = checks.integer("classes", classes)
    truth = _classes("truth", truth, classes)
    predicted = _classes("predicted", predicted, classes)
    if truth.shape != predicted.shape:
        raise ValueError(
            f"predicted must have the shape of truth, {truth.shape}, got {predicted.shape}."
        )
    pairs = classes * truth.ravel() + predicted.ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _classes(name: str, value: np.ndarray, classes: int) -> np.ndarray:
    """Return an int64 array of any shape with values from 0 to ``classes`` - 1."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise TypeError(f"{name} must hold integers, got rows of unequal length.") from None
    if array.dtype.kind not in "ui":
        raise TypeError(f"{name} must hold integers, got {array.dtype}.")
    if array.size and (array.min() < 0 or array.max() >= classes):
        raise ValueError(
            f"{name} must hold classes from 0 to {classes - 1}, got {array.min()} to {array.max()}."
        )
    return array.astype(np.int64)


def iou_by_class(confusion: np.ndarray) -> np.ndarray:
    r"""Compute the intersection over union of each class.

    For a class of which :math:`t` pixels are found, :math:`f` are claimed wrongly and :math:`m`
    are missed, :math:`t / (t + f + m)`: the index of Jaccard (1912).

    Parameters
    ----------
    confusion : array of shape (K, K), counts: rows are true classes, columns predicted ones

    Returns
    -------
    float64 array of shape (K,), from 0 to 1; NaN for a class that is neither there nor predicted

    Raises
    ------
    TypeError
        If ``confusion`` is no array of numbers.
    ValueError
        If ``confusion`` is not square, or holds a count that is negative or not finite.
    """
    confusion = checks.array("confusion", confusion, "uif", "(K, K)").astype(np.float64)
    if confusion.shape[0] != confusion.shape[1]:
        raise ValueError(f"confusion must be a square matrix, got shape {confusion.shape}.")
    if (confusion < 0).any():
        raise ValueError(f"confusion must hold counts of 0 or more, got {confusion.min():g}.")
    shared = confusion.diagonal()
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - shared
    return np.divide(shared, union, out=np.full(len(shared), np.nan), where=union > 0)


def class_shares(masks: np.ndarray, classes: int = CLASSES) -> np.ndarray:
    """Return the share of each class among all pixels, counted as if each had one pixel more.

    Parameters
    ----------
    masks : integer array of any shape, values from 0 to ``classes`` - 1
    classes : number of classes

    Returns
    -------
    float64 array of shape (classes,), positive, of sum 1

    Raises
    ------
    TypeError
        If ``masks`` does not hold integers, or ``classes`` is none.
    ValueError
        If a value is not a class, or there is no class.
    """
    classes = checks.integer("classes", classes)
    counts = np.bincount(_classes("masks", masks, classes).ravel(), minlength=classes) + 1
    return counts / counts.sum()


def cell_shares(masks: np.ndarray, classes: int = CLASSES, side: int = CELL_PIXELS) -> np.ndarray:
    """Return the share of each class in each cell of ``side`` x ``side`` pixels.

    Parameters
    ----------
    masks : integer array of shape (N, H, W), H and W multiples of ``side``
    classes : number of classes
    side : pixels

    Returns
    -------
    float32 array of shape (N, H / side, W / side, classes); each cell's shares sum to 1

    Raises
    ------
    TypeError
        If ``masks`` does not hold integers, or ``classes`` or ``side`` is none.
    ValueError
        If ``masks`` has other axes, a side is no multiple, or a value is not a class.
    """
    classes, side = checks.integer("classes", classes), checks.integer("side", side)
    masks = _classes("masks", masks, classes)
    if masks.ndim != 3 or masks.shape[1] % side or masks.shape[2] % side:
        raise ValueError(
            f"masks must have the axes (N, H, W), H and W multiples of {side}, got {masks.shape}."
        )
    count, height, width = len(masks), masks.shape[1] // side, masks.shape[2] // side
    cells = masks.reshape(count, height, side, width, side)
    shares = [(cells == name).mean(axis=(2, 4), dtype=np.float32) for name in range(classes)]
    return np.stack(shares, axis=-1)


def boundary(masks: np.ndarray) -> np.ndarray:
    """Mark the pixels that touch, above, below, left or right, a pixel of another class.

    Parameters
    ----------
    masks : integer array of shape (N, H, W)

    Returns
    -------
    bool array of the same shape

    Raises
    ------
    TypeError
        If ``masks`` does not hold integers.
    ValueError
        If ``masks`` has other axes.
    """
    masks = checks.array("masks", masks, "ui", "(N, H, W)")
    marked = np.zeros(masks.shape, bool)
    for change, before, after in (
        (masks[:, 1:] != masks[:, :-1], np.s_[:, :-1], np.s_[:, 1:]),
        (masks[:, :, 1:] != masks[:, :, :-1], np.s_[:, :, :-1], np.s_[:, :, 1:]),
    ):
        marked[before] |= change
        marked[after] |= change
    return marked


@keras.saving.register_keras_serializable("cnnbook")
def dice_loss(masks, logits):
    r"""Compute 1 minus the mean Dice coefficient of the classes, over all pixels of a batch.

    With :math:`q` 1 where a pixel has the class and :math:`p` the softmax's probability of it,
    each class has :math:`(2 \sum p q + 1) / (\sum p + \sum q + 1)`: Milletari, Navab and Ahmadi
    (2016), but for the square of :math:`p` below the line, which is left out, and the 1, which
    keeps a class that is nowhere in the batch defined.

    Parameters
    ----------
    masks : integer tensor of shape (N, H, W)
    logits : float tensor of shape (N, H, W, K)

    Returns
    -------
    scalar tensor, from 0 to 1

    Raises
    ------
    ValueError
        If ``masks`` has not the shape of ``logits`` without its last axis, as far as both are
        known.
    """
    masks, logits = keras.ops.cast(masks, "int32"), keras.ops.cast(logits, "float32")
    shape, wanted = tuple(masks.shape), tuple(logits.shape)[:-1]
    # The length of an axis may be unknown, None, while a graph is made.
    pairs = zip(shape, wanted, strict=False)
    if not len(shape) == len(wanted) == 3 or any(a != b for a, b in pairs if None not in (a, b)):
        raise ValueError(
            "masks must have the axes (N, H, W) and logits (N, H, W, K), "
            f"got {shape} and {tuple(logits.shape)}."
        )
    truth = keras.ops.one_hot(masks, logits.shape[-1])
    probabilities = keras.ops.softmax(logits)
    shared = keras.ops.sum(truth * probabilities, axis=(0, 1, 2))
    total = keras.ops.sum(truth + probabilities, axis=(0, 1, 2))
    return 1 - keras.ops.mean((2 * shared + 1) / (total + 1))


def unet(
    filters: Sequence[int] = FILTERS,
    convolutions: Sequence[int] = CONVOLUTIONS,
    filters_up: Sequence[int] = FILTERS_UP,
    shares: Sequence[float] | None = None,
    skips: bool = True,
    upsampling: str = "transposed",
) -> keras.Model:
    """Build a small U-Net (Ronneberger, Fischer and Brox 2015), deep at small sizes only.

    The way down starts at half the input's size, with a convolution of stride 2; each further
    level halves the maps by max pooling, and convolves. On the way up, each level doubles them,
    takes in the maps of the way down (the skip connection) and convolves once. The last level has
    the input's size, and takes in a convolution of the input itself. A convolution of 1 x 1 gives
    the logits. All steps but this one are followed by batch normalisation and a ReLU.

    Parameters
    ----------
    filters : maps at each level of the way down, from half the input's size downwards
    convolutions : convolutions at each of these levels, of 3 x 3; the very first is 5 x 5
    filters_up : maps at each level of the way up, from the smallest size to the input's: as many
        numbers as ``filters``
    shares : the share of each class among the pixels; their logarithms are the first biases of the
        logits, so that training starts from them. None starts from equal shares of 11 classes.
    skips : whether the way up sees the maps of the way down, and the input
    upsampling : "transposed", a transposed convolution of kernel 2 and stride 2; or "resize", a
        nearest-neighbour enlargement and a convolution of 3 x 3 (Odena, Dumoulin and Olah 2016)

    Returns
    -------
    keras.Model from uint8 images (N, H, W, 1), H and W multiples of 2 ** len(filters), to logits
    (N, H, W, classes). Weights start at random from Keras's global seed. Not compiled.

    Raises
    ------
    TypeError
        If the numbers are no integers, or the shares no real numbers.
    ValueError
        If there is no level, not one positive number of each kind for each, a share that is not
        positive, or another ``upsampling``.
    """
    given = {"filters": filters, "convolutions": convolutions, "filters_up": filters_up}
    filters, convolutions, filters_up = (
        tuple(checks.array(name, numbers, "ui", "(levels,)").tolist())
        for name, numbers in given.items()
    )
    for name, numbers in zip(given, (filters, convolutions, filters_up), strict=True):
        if not len(filters) == len(numbers) > 0 or min(numbers) < 1:
            raise ValueError(
                f"{name} must hold a number of 1 or more for each of the levels of filters, "
                f"{len(filters)} of them, got {numbers!r}."
            )
    if upsampling not in UPSAMPLING:
        raise ValueError(f"upsampling must be one of {UPSAMPLING}, got {upsampling!r}.")
    layers = keras.layers
    start = _start_from(np.full(CLASSES, 1 / CLASSES) if shares is None else shares)
    classes = CLASSES if shares is None else len(shares)

    def normalise(maps, **options):
        # Keras's 0.99 averages over hundreds of batches: too slow for runs as short as these.
        return layers.ReLU(**options)(layers.BatchNormalization(momentum=0.9)(maps))

    def convolve(maps, count, kernel_size=3, strides=1, **options):
        # The shift of a normalisation does the work of a bias.
        maps = layers.Conv2D(count, kernel_size, strides, "same", use_bias=False)(maps)
        return normalise(maps, **options)

    def enlarge(maps, count):
        if upsampling == "resize":
            return convolve(layers.UpSampling2D(2)(maps), count)
        maps = layers.Conv2DTranspose(count, 2, 2, "same", use_bias=False)(maps)
        return normalise(maps)

    inputs = keras.Input((None, None, 1))
    pixels = layers.Rescaling(1 / 255)(inputs)
    across = [convolve(pixels, filters_up[-1], kernel_size=5) if skips else None]
    maps = pixels
    for level, (count, repeats) in enumerate(zip(filters, convolutions, strict=True)):
        if level:
            maps = layers.MaxPooling2D(2)(maps)
        for repeat in range(repeats):
            first = level == repeat == 0
            last = level == len(filters) - 1 and repeat == repeats - 1
            maps = convolve(
                maps,
                count,
                kernel_size=5 if first else 3,
                strides=2 if first else 1,
                name="bottom" if last else None,
            )
        across.append(maps)
    for count, level in zip(filters_up, across[-2::-1], strict=True):
        maps = enlarge(maps, count)
        maps = layers.Concatenate()([level, maps]) if skips else maps
        maps = convolve(maps, count)
    outputs = layers.Conv2D(classes, 1, bias_initializer=start)(maps)
    return keras.Model(inputs, outputs)


def coarse_head(network: keras.Model, shares: Sequence[float]) -> keras.Model:
    """Return a model that ends at the bottom of a U-Net, with the logits of each class in a cell.

    It shares all its layers with ``network`` but the last, a convolution of 1 x 1: training it
    trains the way down.

    Parameters
    ----------
    network : of :func:`unet`
    shares : the share of each class among the pixels, as there

    Returns
    -------
    keras.Model from images (N, H, W, 1) to logits (N, H / side, W / side, classes), side
    ``CELL_PIXELS`` for a U-Net of three levels down

    Raises
    ------
    TypeError
        If the shares are no real numbers.
    ValueError
        If a share is not positive, or there is none.
    """
    start = _start_from(shares)
    head = keras.layers.Conv2D(len(shares), 1, bias_initializer=start)
    return keras.Model(network.input, head(network.get_layer("bottom").output))


def _start_from(shares: Sequence[float]) -> Callable:
    """Return an initialiser of biases from which the softmax makes these shares."""
    shares = checks.array("shares", shares, "uif", "(classes,)")
    if not shares.size or shares.min() <= 0:
        raise ValueError(f"shares must hold a number above 0 for each class, got {shares}.")
    return lambda shape, dtype=None: keras.ops.cast(np.log(shares), dtype or "float32")


def train(
    model: keras.Model,
    images: np.ndarray,
    targets: np.ndarray,
    peak_rate: float,
    loss: Callable | None = None,
    batch_size: int = 4,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Train on each scene once, with Adam and a learning rate in one cycle.

    Parameters
    ----------
    model : of :func:`unet` or :func:`coarse_head`
    images : uint8 array of shape (N, H, W)
    targets : the class of each pixel (N, H, W), or the shares in each cell (N, h, w, classes)
    peak_rate : the largest learning rate
    loss : None is the cross-entropy of the targets
    batch_size : scenes a step; what remains of N is left out
    callbacks : passed to ``fit``

    Returns
    -------
    Keras's record of the one epoch

    Raises
    ------
    TypeError
        If the images are no uint8 array, or the targets no array of integers or real numbers.
    ValueError
        If the images have other axes, sides that the network cannot halve, or are fewer than a
        batch; if the targets have another shape than the network's answers; or if the rate is
        not positive.
    """
    peak_rate = checks.number("peak_rate", peak_rate, least=0, open_=True)
    batch_size = checks.integer("batch_size", batch_size)
    _check_pictures(model, images)
    if len(images) < batch_size:
        raise ValueError(f"images must hold {batch_size} or more, a batch, got {len(images)}.")
    targets = _targets(model, images, targets)
    if loss is None:
        losses = keras.losses
        whole = np.issubdtype(targets.dtype, np.integer)
        kind = losses.SparseCategoricalCrossentropy if whole else losses.CategoricalCrossentropy
        loss = kind(from_logits=True)
    steps = len(images) // batch_size
    rate = classifiers.one_cycle(peak_rate, steps, warm_up=0.2)
    # Adam's own 0.999 remembers the first, large gradients for a thousand steps, more than
    # there are here, and keeps the steps small.
    model.compile(
        optimizer=keras.optimizers.Adam(rate, beta_2=0.98),
        loss=loss,
        steps_per_execution=10,
        jit_compile=False,  # compiling for the processor takes longer than it saves
    )
    scenes_used = slice(steps * batch_size)
    return model.fit(
        images[scenes_used, ..., None],
        targets[scenes_used],
        batch_size=batch_size,
        callbacks=list(callbacks),
        verbose=0,
    )


def predict(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the most probable class of each pixel.

    Parameters
    ----------
    model : of :func:`unet`
    images : uint8 array of shape (N, H, W)

    Returns
    -------
    uint8 array of shape (N, H, W)

    Raises
    ------
    TypeError
        If the images are no uint8 array.
    ValueError
        If the images have other axes, or sides that the network cannot halve.
    """
    _check_pictures(model, images)
    classes = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), 50):  # the logits of all scenes at once would fill memory
        some = slice(start, start + 50)
        logits = model.predict(images[some, ..., None], batch_size=10, verbose=0)
        classes[some] = logits.argmax(axis=-1)
    return classes


def _check_pictures(model: keras.Model, images: np.ndarray) -> None:
    """Refuse images that a U-Net cannot read: it scales raw pixels itself, and halves sides."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        got = getattr(images, "dtype", type(images).__name__)
        raise TypeError(f"images must be a uint8 array of raw pixels from 0 to 255, got {got}.")
    # The first convolution halves the sides, and so does each pooling.
    side = 2 ** (1 + sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in model.layers))
    sides = images.shape[1:]
    if images.ndim != 3 or min(sides) < 1 or any(length % side for length in sides):
        raise ValueError(
            f"images must have the axes (N, H, W), H and W multiples of {side}, got {images.shape}."
        )


def _targets(model: keras.Model, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return targets as an array, if they are one for each answer of the model to these images."""
    if not isinstance(targets, np.ndarray):
        raise TypeError(f"targets must be an array, got {type(targets).__name__}.")
    answers = model.compute_output_shape((*images.shape, 1))
    if targets.ndim == 3:
        targets = checks.array("targets", targets, "ui", "(N, H, W)")
        answers, classes = answers[:-1], answers[-1]
        if targets.size and (targets.min() < 0 or targets.max() >= classes):
            raise ValueError(
                f"targets must hold classes from 0 to {classes - 1}, "
                f"got {targets.min()} to {targets.max()}."
            )
    else:
        targets = checks.array("targets", targets, "f", "(N, h, w, classes)")
    if targets.shape != answers:
        raise ValueError(f"targets must have the shape {answers}, got {targets.shape}.")
    return targets
