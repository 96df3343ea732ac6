"""The browser in which pages are measured."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """Start a Chromium without a window, that of the variable CHROMIUM or the system's."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    # Chromium refuses its sandbox to root, which is who measures in a container.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = ["--disable-gpu", *(["--no-sandbox"] if root else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
