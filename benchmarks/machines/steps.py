"""Time a step of training with one process and with two, on two cores, in turns.

Such times mean something only on a machine that has nothing else to do.
"""

from __future__ import annotations

import os
import pathlib

from benchmarks import results

BATCHES = (32, 64, 128, 256, 512)
STEPS = 8
ROUNDS = 3
# name: processes, and threads of TensorFlow in each
LAYOUTS = {
    "one process, one thread": (1, 1),
    "one process, two threads": (1, 2),
    "two processes, one thread each": (2, 1),
}
MEASURE = pathlib.Path(__file__).with_name("time_steps.py")


def main() -> None:
    """Time every layout in turns, and store the seconds."""
    from cnnbook.training import processes

    seconds = {name: [[] for _ in BATCHES] for name in LAYOUTS}
    for _ in range(ROUNDS):
        for name, (count, threads) in LAYOUTS.items():
            found = processes.run(
                MEASURE,
                count,
                arguments=[str(STEPS), *map(str, BATCHES)],
                threads=threads,
                timeout_seconds=300,
            )
            for row, times in zip(seconds[name], found[0]["seconds"], strict=True):
                row += [round(float(value), 6) for value in times]
    # Other programs at work spoil such times; how many there were is stored with them.
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    result = {"batch_sizes": list(BATCHES), "seconds": seconds, "load": load}
    results.save("machines/steps", result)


if __name__ == "__main__":
    main()
