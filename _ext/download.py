"""The notebook that each page offers for download: the page's words, and the executed cells.

MyST's roles and directives mean nothing to Jupyter, VS Code or Colab. So the text is written anew,
as Markdown, from the page as Sphinx has resolved it: values are filled in, references are links to
the published page (`html.baseurl` in ``_config.yml``) or its words. What the page folds is folded;
a cell that the page does not show is left out, unless a cell that it shows rests on it.
"""

from __future__ import annotations

import ast
import base64
import copy
import html
import itertools
import os
import pathlib
import re
import subprocess
import symtable
import textwrap
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import book
import drawings
import execution
import nbformat
import student
from docutils import nodes
from markdown_it import MarkdownIt
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx_exercise.nodes import is_exercise_enumerable_node, is_solution_node

logger = logging.getLogger(__name__)

REMOVED = "remove-cell"
CALLS_THAT_ONLY_TELL = {"say", "print"}
# What changes a network, a generator of numbers or an iterator, wherever it stands.
CALLS_THAT_CHANGE = {"fit", "next", "set_random_seed", "set_weights", "train_on_batch"}
LIVE = "*A live figure stands here on {}; a notebook cannot show it.*"
SHORT = {"indent": None, "separators": (",", ":")}  # JSON without space
MARKS = {"strong": "**", "emphasis": "*"}


@dataclass(frozen=True)
class Shown:
    """The place of a cell that the page shows."""

    metadata: dict
    in_solution: bool = False


class Writer:
    """Writes a resolved page as blocks of Markdown, with the places of its cells between them."""

    def __init__(self, app: Sphinx, page: str):
        self.app = app
        base = app.config.html_baseurl
        self.address = urllib.parse.urljoin(base, f"{page}.html") if base else ""
        self.attachments: dict[str, dict[str, str]] = {}
        self.in_noscript = False

    def blocks(self, node: nodes.Node, level: int = 0) -> Iterator[str | Shown]:
        """Write what is in a node, block by block."""
        for is_flat, children in itertools.groupby(node.children, _is_flat):
            if is_flat:  # HTML with words in between, without a paragraph
                yield from self._html(children)
                continue
            for child in children:
                if not self.in_noscript:
                    yield from self._block(child, level)

    def _block(self, node: nodes.Element, level: int) -> Iterator[str | Shown]:
        kind = type(node).__name__
        if isinstance(node, nodes.section):
            yield from self.blocks(node, level + 1)
        elif isinstance(node, nodes.title | nodes.rubric):
            yield f"{'#' * max(level, 1)} {self.inline(node)}"
        elif isinstance(node, nodes.paragraph):
            yield _without_marks_at_the_start(self.inline(node))
        elif isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
            yield Shown(node["cell_metadata"])
            for figure in node.findall(nodes.figure):
                yield self._caption(figure)
        elif is_solution_node(node) or {"dropdown", "toggle"} & set(node.get("classes", [])):
            yield from self._folded(node, level)
        elif isinstance(node, nodes.Admonition):
            yield from self._quoted(node, level)
        elif isinstance(node, nodes.bullet_list | nodes.enumerated_list):
            yield self._list(node, level)
        elif isinstance(node, nodes.definition_list):
            for item in node.children:
                term, *told = item.children
                body = "\n\n".join(text for part in told for text in self.blocks(part, level))
                yield f"**{self.inline(term)}**: {body}"
        elif isinstance(node, nodes.block_quote):
            yield from (_quote(text) for text in self.blocks(node, level))
        elif isinstance(node, nodes.literal_block):
            language = node.get("language", "").replace("ipython3", "python")
            yield _fence(node.astext(), "" if language == "default" else language)
        elif isinstance(node, nodes.math_block):
            yield self._math(node)
        elif isinstance(node, nodes.table):
            yield self._table(node)
        elif isinstance(node, nodes.figure):
            yield from (self._image(image) for image in node.findall(nodes.image))
            yield self._caption(node)
        elif isinstance(node, nodes.image):
            yield self._image(node)
        elif isinstance(node, nodes.citation):
            label, *told = node.children
            yield f"- [{self.inline(label)}] " + " ".join(self.inline(part) for part in told)
        elif isinstance(node, nodes.container | nodes.compound | addnodes.glossary):
            yield from self.blocks(node, level)
        elif isinstance(node, nodes.transition):
            yield "---"
        elif not isinstance(node, nodes.target | nodes.comment | nodes.Invisible):
            logger.warning("the offered notebook has no Markdown for %s", kind, location=node)

    def _html(self, flat: Iterable[nodes.Node]) -> Iterator[str]:
        """Write HTML as it is, without attributes; what needs the page's scripts is only named."""
        written = ""
        for node in flat:
            if not isinstance(node, nodes.raw):
                written += "" if self.in_noscript else in_html(self.inline(node))
            elif node.astext().startswith('<div class="cnnbook-frames'):
                continue  # the strip of frames is there
            elif "cnnbook-" in node.astext():
                page = f"[the page]({self.address})" if self.address else "the page"
                yield LIVE.format(page)
            elif "noscript" in node.astext():
                self.in_noscript = node.astext().startswith("<noscript>")
            else:
                raw = re.sub(r"<(\w+)\b[^>]*>", r"<\1>", node.astext())
                written += raw.replace("<p>", "<p><strong>").replace("</p>", "</strong></p>")
        if written:
            yield written

    def inline(self, node: nodes.Node) -> str:
        """Write words."""
        if isinstance(node, nodes.Text):
            return escape(node.astext())
        inside = "".join(self.inline(child) for child in node.children)
        if mark := MARKS.get(type(node).__name__):
            return mark + inside + mark
        if isinstance(node, nodes.literal):
            return _code(node.astext())
        if isinstance(node, nodes.math):
            return f"${node.astext()}$"
        if isinstance(node, nodes.subscript | nodes.superscript):
            tag = "sub" if isinstance(node, nodes.subscript) else "sup"
            return f"<{tag}>{inside}</{tag}>"
        if isinstance(node, nodes.image):
            return self._image(node)
        if isinstance(node, nodes.raw):
            return node.astext() if "html" in node.get("format", "") else ""
        if isinstance(node, nodes.reference) and (address := self._address(node)):
            return f"[{inside}]({address})"
        return inside

    def _address(self, node: nodes.reference) -> str:
        """Return where a reference leads; nowhere, if the pages have no address."""
        if "refid" in node:
            return self.address and f"{self.address}#{node['refid']}"
        if not node.get("internal") or urllib.parse.urlsplit(node["refuri"]).scheme:
            return node["refuri"]
        return self.address and urllib.parse.urljoin(self.address, node["refuri"])

    def _number(self, node: nodes.Element, kind: str) -> str:
        """Write the number of a figure or an exercise, as the page does."""
        numbers = self.app.builder.fignumbers.get(kind, {})
        found = next((numbers[name] for name in node["ids"] if name in numbers), None)
        if found is None:
            return ""
        return self.app.config.numfig_format[kind] % ".".join(map(str, found)) + " "

    def _caption(self, figure: nodes.figure) -> str:
        number = self._number(figure, "figure").strip()
        told = " ".join(self.inline(part) for part in figure.findall(nodes.caption))
        return f"**{number}.** {told}" if number else told

    def _title(self, node: nodes.Element) -> tuple[str, nodes.Element]:
        """Take a box apart: its title, and the rest."""
        rest = node.deepcopy()
        title = rest.children.pop(0) if isinstance(node[0], nodes.title) else None
        words = self.inline(title) if title else type(node).__name__.capitalize()
        if is_exercise_enumerable_node(node):
            words = self._number(node, "exercise") + words.strip()
        return words.strip(), rest

    def _quoted(self, node: nodes.Element, level: int) -> Iterator[str | Shown]:
        title, rest = self._title(node)
        parts = itertools.chain([f"**{title}**"], self.blocks(rest, level))
        yield from _around(parts, _quote)

    def _folded(self, node: nodes.Element, level: int) -> Iterator[str | Shown]:
        title, rest = self._title(node)

        def fold(text: str) -> str:
            return f"<details>\n<summary>{in_html(title)}</summary>\n\n{text}\n\n</details>"

        parts = list(_around(self.blocks(rest, level), fold))
        if parts and isinstance(parts[0], Shown):
            yield f"**{title}**, folded:"
        for part in parts:
            yield replace(part, in_solution=True) if isinstance(part, Shown) else part

    def _list(self, node: nodes.Element, level: int) -> str:
        items, tight = [], True
        for number, item in enumerate(node.children, node.get("start", 1)):
            mark = f"{number}. " if isinstance(node, nodes.enumerated_list) else "- "
            blocks = list(self.blocks(item, level))
            tight = tight and len(blocks) == 1
            items.append(mark + textwrap.indent("\n\n".join(blocks), " " * len(mark)).lstrip())
        return ("\n" if tight else "\n\n").join(items)

    def _table(self, node: nodes.table) -> str:
        rows = [
            [
                "<br>".join(map(str, self.blocks(entry))).replace("\n", " ").replace("|", "\\|")
                for entry in row.children
            ]
            for row in node.findall(nodes.row)
        ]
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def _math(self, node: nodes.math_block) -> str:
        tex = node.astext().strip()
        if node.get("number"):
            tex += f" \\tag{{{node['number']}}}"
        return tex if node.get("nowrap") else f"$$\n{tex}\n$$"

    def _image(self, node: nodes.image) -> str:
        """Attach a picture of the repository to the cell."""
        file = pathlib.Path(self.app.srcdir, node.get("candidates", {}).get("*", node["uri"]))
        name, kind = file.name, "svg+xml" if file.suffix == ".svg" else file.suffix[1:]
        contents = base64.b64encode(file.read_bytes()).decode()
        self.attachments[name] = {f"image/{kind}".replace("jpg", "jpeg"): contents}
        return f"![{escape(node.get('alt', ''))}](attachment:{name})"


def _is_flat(node: nodes.Node) -> bool:
    """Say whether a node stands where blocks do, and is none."""
    return isinstance(node, nodes.raw | nodes.Text | nodes.Inline) and not isinstance(
        node, nodes.image | nodes.target
    )


def _around(parts: Iterable[str | Shown], wrap: Callable[[str], str]) -> Iterator[str | Shown]:
    """Wrap all text, but no cell."""
    for is_text, group in itertools.groupby(parts, lambda part: isinstance(part, str)):
        if is_text:
            yield wrap("\n\n".join(group))
        else:
            yield from group


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _fence(text: str, language: str = "") -> str:
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def _code(text: str) -> str:
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks} {text} {ticks}" if len(ticks) > 1 else f"`{text}`"


def escape(text: str) -> str:
    """Write a text so that Markdown takes it as it is."""
    return re.sub(r"[\\`*<$]|\](?=[(\[:])|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def _without_marks_at_the_start(text: str) -> str:
    """Keep a line that begins like a list, a heading or a quotation what it is."""
    return re.sub(r"(?m)^(\d+)?([.)#>+=-])(?=\s|$|[#=-])", r"\1\\\2", text)


def in_html(text: str) -> str:
    """Write Markdown's words as HTML, for places where Markdown is not read."""
    return MarkdownIt().renderInline(text)


def made_and_needed(code: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell makes, and those that it takes from cells before it."""
    code = re.sub(r"(?m)^([ \t]*)[%!](?=\w).*$", r"\1pass", code)
    table = symtable.symtable(code, "cell", "exec")
    made = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    made |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_imported()}
    needed, waiting = set(), [table]
    while waiting:
        scope = waiting.pop()
        waiting += scope.get_children()
        needed |= {
            symbol.get_name()
            for symbol in scope.get_symbols()
            if symbol.is_global() or (scope is table and symbol.is_referenced())
        }
    return made, needed - made


def _root(node: ast.AST) -> str:
    """Name what an expression such as ``model.layers[0].name`` belongs to."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def acts(code: str) -> bool:
    """Say whether a cell does more than make names and tell: it sets a seed, fits, deletes."""
    tree = ast.parse(code)
    own = {node.id for node in ast.walk(tree) if isinstance(getattr(node, "ctx", 0), ast.Store)
           and isinstance(node, ast.Name)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Delete):
            return True
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            if _root(node) not in own:
                return True
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in CALLS_THAT_CHANGE and _root(node) not in own:
                return True
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            touched = {_root(node.value), *(_root(argument) for argument in node.value.args)}
            if _root(node.value) not in CALLS_THAT_ONLY_TELL and not touched & own:
                return True
    return False


def kept(cells: list[nbformat.NotebookNode]) -> list[bool]:
    """Say which cells of code stay: those that the page shows, and what these rest on."""
    stay, wanted = [], set()
    for cell in reversed(cells):
        made, needed = made_and_needed(cell.source)
        shown = REMOVED not in cell.metadata.get("tags", [])
        stay.append(shown or bool(made & wanted) or acts(cell.source))
        wanted |= needed if stay[-1] else set()
    return stay[::-1]


def offered_outputs(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Leave out what a cell writes for the book alone, and show its drawings to strangers too.

    JupyterLab shows no SVG of a notebook that it does not trust, as none that was downloaded is;
    within an image it does, and the description of the page goes with it.
    """
    tags = cell.metadata.get("tags", [])
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    outputs = []
    for output in copy.deepcopy(cell.outputs):
        if "scrapbook" in output.get("metadata", {}):
            continue
        if "remove-stderr" in tags and output.get("name") == "stderr":
            continue
        data = output.get("data", {})
        for kind, suffix in (("image/svg+xml", ".svg"), ("image/jpeg", ".webp")):
            if drawn := data.pop(kind, None):
                raw = drawn.encode() if suffix == ".svg" else base64.b64decode(drawn)
                data["text/html"] = picture(drawings.packed_copy(raw, suffix, ".jpg"), alt)
                output.metadata.pop(kind, None)
        if len(data) > 1:  # the pages' scripts read it, and it is published beside them
            data.pop("application/vnd.cnnbook.network+json", None)
        outputs.append(output)
    return outputs


def picture(packed: bytes, alt: str) -> str:
    """Write a drawing or a photograph as an image, the same bytes as on the page."""
    if packed.startswith(b"<svg"):
        drawn = packed.decode("utf-8")
        if "'" not in drawn:  # JSON writes the other quotes longer
            drawn = drawn.replace('"', "'")
        address = "svg+xml," + urllib.parse.quote(drawn, safe=" <>!'()*+,-./:;=?@_")
    else:
        address = "webp;base64," + base64.b64encode(packed).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/{address}">'


def _offered_cell(cell: nbformat.NotebookNode, in_solution: bool) -> nbformat.NotebookNode:
    """Fold a cell as the page does."""
    tags = set(cell.metadata.get("tags", []))
    hidden = {}
    if in_solution or tags & {"hide-input", "hide-cell", "remove-input", REMOVED}:
        hidden["source_hidden"] = True
    if in_solution or tags & {"hide-cell", "hide-output", REMOVED}:
        hidden["outputs_hidden"] = True
    offered = nbformat.v4.new_code_cell(
        cell.source, outputs=offered_outputs(cell), execution_count=cell.execution_count
    )
    offered.metadata = {"jupyter": hidden} if hidden else {}
    if "source_hidden" in hidden:
        offered.metadata["cellView"] = "form"  # Colab's word for it
    if "raises-exception" in tags:
        offered.metadata["tags"] = ["raises-exception"]
    return offered


def write(
    app: Sphinx, page: str, doctree: nodes.document, ran: nbformat.NotebookNode
) -> nbformat.NotebookNode:
    """Put the words of a page and its executed cells together."""
    cells = book.outside_solutions(ran) if student.is_built(app) else ran.cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    waiting = iter(zip(code, kept(code), strict=True))
    writer = Writer(app, page)
    options = app.config.html_theme_options
    url, branch = options.get("repository_url", ""), options.get("repository_branch", "")
    cells = [install_cell(url, revision(branch or "main") if url else "")]
    text: list[str] = []

    def end_text() -> None:
        if text:
            cells.append(nbformat.v4.new_markdown_cell("\n\n".join(text)))
            if writer.attachments:
                cells[-1]["attachments"] = dict(writer.attachments)
        text.clear()
        writer.attachments.clear()

    for part in writer.blocks(doctree):
        if isinstance(part, str):
            text.append(part)
            continue
        prompt = part.metadata.get("mystnb", {}).get("code_prompt_show", "")
        if prompt:
            text.append(f"*{prompt.replace('Show the code', 'The code below, folded')}.*")
        end_text()
        for cell, stays in waiting:
            shown = REMOVED not in cell.metadata.get("tags", [])
            if stays:
                cells.append(_offered_cell(cell, part.in_solution and shown))
            if shown:
                break
    cells += [_offered_cell(cell, False) for cell, stays in waiting if stays]
    end_text()
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    metadata = {"kernelspec": ran.metadata.kernelspec, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def revision(branch: str) -> str:
    """Name what a notebook installs: this very commit if others have it, else the branch.

    GitLab fetches the commit that it builds without a branch, and names it.
    """
    if built := os.environ.get("CI_COMMIT_SHA"):
        return built
    try:
        asked = ["git", "branch", "--remotes", "--contains", "HEAD", "--format=%(objectname)"]
        head = ["git", "rev-parse", "HEAD"]
        run = {"cwd": execution.ROOT, "capture_output": True, "text": True, "check": True}
        others_have_it = subprocess.run(asked, **run).stdout.strip()
        return subprocess.run(head, **run).stdout.strip() if others_have_it else branch
    except (OSError, subprocess.CalledProcessError):
        return branch


def package(url: str, reference: str) -> str:
    """Name the package in the repository, as pip does."""
    return f"cnnbook @ git+{url.rstrip('/')}@{reference}"


def install_cell(url: str, reference: str) -> nbformat.NotebookNode:
    """Write the cell that installs `cnnbook` where it is missing, or says how to."""
    what = f'    %pip install --quiet "{package(url, reference)}"'
    told = (
        "    raise ModuleNotFoundError(\n"
        '        "The helpers of the book are missing here: run `%pip install PATH`, "\n'
        '        "where PATH is the folder of the book, and then this cell again."\n'
        "    )"
    )
    return nbformat.v4.new_code_cell(
        "# The helpers of the book: where they are installed, this does nothing.\n"
        "import importlib.util\n\n"
        f'if importlib.util.find_spec("cnnbook") is None:\n{what if url else told}'
    )


def offer(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the notebook of a page beside its source, and put it into the menu of downloads.

    The theme does so only beside Binder's button.
    """
    source = execution.ROOT / f"{pagename}.md"
    if doctree is None or source not in execution.chapters():
        return
    ran = execution.executed(source)
    if ran is None:
        return  # it failed to run, and the build has said so
    context["ipynb_source"] = f"{pagename}.ipynb"
    file = pathlib.Path(app.outdir, "_sources", f"{pagename}.ipynb")
    execution.write_notebook(write(app, pagename, doctree, ran), file, **SHORT)


def save_what_is_offered(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree
) -> None:
    """Let a browser save what it would show: a server may call a notebook JSON.

    The theme's template writes an address between quotes, and has no place for this attribute. It
    offers the page's source, too, which is in the repository and not in the book.
    """
    for group in context.get("header_buttons", []):
        buttons = group.get("buttons", [])
        buttons[:] = [one for one in buttons if one.get("label") != "download-source-button"]
        for button in buttons:
            if button.get("label", "").startswith("download-") and "url" in button:
                button["url"] += '" download="'


def setup(app: Sphinx) -> dict:
    """Write each page's notebook with the page."""
    app.connect("html-page-context", offer, priority=400)  # before the theme's buttons
    app.connect("html-page-context", save_what_is_offered, priority=900)  # and after them
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
