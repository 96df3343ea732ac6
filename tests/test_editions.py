"""Any chapter in depth can be left out: nothing refers to it that has no words without it."""

import pickle
import re

import editions
import execution
import guide
import pytest
from docutils import nodes
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx import addnodes

PAGES = editions.present()
DEPTH = [page for page in PAGES if guide.guide_page_above(page)]
# A chapter and what lies below it, or one page of these: each can be left out.
LEFT_OUT = [{page, *(below for below in DEPTH if below.startswith(f"{page}/"))} for page in DEPTH]


@pytest.fixture(scope="module")
def references(html_folder):
    """What the built pages refer to: the page, the reference, and to whose label, if to one."""
    folder = html_folder.parent / ".doctrees"
    environment = pickle.loads((folder / "environment.pickle").read_bytes())
    owners = {
        label: page for label, (page, _) in environment.domaindata["std"]["anonlabels"].items()
    }
    found = []
    for page in PAGES:
        doctree = pickle.loads((folder / f"{page}.doctree").read_bytes())
        for node in doctree.findall(addnodes.pending_xref):
            target = node["reftarget"]
            found.append((page, node, owners.get(target, target.removeprefix("/"))))
        for node in doctree.findall(PendingGlueReference):
            found.append((page, node, node.refdoc))
    return found


def words_without(gone: set[str], node: nodes.Element) -> str | None:
    """Return what stands for a reference to a page that was left out."""
    if isinstance(node, PendingGlueReference):
        return editions.quoted(node.refdoc, node.key)
    written = editions.write_as_text(None, None, node, nodes.inline("", node.astext()))
    return written and written.astext()


@pytest.mark.parametrize("gone", LEFT_OUT, ids=DEPTH)
def test_what_refers_to_a_chapter_that_is_left_out_has_words(references, monkeypatch, gone):
    here = [page for page in PAGES if page not in gone]
    monkeypatch.setattr(editions, "present", lambda: here)
    rooms = {execution.room(page) for page in gone} - {execution.room(page) for page in here}
    for page, node, target in references:
        helper = target.startswith(tuple(f"cnnbook.{room}." for room in rooms))
        if page not in gone and (target in gone or helper):
            assert words_without(gone, node), f"{page}: {node}"


@pytest.mark.parametrize("source", execution.chapters(), ids=execution.chapter_name)
def test_no_page_runs_on_what_belongs_to_another_chapter(source):
    """Neither on its code nor on its stored results, nor does anything that it imports."""
    name = execution.chapter_name(source)
    rooms = {execution.room(page) for page in PAGES}
    used = {file.relative_to(execution.ROOT).parts for file in execution.dependencies(source)}
    of_rooms = {
        parts[1] for parts in used if parts[0] in {"cnnbook", "benchmarks"} and len(parts) > 2
    }
    assert of_rooms & rooms <= {execution.room(name), execution.room(name.partition("/")[0])}


def test_no_shared_test_needs_a_page_that_may_be_left_out():
    """`browsing.in_depth` skips a test without its page; the search's own list leaves it out."""
    names = "|".join(page.removeprefix("chapters/") for page in DEPTH)
    files = "|".join(page.rpartition("/")[2] for page in DEPTH)
    pattern = re.compile(rf'"(?:chapters/)?(?:{names})(?:\.\w+)?[#"]|"(?:{files})\.html"')
    tests = execution.ROOT / "tests"
    for file in [*tests.glob("*.py"), *(tests / "playground").glob("*.py")]:
        for line in file.read_text(encoding="utf-8").splitlines():
            # A result of that name stands in the room of a guide's page.
            words = ("in_depth(", "parametrize", "results.load(")
            cared_for = any(word in line for word in words) or file.stem == "test_search"
            assert cared_for or not pattern.search(line), f"{file}: {line}"
