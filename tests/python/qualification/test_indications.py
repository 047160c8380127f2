"""Scores by indication: every clinical number counts once, and gains are differences of scores."""

import math
from functools import cache

import pytest

import ketasim as ks


@cache
def validation():
    return ks.validate(areas=["Clinical"], progress=False)


@cache
def table(role=""):
    return ks.indications(validation(), role=role)


def test_every_clinical_number_belongs_to_one_indication():
    assert sum(row["rows"] for row in table()) == len(validation().records)
    named = [population for row in table() for population in row["populations"]]
    assert len(named) == len(set(named))


def test_topics_are_those_of_the_coverage():
    assert {row["topic"] for row in table()} <= {
        row["name"].partition(" (")[0] for row in ks.coverage()
    }


def test_roles_add_up():
    for row in table():
        parts = [table(role)[row["name"]]["rows"] for role in ("calibrate", "check")]
        assert row["rows"] == sum(parts)


def test_scores_are_weighted_means_over_the_rows_of_an_indication():
    evidence = ks.evidence.load()
    rows = [
        r
        for r in validation().records
        if evidence.arms[r.arm_id].population == "bipolar" and r.log_score_mbma is not None
    ]
    found = table()["bipolar depression"]
    weight = sum(r.weight for r in rows)
    assert found["compared"] == len(rows) > 0
    assert found["log_score"] == pytest.approx(sum(r.weight * r.log_score for r in rows) / weight)
    assert found["log_score_mbma"] == pytest.approx(
        sum(r.weight * r.log_score_mbma for r in rows) / weight
    )


def test_gains_are_the_differences_of_the_scores():
    seen = 0
    for row in table():
        for baseline in ("control", "mbma"):
            if row["compared"]:
                gain = row["log_score"] - row[f"log_score_{baseline}"]
                assert row[f"gain_{baseline}"] == pytest.approx(gain, abs=1e-12)
                seen += 1
    assert seen >= 10


def test_the_standard_error_is_that_of_trials():
    """By hand, from the records of the indication."""
    evidence = ks.evidence.load()
    by_trial = {}
    for r in validation().records:
        people = evidence.arms[r.arm_id].population in ("suicidal", "trd_suicidal")
        if people and r.log_score_control is not None:
            d, w = by_trial.get(r.trial, (0.0, 0.0))
            by_trial[r.trial] = (
                d + r.weight * (r.log_score - r.log_score_control),
                w + r.weight,
            )
    t, total = len(by_trial), sum(w for _, w in by_trial.values())
    gain = sum(d for d, _ in by_trial.values()) / total
    error = math.sqrt(t / (t - 1) * sum((d - w * gain) ** 2 for d, w in by_trial.values())) / total
    row = table()["depression with suicidal ideation"]
    assert t > 2
    assert row["gain_control_se"] == pytest.approx(error)


@pytest.mark.parametrize("role", ["", "check"])
def test_no_indication_beats_the_mbma_by_more_than_chance(role):
    """docs/explanation/coverage.md says so below the tables; another result needs other words."""
    judged = [row for row in table(role) if not row["too_few"]]
    assert judged
    assert all(row["gain_mbma"] < 2.0 * row["gain_mbma_se"] for row in judged)


def test_too_few_rows_are_named():
    assert table()["OCD"]["too_few"] == "no published number in the evidence"
    assert "1 row of 1 trial" in table()["depression before the age of 18"]["too_few"]
    assert "depression only" in table()["cocaine use"]["too_few"]
    assert table()["cocaine use"]["log_score"] is not None
    assert table()["cocaine use"]["gain_mbma"] is None
    assert table()["bipolar depression"]["gain_mbma_se"] is None
    assert not table()["treatment-resistant depression"]["too_few"]


def test_an_unknown_role_is_refused():
    with pytest.raises(ks.ScenarioError, match="role = 'fit': use 'calibrate' or 'check'"):
        ks.indications(role="fit")


def test_the_shipped_table_is_that_of_the_validation():
    assert list(ks.indications()) == list(table())


@pytest.mark.parametrize("table", [ks.indications, ks.coverage])
def test_what_is_no_validation_is_refused(table):
    with pytest.raises(ks.ScenarioError, match="validation = 'OCD': give what ks.validate returns"):
        table("OCD")
