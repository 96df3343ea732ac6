"""Shifts move pixels, lose what leaves the frame, and let only zeros in."""

import numpy as np
import pytest

from cnnbook import transforms


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((5, 7, 9, 2), dtype="float32")


@pytest.mark.parametrize("down", [-9, -7, -2, 0, 1, 6, 7, 30])
@pytest.mark.parametrize("right", [-9, -1, 0, 3, 8, 9])
def test_a_shifted_pixel_is_the_one_that_lay_there_or_zero(images, down, right):
    expected = np.zeros_like(images)
    for row, column in np.ndindex(7, 9):
        if 0 <= row - down < 7 and 0 <= column - right < 9:
            expected[:, row, column] = images[:, row - down, column - right]
    np.testing.assert_array_equal(transforms.shift(images, down, right), expected)


def test_positive_shifts_go_down_and_to_the_right():
    image = np.zeros((1, 4, 4), "uint8")
    image[0, 1, 1] = 7
    moved = transforms.shift(image, down=2, right=1)
    assert np.argwhere(moved).tolist() == [[0, 3, 2]]
    assert moved.dtype == image.dtype and moved.max() == 7


def test_nothing_comes_back_on_the_other_side(images):
    there_and_back = transforms.shift(transforms.shift(images, 3, -2), -3, 2)
    np.testing.assert_array_equal(there_and_back[:, :4, 2:], images[:, :4, 2:])
    assert not there_and_back[:, 4:].any() and not there_and_back[:, :, :2].any()


def test_a_shift_leaves_its_argument_alone(images):
    before = images.copy()
    moved = transforms.shift(images, 0, 0)
    moved[:] = -1
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("axes", [3, 4])
def test_a_random_shift_is_one_of_the_shifts_and_each_image_has_its_own(images, axes):
    batch = np.repeat(images[:1], 200, axis=0)
    batch = batch[..., 0] if axes == 3 else batch
    moved = transforms.shift_randomly(batch, 2, np.random.default_rng(0))
    seen = set()
    candidates = {
        (down, right): transforms.shift(batch[:1], down, right)[0]
        for down in range(-2, 3)
        for right in range(-2, 3)
    }
    for image in moved:
        seen |= {place for place, wanted in candidates.items() if np.array_equal(image, wanted)}
        assert any(np.array_equal(image, wanted) for wanted in candidates.values())
    assert len(seen) == 25  # 200 draws of 25: the chance to miss one is below 1 %
    assert moved.shape == batch.shape and moved.dtype == batch.dtype


def test_random_shifts_repeat_with_the_generator_and_zero_moves_nothing(images):
    first, second = (
        transforms.shift_randomly(images, 3, np.random.default_rng(1)) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    still = transforms.shift_randomly(images, 0, np.random.default_rng(1))
    np.testing.assert_array_equal(still, images)


def test_a_canvas_keeps_every_pixel_and_adds_zeros(images):
    canvas = transforms.on_canvas(images, 12)
    assert canvas.shape == (5, 12, 12, 2) and canvas.dtype == images.dtype
    np.testing.assert_array_equal(canvas[:, 2:9, 1:10], images)
    assert canvas.sum(dtype="float64") == images.sum(dtype="float64")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: transforms.shift(x.tolist(), 1, 1), TypeError, "images.*list"),
        (lambda x: transforms.shift(x[0, 0], 1, 1), ValueError, "images.*shape"),
        (lambda x: transforms.shift(x, 0.5, 1), TypeError, "down.*0.5"),
        (lambda x: transforms.shift(x, 1, True), TypeError, "right.*True"),
        (
            lambda x: transforms.shift_randomly(x, -1, np.random.default_rng(0)),
            ValueError,
            "largest.*-1",
        ),
        (
            lambda x: transforms.shift_randomly(x, 1.0, np.random.default_rng(0)),
            TypeError,
            "largest.*1.0",
        ),
        (lambda x: transforms.shift_randomly(x, 1, 0), TypeError, "generator.*int"),
        (lambda x: transforms.on_canvas(x, 8), ValueError, "side.*9.*8"),
        (lambda x: transforms.on_canvas(x, "big"), TypeError, "side.*big"),
    ],
)
def test_bad_input_is_refused_with_what_is_wanted(images, call, error, words):
    with pytest.raises(error, match=words):
        call(images)
