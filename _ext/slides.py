"""Slides of each page of the guide, made of the pages as they were built: `make slides`.

They are the built HTML cut into slides, so all that a page needed to become one is done already:
measured values stand in their sentences, formulas are MathML, pictures are packed. A slide has what
one would point at: a figure with its caption, a live figure, a cell of code with what it printed, a
question, a list, or the key sentences of the text; the whole text is in the speaker's notes
(key S). reveal.js comes with a package from PyPI and is copied beside the slides, which ask
nothing of the network.
"""

from __future__ import annotations

import html
import importlib.util
import math
import os
import pathlib
import re
import shutil
import urllib.parse

import embed
import execution
import guide
import live
import names
from bs4 import BeautifulSoup, Tag

EDITION = os.environ.get("EDITION", "instructor")  # `make slides EDITION=student`
HTML = execution.ROOT / "_build" / ("html" if EDITION == "instructor" else EDITION)
OUT = execution.ROOT / "_build" / "slides"
# Pixels of a sheet of 1280 by 720 below its heading; letters that a line of text has.
HEIGHT, GAP, LINE_HEIGHT, LINE, CODE = 580, 18, 40, 64, 24
KEY = ".std-term, .pasted-text, strong"  # a sentence with a term or a measured value
SKIPPED = ".chapter-facts, .toctree-wrapper, .live-still, noscript, details.hide"
REVEAL = ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")
FRAMES = [
    *(f'<link rel="stylesheet" href="{live.FOLDER}/{style}">\n' for style in live.STYLES),
    *(f'<script defer src="{live.FOLDER}/{script}"></script>\n' for script in live.FRAMES_SCRIPTS),
]

DECK = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="_static/book-styles.css">
<link rel="stylesheet" href="reveal/reveal.css">
{head}<link rel="stylesheet" href="slides.css">
</head>
<body>
<div class="reveal bd-article"><div class="slides">
{slides}
</div></div>
<script src="reveal/reveal.js"></script>
<script src="reveal/notes.js"></script>
<script>
Reveal.initialize({{
  width: 1280, height: 720, margin: 0, center: false, hash: true, slideNumber: "c/t",
  transition: "none", plugins: [RevealNotes],
}});
</script>
</body>
</html>
"""


def sentences(paragraph: Tag) -> list[Tag]:
    """Return a paragraph's sentences: the book has each on a line of its own."""
    found, waiting = [], ""
    for line in paragraph.decode_contents().split("\n"):
        waiting = f"{waiting} {line}".strip()
        if waiting.count("</") + waiting.count("/>") == len(re.findall(r"<\w", waiting)):
            found.append(BeautifulSoup(f"<p>{waiting}</p>", "html.parser").p)
            waiting = ""
    return found


def key_sentences(paragraph: Tag) -> list[Tag]:
    """Return the first sentence, and those that explain a term or say what was measured."""
    first, *others = sentences(paragraph)
    short = len(first.get_text()) < LINE // 2  # "A sound." only says what comes
    return [first, *(one for n, one in enumerate(others) if one.select_one(KEY) or short > n)]


def wordiness(node: Tag) -> int:
    """Return how high a sentence or an item of a list is."""
    letters = len(node.get_text()) // (2 if node.find("math") else 1)
    return math.ceil(letters / LINE) * LINE_HEIGHT


class Deck:
    """The slides of a section: each block of the page goes onto the present one, if it has room."""

    def __init__(self, heading: str):
        self.heading, self.slides = heading, []
        self.parts, self.notes, self.height, self.kind = [], [], 0, ""

    def put(self, part: str, height: int) -> None:
        """Put something of a height onto this slide, or onto the next."""
        if self.parts and self.height + height > HEIGHT:
            leading = self.parts.pop() if self.parts[-1].endswith(":</p>") else ""
            self.turn()
            self.parts, self.height = [leading], LINE_HEIGHT
        self.parts.append(part)
        self.height += height + GAP

    def turn(self) -> None:
        """Write this slide, and begin the next."""
        if any(self.parts):
            notes = f'<aside class="notes">{"".join(self.notes)}</aside>' if self.notes else ""
            head = f'<div class="sheet{self.kind}">\n<h2>{self.heading}</h2>'
            self.slides.append(
                "\n".join(["<section>", head, *self.parts, "</div>", notes, "</section>"])
            )
        self.parts, self.notes, self.height, self.kind = [], [], 0, ""

    def fill(self, part: str, height: int, kind: str = "") -> None:
        """Put something that takes what room there is, and needs so much."""
        self.put(part, height)
        self.kind = kind
        self.turn()

    def add(self, node: Tag) -> None:
        """Put a block of the page."""
        classes = node.get("class", [])
        if node.name == "p":
            for sentence in key_sentences(node):
                self.put(str(sentence), wordiness(sentence))
            self.notes.append(str(node))
        elif "math" in classes:
            self.put(str(node), 3 * LINE_HEIGHT)
        elif node.name in {"ul", "ol"} or "deeper" in classes:
            for item in node.find_all("li"):
                if "deeper" in classes:  # the title and the minutes
                    item.p.string = re.match(r".*?\)", item.get_text(), re.DOTALL)[0]
                self.put(f"<ul>{item}</ul>", wordiness(item))
        elif "cell" in classes:
            figures = [figure.extract() for figure in node.find_all("figure")]
            if node.find("pre") or node.find("table"):
                self.exhibit(node)
            for figure in figures:
                self.figure(figure)
        elif "question" in classes:
            self.fill(str(node), HEIGHT)
        elif node.get("data-widget") in embed.HEIGHTS:
            name = node["data-widget"]
            room = HEIGHT - (self.height if self.height < 3 * LINE_HEIGHT else 0)
            zoom = f"zoom: {min(1.5, room / embed.HEIGHTS[name]):.2f}"
            address = f'data-src="embed/{name}.html"'
            self.fill(f'<iframe {address} style="{zoom}" title="The live figure"></iframe>', room)
        else:
            self.exhibit(node)

    def figure(self, figure: Tag) -> None:
        """Put a picture, which takes what room is left, or something to hear."""
        if picture := figure.find("img"):
            limit = 2 if self.parts else 1.6  # where it is as large with its caption beside it
            tall = int(picture["width"]) < limit * int(picture["height"])
            self.fill(str(figure), HEIGHT - 2 * (LINE_HEIGHT + GAP), " tall" if tall else "")
        else:
            self.put(str(figure), 3 * LINE_HEIGHT)

    def exhibit(self, node: Tag) -> None:
        """Put code with what it printed, or a table, in letters as large as its lines allow."""
        lines = sum(len(pre.get_text().rstrip().split("\n")) for pre in node.find_all("pre"))
        lines += 2 * len(node.find_all("tr"))
        frames = 2 * GAP * (1 + len(node.find_all("pre")))
        letter = min(CODE, (HEIGHT - frames) / (1.4 * lines))
        node["style"] = f"--letter: {letter:.1f}px"
        self.put(str(node), round(1.4 * letter * lines) + frames)


def stack(section: Tag) -> tuple[str, list[str]]:
    """Return the heading of a section and the slides of all but its subsections."""
    heading = section.find(["h1", "h2", "h3"]).decode_contents()
    deck = Deck(heading)
    for node in section.find_all(recursive=False):
        if node.name not in {"section", "h1", "h2", "h3", "span"}:
            deck.add(node)
    deck.turn()
    return heading, deck.slides


def prepared(page: str) -> Tag:
    """Read a page, and take away what has no place on a slide: links within the book, handles."""
    article = BeautifulSoup((HTML / f"{page}.html").read_text("utf-8"), "html.parser").article
    for node in article.select(f"{SKIPPED}, .headerlink, script"):
        node.decompose()
    for link in article.select("a:not(.external)"):
        link.name = "span"
        del link["href"]
    for strip in article.select(".cnnbook-frames"):
        article.find(id=strip["data-figure"]).append(strip.extract())
    for picture in article.find_all("img"):
        picture["src"] = re.sub(r"^(\.\./)+", "", picture["src"])
        del picture["loading"]
    return article


def deck_of(page: str) -> str:
    """Write the slides of a page: a stack for each section, the first with the title."""
    first, *sections = prepared(page).find_all("section")
    title, opening = stack(first)
    told = {key: html.escape(value) for key, value in names.on_cover().items()}
    cover = (
        f'<section><div class="sheet cover"><h1>{title}</h1>'
        f"<p>{told['title']}, by {told['author']}</p><p>{told['licence']}</p></div></section>"
    )
    stacks = [[cover, *opening], *(stack(section)[1] for section in sections)]
    slides = "\n".join("\n".join(["<section>", *each, "</section>"]) for each in stacks if each)
    head = "".join(FRAMES) if "cnnbook-frames" in slides else ""
    title = BeautifulSoup(title, "html.parser").get_text()
    return DECK.format(title=title, slides=slides, head=head)


def take(file: str) -> None:
    """Copy a file of the book, and what it names: the styles' font, a live figure's scripts."""
    target = OUT / file
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HTML / file, target)
    if target.suffix == ".html":
        text = target.read_text("utf-8")
        for address in re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg))"', text):
            take(pathlib.PurePosixPath("x", address).as_posix().removeprefix("x/../"))
        # Beside the slides there is no page for it to lead to.
        target.write_text(re.sub(r'<p class="embedded-from">.*?</p>', "", text), "utf-8")
    if target.name == "glance.js":  # what it loads itself
        take("playground/networks.js")


def main() -> None:
    """Write a file of slides for each page, and beside them all that they need."""
    package = importlib.util.find_spec("sphinx_revealjs")  # of which reveal.js alone is used
    reveal = pathlib.Path(package.origin).parent / "_static" / "revealjs"
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "reveal").mkdir(parents=True)
    for file in REVEAL:
        shutil.copyfile(reveal / file, OUT / "reveal" / pathlib.PurePosixPath(file).name)
    shutil.copyfile(pathlib.Path(__file__).with_name("slides.css"), OUT / "slides.css")
    take("_static/book-styles.css")
    take("_static/math.woff2")
    for page in guide.guide():
        text = deck_of(page)
        for file in re.findall(r'(?:src|href)="((?:_images|embed|playground)/[^"]+)"', text):
            take(urllib.parse.unquote(file))
        name = f"{page.removeprefix('chapters/')}.html"
        (OUT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
    print(f"The slides are in {OUT.relative_to(execution.ROOT)}, a file for each page of the guide")
