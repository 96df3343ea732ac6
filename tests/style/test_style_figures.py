"""The figures of the chapter on style draw what they are given, and refuse what they cannot."""

import io

import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import pytest

from cnnbook import plots
from cnnbook.style import figures


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_pictures_are_drawn_in_their_colours_as_a_jpeg_file():
    plt.close("all")  # what other tests of this process left open
    red, blue = np.zeros((2, 32, 48, 3))
    red[..., 0], blue[..., 2] = 1, 1
    drawn = figures.pictures([red, blue], ["red", "blue"], insets=[None, red])
    image = np.asarray(PIL.Image.open(io.BytesIO(drawn.data)), dtype=int)
    assert abs(image.shape[1] - plots.WIDTH_INCHES * figures.DOTS_AN_INCH) < 2
    height, width = image.shape[:2]
    assert image[height // 2, width // 4, 0] > 200 > 100 > image[height // 2, width // 4, 2]
    assert image[height // 2, 7 * width // 8, 2] > 200
    assert not plt.get_fignums()


def test_pictures_want_a_title_and_an_inset_each():
    picture = np.zeros((32, 48, 3))
    with pytest.raises(ValueError, match="titles must hold one text a picture"):
        figures.pictures([picture], [])
    with pytest.raises(ValueError, match="insets must hold one a picture, got 2 for 1"):
        figures.pictures([picture], ["one"], insets=[None, None])


def test_losses_are_drawn_with_a_line_where_the_size_changes():
    history = [
        {"height": height, "style": 0.5, "content": 0.1, "variation": 0.01}
        for height in (16, 16, 32)
    ]
    (axis,) = figures.losses(history).axes
    assert [line.get_label() for line in axis.lines[:3]] == ["style", "content", "variation"]
    assert axis.lines[3].get_xdata()[0] == 2.5
    assert {text.get_text().strip() for text in axis.texts} == {"16 px", "32 px"}
    with pytest.raises(ValueError, match="history must hold one evaluation or more"):
        figures.losses([])


def test_the_other_figures_draw_every_group():
    (axis,) = figures.two_rulers({"a": ([0.1, 0.2], [0.5, 0.6])}, content=0.3).axes
    np.testing.assert_allclose(axis.collections[0].get_offsets(), [[0.1, 0.5], [0.2, 0.6]])
    (axis,) = figures.searches({"a": [3, 2, 1], "b": [3, 1]}).axes
    assert [len(line.get_ydata()) for line in axis.lines] == [3, 2]
    axes = figures.grams([np.eye(3), np.ones((3, 3))], ["a", "b"]).axes
    assert [axis.get_title() for axis in axes] == ["a", "b"]
    with pytest.raises(ValueError, match="groups must be 1 to"):
        figures.two_rulers({}, content=0.3)
    with pytest.raises(ValueError, match="runs must hold one method or more"):
        figures.searches({})
    with pytest.raises(ValueError, match="titles must hold one text a matrix"):
        figures.grams([np.eye(3)], [])


def test_a_point_farther_than_the_photograph_is_inside_the_figure():
    (axis,) = figures.two_rulers({"a": ([0.1, 0.9], [0.5, 0.6])}, content=0.3).axes
    assert axis.get_xlim()[1] > 0.9
    (axis,) = figures.two_rulers({"a": ([0.1], [0.5])}, content=0.3).axes
    assert axis.get_xlim() == (0, pytest.approx(0.33))


@pytest.mark.usefixtures("no_figure_open")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: figures.pictures([np.zeros((32, 48, 3))], ["a"], columns=0),
            ValueError,
            "columns must be 1 or more",
        ),
        (
            lambda: figures.losses([{"height": 16, "style": 0.5}]),
            ValueError,
            "history must hold height, style, content and variation",
        ),
        (
            lambda: figures.two_rulers({"a": ([0.1, 0.2], [0.5])}, 0.3),
            ValueError,
            "groups must have one distance for each correlation",
        ),
        (
            lambda: figures.two_rulers({"a": ([-0.1], [0.5])}, 0.3),
            ValueError,
            "groups must have distances of 0 or more",
        ),
        (
            lambda: figures.two_rulers({"a": ([0.1], [0.5])}, 0),
            ValueError,
            "content must be a finite number, above 0",
        ),
        (
            lambda: figures.searches(dict.fromkeys("abcd", (2, 1))),
            ValueError,
            "runs must hold 3 methods at most, got 4",
        ),
        (
            lambda: figures.searches({"a": [1, 0]}),
            ValueError,
            "runs must hold losses above 0",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_no_figure_open(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
