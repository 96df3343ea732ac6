"""The page draws as the package does: the same velocity, and the same ink in the end."""

import json

import keras
import numpy as np
import pytest
import stored

from cnnbook.applications import flow
from cnnbook.generation import networks

SCRIPTS = ["dom.js", "widgets.js", "graph.js", "widget-flow.js"]


@pytest.fixture(scope="module")
def network():
    """A velocity network of which no part is silent; fresh ones begin with zeros."""
    keras.utils.set_random_seed(0)
    network = networks.velocity_network()
    generator = np.random.default_rng(0)
    network.set_weights(
        [
            weight + generator.normal(scale=0.05, size=weight.shape)
            for weight in network.get_weights()
        ]
    )
    return network


@pytest.mark.parametrize("guidance", [1.0, 2.5])
def test_the_page_s_velocity_is_that_of_keras(bare, network, guidance):
    written = stored.describe(json.loads(network.to_json()), network.get_weights(), bits=32)
    page = bare("", SCRIPTS)
    x = np.random.default_rng(1).standard_normal((1, 28, 28, 1), np.float32)
    ours = page.evaluate(
        """([written, x, guidance]) => Array.from(cnnbook.widgets.flow.velocity(
          cnnbook.graph.build(written), Float32Array.from(x), 0.3, 7, guidance))""",
        [written, x.ravel().tolist(), guidance],
    )
    theirs = flow.guided_velocity(network, np.array([7]), guidance)(x, 0.3).ravel()
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(theirs).max())


def test_the_page_s_noise_is_normal_and_its_ink_that_of_the_package(bare):
    page = bare("", SCRIPTS)
    noise = np.array(page.evaluate("() => Array.from(cnnbook.widgets.flow.normal(3, 20000))"))
    # Five standard deviations of the mean, and of the spread, of so many draws.
    assert abs(noise.mean()) < 5 / 20000**0.5 and abs(noise.std() - 1) < 5 / 40000**0.5
    ink = page.evaluate(
        "x => Array.from(cnnbook.widgets.flow.ink(Float32Array.from(x)))", noise.tolist()
    )
    rounded = flow.to_levels((noise + 1) / 2, flow.MARGIN)
    np.testing.assert_allclose(ink, rounded, atol=0.5 / 255 + 1e-6)
