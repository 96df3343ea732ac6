"""Figures that more than one chapter uses, in one style.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart
(https://jfly.uni-koeln.de/color/). Figures are vector graphics on a white ground: the pages frame
them as cards, so that they read the same in light and dark mode.
"""

from __future__ import annotations

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


def digit_grid(
    images: np.ndarray, titles: Sequence[str], columns: int = 5, title_color: str = BLACK
) -> matplotlib.figure.Figure:
    """Draw digits in a grid, each under its title.

    Parameters
    ----------
    images : array of shape (N, 28, 28), 0 for paper; one grey scale serves all
    titles : N short texts
    columns : digits in a row
    title_color : colour of the titles

    Raises
    ------
    ValueError
        If there are no images, or not one title for each, or no columns.
    """
    images = np.asarray(images)
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(
            f"images must have the axes (N, height, width) with N > 0, got shape {images.shape}."
        )
    if len(titles) != len(images):
        raise ValueError(
            f"titles must hold one text for each of the {len(images)} images, got {len(titles)}."
        )
    if columns < 1:
        raise ValueError(f"columns must be 1 or more, got {columns}.")
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.05 * columns, 1.35 * rows), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.imshow(image, vmin=0, vmax=images.max())
        axis.set_title(title, color=title_color, fontsize=9)
    return figure


def confusion_matrix(counts: np.ndarray) -> matplotlib.figure.Figure:
    """Draw how often each digit was taken for each other; the correct ones are left blank.

    Parameters
    ----------
    counts : array of shape (10, 10): rows are true digits, columns predicted ones

    Raises
    ------
    ValueError
        If counts has another shape.
    """
    wrong = np.array(counts)
    if wrong.shape != (10, 10):
        raise ValueError(f"counts must have the shape (10, 10), got {wrong.shape}.")
    np.fill_diagonal(wrong, 0)
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 4.4))
    drawn = axis.imshow(wrong, cmap="Oranges")
    for true, predicted in np.argwhere(wrong > 0):
        count = wrong[true, predicted]
        color = "white" if count > 0.6 * wrong.max() else "black"
        axis.text(predicted, true, str(count), ha="center", va="center", color=color)
    axis.set(xlabel="predicted digit", ylabel="true digit", xticks=range(10), yticks=range(10))
    figure.colorbar(drawn, label="test digits misread")
    return figure


def dots_by_group(
    groups: dict[str, Sequence[float]], xlabel: str, colors: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw one row of dots a group, one dot a run, with a bar at the mean.

    Parameters
    ----------
    groups : name to values, drawn from top to bottom
    xlabel : what the values are, with their unit
    colors : one colour a group

    Raises
    ------
    ValueError
        If there is not one colour for each group, or a group is empty.
    """
    if len(colors) != len(groups):
        raise ValueError(f"colors must hold one for each of {len(groups)} groups, got {colors}.")
    if not all(len(values) for values in groups.values()):
        raise ValueError("groups must hold one value or more each, got an empty one.")
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 0.6 + 0.55 * len(groups)))
    for row, (values, color) in enumerate(zip(groups.values(), colors, strict=True)):
        axis.scatter(values, np.full(len(values), row), color=color, alpha=0.7, zorder=3)
        axis.plot([np.mean(values)] * 2, [row - 0.28, row + 0.28], color=color, linewidth=2)
    axis.set(xlabel=xlabel, yticks=range(len(groups)), yticklabels=groups)
    axis.invert_yaxis()
    axis.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    return figure


def shares_by_layer(
    names: Sequence[str], shares: dict[str, Sequence[float]], colors: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw what share of each quantity belongs to each layer, as bars side by side.

    Parameters
    ----------
    names : the layers
    shares : quantity to one share a layer, in [0, 1]
    colors : one colour a quantity

    Raises
    ------
    ValueError
        If a quantity has not one share for each layer, or there is not one colour a quantity.
    """
    for quantity, values in shares.items():
        if len(values) != len(names):
            raise ValueError(
                f"shares must hold one number for each of the {len(names)} layers, "
                f"got {len(values)} for {quantity}."
            )
    if len(colors) != len(shares) or not shares:
        raise ValueError(
            f"colors must hold one for each of {len(shares)} quantities, got {colors}."
        )
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 0.7 + 0.6 * len(names)))
    thickness = 0.8 / len(shares)
    for number, (quantity, values) in enumerate(shares.items()):
        places = np.arange(len(names)) + (number - (len(shares) - 1) / 2) * thickness
        bars = axis.barh(
            places, 100 * np.asarray(values), thickness, color=colors[number], label=quantity
        )
        axis.bar_label(bars, fmt="%.0f %%", padding=3, fontsize=9)
    axis.set(xlabel="share of the whole network (%)", xlim=(0, 109))
    axis.set(yticks=range(len(names)), yticklabels=names)
    axis.invert_yaxis()
    axis.legend(loc="lower right")
    return figure


def receptive_fields(
    image: np.ndarray, fields: dict[str, tuple[int, int]]
) -> matplotlib.figure.Figure:
    """Draw squares over an image: what one unit of each layer sees of it.

    Parameters
    ----------
    image : array of shape (H, W), 0 for paper
    fields : layer to (first pixel, size) of its field, the same for rows and columns; at most 5

    Raises
    ------
    ValueError
        If image has other axes, or there are more fields than colours.
    """
    image = np.asarray(image)
    if image.ndim != 2:
        raise ValueError(f"image must have the axes (H, W), got shape {image.shape}.")
    if len(fields) > 5:
        raise ValueError(f"fields must hold 5 layers at most, got {len(fields)}.")
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 4.2))
    axis.imshow(image, alpha=0.5)
    colors = [BLUE, ORANGE, GREEN, VERMILION, PURPLE]
    for (name, (first, size)), color in zip(fields.items(), colors, strict=False):
        square = plt.Rectangle(
            (first - 0.5, first - 0.5), size, size, fill=False, color=color, linewidth=2
        )
        axis.add_patch(square)
        label = f"{name}: {size} x {size}"
        end = first + size - 0.5
        axis.annotate(
            label, (end, end), (30, end), color=color, va="center",
            arrowprops={"arrowstyle": "-", "color": color}, annotation_clip=False,
        )  # fmt: skip
    axis.set(xlabel="column (pixels)", ylabel="row (pixels)")
    return figure


def photographs(pictures: Sequence[np.ndarray], titles: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw photographs side by side, each under its title.

    Parameters
    ----------
    pictures : arrays of shape (H, W, 3), uint8, or float in [0, 1]; or (H, W), from 0 for black
        to 1 for white
    titles : one short text each
    """
    if len(pictures) != len(titles) or not len(pictures):
        raise ValueError(
            f"titles must hold one text a picture, got {len(titles)} for {len(pictures)} pictures."
        )
    figure, axes = plt.subplots(1, len(pictures), figsize=(WIDTH_INCHES, 2.1), squeeze=False)
    for axis, picture, title in zip(axes.flat, pictures, titles, strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.set_title(title)
        axis.set_axis_off()
    return figure


# Signed values: blue below zero, white at zero, orange above.
SIGNED = matplotlib.colors.LinearSegmentedColormap.from_list("signed", [BLUE, "white", VERMILION])


def maps(
    arrays: Sequence[np.ndarray],
    titles: Sequence[str],
    columns: int = 4,
    signed: bool = False,
    numbers: bool = False,
) -> matplotlib.figure.Figure:
    """Draw maps of any sizes in a grid, all to one scale of grey or of signed colour.

    Parameters
    ----------
    arrays : arrays of shape (H, W)
    titles : one short text each
    columns : maps in a row
    signed : blue for negative, orange for positive, white for zero, and a colour bar
    numbers : write each value into its square

    Raises
    ------
    ValueError
        If there is not one title for each array, or an array has other axes.
    """
    arrays = [np.asarray(array) for array in arrays]
    if not arrays or len(arrays) != len(titles):
        raise ValueError(f"titles must hold one text a map, got {len(titles)} for {len(arrays)}.")
    for array in arrays:
        if array.ndim != 2:
            raise ValueError(f"arrays must have the axes (H, W), got shape {array.shape}.")
    columns = min(columns, len(arrays))
    rows = -(-len(arrays) // columns)
    largest = max(np.abs(array).max() for array in arrays) or 1
    scale = {"vmin": -largest if signed else 0, "vmax": largest}
    side = WIDTH_INCHES / columns
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH_INCHES, rows * (side + 0.3)), squeeze=False
    )
    for axis in axes.flat[len(arrays) :]:
        axis.set_axis_off()
    for axis, array, title in zip(axes.flat, arrays, titles, strict=False):
        drawn = axis.imshow(array, cmap=SIGNED if signed else "gray_r", **scale)
        axis.set_title(title, fontsize=9)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=GREY, linewidth=0.5)
        if numbers:
            for (row, column), value in np.ndenumerate(array):
                color = "white" if not signed and value > 0.6 * largest else "black"
                text = f"{value + 0.0:.3g}"  # + 0.0 turns -0 into 0
                axis.text(column, row, text, ha="center", va="center", color=color, size=9)
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
    """Draw the mean of each group of runs against x, with a band of one standard deviation.

    Parameters
    ----------
    x : the values along the axis
    groups : name to array of shape (runs, len(x)); a single run draws no band
    xlabel, ylabel : what the axes are, with units
    log : logarithmic axes

    Raises
    ------
    ValueError
        If a group has not one value for each x.
    """
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.4))
    markers = "osD^vP"
    for number, (name, runs) in enumerate(groups.items()):
        runs = np.atleast_2d(runs)
        if runs.shape[1] != len(x):
            raise ValueError(
                f"groups must hold {len(x)} values a run, got {runs.shape[1]} for {name}."
            )
        mean = runs.mean(axis=0)
        (line,) = axis.plot(x, mean, marker=markers[number % 6], markersize=5, label=name)
        if len(runs) > 1:
            spread = runs.std(axis=0, ddof=1)
            axis.fill_between(
                x, mean - spread, mean + spread, color=line.get_color(), alpha=0.2, linewidth=0
            )
    if log:
        axis.set(xscale="log", yscale="log")
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.legend(fontsize=9)
    return figure


def curve(
    x: np.ndarray, y: np.ndarray, xlabel: str, ylabel: str, marks: dict[float, str]
) -> matplotlib.figure.Figure:
    """Draw one curve, with named points on it.

    Parameters
    ----------
    x, y : arrays of shape (N,), x ascending
    xlabel, ylabel : what the axes are, with units
    marks : a place on the x axis to the text beside the point there

    Raises
    ------
    ValueError
        If x and y differ in shape.
    """
    if np.shape(x) != np.shape(y):
        raise ValueError(f"x and y must have one shape, got {np.shape(x)} and {np.shape(y)}.")
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3))
    axis.plot(x, y, color=BLUE)
    for place, text in marks.items():
        height = np.interp(place, x, y)
        axis.scatter([place], [height], color=VERMILION, zorder=3)
        axis.annotate(f"{text}: {height:.2f}", (place, height), (10, 4), textcoords="offset points")
    axis.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    return figure


def reliability(
    confidence: np.ndarray, accuracy: np.ndarray, count: np.ndarray
) -> matplotlib.figure.Figure:
    """Draw the share of right answers against confidence, a dot a group, sized by its count.

    Parameters
    ----------
    confidence, accuracy : arrays of shape (groups,), in [0, 1]
    count : array of shape (groups,)

    Raises
    ------
    ValueError
        If the three differ in shape, or are empty.
    """
    lengths = [np.size(values) for values in (confidence, accuracy, count)]
    if len(set(lengths)) != 1 or lengths[0] == 0:
        raise ValueError(
            "confidence, accuracy and count must have one length of 1 or more, "
            f"got {', '.join(map(str, lengths))}."
        )
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.8))
    axis.plot([0, 100], [0, 100], color=GREY, linestyle="--")
    area = 12 + 600 * np.asarray(count) / np.max(count)
    axis.scatter(
        100 * confidence, 100 * accuracy, s=area, color=VALIDATION, alpha=0.8, clip_on=False
    )
    axis.set(xlabel="confidence (%)", ylabel="right answers (%)", xlim=(0, 100), ylim=(0, 100))
    return figure


def growth(measured: dict[str, dict]) -> matplotlib.figure.Figure:
    """Draw time against size on logarithmic axes, one panel a quantity, beside its prediction.

    Parameters
    ----------
    measured : quantity to a dict with ``values``, ``seconds`` and ``multiply_adds``, as stored by
        ``benchmarks/numpy_layers.py``; the prediction is proportional to the multiply-adds and
        meets the last measured time

    Raises
    ------
    ValueError
        If there is no quantity, or one of its lists has another length.
    """
    if not measured:
        raise ValueError("measured must hold one quantity or more, got none.")
    for name, result in measured.items():
        if len({len(result[key]) for key in ("values", "seconds", "multiply_adds")}) != 1:
            raise ValueError(f"measured must hold lists of one length, got others for {name}.")
    figure, axes = plt.subplots(1, len(measured), figsize=(WIDTH_INCHES, 2.8), sharey=True)
    for axis, (name, result) in zip(np.atleast_1d(axes), measured.items(), strict=True):
        values, work = result["values"], np.array(result["multiply_adds"])
        milliseconds = 1000 * np.array(result["seconds"])
        axis.loglog(values, milliseconds, color=BLUE, marker="o", label="measured")
        predicted = milliseconds[-1] * work / work[-1]
        axis.loglog(values, predicted, color=GREY, linestyle="--", label="predicted")
        axis.set_xticks(values, [str(value) for value in values], fontsize=8)
        axis.minorticks_off()
        axis.set_xlabel(name)
    axes = np.atleast_1d(axes)
    axes[0].set_ylabel("time (ms)")
    axes[0].legend(fontsize=9)
    return figure


def sweep(
    groups: dict[str, tuple[Sequence[float], np.ndarray]],
    xlabel: str,
    ylabel: str,
    ticks: dict[float, str] | None = None,
    log_x: bool = True,
    log_y: bool = False,
) -> matplotlib.figure.Figure:
    """Draw the mean of each group of runs against settings of its own.

    Parameters
    ----------
    groups : name to (x, runs): the settings, ascending, and an array of shape (runs, len(x)); a
        bar from the lowest to the highest run stands at each mean
    xlabel, ylabel : what the axes are, with units
    ticks : the values to mark on the x axis, each with its text; None for Matplotlib's choice
    log_x, log_y : which axes are logarithmic

    Raises
    ------
    ValueError
        If a group has not one value for each of its settings.
    """
    for name, (x, runs) in groups.items():
        if np.ndim(runs) != 2 or np.shape(runs)[1] != len(x):
            raise ValueError(
                f"groups must hold runs of shape (runs, {len(x)}), got {np.shape(runs)} for {name}."
            )
    figure, axis = plt.subplots(figsize=(WIDTH_INCHES, 3.4))
    for (name, (x, runs)), marker in zip(groups.items(), "osD^vP" * len(groups), strict=False):
        runs = np.asarray(runs, float)
        mean = runs.mean(axis=0)
        bars = np.stack([mean - runs.min(axis=0), runs.max(axis=0) - mean])
        axis.errorbar(x, mean, yerr=bars, marker=marker, markersize=5, capsize=3, label=name)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.set_xscale("log" if log_x else "linear")
    axis.set_yscale("log" if log_y else "linear")
    if ticks is not None:
        axis.set_xticks(list(ticks), list(ticks.values()))
        axis.minorticks_off()
    axis.legend(fontsize=9)
    return figure
