"""What is drawn is read right, and nothing of it is lost: with mouse, fingers, pen and keys."""

import numpy as np
import pytest
from browsing import new_page, resize, settle, stop_time
from playing import CENTRING, clear, draw_seven, place, wait_for_answer

from benchmarks.playground import pen_strokes
from cnnbook import data

DRAWN = 500


@pytest.fixture
def tab(context):
    """A tab for each test: fingers, zooms and what was drawn before would stay in it."""
    page = new_page(context)
    yield page
    page.close()


@pytest.fixture(scope="module")
def strokes():
    _, (images, labels) = data.load_mnist()
    return pen_strokes.strokes_of(images[:DRAWN]), labels[:DRAWN]


@pytest.mark.parametrize("size", pen_strokes.SIZES)
def test_digits_drawn_anywhere_are_read_right_with_centring_and_not_without(page, strokes, size):
    answers = pen_strokes.draw(page, strokes[0], size)
    right = {reader: np.mean(read == strokes[1]) for reader, read in answers.items()}
    print(size, {reader: f"{share:.1%}" for reader, share in right.items()})
    as_drawn = right.pop("as_drawn")
    # benchmarks/playground.py measures it with 2,000 drawings of each size; the page shows it. The
    # network of another machine, and 500 drawings, may be two standard errors of 0.7 points below.
    assert min(right.values()) > 0.96
    assert as_drawn < 0.75


def lean_of(x, y, weights) -> float:
    """Say how many columns ink moves to the right with each row down."""
    (_, mu11), (_, mu02) = np.cov([x, y], aweights=weights)
    return mu11 / mu02


def test_the_lean_of_strokes_is_that_of_dots_along_them(page):
    corners = np.array([[20, 30], [120, 40], [60, 200], [90, 220]])
    steps, shares = np.diff(corners, axis=0), np.linspace(0, 1, 500)[:, np.newaxis]
    dots = np.concatenate(
        [start + shares * step for start, step in zip(corners, steps, strict=False)]
    )
    expected = lean_of(*dots.T, np.repeat(np.hypot(*steps.T), 500))
    lean = page.evaluate("stroke => cnnbook.drawing.leanOf([stroke])", corners.ravel().tolist())
    assert lean == pytest.approx(expected, abs=0.005)  # the ends count twice as much as inner dots


@pytest.mark.parametrize("shear", [-0.3, 0, 0.3])
def test_strokes_are_set_upright_and_lead_back_to_the_sheet(page, strokes, shear):
    digits = [[10 * stroke @ [[1, 0], [shear, 1]] for stroke in digit] for digit in strokes[0][:40]]
    found = page.evaluate(
        """drawings => drawings.map((strokes) => {
        const { pixels, back } = cnnbook.drawing.fromStrokes(strokes, 280);
        const dark = [...pixels.keys()].filter((i) => pixels[i] === 1);
        const places = dark.map((i) => back((i % 28) + 0.5, Math.floor(i / 28) + 0.5));
        return [[...pixels], places]; })""",
        [[stroke.ravel().tolist() for stroke in digit] for digit in digits],
    )
    rows, columns = np.mgrid[:28, :28].reshape(2, -1)
    leans = [lean_of(columns, rows, pixels) for pixels, _ in found]
    assert np.abs(leans).mean() < 0.05 and np.median(leans) == pytest.approx(0, abs=0.02)
    for digit, (_, back) in zip(digits, found, strict=True):
        apart = np.array(back)[:, np.newaxis] - np.concatenate(digit)
        assert np.hypot(*apart.T).min(axis=0).max() < 20  # two pixels of MNIST


def test_a_line_that_lies_is_not_set_upright(page):
    pixels = page.evaluate("() => [...cnnbook.drawing.fromStrokes([[20,100,220,120]], 280).pixels]")
    rows, columns = np.nonzero(np.reshape(pixels, (28, 28)) > 0.5)
    assert np.ptp(columns) > 4 * np.ptp(rows)


def test_a_filled_loop_is_opened_and_a_stroke_is_not():
    rows, columns = np.mgrid[:112, :112]
    stem = (abs(columns - 50) < 6) & (abs(rows - 60) < 45)
    blob = np.hypot(rows - 35, columns - 50) < 20
    for solid, filled in ((stem, False), (stem | blob, True)):
        hole = pen_strokes.filled_loop(solid, pen_strokes.thin(solid[np.newaxis])[0])
        assert hole.any() == filled
        assert not (hole & ~blob).any()


def test_a_picture_is_prepared_like_the_test_digit_it_shows(page, digits):
    """Enlarged and moved on a sheet, a test digit comes back nearly as it was."""
    images = digits[0][:60, ..., 0]
    sheets = []
    generator = np.random.default_rng(0)
    for image in images:
        large = np.kron(image, np.ones((2, 2)))
        sheet = np.zeros((90, 90))
        top, left = generator.integers(0, 90 - 56, 2)
        sheet[top : top + 56, left : left + 56] = large
        sheets.append(np.round(sheet, 3).ravel().tolist())
    answers = page.evaluate(
        "sheets => sheets.map(s => cnnbook.predict(cnnbook.normalize(s, 90, 90)).logits)", sheets
    )
    assert np.mean(np.argmax(answers, axis=1) == digits[1][:60]) > 0.94


def test_a_dot_is_no_digit(page):
    clear(page)
    page.locator(".cb-pad").click()
    wait_for_answer(page, "\N{HORIZONTAL ELLIPSIS}")
    assert "Too small" in page.locator(".cb-answer .cb-note").inner_text()


@pytest.mark.in_both
@pytest.mark.parametrize("window", [(1440, 900), (768, 1024), (390, 844), (360, 740)])
def test_one_draws_and_sees_the_answer_beside_the_pad_without_scrolling(page, window):
    resize(page, *window)
    page.reload()
    page.wait_for_selector(".cb-ready")
    settle(page)
    draw_seven(page)
    wait_for_answer(page, 7)
    assert page.evaluate("() => scrollY") == 0
    pad, verdict, answer = (
        page.locator(name).bounding_box() for name in (".cb-pad", ".cb-verdict", ".cb-answer")
    )
    assert verdict["x"] >= pad["x"] + pad["width"]
    assert verdict["y"] < pad["y"] + 0.5 * pad["height"]
    for box in (pad, answer):  # the ten bars as well
        assert box["y"] > 0 and box["y"] + box["height"] <= window[1], box
        assert box["x"] + box["width"] <= window[0]


@pytest.mark.in_both
def test_the_first_stroke_takes_the_place_of_a_test_digit_and_of_its_label(page):
    """With the mouse and with keys; the second stroke is added to the first."""
    place(page, "typical", 4)
    note = page.locator(".cb-answer .cb-note")
    assert note.inner_text().endswith("the right answer is 4")
    draw_seven(page)
    wait_for_answer(page, 7)
    assert "right answer" not in note.inner_text()
    assert page.locator(".cb-example[aria-pressed=true]").count() == 0
    drawn = page.evaluate("() => Array.from(cnnbook.playground.receive().pixels)")
    draw_seven(page)
    assert page.evaluate("() => cnnbook.playground.state.strokes.length") == 2
    clear(page)
    draw_seven(page)
    # Nothing of the digit is left: the same pixels as on an empty pad.
    assert page.evaluate("() => Array.from(cnnbook.playground.receive().pixels)") == drawn

    place(page, "misread", 0)
    page.locator(".cb-pad").focus()
    page.keyboard.press("ArrowUp")  # the pen is up: the digit stays
    assert page.evaluate("() => cnnbook.playground.state.image !== null")
    page.keyboard.press(" ")
    told = page.locator(".cb-sheet [role=status]")
    told.get_by_text("The pad was cleared. Pen down at").wait_for(state="attached")
    assert page.evaluate("() => cnnbook.playground.state.image") is None


@pytest.mark.in_both
def test_sliders_move_the_digit_and_centring_takes_the_move_back(page):
    """60 places of the sheet's 280 are 6 pixels of 28; with centring, they are none."""
    place(page, "typical", 1)
    page.locator("summary", has_text="Change the pen").click()
    middle = """() => { const { pixels } = cnnbook.playground.receive();
      let [sum, moment] = [0, 0];
      pixels.forEach((value, i) => { sum += value; moment += value * (i % 28); });
      return moment / sum; }"""
    page.get_by_label(CENTRING).uncheck()
    before = page.evaluate(middle)
    page.get_by_label("right", exact=True).fill("60")
    assert page.evaluate(middle) == pytest.approx(before + 6, abs=1e-4)  # whole pixels move exactly
    page.get_by_label(CENTRING).check()
    # Back where MNIST's makers, who centred it too, had put it, to the half pixel of rounding.
    assert page.evaluate(middle) == pytest.approx(before, abs=0.6)
    for name, value in {
        "down": "-40",
        "size": "0.5",
        "turn": "10",
        "noise": "0.2",
        "pen": "30",
    }.items():
        still = page.evaluate("() => Array.from(cnnbook.playground.receive(false).pixels)")
        page.get_by_label(name, exact=True).fill(value)
        moved = page.evaluate("() => Array.from(cnnbook.playground.receive(false).pixels)")
        # The pen draws strokes; a test digit has none.
        assert (still == moved) == (name == "pen"), name
    page.get_by_role("button", name="Back as it was").click()
    page.get_by_label(CENTRING).uncheck()
    assert page.evaluate(middle) == pytest.approx(before)
    page.get_by_label(CENTRING).check()


# ---- Robust --------------------------------------------------------------------------------------


@pytest.mark.in_both
def test_a_stroke_goes_on_outside_the_pad_and_ends_where_the_button_is_let_go(page):
    clear(page)
    box = page.locator(".cb-pad").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for x, y in ((150, 60), (400, -40), (150, 400), (200, 200)):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.move(box["x"] + 500, box["y"] + 100)
    page.mouse.up()
    page.mouse.move(box["x"] + 100, box["y"] + 100, steps=4)
    strokes = page.evaluate("() => cnnbook.playground.state.strokes")
    assert len(strokes) == 1
    assert (min(strokes[0]), max(strokes[0])) == (0, 280)
    assert strokes[0][-2] == 280  # the last point is at the edge, not where the mouse came back


def test_a_resize_and_a_zoom_while_drawing_lose_nothing(page):
    clear(page)
    pad = page.locator(".cb-pad")
    session = page.context.new_cdp_session(page)

    def go(x, y, steps=6):
        box = pad.bounding_box()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=steps)

    metrics = {"mobile": False, "width": 900, "height": 700, "deviceScaleFactor": 2}
    go(0.25, 0.2)
    page.mouse.down()
    go(0.75, 0.2)
    resize(page, 330, 900)  # another layout, a smaller pad
    pad.scroll_into_view_if_needed()
    go(0.75, 0.2, steps=1)
    go(0.6, 0.5)
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    page.wait_for_function("() => innerWidth === 900 && devicePixelRatio === 2")
    settle(page)
    pad.scroll_into_view_if_needed()
    go(0.6, 0.5, steps=1)
    go(0.45, 0.9)
    page.mouse.up()
    page.wait_for_function(
        "() => document.querySelector('.cb-verdict').textContent === '7'"
        " && document.querySelector('.cb-pad canvas').width > 380"
    )
    sharp = page.evaluate("""() => { const pad = document.querySelector(".cb-pad");
      return pad.firstElementChild.width / pad.clientWidth; }""")
    drawn = page.evaluate("() => cnnbook.playground.state.strokes")
    session.send("Emulation.clearDeviceMetricsOverride")
    assert len(drawn) == 1
    assert np.allclose(drawn[0][:2], [70, 56], atol=3)
    assert np.allclose(drawn[0][-2:], [126, 252], atol=3)
    assert sharp == pytest.approx(2, abs=0.01)  # as sharp as the screen is now


def test_fingers_draw_and_do_not_scroll_the_page(page):
    page.evaluate("() => { cnnbook.playground.clear(); scrollTo(0, 0); }")
    settle(page)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
    box = page.locator(".cb-pad").bounding_box()
    scrolled = page.evaluate("() => scrollY")

    def touch(kind, points):
        points = [
            {"x": box["x"] + x, "y": box["y"] + y, "id": finger}
            for finger, (x, y) in enumerate(points)
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers = [(60, 200), (140, 200), (220, 200)]
    touch("touchStart", fingers)
    for step in range(1, 9):
        touch("touchMove", [(x, y - 20 * step) for x, y in fingers])
    touch("touchEnd", [])
    settle(page)
    strokes = page.evaluate("() => cnnbook.playground.state.strokes")
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    assert len(strokes) == 3
    assert page.evaluate("() => scrollY") == scrolled
    assert all(max(stroke[1::2]) - min(stroke[1::2]) > 100 for stroke in strokes)


@pytest.mark.in_both
def test_thousands_of_events_several_fingers_and_a_resize_lose_nothing(page):
    kept = page.evaluate("""async () => {
      const { playground } = cnnbook;
      playground.clear();
      const pad = document.querySelector(".cb-pad");
      const box = pad.getBoundingClientRect();
      const send = (type, pointerId, x, y) => pad.dispatchEvent(new PointerEvent(type, {
        pointerId, bubbles: true, clientX: box.left + x, clientY: box.top + y }));
      for (const finger of [1, 2, 3]) send("pointerdown", finger, 40 * finger, 40);
      for (let i = 0; i < 3000; i++) {
        send("pointermove", 1 + (i % 3),
          140 + 200 * Math.sin(i / 50), 140 + 400 * Math.cos(i / 70));
      }
      send("pointercancel", 1, 0, 0);
      send("pointermove", 1, 10, 10);
      for (const finger of [2, 3]) send("pointerup", finger, 100, 100);
      pad.style.width = "150px";
      await new Promise(requestAnimationFrame);
      pad.style.width = "";
      const flat = playground.state.strokes.flat();
      return [playground.state.strokes.length, Math.min(...flat), Math.max(...flat)];
    }""")
    assert kept == [3, 0, 280]  # what leaves the pad stays at its edge


def test_a_tab_hidden_while_drawing_loses_no_drawing(page):
    """The pen is down, the page stands still, and the button is let go where it cannot be seen."""
    clear(page)
    session = page.context.new_cdp_session(page)
    count = "() => cnnbook.playground.state.strokes.map((stroke) => stroke.length)"
    box = page.locator(".cb-pad").bounding_box()
    page.mouse.move(box["x"] + 70, box["y"] + 50)
    page.mouse.down()
    for x, y in ((210, 50), (130, 240)):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    drawn = page.evaluate(count)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    session.send("Page.setWebLifecycleState", {"state": "active"})
    # A real mouse that moves over the page, its button up; no pointerup ever came.
    page.evaluate(
        """([x, y]) => { for (const step of [0, 30, 60]) {
      document.querySelector(".cb-pad").dispatchEvent(new PointerEvent("pointermove", {
        pointerId: 1, pointerType: "mouse", buttons: 0, bubbles: true,
        clientX: x + 40 + step, clientY: y + 200 })); } }""",
        [box["x"], box["y"]],
    )
    assert page.evaluate(count) == drawn
    page.mouse.up()
    wait_for_answer(page, 7)


def test_ten_thousand_strokes_leave_no_memory_behind(page):
    session = page.context.new_cdp_session(page)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"]

    stroke = """count => { const pad = document.querySelector(".cb-pad");
      const box = pad.getBoundingClientRect();
      for (let i = 0; i < count; i++) {
        for (const [type, x] of [["pointerdown", 30], ["pointermove", 200], ["pointerup", 200]]) {
          pad.dispatchEvent(new PointerEvent(type, { pointerId: 1, bubbles: true,
            clientX: box.left + x, clientY: box.top + 20 + (i % 200) }));
        }
        if (i % 100 === 99) { cnnbook.playground.update(); cnnbook.playground.clear(); }
      } }"""
    page.evaluate(stroke, 300)
    before = heap()
    page.evaluate(stroke, 10_000)
    assert heap() - before < 1_000_000


# ---- By keys, and for ears -----------------------------------------------------------------------


@pytest.mark.in_both
def test_what_the_keyboard_draws_is_told_and_delete_clears_all(page):
    """A test digit too; a key that is held down is one press."""
    pad = page.locator(".cb-pad")
    pad.focus()
    page.keyboard.press("Delete")
    wait_for_answer(page, "?")
    told = page.locator(".cb-sheet [role=status]")
    page.keyboard.down(" ")
    page.keyboard.down(" ")  # the second of them repeats
    page.keyboard.up(" ")
    told.get_by_text("Pen down at column 140, row 140.").wait_for(state="attached")
    page.keyboard.press("ArrowDown")
    told.get_by_text("column 140, row 150, pen down").wait_for(state="attached")
    assert page.evaluate("() => cnnbook.playground.state.strokes") == [[140, 140, 140, 150]]


def test_drawing_is_announced_when_it_rests_and_not_while_it_goes_on(page):
    # What the page says of the digit that it begins with comes first.
    page.wait_for_function(
        "() => document.querySelector('.cnnbook-playground > [role=status]').textContent"
    )
    stop_time(page)
    page.evaluate("""() => {
      window.said = [];
      new MutationObserver((changes) => window.said.push(changes[0].target.textContent)).observe(
        document.querySelector(".cnnbook-playground > [role=status]"), { childList: true });
      cnnbook.playground.clear();
      cnnbook.playground.state.strokes.push([140, 40]);
    }""")
    for i in range(40):
        page.evaluate(
            """y => { cnnbook.playground.state.strokes[0].push(140, y);
            cnnbook.playground.update(); }""",
            40 + 5 * i,
        )
        page.clock.run_for(100)
    assert page.evaluate("() => window.said") == []
    page.clock.run_for(900)
    said = page.evaluate("() => window.said")
    assert len(said) == 1 and said[0].startswith("Read as 1, ")
