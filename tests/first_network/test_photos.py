"""Photos with one thing wrong are read rightly, or refused in a sentence that says what to do."""

import numpy as np
import pytest

from benchmarks.first_network import photos
from cnnbook import data, models, preprocessing


@pytest.fixture(scope="module")
def digits():
    """Validation digits, a clear one of each kind, and their labels."""
    (x_train, y_train), _ = data.load_mnist()
    _, (images, labels) = data.split_validation(x_train, y_train, 5000, seed=0)
    first = [np.flatnonzero(labels == digit)[3] for digit in range(10)]
    return images[first], labels[first]


@pytest.fixture(scope="module")
def network():
    return models.stored_article_network()


def take(kind, image, other, seed):
    photo = (photos.READ | photos.REFUSE)[kind](image, other, np.random.default_rng(seed))
    return photos.eight_bits(photo) if isinstance(photo, np.ndarray) else photo


@pytest.mark.parametrize("kind", photos.READ)
def test_photos_are_read(kind, digits, network):
    images, labels = digits
    fields = [
        preprocessing.prepare_digit(take(kind, images[n], images[0], n)) for n in (2, 3, 5, 7)
    ]
    answers = network(data.scale_pixels(np.stack(fields))).numpy().argmax(axis=1)
    np.testing.assert_array_equal(answers, labels[[2, 3, 5, 7]])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("two digits", "there are several: crop it to one"),
        ("cut by the edge", "leave a margin"),
        ("no digit", "there is none"),
        ("nearly black", "take it in more light"),
    ],
)
def test_others_are_refused(kind, words, digits):
    images, _ = digits
    for number in (2, 3, 5):
        with pytest.raises(ValueError, match=words):
            preprocessing.prepare_digit(take(kind, images[number], images[8], number))
