"""The figures of the chapter on style draw what they are given."""

import io

import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import pytest

from cnnbook import plots
from cnnbook.style import figures


@pytest.fixture(autouse=True)
def close_figures():
    plt.close("all")
    yield
    plt.close("all")


def test_pictures_are_drawn_in_their_colours_as_a_jpeg_file():
    red, blue = np.zeros((2, 32, 48, 3))
    red[..., 0], blue[..., 2] = 1, 1
    drawn = figures.pictures([red, blue], ["red", "blue"])
    image = np.asarray(PIL.Image.open(io.BytesIO(drawn.data)), dtype=int)
    assert abs(image.shape[1] - plots.WIDTH_INCHES * figures.DOTS_AN_INCH) < 2
    height, width = image.shape[:2]
    assert image[height // 2, width // 4, 0] > 200 > 100 > image[height // 2, width // 4, 2]
    assert image[height // 2, 7 * width // 8, 2] > 200
    assert not plt.get_fignums()


def test_losses_are_drawn_with_a_line_where_the_size_changes():
    history = [
        {"height": height, "style": 0.5, "content": 0.1, "smoothness": 0.01}
        for height in (16, 16, 32)
    ]
    (axis,) = figures.losses(history).axes
    assert [line.get_label() for line in axis.lines[:3]] == ["style", "content", "smoothness"]
    assert axis.lines[3].get_xdata()[0] == 2.5
    assert {text.get_text().strip() for text in axis.texts} == {"16 px", "32 px"}


def test_a_point_farther_than_the_photograph_is_inside_the_figure():
    groups = {name: ([0.1, 0.9], [0.5, 0.6]) for name in "abcde"}
    (axis,) = figures.two_rulers(groups, content=0.3).axes
    np.testing.assert_allclose(axis.collections[0].get_offsets(), [[0.1, 0.5], [0.9, 0.6]])
    assert axis.get_xlim()[1] > 0.9
