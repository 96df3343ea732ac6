"""The figure of everything that a network computes leaves nothing out."""

import matplotlib
import numpy as np

from cnnbook.first_network import figures

matplotlib.use("agg")


def test_every_number_of_a_layer_is_drawn_once():
    layers = {"maps": np.arange(32.0).reshape(2, 2, 8), "units": np.arange(128.0)}
    axis = figures.activations_to_scale(layers).axes[0]
    for image, values in zip(axes_images(axis), layers.values(), strict=True):
        assert sorted(image.ravel()) == sorted(values.ravel())
    first_map = axes_images(axis)[0][:2, :2]
    np.testing.assert_array_equal(first_map, layers["maps"][:, :, 0])


def axes_images(axis):
    return [np.asarray(image.get_array()) for image in axis.images]
