"""How far a classifier's probabilities are from the share of its answers that are right."""

from typing import NamedTuple

import numpy as np

from cnnbook import checks


class Bins(NamedTuple):
    """Answers in groups of similar confidence, the largest probability; empty ones are left out."""

    confidence: np.ndarray  # mean of each group, in (0, 1]
    accuracy: np.ndarray  # share of right answers in each group, in [0, 1]
    count: np.ndarray  # answers in each group


def confidence_bins(probabilities: np.ndarray, labels: np.ndarray, bin_count: int = 15) -> Bins:
    """Group answers, of shape (N, C), by confidence into bins of equal width from 0 to 1."""
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-3)).all():
        raise ValueError(
            "probabilities must be from 0 to 1, "
            f"got values from {probabilities.min()} to {probabilities.max()}."
        )
    labels = checks.labels("labels", labels, probabilities.shape[1] - 1)
    answers, labels = np.stack([probabilities.argmax(axis=1), labels])  # refuses unequal lengths
    confidence, correct = probabilities.max(axis=1), answers == labels
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
    """Average how far accuracy and confidence differ over the bins, weighted by their counts.

    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks", equation 3.
    """
    bins = confidence_bins(probabilities, labels, bin_count)
    return float(np.average(np.abs(bins.accuracy - bins.confidence), weights=bins.count))
