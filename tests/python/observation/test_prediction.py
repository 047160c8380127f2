"""Predictions from a run: each statistic on curves whose answer is known, population rules on real runs."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

import ketasim as ks
from ketasim.evidence import Arm, Observation
from ketasim.observation import (
    Course,
    Mood,
    Session,
    ever_at_or_below,
    predictor,
    relapse_clock,
    sampling_times,
    share_at_or_below,
)

ARM = Arm(
    "arm", "study", "human", "trd", 20.0, None, None, None, None, "r", "saline", "", 1.0, ""
)  # fmt: skip
POINT = Observation(
    "o1", "arm", "", "ketamine_venous", "point", 3.0, None, 1.0, "ng/mL", None, "", 20.0, "read",
    1.0, "calibrate", "study", "",
)  # fmt: skip
ONE_DOSE = (Session(0.0, "ketamine", 0.5, 0.0),)


@dataclass(frozen=True)
class Line:
    """A run all of whose readouts are the same function of time."""

    t: np.ndarray
    of: object

    def __getitem__(self, name):
        return self.of(self.t)


def course(o, of, sessions=ONE_DOSE, **more):
    times = np.union1d([0.0], sampling_times(o, sessions, [s.start_h for s in sessions]))
    return Course(Line(times, of), sessions, **more)


def predict(o, of, control=None, **more):
    other = None if control is None else course(o, control)
    return predictor().predict(o, ARM, course(o, of, **more), other)


def hill(t):
    return 5.0 - (t - 2.0) ** 2


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({}, 7.0),
        ({"statistic": "mean", "time_h": 0.0, "time_end_h": 6.0}, 7.0),
        ({"statistic": "auc_0_24", "time_h": 0.0}, 24.0 * 25.0),
        ({"statistic": "max", "time_h": 0.0, "time_end_h": 5.0}, 11.0),
        ({"statistic": "min", "time_h": 1.0, "time_end_h": 5.0}, 3.0),
        ({"statistic": "max", "time_h": 3.0}, 49.0),  # looked for until a day after the dose
    ],
)
def test_statistics_of_a_straight_line(changes, value):
    o = replace(POINT, **changes)
    assert predict(o, lambda t: 1.0 + 2.0 * t).value == pytest.approx(value, rel=1e-12)


def test_a_peak_is_found_where_it_is():
    o = replace(POINT, statistic="tmax", time_h=0.0, time_end_h=6.0)
    assert predict(o, hill).value == pytest.approx(2.0, abs=0.05)
    assert predict(replace(o, statistic="max"), hill).value == pytest.approx(5.0, abs=0.01)


def test_the_time_of_a_peak_counts_from_the_dose_before_it():
    twice = (*ONE_DOSE, Session(168.0, "ketamine", 0.5, 168.0))
    o = replace(POINT, statistic="tmax", time_h=168.0, time_end_h=174.0)
    peak = predict(o, lambda t: -((t - 169.0) ** 2), sessions=twice).value
    assert peak == pytest.approx(1.0, abs=0.02)


def test_an_area_to_infinity_follows_the_tail():
    o = replace(POINT, statistic="auc_inf", time_h=0.0)
    assert predict(o, lambda t: np.exp(-0.2 * t)).value == pytest.approx(5.0, rel=2e-3)


def test_differences_are_taken_from_the_control_arm():
    o = replace(POINT, readout="sbp_change", unit="mmHg", relative_to="other")
    assert predict(o, lambda t: -3.0 * t, control=lambda t: -1.0 * t).value == pytest.approx(-6.0)


@dataclass(frozen=True)
class Rated:
    """A run of patients who start at 34 points, with constant reliefs."""

    drug: float
    context: float
    t: np.ndarray = field(default_factory=lambda: np.array([0.0, 2.0, 3.0]))

    def __getitem__(self, name):
        of = {"madrs_baseline": 34.0, "drug_relief": self.drug, "context_relief": self.context}
        return np.full_like(self.t, of[name])


def mean_of(drug, context):
    """Mean change by a dense average over patients."""
    spread, x = predictor().spread, np.linspace(-8.0, 8.0, 801)
    w = np.exp(-0.5 * x * x)
    w /= w.sum()
    s = spread.sensitivity * np.exp(spread.omega_s * x - 0.5 * spread.omega_s**2)
    z0 = np.log(34.0 / 26.0)
    z = z0 - s[:, None] * drug - context - spread.sd_e * x
    return float(w @ (30.0 * (1.0 + np.tanh(0.5 * z)) - 34.0) @ w)


def test_ratings_of_depression_are_means_over_patients():
    arm = Course(Rated(0.7, 0.4), ONE_DOSE)
    for readout, factor in (("madrs_change", 1.0), ("hdrs17_change", 1.35), ("hdrs_change", 1.2)):
        o = replace(POINT, readout=readout, unit="points")
        found = predictor().predict(o, ARM, arm, None).value
        # 21 nodes on a smooth sigmoid: some 1e-3 points.
        assert found == pytest.approx(mean_of(0.7, 0.4) / factor, abs=5e-3)
    level = replace(POINT, readout="madrs", unit="points")
    assert predictor().predict(level, ARM, arm, None).value == pytest.approx(
        34.0 + mean_of(0.7, 0.4), abs=5e-3
    )


def test_effect_sizes_favour_the_drug_when_positive():
    sd = ks.parameters()["symptoms.sd_change"]["value"]
    drug, control = (Course(Rated(relief, 0.3), ONE_DOSE) for relief in (0.8, 0.0))
    o = replace(POINT, readout="effect_size", unit="SMD", relative_to="other")
    gained = mean_of(0.0, 0.3) - mean_of(0.8, 0.3)
    found = predictor().predict(o, ARM, drug, control).value
    assert found == pytest.approx(gained / sd, abs=1e-3)
    alone = predictor().predict(replace(o, relative_to=""), ARM, drug, None).value
    assert alone == pytest.approx(-mean_of(0.8, 0.3) / sd, abs=1e-3)


def test_ratios():
    share = replace(
        POINT, readout="sbp_change", statistic="ratio", unit="1", time_h=168.0, time_end_h=1008.0
    )
    assert predict(share, lambda t: -t).value == pytest.approx(1 / 6)
    assert predict(share, lambda t: -2 * t, control=lambda t: -t).value == pytest.approx(1 / 6)
    assert predict(share, lambda t: 0 * t).value is None
    risk = replace(POINT, readout="sedation", statistic="ratio", unit="1", relative_to="other")
    assert predict(
        risk, lambda t: 0 * t + 0.6, control=lambda t: 0 * t + 0.2
    ).value == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("value", "slope", "sign"),
    [
        (1, 0.5, 1),
        (1, -0.5, -1),
        (-1, -0.5, -1),
        (0, 0.01, 0),
        (0, 0.5, 1),
        (1, 0.01, 1),
        (1, 0.0, 0),
    ],
)
def test_a_direction_needs_little_and_no_change_allows_some(value, slope, sign):
    o = replace(POINT, readout="p_mtor", statistic="sign", unit="1", value=float(value))
    p = predict(o, lambda t: 1.0 + slope * t)
    assert p.value == sign
    assert p.difference == pytest.approx(3.0 * slope)


def test_a_direction_over_a_window_is_that_of_the_mean():
    o = replace(POINT, readout="p_mtor", statistic="sign", unit="1", time_h=0.0, time_end_h=4.0)
    assert predict(o, lambda t: 1.0 + t, control=lambda t: 4.0 - t).difference == pytest.approx(1.0)


def test_a_rating_at_the_end_of_a_clamp_is_made_under_it():
    def switched_off(t):
        return np.where(t < 3.0, 9.0, 0.0)

    assert predict(POINT, switched_off).value == 0.0
    assert predict(POINT, switched_off, holds_end_h=frozenset({3.0})).value == 9.0


@pytest.mark.parametrize(
    "changes",
    [
        {"readout": "sbp_change", "statistic": "fraction", "unit": "1", "value": 0.1},
        {"readout": "cadss", "statistic": "fraction", "unit": "1", "method": "spontaneous"},
        {"readout": "p_mtor", "statistic": "median_time", "unit": "h"},
        {"readout": "response", "statistic": "ratio", "unit": "1"},
    ],
)
def test_what_the_model_has_no_counterpart_of_gets_a_reason(changes):
    p = predict(replace(POINT, **changes), lambda t: 0 * t + 1.0)
    assert p.value is None
    assert len(p.reason) > 10


def test_relapse_to_drug_use_is_not_relapse_of_depression():
    o = replace(POINT, readout="relapse", statistic="fraction", unit="1", value=0.5, time_h=500.0)
    assert "drug use" in predict(o, lambda t: 0 * t + 20.0, stress=0.0).reason


def test_a_run_that_stopped_early_predicts_nothing():
    p = predict(POINT, lambda t: np.full_like(t, np.nan))
    assert p.value is None
    assert "finite" in p.reason


# --- population rules on real runs ----------------------------------------------------------------

SIX = ks.Scenario(
    ks.Regimen(
        tuple(
            ks.Dose("ketamine", 0.5, "mg/kg", "iv", start_h=h, duration_h=2 / 3)
            for h in (0.0, 48.0, 96.0, 168.0, 216.0, 264.0)
        )
    ),
    context="open_label",
)
SIX_SESSIONS = tuple(Session(d.start_h, d.drug, d.amount, d.start_h) for d in SIX.regimen.doses)
VISITS = np.concatenate([[0.0, 24.0, 288.0], np.arange(336.0, 9025.0, 72.0)])


@pytest.fixture(scope="module")
def six() -> Course:
    return Course(ks.simulate(SIX, t_eval=VISITS), SIX_SESSIONS)


def test_shares_equal_the_closed_form_of_the_model(six):
    p = predictor()
    mood = six.mood(VISITS)
    response = share_at_or_below(mood, 0.5 * mood.baseline, p.spread)
    np.testing.assert_allclose(response, six.run["response"], rtol=0, atol=1e-12)
    remission = share_at_or_below(mood, p.default_cut, p.spread)
    np.testing.assert_allclose(remission, six.run["remission"], rtol=0, atol=1e-12)


def test_relapse_after_six_infusions_is_within_twofold_of_the_published_median(six):
    """18 d in the larger of the two published series (Murrough 2013)."""
    o = replace(
        POINT, readout="relapse", statistic="median_time", unit="h", value=432.0, time_h=264.0
    )
    p = predictor().predict(o, ARM, six, None)
    assert 0.5 * 432.0 < p.value < 2.0 * 432.0
    share = replace(o, statistic="fraction", unit="1", value=0.75, time_h=264.0 + 83 * 24.0)
    assert relapse_clock(share, six.sessions) == 264.0
    free = 1.0 - (predictor().predict(share, ARM, six, None).value or 0.0)
    assert 0.0 < free < 0.25  # most have relapsed by then


def test_more_patients_meet_a_rule_once_than_at_a_given_time(six):
    p = predictor()
    mood = six.mood(np.array([288.0, 336.0, 408.0]))
    at = share_at_or_below(mood, 15.0, p.spread)
    assert ever_at_or_below(mood, 15.0, p.spread) > at.max()


def test_remission_needs_the_cut_of_the_study(six):
    o = replace(POINT, readout="remission", statistic="fraction", unit="1", value=0.3, time_h=288.0)
    ten = predictor().predict(o, ARM, six, None).value
    twelve = predictor().predict(replace(o, cut=12.0), ARM, six, None).value
    noted = predictor().predict(replace(o, note="MADRS 12 or less"), ARM, six, None).value
    assert twelve > ten
    assert noted == ten  # a note is for readers


def test_a_cut_makes_response_stricter_but_never_looser(six):
    o = replace(POINT, readout="response", statistic="fraction", unit="1", value=0.3, time_h=288.0)
    half = predictor().predict(o, ARM, six, None).value
    assert predictor().predict(replace(o, cut=60.0), ARM, six, None).value == half
    assert predictor().predict(replace(o, cut=10.0), ARM, six, None).value < half


def test_a_higher_cut_leaves_fewer_who_dissociate():
    o = replace(POINT, readout="cadss", statistic="fraction", unit="1")
    four, ten = (predict(replace(o, cut=cut), lambda t: 0.0 * t + 6.0).value for cut in (4.0, 10.0))
    assert four == predict(o, lambda t: 0.0 * t + 6.0).value
    assert ten < 0.5 < four


def test_relapse_of_remitters_is_not_that_of_responders(six):
    o = replace(
        POINT, readout="relapse", statistic="fraction", unit="1", value=0.7, time_h=1500.0
    )  # fmt: skip
    all_well = predictor().predict(o, ARM, six, None).value
    assert predictor().predict(replace(o, among="responders"), ARM, six, None).value == all_well
    remitters = replace(o, among="remitters")
    assert predictor().predict(remitters, ARM, six, None).value < all_well
    assert predictor().predict(replace(remitters, cut=5.0), ARM, six, None).value != (
        predictor().predict(remitters, ARM, six, None).value
    )


def test_a_mood_that_stays_flat_never_changes_share():
    t = np.linspace(0.0, 10.0, 5)
    share = share_at_or_below(Mood(30.0, 0 * t, 0 * t), 15.0, predictor().spread)
    assert share.tolist() == [share[0]] * t.size


def weekly(start: float, n: int, amount: float = 56.0, every: float = 168.0) -> list[Session]:
    return [Session(start + k * every, "esketamine", amount, start + k * every) for k in range(n)]


@pytest.mark.parametrize(
    ("sessions", "time_h", "clock"),
    [
        (ONE_DOSE, 768.0, 0.0),  # left alone after the last dose
        (SIX_SESSIONS, 2000.0, 264.0),
        (weekly(0.0, 8, every=84.0) + weekly(672.0, 20), 2184.0, 672.0),  # doses come further apart
        (weekly(0.0, 5, 120.0, 24.0) + weekly(168.0, 12, 180.0), 2184.0, 168.0),  # the dose changes
    ],
)
def test_the_clock_of_relapse_starts_where_treatment_changes(sessions, time_h, clock):
    o = replace(POINT, readout="relapse", statistic="fraction", unit="1", value=0.5, time_h=time_h)
    assert relapse_clock(o, tuple(sessions)) == clock
    assert relapse_clock(replace(o, statistic="median_time", time_h=33.0), tuple(sessions)) == 33.0
