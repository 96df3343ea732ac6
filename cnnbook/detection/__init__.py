"""Boxes, heat maps and average precision: what a detector of digits in scenes is made of.

The detector is CenterNet's idea at its smallest: a network that looks at a scene once and gives,
for each cell of a coarse grid, the probability that a digit of each class has its centre there, and
the box that such a digit would have (Zhou, Wang and Kraehenbuehl, 2019, "Objects as Points").
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np

from cnnbook import checks, classifiers
from cnnbook.applications import scenes

# Pixels between the centres of two cells of the output grid.
STRIDE = 4
# Cells of the grid along each axis.
SIDE = scenes.SCENE_PIXELS // STRIDE
CLASSES = 10
# A heat map falls to exp(-1/2) at this share of a box's side from its centre, or at LEAST_SPREAD
# cells, whichever is farther.
SPREAD = 1 / 12
LEAST_SPREAD = 0.4
# What the network says of each cell and class before it has learned (Lin et al., 2017).
PRIOR = 0.01
# Boxes are learned from the cells whose middle is at most so many cells from a digit's centre,
# along both axes.
REACH = 1.5
# The distances, in pixels, at which an edge can be from the middle of a cell.
BINS = 15
BIN_PIXELS = 2
EDGE_WEIGHT = 0.5
# Areas are divided by no less, in square pixels.
LEAST_AREA = 1e-7
# Epoch e of a training run with seed s draws its scenes with the seed 1000 s + e.
SEEDS_APART = 1_000
BIN_DISTANCES = BIN_PIXELS * np.arange(BINS, dtype="float32")
# COCO's ten thresholds and 101 recalls; as there, made by steps of 1/20 and 1/100.
IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
LEAST_SCORE = 0.01
MOST_PEAKS = 30


@dataclasses.dataclass(frozen=True)
class Detections:
    """K boxes found in some scenes.

    Parameters
    ----------
    images : int array of shape (K,): in which scene
    boxes : float array of shape (K, 4): x_min, y_min, x_max, y_max in pixels
    scores : float array of shape (K,), from 0 to 1
    labels : int array of shape (K,), from 0 to 9

    Notes
    -----
    A slice, an array of places or a mask picks some of the detections. A single int takes the axis
    away as well: what comes back holds four entries without length, and is of no use to the other
    functions; ``detections[3:4]`` is the fourth detection as a list of one.
    """

    images: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.scores)

    def __getitem__(self, which: np.ndarray | slice) -> Detections:
        """Return some of the detections: those at these places, or where this mask is true.

        Parameters
        ----------
        which : a slice, an int array or a bool array of shape (K,)
        """
        return Detections(*(getattr(self, field.name)[which] for field in dataclasses.fields(self)))

    def of(self, image: int) -> Detections:
        """Return the detections in one scene."""
        return self[self.images == image]


def iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every box with every other.

    Parameters
    ----------
    boxes : array of shape (N, 4): x_min, y_min, x_max, y_max
    others : array of shape (M, 4)

    Returns
    -------
    float64 array of shape (N, M), from 0 to 1; 0 for two boxes without area

    Raises
    ------
    TypeError
        If an array holds no numbers.
    ValueError
        If it has another shape, or a box is not finite or ends before it begins.
    """
    boxes, others = _checked("boxes", boxes)[:, None], _checked("others", others)[None]
    first = np.maximum(boxes[..., :2], others[..., :2])
    last = np.minimum(boxes[..., 2:], others[..., 2:])
    shared = np.clip(last - first, 0, None).prod(axis=-1)
    union = _areas(boxes) + _areas(others) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[..., 2:] - boxes[..., :2]).prod(axis=-1)


def _checked(name: str, boxes: np.ndarray) -> np.ndarray:
    """Return boxes as float64, or refuse them."""
    boxes = checks.array(name, boxes, "uif", "(N, 4)").astype(float)
    if boxes.shape[1] != 4:
        raise ValueError(f"{name} must have the shape (N, 4), got {boxes.shape}.")
    swapped = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if swapped.any():
        raise ValueError(
            f"{name} must hold x_min, y_min, x_max, y_max with each minimum at most its maximum, "
            f"got {boxes[swapped][0]}."
        )
    return boxes


def _checked_truth(boxes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the boxes of scenes, and their labels as int64, or refuse them.

    Only the boxes of used rows are looked at: what stands in the others does not matter.
    """
    boxes = checks.array("boxes", boxes, "uif", "(N, digits, 4)", finite=False)
    labels = checks.array("labels", labels, "ui", "(N, digits)")
    if boxes.shape[2] != 4 or labels.shape != boxes.shape[:2]:
        raise ValueError(
            "boxes and labels must have the shapes (N, digits, 4) and (N, digits), "
            f"got {boxes.shape} and {labels.shape}."
        )
    if labels.size and (labels.min() < -1 or labels.max() >= CLASSES):
        raise ValueError(
            f"labels must be from -1 to 9, got values from {labels.min()} to {labels.max()}."
        )
    labels = labels.astype(np.int64)
    _checked("boxes", boxes[labels >= 0])
    return boxes, labels


def _checked_found(detections: Detections) -> Detections:
    """Return detections as arrays, of the types that they have, or refuse them."""
    if not isinstance(detections, Detections):
        raise TypeError(f"detections must be Detections, got {type(detections).__name__}.")
    images = checks.array("detections.images", detections.images, "ui", "(K,)")
    if images.size and images.min() < 0:
        raise ValueError(f"detections.images must be 0 or more, got {images.min()}.")
    checks.labels("detections.labels", detections.labels, CLASSES - 1)
    _checked("detections.boxes", detections.boxes)
    checks.array("detections.scores", detections.scores, "uif", "(K,)")
    parts = [np.asarray(getattr(detections, f.name)) for f in dataclasses.fields(detections)]
    lengths = [len(part) for part in parts]
    if len(set(lengths)) > 1:
        raise ValueError(
            "detections must hold as many images, boxes, scores and labels, "
            f"got {', '.join(map(str, lengths))}."
        )
    return Detections(*parts)


def _check_grids(**grids) -> None:
    """Refuse grids that do not belong together: each a tensor, and what a cell may hold.

    Sizes that a graph does not know yet are taken to be right.
    """
    shapes = {}
    for name, (grid, numbers) in grids.items():
        if not hasattr(grid, "shape"):
            raise TypeError(f"{name} must be a tensor or an array, got {type(grid).__name__}.")
        shape = shapes[name] = tuple(grid.shape)
        allowed = ((None, SIDE), (None, SIDE), (None, *numbers))
        if len(shape) != 4 or any(
            size not in sizes for size, sizes in zip(shape[1:], allowed, strict=True)
        ):
            wanted = " or ".join(f"(N, {SIDE}, {SIDE}, {number})" for number in numbers)
            raise ValueError(f"{name} must have the shape {wanted}, got {shape}.")
    if len({shape[0] for shape in shapes.values()} - {None}) > 1:
        raise ValueError(
            f"{' and '.join(shapes)} must hold as many scenes, "
            f"got the shapes {' and '.join(map(str, shapes.values()))}."
        )


def _check_maps(heat, logits) -> None:
    """Refuse heat maps and logits of unequal shapes."""
    _check_grids(heat=(heat, (1, CLASSES)), logits=(logits, (1, CLASSES)))
    if len({heat.shape[-1], logits.shape[-1]} - {None}) > 1:
        raise ValueError(
            "heat and logits must have as many maps, "
            f"got the shapes {tuple(heat.shape)} and {tuple(logits.shape)}."
        )


def encode(boxes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Turn the boxes of scenes into what the network should say: heat maps, and boxes for cells.

    The heat map of a class is 1 in the cell that holds the centre of a digit of that class, and
    falls off around it like :math:`e^{-d_x^2 / 2\sigma_x^2 - d_y^2 / 2\sigma_y^2}`, with
    distances in cells and spreads in proportion to the box's sides; where two digits meet, the
    larger value counts.

    Parameters
    ----------
    boxes : float array of shape (N, 6, 4), as in `Scenes`; those of used rows
        must lie in the scene
    labels : int array of shape (N, 6), -1 in an unused row

    Returns
    -------
    heat : float32 array of shape (N, 24, 24, 10)
    targets : float32 array of shape (N, 24, 24, 6): the edges, in pixels, of the box to which a
        cell belongs (the nearest centre, at most 1.5 cells away along each axis), its label, and
        the weight of the cell; weights sum to 1 for each digit that owns a cell. Zeros elsewhere

    Raises
    ------
    TypeError
        If boxes holds no numbers, or labels no integers.
    ValueError
        If the shapes do not belong together, a label is not from -1 to 9, or the box of a used row
        is not finite, ends before it begins or leaves the scene.
    """
    boxes, labels = _checked_truth(boxes, labels)
    boxes, side = boxes.astype(np.float32), SIDE
    used = boxes[labels >= 0]
    outside = ((used < 0) | (used > scenes.SCENE_PIXELS)).any(axis=1)
    if outside.any():
        raise ValueError(
            f"boxes must lie in the scene, from 0 to {scenes.SCENE_PIXELS}, got {used[outside][0]}."
        )
    heat = np.zeros((len(boxes), side, side, CLASSES), np.float32)
    targets = np.zeros((len(boxes), side, side, 6), np.float32)
    images, rows = np.nonzero(labels >= 0)
    if not len(images):
        return heat, targets
    chosen, classes = boxes[images, rows], labels[images, rows]
    centres = (chosen[:, :2] + chosen[:, 2:]) / 2 / STRIDE  # (K, 2), in cells
    spreads = np.maximum(SPREAD * (chosen[:, 2:] - chosen[:, :2]) / STRIDE, LEAST_SPREAD)
    grid = np.arange(side, dtype=np.float32)
    cells = np.minimum(np.floor(centres), side - 1)
    bumps = np.exp(-(((grid - cells[..., None]) / spreads[..., None]) ** 2) / 2)  # (K, 2, side)
    distances = grid + 0.5 - centres[..., None]
    close = np.exp(-(distances**2) / 2) * (np.abs(distances) <= REACH)
    weights = close[:, 1, :, None] * close[:, 0, None, :]  # (K, side, side)
    for image, bump, label in zip(images, bumps, classes, strict=True):
        there = heat[image, :, :, label]
        np.maximum(there, bump[1, :, None] * bump[0, None, :], out=there)
    for image in np.unique(images):
        of_image = np.flatnonzero(images == image)
        competing = weights[of_image]
        owner = competing.argmax(axis=0)
        for place, which in enumerate(of_image):
            mine = np.where(owner == place, competing[place], 0)
            owned = mine > 0
            if owned.any():
                targets[image, owned, :4] = chosen[which]
                targets[image, owned, 4] = classes[which]
                targets[image, owned, 5] = mine[owned] / mine.sum()
    return heat, targets


def _middles() -> np.ndarray:
    """Return x and y of the middles of the cells, in cells: float32 array (24, 24, 2)."""
    middle = np.arange(SIDE, dtype="float32") + 0.5
    return np.stack(np.meshgrid(middle, middle), axis=-1)


def edge_logits(outputs):
    """Return the scores of where each edge of a box is, tensor of shape (N, 24, 24, 4, 15).

    Parameters
    ----------
    outputs : tensor of shape (N, 24, 24, 60)

    Raises
    ------
    TypeError
        If outputs is no tensor or array.
    ValueError
        If it has another shape.
    """
    _check_grids(outputs=(outputs, (4 * BINS,)))
    return keras.ops.reshape(outputs, (-1, SIDE, SIDE, 4, BINS))


def cell_boxes(outputs):
    r"""Turn the network's numbers for the cells into the edges of a box for each, in pixels.

    With 60 numbers a cell, the distances from the middle of the cell to the left, upper, right and
    lower edge have 15 possible values each, 0 to 28 pixels in steps of 2; the softmax of 15 numbers
    is a distribution over them, and its mean is the distance (Li et al., 2020, "Generalized Focal
    Loss").

    With four, the centre is the middle of the cell plus the first two, in cells, and the sides are
    the exponentials of the last two, in cells (Zhou, Wang and Kraehenbuehl, 2019, but for the
    exponential).

    Parameters
    ----------
    outputs : tensor of shape (N, 24, 24, 60) or (N, 24, 24, 4)

    Returns
    -------
    tensor of shape (N, 24, 24, 4): x_min, y_min, x_max, y_max

    Raises
    ------
    TypeError
        If outputs is no tensor or array.
    ValueError
        If it has another shape.
    """
    _check_grids(outputs=(outputs, (4, 4 * BINS)))
    ops, middles = keras.ops, _middles()
    if outputs.shape[-1] == 4:
        centres = middles + outputs[..., :2]
        # e^4 cells are 218 pixels: no step of training may make a side infinite.
        halves = ops.exp(ops.clip(outputs[..., 2:], -4, 4)) / 2
        return STRIDE * ops.concatenate([centres - halves, centres + halves], axis=-1)
    distances = ops.sum(ops.softmax(edge_logits(outputs)) * BIN_DISTANCES, axis=-1)
    return ops.concatenate(
        [STRIDE * middles - distances[..., :2], STRIDE * middles + distances[..., 2:]], axis=-1
    )


def focal_loss(heat, logits):
    r"""Return the penalty-reduced focal loss of heat maps, one number a scene.

    :math:`-(1 - p)^2 \log p` where the target is 1, and :math:`-(1 - y)^4 p^2 \log(1 - p)`
    elsewhere, summed over cells and classes and divided by the mean number of digits a scene (Law
    and Deng, 2018, equation 1; Zhou, Wang and Kraehenbuehl, 2019, equation 1).

    Parameters
    ----------
    heat : tensor of shape (N, 24, 24, 10) or (N, 24, 24, 1), from 0 to 1
    logits : tensor of the same shape

    Returns
    -------
    tensor of shape (N,)

    Raises
    ------
    TypeError
        If an argument is no tensor or array.
    ValueError
        If the shapes are others.
    """
    _check_maps(heat, logits)
    probability = keras.ops.sigmoid(logits)
    log_yes, log_no = keras.ops.log_sigmoid(logits), keras.ops.log_sigmoid(-logits)
    is_centre = keras.ops.cast(heat == 1, "float32")
    yes = is_centre * (1 - probability) ** 2 * log_yes
    # At a centre (1 - heat) is 0: the second term needs no mask.
    no = (1 - heat) ** 4 * probability**2 * log_no
    return _per_digit(-(yes + no), is_centre)


def binary_loss(heat, logits):
    """Return the plain binary cross-entropy of "a centre is here", one number a scene.

    As :func:`focal_loss`, without its weights: 1 at the centres and 0 in every other cell.

    Parameters
    ----------
    heat, logits : as in :func:`focal_loss`

    Returns
    -------
    tensor of shape (N,)

    Raises
    ------
    TypeError
        If an argument is no tensor or array.
    ValueError
        If the shapes are others.
    """
    _check_maps(heat, logits)
    is_centre = keras.ops.cast(heat == 1, "float32")
    log_yes, log_no = keras.ops.log_sigmoid(logits), keras.ops.log_sigmoid(-logits)
    return _per_digit(-(is_centre * log_yes + (1 - is_centre) * log_no), is_centre)


def _per_digit(losses, is_centre):
    """Sum over all but the scenes, and divide by the mean number of digits a scene."""
    axes = (1, 2, 3)
    digits = keras.ops.mean(keras.ops.sum(is_centre, axis=axes))
    return keras.ops.sum(losses, axis=axes) / keras.ops.maximum(digits, 1)


def class_loss(targets, logits):
    """Return the cross-entropy of the classes of cells that belong to a digit, one number a scene.

    Parameters
    ----------
    targets : tensor of shape (N, 24, 24, 6), see :func:`encode`
    logits : tensor of shape (N, 24, 24, 10)

    Returns
    -------
    tensor of shape (N,)

    Raises
    ------
    TypeError
        If an argument is no tensor or array.
    ValueError
        If the shapes are others.
    """
    _check_grids(targets=(targets, (6,)), logits=(logits, (CLASSES,)))
    labels = keras.ops.one_hot(keras.ops.cast(targets[..., 4], "int32"), CLASSES)
    losses = keras.ops.categorical_crossentropy(labels, logits, from_logits=True)
    return _weighted(losses, targets[..., 5])


def giou_loss(targets, outputs):
    r"""Return 1 minus the generalised IoU of the boxes of cells, one number a scene.

    :math:`\mathrm{GIoU} = \mathrm{IoU} - \frac{|C| - |A \cup B|}{|C|}`, with *C* the smallest box
    that holds both (Rezatofighi et al., 2019), weighted by the cells' weights and divided by their
    sum.

    Parameters
    ----------
    targets : tensor of shape (N, 24, 24, 6), see :func:`encode`
    outputs : tensor of shape (N, 24, 24, 60) or (N, 24, 24, 4), see :func:`cell_boxes`

    Returns
    -------
    tensor of shape (N,)

    Raises
    ------
    TypeError
        If an argument is no tensor or array.
    ValueError
        If the shapes are others.
    """
    _check_grids(targets=(targets, (6,)), outputs=(outputs, (4, 4 * BINS)))
    ops = keras.ops
    true, found = targets[..., :4], cell_boxes(outputs)
    shared = ops.prod(
        ops.relu(
            ops.minimum(true[..., 2:], found[..., 2:]) - ops.maximum(true[..., :2], found[..., :2])
        ),
        axis=-1,
    )
    hull = ops.prod(
        ops.maximum(true[..., 2:], found[..., 2:]) - ops.minimum(true[..., :2], found[..., :2]),
        axis=-1,
    )
    areas = [ops.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (true, found)]
    union = areas[0] + areas[1] - shared
    # Where no digit is, the true box has no area, and a found one may have none either.
    generalised = shared / ops.maximum(union, LEAST_AREA)
    generalised -= (hull - union) / ops.maximum(hull, LEAST_AREA)
    return _weighted(1 - generalised, targets[..., 5])


def edge_loss(targets, outputs):
    """Return the cross-entropy of the distances of the edges, one number a scene.

    A true distance lies between two of the possible ones, and counts as a mixture of both: the
    nearer, the more (Li et al., 2020, equation 6). The mean over the four edges, weighted as in
    :func:`giou_loss`.

    Parameters
    ----------
    targets : tensor of shape (N, 24, 24, 6), see :func:`encode`
    outputs : tensor of shape (N, 24, 24, 60), see :func:`cell_boxes`

    Returns
    -------
    tensor of shape (N,)

    Raises
    ------
    TypeError
        If an argument is no tensor or array.
    ValueError
        If the shapes are others.
    """
    _check_grids(targets=(targets, (6,)), outputs=(outputs, (4 * BINS,)))
    ops, middles = keras.ops, STRIDE * _middles()
    distances = ops.concatenate([middles - targets[..., :2], targets[..., 2:4] - middles], axis=-1)
    distances = ops.clip(distances, 0, BIN_DISTANCES[-1])
    # A tent of width BIN_PIXELS to each side: 1 in all, on the two neighbours.
    shares = ops.relu(1 - ops.abs(distances[..., None] - BIN_DISTANCES) / BIN_PIXELS)
    surprises = -ops.sum(shares * ops.log_softmax(edge_logits(outputs)), axis=-1)
    return _weighted(ops.mean(surprises, axis=-1), targets[..., 5])


def box_loss(targets, outputs):
    """Return the GIoU loss plus, where edges are distributions, half the cross-entropy of these.

    Parameters
    ----------
    targets : tensor of shape (N, 24, 24, 6), see :func:`encode`
    outputs : tensor of shape (N, 24, 24, 60) or (N, 24, 24, 4), see :func:`cell_boxes`

    Returns
    -------
    tensor of shape (N,)

    Raises
    ------
    TypeError
        If an argument is no tensor or array.
    ValueError
        If the shapes are others.
    """
    loss = giou_loss(targets, outputs)
    if outputs.shape[-1] == 4:
        return loss
    return loss + EDGE_WEIGHT * edge_loss(targets, outputs)


def _weighted(losses, weights):
    """Sum the weighted losses of each scene; divide by the mean weight a scene."""
    total = keras.ops.mean(keras.ops.sum(weights, axis=(1, 2)))
    return keras.ops.sum(weights * losses, axis=(1, 2)) / keras.ops.maximum(total, 1)


HEAT_LOSSES = {"focal": focal_loss, "binary": binary_loss}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What to build and how to train it.

    Parameters
    ----------
    scene_count : training scenes an epoch
    epochs : how many times so many scenes are drawn and learned from
    min_digits : training scenes are asked for so many digits or more: a step takes as long for one
        digit as for six
    batch_size, peak_rate : scenes a step; largest learning rate of one cycle of Adam, above 0
    fine : channels at strides 2 and 4: three numbers
    coarse : channels at stride 8, one number a convolution
    coarse_kernel : 3, or 1 for a small receptive field
    distributions : a distribution for each edge of a box; False for four numbers a box
    heat_loss : "focal" or "binary"
    softmax : one heat map for digits of any class, and a softmax over the classes in each cell;
        False for a heat map a class
    box_weight : the loss is that of the heat maps plus this times that of the boxes; 0 or more

    Raises
    ------
    TypeError
        If a number, a tuple or a truth value is none.
    ValueError
        If it is out of range, or no choice.
    """

    scene_count: int = 4_000
    epochs: int = 4
    min_digits: int = 3
    batch_size: int = 16
    peak_rate: float = 0.02
    fine: tuple[int, int, int] = (16, 32, 48)
    coarse: tuple[int, ...] = (64, 64, 64)
    coarse_kernel: int = 3
    distributions: bool = True
    heat_loss: str = "focal"
    softmax: bool = True
    box_weight: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what could not be trained."""
        for name in ("scene_count", "epochs", "batch_size"):
            checks.integer(name, getattr(self, name))
        checks.integer("min_digits", self.min_digits, most=scenes.MAX_DIGITS)
        checks.number("peak_rate", self.peak_rate, least=0, open_=True)
        checks.number("box_weight", self.box_weight, least=0)
        for name, wanted in (("fine", "three"), ("coarse", "one or more")):
            channels = getattr(self, name)
            if not isinstance(channels, (tuple, list)):
                raise TypeError(f"{name} must be a tuple of integers, got {channels!r}.")
            if not channels or (name == "fine" and len(channels) != 3):
                raise ValueError(f"{name} must hold {wanted} numbers, got {channels!r}.")
            for number in channels:
                checks.integer(f"each number of {name}", number)
        checks.integer("coarse_kernel", self.coarse_kernel)
        if self.coarse_kernel not in (1, 3):
            raise ValueError(f"coarse_kernel must be 1 or 3, got {self.coarse_kernel!r}.")
        for name in ("distributions", "softmax"):
            if not isinstance(getattr(self, name), (bool, np.bool_)):
                raise TypeError(f"{name} must be True or False, got {getattr(self, name)!r}.")
        if self.heat_loss not in list(HEAT_LOSSES):
            raise ValueError(
                f"heat_loss must be one of {', '.join(HEAT_LOSSES)}, got {self.heat_loss!r}."
            )


def _check_recipe(recipe: object) -> None:
    if not isinstance(recipe, Recipe):
        raise TypeError(f"recipe must be a Recipe, got {type(recipe).__name__}.")


def _convolve(x, channels: int, kernel_size: int = 3, stride: int = 1, pool: bool = False):
    """Convolution, pooling if asked for, batch normalisation, ReLU; padded at the edges."""
    layers = keras.layers
    x = layers.Conv2D(channels, kernel_size, stride, padding="same", use_bias=False)(x)
    if pool:
        x = layers.MaxPooling2D(2)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))


def network(recipe: Recipe) -> keras.Model:
    """Build the detector: down to stride 8, up again to stride 4, and three heads.

    Input (N, 96, 96, 1) with pixels in [0, 1]; outputs ``heat`` (N, 24, 24, 1), ``classes`` (N, 24,
    24, 10), both logits, and ``boxes`` (N, 24, 24, 60), see :func:`cell_boxes`. Without softmax,
    ``heat`` has ten maps and there are no ``classes``. Weights start at random from Keras's global
    seed. Not compiled.

    Parameters
    ----------
    recipe : the channels and the kernel of the convolutions, and what the heads give

    Raises
    ------
    TypeError
        If recipe is no Recipe.
    """
    _check_recipe(recipe)
    layers = keras.layers
    inputs = keras.Input((scenes.SCENE_PIXELS, scenes.SCENE_PIXELS, 1))
    x = _convolve(inputs, recipe.fine[0], kernel_size=5, stride=2)
    x = _convolve(x, recipe.fine[1], pool=True)
    fine = x = _convolve(x, recipe.fine[1])
    x = _convolve(x, recipe.coarse[0], stride=2)
    for channels in recipe.coarse[1:]:
        y = _convolve(x, channels, recipe.coarse_kernel)
        x = layers.Add()([x, y]) if x.shape == y.shape else y
    x = layers.UpSampling2D(2)(_convolve(x, recipe.fine[1], kernel_size=1))
    x = _convolve(layers.Add()([fine, x]), recipe.fine[2])
    start = keras.initializers.Constant(float(np.log(PRIOR / (1 - PRIOR))))
    maps = 1 if recipe.softmax else CLASSES
    outputs = {"heat": layers.Conv2D(maps, 1, bias_initializer=start, name="heat")(x)}
    if recipe.softmax:
        outputs["classes"] = layers.Conv2D(CLASSES, 1, name="classes")(x)
    if recipe.distributions:
        outputs["boxes"] = layers.Conv2D(4 * BINS, 1, name="boxes")(x)
    else:  # a digit of average size at first, e^1.6 = 5 cells a side
        size = layers.Conv2D(4, 1, name="four")(x) + np.array([0, 0, 1.6, 1.6], "float32")
        outputs["boxes"] = layers.Identity(name="boxes")(size)
    return keras.Model(inputs, outputs)


class Batches(keras.utils.PyDataset):
    """New scenes for each epoch, in batches, with their targets encoded batch by batch.

    Parameters
    ----------
    images, labels : the digits to draw scenes from, see `draw_scenes`
    recipe : how many scenes an epoch, how many a batch, and what the network is asked for
    seed : seed of the scenes, from 0 to 2**32 - 1

    Raises
    ------
    TypeError
        If an argument is of another kind.
    ValueError
        If seed is out of range, or no scene can be drawn from images and labels.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, recipe: Recipe, seed: int):
        _check_recipe(recipe)
        seed = checks.seed("seed", seed)
        super().__init__()
        self.images, self.labels = images, labels
        self.recipe, self.seed, self.epoch = recipe, seed, -1
        self.on_epoch_end()

    def __len__(self) -> int:
        """Return the number of batches an epoch; the last may be smaller."""
        return -(-self.recipe.scene_count // self.recipe.batch_size)

    def __getitem__(self, number: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the images of a batch, and what the network should say of them."""
        some = slice(number * self.recipe.batch_size, (number + 1) * self.recipe.batch_size)
        heat, targets = encode(self.drawn.boxes[some], self.drawn.labels[some])
        wanted = {"heat": heat, "boxes": targets}
        if self.recipe.softmax:
            wanted |= {"heat": heat.max(axis=-1, keepdims=True), "classes": targets}
        return scaled(self.drawn.images[some]), wanted

    def on_epoch_end(self) -> None:
        """Draw the scenes of the next epoch, if there is one."""
        self.epoch += 1
        if self.epoch < self.recipe.epochs:
            self.drawn = scenes.draw_scenes(
                self.images,
                self.labels,
                self.recipe.scene_count,
                seed=SEEDS_APART * self.seed + self.epoch,
                min_digits=self.recipe.min_digits,
            )


def scaled(images: np.ndarray) -> np.ndarray:
    """Return images of scenes with a channel, and pixels in [0, 1].

    Parameters
    ----------
    images : uint8 array of shape (N, 96, 96)

    Returns
    -------
    float32 array of shape (N, 96, 96, 1)

    Raises
    ------
    TypeError
        If images is no uint8 array.
    ValueError
        If it has another shape.
    """
    side = scenes.SCENE_PIXELS
    kind = images.dtype if isinstance(images, np.ndarray) else type(images).__name__
    if kind != np.uint8:
        raise TypeError(f"images must be a uint8 array (N, {side}, {side}), got {kind}.")
    if images.ndim != 3 or images.shape[1:] != (side, side):
        raise ValueError(
            f"images must be a uint8 array (N, {side}, {side}), got the shape {images.shape}."
        )
    return images[..., None].astype("float32") / np.float32(255)


def train(
    recipe: Recipe,
    images: np.ndarray,
    labels: np.ndarray,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Build a detector and train it on scenes, which are drawn anew for each epoch.

    Parameters
    ----------
    recipe : what to do
    images, labels : the digits to draw scenes from, see `draw_scenes`
    seed : seed of the starting weights and of the scenes, from 0 to 2**32 - 1
    callbacks : passed to ``fit``

    Raises
    ------
    TypeError
        If an argument is of another kind.
    ValueError
        If seed is out of range, or no scene can be drawn from images and labels.

    Notes
    -----
    ``keras.utils.set_random_seed`` also seeds the global generators of Python, NumPy and
    TensorFlow: random numbers that the caller draws from them afterwards follow from seed.
    """
    _check_recipe(recipe)
    seed = checks.seed("seed", seed)
    keras.utils.set_random_seed(seed)
    model = network(recipe)
    batches = Batches(images, labels, recipe, seed)
    losses = {"heat": HEAT_LOSSES[recipe.heat_loss], "boxes": box_loss}
    weights = {"heat": 1.0, "boxes": recipe.box_weight}
    if recipe.softmax:
        losses, weights = losses | {"classes": class_loss}, weights | {"classes": 1.0}
    rate = classifiers.one_cycle(recipe.peak_rate, recipe.epochs * len(batches), warm_up=0.2)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=losses,
        loss_weights=weights,
        jit_compile=False,
    )
    model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return model


def find_peaks(
    heat: np.ndarray,
    edges: np.ndarray,
    neighbourhood: int = 3,
    least_score: float = LEAST_SCORE,
    most: int = MOST_PEAKS,
) -> Detections:
    """Turn heat maps and a box for each cell into detections.

    A cell is a peak of a class if no cell in the square around it has a larger probability of that
    class. Its probability is the score.

    Parameters
    ----------
    heat : array of shape (N, 24, 24, 10), probabilities
    edges : array of shape (N, 24, 24, 4), in pixels; boxes are cut at the edges of the scene
    neighbourhood : side of the square, in cells: odd; 1 takes every cell for a peak
    least_score : peaks below it are left out; from 0 to 1
    most : at most so many peaks a scene, those with the largest scores; 0 or more

    Returns
    -------
    detections, scene by scene, from the largest score to the smallest

    Raises
    ------
    TypeError
        If heat holds no real numbers or edges no numbers, or another argument is of another kind.
    ValueError
        If the shapes do not belong together, a number is not finite, neighbourhood is not odd and
        positive, or least_score or most is out of range.
    """
    heat = checks.array("heat", heat, "f", "(N, rows, columns, classes)")
    edges = checks.array("edges", edges, "uif", "(N, rows, columns, 4)")
    if edges.shape != (*heat.shape[:3], 4):
        raise ValueError(
            "heat and edges must have the shapes (N, rows, columns, classes) and "
            f"(N, rows, columns, 4), got {heat.shape} and {edges.shape}."
        )
    checks.integer("neighbourhood", neighbourhood)
    if neighbourhood % 2 == 0:
        raise ValueError(f"neighbourhood must be odd and positive, got {neighbourhood!r}.")
    checks.number("least_score", least_score, 0, 1)
    checks.integer("most", most, least=0)
    largest, reach = heat, neighbourhood // 2
    for axis in (1, 2):  # the largest of a square is the largest of its rows' largest
        frame = [(0, 0)] * 4
        frame[axis] = (reach, reach)
        padded = np.pad(largest, frame, constant_values=-np.inf)
        windows = np.lib.stride_tricks.sliding_window_view(padded, neighbourhood, axis)
        largest = windows.max(axis=-1)
    found = []
    peaks = (heat == largest) & (heat >= least_score)
    for image in range(len(heat)):
        rows, columns, labels = np.nonzero(peaks[image])
        scores = heat[image, rows, columns, labels]
        order = np.argsort(-scores, kind="stable")[:most]
        rows, columns = rows[order], columns[order]
        boxes = edges[image, rows, columns].clip(0, scenes.SCENE_PIXELS)
        found.append((np.full(len(order), image), boxes, scores[order], labels[order]))
    if not found:
        return Detections(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0), np.zeros(0, int))
    return Detections(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def look(model: keras.Model, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a detector says of images: heat maps and a box for each cell.

    Parameters
    ----------
    model : a network as :func:`network` builds it
    images : uint8 array of shape (N, 96, 96); N may be 0

    Returns
    -------
    heat : float32 array of shape (N, 24, 24, 10), probabilities
    edges : float32 array of shape (N, 24, 24, 4), see :func:`cell_boxes`

    Raises
    ------
    TypeError
        If images is no uint8 array.
    ValueError
        If it has another shape.
    """
    pixels = scaled(images)
    if not len(pixels):  # predict refuses them
        heat, edges = (np.zeros((0, SIDE, SIDE, last), "float32") for last in (CLASSES, 4))
        return heat, edges
    outputs = model.predict(pixels, batch_size=50, verbose=0)
    heat = keras.ops.sigmoid(outputs["heat"])
    if "classes" in outputs:
        heat = heat * keras.ops.softmax(outputs["classes"])
    heat = keras.ops.convert_to_numpy(heat)
    return heat, keras.ops.convert_to_numpy(cell_boxes(outputs["boxes"]))


def non_maximum_suppression(
    boxes: np.ndarray, scores: np.ndarray, iou_threshold: float
) -> np.ndarray:
    """Choose boxes, best first, and drop each that overlaps a chosen one too much.

    Parameters
    ----------
    boxes : array of shape (K, 4)
    scores : array of shape (K,)
    iou_threshold : a box is dropped if its IoU with a box chosen before is larger

    Returns
    -------
    int array of the places of the boxes that stay, from the largest score to the smallest

    Raises
    ------
    TypeError
        If boxes or scores holds no numbers, or the threshold is none.
    ValueError
        If there is not one score for each box, a box is not finite or ends before it begins, a
        score is not finite, or the threshold is not from 0 to 1.
    """
    checks.number("iou_threshold", iou_threshold, 0, 1)
    boxes = _checked("boxes", boxes)
    scores = checks.array("scores", scores, "uif", "(K,)").astype(float)
    if len(boxes) != len(scores):
        raise ValueError(
            f"scores must hold one number for each of {len(boxes)} boxes, got {len(scores)}."
        )
    overlaps = iou(boxes, boxes)
    kept = []
    for candidate in np.argsort(-scores, kind="stable"):
        if not (overlaps[candidate, kept] > iou_threshold).any():
            kept.append(candidate)
    return np.array(kept, int)


def suppress(
    detections: Detections, iou_threshold: float = 0.5, across_classes: bool = False
) -> Detections:
    """Apply :func:`non_maximum_suppression` to every scene, class by class or to all at once.

    Parameters
    ----------
    detections : boxes found
    iou_threshold : as in :func:`non_maximum_suppression`
    across_classes : whether a box can be dropped for one of another class

    Returns
    -------
    the detections that stay, in the order in which they came

    Raises
    ------
    TypeError
        If detections are none, or an argument or one of their arrays is of another kind.
    ValueError
        If their arrays do not belong together or hold what cannot be, or the threshold is not from
        0 to 1.
    """
    detections = _checked_found(detections)
    checks.number("iou_threshold", iou_threshold, 0, 1)
    if not isinstance(across_classes, (bool, np.bool_)):
        raise TypeError(f"across_classes must be True or False, got {across_classes!r}.")
    kept = []
    for image in np.unique(detections.images):
        here = np.flatnonzero(detections.images == image)
        classes = np.unique(detections.labels[here])
        groups = [here] if across_classes else [here[detections.labels[here] == c] for c in classes]
        for group in groups:
            chosen = non_maximum_suppression(
                detections.boxes[group], detections.scores[group], iou_threshold
            )
            kept.append(group[chosen])
    return detections[np.sort(np.concatenate(kept))] if kept else detections


def match(
    detections: Detections,
    boxes: np.ndarray,
    labels: np.ndarray,
    iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> np.ndarray:
    """Decide which detections are right, at each threshold, as COCO does.

    Within a scene and a class, detections choose in the order of their scores: each takes the true
    box with the largest IoU that is not yet taken, if that IoU reaches the threshold. It is right
    if it got one.

    Parameters
    ----------
    detections : boxes found, in N scenes
    boxes : true boxes, array of shape (N, digits, 4)
    labels : int array of shape (N, digits), from 0 to 9, or -1 in an unused row
    iou_thresholds : T numbers, above 0 and at most 1

    Returns
    -------
    bool array of shape (K, T)

    Raises
    ------
    TypeError
        If detections are none, or an array holds what is no number, or labels no integers.
    ValueError
        If shapes do not belong together; a scene, a label or a threshold is out of range; or a box
        is not finite or ends before it begins.
    """
    detections = _checked_found(detections)
    boxes, labels = _checked_truth(boxes, labels)
    thresholds = checks.array("iou_thresholds", iou_thresholds, "uif", "(T,)").astype(float)
    if not ((thresholds > 0) & (thresholds <= 1)).all():
        raise ValueError(f"iou_thresholds must be above 0 and at most 1, got {thresholds}.")
    if len(detections) and detections.images.max() >= len(labels):
        raise ValueError(
            f"detections must lie in the {len(labels)} scenes of labels, "
            f"got one in scene {detections.images.max()}."
        )
    right = np.zeros((len(detections), len(thresholds)), bool)
    # Narrow types would overflow here, and unsigned ones below.
    group = detections.images.astype(np.int64) * CLASSES + detections.labels.astype(np.int64)
    order = np.lexsort((np.arange(len(group)), -detections.scores.astype(float), group))
    ends = np.flatnonzero(np.diff(group[order])) + 1
    for chosen in np.split(order, ends) if len(order) else ():
        image, label = divmod(group[chosen[0]], CLASSES)
        true = boxes[image][labels[image] == label]
        if not len(true):
            continue
        free = np.ones((len(thresholds), len(true)), bool)
        for detection, overlaps in zip(chosen, iou(detections.boxes[chosen], true), strict=True):
            wanted = np.where(free & (overlaps >= thresholds[:, None]), overlaps, -1)
            # Of equal ones the last, as in COCO's own program.
            best = len(true) - 1 - wanted[:, ::-1].argmax(axis=1)
            got = wanted[np.arange(len(thresholds)), best] >= 0
            free[got, best[got]] = False
            right[detection] = got
    return right


def precision_recall(
    right: np.ndarray, scores: np.ndarray, true_count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall after each detection, from the largest score to the smallest.

    Parameters
    ----------
    right : bool array of shape (K,)
    scores : array of shape (K,)
    true_count : how many boxes there were to find, 1 or more

    Returns
    -------
    precision, recall : float arrays of shape (K,)

    Raises
    ------
    TypeError
        If right holds no truth values, scores no numbers, or true_count is no integer.
    ValueError
        If there is not one score for each entry of right, a score is not finite, or true_count is
        below 1 or below the number of right ones.
    """
    right = checks.array("right", right, "b", "(K,)")
    scores = checks.array("scores", scores, "uif", "(K,)").astype(float)
    if len(right) != len(scores):
        raise ValueError(
            f"scores must hold one number for each of {len(right)} detections, got {len(scores)}."
        )
    checks.integer("true_count", true_count)
    if np.count_nonzero(right) > true_count:
        raise ValueError(
            f"right must hold at most true_count={true_count} times True, "
            f"got {np.count_nonzero(right)}."
        )
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    return hits / np.arange(1, len(hits) + 1), hits / true_count


def interpolated(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """Return, at 101 recalls from 0 to 1, the largest precision at that recall or a larger one.

    Everingham et al. (2010) for the Pascal challenge at 11 recalls; COCO takes 101.

    Parameters
    ----------
    precision, recall : float arrays of shape (K,), from 0 to 1, as :func:`precision_recall` gives
        them: recall never falls

    Returns
    -------
    float array of shape (101,), 0 at recalls that are not reached

    Raises
    ------
    TypeError
        If an array holds no numbers.
    ValueError
        If the lengths differ, a number is not from 0 to 1, or recall falls.
    """
    precision = checks.array("precision", precision, "uif", "(K,)")
    recall = checks.array("recall", recall, "uif", "(K,)")
    if len(precision) != len(recall):
        raise ValueError(
            "precision and recall must have one length, "
            f"got {len(precision)} and {len(recall)} numbers."
        )
    for name, values in (("precision", precision), ("recall", recall)):
        if values.size and (values.min() < 0 or values.max() > 1):
            raise ValueError(
                f"{name} must be from 0 to 1, got values from {values.min()} to {values.max()}."
            )
    if (recall[1:] < recall[:-1]).any():
        raise ValueError("recall must never fall, got a number below the one before it.")
    best = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALLS, side="left")
    return np.append(best, 0.0)[places]


def average_precisions(
    detections: Detections,
    boxes: np.ndarray,
    labels: np.ndarray,
    iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> np.ndarray:
    """Return COCO's average precision of each class at each threshold.

    Parameters
    ----------
    detections, boxes, labels, iou_thresholds : as in :func:`match`

    Returns
    -------
    float array of shape (T, 10); NaN for a class that is in no scene. ``numpy.nanmean`` of it is
    COCO's mAP@[.5:.95], of its first row mAP@0.5.

    Raises
    ------
    TypeError, ValueError
        As :func:`match`.
    """
    detections = _checked_found(detections)
    boxes, labels = _checked_truth(boxes, labels)
    right = match(detections, boxes, labels, iou_thresholds)
    result = np.full((right.shape[1], CLASSES), np.nan)
    for label in range(CLASSES):
        true_count = np.count_nonzero(labels == label)
        mine = detections.labels == label
        if true_count:
            for row, column in enumerate(right.T):
                curve = precision_recall(column[mine], detections.scores[mine], true_count)
                result[row, label] = interpolated(*curve).mean()
    return result


# Of the stored results, of their comparisons, and of the chapter.
FULL = Recipe()
SHORT = dataclasses.replace(FULL, scene_count=1_200, epochs=3)
LIVE = dataclasses.replace(FULL, scene_count=2_000, epochs=3)
