"""The figures of the pages on architecture show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook.architecture import figures


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def layers() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    sizes = {"image": (28, 28, 1), "conv1": (26, 26, 8), "pool1": (13, 13, 8), "conv2": (11, 11, 8)}
    sizes |= {"pool2": (5, 5, 8), "dense1": (128,), "dense2": (10,)}
    return {name: generator.random(size) for name, size in sizes.items()}


def extents(figure) -> list[tuple[float, float, float, float]]:
    """Return left, right, bottom and top of each picture of a figure."""
    return [tuple(image.get_extent()) for image in figure.axes[0].images]


def test_a_pooled_map_stands_beside_its_map_and_is_smaller():
    pictures = extents(figures.strip(layers()))[1:]
    for conv, pool in ((pictures[:5], pictures[5:10]), (pictures[10:15], pictures[15:20])):
        for before, after in zip(conv, pool, strict=True):
            assert after[1] - after[0] < 0.8 * (before[1] - before[0])
            assert np.isclose(sum(after[2:]), sum(before[2:]))  # at the same height


def test_no_two_pictures_of_the_strip_overlap():
    pictures = extents(figures.strip(layers()))
    for number, (left, right, bottom, top) in enumerate(pictures):
        assert left >= 0 and right <= figures.WIDTH
        for other in pictures[:number]:
            beside = left >= other[1] or right <= other[0]
            assert beside or top >= other[2] or bottom <= other[3]


def test_the_maps_drawn_are_unlike_each_other():
    one, two = np.random.default_rng(0).random((2, 26, 26))
    array = np.stack([3 * one, 2.9 * one, two, 0 * one], axis=2)
    assert figures._strong_and_unlike(array, 2) == [0, 2]


def test_the_sum_that_is_drawn_is_that_of_the_window():
    image = np.random.default_rng(1).random((8, 8))
    figure = figures.convolution_step(image, np.ones((3, 3)), 0.5, place=(2, 3))
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert f"{image[2:5, 3:6].sum() + 0.5:.2f}" in texts


def test_the_votes_add_up_to_the_softmax():
    values, weights = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [0.5, -1.0]])
    figure = figures.votes(values, weights, np.zeros(2), classes=(0, 1), count=2)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "all together: 2.0" in texts and f"all together: {figures.MINUS}2.0" in texts
    assert f"probability {100 / (1 + np.exp(-4)):.0f} %" in texts
