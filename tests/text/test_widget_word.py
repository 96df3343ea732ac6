"""The page reads a word as the chapter's network does, letter by letter."""

import json

import numpy as np
import pytest
import stored
from browsing import axe_finds, resize, too_small_to_touch

from cnnbook import results
from cnnbook.applications import names
from cnnbook.text import languages

pytestmark = pytest.mark.in_both

READ = """async (texts) => {
  const network = await cnnbook.graph.load("text");
  const { graph, words } = cnnbook;
  return texts.map((text) => graph.largestOf(words.read(network, text).probabilities));
}"""
ADDS = """([description, letters, texts]) => {
  const network = { ...cnnbook.graph.build(description), letters };
  return texts.map((text) => Array.from(cnnbook.words.read(network, text).adds));
}"""


def test_the_page_reads_held_out_names_as_the_chapter_does(opened):
    held = languages.split(languages.cldr_names()).validation[::2]
    texts = [name.text for name in held]
    page = opened("word")
    ours = page.evaluate(READ, texts)
    model, facts = results.load_network("applications/text_network")
    theirs = np.argmax(model(names.encode(texts, facts["letters"])), axis=1)
    assert len(texts) > 300 and np.mean(np.array(ours) == theirs) > 0.985
    assert page.evaluate("() => cnnbook.words.LANGUAGES") == list(names.LANGUAGES.values())


def test_each_letter_adds_what_the_chapter_says(opened):
    texts = ["kanarische inseln", "îles canaries", "öland"]
    model, facts = results.load_network("applications/text_network")
    written = stored.describe(json.loads(model.to_json()), model.get_weights(), bits=32)
    ours = opened("word").evaluate(ADDS, [written, facts["letters"], texts])
    theirs = names.letter_contributions(model, names.encode(texts, facts["letters"]))
    np.testing.assert_allclose(np.reshape(ours, theirs.shape), theirs, atol=1e-5)


def test_a_word_is_cleaned_as_the_names_were(opened):
    texts = [
        "Île  d\N{RIGHT SINGLE QUOTATION MARK}Oléron",
        "Saint-Lô (Manche)",
        "GRÖSSE",
        "a" * 40,
        "\u0041\u030a",
    ]
    ours = opened("word").evaluate("texts => texts.map(cnnbook.words.clean)", texts)
    assert ours == [languages.clean(text)[: names.LETTERS] for text in texts]


def test_a_word_is_typed_and_its_languages_are_chosen_among(opened):
    page = opened("word")
    assert not any("stored-" in url for url in page.requests)
    page.get_by_label("Word").fill("Południowa Afryka жк")
    page.wait_for_function(
        "() => /Polish/.test(document.querySelector('.cb-word-told').textContent)"
    )
    text = page.locator(".cb-word-told").inner_text()
    assert text.startswith("Read as Polish") and "never met ж, к" in text
    page.locator(".cb-word-bars button").nth(1).click()
    assert page.locator(".cb-word-bars button").nth(1).get_attribute("aria-pressed") == "true"
    assert axe_finds(page, {"preload": False}) == {}
    resize(page, 360, 740)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert too_small_to_touch(page, ".cnnbook-widget :is(button, input)") == []
