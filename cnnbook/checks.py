"""Refuse bad arguments with one sentence: which argument, what it got, what it wants."""

import numpy as np

KINDS = {"u": "integers", "i": "integers", "f": "real numbers", "b": "truth values"}


def integer(name: str, value: object, least: int = 1, most: int | None = None) -> int:
    """Return a whole number from ``least`` to ``most`` as an int; a truth value is none."""
    wanted = f"{least} or more" if most is None else f"from {least} to {most}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, {wanted}, got {value!r}.")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{name} must be {wanted}, got {value}.")
    return int(value)


def seed(name: str, value: object) -> int:
    """Return a seed, an integer from 0 to 2**32 - 1."""
    return integer(name, value, least=0, most=2**32 - 1)


def number(
    name: str, value: object, least: float = -np.inf, most: float = np.inf, open_: bool = False
) -> float:
    """Return a finite real number from ``least``, itself refused if ``open_``, to ``most``."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    low, high = (f"above {least:g}" if open_ else f"{least:g} or more"), f"{most:g} or less"
    bounds = ((low, least), (high, most))
    wanted = " and ".join(bound for bound, limit in bounds if np.isfinite(limit))
    inside = (least < value if open_ else least <= value) and value <= most
    if not np.isfinite(value) or not inside:
        comma = ", " if wanted else ""
        raise ValueError(f"{name} must be a finite number{comma}{wanted}, got {value}.")
    return float(value)


def array(name: str, value: object, kinds: str, axes: str, finite: bool = True) -> np.ndarray:
    """Return an array of numbers of these kinds, NumPy's letters, with axes such as "(N, H, W)"."""
    wanted = " or ".join(dict.fromkeys(KINDS[kind] for kind in kinds))
    result = np.asarray(value)
    is_empty_list = result.size == 0 and isinstance(value, (list, tuple))  # of no kind of its own
    if result.dtype.kind not in kinds and not is_empty_list:
        got = type(value).__name__ if result.dtype == object else f"the type {result.dtype}"
        raise TypeError(f"{name} must be an array of {wanted}, got {got}.")
    if result.ndim != len(axes.strip("() ,").split(",")):
        raise ValueError(f"{name} must have the axes {axes}, got the shape {result.shape}.")
    if finite and result.dtype.kind == "f" and not np.isfinite(result).all():
        raise ValueError(f"{name} must hold finite numbers, got NaN or infinity among them.")
    return result


def labels(name: str, value: object, most: int, least: int = 0) -> np.ndarray:
    """Return labels as an int64 array of shape (N,), each from ``least`` to ``most``."""
    result = array(name, value, "ui", "(N,)")
    if result.size and (result.min() < least or result.max() > most):
        raise ValueError(
            f"{name} must be from {least} to {most}, "
            f"got values from {result.min()} to {result.max()}."
        )
    return result.astype(np.int64)
