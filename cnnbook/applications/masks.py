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
    for digit in range(10):
        patches, _ = scipy.ndimage.label(mask == digit, structure=np.ones((3, 3)))
        for number, place in enumerate(scipy.ndimage.find_objects(patches), start=1):
            if np.count_nonzero(patches == number) >= LEAST_NAMED:
                x, y = _beside(place, taken)
                taken[max(y - 5, 0) : y + 6, max(x - 4, 0) : x + 5] = True
                axis.text(
                    x, y, str(digit), ha="center", va="center", fontsize=12, path_effects=outline
                )
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color=plots.GREY, linewidth=0.5)


def _beside(place: tuple[slice, slice], taken: np.ndarray) -> tuple[int, int]:
    """Return x and y beside a patch where a name covers least of what is there."""
    rows, columns = place
    x, y = (columns.start + columns.stop) // 2, (rows.start + rows.stop) // 2
    spots = (x, rows.stop + 5), (x, rows.start - 6), (columns.start - 5, y), (columns.stop + 4, y)

    def cost(spot):
        x, y = spot
        if not (4 <= x < taken.shape[1] - 4 and 5 <= y < taken.shape[0] - 5):
            return np.inf
        return taken[y - 5 : y + 6, x - 4 : x + 5].sum()

    return min(spots, key=cost)
