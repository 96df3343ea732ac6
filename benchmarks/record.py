"""Write a benchmark's result, and weights, with the machine and the versions that measured it."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform

import numpy as np

from cnnbook import data

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
    """Store a result under ``benchmarks/results/<name>.json``."""
    result = {"measured_on": datetime.date.today().isoformat(), "machine": machine(), **result}
    return store(RESULTS / f"{name}.json", result)


def store(file: pathlib.Path, result: dict) -> pathlib.Path:
    """Write JSON, whole or not at all."""
    file.parent.mkdir(exist_ok=True)
    unfinished = file.with_suffix(".json.tmp")
    unfinished.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(file)
    return file


def write_weights(name: str, model, facts: dict) -> pathlib.Path:
    """Store a network's weights as float16 under ``benchmarks/results/<name>.npz``.

    ``facts`` says how it was trained (seed, epochs, scores); machine, date and the digest of the
    digits are added. `cnnbook.measurements.load_weights` reads the file.
    """
    made = {
        "measured_on": datetime.date.today().isoformat(),
        "machine": machine(),
        "data": data.MNIST_SHA256,
    }
    arrays = {f"w{i}": array.astype(np.float16) for i, array in enumerate(model.get_weights())}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError(f"{name} has weights that float16 cannot hold.")
    file = RESULTS / f"{name}.npz"
    unfinished = RESULTS / f"{name}.tmp.npz"
    np.savez_compressed(unfinished, facts=json.dumps({**made, **facts}), **arrays)
    unfinished.replace(file)
    return file
