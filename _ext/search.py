"""The index of the search: every section, term, helper and cited work of the book, with its words.

Sphinx's own index knows which pages have a word, and a page has thousands. This one is a script,
so that it can be read from a page that was opened as a file; ``playground/search.js`` reads it.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import shutil
from collections.abc import Iterator

import execution
import guide
import live
import student
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx_exercise.nodes import is_solution_node

INDEX = "searchsections.js"
SCRIPT = "search.js"
NOT_READ = (
    *(nodes.comment, nodes.raw, nodes.math_block, nodes.image, nodes.label, nodes.title),
    *(addnodes.desc_signature, addnodes.index, addnodes.toctree),
)


def places(doctree: nodes.document) -> list[list[str]]:
    """List the places of a page: kind, id, heading, words, and what else stands in its code.

    A place is a section, a term of the glossary, a helper, or a work that is cited. What stands
    below a heading of its own belongs to that; solutions belong to nobody. The first is the page.
    """
    found: list[dict] = []

    def begin(kind: str, name: str, heading: str) -> dict:
        place = {"kind": kind, "id": name, "heading": heading, "words": [], "code": []}
        found.append(place)
        return place

    def read(node: nodes.Element, place: dict) -> None:
        told_without_scripts = False
        for child in node.children:
            if isinstance(child, nodes.raw):
                told_without_scripts = child.astext().startswith("<noscript>")
            elif not told_without_scripts:
                visit(child, place)

    def visit(node: nodes.Node, place: dict) -> None:
        if isinstance(node, nodes.section) and node.children and node["ids"]:
            title = node[0]
            if isinstance(title, nodes.title):
                place = begin("section", node["ids"][0] if found else "", said(title))
            read(node, place)
        elif isinstance(node, nodes.definition_list_item) and isinstance(
            node.parent.parent, addnodes.glossary
        ):
            terms = list(node.findall(nodes.term))
            read(node[-1], begin("term", terms[0]["ids"][0], ", ".join(map(said, terms))))
        elif isinstance(node, addnodes.desc) and node[0].get("ids"):
            read(node, begin("helper", node[0]["ids"][0], node[0]["ids"][0]))
        elif isinstance(node, nodes.citation) and node["ids"]:
            read(node, begin("work", node["ids"][0], said(node[0])))
        elif isinstance(node, NOT_READ) or is_solution_node(node):
            return
        elif isinstance(node, nodes.literal_block):
            if not any("cell_output" in above["classes"] for above in ancestors(node)):
                place["code"].append(node.astext())
        elif isinstance(node, nodes.TextElement):
            if "chapter-facts" not in node["classes"]:
                place["words"].append(said(node))
        elif isinstance(node, nodes.Element):
            read(node, place)

    read(doctree, {"words": [], "code": []})
    return [
        [place["kind"], place["id"], place["heading"], words, names(place["code"], words)]
        for place in found
        for words in [" ".join(text for text in place["words"] if text)]
    ]


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    """Go up from a node."""
    while node := node.parent:
        yield node


def said(node: nodes.Element) -> str:
    """Return a node's text on one line; of a formula what one could say."""
    text = "".join(
        re.sub(r"\\[a-zA-Z]+|[{}$\\]", "", part) if isinstance(part.parent, nodes.math) else part
        for part in node.findall(nodes.Text)
    )
    return re.sub(r"\s+", " ", text).strip()


def names(code: list[str], words: str) -> str:
    """Return each name of the code once, without those that the text has anyway."""
    known = set(re.findall(r"\w+", words))
    return " ".join(
        dict.fromkeys(n for n in re.findall(r"\w{2,}", " ".join(code)) if n not in known)
    )


def gather(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Keep the places of a page that is written."""
    if doctree is not None:
        app.env.book_places[pagename] = places(doctree)


def keep_no_other_index(app: Sphinx) -> None:
    """Spare Sphinx's own index; its stemmer is used."""
    app.env.book_places = {}
    for part in ("load_indexer", "index_page", "dump_search_index"):
        setattr(app.builder, part, lambda *arguments: None)


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Write the places of all pages: of those that this build has not written, as they were."""
    if exception is not None or app.builder.name != "html":
        return
    made_by = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    name = "places-student.json" if student.is_built(app) else "places.json"
    store = pathlib.Path(app.doctreedir, name)
    kept = json.loads(store.read_text(encoding="utf-8")) if store.is_file() else {}
    known = {**(kept["pages"] if kept.get("made_by") == made_by else {}), **app.env.book_places}
    shown = app.env.found_docs - student.hidden_pages(app)
    for page in shown - known.keys():
        known[page] = places(app.env.get_and_resolve_doctree(page, app.builder))
    known = {page: known[page] for page in sorted(shown)}
    store.write_text(json.dumps({"made_by": made_by, "pages": known}), encoding="utf-8")

    pages = [
        [app.builder.get_target_uri(page), kind_of(page), found]
        for page, found in known.items()
        if found
    ]
    static = pathlib.Path(app.outdir, "_static")
    content = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    (static / INDEX).write_text(f"globalThis.cnnbookPlaces = {content};\n", encoding="utf-8")
    (script := pathlib.Path(app.outdir, live.FOLDER, SCRIPT)).parent.mkdir(exist_ok=True)
    shutil.copyfile(execution.ROOT / live.FOLDER / SCRIPT, script)
    pathlib.Path(app.outdir, "searchindex.js").unlink(missing_ok=True)


def kind_of(page: str) -> str:
    """Say whether a page belongs to the guide, lies below it, or is one to look things up."""
    if page in guide.guide():
        return "guide"
    return "depth" if guide.guide_page_above(page) else "other"


def setup(app: Sphinx) -> dict:
    """Register the index."""
    app.connect("builder-inited", keep_no_other_index)
    app.connect("html-page-context", gather)
    app.connect("build-finished", write_index)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
