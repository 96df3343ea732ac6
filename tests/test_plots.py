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
