"""The layers of a convolutional network in NumPy, forward and backward.

Names, arguments and results are those of ``keras.ops``, so that one call serves both. Images are
channels-last: (N, H, W, C) for N images of height H and width W with C channels. The floating
dtype of the arguments is kept.

A function ``f_backward`` takes ``upstream``, the gradient of a loss with respect to what ``f``
returned, and gives the gradient with respect to what ``f`` was given (the chain rule).

For each offset (i, j) inside a window, of a convolution or of pooling, one strided slice of the
padded image holds the pixel at that offset for all places of the window at once.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cnnbook import shapes
from cnnbook.shapes import Size

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
        axes = list(zip(self.dilation, self.strides, self.places, strict=True))
        for place in np.ndindex(*self.size):
            rows, columns = (
                slice(first := offset * dilation, first + stride * (places - 1) + 1, stride)
                for offset, (dilation, stride, places) in zip(place, axes, strict=True)
            )
            yield place, (slice(None), rows, columns)

    def pad(self, images: np.ndarray, value: float = 0) -> np.ndarray:
        """Surround images with what padding adds."""
        if not any(map(any, self.padding)):
            return images
        return np.pad(images, self.padding, constant_values=value)

    def crop(self, padded: np.ndarray) -> np.ndarray:
        """Cut the padding off again."""
        _, (top, bottom), (left, right), _ = self.padding
        return padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]


def _windows(inputs, size, strides, padding, dilation_rate=1) -> _Windows:
    size, strides, dilation = map(shapes.pair, (size, strides, dilation_rate))
    axes = list(zip(inputs.shape[1:3], size, strides, dilation, strict=True))
    places = tuple(shapes.output_size(n, k, s, padding, d) for n, k, s, d in axes)
    amounts = [shapes.padding_amounts(n, k, s, padding, d) for n, k, s, d in axes]
    return _Windows(size, strides, dilation, ((0, 0), *amounts, (0, 0)), places)


def _check_floats(name: str, array: np.ndarray, axes: str = "") -> None:
    """Refuse what is not a non-empty array of floats with these axes: integers would wrap."""
    is_float = isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.floating)
    if not is_float or array.size == 0 or (axes and array.ndim != axes.count(",") + 1):
        raise (ValueError if is_float else TypeError)(
            f"{name} must be a floating-point NumPy array{axes and f' with axes ({axes})'}, not "
            f"empty, got {getattr(array, 'dtype', type(array))} of shape {np.shape(array)}."
        )


def _check_same(name: str, array: np.ndarray, shape: Sequence[int], dtype: np.dtype) -> None:
    """Refuse an array of another shape or dtype, which would be stretched to fit."""
    if array.shape != tuple(shape) or array.dtype != dtype:
        raise ValueError(
            f"{name} must have the shape {tuple(shape)} and the dtype {dtype}, "
            f"got {array.shape} and {array.dtype}."
        )


def _conv_windows(inputs, kernel, strides, padding, dilation_rate) -> _Windows:
    _check_floats("inputs", inputs, "N, H, W, C_in")
    _check_floats("kernel", kernel, "kh, kw, C_in, C_out")
    wanted = (*kernel.shape[:2], inputs.shape[3], kernel.shape[3])
    _check_same("kernel", kernel, wanted, inputs.dtype)
    return _windows(inputs, kernel.shape[:2], strides, padding, dilation_rate)


def _columns(inputs: np.ndarray, windows: _Windows) -> np.ndarray:
    """Lay every window out as a row: (N, H, W, C) to (N H_out W_out, kh kw C), "im2col"."""
    padded = windows.pad(inputs)
    count, channels = len(inputs), inputs.shape[3]
    columns = np.empty((count, *windows.places, *windows.size, channels), inputs.dtype)
    for (i, j), pixels in windows.offsets():
        columns[:, :, :, i, j] = padded[pixels]
    return columns.reshape(count * np.prod(windows.places), -1)


def conv(
    inputs: np.ndarray,
    kernel: np.ndarray,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
) -> np.ndarray:
    r"""Slide kernels over images: the operation inside ``keras.layers.Conv2D``, without the bias.

    .. math:: y_{n,a,b,o} = \sum_{i,j,c} x_{n,\,sa+di,\,sb+dj,\,c}\; k_{i,j,c,o}

    with stride :math:`s`, dilation rate :math:`d` and :math:`x` padded. The kernel is not flipped,
    so this is a cross-correlation. All sums are one matrix product, of the windows as rows and the
    kernels as columns (Chellapilla, Puri and Simard 2006).

    From (N, H, W, C_in) with a kernel (kh, kw, C_in, C_out) to (N, H_out, W_out, C_out). The
    padding "same" adds zeros so that :math:`H_{out} = \lceil H / s \rceil`, the extra one of an
    odd number below and to the right, as TensorFlow does; "valid" adds none.
    """
    windows = _conv_windows(inputs, kernel, strides, padding, dilation_rate)
    output_channels = kernel.shape[3]
    sums = _columns(inputs, windows) @ kernel.reshape(-1, output_channels)
    return sums.reshape(len(inputs), *windows.places, output_channels)


def conv_backward(
    upstream: np.ndarray,
    inputs: np.ndarray,
    kernel: np.ndarray,
    strides: Size = 1,
    padding: str = "valid",
    dilation_rate: Size = 1,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Propagate a gradient back through `conv`: return (d_inputs, d_kernel).

    A weight is used at every place, so its gradient sums over them; a pixel lies under several
    windows, so its gradient sums over those (Dumoulin and Visin 2016, section 4):

    .. math::

        \frac{\partial L}{\partial k_{i,j,c,o}} =
            \sum_{n,a,b} x_{n,\,sa+di,\,sb+dj,\,c}\; u_{n,a,b,o}

        \frac{\partial L}{\partial x_{n,\,sa+di,\,sb+dj,\,c}} \mathrel{+}=
            \sum_{o} u_{n,a,b,o}\; k_{i,j,c,o}

    with :math:`u` the array ``upstream``, of the output's shape (N, H_out, W_out, C_out).
    """
    windows = _conv_windows(inputs, kernel, strides, padding, dilation_rate)
    output_channels = kernel.shape[3]
    _check_same("upstream", upstream, (len(inputs), *windows.places, output_channels), inputs.dtype)
    rows = upstream.reshape(-1, output_channels)
    d_kernel = (_columns(inputs, windows).T @ rows).reshape(kernel.shape)

    d_columns = rows @ kernel.reshape(-1, output_channels).T
    d_columns = d_columns.reshape(*upstream.shape[:3], *kernel.shape[:3])
    d_padded = np.zeros_like(windows.pad(inputs))
    for (i, j), pixels in windows.offsets():
        d_padded[pixels] += d_columns[:, :, :, i, j]
    return windows.crop(d_padded), d_kernel


def _pool_windows(inputs, pool_size, strides, padding) -> _Windows:
    _check_floats("inputs", inputs, "N, H, W, C")
    return _windows(inputs, pool_size, pool_size if strides is None else strides, padding)


def max_pool(
    inputs: np.ndarray, pool_size: Size, strides: Size | None = None, padding: str = "valid"
) -> np.ndarray:
    r"""Keep the largest value of each window, channel by channel.

    .. math:: y_{n,a,b,c} = \max_{i,j} x_{n,\,sa+i,\,sb+j,\,c}

    From (N, H, W, C) to (N, H_out, W_out, C). Without strides windows do not overlap. The padding
    "valid" drops rows and columns that fill no window; with "same", a padded pixel is never the
    largest.
    """
    windows = _pool_windows(inputs, pool_size, strides, padding)
    padded = windows.pad(inputs, value=-np.inf)
    largest = np.full((len(inputs), *windows.places, inputs.shape[3]), -np.inf, inputs.dtype)
    for _, pixels in windows.offsets():
        np.maximum(largest, padded[pixels], out=largest)
    return largest


def max_pool_backward(
    upstream: np.ndarray,
    inputs: np.ndarray,
    pool_size: Size,
    strides: Size | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """Propagate a gradient back through `max_pool`: it goes to the largest value of each window.

    Where several are equally large it goes to the first, row by row, as in TensorFlow on a CPU.
    """
    largest = max_pool(inputs, pool_size, strides, padding)
    _check_same("upstream", upstream, largest.shape, inputs.dtype)
    windows = _pool_windows(inputs, pool_size, strides, padding)
    padded = windows.pad(inputs, value=np.nan)  # never the largest
    d_padded = np.zeros_like(padded)
    waiting = np.ones(largest.shape, bool)  # windows whose largest value is still to come
    for _, pixels in windows.offsets():
        found = waiting & (padded[pixels] == largest)
        d_padded[pixels] += upstream * found
        waiting ^= found
    return windows.crop(d_padded)


def average_pool(
    inputs: np.ndarray, pool_size: Size, strides: Size | None = None, padding: str = "valid"
) -> np.ndarray:
    r"""Average each window, channel by channel; padded pixels do not count. As `max_pool`.

    .. math:: y_{n,a,b,c} = \frac{1}{|W_{a,b}|} \sum_{(i,j) \in W_{a,b}} x_{n,\,sa+i,\,sb+j,\,c}

    where :math:`W_{a,b}` are the offsets of the window that lie inside the image.
    """
    windows = _pool_windows(inputs, pool_size, strides, padding)
    padded = windows.pad(inputs)
    total = np.zeros((len(inputs), *windows.places, inputs.shape[3]), inputs.dtype)
    for _, pixels in windows.offsets():
        total += padded[pixels]
    return total / _pixels_inside(inputs, windows)


def average_pool_backward(
    upstream: np.ndarray,
    inputs: np.ndarray,
    pool_size: Size,
    strides: Size | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """Propagate a gradient back through `average_pool`: it is shared equally by each window.

    Where a window is larger than the image (with "same"), TensorFlow 2.21 on a CPU returns
    something other than the transpose of its own forward pass; this is the transpose.
    """
    windows = _pool_windows(inputs, pool_size, strides, padding)
    _check_same("upstream", upstream, (len(inputs), *windows.places, inputs.shape[3]), inputs.dtype)
    share = upstream / _pixels_inside(inputs, windows)
    d_padded = np.zeros_like(windows.pad(inputs))
    for _, pixels in windows.offsets():
        d_padded[pixels] += share
    return windows.crop(d_padded)


def _pixels_inside(inputs: np.ndarray, windows: _Windows) -> np.ndarray:
    """Count the pixels of each window that are not padding: (1, H_out, W_out, 1)."""
    inside = windows.pad(np.ones((1, *inputs.shape[1:3], 1), inputs.dtype))
    return sum(inside[pixels] for _, pixels in windows.offsets())


def relu(x: np.ndarray) -> np.ndarray:
    r"""Replace negative numbers by zero: :math:`\max(x, 0)` (Nair and Hinton 2010)."""
    _check_floats("x", x)
    return np.maximum(x, 0)


def relu_backward(upstream: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Propagate a gradient back through `relu`: it passes where x is positive, and not at 0."""
    _check_same("upstream", upstream, x.shape, x.dtype)
    return upstream * (x > 0)


def _shift_scores(name: str, x: np.ndarray, axis: int) -> np.ndarray:
    """Subtract the largest score along the axis, so that exp of what is left cannot overflow."""
    _check_floats(name, x)
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

    .. math:: p_i = e^{x_i} / \sum_j e^{x_j} = e^{x_i - m} / \sum_j e^{x_j - m}

    With :math:`m = \max_j x_j` the second form cannot overflow, and is the one computed.
    """
    exponentials = np.exp(_shift_scores("x", x, axis))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _check_target(target: np.ndarray, output: np.ndarray) -> None:
    """Refuse labels that NumPy would stretch, or count from the end."""
    last = output.shape[-1] - 1
    is_fitting = target.shape == output.shape[:-1] and target.dtype.kind in "iu"
    if not is_fitting or target.min() < 0 or target.max() > last:
        raise ValueError(
            f"target must be integers from 0 to {last} of shape {output.shape[:-1]}, got "
            f"{target.dtype} from {target.min()} to {target.max()} of shape {target.shape}."
        )


def sparse_categorical_crossentropy(
    target: np.ndarray, output: np.ndarray, from_logits: bool = False
) -> np.ndarray:
    r"""Compute the cross-entropy of integer labels, one loss an example, in nats.

    .. math:: L = -\log p_t

    where :math:`t` is the label and :math:`p` the softmax of the logits, or the probabilities
    themselves. Like Keras, this keeps given probabilities in :math:`[10^{-7}, 1 - 10^{-7}]` and
    then divides them by their sum.

    Labels from 0 to C - 1 of shape (N,), or (...), and an output of shape (N, C), or (..., C).
    """
    if not from_logits:
        # Rounding can lift a probability a little over 1.
        if not ((output >= 0) & (output <= 1 + 1e-3)).all():
            raise ValueError(
                "output must hold probabilities from 0 to 1 where from_logits is False, "
                f"got values from {output.min()} to {output.max()}."
            )
        output = np.log(np.clip(output, EPSILON, 1 - EPSILON))
    shifted = _shift_scores("output", output, axis=-1)
    _check_target(target, output)
    at_label = np.take_along_axis(shifted, target[..., np.newaxis], axis=-1)[..., 0]
    return np.log(np.exp(shifted).sum(axis=-1)) - at_label


def sparse_categorical_crossentropy_backward(target: np.ndarray, logits: np.ndarray) -> np.ndarray:
    r"""Compute the gradient of each example's cross-entropy with respect to its logits.

    .. math:: \frac{\partial L}{\partial z_i} = p_i - y_i

    with the probabilities :math:`p = \mathrm{softmax}(z)` and :math:`y_i = 1` for the label, 0
    for the others (Bishop 2006, equation 4.109). For the mean over a batch, divide by its size.
    """
    probabilities = softmax(logits)
    _check_target(target, logits)
    one_hot = np.arange(logits.shape[-1]) == target[..., np.newaxis]
    return probabilities - one_hot.astype(logits.dtype)
