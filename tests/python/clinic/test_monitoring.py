"""Monitoring after a dose: shares by time agree with the evidence's own predictions."""

import numpy as np
import pytest

import ketasim as ks
from ketasim.clinic import CADSS_LIMIT, RISE_LIMIT, SBP_LIMIT
from ketasim.observation import predictor

NASAL = "esketamine 84 mg intranasal"
SIGNS = ("sbp_180", "rise_40", "dissociated", "sedated", "unfit")


@pytest.fixture(scope="module")
def watched() -> ks.Monitoring:
    return ks.monitoring(NASAL, seed=1)


def test_shares_of_pressure_are_those_of_the_observation_model():
    """Drawn patients against the closed form that predicts the published shares."""
    n = 20_000
    watched = ks.monitoring(NASAL, n, seed=2)
    run = ks.simulate(NASAL, t_eval=watched.t)
    pressure = predictor().scales.pressures["sbp_change"]
    highest = run["sbp_change"].max() + pressure.visit
    for sign, limit, on_level in (("rise_40", RISE_LIMIT, False), ("sbp_180", SBP_LIMIT, True)):
        expected = float(pressure.share_above(np.array(highest), limit, on_level=on_level))
        # Three standard errors of a share of n draws.
        error = 3.0 * np.sqrt(expected * (1.0 - expected) / n)
        assert watched.ever[sign][1] == pytest.approx(expected, abs=error)


def test_sedation_and_dissociation_are_those_of_the_readouts():
    n = 20_000
    watched = ks.monitoring(NASAL, n, seed=2)
    run = ks.simulate(NASAL, t_eval=watched.t)
    np.testing.assert_allclose(watched.share["sedated"], run["sedation"], atol=0.012)
    sd = predictor().scales.cadss_log_sd
    peak = int(run["cadss"].argmax())
    z = np.log(CADSS_LIMIT / run["cadss"][peak]) / sd
    from math import erf, sqrt

    expected = 0.5 * (1.0 - erf(z / sqrt(2.0)))
    assert watched.share["dissociated"][peak] == pytest.approx(expected, abs=0.012)


def test_nobody_is_kept_without_a_drug_effect(watched):
    for sign in SIGNS:
        assert watched.share[sign].shape == watched.t.shape
        assert (watched.low[sign] <= watched.share[sign] + 1e-12).all()
        assert (watched.share[sign] <= watched.high[sign] + 1e-12).all()
    assert watched.share["unfit"][0] == 0.0
    # Some are rated as dissociated at a visit without drug.
    assert watched.share["dissociated"][0] > 0.1


def test_more_drug_keeps_patients_longer():
    small = ks.monitoring("esketamine 28 mg intranasal", seed=1)
    large = ks.monitoring(NASAL, seed=1)
    assert small.fit_h[1] < large.fit_h[1]
    for sign in SIGNS:
        assert small.ever[sign][1] <= large.ever[sign][1]


def test_fit_to_leave_is_the_first_time_after_which_95_percent_stay_fit():
    watched = ks.monitoring("ketamine 0.5 mg/kg iv over 40 min", seed=1)
    at = int(np.flatnonzero(watched.t == watched.fit_h[1])[0])
    assert (watched.share["unfit"][at:] <= 0.05).all()
    assert watched.share["unfit"][at - 1] > 0.05
    assert watched.fit_h[0] <= watched.fit_h[1] <= watched.fit_h[2]
    assert "fit to leave" in watched.table()
    assert "Not known" in watched.table()


def test_intervals_are_narrower_for_larger_clinics():
    few, many = (ks.monitoring(NASAL, 4000, seed=1, patients=k).ever["sedated"] for k in (10, 1000))
    assert few[2] - few[0] > many[2] - many[0]
    # Between studies there is a spread that no size removes.
    assert many[2] - many[0] > 0.2


def test_a_later_dose_finds_tolerance():
    course = "esketamine 84 mg intranasal twice weekly for 2 weeks"
    first, last = (ks.monitoring(course, seed=1, dose=k) for k in (0, 3))
    assert last.dose_h == 240.0
    assert last.share["dissociated"].max() < first.share["dissociated"].max()
    np.testing.assert_array_equal(first.share["unfit"], ks.monitoring(NASAL, seed=1).share["unfit"])


def test_equal_seeds_are_equal(watched):
    again = ks.monitoring(NASAL, seed=1)
    np.testing.assert_array_equal(again.high["unfit"], watched.high["unfit"])
    other = ks.monitoring(NASAL, seed=2)
    assert not np.array_equal(other.share["dissociated"], watched.share["dissociated"])


def test_frame_and_figure(watched):
    frame = watched.to_dataframe()
    assert set(frame.sign) == set(SIGNS)
    assert len(frame) == len(SIGNS) * watched.t.size
    assert watched.at("unfit", "2 h")[1] == pytest.approx(
        float(frame[(frame.sign == "unfit") & np.isclose(frame.time_h, 2.0)].share.iloc[0])
    )
    assert "In the model" in watched.plot().get_label()


def test_people_have_curves_of_their_own():
    n = 400
    usual = ks.monitoring(NASAL, n, seed=3)
    same = ks.monitoring(NASAL, n, seed=3, people={"weight_kg": [70.0] * n})
    for sign in SIGNS:
        # Lanes and a run alone take steps of their own, and nobody stands that near to a limit.
        np.testing.assert_allclose(same.share[sign], usual.share[sign], atol=1.01 / n)
    light = ks.monitoring(NASAL, n, seed=3, people={"weight_kg": [45.0] * n, "age_y": [80.0] * n})
    alone = ks.Scenario(NASAL, ks.Subject(weight_kg=45.0, age_y=80.0))
    np.testing.assert_allclose(
        light.share["dissociated"],
        ks.monitoring(alone, n, seed=3).share["dissociated"],
        atol=1.01 / n,
    )
    assert light.share["unfit"].sum() > usual.share["unfit"].sum()
    assert "individual age_y, weight_kg" in light.table()


def test_people_who_cannot_be_simulated_are_named():
    with pytest.raises(ks.ScenarioError, match=r"people\['age_y'\]\[1\].*below 18"):
        ks.monitoring(NASAL, 10, people={"age_y": [40.0, 12.0, *[40.0] * 8]})
    with pytest.raises(ks.ScenarioError, match="1 of 10 people.*person 3: weight_kg"):
        ks.monitoring(NASAL, 10, people={"weight_kg": [70.0, 70.0, 70.0, 900.0, *[70.0] * 6]})
    with pytest.raises(ks.ScenarioError, match="one value for each subject"):
        ks.monitoring(NASAL, 10, people={"age_y": [40.0]})


def test_impossible_requests_are_refused():
    with pytest.raises(ks.ScenarioError, match="has 0 doses"):
        ks.monitoring("placebo iv")
    with pytest.raises(ks.ScenarioError, match="is for humans"):
        ks.monitoring(ks.Scenario("ketamine 10 mg/kg ip", ks.Subject(species="rat")))
    with pytest.raises(ks.ScenarioError, match="at least 5 min"):
        ks.monitoring(NASAL, until=0.01)
    with pytest.raises(ks.UnknownNameError, match="sedated"):
        ks.monitoring(NASAL, n=100).at("asleep", 1.0)
    with pytest.raises(ks.ScenarioError, match="looks are from"):
        ks.monitoring(NASAL, n=100, until="1 h").at("sedated", "2 h")
