"""Segmentation: the scores agree with libraries, and the network with its description."""

import keras
import numpy as np
import pytest
import silent
import sklearn.metrics

from cnnbook import segmentation


@pytest.fixture
def masks():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 11, (4, 16, 16)).astype(np.uint8)
    predicted = np.where(generator.random(truth.shape) < 0.7, truth, 10)
    return truth, predicted


@pytest.fixture
def pictures():
    return np.random.default_rng(1).integers(0, 256, (4, 16, 16)).astype(np.uint8)


def test_the_confusion_matrix_is_that_of_scikit_learn(masks):
    truth, predicted = masks
    expected = sklearn.metrics.confusion_matrix(truth.ravel(), predicted.ravel())
    for kind in (np.uint8, np.int8, np.uint64):
        found = segmentation.confusion_matrix(truth.astype(kind), predicted)
        np.testing.assert_array_equal(found, expected)


def test_the_score_by_class_is_the_jaccard_score_of_scikit_learn(masks):
    truth, predicted = masks
    counts = segmentation.confusion_matrix(truth, predicted)
    expected = sklearn.metrics.jaccard_score(truth.ravel(), predicted.ravel(), average=None)
    for confusion in (counts, counts / counts.sum()):  # pixels, or their shares
        scores = segmentation.iou_by_class(confusion)
        np.testing.assert_allclose(scores, expected, rtol=1e-12)


def test_a_class_that_is_nowhere_has_no_score():
    scores = segmentation.iou_by_class(np.diag([3, 0, 2]))
    np.testing.assert_array_equal(scores, [1, np.nan, 1])


def test_class_shares_sum_to_one_and_none_is_zero():
    shares = segmentation.class_shares(np.full((2, 8, 8), 10, np.uint8))
    assert shares.sum() == pytest.approx(1)
    assert shares.min() > 0 and shares[10] > 0.9


def test_cell_shares_are_the_shares_of_each_cell(masks):
    truth, _ = masks
    shares = segmentation.cell_shares(truth)
    assert shares.shape == (4, 2, 2, 11)
    counts = np.bincount(truth[1, 8:, :8].ravel(), minlength=11)
    np.testing.assert_allclose(shares[1, 1, 0], counts / 64, rtol=1e-6)


def test_the_boundary_of_a_square_is_its_outer_ring_and_the_ring_around_it():
    mask = np.zeros((1, 9, 9), int)
    mask[0, 3:6, 3:6] = 1
    marked = segmentation.boundary(mask)[0]
    assert marked.sum() == 8 + 12  # the square's own 8, and 12 beside it but for corners
    assert not marked[4, 4] and not marked[2, 2] and marked[2, 3]


def test_the_dice_loss_is_its_formula(masks):
    truth, _ = masks
    logits = np.random.default_rng(1).normal(size=(*truth.shape, 11)).astype("float32")
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    one_hot = np.eye(11)[truth]
    shared = (one_hot * shares).sum(axis=(0, 1, 2))
    total = (one_hot + shares).sum(axis=(0, 1, 2))
    expected = 1 - ((2 * shared + 1) / (total + 1)).mean()
    assert float(segmentation.dice_loss(truth, logits)) == pytest.approx(expected, rel=1e-5)
    certain = 100 * np.eye(11, dtype="float32")[truth]
    assert float(segmentation.dice_loss(truth, certain)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("change", [{}, {"skips": False}, {"resize": True}])
def test_a_new_network_answers_with_the_shares_it_starts_from(change):
    shares = segmentation.class_shares(np.full((1, 8, 8), 10))
    network = segmentation.unet(shares, **change)
    logits = network(np.zeros((1, 32, 32, 1), "float32"), training=False)
    assert logits.shape == (1, 32, 32, 11)  # all maps are 0 on black paper: only biases are left
    answer = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    np.testing.assert_allclose(answer[0, 5, 5], shares, rtol=1e-4)


def test_training_the_coarse_head_trains_the_way_down_of_the_network(masks, pictures):
    truth, _ = masks
    shares = segmentation.class_shares(truth)
    network = segmentation.unet(shares)
    before = [weights.copy() for weights in network.get_weights()]
    coarse = segmentation.coarse_head(network, shares)
    segmentation.train(coarse, pictures, segmentation.cell_shares(truth), 0.01)
    after = network.get_weights()
    assert not np.array_equal(before[0], after[0])  # the first kernel
    assert np.array_equal(before[-2], after[-2])  # the last kernel, on the way up


def test_the_dice_loss_trains_in_a_graph(masks, pictures):
    network = segmentation.unet()
    before = network.get_weights()[0].copy()
    segmentation.train(network, pictures, masks[0], 0.01, segmentation.dice_loss)
    after = network.get_weights()[0]
    assert np.isfinite(after).all() and not np.array_equal(before, after)


def test_predictions_are_the_classes_of_the_largest_logits(pictures):
    network = segmentation.unet()
    expected = np.asarray(network(pictures[..., None])).argmax(axis=-1)
    np.testing.assert_array_equal(segmentation.predict(network, pictures), expected)


ZEROS = np.zeros((4, 16, 16), np.uint8)
TWELVE = np.full((4, 16, 16), 12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        # Classes that are none, such as means of two.
        (
            lambda: segmentation.confusion_matrix(ZEROS, TWELVE),
            "integers 0 to 10, got int64 from 0",
        ),
        (lambda: segmentation.confusion_matrix(ZEROS, ZEROS + 0.5), "got float64"),
        (lambda: segmentation.class_shares(TWELVE), "from 12 to 12"),
        (lambda: segmentation.class_shares(TWELVE - 13), "from -1 to -1"),
        (lambda: segmentation.cell_shares(TWELVE), "from 12 to 12"),
        (lambda: segmentation.train(None, ZEROS, TWELVE, 0.1), "from 12 to 12"),
        (lambda: segmentation.train(None, ZEROS, ZEROS / 2, 0.1), "got float64"),
        # Masks of other scenes.
        (lambda: segmentation.confusion_matrix(ZEROS, ZEROS[:1]), "same shape"),
        # Pixels scaled twice, and what cannot be learned.
        (lambda: segmentation.train(None, ZEROS / 255, ZEROS, 0.1), "uint8 from 0 to 255, got flo"),
        (lambda: segmentation.predict(None, ZEROS / 255), "raw pixels"),
        (lambda: segmentation.train(None, ZEROS, ZEROS, -0.1), "above 0, got -0.1"),
        (lambda: segmentation.unet([0.5, 0]), "shares must hold a number above 0 for each class"),
        (lambda: segmentation.unet([0.5, np.nan]), "shares must hold a number above 0"),
        (
            lambda: segmentation.coarse_head(segmentation.unet(), [1, 0]),
            "shares must hold a number",
        ),
    ],
)
def test_what_would_be_silently_wrong_is_refused(call, words):
    with pytest.raises(ValueError) as refusal:
        call()
    assert words in str(refusal.value)


@pytest.mark.parametrize("masks", [ZEROS[:1], ZEROS[0], ZEROS[..., None]])
def test_the_dice_loss_refuses_masks_of_another_shape(masks):
    with pytest.raises(Exception, match=r"(?i)dimension|rank|shape|expected"):
        segmentation.dice_loss(masks, np.zeros((4, 16, 16, 11), "float32"))


def confusion(truth, predicted):
    result, places = np.zeros((11, 11)), (silent.whole(truth, 11), silent.whole(predicted, 11))
    assert places[0].shape == places[1].shape
    np.add.at(result, places, 1)
    return result


def shares_in_cells(masks):
    is_class = silent.whole(masks, 11)[..., None] == np.arange(11)
    return is_class.reshape(-1, 2, 8, 1, 8, 11).mean(axis=(2, 4))


MASKS = silent.whole_numbers(11, 2, 16, 8)
test_no_count_of_pixels_is_wrong_in_silence = silent.wrong_answers({
    "confusion": (segmentation.confusion_matrix, confusion, MASKS, MASKS),
    "cells": (segmentation.cell_shares, shares_in_cells, MASKS),
})  # fmt: skip
