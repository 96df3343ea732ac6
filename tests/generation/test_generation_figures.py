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


@pytest.mark.parametrize(
    ("rows", "columns", "named"),
    [
        ({}, (), "rows"),
        ({"one": np.zeros((3, 4, 5)), "two": np.zeros((2, 4, 5))}, (), "rows"),
        ({"one": np.zeros((3, 4))}, (), "rows"),
        ({"one": np.zeros((0, 4, 5))}, (), "rows"),
        ({"one": np.zeros((3, 4, 5))}, ["a"], "columns"),
    ],
)
def test_a_mosaic_refuses_what_it_cannot_lay_out(rows, columns, named):
    with pytest.raises(ValueError, match=f"^{named} must"):
        figures.mosaic(rows, columns)


SEEDS = np.ones((2, 3))


@pytest.mark.usefixtures("no_figure_open")
@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: figures.distance_by_count([], {"a": []}), "counts must hold one or more"),
        (lambda: figures.distance_by_count([1, 2], {}), "groups must hold one to three, got 0"),
        (lambda: figures.distance_by_count([1], {n: [1] for n in "abcd"}), "three, got 4"),
        (
            lambda: figures.distance_by_count([1, 2], {"a": [1.0]}),
            "groups must hold 2 distances each, got the shape (1,) for a",
        ),
        (lambda: figures.guidance([1, 2], {}, {}), "scores must hold one or more"),
        (
            lambda: figures.guidance([1, 2], {"a": SEEDS}, {"b": 1}),
            "floors must have the names ['a'], got ['b']",
        ),
        (lambda: figures.guidance([1], {"a": SEEDS}, {"a": 1}), "got (2, 3) for a"),
        (lambda: figures.solvers({}, 1), "groups must hold one or two, got 0"),
        (lambda: figures.solvers(dict.fromkeys("abc", ([1, 2], SEEDS)), 1), "two, got 3"),
        (lambda: figures.solvers({"a": ([1], SEEDS)}, 1), "(1, seeds), of 1 or more each, got (2,"),
        (lambda: figures.shares_below({}, []), "one panel or more, got 0 for 0"),
        (lambda: figures.shares_below({"a": {"real": [1]}}, []), "got 0 for 1"),
        (lambda: figures.shares_below({"a": {"unreal": [1]}}, ["x"]), "for 'unreal' in a"),
        (lambda: figures.shares_below({"a": {"VAE": []}}, ["x"]), "the shape (0,) for 'VAE' in a"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_no_figure(draw, words):
    with pytest.raises(ValueError) as error:
        draw()
    assert words in str(error.value)


def test_each_group_is_drawn():
    figure = figures.distance_by_count([1, 2], {n: [2.0, 1.0] for n in "abc"})
    assert len(figure.axes[0].lines) == 3
    figure = figures.solvers(dict.fromkeys("ab", ([1, 2], SEEDS)), 1)
    assert len(figure.axes[0].lines) == 2 * (1 + 3) + 1  # means, seeds, and real digits


def test_the_line_through_the_seeds_is_their_mean():
    values = np.array([[1.0, 3.0], [5.0, 7.0]])
    for figure in (
        figures.guidance([1, 2], {"distance": values}, {"distance": 0.5}),
        figures.solvers({"euler": ([1, 2], values)}, 0.5),
    ):
        line = figure.axes[0].lines[0]
        np.testing.assert_array_equal(line.get_ydata(), [2, 6])


def test_shares_reach_all_digits_at_the_largest_distance():
    figure = figures.shares_below({"pixels": {"real": [3.0, 1.0, 2.0]}}, ["distance"])
    line = figure.axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(line.get_ydata(), [100 / 3, 200 / 3, 100])


def test_counts_are_written_as_numbers():
    figure = figures.distance_by_count([250, 1000], {"test": [2.0, 1.0]})
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["250", "1,000"]
