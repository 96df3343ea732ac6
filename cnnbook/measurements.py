"""Results that `make bench` measured and stored, for the chapters that plot them."""

from __future__ import annotations

import json
import pathlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

RESULTS_FOLDER = pathlib.Path(__file__).parent.parent / "benchmarks" / "results"


def load(name: str) -> dict:
    """Read ``benchmarks/results/<name>.json``.

    Returns
    -------
    dict with the benchmark's own keys and ``machine``: processor, cores, system and the versions
    of Python, NumPy, TensorFlow and Keras that measured it.

    Raises
    ------
    FileNotFoundError
        If there is no such result; says which there are and how to make one.
    ValueError
        If the file does not hold JSON.
    """
    file = _find(name, ".json")
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"The result {file} is not JSON ({error}): restore it with git, or run `make bench`."
        ) from None


def load_weights(name: str, model: keras.Model) -> dict:
    """Give a network the weights of ``benchmarks/results/<name>.npz``, stored as float16.

    Parameters
    ----------
    name : the stored result
    model : a network with the layers of the one that was stored; it is changed

    Returns
    -------
    dict : how it was trained: the benchmark's own keys, ``measured_on``, ``machine``, and ``data``,
        the SHA-256 of MNIST's file
    """
    with np.load(_find(name, ".npz"), allow_pickle=False) as stored:
        facts = json.loads(str(stored["facts"]))
        arrays = [stored[f"w{number}"] for number in range(len(stored.files) - 1)]
    model.set_weights([array.astype(np.float32) for array in arrays])
    return facts


def _find(name: str, suffix: str) -> pathlib.Path:
    """Find a stored file: an installed package has it inside, a clone of the book beside it."""
    for folder in (RESULTS_FOLDER, pathlib.Path(__file__).parent / "results"):
        file = folder / f"{name}{suffix}"
        if file.is_file():
            return file
    there = ", ".join(sorted(f.stem for f in RESULTS_FOLDER.glob(f"*{suffix}"))) or "none"
    raise FileNotFoundError(
        f"name must be a stored result ({there}), got {name!r}: `make bench` measures them."
    )
