"""Make the graded projects for students, and grade what they hand in.

``python _ext/grading.py`` writes, from each ``projects/<name>.md``, the notebook for students and
the autograder into ``_build/projects/<name>/``. ``python _ext/grading.py grade <name> <folder>``
grades the notebooks in a folder and the folders in it, and writes ``grades.csv`` there. Both are
done by Otter-Grader, without an account, a container or the network.
"""

from __future__ import annotations

import argparse
import csv
import os
import pathlib
import re
import shutil
import tempfile
import unittest.mock

import execution
import jupytext
import names

MASTERS = execution.ROOT / "projects"
BUILT = execution.ROOT / "_build" / "projects"
PAGE = re.compile(r"\[([^\]]+)\]\(\.\./(chapters/[\w/]+)\.md\)")


def projects() -> list[str]:
    """List the projects."""
    return sorted(file.stem for file in MASTERS.glob("*.md"))


def build(name: str, into: pathlib.Path = BUILT) -> tuple[pathlib.Path, pathlib.Path]:
    """Write a project's notebook for students and its autograder, and return both."""
    import otter.assign

    folder = into / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as place:
        master = pathlib.Path(place, f"{name}.ipynb")
        text = (MASTERS / f"{name}.md").read_text(encoding="utf-8")
        address = names.facts()["address"].rstrip("/")
        text = PAGE.sub(rf"[\1]({address}/\2.html)" if address else r"\1", text)
        jupytext.write(jupytext.reads(text, "md:myst"), master)
        otter.assign.main(str(master), str(folder), no_pdfs=True, no_run_tests=True)
    (autograder,) = (folder / "autograder").glob("*.zip")
    kept = autograder.rename(folder / "autograder" / "autograder.zip")  # its name had the time
    return folder / "student" / f"{name}.ipynb", kept


def grade(notebook: pathlib.Path, autograder: pathlib.Path) -> dict[str, float | str]:
    """Run a notebook and its tests: points of each question, in all, the most, and what fails."""
    import nbconvert.preprocessors
    import otter.api
    import traitlets

    class Limited(nbconvert.preprocessors.ExecutePreprocessor):
        timeout = traitlets.Integer(execution.CELL_TIMEOUT_SECONDS)

    os.environ.update(execution.PINNED | {"PYTHONPATH": str(execution.ROOT)})
    # Otter waits for ever: a loop without an end would keep all others from being graded.
    with unittest.mock.patch("nbconvert.preprocessors.ExecutePreprocessor", Limited):
        results = otter.api.grade_submission(str(notebook), str(autograder), quiet=True)
    points = {name: result.score for name, result in results.results.items()}
    failed = [
        f"{name}: {case.test_case.failure_message or case.test_case.name}"
        for name, result in results.results.items()
        for case in result.test_case_results
        if not case.passed
    ]
    told = {"points": results.total, "possible": results.possible, "failed": "; ".join(failed)}
    return points | told


def main() -> None:
    """Build all projects, or grade notebooks of one; one that cannot be graded stops no other."""
    parser = argparse.ArgumentParser(description="Write the graded projects, or grade one.")
    grading = parser.add_subparsers(dest="command").add_parser("grade")
    grading.add_argument("project", choices=projects())
    grading.add_argument("folder", type=pathlib.Path, help="with notebooks, also in its folders")
    asked = parser.parse_args()
    if asked.command is None:
        for name in projects():
            print(*build(name))
        return
    files = sorted(asked.folder.rglob("*.ipynb"))
    if not files:
        parser.error(f"folder must hold notebooks, and there is none below {asked.folder}.")
    _, autograder = build(asked.project)  # anew: its tests may have been changed
    rows = []
    for file in files:
        row = {"file": file.relative_to(asked.folder).as_posix()}
        try:
            row |= grade(file, autograder)
            print(f"{file}: {row['points']:g} of {row['possible']:g}")
        except Exception as error:  # whatever a notebook holds, the others are graded
            row["error"] = f"{type(error).__name__}: {error}"
            print(f"{file}: {row['error']}")
        rows.append(row)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (asked.folder / "grades.csv").open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
