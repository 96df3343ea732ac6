"""Shifts of images, for tests of invariance and for augmentation."""

from __future__ import annotations

import numpy as np


def shift(images: np.ndarray, down: int, right: int) -> np.ndarray:
    r"""Move images by whole pixels; zeros move in, and what leaves the frame is lost.

    :math:`y_{n, i, j} = x_{n, i - d, j - r}` for a shift of *d* rows down and *r* columns to the
    right, and 0 where :math:`(i - d, j - r)` lies outside the image. Nothing comes back on the
    other side, as it would with ``numpy.roll``.

    Parameters
    ----------
    images : array of shape (N, H, W) or (N, H, W, C), any dtype
    down : pixels; negative moves up
    right : pixels; negative moves to the left

    Returns
    -------
    array of the shape and dtype of ``images``, a copy

    Raises
    ------
    TypeError
        If ``images`` is not an array, or ``down`` or ``right`` not a whole number.
    ValueError
        If ``images`` has other axes.
    """
    _check_images(images)
    for name, pixels in (("down", down), ("right", right)):
        if isinstance(pixels, bool) or not isinstance(pixels, (int, np.integer)):
            raise TypeError(f"{name} must be a whole number of pixels, got {pixels!r}.")
    moved = np.zeros_like(images)
    (to_rows, from_rows), (to_columns, from_columns) = (
        _slices(size, pixels) for size, pixels in zip(images.shape[1:3], (down, right), strict=True)
    )
    moved[:, to_rows, to_columns] = images[:, from_rows, from_columns]
    return moved


def _slices(size: int, pixels: int) -> tuple[slice, slice]:
    """Return where what stays inside lies after the shift, and where it lay before."""
    pixels = int(np.clip(pixels, -size, size))
    first, last = max(pixels, 0), size + min(pixels, 0)
    return slice(first, last), slice(first - pixels, last - pixels)


def shift_randomly(images: np.ndarray, largest: int, generator: np.random.Generator) -> np.ndarray:
    """Move each image by a random number of pixels of its own, down or up and right or left.

    Both numbers are drawn from -largest to largest, each as probable as any other, and
    independently of all else. Zeros move in, as in :func:`shift`.

    Parameters
    ----------
    images : array of shape (N, H, W) or (N, H, W, C), any dtype
    largest : pixels, 0 or more
    generator : where the random numbers come from

    Returns
    -------
    array of the shape and dtype of ``images``, a copy

    Raises
    ------
    TypeError
        If ``images`` is not an array, ``largest`` not a whole number or ``generator`` no
        ``numpy.random.Generator``.
    ValueError
        If ``images`` has other axes, or ``largest`` is negative.
    """
    _check_images(images)
    if isinstance(largest, bool) or not isinstance(largest, (int, np.integer)):
        raise TypeError(f"largest must be a whole number of pixels, got {largest!r}.")
    if largest < 0:
        raise ValueError(f"largest must be 0 pixels or more, got {largest}.")
    if not isinstance(generator, np.random.Generator):
        raise TypeError(
            "generator must be a numpy.random.Generator, such as numpy.random.default_rng(0), "
            f"got {type(generator).__name__}."
        )
    frame = [(largest, largest) if axis in (1, 2) else (0, 0) for axis in range(images.ndim)]
    padded = np.pad(images, frame)
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:3], axis=(1, 2))
    # A window that starts at (0, 0) of the padded image shows it moved down and right by `largest`.
    down, right = generator.integers(-largest, largest, size=(2, len(images)), endpoint=True)
    moved = windows[np.arange(len(images)), largest - down, largest - right]
    # The windows' axes come last: put the channels, if any, behind them again.
    return np.ascontiguousarray(moved if images.ndim == 3 else np.moveaxis(moved, 1, -1))


def on_canvas(images: np.ndarray, side: int) -> np.ndarray:
    """Put images in the middle of a larger square of zeros, so that they can move without loss.

    Parameters
    ----------
    images : array of shape (N, H, W) or (N, H, W, C), any dtype
    side : pixels, at least H and W; where the margin is odd, the smaller half is above and left

    Returns
    -------
    array of shape (N, side, side) or (N, side, side, C), dtype of ``images``

    Raises
    ------
    TypeError
        If ``images`` is not an array, or ``side`` not a whole number.
    ValueError
        If ``images`` has other axes, or does not fit.
    """
    _check_images(images)
    if isinstance(side, bool) or not isinstance(side, (int, np.integer)):
        raise TypeError(f"side must be a whole number of pixels, got {side!r}.")
    height, width = images.shape[1:3]
    if side < max(height, width):
        raise ValueError(f"side must be at least {max(height, width)} pixels, got {side}.")
    canvas = np.zeros((len(images), side, side, *images.shape[3:]), images.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[:, top : top + height, left : left + width] = images
    return canvas


def _check_images(images: np.ndarray) -> None:
    """Refuse what is not a batch of images."""
    if not isinstance(images, np.ndarray):
        raise TypeError(f"images must be a NumPy array, got {type(images).__name__}.")
    if images.ndim not in (3, 4):
        raise ValueError(
            "images must have the axes (N, H, W) or (N, H, W, C), "
            f"got an array of shape {images.shape}."
        )
