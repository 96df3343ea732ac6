"""Average precision as COCO computes it (Lin et al., 2014)."""

import numpy as np

from cnnbook import checks
from cnnbook.applications.boxes import CLASSES, IOU_THRESHOLDS, Detections, match

RECALLS = np.linspace(0, 1, 101)


def precision_recall(
    detections: Detections, right: np.ndarray, labels: np.ndarray, label: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall of a class after each of its K boxes, the surest first.

    right : bool, one for each of the detections, from `match`; labels : the true ones, (N, digits)
    """
    right = checks.array("right", right, "b", "(K,)")
    mine = detections.labels == label
    order = np.argsort(-detections.scores[mine], kind="stable")
    hits = np.cumsum(right[mine][order])
    return hits / np.arange(1, len(hits) + 1), hits / np.sum(labels == label)


def envelope(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """Return the largest precision at each of 101 recalls or later, 0 where none is reached."""
    best = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALLS)
    return np.append(best, 0.0)[places]


def interpolated(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """Return the `envelope` of what has been checked to be a curve, as from `precision_recall`."""
    both = np.stack([precision, recall])
    if (np.diff(recall) < 0).any() or not ((both >= 0) & (both <= 1)).all():
        raise ValueError("precision and recall must be from 0 to 1, and recall must never fall.")
    return envelope(precision, recall)


def average_precisions(
    detections: Detections, boxes: np.ndarray, labels: np.ndarray, iou_thresholds=IOU_THRESHOLDS
) -> np.ndarray:
    """Return the average precision of each class at each of T thresholds, (T, 10).

    NaN for a class that is in no scene; arguments as in `match`.
    """
    right = match(detections, boxes, labels, iou_thresholds)
    result = np.full((right.shape[1], CLASSES), np.nan)
    for label in np.unique(labels[labels >= 0]):
        for row, column in enumerate(right.T):
            curve = precision_recall(detections, column, labels, label)
            result[row, label] = envelope(*curve).mean()
    return result
