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


def draw_spectrogram(axis, sound: np.ndarray) -> None:
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
    draw_spectrogram(axes[2], noisy)
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
