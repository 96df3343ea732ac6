"""The shared figures refuse what they cannot draw, and label their axes."""

import matplotlib

matplotlib.use("agg")

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


def test_runs_of_equal_accuracy_are_all_visible():
    figure = plots.accuracy_by_seed([0.99, 0.99, 0.98], 0.99, "99 %")
    dots = figure.axes[0].collections[0].get_offsets()
    assert len({tuple(dot) for dot in np.round(dots, 6).tolist()}) == 3


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
        (lambda: plots.learning_curves({"loss": [1.0], "accuracy": [0.1]}), "val_accuracy"),
        (lambda: plots.confusion_matrix(np.zeros((9, 10))), "(9, 10)"),
        (lambda: plots.accuracy_by_seed([], 0.99, "99 %"), "one number or more"),
        (lambda: plots.accuracy_by_seed([np.nan], 0.99, "99 %"), "[nan]"),
        (lambda: plots.accuracy_by_seed([98.9], 0.99, "99 %"), "from 0 to 1"),
        (lambda: plots.activations_to_scale({}), "got none"),
        (lambda: plots.activations_to_scale({"a": np.zeros((2, 2))}), "(2, 2) for a"),
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
        (lambda: plots.descent_paths(lambda x, y: x, {}), "got none"),
        (lambda: plots.descent_paths(lambda x, y: x, {"a": np.zeros(3)}), "got (3,) for a"),
        (lambda: plots.sweep({"a": ([1, 2], [[1]])}, "x", "y"), "got (1, 1) for a"),
        (lambda: plots.curve_gallery({}), "got none"),
        (lambda: plots.curve_gallery({"a": ([1], [])}), "got 1 and 0 for a"),
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


def test_accuracy_by_examples_draws_a_line_a_group_and_marks_each_number_of_examples():
    runs = np.array([[50.0, 80.0], [60.0, 90.0]])
    axis = plots.accuracy_by_examples([10, 100], {"a": runs}, "accuracy (%)", 70, "none").axes[0]
    np.testing.assert_array_equal(axis.lines[0].get_ydata(), [55, 85])
    assert [text.get_text() for text in axis.get_xticklabels()] == ["10", "100"]
    assert axis.get_xscale() == "log" and axis.get_xlabel() and axis.get_ylabel()
    for wrong in (runs[:1], runs[:, :1], runs[0]):
        with pytest.raises(ValueError, match=r"2 runs or more, got \("):
            plots.accuracy_by_examples([10, 100], {"a": wrong}, "accuracy (%)", 70, "none")
