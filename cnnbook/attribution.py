"""Ask a trained network which pixels count, which images excite a unit, and test the answers.

The methods are those of Simonyan, Vedaldi and Zisserman (2014), "Deep inside convolutional
networks" (input gradients, images made by gradient ascent); Zeiler and Fergus (2014),
"Visualizing and understanding convolutional networks" (occlusion, patches that excite a unit);
Smilkov et al. (2017), "SmoothGrad"; and Selvaraju et al. (2017), "Grad-CAM". The tests are the
randomised weights of Adebayo et al. (2018), "Sanity checks for saliency maps", and the deletion of
pixels of Petsiuk, Das and Saenko (2018), "RISE".

Everywhere, ``images`` are float arrays of shape (N, H, W, C) with pixels in [0, 1], and
``classes`` holds, for each image, the index of the output that is to be explained.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from cnnbook import shapes

BATCH_SIZE = 512


def logit_model(model: keras.Model) -> keras.Model:
    """Return the model without its softmax: its outputs are logits.

    Parameters
    ----------
    model : its last layer is dense, with the activation softmax or none

    Returns
    -------
    keras.Model
        With the same inputs and the same layers; the last one is a copy, so that later training of
        one model does not reach the other's. A model that gives logits is returned as it is.

    Raises
    ------
    ValueError
        If the last layer is another one, or has another activation.
    """
    last = model.layers[-1]
    activation = getattr(getattr(last, "activation", None), "__name__", None)
    if not isinstance(last, keras.layers.Dense) or activation not in ("softmax", "linear"):
        raise ValueError(
            "model must end in a dense layer with softmax or without activation, "
            f"got {type(last).__name__} with activation {activation}."
        )
    return model if activation == "linear" else weighted_sums(model, last.name)


def weighted_sums(model: keras.Model, layer: str) -> keras.Model:
    """Return the part of the model that ends in a layer, without that layer's activation.

    A unit that is off gives 0 after its ReLU, and no slope to climb; its weighted sum has one.

    Parameters
    ----------
    model : a Keras model with one input
    layer : name of a convolution or dense layer; its weights are copied, those below it shared

    Raises
    ------
    ValueError
        If the layer is of another kind.
    """
    found = model.get_layer(layer)
    if not isinstance(found, (keras.layers.Conv2D, keras.layers.Dense)):
        raise ValueError(
            f"layer must be a convolution or dense, got {layer}, a {type(found).__name__}."
        )
    copy = type(found).from_config({**found.get_config(), "activation": "linear"})
    part = keras.Model(model.inputs[0], copy(found.input))
    copy.set_weights(found.get_weights())
    return part


def input_gradients(model: keras.Model, images: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    r"""Compute the slope of an output with respect to every pixel, :math:`\partial z_c/\partial x`.

    Parameters
    ----------
    model : its outputs have the shape (N, classes); give it with logits, see `logit_model`
    images, classes : see the top of this module

    Returns
    -------
    float array of the shape of images: how much the output rises for each unit of ink added

    Raises
    ------
    ValueError
        If images or classes do not fit together.

    References
    ----------
    Simonyan, Vedaldi and Zisserman (2014), section 3.
    """
    images, classes = _check(images, classes)
    gradients = []
    for chosen in _batches(len(images)):
        inputs = tf.convert_to_tensor(images[chosen])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            score = _chosen_outputs(model(inputs, training=False), classes[chosen])
        gradients.append(tape.gradient(score, inputs).numpy())
    return np.concatenate(gradients)


def smooth_gradients(
    model: keras.Model,
    images: np.ndarray,
    classes: Sequence[int],
    noise: float = 0.2,
    samples: int = 25,
    seed: int = 0,
) -> np.ndarray:
    """Average the input gradients over noisy copies of each image: SmoothGrad.

    Parameters
    ----------
    model, images, classes : as in `input_gradients`
    noise : standard deviation of the Gaussian noise, in units of full ink
    samples : noisy copies of each image
    seed : of the noise

    Returns
    -------
    float array of the shape of images

    Raises
    ------
    ValueError
        If noise is negative, or samples below 1, or images and classes do not fit together.

    References
    ----------
    Smilkov, Thorat, Kim, Viégas and Wattenberg (2017).
    """
    images, classes = _check(images, classes)
    samples = shapes.check_positive_integer("samples", samples)
    if noise < 0:
        raise ValueError(f"noise must be 0 or more, got {noise}.")
    generator = np.random.default_rng(seed)
    total = np.zeros_like(images)
    for _ in range(samples):
        added = noise * generator.standard_normal(images.shape).astype(images.dtype)
        total += input_gradients(model, images + added, classes)
    return total / samples


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    classes: Sequence[int],
    patch_size: int = 4,
    stride: int = 2,
    fill: float = 0.0,
) -> np.ndarray:
    """Hide a square at each place, and report how far the output of the class falls.

    Parameters
    ----------
    model, images, classes : as in `input_gradients`; the outputs may be logits or probabilities
    patch_size : side of the hidden square, in pixels
    stride : pixels from one place to the next
    fill : what stands in the square: 0 is paper, 1 full ink

    Returns
    -------
    float array of shape (N, rows, columns)
        Output of the whole image minus output with the square. The square of place (r, c) starts
        at pixel (r * stride, c * stride); its middle is at ``(patch_size - 1) / 2`` from there,
        which `place_on_image` wants to know.

    Raises
    ------
    ValueError
        If the square does not fit into the images, or images and classes do not fit together.

    References
    ----------
    Zeiler and Fergus (2014), section 4.2.
    """
    images, classes = _check(images, classes)
    rows, columns = (shapes.output_size(side, patch_size, stride) for side in images.shape[1:3])
    drops = np.empty((len(images), rows, columns), images.dtype)
    whole = outputs_of(model, images)
    for index, (image, chosen) in enumerate(zip(images, classes, strict=True)):
        hidden = np.repeat(image[np.newaxis], rows * columns, axis=0)
        for place in range(rows * columns):
            top, left = (stride * number for number in divmod(place, columns))
            hidden[place, top : top + patch_size, left : left + patch_size] = fill
        without = outputs_of(model, hidden)[:, chosen]
        drops[index] = (whole[index, chosen] - without).reshape(rows, columns)
    return drops


def grad_cam(
    model: keras.Model, images: np.ndarray, classes: Sequence[int], layer: str
) -> np.ndarray:
    r"""Weigh the maps of a convolution by how much the class asks for them: Grad-CAM.

    .. math:: \alpha_k = \frac{1}{HW} \sum_{ij} \frac{\partial z_c}{\partial A_{ijk}}, \qquad
              L_{ij} = \max\Bigl(0, \sum_k \alpha_k A_{ijk}\Bigr)

    Parameters
    ----------
    model, images, classes : as in `input_gradients`
    layer : name of the convolution whose outputs :math:`A` are weighed

    Returns
    -------
    float array of shape (N, H, W), with H and W of that layer's maps; `place_on_image` enlarges it

    Raises
    ------
    ValueError
        If the layer gives no maps, or images and classes do not fit together.

    References
    ----------
    Selvaraju et al. (2017), equations 1 and 2.
    """
    images, classes = _check(images, classes)
    output = model.get_layer(layer).output
    if len(output.shape) != 4:
        raise ValueError(
            f"layer must give maps of shape (N, H, W, C), got {layer} with {output.shape}."
        )
    both = keras.Model(model.inputs[0], [output, model.outputs[0]])
    explanations = []
    for chosen in _batches(len(images)):
        inputs = tf.convert_to_tensor(images[chosen])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            maps, outputs = both(inputs, training=False)
            score = _chosen_outputs(outputs, classes[chosen])
        weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
        explanations.append(tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1)).numpy())
    return np.concatenate(explanations)


def place_on_image(maps: np.ndarray, side: int, first_center: float, jump: float) -> np.ndarray:
    """Enlarge small square maps so that each value lies at the pixels that it speaks of.

    Values are put at the middles of their fields and interpolated linearly between them; outside
    the first and last middle the nearest value is kept. Stretching a map to the size of the image
    would put the values at its edges where no field is centred.

    Parameters
    ----------
    maps : array of shape (N, n, n)
    side : rows and columns of the image, in pixels
    first_center : pixel at the middle of the first value's field
    jump : pixels from one middle to the next

    Returns
    -------
    float array of shape (N, side, side)

    Raises
    ------
    ValueError
        If maps are not square, or jump is not positive.
    """
    maps = np.asarray(maps, dtype=float)
    if maps.ndim != 3 or maps.shape[1] != maps.shape[2]:
        raise ValueError(f"maps must have the axes (N, n, n), got shape {maps.shape}.")
    if jump <= 0:
        raise ValueError(f"jump must be positive, got {jump}.")
    count = maps.shape[1]
    # Each column of the matrix is what one value becomes along one axis.
    centers = first_center + jump * np.arange(count)
    enlarge = np.stack([np.interp(np.arange(side), centers, row) for row in np.eye(count)], axis=1)
    return np.einsum("ri,nij,cj->nrc", enlarge, maps, enlarge)


def explain(
    model: keras.Model,
    images: np.ndarray,
    classes: Sequence[int],
    layer: str,
    field: shapes.ReceptiveField,
    samples: int = 10,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Explain the same outputs by five methods, each as one number a pixel.

    Parameters
    ----------
    model, images, classes : as in `input_gradients`; the images are square
    layer : the convolution that Grad-CAM weighs
    field : the receptive field of that layer's units
    samples : noisy copies for SmoothGrad
    seed : of that noise; explanations that are compared should not share it

    Returns
    -------
    dict of arrays of shape (N, H, W)
        ``gradient``, ``SmoothGrad`` and ``gradient x input`` without their signs, as pictures of
        them are drawn, summed over channels; ``Grad-CAM``; ``occlusion``, by squares of 4 pixels
        of paper, 2 pixels apart.
    """
    images, classes = _check(images, classes)
    side = images.shape[1]
    gradient = input_gradients(model, images, classes)
    smooth = smooth_gradients(model, images, classes, samples=samples, seed=seed)
    weighed = grad_cam(model, images, classes, layer)
    middle = field.start + (field.size - 1) / 2
    return {
        "gradient": np.abs(gradient).sum(axis=-1),
        "SmoothGrad": np.abs(smooth).sum(axis=-1),
        "gradient x input": np.abs(gradient * images).sum(axis=-1),
        "Grad-CAM": place_on_image(weighed, side, middle, field.jump),
        "occlusion": place_on_image(occlusion(model, images, classes, 4, 2), side, 1.5, 2),
    }


def edges(images: np.ndarray) -> np.ndarray:
    """Compute how fast the ink changes at each pixel: an edge detector that knows no network.

    Parameters
    ----------
    images : array of shape (N, H, W)

    Returns
    -------
    float array of shape (N, H, W): the length of the gradient, by central differences
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise ValueError(f"images must have the axes (N, H, W), got shape {images.shape}.")
    return np.hypot(*np.gradient(images, axis=(1, 2)))


def strongest_patches(
    images: np.ndarray, responses: np.ndarray, field: shapes.ReceptiveField, count: int
) -> np.ndarray:
    """Cut out what excites one kernel most: from each image one patch, the strongest first.

    Parameters
    ----------
    images : array of shape (N, H, W)
    responses : array of shape (N, rows, columns), one kernel's map of each image
    field : the receptive field of the map's units, see `shapes.receptive_field`
    count : patches wanted, at most N

    Returns
    -------
    array of shape (count, field.size, field.size); what lies outside an image is 0

    Raises
    ------
    ValueError
        If there is not one map for each image, or count is above N.
    """
    images, responses = np.asarray(images), np.asarray(responses)
    if images.ndim != 3 or responses.ndim != 3 or len(images) != len(responses):
        raise ValueError(
            "responses must hold one map an image, both with three axes, "
            f"got shapes {responses.shape} and {images.shape}."
        )
    if not 1 <= count <= len(images):
        raise ValueError(f"count must be from 1 to the {len(images)} images, got {count}.")
    margin = max(field.size, -field.start)
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
    patches = []
    for index in np.argsort(-responses.max(axis=(1, 2)), kind="stable")[:count]:
        place = np.unravel_index(responses[index].argmax(), responses.shape[1:])
        top, left = (margin + field.start + field.jump * number for number in place)
        patches.append(padded[index, top : top + field.size, left : left + field.size])
    return np.stack(patches)


def maximise(
    model: keras.Model,
    units: Sequence[Sequence[int]],
    steps: int = 100,
    step_size: float = 0.3,
    decay: float = 0.02,
    blur: bool = True,
    seed: int = 0,
) -> np.ndarray:
    """Make, by gradient ascent on the pixels, an image that excites each unit.

    Starting from faint noise, every step moves each image by step_size along its gradient (scaled
    to length 1), shrinks it by a share of decay, and cuts the pixels to [0, 1]. With blur, every
    fourth step smooths the image with the weights (1, 2, 1) / 4 along both axes, except for the
    last steps: without it the result is a pattern of single pixels.

    Parameters
    ----------
    model : its one input has the shape (N, H, W, C)
    units : one index into the output of one image for each image wanted: (row, column, channel)
        for maps, (unit,) for a dense layer
    steps, step_size, decay, blur : see above
    seed : of the noise at the start

    Returns
    -------
    float32 array of shape (len(units), H, W, C), pixels in [0, 1]

    Raises
    ------
    ValueError
        If a unit has not one index for each axis of the output.

    References
    ----------
    Erhan, Bengio, Courville and Vincent (2009), "Visualizing higher-layer features of a deep
    network"; Simonyan et al. (2014), section 2, for the penalty on the norm; Yosinski et al.
    (2015), "Understanding neural networks through deep visualization", for the blur.
    """
    axes = len(model.outputs[0].shape) - 1
    if not len(units) or any(len(unit) != axes for unit in units):
        raise ValueError(f"units must hold {axes} indices for each image, got {units}.")
    places = tf.constant([[number, *unit] for number, unit in enumerate(units)])
    noise = np.random.default_rng(seed).random((len(units), *model.inputs[0].shape[1:]))
    images = tf.constant(0.1 * noise, dtype="float32")
    line = np.array([1, 2, 1]) / 4
    kernel = np.outer(line, line)[:, :, np.newaxis, np.newaxis]
    kernel = tf.constant(np.repeat(kernel, images.shape[-1], axis=2), dtype="float32")
    for step in range(shapes.check_positive_integer("steps", steps)):
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = tf.reduce_sum(tf.gather_nd(model(images, training=False), places))
        gradient = tape.gradient(score, images)
        length = tf.sqrt(tf.reduce_sum(gradient**2, axis=(1, 2, 3), keepdims=True))
        images = (1 - decay) * images + step_size * gradient / (length + 1e-12)
        if blur and step % 4 == 0 and step < steps - 4:
            images = tf.nn.depthwise_conv2d(images, kernel, [1, 1, 1, 1], "SAME")
        images = tf.clip_by_value(images, 0, 1)
    return images.numpy()


def cascading_randomisation(model: keras.Model, seed: int) -> list[tuple[str, keras.Model]]:
    """Return copies of the model whose layers are replaced by random ones, from the output down.

    Parameters
    ----------
    model : its layers with weights are convolutions or dense
    seed : of the random weights, which are drawn as Keras starts them: Glorot uniform, biases 0

    Returns
    -------
    list of (name, copy)
        The first copy has a random last layer; in each next one the layer of that name is random
        too; in the last one every layer is.

    Raises
    ------
    ValueError
        If another layer has weights.

    References
    ----------
    Adebayo et al. (2018), section 3.1.
    """
    weighted = [layer for layer in model.layers if layer.weights]
    for layer in weighted:
        if not isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            raise ValueError(
                "model must have weights in convolutions and dense layers only, "
                f"got {layer.name}, a {type(layer).__name__}."
            )
    generator = np.random.default_rng(seed)
    replaced, copies = {}, []
    for layer in reversed(weighted):
        replaced[layer.name] = [_start(weight.shape, generator) for weight in layer.weights]
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
        for name, weights in replaced.items():
            copy.get_layer(name).set_weights(weights)
        copies.append((layer.name, copy))
    return copies


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Compute Spearman's rank correlation of two explanations of each image.

    Parameters
    ----------
    first, second : arrays of one shape, (N, ...); equal values share the mean of their ranks

    Returns
    -------
    float array of shape (N,), from -1 to 1; NaN where an explanation is the same number everywhere

    Raises
    ------
    ValueError
        If the shapes differ or have a single axis.
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.ndim < 2:
        raise ValueError(
            f"first and second must have one shape (N, ...), got {first.shape} and {second.shape}."
        )
    correlations = np.full(len(first), np.nan)
    for index in range(len(first)):
        ranks = [_ranks(values[index].ravel()) for values in (first, second)]
        a, b = (values - values.mean() for values in ranks)
        length = np.sqrt((a @ a) * (b @ b))
        if length > 0:
            correlations[index] = (a @ b) / length
    return correlations


def deletion_curves(
    model: keras.Model,
    images: np.ndarray,
    classes: Sequence[int],
    importance: np.ndarray,
    counts: Sequence[int],
    fill: float = 0.0,
) -> np.ndarray:
    """Hide the most important pixels of each image and report the output that is left.

    Parameters
    ----------
    model, images, classes : as in `input_gradients`
    importance : array of shape (N, H, W); of equal pixels the upper, then the left one goes first
    counts : how many pixels to hide, one number for each point of the curves
    fill : what a hidden pixel becomes: 0 is paper

    Returns
    -------
    float array of shape (N, len(counts)): the output of each image's class

    Raises
    ------
    ValueError
        If importance has not one number a pixel.

    References
    ----------
    Petsiuk, Das and Saenko (2018), section 4.2.
    """
    images, classes = _check(images, classes)
    importance = np.asarray(importance)
    if importance.shape != images.shape[:3]:
        raise ValueError(
            f"importance must have the shape {images.shape[:3]}, got {importance.shape}."
        )
    count, pixels = len(images), importance[0].size
    order = np.argsort(-importance.reshape(count, pixels), axis=1, kind="stable")
    place = np.argsort(order, axis=1).reshape(importance.shape)
    curves = []
    for hidden in counts:
        left = np.where((place < hidden)[..., np.newaxis], np.asarray(fill, images.dtype), images)
        curves.append(outputs_of(model, left)[np.arange(count), classes])
    return np.stack(curves, axis=1)


def linear_share(inputs: np.ndarray, answers: np.ndarray, held_out: int) -> np.ndarray:
    """Measure how much of each unit's variance the best linear function of its inputs explains.

    The function is fitted by least squares (with a penalty of a millionth, for inputs that never
    vary), and scored on examples that it was not fitted to.

    Parameters
    ----------
    inputs : array of shape (N, numbers)
    answers : array of shape (N, units)
    held_out : how many of the last examples are kept for scoring, from 1 to N - 1

    Returns
    -------
    float array of shape (units,); 1 for a linear unit; NaN for one that never varies

    Raises
    ------
    ValueError
        If inputs and answers differ in length, or held_out is out of range.
    """
    inputs, answers = np.asarray(inputs, dtype=float), np.asarray(answers, dtype=float)
    if len(inputs) != len(answers):
        raise ValueError(
            f"inputs and answers must have one length, got {len(inputs)} and {len(answers)}."
        )
    if not 1 <= held_out < len(inputs):
        raise ValueError(f"held_out must be from 1 to {len(inputs) - 1}, got {held_out}.")
    middle = inputs[:-held_out].mean(axis=0), answers[:-held_out].mean(axis=0)
    x, y = inputs - middle[0], answers - middle[1]
    fit, check = slice(None, -held_out), slice(-held_out, None)
    products = x[fit].T @ x[fit]
    penalty = 1e-6 * (np.trace(products) / len(products) or 1) * np.eye(len(products))
    weights = np.linalg.solve(products + penalty, x[fit].T @ y[fit])
    left = y[check] - x[check] @ weights
    variance = y[check].var(axis=0)
    unknown = np.full(len(variance), np.nan)
    return 1 - np.divide(left.var(axis=0), variance, out=unknown, where=variance > 0)


def class_share(responses: np.ndarray, labels: np.ndarray) -> np.ndarray:
    r"""Measure what share of each unit's variance lies between the classes, not within them.

    .. math:: \eta^2 = \frac{\sum_c n_c (\bar a_c - \bar a)^2}{\sum_n (a_n - \bar a)^2}

    Parameters
    ----------
    responses : array of shape (N, units)
    labels : array of shape (N,)

    Returns
    -------
    float array of shape (units,): 0 for a unit that says nothing about the class on average, 1 for
        one that answers every image of a class alike; NaN for one that never varies

    Raises
    ------
    ValueError
        If responses and labels differ in length.
    """
    responses, labels = np.asarray(responses, dtype=float), np.asarray(labels)
    if responses.ndim != 2 or labels.shape != responses.shape[:1]:
        raise ValueError(
            "responses must have the axes (N, units) and labels (N,), "
            f"got {responses.shape} and {labels.shape}."
        )
    centered = responses - responses.mean(axis=0)
    total = np.sum(centered**2, axis=0)
    between = sum(
        np.sum(labels == label) * centered[labels == label].mean(axis=0) ** 2
        for label in np.unique(labels)
    )
    return np.divide(between, total, out=np.full(total.shape, np.nan), where=total > 0)


def outputs_of(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the model's outputs for any number of images, a bounded batch at a time."""
    return np.concatenate(
        [
            keras.ops.convert_to_numpy(model(images[chosen], training=False))
            for chosen in _batches(len(images))
        ]
    )


def _batches(count: int) -> list[slice]:
    return [slice(first, first + BATCH_SIZE) for first in range(0, count, BATCH_SIZE)]


def _chosen_outputs(outputs: tf.Tensor, classes: np.ndarray) -> tf.Tensor:
    """Pick each image's own output; the sum of these has each image's own gradient."""
    return tf.gather(outputs, classes, batch_dims=1)


def _check(images: np.ndarray, classes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    images, classes = np.asarray(images), np.asarray(classes)
    if images.ndim != 4 or not np.issubdtype(images.dtype, np.floating) or not len(images):
        raise ValueError(
            "images must be a float array of shape (N, H, W, C) with N > 0, "
            f"got {images.dtype} of shape {images.shape}."
        )
    if classes.shape != (len(images),) or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            f"classes must hold one integer for each of the {len(images)} images, "
            f"got {classes.dtype} of shape {classes.shape}."
        )
    return images, classes.astype("int64")


def _start(shape: Sequence[int], generator: np.random.Generator) -> np.ndarray:
    """Draw weights as Keras starts them: Glorot and Bengio (2010), equation 16; biases are 0."""
    if len(shape) == 1:
        return np.zeros(shape, "float32")
    window = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (window * (shape[-2] + shape[-1])))
    return generator.uniform(-limit, limit, shape).astype("float32")


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return each value's rank; equal values share the mean of the ranks that they take up."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]
