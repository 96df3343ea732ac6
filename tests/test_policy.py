"""Every page says what it may do, and browsers hold it to that: as a file, and on a server."""

import html.parser
import re

import policy
import pytest
from browsing import HTML, new_page

PAGES = sorted(
    page.relative_to(HTML).as_posix()
    for page in HTML.rglob("*.html")
    if page != HTML / "index.html"  # it leads to the first page
)


class Parts(html.parser.HTMLParser):
    """Collect the attributes of a page, and its policy with what comes before it."""

    def __init__(self):
        super().__init__()
        self.attributes, self.before, self.policy = set(), [], None

    def handle_starttag(self, tag, attributes):
        self.attributes |= {name for name, _ in attributes}
        if dict(attributes).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attributes)["content"]
        elif self.policy is None:
            self.before.append(tag)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_first_what_it_may_do(html_folder, name):
    text = (html_folder / name).read_text(encoding="utf-8")
    parts = Parts()
    parts.feed(text)
    assert re.sub(r" 'sha256-[\w+/]{43}='", "", parts.policy) == policy.POLICY.format(
        scripts="", styles=""
    )
    assert parts.before == ["html", "head", "meta"]  # the letters it is written in
    assert len(policy.SCRIPT.findall(text)) <= 1
    assert not {each for each in parts.attributes if each == "style" or each.startswith("on")}


def test_all_pages_of_the_book_have_the_same_script_in_them(html_folder):
    texts = [(html_folder / name).read_text(encoding="utf-8") for name in PAGES]
    scripts = {script for text in texts for script in policy.SCRIPT.findall(text)}
    assert len({script for script in scripts if "DOCUMENTATION_OPTIONS" in script}) == 1
    assert len(scripts) <= 2  # and that of the list of live figures


def test_an_attribute_with_styles_becomes_a_rule(tmp_path):
    page = policy.without_attributes('<b id="a" style="color: red; top: 0;">style="x"</b>')
    assert page == '<b id="a" data-style="color: red; top: 0;">style="x"</b>'
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    assert policy.rules(tmp_path) == (
        '[data-style="color: red; top: 0;"]{color: red !important;top: 0 !important}\n'
    )


INTRUDE = """async () => {
  const refused = new Set();
  addEventListener("securitypolicyviolation", (event) => refused.add(event.effectiveDirective));
  const script = document.createElement("script");
  script.textContent = "globalThis.intruded = true";
  const image = document.createElement("img");
  image.src = "http://127.0.0.1:9/picture.png";
  document.body.append(script, image);
  document.body.setAttribute("onclick", "globalThis.intruded = true");
  document.body.setAttribute("style", "display: none");
  try { await fetch("http://127.0.0.1:9/sent"); } catch { refused.add("fetch"); }
  while (refused.size < 6) await new Promise((resolve) => setTimeout(resolve, 20));
  return [[...refused].sort(), "intruded" in globalThis];
}"""


@pytest.mark.in_both
@pytest.mark.parametrize("served", [False, True], ids=["as a file", "served"])
def test_a_page_works_and_runs_nothing_that_was_put_into_it(browser, html_folder, request, served):
    """Nothing is loaded from elsewhere, sent, or run, and the network reads a digit."""
    base = request.getfixturevalue("site") if served else html_folder.as_uri()
    page = new_page(browser, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.goto(f"{base}/chapters/playground.html")
    page.wait_for_selector(".cb-ready")
    page.locator(".cb-example").nth(7).click()
    page.wait_for_function("() => document.querySelector('.cb-verdict').textContent === '7'")
    assert page.problems == []
    refused, intruded = page.evaluate(INTRUDE)
    assert refused == [
        "connect-src", "fetch", "img-src", "script-src-attr", "script-src-elem", "style-src-attr",
    ]  # fmt: skip
    assert not intruded
    page.close()


@pytest.mark.in_both
def test_buttons_call_what_they_name(browser, html_folder):
    page = new_page(browser)
    page.goto((html_folder / "chapters" / "training.html").as_uri())
    page.evaluate("() => { globalThis.calls = []; print = () => calls.push('print'); }")
    page.evaluate("() => document.querySelector('[data-calls=print]').click()")
    assert page.evaluate("() => calls") == ["print"]
    page.close()


@pytest.mark.in_both
def test_every_page_is_opened_as_a_file_without_a_complaint(browser, html_folder):
    page = new_page(browser)
    complaints = {}
    for name in PAGES:
        page.goto((html_folder / name).as_uri())
        if page.problems:
            complaints[name] = [*page.problems]
        page.problems.clear()
    assert complaints == {}
    page.close()
