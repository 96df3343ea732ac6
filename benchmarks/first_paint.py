"""Measure when a page is first seen on a slow line: `python -m benchmarks.first_paint`.

Needs the built book (`make book`). It is served on this machine, compressed; Chromium lets 1.6
megabits a second through, waits 150 ms before each answer, and runs at a fourth of its speed.
Nothing is in its cache. What tests hold is the number of bytes; times depend on the machine.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import os
import pathlib
import statistics
import threading

from playwright.sync_api import Browser

from benchmarks import chromium, results

HTML = pathlib.Path(__file__).parents[1] / "_build" / "html"
PAGES = ("index", "architecture", "convolution", "pooling", "loss", "training", "applications")
LINE = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 9e4}
SLOWER = 4
ROUNDS = 5
TEXT = {".html", ".css", ".js", ".svg", ".json"}
SEEN = """() => new Promise((done) => {
  new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName("first-contentful-paint");
    if (paint) done(paint.startTime);
  }).observe({ type: "paint", buffered: true });
})"""


class _Compressed(http.server.SimpleHTTPRequestHandler):
    """Answer as a server of static pages does: text compressed, the rest as it is."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send one file."""
        file = pathlib.Path(self.translate_path(self.path))
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        self.send_response(200)
        if file.suffix in TEXT:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments) -> None:
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address) -> None:
        """Say nothing of what was still on its way when a page was left."""


def opened(browser: Browser, address: str) -> float:
    """Open a page on the slow line; return the milliseconds until something of it is seen."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="commit")
    seen = page.evaluate(SEEN)
    context.close()
    return seen


def main() -> None:
    """Measure each page of the guide, in turns, and store."""
    handler = functools.partial(_Compressed, directory=str(HTML))
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    times = {page: [] for page in PAGES if (HTML / "chapters" / f"{page}.html").is_file()}
    with chromium.launched() as browser:
        version = browser.version
        for _ in range(ROUNDS):
            for page, found in times.items():
                address = f"http://127.0.0.1:{server.server_address[1]}/chapters/{page}.html"
                found.append(opened(browser, address))
    server.shutdown()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    results.save(
        "first_paint",
        {
            "browser": f"Chromium {version}",
            "rounds": ROUNDS,
            "load_average": load,
            "first_paint_milliseconds": {
                page: {"median": statistics.median(found), "highest": max(found)}
                for page, found in times.items()
            },
        },
    )


if __name__ == "__main__":
    main()
