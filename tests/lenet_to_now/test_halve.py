"""Pictures are halved, or refused where the numbers would come from two pictures."""

import numpy as np
import pytest

from cnnbook import lenet_to_now


def test_a_half_has_the_means_of_its_pixels_and_is_not_halved_again():
    images = np.random.default_rng(0).random((4, 28, 28, 1))
    halves = lenet_to_now.halve(images)
    expected = sum(images[:, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4
    np.testing.assert_allclose(halves, expected)
    with pytest.raises(ValueError):
        lenet_to_now.halve(halves)
