"""Figures that more than one chapter uses, in one style.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart
(https://jfly.uni-koeln.de/color/). Figures are vector graphics on a white ground: the pages frame
them as cards, so that they read the same in light and dark mode.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import matplotlib.figure
import matplotlib.pyplot as plt
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
