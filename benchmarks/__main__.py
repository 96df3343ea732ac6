"""Run every benchmark, one after another: `make bench`, or ``python -m benchmarks``.

Shared ones come first, then room by room. The times of chapters and commands come last, and before
them those of the pages: they need the built book. What tests the book is not among them (`make
compat`, `make faults`, `make mutants`). Each can be run alone:
``python -m benchmarks.settings.optimizers``.
"""

import pathlib
import subprocess
import sys

LAST = ["benchmarks.first_paint", "benchmarks.playground.playground"]
LAST += ["benchmarks.chapters", "benchmarks.costs"]


def names() -> list[str]:
    """List the modules that can be run, in their order."""
    folder = pathlib.Path(__file__).parent
    files = [file for file in folder.rglob("*.py") if "if __name__ ==" in file.read_text("utf-8")]
    files = [file for file in files if file.parent.name != "tested"]  # commands of their own
    files.sort(key=lambda file: (file.parent != folder, file))
    found = [
        ".".join(["benchmarks", *file.relative_to(folder).with_suffix("").parts])
        for file in files
        if file != pathlib.Path(__file__)
    ]
    return [*(name for name in found if name not in LAST), *LAST]


if __name__ == "__main__":
    for name in names():
        print(f"{name} ...", flush=True)
        subprocess.run([sys.executable, "-m", name], check=True)
