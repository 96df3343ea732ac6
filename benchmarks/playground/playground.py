"""Measure the live network in a real Chromium: script time an update, and how drawings are read.

    python -m benchmarks.playground.playground [--drawn]

Needs the built book (`make book`). Plain and slowed-down (6x, by the browser's own throttle)
rounds take turns, so that both meet the same machine; an update is a stroke's new point, the
network, and all that is painted. Long tasks are those of more than 50 ms while a digit is drawn.
Then test digits are drawn on the pad as strokes (pen_strokes.py), tiny to large. With `--drawn`
only this is done, and the stored times stay: they need a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import os
import pathlib
import statistics

import numpy as np

from benchmarks import chromium, results
from benchmarks.playground import pen_strokes
from cnnbook import data

HTML = pathlib.Path(__file__).parents[2] / "_build" / "html"
ROUNDS = 3
UPDATES = 60
DRAWN = 2000
THROTTLES = (1, 6)

UPDATE = """count => {
  const { playground } = cnnbook;
  playground.clear();
  const stroke = [60, 60];
  playground.state.strokes.push(stroke);
  const times = [];
  for (let i = 0; i < count; i++) {
    stroke.push(60 + (140 * i) / count, 60 + 60 * Math.sin(i / 9) ** 2 + i);
    const start = performance.now();
    playground.update();
    times.push(performance.now() - start);
  }
  return times;
}"""

DRAW = """async () => {
  const long = [];
  const observer = new PerformanceObserver((list) => {
    for (const task of list.getEntries()) long.push(task.duration);
  });
  observer.observe({ entryTypes: ["longtask"] });
  cnnbook.playground.clear();
  const pad = document.querySelector(".cb-pad");
  const box = pad.getBoundingClientRect();
  for (let i = 0; i < 60; i++) {
    pad.dispatchEvent(new PointerEvent(i ? "pointermove" : "pointerdown", { pointerId: 1,
      bubbles: true, clientX: box.left + 60 + 2 * i, clientY: box.top + 60 + (i % 20) * 5 }));
    await new Promise(requestAnimationFrame);
  }
  observer.disconnect();
  return long;
}"""


# When the first answer stands in the page, and when the frame that shows it is done.
FIRST = """new MutationObserver((changes, observer) => {
  if (!document.querySelector(".cb-best")) return;
  observer.disconnect();
  performance.mark("answer");
  requestAnimationFrame(() => setTimeout(() => performance.mark("shown")));
}).observe(document, { subtree: true, childList: true, attributes: true })"""


def _open(browser, throttle: int):
    """Open the page; return it and the milliseconds until the first answer, and until it shows."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(FIRST)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    page.goto((HTML / "chapters" / "playground.html").as_uri())
    page.wait_for_function("() => performance.getEntriesByName('shown').length")
    first = [
        page.evaluate("name => performance.getEntriesByName(name)[0].startTime", name)
        for name in ("answer", "shown")
    ]
    return page, first


def _draw(browser) -> dict[str, dict]:
    """Draw the first test digits at each range of sizes; return the shares that are read right."""
    _, (images, labels) = data.load_mnist()
    labels = labels[:DRAWN]
    digits = pen_strokes.strokes_of(images[:DRAWN])
    page, _ = _open(browser, 1)
    found = {}
    for size, facts in pen_strokes.SIZES.items():
        answers = pen_strokes.draw(page, digits, size)
        shares = {reader: np.mean(read == labels) for reader, read in answers.items()}
        found[size] = {**facts, "digits": DRAWN, **shares}
        print(size, shares, flush=True)
    page.close()
    return found


def _sizes() -> dict[str, int]:
    """Weigh the scripts and the networks."""
    files = [file.read_bytes() for file in sorted((HTML / "playground").iterdir())]
    packed = sum(len(gzip.compress(content)) for content in files)
    return {"bytes": sum(map(len, files)), "bytes_gzip": packed}


def draw_anew() -> None:
    """Draw the digits, and store how they are read beside the times that were measured before."""
    with chromium.launched() as browser:
        drawn = _draw(browser)
    stored = results.load("playground/playground")
    today = {"drawn_on": datetime.date.today().isoformat(), "drawn": drawn}
    results.write_json(
        results.STORED / "playground" / "playground.json", {**stored, **today, **_sizes()}
    )


def main() -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawn", action="store_true")
    if parser.parse_args().drawn:
        return draw_anew()
    times = {throttle: [] for throttle in THROTTLES}
    first = {throttle: [] for throttle in THROTTLES}
    long = {throttle: [] for throttle in THROTTLES}
    with chromium.launched() as browser:
        version = browser.version
        for _ in range(ROUNDS):
            for throttle in THROTTLES:
                page, opened = _open(browser, throttle)
                first[throttle].append(opened)
                times[throttle] += page.evaluate(UPDATE, UPDATES)[10:]
                long[throttle] += page.evaluate(DRAW)
                page.close()
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        drawn = _draw(browser)
    results.save(
        "playground/playground",
        {
            "browser": f"Chromium {version}",
            "rounds": ROUNDS,
            "updates_a_round": UPDATES - 10,
            "load_average": load,
            "throttled": {
                str(throttle): {
                    "update_milliseconds": statistics.median(times[throttle]),
                    "update_milliseconds_lowest": min(times[throttle]),
                    "first_answer_milliseconds": statistics.median(a for a, _ in first[throttle]),
                    "first_answer_shown_milliseconds": statistics.median(
                        shown for _, shown in first[throttle]
                    ),
                    "long_tasks": len(long[throttle]),
                }
                for throttle in THROTTLES
            },
            "drawn": drawn,
            **_sizes(),
        },
    )


if __name__ == "__main__":
    main()
