"""Figures that more than one chapter uses, in one style.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart
(https://jfly.uni-koeln.de/color/). Figures are vector graphics on a white ground: the pages frame
them as cards, so that they read the same in light and dark mode.
"""

import itertools
from collections.abc import Mapping, Sequence

import matplotlib
import matplotlib.axes
import matplotlib.colors
import matplotlib.figure
import matplotlib.image
import matplotlib.patheffects
import matplotlib.pyplot as plt
import matplotlib.ticker
import matplotlib_inline.backend_inline
import numpy as np

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#6B6B6B"

# Narrow enough that a figure's letters can be read on a phone.
WIDTH_INCHES = 5.4

# What a colour means is the same in every chapter.
TRAINING = BLUE
VALIDATION = ORANGE
TEST = GREEN
WRONG = VERMILION
# Signed values: blue below zero, white at zero, orange above.
SIGNED = matplotlib.colors.LinearSegmentedColormap.from_list("signed", [BLUE, "white", VERMILION])

MARKERS = "osD^vP"


def use_book_style() -> None:
    """Set Matplotlib up for the book: vector figures, plain axes, the colours above."""
    matplotlib_inline.backend_inline.set_matplotlib_formats("svg")
    matplotlib.rcParams.update(
        {
            "axes.prop_cycle": matplotlib.cycler(
                color=[BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY_BLUE, BLACK]
            ),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "font.size": 11,
            "image.cmap": "gray_r",  # ink on paper
            "image.interpolation": "none",
            "legend.frameon": False,
            "svg.hashsalt": "cnnbook",  # the same figure is the same file
        }
    )


def heat_map(
    axis: matplotlib.axes.Axes, values: np.ndarray, texts: np.ndarray, cmap: str, **options
) -> matplotlib.image.AxesImage:
    """Draw a matrix as colours, and in each cell its text, white where the colour is dark.

    values, texts : arrays of one shape (rows, columns); an empty text leaves its cell blank
    options : for ``imshow``, such as ``vmin``
    """
    drawn = axis.imshow(values, cmap=cmap, **options)
    for (row, column), text in np.ndenumerate(texts):
        red, green, blue, _ = drawn.to_rgba(values[row, column])
        dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
        axis.text(column, row, text, ha="center", va="center", color="white" if dark else "black")
    return drawn


def dot_rows(
    axis: matplotlib.axes.Axes, groups: Mapping[str, Sequence[float]], colors: Sequence[str]
) -> None:
    """Draw a row of dots a group, from top to bottom, one dot a run, and a bar at the mean."""
    for row, (values, color) in enumerate(zip(groups.values(), colors, strict=True)):
        axis.scatter(values, np.full(len(values), row), color=color, alpha=0.7, zorder=3)
        axis.plot([np.mean(values)] * 2, [row - 0.28, row + 0.28], color=color, linewidth=2)
    axis.set(yticks=range(len(groups)), yticklabels=groups)
    axis.invert_yaxis()
    axis.grid(axis="x", color="#DDDDDD", linewidth=0.6)


def mean_and_spread(
    axis: matplotlib.axes.Axes, x: Sequence[float], runs: np.ndarray, **style
) -> None:
    """Draw the mean of runs, of shape (runs, len(x)), in a band of one standard deviation.

    A single run draws no band; ``style`` is that of the line (``label``, ``marker``, ``color``).
    """
    runs = np.atleast_2d(runs)
    mean = runs.mean(axis=0)
    (line,) = axis.plot(x, mean, markersize=5, **style)
    if len(runs) > 1:
        spread = runs.std(axis=0, ddof=1)
        color = line.get_color()
        axis.fill_between(x, mean - spread, mean + spread, color=color, alpha=0.2, linewidth=0)


def frame(*axes: matplotlib.axes.Axes) -> None:
    """Put a thin line around pictures, and no ticks."""
    for axis in axes:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=GREY, linewidth=0.5)


def digit_grid(
    images: np.ndarray, titles: Sequence[str], columns: int = 5, title_color: str = BLACK
) -> matplotlib.figure.Figure:
    """Draw digits (N, 28, 28), 0 for paper, in a grid, each under its title, on one grey scale."""
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.05 * columns, 1.35 * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (image, title) in zip(axes.flat, zip(images, titles, strict=True), strict=False):
        axis.imshow(image, vmin=0, vmax=np.max(images))
        axis.set_title(title, color=title_color, fontsize=9)
    return figure


def confusion_matrix(counts: np.ndarray) -> matplotlib.figure.Figure:
    """Draw how often each digit was taken for each other; the correct ones are left blank.

    counts : array of shape (10, 10): rows are true digits, columns predicted ones
    """
    wrong = counts * (1 - np.eye(10, dtype=int))
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 4.4))
    drawn = heat_map(axis, wrong, np.where(wrong > 0, wrong.astype(str), ""), "Oranges")
    axis.set(xlabel="predicted digit", ylabel="true digit", xticks=range(10), yticks=range(10))
    figure.colorbar(drawn, label="test digits misread")
    return figure


def dots_by_group(
    groups: dict[str, Sequence[float]], xlabel: str, colors: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw one row of dots a group, from top to bottom, one dot a run, with a bar at the mean."""
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 0.6 + 0.55 * len(groups)))
    dot_rows(axis, groups, colors)
    axis.set(xlabel=xlabel)
    return figure


def photographs(pictures: Sequence[np.ndarray], titles: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw photographs side by side, each under its title.

    pictures : (H, W, 3), uint8, or float in [0, 1]; or (H, W), from 0 for black to 1 for white
    """
    figure, axes = plt.subplots(1, len(pictures), figsize=(WIDTH_INCHES, 2.1), squeeze=False)
    for axis, picture, title in zip(axes.flat, pictures, titles, strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set_title(title)
        axis.set_axis_off()
    return figure


def maps(
    arrays: Sequence[np.ndarray],
    titles: Sequence[str],
    columns: int = 4,
    signed: bool = False,
    numbers: bool = False,
) -> matplotlib.figure.Figure:
    """Draw maps (H, W) of any sizes in a grid, all to one scale of grey or of signed colour.

    signed : blue for negative, orange for positive, white for zero, and a colour bar
    numbers : write each value into its square
    """
    columns = min(columns, len(arrays))
    rows = -(-len(arrays) // columns)
    largest = max(np.abs(array).max() for array in arrays) or 1
    scale = {"vmin": -largest if signed else 0, "vmax": largest}
    cmap = SIGNED if signed else "gray_r"
    size = (WIDTH_INCHES, rows * (WIDTH_INCHES / columns + 0.3))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat[len(arrays) :]:
        axis.set_axis_off()
    for axis, array, title in zip(axes.flat, arrays, titles, strict=False):
        drawn = axis.imshow(array, cmap=cmap, **scale)
        if numbers:
            texts = np.vectorize("{:g}".format)(np.round(array, 2) + 0.0)  # + 0.0 turns -0 into 0
            heat_map(axis, array, texts, cmap, **scale)
            plt.setp(axis.texts, size=9)
        axis.set_title(title, fontsize=9)
        frame(axis)
    if signed:
        figure.colorbar(drawn, ax=axes, shrink=0.7, label="value")
    return figure


def curves_by_group(
    x: Sequence[float], groups: dict[str, np.ndarray], xlabel: str, ylabel: str, log: bool = False
) -> matplotlib.figure.Figure:
    """Draw the mean of each group of runs (runs, len(x)), in a band of one standard deviation."""
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.4))
    for (name, runs), marker in zip(groups.items(), itertools.cycle(MARKERS), strict=False):
        mean_and_spread(axis, x, runs, marker=marker, label=name)
    if log:
        axis.set(xscale="log", yscale="log")
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.legend(fontsize=9)
    return figure


def curve(
    x: np.ndarray, y: np.ndarray, xlabel: str, ylabel: str, marks: dict[float, str]
) -> matplotlib.figure.Figure:
    """Draw one curve, with a point and its text at some places on the x axis."""
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3))
    axis.plot(x, y, color=BLUE)
    order = np.argsort(x)
    for mark, text in marks.items():
        height = np.interp(mark, np.take(x, order), np.take(y, order))
        axis.scatter([mark], [height], color=VERMILION, zorder=3)
        axis.annotate(f"{text}: {height:.2f}", (mark, height), (8, -14), textcoords="offset points")
    axis.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    return figure


def sweep(
    groups: dict[str, tuple[Sequence[float], np.ndarray]],
    xlabel: str,
    ylabel: str,
    ticks: dict[float, str] | None = None,
    log_x: bool = True,
    log_y: bool = False,
) -> matplotlib.figure.Figure:
    """Draw the mean of each group of runs, with a bar from the lowest to the highest run.

    groups : name to (x, runs): its own settings, ascending, and an array (runs, len(x))
    ticks : the values to mark on the x axis, each with its text
    """
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.4))
    for (name, (x, runs)), marker in zip(groups.items(), itertools.cycle(MARKERS), strict=False):
        mean = np.mean(runs, axis=0)
        bars = np.stack([mean - np.min(runs, axis=0), np.max(runs, axis=0) - mean])
        axis.errorbar(x, mean, yerr=bars, marker=marker, markersize=5, capsize=3, label=name)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.set(xscale="log" if log_x else "linear", yscale="log" if log_y else "linear")
    if ticks is not None:
        axis.set_xticks(list(ticks), list(ticks.values()))
        axis.minorticks_off()
    axis.legend(fontsize=9)
    return figure
