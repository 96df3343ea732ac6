"""Results that `make bench` measured and stored, for the chapters that plot them."""

from __future__ import annotations

import json
import pathlib

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
    # An installed package has the results inside it, a clone of the book beside it.
    for folder in (RESULTS_FOLDER, pathlib.Path(__file__).parent / "results"):
        file = folder / f"{name}.json"
        if file.is_file():
            break
    else:
        there = ", ".join(sorted(found.stem for found in RESULTS_FOLDER.glob("*.json"))) or "none"
        raise FileNotFoundError(
            f"name must be a stored result ({there}), got {name!r}: `make bench` measures them."
        )
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"The result {file} is not JSON ({error}): restore it with git, or run `make bench`."
        ) from None
