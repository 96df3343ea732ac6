"""Draw the class of each pixel."""

import matplotlib.axes
import matplotlib.colors
import matplotlib.patheffects
import numpy as np
import scipy.ndimage

from cnnbook import plots
from cnnbook.applications import scenes

COLORS = (
    plots.BLACK, plots.ORANGE, plots.SKY_BLUE, plots.GREEN, plots.YELLOW,
    plots.BLUE, plots.VERMILION, plots.PURPLE, plots.GREY, "#882255",
)  # fmt: skip
LEAST_NAMED = 25  # pixels of a patch that gets its name


def draw(axis: matplotlib.axes.Axes, mask: np.ndarray, over: np.ndarray | None = None) -> None:
    """Draw a mask (H, W), a colour a digit and ground white, and name each patch beside it.

    Laid over a picture (H, W), uint8, the ground is the picture, in pale grey.
    """
    colors = matplotlib.colors.ListedColormap([*COLORS, "white"])
    axis.imshow(mask, cmap=colors, vmin=-0.5, vmax=10.5)
    if over is not None:
        ground = np.ma.array(over, mask=mask < scenes.BACKGROUND)
        axis.imshow(ground, cmap="gray_r", vmin=0, vmax=512)
    outline = [matplotlib.patheffects.withStroke(linewidth=3, foreground="white")]
    taken = mask < scenes.BACKGROUND
    taken[[0, -1]] = taken[:, [0, -1]] = True  # no name leaves the picture
    for digit in range(10):
        patches, count = scipy.ndimage.label(mask == digit, structure=np.ones((3, 3)))
        for number in range(1, count + 1):
            patch = patches == number
            if np.count_nonzero(patch) >= LEAST_NAMED:
                x, y = _beside(patch, taken)
                taken[max(y - 5, 0) : y + 6, max(x - 4, 0) : x + 5] = True
                axis.text(
                    x, y, str(digit), ha="center", va="center", fontsize=12, path_effects=outline
                )
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)


def _beside(patch: np.ndarray, taken: np.ndarray) -> tuple[int, int]:
    """Return x and y where a name covers least, near its patch and away from all others."""
    covered = scipy.ndimage.uniform_filter(taken.astype(float), (11, 9))
    near, others = (scipy.ndimage.distance_transform_edt(~it) for it in (patch, taken & ~patch))
    cost = 1000 * covered + near - np.minimum(others, 14) / 2
    y, x = np.unravel_index(cost.argmin(), cost.shape)
    return int(x), int(y)
