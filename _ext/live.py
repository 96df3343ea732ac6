"""The parts of the book that run in the reader's browser: the playground and the small widgets.

Their scripts stand in ``playground/`` and are published for the pages that use them alone. The
networks come from the outputs of the chapters that trained them (`cnnbook.export.publish`), as
those were executed for this very build.
"""

from __future__ import annotations

import html
import json
import pathlib
from typing import ClassVar

import drawings
import editions
import execution
import stored
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

FOLDER = "playground"
NETWORKS = "networks.js"
MEASURED = execution.ROOT / "benchmarks" / "playground" / "playground.json"
MIME_TYPE = "application/vnd.cnnbook.network+json"
STYLES = ["playground.css", "small.css"]
PLAYGROUND_SCRIPTS = [
    *(NETWORKS, "network.js", "normalize.js", "dom.js", "pad.js", "explain.js", "questions.js"),
    *("state.js", "marks.js", "receive.js", "sheet.js", "answer.js", "inspector.js", "lens.js"),
    *("layers.js", "controls.js", "prepare.js", "photo.js", "ask.js", "link.js", "places.js"),
    *("tour.js", "playground.js"),
]
# It loads the networks itself, once the reader comes near it.
GLANCE_SCRIPTS = ["network.js", "normalize.js", "dom.js", "pad.js", "widgets.js", "glance.js"]
FRAMES_SCRIPTS = ["dom.js", "widgets.js", "frames.js"]
COMPARE_SCRIPTS = ["dom.js", "widgets.js", "compare.js"]
SCENE_SCRIPTS = [
    *("dom.js", "widgets.js", "normalize.js", "pad.js", "graph.js", "scene.js", "widget-scene.js"),
]
WIDGET_SCRIPTS = {
    "convolution": ["dom.js", "widgets.js", "widget-convolution.js"],
    "pooling": ["dom.js", "widgets.js", "widget-pooling.js"],
    "loss": ["dom.js", "widgets.js", "widget-loss.js"],
    "shapes": ["dom.js", "widgets.js", "widget-shapes.js"],
    "descent": ["dom.js", "widgets.js", "widget-descent.js"],
    "detect": SCENE_SCRIPTS,
    "segment": SCENE_SCRIPTS,
    "tones": ["dom.js", "widgets.js", "graph.js", "sound.js", "widget-tones.js"],
    "word": ["dom.js", "widgets.js", "graph.js", "widget-word.js"],
    "spoken": ["dom.js", "widgets.js", "graph.js", "sound.js", "widget-spoken.js"],
    "flow": ["dom.js", "widgets.js", "graph.js", "widget-flow.js"],
}
# What a widget loads once the reader touches it: a stored network, or digits.
WIDGET_STORED = {
    "detect": ["detection", "digits"],
    "segment": ["segmentation", "digits"],
    "tones": ["audio"],
    "word": ["text"],
    "spoken": ["spoken", "voice"],
    "flow": ["flow"],
}

logger = logging.getLogger(__name__)


class StillPicture(nodes.General, nodes.Element):
    """A place for a copy of a figure, which is named by the attribute `copy`.

    Its children, if it has any, are the copy's caption.
    """


def _need(directive: SphinxDirective, scripts: list[str]) -> None:
    """Note that the page needs these scripts."""
    needed = directive.env.metadata[directive.env.docname].setdefault("live_scripts", [])
    needed += [script for script in scripts if script not in needed]


def _note(directive: SphinxDirective, name: str) -> None:
    """Note that this stands on the page: it gets a page of its own as well (`embed`)."""
    directive.env.metadata[directive.env.docname].setdefault("widgets", []).append(name)


def _instead(directive: SphinxDirective, told: nodes.container) -> list[nodes.Node]:
    """Say what stands in the place of the live network: without scripts a text, and a figure.

    On paper, which cannot be touched, the figure too (`_static/print.css`). The page that has this
    figure itself needs no copy.
    """
    chapter, figure = directive.arguments
    if directive.env.docname == f"chapters/{chapter}":
        noscript = nodes.raw("", "<noscript>", format="html")
        return [noscript, *told.children, nodes.raw("", "</noscript>", format="html")]
    name = f"still-{directive.env.new_serialno('still')}"
    still = StillPicture(chapter=chapter, figure=figure, copy=name)
    shown = "<noscript><style>.live-still { display: block; }</style>"
    return [
        nodes.raw("", shown, format="html"),
        *told.children,
        nodes.raw("", "</noscript>", format="html"),
        nodes.container("", still, classes=["live-still"]),
    ]


class Still(SphinxDirective):
    """``{still} page figure``: a copy of another page's figure; the content is its new caption."""

    required_arguments = 2
    has_content = True

    def run(self):
        """Leave a place for the figure, which has a caption of its own or keeps the other's."""
        page, figure = self.arguments
        caption, messages = self.parse_inline(" ".join(self.content))
        name = f"still-{self.env.new_serialno('still')}"
        return [StillPicture("", *caption, chapter=page, figure=figure, copy=name), *messages]


class Playground(SphinxDirective):
    """``{playground} chapter figure``: the live network.

    Without JavaScript, the content and that figure; on paper, that figure.
    """

    required_arguments = 2
    has_content = True

    def run(self):
        """Leave a container for the scripts, and in <noscript> the text and the figure."""
        _need(self, PLAYGROUND_SCRIPTS)
        _note(self, "playground")
        told = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, told)
        return [
            nodes.raw("", '<div class="cnnbook-playground cb-skeleton"></div>', format="html"),
            *_instead(self, told),
        ]


class Widget(SphinxDirective):
    """``{widget} name``: a small live figure; the content is for readers without JavaScript."""

    required_arguments = 1
    has_content = True

    def run(self):
        """Leave a container for the script."""
        name = self.arguments[0]
        if name not in WIDGET_SCRIPTS:
            raise self.error(f"widget must be one of {', '.join(WIDGET_SCRIPTS)}, got {name}.")
        _need(self, WIDGET_SCRIPTS[name])
        _note(self, name)
        facts = self.env.metadata[self.env.docname]
        facts.setdefault("live_stored", []).extend(WIDGET_STORED.get(name, []))
        told = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, told)
        return [
            nodes.raw(
                "", f'<div class="cnnbook-widget" data-widget="{name}" hidden></div>', format="html"
            ),
            nodes.raw("", "<noscript>", format="html"),
            *told.children,
            nodes.raw("", "</noscript>", format="html"),
        ]


class Glance(SphinxDirective):
    """``{glance} page figure``: a pad, the network's answer and eight maps, in little room.

    Without JavaScript, the content and that figure; on paper, that figure.
    """

    required_arguments = 2
    has_content = True

    def run(self):
        """Leave a container for the scripts, and in <noscript> the text and the figure."""
        _need(self, GLANCE_SCRIPTS)
        _note(self, "glance")
        told = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, told)
        start = '<div class="cnnbook-widget cnnbook-glance" data-widget="glance" hidden></div>'
        return [nodes.raw("", start, format="html"), *_instead(self, told)]


class Frames(SphinxDirective):
    """``{frames} figure count``: a figure of this page, a strip of frames, shown one at a time.

    The content says what a frame is ("epoch"). The frames are as wide as each other, without space
    between them; the first has the number 1, or that of the option ``first``. Without JavaScript
    the whole strip is seen.
    """

    required_arguments = 2
    has_content = True
    option_spec: ClassVar = {"first": int}

    def run(self):
        """Leave a container for the script, which goes into the figure."""
        figure, count = self.arguments
        label = " ".join(self.content).strip()
        if not count.isdigit() or int(count) < 2 or not label:
            raise self.error("frames need a figure, how many there are (at least 2), and a label.")
        _need(self, FRAMES_SCRIPTS)
        self.env.metadata[self.env.docname].setdefault("frames", []).append(figure)
        facts = {"figure": figure, "count": count, "first": self.options.get("first", 1)}
        data = " ".join(f'data-{key}="{html.escape(str(v))}"' for key, v in facts.items())
        return [
            nodes.raw(
                "",
                f'<div class="cnnbook-widget cnnbook-frames" data-widget="frames" {data} hidden>'
                f"{html.escape(label)}</div>",
                format="html",
            )
        ]


class Compare(SphinxDirective):
    """``{compare} before after``: a figure of two equally large pictures, with a slider.

    The pictures are files, named from the top of the book. The options say what each of them is in
    a word or two, and in its alt text; the content is the caption. Without JavaScript, and on
    paper, the pictures stand beside each other.
    """

    required_arguments = 2
    has_content = True
    option_spec: ClassVar = dict.fromkeys(
        ("name", "before", "after", "before-alt", "after-alt"), directives.unchanged_required
    )

    def run(self):
        """Make the figure; its script lays one picture over the other."""
        if missing := self.option_spec.keys() - self.options:
            raise self.error(f"compare needs the options {', '.join(sorted(missing))}.")
        sizes = {drawings.size(execution.ROOT / picture) for picture in self.arguments}
        if None in sizes or len(sizes) > 1:
            raise self.error(f"compare needs two pictures of one size, got {self.arguments}.")
        figure = nodes.figure(classes=["compare"])
        for picture, kind in zip(self.arguments, ("before", "after"), strict=True):
            figure += nodes.image(uri=f"/{picture}", alt=self.options[f"{kind}-alt"])
        named = " ".join(
            f'data-{kind}="{html.escape(self.options[kind])}"' for kind in ("before", "after")
        )
        start = '<div class="cnnbook-widget cnnbook-compare" data-widget="compare"'
        figure += nodes.raw("", f"{start} {named} hidden></div>", format="html")
        caption, messages = self.parse_inline(" ".join(self.content))
        figure += nodes.caption("", "", *caption)
        self.set_source_info(figure)
        self.add_name(figure)
        _need(self, COMPARE_SCRIPTS)
        return [figure, *messages]


class PlaygroundMeasured(SphinxDirective):
    """``{playground-measured} drawn`` or ``cost``: what the benchmark of the live network found.

    The content leads up to it, and is left out with it.
    """

    required_arguments = 1
    has_content = True

    def run(self):
        """Put the stored numbers into a table, or into sentences."""
        self.env.note_dependency(str(MEASURED))
        if not MEASURED.is_file():
            # The benchmark needs the built book: the first build of all is without its numbers.
            logger.info("no measurements of the playground: `make bench` measures")
            return []
        result = json.loads(MEASURED.read_text(encoding="utf-8"))
        lines = {"drawn": _drawn_table, "cost": _cost_sentences}[self.arguments[0]](result)
        lines = [*self.content, "", *lines]
        holder = nodes.container(classes=["playground-measured"])
        self.state.nested_parse(
            StringList(lines, source=str(MEASURED)), self.content_offset, holder
        )
        return [holder]


def _drawn_table(result: dict) -> list[str]:
    """Write how drawn digits are read as a MyST table."""
    readers = {"as_drawn": "read right, as drawn", "centred": "centred"}
    if all("faster" in facts for facts in result["drawn"].values()):
        readers["faster"] = "centred, faster network"
    heads = ["Digits drawn", "longer side, of the pad's", "pen, of the pad's side"]
    heads += readers.values()
    lines = [f"| {' | '.join(heads)} |", len(heads) * "| --- " + "|"]
    for size, facts in result["drawn"].items():
        low, high = (scale * 20 / 28 for scale in facts["scale"])  # a digit in its field
        shares = " | ".join(f"{100 * facts[name]:.1f} %" for name in readers)
        lines.append(
            f"| {facts['digits']:,}, {size} | {100 * low:.0f} to {100 * high:.0f} % "
            f"| 1/{280 / facts['pen']:.0f} | {shares} |"
        )
    return lines


def _cost_sentences(result: dict) -> list[str]:
    """Say what the page weighs, and how long it takes."""
    plain, slow = result["throttled"]["1"], result["throttled"]["6"]
    machine = result["machine"]
    return [
        f"All scripts and networks of this page together have {result['bytes'] / 1e3:,.0f} kB, "
        f"{result['bytes_gzip'] / 1e3:,.0f} kB when compressed.",
        f"In {result['browser']} on {machine['cores']} cores ({machine['processor']}), the first "
        f"answer is computed {plain['first_answer_milliseconds'] / 1000:.1f} s and shown "
        f"{plain['first_answer_shown_milliseconds'] / 1000:.1f} s after the page is opened; "
        "with every point that you draw, the network and all its maps take "
        f"{plain['update_milliseconds']:.1f} ms, or {slow['update_milliseconds']:.0f} ms when the "
        "browser is made six times as slow.",
    ]


class PutStillPictures(SphinxPostTransform):
    """Copy each figure that was asked for from its chapter, before its outputs are rendered."""

    default_priority = 1

    def run(self):
        """Put the image and the caption, without the number that the original has."""
        for place in list(self.document.findall(StillPicture)):
            chapter, name = f"chapters/{place['chapter']}", place["figure"]
            copies = []
            if chapter in self.env.found_docs:
                doctree = self.env.get_doctree(chapter)
                copies = [f.deepcopy() for f in doctree.findall(nodes.figure) if name in f["ids"]]
            if not copies and chapter not in editions.left_out():
                logger.warning("there is no figure %s in %s", name, chapter, location=place)
            for copy in copies:
                for node in copy.findall(nodes.Element):
                    node["ids"], node["names"] = [], []
            place.replace_self([self.held(place, copy) for copy in copies])

    def held(self, place: StillPicture, copy: nodes.figure) -> nodes.Element:
        """Return the figure with a name of its own, and with the caption that was given to it."""
        copy["ids"] = [place["copy"]]  # a figure needs a name, and this one is not numbered
        if place.children:
            for caption in list(copy.findall(nodes.caption)):
                caption.parent.remove(caption)
            copy += nodes.caption("", "", *place.children)
        return copy


def check_frames(app: Sphinx, doctree: nodes.document) -> None:
    """Say so where {frames} names a figure that the page does not have."""
    here = {name for figure in doctree.findall(nodes.figure) for name in figure["ids"]}
    for name in app.env.metadata[app.env.docname].get("frames", []):
        if name not in here:
            logger.warning("there is no figure %s on this page", name, location=app.env.docname)


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load a page's scripts, in their order, once its text is there."""
    scripts = app.env.metadata.get(pagename, {}).get("live_scripts", [])
    if not scripts:
        return
    here = context["pathto"](f"{FOLDER}/", resource=True)
    styles = [f'<link rel="stylesheet" href="{here}{style}" />' for style in STYLES]
    tags = [f'<script defer src="{here}{script}"></script>' for script in scripts]
    context["metatags"] = "\n".join([context.get("metatags", ""), *styles, *tags])


def published_networks() -> dict[str, dict]:
    """Collect what the chapters' executions published, by name."""
    found = {}
    for source in execution.chapters():
        if "export.publish(" not in source.read_text(encoding="utf-8"):
            continue
        notebook = execution.executed(source)
        for cell in notebook.cells if notebook else []:
            for output in cell.get("outputs", []):
                if network := output.get("data", {}).get(MIME_TYPE):
                    found[network["name"]] = network
    return found


def publish_scripts(app: Sphinx, exception: Exception | None) -> None:
    """Copy the scripts, and write the networks of this build beside them."""
    if exception is not None or app.builder.name != "html":
        return
    if not any("live_scripts" in facts for facts in app.env.metadata.values()):
        return
    target = pathlib.Path(app.outdir, FOLDER)
    target.mkdir(exist_ok=True)
    for file in sorted((execution.ROOT / FOLDER).iterdir()):
        (target / file.name).write_bytes(file.read_bytes())
    for name in sorted({n for f in app.env.metadata.values() for n in f.get("live_stored", [])}):
        stored.write(target, name)
    networks = json.dumps(published_networks(), separators=(",", ":"))
    (target / NETWORKS).write_text(
        "// Written when the book was built, from the outputs of the chapters that train.\n"
        f"(globalThis.cnnbook = globalThis.cnnbook || {{}}).published = {networks};\n",
        encoding="utf-8",
    )


def setup(app: Sphinx) -> dict:
    """Register the directives, and what publishes their scripts."""
    app.add_node(StillPicture)
    app.add_directive("still", Still)
    app.add_directive("playground", Playground)
    app.add_directive("playground-measured", PlaygroundMeasured)
    app.add_directive("widget", Widget)
    app.add_directive("glance", Glance)
    app.add_directive("frames", Frames)
    app.add_directive("compare", Compare)
    app.add_post_transform(PutStillPictures)
    app.connect("doctree-read", check_frames)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", publish_scripts)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
