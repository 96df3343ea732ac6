"""What the figures of the guide's page on convolution write beside their pictures is true."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook import ops, shapes
from cnnbook.convolution import figures


@pytest.fixture
def image():
    return np.random.default_rng(0).random((9, 11))


def titles(figure) -> list[str]:
    return [axis.get_title() for axis in figure.axes]


def test_the_sum_is_the_value_of_the_map_at_that_place(image):
    kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    figure = figures.one_sum(image, kernel, row=2, column=5)
    value = ops.conv(image[None, :, :, None], kernel[:, :, None, None])[0, 2, 5, 0]
    assert titles(figure)[-1].endswith(f"sum {value:.2f}")


def test_a_window_has_as_many_places_as_the_formula_says():
    figure = figures.places(size=7, kernel_size=3)
    for axis, (stride, padding) in zip(
        figure.axes, ((1, "valid"), (1, "same"), (2, "valid")), strict=True
    ):
        places = shapes.output_size(7, 3, stride, padding)
        assert [int(n) for n in re.findall(r"\d+", axis.get_title())[-2:]] == [places, places]
        assert sum(len(dots.get_xdata()) for dots in axis.lines) == places**2


def test_the_correlation_is_that_of_all_pixels_however_few_are_drawn(image):
    figure = figures.neighbours(image, every=7)
    expected = np.corrcoef(image[:, :-1].ravel(), image[:, 1:].ravel())[0, 1]
    assert titles(figure)[0].endswith(f"{expected:.2f}".replace("-", figures.MINUS))


def test_every_kernel_stands_over_its_map(image):
    kernels = {"a": np.ones((3, 3)), "b": -np.ones((3, 3))}
    figure = figures.hand_and_learned(kernels, kernels, [image] * 4)
    assert titles(figure) == ["a", "b", "", "", "a", "b", "", ""]


def test_a_slice_is_drawn_for_each_channel():
    photograph = np.random.default_rng(0).random((8, 12, 3))
    kernel = np.stack([np.full((3, 3), value) for value in (1.0, -1.0, 0.0)], axis=-1)
    figure = figures.channels(photograph, kernel, photograph[:, :, 0], bias=-0.5)
    assert titles(figure)[:3] == ["+ red", f"{figures.MINUS} green", "0 · blue"]
    assert sum(len(axis.child_axes) for axis in figure.axes) == 3


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")
