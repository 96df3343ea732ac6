"""The shared figures refuse what they cannot draw, and label their axes."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot
import numpy as np
import pytest

from cnnbook import plots


def test_every_axis_of_the_charts_is_labelled():
    history = {key: [0.5, 0.4] for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
    figures = [
        plots.learning_curves(history),
        plots.confusion_matrix(np.eye(10, dtype=int) + 1),
    ]
    for figure in figures:
        for axis in figure.axes[:2]:
            assert axis.get_xlabel() or axis.get_ylabel()
    assert plots.accuracy_by_seed([0.98, 0.99], 0.99, "99 %").axes[0].get_xlabel()


def test_the_confusion_matrix_leaves_its_argument_alone():
    counts = np.arange(100).reshape(10, 10)
    plots.confusion_matrix(counts)
    np.testing.assert_array_equal(counts, np.arange(100).reshape(10, 10))


def test_a_heat_map_writes_white_on_dark_and_black_on_light():
    _, axis = matplotlib.pyplot.subplots()
    plots.heat_map(axis, np.array([[0.0, 1.0]]), np.array([["0", "1"]]), "gray_r")
    assert [text.get_color() for text in axis.texts] == ["black", "white"]


def test_maps_share_one_scale_and_write_their_numbers():
    figure = plots.maps([np.eye(2), -2 * np.eye(2)], ["a", "b"], signed=True, numbers=True)
    assert {image.get_clim() for axis in figure.axes[:2] for image in axis.images} == {(-2, 2)}
    assert [text.get_text() for text in figure.axes[1].texts] == ["-2", "0", "0", "-2"]


def test_runs_of_equal_accuracy_are_all_visible():
    figure = plots.accuracy_by_seed([0.99, 0.99, 0.98], 0.99, "99 %")
    dots = figure.axes[0].collections[0].get_offsets()
    assert len({tuple(dot) for dot in np.round(dots, 6).tolist()}) == 3


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.learning_curves({"loss": [1.0], "accuracy": [0.1]}), "val_accuracy"),
        (lambda: plots.accuracy_by_seed([], 0.99, "99 %"), "one number or more"),
        (lambda: plots.accuracy_by_seed([np.nan], 0.99, "99 %"), "[nan]"),
        (lambda: plots.accuracy_by_seed([98.9], 0.99, "99 %"), "from 0 to 1"),
        (lambda: plots.activations_to_scale({}), "got none"),
        (lambda: plots.activations_to_scale({"a": np.zeros((2, 2))}), "(2, 2) for a"),
        (lambda: plots.labels_in_order({}), "got 0 names"),
        (lambda: plots.descent_paths(lambda x, y: x, {}), "got none"),
        (lambda: plots.descent_paths(lambda x, y: x, {"a": np.zeros(3)}), "got (3,) for a"),
        (lambda: plots.curve_gallery({}), "got none"),
        (lambda: plots.curve_gallery({"a": ([1], [])}), "got 1 and 0 for a"),
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


def test_every_number_of_a_layer_is_drawn_once():
    maps = np.arange(24.0).reshape(2, 2, 6)
    image = plots.activations_to_scale({"maps": maps}).axes[0].images[0].get_array()
    drawn = image.compressed() if np.ma.isMaskedArray(image) else image[np.isfinite(image)]
    assert sorted(drawn) == sorted(maps.ravel())


def test_paths_sweeps_and_galleries_draw_every_group():
    path = np.array([[-1.0, 0.5], [0.5, -0.2], [0, 0]])
    figure = plots.descent_paths(lambda x, y: x**2 + y**2, {"a": path, "b": path})
    assert [axis.get_title("left") for axis in figure.axes] == ["a", "b"]
    groups = {"a": ([1, 10], [[1, 2], [3, 4]]), "b": ([2, 20], [[1, 2]])}
    axis = plots.sweep(groups, "rate", "accuracy (%)", ticks={1: "1"}, log_y=True).axes[0]
    np.testing.assert_array_equal(axis.containers[0].lines[0].get_ydata(), [2, 3])
    assert axis.get_legend_handles_labels()[1] == ["a", "b"]
    figure = plots.curve_gallery(dict.fromkeys("abc", ([2, 1], [2, 1.5])), highest=1.8)
    assert figure.axes[0].get_ylim() == (0, 1.8)
    assert [axis.get_title("left") for axis in figure.axes if axis.axison] == ["a", "b", "c"]


def test_explanations_share_rows_with_their_images_and_have_their_own_scales():
    images = np.random.default_rng(0).random((2, 6, 6))
    figure = plots.explanations(images, ["a", "b"], {"one": 5 * images, "two": -images})
    assert len(figure.axes) == 6
    first, second = (figure.axes[1].images[0], figure.axes[2].images[0])
    assert first.norm.vmax == pytest.approx(5 * images[0].max())
    assert second.norm.vmin == pytest.approx(-images[0].max())


def test_explanations_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="one text an image"):
        plots.explanations(np.ones((2, 6, 6)), ["a"], {})
    with pytest.raises(ValueError, match="another for one"):
        plots.explanations(np.ones((1, 6, 6)), ["a"], {"one": np.ones((1, 3, 3))})


def test_embeddings_name_every_class_in_every_panel():
    points = np.random.default_rng(0).random((20, 2))
    labels = np.arange(20) % 10
    figure = plots.embeddings({"left": points, "right": points}, labels)
    for axis in figure.axes:
        assert sorted(text.get_text() for text in axis.texts) == list("0123456789")
    with pytest.raises(ValueError, match="20, 3"):
        plots.embeddings({"left": np.ones((20, 3))}, labels)


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


def test_accuracy_by_examples_draws_a_line_a_group_and_marks_each_number_of_examples():
    runs = np.array([[50.0, 80.0], [60.0, 90.0]])
    axis = plots.accuracy_by_examples([10, 100], {"a": runs}, "accuracy (%)", 70, "none").axes[0]
    np.testing.assert_array_equal(axis.lines[0].get_ydata(), [55, 85])
    assert [text.get_text() for text in axis.get_xticklabels()] == ["10", "100"]
    assert axis.get_xscale() == "log" and axis.get_xlabel() and axis.get_ylabel()
    for wrong in (runs[:1], runs[:, :1], runs[0]):
        with pytest.raises(ValueError, match=r"2 runs or more, got \("):
            plots.accuracy_by_examples([10, 100], {"a": wrong}, "accuracy (%)", 70, "none")
