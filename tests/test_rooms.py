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
from editions import imported, public, uses

PACKAGE = execution.ROOT / "cnnbook"
LINES_AT_THE_TOP, LINES = 2000, 6500
# Used by the pages' numbers and by every benchmark, or fixed as an interface of the whole book.
FOR_ALL = {"__init__", "prose", "results", "ops"}


def pages(names) -> dict[str, list[str]]:
    """Return the chapters, each with its pages."""
    found = {}
    for name in names:
        found.setdefault(execution.room(name), []).append(name)
    return found


CHAPTERS = pages(editions.present())
ROOMS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file())
TOP = sorted(PACKAGE.glob("*.py"))


CODE = {
    chapter: "\n".join(editions.code_of(page) for page in names)
    for chapter, names in CHAPTERS.items()
}
# What chapters used that this edition leaves out: who drops one moves nothing into a room.
USED = {
    chapter: {name for page in names for name in editions.left_out()[page]["uses"].split()}
    for chapter, names in pages(editions.left_out()).items()
}


def users(module: str, name: str | None = None) -> set[str]:
    """Name the chapters that use a module at the top, or one of its functions.

    A chapter uses what the modules that it uses need.
    """
    word = module if name is None else f"{module}.{name}"
    found = {chapter for chapter, code in CODE.items() if uses(code, module, name)}
    found |= {chapter for chapter, used in USED.items() if word in used}
    for file in TOP:
        if file.stem != module and uses(file.read_text(encoding="utf-8"), module, name):
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
    above = {page.split("/")[1] for page in CHAPTERS[chapter]}
    assert imported(CODE[chapter]) & set(ROOMS) <= {chapter} | above


@pytest.mark.parametrize("chapter", [None, *CHAPTERS])
def test_the_tests_of_a_chapter_use_what_it_may_and_shared_tests_use_no_room(chapter):
    folder = execution.ROOT / "tests"
    files = folder.glob("*.py") if chapter is None else (folder / chapter).rglob("*.py")
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    studies = set(re.findall(r"from benchmarks\.(\w+) import", code)) & set(CHAPTERS)
    above = {page.split("/")[1] for page in CHAPTERS.get(chapter, [])}
    assert imported(code) & set(ROOMS) | studies <= {chapter} | above


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
