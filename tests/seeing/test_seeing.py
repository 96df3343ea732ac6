"""What excites a unit is found where it was put, and linear units are told from others."""

import keras
import numpy as np
import pytest

from cnnbook import models, seeing, shapes
from cnnbook.training import attribution


def test_the_strongest_patches_are_found_where_they_were_put():
    images = np.zeros((4, 10, 10))
    images[1, 4:7, 5:8] = 2.0
    images[3, 0:3, 0:3] = 1.0
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    field = shapes.receptive_field([(3, 1)])
    patches = seeing.strongest_patches(images, windows.sum(axis=(3, 4)), field, 2)
    np.testing.assert_array_equal(patches, [np.full((3, 3), 2.0), np.ones((3, 3))])


def test_a_patch_that_reaches_over_the_edge_is_filled_with_paper():
    field = shapes.receptive_field([(3, 1, 1, 1)])  # one pixel of padding
    responses = np.zeros((1, 4, 4))
    responses[0, 0, 0] = 1
    patch = seeing.strongest_patches(np.ones((1, 4, 4)), responses, field, 1)[0]
    np.testing.assert_array_equal(patch, [[0, 0, 0], [0, 1, 1], [0, 1, 1]])


@pytest.fixture
def logits():
    keras.utils.set_random_seed(0)
    return attribution.logit_model(models.article_network())


def test_made_images_excite_their_unit_and_keep_to_the_range_of_ink(logits):
    made = seeing.maximise(logits, [(4,)], steps=20)
    assert made.min() >= 0 and made.max() <= 1
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype("float32")
    before = attribution.outputs_of(logits, images)[:, 4].max()
    assert attribution.outputs_of(logits, made)[0, 4] > before
    np.testing.assert_array_equal(made, seeing.maximise(logits, [(4,)], steps=20))


def test_more_patches_than_images_are_refused():
    with pytest.raises(ValueError, match="count must be from 1 to 2"):
        field = shapes.receptive_field([(3, 1)])
        seeing.strongest_patches(np.ones((2, 4, 4)), np.ones((2, 2, 2)), field, 3)


def test_a_unit_without_one_index_an_axis_is_refused(logits):
    with pytest.raises(ValueError, match="units must hold 1 indices"):
        seeing.maximise(logits, [(1, 2)])


def test_a_linear_unit_is_explained_whole_and_a_product_not_at_all():
    inputs = np.random.default_rng(0).standard_normal((4000, 2))
    answers = np.stack([inputs @ [1, -2] + 5, inputs[:, 0] * inputs[:, 1], np.ones(4000)], axis=1)
    linear, product, constant = seeing.linear_share(inputs, answers, held_out=1000)
    assert linear == pytest.approx(1, abs=1e-9)
    assert product == pytest.approx(0, abs=0.02)  # standard error about 1 / sqrt(1000)
    assert np.isnan(constant)
