"""What a learner can get wrong about scenes and boxes, and what would run on in silence."""

import numpy as np
import pytest
import tensorflow as tf

from cnnbook.applications import boxes, scenes
from cnnbook.detection import metrics, network

BOX, SCORE, ZERO = np.array([[0, 0, 10, 10.0]]), np.array([0.5]), np.array([0])
SWAPPED, NAN = np.array([[10, 0, 0, 10.0]]), np.array([[0, 0, np.nan, 10]])
ONE = boxes.Detections(ZERO, BOX, SCORE, ZERO)
DIGITS, LABELS = np.full((2, 28, 28), 255, np.uint8), np.array([0, 1])
HEAT, EDGES = np.zeros((1, 24, 24, 10)), np.zeros((1, 24, 24, 4))
GRID = np.zeros((2, 24, 24, 60), "float32")
INK = np.zeros((2, 28, 28), np.uint8)
INK[:, 14, 14] = 128  # faint: nothing is left of it between the pixels of the enlargement


def draw(images=DIGITS, labels=LABELS, count=1, seed=0, min_digits=1):
    return scenes.draw_scenes(images, labels, count, seed, min_digits)


REFUSED = {
    "scaled digits": (lambda: draw(images=DIGITS / 255), "uint8 .*, got float64"),
    "other sizes": (lambda: draw(images=DIGITS[:, :20]), r"\(2, 28, 28\), got uint8 \(2, 20, 28\)"),
    "too many labels": (lambda: draw(labels=np.array([0, 1, 2])), "one for each label"),
    "no digit": (lambda: draw(labels=np.array([0, 10])), "labels must be from 0 to 9"),
    "no scene": (lambda: draw(count=0), "count must be 1 or more"),
    "no seed": (lambda: draw(seed=None), "seed must be an integer"),
    "too many digits": (lambda: draw(min_digits=7), "min_digits must be from 1 to 6"),
    "no ink": (lambda: draw(images=0 * DIGITS), "too little ink in image"),
    "faint ink": (lambda: [draw(images=INK, seed=n) for n in range(9)], "too little ink in image"),
    "swapped edges": (lambda: boxes.iou(SWAPPED, BOX), "boxes must be x_min, y_min, x_max, y_max"),
    "swapped others": (lambda: boxes.iou(BOX, SWAPPED), "others must be x_min, y_min"),
    "one box": (lambda: boxes.iou(BOX[0], BOX), r"boxes must have the axes \(N, 4\)"),
    "one scene": (lambda: boxes.decode(HEAT[0], EDGES), r"axes \(N, rows, columns, classes\)"),
    "three edges": (lambda: boxes.iou(BOX[:, :3], BOX), "boxes must be x_min"),
    "no edge": (lambda: boxes.iou(NAN, BOX), "boxes must hold finite numbers"),
    "a scene below 0": (lambda: boxes.Detections(-1 - ZERO, BOX, SCORE, ZERO), "images must be"),
    "boxes swapped": (lambda: boxes.Detections(ZERO, SWAPPED, SCORE, ZERO), "boxes must be x_min"),
    "no score": (lambda: boxes.Detections(ZERO, BOX, SCORE * np.nan, ZERO), "scores must hold fin"),
    "whole scores": (lambda: boxes.Detections(ZERO, BOX, ZERO, ZERO), "scores must be an array"),
    "label 10": (lambda: boxes.Detections(ZERO, BOX, SCORE, ZERO + 10), "labels must be from 0"),
    "label 1.5": (lambda: boxes.Detections(ZERO, BOX, SCORE, ZERO + 1.5), "labels must be an arr"),
    "two labels": (lambda: boxes.Detections(ZERO, BOX, SCORE, LABELS), "as many images, boxes"),
    "no probability": (lambda: boxes.decode(HEAT * np.nan, EDGES), "heat must hold finite"),
    "counts for heat": (lambda: boxes.decode(HEAT.astype(int), EDGES), "heat must be an array of"),
    "even square": (lambda: boxes.decode(HEAT, EDGES, 2), "neighbourhood must be odd"),
    "finer edges": (lambda: boxes.decode(HEAT, EDGES.repeat(2, 1)), "a box for each cell"),
    "percent": (lambda: boxes.decode(HEAT, EDGES, 3, 50), "least_score must be .* 1 or less"),
    "percent of IoU": (lambda: boxes.batched_nms(ONE, 50), "iou_threshold must be .* 1 or less"),
    "threshold 0": (lambda: boxes.match(ONE, BOX[None], ZERO[None], [0]), "above 0 and at most 1"),
    "threshold NaN": (lambda: boxes.match(ONE, BOX[None], ZERO[None], [np.nan]), "above 0 and at"),
    "true box swapped": (lambda: boxes.match(ONE, SWAPPED[None], ZERO[None]), "boxes must be x"),
    "true label 10": (lambda: boxes.match(ONE, BOX[None], ZERO[None] + 10), "from -1 to 9"),
    "true label 0.5": (lambda: boxes.match(ONE, BOX[None], ZERO[None] + 0.5), "labels must be an"),
    "outside": (lambda: network.encode(10 * BOX[None], ZERO[None]), "must lie in the scene"),
    "no box": (lambda: network.encode(NAN[None], ZERO[None]), "boxes must hold finite numbers"),
    "ten maps for one": (lambda: network.focal_loss(GRID[..., :1], GRID), "must be alike"),
    "scenes for one": (lambda: network.box_loss(GRID[:1, ..., :6], GRID), "must be alike"),
    "one for scenes": (lambda: network.box_loss(GRID[..., :6], GRID[:1]), "must be alike"),
    "no rate": (lambda: network.TrainingConfig(peak_rate=0), "peak_rate must be .* above 0"),
    "ten thresholds": (
        lambda: metrics.precision_recall(ONE, np.ones((1, 10), bool), ZERO[None], 0),
        r"right must have the axes \(K,\), got the shape \(1, 10\)",
    ),
    "swapped curve": (
        lambda: metrics.interpolated(np.array([0.1, 0.5]), np.array([1, 0.8])),
        "recall must never fall",
    ),
    "curve in percent": (
        lambda: metrics.interpolated(np.array([100, 50]), np.array([0.1, 0.5])),
        "from 0 to 1",
    ),
    "scaled scenes": (
        lambda: boxes.predict(network.build(), GRID[..., 0]),
        "images must be a uint8",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_would_be_wrong_in_silence_is_refused(mistake):
    call, sentence = REFUSED[mistake]
    with pytest.raises((TypeError, ValueError), match=sentence):
        call()


REFUSED_BY_LIBRARIES = {
    "no scenes": (lambda: boxes.match(ONE, np.zeros((0, 1, 4)), np.zeros((0, 1), int)), "index 0"),
    "two labels for a box": (lambda: boxes.match(ONE, BOX[None], np.zeros((1, 2), int)), "index"),
    "two answers for a box": (
        lambda: metrics.precision_recall(ONE, np.array([True, True]), ZERO[None], 0),
        "boolean index",
    ),
    "too few edges": (lambda: boxes.cell_boxes(GRID[..., :59]), "reshape"),
    "one target for two": (lambda: network.class_loss(GRID[..., :6], GRID[:1, ..., :10]), "shape"),
    "digits for scenes": (lambda: boxes.predict(network.build(), DIGITS), "incompatible with the"),
    "a seed below 0": (
        lambda: network.train(network.TrainingConfig(1, 1), DIGITS, LABELS, seed=-1),
        "Seed must be",
    ),
    "no epoch": (
        lambda: network.train(network.TrainingConfig(1, 0), DIGITS, LABELS, seed=0),
        "decay_steps",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED_BY_LIBRARIES)
def test_the_libraries_refuse_the_rest(mistake):
    call, words = REFUSED_BY_LIBRARIES[mistake]
    with pytest.raises((IndexError, ValueError, tf.errors.InvalidArgumentError), match=words):
        call()
