"""Calibration is measured as its definition says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnbook import metrics


def test_an_example_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.45, 0.55]])
    labels = np.array([0, 1, 1])
    bins = metrics.confidence_bins(probabilities, labels, bin_count=2)
    np.testing.assert_allclose(bins, [[0.75], [2 / 3], [3]])
    error = metrics.expected_calibration_error(probabilities, labels, bin_count=2)
    assert error == pytest.approx(0.75 - 2 / 3)


def test_a_bin_ends_with_its_upper_edge():
    rest = [[0.3, 0.3, 0.2, 0.2], [0.5, 0.3, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1], [1, 0, 0, 0]]
    bins = metrics.confidence_bins(np.array([[0.25] * 4, *rest]), np.zeros(5, int), bin_count=4)
    assert bins.count.tolist() == [1, 2, 1, 1]


def test_bins_count_by_their_answers_and_are_15_unless_told_otherwise():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    error = metrics.expected_calibration_error(probabilities, np.zeros(4, int))
    assert error == pytest.approx((3 * 0.1 + 1 * 0.6) / 4)
    many = np.random.default_rng(0).dirichlet(np.ones(3), 300)
    labels = np.zeros(300, int)
    np.testing.assert_equal(
        metrics.confidence_bins(many, labels), metrics.confidence_bins(many, labels, 15)
    )
    assert metrics.expected_calibration_error(many, labels) == metrics.expected_calibration_error(
        many, labels, 15
    )


def test_sure_and_always_right_is_calibrated_and_sure_and_always_wrong_is_not():
    sure = np.eye(3)
    assert metrics.expected_calibration_error(sure, np.arange(3)) == 0
    assert metrics.expected_calibration_error(sure, np.array([1, 2, 0])) == 1


def test_labels_drawn_from_the_probabilities_are_calibrated():
    generator = np.random.default_rng(0)
    share = generator.uniform(0.5, 1, 100_000)
    labels = (generator.random(len(share)) > share).astype(int)
    probabilities = np.stack([share, 1 - share], axis=1)
    # 15 bins of about 10,000 answers: each share is uncertain by less than half a percent.
    assert metrics.expected_calibration_error(probabilities, labels) < 0.005


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(2, 6), st.integers(1, 20))
def test_every_answer_falls_into_one_bin(seed, count, classes, bin_count):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(classes), count)
    labels = generator.integers(0, classes, count)
    bins = metrics.confidence_bins(probabilities, labels, bin_count)
    assert bins.count.sum() == count
    np.testing.assert_allclose(
        np.average(bins.confidence, weights=bins.count), probabilities.max(axis=1).mean()
    )
    assert 0 <= metrics.expected_calibration_error(probabilities, labels, bin_count) <= 1


@pytest.mark.parametrize(
    ("probabilities", "labels", "words"),
    [
        (np.full((1, 2), -1.0), np.zeros(1), "from 0 to 1"),  # logits
        (np.full((1, 2), np.nan), np.zeros(1), "from 0 to 1"),
        (np.array([[1.5, 0.0]]), np.zeros(1), "from 0 to 1"),
        (np.eye(2), np.zeros(1, int), "same shape"),
        (np.eye(2), np.array([1, 2]), "labels must be from 0 to 1"),  # counted from 1
    ],
)
def test_what_would_be_silently_wrong_is_refused(probabilities, labels, words):
    with pytest.raises(ValueError, match=words):
        metrics.expected_calibration_error(probabilities, labels)
