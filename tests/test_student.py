"""The edition for students has no solution, and is otherwise the book: numbered, running, alike."""

import html
import re
import subprocess
import sys

import book
import execution
import nbformat
import pytest
from browsing import ROOT
from download import kept, made_and_needed
from test_execution import CHAPTER, plain_build

SOURCES = execution.chapters()
NAMES = [execution.chapter_name(source) for source in SOURCES]
STUDENT = ROOT / "_build" / "student"
SOLUTION = re.compile(r"(?ms)^(:{3,}|`{3,})\{solution-start\} (\S+)$(.*?)^\1\{solution-end\}")
CELL = re.compile(r"(?ms)^(`{3,})\{code-cell\}.*?^\1$")


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_no_cell_of_a_student_rests_on_a_solution(source):
    """What it takes from other cells is neither made nor changed within a solution before it."""
    notebook = execution.read_source(source)
    code = [cell for cell in book.outside_solutions(notebook) if cell.cell_type == "code"]
    staying = {cell.id: stays for cell, stays in zip(code, kept(code), strict=True)}
    made_in_solutions = set()
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        if "raises-exception" in cell.metadata.get("tags", []):
            continue
        made, needed = made_and_needed(cell.source)
        if cell.id not in staying:
            made_in_solutions |= made
        elif staying[cell.id]:
            assert not needed & made_in_solutions, cell.source
            made_in_solutions -= made


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_a_solution_has_words_and_not_code_alone(source):
    for _, label, solution in SOLUTION.findall(source.read_text(encoding="utf-8")):
        words = re.sub(r"(?m)^:\w+:.*$", "", CELL.sub("", solution)).split()
        assert len(words) >= 8, label


EXERCISES = """
(first)=
# The first

```{exercise} Predict
:label: predict

What is six times seven?
```

```{solution-start} predict
:class: dropdown
```

The secret answer is forty-two.

(secret-place)=
```{code-cell} ipython3
secret = 6 * 7
print("the secret number", secret)
```

```{solution-end}
```

```{solution} predict
A second secret.
```

```{exercise} Build
:label: build

Build it.
```

```{admonition} A note
:class: instructor

A secret for teachers, in {ref}`the table <secret-place>`.
```

```{code-cell} ipython3
print("a student's cell")
```
"""
SECOND = """
# The second

After {ref}`first` and {ref}`predict` comes {ref}`its answer <secret-place>`.
So says {doc}`the page <plans>`.

```{exercise} Change
:label: change

Change it.
```

```{code-cell} ipython3
from cnnbook import helper
```
"""
PLANS = "---\ninstructor: true\n---\n# Plans\n\nA secret plan.\n"
LISTED = (
    "format: jb-book\nroot: chapters/one\nchapters:\n- file: chapters/plans\n- file: chapters/two\n"
)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Both editions of a small book: the folder of the full one, and the students'."""
    small = tmp_path_factory.mktemp("small")
    header = CHAPTER.partition("# A chapter")[0]
    (small / "chapters").mkdir()
    for name, text in {"one": header + EXERCISES, "two": header + SECOND, "plans": PLANS}.items():
        (small / "chapters" / f"{name}.md").write_text(text, encoding="utf-8")
    (small / "_toc.yml").write_text(LISTED)
    (small / "requirements.txt").write_text("")
    (small / "cnnbook").mkdir()
    (small / "cnnbook" / "__init__.py").write_text("")
    (small / "cnnbook" / "helper.py").write_text("")
    result = plain_build(small, "-W", "-n", "--keep-going")
    assert result.returncode == 0, result.stdout
    command = [sys.executable, str(small / "_ext" / "student.py")]
    result = subprocess.run(command, cwd=small, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return small / "_build" / "html", small / "_build" / "student"


def texts(folder) -> dict[str, str]:
    """Read every text of a folder."""
    kinds = {".html", ".ipynb", ".js", ".txt", ".md", ".json"}
    files = [file for file in folder.rglob("*") if file.suffix in kinds]
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in files}


def test_a_student_gets_no_secret_and_a_teacher_all(both):
    full, student = map(texts, both)
    for secret in ["secret answer", "secret number", "second secret", "secret for teachers"]:
        assert secret in full["chapters/one.html"]
    assert "secret plan" in full["chapters/plans.html"]
    told = {name: text.replace("user-secret", "") for name, text in student.items()}  # an icon
    assert [name for name, text in told.items() if "secret" in text] == []


def test_what_leads_to_a_solution_is_text(both):
    full, student = (texts(folder)["chapters/two.html"] for folder in both)
    assert 'href="one.html#secret-place"' in full and 'href="plans.html"' in full
    assert "its answer" in student and "the page" in student
    assert "secret-place" not in student and "plans" not in student
    assert 'href="one.html#first"' in student and 'href="one.html#predict"' in student


def test_a_page_for_teachers_is_in_no_student_s_contents(both):
    full, student = map(texts, both)
    assert "chapters/plans.html" in full and "plans.html" in full["chapters/one.html"]
    assert [name for name, text in student.items() if "plans.html" in text + name] == []


def test_a_student_s_notebook_has_the_other_cells_with_their_outputs(both):
    _, student = both
    offered = nbformat.read(student / "_sources" / "chapters" / "one.ipynb", as_version=4)
    _, cell = [cell for cell in offered.cells if cell.cell_type == "code"]
    assert cell.outputs[0].text == "a student's cell\n"


def numbers(folder) -> dict[str, str]:
    """Return the number of each exercise and each figure, by its label."""
    found = {}
    for name, text in texts(folder).items():
        if name.endswith(".html"):
            pattern = r'id="([\w-]+)">\s*(?:<[^>]*>|\s)*?<span class="caption-number">([^<]*)'
            found |= dict(re.findall(pattern, text))
    return found


def test_exercises_are_numbered_alike(both):
    full, student = map(numbers, both)
    assert {"predict", "build", "change"} <= student.keys()
    assert student == full


# ---- The book itself, where `make book EDITION=student` has built it -----------------------------


def runs_of_words(text: str) -> set[tuple[str, ...]]:
    """Return every eight words in a row."""
    words = re.findall(r"\w+", text)
    return set(zip(*(words[start:] for start in range(8)), strict=False))


def words_of_page(text: str) -> str:
    """Return what a page shows."""
    text = re.sub(r"</?(?:span|a|em|strong|code)\b[^>]*>", "", text)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


def words_of_notebook(text: str) -> str:
    return "\n".join(cell["source"] for cell in nbformat.reads(text, as_version=4).cells)


@pytest.fixture(scope="module")
def built():
    if not (STUDENT / "index.html").is_file():
        pytest.skip("`make book EDITION=student` has not been run")
    return STUDENT


def test_no_run_of_words_of_any_solution_is_in_the_student_s_book(built, html_folder):
    solutions, others = "", ""
    for source in (ROOT / "chapters").rglob("*.md"):
        text = source.read_text(encoding="utf-8")
        solutions += "\n".join(found[3] for found in SOLUTION.finditer(text)) + "\n.\n"
        others += SOLUTION.sub("\n", text) + "\n.\n"
    code = [file for part in ("cnnbook", "benchmarks") for file in (ROOT / part).rglob("*.py")]
    others += "\n".join(file.read_text(encoding="utf-8") for file in code)
    secrets = runs_of_words(solutions) - runs_of_words(others)
    assert len(secrets) > 1000

    def told(folder) -> set[tuple[str, ...]]:
        found = set()
        for name, text in texts(folder).items():
            if name.endswith(".html"):
                found |= runs_of_words(words_of_page(text)) & secrets
            elif name.endswith(".ipynb"):
                found |= runs_of_words(words_of_notebook(text)) & secrets
            elif name.endswith("searchsections.js"):
                found |= runs_of_words(text) & secrets
        return found

    assert told(built) == set()
    assert len(told(html_folder)) > 0.5 * len(secrets), "what is looked for can be found"


def test_the_student_s_book_has_the_numbers_of_the_full_one(built, html_folder):
    full, student = numbers(html_folder), numbers(built)
    exercises = {name for name, number in full.items() if number.startswith("Exercise")}
    assert exercises <= student.keys()
    assert {name: full[name] for name in student} == student


def test_no_address_leads_to_a_solution(built):
    for name, text in texts(built).items():
        if name.endswith(".html"):
            assert not re.findall(r'(?:href|id)="[^"]*-solution-\d[^"]*"', text), name
