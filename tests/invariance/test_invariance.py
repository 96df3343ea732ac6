"""Digits move at random, each by itself, and stand in the middle of a canvas."""

import numpy as np
import pytest

from cnnbook import invariance, transforms


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((5, 7, 9, 2), dtype="float32")


def test_a_random_shift_is_one_of_the_shifts_and_each_image_has_its_own(images):
    batch = np.repeat(images[:1], 200, axis=0)
    moved = invariance.shift_randomly(batch, 2, np.random.default_rng(0))
    places = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    wanted = {place: transforms.shift(batch[:1], *place)[0] for place in places}
    seen = [[place for place in places if (wanted[place] == image).all()] for image in moved]
    assert all(len(found) == 1 for found in seen)
    assert len({place for (place,) in seen}) == 25  # missing one has a chance below 1 %


def test_random_shifts_repeat_with_the_generator_and_refuse_a_negative_reach(images):
    first, second = (
        invariance.shift_randomly(images, 3, np.random.default_rng(1)) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ValueError, match="low"):
        invariance.shift_randomly(images, -1, np.random.default_rng(1))


def test_a_canvas_keeps_every_pixel_adds_zeros_and_must_be_large_enough(images):
    canvas = invariance.on_canvas(images, 12)
    assert canvas.shape == (5, 12, 12, 2) and canvas.dtype == images.dtype
    np.testing.assert_array_equal(canvas[:, 2:9, 1:10], images)
    assert np.count_nonzero(canvas) == np.count_nonzero(images)
    with pytest.raises(ValueError, match="negative"):
        invariance.on_canvas(images, 8)
