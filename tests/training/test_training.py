"""The guide builds the article's network itself, and shows every run of it."""

import execution
import keras
import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from cnnbook import models, plots

matplotlib.use("agg")


def test_the_network_that_the_guide_types_is_the_packages():
    cells = execution.read_source(execution.ROOT / "chapters" / "training.md").cells
    [typed] = [cell.source for cell in cells if "model = keras.Sequential([" in cell.source]
    names = {"keras": keras}
    exec(typed[typed.index("model = ") :], names)
    ours = names["model"].get_config()["layers"]
    theirs = models.article_network().get_config()["layers"]
    for mine, packaged in zip(ours[1:], theirs[1:], strict=True):
        assert mine == packaged


def test_runs_of_equal_accuracy_are_all_visible():
    cells = execution.read_source(execution.ROOT / "chapters" / "training.md").cells
    [drawn] = [cell.source for cell in cells if "heights.append" in cell.source]
    names = {"np": np, "plt": plt, "plots": plots, "seeds": np.array([0.99, 0.99, 0.98])}
    exec(drawn[drawn.index("percent = ") :], names)
    dots = names["figure"].axes[0].collections[0].get_offsets()
    assert len({tuple(dot) for dot in np.round(dots, 6).tolist()}) == 3
