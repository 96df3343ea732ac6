"""Tones, noise and detectors are what the telephone's recommendations and closed forms say."""

import base64
import html.parser
import io

import keras
import numpy as np
import pytest
import scipy.io.wavfile
import silent
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.audio import audio as study
from cnnbook import audio, results
from cnnbook.applications import tones
from cnnbook.audio import figures


def source():
    return np.random.default_rng(0)


def test_the_keypad_is_that_of_q23():
    assert [audio.frequencies(key) for key in "150D"] == [
        (697, 1209),
        (770, 1336),
        (941, 1336),
        (941, 1633),
    ]
    assert len(set(map(audio.frequencies, tones.KEYS))) == 16


def test_no_window_of_the_test_split_is_in_the_training_split():
    sets = [
        audio.windows(200, 0, tones.NOISES, tones.generator(split, 0))[0]
        for split in ("training", "test")
    ]
    training, test = ({row[:50, 0].tobytes() for row in sounds} for sounds in sets)
    assert len(training) == len(test) == 200
    assert not training & test


def test_the_same_seed_gives_the_same_windows():
    first, again = (
        audio.windows(50, (-15, 10), tones.NOISES, tones.generator("test", 3)) for _ in range(2)
    )
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", tones.NOISES)
def test_every_realisation_of_noise_has_power_one(kind):
    sounds = tones.noise(kind, 20, 800, source())
    assert sounds.shape == (20, 800) and sounds.dtype == np.float32
    np.testing.assert_allclose(np.mean(np.square(sounds), axis=1), 1, rtol=1e-4)
    assert len(np.unique(sounds[:, 5])) == 20


def test_white_noise_is_flat_and_pink_noise_falls_by_three_decibels_an_octave():
    for kind, slope in (("white", 0), ("pink", -10 * np.log10(2))):
        power = np.mean(np.abs(np.fft.rfft(tones.noise(kind, 2000, 800, source()))) ** 2, axis=0)
        octaves = np.log2(np.arange(1, 400))
        fitted = np.polyfit(octaves, 10 * np.log10(power[1:400]), 1)[0]
        assert fitted == pytest.approx(slope, abs=0.1)  # 2,000 realisations: about 0.1 dB a bin


def test_babble_lies_in_the_band_of_the_telephone():
    sounds = tones.noise("babble", 200, 800, source())
    power = np.mean(np.abs(np.fft.rfft(sounds)) ** 2, axis=0)
    hertz = np.fft.rfftfreq(800, 1 / tones.SAMPLE_RATE)
    assert power[hertz > 3500].sum() < 0.02 * power.sum()
    assert power[(hertz > 250) & (hertz < 900)].sum() > 0.4 * power.sum()


def test_a_pair_of_tones_has_power_one_two_lines_and_a_twist_within_limits():
    labels = np.repeat(np.arange(16), 10)
    zeros = np.zeros(160, int)
    pairs = tones.tone_pairs(labels, zeros, zeros + 8000, 8000, source(), deviation=0.0)
    # A second holds whole periods of every tone: the powers add up and each line is one bin.
    np.testing.assert_allclose(np.mean(np.square(pairs), axis=1), 1, rtol=1e-3)
    lines = np.abs(np.fft.rfft(pairs))
    for label, row in zip(labels, lines, strict=True):
        low, high = audio.frequencies(tones.KEYS[label])
        assert set(np.argsort(row)[-2:]) == {low, high}
        twist = 20 * np.log10(row[high] / row[low])
        assert tones.TWIST_DB[0] - 0.1 < twist < tones.TWIST_DB[1] + 0.1


def test_frequencies_stay_within_the_tolerance():
    labels, zeros = np.arange(16), np.zeros(16, int)
    lines = np.abs(np.fft.rfft(tones.tone_pairs(labels, zeros, zeros + 8000, 8000, source())))
    for label, row in zip(labels, lines, strict=True):
        for nominal in audio.frequencies(tones.KEYS[label]):
            reach = round(tones.DEVIATION * nominal) + 1
            inside = row[nominal - reach : nominal + reach + 1]
            near = row[nominal - 2 * reach : nominal + 2 * reach + 1]
            assert inside.max() == near.max()


def test_a_tone_sounds_only_where_it_is_told_to_whatever_integers_tell_it():
    (pair,) = tones.tone_pairs([5], [100], np.array([220], np.uint8), 800, source())
    assert (pair[:100] == 0).all() and (pair[320:] == 0).all()
    assert np.mean(np.square(pair[100:320])) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("kind", tones.NOISES)
@pytest.mark.parametrize("ratio", [-10, 0, 10])
def test_the_signal_to_noise_ratio_is_the_one_asked_for(kind, ratio):
    """The same random numbers give the same tones and noise: all that differs is their shares."""
    pure, rests, mixed = (
        audio.windows(40, snr, (kind,), source(), range(16))[0][..., 0].astype(float)
        for snr in (100, -100, ratio)
    )
    for tone, rest, mixture in zip(pure, rests, mixed, strict=True):
        shares, residual, *_ = np.linalg.lstsq(np.stack([tone, rest], 1), mixture, rcond=None)
        assert residual < 1e-6 * (mixture @ mixture)
        sounding = np.flatnonzero(np.abs(tone) > 1e-3 * np.abs(tone).max())
        part = slice(sounding[0], sounding[-1] + 1)
        powers = np.mean(np.square(shares[0] * tone[part])), np.mean(np.square(shares[1] * rest))
        # The power of two tones over 40 to 65 ms differs a little from that over all time.
        assert 10 * np.log10(powers[0] / powers[1]) == pytest.approx(ratio, abs=0.25)


def test_windows_hold_what_they_say():
    sounds, labels = audio.windows(3000, (-15, 10), ("white",), source())
    assert sounds.shape == (3000, 800, 1) and sounds.dtype == np.float32
    assert set(labels) == set(range(17))
    level = 10 * np.log10(np.mean(np.square(sounds), axis=(1, 2)))
    assert np.abs(level).max() <= audio.LEVEL_DB + 0.01
    _, silent = audio.windows(50, 0, ("white",), source(), [tones.NO_KEY])
    assert (silent == tones.NO_KEY).all()


def test_tones_are_as_long_as_stated_and_snippets_stay_at_the_edge():
    for classes, shortest, longest in ((range(16), 318, 520), ([16], 0, 160)):
        sounds, _ = audio.windows(300, 200, ("white",), source(), classes)
        for sound in sounds[..., 0]:
            # At 200 dB what does not sound is nothing, unless nothing sounds at all.
            on = np.flatnonzero(np.abs(sound) > 1e-5 * np.abs(sound).max())
            length = on[-1] - on[0] + 1
            if classes == [16] and length > 700:
                continue  # noise alone, scaled to the level of the others
            assert shortest <= length <= longest
            if classes == [16]:
                assert on[0] <= 2 or on[-1] >= 797


def test_a_dialled_number_has_its_keys_where_they_belong():
    number = "19#D"
    sound = tones.dial(number, 40, "white", source())
    assert len(sound) == 1120 + 4 * 1600
    assert np.mean(np.square(sound)) == pytest.approx(1, rel=1e-4)
    for place, key in enumerate(number):
        start = 1120 + 1600 * place
        scores = audio.goertzel_scores(sound[None, start : start + 480])
        assert tones.KEYS[scores.argmax()] == key
        pause = sound[start + 480 : start + 1600]
        assert np.mean(np.square(pause)) < 1e-3


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(100, 3900), st.integers(20, 205))
def test_tone_power_is_goertzels_recurrence(seed, hertz, block):
    def goertzel(samples):
        twice = 2 * np.cos(2 * np.pi * hertz / tones.SAMPLE_RATE)
        before = now = 0.0
        for sample in samples:
            before, now = now, sample + twice * now - before
        return (now**2 + before**2 - twice * now * before) / block

    (sound,) = sounds = np.random.default_rng(seed).standard_normal((1, 410))
    power = audio.tone_power(sounds, [hertz], block, hop=block)
    expected = [goertzel(sound[at : at + block]) for at in range(0, 410 - block + 1, block)]
    np.testing.assert_allclose(power[0, :, 0], expected, rtol=1e-3, atol=1e-4)


def test_goertzel_reads_all_keys_when_it_is_quiet():
    sounds, labels = audio.windows(200, 20, ("white",), source(), range(16))
    for options in ({}, {"block": 400, "detuning": (-0.01, 0, 0.01)}, {"average": True}):
        scores = audio.goertzel_scores(sounds, **options)
        assert scores.shape == (200, 16)
        assert (scores.argmax(axis=1) == labels).all()


def test_the_log_spectrogram_is_that_of_numpy():
    sounds = source().standard_normal((2, 800)).astype("float32")
    ours = audio.log_spectrogram(sounds)
    assert ours.shape == (2, 9, 64, 1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    for frame in range(9):
        part = sounds[:, 64 * frame : 64 * frame + 256] * window
        power = np.abs(np.fft.rfft(part)[:, :64]) ** 2 / 256
        np.testing.assert_allclose(ours[:, frame, :, 0], np.log(power + 0.01), atol=1e-3)


@pytest.mark.parametrize("shape", [{}, {"stride": 32, "pool": 1}])
def test_sliding_gives_what_cutting_windows_out_gives(shape):
    keras.utils.set_random_seed(0)
    network = study.raw_network(**shape)
    recording = source().standard_normal((1, 3000, 1)).astype("float32")
    slid = tones.sliding(network).predict(recording, verbose=0)[0]
    starts = 32 * np.arange(len(slid))
    longer = np.pad(recording[0], ((0, 32), (0, 0)))  # a few samples of a window do not count
    cut = np.stack([longer[start : start + 800] for start in starts])
    np.testing.assert_allclose(slid, network.predict(cut, verbose=0), atol=1e-4)


@pytest.mark.parametrize(
    ("answers", "keys"),
    [
        ([16] * 9 + [0] * 9 + [16] * 9, "1"),
        ([0] * 9 + [16] * 9 + [0] * 9, "11"),
        ([0] * 9 + [5] * 3 + [0] * 9, "1"),  # a short slip within a key
        ([0] * 9 + [16] * 3 + [0] * 9, "1"),  # a pause that is too short
        ([0] * 9 + [5] * 9, "15"),
        ([3] * 7, ""),
        ([], ""),
    ],
)
def test_runs_of_answers_become_keys(answers, keys):
    assert tones.read_out(np.array(answers, int)) == keys


@pytest.mark.parametrize(
    ("said", "read", "edits"), [("2125", "2125", 0), ("123", "1243", 1), ("59", "", 2)]
)
def test_edits_are_counted(said, read, edits):
    assert study.edits(said, read) == edits


class Collector(html.parser.HTMLParser):
    """Collect tags with their attributes, and the text between them."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = {}, ""

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = dict(attributes)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("sound", [np.sin(np.arange(8000)), np.zeros(10)])
def test_a_player_is_a_figure_with_a_name_a_caption_and_the_whole_sound(sound):
    collector = Collector()
    collector.feed(tones.player(sound, 'the "5" & noise', "Key <5>, & noise."))
    assert {"figure", "audio", "figcaption"} == set(collector.tags)
    element = collector.tags["audio"]
    assert "controls" in element and element["aria-label"] == 'the "5" & noise'
    assert collector.text == "Key <5>, & noise."
    kind, data = element["src"].split(",")
    assert kind == "data:audio/wav;base64"
    rate, samples = scipy.io.wavfile.read(io.BytesIO(base64.b64decode(data)))
    assert rate == tones.SAMPLE_RATE
    # Silence stays silence; rounding to 16 bits is half a step.
    loudest = np.abs(sound).max() or 1
    np.testing.assert_allclose(samples, 0.9 * 32767 * sound / loudest, atol=0.51)


def test_the_stored_network_hears_nearly_every_key_in_little_noise():
    network, _ = results.load_network("applications/audio_network")
    sounds, labels = audio.windows(
        200, 0, ("white",), tones.generator("validation", 1), range(tones.NO_KEY)
    )
    heard = network.predict(sounds, verbose=0)[:, : tones.NO_KEY].argmax(axis=1)
    assert np.mean(heard == labels) > 0.97


def test_a_tone_is_drawn_at_its_frequency():
    tone = np.sin(2 * np.pi * 1000 * np.arange(800) / tones.SAMPLE_RATE)
    drawn = figures.key_in_noise(tone, tone, ["a", "b", "c"]).axes[2].images[0].get_array()
    assert (drawn.argmax(axis=0) == 32).all()  # 1000 Hz in steps of 31.25 Hz


def pairs_of(labels=(1,), starts=(0,), lengths=(9,), **options):
    return tones.tone_pairs(labels, starts, lengths, 800, source(), **options)


ROWS = np.zeros((1, 800), np.float32)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: audio.frequencies("12"), "not in list"),
        (lambda: tones.generator("tests", 0), "not in tuple"),
        (lambda: tones.noise("grey", 1, 800, source()), "kind must be one of white, pink, babble"),
        (lambda: tones.noise("pink", 1, 1, source()), "samples must be 2 or more"),
        (lambda: pairs_of([-1]), "labels must be from 0 to 15"),
        (lambda: pairs_of([16]), "labels must be from 0 to 15"),
        (lambda: pairs_of(starts=[-1]), "starts must be from 0 to 800"),
        (lambda: pairs_of(lengths=[801]), "lengths must be from 0 to 800"),
        (lambda: pairs_of(starts=[0, 1, 2]), "same shape"),
        (lambda: pairs_of(deviation=np.nan), "deviation must be a finite number"),
        (lambda: audio.windows(3, np.nan, ("white",), source()), "snr_db must be a finite number"),
        (lambda: audio.windows(3, (3, -3), ("white",), source()), "high - low < 0"),
        (lambda: audio.windows(3, 0, "white", source()), "kind must be one of"),
        (lambda: audio.windows(3, 0, ("white",), source(), [17]), "labels must be from 0 to 15"),
        (lambda: audio.windows(3, 0, ("white",), source(), [1.5]), "array of integers"),
        (lambda: tones.dial("555-1234", 0, "white", source()), "number must hold keys"),
        (lambda: tones.dial(["12", "3"], 0, "white", source()), "number must hold keys"),
        (lambda: tones.dial("", 0, "white", source()), "number must hold keys"),
        (lambda: tones.dial("1", np.inf, "white", source()), "200 or less, got inf"),
        (lambda: tones.dial("1", 0, "white", source(), tone_ms=0), "tone_ms must be a finite"),
        (lambda: audio.tone_power(ROWS, [697], hop=-205), "hop must be 1 or more"),
        (lambda: audio.tone_power(ROWS, [697], block=0), "block must be 1 or more"),
        (lambda: audio.tone_power(ROWS, [np.nan]), "hertz must hold finite numbers"),
        (lambda: audio.goertzel_scores(np.zeros((1, 800, 2))), "axis"),  # stereo
        (lambda: audio.goertzel_scores(np.nan * ROWS), "sounds must hold finite numbers"),
        (lambda: audio.log_spectrogram(np.nan * ROWS), "sounds must hold finite numbers"),
        (lambda: tones.sliding(study.raw_network(over_time="Max")), "must average over time"),
        (lambda: tones.read_out([-1] * 9), "classes must be from 0 to 16"),
        (lambda: tones.player(np.array([0, np.nan]), "a", "b"), "sound must hold finite numbers"),
        (lambda: tones.player(np.zeros((2, 3)), "a", "b"), "sound must have the axes (samples,)"),
    ],
)
def test_what_would_be_silently_wrong_is_refused(call, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert words in str(caught.value)


def power_of_697_hertz(sounds):
    sounds = silent.floats(sounds)
    rows = sounds.reshape(sounds.shape[:2])
    blocks = np.lib.stride_tricks.sliding_window_view(rows, 20, axis=1)[:, ::10]
    return np.abs(blocks @ np.exp(-2j * np.pi * 697 / 8000 * np.arange(20)))[..., None] ** 2 / 20


test_no_power_is_wrong_in_silence = silent.wrong_answers({
    "power": (
        lambda sounds: audio.tone_power(sounds, [697], 20, 10),
        power_of_697_hertz,
        silent.reals(3, 60),
    ),
})  # fmt: skip
