"""Figures of the chapter on classification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots

COLORS = (plots.BLUE, plots.VERMILION, plots.GREEN, plots.PURPLE, plots.BLACK)


def risk_coverage(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
    goal: tuple[float, str],
    chosen: tuple[float, float],
) -> matplotlib.figure.Figure:
    """Draw risk against coverage, a goal with what it is, and the threshold chosen as a ring."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.6))
    for (name, (coverage, risk)), color, line in zip(
        curves.items(), COLORS, ("-", "--"), strict=False
    ):
        axis.plot(100 * coverage, 100 * risk, line, color=color, label=name)
    risk, label = goal
    axis.axhline(100 * risk, color=plots.GREY, linestyle=":", linewidth=1.2)
    axis.annotate(
        label, (0.01, 100 * risk), (0, 3), xycoords=("axes fraction", "data"),
        textcoords="offset points", color=plots.GREY, fontsize=9,
    )  # fmt: skip
    axis.plot(
        100 * chosen[0], 100 * chosen[1], "o", color=plots.BLACK, markersize=9,
        markerfacecolor="none", markeredgewidth=1.8, label="the threshold chosen",
    )  # fmt: skip
    axis.set(xlabel="coverage: digits answered (%)", ylabel="risk: wrong answers\namong them (%)")
    axis.set(xlim=(50, 101), ylim=(0, None))
    axis.legend(loc="upper left", fontsize=9, bbox_to_anchor=(0, 0.88))
    return figure


def score_histograms(
    panels: Mapping[str, Mapping[str, np.ndarray]], edges: Sequence[np.ndarray]
) -> matplotlib.figure.Figure:
    """Draw how each score, a panel, is distributed over its bins, an outline a kind of picture.

    The first kind is filled; values beyond the edges go to the outer bins.
    """
    size = plots.WIDTH_INCHES, 1.95 * len(panels)
    figure, axes = plt.subplots(len(panels), 1, figsize=size)
    for axis, (score, kinds), edge in zip(axes, panels.items(), edges, strict=True):
        for number, (kind, values) in enumerate(kinds.items()):
            share = 100 * np.histogram(np.clip(values, edge[0], edge[-1]), edge)[0] / len(values)
            axis.stairs(
                share, edge, color=COLORS[number], linewidth=1.4, fill=number == 0,
                alpha=0.35 if number == 0 else 1, label=kind,
                linestyle=("-", "-", "--", "-.", ":")[number],
            )  # fmt: skip
        axis.set(xlabel=score, ylabel="share (%)")
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=3, fontsize=9)
    return figure
