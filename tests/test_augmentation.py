"""The augmentation layers do to each digit what they say, and nothing outside training."""

import keras
import numpy as np
import pytest

from cnnbook import augmentation

ONE_POINT = np.zeros((3000, 9, 9, 1), "float32")
ONE_POINT[:, 3, 4] = 1


def places(images: np.ndarray) -> np.ndarray:
    """Return row and column of the only pixel with ink of each image."""
    found = np.argwhere(images[..., 0])
    assert len(found) == len(images)
    return found[:, 1:]


def change(kind: str, images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the images as one layer changes them in training."""
    (layer,) = augmentation.augmentation_layers([kind], seed=seed, side=images.shape[1])
    return np.asarray(layer(images, training=True))


def test_a_crop_moves_by_every_whole_shift_about_equally_often():
    moved = change("crop", ONE_POINT)
    assert set(np.unique(moved)) == {0, 1}  # pixels are moved, not mixed
    shifts = places(moved) - (3, 4)
    # 3,000 draws of 5 x 5 shifts: 120 expected of each, five standard deviations are 54.
    counts = np.zeros((5, 5), int)
    np.add.at(counts, tuple((shifts + augmentation.SHIFT_PIXELS).T), 1)
    assert counts.sum() == 3000
    assert np.abs(counts - 120).max() < 54


def test_a_flip_mirrors_half_of_the_images_left_to_right():
    images = np.random.default_rng(0).random((1000, 5, 5, 1)).astype("float32")
    changed = change("flip", images)
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    same = (changed == images).all(axis=(1, 2, 3))
    assert (mirrored ^ same).all()
    assert abs(mirrored.mean() - 0.5) < 5 * 0.5 / 1000**0.5


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
    assert np.abs(degrees).max() < augmentation.ROTATION_DEGREES + 0.5
    assert degrees.min() < -13 and degrees.max() > 13


def test_nothing_changes_outside_training():
    layers = augmentation.augmentation_layers(augmentation.KINDS, seed=0, side=9)
    model = keras.Sequential([keras.Input((9, 9, 1)), *layers])
    images = np.random.default_rng(1).random((20, 9, 9, 1)).astype("float32")
    np.testing.assert_array_equal(model.predict(images, verbose=0), images)
    assert not np.array_equal(model(images, training=True), images)


def test_a_seed_repeats_itself_and_another_does_not():
    images = np.random.default_rng(2).random((20, 9, 9, 1)).astype("float32")
    for kind in augmentation.KINDS:
        np.testing.assert_array_equal(change(kind, images), change(kind, images))
        assert not np.array_equal(change(kind, images), change(kind, images, seed=1))


def test_the_layers_stand_in_the_order_asked_for():
    layers = augmentation.augmentation_layers(["rotation", "crop"], seed=0)
    assert [type(layer).__name__ for layer in layers] == ["RandomRotation", "RandomTranslation"]
    assert augmentation.augmentation_layers([], seed=0) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kinds": ["shear"], "seed": 0}, "got ['shear']"),
        ({"kinds": ["crop", "crop"], "seed": 0}, "at most once"),
        ({"kinds": ["crop"], "seed": -1}, "seed must be a whole number of 0 or more, got -1"),
        ({"kinds": ["crop"], "seed": 0, "side": 0}, "side must be a whole number of 1 or more"),
    ],
)
def test_bad_arguments_are_refused(arguments, words):
    with pytest.raises(ValueError) as error:
        augmentation.augmentation_layers(**arguments)
    assert words in str(error.value)
