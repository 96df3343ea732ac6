"""Lay out the code of the chapters with ruff, and touch nothing else of their text.

    python _ext/layout.py    # what `make format` runs

jupytext would write a chapter's header and captions anew. Here ruff formats the notebooks, and each
cell that came out different is put back in its place in the source.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import execution
import nbformat

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?:---\n.*?^---\n|(?::\w[^\n]*\n)+\n?)?", re.M | re.S)
RUFF = [sys.executable, "-m", "ruff"]
COLUMN = ["--config", "line-length=76", "--quiet"]


def put_back(source: pathlib.Path, cells: list[str]) -> bool:
    """Replace the code of a chapter's cells in its text; return whether any was different."""
    text = source.read_text(encoding="utf-8")
    pieces, place = [], 0
    for begin, code in zip(CELL.finditer(text), cells, strict=True):
        end = text.index("\n```", begin.end() - 1)
        pieces += [text[place : begin.end()], code]
        place = end
    laid_out = "".join([*pieces, text[place:]])
    if laid_out == text:
        return False
    source.write_text(laid_out, encoding="utf-8")
    return True


def main() -> None:
    """Format every chapter's notebook, and bring the changes back."""
    execution.convert()
    sources = execution.chapters()
    notebooks = [str(execution.notebook_path(source)) for source in sources]
    subprocess.run([*RUFF, "check", "--fix", *COLUMN, *notebooks], check=False)
    subprocess.run([*RUFF, "format", *COLUMN, *notebooks], check=True)
    for source, notebook in zip(sources, notebooks, strict=True):
        cells = nbformat.read(notebook, as_version=4).cells
        if put_back(source, [cell.source for cell in cells if cell.cell_type == "code"]):
            print(f"laid out {source.relative_to(execution.ROOT)}")


if __name__ == "__main__":
    main()
