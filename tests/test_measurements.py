"""Stored results are found, and a missing or broken one is explained."""

import pytest

from cnnbook import measurements


def test_the_article_recipe_was_run_on_ten_seeds_or_more():
    result = measurements.load("article_recipe")
    seeds = [run["seed"] for run in result["runs"]]
    assert len(set(seeds)) == len(seeds) >= 10
    assert seeds == list(range(len(seeds))), "a seed left out would be a result chosen"
    assert {"processor", "cores", "python", "tensorflow", "keras"} <= set(result["machine"])


def test_a_missing_result_is_explained():
    with pytest.raises(FileNotFoundError, match=r"article_recipe.*got 'nonsense'.*make bench"):
        measurements.load("nonsense")


def test_a_broken_result_is_explained(tmp_path, monkeypatch):
    (tmp_path / "broken.json").write_text("{")
    monkeypatch.setattr(measurements, "RESULTS_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"broken\.json is not JSON"):
        measurements.load("broken")
