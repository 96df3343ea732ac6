"""Recipes: the article's is the article's, the schedule is its formula, digits move as they say."""

import dataclasses
import itertools
import math

import keras
import numpy as np
import pytest

from cnnbook import classifiers, data, models


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), _ = data.load_mnist()
    return data.scale_pixels(x_train[:256]), y_train[:256]


TINY = classifiers.TrainingConfig(blocks=((4, 3, True), (8, 3, True)), batch_size=64)


def test_the_article_recipe_is_the_article_network_trained_as_the_article_trains_it(digits):
    images, labels = digits
    recipe = dataclasses.replace(classifiers.ARTICLE, epochs=1)
    ours = classifiers.train(recipe, images, labels, seed=0)
    theirs = models.trained_article_network(images, labels, epochs=1, seed=0)
    assert ours.count_params() == theirs.count_params() == 225_034
    ours, theirs = ours.predict(images, verbose=0), theirs.predict(images, verbose=0)
    # Eight steps of Adam; other kernels may add in another order.
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("normalise", [True, False])
def test_pooling_before_the_relu_changes_nothing_without_normalisation(digits, normalise):
    images, _ = digits
    outputs = []
    for pool_first in (True, False):
        recipe = dataclasses.replace(TINY, normalise=normalise, pool_first=pool_first)
        keras.utils.set_random_seed(0)
        outputs.append(classifiers.network(recipe)(images, training=normalise).numpy())
    # A batch's mean and variance after pooling are other ones than before.
    assert np.allclose(*outputs, atol=1e-6) != normalise


def test_the_published_parameter_counts_hold():
    assert classifiers.network(classifiers.ARTICLE).count_params() == 225_034
    assert classifiers.network(classifiers.SMALL).count_params() < 225_034 / 2


def test_the_rate_follows_its_formula():
    schedule = classifiers.one_cycle(0.02, steps=100, warm_up=0.2)
    rates = [float(schedule(step)) for step in range(101)]
    assert rates[0] == pytest.approx(0.02 / 50)
    assert np.argmax(rates) == 20
    for step in (20, 45, 60, 100):
        expected = 0.02 * (1 + math.cos(math.pi * (step - 20) / 80)) / 2
        assert rates[step] == pytest.approx(expected, abs=1e-8)
    np.testing.assert_allclose(np.diff(rates[:21]), (0.02 - 0.02 / 50) / 20, rtol=1e-3)


def test_without_warm_up_the_rate_starts_at_its_peak():
    schedule = classifiers.one_cycle(0.02, steps=100, warm_up=0)
    assert float(schedule(0)) == pytest.approx(0.02)
    assert float(schedule(100)) == pytest.approx(0, abs=1e-9)


def test_without_a_range_an_image_stays_as_it_is(digits):
    images, _ = digits
    same = classifiers.random_affine(images, np.random.default_rng(0))
    np.testing.assert_allclose(same, images, atol=1e-5)


def test_a_quarter_turn_is_that_of_numpy(digits):
    images, _ = digits
    quarter = classifiers.affine_matrices(len(images), np.random.default_rng(0))
    quarter[:] = [0, -1, 27, 1, 0, 0, 0, 0]  # reads (27 - y, x) at (x, y)
    import tensorflow as tf

    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=quarter,
        output_shape=(28, 28),
        fill_value=0.0,
        interpolation="BILINEAR",
    ).numpy()
    np.testing.assert_allclose(turned, np.rot90(images, k=1, axes=(1, 2)), atol=1e-5)


def test_the_matrices_keep_the_centre_up_to_the_shift_and_stay_within_their_ranges():
    matrices = classifiers.affine_matrices(
        1000, np.random.default_rng(0), shift_pixels=2, degrees=10, zoom=0.1, shear=0
    ).astype(float)
    linear = matrices[:, [0, 1, 3, 4]].reshape(-1, 2, 2)
    centre = np.full(2, 13.5)
    moved = linear @ centre + matrices[:, [2, 5]] - centre
    assert np.abs(moved).max() <= 2 + 1e-4 and np.abs(moved).max() > 1.8
    angles = np.degrees(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
    assert np.abs(angles).max() <= 10 + 1e-4 and np.abs(angles).max() > 9
    # A rotation keeps areas: the determinant is the product of the two scales.
    assert np.abs(np.log(np.linalg.det(linear))).max() <= 0.2 + 1e-4


def test_moved_digits_repeat_with_the_seed_and_differ_from_each_other(digits):
    images, _ = digits
    twice = np.repeat(images[:1], 2, axis=0)
    first, again = (
        classifiers.random_affine(twice, np.random.default_rng(1), shift_pixels=2) for _ in range(2)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first[0], first[1])


def test_training_repeats_itself_and_another_seed_gives_other_weights(digits):
    images, labels = digits
    recipe = dataclasses.replace(TINY, shift_pixels=1, degrees=5, epochs=2)
    weights = [
        classifiers.train(recipe, images, labels, seed).get_weights()[0] for seed in (0, 0, 1)
    ]
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-6)
    assert not np.allclose(weights[0], weights[2], atol=1e-3)


def test_the_rate_ends_near_zero_when_digits_are_moved_every_epoch(digits):
    images, labels = digits
    recipe = dataclasses.replace(TINY, shift_pixels=1, epochs=3)
    model = classifiers.train(recipe, images, labels, seed=0)
    assert int(model.optimizer.iterations) == 3 * 4
    assert float(model.optimizer.learning_rate) < 1e-6


def test_no_two_seeds_share_a_network(digits):
    images, labels = digits
    both = classifiers.train_ensemble(TINY, 2, images, labels, seed=1)
    for number, model in enumerate(both):
        alone = classifiers.train(TINY, images, labels, seed=2 + number)
        for ours, theirs in zip(model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_answers_are_averaged_over_networks_and_views(digits):
    images, labels = digits
    trained = classifiers.train_ensemble(TINY, 2, images, labels, seed=0)
    assert len(trained) == 2
    both = classifiers.probabilities(trained, images[:20])
    each = [classifiers.probabilities([model], images[:20]) for model in trained]
    np.testing.assert_allclose(both, (each[0] + each[1]) / 2, atol=1e-6)
    assert not np.allclose(*each, atol=1e-3)
    views = classifiers.probabilities(trained, images[:20], view_shift=1)
    np.testing.assert_allclose(views.sum(axis=1), 1, atol=1e-5)
    assert not np.allclose(views, both, atol=1e-4)


def test_the_ladder_leads_from_the_article_to_the_recipes():
    steps = list(classifiers.ladder().values())
    assert steps[0] == dataclasses.replace(classifiers.ARTICLE, epochs=1)
    assert (
        classifiers.FAST in steps
        and dataclasses.replace(steps[-1], view_shift=1) == classifiers.SMALL
    )
    for before, after in itertools.pairwise(steps):
        assert before != after


def test_multiply_adds_of_a_recipe_are_those_of_its_layers():
    # 26 x 26 places of 3 x 3 x 1 into 32, 11 x 11 of 3 x 3 x 32 into 64, then 1600, 128, 10.
    expected = 26**2 * 9 * 32 + 11**2 * 9 * 32 * 64 + 1600 * 128 + 128 * 10
    assert classifiers.multiply_adds(classifiers.ARTICLE) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": ()}, "blocks must hold"),
        ({"epochs": 0}, "epochs must be"),
        ({"optimizer": "newton"}, "optimizer must be"),
        ({"peak_rate": 0}, "peak_rate must be"),
        ({"warm_up": 1.0}, "warm_up must be"),
    ],
)
def test_a_bad_recipe_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **change)


def test_bad_arguments_are_refused(digits):
    images, _ = digits
    with pytest.raises(ValueError, match="steps must be"):
        classifiers.one_cycle(0.1, 0, 0.1)
    with pytest.raises(ValueError, match="warm_up must be"):
        classifiers.one_cycle(0.1, 10, 1)
    with pytest.raises(ValueError, match="degrees must be"):
        classifiers.random_affine(images, np.random.default_rng(0), degrees=-1)
    with pytest.raises(ValueError, match="images must have"):
        classifiers.random_affine(images[:, :, :20], np.random.default_rng(0))
    with pytest.raises(ValueError, match="models must hold"):
        classifiers.probabilities([], images)
