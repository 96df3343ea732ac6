"""One rule for every folder: what is at the top is for everyone, what is in a room for one chapter.

A chapter is a page of the guide, or a page below one with the pages below it. Its room has its
name, in ``cnnbook/``, ``benchmarks/`` and ``tests/``. A page uses the top, its own room, and that
of the page of the guide above it. Who drops a page deletes its rooms; nothing else changes.
"""

import ast
import re

import execution
import pytest

PACKAGE = execution.ROOT / "cnnbook"
LINES_AT_THE_TOP, LINES = 2000, 6500
# Used by the pages' numbers and by every benchmark, or fixed as an interface of the whole book.
FOR_ALL = {"__init__", "prose", "results", "ops"}


def pages() -> dict[str, list]:
    """Return the chapters, each with the sources of its pages."""
    found = {}
    for source in (execution.ROOT / "chapters").rglob("*.md"):
        found.setdefault(execution.room(execution.chapter_name(source)), []).append(source)
    return found


CHAPTERS = pages()
ROOMS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file())
TOP = sorted(PACKAGE.glob("*.py"))


def code_of(chapter: str) -> str:
    """Return the code of a chapter's pages, of its room and of its benchmarks."""
    cells = [
        cell.source
        for source in CHAPTERS[chapter]
        if "{code-cell}" in source.read_text(encoding="utf-8")
        for cell in execution.read_source(source).cells
        if cell.cell_type == "code"
    ]
    files = [*(PACKAGE / chapter).rglob("*.py")]
    files += [*(execution.ROOT / "benchmarks" / chapter).rglob("*.py")]
    return "\n".join([*cells, *(file.read_text(encoding="utf-8") for file in files)])


CODE = {chapter: code_of(chapter) for chapter in CHAPTERS}


def imported(code: str) -> set[str]:
    """Name the modules and rooms of the package that some code imports."""
    lists = re.findall(r"from cnnbook import (\([^)]*\)|[^\n]*)", code)
    return set(re.findall(r"\w+", " ".join(lists))) | set(re.findall(r"from cnnbook\.(\w+)", code))


def users(module: str, name: str | None = None) -> set[str]:
    """Name the chapters that use a module at the top, or one of its functions.

    A chapter uses what the modules that it uses need.
    """
    found = set()
    word = rf"\b{module}\b" if name is None else rf"\b{module}\.{name}\b|import[^\n]*\b{name}\b"
    for chapter, code in CODE.items():
        if re.search(word, code) and module in imported(code):
            found.add(chapter)
    for file in TOP:
        text = file.read_text(encoding="utf-8")
        if file.stem != module and module in imported(text) and re.search(word, text):
            found |= users(file.stem)
    return found


def with_its_callers(module: str, name: str) -> set[str]:
    """Name a function and all of its module that lead to it."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    used = {
        node.name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    found, waiting = set(), {name}
    while waiting:
        found |= waiting
        waiting = {caller for caller, names in used.items() if names & waiting} - found
    return found


def public(module: str) -> list[str]:
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    defined = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return [name for name in defined if not name.startswith("_")]


@pytest.mark.parametrize("module", [file.stem for file in TOP if file.stem not in FOR_ALL])
def test_two_chapters_or_more_use_what_stands_at_the_top(module):
    few = {}
    for name in public(module):
        names = with_its_callers(module, name)
        chapters = set().union(*(users(module, other) for other in names))
        if len(chapters) < 2:
            few[name] = chapters
    assert few == {}, f"cnnbook/{module}.py: these belong to the room of the chapter that uses them"


@pytest.mark.parametrize("place", ["cnnbook", "benchmarks", "tests"])
def test_every_room_has_the_name_of_a_chapter(place):
    folders = {
        folder.name
        for folder in (execution.ROOT / place).iterdir()
        if folder.is_dir() and list(folder.glob("*.py"))
    }
    assert folders <= set(CHAPTERS)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_uses_the_top_its_room_and_that_of_the_guide_above_it(chapter):
    above = {execution.chapter_name(source).split("/")[0] for source in CHAPTERS[chapter]}
    assert imported(CODE[chapter]) & set(ROOMS) <= {chapter} | above


@pytest.mark.parametrize("module", [file.stem for file in TOP])
def test_what_stands_at_the_top_uses_no_room(module):
    assert not imported((PACKAGE / f"{module}.py").read_text(encoding="utf-8")) & set(ROOMS)


def test_the_package_is_small():
    def lines(files) -> int:
        return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)

    top, everything = lines(TOP), lines(PACKAGE.rglob("*.py"))
    advice = "shorten it, or raise the limit in the same commit and say why"
    assert top <= LINES_AT_THE_TOP, f"cnnbook/*.py has {top} lines: {advice}"
    assert everything <= LINES, f"cnnbook has {everything} lines: {advice}"
