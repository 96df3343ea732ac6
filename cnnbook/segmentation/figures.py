"""Figures of the chapter on segmentation: scenes with the class of each pixel, and scores."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.colors
import matplotlib.figure
import matplotlib.patheffects
import matplotlib.pyplot as plt
import numpy as np
import scipy.ndimage

from cnnbook import plots, segmentation

# A colour a digit; each region also carries its digit as a number.
DIGIT_COLORS = (
    plots.BLACK, plots.ORANGE, plots.SKY_BLUE, plots.GREEN, plots.YELLOW,
    plots.BLUE, plots.VERMILION, plots.PURPLE, plots.GREY, "#882255",
)  # fmt: skip
LEAST_NUMBERED = 25  # pixels of a region that gets a number
NAMES = [str(digit) for digit in range(10)] + ["ground"]


def _mask(axis: plt.Axes, mask: np.ndarray) -> None:
    """Draw the class of each pixel in colour, with the digit written beside its region."""
    colors = matplotlib.colors.ListedColormap([*DIGIT_COLORS, "white"])
    axis.imshow(mask, cmap=colors, vmin=-0.5, vmax=10.5)
    outline = [matplotlib.patheffects.withStroke(linewidth=2.5, foreground="white")]
    for digit in range(10):
        regions, _ = scipy.ndimage.label(mask == digit, structure=np.ones((3, 3)))
        for number, place in enumerate(scipy.ndimage.find_objects(regions), start=1):
            if np.count_nonzero(regions[place] == number) >= LEAST_NUMBERED:
                row, column = place[0].stop, (place[1].start + place[1].stop) / 2
                below = row < len(mask) - 8
                axis.text(
                    column, row if below else place[0].start, str(digit), ha="center",
                    va="top" if below else "bottom", color="black", fontsize=10,
                    path_effects=outline,
                )  # fmt: skip


def scene_rows(
    images: np.ndarray,
    columns: dict[str, np.ndarray],
    titles: Sequence[str] = (),
    wrong: np.ndarray | None = None,
) -> matplotlib.figure.Figure:
    """Draw a row for each scene: the picture, then masks.

    Parameters
    ----------
    images : array of shape (N, H, W), values from 0 to 255
    columns : name to masks of shape (N, H, W), classes 0 to 10
    titles : one short text a row, written beside it; may be left out
    wrong : bool array of shape (N, H, W), drawn in a last column; None leaves it out

    Raises
    ------
    ValueError
        If the images have other axes, a column or ``wrong`` has another shape, or the titles
        another number.
    """
    if np.ndim(images) != 3 or not len(images):
        raise ValueError(
            "images must have the axes (N, H, W) with N of 1 or more, "
            f"got the shape {np.shape(images)}."
        )
    for name, masks in columns.items():
        if np.shape(masks) != np.shape(images):
            raise ValueError(
                f"columns must have the images' shape {np.shape(images)}, "
                f"got {np.shape(masks)} for {name}."
            )
    if wrong is not None and np.shape(wrong) != np.shape(images):
        raise ValueError(
            f"wrong must have the images' shape {np.shape(images)}, got {np.shape(wrong)}."
        )
    if len(titles) not in (0, len(images)):
        raise ValueError(f"titles must hold none or {len(images)}, got {len(titles)}.")
    width = 1 + len(columns) + (wrong is not None)
    side = plots.WIDTH_INCHES / width
    figure, axes = plt.subplots(
        len(images), width, figsize=(plots.WIDTH_INCHES, len(images) * side + 0.3), squeeze=False
    )
    for row, image in enumerate(images):
        axes[row, 0].imshow(image, cmap="gray", vmin=0, vmax=255)
        for axis, masks in zip(axes[row, 1:], columns.values(), strict=False):
            _mask(axis, masks[row])
        if wrong is not None:
            shown = np.where(wrong[row], 1, 0)
            colors = matplotlib.colors.ListedColormap(["white", plots.WRONG])
            axes[row, -1].imshow(shown, cmap=colors, vmin=0, vmax=1)
        if len(titles):
            axes[row, 0].set_ylabel(titles[row], fontsize=9)
    names = ["picture", *columns, *(["wrong pixels"] if wrong is not None else [])]
    for axis, name in zip(axes[0], names, strict=True):
        axis.set_title(name, fontsize=9)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)
    return figure


def iou_by_class(groups: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw the intersection over union of each class, one marker and colour a group.

    Parameters
    ----------
    groups : name to an array of 11 scores; up to four groups

    Raises
    ------
    ValueError
        If there is no group or more than four, or one has not 11 scores.
    """
    if not 1 <= len(groups) <= 4:
        raise ValueError(f"groups must hold one to four, got {len(groups)}.")
    for name, scores in groups.items():
        if np.shape(scores) != (segmentation.CLASSES,):
            raise ValueError(f"groups must hold 11 scores each, got {np.shape(scores)} for {name}.")
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3))
    colors = (plots.ORANGE, plots.BLUE, plots.GREEN, plots.PURPLE)
    looks = list(zip("osD^", colors, strict=True))[: len(groups)]
    for (name, scores), (marker, color) in zip(groups.items(), looks, strict=True):
        axis.plot(range(11), scores, marker, color=color, label=name)
    axis.set(xticks=range(11), xticklabels=NAMES, xlabel="class", ylabel="IoU", ylim=(None, 1.005))
    axis.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    figure.legend(loc="outside upper center", ncols=2, fontsize=9)
    return figure


def pixel_confusion(confusion: np.ndarray) -> matplotlib.figure.Figure:
    """Draw as which class the pixels of each class are taken, in percent, correct ones left out.

    Parameters
    ----------
    confusion : array of shape (11, 11): rows are true classes, columns predicted ones

    Raises
    ------
    ValueError
        If it has another shape, or a class has no pixel.
    """
    counts = np.asarray(confusion, float)
    if counts.shape != (11, 11) or not (counts.sum(axis=1) > 0).all():
        raise ValueError(
            f"confusion must have the shape (11, 11) and no empty row, got {counts.shape}."
        )
    percent = 100 * counts / counts.sum(axis=1, keepdims=True)
    np.fill_diagonal(percent, 0)
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 4.6))
    drawn = axis.imshow(percent, cmap="Oranges", vmin=0)
    for (row, column), share in np.ndenumerate(percent):
        if share >= 0.05:
            color = "white" if share > 0.6 * percent.max() else "black"
            text = f"{share:.1f}"
            axis.text(column, row, text, ha="center", va="center", color=color, size=8)
    axis.set(xlabel="predicted class", ylabel="true class", xticks=range(11), yticks=range(11))
    axis.set_xticklabels(NAMES, rotation=90)
    axis.set_yticklabels(NAMES)
    figure.colorbar(drawn, label="share of the true class (%)", shrink=0.8)
    return figure


def coverage(lines: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw, for each way to enlarge, the map that it makes of ones, with values, to its own scale.

    Parameters
    ----------
    lines : name to array of shape (H, W)

    Raises
    ------
    ValueError
        If there is no map, or one has other axes.
    """
    if not lines:
        raise ValueError("lines must hold one map or more, got none.")
    for name, values in lines.items():
        if np.ndim(values) != 2 or not np.size(values):
            raise ValueError(
                f"lines must hold maps of shape (H, W), got {np.shape(values)} for {name}."
            )
    side = plots.WIDTH_INCHES / len(lines)
    figure, axes = plt.subplots(1, len(lines), figsize=(plots.WIDTH_INCHES, side + 0.4))
    for axis, (name, values) in zip(np.atleast_1d(axes), lines.items(), strict=True):
        axis.imshow(values, cmap="gray_r", vmin=0, vmax=2.2 * np.max(values))
        for (row, column), value in np.ndenumerate(values):
            axis.text(column, row, f"{value:.3g}", ha="center", va="center", size=8)
        axis.set_title(name, fontsize=9)
        axis.set(xticks=[], yticks=[])
    return figure
