"""Figures of the chapter on generation: what is drawn is what was given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook.generation import figures


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_a_mosaic_draws_each_row_edge_to_edge_on_one_scale():
    rows = {"one": np.zeros((3, 4, 5)), "two": np.arange(60.0).reshape(3, 4, 5)}
    figure = figures.mosaic(rows, ["a", "b", "c"], 0, 59)
    drawn = [axis.images[0] for axis in figure.axes]
    np.testing.assert_array_equal(drawn[1].get_array(), np.hstack(list(rows["two"])))
    assert {image.get_clim() for image in drawn} == {(0, 59)}
    assert [axis.get_ylabel() for axis in figure.axes] == ["one", "two"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["a", "b", "c"]


def test_the_line_through_the_seeds_is_their_mean():
    values = np.array([[1.0, 3.0], [5.0, 7.0]])
    for figure in (
        figures.guidance([1, 2], dict.fromkeys("ab", values), dict.fromkeys("ab", 0.5)),
        figures.solvers(dict.fromkeys(("euler", "heun"), ([1, 2], values)), 0.5),
    ):
        line = figure.axes[0].lines[0]
        np.testing.assert_array_equal(line.get_ydata(), [2, 6])


def test_shares_reach_all_digits_at_the_largest_distance():
    panels = {space: {"real": [3.0, 1.0, 2.0]} for space in ("pixels", "features")}
    line = figures.shares_below(panels, "distance").axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(line.get_ydata(), [100 / 3, 200 / 3, 100])
