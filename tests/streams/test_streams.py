"""The figure of the chapter on streams."""

import numpy as np

from cnnbook.streams import figures


def test_each_label_stands_at_its_place_in_the_order():
    figures.labels_in_order({"sorted": np.array([0, 0, 5]), "mixed": np.array([5, 0, 0])})
    for axis, labels in zip(figures.plt.gcf().axes, ([0, 0, 5], [5, 0, 0]), strict=True):
        np.testing.assert_array_equal(axis.lines[0].get_xydata().T, [[1, 2, 3], labels])
