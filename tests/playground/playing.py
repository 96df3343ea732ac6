"""What the tests of the live network share: drawing, choosing, and going through the tour."""

import live
from browsing import settle

# The networks of this edition: the article's, and the faster one where its page is there.
PUBLISHED = live.published_networks()
PAGE = "chapters/playground.html"
TOLERANCE = 1e-4  # Keras itself differs by 1e-5 between batch sizes
CENTRING = "Scale, centre and set strokes upright"


def clear(page) -> None:
    """Empty the pad."""
    page.evaluate("() => { cnnbook.playground.clear(); cnnbook.playground.update(); }")


def place(page, group: str, number: int) -> None:
    """Put a test digit onto the pad."""
    page.evaluate(
        """([group, number]) => { const { playground } = cnnbook;
        playground.place(group, number); playground.update(); }""",
        [group, number],
    )


def draw_seven(page) -> None:
    """Draw a 7 with the mouse, wherever the pad is in the window."""
    box = page.locator(".cb-pad").bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for x, y in ((0.75, 0.2), (0.45, 0.9)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
    page.mouse.up()


def wait_for_answer(page, answer) -> None:
    """Wait until the page reads the drawing so."""
    page.wait_for_function(
        "answer => document.querySelector('.cb-verdict').textContent === answer", arg=str(answer)
    )


def select(page, layer: str, row: int, column: int, channel: int) -> None:
    """Choose a value of a layer of the article's network."""
    page.evaluate(
        """([name, row, column, channel]) => {
        const { layers } = cnnbook.network.published("article");
        const layer = layers.findIndex((each) => each.name === name);
        cnnbook.playground.select({ layer, row, column, channel }); }""",
        [layer, row, column, channel],
    )


def begin_tour(page) -> None:
    """Go to the tour's first step."""
    page.get_by_role("button", name="A tour of six steps").click()
    settle(page)


def next_step(page) -> None:
    """Go on in the tour."""
    page.locator(".cb-tour .cb-primary").click()
    settle(page)


def open_everything(page) -> None:
    """Open all that can be opened, ask all questions, and wait for the answers."""
    page.evaluate("""() => {
      document.querySelectorAll(".cb-details").forEach((node) => (node.open = true));
      document.querySelectorAll(".cb-question .cb-button").forEach((node) => node.click());
    }""")
    page.wait_for_function("""() => [...document.querySelectorAll(".cb-question .cb-output")].every(
      (node) => node.textContent && !node.textContent.endsWith("\\u2026"))""")
    settle(page)


# Where one map of a layer is on the screen.
TILE = """([name, channel]) => {
  const { network, dom } = cnnbook;
  const layer = network.published("article").layers.find((each) => each.name === name);
  const canvas = document.querySelector(`[data-layer=${name}] > .cb-maps canvas`);
  // As dom.paintMaps lays them out.
  const width = layer.shape.length === 1 ? 8 : layer.shape[1];
  const zoom = layer.shape.length === 1 ? 1 : width <= 6 ? 4 : width <= 14 ? 2 : 1;
  const [step, box] = [width * zoom + 1, canvas.getBoundingClientRect()];
  const [columns, ratio] = [Math.round((canvas.width + 1) / step), box.width / canvas.width];
  return { x: box.left + (channel % columns) * step * ratio,
           y: box.top + Math.floor(channel / columns) * step * ratio,
           width: (step - 1) * ratio, height: (step - 1) * ratio };
}"""
