"""Scenes: boxes match the pixels, masks match the boxes, and digits stay on their side."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from cnnbook import data
from cnnbook.applications import scenes


@pytest.fixture(scope="module")
def digits():
    (images, labels), _ = data.load_mnist()
    return images[:2000], labels[:2000]


@pytest.fixture(scope="module")
def drawn(digits):
    return scenes.draw_scenes(*digits, count=200, seed=0)


def used_rows(drawn):
    """Yield (scene, row) of each digit."""
    return list(zip(*np.nonzero(drawn.labels >= 0), strict=True))


def pairwise_iou(boxes):
    least = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    most = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    shared = np.prod(np.clip(least - most, 0, None), axis=2)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return shared / (areas[:, None] + areas[None] - shared)


def test_shapes_and_types_are_as_documented(drawn):
    assert drawn.images.shape == drawn.masks.shape == (200, 96, 96)
    assert drawn.boxes.shape == (200, 6, 4)
    assert drawn.labels.shape == (200, 6)
    assert drawn.images.dtype == drawn.masks.dtype == np.uint8
    assert drawn.boxes.dtype == np.float32
    assert drawn.labels.dtype == np.int8
    assert len(drawn) == 200


def test_every_scene_has_one_to_six_digits_and_each_number_occurs(drawn):
    assert set((drawn.labels >= 0).sum(axis=1)) == {1, 2, 3, 4, 5, 6}


def test_unused_rows_are_marked_in_every_array(drawn):
    np.testing.assert_array_equal(drawn.labels < 0, (drawn.boxes == 0).all(axis=2))


def test_a_lone_digits_box_is_the_smallest_around_its_mask(drawn):
    for scene in np.flatnonzero((drawn.labels >= 0).sum(axis=1) == 1):
        rows, columns = np.nonzero(drawn.masks[scene] != scenes.BACKGROUND)
        smallest = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_array_equal(drawn.boxes[scene, 0], smallest)


def test_masks_lie_inside_the_boxes_of_their_class_and_nowhere_else(drawn):
    inside = np.zeros((200, 10, 96, 96), bool)
    for scene, row in used_rows(drawn):
        left, top, right, bottom = drawn.boxes[scene, row].astype(int)
        inside[scene, drawn.labels[scene, row], top:bottom, left:right] = True
        # Nine tenths of the ink can be seen, so the box holds pixels of its class.
        assert (drawn.masks[scene, top:bottom, left:right] == drawn.labels[scene, row]).any()
    for scene in range(200):
        for digit in range(10):
            assert not ((drawn.masks[scene] == digit) & ~inside[scene, digit]).any()


def test_the_ink_of_digits_is_brighter_than_the_ground(drawn):
    ink = drawn.images[drawn.masks != scenes.BACKGROUND].mean()
    ground = drawn.images[drawn.masks == scenes.BACKGROUND].mean()
    assert ink > 2 * ground


def test_boxes_lie_in_the_scene_and_have_the_documented_sizes(drawn):
    boxes = drawn.boxes[drawn.labels >= 0]
    assert boxes.min() >= 0 and boxes.max() <= 96
    longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    # About 20 to 40: where the pen was thin, the ends of a digit do not count as its ink.
    assert 16 <= longer.min() < 22
    assert 37 < longer.max() <= 42


def test_boxes_overlap_but_by_no_more_than_a_twentieth(drawn):
    largest = 0.0
    for boxes, labels in zip(drawn.boxes, drawn.labels, strict=True):
        iou = pairwise_iou(boxes[labels >= 0])
        largest = max(largest, (iou - np.eye(len(iou))).max())
    assert 0.03 < largest <= scenes.MAX_IOU + 1e-6


def test_the_same_seed_gives_the_same_scenes_and_a_larger_count_begins_with_them(digits):
    few, many = (scenes.draw_scenes(*digits, count=count, seed=3) for count in (3, 5))
    other = scenes.draw_scenes(*digits, count=3, seed=4)
    for name in ("images", "boxes", "labels", "masks"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:3])
    assert (few.images != other.images).any()


def test_training_and_test_digits_never_mix():
    (_, _), (x_test, y_test) = data.load_mnist()
    marked = np.full_like(x_test[:50], 0)
    marked[:, 10:18, 13:15] = 255  # no digit of MNIST is this bar
    drawn = scenes.draw_scenes(marked, y_test[:50], count=5, seed=0)
    for scene, row in used_rows(drawn):
        width, height = drawn.boxes[scene, row, 2:] - drawn.boxes[scene, row, :2]
        assert height > 2 * width


def test_at_least_so_many_digits_are_asked_for(digits):
    drawn = scenes.draw_scenes(*digits, count=100, seed=1, min_digits=5)
    counts = (drawn.labels >= 0).sum(axis=1)
    # A digit that finds no place is left out.
    assert counts.mean() > 4.5 and counts.max() == 6


def test_a_larger_scene_has_as_many_digits_for_its_area_and_keeps_the_promises(digits):
    drawn = scenes.draw_scenes(*digits, count=6, seed=1, min_digits=24, larger=2)
    assert drawn.images.shape == drawn.masks.shape == (6, 192, 192)
    counts = (drawn.labels >= 0).sum(axis=1)
    assert drawn.labels.shape == (6, 24) and counts.min() > 16
    for boxes, labels in zip(drawn.boxes, drawn.labels, strict=True):
        assert boxes.max() > 130 and boxes.max() <= 192
        iou = pairwise_iou(boxes[labels >= 0])
        assert (iou - np.eye(len(iou))).max() <= scenes.MAX_IOU + 1e-6


@hypothesis.settings(max_examples=20)
@hypothesis.given(seed=st.integers(0, 1_000 * 2**32), min_digits=st.integers(1, 6))
def test_no_seed_and_no_number_of_digits_breaks_the_promises(digits, seed, min_digits):
    """Training draws its scenes with a thousand times its own seed."""
    drawn = scenes.draw_scenes(*digits, count=2, seed=seed, min_digits=min_digits)
    assert (drawn.labels >= 0).any(axis=1).all()
    iou = pairwise_iou(drawn.boxes[0][drawn.labels[0] >= 0])
    assert (iou - np.eye(len(iou))).max() <= scenes.MAX_IOU + 1e-6
