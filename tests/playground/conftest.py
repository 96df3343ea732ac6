"""The live network, opened as a file, and the networks and digits that it is compared with."""

import pytest
from browsing import forget, new_page, settle
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
