"""Average precision is COCO's."""

import contextlib
import io

import numpy as np
import pytest

from cnnbook import data
from cnnbook.applications import boxes, scenes
from cnnbook.detection import metrics


@pytest.fixture(scope="module")
def drawn() -> scenes.Scenes:
    (images, labels), _ = data.load_mnist()
    return scenes.draw_scenes(images[:2000], labels[:2000], 40, seed=3)


def noisy(drawn: scenes.Scenes, seed: int) -> boxes.Detections:
    """Detections as a middling detector makes them: moved, mistaken, doubled, invented, missing."""
    generator = np.random.default_rng(seed)
    images, rows = np.nonzero(drawn.labels >= 0)
    keep = generator.random(len(images)) < 0.85
    images, rows = np.repeat(images[keep], 2), np.repeat(rows[keep], 2)
    labels = drawn.labels[images, rows].astype(int)
    mistaken = generator.random(len(labels)) < 0.2
    labels[mistaken] = generator.integers(0, 10, mistaken.sum())
    edges = drawn.boxes[images, rows] + generator.normal(0, 1.5, (len(images), 4))
    edges = np.concatenate([np.minimum(edges[:, :2], edges[:, 2:] - 1), edges[:, 2:]], axis=1)
    # Rounded, so that some scores are equal.
    return boxes.Detections(images, edges, generator.random(len(images)).round(2), labels)


def test_precision_and_recall_of_a_list_that_can_be_counted_on_fingers():
    detections = boxes.Detections(
        np.zeros(6, int),
        np.zeros((6, 4)),
        np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.9]),
        np.array([7, 7, 7, 7, 7, 3]),
    )
    right = np.array([False, True, False, True, True, True])
    precision, recall = metrics.precision_recall(detections, right, np.array([[7, 7, 7, 7, 3]]), 7)
    np.testing.assert_allclose(precision, [1, 1, 2 / 3, 3 / 4, 3 / 5])
    np.testing.assert_allclose(recall, [1 / 4, 2 / 4, 2 / 4, 3 / 4, 3 / 4])
    # 51 recalls up to 0.5, 25 up to 0.75, and 25 that are not reached.
    assert metrics.interpolated(precision, recall).sum() == pytest.approx(51 * 1 + 25 * 3 / 4)


def test_a_class_in_no_scene_counts_for_nothing_and_a_missed_one_for_zero():
    true, labels = np.array([[[0, 0, 10, 10], [20, 20, 30, 30]]], float), np.array([[0, 1]])
    one = boxes.Detections(np.array([0]), true[0, :1], np.array([0.5]), np.array([0]))
    result = metrics.average_precisions(one, true, labels)
    assert (result[:, 0] == 1).all() and (result[:, 1] == 0).all()
    assert np.isnan(result[:, 2:]).all()
    assert np.nanmax(metrics.average_precisions(one[:0], true, labels)) == 0


def coco(detections: boxes.Detections, drawn: scenes.Scenes) -> np.ndarray:
    """Return pycocotools' average precision of each threshold and class."""
    import pycocotools.coco as coco_module
    import pycocotools.cocoeval as evaluation

    def entry(number, image, label, box, **more):
        left, top, right, bottom = map(float, box)
        width, height = right - left, bottom - top
        return {
            "id": number, "image_id": int(image), "category_id": int(label), "iscrowd": 0,
            "bbox": [left, top, width, height], "area": width * height, **more,
        }  # fmt: skip

    images, rows = np.nonzero(drawn.labels >= 0)
    true = zip(images, drawn.labels[images, rows], drawn.boxes[images, rows], strict=True)
    answers = zip(
        detections.images, detections.labels, detections.boxes, detections.scores, strict=True
    )
    lists = (
        [entry(number, *one) for number, one in enumerate(true, start=1)],
        [
            entry(number, *one, score=float(score))
            for number, (*one, score) in enumerate(answers, start=1)
        ],
    )
    with contextlib.redirect_stdout(io.StringIO()):
        sides = []
        for annotations in lists:
            side = coco_module.COCO()
            side.dataset = {
                "images": [{"id": n} for n in range(len(drawn))],
                "categories": [{"id": n} for n in range(10)],
                "annotations": annotations,
            }
            side.createIndex()
            sides.append(side)
        judge = evaluation.COCOeval(*sides, "bbox")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 2]  # all areas, 100 detections a scene
    return np.where(precision.min(axis=1) < 0, np.nan, precision.mean(axis=1))


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_agrees_with_pycocotools(drawn, seed):
    detections = noisy(drawn, seed)
    ours = metrics.average_precisions(detections, drawn.boxes, drawn.labels)
    assert 0.05 < np.nanmean(ours) < 0.9  # a middling detector: the test has something to compare
    np.testing.assert_allclose(ours, coco(detections, drawn), rtol=0, atol=1e-9)
