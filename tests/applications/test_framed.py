"""Names of boxes: none covers another, and all lie in the picture."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook import data
from cnnbook.applications import boxes, framed, scenes


def crowd(generator, count: int, side: int) -> np.ndarray:
    """Draw boxes anywhere, also on each other, as a network in doubt reports them."""
    corner, size = generator.uniform(0, side - 20, (2, count, 2))
    return np.hstack([corner, np.minimum(corner + 10 + size / 4, side)])


@pytest.mark.parametrize("seed", range(20))
def test_names_of_crowded_boxes_lie_in_the_picture_and_cover_no_other(seed):
    side, generator = 96, np.random.default_rng(seed)
    frames = crowd(generator, 14, side)
    sizes = generator.uniform([6, 9], [21, 13], (14, 2))
    corners = framed.places(frames, sizes, (side, side))
    names = np.hstack([corners, corners + sizes])
    assert names.min() >= 0 and names.max() <= side
    assert (boxes.iou(names, names) > 0).sum() == len(names)  # each with itself


def test_a_lone_name_touches_its_box_and_covers_nothing_of_it():
    frame = np.array([[30.0, 40, 60, 80]])
    (corner,) = framed.places(frame, np.array([[10.0, 8]]), (96, 128))
    name = np.hstack([corner, corner + np.array([10, 8])])[None]
    assert boxes.iou(name, frame)[0, 0] == 0
    assert boxes.iou(name + np.array([-0.1, -0.1, 0.1, 0.1]), frame)[0, 0] > 0


def test_names_in_a_picture_wider_than_high_may_stand_at_its_right():
    frames = np.array([[100.0, 0, 127, 20]])
    (corner,) = framed.places(frames, np.array([[10.0, 8]]), (40, 128))
    assert corner[0] >= 90


@pytest.mark.parametrize(("size", "scores", "larger"), [(8, True, 2), (12, False, 1)])
def test_names_as_they_are_drawn_cover_no_other(size, scores, larger):
    """The letters are measured: in inches of the figure, not in what was asked for."""
    (images, labels), _ = data.load_mnist()
    most = scenes.MAX_DIGITS * larger**2
    drawn = scenes.draw_scenes(images[:500], labels[:500], 3, 0, most, larger)
    figure, axes = plt.subplots(1, 3, figsize=(3 * 2.4 * larger, 2.4 * larger + 0.4))
    figure.suptitle("three scenes")
    for number, axis in enumerate(axes):
        there = drawn.labels[number] >= 0
        count = np.count_nonzero(there)
        found = boxes.Detections(
            np.full(count, number), drawn.boxes[number][there], np.full(count, 0.54),
            drawn.labels[number][there].astype(int),
        )  # fmt: skip
        framed.found(axis, drawn, number, found, size, scores)
    figure.draw_without_rendering()
    for axis in axes:
        names = [text.get_bbox_patch().get_window_extent().extents for text in axis.texts]
        names = np.array(names)
        assert len(names) >= 3 * larger**2
        assert (boxes.iou(names, names) > 0).sum() == len(names)
        x0, y0, x1, y1 = axis.get_window_extent().extents
        assert (names[:, :2] >= [x0 - 1, y0 - 1]).all() and (names[:, 2:] <= [x1 + 1, y1 + 1]).all()
    plt.close(figure)
