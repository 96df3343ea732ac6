"""A digit out of noise: what is loaded, and when; another guidance, and another noise."""

import pytest
from browsing import axe_finds, resize, too_small_to_touch

pytestmark = pytest.mark.in_both

LABEL = "() => document.querySelector('.cb-flow-now').getAttribute('aria-label')"
DRAWN = "document.querySelector('.cb-facts').textContent.startsWith('Sixteen steps')"
PICTURE = "() => document.querySelector('.cb-flow-now').toDataURL()"


@pytest.fixture
def page(opened):
    return opened("flow")


def draw(page, name: str) -> str:
    """Press a button, wait for the drawing, and return it."""
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_function(f"() => {DRAWN}")
    return page.evaluate(PICTURE)


@pytest.mark.in_chromium("Firefox does not tell which files are loaded")
def test_the_network_is_loaded_when_the_reader_asks_for_a_drawing(page):
    assert not any("stored-" in url for url in page.requests)
    assert "Noise on its way to a 3" in page.evaluate(LABEL)
    first = draw(page, "Draw")
    assert sum("stored-flow.js" in url for url in page.requests) == 1
    assert page.evaluate(LABEL) == "Drawn: a 3"
    assert draw(page, "Draw again") == first  # the noise is the same
    assert draw(page, "New noise") != first


def test_the_keyboard_chooses_the_guidance_and_the_same_noise_is_drawn_again(page):
    first = draw(page, "Draw")
    page.get_by_role("slider", name="Guidance").focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"() => {DRAWN}")
    told = page.locator(".cb-facts").text_content()
    assert told == "Sixteen steps, 16 questions to the network."  # guidance 1 asks once a step
    assert page.evaluate(PICTURE) != first
    assert axe_finds(page, {"preload": False}) == {}
    resize(page, 360, 740)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert too_small_to_touch(page, ".cnnbook-widget :is(button, input)") == []
