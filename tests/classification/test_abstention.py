"""A temperature makes logits as sure as they are right; a threshold keeps its promise."""

import numpy as np
import pytest
import scipy.stats
import silent

from cnnbook.classification import abstention


@pytest.mark.parametrize(("factor", "temperature"), [(2, 2), (0.5, 0.5), (10, 5), (0.1, 0.2)])
def test_logits_that_are_too_large_by_a_factor_get_it_from_a_fifth_to_5(factor, temperature):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(100_000, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) < generator.random((len(shares), 1))).sum(axis=1)
    found = abstention.fit_temperature(factor * logits, labels)
    assert found == pytest.approx(temperature, rel=0.025)


def test_the_bound_is_a_risk_that_makes_so_few_errors_as_improbable_as_the_doubt():
    bound = abstention.upper_bound(3, 500, doubt=0.1)
    assert scipy.stats.binom.cdf(3, 500, bound) == pytest.approx(0.1)


def test_a_threshold_is_as_loose_as_the_bound_allows_or_infinite():
    confidence = np.linspace(0.5, 1, 1_000_000)
    loosest = abstention.choose_threshold(confidence, confidence < 0.8, 0.005)
    assert loosest == pytest.approx(1 - 10**-0.7)  # the next one, 0.776, lets many errors in
    assert np.isinf(abstention.choose_threshold(confidence, confidence < 2, 0.005))


def test_a_confidence_that_is_the_threshold_is_answered():
    strictest, wrong = 1 - 10**-3, np.zeros(1000, bool)
    assert abstention.choose_threshold(np.full(1000, strictest), wrong, 0.01) < strictest


test_no_loss_is_wrong_in_silence = silent.wrong_answers({
    "loss": (
        lambda z, labels: abstention.loss_at(1, z, labels),
        lambda z, labels: silent.losses(labels, z).mean(),
        silent.reals(5, 4),
        silent.whole_numbers(4, 5),
    ),
})  # fmt: skip
