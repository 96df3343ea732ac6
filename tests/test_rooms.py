"""One rule for every folder: what is at the top is for everyone, what is in a room for one chapter.

A chapter is a page of the guide, or a page below one with the pages below it. Its room has its
name, in ``cnnbook/``, ``benchmarks/`` and ``tests/``. A page uses the top, its own room, and that
of the page of the guide above it. Who drops a page deletes its rooms; nothing else changes.
"""

import ast
import re

import editions
import execution
import pytest

PACKAGE = execution.ROOT / "cnnbook"
LINES_AT_THE_TOP, LINES = 2000, 6500
# Used by the pages' numbers and by every benchmark, or fixed as an interface of the whole book.
FOR_ALL = {"__init__", "prose", "results", "ops"}

CHAPTERS = {}  # the pages of each
for name in editions.present():
    CHAPTERS.setdefault(execution.room(name), []).append(name)
TOP = sorted(PACKAGE.glob("*.py"))


def code_in(files) -> str:
    """Return the code of some files."""
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(files))


def code_of(chapter: str) -> str:
    """Return the code of a chapter's pages, of its room and of its benchmarks."""
    cells = [
        cell.source
        for source in execution.chapters()
        if execution.room(execution.chapter_name(source)) == chapter
        for cell in execution.read_source(source).cells
        if cell.cell_type == "code"
    ]
    rooms = [execution.ROOT / place / chapter for place in ("cnnbook", "benchmarks")]
    return "\n".join([*cells, *(code_in(room.rglob("*.py")) for room in rooms)])


CODE = {chapter: code_of(chapter) for chapter in CHAPTERS}


def imported(code: str) -> set[str]:
    """Name the modules and rooms that some code imports from the package and the benchmarks."""
    lists = re.findall(r"from (?:cnnbook|benchmarks) import (\([^)]*\)|[^\n]*)", code)
    rooms = re.findall(r"from (?:cnnbook|benchmarks)\.(\w+)", code)
    return set(re.findall(r"\w+", " ".join(lists))) | set(rooms)


def users(module: str, name: str | None = None) -> set[str]:
    """Name the chapters that use a module at the top, or one of its functions.

    A chapter uses what the modules that it uses need.
    """
    word = rf"\b{module}\b" if name is None else rf"\b{module}\.{name}\b|import[^\n]*\b{name}\b"

    def uses(code: str) -> bool:
        return module in imported(code) and re.search(word, code) is not None

    found = {chapter for chapter, code in CODE.items() if uses(code)}
    for file in TOP:
        if file.stem != module and uses(file.read_text(encoding="utf-8")):
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


@pytest.mark.skipif(
    bool(editions.left_out()), reason="a chapter that was left out may be the second user"
)
@pytest.mark.parametrize("module", [file.stem for file in TOP if file.stem not in FOR_ALL])
def test_two_chapters_or_more_use_what_stands_at_the_top(module):
    few = {}
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    defined = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for name in (name for name in defined if not name.startswith("_")):
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
    above = {page.split("/")[1] for page in CHAPTERS[chapter]}
    assert imported(CODE[chapter]) & set(CHAPTERS) <= {chapter} | above


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_tests_of_a_chapter_use_what_the_chapter_may(chapter):
    above = {page.split("/")[1] for page in CHAPTERS[chapter]}
    code = code_in((execution.ROOT / "tests" / chapter).rglob("*.py"))
    assert imported(code) & set(CHAPTERS) <= {chapter} | above


@pytest.mark.parametrize("place", ["cnnbook", "benchmarks", "tests"])
def test_what_stands_at_the_top_uses_no_room(place):
    code = code_in((execution.ROOT / place).glob("*.py"))
    assert not imported(code) & set(CHAPTERS)


def test_the_package_is_small():
    def lines(files) -> int:
        return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)

    top, everything = lines(TOP), lines(PACKAGE.rglob("*.py"))
    advice = "shorten it, or raise the limit in the same commit and say why"
    assert top <= LINES_AT_THE_TOP, f"cnnbook/*.py has {top} lines: {advice}"
    assert everything <= LINES, f"cnnbook has {everything} lines: {advice}"
