"""The chapters as source: small cells, described figures, and no number typed into prose."""

import ast
import re

import editions
import execution
import layout
import nbformat
import pytest
from download import made_and_needed

from cnnbook import progress

SOURCES = execution.chapters()
NAMES = [execution.chapter_name(source) for source in SOURCES]
LONGEST_CELL, LONGEST_FUNCTION, LONGEST_FOLDED = 15, 25, 36


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_the_executed_notebook_is_that_of_the_present_source(source):
    executed = nbformat.read(execution.notebook_path(source), as_version=4)
    present = execution.read_source(source)
    assert [cell.source for cell in executed.cells] == [cell.source for cell in present.cells]
    for cell in executed.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_saving_in_jupyterlab_changes_nothing(source):
    notebook = execution.read_source(source)
    for cell in notebook.cells:
        del cell["id"]
    assert layout.as_saved(notebook) == source.read_text(encoding="utf-8"), "run `make format`"


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_errors_are_shown_only_where_they_are_meant(source):
    for cell in nbformat.read(execution.notebook_path(source), as_version=4).cells:
        if cell.cell_type != "code":
            continue
        raised = any(output.output_type == "error" for output in cell.outputs)
        expected = "raises-exception" in cell.metadata.get("tags", [])
        assert raised == expected, cell.source
        written = "".join(o.text for o in cell.outputs if o.get("name") == "stderr")
        if "remove-stderr" not in cell.metadata.get("tags", []):
            assert written == "", cell.source


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_what_a_cell_prints_is_no_wider_than_the_column(source):
    for cell in nbformat.read(execution.notebook_path(source), as_version=4).cells:
        if {"remove-cell", "remove-output"} & set(cell.metadata.get("tags", [])):
            continue
        printed = "".join(o.text for o in cell.get("outputs", []) if o.get("name") == "stdout")
        wide = [line for line in printed.splitlines() if len(line) > progress.LINE_WIDTH]
        assert wide == [], cell.source


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_a_cell_is_short(source):
    """15 lines, or one whole function of 25; 36 where drawing and setup are folded."""
    for cell in execution.read_source(source).cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type != "code" or "remove-cell" in tags:
            continue
        lines = [line for line in cell.source.splitlines() if line.strip()]
        whole = cell.source.startswith("def ") and all(x.startswith((" ", ")")) for x in lines[1:])
        folded = tags & {"hide-input", "hide-cell", "remove-input"}
        longest = LONGEST_FOLDED if folded else LONGEST_FUNCTION if whole else LONGEST_CELL
        assert len(lines) <= longest, cell.source


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_no_name_of_a_removed_cell_is_used_in_one_that_is_shown(source):
    removed, shown = set(), set()
    for cell in execution.read_source(source).cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type != "code" or "raises-exception" in tags:
            continue
        made, needed = made_and_needed(cell.source)
        if tags & {"remove-cell", "remove-input"}:
            removed |= made - shown
        else:
            shown |= made
            assert not needed & (removed - shown), cell.source


class UsedUp(ast.NodeVisitor):
    """Finds names that a cell takes from another and leaves deleted, shorter or different.

    Run again, it would not find what it needs. Statements are read in their order; the bodies of
    functions are not, and a union (``|=``) may be taken twice.
    """

    SHORTEN = frozenset({"pop", "popitem", "popleft", "remove", "__next__"})

    def __init__(self, code: str):
        self.made, self.taken, self.found = set(), set(), set()
        self.visit(ast.parse(re.sub("(?m)^[%!].*", "", code)))
        self.found |= self.taken & self.made

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.made.add(node.id)
        elif node.id not in self.made:
            self.taken.add(node.id)
            if isinstance(node.ctx, ast.Del):
                self.found.add(node.id)

    def visit_Assign(self, node):
        """Read what stands on the right first."""
        for part in (node.value, *node.targets):
            self.visit(part)

    def visit_AugAssign(self, node):
        self.visit(node.value)
        name = getattr(node.target, "id", None)
        if name and name not in self.made and not isinstance(node.op, ast.BitOr):
            self.found.add(name)
        elif name is None:
            self.visit(node.target)

    def visit_For(self, node):
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_ExceptHandler(self, node):
        self.made.add(node.name)
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        self.made.add(node.name)

    visit_ClassDef = visit_FunctionDef  # noqa: N815 (a name that ast looks for)

    def visit_Lambda(self, node):
        pass

    def visit_ListComp(self, node):
        names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
        own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        self.taken |= {name.id for name in names} - own - self.made

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815 (as above)

    def visit_Call(self, node):
        shortens = isinstance(node.func, ast.Attribute) and node.func.attr in self.SHORTEN
        of = node.func.value if shortens else (node.args or [None])[0]
        if shortens or getattr(node.func, "id", "") == "next":
            name = getattr(of, "id", None)
            if name and name not in self.made:
                self.found.add(name)
        self.generic_visit(node)


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_a_cell_run_again_finds_what_it_needs(source):
    """`python _ext/twice.py` runs every cell twice; this says in a moment what cannot pass."""
    before = set()
    for cell in execution.read_source(source).cells:
        if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", []):
            continue
        assert UsedUp(cell.source).found & before == set(), cell.source
        before |= made_and_needed(cell.source)[0]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("assert x\ndel x", {"x"}),
        ("x = f(x)", {"x"}),
        ("x, y = f(x), 1", {"x"}),
        ("x /= 255", {"x"}),
        ("first = next(x)", {"x"}),
        ("x.pop()", {"x"}),
        ("for y in x:\n    x = y", {"x"}),
        ("x |= {1}", set()),
        ("x = 1\nx += 1\ndel x", set()),
        ("y = [x for x in range(3)]\nx = 1", set()),
        ("def f(x):\n    x = x + 1", set()),
        ("try:\n    f()\nexcept ValueError as x:\n    print(x)", set()),
    ],
)
def test_a_cell_that_uses_up_what_it_needs_is_found(code, found):
    assert UsedUp(code).found & {"x"} == found


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_every_figure_is_named_captioned_and_described(source):
    """Whatever draws: a cell whose output is a picture."""
    executed = nbformat.read(execution.notebook_path(source), as_version=4).cells
    for cell in executed:
        drawn = any(
            "image/" in kind for out in cell.get("outputs", []) for kind in out.get("data", {})
        )
        if not drawn or "remove-cell" in cell.metadata.get("tags", []):
            continue
        options = cell.metadata.get("mystnb", {})
        assert options.get("figure", {}).get("caption"), cell.source
        assert options["figure"].get("name"), cell.source
        assert len(options.get("image", {}).get("alt", "")) > 30, cell.source


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_measured_numbers_come_from_the_run(source):
    """A decimal, a percentage or a number with a thousands separator must be glued.

    Exempt are the article's own promise (99 %), round targets of perfection (100 %), what an
    exercise or a setting fixes (asserted by the chapter's last cell), and code.
    """
    fixed = {
        "95 %",
        "99 %",
        "100 %",
        "1,000",
        "6,000",
        "8,000",
        "10,000",
        "5,000",
        "2,000",
        "0.9",
        "4.0",
    }
    fixed |= {"0.3", "0.5", "0.75", "0.95", "0.97"}  # thresholds and goals of detection
    for cell in execution.read_source(source).cells:
        if cell.cell_type != "markdown":
            continue
        prose = re.sub(r"`[^`]*`|\$[^$]*\$|\{[\w:-]+\}", "", cell.source)
        typed = re.findall(r"\d+(?:[.,]\d+)* %|\d+[.,]\d+", prose)
        for number in set(typed) - fixed:
            pytest.fail(
                f"{source.name}: {number} is typed. If it was measured, name it with `say` and "
                'write {glue:text} (CONTRIBUTING, "A number in a sentence"); if it is fixed, list '
                f"it in this test.\n{prose}",
                pytrace=False,
            )


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_every_glued_value_is_used_and_used_values_are_glued(source):
    """Used in its own page, in another by its name (``{measured}``), or by the ledger."""
    text = source.read_text(encoding="utf-8")
    used = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    name = re.escape(execution.chapter_name(source))
    for other in (execution.ROOT / "chapters").rglob("*.md"):
        used |= set(re.findall(rf"\{{measured\}}`{name}:(\w+)`", other.read_text("utf-8")))
    # A page that quoted a value may have been left out of this edition.
    page = editions.offered().get(f"chapters/{execution.chapter_name(source)}", {"quoted": {}})
    glued = {
        output["metadata"]["scrapbook"]["name"]
        for cell in nbformat.read(execution.notebook_path(source), as_version=4).cells
        for output in cell.get("outputs", [])
        if "scrapbook" in output.get("metadata", {})
    }
    ledger = {name for name in glued if name.startswith("claim_")}
    assert used <= glued
    assert glued - ledger <= used | set(page["quoted"])
