"""A link carries what the reader has done, and no link does harm."""

import base64
import json

import pytest
from browsing import new_page, settle
from playing import PAGE, select

pytestmark = pytest.mark.in_both


def test_a_link_carries_drawing_network_and_unit(page):
    page.evaluate("""() => { const { playground } = cnnbook; playground.clear();
      playground.state.strokes.push([60, 60, 200, 60, 110, 230]);
      playground.update(); }""")
    select(page, "conv2", 3, 4, 5)
    link = page.evaluate("() => cnnbook.playground.toLink()")
    other = new_page(page.context)
    other.goto(link)
    other.wait_for_selector(".cb-ready")
    assert (
        other.locator(".cb-inspector-title")
        .inner_text()
        .startswith("conv2, map 5, row 3, column 4")
    )
    assert other.evaluate("() => cnnbook.playground.state.strokes") == [[60, 60, 200, 60, 110, 230]]
    other.close()


def test_a_link_that_makes_no_sense_does_no_harm(page, html_folder):
    hostile = [
        {"n": "toString"}, {"n": "__proto__"}, {"n": {"toString": 1}}, {"i": ["typical", "length"]},
        {"i": ["constructor", "name"]}, {"i": [{"toString": 1}, 0]}, {"s": [[1, 1] * 100_000]},
        {"m": ["x", {}, None, 1e9], "p": 1e9, "u": [2, 99, 0, 0], "c": []},
    ]  # fmt: skip
    links = [base64.b64encode(json.dumps(link).encode()).decode() for link in hostile]
    other = new_page(page.context)
    # The page is opened with the first; the others come to the open page.
    for link in (*links, "", "xyz", "bnVsbA", "eyJzIjpbWyJhIl0sMV0sInUiOls5OV19"):
        other.goto(f"{(html_folder / PAGE).as_uri()}#play={link}")
        other.wait_for_selector(".cb-ready")
        settle(other)
        assert other.evaluate("() => cnnbook.playground.state.network") == "article"
        assert other.evaluate("() => cnnbook.playground.state.strokes.length") < 2
        assert other.evaluate("() => cnnbook.playground.update().result.values.length") > 6
        assert other.problems == []
    other.close()


def test_a_link_moves_no_slider_beyond_its_ends(page, html_folder):
    sliders = page.locator(".cnnbook-playground input[type=range]")
    for end, far in (("min", -1e9), ("max", 1e9)):
        text = base64.b64encode(json.dumps({"p": far, "m": [far] * 5}).encode()).decode()
        page.goto(f"{(html_folder / PAGE).as_uri()}#play={text}")
        settle(page)
        ends = sliders.evaluate_all("(all, end) => all.map((slider) => Number(slider[end]))", end)
        state = page.evaluate("() => cnnbook.playground.state")
        assert [state["pen"], *state["move"].values()] == ends


WITHOUT_FAST = """globalThis.cnnbook = { set published(networks) {
  delete networks.fast;
  Object.defineProperty(this, "published", { value: networks });
} };"""


def test_a_network_whose_chapter_was_left_out_is_not_offered(context, html_folder):
    page = new_page(context)
    page.add_init_script(WITHOUT_FAST)
    text = base64.b64encode(json.dumps({"n": "fast", "i": ["typical", 4]}).encode()).decode()
    page.goto(f"{(html_folder / PAGE).as_uri()}#play={text}")
    page.wait_for_selector(".cb-ready")
    assert page.evaluate("() => cnnbook.playground.state.network") == "article"
    assert page.locator(".cb-verdict").inner_text() == "4"
    names = page.locator(".cb-bar-top input[type=radio]").evaluate_all(
        "all => all.map(n => n.value)"
    )
    assert names == ["article", "random"]
    question = page.locator(".cb-question", has_text="What would another network say?")
    question.locator("summary").click()
    assert "by the article's network and by a network that has learned nothing." in (
        question.inner_text()
    )
    question.get_by_role("button", name="Compare").click()
    assert question.locator(".cb-compared h3").all_inner_texts() == ["article's", "random"]
    assert page.problems == []
    page.close()
