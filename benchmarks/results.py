"""Store results and trained weights, each with the day, the machine and the versions."""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform

import keras
import numpy as np

from cnnbook import data
from cnnbook.results import STORED, load, load_network, load_weights

# Settings that the oldest Keras of pyproject.toml does not know, where they do nothing.
NEWER = {
    "quantization_config": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
}

__all__ = ["load", "load_network", "load_weights", "machine", "save", "save_weights", "write_json"]


def save(name: str, result: dict) -> pathlib.Path:
    """Store a result with the day and the machine that measured it, and the digest of its data."""
    return write_json(STORED / f"{name}.json", {**_circumstances(), **result})


def save_weights(name: str, model: keras.Model, facts: dict) -> pathlib.Path:
    """Store a network: its layers, its weights as float16, and how it was trained."""
    facts = {**_circumstances(), **facts}
    facts["architecture"] = _architecture(model)
    weights = model.get_weights()
    if not all((np.abs(array) <= np.finfo(np.float16).max).all() for array in weights):
        raise ValueError(f"{name} has weights that float16 cannot hold.")
    arrays = {f"w{number}": array.astype(np.float16) for number, array in enumerate(weights)}
    file = STORED / f"{name}.npz"
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
    return json.dumps(_reduced(json.loads(model.to_json())))


def _reduced(node: object) -> object:
    """Leave out of a description what does nothing: initializers, and what is newer than our Keras.

    An older Keras refuses a setting that it does not know, though the setting be off.
    """
    if isinstance(node, dict):
        return {
            key: _reduced(value)
            for key, value in node.items()
            if not key.endswith("_initializer") and not (key in NEWER and value == NEWER[key])
        }
    return [_reduced(item) for item in node] if isinstance(node, list) else node


def _circumstances() -> dict:
    if data.OTHER_FILE and STORED.parent != pathlib.Path(data.OTHER_FILE).parent:
        raise ValueError("CNNBOOK_DATA has a folder of its own for results: `make book` makes it.")
    return {
        "measured_on": datetime.date.today().isoformat(),
        "data": data.DATA_SHA256,
        "machine": machine(),
    }


def _processor() -> str:
    """Return the processor's model name; Linux keeps it in a file, other systems answer."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
