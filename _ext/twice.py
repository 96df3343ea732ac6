"""Run chapters with every cell run twice in place, and say which cells do not bear it.

As someone does who reads with a finger on Shift-Enter. Run as a script:
``python _ext/twice.py [training ...]``; without names, every chapter (an hour).
"""

from __future__ import annotations

import copy
import os
import pathlib
import sys

import execution
import nbclient


def failures(source: pathlib.Path) -> list[tuple[str, str, str]]:
    """Run a chapter; return number, code and error of each cell that raises without being meant to.

    Numbers count the cells of code from 1; with ``.2`` it was the second run.
    """
    notebook = execution.read_source(source)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [copy.deepcopy(cell) for cell in code for _ in range(2)]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    client = nbclient.NotebookClient(
        notebook, timeout=execution.CELL_TIMEOUT_SECONDS, allow_errors=True,
        resources={"metadata": {"path": str(execution.notebook_path(source).parent)}},
    )  # fmt: skip
    client.execute()
    return [
        (f"{number // 2 + 1}.{number % 2 + 1}", cell.source, f"{out.ename}: {out.evalue}")
        for number, cell in enumerate(notebook.cells)
        for out in cell.outputs
        if out.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]


def main() -> int:
    """Run the chapters that are named."""
    execution.prepare_environment()
    os.environ.update(execution.one_thread())
    failed = 0
    for source in execution.chapters():
        if sys.argv[1:] and execution.chapter_name(source) not in sys.argv[1:]:
            continue
        found = failures(source)
        failed += len(found)
        print(f"{execution.chapter_name(source)}: {len(found)} cells fail", flush=True)
        for number, code, error in found:
            print(f"--- cell {number}: {error}\n{code}\n", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
