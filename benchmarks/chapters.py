"""Run every chapter as a reader would, one at a time, and store its time and peak memory.

    python -m benchmarks.chapters [training/learning training/faster]

With names, only these chapters run, and what is stored of the others stays, with the machine that
measured it. Memory is the resident
set of the kernel and its children, sampled ten times a second; where the system tells, what
processes share is counted once.
"""

from __future__ import annotations

import argparse
import datetime
import json
import pathlib
import sys
import threading
import time

import nbclient
import psutil

from benchmarks import results

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "_ext"))
import execution


def _resident_bytes(process: psutil.Process) -> int:
    """Add up the memory of a process and its children; one that has ended holds none."""
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            memory = one.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    except psutil.Error:  # it ended between two calls
        pass
    return total


def measure(source) -> dict:
    """Run one chapter in a kernel of its own."""
    client = nbclient.NotebookClient(execution.read_source(source), timeout=None)
    stop, peak = threading.Event(), 0

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.1):
            # nbclient starts one child: the kernel.
            peak = max([peak, *map(_resident_bytes, psutil.Process().children())])

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    try:
        client.execute(cwd=str(source.parent))
    finally:
        stop.set()
        watcher.join()
    return {"seconds": round(time.perf_counter() - start, 1), "peak_memory_bytes": peak}


def main() -> None:
    """Measure the chapters asked for, or all, and store the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="chapter", help="its path below chapters/")
    asked = parser.parse_args().names
    sources = {execution.chapter_name(source): source for source in execution.chapters()}
    if unknown := set(asked) - set(sources):
        parser.error(f"a chapter is one of {', '.join(sources)}, got {', '.join(sorted(unknown))}")
    execution.prepare_environment()
    file = results.STORED / "chapters.json"
    before = json.loads(file.read_text(encoding="utf-8"))["chapters"] if file.is_file() else {}
    here = {key: results.machine()[key] for key in ("cores", "processor")}
    here["measured_on"] = datetime.date.today().isoformat()
    facts = {}
    for name, source in sources.items():
        if not asked or name in asked:
            facts[name] = measure(source) | here
            print(name, facts[name], file=sys.stderr)
        elif name in before:
            facts[name] = before[name]
    results.write_json(file, {"chapters": facts})
    print(f"wrote {file.name}")


if __name__ == "__main__":
    main()
