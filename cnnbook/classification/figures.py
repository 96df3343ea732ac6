"""Figures of the chapter on classification."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots

COLORS = (plots.BLUE, plots.VERMILION, plots.GREEN, plots.PURPLE, plots.BLACK)
MARKERS = "osD^v"


def reliability(
    groups: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> matplotlib.figure.Figure:
    """Draw accuracy less confidence against confidence, one line a group, with its chance.

    Parameters
    ----------
    groups : name to (confidence, accuracy, count), three arrays of one length, shares in [0, 1];
        one to three groups. The bars reach one standard error of the accuracy to either side.

    Raises
    ------
    ValueError
        If there are no groups or more than three, or the three arrays of one differ in length.
    """
    if not 1 <= len(groups) <= 3:
        raise ValueError(f"groups must hold 1 to 3 groups, got {len(groups)}.")
    for name, (confidence, accuracy, count) in groups.items():
        if not len(confidence) == len(accuracy) == len(count):
            raise ValueError(
                "groups must hold three arrays of one length, "
                f"got {len(confidence)}, {len(accuracy)} and {len(count)} for {name}."
            )
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.6))
    axis.axhline(0, color=plots.GREY, linestyle="--", linewidth=1)
    for number, (name, bins) in enumerate(groups.items()):
        confidence, accuracy, count = (np.asarray(values, float) for values in bins)
        # By the confidence, not the accuracy: a bin that is all right is not free of chance.
        error = np.sqrt(confidence * (1 - confidence) / count)
        axis.errorbar(
            100 * confidence, 100 * (accuracy - confidence), yerr=100 * error,
            color=COLORS[number], marker=MARKERS[number], markersize=5, linewidth=1.2,
            capsize=2, label=name, alpha=0.85,
        )  # fmt: skip
    axis.set(xlabel="confidence (%)", ylabel="accuracy less\nconfidence (points)")
    axis.legend(loc="best", fontsize=9)
    return figure


def risk_coverage(
    curves: dict[str, tuple[np.ndarray, np.ndarray]],
    goal: tuple[float, str],
    chosen: tuple[float, float] | None = None,
) -> matplotlib.figure.Figure:
    """Draw the share of wrong answers among those given against the share given.

    The axis begins at a coverage of one half, or at 0 if a whole curve or the threshold lies below.

    Parameters
    ----------
    curves : name to (coverage, risk), arrays of one length, in [0, 1]; one to five curves
    goal : a risk, and what it is
    chosen : coverage and risk of a threshold, drawn as a ring

    Raises
    ------
    ValueError
        If there are no curves or more than five, coverage and risk of one differ in length, or
        it has no point.
    """
    if not 1 <= len(curves) <= 5:
        raise ValueError(f"curves must hold 1 to 5 curves, got {len(curves)}.")
    for name, (coverage, risk) in curves.items():
        if np.shape(coverage) != np.shape(risk) or not np.size(coverage):
            raise ValueError(
                "curves must hold coverage and risk of one length, 1 or more, "
                f"got {np.shape(coverage)} and {np.shape(risk)} for {name}."
            )
    reached = [np.max(coverage) for coverage, _ in curves.values()]
    reached += [chosen[0]] if chosen is not None else []
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.6))
    for number, (name, (coverage, risk)) in enumerate(curves.items()):
        axis.plot(
            100 * np.asarray(coverage), 100 * np.asarray(risk), color=COLORS[number],
            linestyle=("-", "--", "-.", ":", "-")[number], label=name,
        )  # fmt: skip
    risk, label = goal
    axis.axhline(100 * risk, color=plots.GREY, linestyle=":", linewidth=1.2)
    axis.annotate(
        label, (0.01, 100 * risk), (0, 3), xycoords=("axes fraction", "data"),
        textcoords="offset points", color=plots.GREY, fontsize=9,
    )  # fmt: skip
    if chosen is not None:
        axis.plot(
            100 * chosen[0], 100 * chosen[1], "o", color=plots.BLACK, markersize=9,
            markerfacecolor="none", markeredgewidth=1.8, label="the threshold chosen",
        )  # fmt: skip
    axis.set(xlabel="coverage: digits answered (%)", ylabel="risk: wrong answers\namong them (%)")
    axis.set(xlim=(50 if min(reached) >= 0.5 else 0, 101), ylim=(0, None))
    axis.legend(loc="upper left", fontsize=9, bbox_to_anchor=(0, 0.88))
    return figure


def score_histograms(
    panels: dict[str, dict[str, np.ndarray]], edges: Sequence[np.ndarray], xlabels: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw how scores are distributed, one panel a score, one outline a kind of picture.

    Parameters
    ----------
    panels : score to kind to its values; one to five kinds, the same in each panel
    edges : the edges of the bins of each panel; values beyond them go to the outer bins
    xlabels : what each score is

    Raises
    ------
    ValueError
        If there are not edges and a label for each panel, or a panel has other kinds than the
        first, none or more than five, or a kind without values.
    """
    if not len(panels) == len(edges) == len(xlabels) or not panels:
        raise ValueError(
            "edges and xlabels must hold one for each panel, "
            f"got {len(edges)} and {len(xlabels)} for {len(panels)}."
        )
    names = list(next(iter(panels.values())))
    for score, kinds in panels.items():
        if list(kinds) != names or not 1 <= len(kinds) <= len(COLORS):
            raise ValueError(
                f"panels must hold 1 to {len(COLORS)} kinds, the same in each, "
                f"got {list(kinds)} for {score}."
            )
        for kind, values in kinds.items():
            if not len(values):
                raise ValueError(f"panels must hold values of each kind, got none of {kind}.")
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(plots.WIDTH_INCHES, 1.95 * len(panels)), squeeze=False
    )
    for axis, kinds, edge, xlabel in zip(axes.flat, panels.values(), edges, xlabels, strict=True):
        for number, (kind, values) in enumerate(kinds.items()):
            inside = np.clip(values, edge[0], edge[-1])
            share = 100 * np.histogram(inside, edge)[0] / len(values)
            axis.stairs(
                share, edge, color=COLORS[number], linewidth=1.4, fill=number == 0,
                alpha=0.35 if number == 0 else 1, label=kind,
                linestyle=("-", "-", "--", "-.", ":")[number],
            )  # fmt: skip
        axis.set(xlabel=xlabel, ylabel="share (%)")
    figure.legend(
        *axes.flat[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=9
    )
    return figure


def areas(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], label: str
) -> matplotlib.figure.Figure:
    """Draw a table of areas under the curve as a map, with its numbers written in.

    Parameters
    ----------
    values : array of shape (rows, columns), in [0, 1]
    rows, columns : their names
    label : what the numbers are

    Raises
    ------
    ValueError
        If values has not one row and one column for each name.
    """
    values = np.asarray(values, float)
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            f"values must have the shape ({len(rows)}, {len(columns)}), got {values.shape}."
        )
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 0.48 * len(rows) + 1.5))
    drawn = axis.imshow(values, cmap="Blues", vmin=0.5, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        color = "white" if value > 0.85 else "black"
        axis.text(column, row, f"{value:.3f}", ha="center", va="center", color=color, size=9)
    axis.set_xticks(range(len(columns)), columns, fontsize=9)
    axis.set_yticks(range(len(rows)), rows, fontsize=9)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    figure.colorbar(drawn, label=label, shrink=0.9)
    return figure
