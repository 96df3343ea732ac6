"""Tones, noise and detectors are what the telephone's recommendations and closed forms say."""

import base64
import html.parser
import io
import wave

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnbook import audio
from cnnbook.audio import figures


def test_the_keypad_is_that_of_q23():
    assert audio.frequencies("1") == (697, 1209)
    assert audio.frequencies("5") == (770, 1336)
    assert audio.frequencies("0") == (941, 1336)
    assert audio.frequencies("D") == (941, 1633)
    assert len(set(map(audio.frequencies, audio.KEYS))) == 16


@pytest.mark.parametrize("key", ["", "E", "12", 5])
def test_an_unknown_key_is_refused(key):
    with pytest.raises(ValueError, match="key must be one of"):
        audio.frequencies(key)


def test_splits_and_seeds_share_no_random_numbers():
    streams = [
        audio.generator(split, seed).random(1000) for split in audio.SPLITS for seed in range(5)
    ]
    assert len(np.unique(np.concatenate(streams))) == 15 * 1000


def test_no_window_of_the_test_split_is_in_the_training_split():
    sets = [
        audio.windows(200, 0, audio.NOISES, audio.generator(split, 0))[0]
        for split in ("training", "test")
    ]
    training, test = ({row[:50, 0].tobytes() for row in sounds} for sounds in sets)
    assert len(training) == len(test) == 200
    assert not training & test


def test_the_same_seed_gives_the_same_windows():
    first, again = (
        audio.windows(50, (-15, 10), audio.NOISES, audio.generator("test", 3)) for _ in range(2)
    )
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", audio.NOISES)
def test_every_realisation_of_noise_has_power_one(kind):
    sounds = audio.noise(kind, 20, 800, np.random.default_rng(0))
    assert sounds.shape == (20, 800) and sounds.dtype == np.float32
    np.testing.assert_allclose(np.mean(np.square(sounds), axis=1), 1, rtol=1e-4)
    assert len(np.unique(sounds[:, 5])) == 20


def test_white_noise_is_flat_and_pink_noise_falls_by_three_decibels_an_octave():
    random = np.random.default_rng(0)
    for kind, slope in (("white", 0), ("pink", -10 * np.log10(2))):
        power = np.mean(np.abs(np.fft.rfft(audio.noise(kind, 2000, 800, random))) ** 2, axis=0)
        octaves = np.log2(np.arange(1, 400))
        fitted = np.polyfit(octaves, 10 * np.log10(power[1:400]), 1)[0]
        assert fitted == pytest.approx(slope, abs=0.1)  # 2,000 realisations: about 0.1 dB a bin


def test_babble_lies_in_the_band_of_the_telephone():
    sounds = audio.noise("babble", 200, 800, np.random.default_rng(0))
    power = np.mean(np.abs(np.fft.rfft(sounds)) ** 2, axis=0)
    hertz = np.fft.rfftfreq(800, 1 / audio.SAMPLE_RATE)
    assert power[hertz > 3500].sum() < 0.02 * power.sum()
    assert power[(hertz > 250) & (hertz < 900)].sum() > 0.4 * power.sum()


def test_bad_noise_is_refused():
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="kind must be one of white, pink, babble, got 'grey'"):
        audio.noise("grey", 1, 800, random)
    with pytest.raises(ValueError, match="count must be 1 or more"):
        audio.noise("white", 0, 800, random)


def test_a_pair_of_tones_has_power_one_two_lines_and_a_twist_within_limits():
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(16), 10)
    zeros = np.zeros(160, int)
    pairs = audio.tone_pairs(labels, zeros, zeros + 8000, 8000, random, deviation=0.0)
    # A second holds whole periods of every tone: the powers add up and each line is one bin.
    np.testing.assert_allclose(np.mean(np.square(pairs), axis=1), 1, rtol=1e-3)
    lines = np.abs(np.fft.rfft(pairs))
    for label, row in zip(labels, lines, strict=True):
        low, high = audio.frequencies(audio.KEYS[label])
        assert set(np.argsort(row)[-2:]) == {low, high}
        twist = 20 * np.log10(row[high] / row[low])
        assert audio.TWIST_DB[0] - 0.1 < twist < audio.TWIST_DB[1] + 0.1


def test_frequencies_stay_within_the_tolerance():
    labels = np.arange(16)
    zeros = np.zeros(16, int)
    pairs = audio.tone_pairs(labels, zeros, zeros + 8000, 8000, np.random.default_rng(1))
    lines = np.abs(np.fft.rfft(pairs))
    for label, row in zip(labels, lines, strict=True):
        for nominal in audio.frequencies(audio.KEYS[label]):
            reach = round(audio.DEVIATION * nominal) + 1
            inside = row[nominal - reach : nominal + reach + 1]
            near = row[nominal - 2 * reach : nominal + 2 * reach + 1]
            assert inside.max() == near.max()


def test_a_tone_sounds_only_where_it_is_told_to():
    pair = audio.tone_pairs(
        np.array([5]), np.array([100]), np.array([320]), 800, np.random.default_rng(0)
    )[0]
    assert (pair[:100] == 0).all() and (pair[420:] == 0).all()
    assert np.mean(np.square(pair[100:420])) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("kind", audio.NOISES)
@pytest.mark.parametrize("ratio", [-10, 0, 10])
def test_the_signal_to_noise_ratio_is_the_one_asked_for(kind, ratio):
    """The same random numbers give the same tones and noise: all that differs is their shares."""
    tones, rests, mixed = (
        audio.windows(40, snr, (kind,), np.random.default_rng(0), range(16))[0][..., 0].astype(
            float
        )
        for snr in (100, -100, ratio)
    )
    for tone, rest, mixture in zip(tones, rests, mixed, strict=True):
        shares, residual, *_ = np.linalg.lstsq(np.stack([tone, rest], 1), mixture, rcond=None)
        assert residual < 1e-6 * (mixture @ mixture)
        sounding = np.flatnonzero(np.abs(tone) > 1e-3 * np.abs(tone).max())
        part = slice(sounding[0], sounding[-1] + 1)
        powers = np.mean(np.square(shares[0] * tone[part])), np.mean(np.square(shares[1] * rest))
        # The power of two tones over 40 to 65 ms differs a little from that over all time.
        assert 10 * np.log10(powers[0] / powers[1]) == pytest.approx(ratio, abs=0.25)


def test_windows_hold_what_they_say():
    sounds, labels = audio.windows(3000, (-15, 10), ("white",), np.random.default_rng(0))
    assert sounds.shape == (3000, 800, 1) and sounds.dtype == np.float32
    assert set(labels) == set(range(17))
    level = 10 * np.log10(np.mean(np.square(sounds), axis=(1, 2)))
    assert np.abs(level).max() <= audio.LEVEL_DB + 0.01
    _, silent = audio.windows(50, 0, ("white",), np.random.default_rng(0), [audio.NO_KEY])
    assert (silent == audio.NO_KEY).all()


def test_tones_are_as_long_as_stated_and_snippets_stay_at_the_edge():
    for classes, shortest, longest in ((range(16), 318, 520), ([16], 0, 160)):
        sounds, _ = audio.windows(300, 200, ("white",), np.random.default_rng(0), classes)
        for sound in sounds[..., 0]:
            # At 200 dB what does not sound is nothing, unless nothing sounds at all.
            on = np.flatnonzero(np.abs(sound) > 1e-5 * np.abs(sound).max())
            length = on[-1] - on[0] + 1
            if classes == [16] and length > 700:
                continue  # noise alone, scaled to the level of the others
            assert shortest <= length <= longest
            if classes == [16]:
                assert on[0] <= 2 or on[-1] >= 797


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"count": 0}, "count must be"),
        ({"kinds": "white"}, "kinds must be"),
        ({"kinds": ("grey",)}, "kinds must be"),
        ({"snr_db": (3, -3)}, "snr_db must be"),
        ({"classes": [17]}, "classes must be"),
        ({"classes": []}, "classes must be"),
    ],
)
def test_bad_windows_are_refused(options, sentence):
    given = {"count": 3, "snr_db": 0, "kinds": ("white",), "random": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=sentence):
        audio.windows(**given | options)


def test_a_dialled_number_has_its_keys_where_they_belong():
    number = "19#D"
    sound = audio.dial(number, 40, "white", np.random.default_rng(0))
    assert len(sound) == 1120 + 4 * 1600
    assert np.mean(np.square(sound)) == pytest.approx(1, rel=1e-4)
    for place, key in enumerate(number):
        start = 1120 + 1600 * place
        scores = audio.goertzel_scores(sound[None, start : start + 480], block=205)
        assert audio.KEYS[scores.argmax()] == key
        pause = sound[start + 480 : start + 1600]
        assert np.mean(np.square(pause)) < 1e-3


def test_a_bad_number_is_refused():
    for number in ("", "12x"):
        with pytest.raises(ValueError, match="number must hold keys"):
            audio.dial(number, 0, "white", np.random.default_rng(0))
    with pytest.raises(ValueError, match="tone_ms must be a finite number"):
        audio.dial("1", 0, "white", np.random.default_rng(0), tone_ms=0)


def goertzel(block, hertz):
    """Goertzel's recurrence, sample by sample."""
    twice = 2 * np.cos(2 * np.pi * hertz / audio.SAMPLE_RATE)
    before = now = 0.0
    for sample in block:
        before, now = now, sample + twice * now - before
    return (now**2 + before**2 - twice * now * before) / len(block)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(100, 3900), st.integers(20, 205))
def test_tone_power_is_goertzels_recurrence(seed, hertz, block):
    sound = np.random.default_rng(seed).standard_normal((1, 410))
    power = audio.tone_power(sound, [hertz], block)
    expected = [
        goertzel(sound[0, start : start + block], hertz)
        for start in range(0, 410 - block + 1, block)
    ]
    np.testing.assert_allclose(power[0, :, 0], expected, rtol=1e-3, atol=1e-4)


def test_tone_power_is_the_discrete_fourier_transform():
    sound = np.random.default_rng(0).standard_normal((2, 200))
    power = audio.tone_power(sound, np.arange(0, 4000, 40), block=200)
    expected = np.abs(np.fft.rfft(sound)) ** 2 / 200
    np.testing.assert_allclose(power[:, 0], expected[:, :100], rtol=1e-4, atol=1e-4)


def test_goertzel_reads_all_keys_when_it_is_quiet():
    sounds, labels = audio.windows(200, 20, ("white",), np.random.default_rng(0), range(16))
    for options in ({}, {"block": 400, "detuning": (-0.01, 0, 0.01)}, {"average": True}):
        scores = audio.goertzel_scores(sounds, **options)
        assert scores.shape == (200, 16)
        assert (scores.argmax(axis=1) == labels).all()


def test_bad_blocks_are_refused():
    with pytest.raises(ValueError, match="sounds must have the axes"):
        audio.tone_power(np.zeros(800), [697])
    with pytest.raises(ValueError, match="block must be from 1 to 100"):
        audio.tone_power(np.zeros((1, 100)), [697], block=205)


def test_the_log_spectrogram_is_that_of_numpy():
    sounds = np.random.default_rng(0).standard_normal((2, 800)).astype("float32")
    ours = audio.log_spectrogram(sounds)
    assert ours.shape == (2, 9, 64, 1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    for frame in range(9):
        part = sounds[:, 64 * frame : 64 * frame + 256] * window
        power = np.abs(np.fft.rfft(part)[:, :64]) ** 2 / 256
        np.testing.assert_allclose(ours[:, frame, :, 0], np.log(power + 0.01), atol=1e-3)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return audio.raw_network(filters=4)


def test_the_networks_answer_with_a_logit_a_class(network):
    assert network(np.zeros((2, 800, 1), "float32")).shape == (2, 17)
    spectrograms = audio.log_spectrogram(np.zeros((2, 800, 1)))
    assert audio.spectrogram_network()(spectrograms).shape == (2, 17)
    assert audio.raw_network(64, stride=32, pool=1)(np.zeros((1, 800, 1))).shape == (1, 17)
    frozen = audio.raw_network(learn_filters=False)
    assert len(audio.raw_network().trainable_weights) - len(frozen.trainable_weights) == 1
    with pytest.raises(ValueError, match="over_time must be"):
        audio.raw_network(over_time="median")


def test_sliding_gives_what_cutting_windows_out_gives(network):
    recording = np.random.default_rng(0).standard_normal((1, 3000, 1)).astype("float32")
    slid = audio.sliding(network).predict(recording, verbose=0)[0]
    starts = 32 * np.arange(len(slid))
    # 792 samples count: eight are left over when the places of the filters are pooled by four.
    assert starts[-1] + 792 <= 3000 < starts[-1] + 32 + 792
    longer = np.pad(recording[0], ((0, 8), (0, 0)))
    cut = np.stack([longer[start : start + 800] for start in starts])
    np.testing.assert_allclose(slid, network.predict(cut, verbose=0), atol=1e-4)


def test_only_an_average_over_time_can_slide():
    with pytest.raises(ValueError, match="average over time"):
        audio.sliding(audio.raw_network(filters=4, over_time="max"))


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
    assert audio.read_out(np.array(answers, int)) == keys


def test_bad_answers_are_refused():
    with pytest.raises(ValueError, match="classes must have the axes"):
        audio.read_out(np.zeros((2, 17), int))
    with pytest.raises(ValueError, match="least must be 1 or more"):
        audio.read_out(np.zeros(3, int), least=0)


@settings(max_examples=25, deadline=None)
@given(st.text(audio.KEYS, min_size=1, max_size=8), st.text(audio.KEYS, min_size=1, max_size=8))
def test_the_edit_distance_is_tensorflows(said, read):
    def sparse(text):
        return tf.sparse.from_dense([[ord(letter) for letter in text]])

    expected = tf.edit_distance(sparse(read), sparse(said), normalize=False).numpy()[0]
    assert audio.edit_distance(said, read) == expected


def test_the_edit_distance_to_nothing_is_the_length():
    assert audio.edit_distance("1234", "") == audio.edit_distance("", "1234") == 4
    assert audio.edit_distance("", "") == 0


def test_a_wav_file_holds_the_sound():
    sound = np.sin(np.arange(800))
    with wave.open(io.BytesIO(audio.wav_bytes(sound, peak=0.5))) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 800)
        samples = np.frombuffer(file.readframes(800), "<i2")
    # Rounding to 16 bits: half a step.
    np.testing.assert_allclose(samples, 32767 * 0.5 * sound / np.abs(sound).max(), atol=0.51)


def test_silence_stays_silence():
    with wave.open(io.BytesIO(audio.wav_bytes(np.zeros(10)))) as file:
        assert file.readframes(10) == bytes(20)


@pytest.mark.parametrize("sound", [np.zeros(0), np.zeros((2, 3)), np.array([0, np.nan])])
def test_a_bad_sound_is_refused(sound):
    with pytest.raises(ValueError, match="sound must"):
        audio.wav_bytes(sound)


class Collector(html.parser.HTMLParser):
    """Collect tags with their attributes, and the text between them."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = {}, ""

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = dict(attributes)

    def handle_data(self, data):
        self.text += data


def test_a_player_is_a_figure_with_a_name_a_caption_and_the_whole_sound():
    sound = np.sin(np.arange(8000))
    collector = Collector()
    collector.feed(audio.player(sound, 'the "5" & noise', "Key <5>, & noise."))
    assert {"figure", "audio", "figcaption"} == set(collector.tags)
    element = collector.tags["audio"]
    assert "controls" in element and element["aria-label"] == 'the "5" & noise'
    assert collector.text == "Key <5>, & noise."
    kind, data = element["src"].split(",")
    assert kind == "data:audio/wav;base64"
    assert base64.b64decode(data) == audio.wav_bytes(sound)
    assert len(element["src"]) < 50_000


def test_a_player_without_a_name_or_caption_is_refused():
    for name, caption in ((" ", "text"), ("text", "")):
        with pytest.raises(ValueError, match="must say what is heard"):
            audio.player(np.ones(5), name, caption)


def test_bad_splits_labels_and_seeds_are_refused():
    with pytest.raises(ValueError, match="split must be one of"):
        audio.generator("tests", 0)
    with pytest.raises(ValueError, match="seed must be"):
        audio.generator("test", -1)
    with pytest.raises(ValueError, match="labels must be from 0 to 15"):
        zeros = np.zeros(1, int)
        audio.tone_pairs(np.array([16]), zeros, zeros, 10, np.random.default_rng(0))


def test_spectrograms_in_figures_show_a_tone_at_its_frequency():
    tone = np.sin(2 * np.pi * 1000 * np.arange(800) / audio.SAMPLE_RATE)
    levels = figures.spectrogram_decibels(tone)
    assert levels.shape == (64, 18)
    assert (levels.argmax(axis=0) == 32).all()  # 1000 Hz in steps of 31.25 Hz


def test_every_figure_can_be_drawn_and_fits_the_page():
    from cnnbook import plots

    random = np.random.default_rng(0)
    sound, responses = random.standard_normal(800), random.random((8, 64))
    row = {-10: (0.5, 0.4, 0.6), 0: (0.9, 0.8, 1.0)}
    drawn = [
        figures.key_in_noise(sound, sound, ["a", "b", "c"]),
        figures.spectra({"white": sound[None], "pink": sound[None]}),
        figures.waves({"cosine": sound, "sine": sound}),
        figures.filter_responses(responses, responses),
        figures.accuracy_by_ratio({"white": dict.fromkeys(figures.STYLES, row)}),
        figures.parts_that_matter({"white": {"raw": [0.5, 0.6], "other": [0.2, 0.3]}}),
        figures.read_along(sound, random.random((40, 17))),
        figures.sounds_grid(np.stack([sound] * 4), list("abcd")),
    ]
    for figure in drawn:
        assert figure.get_figwidth() <= plots.WIDTH_INCHES
        figure.canvas.draw()


@pytest.mark.parametrize("frame", [100, 200, 256, 400])
def test_the_log_spectrogram_is_that_of_numpy_for_frames_of_any_length(frame):
    sounds = np.random.default_rng(0).standard_normal((2, 800)).astype("float32")
    ours = audio.log_spectrogram(sounds, frame, hop=None)
    assert ours.shape == (2, 800 // frame, frame // 4, 1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    for number in range(800 // frame):
        part = sounds[:, frame * number : frame * (number + 1)] * window
        power = np.abs(np.fft.rfft(part)[:, : frame // 4]) ** 2 / frame
        np.testing.assert_allclose(ours[:, number, :, 0], np.log(power + 0.01), atol=1e-3)


def test_tone_pairs_take_lists_and_small_integers_as_they_take_arrays():
    def pairs(labels, starts, lengths):
        return audio.tone_pairs(labels, starts, lengths, 800, np.random.default_rng(0))

    wanted = pairs(np.array([1, 2]), np.array([200, 100]), np.array([250, 300]))
    np.testing.assert_array_equal(pairs([1, 2], [200, 100], [250, 300]), wanted)
    small = np.array([200], np.uint8), np.array([250], np.uint8)
    sounding = np.flatnonzero(pairs(np.array([1], np.uint8), *small))
    assert sounding.min() >= 200 and 440 < sounding.max() < 450


def noise_source():
    return np.random.default_rng(0)


def pairs_of(labels=(1,), starts=(0,), lengths=(9,), samples=800, **options):
    return audio.tone_pairs(labels, starts, lengths, samples, noise_source(), **options)


ROWS = np.zeros((1, 800), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: audio.generator("test", 1.5), TypeError, "seed must be an integer"),
        (lambda: audio.noise("white", 1.5, 9, noise_source()), TypeError, "count must be an"),
        (lambda: audio.noise("white", 1, 1, noise_source()), ValueError, "samples must be 2"),
        (lambda: pairs_of([-1]), ValueError, "labels must be from 0 to 15"),
        (lambda: pairs_of([1.0]), TypeError, "labels must be an array of integers"),
        (lambda: pairs_of(starts=[0, 1, 2]), ValueError, "starts must have the shape (1,)"),
        (lambda: pairs_of(lengths=[9, 9]), ValueError, "lengths must have the shape (1,)"),
        (lambda: pairs_of(starts=[-1]), ValueError, "starts must be from 0 to 800"),
        (lambda: pairs_of(lengths=[801]), ValueError, "lengths must be from 0 to 800"),
        (lambda: pairs_of(samples=0), ValueError, "samples must be 1 or more"),
        (lambda: pairs_of(deviation=np.nan), ValueError, "deviation must be a finite number"),
        (lambda: pairs_of(deviation=(1, 2, 3)), ValueError, "deviation must be a number or"),
        (
            lambda: audio.windows(3, np.nan, ("white",), noise_source()),
            ValueError,
            "snr_db must be a finite number",
        ),
        (
            lambda: audio.windows(3, (-np.inf, 0), ("white",), noise_source()),
            ValueError,
            "snr_db must be a finite number",
        ),
        (
            lambda: audio.windows(3, 0, ("white",), noise_source(), [1.5]),
            TypeError,
            "classes must be an array of integers",
        ),
        (
            lambda: audio.dial(["12", "3"], 0, "white", noise_source()),
            ValueError,
            "number must hold keys",
        ),
        (lambda: audio.dial(12, 0, "white", noise_source()), TypeError, "number must be a string"),
        (
            lambda: audio.dial("1", np.inf, "white", noise_source()),
            ValueError,
            "snr_db must be a finite number, -200 or more and 200 or less",
        ),
        (
            lambda: audio.dial("1", 0, "white", noise_source(), tone_ms=1e-9),
            ValueError,
            "tone_ms must be a finite number, 0.125 or more",
        ),
        (
            lambda: audio.dial("1", 0, "white", noise_source(), pause_ms=np.nan),
            ValueError,
            "pause_ms must be a finite number",
        ),
        (lambda: audio.tone_power(ROWS, [697], hop=0), ValueError, "hop must be 1 or more"),
        (lambda: audio.tone_power(ROWS, [697], hop=-205), ValueError, "hop must be 1 or more"),
        (lambda: audio.tone_power(ROWS, 697), ValueError, "hertz must have the axes"),
        (lambda: audio.goertzel_scores(ROWS, hop=0), ValueError, "hop must be 1 or more"),
        (lambda: audio.goertzel_scores(ROWS, hop=1.5), TypeError, "hop must be an integer"),
        (lambda: audio.goertzel_scores(ROWS, detuning=()), ValueError, "detuning must hold one"),
        (lambda: audio.goertzel_scores(ROWS[0]), ValueError, "sounds must have the shape"),
        (lambda: audio.goertzel_scores(ROWS[:0]), ValueError, "sounds must have the shape"),
        (
            lambda: audio.goertzel_scores(np.zeros((1, 800, 2))),
            ValueError,
            "(N, samples) or (N, samples, 1), N 1 or more, got (1, 800, 2)",
        ),
        (lambda: audio.goertzel_scores(ROWS[:, :100]), ValueError, "block must be from 1 to 100"),
        (lambda: audio.log_spectrogram(ROWS, hop=0), ValueError, "hop must be 1 or more"),
        (lambda: audio.log_spectrogram(ROWS, frame=3), ValueError, "frame must be 4 or more"),
        (lambda: audio.log_spectrogram(ROWS[0]), ValueError, "sounds must have the shape"),
        (lambda: audio.log_spectrogram(ROWS[:0]), ValueError, "sounds must have the shape"),
        (
            lambda: audio.log_spectrogram(np.zeros((1, 800, 2))),
            ValueError,
            "sounds must have the shape",
        ),
        (
            lambda: audio.log_spectrogram(ROWS[:, :255]),
            ValueError,
            "sounds must be 256 samples long or more, got 255",
        ),
        (lambda: audio.log_spectrogram([[1], [1, 2]]), TypeError, "sounds must be an array"),
        (lambda: audio.log_spectrogram(np.nan * ROWS), ValueError, "sounds must hold finite"),
        (lambda: audio.raw_network(stride=0), ValueError, "stride must be 1 or more"),
        (lambda: audio.raw_network(2.5), TypeError, "filter_length must be an integer"),
        (lambda: audio.raw_network(pool=0), ValueError, "pool must be 1 or more"),
        (lambda: audio.raw_network(filters=-1), ValueError, "filters must be 1 or more"),
        (lambda: audio.spectrogram_network(4), ValueError, "frames must be 5 or more"),
        (lambda: audio.spectrogram_network(9, 7), ValueError, "bins must be 8 or more"),
        (lambda: audio.sliding(None), TypeError, "network must be a Keras model"),
        (lambda: audio.sliding(keras.Sequential()), ValueError, "network must average over time"),
        (lambda: audio.read_out([-1] * 9), ValueError, "classes must be from 0 to 16"),
        (lambda: audio.read_out([17] * 9), ValueError, "classes must be from 0 to 16"),
        (lambda: audio.read_out([np.nan] * 9), TypeError, "classes must be an array of integers"),
        (lambda: audio.read_out([1] * 9, least=2.5), TypeError, "least must be an integer"),
        (lambda: audio.edit_distance("12", 12), TypeError, "read must be a string"),
        (lambda: audio.wav_bytes(np.ones(5), 1.5), ValueError, "peak must be a finite number"),
        (lambda: audio.wav_bytes(np.ones(5), 0), ValueError, "peak must be a finite number"),
        (lambda: audio.wav_bytes("sound"), TypeError, "sound must be an array"),
        (lambda: audio.player(np.ones(5), 5, "text"), TypeError, "name must be a string"),
    ],
)
def test_bad_arguments_are_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_the_smallest_spectrograms_that_a_network_takes_are_taken():
    network = audio.spectrogram_network(5, 8)
    assert network(np.zeros((1, 5, 8, 1), "float32")).shape == (1, 17)


SOUND = np.zeros(800)
ROW = {0: (0.5, 0.4, 0.6)}


@pytest.mark.usefixtures("no_figure_open")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: figures.spectrogram_decibels(SOUND, hop=0),
            ValueError,
            "hop must be 1 or more",
        ),
        (
            lambda: figures.spectrogram_decibels(SOUND[:99]),
            ValueError,
            "sound must have 256 samples or more",
        ),
        (
            lambda: figures.key_in_noise(SOUND, SOUND[1:], list("abc")),
            ValueError,
            "noisy must have the shape (800,)",
        ),
        (
            lambda: figures.key_in_noise(SOUND, SOUND, list("ab")),
            ValueError,
            "titles must be three",
        ),
        (
            lambda: figures.spectra(dict.fromkeys("abcd", SOUND[None])),
            ValueError,
            "sounds must be 1 to 3, got 4",
        ),
        (lambda: figures.spectra({}), ValueError, "sounds must be 1 to 3, got 0"),
        (lambda: figures.waves({}), ValueError, "kernels must hold one row"),
        (
            lambda: figures.filter_responses(np.zeros((0, 9)), np.zeros((2, 9))),
            ValueError,
            "before must not be empty",
        ),
        (lambda: figures.accuracy_by_ratio({}), ValueError, "tables must hold one panel"),
        (
            lambda: figures.accuracy_by_ratio({"white": {"other": ROW}}),
            ValueError,
            "tables must have methods out of raw",
        ),
        (
            lambda: figures.accuracy_by_ratio({"white": {"raw": {0: (0.5,)}}}),
            ValueError,
            "(accuracy, lowest, highest)",
        ),
        (lambda: figures.parts_that_matter({}), ValueError, "values must hold one panel"),
        (
            lambda: figures.parts_that_matter({"a": {"raw": [1]}, "b": {"other": [1]}}),
            ValueError,
            "values must have the same variants",
        ),
        (
            lambda: figures.parts_that_matter({"a": {"raw": []}}),
            ValueError,
            "values must have one accuracy",
        ),
        (
            lambda: figures.read_along(SOUND, np.zeros((9, 16))),
            ValueError,
            "probabilities must have the shape (steps, 17)",
        ),
        (
            lambda: figures.read_along(SOUND, np.zeros((9, 17)), step_ms=0),
            ValueError,
            "step_ms must be a finite number, above 0",
        ),
        (
            lambda: figures.sounds_grid(np.stack([SOUND] * 4), ["a"]),
            ValueError,
            "titles must hold a text for each sound, one at least, got 1 for 4",
        ),
    ],
)
def test_figures_refuse_what_they_cannot_show_and_leave_none_open(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
