"""Telephone keys as sound: their tones, noise of a stated strength, the field's detector, players.

The chapter "Hear telephone keys" explains each; ``benchmarks/audio.py`` trains the networks over
seeds. Sounds are float arrays, 8,000 samples a second, of any unit.
"""

from __future__ import annotations

import base64
import html
import io
import wave
from collections.abc import Sequence

import keras
import numpy as np

from cnnbook import checks

SAMPLE_RATE = 8000
#: hertz, the row of a key and its column (ITU-T Recommendation Q.23)
LOW_GROUP = (697, 770, 852, 941)
HIGH_GROUP = (1209, 1336, 1477, 1633)
#: the sixteen keys, row by row: the class of a key is its place here
KEYS = "123A456B789C*0#D"
NO_KEY = 16
CLASS_COUNT = 17
#: what networks are trained on: a third of the windows hold no key
TRAINING_CLASSES = (*range(NO_KEY), *[NO_KEY] * (NO_KEY // 2))

WINDOW = 800  # samples, a tenth of a second
TONE_SAMPLES = (320, 520)  # 40 to 65 ms: from what a receiver must accept on
SNIPPET_SAMPLES = 160  # 20 ms: shorter than what it must leave alone
DEVIATION = 0.015  # share of the frequency that a receiver must tolerate, up and down
TWIST_DB = (-8.0, 4.0)  # level of the high tone over the low tone
LEVEL_DB = 6.0  # how far the level of a window differs from 1, up and down

NOISES = ("white", "pink", "babble")
VOICES = 3
# Spectrograms made at once: the transform of all training windows would take a gigabyte.
SOUNDS_AT_ONCE = 2_000
SPLITS = ("training", "validation", "test")
#: decibels either way: far beyond it, one of tone and noise is lost in rounding
SNR_LIMIT = 200
#: milliseconds of a tone or a pause of `dial`: from one sample to a minute
TIME_LIMITS = (1000 / SAMPLE_RATE, 60_000)


def generator(split: str, seed: int) -> np.random.Generator:
    """Return the generator of one split and seed; no two of them share a stream of numbers.

    Parameters
    ----------
    split : one of ``SPLITS``
    seed : a whole number from 0

    Returns
    -------
    generator of random numbers, at the start of its stream

    Raises
    ------
    TypeError
        If ``seed`` is no integer.
    ValueError
        If ``split`` is not one of ``SPLITS``, or ``seed`` is negative.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}.")
    seed = checks.integer("seed", seed, least=0)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SPLITS.index(split),)))


def frequencies(key: str) -> tuple[int, int]:
    """Return the low and the high frequency of a key, in hertz.

    Raises
    ------
    ValueError
        If there is no such key.
    """
    if not isinstance(key, str) or len(key) != 1 or key not in KEYS:
        raise ValueError(f"key must be one of {KEYS}, got {key!r}.")
    row, column = divmod(KEYS.index(key), 4)
    return LOW_GROUP[row], HIGH_GROUP[column]


def noise(kind: str, count: int, samples: int, random: np.random.Generator) -> np.ndarray:
    """Return noise, every realisation of mean power 1.

    Parameters
    ----------
    kind : "white" has the same power at all frequencies; "pink" has power that falls as one over
        the frequency; "babble" is three voices at a time, sums of the harmonics of a gliding
        pitch, loud around two formants as vowels are (there is no recorded speech in it)
    count : realisations
    samples : samples of each

    Returns
    -------
    float32 array of shape (count, samples)

    Raises
    ------
    TypeError
        If a number is no integer.
    ValueError
        If ``kind`` is not one of ``NOISES``, or a number is below 1 (below 2 for samples).
    """
    if kind not in NOISES:
        raise ValueError(f"kind must be one of {', '.join(NOISES)}, got {kind!r}.")
    count = checks.integer("count", count)
    samples = checks.integer("samples", samples, least=2)
    if kind == "babble":
        sounds = sum(_voices(count, samples, random) for _ in range(VOICES))
    else:
        sounds = random.standard_normal((count, samples), dtype=np.float32)
    if kind == "pink":
        spectrum = np.fft.rfft(sounds)
        spectrum[:, 1:] /= np.sqrt(np.arange(1, spectrum.shape[1]))
        spectrum[:, 0] = 0
        sounds = np.fft.irfft(spectrum, samples)
    sounds = sounds / np.sqrt(np.mean(np.square(sounds), axis=1, keepdims=True))
    return sounds.astype(np.float32)


def _voices(count: int, samples: int, random: np.random.Generator) -> np.ndarray:
    """Return one vowel-like voice a row: harmonics of a gliding pitch under two formants."""
    seconds = np.arange(samples, dtype=np.float32) / SAMPLE_RATE

    def draw(low, high):
        return random.uniform(low, high, (count, 1)).astype(np.float32)

    pitch, vibrato, start = draw(90, 240), draw(0.01, 0.06), draw(0, 2 * np.pi)
    wobble = vibrato * np.sin(2 * np.pi * draw(2, 6) * seconds + draw(0, 2 * np.pi))
    # The glide is an integral of the pitch: at 2 to 6 Hz it moves the phase by a few radians.
    phase = start + 2 * np.pi * pitch * (seconds + wobble / 20)
    formants = ((draw(300, 800), 90.0, 1.0), (draw(900, 2300), 130.0, 0.6))
    twice_cosine = 2 * np.cos(phase)
    before, now = np.ones_like(phase), twice_cosine / 2
    sound = np.zeros_like(phase)
    for harmonic in range(1, 3400 // 90 + 1):
        frequency = harmonic * pitch
        level = sum(
            strength / (1 + np.square((frequency - middle) / width))
            for middle, width, strength in formants
        )
        sound += np.where(frequency < 3400, level, 0) * now
        before, now = now, twice_cosine * now - before  # cos((n + 1) x) from cos(n x)
    syllable = 0.6 + 0.4 * np.sin(2 * np.pi * draw(2, 6) * seconds + draw(0, 2 * np.pi))
    loud = np.sqrt(np.mean(np.square(sound), axis=1, keepdims=True))
    return 10 ** (draw(-6, 0) / 20) * syllable * sound / loud


def _ends(name: str, value: object, least: float, most: float) -> tuple[float, float]:
    """Return the ends of a range that is given as one number or as (low, high)."""
    ends = tuple(value) if np.iterable(value) else (value, value)
    if len(ends) != 2:
        raise ValueError(f"{name} must be a number or (low, high), got {value!r}.")
    low, high = (checks.number(name, end, least, most) for end in ends)
    if low > high:
        raise ValueError(f"{name} must be a number or (low, high), got {value!r}.")
    return low, high


def tone_pairs(
    labels: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
    samples: int,
    random: np.random.Generator,
    deviation: float | tuple[float, float] = (-DEVIATION, DEVIATION),
) -> np.ndarray:
    """Return pairs of tones of total power 1, with random phases, deviations and twist.

    Parameters
    ----------
    labels : integer array of shape (N,), from 0 to 15
    starts, lengths : integer arrays of shape (N,): where each pair begins and how long it sounds,
        from 0 to ``samples``; what would sound behind the end of the row is cut off
    samples : samples of a row, 1 or more
    random : phases, deviations and twist come from here
    deviation : share by which both frequencies are off, or the range that each is drawn from;
        from -1 to 1

    Returns
    -------
    float32 array of shape (N, samples), 0 where nothing sounds. The two amplitudes :math:`a, b`
    have :math:`(a^2 + b^2) / 2 = 1`.

    Raises
    ------
    TypeError
        If labels, starts or lengths are no integers, or another argument is no number.
    ValueError
        If labels, starts and lengths have not one shape (N,), or a number is out of range.
    """
    samples = checks.integer("samples", samples)
    labels = checks.labels("labels", labels, NO_KEY - 1)
    starts = checks.labels("starts", starts, samples)
    lengths = checks.labels("lengths", lengths, samples)
    for name, places in (("starts", starts), ("lengths", lengths)):
        if places.shape != labels.shape:
            raise ValueError(
                f"{name} must have the shape {labels.shape} of labels, got {places.shape}."
            )
    low_share, high_share = _ends("deviation", deviation, -1, 1)
    count = len(labels)
    row, column = np.divmod(labels, 4)
    twist = 10 ** (random.uniform(*TWIST_DB, count) / 20)
    low = np.sqrt(2 / (1 + twist**2))
    at = np.arange(samples, dtype=np.float32)
    pairs = np.zeros((count, samples), np.float32)
    for nominal, amplitude in (
        (np.array(LOW_GROUP)[row], low),
        (np.array(HIGH_GROUP)[column], twist * low),
    ):
        hertz = nominal * (1 + random.uniform(low_share, high_share, count))
        step = (2 * np.pi * hertz / SAMPLE_RATE).astype(np.float32)[:, None]
        phase = random.uniform(0, 2 * np.pi, count).astype(np.float32)[:, None]
        pairs += amplitude.astype(np.float32)[:, None] * np.sin(step * at + phase)
    return pairs * ((at >= starts[:, None]) & (at < (starts + lengths)[:, None]))


def windows(
    count: int,
    snr_db: float | tuple[float, float],
    kinds: Sequence[str],
    random: np.random.Generator,
    classes: Sequence[int] = range(CLASS_COUNT),
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return windows of a tenth of a second that hold a key in noise, or no key.

    A key sounds for 40 to 65 ms at a random place. In half of the windows without a key, up to
    20 ms of one reach in over the edge. The signal-to-noise ratio is

    .. math:: 10 \log_{10} \frac{(a^2 + b^2) / 2}{\overline{n^2}},

    the power of both tones while they sound over the mean power of the noise in the window, all
    frequencies up to 4 kHz. Then the level of the window is set to 1 (root mean square), give or
    take up to 6 dB.

    Parameters
    ----------
    count : windows
    snr_db : signal-to-noise ratio in decibels, or the ends of the range that it is drawn from;
        from -200 to 200
    kinds : each window's noise is one of these, see `noise`
    random : all that is random comes from here
    classes : every window's label is one of these, all equally likely; one that is named more
        often comes up more often

    Returns
    -------
    sounds : float32 array of shape (count, 800, 1), axes (batch, time, channels)
    labels : integer array of shape (count,), the place of the key in ``KEYS``, or 16

    Raises
    ------
    TypeError
        If count, snr_db or a class is no such number.
    ValueError
        If count is below 1, kinds or classes holds none or an unknown one, or the range is upside
        down, too wide or not finite.
    """
    count = checks.integer("count", count)
    if isinstance(kinds, str) or not kinds or any(kind not in NOISES for kind in kinds):
        raise ValueError(f"kinds must be a list of some of {', '.join(NOISES)}, got {kinds!r}.")
    low, high = _ends("snr_db", snr_db, -SNR_LIMIT, SNR_LIMIT)
    classes = checks.labels("classes", classes, NO_KEY)
    if not len(classes):
        raise ValueError(f"classes must be some of 0 to {NO_KEY}, got none.")
    labels = classes[random.integers(0, len(classes), count)]
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
            sounds[rows] += 10 ** (-ratio[rows] / 20) * noise(kind, len(rows), WINDOW, random)
    level = 10 ** (random.uniform(-LEVEL_DB, LEVEL_DB, (count, 1)) / 20)
    sounds *= level / np.sqrt(np.mean(np.square(sounds), axis=1, keepdims=True))
    return sounds[..., None].astype(np.float32), labels


def dial(
    number: str,
    snr_db: float,
    kind: str,
    random: np.random.Generator,
    tone_ms: float = 60,
    pause_ms: float = 140,
) -> np.ndarray:
    """Return a recording of a number that is dialled in noise.

    Parameters
    ----------
    number : keys, one after the other
    snr_db : as in `windows`, with the mean power of the noise over the whole recording; one
        number from -200 to 200
    kind : see `noise`
    tone_ms, pause_ms : how long a key sounds, and the silence before, between and after the keys;
        from 0.125, a sample, to 60,000

    Returns
    -------
    float32 array of shape (samples,), of root mean square 1

    Raises
    ------
    TypeError
        If number is no text, or another argument is no number.
    ValueError
        If the number is empty or holds something else than keys, or the ratio or a time is out of
        range.
    """
    if not np.iterable(number):
        raise TypeError(f"number must be a string of keys out of {KEYS}, got {number!r}.")
    keys = tuple(number)
    if not keys or not all(isinstance(key, str) and key in tuple(KEYS) for key in keys):
        raise ValueError(f"number must hold keys out of {KEYS}, got {number!r}.")
    checks.number("snr_db", snr_db, -SNR_LIMIT, SNR_LIMIT)
    for name, ms in (("tone_ms", tone_ms), ("pause_ms", pause_ms)):
        checks.number(name, ms, *TIME_LIMITS)
    tone, pause = (round(ms * SAMPLE_RATE / 1000) for ms in (tone_ms, pause_ms))
    labels = np.array([KEYS.index(key) for key in keys])
    zeros = np.zeros(len(labels), int)
    pairs = tone_pairs(labels, zeros, zeros + tone, tone + pause, random).ravel()
    sound = np.concatenate([np.zeros(pause, np.float32), pairs])
    sound = sound + 10 ** (-snr_db / 20) * noise(kind, 1, len(sound), random)[0]
    return (sound / np.sqrt(np.mean(np.square(sound)))).astype(np.float32)


def _rows(sounds: np.ndarray) -> np.ndarray:
    """Return sounds of shape (N, samples) or (N, samples, 1) without the axis of the channel."""
    try:
        rows = np.asarray(sounds)
    except ValueError:
        raise TypeError("sounds must be an array, got rows of unequal length.") from None
    if rows.ndim == 3 and rows.shape[2] == 1:
        rows = rows[..., 0]
    if rows.ndim != 2 or not len(rows):
        raise ValueError(
            "sounds must have the shape (N, samples) or (N, samples, 1), N 1 or more, "
            f"got {rows.shape}."
        )
    return checks.array("sounds", rows, "uif", "(N, samples)")


def tone_power(
    sounds: np.ndarray, hertz: Sequence[float], block: int = 205, hop: int | None = None
) -> np.ndarray:
    r"""Return the power of blocks of a sound at some frequencies, as Goertzel's recurrence would.

    .. math:: \frac{1}{B} \Bigl| \sum_{t=0}^{B-1} x_t\, e^{-2\pi i f t / R} \Bigr|^2

    with :math:`B` samples a block and the rate :math:`R`. Noise of power 1 gives 1 on average.

    Parameters
    ----------
    sounds : array of shape (N, samples)
    hertz : frequencies
    block : samples of a block; 205 is the custom for telephone keys at 8,000 samples a second
    hop : samples from one block to the next, 1 or more; with None the blocks follow each other

    Returns
    -------
    float array of shape (N, blocks, frequencies)

    Raises
    ------
    TypeError
        If sounds or hertz are no numbers, or block or hop is no integer.
    ValueError
        If sounds or hertz has other axes or is not finite, a block does not fit in, or hop is
        below 1.

    References
    ----------
    Goertzel (1958), "An algorithm for the evaluation of finite trigonometric series".
    """
    sounds = checks.array("sounds", sounds, "uif", "(N, samples)")
    hertz = checks.array("hertz", hertz, "uif", "(frequencies,)")
    block = checks.integer("block", block, most=sounds.shape[1])
    hop = block if hop is None else checks.integer("hop", hop)
    angle = 2 * np.pi * np.outer(np.arange(block), hertz) / SAMPLE_RATE
    waves = np.concatenate([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(sounds, block, axis=1)[:, ::hop]
    parts = (cut @ waves).reshape(*cut.shape[:2], 2, len(hertz))
    return np.square(parts).sum(axis=2) / block


def goertzel_scores(
    sounds: np.ndarray,
    block: int = 205,
    hop: int | None = 40,
    detuning: Sequence[float] = (0.0,),
    average: bool = False,
) -> np.ndarray:
    """Score each key by the power of a block at its two frequencies.

    Parameters
    ----------
    sounds : array of shape (N, samples) or (N, samples, 1)
    block, hop : see `tone_power`
    detuning : each frequency is also tried changed by these shares, and the largest power counts
    average : take the mean over the blocks rather than the block of the largest power

    Returns
    -------
    float array of shape (N, 16); the largest is the answer

    Raises
    ------
    TypeError
        If sounds or detuning are no numbers, or block or hop is no integer.
    ValueError
        If sounds has another shape, detuning holds none, or a block does not fit in.
    """
    sounds = _rows(sounds)
    detuning = checks.array("detuning", detuning, "uif", "(shares,)")
    if not len(detuning):
        raise ValueError("detuning must hold one share or more, got none.")
    nominal = np.array(LOW_GROUP + HIGH_GROUP)
    hertz = np.concatenate([nominal * (1 + share) for share in detuning])
    power = tone_power(sounds, hertz, block, hop)
    power = power.reshape(*power.shape[:2], len(detuning), 8).max(axis=2)
    pairs = power[..., :4, None] + power[..., None, 4:]
    pairs = pairs.mean(axis=1) if average else pairs.max(axis=1)
    return pairs.reshape(len(sounds), 16)


def log_spectrogram(sounds: np.ndarray, frame: int = 256, hop: int | None = 64) -> np.ndarray:
    """Return the logarithm of the power at frequencies below 2 kHz, frame by frame.

    Parameters
    ----------
    sounds : array of shape (N, samples) or (N, samples, 1), N 1 or more
    frame : samples of a frame, weighted by a Hann window, from 4 to those of a sound
    hop : samples from one frame to the next, 1 or more; with None the frames follow each other

    Returns
    -------
    float32 array of shape (N, frames, frame // 4, 1): of the short-time Fourier transform of
    ``tf.signal.stft`` the lower half, which ends at 2 kHz; natural logarithm of the power + 0.01.
    Frequency number k is k times 8,000 Hz / frame.

    Raises
    ------
    TypeError
        If sounds are no numbers, or frame or hop is no integer.
    ValueError
        If sounds has another shape or is not finite, a frame does not fit in, or hop is below 1.
    """
    import tensorflow as tf

    sounds = _rows(sounds).astype(np.float32, copy=False)
    frame = checks.integer("frame", frame, least=4)
    if sounds.shape[1] < frame:
        raise ValueError(f"sounds must be {frame} samples long or more, got {sounds.shape[1]}.")
    hop = frame if hop is None else checks.integer("hop", hop)
    pictures = []
    for start in range(0, len(sounds), SOUNDS_AT_ONCE):
        some = sounds[start : start + SOUNDS_AT_ONCE]
        # Without fft_length, frames are padded to a power of two: other frequencies.
        spectrum = tf.signal.stft(some, frame, hop, fft_length=frame)[..., : frame // 4]
        pictures.append(np.log(np.square(np.abs(spectrum.numpy())) / frame + 1e-2))
    return np.concatenate(pictures)[..., None]


def raw_network(
    filter_length: int = 256,
    stride: int = 8,
    pool: int = 4,
    over_time: str = "average",
    filters: int = 32,
    learn_filters: bool = True,
) -> keras.Model:
    """Build the network that reads samples: input (N, time, 1), output (N, 17) logits.

    Parameters
    ----------
    filter_length : samples of a filter of the first layer
    stride : samples from one place of these filters to the next
    pool : places that are averaged after the first layer
    over_time : "average" or "max", over what is left of the time
    filters : how many filters the first layer has
    learn_filters : False leaves them as they were drawn at random

    Raises
    ------
    TypeError
        If a size is no integer.
    ValueError
        If a size is below 1, or over_time is neither.
    """
    filter_length = checks.integer("filter_length", filter_length)
    stride = checks.integer("stride", stride)
    pool = checks.integer("pool", pool)
    filters = checks.integer("filters", filters)
    last = {
        "average": keras.layers.GlobalAveragePooling1D,
        "max": keras.layers.GlobalMaxPooling1D,
    }
    if over_time not in last:
        raise ValueError(f"over_time must be 'average' or 'max', got {over_time!r}.")
    first = keras.layers.Conv1D(
        filters, filter_length, strides=stride, use_bias=False, name="filters"
    )
    first.trainable = learn_filters
    return keras.Sequential(
        [
            keras.Input(shape=(None, 1)),
            first,
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.AveragePooling1D(pool),
            keras.layers.Conv1D(64, 3, activation="relu"),
            keras.layers.Conv1D(64, 3, activation="relu"),
            last[over_time](),
            keras.layers.Dense(CLASS_COUNT),
        ]
    )


def spectrogram_network(frames: int = 9, bins: int = 64) -> keras.Model:
    """Build the network that reads spectrograms: input (N, time, frequency, 1), (N, 17) logits.

    Parameters
    ----------
    frames : places in time, 5 or more, since two convolutions take two each
    bins : frequencies, 8 or more, since they are halved between the convolutions

    Raises
    ------
    TypeError
        If one of them is no integer.
    ValueError
        If one of them is smaller.
    """
    frames = checks.integer("frames", frames, least=5)
    bins = checks.integer("bins", bins, least=8)
    return keras.Sequential(
        [
            keras.Input(shape=(frames, bins, 1)),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D((1, 2)),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.AveragePooling2D((frames - 4, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(CLASS_COUNT),
        ]
    )


def sliding(network: keras.Model) -> keras.Model:
    """Turn `raw_network` into one that answers step by step along a recording of any length.

    The average over all of the time becomes an average over as many places as a window has, for
    each place of the window. Weights are shared, not copied. Input (N, time, 1), output (N, steps,
    17): step k is the answer to the window that begins at sample k times the stride of the filters
    times the pooling. By default that is 32 k: a step of 4 ms.

    Parameters
    ----------
    network : as `raw_network` returns it, with ``over_time="average"``

    Raises
    ------
    TypeError
        If network is no Keras model.
    ValueError
        If the network does not average over time right before its last layer.
    """
    if not isinstance(network, keras.Model):
        raise TypeError(f"network must be a Keras model, got {type(network).__name__}.")
    names = [type(layer).__name__ for layer in network.layers]
    if len(names) < 3 or not isinstance(network.layers[-2], keras.layers.GlobalAveragePooling1D):
        raise ValueError(
            "network must average over time right before its last layer, "
            f"got the layers {', '.join(names) or 'none'}."
        )
    *body, _, dense = network.layers
    inputs = keras.Input(shape=(None, 1))
    features = inputs
    for layer in body:
        features = layer(features)
    places = keras.Model(inputs, features).compute_output_shape((1, WINDOW, 1))[1]
    features = keras.layers.AveragePooling1D(places, strides=1)(features)
    return keras.Model(inputs, dense(features))


def read_out(classes: np.ndarray, least: int = 8) -> str:
    """Return the keys of a row of answers.

    Equal neighbours make a run; runs shorter than ``least`` are dropped, equal runs that then meet
    are one, and what is left without "no key" is read from left to right.

    Parameters
    ----------
    classes : integer array of shape (steps,), from 0 to 16
    least : steps that a run must last; 4 ms each, if `raw_network` is as by default

    Returns
    -------
    keys, one after the other; an empty text if there are none

    Raises
    ------
    TypeError
        If classes are no integers, or least is none.
    ValueError
        If classes has other axes, a class is out of range, or least is below 1.
    """
    classes = checks.labels("classes", classes, NO_KEY)
    least = checks.integer("least", least)
    kept = []
    for part in np.split(classes, np.flatnonzero(np.diff(classes)) + 1):
        if len(part) >= least and (not kept or kept[-1] != part[0]):
            kept.append(part[0])
    return "".join(KEYS[number] for number in kept if number != NO_KEY)


def edit_distance(said: str, read: str) -> int:
    """Return how many keys must be put in, left out or changed to make one text of the other.

    Parameters
    ----------
    said, read : two texts

    Raises
    ------
    TypeError
        If one of them is no string.

    References
    ----------
    Levenshtein (1966), "Binary codes capable of correcting deletions, insertions, and reversals".
    """
    for argument, text in (("said", said), ("read", read)):
        if not isinstance(text, str):
            raise TypeError(f"{argument} must be a string, got {text!r}.")
    row = list(range(len(read) + 1))  # from nothing to each beginning of `read`
    for number, key in enumerate(said, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(read, start=1):
            before, row[place] = (
                row[place],
                min(before + (key != other), row[place] + 1, row[place - 1] + 1),
            )
    return row[-1]


def wav_bytes(sound: np.ndarray, peak: float = 0.9) -> bytes:
    """Return a sound as a WAV file: one channel, 16 bits, 8,000 samples a second.

    Parameters
    ----------
    sound : array of shape (samples,)
    peak : the largest absolute value becomes this share of full scale, above 0 and up to 1;
        silence stays silence

    Raises
    ------
    TypeError
        If the sound or the peak is no number.
    ValueError
        If the sound is empty, has other axes, or holds a value that is not finite, or the peak is
        out of range.
    """
    sound = checks.array("sound", sound, "uif", "(samples,)").astype(float)
    if not sound.size:
        raise ValueError("sound must hold one sample or more, got none.")
    checks.number("peak", peak, 0, 1, open_=True)
    largest = np.abs(sound).max()
    scaled = sound * (peak / largest) if largest > 0 else sound
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(np.round(32767 * scaled).astype("<i2").tobytes())
    return file.getvalue()


def player(sound: np.ndarray, name: str, caption: str) -> str:
    """Return HTML that plays a sound: the WAV file is part of it, so that nothing is fetched.

    Parameters
    ----------
    sound : array of shape (samples,), see `wav_bytes`
    name : what is heard, the player's name for those who do not see the page
    caption : the sentence under it

    Raises
    ------
    TypeError
        If name or caption is no string, or as `wav_bytes` does.
    ValueError
        If name or caption is empty, or as `wav_bytes` does.
    """
    for argument, text in (("name", name), ("caption", caption)):
        if not isinstance(text, str):
            raise TypeError(f"{argument} must be a string, got {text!r}.")
        if not text.strip():
            raise ValueError(f"{argument} must say what is heard, got {text!r}.")
    data = base64.b64encode(wav_bytes(sound)).decode()
    return (
        # A white card with dark letters, as figures are: it reads in light and dark mode alike.
        '<figure class="audio" style="background: #ffffff; border-radius: 6px; padding: 0.6rem">'
        '<audio controls preload="metadata" style="max-width: 100%" '
        f'aria-label="{html.escape(name, quote=True)}" '
        f'src="data:audio/wav;base64,{data}"></audio>'
        f'<figcaption style="color: #333333">{html.escape(caption)}</figcaption></figure>'
    )
