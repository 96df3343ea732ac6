"""Telephone keys as sound: tones in noise of a stated strength, and a network along a recording.

Sounds are float arrays, 8,000 samples a second, of any unit.
"""

import base64
import html
import io

import keras
import numpy as np
import scipy.io.wavfile

from cnnbook import checks

SAMPLE_RATE, WINDOW = 8000, 800  # a second; of what networks are trained on, a tenth of one
#: hertz, the row of a key and its column (ITU-T Recommendation Q.23)
LOW_GROUP, HIGH_GROUP = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
#: the sixteen keys, row by row: the class of a key is its place here
KEYS = "123A456B789C*0#D"
NO_KEY = 16
DEVIATION = 0.015  # share of the frequency that a receiver must tolerate, up and down
TWIST_DB = (-8.0, 4.0)  # level of the high tone over the low tone
SNR_LIMIT = 200  # decibels: far beyond it, one of tone and noise is lost in rounding
NOISES = ("white", "pink", "babble")
SPLITS = ("training", "validation", "test")


def generator(split: str, seed: int) -> np.random.Generator:
    """Return the generator of a split and seed; no two of them share a stream of numbers."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SPLITS.index(split),)))


def noise(kind: str, count: int, samples: int, random: np.random.Generator) -> np.ndarray:
    """Return noise of shape (count, samples), every row of mean power 1.

    "white" has the same power at all frequencies, that of "pink" falls as one over the frequency,
    and "babble" is the sum of three voices (there is no recorded speech in it).
    """
    if kind not in NOISES:
        raise ValueError(f"kind must be one of {', '.join(NOISES)}, got {kind!r}.")
    checks.integer("samples", samples, least=2)  # a single one has no frequencies to shape
    if kind == "babble":
        sounds = sum(_voices(count, samples, random) for _ in range(3))
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
    """Return a vowel-like voice a row: harmonics of a gliding pitch, loud around two formants."""
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


def tone_pairs(
    labels, starts, lengths, samples: int, random, deviation=(-DEVIATION, DEVIATION)
) -> np.ndarray:
    """Return pairs of tones of power 1 and shape (N, samples), of random phases and twist.

    ``labels`` are places in `KEYS`, ``starts`` and ``lengths`` in samples, all of shape (N,);
    ``deviation`` is the share by which frequencies are off, or the range that it is drawn from.
    """
    labels = checks.labels("labels", labels, NO_KEY - 1)
    starts = checks.labels("starts", starts, samples)
    lengths = checks.labels("lengths", lengths, samples)
    labels, starts, lengths = np.stack([labels, starts, lengths])  # refuses unequal shapes
    shares = [checks.number("deviation", x, -1, 1) for x in np.broadcast_to(deviation, 2)]
    twist = 10 ** (random.uniform(*TWIST_DB, len(labels)) / 20)
    low = np.sqrt(2 / (1 + twist**2))  # the amplitudes a, b have (a² + b²) / 2 = 1
    row, column = np.divmod(labels, 4)
    at = np.arange(samples, dtype=np.float32)
    pairs = np.zeros((len(labels), samples), np.float32)
    for nominal, amplitude in (
        (np.array(LOW_GROUP)[row], low),
        (np.array(HIGH_GROUP)[column], twist * low),
    ):
        hertz = nominal * (1 + random.uniform(*shares, len(labels)))
        step = (2 * np.pi * hertz / SAMPLE_RATE).astype(np.float32)[:, None]
        phase = random.uniform(0, 2 * np.pi, len(labels)).astype(np.float32)[:, None]
        pairs += amplitude.astype(np.float32)[:, None] * np.sin(step * at + phase)
    return pairs * ((at >= starts[:, None]) & (at < (starts + lengths)[:, None]))


def dial(
    number: str, snr_db: float, kind: str, random, tone_ms: float = 60, pause_ms: float = 140
) -> np.ndarray:
    """Return a recording, of root mean square 1, of a number that is dialled in noise."""
    if not number or set(number) - set(KEYS):
        raise ValueError(f"number must hold keys out of {KEYS}, got {number!r}.")
    checks.number("snr_db", snr_db, -SNR_LIMIT, SNR_LIMIT)
    for name, milliseconds in (("tone_ms", tone_ms), ("pause_ms", pause_ms)):
        checks.number(name, milliseconds, 1000 / SAMPLE_RATE)  # one sample
    tone, pause = (round(ms * SAMPLE_RATE / 1000) for ms in (tone_ms, pause_ms))
    labels = np.array([KEYS.index(key) for key in number])
    zeros = np.zeros(len(labels), int)
    pairs = tone_pairs(labels, zeros, zeros + tone, tone + pause, random).ravel()
    sound = np.concatenate([np.zeros(pause, np.float32), pairs])
    sound = sound + 10 ** (-snr_db / 20) * noise(kind, 1, len(sound), random)[0]
    return (sound / np.sqrt(np.mean(np.square(sound)))).astype(np.float32)


def sliding(network: keras.Model) -> keras.Model:
    """Let a network for windows answer every 4 ms along a recording of any length."""
    *body, average, dense = network.layers
    if not isinstance(average, keras.layers.GlobalAveragePooling1D):
        raise ValueError("network must average over time before its last layer.")
    inputs = features = keras.Input((None, 1))
    for layer in body:
        features = layer(features)  # the same layers, the same weights
    places = keras.Model(inputs, features).compute_output_shape((1, WINDOW, 1))[1]
    features = keras.layers.AveragePooling1D(places, strides=1, name="average_of_places")(features)
    return keras.Model(inputs, dense(features))


def read_out(classes: np.ndarray) -> str:
    """Return the keys of a row of answers: what lasts for eight of them or more, 32 ms."""
    classes = checks.labels("classes", classes, NO_KEY)
    kept = []
    for run in np.split(classes, np.flatnonzero(np.diff(classes)) + 1):
        if len(run) >= 8 and (not kept or kept[-1] != run[0]):
            kept.append(run[0])
    return "".join(KEYS[number] for number in kept if number != NO_KEY)


def player(sound: np.ndarray, name: str, caption: str) -> str:
    """Return HTML that plays a sound of shape (samples,), which is part of it as a WAV file."""
    sound = checks.array("sound", sound, "uif", "(samples,)").astype(float)
    scaled = sound / max(np.abs(sound).max(), 1e-30)  # silence stays silence
    file = io.BytesIO()
    scipy.io.wavfile.write(file, SAMPLE_RATE, np.round(0.9 * 32767 * scaled).astype("<i2"))
    data = base64.b64encode(file.getvalue()).decode()
    return (
        # A white card with dark letters, as figures are: it reads in light and dark mode alike.
        '<figure class="audio" style="background: #ffffff; border-radius: 6px; padding: 0.6rem">'
        '<audio controls preload="metadata" style="max-width: 100%" '
        f'aria-label="{html.escape(name, quote=True)}" '
        f'src="data:audio/wav;base64,{data}"></audio>'
        f'<figcaption style="color: #333333">{html.escape(caption)}</figcaption></figure>'
    )
