"""The figure of the chapter "Feed a network: streams, pipelines, numbers of 16 bits"."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def labels_in_order(orders: Mapping[str, np.ndarray]) -> None:
    """Draw labels (N,) against their place in the order of reading, one panel an order."""
    size = (plots.WIDTH_INCHES, 1.5 * len(orders))
    _, axes = plt.subplots(len(orders), 1, figsize=size, sharex=True)
    for axis, (name, labels) in zip(axes, orders.items(), strict=True):
        places = np.arange(1, len(labels) + 1)
        axis.plot(places, labels, ".", color=plots.TRAINING, markersize=1, rasterized=True)
        axis.set_title(name, fontsize=10, loc="left")
        axis.set(ylabel="label", yticks=(0, 3, 6, 9))
    axes[-1].set_xlabel("place in the order of reading")
