"""The figures of the page on the inside of a network show what they are given."""

import matplotlib.pyplot as plt
import numpy as np

from cnnbook.architecture.figures import WIDTH
from cnnbook.inside import figures


def test_every_number_of_every_layer_is_drawn_to_one_scale():
    generator = np.random.default_rng(0)
    sizes = {"image": (28, 28, 1), "conv1": (26, 26, 8), "pool1": (13, 13, 8)}
    sizes |= {"conv2": (11, 11, 8), "pool2": (5, 5, 8), "dense1": (128,), "dense2": (10,)}
    given = {name: generator.random(size) for name, size in sizes.items()}
    figure = figures.every_number(given, rows=[list(given)[:2], list(given)[2:4], list(given)[4:]])
    areas = []
    for image, array in zip(figure.axes[0].images, given.values(), strict=True):
        drawn = np.asarray(image.get_array())
        assert sorted(drawn.ravel()) == sorted(array.ravel())
        left, right, bottom, top = image.get_extent()
        areas.append((right - left) * (bottom - top) / array.size)
        assert right <= WIDTH
    assert np.allclose(areas, areas[0])
    plt.close("all")
