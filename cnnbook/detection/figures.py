"""Figures of the chapter on detection: scenes with boxes, maps of cells, precision and recall."""

from collections.abc import Sequence

import matplotlib.axes
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots
from cnnbook.applications import boxes, scenes

SIDE = scenes.SCENE_PIXELS


def _grid(count: int, columns: int, height: float) -> tuple[matplotlib.figure.Figure, np.ndarray]:
    rows = -(-count // columns)
    size = plots.WIDTH_INCHES, height * rows
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    return figure, axes.ravel()


def _show(axis: matplotlib.axes.Axes, image: np.ndarray) -> None:
    """Draw a scene as it is, light ink on a dark ground; its edges are at 0 and 96."""
    axis.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, SIDE, SIDE, 0))
    axis.set(xlim=(0, SIDE), ylim=(SIDE, 0))


def _frame(axis, box: np.ndarray, color: str, style: str, width: float) -> None:
    left, top, right, bottom = box
    frame = plt.Rectangle((left, top), right - left, bottom - top, fill=False)
    frame.set(edgecolor=color, linestyle=style, linewidth=width)
    axis.add_patch(frame)


def _name(axis, box: np.ndarray, text: str, color: str, taken: list) -> None:
    """Write at that corner of a box, outside it, where the names so far are covered least."""
    left, top, right, bottom = box
    size = width, height = np.array([4.3 * len(text) + 1, 8.5])  # pixels of the scene
    corners = [(x, y) for x in (left, right - width) for y in (top - height, bottom)]
    corners = [np.clip(corner, 0, SIDE - size) for corner in corners]

    def covered(corner) -> float:
        shared = [
            np.minimum(corner + size, end) - np.maximum(corner, begin) for begin, end in taken
        ]
        return sum(sides.clip(0).prod() for sides in shared)

    place = min(corners, key=covered)
    taken.append((place, place + size))
    style = {"facecolor": color, "edgecolor": "none", "pad": 0.8}
    axis.text(place[0] + 1, place[1] + height / 2, text, size=8, va="center", bbox=style)


def true_boxes(drawn: scenes.Scenes, numbers: Sequence[int]) -> matplotlib.figure.Figure:
    """Draw some scenes, three in a row, with their boxes and digits."""
    figure, axes = _grid(len(numbers), 3, plots.WIDTH_INCHES / 3)
    for axis, number in zip(axes, numbers, strict=False):
        _show(axis, drawn.images[number])
        taken = []
        for box, label in zip(drawn.boxes[number], drawn.labels[number], strict=True):
            if label >= 0:
                _frame(axis, box, plots.YELLOW, "-", 1.6)
                _name(axis, box, str(label), plots.YELLOW, taken)
    return figure


def found_boxes(
    drawn: scenes.Scenes, numbers: Sequence[int], found: boxes.Detections
) -> matplotlib.figure.Figure:
    """Draw some scenes, two in a row, with the boxes found in them, and their scores in percent.

    Right ones, at an IoU of 0.5, are solid, wrong ones dashed, and digits not found dotted.
    """
    figure, axes = _grid(len(numbers), 2, plots.WIDTH_INCHES / 2)
    right = boxes.match(found, drawn.boxes, drawn.labels, [0.5])[:, 0]
    for axis, number in zip(axes, numbers, strict=False):
        _show(axis, drawn.images[number])
        here, taken = found.images == number, []
        for box, label in zip(drawn.boxes[number], drawn.labels[number], strict=True):
            mine = found.boxes[here & right & (found.labels == label)]
            if label >= 0 and not (boxes.iou(box[None], mine) >= 0.5).any():
                _frame(axis, box, plots.SKY_BLUE, ":", 2.2)
        for place in np.flatnonzero(here):
            color, style = (plots.YELLOW, "-") if right[place] else (plots.ORANGE, "--")
            _frame(axis, found.boxes[place], color, style, 1.6)
            text = f"{found.labels[place]}: {100 * found.scores[place]:.0f}"
            _name(axis, found.boxes[place], text, color, taken)
    return figure


def maps_over_scene(
    image: np.ndarray, maps: Sequence[np.ndarray], titles: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw a scene, and beside it maps of its cells, from 0 (black) to 1 (white), on one scale."""
    figure, axes = _grid(1 + len(maps), 1 + len(maps), 2.5)
    _show(axes[0], image)
    axes[0].set_title("scene", fontsize=10)
    for axis, values, title in zip(axes[1:], maps, titles, strict=True):
        drawn = axis.imshow(values, cmap="magma", vmin=0, vmax=1, extent=(0, SIDE, SIDE, 0))
        axis.set_title(title, fontsize=10)
    figure.colorbar(drawn, ax=list(axes), shrink=0.6, location="bottom", aspect=30)
    return figure


def overlaps(pairs: Sequence[tuple], values: Sequence[float]) -> matplotlib.figure.Figure:
    """Draw pairs of boxes, with the IoU of each above."""
    figure, axes = _grid(len(pairs), len(pairs), 1.5)
    for axis, (box, other), value in zip(axes, pairs, values, strict=True):
        _frame(axis, box, plots.BLUE, "-", 2)
        _frame(axis, other, plots.VERMILION, "--", 2)
        axis.set(xlim=(-2, 38), ylim=(38, -2), aspect="equal")
        axis.set_title(f"IoU {value:.2f}", fontsize=10)
    return figure
