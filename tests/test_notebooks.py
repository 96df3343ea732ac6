"""The chapters as source: small cells, described figures, and no number typed into prose."""

import re

import execution
import nbformat
import pytest

from cnnbook import progress

SOURCES = execution.chapters()
NAMES = [source.stem for source in SOURCES]
LONGEST_CELL = 15


def figures(source) -> list[dict]:
    """Return the metadata of the cells that draw a figure."""
    notebook = execution.read_source(source)
    return [cell.metadata for cell in notebook.cells if "plots." in cell.source]


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_the_executed_notebook_is_that_of_the_present_source(source):
    executed = nbformat.read(execution.notebook_path(source), as_version=4)
    present = execution.read_source(source)
    assert [cell.source for cell in executed.cells] == [cell.source for cell in present.cells]
    for cell in executed.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None


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
def test_a_visible_cell_has_at_most_15_lines(source):
    for cell in execution.read_source(source).cells:
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", []):
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= LONGEST_CELL, cell.source


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_every_figure_is_named_captioned_and_described(source):
    for cell in execution.read_source(source).cells:
        if not re.search(r"plots\.(?!use_book_style)", cell.source):
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
    fixed = {"99 %", "100 %", "10,000", "5,000", "2,000", "0.9", "4.0"}
    fixed |= {"0.3", "0.5", "0.75", "0.95", "0.97"}  # thresholds and goals of detection
    for cell in execution.read_source(source).cells:
        if cell.cell_type != "markdown":
            continue
        prose = re.sub(r"`[^`]*`|\$[^$]*\$|\{[\w:-]+\}", "", cell.source)
        typed = re.findall(r"\d+(?:[.,]\d+)* %|\d+[.,]\d+", prose)
        assert set(typed) <= fixed, prose


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_every_glued_value_is_used_and_used_values_are_glued(source):
    text = source.read_text(encoding="utf-8")
    used = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    glued = {
        output["metadata"]["scrapbook"]["name"]
        for cell in nbformat.read(execution.notebook_path(source), as_version=4).cells
        for output in cell.get("outputs", [])
        if "scrapbook" in output.get("metadata", {})
    }
    ledger = {name for name in glued if name.startswith("claim_")}
    assert used == glued - ledger
