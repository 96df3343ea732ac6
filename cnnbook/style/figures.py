"""Figures of the chapter on style transfer.

Photographs are drawn as JPEG files, twice as fine as a page shows them: as vector graphics, which
hold pictures without loss, they would be several times as large.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import IPython.display
import matplotlib.figure
import matplotlib.pyplot as plt
import matplotlib.ticker
import numpy as np

from cnnbook import checks, plots

DOTS_AN_INCH = 260
MARKS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", ":")
COLORS = (plots.BLUE, plots.ORANGE, plots.GREEN, plots.VERMILION, plots.PURPLE, plots.SKY_BLUE)


def pictures(
    shown: Sequence[np.ndarray],
    titles: Sequence[str],
    columns: int = 2,
    insets: Sequence[np.ndarray | None] | None = None,
) -> IPython.display.Image:
    """Draw pictures in a grid, each under its title, some with a small one in their lower corner.

    Parameters
    ----------
    shown : arrays of shape (H, W, 3), float in [0, 1]
    titles : one short text each
    columns : pictures in a row, 1 or more
    insets : for each picture a small one, or None

    Raises
    ------
    TypeError
        If columns is no integer.
    ValueError
        If there are no pictures or not one title, and one inset if there are any, for each, or
        columns is below 1.
    """
    columns = checks.integer("columns", columns)
    if not len(shown) or len(titles) != len(shown):
        raise ValueError(
            f"titles must hold one text a picture, got {len(titles)} for {len(shown)} pictures."
        )
    insets = [None] * len(shown) if insets is None else insets
    if len(insets) != len(shown):
        raise ValueError(f"insets must hold one a picture, got {len(insets)} for {len(shown)}.")
    rows, width = -(-len(shown) // columns), plots.WIDTH_INCHES / columns
    height = width * shown[0].shape[0] / shown[0].shape[1] + 0.3
    figure, axes = plt.subplots(
        rows, columns, figsize=(plots.WIDTH_INCHES, rows * height), squeeze=False
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, picture, title, inset in zip(
        axes.flat[: len(shown)], shown, titles, insets, strict=True
    ):
        axis.imshow(picture, interpolation="bilinear")
        axis.set_title(title, fontsize=11 if columns < 3 else 10)
        if inset is not None:
            corner = axis.inset_axes((0, 0, 0.34, 0.34))
            corner.imshow(inset, interpolation="bilinear", aspect="auto")
            corner.set(xticks=[], yticks=[])
            corner.spines[:].set(visible=True, color="white", linewidth=1.5)
    file = io.BytesIO()
    figure.savefig(file, format="jpeg", dpi=DOTS_AN_INCH, pil_kwargs={"quality": 88})
    plt.close(figure)
    return IPython.display.Image(data=file.getvalue(), format="jpeg")


def losses(history: Sequence[Mapping[str, float]]) -> matplotlib.figure.Figure:
    """Draw the parts of the loss against the evaluations, with a line where the size changes.

    Parameters
    ----------
    history : as of `cnnbook.style.Result`

    Raises
    ------
    ValueError
        If history is empty, or an evaluation lacks its height or a part of the loss.
    """
    if not history:
        raise ValueError("history must hold one evaluation or more, got none.")
    for one in history:
        missing = {"height", "style", "content", "variation"} - set(one)
        if missing:
            raise ValueError(
                f"history must hold height, style, content and variation for each evaluation, "
                f"got one without {', '.join(sorted(missing))}."
            )
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.0))
    steps = np.arange(1, len(history) + 1)
    styles = (("style", plots.BLUE, "-"), ("content", plots.VERMILION, "--"),
              ("variation", plots.GREY, ":"))  # fmt: skip
    for name, color, line in styles:
        values = np.array([max(one[name], 1e-6) for one in history])
        axis.plot(steps[values > 1e-5], values[values > 1e-5], line, color=color, label=name)
    heights = [one["height"] for one in history]
    for step in np.flatnonzero(np.diff(heights)) + 1:
        axis.axvline(step + 0.5, color=plots.BLACK, linewidth=0.8)
        axis.text(step, 0.98, f"{heights[step - 1]} px ", ha="right", va="top",
                  transform=axis.get_xaxis_transform())  # fmt: skip
        axis.text(step + 1, 0.98, f" {heights[step]} px", va="top",
                  transform=axis.get_xaxis_transform())  # fmt: skip
    axis.set(xlabel="evaluations of loss and gradient", ylabel="weighted loss", yscale="log")
    # The first trial steps of a search may go far astray: they are cut off.
    axis.set_ylim(4e-3, 4 * max(history[0]["style"], 0.1))
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def two_rulers(
    groups: Mapping[str, tuple[Sequence[float], Sequence[float]]], content: float
) -> matplotlib.figure.Figure:
    """Draw, for each group, the distance to the style against the edges kept, one mark a seed.

    Parameters
    ----------
    groups : name to the distances, 0 or more, and the edges kept, as many, from -1 to 1
    content : the distance of the photograph itself, which keeps all of its edges; above 0

    Raises
    ------
    TypeError
        If a distance or a correlation is no number.
    ValueError
        If there are no groups, more than there are marks, one is empty or has not one distance for
        each correlation, or a number is out of range.
    """
    if not 1 <= len(groups) <= len(COLORS):
        raise ValueError(f"groups must be 1 to {len(COLORS)}, got {len(groups)}.")
    farthest = checks.number("content", content, 0, open_=True)
    for name, (distances, kept) in groups.items():
        distances = checks.array(f"groups[{name!r}]", distances, "uif", "(distances,)")
        kept = checks.array(f"groups[{name!r}]", kept, "uif", "(correlations,)")
        if not len(distances) or len(distances) != len(kept):
            raise ValueError(
                "groups must have one distance for each correlation, one at least, "
                f"got {len(distances)} and {len(kept)} for {name!r}."
            )
        if distances.min() < 0 or np.abs(kept).max() > 1:
            raise ValueError(
                "groups must have distances of 0 or more and correlations from -1 to 1, "
                f"got {distances.min():g} and up to {np.abs(kept).max():g} for {name!r}."
            )
        farthest = max(farthest, distances.max())
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.3))
    for (name, (distances, kept)), mark, color in zip(
        groups.items(), MARKS[: len(groups)], COLORS[: len(groups)], strict=True
    ):
        axis.scatter(distances, kept, marker=mark, color=color, label=name, s=45)
    axis.scatter([content], [1], marker="*", color=plots.BLACK, s=110, label="the photograph")
    axis.set(
        xlabel="distance of patches to the style's (nearer: left)",
        ylabel="edges kept (correlation)",
        ylim=(min(0, *(min(kept) for _, kept in groups.values())) - 0.03, 1.05),
        xlim=(0, 1.1 * farthest),
    )
    axis.legend(loc="lower right", fontsize=10)
    return figure


def searches(runs: Mapping[str, Sequence[float]]) -> matplotlib.figure.Figure:
    """Draw the whole loss against the evaluations, one line a method; losses far above are cut off.

    Parameters
    ----------
    runs : name of a method to its losses, above 0; one to three of them

    Raises
    ------
    TypeError
        If a loss is no number.
    ValueError
        If there are no runs or more than three, or one is empty or holds a loss of 0 or less.
    """
    if not runs:
        raise ValueError("runs must hold one method or more, got none.")
    if len(runs) > len(LINES):
        raise ValueError(f"runs must hold {len(LINES)} methods at most, got {len(runs)}.")
    for name, values in runs.items():
        values = checks.array(f"runs[{name!r}]", values, "uif", "(evaluations,)")
        if not len(values) or values.min() <= 0:
            raise ValueError(
                f"runs must hold losses above 0, one at least, got {values} for {name!r}."
            )
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 2.7))
    for (name, values), line, color in zip(
        runs.items(), LINES[: len(runs)], COLORS[: len(runs)], strict=True
    ):
        axis.plot(np.arange(1, len(values) + 1), values, line, color=color, label=name)
    first = max(values[0] for values in runs.values())
    axis.set(xlabel="evaluations of loss and gradient", ylabel="loss", yscale="log")
    axis.set_ylim(0.7 * min(min(values) for values in runs.values()), 1.5 * first)
    axis.yaxis.set_major_formatter(matplotlib.ticker.StrMethodFormatter("{x:g}"))
    axis.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axis.set_yticks([tick for tick in (0.1, 0.2, 0.5, 1, 2, 5) if tick < 1.5 * first])
    axis.set_ylim(0.7 * min(min(values) for values in runs.values()), 1.5 * first)
    axis.legend()
    return figure


def grams(matrices: Sequence[np.ndarray], titles: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw Gram matrices side by side on one scale, as square roots, which shows small values too.

    Raises
    ------
    ValueError
        If there is not one title for each matrix.
    """
    if not len(matrices) or len(titles) != len(matrices):
        raise ValueError(f"titles must hold one text a matrix, got {len(titles)}.")
    figure, axes = plt.subplots(1, len(matrices), figsize=(plots.WIDTH_INCHES, 2.3), squeeze=False)
    largest = np.sqrt(max(matrix.max() for matrix in matrices))
    for axis, matrix, title in zip(axes.flat, matrices, titles, strict=True):
        axis.imshow(np.sqrt(np.maximum(matrix, 0)), vmin=0, vmax=largest)
        axis.set_title(title, fontsize=10)
        axis.set(xticks=[], yticks=[], xlabel="map")
        axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)
    axes[0, 0].set_ylabel("map")
    return figure
