"""Classifiers are built, scheduled, trained and averaged as their configuration says."""

import dataclasses
import math

import keras
import numpy as np
import pytest

from cnnbook import classifiers, data


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), _ = data.load_mnist()
    return data.scale_pixels(x_train[:256]), y_train[:256]


TINY = classifiers.TrainingConfig(blocks=((4, 3, True), (8, 3, True)), batch_size=64)


@pytest.mark.parametrize("normalise", [True, False])
def test_pooling_before_the_relu_changes_nothing_without_normalisation(digits, normalise):
    images, _ = digits
    outputs = []
    for pool_first in (True, False):
        config = dataclasses.replace(TINY, normalise=normalise, pool_first=pool_first)
        keras.utils.set_random_seed(0)
        outputs.append(classifiers.network(config)(images, training=normalise).numpy())
    # A batch's mean and variance after pooling are other ones than before.
    assert np.allclose(*outputs, atol=1e-6) != normalise


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


def test_training_repeats_itself_also_on_moved_digits_and_ends_with_its_rate(digits):
    images, labels = digits
    config = dataclasses.replace(TINY, shift_pixels=1, degrees=5, epochs=2)
    models = [classifiers.train(config, images, labels, seed) for seed in (0, 0, 1)]
    first, again, other = (model.get_weights()[0] for model in models)
    np.testing.assert_allclose(first, again, atol=1e-6)
    assert not np.allclose(first, other, atol=1e-3)
    assert int(models[0].optimizer.iterations) == 2 * 4
    assert float(models[0].optimizer.learning_rate) < 1e-6


def test_the_answers_of_an_ensemble_are_averaged(digits):
    images, _ = digits
    keras.utils.set_random_seed(2)
    both = [classifiers.network(TINY) for _ in range(2)]
    each = [classifiers.probabilities([model], images) for model in both]
    together = classifiers.probabilities(both, images)
    np.testing.assert_allclose(together, (each[0] + each[1]) / 2, atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    assert not np.allclose(*each, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dataclasses.replace(TINY, blocks=()), ValueError, "blocks must hold one or more"),
        (lambda: dataclasses.replace(TINY, epochs=0), ValueError, "epochs be 1 or more"),
        (lambda: dataclasses.replace(TINY, peak_rate=0), ValueError, "peak_rate be positive"),
        (lambda: classifiers.one_cycle(0.1, 10, -0.1), ValueError, "warm_up must be"),
        (lambda: classifiers.one_cycle(0.1, 10, 1), ValueError, "warm_up must be"),
        (lambda: classifiers.one_cycle(0.1, 0, 0.1), ValueError, "decay_steps"),
        (
            lambda: classifiers.compiled(dataclasses.replace(TINY, optimizer="newton"), 64),
            KeyError,
            "newton",
        ),
        (
            lambda: classifiers.probabilities([], np.zeros((1, 28, 28, 1))),
            ZeroDivisionError,
            "zero",
        ),
    ],
)
def test_what_cannot_be_trained_or_averaged_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
