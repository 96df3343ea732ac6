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
