"""The figures of the chapter on classification show what they were given, and refuse the rest."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook import plots
from cnnbook.classification import figures

THIRD = np.array([0.3, 0.6, 0.9])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def width(figure) -> float:
    return figure.get_size_inches()[0]


def test_reliability_shows_the_distance_of_accuracy_from_confidence():
    figure = figures.reliability({"a": (THIRD, THIRD + 0.05, np.array([10, 20, 30]))})
    points = figure.axes[0].containers[0].lines[0].get_xydata()
    np.testing.assert_allclose(points, np.column_stack([100 * THIRD, [5, 5, 5]]))
    assert width(figure) <= plots.WIDTH_INCHES
    with pytest.raises(ValueError, match="groups must hold 1 to 3 groups, got 0"):
        figures.reliability({})
    with pytest.raises(ValueError, match="three arrays of one length, got 3, 2 and 3 for a"):
        figures.reliability({"a": (THIRD, THIRD[:2], THIRD)})


def test_risk_coverage_marks_the_goal_and_the_threshold():
    figure = figures.risk_coverage({"a": (THIRD, THIRD / 10)}, (0.05, "goal"), chosen=(0.6, 0.06))
    texts = [text.get_text() for text in figure.axes[0].texts]
    ring = figure.axes[0].lines[-1].get_xydata()
    assert texts == ["goal"] and width(figure) <= plots.WIDTH_INCHES
    np.testing.assert_allclose(ring, [[60, 6]])
    with pytest.raises(ValueError, match="curves must hold 1 to 5 curves, got 0"):
        figures.risk_coverage({}, (0.05, "goal"))
    with pytest.raises(ValueError, match="coverage and risk of one length"):
        figures.risk_coverage({"a": (THIRD, THIRD[:2])}, (0.05, "goal"))


def test_histograms_count_what_lies_beyond_the_edges():
    edges = np.array([0.0, 1.0, 2.0])
    figure = figures.score_histograms(
        {"score": {"digits": np.array([-5.0, 0.5, 1.5, 9.0])}}, [edges], ["score"]
    )
    np.testing.assert_allclose(figure.axes[0].patches[0].get_data().values, [50, 50])
    assert width(figure) <= plots.WIDTH_INCHES
    with pytest.raises(ValueError, match="one for each panel, got 0 and 1 for 1"):
        figures.score_histograms({"score": {}}, [], ["score"])


def test_areas_writes_each_number():
    figure = figures.areas(np.array([[0.5, 0.98765]]), ["row"], ["a", "b"], "AUROC")
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.500", "0.988"]
    assert width(figure) <= plots.WIDTH_INCHES
    with pytest.raises(ValueError, match=r"values must have the shape \(1, 2\), got \(2, 1\)"):
        figures.areas(np.zeros((2, 1)), ["row"], ["a", "b"], "AUROC")


def test_the_axis_of_coverage_begins_where_all_can_be_seen():
    half = {"a": (np.array([0.01, 0.6, 1]), THIRD)}
    for curves, chosen, left in (
        (half, None, 50),
        (half, (0.6, 0.1), 50),
        (half, (0.4, 0.1), 0),
        (half | {"b": (THIRD / 3, THIRD)}, None, 0),
    ):
        figure = figures.risk_coverage(curves, (0.05, "goal"), chosen)
        assert figure.axes[0].get_xlim() == (left, 101)


EDGES = np.array([0.0, 1.0])


@pytest.mark.usefixtures("no_figure_open")
@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: figures.reliability(dict.fromkeys("abcd", (THIRD,) * 3)), "got 4"),
        (lambda: figures.reliability({"a": (THIRD,) * 3, "b": (THIRD, THIRD[:1], THIRD)}), "for b"),
        (lambda: figures.risk_coverage(dict.fromkeys("abcdef", (THIRD,) * 2), (0, "")), "got 6"),
        (lambda: figures.risk_coverage({"a": (THIRD, THIRD[:2])}, (0, "")), "(3,) and (2,) for a"),
        (lambda: figures.risk_coverage({"a": ([], [])}, (0, "")), "(0,) and (0,) for a"),
        (
            lambda: figures.score_histograms({"s": dict.fromkeys("abcdef", THIRD)}, [EDGES], [""]),
            "panels must hold 1 to 5 kinds, the same in each, got ['a', 'b', 'c', 'd', 'e', 'f']",
        ),
        (
            lambda: figures.score_histograms(
                {"s": {"a": THIRD}, "t": {"b": THIRD}}, [EDGES] * 2, [""] * 2
            ),
            "got ['b'] for t",
        ),
        (lambda: figures.score_histograms({"s": {"a": []}}, [EDGES], [""]), "got none of a"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_no_figure(draw, words):
    with pytest.raises(ValueError) as error:
        draw()
    assert words in str(error.value)
