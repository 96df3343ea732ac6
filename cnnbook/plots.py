"""Figures that more than one chapter uses, in one style.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart
(https://jfly.uni-koeln.de/color/). Figures are vector graphics on a white ground: the pages frame
them as cards, so that they read the same in light and dark mode.
"""

from __future__ import annotations

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
