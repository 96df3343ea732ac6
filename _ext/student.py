"""The edition for students: the same pages from the same outputs, without what teachers alone see.

Teachers alone see solutions, whatever has the class ``instructor``, and pages whose header says
``instructor: true``. `make book EDITION=student` writes what `make book` has read, so that every
number is that of the full book; what leads to something that is missing becomes plain text.
"""

from __future__ import annotations

import itertools
import pathlib
import sys

import execution
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx_exercise.nodes import is_solution_node

TAG = "student"


def is_built(app: Sphinx) -> bool:
    """Say whether this build is the students'."""
    return app.tags.has(TAG)


def is_for_teachers(node: nodes.Node) -> bool:
    """Say whether teachers alone see a part of a page."""
    return is_solution_node(node) or (
        isinstance(node, nodes.Element) and "instructor" in node.get("classes", [])
    )


def hidden_pages(app: Sphinx) -> set[str]:
    """Name the pages that this edition does not show."""
    if not is_built(app):
        return set()
    return {page for page, facts in app.env.metadata.items() if facts.get("instructor")}


def note_what_is_for_teachers(app: Sphinx, doctree: nodes.document) -> None:
    """Note the ids within: this page's, and those that other pages refer to."""
    parts = [part.findall(nodes.Element) for part in doctree.findall(is_for_teachers)]
    ids = {name for node in itertools.chain(*parts) for name in node["ids"]}
    app.env.metadata[app.env.docname]["ids_for_teachers"] = sorted(ids)


def leave_out(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take out of a page what is for teachers, and let no reference lead to it."""
    if not is_built(app):
        return
    while (part := next(doctree.findall(is_for_teachers), None)) is not None:
        part.parent.remove(part)
    gone = set()
    for page, facts in app.env.metadata.items():
        address = app.builder.get_relative_uri(docname, page)
        gone |= {f"{address}#{name}" for name in facts["ids_for_teachers"]}
    pages = {app.builder.get_relative_uri(docname, page) for page in hidden_pages(app)}
    here = set(app.env.metadata[docname]["ids_for_teachers"])
    for reference in list(doctree.findall(nodes.reference)):
        address = reference.get("refuri", "")
        if reference.get("refid") in here or address in gone or address.partition("#")[0] in pages:
            reference.replace_self(reference.children)


def shorten_the_contents(app: Sphinx, builder) -> None:
    """Take pages for teachers out of the tables of contents; what was written of them is deleted.

    What was read is already stored: the other edition has its contents whole.
    """
    env, hidden = app.env, hidden_pages(app)
    for tree in [env.master_doctree, *env.tocs.values()] if hidden else []:
        for node in tree.findall(addnodes.toctree):
            node["entries"] = [entry for entry in node["entries"] if entry[1] not in hidden]
    for page, below in env.toctree_includes.items():
        env.toctree_includes[page] = [name for name in below if name not in hidden]


def publish_no_list_of_labels(app: Sphinx, exception: Exception | None) -> None:
    """Delete what other books would find places by: it lists all that was read."""
    if is_built(app):
        pathlib.Path(app.outdir, "objects.inv").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict:
    """Register what is left out."""
    app.connect("doctree-read", note_what_is_for_teachers)
    app.connect("write-started", shorten_the_contents)
    app.connect("doctree-resolved", leave_out)
    app.connect("build-finished", publish_no_list_of_labels)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def main() -> int:
    """Build the edition, as `jupyter-book build . -W -n --keep-going` builds the other.

    All pages are written anew: the other build may have read some since these were written.
    """
    from jupyter_book.sphinx import build_sphinx

    root = execution.ROOT
    result = build_sphinx(
        root,
        root / "_build" / "student",
        path_config=root / "_config.yml",
        noconfig=True,
        confoverrides={"external_toc_path": str(root / "_toc.yml"), "latex_individualpages": False,
                       "nitpicky": True},
        force_all=True,
        warningiserror=True,
        keep_going=True,
        tags=[TAG],
    )  # fmt: skip
    return 1 if isinstance(result, Exception) else int(result)


if __name__ == "__main__":
    sys.exit(main())
