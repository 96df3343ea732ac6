"""The figure of the page on the arithmetic of convolutions."""

from __future__ import annotations

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def growth(measured: dict[str, dict]) -> matplotlib.figure.Figure:
    """Draw time against size on logarithmic axes, one panel a quantity, beside its prediction.

    measured : quantity to ``values``, ``seconds`` and ``multiply_adds``, as the benchmark stores
        them; the prediction is proportional to the multiply-adds and meets the last time
    """
    figure, axes = plt.subplots(1, len(measured), figsize=(plots.WIDTH_INCHES, 2.8), sharey=True)
    for axis, (name, result) in zip(axes, measured.items(), strict=True):
        values, work = result["values"], np.array(result["multiply_adds"])
        milliseconds = 1000 * np.array(result["seconds"])
        axis.loglog(values, milliseconds, color=plots.BLUE, marker="o", label="measured")
        predicted = milliseconds[-1] * work / work[-1]
        axis.loglog(values, predicted, color=plots.GREY, linestyle="--", label="predicted")
        axis.set_xticks(values, [str(value) for value in values], fontsize=8)
        axis.minorticks_off()
        axis.set_xlabel(name)
    axes[0].set_ylabel("time (ms)")
    axes[0].legend(fontsize=9)
    return figure
