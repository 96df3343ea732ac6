"""The page on tests shows what was stored, and nothing stored says that something failed."""

import json

import evidence
import pytest

from benchmarks.tested import margins

STORED = {file.stem: json.loads(file.read_text("utf-8")) for file in evidence.STORED.glob("*.json")}


@pytest.mark.parametrize("table", evidence.TABLES)
def test_each_table_is_as_wide_as_its_heading(table):
    name = evidence.FILES.get(table.__name__, table.__name__)
    lines = [line for line in table(STORED[name]) if line.startswith("|")]
    assert len(lines) > 2
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_every_page_and_test_passed_with_other_versions():
    for row in STORED["compat"]["rows"]:
        assert row["pages_failed"] == row["tests_failed"] == {} and row["pages_not_run"] == []
        assert row["tests_passed"] > 1000


def test_two_executions_differ_in_what_measures_and_nowhere_else():
    pages = STORED["determinism"]["pages"]
    assert pages["outputs"] > 2000
    assert [each for each in pages["differ"] if not each["why"]] == []


def test_no_condition_fails_more_often_than_once_in_a_thousand_runs():
    for row in STORED["margins"]["rows"]:
        assert not margins.flakes(row), row["page"]


def test_each_fault_ends_as_it_must_and_harms_no_later_run():
    tried = [row for row in STORED["faults"]["rows"] if row.get("tried", True)]
    assert len(tried) > 20
    assert all(row["as_it_must"] and row["next_run_clean"] for row in tried)


def test_a_build_that_ended_before_it_was_to_be_killed_withstood_nothing():
    row = {"fault": "killed after 98 % of its time", "exit": [0], "said": ""}
    rows = [{**row, "exit": [end], "as_it_must": True, "next_run_clean": True} for end in (0, -9)]
    assert "| had ended before it was to be stopped | 1 |" in evidence.faults({"rows": rows})


def test_of_mutants_that_compute_something_else_nineteen_of_twenty_are_killed():
    rows = STORED["mutants"]["rows"]
    killed, unseen = (
        sum(each) for each in zip(*map(evidence.killed_and_unseen, rows), strict=True)
    )
    assert killed >= 0.95 * (killed + unseen)
    assert all(why for row in rows for _, why in row["survivors"])
