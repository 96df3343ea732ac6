"""What the tests of the built book share."""

import functools
import http.server
import os
import pathlib
import shutil
import sys
import threading

import execution
import hypothesis
import live
import pytest
import stored
from browsing import HTML, ROOT, new_page

# Tests run in the chapters' environment: libraries read it when they are imported.
execution.prepare_environment()
os.environ.update(execution.one_thread())

# Whoever asks for one of these tests the built pages.
OF_PAGES = {"html_folder", "browser"}


def pytest_configure(config):
    """A deprecation that our own code brings about is an error."""
    own = [file.stem for file in (ROOT / "_ext").glob("*.py")]
    own = "|".join(["cnnbook", "benchmarks", *own])
    for kind in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"):
        config.addinivalue_line("filterwarnings", rf"error::{kind}:({own})\b")


def pytest_collection_modifyitems(items):
    """Tell the tests of the built pages from those of the code (`make compat`)."""
    for item in items:
        if OF_PAGES & set(getattr(item, "fixturenames", [])):
            item.add_marker("page")


# How long an example takes depends on who else uses the machine.
hypothesis.settings.register_profile(
    "book", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("book")

NAMES = {
    "Chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "Firefox": ("firefox-esr", "firefox"),
}
HOW_TO_GET = (
    "The tests of the pages need {0}: on Debian or Ubuntu `apt-get install {1}`, elsewhere from "
    "your system's software source, or set {2} to its path."
)
# Firefox is told at its start what Chromium is told by each test, or does without a window.
STILL_AND_LIGHT = {
    "ui.prefersReducedMotion": 1,
    "ui.systemUsesDarkTheme": 0,
    "ui.useOverlayScrollbars": 1,
    "widget.gtk.overlay-scrollbars.enabled": True,
}


def pytest_generate_tests(metafunc) -> None:
    """Run what is marked `in_both` in Firefox too."""
    if "browser" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        both = "in_both" in marks and "in_chromium" not in marks
        names = [*NAMES] if both else ["Chromium"]
        metafunc.parametrize("browser", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def html_folder() -> pathlib.Path:
    """The built book; `make test` builds it first."""
    if not (HTML / "index.html").is_file():
        pytest.fail("The book has not been built: run `make book`, or `make test`, which does so.")
    return HTML


@pytest.fixture
def untrained():
    """The article's network with the weights of seed 0."""
    import keras  # only here: most tests need no network

    from cnnbook import models

    keras.utils.set_random_seed(0)
    return models.article_network()


@pytest.fixture
def noise():
    """Three pictures of nothing, as the network takes them."""
    import numpy as np

    return np.random.default_rng(0).random((3, 28, 28, 1)).astype("float32")


@pytest.fixture
def no_figure_open():
    """No figure is open when the test begins, and it may leave none open."""
    import matplotlib.pyplot as plt  # only here: most tests draw nothing

    plt.close("all")
    yield
    assert not plt.get_fignums()


def find_browser(name: str) -> str:
    """Return the path of a browser; without one, skip the test, or fail where all must run."""
    named = os.environ.get(name.upper())
    candidates = [named] if named else NAMES[name]
    if path := next((found for each in candidates if (found := shutil.which(each))), None):
        return path
    how = HOW_TO_GET.format(name, NAMES[name][0], name.upper())
    pytest.fail(how) if os.environ.get("CI") == "true" else pytest.skip(how)


@pytest.fixture(scope="session")
def playwright():
    """What drives the browsers."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    """A real Chromium without a window."""
    # Chromium refuses its sandbox to root, which is who runs the tests in a container.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    browser = playwright.chromium.launch(
        executable_path=find_browser("Chromium"),
        args=["--disable-gpu", *(["--no-sandbox"] if root else [])],
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright, tmp_path_factory):
    """A real Firefox without a window, as Linux distributions have it."""
    if sys.platform != "linux":
        # Playwright wants one file that can be run; Chromium still tests the pages there.
        pytest.skip("Firefox is started by a script for Linux.")
    path = find_browser("Firefox")
    start = tmp_path_factory.mktemp("firefox") / "start"
    between = ROOT / "tests" / "firefox.py"
    start.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{between}' \"$@\"\n", "utf-8")
    start.chmod(0o755)
    browser = playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=start,
        env={**os.environ, "FIREFOX": path},
        firefox_user_prefs=STILL_AND_LIGHT,
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browser(request):
    """The browser that a test runs in, started once."""
    return request.getfixturevalue(request.param.lower())


@pytest.fixture(scope="module")
def tab(browser):
    """One tab for a module: to open the next takes a browser longer than to load a page."""
    page = new_page(browser)
    yield page
    page.close()


@pytest.fixture
def bare(browser, tmp_path):
    """Open a page with a text and the book's scripts, as a file; it reports no error."""
    import live  # with Sphinx

    folder = execution.ROOT / live.FOLDER
    page = new_page(browser, viewport={"width": 390, "height": 844}, reduced_motion="reduce")

    def open_page(body: str, scripts: list[str]):
        tags = [
            f'<link rel="stylesheet" href="{(folder / style).as_uri()}">' for style in live.STYLES
        ]
        tags += [
            f'<script defer src="{(folder / script).as_uri()}"></script>' for script in scripts
        ]
        head = f"<!doctype html><html lang=en><meta charset=utf-8><title>t</title>{''.join(tags)}"
        html = f"{head}<main class=bd-article>{body}</main>"
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page.goto((tmp_path / "page.html").as_uri())
        return page

    yield open_page
    assert page.errors == []
    page.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments) -> None:
        pass


@pytest.fixture(scope="session")
def site(html_folder) -> str:
    """The built book, served on this machine alone."""
    handler = functools.partial(_QuietHandler, directory=str(html_folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


# Numbers at random, the same ones each time.
SEED = "let s = 7; Math.random = () => ((s = (s * 48271) % 2147483647) / 2147483647);"


@pytest.fixture(scope="session")
def live_folder(tmp_path_factory):
    """The scripts of the pages, without a book around them."""
    return shutil.copytree(ROOT / live.FOLDER, tmp_path_factory.mktemp("live") / "scripts")


@pytest.fixture
def opened(browser, live_folder):
    """Open a page of one widget; it reports no error, and asks for nothing but its own files."""
    page = new_page(browser, viewport={"width": 390, "height": 844}, reduced_motion="reduce")

    def open_page(name: str):
        for each in live.WIDGET_STORED[name]:
            stored.write(live_folder, each)
        tags = [f'<link rel="stylesheet" href="{style}">' for style in live.STYLES]
        tags += [f'<script defer src="{script}"></script>' for script in live.WIDGET_SCRIPTS[name]]
        file = live_folder / f"{name}.html"
        file.write_text(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>t</title>{''.join(tags)}"
            f"<main class=bd-article><h1>t</h1>"
            f'<div class="cnnbook-widget" data-widget="{name}" hidden></div></main>',
            encoding="utf-8",
        )
        page.add_init_script(SEED)
        page.goto(file.as_uri())
        page.wait_for_selector(".cnnbook-widget:not([hidden])")
        return page

    yield open_page
    assert page.problems == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in page.requests)
    page.close()
