"""The NumPy layers equal TensorFlow's, forward and backward, and refuse what makes no sense.

Tolerances: 1e-10 in float64 and 1e-5 in float32, relative to the largest value of the result. A
sum of n rounded products is off by about sqrt(n) roundings of its largest term (1e-16 and 6e-8),
however small the sum is, so single values near zero cannot be compared relative to themselves.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnbook import ops

TOLERANCE = {np.dtype("float32"): 1e-5, np.dtype("float64"): 1e-10}
DTYPES = st.sampled_from(["float32", "float64"])
PADDINGS = st.sampled_from(["valid", "same"])
EXAMPLES = settings(max_examples=150)


def assert_equal(ours, theirs):
    """Compare shape, dtype and every value, relative to the largest."""
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    scale = max(1.0, np.abs(theirs).max())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[ours.dtype] * scale)


def normal(seed, shape, dtype):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@st.composite
def convolutions(draw):
    """Draw images, a kernel that fits, and options that TensorFlow accepts."""
    sides = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    kernel_size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    channels = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    strides = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    if draw(st.booleans()):
        strides = (1, 1)
    else:
        dilation = (1, 1)
    padding = draw(PADDINGS)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel_size, strict=True)]
    if padding == "valid":
        assume(all(span <= side for span, side in zip(spans, sides, strict=True)))
    dtype, seed = draw(DTYPES), draw(st.integers(0, 10**6))
    images = normal(seed, (draw(st.integers(1, 3)), *sides, channels[0]), dtype)
    kernel = normal(seed + 1, (*kernel_size, *channels), dtype)
    return images, kernel, strides, padding, dilation


@EXAMPLES
@given(convolutions())
def test_convolution_equals_tensorflow(case):
    images, kernel, strides, padding, dilation = case
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation}
    # With strides that differ, oneDNN leaves places of some float32 results unwritten (TensorFlow
    # 2.18 to 2.21, two pictures of one channel, a result one pixel wide). It does no float64.
    exact = images.dtype if strides[0] == strides[1] else "float64"
    theirs = keras.ops.conv(*(tf.cast(part, exact) for part in (images, kernel)), **options)
    assert_equal(ops.conv(images, kernel, **options), np.asarray(theirs, images.dtype))


@EXAMPLES
@given(convolutions(), st.integers(0, 10**6))
def test_the_gradients_of_convolution_equal_tensorflows(case, seed):
    images, kernel, strides, padding, dilation = case
    # TensorFlow has no gradient of a dilated convolution on the CPU. The same convolution with
    # zeros between the weights has one; the weights' part of it is every dilation-th entry.
    taps = tuple(slice(None, None, rate) for rate in dilation)
    spread_size = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape, strict=False)]
    spread = np.zeros((*spread_size, *kernel.shape[2:]), kernel.dtype)
    spread[taps] = kernel
    inputs, weights = tf.constant(images), tf.constant(spread)
    with tf.GradientTape() as tape:
        tape.watch([inputs, weights])
        output = tf.nn.conv2d(inputs, weights, strides, padding.upper())
    upstream = normal(seed, output.shape, images.dtype)
    d_inputs, d_weights = tape.gradient(output, [inputs, weights], upstream)
    ours = ops.conv_backward(upstream, images, kernel, strides, padding, dilation)
    assert_equal(ours[0], d_inputs)
    assert_equal(ours[1], np.asarray(d_weights)[taps])


@st.composite
def poolings(draw):
    """Draw images, with ties in half of the cases, and a window that fits."""
    sides = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    pool_size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    strides = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = draw(PADDINGS)
    if padding == "valid":
        assume(all(window <= side for window, side in zip(pool_size, sides, strict=True)))
    dtype, seed = draw(DTYPES), draw(st.integers(0, 10**6))
    images = normal(seed, (draw(st.integers(1, 3)), *sides, draw(st.integers(1, 3))), dtype)
    if draw(st.booleans()):
        images = np.round(images)
    return images, pool_size, strides, padding


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@EXAMPLES
@given(case=poolings())
def test_pooling_equals_tensorflow(name, case):
    images, *options = case
    theirs = getattr(keras.ops, name)(tf.constant(images), *options)
    assert_equal(getattr(ops, name)(images, *options), theirs)


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@EXAMPLES
@given(case=poolings(), seed=st.integers(0, 10**6))
def test_the_gradients_of_pooling_equal_tensorflows(name, case, seed):
    images, *options = case
    # TensorFlow's gradient of average pooling is wrong where a window is larger than the image.
    fits = all(w <= side for w, side in zip(options[0], images.shape[1:3], strict=True))
    assume(name == "max_pool" or fits)
    inputs = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = getattr(keras.ops, name)(inputs, *options)
    upstream = normal(seed, output.shape, images.dtype)
    ours = getattr(ops, f"{name}_backward")(upstream, images, *options)
    assert_equal(ours, tape.gradient(output, inputs, upstream))


@EXAMPLES
@given(case=poolings(), seed=st.integers(0, 10**6))
def test_the_gradient_of_average_pooling_is_the_transpose_of_tensorflows_forward(case, seed):
    images, *options = case
    images = images.astype("float64")
    forward = keras.ops.average_pool(tf.constant(images), *options)
    upstream = normal(seed, forward.shape, "float64")
    backward = ops.average_pool_backward(upstream, images, *options)
    # <u, A x> = <A^T u, x>, window larger than the image or not.
    np.testing.assert_allclose(np.sum(upstream * forward), np.sum(backward * images), atol=1e-9)


def test_the_gradient_of_a_tie_goes_to_the_first_maximum():
    tied = np.full((1, 2, 2, 1), 7.0)
    gradient = ops.max_pool_backward(np.ones((1, 1, 1, 1)), tied, 2)
    np.testing.assert_array_equal(gradient[0, :, :, 0], [[1, 0], [0, 0]])


def test_a_gradient_goes_to_minus_infinity_and_not_beyond_the_edge():
    gradient = ops.max_pool_backward(
        np.ones((1, 2, 2, 1)), np.full((1, 2, 2, 1), -np.inf), 2, strides=1, padding="same"
    )
    np.testing.assert_array_equal(gradient[0, :, :, 0], [[1, 1], [1, 1]])


@EXAMPLES
@given(DTYPES, st.integers(0, 10**6))
def test_relu_and_its_gradient_equal_tensorflows(dtype, seed):
    x, upstream = normal(seed, (4, 5), dtype), normal(seed + 1, (4, 5), dtype)
    x[0] = 0  # where the slope is a convention
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = tf.nn.relu(inputs)
    assert_equal(ops.relu(x), output)
    assert_equal(ops.relu_backward(upstream, x), tape.gradient(output, inputs, upstream))


@st.composite
def scores(draw):
    """Draw logits from tiny to huge, and a label for each row."""
    count, classes = draw(st.integers(1, 6)), draw(st.integers(1, 12))
    dtype, seed = draw(DTYPES), draw(st.integers(0, 10**6))
    logits = normal(seed, (count, classes), dtype) * np.dtype(dtype).type(draw(st.sampled_from(
        [1e-3, 1, 30, 1e4]
    )))  # fmt: skip
    return logits, np.random.default_rng(seed).integers(0, classes, count)


@EXAMPLES
@given(scores(), st.sampled_from([0, 1, -1]))
def test_softmax_equals_tensorflow(case, axis):
    logits, _ = case
    assert_equal(ops.softmax(logits, axis=axis), tf.nn.softmax(logits, axis=axis))


@EXAMPLES
@given(scores())
def test_cross_entropy_of_logits_and_its_gradient_equal_tensorflows(case):
    logits, labels = case
    inputs = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, inputs)
    ours = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    assert_equal(ours, keras.ops.sparse_categorical_crossentropy(labels, inputs, from_logits=True))
    assert_equal(ours, losses)
    gradient = ops.sparse_categorical_crossentropy_backward(labels, logits)
    assert_equal(gradient, tape.gradient(losses, inputs))


@EXAMPLES
@given(scores())
def test_cross_entropy_of_probabilities_equals_keras(case):
    logits, labels = case
    probabilities = ops.softmax(logits)
    theirs = keras.ops.sparse_categorical_crossentropy(labels, tf.constant(probabilities))
    assert_equal(ops.sparse_categorical_crossentropy(labels, probabilities), theirs)


def test_the_loss_of_ten_equal_scores_is_ln_10():
    loss = ops.sparse_categorical_crossentropy(np.array([3]), np.zeros((1, 10)), from_logits=True)
    np.testing.assert_allclose(loss, np.log(10), rtol=1e-15)


def test_labels_and_scores_may_have_more_axes():
    logits = normal(0, (2, 3, 4), "float64")
    labels = np.array([[0, 1, 2], [3, 0, 1]])
    flat = ops.sparse_categorical_crossentropy(labels.ravel(), logits.reshape(6, 4), True)
    np.testing.assert_array_equal(
        ops.sparse_categorical_crossentropy(labels, logits, True), flat.reshape(2, 3)
    )


def test_the_gradient_of_convolution_equals_finite_differences():
    images, kernel = normal(0, (2, 5, 6, 2), "float64"), normal(1, (3, 2, 2, 3), "float64")
    upstream = normal(2, ops.conv(images, kernel, 2, "same").shape, "float64")
    gradients = ops.conv_backward(upstream, images, kernel, 2, "same")
    step = 1e-5  # the error of a central difference of a linear function is rounding alone
    for array, gradient in zip((images, kernel), gradients, strict=True):
        for index in np.ndindex(array.shape):
            old, sides = array[index], []
            for sign in (1, -1):
                array[index] = old + sign * step
                sides.append(np.sum(upstream * ops.conv(images, kernel, 2, "same")))
            array[index] = old
            np.testing.assert_allclose(
                (sides[0] - sides[1]) / (2 * step), gradient[index], atol=1e-8
            )


def test_pooling_drops_what_fills_no_window_unless_told_otherwise():
    for pool in (ops.max_pool, ops.average_pool):
        assert pool(np.ones((1, 5, 5, 1)), 2).shape == (1, 2, 2, 1)


def test_no_argument_is_changed():
    images, kernel = normal(0, (2, 6, 6, 2), "float32"), normal(1, (3, 3, 2, 2), "float32")
    upstream, pooled = normal(2, (2, 4, 4, 2), "float32"), normal(3, (2, 3, 3, 2), "float32")
    before = [array.copy() for array in (images, kernel, upstream, pooled)]
    ops.conv_backward(upstream, images, kernel)
    ops.max_pool_backward(pooled, images, 2)
    ops.average_pool_backward(pooled, images, 2)
    ops.relu_backward(images, images)
    for old, new in zip(before, (images, kernel, upstream, pooled), strict=True):
        np.testing.assert_array_equal(old, new)


IMAGES = np.zeros((2, 6, 6, 3))
KERNEL = np.zeros((3, 3, 3, 4))
LOGITS = np.zeros((2, 10))
LABELS = np.array([0, 9])
NAN, INF = np.full((2, 10), np.nan), np.array([[np.inf] + [0.0] * 9])
REFUSED = [
    (
        lambda: ops.conv(IMAGES.astype("uint8"), KERNEL),
        "inputs must be a floating-point NumPy array",
    ),
    (lambda: ops.conv(IMAGES, KERNEL.astype(int)), "kernel must be a floating-point NumPy array"),
    (lambda: ops.conv(IMAGES, KERNEL[0]), "axes (kh, kw, C_in, C_out)"),
    (lambda: ops.max_pool(IMAGES.astype(int), 2), "inputs must be a floating-point NumPy array"),
    (
        lambda: ops.conv(IMAGES[0], KERNEL),
        "axes (N, H, W, C_in), not empty, got float64 of shape (6,",
    ),
    (lambda: ops.conv(IMAGES[:0], KERNEL), "not empty, got float64 of shape (0, 6, 6, 3)"),
    (lambda: ops.conv(IMAGES, KERNEL[:, :, :2]), "kernel must have the shape (3, 3, 3, 4)"),
    (lambda: ops.conv(IMAGES, KERNEL.astype("float32")), "the dtype float64"),
    (lambda: ops.conv(IMAGES, np.zeros((7, 1, 3, 1))), "The window must fit into the 6 pixels"),
    (lambda: ops.conv(IMAGES, KERNEL, dilation_rate=3), "got one that spans 7"),
    (lambda: ops.conv(IMAGES, KERNEL, strides=-1), "stride must be 1 or more, got -1"),
    (lambda: ops.conv(IMAGES, KERNEL, strides=1.0), "stride must be an integer"),
    (lambda: ops.conv(IMAGES, KERNEL, padding="full"), 'padding must be "valid" or "same"'),
    (lambda: ops.conv_backward(np.zeros((2, 4, 3, 4)), IMAGES, KERNEL), "upstream must have the"),
    (lambda: ops.conv_backward(np.zeros((2, 4, 4, 4), "float32"), IMAGES, KERNEL), "got (2, 4, 4"),
    (lambda: ops.max_pool(IMAGES, 7), "The window must fit"),
    (lambda: ops.max_pool(IMAGES, 0, 1), "kernel_size must be 1 or more"),
    (lambda: ops.max_pool(IMAGES[0], 2), "N, H, W, C"),
    (lambda: ops.max_pool_backward(IMAGES[:, :1, :1], IMAGES, 2), "upstream must have the shape"),
    (lambda: ops.average_pool_backward(IMAGES[:, :1, :1], IMAGES, 2), "upstream must have the"),
    (lambda: ops.relu([1, 2]), "x must be a floating-point NumPy array"),
    (lambda: ops.relu_backward(LOGITS[:1], LOGITS), "upstream must have the shape (2, 10)"),
    (lambda: ops.softmax(LOGITS.astype("uint8")), "x must be a floating-point NumPy array"),
    (lambda: ops.softmax(NAN), "got nan as a largest score"),
    (lambda: ops.softmax(INF), "got inf as a largest score"),
    (lambda: ops.softmax(-INF[:, :1]), "got -inf as a largest score"),
    *[
        case
        for loss in (
            lambda target, scores: ops.sparse_categorical_crossentropy(target, scores, True),
            ops.sparse_categorical_crossentropy_backward,
        )
        for case in (
            (lambda loss=loss: loss(LABELS + 0.5, LOGITS), "target must be integers from 0 to 9"),
            (lambda loss=loss: loss(LABELS + 1, LOGITS), "got int64 from 1 to 10"),
            (lambda loss=loss: loss(LABELS - 1, LOGITS), "got int64 from -1 to 8"),
            (lambda loss=loss: loss(LABELS[:1], LOGITS), "of shape (2,)"),
            (lambda loss=loss: loss(LABELS, NAN), "nan"),
            (lambda loss=loss: loss(LABELS, LOGITS.astype(int)), "got int64 of shape (2, 10)"),
        )
    ],
    (lambda: ops.sparse_categorical_crossentropy(LABELS, LOGITS - 1), "probabilities from 0 to 1"),
    (lambda: ops.sparse_categorical_crossentropy(LABELS, NAN), "probabilities from 0 to 1"),
    (lambda: ops.sparse_categorical_crossentropy(LABELS, LOGITS + 1.01), "from 0 to 1"),
    (lambda: ops.sparse_categorical_crossentropy(LABELS, NAN, True), "output must have no NaN"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_would_be_silently_wrong_is_refused_in_one_sentence(call, words):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    message = str(error.value)
    assert words in message
    assert message.endswith(".") and "\n" not in message
