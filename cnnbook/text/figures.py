"""Figures of the chapter on text."""

from collections.abc import Mapping, Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots
from cnnbook.applications import names

SHOWN_MARKS = {names.START: "", names.END: "", " ": "\N{OPEN BOX}"}
SERIES_STYLES = ((plots.BLUE, "o", "-"), (plots.VERMILION, "s", "--"))


def letters(
    texts: Sequence[str], contributions: Sequence[np.ndarray], titles: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw texts with their marks, each letter on what it adds: orange raises, blue lowers."""
    scale = max(np.abs(values).max() for values in contributions)
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 0.34 * len(texts) + 0.25))
    for row, (text, values) in enumerate(zip(texts, contributions, strict=True)):
        for column, (letter, value) in enumerate(zip(text, values, strict=True)):
            color, strength = plots.ORANGE if value > 0 else plots.BLUE, abs(value) / scale
            axis.add_patch(
                plt.Rectangle((column, row - 0.42), 1, 0.84, fc=color, alpha=strength, ec="none")
            )
            axis.text(
                column + 0.5, row, SHOWN_MARKS.get(letter, letter), ha="center", va="center",
                color="white" if color == plots.BLUE and strength > 0.6 else plots.BLACK,
                fontsize=13, fontweight="bold" if value > 0.3 * scale else "normal",
            )  # fmt: skip
    axis.set(xlim=(0, max(map(len, texts))), ylim=(len(texts) - 0.4, -0.6), xticks=[])
    axis.set_yticks(range(len(texts)), titles, fontsize=13)
    axis.tick_params(left=False)
    axis.spines[["left", "bottom"]].set_visible(False)
    return figure


def confusion(counts: np.ndarray, codes: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw how the names of each language (rows) were read, in percent of the row."""
    shares = 100 * counts / counts.sum(axis=1, keepdims=True)
    texts = np.where(shares >= 1, np.char.mod("%.0f", shares), "")
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 4.7))
    plots.heat_map(axis, shares, texts, "Blues", vmin=0, vmax=100)
    axis.set_xticks(range(len(codes)), codes)
    axis.set_yticks(range(len(codes)), codes)
    axis.set(xlabel="read as", ylabel="language")
    return figure


def by_group(
    groups: Sequence[str], series: Mapping[str, np.ndarray], ylabel: str, xlabel: str
) -> matplotlib.figure.Figure:
    """Draw two series of shape (runs, groups) or (groups,): means, and lines over all runs."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3))
    places = np.arange(len(groups))
    for number, (name, runs) in enumerate(series.items()):
        color, marker, line = SERIES_STYLES[number]
        at, runs = places + 0.06 * number, np.atleast_2d(runs)
        axis.plot(at, runs.mean(axis=0), color=color, marker=marker, linestyle=line, label=name)
        axis.vlines(at, runs.min(axis=0), runs.max(axis=0), color=color)
    axis.set(xticks=places, xticklabels=groups, xlabel=xlabel, ylabel=ylabel)
    axis.legend()
    return figure


def probabilities(
    words: Mapping[str, np.ndarray], languages: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw what probability a network gives to each language, one panel a word."""
    figure, axes = plt.subplots(1, len(words), figsize=(plots.WIDTH_INCHES, 3.4), sharey=True)
    for axis, (word, values) in zip(axes, words.items(), strict=True):
        colors = np.where(values == values.max(), plots.BLUE, plots.SKY_BLUE)
        axis.barh(languages, 100 * values, color=colors)
        axis.set(xlim=(0, 100), xlabel="probability (%)", title=word)
    axes[0].invert_yaxis()
    return figure


def letters_by_place(
    shares: Sequence[np.ndarray], alphabet: str, titles: Sequence[str], rows: int = 4
) -> matplotlib.figure.Figure:
    """Draw for each place of a filter the letters that stood there most often, larger for more.

    ``shares`` are arrays of shape (places, letters); what stood there in less than 4 % is left out.
    """
    figure, axes = plt.subplots(
        1, len(shares), figsize=(plots.WIDTH_INCHES, 0.5 * rows + 0.6),
        width_ratios=[len(array) + 0.5 for array in shares],
    )  # fmt: skip
    for axis, array, title in zip(axes, shares, titles, strict=True):
        for place, values in enumerate(array):
            for row, channel in enumerate(np.argsort(-values, kind="stable")[:rows]):
                if values[channel] >= 0.04:
                    letter = alphabet[channel].replace(" ", "\N{OPEN BOX}")
                    color = plots.BLUE if row == 0 else plots.BLACK
                    axis.text(
                        place, row, letter, ha="center", va="center", color=color,
                        fontsize=9 + 15 * values[channel],
                    )  # fmt: skip
        axis.set(xlim=(-0.6, len(array) - 0.4), ylim=(rows - 0.4, -0.7), yticks=[], title=title)
        axis.set_xticks(range(len(array)), range(1, len(array) + 1))
        axis.spines["left"].set_visible(False)
    return figure
