"""The book's own Sphinx glue: cached outputs, ledger, chapter facts, self-checks.

Everything here is what Jupyter Book does not do by itself, and no more.
"""

from __future__ import annotations

import ast
import hashlib
import json
import pathlib
import re
import sys

import editions
import execution
import nbformat
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

LEDGER = execution.ROOT / "chapters" / "claims.yml"
CHAPTER_FACTS = execution.ROOT / execution.CHAPTER_FACTS
WORDS_A_MINUTE = 200
SECONDS_A_CODE_LINE = 5
HIDDEN = {"remove-cell", "remove-input", "hide-cell", "hide-input"}
FOLDED = re.compile(r"^(:{3,})\{[^\n]*\n:class:[^\n]*dropdown.*?^\1$", re.DOTALL | re.MULTILINE)

logger = logging.getLogger(__name__)


def use_the_book_s_cache(app: Sphinx, config) -> None:
    """Look for outputs where `make book` put them, and drop those that cannot be read."""
    config.nb_execution_cache_path = str(execution.cache_folder())
    try:
        cache = execution.open_cache()
        for source in execution.chapters():
            if not execution.has_outputs(source):
                execution.with_outputs(source, cache)
    except Exception as error:  # Sphinx and SQLAlchemy wrap it; what is not of a file goes on
        if (told := execution.cause(error)) is None:
            raise
        raise SphinxError(f"A file cannot be read or written ({told}).") from None


def stamp_source(app: Sphinx, docname: str, content: list[str]) -> None:
    """Write a chapter's digest into its front matter, so that old outputs do not fit it."""
    source = pathlib.Path(app.env.doc2path(docname))
    if source in execution.chapters():
        stamp = app.env.metadata[docname]["digest"] = execution.digest(source)
        content[0] = content[0].replace("kernelspec:\n", f"kernelspec:\n  digest: {stamp}\n", 1)


def reread_pages_with_new_outputs(app: Sphinx, env, added, changed, removed) -> list[str]:
    """Read a chapter again when what it depends on has changed, though its text has not.

    And with any page the ledger's, which shows values of other pages. Where pages have come or
    gone, all are read again: what refers to one is text without it.
    """
    if added or removed:
        return sorted(env.found_docs)
    found = []
    for source in execution.chapters():
        docname = source.relative_to(app.srcdir).with_suffix("").as_posix()
        before = env.metadata.get(docname, {}).get("digest")
        if docname in env.found_docs and before not in (None, execution.digest(source)):
            found.append(docname)
    if env.metadata.get("chapters/helpers", {}).get("modules", modules()) != modules():
        found.append("chapters/helpers")
    if (found or changed) and "chapters/claims" in env.found_docs:
        found.append("chapters/claims")
    return found


def list_helpers(app: Sphinx, docname: str, content: list[str]) -> None:
    """Write a section for each module of the package where the page of helpers says ``{modules}``.

    The first line of a module's docstring is its heading.
    """
    if "{modules}" not in content[0]:
        return
    sections = []
    for name, heading in app.env.metadata[docname].setdefault("modules", modules()):
        sections += [
            f"## {heading}",
            "```{eval-rst}",
            f".. automodule:: {name}",
            "   :members:",
            "```",
        ]
    content[0] = content[0].replace("{modules}", "\n".join(sections))


def modules() -> list[tuple[str, str]]:
    """List the package's modules and what each is about: the shared ones, then room by room."""
    found, package = [], execution.ROOT / "cnnbook"
    for file in sorted(package.rglob("*.py"), key=lambda file: (file.parent != package, file)):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if len(tree.body) > 1:  # not a docstring alone
            name = ".".join(file.relative_to(execution.ROOT).with_suffix("").parts)
            heading = (ast.get_docstring(tree) or name).splitlines()[0].rstrip(".")
            found.append((name.removesuffix(".__init__"), heading))
    return found


class MeasuredRole(SphinxRole):
    """``{measured}`chapter:name` ``: a value glued in another chapter, as text."""

    def run(self):
        """Leave a reference that is resolved when all chapters have been read."""
        chapter, _, name = self.text.partition(":")
        if (value := editions.quoted(f"chapters/{chapter}", name)) is not None:
            return [nodes.Text(value)], []
        quotes = self.env.metadata[self.env.docname].setdefault("quotes", [])
        quotes.append((f"chapters/{chapter}", name))
        reference = PendingGlueReference(
            refdoc=f"chapters/{chapter}", key=name, inline=True, gtype="text", fmt_spec=""
        )
        reference.source, reference.line = self.get_source_info()
        return [reference], []


class ClaimsTable(SphinxDirective):
    """The ledger as a table, or with the argument ``here`` this chapter's part of it.

    A row holds the claim, the verdict, what was measured, and a link to the cell that did.
    """

    optional_arguments = 1

    def run(self):
        """Turn each entry of the ledger into a row of a MyST table."""
        self.env.note_dependency(str(LEDGER))
        rows = [
            "| Claim | What the article says | Verdict | Measured here |",
            "| --- | --- | --- | --- |",
        ]
        for entry in yaml.safe_load(LEDGER.read_text(encoding="utf-8")):
            page = f"chapters/{entry['chapter']}"
            if page not in editions.present() or (self.arguments and page != self.env.docname):
                continue
            measured = (
                f"{{measured}}`{entry['chapter']}:{entry['measured']}` "
                f"({{ref}}`the cell <{entry['evidence']}>`)"
            )
            verdict = f"**{entry['verdict']}**"
            rows.append(f"| {entry['id']} | {entry['claim']} | {verdict} | {measured} |")
        holder = nodes.container(classes=["claims-table"])
        self.state.nested_parse(StringList(rows, source=str(LEDGER)), self.content_offset, holder)
        return [holder]


class ChapterFacts(SphinxDirective):
    """How long the chapter takes to read and to run, and the memory it needs, as measured."""

    def run(self):
        """Count the words of the source, and look up what `make bench` measured."""
        self.env.note_dependency(str(CHAPTER_FACTS))
        source = pathlib.Path(self.env.doc2path(self.env.docname))
        facts = _stored_facts(execution.chapter_name(source))
        minutes = reading_minutes(source)
        text = f"{minutes} {'minute' if minutes == 1 else 'minutes'} to read."
        page = self.env.docname
        if source.parent != LEDGER.parent and "load_mnist" in source.read_text(encoding="utf-8"):
            text += " Its pictures are MNIST's digits."
        elif (other := editions.other_data()) and page in (out := other.get("left_out", {})):
            self.env.note_dependency(str(execution.ROOT / "other_data.json"))
            text += (
                f" This edition's data are {other['name']}, {other['training']:,} training "
                f"pictures: {', '.join(other['classes'])}. What holds for MNIST's digits alone is "
                "not said here."
            )
            if out[page]:
                text += f" Sentences left out because they were not so here: {out[page]}."
        if facts is None:
            logger.info("the time of %s was not measured: nothing to do", source.name)
        else:
            text += (
                f" The code runs in {facts['seconds']:.0f} seconds with "
                f"{facts['peak_memory_bytes'] / 1e9:.1f} GB of memory on {facts['cores']} cores "
                f"({facts['processor']}, no GPU)."
            )
        return [nodes.paragraph("", text, classes=["chapter-facts"])]


def _stored_facts(chapter: str) -> dict | None:
    """Return a chapter's measured facts, or None where there are none."""
    if not CHAPTER_FACTS.is_file():
        return None
    return json.loads(CHAPTER_FACTS.read_text(encoding="utf-8"))["chapters"].get(chapter)


def unfolded(source: pathlib.Path) -> tuple[str, list[nbformat.NotebookNode]]:
    """Return what a page shows before anything is opened: its prose, and its cells of code.

    Folded are solutions, blocks of the class ``dropdown``, and cells that are hidden.
    """
    prose, shown = [], []
    for cell in outside_solutions(execution.read_source(source)):
        if cell.cell_type == "markdown":
            prose.append(FOLDED.sub("", cell.source))
        elif not set(cell.metadata.get("tags", [])) & HIDDEN:
            shown.append(cell)
    return "\n".join(prose), shown


def outside_solutions(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return a page's cells without those of solutions, of which no text is left in the others."""
    kept, inside = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text, inside = _without_solutions(cell.source, inside)
            kept.append(nbformat.v4.new_markdown_cell(text))
        elif not inside:
            kept.append(cell)
    return kept


def _without_solutions(text: str, inside: bool) -> tuple[str, bool]:
    """Cut solutions out of a text that may begin, and end, within one."""
    kept = []
    for line in text.splitlines():
        inside = inside or "{solution-start}" in line
        if not inside:
            kept.append(line)
        inside = inside and "{solution-end}" not in line
    return "\n".join(kept), inside


def reading_minutes(source: pathlib.Path) -> int:
    """Estimate how long a page takes to read: its words, and a pause for each line of code."""
    prose, shown = unfolded(source)
    code_lines = sum(1 for cell in shown for line in cell.source.splitlines() if line.strip())
    minutes = len(prose.split()) / WORDS_A_MINUTE + code_lines * SECONDS_A_CODE_LINE / 60
    return max(1, round(minutes))


def mend_bibliography(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree
) -> None:
    """Make each entry of the bibliography an item of its list, for screen readers.

    Docutils gives it the role doc-biblioentry, which DPUB-ARIA 1.1 has deprecated.
    """
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def find_modules_by_their_path() -> None:
    """Let the pages of source find the package's modules by their path.

    Sphinx would import each of them, and with them TensorFlow, in every build.
    """
    elsewhere = ModuleAnalyzer.get_module_source

    def source(name: str) -> tuple[str | None, str | None]:
        place = execution.ROOT.joinpath(*name.split("."))
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if name.startswith("cnnbook") and file.is_file():
                return str(file), file.read_text(encoding="utf-8")
        return elsewhere(name)

    ModuleAnalyzer.get_module_source = staticmethod(source)


def programs() -> list[pathlib.Path]:
    """List the programs and templates that make pages."""
    root = execution.ROOT
    return sorted([*(root / "_ext").glob("*.py"), *(root / "_templates").rglob("*.html")])


def drop_old_pages_of_source(app: Sphinx) -> None:
    """Have the pages of the modules' source written again where what frames them has changed.

    Sphinx looks at the modules alone.
    """
    makers = [*programs(), execution.ROOT / "_config.yml"]
    changed = max(file.stat().st_mtime for file in makers)
    for page in pathlib.Path(app.outdir, "_modules").rglob("*.html"):
        if page.stat().st_mtime < changed:
            page.unlink()


def made_by() -> str:
    """Summarise what makes the pages: all are read and written anew when it changes.

    Sphinx compares its settings, so this is one of them.
    """
    return hashlib.sha256(b"".join(file.read_bytes() for file in programs())).hexdigest()


def setup(app: Sphinx) -> dict:
    """Register the glue."""
    execution.prepare_environment()
    sys.path.insert(0, str(execution.ROOT))  # the page of helpers imports the package
    app.add_config_value("made_by", made_by(), "env")
    find_modules_by_their_path()
    app.connect("config-inited", use_the_book_s_cache)
    app.connect("builder-inited", drop_old_pages_of_source)
    app.connect("source-read", stamp_source)
    app.connect("source-read", list_helpers)
    app.connect("env-get-outdated", reread_pages_with_new_outputs)
    app.connect("html-page-context", mend_bibliography)
    app.add_role("measured", MeasuredRole())
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("chapter-facts", ChapterFacts)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
