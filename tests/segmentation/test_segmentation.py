"""Segmentation: the scores agree with libraries, and the network with its description."""

import keras
import numpy as np
import pytest
import sklearn.metrics

from cnnbook import segmentation


@pytest.fixture
def masks():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 11, (4, 16, 16))
    predicted = np.where(generator.random(truth.shape) < 0.7, truth, 10)
    return truth, predicted


def test_the_confusion_matrix_is_that_of_scikit_learn(masks):
    truth, predicted = masks
    expected = sklearn.metrics.confusion_matrix(truth.ravel(), predicted.ravel())
    assert np.array_equal(segmentation.confusion_matrix(truth, predicted), expected)


def test_counts_of_small_integers_do_not_overflow():
    masks = np.full((1, 40, 40), 10, np.uint8)
    assert segmentation.confusion_matrix(masks, masks)[10, 10] == 1600


def test_the_score_by_class_is_the_jaccard_score_of_scikit_learn(masks):
    truth, predicted = masks
    scores = segmentation.iou_by_class(segmentation.confusion_matrix(truth, predicted))
    expected = sklearn.metrics.jaccard_score(truth.ravel(), predicted.ravel(), average=None)
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


def test_the_mean_score_is_that_of_keras(masks):
    truth, predicted = masks
    metric = keras.metrics.MeanIoU(num_classes=11)
    metric.update_state(truth, predicted)
    scores = segmentation.iou_by_class(segmentation.confusion_matrix(truth, predicted))
    assert scores.mean() == pytest.approx(float(metric.result()), rel=1e-5)  # float32 there


def test_a_class_that_is_nowhere_has_no_score():
    scores = segmentation.iou_by_class(segmentation.confusion_matrix([0, 1], [0, 1], classes=3))
    assert np.array_equal(scores, [1, 1, np.nan], equal_nan=True)


def small():
    """Return a network of three levels with few maps."""
    return segmentation.unet((4, 4, 4))


PICTURES = np.zeros((4, 16, 16), np.uint8)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: segmentation.confusion_matrix([0.5], [0]), TypeError, "truth must hold integers"),
        (lambda: segmentation.confusion_matrix([11], [0]), ValueError, "0 to 10, got 11 to 11"),
        (lambda: segmentation.confusion_matrix([1, 2], [1]), ValueError, "(2,), got (1,)"),
        (lambda: segmentation.confusion_matrix([[1], [1, 2]], [0]), TypeError, "unequal length"),
        (
            lambda: segmentation.confusion_matrix([1], [1], True),
            TypeError,
            "classes must be an integer, 1 or more, got True",
        ),
        (lambda: segmentation.confusion_matrix([1], [1], 2.0), TypeError, "got 2.0"),
        (lambda: segmentation.confusion_matrix([1], [1], "2"), TypeError, "got '2'"),
        (lambda: segmentation.confusion_matrix([], [], 0), ValueError, "1 or more, got 0"),
        (lambda: segmentation.iou_by_class(np.zeros((2, 3))), ValueError, "square"),
        (lambda: segmentation.iou_by_class([[1], [1, 2]]), TypeError, "confusion must be an array"),
        (lambda: segmentation.iou_by_class([["a"]]), TypeError, "confusion must be an array"),
        (lambda: segmentation.iou_by_class([[np.nan]]), ValueError, "finite numbers"),
        (lambda: segmentation.iou_by_class([[-1]]), ValueError, "0 or more, got -1"),
        (lambda: segmentation.class_shares([3, 12]), ValueError, "from 0 to 10, got 3 to 12"),
        (lambda: segmentation.class_shares([-1]), ValueError, "from 0 to 10, got -1 to -1"),
        (lambda: segmentation.class_shares([2**40]), ValueError, "from 0 to 10, got 1099"),
        (lambda: segmentation.class_shares([1.0]), TypeError, "masks must hold integers"),
        (lambda: segmentation.class_shares([True]), TypeError, "masks must hold integers"),
        (lambda: segmentation.class_shares([1], "2"), TypeError, "classes must be an integer"),
        (lambda: segmentation.cell_shares(np.zeros((1, 9, 8), int)), ValueError, "(1, 9, 8)"),
        (lambda: segmentation.cell_shares(np.full((1, 8, 8), 11)), ValueError, "got 11 to 11"),
        (lambda: segmentation.cell_shares(np.full((1, 8, 8), -1)), ValueError, "got -1 to -1"),
        (lambda: segmentation.cell_shares(np.zeros((1, 8, 8))), TypeError, "must hold integers"),
        (lambda: segmentation.cell_shares([[[0], [0, 1]]]), TypeError, "unequal length"),
        (lambda: segmentation.cell_shares([[[0]]], side=0), ValueError, "side must be 1 or more"),
        (lambda: segmentation.boundary(np.zeros((3, 3), int)), ValueError, "(3, 3)"),
        (lambda: segmentation.boundary(np.zeros((1, 3, 3))), TypeError, "array of integers"),
        (lambda: segmentation.boundary([[["a"]]]), TypeError, "masks must be an array"),
        (
            lambda: segmentation.dice_loss(np.zeros((1, 8, 8)), np.zeros((2, 8, 8, 11))),
            ValueError,
            "got (1, 8, 8) and (2, 8, 8, 11)",
        ),
        (
            lambda: segmentation.dice_loss(np.zeros((8, 8)), np.zeros((2, 8, 8, 11))),
            ValueError,
            "got (8, 8) and (2, 8, 8, 11)",
        ),
        (lambda: segmentation.unet(()), ValueError, "got ()"),
        (lambda: segmentation.unet(convolutions=(1, 2)), ValueError, "3 of them, got (1, 2)"),
        (lambda: segmentation.unet(filters_up=(8, 0, 8)), ValueError, "filters_up must hold"),
        (lambda: segmentation.unet(upsampling="bilinear"), ValueError, "got 'bilinear'"),
        (lambda: segmentation.unet(filters=5), ValueError, "filters must have the axes (levels,)"),
        (lambda: segmentation.unet(filters="abc"), TypeError, "filters must be an array of int"),
        (lambda: segmentation.unet(filters_up=(8.0, 8, 8)), TypeError, "filters_up must be an"),
        (lambda: segmentation.unet(shares=[0.5, 0]), ValueError, "shares must hold a number above"),
        (lambda: segmentation.unet(shares=[0.5, np.nan]), ValueError, "shares must hold finite"),
        (lambda: segmentation.unet(shares=[]), ValueError, "shares must hold a number above"),
        (lambda: segmentation.coarse_head(small(), [0.5, 0]), ValueError, "shares must hold a"),
    ],
)
def test_bad_arguments_are_refused(call, error, words):
    with pytest.raises(error) as refusal:
        call()
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("images", "error", "words"),
    [
        (PICTURES / 255, TypeError, "uint8 array of raw pixels from 0 to 255, got float64"),
        (PICTURES.astype(int), TypeError, "got int64"),
        (PICTURES.tolist(), TypeError, "got list"),
        (PICTURES[0], ValueError, "(N, H, W), H and W multiples of 8, got (16, 16)"),
        (PICTURES[:, :15], ValueError, "got (4, 15, 16)"),
        (PICTURES[:, :, :12], ValueError, "got (4, 16, 12)"),
        (PICTURES[:, :0], ValueError, "got (4, 0, 16)"),
        (PICTURES[..., None], ValueError, "got (4, 16, 16, 1)"),
    ],
)
def test_pictures_that_the_network_cannot_read_are_refused(images, error, words):
    network = small()
    for call in (
        lambda: segmentation.predict(network, images),
        lambda: segmentation.train(network, images, PICTURES, 0.01),
    ):
        with pytest.raises(error) as refusal:
            call()
        assert str(refusal.value).startswith("images must") and words in str(refusal.value)


def test_no_pictures_have_no_classes_and_two_levels_read_multiples_of_four():
    assert segmentation.predict(small(), PICTURES[:0]).shape == (0, 16, 16)
    network = segmentation.unet((4, 4), (1, 1), (4, 4))
    assert segmentation.predict(network, PICTURES[:, :12]).shape == (4, 12, 16)


@pytest.mark.parametrize(
    ("targets", "options", "error", "words"),
    [
        (PICTURES.tolist(), {}, TypeError, "targets must be an array, got list"),
        (PICTURES[:3], {}, ValueError, "targets must have the shape (4, 16, 16), got (3, 16, 16)"),
        (PICTURES.astype(float), {}, TypeError, "targets must be an array of integers"),
        (PICTURES + np.uint8(11), {}, ValueError, "classes from 0 to 10, got 11 to 11"),
        (PICTURES - np.int64(1), {}, ValueError, "classes from 0 to 10, got -1 to -1"),
        (np.ones((4, 2, 2, 11)), {}, ValueError, "the shape (4, 16, 16, 11), got (4, 2, 2, 11)"),
        (PICTURES, {"peak_rate": -0.1}, ValueError, "peak_rate must be a finite number, above 0"),
        (PICTURES, {"peak_rate": np.nan}, ValueError, "peak_rate must be a finite number"),
        (PICTURES, {"peak_rate": "1"}, TypeError, "peak_rate must be a number, got '1'"),
        (PICTURES, {"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        (PICTURES, {"batch_size": True}, TypeError, "batch_size must be an integer"),
        (PICTURES, {"batch_size": 5}, ValueError, "images must hold 5 or more, a batch, got 4"),
    ],
)
def test_training_refuses_what_it_cannot_learn_from(targets, options, error, words):
    with pytest.raises(error) as refusal:
        segmentation.train(small(), PICTURES, targets, **{"peak_rate": 0.01} | options)
    assert words in str(refusal.value)


def test_classes_of_every_integer_type_are_counted():
    masks = np.array([[[0, 19]]])
    expected = segmentation.confusion_matrix(masks, masks, 20)
    assert expected.shape == (20, 20) and expected[19, 19] == expected[0, 0] == 1
    for kind in (np.uint8, np.int8, np.uint64):
        found = segmentation.confusion_matrix(masks.astype(kind), masks.astype(kind), np.uint8(20))
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        segmentation.class_shares(masks.astype(np.uint64).tolist(), np.uint8(20)),
        segmentation.class_shares(masks, 20),
    )


def test_lists_of_masks_are_arrays(masks):
    truth, _ = masks
    for function in (segmentation.cell_shares, segmentation.boundary, segmentation.class_shares):
        np.testing.assert_array_equal(function(truth.tolist()), function(truth))


def test_the_dice_loss_trains_in_a_graph():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 16, 16)).astype(np.uint8)
    truth = generator.integers(0, 11, images.shape).astype(np.uint8)
    history = segmentation.train(small(), images, truth, 0.01, segmentation.dice_loss)
    assert 0 < history.history["loss"][0] < 1


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
    loss = float(segmentation.dice_loss(keras.ops.convert_to_tensor(truth), logits))
    assert loss == pytest.approx(expected, rel=1e-5)  # float32


def test_certain_and_right_answers_have_no_dice_loss(masks):
    truth, _ = masks
    logits = 100 * np.eye(11, dtype="float32")[truth]
    assert float(segmentation.dice_loss(truth, logits)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("upsampling", segmentation.UPSAMPLING)
@pytest.mark.parametrize("skips", [True, False])
def test_a_new_network_answers_with_the_shares_it_starts_from(upsampling, skips):
    shares = segmentation.class_shares(np.full((1, 8, 8), 10))
    network = segmentation.unet((4, 4, 4), shares=shares, skips=skips, upsampling=upsampling)
    logits = network(np.zeros((1, 32, 32, 1), "float32"), training=False)
    assert logits.shape == (1, 32, 32, 11)  # all maps are 0 on black paper: only biases are left
    answer = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    np.testing.assert_allclose(answer[0, 5, 5], shares, rtol=1e-4)


def test_training_the_coarse_head_trains_the_way_down_of_the_network():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 16, 16)).astype(np.uint8)
    truth = generator.integers(0, 11, (8, 16, 16)).astype(np.uint8)
    shares = segmentation.class_shares(truth)
    network = segmentation.unet((4, 4, 4), shares=shares)
    before = [weights.copy() for weights in network.get_weights()]
    coarse = segmentation.coarse_head(network, shares)
    history = segmentation.train(
        coarse, images, segmentation.cell_shares(truth), 0.01, batch_size=4
    )
    after = network.get_weights()
    assert np.isfinite(history.history["loss"][0])
    assert not np.array_equal(before[0], after[0])  # the first kernel
    assert np.array_equal(before[-2], after[-2])  # the last kernel, on the way up


def test_predictions_are_the_classes_of_the_largest_logits():
    network = small()
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16)).astype(np.uint8)
    expected = np.asarray(network(images[..., None])).argmax(axis=-1)
    predicted = segmentation.predict(network, images)
    assert predicted.dtype == np.uint8
    assert np.array_equal(predicted, expected)
