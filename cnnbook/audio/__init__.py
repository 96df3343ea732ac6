"""Telephone keys in noise as training data, the field's detector, and pictures of sounds."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from cnnbook import checks
from cnnbook.applications.tones import (
    HIGH_GROUP,
    KEYS,
    LOW_GROUP,
    NO_KEY,
    SAMPLE_RATE,
    SNR_LIMIT,
    WINDOW,
    noise,
    tone_pairs,
)

#: what networks are trained on: a third of the windows hold no key
TRAINING_CLASSES = (*range(NO_KEY), *[NO_KEY] * (NO_KEY // 2))
TONE_SAMPLES = (320, 520)  # 40 to 65 ms: from what a receiver must accept on
SNIPPET_SAMPLES = 160  # 20 ms: shorter than what it must leave alone
LEVEL_DB = 6.0  # how far the level of a window differs from 1, up and down
FRAME, HOP = 256, 64  # samples, of a spectrogram


def frequencies(key: str) -> tuple[int, int]:
    """Return the low and the high frequency of a key, in hertz."""
    row, column = divmod(list(KEYS).index(key), 4)
    return LOW_GROUP[row], HIGH_GROUP[column]


def windows(
    count: int,
    snr_db: float | tuple[float, float],
    kinds: Sequence[str | Callable],
    random: np.random.Generator,
    classes: Sequence[int] = range(NO_KEY + 1),
) -> tuple[np.ndarray, np.ndarray]:
    """Return sounds of shape (count, 800, 1) that hold a key in noise, or none, and their labels.

    A key sounds for 40 to 65 ms at a random place. In half of the windows without a key, up to
    20 ms of one reach in over the edge. The signal-to-noise ratio, or the range that it is drawn
    from, is the power of both tones while they sound over the mean power of the noise. The level
    of a window is 1 (root mean square), give or take up to 6 dB. A label is one of ``classes``,
    the noise one of ``kinds`` (a name in `tones.NOISES`, or a function), all equally likely.
    """
    low, high = (
        checks.number("snr_db", x, -SNR_LIMIT, SNR_LIMIT) for x in np.broadcast_to(snr_db, 2)
    )
    labels = np.asarray(classes)[random.integers(0, len(classes), count)]
    lengths = random.integers(*TONE_SAMPLES, count, endpoint=True)
    starts = random.integers(0, WINDOW - lengths, endpoint=True)
    empty = labels == NO_KEY
    snippets = random.integers(1, SNIPPET_SAMPLES, count, endpoint=True)
    snippets = np.where(random.random(count) < 0.5, snippets, 0)
    at_start = random.random(count) < 0.5
    lengths = np.where(empty, snippets, lengths)
    starts = np.where(empty, np.where(at_start, 0, WINDOW - snippets), starts)
    sounding = np.where(empty, random.integers(0, NO_KEY, count), labels)
    sounds = tone_pairs(sounding, starts, lengths, WINDOW, random)
    ratio = random.uniform(low, high, (count, 1)).astype(np.float32)
    kind_of = random.integers(0, len(kinds), count)
    for number, kind in enumerate(kinds):
        rows = np.flatnonzero(kind_of == number)
        if len(rows):
            draw = kind if callable(kind) else partial(noise, kind)
            sounds[rows] += 10 ** (-ratio[rows] / 20) * draw(len(rows), WINDOW, random)
    level = 10 ** (random.uniform(-LEVEL_DB, LEVEL_DB, (count, 1)) / 20)
    sounds *= level / np.sqrt(np.mean(np.square(sounds), axis=1, keepdims=True))
    return sounds[..., None].astype(np.float32), labels


def _rows(sounds: np.ndarray) -> np.ndarray:
    """Return sounds of shape (N, samples), without the axis of a single channel."""
    sounds = np.asarray(sounds)
    sounds = sounds.squeeze(2) if sounds.ndim == 3 else sounds
    return checks.array("sounds", sounds, "uif", "(N, samples)")


def tone_power(
    sounds: np.ndarray, hertz: Sequence[float], block: int = 205, hop: int = 40
) -> np.ndarray:
    r"""Return the power of blocks of sounds at some frequencies, (N, blocks, frequencies).

    .. math:: \frac{1}{B} \Bigl| \sum_{t=0}^{B-1} x_t\, e^{-2\pi i f t / R} \Bigr|^2

    with :math:`B` samples a block and the rate :math:`R`, as Goertzel's recurrence (1958) gives
    it. Noise of power 1 gives 1 on average.
    """
    sounds = _rows(sounds)
    hertz = checks.array("hertz", hertz, "uif", "(frequencies,)")
    block, hop = checks.integer("block", block), checks.integer("hop", hop)
    angle = 2 * np.pi * np.outer(np.arange(block), hertz) / SAMPLE_RATE
    waves = np.concatenate([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(sounds, block, axis=1)[:, ::hop]
    parts = (cut @ waves).reshape(*cut.shape[:2], 2, len(hertz))
    return np.square(parts).sum(axis=2) / block


def goertzel_scores(
    sounds: np.ndarray,
    block: int = 205,
    detuning: Sequence[float] = (0.0,),
    average: bool = False,
) -> np.ndarray:
    """Score the 16 keys, (N, 16), by the largest power of a block at a key's two frequencies.

    Each frequency is also tried changed by the shares ``detuning``, and the largest power counts;
    ``average`` takes the mean over the blocks rather than the largest.
    """
    nominal = np.array(LOW_GROUP + HIGH_GROUP)
    hertz = np.concatenate([nominal * (1 + share) for share in detuning])
    power = tone_power(sounds, hertz, block)
    power = power.reshape(*power.shape[:2], len(detuning), 8).max(axis=2)
    pairs = power[..., :4, None] + power[..., None, 4:]
    pairs = pairs.mean(axis=1) if average else pairs.max(axis=1)
    return pairs.reshape(len(sounds), 16)


def log_spectrogram(sounds: np.ndarray) -> np.ndarray:
    """Return ln(power + 0.01) below 2 kHz, frame by frame: float32, (N, frames, 64, 1).

    A frame holds 256 samples under a Hann window, 64 after the one before. Frequency number k is
    k times 31.25 Hz.
    """
    import tensorflow as tf

    pictures = []
    for some in np.array_split(_rows(sounds), -(-len(sounds) // 2000)):  # not a gigabyte at once
        spectrum = tf.signal.stft(some.astype(np.float32), FRAME, HOP)[..., : FRAME // 4]
        pictures.append(np.log(np.square(np.abs(spectrum.numpy())) / FRAME + 1e-2))
    return np.concatenate(pictures)[..., None]
