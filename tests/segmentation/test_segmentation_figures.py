"""Figures of the chapter on segmentation: they show what they are given, and refuse the rest."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnbook.segmentation import figures


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_a_row_shows_picture_masks_and_wrong_pixels():
    images = np.zeros((2, 32, 32))
    masks = np.full((2, 32, 32), 10)
    masks[:, 5:15, 5:15] = 7
    figure = figures.scene_rows(images, {"true": masks}, ["a", "b"], wrong=masks < 10)
    assert len(figure.axes) == 6
    assert [text.get_text() for text in figure.axes[1].texts] == ["7"]


def test_the_charts_draw_every_class():
    figure = figures.iou_by_class({"one": np.full(11, 0.9), "two": np.full(11, 0.8)})
    assert len(figure.axes[0].lines) == 2
    figure = figures.pixel_confusion(np.full((11, 11), 5) + 100 * np.eye(11))
    assert len(figure.axes[0].texts) == 110
    assert len(figures.coverage({"a": np.ones((3, 3))}).axes[0].texts) == 9


@pytest.mark.usefixtures("no_figure_open")
@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: figures.scene_rows(np.zeros((1, 8, 8)), {"a": np.zeros((8, 8))}), "(8, 8) for a"),
        (lambda: figures.scene_rows(np.zeros((1, 8, 8)), {}, ["a", "b"]), "got 2"),
        (lambda: figures.scene_rows(np.zeros((8, 8)), {}), "the shape (8, 8)"),
        (lambda: figures.scene_rows(np.zeros((0, 8, 8)), {}), "the shape (0, 8, 8)"),
        (
            lambda: figures.scene_rows(np.zeros((2, 8, 8)), {}, wrong=np.ones((1, 8, 8), bool)),
            "wrong must have the images' shape (2, 8, 8), got (1, 8, 8)",
        ),
        (lambda: figures.iou_by_class({}), "got 0"),
        (lambda: figures.iou_by_class({n: np.ones(11) for n in "abcde"}), "got 5"),
        (lambda: figures.iou_by_class({"a": np.ones(11), "b": np.ones(3)}), "(3,) for b"),
        (lambda: figures.iou_by_class({"a": np.ones(3)}), "(3,) for a"),
        (lambda: figures.pixel_confusion(np.zeros((11, 11))), "no empty row"),
        (lambda: figures.coverage({}), "got none"),
        (lambda: figures.coverage({"a": np.ones(3)}), "(3,) for a"),
    ],
)
def test_bad_arguments_are_refused(draw, words):
    with pytest.raises(ValueError) as error:
        draw()
    assert words in str(error.value)
