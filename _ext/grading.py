"""Make the graded projects for students, and grade what they hand in.

``python _ext/grading.py`` writes, from each ``projects/<name>.md``, the notebook for students and
the autograder into ``_build/projects/<name>/``. ``python _ext/grading.py grade <name> <folder>``
grades the notebooks of a folder, and writes ``grades.csv`` beside the autograder. Both are done by
Otter-Grader, without an account, a container or the network.
"""

from __future__ import annotations

import csv
import os
import pathlib
import shutil
import sys
import tempfile

import jupytext

ROOT = pathlib.Path(__file__).resolve().parents[1]
MASTERS = ROOT / "projects"
BUILT = ROOT / "_build" / "projects"


def names() -> list[str]:
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
        jupytext.write(jupytext.read(MASTERS / f"{name}.md"), master)
        otter.assign.main(str(master), str(folder), no_pdfs=True, no_run_tests=True)
    (autograder,) = (folder / "autograder").glob("*.zip")
    kept = autograder.rename(folder / "autograder" / "autograder.zip")  # its name had the time
    return folder / "student" / f"{name}.ipynb", kept


def grade(notebook: pathlib.Path, autograder: pathlib.Path) -> dict[str, float]:
    """Run a notebook and its tests: the points of each question, in all, and the most there are."""
    import otter.api

    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    results = otter.api.grade_submission(str(notebook), str(autograder), quiet=True)
    points = {name: result.score for name, result in results.results.items()}
    return {**points, "points": results.total, "possible": results.possible}


def handed_in(names: list[str]) -> list[pathlib.Path]:
    """List notebooks, and those in folders."""
    files = [pathlib.Path(name) for name in names]
    return [each for file in files for each in (sorted(file.glob("*.ipynb")) or [file])]


def main(arguments: list[str]) -> None:
    """Build all projects, or grade notebooks of one; one that cannot be graded stops no other."""
    if not arguments:
        for name in names():
            print(*build(name))
        return
    _, name, *places = arguments
    autograder = BUILT / name / "autograder" / "autograder.zip"
    rows = []
    for file in handed_in(places):
        try:
            rows.append({"file": file.name, **grade(file, autograder)})
            print(f"{file}: {rows[-1]['points']:g} of {rows[-1]['possible']:g}")
        except Exception as error:  # whatever a notebook holds, the others are graded
            rows.append({"file": file.name, "error": f"{type(error).__name__}: {error}"})
            print(f"{file}: {rows[-1]['error']}")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (BUILT / name / "grades.csv").open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
