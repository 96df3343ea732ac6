"""Figures that more than one chapter uses, in one style.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart
(https://jfly.uni-koeln.de/color/). Figures are vector graphics on a white ground: the pages frame
them as cards, so that they read the same in light and dark mode.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Mapping, Sequence

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

    Parameters
    ----------
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
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.imshow(image, vmin=0, vmax=np.max(images))
        axis.set_title(title, color=title_color, fontsize=9)
    return figure


def learning_curves(history: dict[str, list[float]]) -> matplotlib.figure.Figure:
    """Draw loss and accuracy against the epoch, on training and validation data.

    Parameters
    ----------
    history : Keras's ``History.history``, with ``loss``, ``accuracy``, ``val_loss`` and
        ``val_accuracy``: a number for each epoch

    Raises
    ------
    ValueError
        If one of the four is missing.
    """
    missing = {"loss", "accuracy", "val_loss", "val_accuracy"} - set(history)
    if missing:
        raise ValueError(
            f"history must hold {', '.join(sorted(missing))} too, got {', '.join(history)}: "
            "compile with metrics=['accuracy'] and fit with validation_data."
        )
    epochs = np.arange(1, len(history["loss"]) + 1)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH_INCHES, 2.6))
    panels = (("loss", "loss (nats)", 1), ("accuracy", "accuracy (%)", 100))
    for axis, (key, label, factor) in zip(axes, panels, strict=True):
        for prefix, name, color, marker in (
            ("", "training", TRAINING, "o"),
            ("val_", "validation", VALIDATION, "s"),
        ):
            values = factor * np.array(history[prefix + key])
            axis.plot(epochs, values, color=color, marker=marker, label=name)
        axis.set(xlabel="epoch", ylabel=label, xticks=epochs)
    axes[0].legend()
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


def accuracy_by_seed(
    accuracies: Sequence[float], reference: float, reference_label: str
) -> matplotlib.figure.Figure:
    """Draw one dot a run on a line of accuracies, with their mean and a reference.

    Parameters
    ----------
    accuracies : one accuracy a seed, in [0, 1]
    reference : the accuracy to compare with, in [0, 1]
    reference_label : what the reference is

    Raises
    ------
    ValueError
        If there are no accuracies, or one is not in [0, 1].
    """
    accuracies = np.asarray(accuracies, dtype=float)
    if accuracies.size == 0 or not ((accuracies >= 0) & (accuracies <= 1)).all():
        raise ValueError(
            f"accuracies must hold one number or more, each from 0 to 1, got {accuracies}."
        )
    percent = 100 * accuracies
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 2))
    percent = np.sort(percent)
    heights = _stack(percent, width=0.02 * max(np.ptp(percent), 1e-9))
    axis.scatter(percent, heights, color=TEST, zorder=3)
    axis.axvline(percent.mean(), color=BLACK, linestyle="--")
    axis.axvline(100 * reference, color=WRONG)
    top = max(heights) + 1.2
    axis.text(percent.mean(), top, "mean ", ha="right", va="top")
    axis.text(100 * reference, top, f" {reference_label}", ha="left", va="top", color=WRONG)
    axis.set(xlabel="test accuracy (%)", ylim=(0.3, top), yticks=[])
    axis.spines["left"].set_visible(False)
    return figure


def _stack(values: np.ndarray, width: float) -> list[int]:
    """Give each of the sorted values the lowest level, from 1, where its dot touches no other."""
    heights, ends = [], []  # ends: where the last dot of each level stops
    for value in values:
        level = next((i for i, end in enumerate(ends) if value >= end), len(ends))
        ends[level : level + 1] = [value + width]
        heights.append(level + 1)
    return heights


def activations_to_scale(layers: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw everything that each layer gives for one image, one square a number, all to one scale.

    Maps are laid out four in a row, vectors in blocks; each layer has its own range of grey, from
    its smallest value (white) to its largest (black).

    Parameters
    ----------
    layers : name to array of shape (H, W, C) or (units,), from the input to the output

    Raises
    ------
    ValueError
        If there are no layers, or an array has other axes.
    """
    if not layers:
        raise ValueError("layers must hold one array or more, got none.")
    gap, left = 14, 0
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 4.3))
    for name, values in layers.items():
        block = _lay_out(name, np.asarray(values))
        height, width = block.shape
        axis.imshow(block, extent=(left, left + width, height, 0), vmin=np.nanmin(block))
        frame = plt.Rectangle((left, 0), width, height, fill=False, color=GREY, linewidth=0.5)
        axis.add_patch(frame)
        shape = " x ".join(str(size) for size in np.shape(values))
        label = f"{name}  {shape}"
        axis.text(left + width / 2, height + 5, label, rotation=90, ha="center", va="top", size=9)
        left += width + gap
    axis.set(xlim=(-2, left), ylim=(290, -2), aspect="equal")
    axis.set_axis_off()
    return figure


def _lay_out(name: str, values: np.ndarray) -> np.ndarray:
    """Arrange maps, or the numbers of a vector, four in a row in one picture."""
    if values.ndim == 1:
        columns = {10: 1, 128: 4}.get(len(values), 20)
        rows = -(-len(values) // columns)
        block = np.full(rows * columns, np.nan)
        block[: len(values)] = values
        return block.reshape(rows, columns)
    if values.ndim != 3:
        raise ValueError(
            "layers must hold arrays of shape (H, W, C) or (units,), "
            f"got {values.shape} for {name}."
        )
    height, width, channels = values.shape
    columns = min(4, channels)
    rows = -(-channels // columns)
    block = np.full((rows * height, columns * width), np.nan)
    for channel in range(channels):
        row, column = divmod(channel, columns)
        block[row * height :, column * width :][:height, :width] = values[:, :, channel]
    return block


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
    scale, cmap = (
        {"vmin": -largest if signed else 0, "vmax": largest},
        SIGNED if signed else "gray_r",
    )
    size = (WIDTH_INCHES, rows * (WIDTH_INCHES / columns + 0.3))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat[len(arrays) :]:
        axis.set_axis_off()
    for axis, array, title in zip(axes.flat, arrays, titles, strict=False):
        drawn = axis.imshow(array, cmap=cmap, **scale)
        if numbers:
            texts = np.vectorize("{:.3g}".format)(array + 0.0)  # + 0.0 turns -0 into 0
            heat_map(axis, array, texts, cmap, **scale)
            plt.setp(axis.texts, size=9)
        axis.set_title(title, fontsize=9)
        frame(axis)
    if signed:
        figure.colorbar(drawn, ax=axes, shrink=0.7, label="value")
    return figure


def curves_by_group(
    x: Sequence[float],
    groups: dict[str, np.ndarray],
    xlabel: str,
    ylabel: str,
    log: bool = False,
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
    for place, text in marks.items():
        height = np.interp(place, x, y)
        axis.scatter([place], [height], color=VERMILION, zorder=3)
        axis.annotate(f"{text}: {height:.2f}", (place, height), (10, 4), textcoords="offset points")
    axis.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    return figure


def descent_paths(
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray],
    paths: dict[str, np.ndarray],
    xlabel: str = "first weight",
    ylabel: str = "second weight",
) -> matplotlib.figure.Figure:
    """Draw the paths that optimizers take through a loss of two weights, one panel a path.

    Parameters
    ----------
    loss : function of two arrays of one shape, the two weights, that gives the loss there, lowest
        at (0, 0)
    paths : name to array of shape (steps + 1, 2), the places visited; one scale serves all
    xlabel, ylabel : what the two weights are

    Raises
    ------
    ValueError
        If there is no path, or one is not of that shape.
    """
    if not paths:
        raise ValueError("paths must hold one path or more, got none.")
    for name, path in paths.items():
        if np.ndim(path) != 2 or np.shape(path)[1] != 2:
            raise ValueError(
                f"paths must have the shape (steps + 1, 2), got {np.shape(path)} for {name}."
            )
    figure, axes = plt.subplots(
        len(paths), 1, figsize=(WIDTH_INCHES, 1.6 * len(paths)), sharex=True, sharey=True
    )
    axes = np.atleast_1d(axes)
    places = np.concatenate([[[0, 0]], *paths.values()])
    lowest, highest = places.min(axis=0), places.max(axis=0)
    margin = 0.1 * (highest - lowest)
    x, y = np.meshgrid(*np.linspace(lowest - margin, highest + margin, 121).T)
    values = loss(x, y)
    for axis, (name, path) in zip(axes, paths.items(), strict=True):
        levels = values.max() * np.geomspace(0.003, 1, 9)
        axis.contour(x, y, values, levels=levels, colors=GREY, linewidths=0.6, alpha=0.7)
        axis.plot(*path.T, color=BLUE, marker="o", markersize=3.5, linewidth=1.2)
        axis.plot(*path[0], color=VERMILION, marker="s", markersize=7, linestyle="none")
        axis.plot(0, 0, color=BLACK, marker="*", markersize=11, linestyle="none")
        axis.set_title(name, fontsize=10, loc="left")
        axis.set_ylabel(ylabel, fontsize=9)
    axes[-1].set_xlabel(xlabel, fontsize=9)
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
    axis.set_xscale("log" if log_x else "linear")
    axis.set_yscale("log" if log_y else "linear")
    if ticks is not None:
        axis.set_xticks(list(ticks), list(ticks.values()))
        axis.minorticks_off()
    axis.legend(fontsize=9)
    return figure


def curve_gallery(
    curves: dict[str, tuple[Sequence[float], Sequence[float]]], highest: float = np.inf
) -> matplotlib.figure.Figure:
    """Draw training and validation loss against the epoch for several trainings, one panel each.

    Parameters
    ----------
    curves : title to (training, validation): two losses an epoch, in nats
    highest : no panel reaches higher than this, whatever lies above it

    Raises
    ------
    ValueError
        If there is none, or a title has not equally many of both.
    """
    if not curves:
        raise ValueError("curves must hold one training or more, got none.")
    for title, (training, validation) in curves.items():
        if len(training) != len(validation) or len(training) == 0:
            raise ValueError(
                "curves must hold as many training as validation losses, one or more, "
                f"got {len(training)} and {len(validation)} for {title}."
            )
    rows = -(-len(curves) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(WIDTH_INCHES, 2.1 * rows), squeeze=False)
    for axis in axes.flat[len(curves) :]:
        axis.set_axis_off()
    for number, (title, (training, validation)) in enumerate(curves.items()):
        axis = axes.flat[number]
        epochs = np.arange(1, len(training) + 1)
        axis.plot(epochs, training, color=TRAINING, marker="o", markersize=3, label="training")
        axis.plot(
            epochs,
            validation,
            color=VALIDATION,
            marker="s",
            markersize=3,
            linestyle="--",
            label="validation",
        )
        axis.set_title(title, fontsize=10, loc="left")
        axis.set_ylim(0, min(1.1 * max(*training, *validation), highest))
        axis.set(xlabel="epoch", ylabel="loss (nats)" if number % 2 == 0 else None)
    axes.flat[0].legend(fontsize=8)
    return figure


def explanations(
    images: np.ndarray, row_titles: Sequence[str], maps: dict[str, np.ndarray]
) -> matplotlib.figure.Figure:
    """Draw images, a row each, and beside each what every method says of its pixels.

    Every map has a scale of its own, symmetric about white for zero: blue is negative, orange
    positive. A thin line marks the border of the ink.

    Parameters
    ----------
    images : array of shape (N, H, W), 0 for paper
    row_titles : N short texts, written at the left
    maps : method to array of shape (N, H, W), drawn from left to right

    Raises
    ------
    ValueError
        If there is not one title and, of each method, one map an image.
    """
    images = np.asarray(images)
    if images.ndim != 3 or len(row_titles) != len(images):
        raise ValueError(
            f"row_titles must hold one text an image, got {len(row_titles)} for {images.shape}."
        )
    for name, values in maps.items():
        if np.shape(values) != images.shape:
            raise ValueError(f"maps must have the shape {images.shape}, got another for {name}.")
    columns = 1 + len(maps)
    side = WIDTH_INCHES / columns
    figure, axes = plt.subplots(
        len(images), columns, figsize=(WIDTH_INCHES, len(images) * side + 0.45), squeeze=False
    )
    for row, (image, title) in enumerate(zip(images, row_titles, strict=True)):
        axes[row, 0].imshow(image, vmin=0)
        axes[row, 0].set_ylabel(title, fontsize=9)
        for axis, values in zip(axes[row, 1:], maps.values(), strict=True):
            largest = np.abs(values[row]).max() or 1
            axis.imshow(values[row], cmap=SIGNED, vmin=-largest, vmax=largest)
            if np.ptp(image) > 0:
                axis.contour(image, levels=[image.max() / 2], colors=[GREY], linewidths=0.6)
    for axis, name in zip(axes[0, 1:], maps, strict=True):
        axis.set_title(textwrap.fill(name, 11), fontsize=9)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=GREY, linewidth=0.5)
    return figure


def embeddings(
    panels: dict[str, np.ndarray], labels: np.ndarray, columns: int = 2
) -> matplotlib.figure.Figure:
    """Draw points in the plane, one panel an embedding, each class named where it lies.

    Parameters
    ----------
    panels : title to array of shape (N, 2)
    labels : array of shape (N,), digits; the name stands at the median of the class
    columns : panels in a row

    Raises
    ------
    ValueError
        If a panel has not two numbers for each label.
    """
    labels = np.asarray(labels)
    for title, points in panels.items():
        if np.shape(points) != (len(labels), 2):
            raise ValueError(
                f"panels must have the shape ({len(labels)}, 2), got {np.shape(points)} "
                f"for {title}."
            )
    rows = -(-len(panels) // columns)
    side = WIDTH_INCHES / columns
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH_INCHES, rows * (side + 0.25)), squeeze=False
    )
    colors = [BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY_BLUE, BLACK, "#9C8B00", GREY, "#7A3E9D"]
    for axis, (title, points) in zip(axes.flat, panels.items(), strict=False):
        for label in np.unique(labels):
            chosen = points[labels == label]
            axis.scatter(*chosen.T, s=3, color=colors[label % 10], alpha=0.5, linewidth=0)
        for label in np.unique(labels):
            name = axis.text(
                *np.median(points[labels == label], axis=0), str(label), fontsize=13,
                fontweight="bold", ha="center", va="center", color=colors[label % 10],
            )  # fmt: skip
            name.set_path_effects([matplotlib.patheffects.withStroke(linewidth=3, foreground="w")])
        axis.set(xticks=[], yticks=[])
        axis.set_title(title, fontsize=9)
    for axis in axes.flat:
        axis.spines[:].set(visible=True, color=GREY, linewidth=0.5)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    return figure


def intervals_by_group(
    x: Sequence[float],
    groups: dict[str, np.ndarray],
    xlabel: str,
    ylabel: str,
    reference: float,
    reference_label: str,
) -> matplotlib.figure.Figure:
    """Draw an estimate and its interval for each group at each x, on logarithmic axes.

    Parameters
    ----------
    x : the values along the axis, above 0; the groups stand beside each other around each
    groups : name to array of shape (3, len(x)): estimate, lower and upper end, all above 0; at
        most 5 groups
    xlabel, ylabel : what the axes are, with units
    reference : a value to compare with, drawn as a dashed line
    reference_label : what it is

    Raises
    ------
    ValueError
        If a group has another shape, or there are more than 5 groups or none.
    """
    if not 1 <= len(groups) <= 5:
        raise ValueError(f"groups must hold 1 to 5 groups, got {len(groups)}.")
    for name, values in groups.items():
        if np.shape(values) != (3, len(x)):
            raise ValueError(
                f"groups must hold arrays of shape (3, {len(x)}), "
                f"got {np.shape(values)} for {name}."
            )
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.8))
    colors = [BLUE, VERMILION, GREEN, PURPLE, BLACK]
    for number, (name, values) in enumerate(groups.items()):
        middle, low, high = np.asarray(values, float)
        beside = np.asarray(x) * 1.09 ** (number - (len(groups) - 1) / 2)
        axis.errorbar(
            beside, middle, yerr=[middle - low, high - middle], color=colors[number],
            marker="osD^v"[number], markersize=5, capsize=2, linewidth=1.2, label=name,
        )  # fmt: skip
    axis.axhline(reference, color=GREY, linestyle="--", linewidth=1.2, label=reference_label)
    axis.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    axis.set_xticks(x, [f"{value:,}" for value in x])
    axis.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    figure.legend(loc="outside upper center", ncols=3, fontsize=9)
    return figure


def readings(counts: np.ndarray) -> matplotlib.figure.Figure:
    """Draw as what each digit is read, in percent of its row, the correct readings included.

    Parameters
    ----------
    counts : array of shape (10, 10): rows are true digits, columns what they were read as

    Raises
    ------
    ValueError
        If counts has another shape, or a row without any digit.
    """
    counts = np.asarray(counts, float)
    if counts.shape != (10, 10) or not (counts.sum(axis=1) > 0).all():
        raise ValueError(
            "counts must have the shape (10, 10) and a digit in each row, "
            f"got shape {counts.shape} with the sums {counts.sum(axis=-1)}."
        )
    percent = 100 * counts / counts.sum(axis=1, keepdims=True)
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 4.4))
    drawn = axis.imshow(percent, cmap="Oranges", vmin=0, vmax=100)
    for (true, read), share in np.ndenumerate(percent):
        if share >= 0.5:
            color = "white" if share > 60 else "black"
            axis.text(read, true, f"{share:.0f}", ha="center", va="center", color=color, size=9)
    frames = [(n - 0.5, n - 0.5) for n in range(10)]
    for corner in frames:
        axis.add_patch(plt.Rectangle(corner, 1, 1, fill=False, color=BLUE, linewidth=1.2))
    axis.set(xlabel="read as", ylabel="digit", xticks=range(10), yticks=range(10))
    figure.colorbar(drawn, label="share of the digit (%)")
    return figure


def steps_with_cost(
    quality: dict[str, Sequence[float]],
    cost: dict[str, Sequence[float]],
    xlabels: tuple[str, str],
) -> matplotlib.figure.Figure:
    """Draw, one row a step from top to bottom, what each reaches and what each costs.

    Parameters
    ----------
    quality : name of the step to one value a run, left panel
    cost : the same names to one value a run, right panel, from zero
    xlabels : what the two axes are, with units

    Raises
    ------
    ValueError
        If the two do not name the same steps, or a step has no value.
    """
    if list(quality) != list(cost):
        raise ValueError(
            f"quality and cost must name the same steps, got {list(quality)} and {list(cost)}."
        )
    if not all(len(values) for group in (quality, cost) for values in group.values()):
        raise ValueError("quality and cost must hold one value or more a step, got an empty one.")
    figure, axes = plt.subplots(
        1, 2, sharey=True, figsize=(WIDTH_INCHES, 0.8 + 0.34 * len(quality))
    )
    for axis, group, color, marker in zip(
        axes, (quality, cost), (VALIDATION, GREY), "os", strict=True
    ):
        for row, values in enumerate(group.values()):
            axis.scatter(values, np.full(len(values), row), 16, color=color, marker=marker)
            axis.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color=BLACK, linewidth=1.5)
        axis.grid(axis="both", color="#DDDDDD", linewidth=0.6)
        axis.set_axisbelow(True)
    for axis, xlabel in zip(axes, xlabels, strict=True):
        axis.set_xlabel(xlabel, fontsize=10)
        axis.tick_params(labelsize=9)
    axes[0].set_yticks(range(len(quality)), labels=list(quality))
    axes[0].invert_yaxis()
    axes[1].set_xlim(left=0)
    return figure


def accuracy_against_time(
    recipes: dict[str, tuple[Sequence[float], Sequence[float]]],
    goals: Sequence[tuple[float, float]],
    ylabel: str,
) -> matplotlib.figure.Figure:
    """Draw accuracy against training time, one mark a run, time on a logarithmic axis.

    Parameters
    ----------
    recipes : name to (seconds, accuracies in percent), one of each a run
    goals : corners (most seconds, least accuracy); a run above and to the left of one reaches it
    ylabel : what the accuracies are, with their unit

    Raises
    ------
    ValueError
        If a recipe has not one accuracy for each time.
    """
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.6))
    for number, (name, (seconds, accuracies)) in enumerate(recipes.items()):
        if len(seconds) != len(accuracies) or not len(seconds):
            raise ValueError(
                f"recipes must hold one accuracy for each time, got {len(accuracies)} and "
                f"{len(seconds)} for {name}."
            )
        color = (GREY, BLUE, ORANGE, GREEN, PURPLE, VERMILION)[number % 6]
        axis.scatter(seconds, accuracies, 30, color=color, marker="osD^vP"[number % 6], zorder=3)
        axis.annotate(
            name,
            (np.median(seconds), np.min(accuracies)),
            (0, -8),
            textcoords="offset points",
            ha="center",
            va="top",
            color=color,
            fontsize=10,
        )
    axis.set_xscale("log")
    lowest = min(np.min(accuracies) for _, accuracies in recipes.values())
    highest = max(np.max(accuracies) for _, accuracies in recipes.values())
    margin = 0.2 * (highest - lowest) + 0.02
    axis.set_ylim(lowest - margin, highest + margin)
    times = [time for seconds, _ in recipes.values() for time in seconds]
    axis.set_xlim(min(times) / 1.8, max([*times, *(most for most, _ in goals)]) * 1.5)
    left, top = axis.get_xlim()[0], axis.get_ylim()[1]
    for number, (most, least) in enumerate(goals, 1):
        axis.plot([left, most, most], [least, least, top], color=BLACK, linewidth=1, linestyle=":")
        axis.annotate(
            f"goal {number}",
            (most, top),
            (-3, 0),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=9,
        )
    axis.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axis.set(xlabel="training time (seconds, logarithmic)", ylabel=ylabel)
    return figure


def accuracy_by_shift(
    accuracy: np.ndarray, shifts: Sequence[int], label: str
) -> matplotlib.figure.Figure:
    """Draw accuracy against a shift in both directions, as a map with its numbers written in.

    Parameters
    ----------
    accuracy : array of shape (len(shifts), len(shifts)), in per cent: rows are shifts down,
        columns shifts to the right
    shifts : pixels, ascending; negative is up and to the left
    label : what the colour is

    Raises
    ------
    ValueError
        If accuracy has not one row and one column for each shift.
    """
    accuracy = np.asarray(accuracy)
    if accuracy.shape != (len(shifts), len(shifts)):
        raise ValueError(
            f"accuracy must have a row and a column for each of the {len(shifts)} shifts, "
            f"got shape {accuracy.shape}."
        )
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 4.6))
    drawn = axis.imshow(accuracy, cmap="Greens", vmin=0, vmax=100)
    for (row, column), value in np.ndenumerate(accuracy):
        color = "white" if value > 60 else "black"
        axis.text(column, row, f"{value:.0f}", ha="center", va="center", color=color, size=10)
    places = range(len(shifts))
    axis.set(xticks=places, xticklabels=shifts, yticks=places, yticklabels=shifts)
    axis.set(xlabel="shift to the right (pixels)", ylabel="shift down (pixels)")
    axis.spines[:].set_visible(False)
    figure.colorbar(drawn, label=label, shrink=0.85)
    return figure


def labels_in_order(orders: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw the label of each example against its place in the order of reading, one panel an order.

    Parameters
    ----------
    orders : name of the order to the labels, an integer array of shape (N,), in that order

    Raises
    ------
    ValueError
        If there is no order, or one has no labels.
    """
    if not orders or not all(len(labels) for labels in orders.values()):
        raise ValueError(f"orders must hold labels for each name, got {len(orders)} names.")
    figure, axes = plt.subplots(
        len(orders), 1, figsize=(WIDTH_INCHES, 1.5 * len(orders)), sharex=True, squeeze=False
    )
    for axis, (name, labels) in zip(axes.flat, orders.items(), strict=True):
        places = np.arange(1, len(labels) + 1)
        axis.plot(places, labels, ".", color=TRAINING, markersize=1, rasterized=True)
        axis.set_title(name, fontsize=10, loc="left")
        axis.set(ylabel="label", yticks=(0, 3, 6, 9))
    axes.flat[-1].set_xlabel("place in the order of reading")
    return figure


def accuracy_by_examples(
    examples: Sequence[int],
    groups: dict[str, np.ndarray],
    ylabel: str,
    reference: float,
    reference_label: str,
) -> matplotlib.figure.Figure:
    """Draw accuracy against the number of labelled examples, on a logarithmic axis of examples.

    Each group has a line at its mean and a band of one standard deviation on either side.

    Parameters
    ----------
    examples : the numbers of examples, above 0, ascending
    groups : name to array of shape (runs, len(examples)), in percent; two runs or more
    ylabel : what the accuracies are, with their unit
    reference : an accuracy without any example, drawn as a dashed line, in percent
    reference_label : what it is

    Raises
    ------
    ValueError
        If a group has another shape or fewer than two runs.
    """
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.8))
    colors = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, BLACK)  # those of `curves_by_group`
    for number, (name, runs) in enumerate(groups.items()):
        runs = np.asarray(runs, float)
        if runs.ndim != 2 or runs.shape[1] != len(examples) or len(runs) < 2:
            raise ValueError(
                f"groups must hold arrays of shape (runs, {len(examples)}) with 2 runs or more, "
                f"got {runs.shape} for {name}."
            )
        mean, spread = runs.mean(axis=0), runs.std(axis=0, ddof=1)
        color = colors[number % 6]
        marker = "osD^vP"[number % 6]
        axis.plot(examples, mean, color=color, marker=marker, markersize=5, label=name)
        axis.fill_between(
            examples, mean - spread, mean + spread, color=color, alpha=0.2, linewidth=0
        )
    axis.axhline(reference, color=GREY, linestyle="--", linewidth=1)
    axis.annotate(
        reference_label, (1, reference), xycoords=("axes fraction", "data"), xytext=(-4, 3),
        textcoords="offset points", ha="right", color=GREY, fontsize=9,
    )  # fmt: skip
    axis.set(xscale="log", xlabel="labelled examples (logarithmic)", ylabel=ylabel)
    axis.set_xticks(examples, [f"{value:,}" for value in examples])
    axis.minorticks_off()
    axis.legend(loc="lower right", fontsize=9)
    return figure
