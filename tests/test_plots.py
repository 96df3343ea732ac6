"""The shared figures refuse what they cannot draw, and label their axes."""

import matplotlib

matplotlib.use("agg")

import numpy as np
import pytest

from cnnbook import plots


def test_every_axis_of_the_charts_is_labelled():
    for axis in plots.confusion_matrix(np.eye(10, dtype=int) + 1).axes[:2]:
        assert axis.get_xlabel() or axis.get_ylabel()


def test_the_confusion_matrix_leaves_its_argument_alone():
    counts = np.arange(100).reshape(10, 10)
    plots.confusion_matrix(counts)
    np.testing.assert_array_equal(counts, np.arange(100).reshape(10, 10))


@pytest.mark.parametrize(
    ("images", "titles", "words"),
    [
        (np.zeros((0, 28, 28)), [], "N > 0"),
        (np.zeros((28, 28)), ["a"], "(28, 28)"),
        (np.zeros((2, 28, 28)), ["a"], "each of the 2 images, got 1"),
    ],
)
def test_a_grid_of_digits_refuses_bad_arguments(images, titles, words):
    with pytest.raises(ValueError) as error:
        plots.digit_grid(images, titles)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.digit_grid(np.zeros((1, 28, 28)), ["a"], columns=0), "columns must be 1"),
        (lambda: plots.confusion_matrix(np.zeros((9, 10))), "(9, 10)"),
        (lambda: plots.dots_by_group({"a": [1.0]}, "x", []), "one for each of 1 groups"),
        (lambda: plots.dots_by_group({"a": []}, "x", ["k"]), "an empty one"),
        (lambda: plots.shares_by_layer(["a"], {"b": []}, ["k"]), "got 0 for b"),
        (lambda: plots.shares_by_layer(["a"], {"b": [1]}, []), "one for each of 1 quantities"),
        (lambda: plots.receptive_fields(np.zeros(3), {}), "axes (H, W)"),
        (lambda: plots.receptive_fields(np.zeros((3, 3)), dict.fromkeys(range(6))), "got 6"),
        (lambda: plots.maps([], []), "one text a map"),
        (lambda: plots.maps([np.zeros(3)], ["a"]), "got shape (3,)"),
        (lambda: plots.curves_by_group([1, 2], {"a": [1]}, "x", "y"), "2 values a run"),
        (lambda: plots.curve(np.zeros(2), np.zeros(3), "x", "y", {}), "(2,) and (3,)"),
        (lambda: plots.reliability(np.zeros(0), np.zeros(0), np.zeros(0)), "1 or more"),
        (lambda: plots.growth({}), "got none"),
        (
            lambda: plots.growth({"a": {"values": [1], "seconds": [], "multiply_adds": [1]}}),
            "others for a",
        ),
        (lambda: plots.photographs([np.zeros((2, 2, 3))], []), "got 0 for 1"),
        (lambda: plots.labels_in_order({}), "got 0 names"),
        (lambda: plots.intervals_by_group([1], {}, "x", "y", 1, "r"), "got 0"),
        (
            lambda: plots.intervals_by_group([1], {"a": np.ones((2, 1))}, "x", "y", 1, "r"),
            "got (2, 1) for a",
        ),
        (lambda: plots.readings(np.ones((3, 3))), "got shape (3, 3)"),
        (lambda: plots.readings(np.zeros((10, 10))), "a digit in each row"),
    ],
)
def test_the_charts_refuse_bad_arguments(draw, words):
    with pytest.raises(ValueError) as error:
        draw()
    assert words in str(error.value)


def test_a_sweep_draws_the_mean_of_each_group():
    groups = {"a": ([1, 10], [[1, 2], [3, 4]]), "b": ([2, 20], [[1, 2]])}
    axis = plots.sweep(groups, "rate", "accuracy (%)", ticks={1: "1"}, log_y=True).axes[0]
    np.testing.assert_array_equal(axis.containers[0].lines[0].get_ydata(), [2, 3])
    assert axis.get_legend_handles_labels()[1] == ["a", "b"]


def test_an_interval_reaches_from_its_lower_to_its_upper_end():
    values = np.array([[2.0, 3.0], [1.0, 2.5], [5.0, 4.0]])
    axis = plots.intervals_by_group([10, 100], {"a": values}, "digits", "ratio", 1, "same").axes[0]
    _, _, (bars,) = axis.containers[0].lines
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends.T, values[1:])
    assert axis.get_xlabel() == "digits" and axis.get_ylabel() == "ratio"


def test_readings_are_shares_of_each_row():
    counts = np.eye(10) * 3
    counts[2, 5] = 1
    drawn = plots.readings(counts).axes[0].images[0].get_array()
    np.testing.assert_allclose(drawn[2, [2, 5]], [75, 25])
    np.testing.assert_allclose(drawn.sum(axis=1), 100)


def test_steps_show_their_values_and_their_means():
    quality = {"first": [98.0, 99.0], "second": [99.2]}
    cost = {"first": [20.0, 22.0], "second": [8.0]}
    figure = plots.steps_with_cost(quality, cost, ("accuracy (%)", "time (s)"))
    left, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["first", "second"]
    assert left.lines[0].get_xdata()[0] == 98.5 and right.lines[0].get_xdata()[0] == 21
    assert right.get_xlim()[0] == 0


def test_accuracy_against_time_draws_every_run_and_every_goal():
    runs = {"slow": ([100.0, 110.0], [98.9, 99.0]), "fast": ([10.0], [99.1])}
    figure = plots.accuracy_against_time(runs, [(12.5, 99.0)], "accuracy (%)")
    (axis,) = figure.axes
    assert axis.get_xscale() == "log"
    assert [len(drawn.get_offsets()) for drawn in axis.collections] == [2, 1]
    (goal,) = axis.lines
    assert goal.get_xdata()[1] == 12.5 and goal.get_ydata()[1] == 99.0


def test_steps_and_runs_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="quality and cost must name the same"):
        plots.steps_with_cost({"a": [1]}, {"b": [1]}, ("x", "y"))
    with pytest.raises(ValueError, match="one value or more"):
        plots.steps_with_cost({"a": []}, {"a": [1]}, ("x", "y"))
    with pytest.raises(ValueError, match="one accuracy for each time"):
        plots.accuracy_against_time({"a": ([1.0], [99.0, 98.0])}, [], "accuracy (%)")


def test_accuracy_by_shift_writes_each_number_at_its_shift_and_wants_a_square():
    figure = plots.accuracy_by_shift(np.arange(9.0).reshape(3, 3), [-2, 0, 2], "accuracy (%)")
    written = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert written[(2, 0)] == "2" and written[(0, 2)] == "6"
    assert figure.axes[0].get_xlabel() and figure.axes[0].get_ylabel()
    with pytest.raises(ValueError, match="3 shifts"):
        plots.accuracy_by_shift(np.zeros((2, 3)), [-2, 0, 2], "accuracy (%)")
