"""Shifts lose what leaves the frame; layers and affine maps change each image as they say."""

import keras
import numpy as np
import pytest

from cnnbook import transforms

ONE_POINT = np.zeros((3000, 9, 9, 1), "float32")
ONE_POINT[:, 3, 4] = 1


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((20, 7, 9, 2), dtype="float32")


@pytest.mark.parametrize("down", [-9, -7, -2, 0, 1, 6, 7, 30])
@pytest.mark.parametrize("right", [-9, -1, 0, 3, 8, 9])
def test_a_shifted_pixel_is_the_one_that_lay_there_or_zero(images, down, right):
    expected = np.zeros_like(images)
    for row, column in np.ndindex(7, 9):
        if 0 <= row - down < 7 and 0 <= column - right < 9:
            expected[:, row, column] = images[:, row - down, column - right]
    np.testing.assert_array_equal(transforms.shift(images, down, right), expected)


def test_a_shift_keeps_the_kind_of_numbers_and_leaves_its_argument_alone():
    image = np.zeros((1, 4, 4), "uint8")
    image[0, 1, 1] = 7
    moved = transforms.shift(image, down=2, right=1)
    assert np.argwhere(moved).tolist() == [[0, 3, 2]] and moved.dtype == image.dtype
    transforms.shift(image, 0, 0)[:] = 1
    assert image.sum() == 7


def test_unsigned_pixels_move_like_any_others(images):
    expected = transforms.shift(images, 2, 1)
    np.testing.assert_array_equal(transforms.shift(images, np.uint8(2), np.uint8(1)), expected)


def test_a_shift_by_part_of_a_pixel_is_refused(images):
    with pytest.raises(TypeError):
        transforms.shift(images, 0.5, 1)


def change(kind: str, images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the images as one layer changes them in training."""
    (layer,) = transforms.augmentation_layers([kind], seed=seed, side=images.shape[1])
    return np.asarray(layer(images, training=True))


def test_a_crop_moves_by_every_whole_shift_about_equally_often():
    moved = change("crop", ONE_POINT)
    assert set(np.unique(moved)) == {0, 1}  # pixels are moved, not mixed
    shifts = np.argwhere(moved[..., 0])[:, 1:] - (3, 4)
    # 3,000 draws of 5 x 5 shifts: 120 expected of each, five standard deviations are 54.
    counts = np.zeros((5, 5), int)
    np.add.at(counts, tuple((shifts + transforms.SHIFT_PIXELS).T), 1)
    assert counts.sum() == 3000 and np.abs(counts - 120).max() < 54


@pytest.mark.parametrize("kind", ["crop", "rotation"])
def test_what_a_change_brings_in_is_zero(kind):
    changed = change(kind, np.ones((50, 20, 20, 1), "float32"))
    corners = changed[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() == 0 and (changed[:, 10, 10] == 1).all()


def test_a_flip_mirrors_half_of_the_images_left_to_right():
    images = np.random.default_rng(0).random((1000, 5, 5, 1)).astype("float32")
    changed = change("flip", images)
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    same = (changed == images).all(axis=(1, 2, 3))
    assert (mirrored ^ same).all() and abs(mirrored.mean() - 0.5) < 5 * 0.5 / 1000**0.5


def test_a_rotation_stays_within_its_angle_and_keeps_the_centre():
    side, radius = 41, 15
    images = np.zeros((500, side, side, 1), "float32")
    images[:, 20, 20 + radius - 1 : 20 + radius + 2] = 1
    turned = change("rotation", images)[..., 0]
    rows, columns = np.mgrid[:side, :side] - 20
    ink = turned.sum(axis=(1, 2))
    down, right = ((turned * axis).sum(axis=(1, 2)) / ink for axis in (rows, columns))
    np.testing.assert_allclose(np.hypot(down, right), radius, atol=0.3)
    degrees = np.degrees(np.arctan2(down, right))
    # Half a degree for the grid of pixels. Evenly drawn angles reach close to both ends.
    assert np.abs(degrees).max() < transforms.ROTATION_DEGREES + 0.5
    assert degrees.min() < -13 and degrees.max() > 13


def test_layers_repeat_with_their_seed_and_rest_outside_training():
    images = np.random.default_rng(2).random((20, 9, 9, 1)).astype("float32")
    for kind in transforms.KINDS:
        np.testing.assert_array_equal(change(kind, images), change(kind, images))
        assert not np.array_equal(change(kind, images), change(kind, images, seed=1))
    layers = transforms.augmentation_layers(transforms.KINDS, seed=0, side=9)
    model = keras.Sequential([keras.Input((9, 9, 1)), *layers])
    np.testing.assert_array_equal(model.predict(images, verbose=0), images)
    assert not np.array_equal(model(images, training=True), images)


def test_a_side_that_is_not_told_is_that_of_a_digit():
    for one, other in zip(
        transforms.augmentation_layers(transforms.KINDS, seed=0),
        transforms.augmentation_layers(transforms.KINDS, seed=0, side=28),
        strict=True,
    ):
        configs = [layer.get_config() | {"name": ""} for layer in (one, other)]
        assert configs[0] == configs[1]


def test_an_unknown_change_is_refused():
    with pytest.raises(KeyError, match="mirror"):
        transforms.augmentation_layers(["mirror"], seed=0)


def test_without_reach_an_affine_map_leaves_images_as_they_are(images):
    same = transforms.random_affine(images, np.random.default_rng(0))
    np.testing.assert_allclose(same, images, atol=1e-5)


def test_an_affine_map_gives_float32_whatever_the_pixels_are(images):
    whole = np.round(255 * images)
    for kind in (np.uint8, np.float64):
        moved = transforms.random_affine(
            whole.astype(kind), np.random.default_rng(0), shift_pixels=0.5
        )
        expected = transforms.random_affine(whole, np.random.default_rng(0), shift_pixels=0.5)
        np.testing.assert_array_equal(moved, expected)
        assert moved.dtype == np.float32


def test_an_affine_map_turns_about_the_centre_and_moves_within_its_reach():
    points = np.zeros((300, 29, 29, 1), "float32")
    points[:, 14, 14] = 1
    turned = transforms.random_affine(points, np.random.default_rng(0), degrees=40, zoom=0.1)
    assert (turned.reshape(300, -1).argmax(axis=1) == 14 * 29 + 14).all()
    moved = transforms.random_affine(points, np.random.default_rng(0), shift_pixels=2)
    rows, columns = np.mgrid[:29, :29] - 14
    down, right = ((moved[..., 0] * axis).sum(axis=(1, 2)) for axis in (rows, columns))
    for distance in (down, right):  # linear interpolation keeps the middle of the ink
        assert 1.8 < distance.max() <= 2 + 1e-4 and -2 - 1e-4 <= distance.min() < -1.8


def moved_point(row: int, column: int, **reach: float) -> np.ndarray:
    """Return where 500 affine maps bring a pixel, as (x, y) from the middle of 29 x 29 pixels."""
    point = np.zeros((500, 29, 29, 1), "float32")
    point[:, row, column] = 1
    moved = transforms.random_affine(point, np.random.default_rng(0), **reach)[..., 0]
    rows, columns = np.mgrid[:29, :29] - 14
    ink = moved.sum(axis=(1, 2))
    return np.stack([(moved * axis).sum(axis=(1, 2)) / ink for axis in (columns, rows)], axis=1)


def assert_reaches(values: np.ndarray, reach: float, tolerance: float) -> None:
    """Values lie within plus and minus a reach, go nearly as far both ways, and 0 in the mean."""
    assert np.abs(values).max() < reach + tolerance
    assert values.max() > 0.9 * reach and values.min() < -0.9 * reach
    assert abs(values.mean()) < 0.2 * reach


def test_turns_leans_and_stretches_go_both_ways_as_far_as_told():
    x, y = moved_point(14, 24, degrees=30).T
    assert_reaches(np.rad2deg(np.arctan2(y, x)), 30, 1)
    np.testing.assert_allclose(np.hypot(x, y), 10, atol=0.3)
    x, y = moved_point(4, 14, shear=0.3).T
    assert_reaches(x / 10, 0.3, 0.01)
    np.testing.assert_allclose(y, -10, atol=1e-4)
    (wide, _), (_, high) = moved_point(14, 24, zoom=0.2).T, moved_point(4, 14, zoom=0.2).T
    both = np.log(wide / 10), np.log(-high / 10)
    for logarithm in both:
        assert_reaches(logarithm, 0.2, 0.03)  # a pixel between pixels is two
    assert abs(np.corrcoef(both)[0, 1]) < 0.2  # each has a scale of its own


def test_affine_maps_repeat_with_the_generator_and_differ_from_image_to_image(images):
    twice = np.repeat(images[:1], 2, axis=0)
    first, again = (
        transforms.random_affine(twice, np.random.default_rng(1), shift_pixels=2, shear=0.2)
        for _ in range(2)
    )
    assert np.array_equal(first, again) and not np.allclose(first[0], first[1])


def test_a_change_named_twice_is_refused():
    with pytest.raises(ValueError, match="kinds must name each change once"):
        transforms.augmentation_layers(["crop", "flip", "crop"], seed=0)


def test_a_negative_reach_is_refused(images):
    with pytest.raises(ValueError):
        transforms.random_affine(images, np.random.default_rng(0), degrees=-1)
