"""Figures of the guide's page "Applications": what goes into a network, and what comes out."""

from collections.abc import Mapping, Sequence

import matplotlib.axes
import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots
from cnnbook.applications import framed, masks, scenes, tones
from cnnbook.applications.boxes import Detections
from cnnbook.applications.names import END, LANGUAGES, MARGIN, START, encode, letter_contributions

LETTER_SIZE = 12  # points: about eleven pixels on a phone


def _still(axis: matplotlib.axes.Axes) -> None:
    """Take ticks and frame away; what is written around the panel stays."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def gallery(
    scene: scenes.Scenes,
    number: int,
    found: Detections,
    mask: np.ndarray,
    digits: np.ndarray,
    painting: np.ndarray,
) -> matplotlib.figure.Figure:
    """Draw what four networks made of scene `number`, of sixteen labels and of a photograph."""
    figure, axes = plt.subplots(2, 2, figsize=(plots.WIDTH_INCHES, 4.7))
    masks.draw(axes[0, 1], mask)
    rows = [np.hstack(digits[start : start + 4]) for start in range(0, 16, 4)]
    axes[1, 0].imshow(np.vstack(rows), vmin=0, vmax=1)
    axes[1, 1].imshow(painting[:, : len(painting)], interpolation="bilinear")
    titles = "find and name", "colour each pixel", "draw new digits", "paint a photograph"
    for axis, title in zip(axes.flat, titles, strict=True):
        axis.set_title(title, fontsize=LETTER_SIZE)
        if axis is not axes[0, 1]:
            _still(axis)
    framed.found(axes[0, 0], scene, number, found)
    return figure


def where(
    scene: scenes.Scenes, numbers: Sequence[int], found: Detections, classes: np.ndarray
) -> matplotlib.figure.Figure:
    """Draw some scenes, a row each, with the boxes and the classes that were found."""
    figure, axes = plt.subplots(
        len(numbers), 3, figsize=(plots.WIDTH_INCHES, 1.78 * len(numbers) + 0.3), squeeze=False
    )
    for axis, title in zip(axes[0], ("goes in", "boxes", "pixels"), strict=True):
        axis.set_title(title, fontsize=LETTER_SIZE)
    for row, number in zip(axes, numbers, strict=True):
        framed.show(row[0], scene.images[number])
        masks.draw(row[2], classes[number])
        framed.found(row[1], scene, number, found)
    return figure


def one_answer(
    images: np.ndarray,
    answers: Sequence[tuple[str, bool]],
    recordings: Sequence[tuple[str, np.ndarray, np.ndarray, bool]],
    names: Sequence[tuple[str, np.ndarray, str, bool]],
) -> matplotlib.figure.Figure:
    """Draw pictures, sounds and names, each with the one answer that a network gave.

    answers : what is written below each picture (28, 28), and whether it is right
    recordings : kind of noise, samples, the classes heard along them, and whether they are right
    names : text with its marks, what each letter adds to the answer, the answer, if it is right
    """
    heights = [1.05, 0.95 * len(recordings) + 0.5, 0.32 * len(names) + 0.1]
    figure = plt.figure(figsize=(plots.WIDTH_INCHES, sum(heights)))
    pictures, sounds, words = figure.subfigures(3, 1, height_ratios=heights)
    axes = pictures.subplots(1, len(images))
    for axis, image, (text, right) in zip(axes, images, answers, strict=True):
        axis.imshow(image, vmin=0, vmax=255)
        _still(axis)
        axis.set_xlabel(text, fontsize=LETTER_SIZE, color=plots.BLACK if right else plots.WRONG)
    axes = sounds.subplots(len(recordings), 1, sharex=True)
    for axis, recording in zip(axes, recordings, strict=True):
        _recording(axis, *recording)
    axes[-1].set_xlabel("seconds", fontsize=LETTER_SIZE)
    _letters(words.subplots(), names)
    return figure


def _recording(axis, noise: str, sound: np.ndarray, heard: np.ndarray, right: bool) -> None:
    """Draw a recording, and above it the keys that were heard where they were heard."""
    block = 20  # samples: what a page can show
    levels = sound[: len(sound) // block * block].reshape(-1, block)
    seconds = block * (np.arange(len(levels)) + 0.5) / tones.SAMPLE_RATE
    axis.fill_between(seconds, levels.min(axis=1), levels.max(axis=1), color=plots.GREY, lw=0)
    axis.set(xlim=(0, seconds[-1]), yticks=[], ylim=(-4, 5.6))
    axis.spines["left"].set_visible(False)
    color = plots.BLACK if right else plots.WRONG
    said = f"in {noise}, read {tones.read_out(heard)}"
    axis.set_title(said, fontsize=LETTER_SIZE, loc="left", color=color)
    edges, last = np.flatnonzero(np.diff(heard)) + 1, None
    for run, start in zip(np.split(heard, edges), [0, *edges], strict=True):
        if len(run) < 8 or run[0] == last:  # as `cnnbook.applications.tones.read_out` has it
            continue
        last = run[0]
        if last != tones.NO_KEY:
            middle = 32 * (start + len(run) / 2) + tones.WINDOW / 2
            axis.text(
                middle / tones.SAMPLE_RATE, 4.6, tones.KEYS[last], ha="center", va="center",
                fontsize=LETTER_SIZE, fontweight="bold", color=color,
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
            if letter not in START + END:
                axis.text(column + 0.5, row, letter, ha="center", va="center", fontsize=12)
        axis.text(
            longest + 0.7, row, answer, va="center", fontsize=LETTER_SIZE,
            color=plots.BLACK if right else plots.WRONG,
        )  # fmt: skip
    axis.set(xlim=(0, longest + 8), ylim=(len(names) - 0.4, -0.6))
    _still(axis)


def named(network, letters: str, names: Mapping[str, str]) -> list[tuple]:
    """Read a name of each language, by its code, and return what `one_answer` draws of it."""
    rows = encode(list(names.values()), letters)
    answers = np.asarray(network(rows)).argmax(axis=1)
    added = letter_contributions(network, rows)
    added -= added.mean(axis=2, keepdims=True)
    drawn = []
    for (code, text), answer, values in zip(names.items(), answers, added, strict=True):
        spelled = slice(MARGIN, MARGIN + len(text) + 2)
        read = list(LANGUAGES)[answer]
        marked = START + text + END
        drawn.append((marked, values[spelled, answer], LANGUAGES[read], read == code))
    return drawn


def painted(
    pictures: Sequence[np.ndarray], titles: Sequence[str], inset: np.ndarray
) -> matplotlib.figure.Figure:
    """Draw four pictures in two rows under their titles, the first with the style in a corner."""
    figure, axes = plt.subplots(2, 2, figsize=(plots.WIDTH_INCHES, 4.2))
    for axis, picture, title in zip(axes.flat, pictures, titles, strict=True):
        axis.imshow(picture, interpolation="bilinear")
        axis.set_title(title, fontsize=LETTER_SIZE)
        _still(axis)
    corner = axes[0, 0].inset_axes((0, 0, 0.36, 0.36))
    corner.imshow(inset, interpolation="bilinear", aspect="auto")
    corner.set(xticks=[], yticks=[])
    corner.spines[:].set(visible=True, color="white", linewidth=1.5)
    return figure
