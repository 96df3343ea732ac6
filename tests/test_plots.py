"""What the shared figures draw."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot
import numpy as np
import pytest

from cnnbook import plots


def test_the_confusion_matrix_leaves_its_argument_alone():
    counts = np.arange(100).reshape(10, 10)
    plots.confusion_matrix(counts)
    np.testing.assert_array_equal(counts, np.arange(100).reshape(10, 10))


def test_a_heat_map_writes_white_on_dark_and_black_on_light():
    _, axis = matplotlib.pyplot.subplots()
    plots.heat_map(axis, np.array([[0.0, 1.0]]), np.array([["0", "1"]]), "gray_r")
    assert [text.get_color() for text in axis.texts] == ["black", "white"]


def test_a_picture_without_a_title_is_not_left_out_in_silence():
    with pytest.raises(ValueError, match="shorter"):
        plots.digit_grid(np.zeros((3, 28, 28)), ["one", "two"])


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_mark_stands_on_its_curve_whichever_way_x_runs(order):
    x, y = np.array([0, 1, 3.0]), np.array([5, 7, 9.0])
    figure = plots.curve(x[order], y[order], "x", "y", {2.0: "here"})
    assert [text.get_text() for text in figure.axes[0].texts] == ["here: 8.00"]


def test_maps_share_one_scale_and_write_their_numbers():
    figure = plots.maps([np.eye(2), -2 * np.eye(2)], ["a", "b"], signed=True, numbers=True)
    assert {image.get_clim() for axis in figure.axes[:2] for image in axis.images} == {(-2, 2)}
    assert [text.get_text() for text in figure.axes[1].texts] == ["-2", "0", "0", "-2"]
