"""Parts and twins of a network keep its weights where they should."""

import keras
import numpy as np
import pytest

from cnnbook.training import attribution


def test_more_images_than_one_batch_keep_their_order(untrained, noise):
    many = np.repeat(noise, 200, axis=0)
    found = attribution.outputs_of(untrained, many)
    np.testing.assert_allclose(found, np.repeat(untrained(noise), 200, axis=0), atol=1e-6)


def test_logits_are_the_softmax_undone(untrained, noise):
    logits = attribution.logit_model(untrained)
    found = keras.ops.softmax(attribution.outputs_of(logits, noise))
    np.testing.assert_allclose(found, attribution.outputs_of(untrained, noise), atol=1e-6)
    assert attribution.logit_model(logits) is logits


def test_weighted_sums_are_what_the_activation_is_applied_to(untrained, noise):
    for name in ("conv1", "conv2", "dense1"):
        sums = attribution.outputs_of(attribution.weighted_sums(untrained, name), noise)
        part = keras.Model(untrained.inputs[0], untrained.get_layer(name).output)
        np.testing.assert_allclose(np.maximum(sums, 0), part(noise), atol=1e-6)
        assert (sums < 0).any()


def test_randomisation_proceeds_from_the_output_down_and_keeps_the_rest(untrained):
    copies = attribution.cascading_randomisation(untrained, seed=1)
    names = [name for name, _ in copies]
    assert names == ["dense2", "dense1", "conv2", "conv1"]
    for count, (_, copy) in enumerate(copies, start=1):
        for name in names:
            ours, theirs = (part.get_layer(name).get_weights()[0] for part in (copy, untrained))
            assert np.array_equal(ours, theirs) == (name not in names[:count])


def test_random_weights_are_drawn_as_keras_draws_them(untrained):
    _, copy = attribution.cascading_randomisation(untrained, seed=1)[-1]
    for name in ("conv1", "conv2", "dense1"):
        ours, bias = copy.get_layer(name).get_weights()
        theirs = untrained.get_layer(name).get_weights()[0]
        # Both are uniform draws; the smallest has 288 weights, so its spread is known to a twelfth.
        assert ours.std() == pytest.approx(theirs.std(), rel=0.15)
        assert not bias.any()


@pytest.mark.parametrize(
    ("call", "layer", "words"),
    [
        (attribution.logit_model, keras.layers.Dense(2, activation="relu"), "activation relu"),
        (
            lambda model: attribution.cascading_randomisation(model, seed=0),
            keras.layers.BatchNormalization(name="norm"),
            "norm, a BatchNormalization",
        ),
    ],
)
def test_what_would_be_silently_wrong_is_refused(call, layer, words):
    with pytest.raises(ValueError, match=words):
        call(keras.Sequential([keras.Input((4,)), layer]))
