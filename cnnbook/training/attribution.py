"""Parts and twins of a trained network, for asking what its units answer to and why."""

import keras
import numpy as np

BATCH_SIZE = 512


def logit_model(model: keras.Model) -> keras.Model:
    """Return the model without its softmax: its outputs are logits; a model of logits stays."""
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
    """
    found = model.get_layer(layer)
    copy = type(found).from_config({**found.get_config(), "activation": "linear"})
    part = keras.Model(model.inputs[0], copy(found.input))
    copy.set_weights(found.get_weights())
    return part


def cascading_randomisation(model: keras.Model, seed: int) -> list[tuple[str, keras.Model]]:
    """Return copies whose layers are random from the output down to the one named, inclusive.

    The test of Adebayo et al. (2018), section 3.1. Weights are drawn as Keras starts them.
    """
    generator, replaced, copies = np.random.default_rng(seed), {}, []
    for layer in reversed([layer for layer in model.layers if layer.weights]):
        if not isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
            raise ValueError(
                "model must have weights in convolutions and dense layers only, "
                f"got {layer.name}, a {type(layer).__name__}."
            )
        replaced[layer.name] = [_start(weight.shape, generator) for weight in layer.weights]
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
        for name, weights in replaced.items():
            copy.get_layer(name).set_weights(weights)
        copies.append((layer.name, copy))
    return copies


def _start(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Draw weights by Glorot and Bengio (2010), equation 16; biases are 0."""
    if len(shape) == 1:
        return np.zeros(shape, "float32")
    limit = np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1])))
    return generator.uniform(-limit, limit, shape).astype("float32")


def outputs_of(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the model's outputs for any number of images, a bounded batch at a time."""
    parts = np.split(images, range(BATCH_SIZE, len(images), BATCH_SIZE))
    return np.concatenate([np.asarray(model(part, training=False)) for part in parts])
