"""Figures of the guide's page "Applications": what goes into a network, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.axes
import matplotlib.colors
import matplotlib.figure
import matplotlib.patheffects
import matplotlib.pyplot as plt
import numpy as np
import scipy.ndimage

from cnnbook import audio, detection, plots, results
from cnnbook.applications import painting, scenes
from cnnbook.segmentation.figures import DIGIT_COLORS
from cnnbook.text import languages

LETTER_SIZE = 12  # points: about eleven pixels on a phone
LEAST_NAMED = 25  # pixels of a patch that gets its name
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
    scene : scenes, as `cnnbook.applications.scenes.draw_scenes` returns them
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
        above = top > 12  # else the name stands inside, where no other box begins
        axis.text(
            left, top, text, fontsize=LETTER_SIZE, clip_on=True, va="bottom" if above else "top",
            bbox={"facecolor": color, "edgecolor": "none", "pad": 0.9},
        )  # fmt: skip


def classes(axis: matplotlib.axes.Axes, mask: np.ndarray) -> None:
    """Draw a class for each pixel, a colour a digit and ground white, and name each patch.

    Parameters
    ----------
    axis : where to draw
    mask : integer array of shape (H, W), from 0 to 10
    """
    colors = matplotlib.colors.ListedColormap([*DIGIT_COLORS, "white"])
    axis.imshow(mask, cmap=colors, vmin=-0.5, vmax=10.5)
    outline = [matplotlib.patheffects.withStroke(linewidth=3, foreground="white")]
    taken = mask < scenes.BACKGROUND
    for digit in range(10):
        patches, _ = scipy.ndimage.label(mask == digit, structure=np.ones((3, 3)))
        for number, place in enumerate(scipy.ndimage.find_objects(patches), start=1):
            if np.count_nonzero(patches == number) >= LEAST_NAMED:
                x, y = _beside(place, taken)
                taken[max(y - 5, 0) : y + 6, max(x - 4, 0) : x + 5] = True
                axis.text(
                    x, y, str(digit), ha="center", va="center", fontsize=LETTER_SIZE,
                    path_effects=outline,
                )  # fmt: skip
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)


def _beside(place: tuple[slice, slice], taken: np.ndarray) -> tuple[int, int]:
    """Return x and y beside a patch where a name covers least of what is there."""
    rows, columns = place
    x, y = (columns.start + columns.stop) // 2, (rows.start + rows.stop) // 2
    places = [
        (x, rows.stop + 5),
        (x, rows.start - 6),
        (columns.start - 5, y),
        (columns.stop + 4, y),
    ]

    def cost(spot):
        x, y = spot
        if not (4 <= x < taken.shape[1] - 4 and 5 <= y < taken.shape[0] - 5):
            return np.inf
        return taken[y - 5 : y + 6, x - 4 : x + 5].sum()

    return min(places, key=cost)


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
    digits : array of shape (16, 28, 28), ink 1
    painting : array of shape (H, W, 3), from 0 to 1, H at most W; its left part is shown
    """
    figure, axes = plt.subplots(2, 2, figsize=(plots.WIDTH_INCHES, 4.7))
    boxes(axes[0, 0], scene, number, found)
    classes(axes[0, 1], mask)
    rows = [np.hstack(digits[start : start + 4]) for start in range(0, 16, 4)]
    axes[1, 0].imshow(np.vstack(rows), vmin=0, vmax=1)
    axes[1, 1].imshow(painting[:, : len(painting)], interpolation="bilinear")
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
        classes(row[2], masks[number])
    for axis, title in zip(axes[0], ("goes in", "boxes", "pixels"), strict=True):
        axis.set_title(title, fontsize=LETTER_SIZE)
    return figure


def one_answer(
    images: np.ndarray,
    answers: Sequence[tuple[str, bool]],
    recordings: Sequence[tuple[str, np.ndarray, np.ndarray, bool]],
    names: Sequence[tuple[str, np.ndarray, str, bool]],
) -> matplotlib.figure.Figure:
    """Draw pictures, sounds and names, each with the one answer that a network gave.

    Parameters
    ----------
    images : array of shape (N, 28, 28), 0 for paper
    answers : N pairs: what is written below a picture, and whether it is right
    recordings : kind of noise, samples of shape (samples,), the classes of
        `cnnbook.audio.sliding` along it, and whether they are right
    names : text with its marks, what each letter adds to the answer, the answer, and whether it is
        right
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
    seconds = block * (np.arange(len(levels)) + 0.5) / audio.SAMPLE_RATE
    axis.fill_between(seconds, levels.min(axis=1), levels.max(axis=1), color=plots.GREY, lw=0)
    axis.set(xlim=(0, seconds[-1]), yticks=[], ylim=(-4, 5.6))
    axis.spines["left"].set_visible(False)
    color = plots.BLACK if right else plots.WRONG
    said = f"in {noise}, read {audio.read_out(heard)}"
    axis.set_title(said, fontsize=LETTER_SIZE, loc="left", color=color)
    edges, last = np.flatnonzero(np.diff(heard)) + 1, None
    for run, start in zip(np.split(heard, edges), [0, *edges], strict=True):
        if len(run) < 8 or run[0] == last:  # as `cnnbook.audio.read_out` has it
            continue
        last = run[0]
        if last != audio.NO_KEY:
            middle = 32 * (start + len(run) / 2) + audio.WINDOW / 2
            axis.text(
                middle / audio.SAMPLE_RATE, 4.6, audio.KEYS[last], ha="center", va="center",
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
            if letter not in languages.START + languages.END:
                axis.text(column + 0.5, row, letter, ha="center", va="center", fontsize=12)
        axis.text(
            longest + 0.7, row, answer, va="center", fontsize=LETTER_SIZE,
            color=plots.BLACK if right else plots.WRONG,
        )  # fmt: skip
    axis.set(xlim=(0, longest + 8), ylim=(len(names) - 0.4, -0.6))
    _still(axis)


def named(network, letters: str, names: Mapping[str, str]) -> list[tuple]:
    """Read names, and return what `one_answer` draws of each.

    Parameters
    ----------
    network : as `cnnbook.text.languages.network` builds it
    letters : its alphabet
    names : language, a key of `cnnbook.text.languages.LANGUAGES`, to a name in it, without marks
    """
    rows = languages.encode(list(names.values()), letters)
    answers = np.asarray(network(rows)).argmax(axis=1)
    added = languages.letter_contributions(network, rows)
    added -= added.mean(axis=2, keepdims=True)
    drawn = []
    for (code, text), answer, values in zip(names.items(), answers, added, strict=True):
        spelled = slice(languages.MARGIN, languages.MARGIN + len(text) + 2)
        read = list(languages.LANGUAGES)[answer]
        marked = languages.START + text + languages.END
        drawn.append((marked, values[spelled, answer], languages.LANGUAGES[read], read == code))
    return drawn


def film_strip(
    stops: Sequence[np.ndarray], columns: int, texts: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw frames side by side, all as large and without a gap, each a block of digits.

    Parameters
    ----------
    stops : for each frame an array of shape (N, 28, 28), paper -1 and ink 1
    columns : digits in a row of a frame; N is a multiple of it
    texts : what stands below each of the N digits in every frame
    """
    frames, rows = len(stops), len(texts) // columns
    side = plots.WIDTH_INCHES / columns
    figure = plt.figure(figsize=(frames * plots.WIDTH_INCHES, rows * (side + 0.25)), layout="none")
    axes = figure.subplots(rows, frames * columns, squeeze=False)
    figure.subplots_adjust(0, 0.25 / (rows * (side + 0.25)), 1, 1, wspace=0.06, hspace=0.3)
    for frame, digits in enumerate(stops):
        for place, (digit, text) in enumerate(zip(digits, texts, strict=True)):
            axis = axes[place // columns, frame * columns + place % columns]
            axis.imshow(digit, vmin=-1, vmax=1)
            _still(axis)
            axis.set_xlabel(text, fontsize=LETTER_SIZE, labelpad=3)
    return figure


def stored_painting(name: str) -> np.ndarray:
    """Return the temple in a style, as ``benchmarks/style.py`` painted it at full size.

    Parameters
    ----------
    name : "flower", "strokes" or "digits"

    Returns
    -------
    array of shape (256, 384, 3), from 0 to 1
    """
    for run in results.load("applications/style")["runs"]:
        if (run["group"], run["name"]) == ("full", name):
            return painting.from_text(run["picture"])
    raise ValueError(f"name must be a style that was painted in full, got {name!r}.")


def painted(
    pictures: Sequence[np.ndarray], titles: Sequence[str], inset: np.ndarray
) -> matplotlib.figure.Figure:
    """Draw four pictures in two rows, each under its title, the first with the style in a corner.

    Parameters
    ----------
    pictures : arrays of shape (H, W, 3), from 0 to 1
    titles : one short text each
    inset : array of the same kind
    """
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
