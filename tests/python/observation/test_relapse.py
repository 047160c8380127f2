"""Relapse after a simulated treatment: as in drawn patients, and asked for where it can be answered."""

import numpy as np
import pytest

import ketasim as ks
from ketasim.observation import FollowUp

COURSE = "ketamine 0.5 mg/kg iv over 40 min"
TIMES = np.arange(0.0, 745.0, 12.0)


@pytest.fixture(scope="module")
def run():
    return ks.simulate(ks.Scenario(COURSE, context="open_label"), t_eval=TIMES)


@pytest.mark.parametrize("among", ["responders", "remitters"])
def test_relapse_is_that_of_drawn_patients(run, among):
    n, rng = 60_000, np.random.default_rng(3)
    curve = ks.relapse(run, among=among)
    p = {k: ks.parameters()[f"symptoms.{k}"]["value"] for k in ("omega_s", "sd_e", "remission_cut")}
    follow = FollowUp.published()
    n_s, n_e, n_b = rng.standard_normal((3, n, 1))
    share = run["madrs_baseline"][0] / 60.0
    z0 = np.log(share / (1.0 - share)) + n_b * follow.baseline_sd / (60.0 * share * (1.0 - share))
    baseline = 60.0 / (1.0 + np.exp(-z0))
    relief, context = (
        np.interp(curve.time_h, run.t, run[name]) for name in ("drug_relief", "context_relief")
    )
    s = np.exp(p["omega_s"] * n_s - 0.5 * p["omega_s"] ** 2)
    mean = 30.0 * (1.0 + np.tanh(0.5 * (z0 - s * relief - context - p["sd_e"] * n_e)))
    rated = mean + follow.visit_error * rng.standard_normal(mean.shape)
    ill = rated > 0.5 * baseline
    well = ~ill[:, 0] if among == "responders" else rated[:, 0] <= p["remission_cut"]
    assert abs(well.mean() - curve.well) <= 3.0 * np.sqrt(curve.well * (1.0 - curve.well) / n)
    twice = ill[well, 2:] & ill[well, 1:-1]
    seen = np.maximum.accumulate(twice, axis=1).mean(axis=0)
    expected = curve.share[2:]
    assert curve.share[:2].tolist() == [0.0, 0.0]
    error = np.sqrt(expected * (1.0 - expected) / well.sum())
    # 21 nodes over a sensitivity whose logarithm has a standard deviation of 1.4: errors up to 0.01.
    assert (np.abs(seen - expected) <= 3.0 * error + 0.01).all()


def test_time_counts_from_the_last_dose():
    twice = ks.Regimen(
        (ks.Dose("ketamine", 0.5, "mg/kg", "iv", duration_h=0.67, interval_h=72.0, additional=1),)
    )
    run = ks.simulate(ks.Scenario(twice, context="open_label"), t_eval=np.arange(0.0, 817.0, 12.0))
    curve = ks.relapse(run)
    assert curve.since_h == 72.0
    assert curve.time_h[[0, 1, -1]].tolist() == [24.0, 72.0, 720.0]
    assert ks.relapse(run, since="3 d", until="20 d").time_h[-1] == 360.0
    assert curve.at("2 wk") == pytest.approx(np.interp(336.0, curve.time_h, curve.share))
    assert np.interp(curve.median_h, curve.time_h, curve.share) == pytest.approx(0.5)
    assert ks.relapse(run, until="10 d").median_h == np.inf
    assert "of responders by 30 d" in repr(curve)


def test_relapse_is_smooth_in_every_parameter_of_the_patients(run):
    shares = [
        ks.relapse(
            ks.simulate(run.scenario, parameters={"symptoms.omega_s": x}, t_eval=TIMES)
        ).share[-1]
        for x in (0.898, 0.9, 0.902)
    ]
    assert shares[0] - 2.0 * shares[1] + shares[2] == pytest.approx(0.0, abs=1e-5)
    assert shares[0] != shares[2]


@pytest.mark.parametrize(
    ("regimen", "times", "asked", "message"),
    [
        ("placebo oral", TIMES, {}, "no active dose: give since"),
        (COURSE, [0.0, 24.0, 300.0], {}, "276 h apart"),
        (COURSE, TIMES, {"since": "40 d"}, "simulate longer"),
        (COURSE, TIMES, {"until": "60 d"}, "simulate longer"),
        (COURSE, TIMES, {"among": "everybody"}, "group"),
    ],
)
def test_a_question_without_an_answer_is_refused(regimen, times, asked, message):
    run = ks.simulate(ks.Scenario(regimen, context="none"), t_eval=times)
    with pytest.raises(ks.KetasimError, match=message):
        ks.relapse(run, **asked)


def test_where_nobody_is_well_nobody_relapses():
    severe = ks.Scenario(
        "placebo oral",
        ks.Subject(baseline_madrs=50.0),
        context="none",
        parameters={"symptoms.sd_e": 0.4},
    )
    run = ks.simulate(severe, t_eval=TIMES)
    with pytest.raises(ks.ScenarioError, match="nobody is among the remitters at 24 h"):
        ks.relapse(run, since=0.0, among="remitters")


def test_a_time_outside_the_visits_is_refused(run):
    with pytest.raises(ks.ScenarioError, match="visits are from 24 to 720 h"):
        ks.relapse(run).at("60 d")


@pytest.mark.parametrize(
    ("times", "asked", "message"),
    [
        (
            np.arange(200.0, 1000.0, 12.0),
            {},
            "first visit is at 24 h and the run's first output at 200",
        ),
        (np.arange(0.0, 1000.0, 12.0), {"since": -48.0}, "first output at 0 h"),
        (np.arange(0.0, 1000.0, 12.0), {"until": 60.0}, "give a later until"),
        (np.arange(0.0, 1000.0, 12.0), {"since": 100.0, "until": 50.0}, "give a later until"),
        (np.arange(0.0, 60.0, 12.0), {}, "simulate longer"),
        (np.arange(0.0, 1000.0, 12.0), {"until": 2000.0}, "the run ends at 996 h"),
    ],
)
def test_a_follow_up_outside_the_run_is_refused(times, asked, message):
    infused = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", context="open_label", t_eval=times)
    with pytest.raises(ks.ScenarioError, match=message):
        ks.relapse(infused, **asked)


def test_what_is_no_whole_run_is_refused():
    with pytest.raises(ks.ScenarioError, match="give the Run"):
        ks.relapse(None)
    stopped = ks.simulate(
        "ketamine 0.5 mg/kg iv over 40 min", t_eval=np.arange(0.0, 745.0, 12.0),
        max_steps=20, on_failure="return",
    )  # fmt: skip
    with pytest.raises(ks.ScenarioError, match="stopped early"):
        ks.relapse(stopped)


def test_relapse_follows_the_variant():
    days = np.arange(0.0, 745.0, 12.0)
    run = ks.simulate("ketamine 1 mg/kg iv over 40 min", variant="v0_1", t_eval=days)
    spread = {"symptoms.omega_s": 0.9, "symptoms.sd_e": 0.6}  # those of 0.1.0
    same = ks.simulate(run.scenario, t_eval=days, parameters=spread)
    assert ks.relapse(run).well == ks.relapse(same).well
