"""What would otherwise draw, train or score something wrong without a word."""

import keras
import numpy as np
import pytest

from cnnbook.applications import flow
from cnnbook.generation import networks, scores, training

BLANK = np.zeros((64, 28, 28, 1), np.float32)
LABELS = np.arange(64) % 10
VECTORS = np.zeros((5, 3))
DECODER = keras.Sequential()  # never asked
LABELS_RANGE = "labels must be from 0 to"
PIXELS = r"images must hold pixels in \[0, 1\], got"


def read(images):
    image = keras.Input((28, 28, 1))
    layers = keras.layers.Flatten()(image), keras.layers.Dense(10)
    return scores.Evaluator(keras.Model(image, layers[1](layers[0]))).read(images)


def batch(images=BLANK, labels=LABELS, **options):
    return next(training.batches(images, labels, np.random.default_rng(0), **options))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: read(2 * BLANK - 1), f"{PIXELS} -1 to -1"),
        (lambda: read(np.full((2, 28, 28, 1), 255, np.uint8)), f"{PIXELS} 255 to 255"),
        (lambda: read(BLANK * np.nan), f"{PIXELS} nan to nan"),
        (lambda: scores.grey_share(BLANK + 2), f"{PIXELS} 2 to 2"),
        (lambda: batch(BLANK - 1), f"{PIXELS} -1 to -1"),
        (lambda: batch(labels=LABELS + 1), f"{LABELS_RANGE} 9, got values from 1 to 10"),
        (lambda: batch(labels=LABELS - 1), f"{LABELS_RANGE} 9, got values from -1 to 8"),
        (lambda: batch(labels=LABELS / 2), "labels must be an array of integers"),
        (lambda: batch(labels=np.arange(65) % 10), "images must be 64 or more with a label each"),
        (lambda: batch(BLANK[:63], LABELS[:63]), "images must be 64 or more with a label each"),
        (lambda: scores.frechet_distance(VECTORS[:1], VECTORS), "first must hold 2 finite"),
        (lambda: scores.frechet_distance(VECTORS, VECTORS * np.nan), "second must hold 2 finite"),
        (
            lambda: flow.integrate(np.cos, 1.0, 3, "rk4"),
            "method must be a solver's name, got 'rk4'",
        ),
        (lambda: flow.integrate(np.cos, 1.0, -3, "heun"), "steps must be 1 or more, got -3"),
        (lambda: flow.guided_velocity(None, [11], 1.0), f"{LABELS_RANGE} 10"),
        (lambda: flow.guided_velocity(None, [-1], 1.0), f"{LABELS_RANGE} 10"),
        (lambda: flow.guided_velocity(None, [1.7], 1.0), "labels must be an array of integers"),
        (lambda: flow.guided_velocity(None, [1], np.nan), "guidance must be a finite number"),
        (lambda: flow.sample_flow(None, [1], None), "seed must be an integer"),
        (lambda: networks.sample_vae(DECODER, [flow.NO_CLASS], 0), f"{LABELS_RANGE} 9"),
        (lambda: networks.sample_vae(DECODER, [1], None), "seed must be an integer"),
    ],
)
def test_it_is_refused(call, sentence):
    with pytest.raises((TypeError, ValueError), match=f"^{sentence}"):
        call()
