"""Run every chapter as a reader would, one at a time, and store its time and peak memory.

Memory is the resident set of the kernel and its children, sampled ten times a second.
"""

from __future__ import annotations

import sys
import threading
import time

import execution
import nbclient
import psutil
import record


def _resident_bytes(process: psutil.Process) -> int:
    """Add up the memory of a process and its children; one that has ended holds none."""
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_info().rss
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
    """Measure every chapter and store the table."""
    execution.prepare_environment()
    facts = {}
    for source in execution.chapters():
        facts[source.stem] = measure(source)
        print(source.stem, facts[source.stem], file=sys.stderr)
    print(f"wrote {record.write('chapters', {'chapters': facts}).name}")


if __name__ == "__main__":
    main()
