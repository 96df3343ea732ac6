"""The arithmetic of shapes, parameters, costs and receptive fields agrees with Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnbook import shapes

WINDOWS = {
    "input_size": st.integers(1, 40),
    "kernel_size": st.integers(1, 9),
    "stride": st.integers(1, 5),
    "padding": st.sampled_from(["valid", "same"]),
    "dilation_rate": st.integers(1, 4),
}


@settings(max_examples=150)
@given(**WINDOWS)
def test_output_sizes_are_those_of_keras(input_size, kernel_size, stride, padding, dilation_rate):
    assume(stride == 1 or dilation_rate == 1)
    assume(padding == "same" or shapes.dilated_size(kernel_size, dilation_rate) <= input_size)
    layer = keras.layers.Conv1D(
        1, kernel_size, strides=stride, padding=padding, dilation_rate=dilation_rate
    )
    expected = layer.compute_output_shape((1, input_size, 1))[1]
    assert shapes.output_size(input_size, kernel_size, stride, padding, dilation_rate) == expected


@settings(max_examples=150)
@given(**WINDOWS)
def test_padding_is_placed_as_tensorflow_places_it(
    input_size, kernel_size, stride, padding, dilation_rate
):
    assume(stride == 1 or dilation_rate == 1)
    assume(padding == "same" or shapes.dilated_size(kernel_size, dilation_rate) <= input_size)
    images = np.arange(1.0, input_size + 1).reshape(1, input_size, 1)
    kernel = np.arange(1.0, kernel_size + 1).reshape(kernel_size, 1, 1)
    before, after = shapes.padding_amounts(input_size, kernel_size, stride, padding, dilation_rate)
    by_hand = tf.nn.convolution(
        np.pad(images, ((0, 0), (before, after), (0, 0))), kernel, stride, "VALID",
        dilations=dilation_rate,
    )  # fmt: skip
    theirs = tf.nn.convolution(images, kernel, stride, padding.upper(), dilations=dilation_rate)
    np.testing.assert_array_equal(by_hand, theirs)  # sums of small whole numbers are exact


def test_the_extra_pixel_of_same_goes_after():
    assert shapes.padding_amounts(6, 3, stride=2, padding="same") == (0, 1)
    assert shapes.padding_amounts(5, 3, stride=2, padding="same") == (1, 1)


def test_layers_have_a_bias_unless_told_otherwise():
    assert shapes.conv_parameters(3, 1, 32) == 320 and shapes.dense_parameters(10, 5) == 55


def test_a_window_goes_from_pixel_to_pixel_inside_the_image_unless_told_otherwise():
    assert shapes.padding_amounts(6, 3, padding="same") == (1, 1)
    assert shapes.padding_amounts(6, 3) == (0, 0) and shapes.output_size(6, 3) == 4


@given(
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    channels=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    use_bias=st.booleans(),
)
@settings(max_examples=20)
def test_parameters_are_those_that_keras_counts(kernel, channels, use_bias):
    convolution = keras.layers.Conv2D(channels[1], kernel, use_bias=use_bias)
    convolution.build((None, 9, 9, channels[0]))
    assert shapes.conv_parameters(kernel, *channels, use_bias) == convolution.count_params()
    dense = keras.layers.Dense(channels[1], use_bias=use_bias)
    dense.build((None, channels[0]))
    assert shapes.dense_parameters(*channels, use_bias) == dense.count_params()


def test_multiply_adds_are_half_the_operations_that_tensorflow_counts():
    from tensorflow.python.profiler import model_analyzer, option_builder

    graph = tf.Graph()
    with graph.as_default():
        images = tf.zeros((1, 28, 28, 3))
        maps = tf.nn.conv2d(images, tf.zeros((5, 3, 3, 8)), 2, "VALID")
        tf.matmul(tf.reshape(maps, (1, -1)), tf.zeros((maps.shape[1] * maps.shape[2] * 8, 10)))
    options = option_builder.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    counted = model_analyzer.profile(graph, options=options).total_float_ops
    ours = shapes.conv_multiply_adds(tuple(maps.shape[1:]), (5, 3), 3)
    ours += shapes.dense_multiply_adds(maps.shape[1] * maps.shape[2] * 8, 10)
    assert 2 * ours == counted


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=4
    )
)
def test_the_receptive_field_is_what_a_gradient_reaches(layers):
    field = shapes.receptive_field(layers)
    pixels = tf.Variable(np.zeros((1, field.size + 2 * field.jump, 1)))
    with tf.GradientTape() as tape:
        signal = tf.convert_to_tensor(pixels)
        for kernel_size, stride, dilation_rate in layers:
            span = shapes.dilated_size(kernel_size, dilation_rate)
            # Ones all over the span: a dilated kernel reaches its ends too.
            signal = tf.nn.conv1d(signal, tf.ones((span, 1, 1), "float64"), stride, "VALID")
        unit = signal[0, 1, 0]
    reached = np.flatnonzero(tape.gradient(unit, pixels).numpy())
    # With a stride wider than its kernel, a layer skips pixels inside the field.
    assert reached[0] == field.jump
    assert reached[-1] == field.jump + field.size - 1


def test_the_receptive_fields_of_the_articles_network():
    layers = [(3, 1), (2, 2), (3, 1), (2, 2)]
    assert [shapes.receptive_field(layers[: n + 1]) for n in range(4)] == [
        (3, 1, 0),
        (4, 2, 0),
        (8, 2, 0),
        (10, 4, 0),
    ]
    assert shapes.receptive_field([]) == (1, 1, 0)
    assert shapes.receptive_field([(3, 2, 1, 1), (3, 1, 1, 1)]) == (7, 2, -3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: shapes.output_size(0, 3), "input_size must be 1 or more, got 0"),
        (lambda: shapes.output_size(5, 3.0), "kernel_size must be an integer"),
        (lambda: shapes.output_size(5, 6), "The window must fit into the 5 pixels"),
        (lambda: shapes.output_size(5, 3, padding="SAME"), "got 'SAME'"),
        (lambda: shapes.output_size(5, 3, stride=-1), "stride must be 1 or more"),
        (lambda: shapes.conv_parameters(3, -1, 4), "input_channels must be 1 or more"),
        (lambda: shapes.conv_parameters((0, 3), 1, 4), "height must be 1 or more"),
        (lambda: shapes.conv_parameters((3, 0), 1, 4), "width must be 1 or more"),
        (lambda: shapes.conv_parameters(3, 1, 0), "output_channels must be 1 or more"),
        (lambda: shapes.dense_parameters(0, 1), "inputs must be 1 or more"),
        (lambda: shapes.dense_parameters(1, -1), "units must be 1 or more"),
        (lambda: shapes.conv_multiply_adds((-3, 3, 1), 3, 1), "height must be 1 or more"),
        (lambda: shapes.conv_multiply_adds((3, -3, 1), 3, 1), "width must be 1 or more"),
        (lambda: shapes.output_size(5, 3, dilation_rate=0), "dilation_rate must be 1 or more"),
        (lambda: shapes.receptive_field([(3, 0)]), "stride must be 1 or more"),
        (lambda: shapes.receptive_field([(3, 1, 1, -1)]), "padding_before must be 0 or more"),
    ],
)
def test_sizes_that_would_be_silently_wrong_are_refused(call, words):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert words in str(error.value)
