"""Explanations agree with closed forms: linear models, and a network worked out by hand."""

import keras
import numpy as np
import pytest
import silent

from cnnbook import explanations
from cnnbook.training import attribution

# A float32 sum of some hundred products of size 1 is right to about one part in a million.
ROUNDING = 1e-4
CLASSES = np.array([4, 0, 9])


@pytest.fixture
def linear():
    """Return a linear model of 28 x 28 pixels with 10 outputs, and its weights as pictures."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    return model, model.layers[-1].get_weights()[0].T.reshape(10, 28, 28)


def test_gradients_of_a_linear_model_are_its_weights_smoothed_or_not(linear, noise):
    model, weights = linear
    for found in (
        explanations.input_gradients(model, noise, CLASSES),
        explanations.smooth_gradients(model, noise, CLASSES, samples=3),
    ):
        np.testing.assert_allclose(found[..., 0], weights[CLASSES], atol=1e-6)


def test_more_images_than_one_batch_keep_their_order(linear, noise):
    model, weights = linear
    many = np.repeat(noise[:1], attribution.BATCH_SIZE + 3, axis=0)
    classes = np.arange(len(many)) % 10
    found = explanations.input_gradients(model, many, classes)
    np.testing.assert_allclose(found[..., 0], weights[classes], atol=1e-7)


def test_gradients_are_those_of_finite_differences(untrained, noise):
    logits = attribution.logit_model(untrained)
    found = explanations.input_gradients(logits, noise, CLASSES)
    step = 1e-2
    direction = np.random.default_rng(1).standard_normal(noise.shape).astype("float32")
    direction /= np.linalg.norm(direction)
    ahead, behind = (
        attribution.outputs_of(logits, noise + sign * step * direction)[range(3), CLASSES]
        for sign in (1, -1)
    )
    slopes = np.sum(found * direction, axis=(1, 2, 3))
    # ReLU and maximum have corners: a step of this size passes a few of them.
    np.testing.assert_allclose((ahead - behind) / (2 * step), slopes, atol=1e-3)


@pytest.mark.parametrize(("size", "fill"), [(4, 0.0), (5, 0.5), (28, 1.0)])
def test_occlusion_of_a_linear_model_is_the_sum_over_the_square(linear, noise, size, fill):
    model, weights = linear
    before = noise.copy()
    found = explanations.occlusion(model, noise, CLASSES, size, fill)
    np.testing.assert_array_equal(noise, before)
    product = weights[CLASSES] * (noise[..., 0] - fill)
    windows = np.lib.stride_tricks.sliding_window_view(product, (size, size), axis=(1, 2))
    expected = windows[:, ::2, ::2].sum(axis=(3, 4))
    np.testing.assert_allclose(found, expected, atol=ROUNDING)


def test_hiding_paper_with_paper_changes_nothing(untrained):
    blank = np.zeros((1, 28, 28, 1), "float32")
    assert np.abs(explanations.occlusion(untrained, blank, [3])).max() < 1e-7
    assert np.abs(explanations.occlusion(untrained, blank, [3], fill=0.5)).max() > 1e-4


def test_grad_cam_worked_out_by_hand():
    # One 1 x 1 convolution with the kernels 1 and -1 + bias 2, then a mean a map, then weights.
    convolution = keras.layers.Conv2D(2, 1, name="maps")
    dense = keras.layers.Dense(2)
    model = keras.Sequential(
        [keras.Input((2, 2, 1)), convolution, keras.layers.GlobalAveragePooling2D(), dense]
    )
    convolution.set_weights([np.array([[[[1.0, -1.0]]]]), np.array([0.0, 2.0])])
    dense.set_weights([np.array([[4.0, -8.0], [8.0, 4.0]]), np.zeros(2)])
    image = np.array([[0.0, 1.0], [3.0, 2.0]], "float32")[np.newaxis, :, :, np.newaxis]
    # The slope of a mean of four is 1/4 everywhere: alpha is a quarter of the dense weights,
    # (1, 2) for class 0 and (-2, 1) for class 1; the maps are x and 2 - x.
    x = image[0, :, :, 0]
    found = explanations.grad_cam(model, np.repeat(image, 2, axis=0), [0, 1], "maps")
    np.testing.assert_allclose(found[0], np.maximum(x + 2 * (2 - x), 0), atol=1e-6)
    np.testing.assert_allclose(found[1], np.maximum(-2 * x + (2 - x), 0), atol=1e-6)
    assert (found[1] == 0).any()


def test_values_are_placed_at_the_middles_of_their_fields():
    field = explanations.CONV2
    maps = np.zeros((1, 11, 11))
    maps[0, 5, 2] = 1
    placed = explanations.place_on_image(maps, 28, field)
    rows, columns = np.indices((28, 28))
    center = (field.size - 1) / 2
    total = placed[0].sum()
    assert (placed[0] * rows).sum() / total == pytest.approx(center + 5 * field.jump)
    assert (placed[0] * columns).sum() / total == pytest.approx(center + 2 * field.jump)
    constant = explanations.place_on_image(np.full((2, 11, 11), 3.0), 28, field)
    np.testing.assert_allclose(constant, 3.0)


def test_five_methods_explain_every_pixel(untrained, noise):
    found = explanations.explain(untrained, noise, CLASSES)
    assert list(found) == ["gradient", "SmoothGrad", "gradient x input", "Grad-CAM", "occlusion"]
    assert {values.shape for values in found.values()} == {(3, 28, 28)}


def test_the_edges_of_a_ramp_are_its_slope_and_of_paper_nothing():
    rows, columns = np.indices((6, 8))
    found = explanations.edges(np.stack([3.0 * rows + 4.0 * columns, np.ones((6, 8))]))
    np.testing.assert_allclose(found, [np.full((6, 8), 5.0), np.zeros((6, 8))])


def test_rank_correlation_sees_the_order_alone_and_none_in_a_constant():
    first = np.random.default_rng(0).standard_normal((2, 4, 5))
    second = np.stack([first[0] ** 3, -first[1]])
    np.testing.assert_allclose(explanations.rank_correlation(first, second), [1, -1])
    assert np.isnan(explanations.rank_correlation(np.ones((1, 5)), np.arange(5.0)[np.newaxis]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m, x: explanations.input_gradients(m, x, [4]), "got uint8"),
        (lambda m, x: explanations.occlusion(m, x, [4]), "got uint8"),
        (lambda m, x: explanations.grad_cam(m, x, [4], "conv2"), "got uint8"),
        (lambda m, x: explanations.occlusion(m, x / 255, [4], size=29), "spans 29"),
        (lambda m, x: explanations.input_gradients(m, x / 255, [1.9]), "classes must be an array"),
        (lambda m, x: explanations.grad_cam(m, x / 255, [10], "conv2"), "classes must be from 0"),
    ],
)
def test_what_would_be_silently_wrong_is_refused(untrained, noise, call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call(untrained, np.uint8(255 * noise[:1]))


keras.utils.set_random_seed(0)
LINEAR = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
KERNELS = np.moveaxis(LINEAR.get_weights()[0].reshape(4, 4, 1, 3).astype(float), -1, 0)
PICTURES, NAMES = silent.reals(2, 4, 4, 1), silent.whole_numbers(3, 2)


def slopes(x, classes):
    kernels = KERNELS[silent.whole(classes, 3)]
    assert np.size(x) == kernels.size
    return kernels


def drops(x, classes):
    parts = silent.floats(x).reshape(-1, 4, 4, 1) * slopes(x, classes)
    return parts.reshape(-1, 2, 2, 2, 2).sum(axis=(2, 4))


test_no_explanation_is_wrong_in_silence = silent.wrong_answers({
    "gradients": (
        lambda x, classes: explanations.input_gradients(LINEAR, x, classes),
        slopes,
        PICTURES,
        NAMES,
    ),
    "occlusion": (
        lambda x, classes: explanations.occlusion(LINEAR, x, classes, size=2),
        drops,
        PICTURES,
        NAMES,
    ),
    "edges": (
        explanations.edges,
        lambda x: np.hypot(*np.gradient(silent.floats(x), axis=(1, 2))),
        silent.reals(2, 4, 4),
    ),
})  # fmt: skip
