"""The figures of the guide's page on convolution."""

from collections.abc import Sequence

import matplotlib.axes
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots

TIMES, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"


def one_sum(
    image: np.ndarray, kernel: np.ndarray, row: int, column: int
) -> matplotlib.figure.Figure:
    """Draw a kernel laid on an image, its upper left weight on this row and column.

    Beside it the pixels under it, in [0, 1], its weights, the products and their sum.
    """
    height, width = kernel.shape
    patch = image[row : row + height, column : column + width]
    figure, axes = plt.subplots(2, 2, figsize=(plots.WIDTH_INCHES, 4.9))
    axes[0, 0].imshow(image, vmin=0, vmax=1)
    _outline(axes[0, 0], row, column, height, plots.VERMILION)
    axes[0, 0].set_title("the window", fontsize=13)
    _numbers(axes[0, 1], patch, "pixels under it", "gray_r", 0, 1)
    largest = np.abs(kernel).max()
    _numbers(axes[1, 0], kernel, f"{TIMES} kernel", plots.SIGNED, -largest, largest)
    title = f"= products, sum {np.sum(patch * kernel):.2f}"
    _numbers(axes[1, 1], patch * kernel, title, plots.SIGNED, -largest, largest)
    plots.frame(*axes.flat)
    return figure


def _numbers(
    axis: matplotlib.axes.Axes, values: np.ndarray, title: str, colors: str, low: float, high: float
) -> None:
    """Draw an array as squares, with its numbers in them."""
    texts = np.vectorize("{:g}".format)(values.round(2) + 0.0)  # + 0.0 turns -0 into 0
    plots.heat_map(axis, values, np.char.replace(texts, "-", MINUS), colors, vmin=low, vmax=high)
    plt.setp(axis.texts, size=13)
    axis.set_title(title, fontsize=13)


def _outline(axis: matplotlib.axes.Axes, row: float, column: float, side: int, color: str) -> None:
    corner = (column - 0.5, row - 0.5)
    axis.add_patch(plt.Rectangle(corner, side, side, fill=False, color=color, linewidth=2.5))


def channels(
    photograph: np.ndarray, kernel: np.ndarray, answer: np.ndarray, bias: float
) -> matplotlib.figure.Figure:
    """Draw the channels of a photograph with a kernel's slices, and the map that they give.

    photograph : array of shape (H, W, 3), in [0, 1]
    kernel : array of shape (h, w, 3); each slice is drawn into the corner of its channel
    answer : the sums of products, before the bias
    """
    figure, axes = plt.subplots(2, 3, figsize=(plots.WIDTH_INCHES, 3.2))
    largest = np.abs(kernel).max()
    for channel, name in enumerate(("red", "green", "blue")):
        axis = axes[0, channel]
        axis.imshow(photograph[:, :, channel], cmap="gray", vmin=0, vmax=1)
        weight = kernel[0, 0, channel]
        sign = "+" if weight > 0 else MINUS if weight < 0 else "0 ·"
        axis.set_title(f"{sign} {name}", fontsize=13)
        inset = axis.inset_axes((0.03, 0.05, 0.2, 0.2 * 1.5))
        inset.imshow(kernel[:, :, channel], cmap=plots.SIGNED, vmin=-largest, vmax=largest)
        inset.set_xticks(np.arange(-0.5, 3), [])
        inset.set_yticks(np.arange(-0.5, 3), [])
        inset.grid(color=plots.GREY, linewidth=0.7)
        inset.tick_params(length=0)
        inset.spines[:].set(visible=True, color="white", linewidth=1.5)
    axes[1, 0].imshow(photograph)
    axes[1, 0].set_title("photograph", fontsize=13)
    most = np.abs(answer).max()
    panels = {"one map": answer, "+ bias, ReLU": np.maximum(answer + bias, 0)}
    for axis, (title, values) in zip(axes[1, 1:], panels.items(), strict=True):
        axis.imshow(values, cmap=plots.SIGNED, vmin=-most, vmax=most)
        axis.set_title(title, fontsize=13)
    plots.frame(*axes.flat)
    return figure


def places(size: int = 7, kernel_size: int = 3) -> matplotlib.figure.Figure:
    """Draw where a window can lie: plainly, with padding, and with a stride of 2.

    Each dot is the middle of one place, so one value of the output; two neighbouring places are
    outlined.
    """
    figure, axes = plt.subplots(1, 3, figsize=(plots.WIDTH_INCHES, 2.4))
    half = kernel_size // 2
    settings = (("as it is", 0, 1), ("padding", half, 1), ("stride 2", 0, 2))
    for axis, (name, padding, stride) in zip(axes, settings, strict=True):
        _grid(axis, size, padding)
        middles = np.arange(half - padding, size - half + padding, stride)
        columns, rows = np.meshgrid(middles, middles)
        axis.plot(columns, rows, "o", color=plots.BLACK, markersize=4)
        for middle, color in zip(middles[:2], (plots.BLUE, plots.VERMILION), strict=True):
            _outline(axis, middles[0] - half, middle - half, kernel_size, color)
        count = len(middles)
        sizes = f"{size} {TIMES} {size} → {count} {TIMES} {count}"
        axis.set_title(f"{name}:\n{sizes}", fontsize=13)
    return figure


def _grid(axis: matplotlib.axes.Axes, size: int, padding: int) -> None:
    """Draw the pixels as white squares, and zeros around them as grey ones."""
    for row, column in np.ndindex(size + 2 * padding, size + 2 * padding):
        is_inside = padding <= row < size + padding and padding <= column < size + padding
        face = "white" if is_inside else "#DDDDDD"
        corner = (column - padding - 0.5, row - padding - 0.5)
        axis.add_patch(plt.Rectangle(corner, 1, 1, fc=face, ec=plots.GREY, linewidth=0.7))
    axis.set(xlim=(-1.7, size + 0.7), ylim=(size + 0.7, -1.7), aspect="equal")
    axis.set_axis_off()


def hand_and_learned(
    by_hand: dict[str, np.ndarray], learned: dict[str, np.ndarray], maps: Sequence[np.ndarray]
) -> matplotlib.figure.Figure:
    """Draw kernels made by hand over learned ones, title to kernel, each above its map."""
    count = len(by_hand)
    figure, axes = plt.subplots(4, count, figsize=(plots.WIDTH_INCHES, 6.1))
    rows = (by_hand.values(), maps[:count], learned.values(), maps[count:])
    for line, pictures in zip(axes, rows, strict=True):
        for axis, picture in zip(line, pictures, strict=True):
            most = np.abs(picture).max()
            axis.imshow(picture, cmap=plots.SIGNED, vmin=-most, vmax=most)
    for line, titles in ((axes[0], by_hand), (axes[2], learned)):
        for axis, title in zip(line, titles, strict=True):
            axis.set_title(title, fontsize=13)
    plots.frame(*axes.flat)
    return figure


def neighbours(grey: np.ndarray, every: int) -> matplotlib.figure.Figure:
    """Draw each pixel (H, W) against its right neighbour, and each change against the next.

    One point in ``every`` is drawn; the correlations in the titles are those of all.
    """
    change = np.diff(grey, axis=1)
    figure, axes = plt.subplots(1, 2, figsize=(plots.WIDTH_INCHES, 3.1), dpi=300)
    panels = (
        (grey, "brightness", "a pixel", "its right neighbour", (0, 1)),
        (change, "change", "a change", "the next change", (-0.5, 0.5)),
    )
    for axis, (values, name, xlabel, ylabel, limits) in zip(axes, panels, strict=True):
        first, second = values[:, :-1].ravel(), values[:, 1:].ravel()
        correlation = f"{np.corrcoef(first, second)[0, 1]:.2f}".replace("-", MINUS)
        points = {"marker": ".", "linestyle": "none", "markersize": 2, "rasterized": True}
        axis.plot(first[::every], second[::every], color=plots.BLUE, alpha=0.5, **points)
        axis.set_title(f"{name}:\ncorrelation {correlation}", fontsize=13)
        axis.set_xlabel(f"across: {xlabel}\nup: {ylabel}", fontsize=13)
        axis.set(aspect="equal", xlim=limits, ylim=limits)
        axis.set(xticks=[*limits, np.mean(limits)], yticks=[*limits, np.mean(limits)])
    return figure
