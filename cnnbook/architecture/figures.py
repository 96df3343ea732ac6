"""Figures of the pages on architecture: the whole network on one strip, and each kind of layer.

Every figure is drawn on one axis whose units are points, with y downwards.
"""

from collections.abc import Iterable, Sequence

import matplotlib.axes
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import data, plots

WIDTH = 72 * plots.WIDTH_INCHES
LINE = "#A8A8A8"
TIMES, MINUS = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}"
TEXT = 8.8  # points: 7.5 pixels on a phone


def strip(layers: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw a network from left to right: picture, maps, units, probabilities; lines join them.

    A pooled map stands beside the map that it was made from, and is smaller. The maps drawn are
    strong ones that are unlike each other.

    layers : what each layer gives for one image, in order: the image (H, W, 1), maps (H, W, C)
        by turns of a convolution and of a pooling layer, units (U,), probabilities (P,)
    """
    (_, image), *mapped, (dense_name, dense), (last_name, probabilities) = layers.items()
    maps, units = 5, 14
    axis = canvas(3.5)
    top, low = 15, 220
    pitch = (low - top) / maps
    # Smaller maps are drawn smaller, but not to scale: the last ones could not be seen.
    sides = [0.9 * pitch * (len(array) / len(mapped[0][1])) ** 0.62 for _, array in mapped]
    picture, dot, answers = 1.5 * sides[0], 9, 58 + _room_for_names()
    gap = (WIDTH - picture - sum(sides) - dot - answers) / (len(mapped) + 2)
    rows = top + pitch * (np.arange(maps) + 0.5)

    _picture(axis, image[:, :, 0], 0, (top + low) / 2, picture, ink=True)
    _name(axis, picture / 2, top, low, "picture", f"{_size(image)}\npixels")
    ends, left = [(picture, (top + low) / 2)], picture + 0.8 * gap
    for number, (side, (name, array)) in enumerate(zip(sides, mapped, strict=True)):
        if not (pooled := number % 2 == 1):
            chosen = _strong_and_unlike(array, maps)
        starts = [(left, row) for row in rows]
        _join(axis, zip(ends, starts, strict=True) if pooled else _all_pairs(ends, starts))
        for channel, row in zip(chosen, rows, strict=True):
            _picture(axis, array[:, :, channel], left, row, side, array[:, :, chosen].max())
        below = f"{_size(array)}\n{array.shape[2]} maps\n{name}"
        kind = "pooling" if pooled else "convolution"
        _name(axis, left + side / 2, top, low, kind, below)
        ends = [(left + side, row) for row in rows]
        left += side + gap * (0.9 if pooled else 1.25)  # room for the words above

    places = np.linspace(top + 6, low - 6, units)
    _join(axis, _all_pairs(ends, [(left, place) for place in places]), width=0.2)
    shown = dense[np.linspace(0, len(dense) - 1, units).astype(int)]
    for value, place in zip(shown, places, strict=True):
        _picture(axis, np.array([[value]]), left, place, dot, dense.max())
    _name(axis, left + dot / 2, top, low, "dense", f"{len(dense)}\nunits\n{dense_name}")
    ends, left = [(left + dot, place) for place in places], left + dot + 0.9 * gap

    places = np.linspace(top + 9, low - 9, len(probabilities))
    _join(axis, _all_pairs(ends, [(left, place) for place in places]), width=0.2)
    _probabilities(axis, probabilities, left, places, WIDTH - left - 12 - _room_for_names())
    below = f"{len(probabilities)}\nprobabilities\n{last_name}"
    _name(axis, (left + WIDTH) / 2, top, low, "dense", below)
    return axis.figure


def convolution_step(
    image: np.ndarray, kernel: np.ndarray, bias: float, place: tuple[int, int]
) -> matplotlib.figure.Figure:
    """Draw how a convolution makes one number of a map, and what ReLU makes of the map.

    image : array of shape (H, W), pixels in [0, 1]
    place : row and column of the number in the map, those of its window's upper left corner
    """
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    sums = (windows * kernel).sum(axis=(2, 3)) + bias
    row, column = place
    axis = canvas(3.5)
    side, cell, middle = 100, 28, 64
    grid, kernel_cell = 3 * cell, 30.5
    lefts = [0, side + 20, side + 20 + grid + 22, WIDTH - 34]
    _picture(axis, image, 0, middle, side, ink=True)
    _mark(axis, place, 3, 0, middle, side, len(image))
    pixel = side / len(image)
    corner = (column + 3) * pixel, middle - side / 2 + (row + 1.5) * pixel
    edges = [(lefts[1], middle - grid / 2), (lefts[1], middle + grid / 2)]
    _join(axis, _all_pairs([corner], edges))
    _numbers(axis, windows[row, column], lefts[1], middle, cell, ink=True)
    _numbers(axis, kernel, lefts[2], middle, kernel_cell)
    _numbers(axis, sums[row : row + 1, column : column + 1], lefts[3], middle, 34, largest=1)
    _say(axis, (lefts[1] + grid + lefts[2]) / 2, middle, TIMES, size=13)
    _say(axis, (lefts[2] + 3 * kernel_cell + lefts[3]) / 2, middle, "=", size=13)
    _say(axis, side / 2, 7, "the picture")
    _say(axis, lefts[1] + grid / 2, 11, "9 pixels")
    _say(axis, lefts[2] + 1.5 * kernel_cell, 11, "9 weights")
    _say(axis, lefts[3] + 17, middle - 30, "sum,\nwith bias")

    below, first, second = 194, 70, WIDTH - 70 - side
    largest = np.abs(sums).max()
    for left, values, title in (
        (first, sums, "all the sums"),
        (second, np.maximum(sums, 0), "after ReLU: a feature map"),
    ):
        _picture(axis, values, left, below, side, largest)
        _mark(axis, place, 1, left, below, side, len(sums))
        _say(axis, left + side / 2, below - side / 2 - 7, title)
    _arrow(axis, first + side + 6, second - 6, below)
    _say(axis, (first + side + second) / 2, below - 14, "below 0\nto 0")
    return axis.figure


def pooling_step(
    values: np.ndarray, pooled: np.ndarray, place: tuple[int, int]
) -> matplotlib.figure.Figure:
    """Draw a map beside the map that pooling makes of it, to one scale, and four of its numbers.

    place : row and column of one of the numbers of ``pooled``, each the largest of two by two
    """
    axis = canvas(2.2)
    side, cell, middle = 124, 30, 86
    small = side * len(pooled) / len(values)
    row, column = place
    four = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    largest = values.max()
    _picture(axis, values, 0, middle, side, largest)
    _mark(axis, (2 * row, 2 * column), 2, 0, middle, side, len(values))
    _picture(axis, pooled, WIDTH - small, middle, small, largest)
    _mark(axis, place, 1, WIDTH - small, middle, small, len(pooled))
    left, right = side + 34, WIDTH - small - 34 - cell
    _numbers(axis, four, left, middle, cell, largest=largest)
    _numbers(axis, four.max(keepdims=True), right, middle, cell, largest=largest)
    _arrow(axis, left + 2 * cell + 6, right - 6, middle)
    _say(axis, side / 2, 15, f"{_size(values)} numbers")
    _say(axis, left + cell, middle - cell - 9, "four of them")
    _say(axis, right + cell / 2, middle - cell / 2 - 9, "the largest")
    _say(axis, WIDTH - small / 2, middle - small / 2 - 9, f"{_size(pooled)}")
    return axis.figure


def votes(
    values: np.ndarray, weights: np.ndarray, biases: np.ndarray, classes: Sequence[int], count: int
) -> matplotlib.figure.Figure:
    """Draw what the ``count`` largest values add to the scores of some classes, side by side.

    From values (inputs,), weights (inputs, outputs) and biases (outputs,).
    """
    scores = values @ weights + biases
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    order = np.argsort(values)[::-1][:count]
    products = values[:, None] * weights
    longest = np.abs(products[np.ix_(order, classes)]).max()
    axis = canvas(0.9 + 0.27 * count)
    rows = 30 + 19.5 * np.arange(count)
    low = rows[-1] + 24
    _say(axis, 42, 9, "strongest units")
    for place, unit in zip(rows, order, strict=True):
        _picture(axis, values[unit : unit + 1, None], 26, place, 12, values.max())
        axis.text(44, place, f"{values[unit]:.1f}", va="center", fontsize=TEXT)
    _say(axis, 42, low, f"... and {len(values) - count} more")
    for number, output in enumerate(classes):
        zero, reach = 170 + 150 * number, 44
        _say(axis, zero, 9, f"speaks for {data.CLASSES[output]}")
        axis.plot([zero, zero], [rows[0] - 10, rows[-1] + 10], color=plots.GREY, linewidth=0.8)
        for place, unit in zip(rows, order, strict=True):
            product = products[unit, output]
            color = plots.VERMILION if product > 0 else plots.BLUE
            axis.barh(place, reach * product / longest, 11, left=zero, color=color)
            beside = zero + reach * product / longest + (4 if product > 0 else -4)
            text, side = f"{product:.1f}".replace("-", MINUS), "left" if product > 0 else "right"
            axis.text(beside, place, text, fontsize=TEXT, va="center", ha=side)
        _say(axis, zero, low, f"all together: {scores[output]:.1f}".replace("-", MINUS))
        share = f"probability {100 * probabilities[output]:.0f} %"
        _say(axis, zero, low + 13, share, weight="bold")
    return axis.figure


def batch_of_maps(batch: np.ndarray, channels: Sequence[int]) -> matplotlib.figure.Figure:
    """Draw the four axes of a batch (N, H, W, C): some channels, the first in front."""
    axis = canvas(1.85)
    side, step, middle = 62, 9, 74
    reach = side + step * (len(channels) - 1)
    pitch = (WIDTH - 36 - reach) / (len(batch) - 1)
    largest = batch[..., channels].max()
    for number, array in enumerate(batch):
        left = 36 + number * pitch
        for depth, channel in enumerate(channels):
            place = left + depth * step, middle - depth * step
            _picture(axis, array[:, :, channel], *place, side, largest, order=10 - depth)
    rows, columns, count = batch.shape[1:]
    axis.text(32, middle, f"{rows}\nrows", ha="right", va="center", fontsize=TEXT)
    _say(axis, 36 + side / 2, middle + side / 2 + 9, f"{columns} columns")
    axis.text(49 + side, middle + side / 2 - 7, f"{count}\nchannels", va="top", fontsize=TEXT)
    _say(axis, 36 + pitch + side / 2, middle + side / 2 + 9, "the next picture")
    _say(axis, 36 + 2 * pitch + side / 2, middle + side / 2 + 9, "and so on")
    return axis.figure


def canvas(height: float) -> matplotlib.axes.Axes:
    """Open a figure of the book's width, and of a height in inches."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0, h_pad=0)
    axis.set(xlim=(0, WIDTH), ylim=(72 * height, 0), autoscale_on=False)
    axis.set_axis_off()
    return axis


def _size(array: np.ndarray) -> str:
    return f"{array.shape[0]} {TIMES} {array.shape[1]}"


def _strong_and_unlike(array: np.ndarray, count: int) -> list[int]:
    """Choose the strongest map, then always the one that the chosen ones explain least."""
    rest = array.reshape(-1, array.shape[2]).astype(float)
    chosen: list[int] = []
    for _ in range(count):
        strength = np.linalg.norm(rest, axis=0)
        strength[chosen] = -1
        chosen.append(int(strength.argmax()))
        direction = rest[:, chosen[-1]] / (strength.max() or 1)
        rest = rest - np.outer(direction, direction @ rest)
    return sorted(chosen)


def _picture(axis, values, left, middle, side, largest=1.0, ink=False, order=2.0) -> None:
    """Draw a square picture: ink in grey; values in orange, those below zero in blue."""
    top, bottom = middle - side / 2, middle + side / 2
    colors = {"cmap": "gray_r", "vmin": 0} if ink else {"cmap": plots.SIGNED, "vmin": -largest}
    extent = (left, left + side, bottom, top)
    axis.imshow(values, extent=extent, vmax=largest, aspect="auto", zorder=order, **colors)
    _frame(axis, left, top, side, plots.GREY, 0.5, order)


def _frame(axis, left, top, side, color, width, order) -> None:
    style = {"fill": False, "color": color, "linewidth": width, "zorder": order + 0.5}
    axis.add_patch(plt.Rectangle((left, top), side, side, **style))


def _mark(axis, place, size, left, middle, side, pixels) -> None:
    """Frame a square of ``size`` pixels in a picture of ``pixels`` a side."""
    row, column = place
    pixel = side / pixels
    corner = left + column * pixel, middle - side / 2 + row * pixel
    _frame(axis, corner[0] - 0.7, corner[1] - 0.7, size * pixel + 1.4, plots.BLACK, 1.6, 3)


def _numbers(axis, values, left, middle, cell, largest=1.0, ink=False) -> None:
    """Draw a square of numbers, each written into a square of its colour."""
    side = cell * len(values)
    pale = 0.4 * values if ink else values
    _picture(axis, pale, left, middle, side, 1 if ink else 1.6 * largest, ink=ink)
    for (row, column), value in np.ndenumerate(values):
        center = left + cell * (column + 0.5), middle - side / 2 + cell * (row + 0.5)
        text = f"{value:.2f}".replace("-0.00", "0.00").replace("-", MINUS)
        axis.text(*center, text, ha="center", va="center", fontsize=TEXT, zorder=4)


def _all_pairs(ends: Sequence, starts: Sequence) -> list[tuple]:
    return [(end, start) for end in ends for start in starts]


def _join(axis, pairs: Iterable, width=0.5) -> None:
    """Draw a thin line from each end to its start."""
    for (x1, y1), (x2, y2) in pairs:
        axis.plot([x1 + 1, x2 - 1], [y1, y2], color=LINE, linewidth=width, zorder=1)


def _arrow(axis, left, right, height) -> None:
    axis.annotate("", (right, height), (left, height), arrowprops={"arrowstyle": "->"})


def _say(axis, center, middle, text, size=TEXT, weight="normal") -> None:
    axis.text(center, middle, text, ha="center", va="center", fontsize=size, weight=weight)


def _name(axis, center, top, low, above, below) -> None:
    """Write the kind of a layer above its column, and what it gives below."""
    axis.text(center, top - 5, above, ha="center", va="bottom", fontsize=TEXT)
    axis.text(center, low + 4, below, ha="center", va="top", fontsize=TEXT, linespacing=1.15)


def _probabilities(axis, probabilities, left, places, longest) -> None:
    """Draw a bar for each probability, and mark the largest."""
    for digit, (probability, place) in enumerate(zip(probabilities, places, strict=True)):
        marked = digit == np.argmax(probabilities)
        color, weight = (plots.BLACK, "bold") if marked else (plots.GREY, "normal")
        name, zero = data.CLASSES[digit], left + 12 + _room_for_names()
        size = 12 if marked and len(name) == 1 else TEXT
        axis.text(left + 1, place, name, va="center", color=color, size=size, weight=weight)
        axis.barh(place, longest * probability, 8, left=zero, color=color)
        axis.plot([zero, zero], [place - 5, place + 5], color=plots.GREY, linewidth=0.6)


def _room_for_names() -> float:
    """Return how many points more the names of the classes need than those of digits do."""
    return 4.5 * (max(map(len, data.CLASSES)) - 1)
