"""The live network, opened as a file, and the networks and digits that it is compared with."""

import execution
import nbformat
import pytest
from browsing import new_page, settle
from playing import PAGE

from cnnbook import data, export


@pytest.fixture(scope="session")
def networks() -> dict[str, dict]:
    """What the executed notebooks published, by name."""
    found = {}
    for source in execution.chapters():
        for cell in nbformat.read(execution.notebook_path(source), as_version=4).cells:
            for output in cell.get("outputs", []):
                network = output.get("data", {}).get(export.MIME_TYPE)
                if network:
                    found[network["name"]] = network
    return found


@pytest.fixture(scope="session")
def digits():
    _, (images, labels) = data.load_mnist()
    return data.scale_pixels(images), labels


@pytest.fixture(scope="module")
def context(browser):
    # Nothing moves on the page by itself, so that what was found is still there when it is touched.
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def page(context, html_folder):
    page = new_page(context)
    page.goto((html_folder / PAGE).as_uri())
    page.wait_for_selector(".cb-ready")
    settle(page)
    yield page
    assert page.problems == []
    page.close()
