"""Figures of the chapter on detection: scenes with boxes, heat maps, precision against recall."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.axes
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import checks, detection, plots
from cnnbook.applications import scenes


def _check_lengths(**parts: Sequence) -> None:
    """Refuse sequences that do not belong together, item by item, or are empty."""
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1 or not all(lengths.values()):
        raise ValueError(
            f"{' and '.join(parts)} must be as many, one or more, "
            f"got {' and '.join(map(str, lengths.values()))}."
        )


def _grid(count: int, columns: int, height: float) -> tuple[matplotlib.figure.Figure, np.ndarray]:
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(plots.WIDTH_INCHES, height * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.set_axis_off()
    return figure, axes.ravel()


def _show(axis: matplotlib.axes.Axes, image: np.ndarray) -> None:
    """Draw a scene as it is, light ink on a dark ground; its edges are at 0 and 96."""
    side = scenes.SCENE_PIXELS
    axis.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, side, side, 0))
    axis.set(xlim=(0, side), ylim=(side, 0))


def _frame(axis, box, text: str, color: str, style: str = "-") -> None:
    """Draw a box with a word above its upper left corner, or under it near the scene's edge."""
    left, top, right, bottom = box
    axis.add_patch(
        plt.Rectangle(
            (left, top), right - left, bottom - top, fill=False, color=color,
            linewidth=2.2 if style == ":" else 1.6,
            linestyle=style,
        )
    )  # fmt: skip
    if text:
        above = top > 9
        axis.text(
            min(left + 1, scenes.SCENE_PIXELS - 4 * len(text)), top - 1 if above else bottom + 1,
            text, color="black", fontsize=8, va="bottom" if above else "top", clip_on=True,
            bbox={"facecolor": color, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


def scenes_with_boxes(
    images: np.ndarray,
    boxes: np.ndarray,
    labels: np.ndarray,
    found: Sequence[detection.Detections] | None = None,
    titles: Sequence[str] = (),
    columns: int = 3,
) -> matplotlib.figure.Figure:
    """Draw scenes, with the true boxes or with those that were found.

    Parameters
    ----------
    images : uint8 array of shape (N, 96, 96)
    boxes, labels : the true boxes, arrays of shape (N, 6, 4) and (N, 6)
    found : detections of each scene. Right ones (IoU of 0.5 or more, and the class) get a solid
        yellow frame, wrong ones a dashed orange one; true boxes that none found are dotted blue
    titles : one text a scene, or none
    columns : scenes in a row

    Raises
    ------
    TypeError
        If columns is no integer, or what was found is of another kind.
    ValueError
        If there are no scenes, or not one entry of each argument a scene.
    """
    parts = {"images": images, "boxes": boxes, "labels": labels}
    parts |= {} if found is None else {"found": found}
    parts |= {"titles": titles} if len(titles) else {}
    _check_lengths(**parts)
    checks.integer("columns", columns)
    height = plots.WIDTH_INCHES / columns + (0.2 if len(titles) else 0)
    figure, axes = _grid(len(images), columns, height)
    for place, (axis, image) in enumerate(zip(axes[: len(images)], images, strict=True)):
        _show(axis, image)
        if len(titles):
            axis.set_title(titles[place], fontsize=9)
        if found is None:
            for box, label in zip(boxes[place], labels[place], strict=True):
                if label >= 0:
                    _frame(axis, box, str(label), plots.YELLOW)
            continue
        here = found[place]
        alone = detection.Detections(np.zeros(len(here), int), here.boxes, here.scores, here.labels)
        truth = boxes[place : place + 1], labels[place : place + 1]
        right = detection.match(alone, *truth, [0.5])[:, 0]
        for box, label in zip(boxes[place], labels[place], strict=True):
            mine = right & (here.labels == label)
            if label >= 0 and not (detection.iou([box], here.boxes[mine]) >= 0.5).any():
                _frame(axis, box, "", plots.SKY_BLUE, ":")
        for box, score, label, is_right in zip(
            here.boxes, here.scores, here.labels, right, strict=True
        ):
            color, style = (plots.YELLOW, "-") if is_right else (plots.ORANGE, "--")
            _frame(axis, box, f"{label}: {100 * score:.0f}", color, style)
    return figure


def maps_over_scene(
    image: np.ndarray, maps: Sequence[np.ndarray], titles: Sequence[str], columns: int = 2
) -> matplotlib.figure.Figure:
    """Draw a scene, and then each map of its cells, from 0 (black) to 1 (white), on one scale.

    Parameters
    ----------
    image : uint8 array of shape (96, 96)
    maps : one or more arrays of shape (24, 24)
    titles : one text a map
    columns : panels in a row

    Raises
    ------
    TypeError
        If columns is no integer.
    ValueError
        If there are no maps, or not one title for each.
    """
    _check_lengths(maps=maps, titles=titles)
    checks.integer("columns", columns)
    figure, axes = _grid(1 + len(maps), columns, 2.5)
    _show(axes[0], image)
    axes[0].set_title("scene", fontsize=10)
    side = scenes.SCENE_PIXELS
    for axis, values, title in zip(axes[1 : 1 + len(maps)], maps, titles, strict=True):
        drawn = axis.imshow(values, cmap="magma", vmin=0, vmax=1, extent=(0, side, side, 0))
        axis.set_title(title, fontsize=10)
    figure.colorbar(drawn, ax=list(axes), shrink=0.6, location="bottom", aspect=30)
    return figure


def overlaps(boxes: np.ndarray, others: np.ndarray, values: Sequence[float]):
    """Draw pairs of boxes, each with its IoU.

    Parameters
    ----------
    boxes, others : arrays of shape (K, 4), one or more pairs
    values : the K numbers to write above them

    Raises
    ------
    ValueError
        If there are no pairs, or not one of each.
    """
    _check_lengths(boxes=boxes, others=others, values=values)
    figure, axes = _grid(len(boxes), len(boxes), 1.5)
    for axis, box, other, value in zip(axes, boxes, others, values, strict=True):
        for rectangle, color, style in ((box, plots.BLUE, "-"), (other, plots.VERMILION, "--")):
            left, top, right, bottom = rectangle
            axis.add_patch(
                plt.Rectangle(
                    (left, top), right - left, bottom - top, fill=False, color=color,
                    linestyle=style, linewidth=2,
                )
            )  # fmt: skip
        axis.set(xlim=(-2, 38), ylim=(38, -2), aspect="equal")
        axis.set_title(f"IoU {value:.2f}", fontsize=10)
    return figure


def precision_against_recall(
    precision: np.ndarray, recall: np.ndarray, average: float
) -> matplotlib.figure.Figure:
    """Draw precision after each detection, and its envelope at COCO's 101 recalls.

    Parameters
    ----------
    precision, recall : as :func:`cnnbook.detection.interpolated` takes them
    average : the average precision, to be written into the figure

    Raises
    ------
    TypeError, ValueError
        As :func:`cnnbook.detection.interpolated`, or if average is no finite number.
    """
    best = detection.interpolated(precision, recall)
    checks.number("average", average)
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.2))
    axis.fill_between(detection.RECALLS, best, color=plots.SKY_BLUE, alpha=0.25, linewidth=0)
    axis.plot(recall, precision, color=plots.BLUE, label="after each box")
    axis.plot(
        detection.RECALLS, best, ".", color=plots.VERMILION, markersize=4,
        label="largest from here on",
    )  # fmt: skip
    axis.text(0.45, 0.45, f"average {average:.3f}", ha="center")
    axis.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
    axis.legend(loc="lower left")
    return figure


def precision_by_threshold(curves: dict[str, Sequence[float]]) -> matplotlib.figure.Figure:
    """Draw the mean average precision against the IoU that a box must reach.

    Parameters
    ----------
    curves : a name to its numbers, one for each of ``detection.IOU_THRESHOLDS``; one to three

    Raises
    ------
    TypeError
        If the numbers of a curve are none.
    ValueError
        If there is no curve or more than three, or a curve has not one finite number a threshold.
    """
    styles = (plots.TEST, "o"), (plots.BLUE, "s"), (plots.VERMILION, "^")
    if not 1 <= len(curves) <= len(styles):
        raise ValueError(f"curves must be one to {len(styles)}, got {len(curves)}.")
    for name, values in curves.items():
        if len(checks.array(f"curves[{name!r}]", values, "uif", "(T,)")) != len(
            detection.IOU_THRESHOLDS
        ):
            raise ValueError(
                f"curves[{name!r}] must hold {len(detection.IOU_THRESHOLDS)} numbers, "
                f"got {len(values)}."
            )
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3))
    for (name, values), (color, marker) in zip(curves.items(), styles[: len(curves)], strict=True):
        axis.plot(detection.IOU_THRESHOLDS, values, marker=marker, color=color, label=name)
    axis.set(xlabel="IoU that a box must reach", ylabel="mAP", ylim=(0, 1.03))
    axis.legend(loc="lower left")
    return figure
