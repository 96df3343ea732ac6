"""Write a benchmark's result as JSON, with the machine and the versions that measured it."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform

RESULTS = pathlib.Path(__file__).parent / "results"


def machine() -> dict:
    """Describe this machine and the libraries that shape the numbers."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{
            name: importlib.metadata.version(name)
            for name in ("numpy", "tensorflow", "keras", "scikit-learn")
        },
    }


def _processor() -> str:
    """Return the processor's model name; Linux keeps it in a file, other systems answer."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def write(name: str, result: dict) -> pathlib.Path:
    """Store a result under ``benchmarks/results/<name>.json``, whole or not at all."""
    result = {"measured_on": datetime.date.today().isoformat(), "machine": machine(), **result}
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    unfinished = file.with_suffix(".json.tmp")
    unfinished.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(file)
    return file
