"""The live network, opened as a file, and the networks and digits that it is compared with."""

import shutil

import live
import pytest
import stored
from browsing import ROOT, forget, new_page, settle
from playing import PAGE, PUBLISHED

from cnnbook import data

SIZE = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def networks() -> dict[str, dict]:
    """What the executed notebooks published, by name."""
    return PUBLISHED


@pytest.fixture(scope="session")
def digits():
    _, (images, labels) = data.load_mnist()
    return data.scale_pixels(images), labels


@pytest.fixture(scope="module")
def context(browser):
    # Nothing moves on the page by itself, so that what was found is still there when it is touched.
    context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture(scope="module")
def tab(context):
    """One tab for a module: to open the next takes a browser longer than to load the page."""
    page = new_page(context)
    yield page
    page.close()


@pytest.fixture
def page(tab, html_folder):
    forget(tab)
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")
    tab.set_viewport_size(SIZE)
    tab.goto((html_folder / PAGE).as_uri())
    tab.wait_for_selector(".cb-ready")
    settle(tab)
    yield tab
    assert tab.problems == []


# Numbers at random, the same ones each time.
SEED = "let s = 7; Math.random = () => ((s = (s * 48271) % 2147483647) / 2147483647);"


@pytest.fixture(scope="session")
def live_folder(tmp_path_factory):
    """The scripts and what they load, beside a page for each widget."""
    folder = shutil.copytree(ROOT / live.FOLDER, tmp_path_factory.mktemp("live") / "scripts")
    for name in {each for names in live.WIDGET_STORED.values() for each in names}:
        stored.write(folder, name)
    for name in live.WIDGET_STORED:
        tags = [f'<link rel="stylesheet" href="{style}">' for style in live.STYLES]
        tags += [f'<script defer src="{script}"></script>' for script in live.WIDGET_SCRIPTS[name]]
        (folder / f"{name}.html").write_text(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>t</title>{''.join(tags)}"
            f"<main class=bd-article><h1>t</h1>"
            f'<div class="cnnbook-widget" data-widget="{name}" hidden></div></main>',
            encoding="utf-8",
        )
    return folder


@pytest.fixture
def opened(browser, live_folder):
    """Open the page of a widget; it reports no error, and asks for nothing but its own files."""
    page = new_page(browser, viewport={"width": 390, "height": 844}, reduced_motion="reduce")

    def open_page(name: str):
        page.add_init_script(SEED)
        page.goto((live_folder / f"{name}.html").as_uri())
        page.wait_for_selector(".cnnbook-widget:not([hidden])")
        return page

    yield open_page
    assert page.problems == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in page.requests)
    page.close()
