"""Explanations agree with closed forms: linear models, a network worked out by hand, SciPy."""

import keras
import numpy as np
import pytest
import scipy.stats

from cnnbook import attribution, models, shapes

# A float32 sum of some hundred products of size 1 is right to about one part in a million.
ROUNDING = 1e-4


@pytest.fixture
def linear():
    """Return a linear model of 28 x 28 pixels with 10 outputs, and its weights as pictures."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    return model, model.layers[-1].get_weights()[0].T.reshape(10, 28, 28)


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return models.article_network()


@pytest.fixture
def images():
    return np.random.default_rng(0).random((3, 28, 28, 1)).astype("float32")


CLASSES = np.array([4, 0, 9])


def test_the_gradient_of_a_linear_model_is_its_weights_whatever_the_image(linear, images):
    model, weights = linear
    found = attribution.input_gradients(model, images, CLASSES)
    np.testing.assert_allclose(found[..., 0], weights[CLASSES], atol=1e-7)


def test_gradients_are_those_of_finite_differences(network, images):
    logits = attribution.logit_model(network)
    found = attribution.input_gradients(logits, images, CLASSES)
    step = 1e-2
    direction = np.random.default_rng(1).standard_normal(images.shape).astype("float32")
    direction /= np.linalg.norm(direction)
    ahead, behind = (
        attribution.outputs_of(logits, images + sign * step * direction)[range(3), CLASSES]
        for sign in (1, -1)
    )
    slopes = np.sum(found * direction, axis=(1, 2, 3))
    # ReLU and maximum have corners: a step of this size passes a few of them.
    np.testing.assert_allclose((ahead - behind) / (2 * step), slopes, atol=1e-3)


def test_more_images_than_one_batch_keep_their_order(linear, images):
    model, weights = linear
    many = np.repeat(images[:1], attribution.BATCH_SIZE + 3, axis=0)
    classes = np.arange(len(many)) % 10
    found = attribution.input_gradients(model, many, classes)
    np.testing.assert_allclose(found[..., 0], weights[classes], atol=1e-7)


def test_smoothing_a_linear_model_changes_nothing(linear, images):
    model, weights = linear
    found = attribution.smooth_gradients(model, images, CLASSES, samples=3)
    np.testing.assert_allclose(found[..., 0], weights[CLASSES], atol=1e-6)


def test_smoothing_without_noise_is_the_gradient(network, images):
    found = attribution.smooth_gradients(network, images, CLASSES, noise=0, samples=2)
    expected = attribution.input_gradients(network, images, CLASSES)
    np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize(("size", "stride", "fill"), [(4, 2, 0.0), (5, 3, 0.5), (28, 1, 1.0)])
def test_occlusion_of_a_linear_model_is_the_sum_over_the_square(linear, images, size, stride, fill):
    model, weights = linear
    found = attribution.occlusion(model, images, CLASSES, size, stride, fill)
    product = weights[CLASSES] * (images[..., 0] - fill)
    windows = np.lib.stride_tricks.sliding_window_view(product, (size, size), axis=(1, 2))
    expected = windows[:, ::stride, ::stride].sum(axis=(3, 4))
    np.testing.assert_allclose(found, expected, atol=ROUNDING)


def test_occlusion_leaves_the_images_alone(linear, images):
    before = images.copy()
    attribution.occlusion(linear[0], images, CLASSES, fill=1.0)
    np.testing.assert_array_equal(images, before)


def test_hiding_paper_with_paper_changes_nothing(network):
    blank = np.zeros((1, 28, 28, 1), "float32")
    # One image and a batch of many may be rounded differently, by a last digit of 0.1 or so.
    assert np.abs(attribution.occlusion(network, blank, [3])).max() < 1e-7
    assert np.abs(attribution.occlusion(network, blank, [3], fill=0.5)).max() > 1e-4


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
    found = attribution.grad_cam(model, np.repeat(image, 2, axis=0), [0, 1], "maps")
    np.testing.assert_allclose(found[0], np.maximum(x + 2 * (2 - x), 0), atol=1e-6)
    np.testing.assert_allclose(found[1], np.maximum(-2 * x + (2 - x), 0), atol=1e-6)
    assert (found[1] == 0).any()


def test_logits_are_the_softmax_undone(network, images):
    logits = attribution.outputs_of(attribution.logit_model(network), images)
    np.testing.assert_allclose(
        keras.ops.softmax(logits), attribution.outputs_of(network, images), atol=1e-6
    )


def test_weighted_sums_are_what_the_activation_is_applied_to(network, images):
    for name in ("conv1", "conv2", "dense1"):
        sums = attribution.outputs_of(attribution.weighted_sums(network, name), images)
        part = keras.Model(network.inputs[0], network.get_layer(name).output)
        np.testing.assert_allclose(np.maximum(sums, 0), part(images), atol=1e-6)
        assert (sums < 0).any()


def test_a_model_of_logits_is_left_as_it_is(linear):
    assert attribution.logit_model(linear[0]) is linear[0]


def test_values_are_placed_at_the_middles_of_their_fields():
    field = shapes.receptive_field([(3, 1), (2, 2), (3, 1)])
    center = (field.size - 1) / 2
    maps = np.zeros((1, 11, 11))
    maps[0, 5, 2] = 1
    placed = attribution.place_on_image(maps, 28, center, field.jump)
    rows, columns = np.indices((28, 28))
    total = placed[0].sum()
    assert (placed[0] * rows).sum() / total == pytest.approx(center + 5 * field.jump)
    assert (placed[0] * columns).sum() / total == pytest.approx(center + 2 * field.jump)


def test_five_methods_explain_every_pixel(network, images):
    field = shapes.receptive_field([(3, 1), (2, 2), (3, 1)])
    found = attribution.explain(network, images, CLASSES, "conv2", field, samples=2)
    assert list(found) == ["gradient", "SmoothGrad", "gradient x input", "Grad-CAM", "occlusion"]
    assert {values.shape for values in found.values()} == {(3, 28, 28)}
    expected = np.abs(attribution.input_gradients(network, images, CLASSES))[..., 0]
    np.testing.assert_array_equal(found["gradient"], expected)


def test_the_edges_of_a_ramp_are_its_slope_and_of_paper_nothing():
    rows, columns = np.indices((6, 8))
    found = attribution.edges(np.stack([3.0 * rows + 4.0 * columns, np.ones((6, 8))]))
    np.testing.assert_allclose(found, [np.full((6, 8), 5.0), np.zeros((6, 8))])


def test_a_constant_map_stays_constant():
    placed = attribution.place_on_image(np.full((2, 5, 5), 3.0), 28, 4.5, 4)
    np.testing.assert_allclose(placed, 3.0)


def test_the_strongest_patches_are_found_where_they_were_put():
    images = np.zeros((4, 10, 10))
    images[1, 4:7, 5:8] = 2.0
    images[3, 0:3, 0:3] = 1.0
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    responses = windows.sum(axis=(3, 4))
    field = shapes.receptive_field([(3, 1)])
    patches = attribution.strongest_patches(images, responses, field, 2)
    np.testing.assert_array_equal(patches, [np.full((3, 3), 2.0), np.ones((3, 3))])


def test_a_patch_that_reaches_over_the_edge_is_filled_with_paper():
    images = np.ones((1, 4, 4))
    field = shapes.receptive_field([(3, 1, 1, 1)])  # one pixel of padding
    responses = np.zeros((1, 4, 4))
    responses[0, 0, 0] = 1
    patch = attribution.strongest_patches(images, responses, field, 1)[0]
    np.testing.assert_array_equal(patch, [[0, 0, 0], [0, 1, 1], [0, 1, 1]])


def test_the_best_image_of_a_linear_unit_is_ink_where_its_weights_are_positive(linear):
    model, weights = linear
    found = attribution.maximise(model, [(2,), (7,)], steps=200, decay=0.0, blur=False)
    # A smaller weight moves its pixel less than half way in these steps.
    clear = np.abs(weights[[2, 7]]) > 0.02
    np.testing.assert_array_equal(found[..., 0][clear] > 0.5, weights[[2, 7]][clear] > 0)


def test_made_images_excite_their_unit_and_keep_to_the_range_of_ink(network, images):
    logits = attribution.logit_model(network)
    made = attribution.maximise(logits, [(4,)], steps=20)
    assert made.min() >= 0 and made.max() <= 1
    before = attribution.outputs_of(logits, images)[:, 4].max()
    assert attribution.outputs_of(logits, made)[0, 4] > before
    np.testing.assert_array_equal(made, attribution.maximise(logits, [(4,)], steps=20))


def test_randomisation_proceeds_from_the_output_down_and_keeps_the_rest(network):
    copies = attribution.cascading_randomisation(network, seed=1)
    names = [name for name, _ in copies]
    assert names == ["dense2", "dense1", "conv2", "conv1"]
    for count, (_, copy) in enumerate(copies, start=1):
        for name in names:
            same = np.array_equal(
                copy.get_layer(name).get_weights()[0], network.get_layer(name).get_weights()[0]
            )
            assert same == (name not in names[:count])


def test_random_weights_are_drawn_as_keras_draws_them(network):
    _, copy = attribution.cascading_randomisation(network, seed=1)[-1]
    for name in ("conv1", "conv2", "dense1"):
        ours, bias = copy.get_layer(name).get_weights()
        theirs = network.get_layer(name).get_weights()[0]
        # Both are uniform draws; the smallest has 288 weights, so its spread is known to a twelfth.
        assert ours.std() == pytest.approx(theirs.std(), rel=0.15)
        assert not bias.any()


def test_rank_correlation_agrees_with_scipy_with_and_without_ties():
    generator = np.random.default_rng(0)
    first = generator.standard_normal((3, 20))
    second = generator.integers(0, 4, (3, 20))
    for a, b in ((first, first**3), (first, second), (second, second[::-1])):
        expected = [scipy.stats.spearmanr(x, y).statistic for x, y in zip(a, b, strict=True)]
        np.testing.assert_allclose(attribution.rank_correlation(a, b), expected)


def test_rank_correlation_with_a_constant_is_undefined():
    assert np.isnan(attribution.rank_correlation(np.ones((1, 5)), np.arange(5.0)[np.newaxis]))


def test_deletion_hides_the_most_important_pixels_first(linear, images):
    model, weights = linear
    contribution = weights[CLASSES] * images[..., 0]
    curves = attribution.deletion_curves(model, images, CLASSES, contribution, [0, 1, 784])
    bias = model.layers[-1].get_weights()[1][CLASSES]
    total = contribution.sum(axis=(1, 2))
    np.testing.assert_allclose(curves[:, 0], total + bias, atol=ROUNDING)
    np.testing.assert_allclose(
        curves[:, 1], total - contribution.max(axis=(1, 2)) + bias, atol=ROUNDING
    )
    np.testing.assert_allclose(curves[:, 2], bias, atol=ROUNDING)


def test_a_linear_unit_is_explained_whole_and_a_product_not_at_all():
    inputs = np.random.default_rng(0).standard_normal((4000, 2))
    answers = np.stack([inputs @ [1, -2] + 5, inputs[:, 0] * inputs[:, 1], np.ones(4000)], axis=1)
    linear, product, constant = attribution.linear_share(inputs, answers, held_out=1000)
    assert linear == pytest.approx(1, abs=1e-9)
    assert product == pytest.approx(0, abs=0.02)  # standard error about 1 / sqrt(1000)
    assert np.isnan(constant)


def test_the_share_between_classes():
    labels = np.array([0, 0, 1, 1])
    responses = np.array([[1, 0, 0], [1, 1, 1], [5, 0, 1], [5, 1, 2]])
    # The last unit: means 0.5 and 1.5 about 1, so 4 * 0.25 of a total of 2.
    np.testing.assert_allclose(attribution.class_share(responses, labels), [1, 0, 0.5])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m, x: attribution.input_gradients(m, x[0], [1]), "(28, 28, 1)"),
        (lambda m, x: attribution.input_gradients(m, (255 * x).astype("uint8"), [1]), "uint8"),
        (lambda m, x: attribution.input_gradients(m, x, [1]), "each of the 3 images"),
        (lambda m, x: attribution.input_gradients(m, x, [1.0, 2.0, 3.0]), "float64"),
        (lambda m, x: attribution.smooth_gradients(m, x, CLASSES, noise=-1), "noise must be 0"),
        (lambda m, x: attribution.occlusion(m, x, CLASSES, patch_size=29), "spans 29"),
        (lambda m, x: attribution.grad_cam(m, x, CLASSES, "dense1"), "got dense1"),
        (lambda m, x: attribution.weighted_sums(m, "pool1"), "a MaxPooling2D"),
        (lambda m, x: attribution.edges(x), "(N, H, W)"),
        (lambda m, x: attribution.maximise(m, [(1, 2)]), "units must hold 1 indices"),
        (lambda m, x: attribution.rank_correlation(x, x[:2]), "one shape"),
        (lambda m, x: attribution.deletion_curves(m, x, CLASSES, x, [1]), "(3, 28, 28)"),
        (lambda m, x: attribution.place_on_image(x[..., 0, 0], 28, 0, 1), "(3, 28)"),
        (lambda m, x: attribution.place_on_image(x[..., 0], 28, 0, 0), "jump must be positive"),
        (lambda m, x: attribution.class_share(x[:, 0, :, 0], [1]), "labels (N,)"),
        (lambda m, x: attribution.linear_share(x[:, 0, :, 0], x[:2, 0, :, 0], 1), "one length"),
        (lambda m, x: attribution.linear_share(x[:, 0, :, 0], x[:, 0, :, 0], 3), "from 1 to 2"),
        (
            lambda m, x: attribution.strongest_patches(
                x[..., 0], x[..., 0], shapes.ReceptiveField(3, 1, 0), 4
            ),
            "count must be from 1 to the 3",
        ),
        (
            lambda m, x: attribution.strongest_patches(
                x[..., 0], x[:2, ..., 0], shapes.ReceptiveField(3, 1, 0), 1
            ),
            "one map an image",
        ),
    ],
)
def test_bad_arguments_are_refused_by_name(network, images, call, words):
    with pytest.raises(ValueError) as error:
        call(network, images)
    assert words in str(error.value)


def test_a_model_that_ends_in_something_else_has_no_logits():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="relu")])
    with pytest.raises(ValueError, match="relu"):
        attribution.logit_model(model)


def test_a_layer_whose_start_is_unknown_is_refused():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.BatchNormalization(name="norm")])
    with pytest.raises(ValueError, match="norm, a BatchNormalization"):
        attribution.cascading_randomisation(model, seed=0)
