"""Training recipes as data: a network, a schedule, changed digits, and the steps that follow them.

The chapter "Train faster and better" explains each choice; ``benchmarks/fast_recipes.py`` measures
what each buys.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np

from cnnbook import shapes, transforms

# Images transformed at once: enough to keep the processor busy, few enough to need no memory.
IMAGES_AT_ONCE = 5_000
IMAGES_READ_AT_ONCE = 500


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """What to build and how to train it.

    Parameters
    ----------
    blocks : one ``(filters, kernel_size, pool)`` a convolution; pool says whether the maps are
        halved after it
    crop : pixels cut off each side of the image before the first convolution
    normalise : batch normalisation after each convolution (Ioffe and Szegedy, 2015)
    pool_first : pool before the normalisation and the ReLU, not after them
    global_pooling : one mean a map before the dense layer, rather than every number of the maps
    hidden_units : units of a dense layer before the last, 0 for none
    batch_size, epochs : as in ``keras.Model.fit``
    optimizer : "adam", or "sgd" for Nesterov's momentum of 0.9
    peak_rate : the largest learning rate
    warm_up : share of all steps in which the rate rises to its peak; then it falls along half a
        cosine to almost zero. None keeps the rate at its peak throughout.
    shift_pixels, degrees, zoom, shear : how far each digit may be moved in each epoch, see
        :func:`random_affine`; all zero leaves the digits as they are
    view_shift : a digit is also read moved by so many pixels in each of eight directions, and the
        nine answers are averaged; 0 reads it once
    steps_per_execution : as in ``keras.Model.compile``
    """

    blocks: tuple[tuple[int, int, bool], ...]
    crop: int = 0
    normalise: bool = True
    pool_first: bool = True
    global_pooling: bool = False
    hidden_units: int = 0
    batch_size: int = 128
    epochs: int = 1
    optimizer: str = "adam"
    peak_rate: float = 0.01
    warm_up: float | None = 0.2
    shift_pixels: float = 0
    degrees: float = 0
    zoom: float = 0
    shear: float = 0
    view_shift: int = 0
    steps_per_execution: int = 8

    def __post_init__(self) -> None:
        """Refuse what could not be trained."""
        if not self.blocks:
            raise ValueError("blocks must hold one convolution or more, got none.")
        for name in ("batch_size", "epochs", "steps_per_execution"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number of 1 or more, got {value!r}.")
        if self.optimizer not in ("adam", "sgd"):
            raise ValueError(f"optimizer must be 'adam' or 'sgd', got {self.optimizer!r}.")
        if not self.peak_rate > 0:
            raise ValueError(f"peak_rate must be positive, got {self.peak_rate!r}.")
        if self.warm_up is not None and not 0 <= self.warm_up < 1:
            raise ValueError(f"warm_up must be at least 0 and below 1, got {self.warm_up!r}.")

    @property
    def changes_digits(self) -> bool:
        """Whether each epoch sees its digits moved."""
        return any((self.shift_pixels, self.degrees, self.zoom, self.shear))


def network(config: TrainingConfig) -> keras.Model:
    """Build the recipe's network: convolutions, pooling, normalisation, one dense layer.

    Input (N, 28, 28, 1) with pixels in [0, 1]; output (N, 10), the probability of each digit.
    Weights start at random from Keras's global seed. Not compiled.
    """
    layers = keras.layers
    inputs = x = keras.Input(shape=(28, 28, 1))
    if config.crop:
        x = layers.Cropping2D(config.crop)(x)
    for filters, kernel_size, pool in config.blocks:
        # The shift of a normalisation does the work of a bias.
        x = layers.Conv2D(filters, kernel_size, use_bias=not config.normalise)(x)
        if pool and config.pool_first:
            x = layers.MaxPooling2D(2)(x)
        if config.normalise:
            # Keras's 0.99 averages over hundreds of batches: too slow for runs as short as these.
            x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        if pool and not config.pool_first:
            x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x) if config.global_pooling else layers.Flatten()(x)
    if config.hidden_units:
        x = layers.Dense(config.hidden_units, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def multiply_adds(config: TrainingConfig) -> int:
    """Count the multiplications that reading one digit takes, over all views.

    Convolutions and dense layers, as :mod:`cnnbook.shapes` counts them.
    """
    side, channels, total = 28 - 2 * config.crop, 1, 0
    for filters, kernel_size, pool in config.blocks:
        side = shapes.output_size(side, kernel_size)
        total += shapes.conv_multiply_adds((side, side, filters), kernel_size, channels)
        side, channels = (side // 2 if pool else side), filters
    units = channels if config.global_pooling else channels * side * side
    for wide in (config.hidden_units, 10) if config.hidden_units else (10,):
        total += shapes.dense_multiply_adds(units, wide)
        units = wide
    return total * (9 if config.view_shift else 1)


def one_cycle(
    peak_rate: float, steps: int, warm_up: float
) -> keras.optimizers.schedules.LearningRateSchedule:
    r"""Let the learning rate rise in a line, then fall along half a cosine.

    After :math:`w` = warm_up x steps it stands at its peak :math:`\eta`, and after that
    :math:`\eta_t = \eta \, (1 + \cos(\pi (t - w) / (T - w))) / 2`, with :math:`T` steps in all.
    A short form of the cycle of Smith and Topin (2019), "Super-convergence".

    Raises
    ------
    ValueError
        If there are no steps, or warm_up is not a share below 1.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps must be a whole number of 1 or more, got {steps!r}.")
    if not 0 <= warm_up < 1:
        raise ValueError(f"warm_up must be at least 0 and below 1, got {warm_up!r}.")
    rising = round(warm_up * steps)
    schedules = keras.optimizers.schedules
    if not rising:
        return schedules.CosineDecay(peak_rate, steps)
    return schedules.CosineDecay(
        peak_rate / 50, steps - rising, warmup_target=peak_rate, warmup_steps=rising
    )


def affine_matrices(
    count: int,
    generator: np.random.Generator,
    size: int = 28,
    shift_pixels: float = 0,
    degrees: float = 0,
    zoom: float = 0,
    shear: float = 0,
) -> np.ndarray:
    r"""Draw one affine map of the plane for each image: turn, lean, stretch, move.

    A pixel of the new image at :math:`u = (x, y)` is read from the old one at
    :math:`A (u - c) + c + t`, where :math:`c` is the centre, :math:`t` the shift and
    :math:`A` a rotation times a shear times two scales.

    Parameters
    ----------
    count : images
    generator : where the random numbers come from
    size : pixels along a side
    shift_pixels : each of the two shifts is uniform from minus to plus this
    degrees : the angle is uniform from minus to plus this
    zoom : the logarithm of each side's scale is uniform from minus to plus this
    shear : how far a row leans for one row down, uniform from minus to plus this

    Returns
    -------
    float32 array of shape (count, 8): :math:`a_0, a_1, b_0, a_2, a_3, b_1, 0, 0`, in the order
    that TensorFlow's ``ImageProjectiveTransformV3`` reads.

    Raises
    ------
    ValueError
        If a range is negative.
    """
    ranges = {"shift_pixels": shift_pixels, "degrees": degrees, "zoom": zoom, "shear": shear}
    for name, value in ranges.items():
        if value < 0:
            raise ValueError(f"{name} must be 0 or more, got {value!r}.")
    angle = np.deg2rad(generator.uniform(-degrees, degrees, count))
    scale = np.exp(generator.uniform(-zoom, zoom, (count, 2)))
    lean = generator.uniform(-shear, shear, count)
    shift = generator.uniform(-shift_pixels, shift_pixels, (count, 2))
    cosine, sine, zero = np.cos(angle), np.sin(angle), np.zeros(count)
    turned = np.moveaxis(np.array([[cosine, -sine], [sine, cosine]]), -1, 0)
    leant = np.moveaxis(np.array([[scale[:, 0], lean], [zero, scale[:, 1]]]), -1, 0)
    linear = turned @ leant
    centre = np.full(2, (size - 1) / 2)
    offset = centre - linear @ centre + shift
    return np.column_stack(
        [linear[:, 0], offset[:, 0], linear[:, 1], offset[:, 1], zero, zero]
    ).astype("float32")


def random_affine(
    images: np.ndarray,
    generator: np.random.Generator,
    shift_pixels: float = 0,
    degrees: float = 0,
    zoom: float = 0,
    shear: float = 0,
) -> np.ndarray:
    """Turn, lean, stretch and move each image a little, each in its own way.

    The new pixels are interpolated between the four nearest old ones; paper (0) moves in.

    Parameters
    ----------
    images : float array of shape (N, H, W, C) with H equal to W
    generator, shift_pixels, degrees, zoom, shear : as in :func:`affine_matrices`

    Returns
    -------
    float32 array of the shape of ``images``

    Raises
    ------
    ValueError
        If the images have other axes, or a range is negative.
    """
    import tensorflow as tf

    if images.ndim != 4 or images.shape[1] != images.shape[2]:
        raise ValueError(
            f"images must have the axes (N, H, W, C) with H equal to W, got {images.shape}."
        )
    matrices = affine_matrices(
        len(images), generator, images.shape[1], shift_pixels, degrees, zoom, shear
    )
    moved = np.empty(images.shape, "float32")
    for start in range(0, len(images), IMAGES_AT_ONCE):
        some = slice(start, start + IMAGES_AT_ONCE)
        moved[some] = tf.raw_ops.ImageProjectiveTransformV3(
            images=tf.constant(images[some], tf.float32),
            transforms=matrices[some],
            output_shape=images.shape[1:3],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
        )
    return moved


def compiled(config: TrainingConfig, image_count: int) -> keras.Model:
    """Build the recipe's network and compile it for training on so many images."""
    model = network(config)
    steps = config.epochs * -(-image_count // config.batch_size)
    rate = config.peak_rate
    if config.warm_up is not None:
        rate = one_cycle(rate, steps, config.warm_up)
    if config.optimizer == "adam":
        optimizer = keras.optimizers.Adam(rate)
    else:
        optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True)
    model.compile(
        optimizer=optimizer,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=config.steps_per_execution,
        jit_compile=False,  # compiling for the processor takes longer than these runs
    )
    return model


def train(
    config: TrainingConfig,
    images: np.ndarray,
    labels: np.ndarray,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Build and train one network.

    Parameters
    ----------
    images : float32 array of shape (N, 28, 28, 1), pixels in [0, 1]
    labels : integer array of shape (N,), from 0 to 9
    seed : seed of the starting weights, of the order of the digits and of how they are moved
    callbacks : passed to ``fit``; where digits are changed, ``fit`` is called once an epoch
    """
    moves = {name: getattr(config, name) for name in ("shift_pixels", "degrees", "zoom", "shear")}
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    model = compiled(config, len(images))
    options = {"batch_size": config.batch_size, "verbose": 0, "callbacks": list(callbacks)}
    if config.changes_digits:
        for epoch in range(config.epochs):
            moved = random_affine(images, generator, **moves)
            model.fit(moved, labels, initial_epoch=epoch, epochs=epoch + 1, **options)
    else:
        model.fit(images, labels, epochs=config.epochs, **options)
    return model


def train_ensemble(
    config: TrainingConfig, count: int, images: np.ndarray, labels: np.ndarray, seed: int
) -> list[keras.Model]:
    """Train several networks; no two ensembles of this size with other seeds share one."""
    return [train(config, images, labels, count * seed + number) for number in range(count)]


def probabilities(
    models: Sequence[keras.Model], images: np.ndarray, view_shift: int = 0
) -> np.ndarray:
    """Average the networks' answers, and those to shifted views of each image.

    Parameters
    ----------
    models : one network or more, from images to probabilities
    images : array of shape (N, 28, 28, 1)
    view_shift : pixels; 0 reads each image once, more reads it in nine places, moved by this or
        not at all along each axis

    Returns
    -------
    float array of shape (N, 10), rows that sum to 1
    """
    if not models:
        raise ValueError("models must hold one network or more, got none.")
    steps = (-view_shift, 0, view_shift) if view_shift else (0,)
    total = np.zeros((len(images), 10))
    for start in range(0, len(images), IMAGES_READ_AT_ONCE):
        some = slice(start, start + IMAGES_READ_AT_ONCE)
        for down in steps:
            for right in steps:
                view = transforms.shift(images[some], down, right)
                for model in models:
                    total[some] += keras.ops.convert_to_numpy(model(view, training=False))
    return total / (len(steps) ** 2 * len(models))


# The article's network, with biases and without normalisation, by the article's config.
ARTICLE = TrainingConfig(
    blocks=((32, 3, True), (64, 3, True)),
    hidden_units=128,
    normalise=False,
    pool_first=False,
    batch_size=32,
    epochs=5,
    peak_rate=0.001,
    warm_up=None,
    steps_per_execution=1,
)
FAST = TrainingConfig(blocks=((16, 5, True), (32, 3, True), (64, 3, False)), crop=2, epochs=2)
SMALL = TrainingConfig(
    blocks=((24, 5, True), (48, 3, False), (64, 3, True), (112, 3, False)),
    crop=2,
    epochs=6,
    shift_pixels=1,
    degrees=8,
    zoom=0.08,
    shear=0.1,
    view_shift=1,
)
# The recipe "accurate" averages so many of the small networks.
ACCURATE_NETWORKS = 7
RECIPES = {"fast": FAST, "small": SMALL, "accurate": SMALL}

# From the article's recipe to FAST and SMALL: what each step changes.
LADDER = {
    "article, one epoch": {"epochs": 1},
    "batches of 128": {"batch_size": 128},
    "a smaller network": {
        "blocks": ((16, 3, True), (32, 3, True), (64, 3, False)),
        "hidden_units": 0,
    },
    "batch normalisation": {"normalise": True},
    "pooling first": {"pool_first": True},
    "the margin cut off": {"crop": 2},
    "a first kernel of 5 x 5": {"blocks": FAST.blocks},
    "rate in one cycle": {"peak_rate": FAST.peak_rate, "warm_up": FAST.warm_up},
    "fewer calls to Python": {"steps_per_execution": FAST.steps_per_execution},
    "a second epoch": {"epochs": 2},
    "a deeper network": {"blocks": SMALL.blocks},
    "six epochs": {"epochs": SMALL.epochs},
    "digits moved": {
        name: getattr(SMALL, name) for name in ("shift_pixels", "degrees", "zoom", "shear")
    },
}


def ladder() -> dict[str, TrainingConfig]:
    """Return the recipes from the article's to SMALL, each with one change more, by its name.

    The last is SMALL but for the nine views, which change nothing in training.
    """
    config, steps = ARTICLE, {}
    for name, change in LADDER.items():
        config = dataclasses.replace(config, **change)
        steps[name] = config
    return steps
