"""Boxes: overlap, peaks, suppression and matching do what their names say."""

import dataclasses

import numpy as np
import pytest
import silent

from cnnbook.applications import boxes


def found(edges, scores, labels=None, images=None) -> boxes.Detections:
    zeros = np.zeros(len(scores), int)
    return boxes.Detections(
        zeros if images is None else np.array(images),
        np.array(edges, float).reshape(-1, 4),
        np.array(scores, float),
        zeros if labels is None else np.array(labels),
    )


def test_iou_counts_pixels_of_boxes_with_whole_edges():
    generator = np.random.default_rng(0)
    first = generator.integers(0, 20, (30, 2))
    edges = np.concatenate([first, first + generator.integers(1, 12, (30, 2))], axis=1)
    painted = np.zeros((30, 32, 32), bool)
    for picture, (left, top, right, bottom) in zip(painted, edges, strict=True):
        picture[top:bottom, left:right] = True
    shared = (painted[:, None] & painted[None]).sum(axis=(2, 3))
    union = (painted[:, None] | painted[None]).sum(axis=(2, 3))
    for kind in (int, np.uint8, np.float32):  # narrow and unsigned ones do not wrap around
        ours = boxes.iou(edges.astype(kind), edges.astype(kind))
        np.testing.assert_allclose(ours, shared / union, rtol=1e-12)


def test_iou_of_boxes_apart_touching_and_empty_is_zero():
    others = np.array([[5, 5, 6, 6], [2, 0, 4, 2], [1, 1, 1, 1]])
    assert boxes.iou([[0, 0, 2, 2]], others).tolist() == [[0, 0, 0]]
    assert boxes.iou(others[2:], others[2:]) == 0


def test_iou_agrees_with_pycocotools():
    from pycocotools import mask

    corners = np.random.default_rng(1).random((50, 2, 2)) * 90
    edges = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    sides = np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], axis=1)
    expected = mask.iou(sides, sides[:20], [0] * 20)
    np.testing.assert_allclose(boxes.iou(edges, edges[:20]), expected, atol=1e-12)


def test_the_mean_distance_is_the_edge_of_a_cell():
    outputs = np.zeros((1, 24, 24, 4, 15), "float32")
    for edge, place in enumerate((3, 5, 0, 14)):  # 6, 10, 0 and 28 pixels
        outputs[0, 5, 9, edge, place] = 30
    outputs[0, 5, 9, 2, 1] = 30  # half 0, half 2
    edges = np.asarray(boxes.cell_boxes(outputs.reshape(1, 24, 24, 60)))[0, 5, 9]
    x, y = 4 * 9.5, 4 * 5.5
    np.testing.assert_allclose(edges, [x - 6, y - 10, x + 1, y + 28], rtol=1e-5)


def test_peaks_are_the_largest_of_their_neighbourhood_and_class():
    heat = np.full((1, 24, 24, 10), 0.001)
    heat[0, 10, 10, 3], heat[0, 10, 11, 3], heat[0, 10, 11, 4] = 0.9, 0.8, 0.7
    heat[0, 0, 23, 5] = 0.6  # in a corner
    edges = np.tile([-5.0, 10, 200, 20], (1, 24, 24, 1))
    detections = boxes.decode(heat, edges)
    assert detections.scores.tolist() == [0.9, 0.7, 0.6]
    assert detections.labels.tolist() == [3, 4, 5]
    assert (detections.boxes == [0, 10, 96, 20]).all()  # cut at the edges
    assert len(boxes.decode(heat, edges, neighbourhood=1)) == 4
    assert len(boxes.decode(heat, edges, neighbourhood=1, least_score=0)) == 30


def test_a_peak_of_one_scene_hides_none_of_another():
    heat = np.zeros((2, 24, 24, 10))
    heat[:, 10, 10, 3] = 0.9, 0.8
    detections = boxes.decode(heat, np.ones((2, 24, 24, 4)))
    assert detections.images.tolist() == [0, 1] and detections.scores.tolist() == [0.9, 0.8]


def test_peaks_that_are_equally_sure_keep_their_order():
    heat = np.zeros((1, 24, 24, 10))
    heat[0, ::3, ::3, 0] = np.tile([0.5, 0.4], 32).reshape(8, 8)
    edges = np.tile(np.arange(576.0).reshape(1, 24, 24, 1) / 6, (1, 1, 1, 4))
    lefts = boxes.decode(heat, edges, most=64).boxes[:, 0]
    assert (np.diff(lefts[:32]) > 0).all() and (np.diff(lefts[32:]) > 0).all()


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7])
def test_suppression_agrees_with_tensorflow(threshold):
    import tensorflow as tf

    generator = np.random.default_rng(0)
    first = generator.random((200, 2)) * 60
    edges = np.concatenate([first, first + 5 + generator.random((200, 2)) * 30], axis=1)
    scores = generator.random(200)
    ours = boxes.nms(found(edges, scores), threshold)
    theirs = tf.image.non_max_suppression(edges[:, [1, 0, 3, 2]], scores, 200, threshold)
    np.testing.assert_array_equal(ours, theirs)


def test_suppression_leaves_an_overlap_of_the_threshold_and_the_order_of_equal_scores():
    assert len(boxes.nms(found([[0, 0, 10, 10], [0, 0, 10, 5]], [0.9, 0.8]), 0.5)) == 2
    apart = 10 * np.arange(100)[:, None] + [0, 0, 5, 5]
    assert boxes.nms(found(apart, np.tile([0.5, 0.4], 50)), 0.5).tolist() == [
        *range(0, 100, 2),
        *range(1, 100, 2),
    ]


def test_suppression_is_by_scene_and_by_class_unless_told_otherwise():
    same = [[0, 0, 10, 10]] * 4
    detections = found(same, [0.9, 0.8, 0.7, 0.6], labels=[1, 1, 2, 1], images=[0, 0, 0, 1])
    assert boxes.batched_nms(detections).scores.tolist() == [0.9, 0.7, 0.6]
    kept = boxes.batched_nms(detections, across_classes=True)
    assert kept.scores.tolist() == [0.9, 0.6]
    assert kept.of(1).scores.tolist() == [0.6]
    assert len(boxes.batched_nms(detections[:0])) == 0
    assert boxes.nms(detections[:0], 0.5).dtype == int  # no places, and not no numbers


def test_each_true_box_is_taken_once_by_the_surest():
    true, labels = np.array([[[0, 0, 10, 10]]], float), np.array([[0]])
    detections = found([[0, 0, 10, 9], [0, 0, 10, 10]], [0.9, 0.8])
    assert boxes.match(detections, true, labels, [0.5, 0.95]).tolist() == [
        [True, False],  # surer, and its IoU is 0.9
        [False, True],
    ]


def test_an_iou_that_is_the_threshold_is_enough():
    true, labels = np.array([[[0, 0, 10, 10]]], float), np.array([[0]])
    right = boxes.match(found([[0, 0, 10, 5]], [0.9]), true, labels, [0.5, 0.51])
    assert right.tolist() == [[True, False]] and right.dtype == bool


def test_middles_are_x_and_y_of_the_cells():
    middles = boxes.middles(2, 3)
    assert middles.shape == (2, 3, 2) and middles.dtype == np.float32
    assert middles[1, 2].tolist() == [10, 6] and middles[0, 0].tolist() == [2, 2]


def test_a_cell_s_probability_is_that_of_a_centre_times_that_of_the_class():
    class Network:
        def predict(self, images, **options):
            shape = (len(images), 24, 24)
            classes = np.log(np.tile(np.arange(1.0, 11), (*shape, 1)))
            maps = {"heat": np.zeros((*shape, 1)), "classes": classes}
            return maps | {"boxes": np.zeros((*shape, 60), "float32")}

    heat, edges = boxes.predict(Network(), np.zeros((2, 96, 96), np.uint8))
    np.testing.assert_allclose(heat, np.tile(0.5 * np.arange(1, 11) / 55, (2, 24, 24, 1)))
    np.testing.assert_allclose(edges[1, 3, 5], [22 - 14, 14 - 14, 22 + 14, 14 + 14], atol=1e-4)


def test_narrow_integers_match_like_any_others():
    true, labels = np.tile([0.0, 0, 10, 10], (40, 1, 1)), np.full((40, 1), 3)
    detections = found([[0, 0, 10, 10]], [0.5], labels=[3], images=[39])
    narrow = dataclasses.replace(
        detections, images=np.array([39], np.uint8), labels=np.array([3], np.int8)
    )
    assert boxes.match(narrow, true, labels.astype(np.int8), [0.5]).all()


def iou_one_by_one(ones, others):
    ones, others = silent.floats(ones), silent.floats(others)
    assert ones.shape[1:] == others.shape[1:] == (4,)
    result = np.zeros((len(ones), len(others)))
    for place in np.ndindex(result.shape):
        a, b = ones[place[0]], others[place[1]]
        assert (a[:2] <= a[2:]).all() and (b[:2] <= b[2:]).all() and np.isfinite([a, b]).all()
        shared = np.prod(np.maximum(0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])))
        union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared
        result[place] = shared / union if union else 0
    return result


def corners(generator):
    return np.sort(generator.random((4, 2, 2)), axis=1).reshape(4, 4)


test_no_iou_is_wrong_in_silence = silent.wrong_answers({
    "iou": (boxes.iou, iou_one_by_one, corners, corners),
})  # fmt: skip
