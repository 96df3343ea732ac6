"""The page dials in noise, and hears what the chapter's network hears."""

import numpy as np
import pytest
from browsing import axe_finds, resize, too_small_to_touch

from cnnbook import results
from cnnbook.applications import tones

pytestmark = pytest.mark.in_both

LISTEN = """async (sounds) => {
  const network = cnnbook.tones.sliding(await cnnbook.graph.load("audio"));
  return sounds.map((sound) => {
    const classes = cnnbook.tones.listen(network, Float32Array.from(sound));
    return [classes, cnnbook.tones.readOut(classes).map(({ key }) => key).join("")];
  });
}"""


def told(page, what: str) -> str:
    page.wait_for_function(
        "what => document.querySelector('.cb-scene-told').textContent.includes(what)", arg=what
    )
    return page.locator(".cb-scene-told").inner_text()


def test_the_page_hears_the_keys_that_the_chapter_hears(opened):
    random = tones.generator("validation", 8)
    dialled = [(ratio, kind) for kind in tones.NOISES for ratio in (10, -3, -6)]
    sounds = [tones.dial("31415926", ratio, kind, random) for ratio, kind in dialled]
    ours = opened("tones").evaluate(LISTEN, [sound.tolist() for sound in sounds])
    network = tones.sliding(results.load_network("applications/audio_network")[0])
    theirs = np.argmax(network(np.stack(sounds)[..., None]), axis=-1)
    assert np.mean(np.array([classes for classes, _ in ours]) == theirs) > 0.99
    for classes, text in ours:
        assert text == tones.read_out(np.array(classes))
    assert ours[0][1] == "31415926"


def test_the_page_dials_the_frequencies_and_strengths_that_are_asked_for(opened):
    page = opened("tones")
    clean, mixed = page.evaluate("""() => {
      const { dial, mix, noise } = cnnbook.tones;
      const clean = dial("5", Math.random);
      const hiss = noise("babble", clean.length, Math.random);
      return [clean, mix(clean, hiss, -10)].map((sound) => Array.from(sound));
    }""")
    clean, mixed = np.array(clean), np.array(mixed)
    sounding = clean[1120:1600]
    assert np.mean(sounding**2) == pytest.approx(1, abs=0.05) and not clean[:1120].any()
    spectrum = np.abs(np.fft.rfft(sounding, 8000))
    assert np.abs(np.sort(spectrum.argsort()[-40:]).mean() - (770 + 1336) / 2) < 60
    left = mixed - clean * (mixed @ clean) / (clean @ clean)
    share = np.sum(clean**2) / np.sum(left**2) * np.sum(mixed * clean) ** 2 / np.sum(clean**2) ** 2
    assert 10 * np.log10(share * len(clean) / 480) == pytest.approx(-10, abs=1)


def test_keys_are_pressed_or_typed_and_noise_hides_them(opened):
    page = opened("tones")
    assert not any("stored-" in url for url in page.requests)
    page.get_by_role("button", name="4", exact=True).click()
    assert told(page, "Heard") == "Heard: 4, as dialled."
    page.get_by_label("Number").fill("2x*d")
    assert told(page, "2*D") == "Heard: 2*D, as dialled."
    page.get_by_label("Tones over noise").fill("-20")
    assert told(page, "Dialled").endswith("Dialled: 2*D.")
    page.get_by_role("button", name="Clear").click()
    assert told(page, "Press keys")


def test_the_keys_can_be_used_on_a_phone_and_by_everyone(opened):
    page = opened("tones")
    page.get_by_role("button", name="1", exact=True).click()
    told(page, "Heard")
    assert axe_finds(page, {"preload": False}) == {}
    resize(page, 360, 740)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert too_small_to_touch(page, ".cnnbook-widget :is(button, input)") == []
