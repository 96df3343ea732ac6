"""Draw scenes with boxes around their digits, and names of which none covers another."""

from collections.abc import Sequence

import matplotlib.axes
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots
from cnnbook.applications import scenes
from cnnbook.applications.boxes import Detections, iou, match, overlaps

RIGHT, WRONG, MISSED = (plots.YELLOW, "-"), (plots.ORANGE, "--"), (plots.SKY_BLUE, ":")


def show(axis: matplotlib.axes.Axes, image: np.ndarray) -> None:
    """Draw a picture (H, W) as it is, white for 255; its edges are at 0, W and H."""
    height, width = image.shape
    axis.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    axis.set_axis_off()


def frame(axis: matplotlib.axes.Axes, box: np.ndarray, color: str, line: str) -> None:
    """Draw a box, with a dotted line thicker than others."""
    left, top, right, bottom = box
    style = {"edgecolor": color, "linestyle": line, "linewidth": 2.3 if line == ":" else 1.6}
    axis.add_patch(plt.Rectangle((left, top), right - left, bottom - top, fill=False, **style))


def places(frames: np.ndarray, sizes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return left and top of a name for each of N boxes, where it leaves room for the others.

    A name stands at one of eight places around its box, where it covers least of all boxes; if
    none of these is free, at the nearest free one. No name covers another or leaves the picture.

    frames : (N, 4); sizes : width and height of each name, (N, 2); shape : of the picture (H, W)
    """
    y, x = np.mgrid[: shape[0] : 2, : shape[1] : 2]
    anywhere, taken = np.stack([x.ravel(), y.ravel()], axis=1), np.zeros((0, 4))
    for (left, top, right, bottom), size in zip(frames, sizes, strict=True):
        width, height = size
        around = [(x, y) for y in (top - height, bottom) for x in (left, right - width)]
        around += [(x, y) for x in (left - width, right) for y in (top, bottom - height)]
        for spots in (around, anywhere):
            spots = np.clip(spots, 0, shape[::-1] - size)
            names = np.hstack([spots, spots + size])
            names = names[(overlaps(names, taken) == 0).all(axis=1)]
            if len(names):
                break
        away = (names[:, :2] + names[:, 2:] - [left + right, top + bottom]) / 2
        covered = overlaps(names, frames).sum(axis=1)
        best = np.argmin(np.linalg.norm(away, axis=1) + 100 * covered)
        taken = np.concatenate([taken, names[best : best + 1]])
    return taken[:, :2]


def draw(
    axis: matplotlib.axes.Axes, frames: np.ndarray, names: Sequence[str], looks: Sequence, size: int
) -> None:
    """Draw boxes and their names over a picture; looks : colour and line of each box.

    The titles of the figure must stand already: the size of a letter is measured, in pixels.
    """
    written = []
    for box, name, (color, line) in zip(frames, names, looks, strict=True):
        frame(axis, box, color, line)
        style = {"facecolor": color, "edgecolor": "none", "pad": 0.8}
        written.append(axis.text(0, 0, name, size=size, bbox=style, in_layout=False))
    if not written:
        return
    axis.figure.draw_without_rendering()
    inches = [name.get_bbox_patch().get_window_extent() for name in written]
    corners = np.array([axis.transData.inverted().transform(name) for name in inches])
    low, high = corners.min(axis=1), corners.max(axis=1)
    shape = axis.images[0].get_array().shape
    spots = places(np.array(frames), high - low + 0.5, shape)
    for name, spot in zip(written, spots - low, strict=True):
        name.set_position(spot)


def true(axis: matplotlib.axes.Axes, drawn: scenes.Scenes, number: int, size: int = 8) -> None:
    """Draw scene `number` with its true boxes and digits."""
    show(axis, drawn.images[number])
    there = drawn.labels[number] >= 0
    names = [str(label) for label in drawn.labels[number][there]]
    draw(axis, drawn.boxes[number][there], names, len(names) * [RIGHT], size)


def found(
    axis: matplotlib.axes.Axes,
    drawn: scenes.Scenes,
    number: int,
    detections: Detections,
    size: int = 12,
    scores: bool = False,
) -> None:
    """Draw scene `number` with the boxes found in it: right ones solid, wrong ones dashed.

    A box is right if it names a digit that is there, and has with it an IoU of a half or more. A
    digit that no right box covers gets a dotted frame. Scores are in percent.
    """
    show(axis, drawn.images[number])
    here, there = detections.of(number), drawn.labels[number] >= 0
    truth, labels = drawn.boxes[number][there], drawn.labels[number][there]
    alone = Detections(np.zeros(len(here), int), here.boxes, here.scores, here.labels)
    right = match(alone, truth[None], labels[None], [0.5])[:, 0]
    for box, label in zip(truth, labels, strict=True):
        if not (iou(box[None], here.boxes[right & (here.labels == label)]) >= 0.5).any():
            frame(axis, box, *MISSED)
    names = [
        f"{label}: {100 * score:.0f}" if scores else f"{label}"
        for label, score in zip(here.labels, here.scores, strict=True)
    ]
    draw(axis, here.boxes, names, [RIGHT if one else WRONG for one in right], size)
