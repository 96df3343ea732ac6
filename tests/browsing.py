"""What the tests of the pages share: pages that remember, and waits for states, not for times.

Test modules import from here and not from conftest, of which there is more than one.
"""

import pathlib

import execution
import pytest

ROOT = execution.ROOT
HTML = ROOT / "_build" / "html"
PATIENCE = 180_000  # milliseconds: other work may keep the cores busy

# axe-core finds the theme's logo outside the landmarks; the book does not write that part.
THEME_FINDINGS = {"region"}


def in_depth(name: str) -> pathlib.Path:
    """Return a built page in depth, or skip the test: the page may have been left out."""
    if not (ROOT / "chapters" / f"{name}.md").is_file():
        pytest.skip(f"{name} was left out")
    return HTML / "chapters" / f"{name}.html"


def new_page(browser, **options):
    """Open an empty page that remembers what it asks for and what it complains of.

    `errors` are what its scripts did not catch; `problems` are these, what the browser reports, and
    what could not be loaded.
    """
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE)
    page.errors, page.problems, page.requests = [], [], []
    page.on(
        "console",
        lambda message: message.type in {"error", "warning"} and page.problems.append(message.text),
    )
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "requestfailed",
        # What had not come yet when a page was left is nobody's fault.
        lambda request: (
            request.failure == "net::ERR_ABORTED"
            or page.problems.append(f"failed: {request.url} ({request.failure})")
        ),
    )
    page.on("request", lambda request: page.requests.append(request.url))
    return page


def forget(page) -> None:
    """Empty a page that has been used, and what it remembers: the next test begins as if new."""
    page.goto("about:blank")
    for kept in (page.errors, page.problems, page.requests):
        kept.clear()


def settle(page) -> None:
    """Wait until what was changed is laid out and painted, and what follows from the layout too."""
    page.evaluate("""async () => {
      for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
    }""")


def resize(page, width: int, height: int) -> None:
    """Give the window a size, and wait until the page has taken it."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(
        "([width, height]) => innerWidth === width && innerHeight === height", arg=[width, height]
    )
    settle(page)


def show(page, width: int = 1280, theme: str = "light") -> None:
    """Give a page a width and a theme, and wait until it has been drawn so."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    settle(page)


def stop_time(page) -> None:
    """Let the page's clock stand still; only `page.clock.run_for` moves it on."""
    page.clock.install(time=0)  # it goes on by itself
    page.clock.pause_at(1000)


# Mark one visible text of each look: colour, size, weight, grounds and opacities above it. Contrast
# depends on nothing else, and axe takes minutes for the thousands of words of code that look alike.
ONE_OF_EACH = """() => {
  const [seen, grounds] = [new Set(), new Map()];
  const groundOf = (node) => {
    if (!node) return "";
    if (!grounds.has(node)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(node);
      const own = [backgroundColor, backgroundImage, opacity].join();
      const through = own === "rgba(0, 0, 0, 0),none,1";
      grounds.set(node, groundOf(node.parentElement) + (through ? "" : `;${own}`));
    }
    return grounds.get(node);
  };
  for (const node of document.body.querySelectorAll("*")) {
    delete node.dataset.look;
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!text || !node.checkVisibility({ visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(node);
    const look = [color, fontSize, fontWeight, textShadow, groundOf(node)].join();
    if (!seen.has(look)) node.dataset.look = seen.size;
    seen.add(look);
  }
  return seen.size;
}"""


def axe_finds(page, options: dict | None = None, **context) -> dict[str, list[str]]:
    """Return what axe objects to, by rule."""
    from axe_playwright_python.sync_playwright import Axe

    # To describe each node that passes takes axe longer than to find those that do not.
    options = {"resultTypes": ["violations"], **(options or {})}
    return {
        rule["id"]: [node["html"][:150] for node in rule["nodes"]]
        for rule in Axe().run(page, options=options, **context).response["violations"]
        if rule["id"] not in THEME_FINDINGS
    }


def contrast_finds(page) -> dict[str, list[str]]:
    """Return what axe objects to in the colours of one text of each look."""
    assert page.evaluate(ONE_OF_EACH) > 5
    rule = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    return axe_finds(page, context="[data-look]", options=rule)


def too_small_to_touch(page, selector: str) -> list[str]:
    """Return what can be seen of these controls, or of their labels, and is under 44 pixels."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)]
          .map((node) => node.closest("label") || node)
          .filter((node) => node.getClientRects().length)
          .filter((node) => { const b = node.getBoundingClientRect();
            return b.height < 43.5 || b.width < 43.5; })
          .map((node) => node.outerHTML.slice(0, 120))""",
        selector,
    )
