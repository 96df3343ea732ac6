"""Results and trained weights that `make bench` stored, for the chapters that show them.

A name is a path below ``benchmarks/``: "attribution", or "settings/optimizers" for what belongs to
one chapter. Results are in ``<name>.json``, weights in ``<name>.npz``.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
from typing import TYPE_CHECKING

import numpy as np

from cnnbook import data

if TYPE_CHECKING:
    import keras

CLONE = pathlib.Path(__file__).parent.parent / "benchmarks"
INSTALLED = pathlib.Path(__file__).parent / "stored"


def load(name: str) -> dict:
    """Return a stored result: the benchmark's own keys, ``measured_on`` and ``machine``."""
    return json.loads(_find(f"{name}.json").read_text(encoding="utf-8"))


def load_weights(name: str, model: keras.Model) -> dict:
    """Give a network its stored weights, and return how it was trained.

    The facts are the benchmark's own, ``measured_on``, ``machine``, and ``data``, the SHA-256 of
    MNIST's file.
    """
    weights, facts = _read_weights(name)
    model.set_weights(weights)
    return facts


def load_network(name: str) -> tuple[keras.Model, dict]:
    """Build a stored network, and return it with the facts of `load_weights`."""
    import keras

    weights, facts = _read_weights(name)
    model = keras.models.model_from_json(facts.pop("architecture"))
    model.set_weights(weights)
    return model, facts


def save(name: str, result: dict) -> pathlib.Path:
    """Store a result with the day and the machine that measured it."""
    return write_json(CLONE / f"{name}.json", {**_circumstances(), **result})


def save_weights(name: str, model: keras.Model, facts: dict) -> pathlib.Path:
    """Store a network: its layers, its weights as float16, and how it was trained."""
    facts = {"data": data.MNIST_SHA256, **_circumstances(), **facts}
    facts["architecture"] = _architecture(model)
    weights = model.get_weights()
    if not all((np.abs(array) <= np.finfo(np.float16).max).all() for array in weights):
        raise ValueError(f"{name} has weights that float16 cannot hold.")
    arrays = {f"w{number}": array.astype(np.float16) for number, array in enumerate(weights)}
    file = CLONE / f"{name}.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".tmp.npz")
    np.savez_compressed(unfinished, facts=json.dumps(facts), **arrays)
    unfinished.replace(file)
    return file


def write_json(file: pathlib.Path, content: dict) -> pathlib.Path:
    """Write JSON whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".json.tmp")
    unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(file)
    return file


def machine() -> dict:
    """Describe this machine, and the libraries that shape the numbers."""
    versions = {
        name: importlib.metadata.version(name)
        for name in ("numpy", "tensorflow", "keras", "scikit-learn")
    }
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **versions,
    }


def _architecture(model: keras.Model) -> str:
    """Describe a network's layers, without how their weights began: stored ones replace them."""

    def reduced(node):
        if isinstance(node, dict):
            kept = (item for item in node.items() if not item[0].endswith("_initializer"))
            return {key: reduced(value) for key, value in kept}
        return [reduced(item) for item in node] if isinstance(node, list) else node

    return json.dumps(reduced(json.loads(model.to_json())))


def _circumstances() -> dict:
    return {"measured_on": datetime.date.today().isoformat(), "machine": machine()}


def _processor() -> str:
    """Return the processor's model name; Linux keeps it in a file, other systems answer."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _read_weights(name: str) -> tuple[list[np.ndarray], dict]:
    with np.load(_find(f"{name}.npz"), allow_pickle=False) as stored:
        facts = json.loads(str(stored["facts"]))
        arrays = [stored[f"w{number}"] for number in range(len(stored.files) - 1)]
    return [array.astype(np.float32) for array in arrays], facts


def _find(name: str) -> pathlib.Path:
    """Find a stored file: a clone has it beside the package, an installed package inside."""
    for folder in (CLONE, INSTALLED):
        if (file := folder / name).is_file():
            return file
    raise FileNotFoundError(f"{name} must be a file below {CLONE}: `make bench` stores it.")
