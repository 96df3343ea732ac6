"""The page hears spoken digits as the chapter's network does; the microphone only when asked."""

import io

import numpy as np
import pytest
import scipy.io.wavfile
from browsing import axe_finds, resize, too_small_to_touch

from cnnbook import results
from cnnbook.audio import speech

pytestmark = pytest.mark.in_both

# A microphone that hums, or one that fails as browsers say so.
MICROPHONE = """(error) => {
  const getUserMedia = async () => {
    cnnbook.asked = (cnnbook.asked || 0) + 1;
    if (error) throw new DOMException("no", error);
    const context = new AudioContext();
    const [oscillator, end] = [context.createOscillator(), context.createMediaStreamDestination()];
    oscillator.connect(end);
    oscillator.start();
    cnnbook.stream = end.stream;
    return end.stream;
  };
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia } });
}"""


@pytest.fixture(scope="module")
def digits() -> list[np.ndarray]:
    said = {(r.person, r.language, r.said): r.sound for r in speech.load()}
    return [said["Allison", "en", f"digits/{digit}"] for digit in range(10)]


def told(page, what: str) -> str:
    page.wait_for_function(
        "what => document.querySelector('.cb-scene-told').textContent.includes(what)", arg=what
    )
    return page.locator(".cb-scene-told").inner_text()


def test_the_picture_of_a_sound_is_the_chapter_s(opened, digits):
    page = opened("spoken")
    for sound in (digits[3], digits[7][500:], np.pad(digits[1], 3000)):
        ours = page.evaluate(
            "sound => Array.from(cnnbook.spoken.picture(Float32Array.from(sound)))", sound.tolist()
        )
        theirs = speech.picture(sound)
        np.testing.assert_allclose(np.reshape(ours, theirs.shape), theirs, atol=1e-4)


def test_of_a_long_sound_the_loudest_second_and_a_half_is_heard(opened, digits):
    sound = np.pad(digits[4], (30_000, 20_000)) + 0.001
    ours = opened("spoken").evaluate(
        "sound => Array.from(cnnbook.spoken.loudest(Float32Array.from(sound)))", sound.tolist()
    )
    assert len(ours) == 12_000
    np.testing.assert_allclose(
        np.sum(np.square(ours)), np.sum((sound**2)[28_000:42_000]), rtol=0.05
    )


def test_the_stored_voice_is_heard_as_the_chapter_s_network_hears_it(opened, digits):
    model, _ = results.load_network("audio/voices_network")
    pictures = np.stack([speech.picture(sound) for sound in digits])[..., None]
    theirs = model.predict(pictures, verbose=0).argmax(axis=1).tolist()
    page = opened("spoken")
    assert not any("stored-" in url for url in page.requests)
    ours = []
    for digit in range(10):
        page.get_by_role("button", name="A stored voice").click()
        ours.append(int(told(page, f"Said: {digit}. Heard").split("Heard: ")[1][0]))
    assert ours == theirs


def test_a_sound_file_is_read_at_whatever_rate(opened, digits):
    page = opened("spoken")
    for rate in (8000, 16000):
        at = np.arange(0, len(digits[5]) - 1, 8000 / rate)
        sound = np.interp(at, np.arange(len(digits[5])), digits[5])
        file = io.BytesIO()
        scipy.io.wavfile.write(file, rate, (32000 * sound / abs(sound).max()).astype("<i2"))
        wav = {"name": "five.wav", "mimeType": "audio/wav", "buffer": file.getvalue()}
        page.locator("input[type=file]").set_input_files(wav)
        assert told(page, "Heard: 5")
        page.evaluate("document.querySelector('.cb-scene-told').textContent = ''")
    text = {"name": "five.txt", "mimeType": "text/plain", "buffer": b"five"}
    page.locator("input[type=file]").set_input_files(text)
    assert told(page, "five.txt is no sound")


@pytest.mark.in_chromium("Firefox plays no sound where no device is")
def test_the_microphone_is_asked_for_when_the_button_is_pressed_and_let_go(opened):
    page = opened("spoken")
    page.evaluate(MICROPHONE, None)
    assert page.evaluate("cnnbook.asked") is None
    page.get_by_role("button", name="Record").click()
    told(page, "Heard")
    assert page.evaluate("cnnbook.asked") == 1
    assert page.evaluate("cnnbook.stream.getTracks().map((track) => track.readyState)") == ["ended"]


@pytest.mark.parametrize(
    ("error", "words"),
    [("NotAllowedError", "was refused"), ("NotFoundError", "no microphone"), ("X", "Nothing")],
)
def test_it_is_said_why_nothing_is_recorded(opened, error, words):
    page = opened("spoken")
    page.evaluate(MICROPHONE, error)
    page.get_by_role("button", name="Record").click()
    assert told(page, words).endswith("choose a sound.")
    assert page.get_by_role("button", name="Record").is_enabled()


def test_a_spoken_digit_can_be_had_on_a_phone_and_by_everyone(opened):
    page = opened("spoken")
    page.get_by_role("button", name="A stored voice").click()
    told(page, "Heard")
    assert axe_finds(page, {"preload": False}) == {}
    resize(page, 360, 740)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert too_small_to_touch(page, ".cnnbook-widget :is(button, input)") == []
