"""Lay out the code of the chapters with ruff: what `make format` runs.

A chapter is written back as JupyterLab would save it, so that a save there changes nothing but what
was edited.
"""

from __future__ import annotations

import subprocess
import sys

import execution
import jupytext
import nbformat

RUFF = [sys.executable, "-m", "ruff"]
COLUMN = ["--config", "line-length=76", "--quiet"]  # a line of a cell fits the page's column


def as_saved(notebook: nbformat.NotebookNode) -> str:
    """Write a notebook as JupyterLab saves it, which names the kernel as ipykernel does."""
    notebook.metadata.kernelspec.display_name = "Python 3 (ipykernel)"
    return jupytext.writes(notebook, fmt="md:myst")


def main() -> None:
    """Format every chapter's notebook, and write back those that came out different."""
    execution.convert()
    sources = execution.chapters()
    notebooks = [str(execution.notebook_path(source)) for source in sources]
    subprocess.run([*RUFF, "check", "--fix", *COLUMN, *notebooks], check=False)
    subprocess.run([*RUFF, "format", *COLUMN, *notebooks], check=True)
    for source, file in zip(sources, notebooks, strict=True):
        notebook = execution.read_source(source)
        for cell, laid_out in zip(notebook.cells, nbformat.read(file, 4).cells, strict=True):
            cell.source = laid_out.source
            del cell["id"]  # not part of the text
        if (text := as_saved(notebook)) != source.read_text(encoding="utf-8"):
            source.write_text(text, encoding="utf-8")
            print(f"laid out {source.relative_to(execution.ROOT)}")


if __name__ == "__main__":
    main()
