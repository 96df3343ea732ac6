"""A detector of digits in scenes: targets, layers, losses and training.

CenterNet's idea at its smallest (Zhou, Wang and Kraehenbuehl, 2019, "Objects as Points").
"""

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from cnnbook import checks, classifiers, data
from cnnbook.applications import scenes
from cnnbook.applications.boxes import CLASSES, DISTANCES, STRIDE, cell_boxes, check_truth, middles

SIDE = scenes.SCENE_PIXELS // STRIDE  # cells of the grid along each axis
LEAST_AREA = 1e-7  # square pixels: no division by the area of a point
LOSS_WEIGHTS = {"heat": 1.0, "classes": 1.0, "boxes": 2.0}


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How to train a detector; a step takes as long for a scene of one digit as for one of six."""

    scene_count: int = 4_000  # drawn anew for each epoch
    epochs: int = 4
    min_digits: int = 3
    batch_size: int = 16
    peak_rate: float = 0.02  # of one cycle of Adam

    def __post_init__(self) -> None:
        """Refuse what would train nothing."""
        checks.number("peak_rate", self.peak_rate, least=0, open_=True)


def encode(boxes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn boxes (N, 6, 4) and labels (N, 6), -1 if unused, into what the network should say.

    heat (N, 24, 24, 10) is 1 at centres; targets (N, 24, 24, 6) are the edges of the box to which a
    cell belongs, its label, and the cell's share in it.
    """
    boxes, labels = check_truth(boxes, labels)
    images, rows = np.nonzero(labels >= 0)
    used, names = boxes[images, rows].astype(np.float32), labels[images, rows]
    if ((used < 0) | (used > scenes.SCENE_PIXELS)).any():
        raise ValueError(f"boxes must lie in the scene, from 0 to {scenes.SCENE_PIXELS} pixels.")
    heat = np.zeros((len(boxes), SIDE, SIDE, CLASSES), np.float32)
    targets = np.zeros((len(boxes), SIDE, SIDE, 6), np.float32)
    owner = np.full(targets.shape[:3], -1)
    grid = np.arange(SIDE, dtype=np.float32)
    for digit, (image, box, label) in enumerate(zip(images, used, names, strict=True)):
        centre = (box[:2] + box[2:]) / 2 / STRIDE  # x and y, in cells
        spread = np.maximum((box[2:] - box[:2]) / 12 / STRIDE, 0.4)
        cell = np.minimum(np.floor(centre), SIDE - 1)
        x, y = np.exp(-(((grid - cell[:, None]) / spread[:, None]) ** 2) / 2)
        heat[image, ..., label] = np.maximum(heat[image, ..., label], y[:, None] * x)
        away = grid + 0.5 - centre[:, None]
        x, y = np.exp(-(away**2) / 2) * (np.abs(away) <= 1.5)
        share = y[:, None] * x
        nearest = share > targets[image, ..., 5]
        targets[image, nearest] = [*box, label, 0]
        targets[image, nearest, 5] = share[nearest]
        owner[image, nearest] = digit
    owned = owner >= 0
    targets[owned, 5] /= np.bincount(owner[owned], targets[owned, 5])[owner[owned]]
    return heat, targets


def convolve(x, channels, kernel_size=3, stride=1, pool=1):
    """Convolve, pool if asked to, normalise, rectify."""
    x = layers.Conv2D(channels, kernel_size, stride, padding="same", use_bias=False)(x)
    if pool > 1:
        x = layers.MaxPooling2D(pool)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def features(inputs, coarse=64, kernel_size=3):
    """Go down to stride 8, look around, and come up again to stride 4: one hourglass."""
    x = convolve(inputs, 16, kernel_size=5, stride=2)  # 48 x 48
    x = convolve(x, 32, pool=2)  # 24 x 24
    fine = convolve(x, 32)
    x = convolve(fine, coarse, stride=2)  # 12 x 12
    for _ in range(2):
        x = layers.Add()([x, convolve(x, coarse, kernel_size)])
    x = layers.UpSampling2D(2)(convolve(x, 32, kernel_size=1))
    return convolve(layers.Add()([fine, x]), 48)


def centres(x, maps=1):
    """Ask in each cell whether a centre is here, one in a hundred at first."""
    prior = keras.initializers.Constant(np.log(0.01 / 0.99))
    return layers.Conv2D(maps, 1, bias_initializer=prior, name="heat")(x)


def build(coarse=64, kernel_size=3, side=scenes.SCENE_PIXELS) -> keras.Model:
    """Build the detector, for scenes (N, side, side, 1) from 0 to 1; the rest as in `features`."""
    inputs = keras.Input((side, side, 1))
    shared = features(inputs, coarse, kernel_size)
    outputs = {
        "heat": centres(shared),
        "classes": layers.Conv2D(10, 1, name="classes")(shared),
        "boxes": layers.Conv2D(4 * 15, 1, name="boxes")(shared),
    }
    return keras.Model(inputs, outputs)


def focal(heat, logits):
    """Return the focal loss of each cell (Law and Deng, 2018, equation 1)."""
    p = ops.sigmoid(logits)
    yes = (1 - p) ** 2 * ops.log_sigmoid(logits)
    no = (1 - heat) ** 4 * p**2 * ops.log_sigmoid(-logits)
    return -ops.where(heat == 1, yes, no)


def focal_loss(heat, logits):
    """Return the focal loss of each scene, for one digit in the mean; heat (N, 24, 24, maps)."""
    check_alike(heat, logits)
    return per_digit(focal(heat, logits), ops.cast(heat == 1, "float32"))


def class_loss(targets, logits):
    """Return the cross-entropy of the digits, (N,), in the cells that belong to one."""
    labels = ops.cast(targets[..., 4], "int32")
    losses = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return per_digit(targets[..., 5] * losses, targets[..., 5])


def giou(boxes, others):
    """Return the generalised IoU of boxes, pair by pair (Rezatofighi et al., 2019)."""
    first, last = boxes[..., :2], boxes[..., 2:]
    others_first, others_last = others[..., :2], others[..., 2:]
    sides = ops.minimum(last, others_last) - ops.maximum(first, others_first)
    shared = ops.prod(ops.relu(sides), axis=-1)
    areas = ops.prod(last - first, axis=-1) + ops.prod(others_last - others_first, axis=-1)
    union = areas - shared
    hull = ops.prod(ops.maximum(last, others_last) - ops.minimum(first, others_first), axis=-1)
    iou = shared / ops.maximum(union, LEAST_AREA)
    return iou - (hull - union) / ops.maximum(hull, LEAST_AREA)


def edge_losses(targets, outputs):
    """Return the mean cross-entropy of the four distances in each cell.

    A distance between two of the fifteen is shared between them (Li et al., 2020, equation 6).
    """
    middle = middles(SIDE, SIDE)
    away = ops.concatenate([middle - targets[..., :2], targets[..., 2:4] - middle], axis=-1)
    away = ops.clip(away, 0, DISTANCES[-1])[..., None]
    shares = ops.relu(1 - ops.abs(away - DISTANCES) / DISTANCES[1])
    scores = ops.reshape(outputs, (-1, SIDE, SIDE, 4, len(DISTANCES)))
    return ops.mean(-ops.sum(shares * ops.log_softmax(scores), axis=-1), axis=-1)


def box_loss(targets, outputs):
    """Return 1 - GIoU, plus half the loss of the edges, (N,); outputs (N, 24, 24, 60)."""
    check_alike(targets[..., 0], outputs[..., 0])
    losses = 1 - giou(targets[..., :4], cell_boxes(outputs))
    losses += 0.5 * edge_losses(targets, outputs)
    return per_digit(targets[..., 5] * losses, targets[..., 5])


def per_digit(losses, digits):
    """Sum the losses of each scene, and divide by the mean number of digits in one."""
    axes = tuple(range(1, len(losses.shape)))
    return ops.sum(losses, axis=axes) / ops.maximum(ops.mean(ops.sum(digits, axis=axes)), 1)


def check_alike(one, other) -> None:
    """Refuse shapes that would be broadcast; a graph may not know every size."""
    if any(a != b for a, b in zip(one.shape, other.shape, strict=True) if None not in (a, b)):
        raise ValueError(f"targets and outputs must be alike, got {one.shape} and {other.shape}.")


LOSSES = {"heat": focal_loss, "classes": class_loss, "boxes": box_loss}


class Batches(keras.utils.PyDataset):
    """New scenes of the digits for each epoch, in batches, with their targets."""

    def __init__(self, config: TrainingConfig, images: np.ndarray, labels: np.ndarray, seed: int):
        super().__init__()
        self.config, self.images, self.labels, self.seed = config, images, labels, seed
        self.epoch = -1
        self.on_epoch_end()

    def __len__(self) -> int:
        """Count the batches of an epoch; the last may be smaller."""
        return -(-self.config.scene_count // self.config.batch_size)

    def __getitem__(self, number: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the pixels of a batch, and what the network should say of them."""
        size = self.config.batch_size
        some = slice(number * size, (number + 1) * size)
        heat, targets = encode(self.drawn.boxes[some], self.drawn.labels[some])
        wanted = {"heat": heat.max(axis=-1, keepdims=True), "classes": targets, "boxes": targets}
        return data.scale_pixels(self.drawn.images[some]), wanted

    def on_epoch_end(self) -> None:
        """Draw the scenes of the next epoch, if there is one."""
        self.epoch += 1
        if self.epoch < self.config.epochs:
            count, least = self.config.scene_count, self.config.min_digits
            seed = 1_000 * self.seed + self.epoch
            self.drawn = scenes.draw_scenes(self.images, self.labels, count, seed, least)


def fit(model, batches: Batches, losses=LOSSES, callbacks: Sequence = ()) -> keras.Model:
    """Train a network on batches, with one cycle of Adam."""
    config = batches.config
    rate = classifiers.one_cycle(config.peak_rate, config.epochs * len(batches), warm_up=0.2)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=losses,
        loss_weights={name: LOSS_WEIGHTS[name] for name in losses},
        jit_compile=False,
    )
    model.fit(batches, epochs=config.epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return model


def train(
    config: TrainingConfig, images: np.ndarray, labels: np.ndarray, seed: int, callbacks=()
) -> keras.Model:
    """Train a new detector on scenes of digits, uint8 (M, 28, 28), and return it."""
    keras.utils.set_random_seed(seed)
    return fit(build(), Batches(config, images, labels, seed), callbacks=callbacks)
