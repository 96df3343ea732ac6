"""Figures of the guide's page "Applications": what goes into a network, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.axes
import matplotlib.colors
import matplotlib.figure
import matplotlib.patheffects
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import audio, detection, languages, plots, scenes
from cnnbook.figures_segmentation import DIGIT_COLORS

LETTER_SIZE = 11  # points: about ten pixels on a phone
RIGHT, WRONG = plots.YELLOW, plots.ORANGE  # of boxes, on a dark ground


def _still(axis: matplotlib.axes.Axes) -> None:
    """Take ticks and frame away; what is written around the panel stays."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def boxes(
    axis: matplotlib.axes.Axes, scene: scenes.Scenes, number: int, found: detection.Detections
) -> None:
    """Draw one scene with the boxes found in it: right ones solid, wrong ones dashed.

    A box is right if it names a digit that is there, and has with it an IoU of a half or more. A
    digit that no right box covers gets a dotted frame.

    Parameters
    ----------
    axis : where to draw
    scene : scenes, as `cnnbook.scenes.draw_scenes` returns them
    number : which of them
    found : detections in all scenes
    """
    side, found = scenes.SCENE_PIXELS, found.of(number)
    axis.imshow(scene.images[number], cmap="gray", vmin=0, vmax=255, extent=(0, side, side, 0))
    there = scene.labels[number] >= 0
    truth, labels = scene.boxes[number][there], scene.labels[number][there]
    alone = detection.Detections(np.zeros(len(found), int), found.boxes, found.scores, found.labels)
    right = detection.match(alone, truth[None], labels[None], [0.5])[:, 0]
    for box, label in zip(truth, labels, strict=True):
        mine = found.boxes[right & (found.labels == label)]
        if not (len(mine) and (detection.iou(box[None], mine) >= 0.5).any()):
            _box(axis, box, "", plots.SKY_BLUE, ":")
    for box, label, is_right in zip(found.boxes, found.labels, right, strict=True):
        _box(axis, box, str(label), RIGHT if is_right else WRONG, "-" if is_right else "--")
    _still(axis)


def _box(axis, box: np.ndarray, text: str, color: str, line: str) -> None:
    left, top, right, bottom = box
    width = 2.4 if line == ":" else 1.7
    axis.add_patch(
        plt.Rectangle(
            (left, top), right - left, bottom - top, fill=False, color=color,
            linewidth=width, linestyle=line,
        )
    )  # fmt: skip
    if text:
        above = top > 12
        axis.text(
            left, top if above else bottom, text, fontsize=LETTER_SIZE, clip_on=True,
            va="bottom" if above else "top", bbox={"facecolor": color, "edgecolor": "none",
                                                   "pad": 0.9},
        )  # fmt: skip


def classes(axis: matplotlib.axes.Axes, mask: np.ndarray, named: Sequence[tuple] = ()) -> None:
    """Draw a class for each pixel, a colour a digit and ground white.

    Parameters
    ----------
    axis : where to draw
    mask : integer array of shape (H, W), from 0 to 10
    named : (x, y, text) of what is written into the picture, in pixels
    """
    colors = matplotlib.colors.ListedColormap([*DIGIT_COLORS, "white"])
    axis.imshow(mask, cmap=colors, vmin=-0.5, vmax=10.5)
    outline = [matplotlib.patheffects.withStroke(linewidth=3, foreground="white")]
    for x, y, text in named:
        axis.text(x, y, text, ha="center", va="center", fontsize=LETTER_SIZE, path_effects=outline)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)


def names_of(scene: scenes.Scenes, number: int) -> list[tuple]:
    """Return where to write each digit of a scene, below its box or above: (x, y, text)."""
    written = []
    for (left, top, right, bottom), label in zip(
        scene.boxes[number], scene.labels[number], strict=True
    ):
        if label >= 0:
            y = bottom + 5 if bottom < scenes.SCENE_PIXELS - 9 else top - 5
            written.append(((left + right) / 2, y, str(label)))
    return written


def gallery(
    scene: scenes.Scenes,
    number: int,
    found: detection.Detections,
    mask: np.ndarray,
    digits: np.ndarray,
    painting: np.ndarray,
) -> matplotlib.figure.Figure:
    """Draw what four networks made: boxes, a class for each pixel, digits, and a painting.

    Parameters
    ----------
    scene, number, found : as in `boxes`
    mask : of that scene, as in `classes`
    digits : array of shape (rows x columns), images (28, 28) side by side, ink 1
    painting : array of shape (H, W, 3), from 0 to 1
    """
    figure, axes = plt.subplots(2, 2, figsize=(plots.WIDTH_INCHES, 4.5))
    boxes(axes[0, 0], scene, number, found)
    classes(axes[0, 1], mask, names_of(scene, number))
    axes[1, 0].imshow(digits, vmin=0, vmax=1)
    axes[1, 1].imshow(painting, interpolation="bilinear")
    titles = "find and name", "colour each pixel", "draw new digits", "paint a photograph"
    for axis, title in zip(axes.flat, titles, strict=True):
        axis.set_title(title, fontsize=LETTER_SIZE)
        if axis is not axes[0, 1]:
            _still(axis)
    return figure


def where(
    scene: scenes.Scenes, numbers: Sequence[int], found: detection.Detections, masks: np.ndarray
) -> matplotlib.figure.Figure:
    """Draw scenes, each with the boxes and the classes that were found.

    Parameters
    ----------
    scene, found : as in `boxes`
    numbers : the scenes to draw, a row each
    masks : array of shape (N, 96, 96) for all scenes, as in `classes`
    """
    figure, axes = plt.subplots(
        len(numbers), 3, figsize=(plots.WIDTH_INCHES, 1.78 * len(numbers) + 0.3), squeeze=False
    )
    for row, number in zip(axes, numbers, strict=True):
        row[0].imshow(scene.images[number], cmap="gray", vmin=0, vmax=255)
        _still(row[0])
        boxes(row[1], scene, number, found)
        classes(row[2], masks[number], names_of(scene, number))
    for axis, title in zip(axes[0], ("goes in", "boxes", "pixels"), strict=True):
        axis.set_title(title, fontsize=LETTER_SIZE)
    return figure


def one_answer(
    images: np.ndarray,
    answers: Sequence[tuple[str, bool]],
    recordings: Sequence[tuple[str, np.ndarray, np.ndarray]],
    names: Sequence[tuple[str, np.ndarray, str, bool]],
) -> matplotlib.figure.Figure:
    """Draw pictures, sounds and names, each with the one answer that a network gave.

    Parameters
    ----------
    images : array of shape (N, 28, 28), 0 for paper
    answers : N pairs: what is written below a picture, and whether it is right
    recordings : name of the noise, samples of shape (samples,), and the classes of
        `cnnbook.audio.sliding` along it
    names : text with its marks, what each letter adds to the answer, the answer, and whether it is
        right
    """
    count = len(recordings)
    heights = [1.25] + [0.95] * count + [0.32 * len(names) + 0.1]
    figure = plt.figure(figsize=(plots.WIDTH_INCHES, sum(heights) + 0.6))
    parts = figure.subfigures(len(heights), 1, height_ratios=heights)
    axes = parts[0].subplots(1, len(images))
    for axis, image, (text, right) in zip(axes, images, answers, strict=True):
        axis.imshow(image, vmin=0, vmax=255)
        _still(axis)
        axis.set_xlabel(text, fontsize=LETTER_SIZE, color=plots.BLACK if right else plots.WRONG)
    for part, (noise, sound, heard) in zip(parts[1 : 1 + count], recordings, strict=True):
        _recording(part.subplots(), noise, sound, heard)
    _letters(parts[-1].subplots(), names)
    return figure


def _recording(axis, noise: str, sound: np.ndarray, heard: np.ndarray) -> None:
    """Draw a recording, and above it the keys that were heard."""
    seconds = np.arange(len(sound)) / audio.SAMPLE_RATE
    axis.plot(seconds, sound, color=plots.GREY, linewidth=0.3)
    axis.set(xlim=(0, seconds[-1]), yticks=[], ylim=(-4, 5.6))
    axis.spines["left"].set_visible(False)
    axis.set_title(noise, fontsize=LETTER_SIZE, loc="left")
    edges = np.flatnonzero(np.diff(heard)) + 1
    for run, start in zip(np.split(heard, edges), [0, *edges], strict=True):
        if run[0] != audio.NO_KEY and len(run) >= 8:
            middle = 32 * (start + len(run) / 2) + audio.WINDOW / 2
            axis.text(
                middle / audio.SAMPLE_RATE, 4.6, audio.KEYS[run[0]], ha="center", va="center",
                fontsize=LETTER_SIZE, fontweight="bold", color=plots.BLUE,
            )  # fmt: skip


def _letters(axis, names: Sequence[tuple[str, np.ndarray, str, bool]]) -> None:
    """Draw names letter by letter, orange where a letter speaks for the answer."""
    scale = max(np.abs(values).max() for _, values, _, _ in names)
    longest = max(len(text) for text, *_ in names)
    for row, (text, values, answer, right) in enumerate(names):
        for column, (letter, value) in enumerate(zip(text, values, strict=True)):
            color = plots.ORANGE if value > 0 else plots.BLUE
            axis.add_patch(
                plt.Rectangle(
                    (column, row - 0.42), 1, 0.84, facecolor=color,
                    alpha=min(abs(value) / scale, 1), edgecolor="none",
                )
            )  # fmt: skip
            if letter not in languages.START + languages.END:
                axis.text(column + 0.5, row, letter, ha="center", va="center", fontsize=12)
        axis.text(
            longest + 0.7, row, answer, va="center", fontsize=LETTER_SIZE,
            color=plots.BLACK if right else plots.WRONG,
        )  # fmt: skip
    axis.set(xlim=(0, longest + 8), ylim=(len(names) - 0.4, -0.6))
    _still(axis)


def film_strip(stops: Sequence[np.ndarray], columns: int) -> matplotlib.figure.Figure:
    """Draw frames side by side, each a block of digits, all as large and without a gap.

    Parameters
    ----------
    stops : for each frame an array of shape (N, 28, 28), paper -1 and ink 1
    columns : digits in a row of a frame; N is a multiple of it
    """
    frames = []
    for stop in stops:
        rows = [np.hstack(stop[start : start + columns]) for start in range(0, len(stop), columns)]
        frames.append(np.pad(np.vstack(rows), 2, constant_values=-1))
    strip = np.hstack(frames)
    height = plots.WIDTH_INCHES * strip.shape[0] / strip.shape[1]
    figure = plt.figure(figsize=(plots.WIDTH_INCHES, height), layout="none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.imshow(strip, vmin=-1, vmax=1, aspect="auto")
    axis.set_axis_off()
    return figure


def painted(pictures: Sequence[np.ndarray], titles: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw four pictures in two rows, each under its title.

    Parameters
    ----------
    pictures : arrays of shape (H, W, 3), from 0 to 1
    titles : one short text each
    """
    figure, axes = plt.subplots(2, 2, figsize=(plots.WIDTH_INCHES, 4.2))
    for axis, picture, title in zip(axes.flat, pictures, titles, strict=True):
        axis.imshow(picture, interpolation="bilinear")
        axis.set_title(title, fontsize=LETTER_SIZE)
        _still(axis)
    return figure
