"""Measure what the book costs to make and to test, beside what it cost at an earlier commit.

    python -m benchmarks.costs [commit ...]

Each commit is cloned into an empty folder, with an empty home, and the README's commands are run
there. Processor time is stored, of all processes together: other work on the machine moves it less
than the clock. A clone of an earlier commit is what is compared with, so this needs the history.
"""

import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from benchmarks import results

EARLIER = "fde103e"  # before the package had rooms and each chapter its own digest
ROOT = pathlib.Path(__file__).parent.parent


def run(folder: pathlib.Path, *command: str) -> dict:
    """Run a command in a clone; return its seconds, of the processor and of the clock."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    clock = time.perf_counter() - start
    print(*command, f"{processor:.0f} s of processor, {clock:.0f} s", flush=True)
    if done.returncode:
        print(done.stdout[-5000:], flush=True)
    return {
        "processor_seconds": round(processor, 1),
        "seconds": round(clock, 1),
        "passed": done.returncode == 0,
        "chapters_run": len(re.findall(r"\.md: passed in ", done.stdout)),
    }


def append(file: pathlib.Path, text: str) -> None:
    """Change a file as its author would: write at its end."""
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def measure(commit: str) -> Iterator[tuple[str, dict]]:
    """Clone a commit, make and test the book, and make it again after small changes."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / "book"
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
        yield "environment", run(folder, "make", ".venv/installed")
        yield "chapters", run(folder, ".venv/bin/python", "_ext/execution.py")
        yield "first_book", run(folder, "make", "book")
        yield "nothing_changed", run(folder, "make", "book")
        yield "tests", run(folder, "make", "test")
        append(folder / "chapters" / "pooling.md", "\nPooling makes maps smaller.\n")
        yield "word_of_prose", run(folder, "make", "book")
        room = folder / "cnnbook" / "style"
        module = room / "__init__.py" if room.is_dir() else room.with_suffix(".py")
        append(module, "\n# A note.\n")
        yield "one_room", run(folder, "make", "book")


def main() -> None:
    """Measure the commits asked for, or the earlier one and the present one."""
    stored = results.STORED / "costs.json"
    commits = results.load("costs")["commits"] if stored.is_file() else {}
    for commit in sys.argv[1:] or [EARLIER, "HEAD"]:
        name = subprocess.run(
            ["git", "rev-parse", "--short", commit],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        commits[name] = {}
        for step, cost in measure(name):
            commits[name][step] = cost
            results.save("costs", {"earlier": EARLIER, "commits": commits})
    for step in commits[name].keys() & commits.get(EARLIER, {}).keys():
        cost, earlier = commits[name][step], commits[EARLIER][step]["processor_seconds"]
        print(f"{step}: {cost['processor_seconds'] / max(earlier, 0.1):.2f} of {EARLIER}'s")


if __name__ == "__main__":
    main()
