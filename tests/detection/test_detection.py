"""Boxes, targets, losses, peaks, suppression and average precision do what their names say."""

import contextlib
import dataclasses
import io

import keras
import numpy as np
import pytest

from cnnbook import data, detection
from cnnbook.applications import scenes


@pytest.fixture(scope="module")
def drawn() -> scenes.Scenes:
    (images, labels), _ = data.load_mnist()
    return scenes.draw_scenes(images[:2000], labels[:2000], 40, seed=3)


def found(boxes, scores, labels=None, images=None) -> detection.Detections:
    zeros = np.zeros(len(scores), int)
    return detection.Detections(
        zeros if images is None else np.asarray(images),
        np.asarray(boxes, float),
        np.asarray(scores, float),
        zeros if labels is None else np.asarray(labels),
    )


def noisy(drawn: scenes.Scenes, seed: int) -> detection.Detections:
    """Detections as a middling detector makes them: moved, mistaken, doubled, invented, missing."""
    generator = np.random.default_rng(seed)
    images, rows = np.nonzero(drawn.labels >= 0)
    keep = generator.random(len(images)) < 0.85
    images, rows = np.repeat(images[keep], 2), np.repeat(rows[keep], 2)
    labels = drawn.labels[images, rows].astype(int)
    mistaken = generator.random(len(labels)) < 0.2
    labels[mistaken] = generator.integers(0, 10, mistaken.sum())
    boxes = drawn.boxes[images, rows] + generator.normal(0, 1.5, (len(images), 4))
    boxes = np.concatenate([np.minimum(boxes[:, :2], boxes[:, 2:] - 1), boxes[:, 2:]], axis=1)
    # Rounded, so that some scores are equal.
    scores = generator.random(len(images)).round(2)
    return found(boxes, scores, labels, images)


# --- intersection over union


def test_iou_counts_pixels_of_boxes_with_whole_edges():
    generator = np.random.default_rng(0)
    first = generator.integers(0, 20, (30, 2))
    boxes = np.concatenate([first, first + generator.integers(1, 12, (30, 2))], axis=1)
    painted = np.zeros((30, 32, 32), bool)
    for picture, (left, top, right, bottom) in zip(painted, boxes, strict=True):
        picture[top:bottom, left:right] = True
    shared = (painted[:, None] & painted[None]).sum(axis=(2, 3))
    union = (painted[:, None] | painted[None]).sum(axis=(2, 3))
    np.testing.assert_allclose(detection.iou(boxes, boxes), shared / union, rtol=1e-12)


def test_iou_of_boxes_apart_touching_and_empty_is_zero():
    boxes = [[0, 0, 2, 2]]
    others = [[5, 5, 6, 6], [2, 0, 4, 2], [1, 1, 1, 1]]
    assert detection.iou(boxes, others).tolist() == [[0, 0, 0]]
    assert detection.iou([[1, 1, 1, 1]], [[1, 1, 1, 1]]) == 0


def test_iou_agrees_with_pycocotools():
    from pycocotools import mask

    corners = np.random.default_rng(1).random((50, 2, 2)) * 90
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    expected = mask.iou(sides, sides[:20], [0] * 20)
    np.testing.assert_allclose(detection.iou(boxes, boxes[:20]), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("boxes", "error", "message"),
    [
        ([1, 2, 3, 4], ValueError, r"must have the axes \(N, 4\), got the shape \(4,\)"),
        ([[1, 2, 3]], ValueError, r"must have the shape \(N, 4\), got \(1, 3\)"),
        ([[4, 0, 2, 2]], ValueError, "must hold .* each minimum at most"),
        ([[0, 0, np.nan, 1]], ValueError, "must hold finite numbers"),
        ([[0, 0, np.inf, 1]], ValueError, "must hold finite numbers"),
        ([["a", "b", "c", "d"]], TypeError, "must be an array of"),
        ([[0, 0, 1, 1], [0, 0]], TypeError, "must be an array of .* rows of unequal length"),
    ],
)
def test_iou_refuses_what_is_no_box(boxes, error, message):
    with pytest.raises(error, match=f"boxes {message}"):
        detection.iou(boxes, [[0, 0, 1, 1]])
    with pytest.raises(error, match=f"others {message}"):
        detection.iou([[0, 0, 1, 1]], boxes)


# --- targets


def test_a_heat_map_is_one_exactly_in_the_cell_of_each_centre(drawn):
    heat, _ = detection.encode(drawn.boxes, drawn.labels)
    centres = {
        (image, *np.floor(box.reshape(2, 2).mean(axis=0) / 4).astype(int)[::-1].tolist(), label)
        for image, (boxes, labels) in enumerate(zip(drawn.boxes, drawn.labels, strict=True))
        for box, label in zip(boxes, labels.tolist(), strict=True)
        if label >= 0
    }
    assert {tuple(place.tolist()) for place in np.argwhere(heat == 1)} == centres
    assert heat.dtype == np.float32 and heat.min() >= 0


def test_a_heat_map_falls_off_by_the_formula():
    box = np.zeros((1, 6, 4), "float32")
    box[0, 0] = 20, 30, 50, 74  # centre 35, 52: cell 8, 13; spreads 30/48 and 44/48 cells
    labels = np.array([[7] + [-1] * 5])
    heat, _ = detection.encode(box, labels)
    rows, columns = np.mgrid[:24, :24]
    expected = np.exp(-(((columns - 8) / (30 / 48)) ** 2 + ((rows - 13) / (44 / 48)) ** 2) / 2)
    np.testing.assert_allclose(heat[0, :, :, 7], expected, atol=1e-6)
    assert not np.delete(heat, 7, axis=3).any()


def test_a_cell_belongs_to_the_nearest_centre_and_the_weights_of_a_digit_sum_to_one(drawn):
    _, targets = detection.encode(drawn.boxes, drawn.labels)
    for boxes, labels, target in zip(drawn.boxes, drawn.labels, targets, strict=True):
        real = boxes[labels >= 0]
        centres = (real[:, :2] + real[:, 2:]) / 2
        for row, column in np.argwhere(target[..., 5] > 0):
            middle = np.array([4 * column + 2, 4 * row + 2])
            apart = np.abs(centres - middle)
            nearest = np.argmin((apart**2).sum(axis=1))
            np.testing.assert_array_equal(target[row, column, :4], real[nearest])
            assert apart[nearest].max() <= 1.5 * 4
        for box in real:
            mine = (target[..., :4] == box).all(axis=-1) & (target[..., 5] > 0)
            assert target[mine, 5].sum() == pytest.approx(1, abs=1e-5)


def test_scenes_without_digits_have_empty_targets():
    heat, targets = detection.encode(np.zeros((2, 6, 4)), np.full((2, 6), -1))
    assert not heat.any() and not targets.any()


def test_encode_refuses_labels_that_are_no_digits():
    with pytest.raises(ValueError, match="from -1 to 9, got values from -1 to 10"):
        detection.encode(np.zeros((1, 2, 4)), np.array([[10, -1]]))
    with pytest.raises(ValueError, match=r"labels must have the axes \(N, digits\)"):
        detection.encode(np.zeros((1, 2, 4)), np.array([1, -1]))


TRUE = [[[10, 10, 40, 40], [0, 0, 0, 0]]]  # one scene, one digit of two rows


@pytest.mark.parametrize(
    ("boxes", "labels", "error", "message"),
    [
        (TRUE, [[3]], ValueError, "boxes and labels must have the shapes"),
        (TRUE, [[3, -1], [3, -1]], ValueError, "boxes and labels must have the shapes"),
        (TRUE, [[3.0, -1.0]], TypeError, "labels must be an array of integers"),
        (TRUE, [[True, False]], TypeError, "labels must be an array of integers"),
        (TRUE, [[3, -2]], ValueError, "labels must be from -1 to 9, got values from -2 to 3"),
        (TRUE, [[10, -1]], ValueError, "labels must be from -1 to 9, got values from -1 to 10"),
        ([[[10, 10, np.nan, 40], [0] * 4]], [[3, -1]], ValueError, "boxes must hold finite"),
        ([[[10, 10, np.inf, 40], [0] * 4]], [[3, -1]], ValueError, "boxes must hold finite"),
        ([[[40, 10, 10, 40], [0] * 4]], [[3, -1]], ValueError, "boxes must .* each minimum"),
        ([[list("abcd")] * 2], [[3, -1]], TypeError, "boxes must be an array of"),
    ],
)
def test_encode_and_match_refuse_true_boxes_that_are_none(boxes, labels, error, message):
    for function in (
        detection.encode,
        lambda *truth: detection.match(found([[0, 0, 1, 1]], [1]), *truth),
        lambda *truth: detection.average_precisions(found([[0, 0, 1, 1]], [1]), *truth),
    ):
        with pytest.raises(error, match=message):
            function(boxes, labels)


@pytest.mark.parametrize("box", [[-1, 10, 40, 40], [10, 10, 40, 96.5], [100, 100, 120, 120]])
def test_encode_refuses_boxes_outside_the_scene(box):
    with pytest.raises(ValueError, match="boxes must lie in the scene, from 0 to 96"):
        detection.encode([[box]], [[3]])


def test_encode_takes_lists_boxes_to_the_edge_and_anything_in_unused_rows():
    expected = detection.encode(np.array(TRUE, np.float32), np.array([[3, -1]], np.int8))
    for unused in ([0, 0, 0, 0], [np.nan] * 4, [9, 9, -9, 999]):
        result = detection.encode([[TRUE[0][0], unused]], [[3, -1]])
        for ours, theirs in zip(result, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == np.float32
    assert detection.encode([[[0, 0, 96, 96]]], [[3]])[0].max() == 1


def test_encoded_boxes_are_found_again(drawn):
    """A perfect network's output, decoded, is what was encoded."""
    heat, targets = detection.encode(drawn.boxes, drawn.labels)
    detections = detection.find_peaks(heat, targets[..., :4], least_score=1)
    assert len(detections) == np.count_nonzero(drawn.labels >= 0)
    result = detection.average_precisions(detections, drawn.boxes, drawn.labels)
    assert np.nanmin(result) == 1


def test_the_boxes_of_cells_are_those_of_the_formula():
    outputs = np.zeros((1, 24, 24, 4), "float32")
    outputs[0, 5, 9] = 0.25, -0.5, np.log(6), np.log(3)
    box = keras.ops.convert_to_numpy(detection.cell_boxes(outputs))[0, 5, 9]
    x, y = 4 * (9.5 + 0.25), 4 * (5.5 - 0.5)
    np.testing.assert_allclose(box, [x - 12, y - 6, x + 12, y + 6], rtol=1e-5)


# --- losses


def test_the_focal_loss_is_its_formula():
    generator = np.random.default_rng(0)
    heat = generator.random((3, 24, 24, 10)).astype("float32")
    heat[0, 1, 2, 3] = heat[0, 5, 6, 7] = heat[2, 8, 8, 8] = 1
    logits = generator.normal(0, 2, heat.shape).astype("float32")
    p = 1 / (1 + np.exp(-logits.astype(float)))
    terms = np.where(
        heat == 1, (1 - p) ** 2 * np.log(p), (1 - heat.astype(float)) ** 4 * p**2 * np.log(1 - p)
    )
    ours = detection.focal_loss(keras.ops.convert_to_tensor(heat), logits)
    # Three digits in three scenes: one a scene.
    np.testing.assert_allclose(ours, -terms.sum(axis=(1, 2, 3)), rtol=1e-4)


def test_the_binary_loss_is_keras_s():
    generator = np.random.default_rng(1)
    heat = np.zeros((2, 24, 24, 10), "float32")
    heat[0, 3, 3, 3] = heat[1, 4, 4, 4] = 1
    logits = generator.normal(0, 2, heat.shape).astype("float32")
    expected = keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum")(
        heat[..., None], logits[..., None]
    )
    ours = detection.binary_loss(keras.ops.convert_to_tensor(heat), logits)
    assert float(np.sum(ours)) == pytest.approx(float(expected), rel=1e-4)


def test_the_giou_loss_is_zero_for_the_true_box_and_its_formula_elsewhere(drawn):
    _, targets = detection.encode(drawn.boxes[:3], drawn.labels[:3])
    outputs = np.random.default_rng(0).normal(0, 0.3, (3, 24, 24, 4)).astype("float32")
    boxes = keras.ops.convert_to_numpy(detection.cell_boxes(outputs))
    expected = np.zeros(3)
    for image, row, column in np.argwhere(targets[..., 5] > 0):
        one, other = targets[image, row, column, :4], boxes[image, row, column]
        overlap = detection.iou([one], [other])[0, 0]
        areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))
        union = areas / (1 + overlap)
        hull = np.prod(np.maximum(one[2:], other[2:]) - np.minimum(one[:2], other[:2]))
        loss = 1 - overlap + (hull - union) / hull
        expected[image] += targets[image, row, column, 5] * loss
    expected /= targets[..., 5].sum() / 3
    ours = detection.giou_loss(keras.ops.convert_to_tensor(targets), outputs)
    np.testing.assert_allclose(ours, expected, rtol=1e-4)


def one_box():
    box = np.zeros((1, 6, 4), "float32")
    box[0, 0] = 20, 30, 44, 62
    _, targets = detection.encode(box, np.array([[7] + [-1] * 5]))
    return keras.ops.convert_to_tensor(targets)


def test_the_true_boxes_as_four_numbers_have_no_loss():
    outputs = np.zeros((1, 24, 24, 4), "float32")
    middle = np.arange(24) + 0.5
    outputs[..., 0], outputs[..., 1] = 8 - middle[None, :], 11.5 - middle[:, None]
    outputs[..., 2:] = np.log([6, 8])
    assert float(detection.box_loss(one_box(), outputs)[0]) == pytest.approx(0, abs=1e-5)


def test_distributions_split_between_two_distances_give_the_true_box_and_the_least_loss():
    targets = one_box()
    # From the cell at 34, 46 the edges are 14, 16, 10 and 16 pixels away; from 30, 46: 10, 16, 14
    # and 16. All are multiples of 2; an odd distance would be split into halves.
    outputs = np.zeros((1, 24, 24, 4, 15), "float32")
    middle = 4 * (np.arange(24) + 0.5)
    for edge, distances in enumerate((middle - 20, middle - 30, 44 - middle, 62 - middle)):
        for place, distance in enumerate(distances.clip(0, 28)):
            at = (0, slice(None), place, edge) if edge % 2 == 0 else (0, place, slice(None), edge)
            outputs[(*at, int(distance) // 2)] += 30
    outputs = outputs.reshape(1, 24, 24, 60)
    assert float(detection.giou_loss(targets, outputs)[0]) == pytest.approx(0, abs=1e-4)
    assert float(detection.edge_loss(targets, outputs)[0]) == pytest.approx(0, abs=1e-4)
    uniform = np.zeros_like(outputs)
    assert float(detection.edge_loss(targets, uniform)[0]) == pytest.approx(np.log(15), rel=1e-4)


def test_an_odd_distance_is_half_one_neighbour_and_half_the_other():
    box = np.zeros((1, 6, 4), "float32")
    box[0, 0] = 21, 31, 43, 61  # all distances odd from the middles of cells, which are even
    _, targets = detection.encode(box, np.array([[7] + [-1] * 5]))
    ours = []
    for lower in (0.5, 0.9):
        outputs = np.full((1, 24, 24, 4, 15), -30, "float32")
        middle = 4 * (np.arange(24) + 0.5)
        for edge, distances in enumerate((middle - 21, middle - 31, 43 - middle, 61 - middle)):
            for place, distance in enumerate(distances.clip(0, 26)):
                at = (
                    (0, slice(None), place, edge)
                    if edge % 2 == 0
                    else (0, place, slice(None), edge)
                )
                outputs[(*at, int(distance) // 2)] = np.log(lower)
                outputs[(*at, int(distance) // 2 + 1)] = np.log(1 - lower)
        outputs = outputs.reshape(1, 24, 24, 60)
        ours.append(float(detection.edge_loss(keras.ops.convert_to_tensor(targets), outputs)[0]))
    assert ours[0] == pytest.approx(np.log(2), rel=1e-4)
    assert ours[1] == pytest.approx(-(np.log(0.9) + np.log(0.1)) / 2, rel=1e-4)


def test_the_class_loss_is_the_weighted_cross_entropy(drawn):
    _, targets = detection.encode(drawn.boxes[:3], drawn.labels[:3])
    logits = np.random.default_rng(0).normal(0, 2, (3, 24, 24, 10)).astype("float32")
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    true = np.take_along_axis(logs, targets[..., 4:5].astype(int), axis=-1)[..., 0]
    expected = -(targets[..., 5] * true).sum(axis=(1, 2)) / (targets[..., 5].sum() / 3)
    ours = detection.class_loss(keras.ops.convert_to_tensor(targets), logits)
    np.testing.assert_allclose(ours, expected, rtol=1e-4)


def test_boxes_without_area_have_a_loss_and_a_gradient():
    """In the last cell, of weight 0, the true and the found box are points: 0/0 times 0."""
    import tensorflow as tf

    _, targets = detection.encode(np.array([[[10, 10, 40, 40.0]]]), np.array([[3]]))
    start = np.zeros((1, 24, 24, 60), "float32")
    start[0, 23, 23, [0, 15, 30, 45]] = 18
    outputs = tf.Variable(start)
    with tf.GradientTape() as tape:
        loss = detection.box_loss(tf.constant(targets), outputs)
    assert np.isfinite(loss.numpy()).all()
    assert np.isfinite(tape.gradient(loss, outputs).numpy()).all()
    # The loss is that of the other cells.
    plain = detection.box_loss(tf.constant(targets), np.zeros_like(start))
    np.testing.assert_array_equal(loss, plain)


GRID = np.zeros((2, 24, 24, 1), "float32")


def grid(*sizes):
    return np.zeros(sizes, "float32")


@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("focal_loss", (GRID, GRID[:, :1]), ValueError, r"logits must have the shape \(N, 24, 24"),
        ("focal_loss", (GRID[:1], GRID), ValueError, "heat and logits must hold as many scenes"),
        ("focal_loss", (GRID, grid(2, 24, 24, 10)), ValueError, "must have as many maps"),
        ("focal_loss", (grid(2, 24, 24), GRID), ValueError, "heat must have the shape"),
        ("focal_loss", ([[0]], GRID), TypeError, "heat must be a tensor or an array, got list"),
        ("binary_loss", (GRID, grid(2, 24, 24, 10)), ValueError, "must have as many maps"),
        ("binary_loss", (grid(2, 12, 24, 1), GRID), ValueError, "heat must have the shape"),
        ("cell_boxes", (grid(1, 12, 12, 60),), ValueError, "outputs must have the shape"),
        ("cell_boxes", (grid(1, 24, 12, 4),), ValueError, "outputs must have the shape"),
        ("cell_boxes", (grid(1, 24, 24, 5),), ValueError, "24, 4.* or .*24, 60.*, got"),
        ("cell_boxes", ([0],), TypeError, "outputs must be a tensor or an array, got list"),
        ("edge_logits", (grid(1, 24, 24, 4),), ValueError, "outputs must have the shape"),
        ("class_loss", (grid(1, 24, 24, 6), grid(1, 24, 24, 1)), ValueError, "logits must have"),
        ("giou_loss", (grid(1, 24, 24, 5), grid(1, 24, 24, 4)), ValueError, "targets must have"),
        ("giou_loss", (grid(1, 24, 24, 6), grid(2, 24, 24, 4)), ValueError, "as many scenes"),
        ("edge_loss", (grid(1, 24, 24, 6), grid(1, 24, 24, 4)), ValueError, "outputs must have"),
        ("box_loss", (grid(2, 24, 24, 6), grid(1, 24, 24, 60)), ValueError, "as many scenes"),
    ],
)
def test_grids_that_do_not_belong_together_are_refused(name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(detection, name)(*arguments)


def test_sizes_that_a_graph_does_not_know_yet_are_let_through():
    import tensorflow as tf

    unknown = tf.TensorSpec((None, None, None, None), "float32")
    traced = tf.function(detection.focal_loss, input_signature=[unknown, unknown])
    expected = detection.focal_loss(tf.constant(GRID), tf.constant(GRID))
    np.testing.assert_allclose(traced(GRID, GRID), expected, rtol=1e-6)


# --- peaks and suppression


def test_peaks_are_the_largest_of_their_neighbourhood_and_class():
    heat = np.full((1, 24, 24, 10), 0.001)
    heat[0, 10, 10, 3], heat[0, 10, 11, 3], heat[0, 10, 11, 4] = 0.9, 0.8, 0.7
    heat[0, 0, 23, 5] = 0.6  # in a corner
    edges = np.tile([10.0, 10, 200, 20], (1, 24, 24, 1))
    detections = detection.find_peaks(heat, edges)
    assert detections.scores.tolist() == [0.9, 0.7, 0.6]
    assert detections.labels.tolist() == [3, 4, 5]
    assert detections.boxes.max() == 96  # cut at the edge
    assert len(detection.find_peaks(heat, edges, neighbourhood=1)) == 4
    assert len(detection.find_peaks(heat, edges, most=2)) == 2
    assert len(detection.find_peaks(heat[:0], edges[:0])) == 0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"neighbourhood": 2}, ValueError, "neighbourhood must be odd"),
        ({"neighbourhood": 0}, ValueError, "neighbourhood must be 1 or more"),
        ({"neighbourhood": 3.0}, TypeError, "neighbourhood must be an integer"),
        ({"most": -1}, ValueError, "most must be 0 or more, got -1"),
        ({"most": 2.0}, TypeError, "most must be an integer"),
        ({"least_score": np.nan}, ValueError, "least_score must be a finite number"),
        ({"least_score": 50}, ValueError, "least_score must be .* 1 or less, got 50"),
        ({"least_score": None}, TypeError, "least_score must be a number"),
        ({"heat": np.full((1, 24, 24, 10), np.nan)}, ValueError, "heat must hold finite numbers"),
        ({"heat": np.zeros((1, 24, 24, 10), int)}, TypeError, "heat must be an array of real"),
        ({"heat": np.zeros((1, 24, 24, 10), bool)}, TypeError, "heat must be an array of real"),
        ({"heat": np.zeros((24, 24, 10))}, ValueError, "heat must have the axes"),
        ({"edges": np.zeros((24, 24, 4))}, ValueError, "edges must have the axes"),
        ({"edges": np.zeros((1, 12, 24, 4))}, ValueError, "heat and edges must have the shapes"),
        ({"edges": np.full((1, 24, 24, 4), np.inf)}, ValueError, "edges must hold finite numbers"),
    ],
)
def test_find_peaks_refuses_what_holds_no_peaks(change, error, message):
    arguments = {"heat": np.zeros((1, 24, 24, 10)), "edges": np.zeros((1, 24, 24, 4))} | change
    with pytest.raises(error, match=message):
        detection.find_peaks(**arguments)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7])
def test_suppression_agrees_with_tensorflow(threshold):
    import tensorflow as tf

    generator = np.random.default_rng(0)
    first = generator.random((200, 2)) * 60
    boxes = np.concatenate([first, first + 5 + generator.random((200, 2)) * 30], axis=1)
    scores = generator.random(200)
    ours = detection.non_maximum_suppression(boxes, scores, threshold)
    theirs = tf.image.non_max_suppression(boxes[:, [1, 0, 3, 2]], scores, 200, threshold)
    np.testing.assert_array_equal(ours, theirs)


def test_suppression_is_by_scene_and_by_class_unless_told_otherwise():
    boxes = [[0, 0, 10, 10]] * 4
    detections = found(boxes, [0.9, 0.8, 0.7, 0.6], labels=[1, 1, 2, 1], images=[0, 0, 0, 1])
    assert detection.suppress(detections).scores.tolist() == [0.9, 0.7, 0.6]
    kept = detection.suppress(detections, across_classes=True)
    assert kept.scores.tolist() == [0.9, 0.6]
    assert len(detection.suppress(detections[:0])) == 0
    assert kept.of(1).scores.tolist() == [0.6]


@pytest.mark.parametrize(
    ("boxes", "scores", "threshold", "error", "message"),
    [
        ([[0, 0, 1, 1]], [1], 50, ValueError, "iou_threshold must be .* 1 or less, got 50"),
        ([[0, 0, 1, 1]], [1], np.nan, ValueError, "iou_threshold must be a finite number"),
        ([[0, 0, 1, 1]], [1], "0.5", TypeError, "iou_threshold must be a number"),
        ([[0, 0, 1, 1]], [1, 2], 0.5, ValueError, "scores must hold one number for each of 1"),
        ([[0, 0, 1, 1]], [np.nan], 0.5, ValueError, "scores must hold finite numbers"),
        ([[0, 0, 1, 1]], [True], 0.5, TypeError, "scores must be an array of"),
        ([[0, 0, np.nan, 1]], [1], 0.5, ValueError, "boxes must hold finite numbers"),
    ],
)
def test_suppression_refuses_what_it_cannot_compare(boxes, scores, threshold, error, message):
    with pytest.raises(error, match=message):
        detection.non_maximum_suppression(boxes, scores, threshold)


def test_suppress_refuses_what_are_no_detections_and_no_truth_value():
    one = found([[0, 0, 1, 1]], [1])
    with pytest.raises(TypeError, match="detections must be Detections, got tuple"):
        detection.suppress((one.images, one.boxes, one.scores, one.labels))
    with pytest.raises(TypeError, match="across_classes must be True or False, got 'no'"):
        detection.suppress(one, across_classes="no")
    with pytest.raises(ValueError, match="iou_threshold must be"):
        detection.suppress(one[:0], 2)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint64, np.float32])
def test_scores_of_any_kind_are_ranked_from_the_largest(kind):
    scores = np.array([1, 3, 2], kind)
    apart = [[0, 0, 5, 5], [10, 10, 20, 20], [30, 30, 40, 40]]
    assert detection.non_maximum_suppression(apart, scores, 0.5).tolist() == [1, 2, 0]
    precision, _ = detection.precision_recall(np.array([False, True, False]), scores, 1)
    np.testing.assert_allclose(precision, [1, 1 / 2, 1 / 3])
    both = detection.Detections(np.zeros(2, int), np.array(apart[:1] * 2), scores[:2], [4, 4])
    right = detection.match(both, np.array([apart[:1]]), np.array([[4]]), [0.5])
    assert right[:, 0].tolist() == [False, True]


def test_one_detection_is_a_slice_of_one():
    two = found([[0, 0, 1, 1], [2, 2, 3, 3]], [0.9, 0.8], labels=[4, 5])
    assert len(two[1:2]) == 1 and two[1:2].labels.tolist() == [5]
    assert two[1].labels == 5 and two[1].boxes.shape == (4,)


# --- average precision


def test_each_true_box_is_taken_once_by_the_best_scored():
    true, labels = np.array([[[0, 0, 10, 10]]], float), np.array([[0]])
    detections = found([[0, 0, 10, 9], [0, 0, 10, 10]], [0.9, 0.8])
    assert detection.match(detections, true, labels, [0.5, 0.95]).tolist() == [
        [True, False],  # better scored, and its IoU is 0.9
        [False, True],
    ]


def test_precision_and_recall_of_a_list_that_can_be_counted_on_fingers():
    right = np.array([True, True, False, True, False])
    precision, recall = detection.precision_recall(right, np.array([5, 4, 3, 2, 1]), 4)
    np.testing.assert_allclose(precision, [1, 1, 2 / 3, 3 / 4, 3 / 5])
    np.testing.assert_allclose(recall, [1 / 4, 2 / 4, 2 / 4, 3 / 4, 3 / 4])
    best = detection.interpolated(precision, recall)
    # 51 recalls up to 0.5, 25 up to 0.75, and 25 that are not reached.
    assert best.sum() == pytest.approx(51 * 1 + 25 * 3 / 4)


def test_a_class_in_no_scene_counts_for_nothing_and_a_missed_one_for_zero():
    true, labels = np.array([[[0, 0, 10, 10], [20, 20, 30, 30]]], float), np.array([[0, 1]])
    result = detection.average_precisions(found([[0, 0, 10, 10]], [0.5]), true, labels)
    assert (result[:, 0] == 1).all() and (result[:, 1] == 0).all()
    assert np.isnan(result[:, 2:]).all()
    empty = found(np.zeros((0, 4)), [])
    assert np.nanmax(detection.average_precisions(empty, true, labels)) == 0


def coco(detections: detection.Detections, drawn: scenes.Scenes) -> np.ndarray:
    """Return pycocotools' average precision of each threshold and class."""
    import pycocotools.coco as coco_module
    import pycocotools.cocoeval as evaluation

    def sides(box):
        return [float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1])]

    def entry(number, image, label, box, **more):
        width, height = sides(box)[2:]
        return {
            "id": number, "image_id": int(image), "category_id": int(label), "bbox": sides(box),
            "area": width * height, "iscrowd": 0, **more,
        }  # fmt: skip

    images, rows = np.nonzero(drawn.labels >= 0)
    true = [
        entry(n + 1, i, drawn.labels[i, r], drawn.boxes[i, r].astype(float))
        for n, (i, r) in enumerate(zip(images, rows, strict=True))
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth, answers = coco_module.COCO(), coco_module.COCO()
        shared = {
            "images": [{"id": n} for n in range(len(drawn))],
            "categories": [{"id": n} for n in range(10)],
        }
        truth.dataset = shared | {"annotations": true}
        answers.dataset = shared | {
            "annotations": [
                entry(n + 1, image, label, box, score=float(score))
                for n, (image, box, score, label) in enumerate(
                    zip(
                        detections.images, detections.boxes, detections.scores, detections.labels,
                        strict=True,
                    )
                )
            ]
        }  # fmt: skip
        truth.createIndex()
        answers.createIndex()
        judge = evaluation.COCOeval(truth, answers, "bbox")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 2]  # all areas, 100 detections a scene
    return np.where(precision.min(axis=1) < 0, np.nan, precision.mean(axis=1))


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_agrees_with_pycocotools(drawn, seed):
    detections = noisy(drawn, seed)
    ours = detection.average_precisions(detections, drawn.boxes, drawn.labels)
    assert 0.05 < np.nanmean(ours) < 0.9  # a middling detector: the test has something to compare
    np.testing.assert_allclose(ours, coco(detections, drawn), rtol=0, atol=1e-9)


def test_detections_in_scenes_that_are_not_there_are_refused(drawn):
    with pytest.raises(ValueError, match="must lie in the 40 scenes"):
        detection.match(found([[0, 0, 1, 1]], [1], images=[40]), drawn.boxes, drawn.labels)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"images": [-1]}, ValueError, "detections.images must be 0 or more, got -1"),
        ({"images": [2]}, ValueError, "must lie in the 2 scenes"),
        ({"images": [0.0]}, TypeError, "detections.images must be an array of integers"),
        ({"labels": [10]}, ValueError, "detections.labels must be from 0 to 9, got values from 10"),
        ({"labels": [-10]}, ValueError, "detections.labels must be from 0 to 9"),
        ({"labels": [1.0]}, TypeError, "detections.labels must be an array of integers"),
        (
            {"labels": [1, 1]},
            ValueError,
            "as many images, boxes, scores and labels, got 1, 1, 1, 2",
        ),
        ({"boxes": [[0, 0, np.nan, 1]]}, ValueError, "detections.boxes must hold finite numbers"),
        ({"boxes": [[5, 0, 1, 1]]}, ValueError, "detections.boxes must .* each minimum"),
        ({"scores": [np.nan]}, ValueError, "detections.scores must hold finite numbers"),
        ({"scores": [True]}, TypeError, "detections.scores must be an array of"),
    ],
)
def test_detections_that_cannot_be_are_refused(change, error, message):
    parts = {"images": [0], "boxes": [[0, 0, 10, 10]], "scores": [0.5], "labels": [0]} | change
    detections = detection.Detections(**{name: np.array(part) for name, part in parts.items()})
    truth = np.array([[[0, 0, 10, 10]]] * 2), np.array([[0], [1]])
    for function in (detection.match, detection.average_precisions):
        with pytest.raises(error, match=message):
            function(detections, *truth)
    if change != {"images": [2]}:
        with pytest.raises(error, match=message):
            detection.suppress(detections)


@pytest.mark.parametrize(
    ("thresholds", "error", "message"),
    [
        (0.5, ValueError, r"iou_thresholds must have the axes \(T,\)"),
        ([[0.5]], ValueError, r"iou_thresholds must have the axes \(T,\)"),
        ([0.0], ValueError, "iou_thresholds must be above 0 and at most 1"),
        ([0.5, 50], ValueError, "iou_thresholds must be above 0 and at most 1"),
        ([np.nan], ValueError, "iou_thresholds must hold finite numbers"),
        (["half"], TypeError, "iou_thresholds must be an array of"),
    ],
)
def test_thresholds_that_are_no_shares_are_refused(thresholds, error, message):
    for function in (detection.match, detection.average_precisions):
        with pytest.raises(error, match=message):
            function(found([[0, 0, 1, 1]], [1]), TRUE, [[3, -1]], thresholds)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int32, list])
def test_narrow_integers_and_lists_match_like_any_others(drawn, kind):
    detections = noisy(drawn, 0)  # in 40 scenes: the places of scenes times ten overflow 8 bits
    expected = detection.average_precisions(detections, drawn.boxes, drawn.labels)
    if kind is list:
        truth = drawn.boxes.tolist(), drawn.labels.tolist()
        parts = [detections.images, detections.boxes, detections.scores, detections.labels]
        other = detection.Detections(*(part.tolist() for part in parts))
    else:
        truth = drawn.boxes, drawn.labels
        other = dataclasses.replace(
            detections, images=detections.images.astype(kind), labels=detections.labels.astype(kind)
        )
    np.testing.assert_array_equal(detection.average_precisions(other, *truth), expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([True, False], [0.5], 1), ValueError, "scores must hold one number for each of 2"),
        (([1, 0], [0.5, 0.4], 1), TypeError, "right must be an array of truth values"),
        (([True], [np.nan], 1), ValueError, "scores must hold finite numbers"),
        (([True], [True], 1), TypeError, "scores must be an array of"),
        (([True], 0.5, 1), ValueError, r"scores must have the axes \(K,\)"),
        (([True], [0.5], 0), ValueError, "true_count must be 1 or more, got 0"),
        (([True], [0.5], 1.0), TypeError, "true_count must be an integer"),
        (
            ([True, True], [0.5, 0.4], 1),
            ValueError,
            "right must hold at most true_count=1 .* got 2",
        ),
    ],
)
def test_precision_and_recall_refuse_lists_that_cannot_be(arguments, error, message):
    with pytest.raises(error, match=message):
        detection.precision_recall(*arguments)


@pytest.mark.parametrize(
    ("precision", "recall", "error", "message"),
    [
        ([1, 0.5], [0.5], ValueError, "one length, got 2 and 1 numbers"),
        ([[1]], [[0.5]], ValueError, r"precision must have the axes \(K,\)"),
        ([np.nan], [0.5], ValueError, "precision must hold finite numbers"),
        ([100], [0.5], ValueError, "precision must be from 0 to 1, got values from 100"),
        ([1, 1], [0.5, -0.5], ValueError, "recall must be from 0 to 1, got values from -0.5"),
        ([1, 1], [0.5, 0.4], ValueError, "recall must never fall"),
        (["a"], [0.5], TypeError, "precision must be an array of"),
    ],
)
def test_interpolation_refuses_what_is_no_curve(precision, recall, error, message):
    with pytest.raises(error, match=message):
        detection.interpolated(precision, recall)


def test_no_detections_have_no_precision_at_any_recall():
    precision, recall = detection.precision_recall([], [], 3)
    assert len(precision) == len(recall) == 0
    assert not detection.interpolated(precision, recall).any()


# --- the detector


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    (images, labels), _ = data.load_mnist()
    return images[:200], labels[:200]


def test_a_small_network_learns_to_find_digits(digits):
    recipe = detection.Recipe(
        scene_count=200, epochs=3, batch_size=8, fine=(8, 16, 16), coarse=(32, 32)
    )
    model = detection.train(recipe, *digits, seed=0)
    drawn = scenes.draw_scenes(*digits, 50, seed=9)
    heat, edges = detection.look(model, drawn.images)
    assert heat.shape == (50, 24, 24, 10) and edges.shape == (50, 24, 24, 4)
    assert heat.min() >= 0 and heat.max() <= 1
    # Of any class: what can be learned in 75 steps.
    centres = detection.encode(drawn.boxes, drawn.labels)[0].max(axis=-1) == 1
    total = heat.sum(axis=-1)
    assert total[centres].mean() > 4 * total[~centres].mean()


@pytest.mark.parametrize("distributions", [True, False])
@pytest.mark.parametrize("softmax", [True, False])
def test_every_kind_of_network_gives_probabilities_and_boxes(drawn, softmax, distributions):
    recipe = detection.Recipe(softmax=softmax, distributions=distributions)
    heat, edges = detection.look(detection.network(recipe), drawn.images[:2])
    assert heat.shape == (2, 24, 24, 10) and edges.shape == (2, 24, 24, 4)
    # What it says before it has learned: 1 % for each class, or for all ten together.
    total = heat.sum(axis=-1) if softmax else heat
    assert np.median(total) == pytest.approx(detection.PRIOR, abs=0.01)
    assert (edges[..., 2:] >= edges[..., :2]).all()


def test_each_epoch_has_scenes_of_its_own_that_the_seed_decides(digits):
    recipe = detection.Recipe(scene_count=40, epochs=2, batch_size=16)
    batches = detection.Batches(*digits, recipe, seed=3)
    assert len(batches) == 3
    epochs = []
    for epoch in range(2):
        drawn = scenes.draw_scenes(*digits, 40, 3_000 + epoch, min_digits=recipe.min_digits)
        images = np.concatenate([batches[n][0] for n in range(3)])
        np.testing.assert_array_equal(images, detection.scaled(drawn.images))
        heat, targets = detection.encode(drawn.boxes[32:], drawn.labels[32:])
        wanted = batches[2][1]
        np.testing.assert_array_equal(wanted["heat"][..., 0], heat.max(axis=-1))
        np.testing.assert_array_equal(wanted["boxes"], targets)
        np.testing.assert_array_equal(wanted["classes"], targets)
        epochs.append(images)
        batches.on_epoch_end()
    assert not np.array_equal(*epochs)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs must be 1 or more, got 0"),
        ({"min_digits": 7}, "min_digits must be from 1 to 6, got 7"),
        ({"heat_loss": "hinge"}, "heat_loss must be one of focal, binary"),
        ({"heat_loss": ["focal"]}, "heat_loss must be one of focal, binary"),
        ({"coarse_kernel": 5}, "coarse_kernel must be 1 or 3"),
        ({"peak_rate": 0}, "peak_rate must be a finite number, above 0"),
        ({"peak_rate": np.inf}, "peak_rate must be a finite number, above 0"),
        ({"box_weight": np.nan}, "box_weight must be a finite number, 0 or more"),
        ({"box_weight": -1}, "box_weight must be a finite number, 0 or more"),
        ({"fine": (16, 32)}, "fine must hold three numbers"),
        ({"fine": (16, 32, 0)}, "each number of fine must be 1 or more, got 0"),
        ({"coarse": ()}, "coarse must hold one or more numbers"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        detection.Recipe(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 1.0}, "epochs must be an integer"),
        ({"batch_size": True}, "batch_size must be an integer"),
        ({"peak_rate": "0.1"}, "peak_rate must be a number"),
        ({"coarse_kernel": 3.0}, "coarse_kernel must be an integer"),
        ({"coarse_kernel": True}, "coarse_kernel must be an integer"),
        ({"fine": 16}, "fine must be a tuple of integers"),
        ({"coarse": (64, 64.5)}, "each number of coarse must be an integer"),
        ({"softmax": "yes"}, "softmax must be True or False, got 'yes'"),
        ({"distributions": 1}, "distributions must be True or False, got 1"),
    ],
)
def test_a_recipe_of_other_kinds_is_refused(changes, message):
    with pytest.raises(TypeError, match=message):
        detection.Recipe(**changes)


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        (-1, ValueError, "seed must be from 0 to 4294967295, got -1"),
        (2**32, ValueError, "seed must be from 0 to 4294967295"),
        (1.0, TypeError, "seed must be an integer"),
        (None, TypeError, "seed must be an integer"),
    ],
)
def test_seeds_are_refused_by_their_name_before_anything_is_done(digits, seed, error, message):
    # NPY002 forbids the old global generator; here it is what must stay untouched.
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    for function in (
        detection.train,
        lambda recipe, *rest: detection.Batches(*rest[:2], recipe, seed),
    ):
        with pytest.raises(error, match=message):
            function(detection.SHORT, *digits, seed)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_a_recipe_must_be_one(digits):
    with pytest.raises(TypeError, match="recipe must be a Recipe, got dict"):
        detection.network({})
    with pytest.raises(TypeError, match="recipe must be a Recipe, got str"):
        detection.train("short", *digits, seed=0)
    with pytest.raises(TypeError, match="recipe must be a Recipe, got NoneType"):
        detection.Batches(*digits, None, seed=0)


PIXELS = np.zeros((2, 96, 96), np.uint8)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (PIXELS / 255, TypeError, r"uint8 array \(N, 96, 96\), got float64"),
        (PIXELS.astype(int), TypeError, r"uint8 array \(N, 96, 96\), got int64"),
        (PIXELS.tolist(), TypeError, r"uint8 array \(N, 96, 96\), got list"),
        (PIXELS[0], ValueError, r"uint8 array \(N, 96, 96\), got the shape \(96, 96\)"),
        (PIXELS[..., None], ValueError, r"got the shape \(2, 96, 96, 1\)"),
        (PIXELS[:, :28, :28], ValueError, r"got the shape \(2, 28, 28\)"),
    ],
)
def test_images_that_are_no_scenes_are_refused(images, error, message):
    with pytest.raises(error, match=f"images must be a .*{message}"):
        detection.scaled(images)
    with pytest.raises(error, match=f"images must be a .*{message}"):
        detection.look(None, images)


def test_no_images_have_no_maps(drawn):
    model = detection.network(detection.SHORT)
    one = detection.look(model, drawn.images[:1])
    none = detection.look(model, drawn.images[:0])
    for some, empty in zip(one, none, strict=True):
        assert empty.shape == (0, *some.shape[1:]) and empty.dtype == some.dtype
    assert len(detection.find_peaks(*none)) == 0


# --- figures


def test_the_figures_show_what_they_are_given(drawn):
    from cnnbook import plots
    from cnnbook.detection import figures

    truth = drawn.images[:4], drawn.boxes[:4], drawn.labels[:4]
    there = drawn.labels[:4] >= 0
    count = np.count_nonzero(there)
    figure = figures.scenes_with_boxes(*truth)
    assert sum(len(axis.patches) for axis in figure.axes) == count
    # One box of each scene is found, under another name; all others are missed.
    wrong = [
        found(boxes[:1], [0.5], labels=[(label[0] + 1) % 10])
        for boxes, label in zip(drawn.boxes[:4], drawn.labels[:4].astype(int), strict=True)
    ]
    figure = figures.scenes_with_boxes(*truth, wrong)
    styles = [patch.get_linestyle() for axis in figure.axes for patch in axis.patches]
    assert styles.count(":") == count and styles.count("--") == 4
    right = [
        found(boxes[label >= 0], np.ones((label >= 0).sum()), labels=label[label >= 0])
        for boxes, label in zip(drawn.boxes[:4], drawn.labels[:4], strict=True)
    ]
    figure = figures.scenes_with_boxes(*truth, right)
    styles = [patch.get_linestyle() for axis in figure.axes for patch in axis.patches]
    assert styles == ["-"] * count
    curve = figures.precision_against_recall(np.array([1, 0.5]), np.array([0.5, 0.5]), 0.5)
    assert curve.axes[0].get_xlabel() == "recall"
    for drawing in (
        figures.maps_over_scene(drawn.images[0], [np.zeros((24, 24))], ["nothing"]),
        figures.precision_by_threshold({"one": np.ones(10)}),
        figures.overlaps(np.zeros((2, 4)), np.ones((2, 4)), [0, 0]),
        curve,
    ):
        assert drawing.get_size_inches()[0] <= plots.WIDTH_INCHES


BOX = np.array([[[0, 0, 10, 10]]], float)


@pytest.mark.usefixtures("no_figure_open")
@pytest.mark.parametrize(
    ("name", "arguments", "error", "message"),
    [
        ("scenes_with_boxes", (PIXELS[:0], BOX[:0], BOX[:0]), ValueError, "images and boxes and"),
        ("scenes_with_boxes", (PIXELS, BOX, [[0]]), ValueError, "as many.*, got 2 and 1 and 1"),
        ("scenes_with_boxes", (PIXELS[:1], BOX, [[0]], [], ["a"]), ValueError, "found and titles"),
        ("scenes_with_boxes", (PIXELS[:1], BOX, [[0]], None, "ab"), ValueError, "and titles must"),
        (
            "scenes_with_boxes", (PIXELS[:1], BOX, [[0]], None, (), 0),
            ValueError, "columns must be 1 or more",
        ),
        ("maps_over_scene", (PIXELS[0], [], []), ValueError, "maps and titles .* got 0 and 0"),
        (
            "maps_over_scene", (PIXELS[0], [np.zeros((24, 24))] * 2, ["one"]),
            ValueError, "maps and titles .* got 2 and 1",
        ),
        (
            "maps_over_scene", (PIXELS[0], [np.zeros((24, 24))], ["one"], 2.0),
            TypeError, "columns must be an integer",
        ),
        ("overlaps", (BOX[0], BOX[0], []), ValueError, "boxes and others and values must be"),
        ("overlaps", ([], [], []), ValueError, "boxes and others and values must be"),
        ("precision_against_recall", ([1], [0.5, 0.6], 0.5), ValueError, "one length"),
        ("precision_against_recall", ([1], [0.5], np.nan), ValueError, "average must be"),
        ("precision_by_threshold", ({},), ValueError, "curves must be one to 3, got 0"),
        (
            "precision_by_threshold", ({n: np.ones(10) for n in "abcd"},),
            ValueError, "curves must be one to 3, got 4",
        ),
        ("precision_by_threshold", ({"a": np.ones(9)},), ValueError, "must hold 10 numbers, got 9"),
        ("precision_by_threshold", ({"a": ["b"] * 10},), TypeError, r"curves\['a'\] must be"),
    ],
)  # fmt: skip
def test_a_figure_that_would_leave_something_out_is_refused(name, arguments, error, message):
    from cnnbook.detection import figures

    with pytest.raises(error, match=message):
        getattr(figures, name)(*arguments)


def test_three_curves_are_all_drawn():
    from cnnbook.detection import figures

    figure = figures.precision_by_threshold({name: np.ones(10) for name in "abc"})
    assert [line.get_label() for line in figure.axes[0].lines] == ["a", "b", "c"]
