"""Semantic segmentation: a small U-Net, its two losses, and the score of a class at each pixel."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import scipy.ndimage

from cnnbook import checks, classifiers

CLASSES = 11  # ten digits, and ground


def check_classes(masks: np.ndarray) -> None:
    """Refuse classes that are none, such as means of two."""
    if masks.dtype.kind not in "ui" or masks.min() < 0 or masks.max() >= CLASSES:
        raise ValueError(
            f"masks must hold the integers 0 to {CLASSES - 1}, "
            f"got {masks.dtype} from {masks.min()} to {masks.max()}."
        )


def check_pixels(images: np.ndarray) -> None:
    """Refuse pixels that were scaled before: the network does it."""
    if images.dtype != np.uint8:
        raise ValueError(f"images must hold raw pixels, uint8 from 0 to 255, got {images.dtype}.")


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Count, over all pixels, how often each class (rows) was called each class (columns)."""
    both = np.stack([truth, predicted])
    check_classes(both)
    truth, predicted = both.astype(int)
    pairs = CLASSES * truth + predicted
    return np.bincount(pairs.ravel(), minlength=CLASSES**2).reshape(CLASSES, CLASSES)


def iou_by_class(confusion: np.ndarray) -> np.ndarray:
    """Divide what is shared by the union; NaN for a class neither there nor predicted."""
    shared = np.diag(confusion)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - shared
    return shared / np.where(union, union, np.nan)


def class_shares(masks: np.ndarray) -> np.ndarray:
    """Return the share of each class, counted as if each had one pixel more: none is 0."""
    check_classes(masks)
    counts = np.bincount(masks.ravel(), minlength=CLASSES) + 1
    return counts / counts.sum()


def cell_shares(masks: np.ndarray) -> np.ndarray:
    """Return the share of each class in each cell of 8 x 8 pixels: (N, H / 8, W / 8, 11)."""
    check_classes(masks)
    count, height, width = np.array(masks.shape) // (1, 8, 8)
    cells = masks.reshape(count, height, 8, width, 8)
    shares = [(cells == name).mean(axis=(2, 4), dtype=np.float32) for name in range(CLASSES)]
    return np.stack(shares, axis=-1)


def boundary(masks: np.ndarray) -> np.ndarray:
    """Mark the pixels that touch, above, below, left or right, one of another class; (N, H, W)."""
    cross = scipy.ndimage.generate_binary_structure(2, 1)[None]
    largest = scipy.ndimage.maximum_filter(masks, footprint=cross)
    return largest != scipy.ndimage.minimum_filter(masks, footprint=cross)


@keras.saving.register_keras_serializable("cnnbook")
def dice_loss(masks, logits):
    """Return 1 less the mean Dice coefficient of the classes, over all pixels of a batch.

    masks (N, H, W), logits (N, H, W, K). Milletari, Navab and Ahmadi (2016), without their squares.
    """
    q = keras.ops.one_hot(keras.ops.cast(masks, "int32"), logits.shape[-1])
    p = keras.ops.softmax(logits)
    shared = keras.ops.einsum("nhwk,nhwk->k", q, p)
    total = keras.ops.sum(q, axis=(0, 1, 2)) + keras.ops.sum(p, axis=(0, 1, 2))
    return 1 - keras.ops.mean((2 * shared + 1) / (total + 1))


def unet(
    shares: Sequence[float] | None = None, skips: bool = True, resize: bool = False
) -> keras.Model:
    """Build a small U-Net (Ronneberger, Fischer and Brox 2015), deep at small sizes only.

    From uint8 images (N, H, W, 1), H and W multiples of 8, to logits (N, H, W, 11). Training starts
    from `shares` of the classes, None for equal ones. Without `skips`, the way up sees neither the
    way down nor the image; `resize` enlarges by repetition, then convolves (Odena et al. 2016).
    """
    layers = keras.layers
    inputs = keras.Input((None, None, 1))
    pixels = layers.Rescaling(1 / 255)(inputs)
    full = _convolve(pixels, 16, kernel_size=5) if skips else None
    half = _convolve(_convolve(pixels, 24, kernel_size=5, strides=2), 24)
    quarter = _convolve(layers.MaxPooling2D(2)(half), 48)
    maps = layers.MaxPooling2D(2)(quarter)
    for name in (None, None, None, "bottom"):
        maps = _convolve(maps, 96, name=name)
    for count, across in ((32, quarter), (16, half), (16, full)):
        if resize:
            maps = _convolve(layers.UpSampling2D(2)(maps), count)
        else:
            larger = layers.Conv2DTranspose(count, 2, 2, "same", use_bias=False)
            maps = _normalise(larger(maps))
        maps = layers.Concatenate()([across, maps]) if skips else maps
        maps = _convolve(maps, count)
    return keras.Model(inputs, _logits(np.ones(CLASSES) if shares is None else shares)(maps))


def _convolve(maps, count: int, kernel_size: int = 3, strides: int = 1, name: str | None = None):
    # The shift of a normalisation does the work of a bias.
    convolution = keras.layers.Conv2D(count, kernel_size, strides, "same", use_bias=False)
    return _normalise(convolution(maps), name)


def _normalise(maps, name: str | None = None):
    # Keras's 0.99 averages over hundreds of batches: too slow for runs as short as these.
    return keras.layers.ReLU(name=name)(keras.layers.BatchNormalization(momentum=0.9)(maps))


def _logits(shares: Sequence[float]) -> keras.layers.Layer:
    """Make the last convolution, with biases from which the softmax makes these shares."""
    if not np.min(shares) > 0:
        raise ValueError(f"shares must hold a number above 0 for each class, got {shares}.")

    def start(shape, dtype=None):
        return keras.ops.cast(np.log(shares), dtype or "float32")

    return keras.layers.Conv2D(len(shares), 1, bias_initializer=start)


def coarse_head(network: keras.Model, shares: Sequence[float]) -> keras.Model:
    """End a U-Net at its bottom: the logits of each class in each cell, (N, H / 8, W / 8, 11).

    All layers but the last are the network's own: training them trains its way down.
    """
    return keras.Model(network.input, _logits(shares)(network.get_layer("bottom").output))


def train(
    model: keras.Model,
    images: np.ndarray,
    targets: np.ndarray,
    peak_rate: float,
    loss: Callable | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Train on each scene once, four a step, with Adam and a learning rate in one cycle.

    images are uint8 (N, H, W); targets the class of each pixel (N, H, W), or the shares in each
    cell (N, h, w, 11). Without a loss, it is the cross-entropy of either.
    """
    check_pixels(images)
    checks.number("peak_rate", peak_rate, least=0, open_=True)
    if targets.ndim == 3:
        check_classes(targets)
    if loss is None:
        losses = keras.losses
        kinds = {3: losses.SparseCategoricalCrossentropy, 4: losses.CategoricalCrossentropy}
        loss = kinds[targets.ndim](from_logits=True)
    count = len(images) // 4 * 4
    # Adam's own 0.999 remembers the first, large gradients for a thousand steps, more than
    # there are here, and keeps the steps small.
    rate = classifiers.one_cycle(peak_rate, count // 4, warm_up=0.2)
    model.compile(
        optimizer=keras.optimizers.Adam(rate, beta_2=0.98),
        loss=loss,
        steps_per_execution=10,
        jit_compile=False,  # compiling for the processor takes longer than it saves
    )
    options = {"batch_size": 4, "callbacks": list(callbacks), "verbose": 0}
    model.fit(images[:count, ..., None], targets[:count], **options)
    return model


def predict(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the most probable class of each pixel: uint8 (N, H, W), as the images."""
    check_pixels(images)
    classes = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), 50):  # the logits of all scenes at once would fill memory
        some = slice(start, start + 50)
        logits = model.predict(images[some, ..., None], batch_size=10, verbose=0)
        classes[some] = logits.argmax(axis=-1)
    return classes
