"""A book with fewer pages: what refers to a page that was left out becomes plain text.

``chapters/offered.json`` remembers what each page offers to others: its labels with their titles,
and the values that they quote. The build keeps it. What refers to something of a page that _toc.yml
does not list is written as text; what refers to something that no page ever had is an error.
"""

from __future__ import annotations

import functools
import json
import pathlib

import execution
import student
import yaml
from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from sphinx.application import Sphinx

OFFERED = execution.ROOT / "chapters" / "offered.json"


@functools.cache
def _read(file: pathlib.Path, changed: int) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def offered() -> dict[str, dict]:
    """Return, for each page that the book has had, its title, its labels and its quoted values."""
    return _read(OFFERED, OFFERED.stat().st_mtime_ns) if OFFERED.is_file() else {}


def other_data() -> dict | None:
    """Return what this book's data are, if not MNIST's digits (`other_data.make_folder`)."""
    file = execution.ROOT / "other_data.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def present() -> list[str]:
    """List the pages of this edition."""
    toc = execution.ROOT / "_toc.yml"
    return list(_listed(toc, toc.stat().st_mtime_ns))


@functools.cache
def _listed(toc: pathlib.Path, changed: int) -> list[str]:
    return execution.toc_files(yaml.safe_load(toc.read_text(encoding="utf-8")))


def left_out() -> dict[str, dict]:
    """Return the pages that the book has had and _toc.yml does not list."""
    here = set(present())
    return {page: facts for page, facts in offered().items() if page not in here}


def quoted(page: str, name: str) -> str | None:
    """Return a value of a page that was left out, as its last run had it."""
    return left_out().get(page, {}).get("quoted", {}).get(name)


def write_as_text(app: Sphinx, env, node, contnode: nodes.Node) -> nodes.Node | None:
    """Replace a reference to a page that was left out, or to its helpers, by its words."""
    target = node["reftarget"]
    for page, facts in left_out().items():
        if target == f"/{page}" or target in facts["labels"]:
            words = facts["labels"].get(target, facts["title"])
            return contnode if node.get("refexplicit") else nodes.inline("", words)
        if target.startswith(f"cnnbook.{execution.room(page)}."):
            return contnode
    return None


def remember(app: Sphinx, exception: Exception | None) -> None:
    """Write down what the pages of this build offer, and keep what others have offered."""
    if exception is not None or app.builder.name != "html":
        return
    env, here, known = app.env, present(), left_out()
    # What pages that were left out quoted of others is remembered too.
    before = offered() if known else {}
    for page in here:
        known[page] = {"title": env.titles[page].astext(), "labels": {}, "quoted": {}}
    standard = env.domaindata["std"]
    for label, (page, _) in sorted(standard["anonlabels"].items()):
        if page in known:
            _, _, title = standard["labels"].get(label, (page, "", known[page]["title"]))
            known[page]["labels"][label] = title
    quotes = {tuple(pair) for facts in env.metadata.values() for pair in facts.get("quotes", [])}
    quotes |= {(page, name) for page, facts in before.items() for name in facts["quoted"]}
    for page, name in sorted(quotes):
        said = read_glue_cache(env.mystnb_config.output_folder, page)
        if page in here and name in said:
            known[page]["quoted"][name] = said[name]["data"]["text/plain"].strip("'\"")
    content = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n"
    if not OFFERED.is_file() or OFFERED.read_text(encoding="utf-8") != content:
        OFFERED.with_suffix(".tmp").write_text(content, encoding="utf-8")
        OFFERED.with_suffix(".tmp").replace(OFFERED)


def remove_pages_of_the_past(app: Sphinx, exception: Exception | None) -> None:
    """Delete pages and notebooks that an earlier build left in the folder."""
    if exception is not None or app.builder.name != "html":
        return
    out, here = pathlib.Path(app.outdir), set(present()) - student.hidden_pages(app)
    for folder, suffix in ((out, ".html"), (out / "_sources", ".ipynb")):
        for file in (folder / "chapters").rglob(f"*{suffix}"):
            if file.relative_to(folder).with_suffix("").as_posix() not in here:
                file.unlink()


def setup(app: Sphinx) -> dict:
    """Register the memory, and what replaces references."""
    app.connect("missing-reference", write_as_text)
    app.connect("build-finished", remember)
    app.connect("build-finished", remove_pages_of_the_past)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
