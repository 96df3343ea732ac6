"""The figure of the chapter "Shift a digit and see who notices"."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def accuracy_by_shift(accuracy: np.ndarray, shifts: Sequence[int]) -> None:
    """Draw accuracy (%) against shifts down (rows) and to the right (columns), in pixels."""
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 4.6))
    texts = np.vectorize("{:.0f}".format)(accuracy)
    drawn = plots.heat_map(axis, accuracy, texts, "Greens", vmin=0, vmax=100)
    places = range(len(shifts))
    axis.set(xticks=places, xticklabels=shifts, yticks=places, yticklabels=shifts)
    axis.set(xlabel="shift to the right (pixels)", ylabel="shift down (pixels)")
    axis.spines[:].set_visible(False)
    figure.colorbar(drawn, label="accuracy (%)", shrink=0.85)
