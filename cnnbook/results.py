"""Results and trained weights that `make bench` stored, for the chapters that show them.

A name is a path below ``benchmarks/``: "attribution", or "settings/optimizers" for what belongs to
one chapter. Results are in ``<name>.json``, weights in ``<name>.npz``.
"""

import json
import pathlib
from typing import TYPE_CHECKING

import numpy as np

from cnnbook import data

if TYPE_CHECKING:
    import keras

STORED = pathlib.Path(__file__).parent.parent / "benchmarks"


class OtherDataError(ValueError):
    """A stored result was measured on other data than those at hand."""


def load(name: str) -> dict:
    """Return a stored result: the benchmark's own keys, ``measured_on`` and ``machine``."""
    return _of_these_data(name, json.loads(_find(f"{name}.json").read_text(encoding="utf-8")))


def load_weights(name: str, model: "keras.Model") -> dict:
    """Give a network its stored weights, and return how it was trained.

    The facts are the benchmark's own, ``measured_on``, ``machine``, and ``data``, the SHA-256 of
    the data's file, or a name where no pictures were used.
    """
    weights, facts = _read_weights(name)
    model.set_weights(weights)
    return facts


def load_network(name: str) -> tuple["keras.Model", dict]:
    """Build a stored network, and return it with the facts of `load_weights`."""
    import keras

    weights, facts = _read_weights(name)
    model = keras.models.model_from_json(facts.pop("architecture"))
    model.set_weights(weights)
    return model, facts


def _read_weights(name: str) -> tuple[list[np.ndarray], dict]:
    with np.load(_find(f"{name}.npz"), allow_pickle=False) as stored:
        facts = _of_these_data(name, json.loads(str(stored["facts"])))
        arrays = [stored[f"w{number}"] for number in range(len(stored.files) - 1)]
    return [array.astype(np.float32) for array in arrays], facts


def _find(name: str) -> pathlib.Path:
    if not (file := STORED / name).is_file():
        raise FileNotFoundError(f"{name} must be a file below {STORED}: `make bench` stores it.")
    return file


def _of_these_data(name: str, facts: dict) -> dict:
    """Refuse facts that were measured on other pictures; where they do not say, it was on MNIST."""
    measured_on = facts.get("data", data.MNIST_SHA256)
    if len(measured_on) == 64 and measured_on != data.DATA_SHA256:
        told = f"was measured on other data ({measured_on[:12]}...) than these"
        raise OtherDataError(f"{name} {told}: run its benchmark on these.")
    return facts
