"""Figures of the chapter on generated digits, in the style of :mod:`cnnbook.plots`."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots

# The same colour for the same source of digits in each figure.
COLORS = {"real": plots.TEST, "VAE": plots.ORANGE, "flow": plots.BLUE}
MARKERS = {"real": "^", "VAE": "s", "flow": "o"}


def mosaic(
    rows: dict[str, np.ndarray],
    columns: Sequence[str] = (),
    lowest: float = 0.0,
    highest: float = 1.0,
) -> matplotlib.figure.Figure:
    """Draw images in labelled rows, edge to edge in each row.

    Parameters
    ----------
    rows : label to array of shape (N, H, W), from top to bottom, the same N in each
    columns : N short labels above the first row, or none
    lowest, highest : the values drawn as paper and as ink

    Raises
    ------
    ValueError
        If there are no rows, or they are empty or differ in shape, or there is not one label a
        column.
    """
    shapes = {np.shape(images) for images in rows.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3 or 0 in next(iter(shapes)):
        raise ValueError(f"rows must hold arrays of one shape (N, H, W), got {sorted(shapes)}.")
    count, height, width = next(iter(shapes))
    if columns and len(columns) != count:
        raise ValueError(f"columns must hold one label for each of {count}, got {len(columns)}.")
    side = (plots.WIDTH_INCHES - 0.75) / count * height / width
    size = (plots.WIDTH_INCHES, (side + 0.05) * len(rows) + (0.3 if columns else 0.05))
    figure, axes = plt.subplots(len(rows), 1, figsize=size, squeeze=False)
    for axis, (label, images) in zip(axes[:, 0], rows.items(), strict=True):
        axis.imshow(np.hstack(list(images)), vmin=lowest, vmax=highest, aspect="equal")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
    if columns:
        top = axes[0, 0]
        top.set_xticks((np.arange(count) + 0.5) * width - 0.5, columns, fontsize=10)
        top.tick_params(length=0, labeltop=True, labelbottom=False)
    return figure


def distance_by_count(
    counts: Sequence[int], groups: dict[str, Sequence[float]]
) -> matplotlib.figure.Figure:
    """Draw the distance of real digits from real digits against how many they are.

    Parameters
    ----------
    counts : numbers of samples
    groups : label to one distance a count; one to three groups

    Raises
    ------
    ValueError
        If there is no count, no group or more than three, or one has not one distance a count.
    """
    if not len(counts):
        raise ValueError("counts must hold one or more, got none.")
    if not 1 <= len(groups) <= 3:
        raise ValueError(f"groups must hold one to three, got {len(groups)}.")
    for label, values in groups.items():
        if np.shape(values) != (len(counts),):
            raise ValueError(
                f"groups must hold {len(counts)} distances each, "
                f"got the shape {np.shape(values)} for {label}."
            )
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 2.8))
    looks = ((plots.TEST, "^"), (plots.TRAINING, "o"), (plots.BLACK, "s"))[: len(groups)]
    for (label, values), (color, marker) in zip(groups.items(), looks, strict=True):
        axis.plot(counts, values, color=color, marker=marker, label=label)
    axis.set(xscale="log", xlabel="samples", ylabel="Fréchet distance", ylim=(0, None))
    axis.set_xticks(counts, [f"{count:,}" for count in counts])
    axis.minorticks_off()
    axis.legend()
    return figure


def guidance(
    scales: Sequence[float],
    scores: dict[str, np.ndarray],
    floors: dict[str, float],
) -> matplotlib.figure.Figure:
    """Draw scores against the scale of guidance: the mean over seeds, and a dot a seed.

    Parameters
    ----------
    scales : the scales
    scores : what is drawn along each vertical axis, to an array of shape (scales, seeds)
    floors : the same names, to what real digits score

    Raises
    ------
    ValueError
        If there are no scores, one has not one row a scale, or floors has other names.
    """
    if not scores:
        raise ValueError("scores must hold one or more, got none.")
    if set(floors) != set(scores):
        raise ValueError(f"floors must have the names {list(scores)}, got {list(floors)}.")
    for label, values in scores.items():
        _check_by_seed("scores", label, values, len(scales))
    figure, axes = plt.subplots(1, len(scores), figsize=(plots.WIDTH_INCHES, 2.8), squeeze=False)
    for axis, (label, values) in zip(axes[0], scores.items(), strict=True):
        values = np.asarray(values)
        axis.plot(scales, values.mean(axis=1), color=COLORS["flow"], marker="o")
        for seed in values.T:
            axis.plot(scales, seed, ".", color=COLORS["flow"], alpha=0.6, markersize=4)
        axis.axhline(floors[label], color=COLORS["real"], linestyle="--", linewidth=1.2)
        above = values[-1].mean() < floors[label]  # the name stands where the curve is not
        axis.annotate(
            "real digits", (max(scales), floors[label]), ha="right",
            va="bottom" if above else "top", fontsize=9, color=COLORS["real"],
            xytext=(0, 2 if above else -2), textcoords="offset points",
        )  # fmt: skip
        axis.set(xlabel="guidance", ylabel=label, xticks=range(1, int(max(scales)) + 1))
    axes[0, 0].set_ylim(0, None)
    return figure


def _check_by_seed(name: str, label: str, values: np.ndarray, rows: int) -> None:
    """Refuse scores that are not one row of seeds for each setting."""
    shape = np.shape(values)
    if len(shape) != 2 or shape[0] != rows or 0 in shape:
        raise ValueError(
            f"{name} must hold arrays of shape ({rows}, seeds), "
            f"of 1 or more each, got {shape} for {label}."
        )


def solvers(
    groups: dict[str, tuple[Sequence[int], np.ndarray]], floor: float
) -> matplotlib.figure.Figure:
    """Draw the distance against the questions to the network, on logarithmic axes.

    Parameters
    ----------
    groups : solver to (velocities a digit, distances of shape (settings, seeds)); one or two
    floor : the distance of real digits

    Raises
    ------
    ValueError
        If there is no group or more than two, or one has not one row of distances a setting.
    """
    if not 1 <= len(groups) <= 2:
        raise ValueError(f"groups must hold one or two, got {len(groups)}.")
    for label, (places, values) in groups.items():
        _check_by_seed("groups", label, values, len(places))
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 3))
    looks = ((plots.BLUE, "o"), (plots.VERMILION, "s"))[: len(groups)]
    for (label, (places, values)), (color, marker) in zip(groups.items(), looks, strict=True):
        values = np.asarray(values)
        axis.plot(places, values.mean(axis=1), color=color, marker=marker, label=label)
        for seed in values.T:
            axis.plot(places, seed, ".", color=color, alpha=0.6, markersize=4)
    axis.axhline(floor, color=COLORS["real"], linestyle="--", linewidth=1.2, label="real digits")
    axis.set(xscale="log", yscale="log")
    axis.set(xlabel="velocities computed a digit", ylabel="Fréchet distance")
    ticks = sorted({place for places, _ in groups.values() for place in places})
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_yticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
    axis.minorticks_off()
    axis.legend()
    return figure


def shares_below(
    panels: dict[str, dict[str, Sequence[float]]], xlabels: Sequence[str]
) -> matplotlib.figure.Figure:
    """Draw, for each source of digits, the share of distances that are smaller than each value.

    Parameters
    ----------
    panels : title to sources ("real", "VAE", "flow"), each with its distances
    xlabels : one a panel

    Raises
    ------
    ValueError
        If there is no panel, a source has another name or no distance, or there is not one label
        a panel.
    """
    if not panels or len(xlabels) != len(panels):
        raise ValueError(
            "xlabels must hold one for each of one panel or more, "
            f"got {len(xlabels)} for {len(panels)}."
        )
    for title, sources in panels.items():
        for name, distances in sources.items():
            if name not in COLORS or np.ndim(distances) != 1 or not len(distances):
                raise ValueError(
                    f"panels must hold one distance or more for sources among {list(COLORS)}, "
                    f"got the shape {np.shape(distances)} for {name!r} in {title}."
                )
    figure, axes = plt.subplots(
        1, len(panels), figsize=(plots.WIDTH_INCHES, 2.9), sharey=True, squeeze=False
    )
    styles = {"real": "-", "VAE": ":", "flow": "--"}
    for axis, (title, sources), xlabel in zip(axes[0], panels.items(), xlabels, strict=True):
        for name, distances in sources.items():
            ordered = np.sort(distances)
            shares = 100 * np.arange(1, len(ordered) + 1) / len(ordered)
            axis.plot(ordered, shares, color=COLORS[name], linestyle=styles[name], label=name)
        axis.set(title=title, xlabel=xlabel, ylim=(0, 100), xlim=(0, None))
    axes[0, 0].set_ylabel("share of digits (%)")
    axes[0, 0].legend()
    return figure
