"""Figures of the chapter on text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.figure
import matplotlib.patches
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import checks, plots
from cnnbook.text import languages

# Colour, mark and line of a series in `by_group`, and the lines of `dots_by_condition`.
SERIES_STYLES = ((plots.BLUE, "o", "-"), (plots.VERMILION, "s", "--"), (plots.GREEN, "^", ":"))
LINE_STYLES = ("--", ":", "-.")
SHOWN_MARKS = {languages.START: "", languages.END: "", " ": "\N{OPEN BOX}"}


def letters(
    texts: Sequence[str], contributions: Sequence[np.ndarray], titles: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw texts letter by letter, each letter on the colour of what it adds.

    Parameters
    ----------
    texts : N texts, marks included
    contributions : N arrays, a number for each character of the text; orange raises, blue
        lowers, as signed maps have it in the whole book
    titles : N texts, for the start of each line

    Raises
    ------
    ValueError
        If a text has not one number for each character, or not one title.
    """
    if not len(texts) == len(contributions) == len(titles) or not len(texts):
        raise ValueError(
            "texts, contributions and titles must be as many, and one at least, got "
            f"{len(texts)}, {len(contributions)} and {len(titles)}."
        )
    for text, values in zip(texts, contributions, strict=True):
        if len(text) != len(values):
            raise ValueError(
                f"contributions must hold a number for each of the {len(text)} characters of "
                f"{text!r}, got {len(values)}."
            )
    scale = max(np.abs(values).max() for values in contributions) or 1
    longest = max(map(len, texts))
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 0.34 * len(texts) + 0.25))
    for row, (text, values) in enumerate(zip(texts, contributions, strict=True)):
        for column, (letter, value) in enumerate(zip(text, values, strict=True)):
            color = plots.ORANGE if value > 0 else plots.BLUE
            strength = min(abs(value) / scale, 1)
            axis.add_patch(
                matplotlib.patches.Rectangle(
                    (column, row - 0.42),
                    1,
                    0.84,
                    facecolor=color,
                    alpha=strength,
                    edgecolor="none",
                )
            )
            axis.text(
                column + 0.5,
                row,
                SHOWN_MARKS.get(letter, letter),
                ha="center",
                va="center",
                color="white" if color == plots.BLUE and strength > 0.6 else plots.BLACK,
                fontsize=13,
                fontweight="bold" if value > 0.3 * scale else "normal",
            )
    axis.set(
        xlim=(0, longest),
        ylim=(len(texts) - 0.4, -0.6),
        xticks=[],
        yticks=range(len(texts)),
    )
    axis.set_yticklabels(titles, fontsize=13)
    axis.tick_params(left=False)
    for side in ("left", "bottom"):
        axis.spines[side].set_visible(False)
    return figure


def confusion(counts: np.ndarray, codes: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw how the names of each language were read, in percent of the language's names.

    Parameters
    ----------
    counts : array of shape (K, K): rows are true languages, columns the answers
    codes : K short names

    Raises
    ------
    ValueError
        If counts is not square with a row for each code, or a row is empty.
    """
    counts = np.asarray(counts)
    if counts.shape != (len(codes), len(codes)) or not (counts.sum(axis=1) > 0).all():
        raise ValueError(
            f"counts must have {len(codes)} rows and columns and no empty row, "
            f"got shape {counts.shape}."
        )
    shares = 100 * counts / counts.sum(axis=1, keepdims=True)
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 4.7))
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for row, column in np.argwhere(shares >= 1):
        share = shares[row, column]
        axis.text(
            column,
            row,
            f"{share:.0f}",
            ha="center",
            va="center",
            color="white" if share > 55 else "black",
        )
    ticks = range(len(codes))
    axis.set(
        xticks=ticks,
        yticks=ticks,
        xticklabels=codes,
        yticklabels=codes,
        xlabel="read as",
        ylabel="language",
    )
    return figure


def by_group(
    groups: Sequence[str], series: Mapping[str, np.ndarray], xlabel: str, ylabel: str
) -> matplotlib.figure.Figure:
    """Draw one curve a series over groups in order, with what it ranges over where that is given.

    Parameters
    ----------
    groups : G names of groups
    series : name to array of shape (G,), or (runs, G): its mean is drawn, and a line from the
        smallest to the largest run; one to three of them
    xlabel, ylabel : what is grouped and what is measured

    Raises
    ------
    TypeError
        If a series holds no numbers.
    ValueError
        If there are no series or more than three, or a series has not G values.
    """
    if not 1 <= len(series) <= len(SERIES_STYLES):
        raise ValueError(f"series must be 1 to {len(SERIES_STYLES)}, got {len(series)}.")
    rows = {
        name: checks.array(f"series[{name!r}]", np.atleast_2d(values), "uif", "(runs, G)")
        for name, values in series.items()
    }
    for name, values in rows.items():
        if values.shape[1] != len(groups) or not values.size:
            raise ValueError(
                f"series must hold {len(groups)} values each, got {values.shape[1]} for {name!r}."
            )
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3))
    places = np.arange(len(groups))
    for number, ((name, values), (color, marker, line)) in enumerate(
        zip(rows.items(), SERIES_STYLES[: len(rows)], strict=True)
    ):
        at = places + 0.06 * number
        axis.plot(at, values.mean(axis=0), color=color, marker=marker, linestyle=line, label=name)
        axis.vlines(at, values.min(axis=0), values.max(axis=0), color=color)
    axis.set(xticks=places, xticklabels=groups, xlabel=xlabel, ylabel=ylabel)
    axis.legend()
    return figure


def dots_by_condition(
    conditions: Mapping[str, Sequence[float]], xlabel: str, lines: Mapping[str, float]
) -> matplotlib.figure.Figure:
    """Draw a row of dots for each condition, one a run, and upright lines to compare with.

    Parameters
    ----------
    conditions : name to its values, one condition and one value or more
    xlabel : what the values are
    lines : name to a value that is drawn through all rows, three at most

    Raises
    ------
    TypeError
        If a value is no number.
    ValueError
        If a condition has no values, there are none, or there are more than three lines.
    """
    if not conditions:
        raise ValueError("conditions must hold one condition or more, got none.")
    for name, values in conditions.items():
        if not len(checks.array(f"conditions[{name!r}]", values, "uif", "(runs,)")):
            raise ValueError(f"conditions must have one value or more each, got none for {name!r}.")
    if len(lines) > len(LINE_STYLES):
        raise ValueError(f"lines must be {len(LINE_STYLES)} at most, got {len(lines)}.")
    for name, value in lines.items():
        checks.number(f"lines[{name!r}]", value)
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 0.42 * len(conditions) + 1.2))
    for row, values in enumerate(conditions.values()):
        axis.scatter(values, [row] * len(values), color=plots.BLUE, alpha=0.6, zorder=3)
        axis.plot(np.mean(values), row, marker="|", color=plots.BLACK, markersize=16, zorder=4)
    for (name, value), style in zip(lines.items(), LINE_STYLES[: len(lines)], strict=True):
        axis.axvline(value, color=plots.VERMILION, linestyle=style)
        axis.text(value, -0.75, f"{name} ", color=plots.VERMILION, ha="right", va="center")
    axis.set(
        yticks=range(len(conditions)),
        yticklabels=list(conditions),
        ylim=(len(conditions) - 0.5, -1.1),
        xlabel=xlabel,
    )
    axis.grid(axis="x", alpha=0.3)
    return figure


def probabilities(
    words: Mapping[str, np.ndarray], names: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw what probability a network gives to each language, one panel a word.

    Parameters
    ----------
    words : one or two words, each with K probabilities
    names : K names of languages

    Raises
    ------
    TypeError
        If a word has no numbers.
    ValueError
        If there are no words, or a word has not K probabilities.
    """
    if not words:
        raise ValueError("words must hold one word or more, got none.")
    for word, values in words.items():
        values = checks.array(f"words[{word!r}]", values, "uif", "(K,)")
        if len(values) != len(names) or not len(values):
            raise ValueError(
                f"words must have a probability for each of the {len(names)} names, "
                f"got {len(values)} for {word!r}."
            )
    figure, axes = plt.subplots(
        1, len(words), figsize=(plots.WIDTH_INCHES, 3.4), sharey=True, squeeze=False
    )
    for axis, (word, values) in zip(axes[0], words.items(), strict=True):
        largest = np.argmax(values)
        colors = [plots.BLUE if n == largest else plots.SKY_BLUE for n in range(len(names))]
        axis.barh(range(len(names)), 100 * np.asarray(values), color=colors)
        axis.set(
            yticks=range(len(names)),
            yticklabels=names,
            xlim=(0, 100),
            xlabel="probability (%)",
            title=word,
        )
    axes[0, 0].invert_yaxis()
    return figure


def letters_by_place(
    shares: Sequence[np.ndarray],
    alphabet: str,
    titles: Sequence[str],
    rows: int = 4,
    least: float = 0.04,
) -> matplotlib.figure.Figure:
    """Draw for each place of a filter the letters that stood there most often, larger for more.

    Parameters
    ----------
    shares : arrays of shape (width, channels), in [0, 1]
    alphabet : the letter of each channel
    titles : a text for each array
    rows : letters shown for a place, at most
    least : no letter with a smaller share is shown

    Raises
    ------
    ValueError
        If there is not one title for each array, or an array has not one channel for each letter.
    """
    if len(titles) != len(shares) or not len(shares):
        raise ValueError(
            f"titles must hold a text for each of the {len(shares)} arrays, one at least, "
            f"got {len(titles)}."
        )
    for array in shares:
        if np.ndim(array) != 2 or np.shape(array)[1] != len(alphabet):
            raise ValueError(
                f"shares must hold arrays of shape (width, {len(alphabet)}), got {np.shape(array)}."
            )
    figure, axes = plt.subplots(
        1,
        len(shares),
        figsize=(plots.WIDTH_INCHES, 0.5 * rows + 0.6),
        gridspec_kw={"width_ratios": [len(array) + 0.5 for array in shares]},
    )
    for axis, array, title in zip(np.atleast_1d(axes), shares, titles, strict=True):
        for place, values in enumerate(array):
            for row, channel in enumerate(np.argsort(-values, kind="stable")[:rows]):
                if values[channel] < least:
                    continue
                letter = alphabet[channel]
                axis.text(
                    place,
                    row,
                    {" ": "\N{OPEN BOX}"}.get(letter, letter),
                    ha="center",
                    va="center",
                    fontsize=9 + 15 * values[channel],
                    color=plots.BLUE if row == 0 else plots.BLACK,
                )
        axis.set(
            xlim=(-0.6, len(array) - 0.4),
            ylim=(rows - 0.4, -0.7),
            xticks=range(len(array)),
            xticklabels=range(1, len(array) + 1),
            yticks=[],
            title=title,
        )
        axis.spines["left"].set_visible(False)
    return figure
