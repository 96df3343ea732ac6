"""Lay out the code of the chapters with ruff: what `make format` runs.

A chapter is written back as JupyterLab would save it, so that a save there changes nothing but what
was edited.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

import execution
import jupytext
import nbformat

RUFF = [sys.executable, "-m", "ruff"]
COLUMN = ["--line-length=76", "--quiet"]  # a line of a cell fits the page's column


def as_saved(notebook: nbformat.NotebookNode) -> str:
    """Write a notebook as JupyterLab saves it, which names the kernel as ipykernel does."""
    notebook.metadata.kernelspec.display_name = "Python 3 (ipykernel)"
    return jupytext.writes(notebook, fmt="md:myst")


def main() -> None:
    """Format the code of every chapter, and write back what came out different."""
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for source in execution.chapters():
            files[source] = pathlib.Path(folder, f"{len(files)}.ipynb")
            nbformat.write(execution.read_source(source), files[source])
        subprocess.run([*RUFF, "check", "--select", "I", "--fix", *COLUMN, folder], check=False)
        subprocess.run([*RUFF, "format", *COLUMN, folder], check=True)
        for source, file in files.items():
            notebook = execution.read_source(source)
            laid_out = nbformat.read(file, as_version=4)
            for cell, new in zip(notebook.cells, laid_out.cells, strict=True):
                cell.source = new.source
                del cell["id"]  # not part of the text
            if (text := as_saved(notebook)) != source.read_text(encoding="utf-8"):
                source.write_text(text, encoding="utf-8")
                print(f"laid out {source.relative_to(execution.ROOT)}")


if __name__ == "__main__":
    main()
