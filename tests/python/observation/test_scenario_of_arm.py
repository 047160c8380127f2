"""From arms to scenarios: what the tables leave open is decided once and visibly."""

from dataclasses import replace

import pytest

import ketasim as ks
from ketasim.evidence import DoseRecord, load
from ketasim.observation import (
    administrations,
    baseline_madrs,
    dose_times,
    holds_end,
    scenario_of,
    sessions,
)

EVIDENCE = load()


def spray(start_h: float, interval_h: float = 0.0, additional: int = 0, **changes) -> DoseRecord:
    first = DoseRecord(
        "r", "esketamine", 28.0, "mg", "intranasal", start_h, 0.0, interval_h, additional
    )
    return replace(first, **changes)


def mapped(arm_id: str) -> ks.Scenario:
    arm = EVIDENCE.arms[arm_id]
    seen = [o for o in EVIDENCE.observations if o.arm_id == arm_id]
    return scenario_of(arm, EVIDENCE.regimens[arm.regimen_id], seen)


def test_devices_five_minutes_apart_are_one_administration():
    (one,) = administrations([spray(0.0), spray(1 / 12), spray(2 / 12)])
    assert (one.amount, one.start_h) == (84.0, 0.0)
    assert len(sessions([spray(0.0), spray(1 / 12)])) == 1


def test_devices_of_a_series_are_merged_visit_by_visit():
    records = EVIDENCE.regimens["esk_in_56to84_biw_4wk_ad"]
    given = [
        (d.start_h, d.amount, d.additional)
        for d in administrations(records)
        if d.drug == "esketamine"
    ]
    assert given == [(0.0, 56.0, 0), (72.0, 84.0, 3), (168.0, 84.0, 2)]
    assert len(sessions(records)) == 8


@pytest.mark.parametrize(
    "other",
    [
        spray(1.0),
        spray(1 / 12, drug="ketamine"),
        spray(1 / 12, interval_h=168.0, additional=3),
        spray(1 / 12, amount=14.0),
        spray(1 / 12, route="sublingual"),
    ],
)
def test_other_records_stay_apart(other):
    assert len(administrations([spray(0.0), other])) == 2


def test_baselines_come_in_madrs_points():
    arm = EVIDENCE.arms["godl12_esc"]
    k17 = ks.parameters()["symptoms.k_HDRS17"]["value"]
    seen = [o for o in EVIDENCE.observations if o.arm_id == "godl12_esc"]
    assert baseline_madrs(arm, seen) == pytest.approx(24.2 * k17)
    assert baseline_madrs(replace(arm, baseline_scale=""), seen) == pytest.approx(24.2 * k17)
    assert baseline_madrs(EVIDENCE.arms["murr13_ket"]) == 31.3
    assert baseline_madrs(EVIDENCE.arms["zarate06_ket"]) is None
    assert baseline_madrs(replace(arm, baseline_scale="caps5", baseline_severity=42.0)) is None
    longer = ks.parameters()["symptoms.k_HDRS"]["value"]
    assert baseline_madrs(replace(arm, baseline_scale="hdrs"), seen) == pytest.approx(24.2 * longer)
    assert baseline_madrs(replace(arm, baseline_scale="madrs", note="HAM-D"), seen) == 24.2


def test_subject_and_context_follow_the_arm():
    older = mapped("tf3_esk")
    assert (older.context, older.subject.severity) == ("nasal_placebo+oral_ad", 1.0)
    assert older.all_parameters()["pharmacokinetics.Qh"] == pytest.approx(132.0 - 21.9)
    met = mapped("liu12_mm_ket")
    assert (met.subject.species, met.subject.weight_kg) == ("mouse", 0.025)
    assert met.all_parameters()["bdnf_trkb.phi"] == 0.1
    assert mapped("otto_esk10").subject.weight_kg == 68.0
    assert mapped("otto_esk10").subject.severity == 0.0


def test_arms_that_the_model_cannot_tell_apart_are_equal():
    assert mapped("berman00_ket") == mapped("zarate06_ket")
    assert mapped("berman00_ket") != mapped("mathew10_ket")  # open label


def test_every_shipped_arm_becomes_a_scenario():
    for arm_id in EVIDENCE.arms:
        assert mapped(arm_id).regimen.doses


def test_a_dose_of_nothing_is_a_placebo_and_a_slow_injection_a_depot():
    arm = EVIDENCE.arms["murr13_mid"]
    nothing = DoseRecord("r", "ketamine", 0.0, "mg/kg", "iv", 0.0, 0.67, 0.0, 0)
    assert scenario_of(arm, [nothing]).regimen.doses[0].drug == "placebo"
    slow = DoseRecord("r", "ketamine", 0.5, "mg/kg", "sc", 0.0, 0.75, 0.0, 0)
    assert scenario_of(arm, [slow]).regimen.doses[0].duration_h == 0.0


def test_sessions_are_what_a_patient_knows_as_a_dose():
    six = sessions(EVIDENCE.regimens["ket_iv_0p5_six_in_12d"])
    assert [s.start_h for s in six] == [0.0, 48.0, 96.0, 168.0, 216.0, 264.0]
    assert sessions(EVIDENCE.regimens["esc_oral_10_6wk"]) == ()
    assert len(sessions(EVIDENCE.regimens["ket_iv_0p5_naltrexone"])) == 1


def test_times_of_doses_and_ends_of_clamps():
    records = EVIDENCE.regimens["ket_bath_1uM_nbqx"]
    assert dose_times(records) == (-0.5, 0.0, 1.0, 1.5)
    assert holds_end(records) == {1.0, 1.5}
