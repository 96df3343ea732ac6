"""Predict a layer's output size, parameters, cost and receptive field by arithmetic alone.

The formulas are those of Dumoulin and Visin (2016), "A guide to convolution arithmetic for deep
learning", and, for receptive fields, of Araujo, Norris and Sim (2019), "Computing receptive
fields of convolutional neural networks", Distill, doi:10.23915/distill.00021. Padding is placed
as TensorFlow places it.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import NamedTuple


def check_positive_integer(name: str, value: int) -> int:
    """Return value as an int, or refuse it by its name: it must be an integer of 1 or more."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer of 1 or more, got {value!r}.")
    if number < 1:
        raise ValueError(f"{name} must be 1 or more, got {value!r}.")
    return number


def check_pair(name: str, value: int | Sequence[int]) -> tuple[int, int]:
    """Return (height, width) from two integers, or from one that stands for both."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} must be one integer or two, got {value!r}.")
        return check_positive_integer(name, value[0]), check_positive_integer(name, value[1])
    number = check_positive_integer(name, value)
    return number, number


def check_padding(padding: str) -> str:
    """Return padding, or refuse it: it must be "valid" or "same"."""
    if padding not in ("valid", "same"):
        raise ValueError(f'padding must be "valid" or "same", got {padding!r}.')
    return padding


def dilated_size(kernel_size: int, dilation_rate: int = 1) -> int:
    r"""Count the pixels that a dilated kernel spans along one axis: :math:`d(k - 1) + 1`.

    Parameters
    ----------
    kernel_size : weights along the axis, :math:`k`
    dilation_rate : distance of neighbouring weights in pixels, :math:`d`
    """
    kernel_size = check_positive_integer("kernel_size", kernel_size)
    dilation_rate = check_positive_integer("dilation_rate", dilation_rate)
    return dilation_rate * (kernel_size - 1) + 1


def padding_amounts(
    input_size: int,
    kernel_size: int,
    stride: int = 1,
    padding: str = "valid",
    dilation_rate: int = 1,
) -> tuple[int, int]:
    r"""Count the pixels that padding adds before and after one axis, as TensorFlow does.

    "valid" adds none. "same" adds the fewest with which :math:`\lceil n / s \rceil` windows fit;
    where that number is odd, the extra pixel goes after.

    Parameters
    ----------
    input_size : pixels along the axis, :math:`n`
    kernel_size, stride, dilation_rate : of the window, along this axis
    padding : "valid" or "same"

    Returns
    -------
    (before, after), in pixels

    Raises
    ------
    TypeError, ValueError
        If a size is not an integer of 1 or more, or padding is neither word.

    References
    ----------
    TensorFlow, "Neural network operations: notes on padding", tensorflow.org/api_docs/python/tf/nn.
    """
    input_size = check_positive_integer("input_size", input_size)
    stride = check_positive_integer("stride", stride)
    span = dilated_size(kernel_size, dilation_rate)
    if check_padding(padding) == "valid":
        return 0, 0
    windows = -(-input_size // stride)
    total = max((windows - 1) * stride + span - input_size, 0)
    return total // 2, total - total // 2


def output_size(
    input_size: int,
    kernel_size: int,
    stride: int = 1,
    padding: str = "valid",
    dilation_rate: int = 1,
) -> int:
    r"""Count the places at which a window fits along one axis, of a convolution or of pooling.

    .. math:: \left\lfloor \frac{n + p - (d(k - 1) + 1)}{s} \right\rfloor + 1

    Parameters
    ----------
    input_size : pixels along the axis, :math:`n`
    kernel_size : of the kernel or the pooling window, :math:`k`
    stride : pixels from one place to the next, :math:`s`
    padding : "valid", for which :math:`p = 0`, or "same", with the :math:`p` of `padding_amounts`
    dilation_rate : :math:`d`

    Raises
    ------
    TypeError, ValueError
        If a size is not an integer of 1 or more, padding is neither word, or the window is larger
        than the padded input.
    """
    added = sum(padding_amounts(input_size, kernel_size, stride, padding, dilation_rate))
    span = dilated_size(kernel_size, dilation_rate)
    if span > input_size + added:
        raise ValueError(
            f"kernel_size must fit into the input's {input_size} pixels, "
            f"got a window that spans {span}."
        )
    return (input_size + added - span) // stride + 1


def conv_parameters(
    kernel_size: int | Sequence[int],
    input_channels: int,
    output_channels: int,
    use_bias: bool = True,
) -> int:
    r"""Count a convolution's parameters: :math:`C_{out} (k_h k_w C_{in} + 1)`, 1 for the bias."""
    height, width = check_pair("kernel_size", kernel_size)
    input_channels = check_positive_integer("input_channels", input_channels)
    output_channels = check_positive_integer("output_channels", output_channels)
    return output_channels * (height * width * input_channels + bool(use_bias))


def dense_parameters(inputs: int, units: int, use_bias: bool = True) -> int:
    r"""Count a dense layer's parameters: every unit has a weight an input, and a bias."""
    inputs = check_positive_integer("inputs", inputs)
    return check_positive_integer("units", units) * (inputs + bool(use_bias))


def conv_multiply_adds(
    output_shape: Sequence[int], kernel_size: int | Sequence[int], input_channels: int
) -> int:
    r"""Count the multiply-adds of a convolution of one image, padding included.

    Each of the :math:`H_{out} W_{out} C_{out}` values that it gives is a dot product of
    :math:`k_h k_w C_{in}` terms.

    Parameters
    ----------
    output_shape : (height, width, channels) of what the layer gives
    kernel_size : one integer, or (height, width)
    input_channels : channels of what the layer receives
    """
    if not isinstance(output_shape, (tuple, list)) or len(output_shape) != 3:
        raise ValueError(f"output_shape must be (height, width, channels), got {output_shape!r}.")
    height, width, channels = (
        check_positive_integer("output_shape", size) for size in output_shape
    )
    input_channels = check_positive_integer("input_channels", input_channels)
    kernel_height, kernel_width = check_pair("kernel_size", kernel_size)
    return height * width * channels * kernel_height * kernel_width * input_channels


def dense_multiply_adds(inputs: int, units: int) -> int:
    """Count the multiply-adds of a dense layer for one example: one for each weight."""
    return dense_parameters(inputs, units, use_bias=False)


class ReceptiveField(NamedTuple):
    """What one unit of a layer can see of the input, along one axis."""

    #: pixels of the input that can change the unit
    size: int
    #: pixels of the input between the fields of neighbouring units
    jump: int
    #: first pixel of the field of unit 0, counted from 0; negative inside the padding
    start: int


def receptive_field(layers: Sequence[Sequence[int]]) -> ReceptiveField:
    r"""Compute the receptive field of a stack of windows along one axis.

    A layer whose kernel spans :math:`k` of the units before it widens their field by
    :math:`k - 1` jumps, and multiplies the jump by its stride :math:`s`:

    .. math:: r \leftarrow r + (k - 1) j, \quad j \leftarrow j s

    Parameters
    ----------
    layers : a sequence with (kernel_size, stride) for each convolution or pooling, from the input
        on, or (kernel_size, stride, dilation_rate), or (kernel_size, stride, dilation_rate,
        padding_before) with the pixels that padding adds before the axis

    Returns
    -------
    ReceptiveField of a unit of the last layer; for no layers, of a pixel

    Raises
    ------
    TypeError, ValueError
        If a layer is not such a tuple of integers.
    """
    size, jump, start = 1, 1, 0
    for layer in layers:
        if not isinstance(layer, (tuple, list)) or not 2 <= len(layer) <= 4:
            raise ValueError(
                "layers must hold (kernel_size, stride), with dilation_rate and padding_before "
                f"if wanted, for each layer, got {layer!r}."
            )
        kernel_size, stride, dilation_rate, before = (*layer, *(1, 0)[len(layer) - 2 :])
        if isinstance(before, bool) or not isinstance(before, int) or before < 0:
            raise ValueError(f"padding_before must be an integer of 0 or more, got {before!r}.")
        span = dilated_size(kernel_size, dilation_rate)
        size += (span - 1) * jump
        start -= before * jump
        jump *= check_positive_integer("stride", stride)
    return ReceptiveField(size, jump, start)
