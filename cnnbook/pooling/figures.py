"""Figures of the chapter on pooling."""

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots

EDGE = {"fill": False, "color": plots.GREY, "linewidth": 0.8}


def shrinking_maps(
    image: np.ndarray, rows: Sequence[dict[str, np.ndarray]]
) -> matplotlib.figure.Figure:
    """Draw an image and, beside it, maps of ever later layers, every pixel of the same size.

    rows : for each row, the name of a layer to its map (H, W), each map on its own scale from 0
    """
    gap = 6
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 1.72 * len(rows)))
    for number, row in enumerate(rows):
        left, middle = 0, number * (len(image) + 3) + len(image) / 2
        for name, picture in {"input": image, **row}.items():
            height, width = picture.shape
            if name != "input" or number == 0:
                top = middle - height / 2
                extent = (left, left + width, top + height, top)
                axis.imshow(picture, extent=extent, vmin=0, vmax=picture.max())
                axis.add_patch(plt.Rectangle((left, top), width, height, **EDGE))
            if number == 0:
                label = f"{name}\n{height} \N{MULTIPLICATION SIGN} {width}"
                axis.text(left + width / 2, -2, label, ha="center", va="bottom")
            left += width + gap
    bottom = len(rows) * (len(image) + 3)
    axis.set(xlim=(-1, left - gap + 3), ylim=(bottom, -11), aspect="equal")
    axis.set_axis_off()
    return figure


def accuracy_by_shift(
    shifts: Sequence[int],
    groups: dict[str, np.ndarray],
    forgiven: dict[str, float],
    images: dict[int, np.ndarray],
) -> matplotlib.figure.Figure:
    """Draw accuracy against the shift in pixels, under pictures of shifted digits.

    groups : name to accuracies in per cent (runs, shifts); one dot a run, a line at the means
    forgiven : name to the shift at which 90 % are read
    images : shift to a digit that was shifted so
    """
    figure, (above, axis) = plt.subplots(
        2, 1, figsize=(plots.WIDTH_INCHES, 4), height_ratios=(1, 3.6), sharex=True
    )
    side = 1.25
    for shift, image in images.items():
        left = shift - side / 2
        above.imshow(image, extent=(left, left + side, 0, 1), aspect="auto")
        above.add_patch(plt.Rectangle((left, 0), side, 1, **EDGE))
    above.set(ylim=(-0.02, 1.02))
    above.set_axis_off()
    styles = zip(groups.items(), (plots.BLUE, plots.VERMILION, plots.GREEN), "osD", strict=False)
    for (name, runs), color, marker in styles:
        places = np.tile(shifts, (len(runs), 1))
        axis.scatter(places, runs, color=color, marker=marker, s=12, alpha=0.5)
        axis.plot(shifts, np.mean(runs, axis=0), color=color, marker=marker, label=name)
        axis.plot([forgiven[name]] * 2, [0, 90], color=color, linestyle=":")
        is_last = forgiven[name] == max(forgiven.values())
        label, side_of_line = f" {forgiven[name]:.1f} ", "left" if is_last else "right"
        axis.text(forgiven[name], 3, label, ha=side_of_line, color=color, size=12, weight="bold")
    axis.axhline(90, color=plots.GREY, linestyle="--", linewidth=1)
    axis.text(shifts[-1] + 0.6, 91, "9 of 10 read", ha="right", va="bottom", color=plots.GREY)
    axis.set(xlabel="shift to the right (pixels)", ylabel="digits read (%)", ylim=(0, 102))
    axis.set(xticks=shifts, xlim=(-side / 2 - 0.05, shifts[-1] + side / 2 + 0.05))
    axis.legend(loc="upper right", bbox_to_anchor=(1, 0.85))
    return figure
