"""The figures of the chapter "Hear telephone keys"."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import audio, checks, plots

TONES = audio.LOW_GROUP + audio.HIGH_GROUP
SPECTROGRAM_FRAME = 256  # samples
# Kinds of noise that `spectra` can tell apart: colour and line.
SPECTRA_STYLES = ((plots.BLUE, "-"), (plots.PURPLE, "--"), (plots.VERMILION, "-."))
# Name of a method in the results: what it is called in a figure, its colour, line and mark.
STYLES = {
    "raw": ("network on samples", plots.BLUE, "-", "o"),
    "spectrogram": ("network on spectrograms", plots.ORANGE, "-", "s"),
    "trained with babble": ("on samples, trained with babble", plots.PURPLE, "-", "v"),
    "Goertzel, textbook": ("Goertzel, textbook", plots.GREY, "--", "^"),
    "Goertzel, tuned": ("Goertzel, tuned", plots.BLACK, ":", "D"),
}


def spectrogram_decibels(sound: np.ndarray, frame: int = 256, hop: int = 32) -> np.ndarray:
    """Return the power of a sound in decibels, axes (frequency below 2 kHz, time).

    Parameters
    ----------
    sound : array of shape (samples,)
    frame : samples of a frame, from 4 to those of the sound
    hop : samples from one frame to the next, 1 or more

    Raises
    ------
    TypeError
        If sound holds no numbers, or frame or hop is no integer.
    ValueError
        If sound has other axes or is not finite, a frame does not fit in, or hop is below 1.
    """
    frame, hop = checks.integer("frame", frame, least=4), checks.integer("hop", hop)
    sound = _sound("sound", sound, frame)
    cut = np.lib.stride_tricks.sliding_window_view(sound.astype(float), frame)[::hop]
    power = np.abs(np.fft.rfft(cut * np.hanning(frame)))[:, : frame // 4] ** 2
    return 10 * np.log10(power.T + 1e-9)


def _sound(name: str, value: np.ndarray, least: int, axes: str = "(samples,)") -> np.ndarray:
    """Return a sound, or rows of sounds, of so many samples at least."""
    sound = checks.array(name, value, "uif", axes)
    if sound.shape[-1] < least:
        raise ValueError(f"{name} must have {least} samples or more, got {sound.shape[-1]}.")
    return sound


def _draw_spectrogram(axis, sound: np.ndarray, reach_decibels: float = 35) -> None:
    """Draw a spectrogram with dark for loud, the x axis in milliseconds of the frames' middles."""
    frame, hop = SPECTROGRAM_FRAME, 8
    levels = spectrogram_decibels(sound, frame, hop)
    first = 1000 * frame / 2 / audio.SAMPLE_RATE
    last = first + 1000 * hop * (levels.shape[1] - 1) / audio.SAMPLE_RATE
    axis.imshow(
        levels, origin="lower", aspect="auto", extent=(first, last, 0, 2),
        vmax=levels.max(), vmin=levels.max() - reach_decibels,
    )  # fmt: skip


def key_in_noise(
    clean: np.ndarray, noisy: np.ndarray, titles: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw a clean tone, the same tone in noise, and the spectrogram of the noisy one.

    Parameters
    ----------
    clean, noisy : arrays of shape (samples,), as long as each other, 256 samples or more
    titles : three short texts

    Raises
    ------
    TypeError
        If a sound holds no numbers.
    ValueError
        If the sounds have other shapes or are not finite, or titles are not three.
    """
    clean, noisy = (
        _sound(name, sound, SPECTROGRAM_FRAME)
        for name, sound in (("clean", clean), ("noisy", noisy))
    )
    if clean.shape != noisy.shape:
        raise ValueError(f"noisy must have the shape {clean.shape} of clean, got {noisy.shape}.")
    if len(titles) != 3:
        raise ValueError(f"titles must be three, got {len(titles)}.")
    figure, axes = plt.subplots(3, 1, figsize=(plots.WIDTH_INCHES, 5.6), height_ratios=(1, 1, 1.5))
    milliseconds = 1000 * np.arange(len(clean)) / audio.SAMPLE_RATE
    for axis, sound, title in zip(axes[:2], (clean, noisy), titles[:2], strict=True):
        axis.plot(milliseconds, sound, color=plots.BLUE, linewidth=0.7)
        axis.set(ylabel="amplitude", xlim=(0, milliseconds[-1]), title=title)
    axes[1].set(xlabel="time (ms)")
    _draw_spectrogram(axes[2], noisy, reach_decibels=20)
    axes[2].set(ylabel="frequency (kHz)", xlabel="time (ms)", title=titles[2])
    axes[2].set(xlim=(0, milliseconds[-1]))  # a column under the sound that it describes
    return figure


def spectra(sounds: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw the mean power spectra of kinds of noise, with the eight tones marked.

    Parameters
    ----------
    sounds : name to array of shape (N, samples), one to three of them

    Raises
    ------
    TypeError
        If an array holds no numbers.
    ValueError
        If there are none or more than three, or one has other axes or is not finite.
    """
    if not 1 <= len(sounds) <= len(SPECTRA_STYLES):
        raise ValueError(f"sounds must be 1 to {len(SPECTRA_STYLES)}, got {len(sounds)}.")
    sounds = {
        name: _sound(f"sounds[{name!r}]", rows, 2, "(N, samples)") for name, rows in sounds.items()
    }
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3.2))
    styles = SPECTRA_STYLES[: len(sounds)]
    for (name, rows), (color, line) in zip(sounds.items(), styles, strict=True):
        samples = rows.shape[1]
        power = np.mean(np.abs(np.fft.rfft(rows)) ** 2, axis=0) / samples
        hertz = np.fft.rfftfreq(samples, 1 / audio.SAMPLE_RATE)
        axis.plot(hertz[1:] / 1000, 10 * np.log10(power[1:]), line, color=color, label=name, lw=1.6)
    for tone in TONES:
        axis.axvline(tone / 1000, color=plots.GREY, linewidth=0.6, zorder=0)
    axis.set(xlabel="frequency (kHz)", ylabel="power (dB)", xlim=(0, 4), ylim=(-25, 25))
    axis.legend(loc="upper right")
    return figure


def waves(kernels: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw rows of weights against time in milliseconds, one panel each.

    Parameters
    ----------
    kernels : title to array of shape (samples,), one or more of them

    Raises
    ------
    TypeError
        If an array holds no numbers.
    ValueError
        If there are none, or one has other axes, fewer than two samples, or is not finite.
    """
    if not kernels:
        raise ValueError("kernels must hold one row of weights or more, got none.")
    kernels = {
        title: _sound(f"kernels[{title!r}]", weights, 2) for title, weights in kernels.items()
    }
    figure, axes = plt.subplots(
        len(kernels), 1, figsize=(plots.WIDTH_INCHES, 0.5 + 1.1 * len(kernels)), sharex=True
    )
    for axis, (title, weights) in zip(np.atleast_1d(axes), kernels.items(), strict=True):
        milliseconds = 1000 * np.arange(len(weights)) / audio.SAMPLE_RATE
        axis.plot(milliseconds, weights, color=plots.BLUE, linewidth=1)
        axis.axhline(0, color=plots.GREY, linewidth=0.6)
        axis.set_title(title, fontsize=10)
        axis.set(xlim=(0, milliseconds[-1]), ylabel="weight")
    axis.set(xlabel="time (ms)")
    return figure


def filter_responses(before: np.ndarray, after: np.ndarray) -> matplotlib.figure.Figure:
    """Draw how strongly each filter answers each frequency, before and after training.

    Parameters
    ----------
    before, after : arrays of shape (filters, frequencies), from 0 to 2 kHz, each filter's largest
        value being 1; drawn sorted by the frequency of the largest

    Raises
    ------
    TypeError
        If an array holds no numbers.
    ValueError
        If an array has other axes, is empty, or not finite.
    """
    before, after = (
        checks.array(name, responses, "uif", "(filters, frequencies)")
        for name, responses in (("before", before), ("after", after))
    )
    for name, responses in (("before", before), ("after", after)):
        if not responses.size:
            raise ValueError(f"{name} must not be empty, got the shape {responses.shape}.")
    figure, axes = plt.subplots(2, 1, figsize=(plots.WIDTH_INCHES, 5.6), sharex=True)
    for axis, responses, title in zip(
        axes, (before, after), ("before training", "after training"), strict=True
    ):
        order = np.argsort(responses.argmax(axis=1))
        axis.imshow(
            responses[order],
            aspect="auto",
            extent=(0, 2, len(responses) + 0.5, 0.5),
            vmin=0,
            vmax=1,
        )
        for tone in TONES:
            axis.plot([tone / 1000] * 2, [0, -1.6], color=plots.VERMILION, lw=2, clip_on=False)
        axis.set(ylabel="filter, sorted", yticks=[1, len(responses)])
        axis.set_title(title, pad=12)
    axes[1].set(xlabel="frequency (kHz); marks above: the eight tones")
    return figure


def accuracy_by_ratio(
    tables: dict[str, dict[str, dict[float, tuple[float, float, float]]]],
) -> matplotlib.figure.Figure:
    """Draw accuracy against the signal-to-noise ratio, a panel for each kind of noise.

    Parameters
    ----------
    tables : title of a panel to name of a method, one of ``STYLES``, to ratio in decibels to
        (accuracy, lowest, highest), from 0 to 1

    Raises
    ------
    ValueError
        If there is no panel, a panel has no method or an unknown one, or a method has not three
        numbers for a ratio or more.
    """
    if not tables:
        raise ValueError("tables must hold one panel or more, got none.")
    for title, methods in tables.items():
        if not methods or set(methods) - set(STYLES):
            raise ValueError(
                f"tables must have methods out of {', '.join(STYLES)} in each panel, "
                f"got {', '.join(methods) or 'none'} in {title!r}."
            )
        for name, row in methods.items():
            if not row or any(np.shape(values) != (3,) for values in row.values()):
                raise ValueError(
                    "tables must have (accuracy, lowest, highest) for each ratio, "
                    f"got {row} for {name!r} in {title!r}."
                )
    figure, axes = plt.subplots(
        len(tables), 1, figsize=(plots.WIDTH_INCHES, 0.9 + 2.2 * len(tables)), sharex=True
    )
    for axis, (title, methods) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        for name, row in methods.items():
            label, color, line, marker = STYLES[name]
            ratios = list(row)
            middle, low, high = 100 * np.array(list(row.values())).T
            axis.fill_between(ratios, low, high, color=color, alpha=0.2, linewidth=0)
            axis.plot(
                ratios, middle, line, color=color, marker=marker, markersize=4, lw=1.4, label=label
            )
        axis.axhline(100 / 16, color=plots.GREY, linewidth=0.8, linestyle=(0, (1, 3)))
        axis.set(ylabel="keys read (%)", ylim=(0, 102), title=title)
        axis.grid(color="#DDDDDD", linewidth=0.6)
    axis.set(xlabel="signal-to-noise ratio (dB)")
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=9)
    return figure


def parts_that_matter(values: dict[str, dict[str, Sequence[float]]]) -> matplotlib.figure.Figure:
    """Draw accuracies of variants, a dot a seed, side by side for some conditions.

    Parameters
    ----------
    values : title of a panel to name of a variant to its accuracies, from 0 to 1; the first
        variant is marked by a line through all rows; all panels have the same variants in order

    Raises
    ------
    ValueError
        If there is no panel, panels differ in their variants, or a variant has no accuracy.
    """
    if not values:
        raise ValueError("values must hold one panel or more, got none.")
    names = list(next(iter(values.values())))
    for title, variants in values.items():
        if list(variants) != names or not names:
            raise ValueError(
                f"values must have the same variants in each panel, one or more, got {names} and, "
                f"in {title!r}, {list(variants)}."
            )
        for name, accuracies in variants.items():
            if not len(accuracies):
                raise ValueError(
                    f"values must have one accuracy or more for each variant, got none for "
                    f"{name!r} in {title!r}."
                )
    figure, axes = plt.subplots(
        len(values), 1, figsize=(plots.WIDTH_INCHES, (0.7 + 0.27 * len(names)) * len(values)),
        sharex=True,
    )  # fmt: skip
    for axis, (title, variants) in zip(np.atleast_1d(axes), values.items(), strict=True):
        axis.axvline(100 * np.mean(variants[names[0]]), color=plots.BLUE, lw=1, linestyle="--")
        for row, (name, accuracies) in enumerate(variants.items()):
            color = plots.BLUE if name == names[0] else plots.BLACK
            percent = 100 * np.array(accuracies)
            axis.scatter(percent, [row] * len(percent), color=color, alpha=0.7, s=22, zorder=3)
            axis.plot([percent.mean()] * 2, [row - 0.3, row + 0.3], color=color, linewidth=2)
        axis.set(yticks=range(len(names)), title=title, xlim=(0, 100))
        shown = {"raw": "network on samples", "spectrogram": "on spectrograms"}
        axis.set_yticklabels([shown.get(name, name) for name in names], fontsize=9)
        axis.invert_yaxis()
        axis.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axis.set(xlabel="keys read (%)")
    return figure


def read_along(
    recording: np.ndarray, probabilities: np.ndarray, step_ms: float = 4, window_ms: float = 100
) -> matplotlib.figure.Figure:
    """Draw a recording and, below it, the probability of each class in the window around a time.

    Parameters
    ----------
    recording : array of shape (samples,)
    probabilities : array of shape (steps, 17)
    step_ms, window_ms : from one answer to the next, and the length that each answer is about

    Raises
    ------
    TypeError
        If an argument holds no numbers.
    ValueError
        If an array has another shape or is not finite, or a time is not positive.
    """
    recording = _sound("recording", recording, 2)
    probabilities = checks.array("probabilities", probabilities, "uif", "(steps, 17)")
    if probabilities.shape[1] != audio.CLASS_COUNT or not len(probabilities):
        raise ValueError(
            f"probabilities must have the shape (steps, 17), one step or more, "
            f"got {probabilities.shape}."
        )
    for name, milliseconds in (("step_ms", step_ms), ("window_ms", window_ms)):
        checks.number(name, milliseconds, 0, open_=True)
    figure, axes = plt.subplots(
        2, 1, figsize=(plots.WIDTH_INCHES, 5), height_ratios=(1, 2.6), sharex=True
    )
    seconds = np.arange(len(recording)) / audio.SAMPLE_RATE
    axes[0].plot(seconds, recording, color=plots.BLUE, linewidth=0.4)
    axes[0].set(ylabel="amplitude")
    begin = window_ms / 2000
    end = begin + step_ms / 1000 * len(probabilities)
    axes[1].imshow(probabilities.T, aspect="auto", extent=(begin, end, 16.5, -0.5), vmin=0, vmax=1)
    names = [*audio.KEYS, "none"]
    axes[1].set_yticks(range(17), names, fontsize=8)
    axes[1].set(ylabel="class", xlabel="middle of the window (s)", xlim=(0, seconds[-1]))
    return figure


def sounds_grid(sounds: np.ndarray, titles: Sequence[str]) -> matplotlib.figure.Figure:
    """Draw the spectrograms of windows, three in a row, each under its title.

    Parameters
    ----------
    sounds : array of shape (N, samples), one sound or more, of 256 samples or more
    titles : N short texts

    Raises
    ------
    TypeError
        If sounds hold no numbers.
    ValueError
        If sounds have another shape or are not finite, or there is not one title for each.
    """
    sounds = _sound("sounds", sounds, SPECTROGRAM_FRAME, "(N, samples)")
    if not len(sounds) or len(titles) != len(sounds):
        raise ValueError(
            f"titles must hold a text for each sound, one at least, got {len(titles)} for "
            f"{len(sounds)} sounds."
        )
    rows = -(-len(sounds) // 3)
    figure, axes = plt.subplots(
        rows, 3, figsize=(plots.WIDTH_INCHES, 1.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axis, sound, title in zip(axes.flat[: len(sounds)], sounds, titles, strict=True):
        _draw_spectrogram(axis, sound, reach_decibels=20)
        axis.set_title(title, fontsize=9)
        axis.set_yticks([0, 0.7, 1.2, 1.6])
    figure.supxlabel("time (ms)", fontsize=10)
    figure.supylabel("frequency (kHz)", fontsize=10)
    return figure
