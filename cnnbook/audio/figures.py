"""The figures of the chapter "Hear telephone keys"."""

from collections.abc import Mapping, Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import audio, plots
from cnnbook.applications import tones

TONES = tones.LOW_GROUP + tones.HIGH_GROUP
SPECTRA_STYLES = ((plots.BLUE, "-"), (plots.PURPLE, "--"), (plots.VERMILION, "-."))
# Name of a method in the results: what it is called in a figure, its colour, line and mark.
STYLES = {
    "raw": ("network on samples", plots.BLUE, "-", "o"),
    "spectrogram": ("network on spectrograms", plots.ORANGE, "-", "s"),
    "trained with babble": ("on samples, trained with babble", plots.PURPLE, "-", "v"),
    "Goertzel, textbook": ("Goertzel, textbook", plots.GREY, "--", "^"),
    "Goertzel, tuned": ("Goertzel, tuned", plots.BLACK, ":", "D"),
}


def _draw_spectrogram(axis, sound: np.ndarray) -> None:
    """Draw decibels below 2 kHz, dark for loud, over milliseconds of the frames' middles."""
    frame, hop = audio.FRAME, 8
    cut = np.lib.stride_tricks.sliding_window_view(sound.astype(float), frame)[::hop]
    power = np.abs(np.fft.rfft(cut * np.hanning(frame)))[:, : frame // 4] ** 2
    levels = 10 * np.log10(power.T + 1e-9)
    first = 1000 * frame / 2 / tones.SAMPLE_RATE
    last = first + 1000 * hop * (levels.shape[1] - 1) / tones.SAMPLE_RATE
    axis.imshow(
        levels, origin="lower", aspect="auto", extent=(first, last, 0, 2),
        vmin=levels.max() - 20, vmax=levels.max(),
    )  # fmt: skip


def key_in_noise(
    clean: np.ndarray, noisy: np.ndarray, titles: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw a clean tone, the same tone in noise, and the spectrogram of the noisy one."""
    figure, axes = plt.subplots(3, 1, figsize=(plots.WIDTH_INCHES, 5.6), height_ratios=(1, 1, 1.5))
    milliseconds = 1000 * np.arange(len(clean)) / tones.SAMPLE_RATE
    for axis, sound in zip(axes[:2], (clean, noisy), strict=True):
        axis.plot(milliseconds, sound, color=plots.BLUE, linewidth=0.7)
        axis.set(ylabel="amplitude")
    _draw_spectrogram(axes[2], noisy)
    axes[1].set(xlabel="time (ms)")
    axes[2].set(ylabel="frequency (kHz)", xlabel="time (ms)")
    for axis, title in zip(axes, titles, strict=True):
        axis.set(title=title, xlim=(0, milliseconds[-1]))
    return figure


def spectra(sounds: Mapping[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw the mean power spectra of kinds of noise, with the eight tones marked."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.2))
    for (name, rows), (color, line) in zip(sounds.items(), SPECTRA_STYLES, strict=True):
        power = np.mean(np.abs(np.fft.rfft(rows)) ** 2, axis=0) / rows.shape[1]
        hertz = np.fft.rfftfreq(rows.shape[1], 1 / tones.SAMPLE_RATE)
        axis.plot(hertz[1:] / 1000, 10 * np.log10(power[1:]), line, color=color, label=name, lw=1.6)
    for tone in TONES:
        axis.axvline(tone / 1000, color=plots.GREY, linewidth=0.6, zorder=0)
    axis.set(xlabel="frequency (kHz)", ylabel="power (dB)", xlim=(0, 4), ylim=(-25, 25))
    axis.legend(loc="upper right")
    return figure


def waves(kernels: Mapping[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw rows of weights against time, one panel each."""
    figure, axes = plt.subplots(
        len(kernels), 1, figsize=(plots.WIDTH_INCHES, 0.5 + 1.1 * len(kernels)), sharex=True
    )
    for axis, (title, weights) in zip(axes, kernels.items(), strict=True):
        milliseconds = 1000 * np.arange(len(weights)) / tones.SAMPLE_RATE
        axis.plot(milliseconds, weights, color=plots.BLUE, linewidth=1)
        axis.axhline(0, color=plots.GREY, linewidth=0.6)
        axis.set_title(title, fontsize=10)
        axis.set(xlim=(0, milliseconds[-1]), ylabel="weight")
    axis.set(xlabel="time (ms)")
    return figure


def filter_responses(before: np.ndarray, after: np.ndarray) -> matplotlib.figure.Figure:
    """Draw how strongly filters answer frequencies up to 2 kHz, (filters, frequencies), sorted."""
    figure, axes = plt.subplots(2, 1, figsize=(plots.WIDTH_INCHES, 5.6), sharex=True)
    panels = {"before training": before, "after training": after}
    for axis, (title, responses) in zip(axes, panels.items(), strict=True):
        count = len(responses)
        order = np.argsort(responses.argmax(axis=1))
        extent = (0, 2, count + 0.5, 0.5)
        axis.imshow(responses[order], aspect="auto", extent=extent, vmin=0, vmax=1)
        for tone in TONES:
            axis.plot([tone / 1000] * 2, [0, -1.6], color=plots.VERMILION, lw=2, clip_on=False)
        axis.set(ylabel="filter, sorted", yticks=[1, count])
        axis.set_title(title, pad=12)
    axes[1].set(xlabel="frequency (kHz); marks above: the eight tones")
    return figure


def accuracy_by_ratio(
    tables: Mapping[str, Mapping[str, np.ndarray]], ratios: Sequence[float]
) -> matplotlib.figure.Figure:
    """Draw accuracy against the signal-to-noise ratio, a panel for each kind of noise.

    ``tables`` hold, for each panel and method in `STYLES`, accuracies of shape (runs, ratios).
    """
    figure, axes = plt.subplots(
        len(tables), 1, figsize=(plots.WIDTH_INCHES, 0.9 + 2.2 * len(tables)), sharex=True
    )
    for axis, (title, methods) in zip(axes, tables.items(), strict=True):
        for name, runs in methods.items():
            label, color, line, marker = STYLES[name]
            percent = 100 * runs
            low, high = percent.min(axis=0), percent.max(axis=0)
            axis.fill_between(ratios, low, high, color=color, alpha=0.2, linewidth=0)
            axis.plot(
                ratios, percent.mean(axis=0), line, color=color, marker=marker, markersize=4,
                lw=1.4, label=label,
            )  # fmt: skip
        axis.axhline(100 / 16, color=plots.GREY, linewidth=0.8, linestyle=(0, (1, 3)))
        axis.set(ylabel="keys read (%)", ylim=(0, 102), title=title)
        axis.grid(color="#DDDDDD", linewidth=0.6)
    axis.set(xlabel="signal-to-noise ratio (dB)")
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=9)
    return figure


def parts_that_matter(
    values: Mapping[str, Mapping[str, Sequence[float]]],
) -> matplotlib.figure.Figure:
    """Draw accuracies of variants, a dot a seed, a panel a condition; a line marks the first."""
    rows = len(next(iter(values.values())))
    figure, axes = plt.subplots(
        len(values), 1, figsize=(plots.WIDTH_INCHES, (0.7 + 0.27 * rows) * len(values)), sharex=True
    )
    shown = {"raw": "network on samples", "spectrogram": "on spectrograms"}
    for axis, (title, variants) in zip(axes, values.items(), strict=True):
        percent = {shown.get(n, n): 100 * np.array(runs) for n, runs in variants.items()}
        colors = [plots.BLUE] + [plots.BLACK] * (rows - 1)
        axis.axvline(percent[shown["raw"]].mean(), color=plots.BLUE, lw=1, linestyle="--")
        plots.dot_rows(axis, percent, colors)
        axis.set(title=title, xlim=(0, 100))
        axis.tick_params(axis="y", labelsize=9)
    axis.set(xlabel="keys read (%)")
    return figure


def read_along(recording: np.ndarray, probabilities: np.ndarray) -> matplotlib.figure.Figure:
    """Draw a recording, and each class's probability in the window around a time, every 4 ms."""
    figure, axes = plt.subplots(
        2, 1, figsize=(plots.WIDTH_INCHES, 5), height_ratios=(1, 2.6), sharex=True
    )
    seconds = np.arange(len(recording)) / tones.SAMPLE_RATE
    axes[0].plot(seconds, recording, color=plots.BLUE, linewidth=0.4)
    axes[0].set(ylabel="amplitude")
    begin = tones.WINDOW / 2 / tones.SAMPLE_RATE
    end = begin + 0.004 * len(probabilities)
    axes[1].imshow(probabilities.T, aspect="auto", extent=(begin, end, 16.5, -0.5), vmin=0, vmax=1)
    axes[1].set_yticks(range(17), [*tones.KEYS, "none"], fontsize=8)
    axes[1].set(ylabel="class", xlabel="middle of the window (s)", xlim=(0, seconds[-1]))
    return figure


def sounds_grid(sounds: np.ndarray, titles: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw the spectrograms of six sounds, three in a row, each under its title."""
    figure, axes = plt.subplots(2, 3, figsize=(plots.WIDTH_INCHES, 3.8), sharex=True, sharey=True)
    for axis, sound, title in zip(axes.flat, sounds, titles, strict=True):
        _draw_spectrogram(axis, sound)
        axis.set_title(title, fontsize=9)
        axis.set_yticks([0, 0.7, 1.2, 1.6])
    figure.supxlabel("time (ms)", fontsize=10)
    figure.supylabel("frequency (kHz)", fontsize=10)
    return figure
