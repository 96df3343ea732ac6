"""Training of small classifiers of digits: a network, its schedule and its changed digits as data.

The chapter "Train faster and better" explains each choice, and what it buys.
"""

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np

from cnnbook import transforms

MOVES = ("shift_pixels", "degrees", "zoom", "shear")


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
    hidden_units : units of a dense layer before the last, 0 for none
    batch_size, epochs : as in ``keras.Model.fit``
    optimizer : "adam", or "sgd" for Nesterov's momentum of 0.9
    peak_rate : the largest learning rate
    warm_up : share of all steps in which the rate rises, see `one_cycle`; None keeps it constant
    shift_pixels, degrees, zoom, shear : how far `transforms.random_affine` moves each digit, anew
        in each epoch; all zero leaves the digits as they are
    steps_per_execution : as in ``keras.Model.compile``
    """

    blocks: tuple[tuple[int, int, bool], ...]
    crop: int = 0
    normalise: bool = True
    pool_first: bool = True
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
    steps_per_execution: int = 8

    def __post_init__(self) -> None:
        """Refuse what Keras would train all the same: no convolution, no epoch, a rate of zero."""
        if not self.blocks or self.epochs < 1 or not self.peak_rate > 0:
            raise ValueError(
                "blocks must hold one or more, epochs be 1 or more and peak_rate be positive, "
                f"got {self.blocks}, {self.epochs} and {self.peak_rate}."
            )


FAST = TrainingConfig(blocks=((16, 5, True), (32, 3, True), (64, 3, False)), crop=2, epochs=2)


def network(config: TrainingConfig) -> keras.Model:
    """Build the network, from pixels (N, 28, 28, 1) in [0, 1] to probabilities (N, 10)."""
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
    x = layers.Flatten()(x)
    if config.hidden_units:
        x = layers.Dense(config.hidden_units, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def one_cycle(
    peak_rate: float, steps: int, warm_up: float
) -> keras.optimizers.schedules.LearningRateSchedule:
    r"""Let the learning rate rise in a line, then fall along half a cosine.

    After :math:`w` = warm_up x steps it stands at its peak :math:`\eta`, and after that
    :math:`\eta_t = \eta \, (1 + \cos(\pi (t - w) / (T - w))) / 2`, with :math:`T` steps in all.
    A short form of the cycle of Smith and Topin (2019), "Super-convergence".
    """
    if not 0 <= warm_up < 1:
        raise ValueError(f"warm_up must be at least 0 and below 1, got {warm_up!r}.")
    rising = round(warm_up * steps)
    schedules = keras.optimizers.schedules
    if not rising:
        return schedules.CosineDecay(peak_rate, steps)
    return schedules.CosineDecay(
        peak_rate / 50, steps - rising, warmup_target=peak_rate, warmup_steps=rising
    )


def compiled(config: TrainingConfig, image_count: int) -> keras.Model:
    """Build the network and compile it for training on so many images."""
    model = network(config)
    steps = config.epochs * -(-image_count // config.batch_size)
    rate = config.peak_rate
    if config.warm_up is not None:
        rate = one_cycle(rate, steps, config.warm_up)
    optimizers = {
        "adam": keras.optimizers.Adam(rate),
        "sgd": keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
    }
    model.compile(
        optimizer=optimizers[config.optimizer],
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
    seed : of the starting weights, of the order of the digits and of how they are moved
    callbacks : for ``fit``, which is called once an epoch if the digits are moved
    """
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    model = compiled(config, len(images))
    options = {"batch_size": config.batch_size, "verbose": 0, "callbacks": list(callbacks)}
    moves = {name: getattr(config, name) for name in MOVES}
    if not any(moves.values()):
        model.fit(images, labels, epochs=config.epochs, **options)
        return model
    for epoch in range(config.epochs):
        moved = transforms.random_affine(images, generator, **moves)
        model.fit(moved, labels, initial_epoch=epoch, epochs=epoch + 1, **options)
    return model


def probabilities(models: Sequence[keras.Model], images: np.ndarray) -> np.ndarray:
    """Average the networks' answers to images (N, 28, 28, 1): (N, 10), rows that sum to 1."""
    parts = np.split(images, range(500, len(images), 500))  # few enough to need no memory

    def answers(model: keras.Model) -> np.ndarray:
        return np.concatenate([np.asarray(model(part, training=False), float) for part in parts])

    return sum(map(answers, models)) / len(models)
