"""Detectors with one part replaced: what each part is worth. Nothing else differs."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from cnnbook import data
from cnnbook.applications import boxes
from cnnbook.detection import network


class Variant:
    """The detector as it is; the others change what they name."""

    losses = network.LOSSES
    batches = network.Batches

    def build(self) -> keras.Model:
        """Build the network."""
        return network.build()

    def cell_boxes(self, outputs):
        """Turn the numbers of the cells into boxes."""
        return boxes.cell_boxes(outputs)

    def train(self, config: network.TrainingConfig, images, labels, seed: int) -> keras.Model:
        """Train as `cnnbook.detection.network.train` does."""
        keras.utils.set_random_seed(seed)
        return network.fit(self.build(), self.batches(config, images, labels, seed), self.losses)

    def predict(self, model: keras.Model, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities and boxes, as `cnnbook.applications.boxes.predict` does."""
        outputs = model.predict(data.scale_pixels(images), batch_size=50, verbose=0)
        heat = ops.sigmoid(outputs["heat"])
        if "classes" in outputs:
            heat = heat * ops.softmax(outputs["classes"])
        return np.asarray(heat), np.asarray(self.cell_boxes(outputs["boxes"]))


def binary_loss(heat, logits):
    """Return the plain cross-entropy of "a centre is here", where `focal_loss` has weights."""
    centre = ops.cast(heat == 1, "float32")
    surprises = centre * ops.log_sigmoid(logits) + (1 - centre) * ops.log_sigmoid(-logits)
    return network.per_digit(-surprises, centre)


class Binary(Variant):
    """Binary cross-entropy."""

    losses = network.LOSSES | {"heat": binary_loss}


class SmallField(Variant):
    """Kernels of 1 x 1 at stride 8, and three times the channels."""

    def build(self) -> keras.Model:
        """Build the network."""
        return network.build(coarse=192, kernel_size=1)


MAP_LOSSES = {name: network.LOSSES[name] for name in ("heat", "boxes")}


class MapBatches(network.Batches):
    """Ten heat maps, and no classes."""

    def __getitem__(self, number: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the pixels of a batch, and what the network should say of them."""
        size = self.config.batch_size
        some = slice(number * size, (number + 1) * size)
        heat, targets = network.encode(self.drawn.boxes[some], self.drawn.labels[some])
        return data.scale_pixels(self.drawn.images[some]), {"heat": heat, "boxes": targets}


class Maps(Variant):
    """CenterNet's heat map a class, in place of one with a softmax."""

    losses = MAP_LOSSES
    batches = MapBatches

    def build(self) -> keras.Model:
        """Build the network."""
        inputs = keras.Input((96, 96, 1))
        shared = network.features(inputs)
        heat = network.centres(shared, maps=10)
        edges = layers.Conv2D(4 * 15, 1, name="boxes")(shared)
        return keras.Model(inputs, {"heat": heat, "boxes": edges})


def four_boxes(outputs):
    """Turn four numbers a cell into boxes: a shift of the centre, the logarithms of the sides."""
    middle = boxes.middles(network.SIDE, network.SIDE)
    centres = middle + boxes.STRIDE * outputs[..., :2]
    # e^4 cells are 218 pixels: no step of training may make a side infinite.
    halves = boxes.STRIDE * ops.exp(ops.clip(outputs[..., 2:], -4, 4)) / 2
    return ops.concatenate([centres - halves, centres + halves], axis=-1)


def four_loss(targets, outputs):
    """Return 1 - GIoU, (N,)."""
    losses = 1 - network.giou(targets[..., :4], four_boxes(outputs))
    return network.per_digit(targets[..., 5] * losses, targets[..., 5])


class Four(Variant):
    """Boxes as four numbers, in place of a distribution for each edge."""

    losses = network.LOSSES | {"boxes": four_loss}

    def build(self) -> keras.Model:
        """Build the network; a digit has average size at first, e^1.6 = 5 cells a side."""
        inputs = keras.Input((96, 96, 1))
        shared = network.features(inputs)
        heat = network.centres(shared)
        classes = layers.Conv2D(10, 1, name="classes")(shared)
        size = layers.Conv2D(4, 1)(shared) + np.array([0, 0, 1.6, 1.6], "float32")
        four = layers.Identity(name="boxes")(size)
        return keras.Model(inputs, {"heat": heat, "classes": classes, "boxes": four})

    def cell_boxes(self, outputs):
        """Turn the numbers of the cells into boxes."""
        return four_boxes(outputs)


VARIANTS = {
    "as it is": Variant(),
    "binary cross-entropy": Binary(),
    "small field": SmallField(),
    "a heat map a class": Maps(),
    "boxes as four numbers": Four(),
}
