"""Recorded voices come as they were, and their pictures show what the page says of them."""

import execution
import numpy as np
import pytest

from benchmarks.audio import collect, real_babble, texts
from benchmarks.audio import digits as study
from cnnbook import audio, results
from cnnbook.applications import tones
from cnnbook.audio import speech

RECORDINGS = speech.load()
SECONDS = np.arange(8000) / 8000


def test_six_people_speak_five_languages_at_full_level():
    assert len({x.person for x in RECORDINGS}) == 6
    assert {x.language for x in RECORDINGS} == {"en", "es", "fr", "it", "ru"}
    assert all(np.abs(x.sound).max() == pytest.approx(1) and len(x.sound) > 800 for x in RECORDINGS)
    spoken = {x.said for x in RECORDINGS if (x.person, x.language) == ("Allison", "en")}
    assert set(collect.STEMS) < spoken


def test_eight_bits_a_sample_are_read_as_they_were_written(tmp_path):
    sound = np.sin(2 * np.pi * 200 * SECONDS) * np.linspace(0, 1, 8000)
    collect.store(tmp_path / "one.npz", [speech.Recording("a", "en", "b", sound)])
    (read,) = speech.load(tmp_path / "one.npz")
    assert read[:3] == ("a", "en", "b")
    # A step is 4.4 % of a sample, near zero less than a thousandth.
    np.testing.assert_allclose(read.sound, sound / np.abs(sound).max(), rtol=0.03, atol=2e-4)


@pytest.mark.parametrize("hertz", [300, 1000, 3000])
def test_a_tone_is_loudest_in_the_band_that_holds_it(hertz):
    picture = speech.picture(np.sin(2 * np.pi * hertz * SECONDS))
    assert picture.shape == (61, 32)
    (bin_of,) = np.flatnonzero(np.arange(129) * 31.25 == round(hertz / 31.25) * 31.25)
    assert picture[30].argmax() in np.flatnonzero(speech.band_filters()[bin_of])


def test_a_picture_knows_neither_level_nor_place():
    word = next(x.sound for x in RECORDINGS if x.said == "digits/7")
    picture = speech.picture(word)
    assert picture.max() == 1 and picture.min() == 0
    np.testing.assert_allclose(speech.picture(-0.1 * word), picture, atol=1e-3)
    later = np.concatenate([np.zeros(3000), word, np.zeros(500)])
    np.testing.assert_allclose(speech.picture(later), picture, atol=1e-3)


def test_babble_is_noise_of_power_one_for_windows():
    kind = speech.babble([x.sound for x in RECORDINGS[:20]])
    rows = kind(50, 800, np.random.default_rng(0))
    np.testing.assert_allclose(np.mean(np.square(rows), axis=1), 1, rtol=1e-3)
    sounds, labels = audio.windows(40, 20, (kind,), np.random.default_rng(0), range(16))
    assert (audio.goertzel_scores(sounds).argmax(axis=1) == labels).mean() > 0.95


def test_the_rule_of_the_page_is_that_of_the_long_run():
    source = execution.ROOT / "chapters/applications/audio/speech.md"
    cells = [x.source for x in execution.read_source(source).cells]
    (place,) = (number for number, code in enumerate(cells) if "def textbook(" in code)
    names = {"np": np, "tones": tones, "audio": audio}
    exec("\n".join(cells[place - 1 : place + 1]), names)
    sound = tones.dial("159D", 10, "white", np.random.default_rng(0))
    for share in (0, 0.7):
        expected = real_babble.textbook(sound, share)
        np.testing.assert_array_equal(names["textbook"](sound, share), expected)
    assert tones.read_out(real_babble.textbook(sound, 0)) == "159D"


def test_the_rule_is_silent_about_one_tone_and_about_twist():
    tone = np.sin(2 * np.pi * 770 * SECONDS)
    assert (real_babble.textbook(tone, 0) == tones.NO_KEY).all()
    twisted = tone + 2 * np.sin(2 * np.pi * 1336 * SECONDS)  # six decibels, of four
    assert (real_babble.textbook(twisted, 0) == tones.NO_KEY).all()


def test_the_stored_network_hears_a_seventh_voice_as_it_did():
    network, facts = results.load_network("audio/voices_network")
    said = {x.said: x.sound for x in RECORDINGS if (x.person, x.language) == ("Allison", "en")}
    heard = study.answers(network, [said[f"digits/{digit}"] for digit in range(10)])
    assert heard.tolist() == facts["seventh_voice"]


def test_a_fifth_of_what_is_said_is_kept_from_networks_whoever_says_it():
    said = [f"announcement-{number}" for number in range(2000)]
    assert np.mean([collect.is_held(name) for name in said]) == pytest.approx(0.2, abs=0.03)
    assert collect.is_held("digits/1") and not collect.is_held("digits/4")


def test_the_texts_of_the_figure_were_in_no_training():
    _, facts = results.load_network("audio/texts_text_network")
    assert all(texts.fifth(text) == texts.HELD for text in facts["texts"])
    assert "weasels have eaten our phone system" in facts["texts"]
    assert len(facts["texts"]) == len(set(facts["texts"])) == facts["held"]["texts"]


def test_duration_alone_tells_texts_of_different_length_apart_and_no_others():
    learned = [("a" * count, "", np.zeros(100 * count)) for count in (2, 5, 9)]
    apart = [("b" * count, "", np.zeros(100 * count)) for count in (1, 4, 7, 8)]
    assert texts.by_length(learned, apart)["first"] == len(apart)
    alike = [(letter, "", np.zeros(100)) for letter in "cdef"]
    assert texts.by_length(learned, alike) == {"first": 1, "in_five": 4}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: speech.picture(np.zeros((2, 8000))), "sound must have the axes (samples,)"),
        (lambda: speech.picture(np.array([0.0, np.nan])), "sound must hold finite numbers"),
        (
            lambda: collect.voice(collect.PACKAGES[0]._replace(package="no")),
            "must hold the package",
        ),
    ],
)
def test_what_would_be_silently_wrong_is_refused(call, words):
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        call()
    assert words in str(caught.value)
