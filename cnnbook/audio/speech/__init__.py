"""Recorded voices, and what networks are shown of them; who speaks is in ``NOTICE.md``."""

import pathlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from cnnbook import checks

STORED = pathlib.Path(__file__).parent / "speech.npz"
FRAME, HOP, BANDS, LOWEST_HZ = 256, 128, 32, 100  # samples, at 8,000 a second; of a picture


class Recording(NamedTuple):
    """Who says what in which language, and the sound, of shape (samples,)."""

    person: str
    language: str
    said: str
    sound: np.ndarray


def load(file: pathlib.Path = STORED) -> list[Recording]:
    """Return recordings whose samples are stored in 8 bits, fine near 0 and coarse far off."""
    with np.load(file, allow_pickle=False) as stored:
        level = stored["samples"].astype(np.float32) / 127.5 - 1
        sounds = np.split(np.sign(level) * (256 ** np.abs(level) - 1) / 255, stored["ends"][:-1])
        return [Recording(*map(str, row), s) for row, s in zip(stored["rows"], sounds, strict=True)]


def band_filters() -> np.ndarray:
    """Return triangles over the frequencies of a frame, (129, bands), even on the mel scale."""
    mel = np.linspace(*(2595 * np.log10(1 + np.array([LOWEST_HZ, 4000]) / 700)), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hertz = np.arange(FRAME // 2 + 1)[:, None] * 8000 / FRAME
    sides = (hertz - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - hertz) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(*sides)).astype(np.float32)


def picture(sound: np.ndarray, seconds: float = 1.0) -> np.ndarray:
    """Return levels of bands by time, (frames, bands), from 0 (60 dB below the loudest) to 1."""
    sound = checks.array("sound", sound, "uif", "(samples,)").astype(np.float32)
    middle = np.average(np.arange(len(sound)), weights=np.square(sound) + 1e-20)
    length = round(seconds * 8000)
    cut = np.pad(sound, length)[round(middle) + length - length // 2 :][:length]
    frames = np.lib.stride_tricks.sliding_window_view(cut, FRAME)[::HOP]
    bell = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
    decibels = 10 * np.log10(np.abs(np.fft.rfft(frames * bell)) ** 2 @ band_filters() + 1e-20)
    return np.clip((decibels - decibels.max()) / 60 + 1, 0, 1).astype(np.float32)


def babble(sounds: Sequence[np.ndarray]) -> Callable:
    """Return a kind of noise: three voices at once, from random places of recordings joined."""
    joined = np.concatenate(sounds)

    def draw(count: int, samples: int, random: np.random.Generator) -> np.ndarray:
        starts = random.integers(0, len(joined) - samples, (3, count, 1))
        rows = sum(joined[start + np.arange(samples)] for start in starts)
        return rows / np.sqrt(np.mean(np.square(rows), axis=1, keepdims=True) + 1e-12)

    return draw
