"""Predict a layer's output size, parameters, cost and receptive field by arithmetic alone.

The formulas are those of Dumoulin and Visin (2016), "A guide to convolution arithmetic for deep
learning", and, for receptive fields, of Araujo, Norris and Sim (2019), "Computing receptive
fields of convolutional neural networks", Distill, doi:10.23915/distill.00021. Padding is placed
as TensorFlow places it. Sizes are in pixels along one axis, kernels one integer or (height, width).
"""

from collections.abc import Sequence
from typing import NamedTuple

from cnnbook import checks

Size = int | Sequence[int]  # one number for both axes, or (vertical, horizontal)


def _check(**sizes: int) -> None:
    for name, size in sizes.items():
        checks.integer(name, size)


def pair(value: Size) -> tuple[int, int]:
    """Return (height, width) from two integers, or from one that stands for both."""
    height, width = value if isinstance(value, Sequence) else (value, value)
    return height, width


def dilated_size(kernel_size: int, dilation_rate: int = 1) -> int:
    r"""Count the pixels that a dilated kernel spans along one axis: :math:`d(k - 1) + 1`."""
    _check(kernel_size=kernel_size, dilation_rate=dilation_rate)
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
    """
    _check(input_size=input_size, stride=stride)
    span = dilated_size(kernel_size, dilation_rate)
    if padding not in ("valid", "same"):
        raise ValueError(f'padding must be "valid" or "same", got {padding!r}.')
    windows = -(-input_size // stride)
    total = max((windows - 1) * stride + span - input_size, 0) if padding == "same" else 0
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

    with the padding :math:`p` of `padding_amounts`, and dilation rate :math:`d`.
    """
    added = sum(padding_amounts(input_size, kernel_size, stride, padding, dilation_rate))
    span = dilated_size(kernel_size, dilation_rate)
    if span > input_size + added:
        raise ValueError(
            f"The window must fit into the {input_size} pixels of its input, "
            f"got one that spans {span}."
        )
    return (input_size + added - span) // stride + 1


def conv_parameters(
    kernel_size: Size, input_channels: int, output_channels: int, use_bias: bool = True
) -> int:
    r"""Count a convolution's parameters: :math:`C_{out} (k_h k_w C_{in} + 1)`, 1 for the bias."""
    height, width = pair(kernel_size)
    _check(
        height=height, width=width, input_channels=input_channels, output_channels=output_channels
    )
    return output_channels * (height * width * input_channels + bool(use_bias))


def dense_parameters(inputs: int, units: int, use_bias: bool = True) -> int:
    """Count a dense layer's parameters: every unit has a weight an input, and a bias."""
    _check(inputs=inputs, units=units)
    return units * (inputs + bool(use_bias))


def conv_multiply_adds(output_shape: Sequence[int], kernel_size: Size, input_channels: int) -> int:
    r"""Count the multiply-adds of a convolution of one image, padding included.

    Each of the :math:`H_{out} W_{out} C_{out}` values of ``output_shape`` is a dot product of
    :math:`k_h k_w C_{in}` terms.
    """
    height, width, channels = output_shape
    _check(height=height, width=width)
    weights = conv_parameters(kernel_size, input_channels, channels, use_bias=False)
    return height * width * weights


def dense_multiply_adds(inputs: int, units: int) -> int:
    """Count the multiply-adds of a dense layer for one example: one for each weight."""
    return dense_parameters(inputs, units, use_bias=False)


class ReceptiveField(NamedTuple):
    """What one unit of a layer can see of the input, along one axis."""

    size: int  #: pixels of the input that can change the unit
    jump: int  #: pixels of the input between the fields of neighbouring units
    start: int  #: first pixel of the field of unit 0; negative inside the padding


def receptive_field(layers: Sequence[Sequence[int]]) -> ReceptiveField:
    r"""Compute the receptive field of a unit of the last of a stack of layers, along one axis.

    A layer whose kernel spans :math:`k` of the units before it widens their field by
    :math:`k - 1` jumps, and multiplies the jump by its stride :math:`s`:

    .. math:: r \leftarrow r + (k - 1) j, \quad j \leftarrow j s

    Each layer is (kernel_size, stride), or has a dilation_rate after them, and after that the
    pixels that padding adds before the axis.
    """
    size, jump, start = 1, 1, 0
    for kernel_size, stride, *rest in layers:
        dilation_rate, before = (*rest, *(1, 0)[len(rest) :])
        _check(stride=stride)
        checks.integer("padding_before", before, least=0)
        size += (dilated_size(kernel_size, dilation_rate) - 1) * jump
        start -= before * jump
        jump *= stride
    return ReceptiveField(size, jump, start)
