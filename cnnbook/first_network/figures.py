"""The figure of the chapter "first_network"."""

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import plots


def activations_to_scale(layers: dict[str, np.ndarray]) -> matplotlib.figure.Figure:
    """Draw all that each layer gives for one image, (H, W, C) or (units,), a square a number.

    Each layer has its own range of grey, from its smallest value (white) to its largest (black).
    """
    gap, left = 14, 0
    figure, axis = plt.subplots(figsize=(plots.WIDTH_INCHES, 4.3))
    for name, values in layers.items():
        block = _block(values)
        height, width = block.shape
        axis.imshow(block, extent=(left, left + width, height, 0))
        frame = plt.Rectangle((left, 0), width, height, fill=False, color=plots.GREY, lw=0.5)
        axis.add_patch(frame)
        label = f"{name}  {' x '.join(map(str, values.shape))}"
        axis.text(left + width / 2, height + 5, label, rotation=90, ha="center", va="top", size=9)
        left += width + gap
    axis.set(xlim=(-2, left), ylim=(290, -2), aspect="equal")
    axis.set_axis_off()
    return figure


def _block(values: np.ndarray) -> np.ndarray:
    """Lay the maps, or the numbers of a vector, out in one picture, four in a row."""
    if values.ndim == 1:
        return values.reshape(-1, 1 if len(values) == 10 else 4)
    columns = min(4, values.shape[-1])
    maps = np.moveaxis(values, -1, 0)
    return np.block([list(row) for row in maps.reshape(-1, columns, *maps.shape[1:])])
