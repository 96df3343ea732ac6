"""The layers of a convolutional network in NumPy, forward and backward.

Names and arguments are those of ``keras.ops``, so that one call serves both. Images are
channels-last: (N, H, W, C) for N images of height H and width W with C channels. The floating
dtype of the arguments is kept.

A function ``f_backward`` takes ``upstream``, the gradient of a loss with respect to what ``f``
returned, and gives the gradient with respect to what ``f`` was given (the chain rule).

Every window, of a convolution or of pooling, is treated in one way: for each offset (i, j) inside
the window, one strided slice of the padded image holds the pixel at that offset for all places of
the window at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cnnbook import shapes

# Keras keeps probabilities away from 0 and 1 by this much before it takes their logarithm.
EPSILON = 1e-7


class _Windows(NamedTuple):
    """Where a sliding window lies on a padded image."""

    size: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[tuple[int, int], ...]  # as np.pad wants it
    places: tuple[int, int]  # height and width of the output

    def offsets(self) -> Iterator[tuple[tuple[int, int], tuple[slice, ...]]]:
        """Yield each offset inside the window, row by row, with its slice of the padded image."""
        for i in range(self.size[0]):
            for j in range(self.size[1]):
                rows, columns = (
                    slice(first := offset * dilation, first + stride * (places - 1) + 1, stride)
                    for offset, dilation, stride, places in zip(
                        (i, j), self.dilation, self.strides, self.places, strict=True
                    )
                )
                yield (i, j), (slice(None), rows, columns)

    def crop(self, padded: np.ndarray) -> np.ndarray:
        """Cut the padding off again."""
        _, (top, bottom), (left, right), _ = self.padding
        return padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]


def _windows(name: str, inputs, size, strides, padding, dilation_rate=1) -> _Windows:
    size = shapes.check_pair(name, size)
    strides = shapes.check_pair("strides", strides)
    dilation = shapes.check_pair("dilation_rate", dilation_rate)
    if max(strides) > 1 and max(dilation) > 1:
        raise ValueError(
            "strides must be 1 where dilation_rate is larger, as TensorFlow demands, "
            f"got strides {strides} with dilation_rate {dilation}."
        )
    axes = list(zip(inputs.shape[1:3], size, strides, dilation, strict=True))
    shapes.check_padding(padding)
    for side, window, _, rate in axes:
        span = shapes.dilated_size(window, rate)
        if padding == "valid" and span > side:
            raise ValueError(
                f"{name} must fit into the image, which is {inputs.shape[1]} x {inputs.shape[2]} "
                f'pixels with padding "valid", got a window that spans {span}.'
            )
    amounts = [shapes.padding_amounts(n, k, s, padding, d) for n, k, s, d in axes]
    places = [shapes.output_size(n, k, s, padding, d) for n, k, s, d in axes]
    return _Windows(size, strides, dilation, ((0, 0), *amounts, (0, 0)), tuple(places))


def _pad(images: np.ndarray, windows: _Windows, value: float = 0) -> np.ndarray:
    if not any(map(any, windows.padding)):
        return images
    return np.pad(images, windows.padding, constant_values=value)


def _check_floats(name: str, array: np.ndarray, axes: str | None = None) -> None:
    """Refuse what is not a non-empty array of floats with the axes named, such as "N, H, W, C"."""
    wanted = "a floating-point NumPy array" + (f" with the axes ({axes})" if axes else "")
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be {wanted}, got {type(array).__name__}.")
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(f"{name} must be {wanted}, got dtype {array.dtype}.")
    if axes is not None and array.ndim != axes.count(",") + 1:
        raise ValueError(f"{name} must be {wanted}, got shape {array.shape}.")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}.")


def _check_same(name: str, array: np.ndarray, shape: Sequence[int], dtype: np.dtype) -> None:
    """Refuse an array of another shape or dtype."""
    _check_floats(name, array)
    if array.shape != tuple(shape):
        raise ValueError(f"{name} must have the shape {tuple(shape)}, got {array.shape}.")
    if array.dtype != dtype:
        raise TypeError(f"{name} must have the dtype {dtype} of the others, got {array.dtype}.")


def _check_conv(inputs, kernel, strides, padding, dilation_rate) -> _Windows:
    _check_floats("inputs", inputs, "N, H, W, C_in")
    _check_floats("kernel", kernel, "kh, kw, C_in, C_out")
    if kernel.dtype != inputs.dtype:
        raise TypeError(
            f"kernel must have the dtype of inputs, {inputs.dtype}, got {kernel.dtype}."
        )
    if kernel.shape[2] != inputs.shape[3]:
        raise ValueError(
            f"kernel must have the {inputs.shape[3]} input channels of inputs on its third axis, "
            f"got shape {kernel.shape}."
        )
    return _windows("kernel", inputs, kernel.shape[:2], strides, padding, dilation_rate)


def _columns(inputs: np.ndarray, windows: _Windows) -> np.ndarray:
    """Lay every window out as a row: (N, H, W, C) to (N H_out W_out, kh kw C), "im2col"."""
    padded = _pad(inputs, windows)
    count, channels = len(inputs), inputs.shape[3]
    columns = np.empty((count, *windows.places, *windows.size, channels), inputs.dtype)
    for (i, j), pixels in windows.offsets():
        columns[:, :, :, i, j] = padded[pixels]
    return columns.reshape(count * np.prod(windows.places), -1)


def conv(
    inputs: np.ndarray,
    kernel: np.ndarray,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    r"""Slide kernels over images: the operation inside ``keras.layers.Conv2D``, without the bias.

    Each output value is the dot product of one kernel and the block of pixels under it, over all
    input channels:

    .. math:: y_{n,a,b,o} = \sum_{i,j,c} x_{n,\,sa+di,\,sb+dj,\,c}\; k_{i,j,c,o}

    with stride :math:`s`, dilation rate :math:`d` and :math:`x` padded. The kernel is not flipped,
    so this is a cross-correlation. All sums are one matrix product, of the windows as rows and the
    kernels as columns (Chellapilla, Puri and Simard 2006).

    Parameters
    ----------
    inputs : float array of shape (N, H, W, C_in)
    kernel : float array of shape (kh, kw, C_in, C_out), of the same dtype
    strides : pixels from one window to the next: one integer, or (vertical, horizontal)
    padding : "valid", none, or "same", zeros so that :math:`H_{out} = \lceil H / s \rceil`, the
        extra one of an odd number below and to the right, as TensorFlow does
    dilation_rate : pixels from one weight to the next, as strides; only one of the two may be
        larger than 1

    Returns
    -------
    array of shape (N, H_out, W_out, C_out), of the same dtype; `cnnbook.shapes.output_size`
    predicts H_out and W_out

    Raises
    ------
    TypeError
        If inputs or kernel is not a float array, or their dtypes differ.
    ValueError
        If an axis is missing or empty, the channels differ, the kernel is larger than the padded
        image, or strides, padding or dilation_rate is not as above.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.1; Chellapilla, Puri and
    Simard (2006), "High performance convolutional neural networks for document processing".
    """
    windows = _check_conv(inputs, kernel, strides, padding, dilation_rate)
    output_channels = kernel.shape[3]
    sums = _columns(inputs, windows) @ kernel.reshape(-1, output_channels)
    return sums.reshape(len(inputs), *windows.places, output_channels)


def conv_backward(
    upstream: np.ndarray,
    inputs: np.ndarray,
    kernel: np.ndarray,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Propagate a gradient back through `conv`.

    A weight is used at every place, so its gradient sums over them; a pixel lies under several
    windows, so its gradient sums over those:

    .. math::

        \frac{\partial L}{\partial k_{i,j,c,o}} =
            \sum_{n,a,b} x_{n,\,sa+di,\,sb+dj,\,c}\; u_{n,a,b,o}

    .. math::

        \frac{\partial L}{\partial x_{n,\,sa+di,\,sb+dj,\,c}} \mathrel{+}=
            \sum_{o} u_{n,a,b,o}\; k_{i,j,c,o}

    Parameters
    ----------
    upstream : gradient with respect to the output, :math:`u`, of its shape
        (N, H_out, W_out, C_out) and dtype
    inputs, kernel, strides, padding, dilation_rate : what `conv` was given

    Returns
    -------
    d_inputs : array of the shape of inputs
    d_kernel : array of the shape of kernel

    Raises
    ------
    TypeError, ValueError
        As `conv`, or if upstream has not the output's shape and dtype.

    References
    ----------
    Dumoulin and Visin (2016), "A guide to convolution arithmetic for deep learning", section 4.
    """
    windows = _check_conv(inputs, kernel, strides, padding, dilation_rate)
    output_channels = kernel.shape[3]
    _check_same("upstream", upstream, (len(inputs), *windows.places, output_channels), inputs.dtype)
    rows = upstream.reshape(-1, output_channels)
    d_kernel = (_columns(inputs, windows).T @ rows).reshape(kernel.shape)

    d_columns = rows @ kernel.reshape(-1, output_channels).T
    d_columns = d_columns.reshape(*upstream.shape[:3], *kernel.shape[:3])
    d_padded = np.zeros_like(_pad(inputs, windows))
    for (i, j), pixels in windows.offsets():
        d_padded[pixels] += d_columns[:, :, :, i, j]
    return windows.crop(d_padded), d_kernel


def _check_pool(inputs, pool_size, strides, padding) -> _Windows:
    _check_floats("inputs", inputs, "N, H, W, C")
    strides = pool_size if strides is None else strides
    return _windows("pool_size", inputs, pool_size, strides, padding)


def max_pool(
    inputs: np.ndarray,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
) -> np.ndarray:
    r"""Keep the largest value of each window, channel by channel.

    .. math:: y_{n,a,b,c} = \max_{i,j} x_{n,\,sa+i,\,sb+j,\,c}

    Parameters
    ----------
    inputs : float array of shape (N, H, W, C)
    pool_size : height and width of the window: one integer, or two
    strides : as in `conv`; None stands for pool_size, so that windows do not overlap
    padding : "valid", which drops rows and columns that fill no window, or "same"; a padded pixel
        is never the largest

    Returns
    -------
    array of shape (N, H_out, W_out, C), of the same dtype

    Raises
    ------
    TypeError
        If inputs is not a float array.
    ValueError
        If inputs has other axes or is empty, the window is larger than the padded image, or
        pool_size, strides or padding is not as above.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.3.
    """
    windows = _check_pool(inputs, pool_size, strides, padding)
    padded = _pad(inputs, windows, value=-np.inf)
    largest = np.full((len(inputs), *windows.places, inputs.shape[3]), -np.inf, inputs.dtype)
    for _, pixels in windows.offsets():
        np.maximum(largest, padded[pixels], out=largest)
    return largest


def max_pool_backward(
    upstream: np.ndarray,
    inputs: np.ndarray,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """Propagate a gradient back through `max_pool`: it goes to the largest value of each window.

    Where several are equally large it goes to the first, row by row, as in TensorFlow on a CPU.

    Parameters
    ----------
    upstream : gradient with respect to the output, of its shape (N, H_out, W_out, C) and dtype
    inputs, pool_size, strides, padding : what `max_pool` was given

    Returns
    -------
    d_inputs : array of the shape of inputs

    Raises
    ------
    TypeError, ValueError
        As `max_pool`, or if upstream has not the output's shape and dtype.
    """
    largest = max_pool(inputs, pool_size, strides, padding)
    _check_same("upstream", upstream, largest.shape, inputs.dtype)
    windows = _check_pool(inputs, pool_size, strides, padding)
    padded = _pad(inputs, windows, value=-np.inf)
    d_padded = np.zeros_like(padded)
    waiting = np.ones(largest.shape, bool)  # windows whose largest value is still to come
    for _, pixels in windows.offsets():
        found = waiting & (padded[pixels] == largest)
        d_padded[pixels] += upstream * found
        waiting ^= found
    return windows.crop(d_padded)


def average_pool(
    inputs: np.ndarray,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
) -> np.ndarray:
    r"""Average each window, channel by channel; padded pixels do not count.

    .. math:: y_{n,a,b,c} = \frac{1}{|W_{a,b}|} \sum_{(i,j) \in W_{a,b}} x_{n,\,sa+i,\,sb+j,\,c}

    where :math:`W_{a,b}` are the offsets of the window that lie inside the image.

    Parameters, return value and errors are those of `max_pool`.
    """
    windows = _check_pool(inputs, pool_size, strides, padding)
    padded = _pad(inputs, windows)
    total = np.zeros((len(inputs), *windows.places, inputs.shape[3]), inputs.dtype)
    for _, pixels in windows.offsets():
        total += padded[pixels]
    return total / _pixels_inside(inputs, windows)


def average_pool_backward(
    upstream: np.ndarray,
    inputs: np.ndarray,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """Propagate a gradient back through `average_pool`: it is shared equally by each window.

    Parameters, return value and errors are those of `max_pool_backward`.

    Notes
    -----
    Equal to TensorFlow's where the window is no larger than the image. Where it is larger (with
    padding "same"), TensorFlow 2.21 on a CPU returns something other than the transpose of its own
    forward pass; this is the transpose.
    """
    windows = _check_pool(inputs, pool_size, strides, padding)
    _check_same("upstream", upstream, (len(inputs), *windows.places, inputs.shape[3]), inputs.dtype)
    share = upstream / _pixels_inside(inputs, windows)
    d_padded = np.zeros_like(_pad(inputs, windows))
    for _, pixels in windows.offsets():
        d_padded[pixels] += share
    return windows.crop(d_padded)


def _pixels_inside(inputs: np.ndarray, windows: _Windows) -> np.ndarray:
    """Count the pixels of each window that are not padding: (1, H_out, W_out, 1)."""
    inside = _pad(np.ones((1, *inputs.shape[1:3], 1), inputs.dtype), windows)
    return sum(inside[pixels] for _, pixels in windows.offsets())


def relu(x: np.ndarray) -> np.ndarray:
    r"""Replace negative numbers by zero: :math:`\max(x, 0)`, for a float array of any shape.

    Raises TypeError if x is not a float array, and ValueError if it is empty.

    Source: Nair and Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
    """
    _check_floats("x", x)
    return np.maximum(x, 0)


def relu_backward(upstream: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Propagate a gradient back through `relu`: it passes where x is positive, and not at 0.

    Parameters
    ----------
    upstream : gradient with respect to the output, of the shape and dtype of x
    x : what `relu` was given

    Raises
    ------
    TypeError, ValueError
        If x is not a non-empty float array, or upstream has not its shape and dtype.
    """
    _check_floats("x", x)
    _check_same("upstream", upstream, x.shape, x.dtype)
    return upstream * (x > 0)


def _shift_scores(name: str, x: np.ndarray, axis: int) -> np.ndarray:
    """Subtract the largest score along the axis, so that exp of what is left cannot overflow."""
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise TypeError(f"axis must be an integer, got {axis!r}.")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be from {-x.ndim} to {x.ndim - 1}, got {axis}.")
    largest = x.max(axis=axis, keepdims=True)
    # One test for all: the maximum is NaN where there is a NaN, and else the infinity itself.
    if not np.isfinite(largest).all():
        raise ValueError(
            f"{name} must have no NaN or +inf, and a finite score along axis {axis}, "
            f"got {largest[~np.isfinite(largest)][0]} as a largest score."
        )
    return x - largest


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    r"""Turn scores into probabilities that add up to 1 along an axis.

    .. math:: p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} = \frac{e^{x_i - m}}{\sum_j e^{x_j - m}},
        \qquad m = \max_j x_j

    The second form cannot overflow, and is the one computed.

    Parameters
    ----------
    x : float array of any shape
    axis : the axis that holds the scores of one example

    Returns
    -------
    array of the same shape and dtype, in [0, 1]

    Raises
    ------
    TypeError
        If x is not a float array, or axis not an integer.
    ValueError
        If x is empty, has no such axis, or holds NaN, +inf, or only -inf along it: the result
        would be NaN.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 4.1.
    """
    _check_floats("x", x)
    exponentials = np.exp(_shift_scores("x", x, axis))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _check_target(target: np.ndarray, name: str, output: np.ndarray) -> None:
    """Refuse scores that are no floats, and labels that are not one of their classes each."""
    _check_floats(name, output)
    if output.ndim == 0:
        raise ValueError(f"{name} must have the axes (..., C), got a single number.")
    if not isinstance(target, np.ndarray) or not np.issubdtype(target.dtype, np.integer):
        got = f"dtype {target.dtype}" if isinstance(target, np.ndarray) else type(target).__name__
        raise TypeError(f"target must be a NumPy array of integer labels, got {got}.")
    if target.shape != output.shape[:-1]:
        raise ValueError(
            f"target must have the shape {output.shape[:-1]}, that of {name} without its last "
            f"axis, got {target.shape}."
        )
    classes = output.shape[-1]
    if target.min() < 0 or target.max() >= classes:
        raise ValueError(
            f"target must hold labels from 0 to {classes - 1}, "
            f"got labels from {target.min()} to {target.max()}."
        )


def sparse_categorical_crossentropy(
    target: np.ndarray, output: np.ndarray, from_logits: bool = False
) -> np.ndarray:
    r"""Compute the cross-entropy of integer labels, one loss an example.

    .. math:: L = -\log p_t

    where :math:`t` is the label and :math:`p` the softmax of the logits, or the probabilities
    themselves. Like Keras, this keeps given probabilities in :math:`[10^{-7}, 1 - 10^{-7}]` and
    then divides them by their sum.

    Parameters
    ----------
    target : integer array of shape (N,), or (...): labels from 0 to C - 1
    output : float array of shape (N, C), or (..., C): logits, or probabilities
    from_logits : True if output holds logits: any real numbers

    Returns
    -------
    array of the shape of target and the dtype of output, in nats

    Raises
    ------
    TypeError
        If target is not an integer array, or output not a float one.
    ValueError
        If the shapes do not fit, a label is out of range, output is empty or holds NaN or +inf,
        or output is said to hold probabilities and one is not in [0, 1].

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 6.2.2.3.
    """
    _check_target(target, "output", output)
    if not from_logits:
        # Rounding can lift a probability a little over 1.
        if not ((output >= 0) & (output <= 1 + 1e-3)).all():
            raise ValueError(
                "output must hold probabilities from 0 to 1 where from_logits is False, "
                f"got values from {output.min()} to {output.max()}."
            )
        output = np.log(np.clip(output, EPSILON, 1 - EPSILON))
    shifted = _shift_scores("output", output, axis=-1)
    at_label = np.take_along_axis(shifted, target[..., np.newaxis], axis=-1)[..., 0]
    return np.log(np.exp(shifted).sum(axis=-1)) - at_label


def sparse_categorical_crossentropy_backward(target: np.ndarray, logits: np.ndarray) -> np.ndarray:
    r"""Compute the gradient of each example's cross-entropy with respect to its logits.

    .. math:: \frac{\partial L}{\partial z_i} = p_i - y_i

    with the probabilities :math:`p = \mathrm{softmax}(z)` and :math:`y_i = 1` for the label, 0
    for the others. For the mean over a batch, divide by its size.

    Parameters
    ----------
    target : integer array of shape (N,), or (...): labels from 0 to C - 1
    logits : float array of shape (N, C), or (..., C)

    Returns
    -------
    array of the shape and dtype of logits

    Raises
    ------
    TypeError, ValueError
        As `sparse_categorical_crossentropy`.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, equation 4.109.
    """
    _check_target(target, "logits", logits)
    one_hot = np.arange(logits.shape[-1]) == target[..., np.newaxis]
    _shift_scores("logits", logits, axis=-1)
    return softmax(logits) - one_hot.astype(logits.dtype)
