"""The page that CONTRIBUTING.md offers as a template runs, and keeps the rules of a page."""

import re
import subprocess
import sys

import execution
import jupytext
import layout
import pytest
import test_notebooks

SETTINGS = ["--config", "pyproject.toml", "--config", "line-length=76"]


TOLD = (execution.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The template, written as a page and laid out by `make format`."""
    (block,) = re.findall(r"(?ms)^   ````markdown\n(.*?)^   ````$", TOLD)
    file = tmp_path_factory.mktemp("chapters") / "sizes.md"
    file.write_text(re.sub(r"(?m)^   ", "", block), encoding="utf-8")
    notebook = execution.read_source(file)
    for cell in notebook.cells:
        del cell["id"]
    file.write_text(layout.as_saved(notebook), encoding="utf-8")
    return file


def test_the_template_passes_the_rules_of_a_page(page):
    test_notebooks.test_a_cell_is_short(page)
    test_notebooks.test_no_name_of_a_removed_cell_is_used_in_one_that_is_shown(page)
    test_notebooks.test_a_cell_run_again_finds_what_it_needs(page)
    test_notebooks.test_measured_numbers_come_from_the_run(page)


def test_the_page_above_the_template_has_room_for_its_line():
    (name,) = re.findall(r"Write `chapters/(\w+)/sizes.md`", TOLD)
    (line,) = re.findall(rf"`({name}/sizes: [^`]*)`", TOLD)
    cells = execution.read_source(execution.ROOT / "chapters" / f"{name}.md").cells
    words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    assert words + len(line.split()) <= 1500


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_the_template_passes_the_linter(page, command):
    notebook = page.with_suffix(".ipynb")
    jupytext.write(execution.read_source(page), notebook)
    ruff = [sys.executable, "-m", "ruff", *command, *SETTINGS, str(notebook)]
    subprocess.run(ruff, check=True, cwd=execution.ROOT)


def test_the_template_runs_and_what_it_says_holds(page):
    import matplotlib.pyplot as plt  # only here, as in conftest.py

    names = {}
    with plt.rc_context():
        for cell in execution.read_source(page).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, page.name, "exec"), names)
        plt.close("all")
    assert set(names["means"]) == set("0123456789")
