"""The ledger holds every claim of the article, and says what the runs and the page say."""

import pathlib
import re
from html import unescape

import editions
import nbformat
import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent
LEDGER = yaml.safe_load((ROOT / "chapters" / "claims.yml").read_text(encoding="utf-8"))
IDS = [
    *("A1", "A2", "A3", "A4", "A5", "A6", "A7"),
    *("T1", "T2", "T3", "T4"),
    *("P1", "P2", "P3", "P4", "P5"),
    *("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11"),
    *("L1", "L2", "F1", "F2", "R1", "V1"),
]
# A fork may have left out the page that settles a claim.
PRESENT = [entry for entry in LEDGER if f"chapters/{entry['chapter']}" in editions.present()]


def glued(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return the values that an executed notebook glued, as text."""
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                values[name] = next(
                    (text for mime, text in output.data.items() if mime.endswith("text/plain")), ""
                ).strip("'\"")
    return values


def executed(chapter: str) -> nbformat.NotebookNode:
    (file,) = (ROOT / "notebooks").rglob(f"{chapter}.ipynb")
    return nbformat.read(file, as_version=4)


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_the_ledger_holds_all_33_claims_once():
    assert len(IDS) == 33
    assert sorted(entry["id"] for entry in LEDGER) == sorted(IDS)


@pytest.mark.parametrize("entry", PRESENT, ids=lambda entry: entry["id"])
def test_a_settled_claim_has_a_verdict_a_cell_and_a_measured_value(entry):
    assert set(entry) == {"id", "claim", "chapter", "verdict", "evidence", "measured"}
    assert entry["verdict"] in {"holds", "holds with a condition", "corrected"}
    (source,) = (ROOT / "chapters").rglob(f"{entry['chapter']}.md")
    # The label stands right above a code cell.
    labelled = rf"^\({re.escape(entry['evidence'])}\)=\n+```\{{code-cell\}}"
    assert re.search(labelled, source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert glued(executed(entry["chapter"])).get(entry["measured"])


@pytest.mark.parametrize("entry", PRESENT, ids=lambda entry: entry["id"])
def test_the_page_shows_the_claim_its_verdict_and_the_measured_value(html_folder, entry):
    page = (html_folder / "chapters" / "claims.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL)
    (row,) = [row for row in rows if re.search(rf"<td><p>{entry['id']}</p>", row)]
    assert entry["verdict"] in text_of(row)
    assert text_of(glued(executed(entry["chapter"]))[entry["measured"]]) in text_of(row)
    # The link leads to the cell: the container of its input and output.
    target = f"{entry['chapter']}.html#{entry['evidence']}"
    assert f'href="{target}"' in row
    chapter = (html_folder / "chapters" / f"{entry['chapter']}.html").read_text(encoding="utf-8")
    anchor = re.search(rf'<(\w+)[^>]*id="{entry["evidence"]}"[^>]*>', chapter)
    assert anchor, "the page has no such anchor"
    after = chapter[anchor.start() : anchor.start() + 400]
    assert "cell" in after
