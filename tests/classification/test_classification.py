"""Strangers are pictures like MNIST's in form, drawn from a seed."""

import numpy as np
import pytest

from cnnbook import data
from cnnbook.applications import letters
from cnnbook.classification import out_of_distribution

DRAWN = {
    "letters": lambda seed: letters.draw(24, seed)[0],
    "noise": lambda seed: out_of_distribution.noise(24, seed),
    "photographs": lambda seed: out_of_distribution.photograph_patches(24, seed),
    "shuffled": lambda seed: out_of_distribution.shuffled(letters.draw(24, 0)[0], seed),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_seed_repeats_itself_and_another_one_draws_other_pictures(kind):
    first, again, other = DRAWN[kind](0), DRAWN[kind](0), DRAWN[kind](1)
    assert first.shape == (24, 28, 28) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).all()


@pytest.mark.parametrize("kind", DRAWN)
def test_what_would_not_repeat_is_refused(kind):
    with pytest.raises(TypeError, match="seed must be an integer"):
        DRAWN[kind](None)


def test_no_two_copies_of_a_letter_are_alike():
    images, names = letters.draw(36, seed=0)
    assert list(names[:12]) == list(letters.STROKES)
    assert len(np.unique(images.reshape(36, -1), axis=0)) == 36


def test_the_pen_of_the_letters_has_the_ink_of_mnist():
    (digits, _), _ = data.load_mnist()
    usual = np.percentile(digits[:5000].sum(axis=(1, 2)), [5, 50, 95])
    ours = letters.draw(240, seed=0)[0].sum(axis=(1, 2))
    assert usual[0] < np.percentile(ours, 5) and np.percentile(ours, 95) < usual[2]
    assert 0.9 < np.median(ours) / usual[1] < 1.2


def test_letters_and_printed_digits_lie_where_mnist_has_its_digits():
    for images in (letters.draw(24, 0)[0], out_of_distribution.printed_digits()[0]):
        lines = np.arange(28)
        for axis in (1, 2):
            ink = images.sum(axis=3 - axis, dtype=float)
            centre = (ink * lines).sum(axis=1) / ink.sum(axis=1)
            # Placed by whole pixels; an italic digit may be wider than it can be moved.
            assert np.abs(centre - 14).max() < 1.01
            assert (np.count_nonzero(ink, axis=1) <= 20).all()


def test_printed_digits_are_named_and_labelled():
    images, labels, names = out_of_distribution.printed_digits()
    assert images.shape == (120, 28, 28)
    np.testing.assert_array_equal(labels, np.tile(np.arange(10), 12))
    assert names[9] == "DejaVuSans" and len(set(names)) == 12


def test_shuffling_keeps_the_ink_of_each_picture():
    images = letters.draw(12, seed=0)[0]
    mixed = out_of_distribution.shuffled(images, seed=0)
    np.testing.assert_array_equal(np.sort(mixed.reshape(12, -1)), np.sort(images.reshape(12, -1)))


def test_photographs_have_greys_and_noise_is_uniform():
    assert len(np.unique(out_of_distribution.photograph_patches(24, 0))) > 200
    pixels = out_of_distribution.noise(100, 0)
    # The mean of 78,400 uniform numbers: its standard deviation is 0.26.
    assert abs(pixels.mean() - 127.5) < 5 * 0.26
