"""The whole book as one PDF, printed by Chromium from the pages as they were built: `make pdf`.

The pages are put together to one document: then their links lead within it, their headings are its
bookmarks, and its sheets are counted from the first to the last. It is printed twice, since the
numbers in the contents are known once it has been printed. A solution is closed, as on the screen.
"""

from __future__ import annotations

import html
import os
import pathlib
import posixpath
import re
import shutil
import urllib.parse

import execution
import live
import names
import slides
import yaml
from bs4 import BeautifulSoup, Tag

OUT = execution.ROOT / "_build" / "pdf"
STYLES = execution.ROOT / "_ext" / "paper.css"
LEFT_OUT = {"chapters/helpers"}  # what each function says stands with the code
DROPPED = (
    "noscript, script, audio, .headerlink, .cnnbook-playground, .cnnbook-glance, .toctree-wrapper"
)
NAMING = ("id", "for", "name", "aria-labelledby", "aria-describedby", "data-figure")
PAGES_OF_SCRIPTS = [*live.WIDGET_SCRIPTS.values(), live.FRAMES_SCRIPTS, live.COMPARE_SCRIPTS]
UNKNOWN = "<i></i><span>000</span>"  # as wide as the number that takes its place
PATIENCE = 900_000  # milliseconds
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

BOOK = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{head}
</head>
<body>
<article class="bd-article">
<section class="paper-cover"><p class="paper-title">{title}</p><p>{author}</p>
<p>{licence}</p></section>
<section><p class="paper-title">Contents</p><ul class="paper-contents">
{contents}
</ul></section>
{pages}
</article>
</body>
</html>
"""


def entries(chosen: list[str] | None = None) -> list[tuple[int, str, str]]:
    """Return level, page and title of what the contents list and is built; a part has no page."""
    toc = yaml.safe_load((execution.ROOT / "_toc.yml").read_text("utf-8"))
    found = [(1, toc["root"], "")]

    def walk(pages: list[dict], level: int) -> None:
        for page in pages:
            if (slides.HTML / f"{page['file']}.html").is_file():  # not of another edition
                found.append((level, page["file"], ""))
            walk(page.get("sections", []), level + 1)

    for part in toc["parts"]:
        found.append((1, "", part["caption"]))
        walk(part["chapters"], 2)
    if chosen:
        return [entry for entry in found if entry[1] in chosen]
    return [entry for entry in found if entry[1] not in LEFT_OUT]


def name(page: str) -> str:
    """Return what the names within a page begin with, and the name of the page itself."""
    return page.removeprefix("chapters/").replace("/", "-")


def page_of(page: str, level: int, pages: set[str]) -> tuple[str, Tag]:
    """Return the title of a page, and its text for the one document that all are part of."""
    built = (slides.HTML / f"{page}.html").read_text("utf-8")
    article = BeautifulSoup(built, "html.parser").article
    article.name, article["class"], article["id"] = "section", "paper-page", name(page)
    for node in article.select(DROPPED):
        node.decompose()
    for node in article.find_all(True):
        for key in NAMING:
            if key in node.attrs and node is not article:
                node[key] = " ".join(f"{name(page)}.{one}" for one in node[key].split())
    for heading in article.find_all(re.compile("^h[1-6]$")):
        if heading.name == "h1":
            heading["class"] = "paper-title"
        # A bookmark misses a space at which a line ends, and has some words of some headings
        # twice: `mend_bookmarks` does the rest.
        for words in heading.find_all(string=re.compile(" ")):
            words.replace_with(BeautifulSoup(words.replace(" ", "\xa0<wbr>"), "html.parser"))
        heading.append("\xa0")
        heading.name = f"h{min(6, int(heading.name[1]) + level - 1)}"
    for node in article.select("[href]"):
        lead(node, page, pages)
    for picture in article.find_all("img"):
        address = posixpath.normpath(posixpath.join(posixpath.dirname(page), picture["src"]))
        picture["src"] = f"{slides.HTML.as_uri()}/{address}"
        del picture["loading"]
    for closed in article.select(".toggle, .admonition.dropdown"):
        closed["class"] = [*closed["class"], "toggle-hidden"]
    return " ".join(article.find(class_="paper-title").get_text().split()), article


def lead(link: Tag, page: str, pages: set[str]) -> None:
    """Let a link into the book lead to its place in the document; others of the book's are text."""
    address = urllib.parse.urlsplit(link["href"])
    if address.scheme:
        return
    target = page
    if address.path:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), address.path))
        target = target.removesuffix(".html")
    if target in pages:
        link["href"] = f"#{name(target)}" + (f".{address.fragment}" if address.fragment else "")
    else:
        link.name = "span"
        del link["href"]


def document(chosen: list[str] | None = None) -> tuple[str, list[str]]:
    """Return the document, and the titles that its contents list."""
    listed, told = entries(chosen), []
    pages = {page for _, page, _ in listed if page}
    contents, texts = [], []
    for level, page, title in listed:
        if page:
            title, text = page_of(page, level, pages)
        else:
            page = f"part-{len(told)}"
            text = f'<h1 class="paper-part" id="{name(page)}">{html.escape(title)}</h1>'
        told.append(title)
        contents.append(
            f'<li class="paper-level-{level}" style="padding-left: {1.5 * (level - 1)}em">'
            f'<a href="#{name(page)}">{html.escape(title)}</a>{UNKNOWN}</li>'
        )
        texts.append(str(text))
    scripts = dict.fromkeys(script for scripts in PAGES_OF_SCRIPTS for script in scripts)
    styles = ["_static/book-styles.css", *(f"{live.FOLDER}/{style}" for style in live.STYLES)]
    styles = [f"{slides.HTML.as_uri()}/{style}" for style in styles] + [STYLES.as_uri()]
    scripts = [f"{slides.HTML.as_uri()}/{live.FOLDER}/{script}" for script in scripts]
    head = [f'<link rel="stylesheet" href="{style}">' for style in styles]
    head += [f'<script defer src="{script}"></script>' for script in scripts]
    return BOOK.format(
        **{key: html.escape(value) for key, value in names.on_cover().items()},
        head="\n".join(head),
        contents="\n".join(contents),
        pages="\n".join(texts),
    ), told


def mend_bookmarks(pdf: pathlib.Path, text: str) -> None:
    """Write each bookmark as its heading has it; none becomes longer, so nothing else moves."""
    known = []
    for heading in BeautifulSoup(text, "html.parser").find_all(re.compile("^h[1-6]$")):
        words = [re.escape(word) for word in map(squeezed, heading.strings) if word]
        pattern = re.compile("".join(f"(?:{word}){{1,2}}" for word in words))
        known.append((pattern, " ".join(heading.get_text().split())))

    def mended(found: re.Match) -> bytes:
        title = bytes.fromhex(found[1].decode()).decode("utf-16").replace("\xa0", " ").strip()
        told = squeezed(title)
        title = next((right for pattern, right in known if pattern.fullmatch(told)), title)
        return f"/Title <FEFF{title.encode('utf-16-be').hex()}>".encode().ljust(len(found[0]))

    pdf.write_bytes(re.sub(rb"/Title <([0-9A-Fa-f]+)>", mended, pdf.read_bytes()))


def squeezed(text: str) -> str:
    """Leave the spaces of a text out."""
    return "".join(text.split())


def numbers(pdf: pathlib.Path, told: list[str]) -> list[int]:
    """Return on which sheet each of these begins: the bookmarks have them in the same order."""
    import pypdfium2

    found, waiting = [], list(told)
    with pypdfium2.PdfDocument(pdf) as paper:
        for mark in paper.get_toc(max_depth=6):
            if waiting and squeezed(mark.get_title()) == squeezed(waiting[0]):
                found.append(mark.get_dest().get_index() + 1)
                waiting.pop(0)
    if waiting:
        raise SystemExit(f"There is no bookmark of the page {waiting[0]}.")
    return found


def print_pages(browser, out: pathlib.Path, chosen: list[str] | None = None) -> None:
    """Write the PDF of the whole book, or of some pages."""
    text, told = document(chosen)
    out.parent.mkdir(parents=True, exist_ok=True)
    source = out.with_suffix(".html")
    for again in (False, True):
        if again:
            for number in numbers(out, told):
                text = text.replace(UNKNOWN, f"<i></i><span>{number}</span>", 1)
        source.write_text(text, encoding="utf-8")
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(source.as_uri())
        page.evaluate("() => Promise.all([...document.images].map((image) => image.decode()))")
        page.pdf(path=out, prefer_css_page_size=True, outline=True, tagged=True)
        page.close()
        mend_bookmarks(out, text)
    source.unlink()


def main() -> None:
    """Print the whole book."""
    from playwright.sync_api import sync_playwright

    out = OUT / ("book.pdf" if slides.EDITION == "instructor" else f"{slides.EDITION}.pdf")
    named = os.environ.get("CHROMIUM")
    path = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if path is None:
        raise SystemExit("A PDF needs Chromium or Chrome: README.md says where it comes from.")
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium refuses its sandbox to root
    options = ["--disable-gpu", *(["--no-sandbox"] if root else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        print_pages(browser, out)
        browser.close()
    print(f"The book is at {out.relative_to(execution.ROOT)}")


if __name__ == "__main__":
    main()
