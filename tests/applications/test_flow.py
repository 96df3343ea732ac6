"""Digits out of noise: the solver has its order, guidance is a line, a seed repeats itself."""

import numpy as np
import pytest

from cnnbook import results
from cnnbook.applications import flow


@pytest.fixture(scope="module")
def network():
    return results.load_network("applications/flow_network")[0]


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("heun", 2), ("midpoint", 2)])
def test_the_solver_has_its_order(method, order):
    # dx/dt = x (1 + t) has the solution x0 exp(t + t^2 / 2).
    errors = [
        abs(flow.integrate(lambda x, t: x * (1 + t), 1.0, steps, method) - np.exp(1.5))
        for steps in (50, 100)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


def test_the_exact_velocity_carries_noise_to_the_normal_distribution_it_should():
    mean, deviation = 3.0, 0.5

    def velocity(x, t):
        variance = (1 - t) ** 2 + (t * deviation) ** 2
        slope = (t * deviation**2 - (1 - t)) / variance
        return mean + slope * (x - t * mean)

    start = np.random.default_rng(0).standard_normal(1000)
    end = flow.integrate(velocity, start, 200, "heun")
    np.testing.assert_allclose(end, mean + deviation * start, atol=1e-3)


def test_guidance_is_a_line_through_both_velocities(network):
    x = np.random.default_rng(1).standard_normal((4, 28, 28, 1), dtype=np.float32)
    labels = np.array([3, 1, 4, 1])
    asked, free = (
        np.asarray(network([x, np.full(4, 0.3, "float32"), classes.astype("int32")]))
        for classes in (labels, np.full(4, flow.NO_CLASS))
    )
    assert np.abs(asked - free).max() > 1e-3
    for guidance in (0.0, 1.0, 2.5):
        velocity = flow.guided_velocity(network, labels, guidance)(x, 0.3)
        np.testing.assert_allclose(velocity, free + guidance * (asked - free), atol=1e-4)


def test_drawings_are_pixels_of_256_levels_and_repeat_with_a_seed(network):
    labels = [1, 2, flow.NO_CLASS]
    images = flow.sample_flow(network, labels, seed=5, steps=2, guidance=2.0)
    assert images.shape == (3, 28, 28, 1) and images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 1
    np.testing.assert_allclose(255 * images, np.round(255 * images), atol=1e-4)
    again, other = (flow.sample_flow(network, labels, n, 2, 2.0) for n in (5, 6))
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images, other)


def test_the_flow_draws_digits_that_the_classifier_reads_as_asked(network):
    reader, _ = results.load_network("applications/classification_network")
    drawn = flow.sample_flow(network, np.arange(10), seed=0, steps=8, guidance=2.0)
    assert np.sum(reader.predict(drawn, verbose=0).argmax(axis=1) == np.arange(10)) >= 9
