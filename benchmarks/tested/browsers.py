"""Try the pages in three engines: `python -m benchmarks.tested.browsers`, some ten minutes.

Needs the built book (`make book`), Debian's chromium and firefox-esr, and, for the third,
webkit2gtk-driver and xvfb. The tests that are marked `in_both` run in the first two. WebKit, the
engine of Safari, opens every page as a file, and there a digit is drawn and the search asked. What
of Safari no Linux has is looked up.
"""

from __future__ import annotations

import ast
import collections
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree
from collections.abc import Iterator

from benchmarks import results

ROOT = pathlib.Path(__file__).parents[2]
HTML = ROOT / "_build" / "html"
PROGRAMS = {"Chromium": "chromium", "Firefox": "firefox-esr"}
WEBKIT = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"
PORT = 4455
# What the pages use and an older Safari lacks, by MDN's browser-compat-data 8.1.9 of 2026-11-12.
SAFARI = [
    ("Array.at, findLastIndex, Object.hasOwn, :has(), overflow-wrap: anywhere", "15.4",
     "the oldest Safari for which the pages are written"),
    ("lookbehind in regular expressions (the search)", "16.4", "avoided"),
    ("user-select without prefix", "27.3", "avoided: the prefixed name stands beside it"),
    ("a photo turned as its EXIF says (createImageBitmap)", "16",
     "before, the playground says that it cannot read the photo"),
    ("all points between two frames (getCoalescedEvents)", "18.2",
     "before, strokes have fewer corners"),
    ("text-wrap: balance and pretty", "17.5 and 26", "before, lines break as they did"),
    ("full screen on an iPhone", "none", "the button does nothing there"),
    ("forced colours", "none", "Apple's systems have no such mode"),
]  # fmt: skip


def version(engine: str) -> str:
    """Ask a browser for its version."""
    path = os.environ.get(engine.upper()) or PROGRAMS[engine]
    return subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip()


def tested() -> list[dict]:
    """Run the tests that are meant for both; return a row for each of their files."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report.xml")
        command = ["pytest", "-q", "-m", "in_both and not in_chromium", f"--junitxml={report}"]
        subprocess.run([sys.executable, "-m", *command, "--numprocesses=2"], cwd=ROOT, check=False)
        cases = xml.etree.ElementTree.parse(report).iter("testcase")
        counts = collections.defaultdict(lambda: {engine: [0, 0] for engine in PROGRAMS})
        for case in cases:
            engine = next((each for each in PROGRAMS if each in case.get("name")), None)
            if engine:
                # Of a class name such as tests.playground.test_tour.
                passed = all(part.tag not in {"failure", "error", "skipped"} for part in case)
                count = counts[case.get("classname").replace(".", "/") + ".py"][engine]
                count[0] += passed
                count[1] += 1
    rows = []
    for file, count in sorted(counts.items()):
        subject = ast.get_docstring(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        told = {engine: f"{passed} of {all_}" for engine, (passed, all_) in count.items()}
        rows.append({"tried": subject.splitlines()[0], "tests": file, **told})
    return rows


# ---- WebKit --------------------------------------------------------------------------------------


def ask(method: str, path: str, body: dict | None = None):
    """Ask WebKit's driver, as the standard of WebDriver says."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)["value"]


@contextlib.contextmanager
def webkit() -> Iterator[tuple[str, str]]:
    """Start a WebKit in a window that nobody sees; yield the path of its session, its version."""
    command = ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24", "WebKitWebDriver", f"--port={PORT}"]
    driver = subprocess.Popen(command, start_new_session=True)
    options = {"binary": WEBKIT, "args": ["--automation"]}
    wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
    try:
        for _ in range(60):
            with contextlib.suppress(urllib.error.URLError):
                ask("GET", "/status")
                break
            time.sleep(1)
        begun = ask("POST", "/session", wanted)
        session = f"/session/{begun['sessionId']}"
        yield session, f"WebKitGTK {begun['capabilities']['browserVersion']}"
        ask("DELETE", session)
    finally:
        os.killpg(driver.pid, signal.SIGTERM)


def holds(session: str, condition: str, seconds: int = 60) -> bool:
    """Wait until an expression is true of the page."""
    for _ in range(4 * seconds):
        script = {"script": f"return Boolean({condition})", "args": []}
        if ask("POST", f"{session}/execute/sync", script):
            return True
        time.sleep(0.25)
    return False


def draw_seven(session: str) -> None:
    """Draw with the mouse on the pad."""
    where = "return document.querySelector('.cb-pad').getBoundingClientRect().toJSON()"
    box = ask("POST", f"{session}/execute/sync", {"script": where, "args": []})

    def move(x: float, y: float) -> dict:
        at = (box["x"] + x * box["width"], box["y"] + y * box["height"])
        return {"type": "pointerMove", "duration": 200, "x": round(at[0]), "y": round(at[1])}

    press, release = ({"type": f"pointer{name}", "button": 0} for name in ("Down", "Up"))
    steps = [move(0.25, 0.2), press, move(0.5, 0.2), move(0.75, 0.2), move(0.6, 0.55),
             move(0.45, 0.9), release]  # fmt: skip
    mouse = {"type": "pointer", "id": "mouse", "actions": steps}
    ask("POST", f"{session}/actions", {"actions": [mouse]})


# A page under its policy: its styles are read, its scripts have run, and each picture is there.
WHOLE = """document.readyState === 'complete'
  && getComputedStyle(document.body).margin === '0px'
  && (document.querySelector('.embedded') || document.documentElement.dataset.theme !== 'auto')
  && [...document.images].every((image) => image.loading === 'lazy' || image.naturalWidth > 0)"""


def in_webkit() -> tuple[list[dict], str]:
    """Open every page as a file, draw a digit, ask the search; return rows and the version."""
    pages = sorted(page for page in HTML.rglob("*.html") if page != HTML / "index.html")
    with webkit() as (session, told):

        def go(address: str) -> None:
            ask("POST", f"{session}/url", {"url": address})

        go(f"{(HTML / 'chapters' / 'playground.html').as_uri()}")
        holds(session, "document.querySelector('.cb-ready')")
        draw_seven(session)
        read = holds(session, "document.querySelector('.cb-verdict').textContent === '7'")
        go(f"{(HTML / 'search.html').as_uri()}?q=im2col")
        found = holds(session, "document.querySelector('.search-found a')?.href.includes('arithm')")
        whole = 0
        for page in pages:
            go(page.as_uri())
            whole += holds(session, WHOLE, seconds=20)
    tried = {
        "A 7 is drawn with the mouse on the playground, opened as a file, and read.": (read, 1),
        "The search, opened as a file, leads to the section on im2col.": (found, 1),
        "Every page is opened as a file, with styles, scripts and pictures.": (whole, len(pages)),
    }
    rows = [
        {"tried": what, "tests": None, "WebKit": f"{int(passed)} of {all_}"}
        for what, (passed, all_) in tried.items()
    ]
    return rows, told


def main() -> None:
    """Try, look up, and store."""
    rows, webkit_version = in_webkit()
    found = {engine: version(engine) for engine in PROGRAMS} | {"WebKit": webkit_version}
    safari = [dict(zip(("used", "since", "outcome"), row, strict=True)) for row in SAFARI]
    content = {"versions": found, "rows": [*tested(), *rows], "safari": safari}
    results.save("tested/browsers", content)


if __name__ == "__main__":
    main()
