"""Refuse bad arguments with one sentence: which argument, what it got, what it wants."""

from __future__ import annotations

import numpy as np

KINDS = {"u": "integers", "i": "integers", "f": "real numbers", "b": "truth values"}


def integer(name: str, value: object, least: int = 1, most: int | None = None) -> int:
    """Return a whole number from ``least`` to ``most`` as an int.

    Parameters
    ----------
    name : the argument's name, for the sentence
    value : an int or a NumPy integer; a bool is none
    least, most : both allowed; None is no upper bound

    Raises
    ------
    TypeError
        If value is no integer.
    ValueError
        If it is out of range.
    """
    wanted = f"{least} or more" if most is None else f"from {least} to {most}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, {wanted}, got {value!r}.")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{name} must be {wanted}, got {value}.")
    return int(value)


def seed(name: str, value: object) -> int:
    """Return a seed, an integer from 0 to 2**32 - 1, as an int; raises as `integer`."""
    return integer(name, value, least=0, most=2**32 - 1)


def number(
    name: str, value: object, least: float = -np.inf, most: float = np.inf, open_: bool = False
) -> float:
    """Return a finite real number from ``least`` to ``most`` as a float.

    Parameters
    ----------
    name : the argument's name, for the sentence
    value : an int, a float or a NumPy number of one of these kinds; a bool is none
    least, most : both allowed
    open_ : whether ``least`` itself is refused

    Raises
    ------
    TypeError
        If value is no real number.
    ValueError
        If it is not finite, or out of range.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    low, high = (f"above {least:g}" if open_ else f"{least:g} or more"), f"{most:g} or less"
    wanted = " and ".join(
        bound for bound, limit in ((low, least), (high, most)) if np.isfinite(limit)
    )
    inside = (least < value if open_ else least <= value) and value <= most
    if not np.isfinite(value) or not inside:
        raise ValueError(
            f"{name} must be a finite number{', ' * bool(wanted)}{wanted}, got {value}."
        )
    return float(value)


def array(name: str, value: object, kinds: str, axes: str, finite: bool = True) -> np.ndarray:
    """Return an array of the right kind of numbers and the right number of axes.

    Parameters
    ----------
    name : the argument's name, for the sentence
    value : an array, or what NumPy can make one of
    kinds : NumPy's letters of what is allowed: any of "u", "i", "f", "b"
    axes : what the axes are, such as "(N, H, W)"; their number is the number of names
    finite : whether NaN and infinity are refused

    Raises
    ------
    TypeError
        If value is no rectangular array of such numbers.
    ValueError
        If it has another number of axes, or a number is not finite.
    """
    wanted = " or ".join(dict.fromkeys(KINDS[kind] for kind in kinds))
    try:
        result = np.asarray(value)
    except ValueError:
        raise TypeError(
            f"{name} must be an array of {wanted}, got rows of unequal length."
        ) from None
    # An empty list has no kind of its own.
    if result.dtype.kind not in kinds and not (
        result.size == 0 and isinstance(value, (list, tuple))
    ):
        raise TypeError(f"{name} must be an array of {wanted}, got {_what(value, result)}.")
    count = len(axes.strip("() ,").split(","))
    if result.ndim != count:
        raise ValueError(f"{name} must have the axes {axes}, got the shape {result.shape}.")
    if finite and result.dtype.kind == "f" and not np.isfinite(result).all():
        raise ValueError(f"{name} must hold finite numbers, got NaN or infinity among them.")
    return result


def labels(name: str, value: object, most: int, least: int = 0) -> np.ndarray:
    """Return labels as an int64 array of shape (N,), each from ``least`` to ``most``.

    Raises
    ------
    TypeError
        If value is no array of integers.
    ValueError
        If it has another number of axes, or a label is out of range.
    """
    result = array(name, value, "ui", "(N,)")
    if result.size and (result.min() < least or result.max() > most):
        raise ValueError(
            f"{name} must be from {least} to {most}, "
            f"got values from {result.min()} to {result.max()}."
        )
    return result.astype(np.int64)


def _what(value: object, result: np.ndarray) -> str:
    """Say what was given, in a few words."""
    return type(value).__name__ if result.dtype == object else f"the type {result.dtype}"
