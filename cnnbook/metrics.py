"""How far a classifier's probabilities are from the share of its answers that are right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Bins(NamedTuple):
    """Answers grouped by confidence, the largest probability; empty groups are left out."""

    #: mean confidence of each group, in (0, 1]
    confidence: np.ndarray
    #: share of right answers in each group, in [0, 1]
    accuracy: np.ndarray
    #: answers in each group
    count: np.ndarray


def confidence_bins(probabilities: np.ndarray, labels: np.ndarray, bin_count: int = 15) -> Bins:
    """Group answers by confidence into bins of equal width from 0 to 1.

    Parameters
    ----------
    probabilities : array of shape (N, C), in [0, 1]
    labels : integer array of shape (N,), from 0 to C - 1
    bin_count : number of bins

    Raises
    ------
    ValueError
        If the shapes do not fit, a probability is not in [0, 1], or bin_count is below 1.
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.ndim != 2 or probabilities.size == 0:
        raise ValueError(
            f"probabilities must have the axes (N, C) with N > 0, got shape {probabilities.shape}."
        )
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-3)).all():
        raise ValueError(
            "probabilities must be from 0 to 1, "
            f"got values from {probabilities.min()} to {probabilities.max()}."
        )
    if labels.shape != probabilities.shape[:1]:
        raise ValueError(f"labels must have the shape ({len(probabilities)},), got {labels.shape}.")
    if bin_count < 1:
        raise ValueError(f"bin_count must be 1 or more, got {bin_count}.")
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    # Upper edges belong to their bin, so that a confidence of 1 falls into the last.
    index = np.clip(np.ceil(confidence * bin_count).astype(int) - 1, 0, bin_count - 1)
    count = np.bincount(index, minlength=bin_count)
    used = count > 0
    return Bins(
        np.bincount(index, confidence, bin_count)[used] / count[used],
        np.bincount(index, correct, bin_count)[used] / count[used],
        count[used],
    )


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bin_count: int = 15
) -> float:
    r"""Average the distance of confidence from accuracy over the bins, weighted by their counts.

    .. math:: \sum_b \frac{n_b}{N} \left| \mathrm{accuracy}_b - \mathrm{confidence}_b \right|

    Parameters and errors are those of `confidence_bins`. Returns a number in [0, 1].

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks", equation 3.
    """
    bins = confidence_bins(probabilities, labels, bin_count)
    return float(np.average(np.abs(bins.accuracy - bins.confidence), weights=bins.count))
