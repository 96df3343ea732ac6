"""The two levels of the book: six pages of a guide, and what lies in depth below each.

The table of contents says which is which: its first part is the guide, and the pages below one of
these are its depth. A page of the guide may have none.
"""

from __future__ import annotations

import functools
import html
import re

import book
import editions
import execution
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

logger = logging.getLogger(__name__)


@functools.cache
def _table_of_contents(changed: int) -> dict:
    return yaml.safe_load((execution.ROOT / "_toc.yml").read_text(encoding="utf-8"))


def guide() -> dict[str, list[str]]:
    """Return the pages of the guide in their order, and below each all that lies in depth."""
    toc = _table_of_contents((execution.ROOT / "_toc.yml").stat().st_mtime_ns)
    first, *_ = toc.get("parts") or [{"chapters": []}]
    return {page["file"]: execution.toc_files(page.get("sections")) for page in first["chapters"]}


def guide_page_above(docname: str) -> str | None:
    """Say below which page of the guide a page in depth lies."""
    return next((page for page, below in guide().items() if docname in below), None)


class Question(SphinxDirective):
    """``{question} What is asked?``: choices, each of which opens to say whether it is right.

    The content is a list. Each item begins with ``yes:`` or ``no:`` and the choice; what follows,
    indented, explains. HTML's own ``<details>`` needs no script, and works with a keyboard.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        """Write the choices as details that close each other."""
        number = self.env.new_serialno("question")
        asked, messages = self.parse_inline(self.arguments[0])
        name = f"question-{number}"
        holder = [
            nodes.raw("", f'<div class="question" role="group" aria-labelledby="{name}">',
                      format="html"),
            nodes.raw("", f'<p class="question-asked" id="{name}">', format="html"),
            *asked,
            nodes.raw("", "</p>", format="html"),
        ]  # fmt: skip
        choices = self._choices()
        if [right for right, *_ in choices].count(True) != 1:
            raise self.error("A question needs one choice with `yes:`, and others with `no:`.")
        for right, choice, explained in choices:
            told, more = self.parse_inline(choice)
            verdict = nodes.strong("", "Yes." if right else "No.")
            body = nodes.container(classes=["question-answer"])
            self.state.nested_parse(explained, self.content_offset, body)
            if not body.children or not isinstance(body[0], nodes.paragraph):
                raise self.error(f"Each choice needs an explanation: {choice}")
            body[0].insert(0, [verdict, nodes.Text(" ")])
            kind = "right" if right else "wrong"
            opening = f'<details class="question-{kind}" name="{name}"><summary>'
            holder += [nodes.raw("", opening, format="html"), *told]
            holder += [nodes.raw("", "</summary>", format="html"), body, *more]
            holder += [nodes.raw("", "</details>", format="html")]
        return [*holder, *messages, nodes.raw("", "</div>", format="html")]

    def _choices(self) -> list[tuple[bool, str, StringList]]:
        """Take the list apart: right or wrong, the choice, and the lines that explain it."""
        found = []
        for line, (source, number) in zip(self.content, self.content.items, strict=True):
            if start := re.match(r"- (yes|no): +(.*)", line):
                found.append((start[1] == "yes", start[2], StringList()))
            elif found:
                found[-1][2].append(line.strip(), source, number)
        return found


class Deeper(SphinxDirective):
    """``{deeper}``: what lies below this page, a line ``name: sentence`` for each.

    Title and minutes are those of the page; one that is not named is missed.
    """

    has_content = True

    def run(self):
        """Turn each line into an item of a list."""
        told = dict(line.split(": ", 1) for line in self.content if line.strip())
        below = [name.removeprefix("chapters/") for name in guide().get(self.env.docname, [])]
        left_out = {page.removeprefix("chapters/") for page in editions.left_out()}
        for name in (set(told) ^ set(below)) - left_out:
            logger.warning("{deeper} and _toc.yml differ: %s", name, location=self.get_location())
        lines = []
        for name in (name for name in below if name in told):
            source = execution.ROOT / "chapters" / f"{name}.md"
            self.env.note_dependency(str(source))
            minutes = f"{book.reading_minutes(source)} minutes"
            lines.append(f"- {{doc}}`/chapters/{name}` ({minutes}): {told[name]}")
        if not lines and editions.other_data():
            lines = ["What lies below this page is about MNIST's digits, and not in this edition."]
        holder = nodes.container(classes=["deeper"])
        self.state.nested_parse(
            StringList(lines, source=self.env.docname), self.content_offset, holder
        )
        return [holder]


class Thumbnails(SphinxDirective):
    """``{thumbnails}``: a small copy of a figure of each page, a line ``page figure`` for each.

    Below it stand the page's title, with a link, and its minutes.
    """

    has_content = True

    def run(self):
        """Write a {still} for each line."""
        lines = []
        for line in self.content:
            page, figure = line.split()
            if f"chapters/{page}" in editions.left_out():
                continue
            minutes = told_minutes(self.env, [f"chapters/{page}"])
            lines += [
                f"```{{still}} {page} {figure}",
                f"{{doc}}`/chapters/{page}` {minutes}",
                "```",
            ]
        holder = nodes.container(classes=["thumbnails"])
        self.state.nested_parse(
            StringList(lines, source=self.env.docname), self.content_offset, holder
        )
        return [holder]


class MinutesRole(SphinxRole):
    """``{minutes}`guide` ``: how long the guide takes to read, or ``book``, or one page."""

    def run(self):
        """Add up the minutes of the pages."""
        pages = {
            "guide": list(guide()),
            "book": [page for above, below in guide().items() for page in (above, *below)],
        }.get(self.text, [f"chapters/{self.text}"])
        return [nodes.Text(told_minutes(self.env, pages))], []


def told_minutes(env, pages: list[str]) -> str:
    """Say how long pages take to read; the page that says so depends on their sources."""
    sources = [execution.ROOT / f"{page}.md" for page in pages if page in editions.present()]
    for source in sources:
        env.note_dependency(str(source))
    return in_words(sum(book.reading_minutes(source) for source in sources))


def in_words(minutes: int) -> str:
    """Say a time as one does: long ones in hours."""
    return f"{minutes} minutes" if minutes < 100 else f"{minutes / 60:.0f} hours"


def lead_into_the_depth(app: Sphinx, docname: str, content: list[str]) -> None:
    """Name the first page in depth where a page says ``{first-page-in-depth}``.

    Where an edition has none, the guide is the whole book.
    """
    below = [page for pages in guide().values() for page in pages]
    for page in [*below, *guide()][:1]:
        content[0] = content[0].replace("{first-page-in-depth}", f"/{page}")


def turn_pages(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Let Previous and Next stay inside the guide, and lead from the depth back up."""
    order = [app.config.root_doc, *guide()]

    def link(docname: str) -> dict | None:
        if docname not in app.env.titles:
            return None
        title = html.escape(app.env.titles[docname].astext(), quote=False)
        return {"link": app.builder.get_relative_uri(pagename, docname), "title": title}

    context["prev"] = context["next"] = context["up"] = None
    if above := guide_page_above(pagename):
        context["up"] = link(above)
    elif pagename in order:
        place = order.index(pagename)
        context["prev"] = link(order[place - 1]) if place else None
        context["next"] = link(order[place + 1]) if place + 1 < len(order) else None


def name_folds(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Name what unfolds, in the list of pages and in the page.

    The theme leaves its arrows without a name; myst-nb calls each folded cell by the same one,
    which for a screen reader takes the place of the words that say what is in the cell.
    """
    if "body" in context:
        context["body"] = context["body"].replace(' aria-label="Toggle hidden content"', "")
    draw = context["generate_toctree_html"]

    def draw_with_names(*arguments, **options):
        tree = draw(*arguments, **options)
        for summary in tree.select("li > details > summary"):
            title = summary.find_previous("a").get_text(strip=True)
            summary["aria-label"] = f"Pages below: {title}"
        return tree

    context["generate_toctree_html"] = draw_with_names


def setup(app: Sphinx) -> dict:
    """Register the directives, and the links between pages."""
    app.add_directive("question", Question)
    app.add_directive("deeper", Deeper)
    app.add_directive("thumbnails", Thumbnails)
    app.add_role("minutes", MinutesRole())
    app.connect("source-read", lead_into_the_depth)
    app.connect("html-page-context", turn_pages)
    app.connect("html-page-context", name_folds, priority=900)  # after the theme's own
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
