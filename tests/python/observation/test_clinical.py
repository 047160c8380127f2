"""One answer to 'response': every way to ask gives the same number."""

import dataclasses
import math

import numpy as np
import pytest

import ketasim as ks
from ketasim.observation import Mood, Spread, predictor, share_at_or_below

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
HOURS = (24.0, 168.0)
N = 4000
SHARES = ("response", "remission")
SEEN = ("madrs_baseline", "drug_relief", "context_relief")
CONTEXTS = ("midazolam", "saline", "none", "open_label")


def rate(population, share, time_h):
    return getattr(population, f"{share}_rate")(time_h)


def three_standard_errors(share):
    """Of the share of N people of whom each is counted or not."""
    return 3.0 * math.sqrt(share * (1.0 - share) / N)


@pytest.fixture(scope="module", params=CONTEXTS)
def asked(request):
    """A context, its typical subject and its population."""
    scenario = ks.Scenario(INFUSION, context=request.param)
    run = ks.simulate(scenario, t_eval=HOURS)
    crowd = ks.simulate_population(scenario, N, seed=1, readouts=[*SHARES, *SEEN], t_eval=HOURS)
    return scenario, run, crowd


def test_the_evidence_predicts_what_the_run_reads(asked):
    _, run, _ = asked
    rules = predictor()
    mood = Mood.of(run, np.arange(len(HOURS)))
    cuts = {"response": 0.5 * mood.baseline, "remission": rules.default_cut}
    for name in SHARES:
        share = share_at_or_below(mood, cuts[name], rules.spread)
        np.testing.assert_allclose(share, run[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("time_h", HOURS)
@pytest.mark.parametrize("share", SHARES)
def test_a_population_responds_and_remits_as_the_run_says(asked, share, time_h):
    """Within what N draws can show; variable kinetics move the mean by less (0.009 at most)."""
    _, run, crowd = asked
    closed = run.at(share, time_h)
    assert abs(rate(crowd, share, time_h) - closed) <= three_standard_errors(closed)
    seen = crowd.observed(time_h)
    drawn = {"response": seen.responder, "remission": seen.remitter}[share]
    assert abs(drawn.mean() - closed) <= three_standard_errors(closed)


@pytest.mark.parametrize("time_h", HOURS)
@pytest.mark.parametrize("share", SHARES)
def test_members_who_differ_by_sensitivity_alone_have_the_closed_form_as_their_mean(
    asked, share, time_h
):
    scenario, run, crowd = asked
    own = {"symptoms.sensitivity": crowd.parameters["symptoms.sensitivity"]}
    alike = ks.simulate_population(scenario, N, parameters=own, readouts=[*SHARES], t_eval=HOURS)
    chances = alike[share][:, HOURS.index(time_h)]
    standard_error = chances.std() / math.sqrt(N)
    assert abs(rate(alike, share, time_h) - run.at(share, time_h)) <= 3.0 * standard_error


def test_nobody_varies_where_drawing_is_off(asked):
    """All members are the typical subject: the rate is the closed form, and what is drawn too."""
    scenario, run, _ = asked
    same = ks.simulate_population(
        scenario, N, seed=3, parameters={}, readouts=[*SHARES, *SEEN], t_eval=HOURS
    )
    for time_h in HOURS:
        seen = same.observed(time_h)
        for share, drawn in (("response", seen.responder), ("remission", seen.remitter)):
            closed = run.at(share, time_h)
            assert rate(same, share, time_h) == pytest.approx(closed, rel=0, abs=1e-12)
            assert abs(drawn.mean() - closed) <= three_standard_errors(closed)


def test_a_summary_counts_what_the_members_have(asked):
    scenario, _, crowd = asked
    counted = ks.simulate_population(
        scenario,
        N,
        seed=1,
        readouts=[*SHARES, *SEEN],
        t_eval=HOURS,
        quantiles=[0.5],
        improvements=[0.25, 0.5],
    )
    for time_h in HOURS:
        for share in SHARES:
            assert rate(counted, share, time_h) == pytest.approx(
                rate(crowd, share, time_h), rel=0, abs=1e-12
            )
        assert counted.response_rate(time_h, 0.25) == pytest.approx(
            crowd.response_rate(time_h, 0.25), rel=0, abs=1e-12
        )


def test_rates_follow_from_relief_as_they_do_from_the_readouts(asked):
    scenario, _, crowd = asked
    fewer = ks.simulate_population(scenario, 50, seed=1, readouts=[*SEEN], t_eval=HOURS)
    same = ks.simulate_population(scenario, 50, seed=1, readouts=[*SHARES], t_eval=HOURS)
    for time_h in HOURS:
        for share in SHARES:
            assert rate(fewer, share, time_h) == pytest.approx(
                rate(same, share, time_h), rel=0, abs=1e-12
            )
    rates = [crowd.response_rate(24.0, share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert rates == sorted(rates, reverse=True)


def test_the_gallery_asks_the_population():
    from ketasim.gallery import population_bands

    crowd = ks.simulate_population(
        ks.Scenario(INFUSION, context="midazolam"),
        400,
        seed=1,
        readouts=["response"],
        t_eval=[0.0, 24.0, 72.0, 168.0],
    )
    alt = population_bands().alt
    for day in (1, 3, 7):
        expected = f"ketamine day {day} {100 * crowd.response_rate(24.0 * day):.0f} %"
        assert expected in alt


def test_the_readout_of_a_member_is_its_own_chance(asked):
    """Alone it is the same run; the typical subject averages over such people."""
    scenario, _, crowd = asked
    who = {name: float(values[7]) for name, values in crowd.parameters.items()}
    assert who["symptoms.omega_s"] == 0.0
    with pytest.warns(ks.ParameterRangeWarning):
        alone = ks.simulate(dataclasses.replace(scenario, parameters=who), t_eval=HOURS)
    for share in SHARES:
        assert np.array_equal(alone[share], crowd[share][7])


def test_baselines_of_their_own_are_those_that_halve():
    scenario = ks.Scenario(INFUSION, context="midazolam")
    baselines = np.array([20.0, 28.0, 35.0, 45.0])
    crowd = ks.simulate_population(
        scenario,
        4,
        parameters={},
        baseline_madrs=baselines,
        readouts=[*SHARES, *SEEN],
        t_eval=[24.0],
    )
    np.testing.assert_allclose(crowd["madrs_baseline"][:, 0], baselines, rtol=1e-14)
    for k, baseline in enumerate(baselines):
        subject = ks.Subject(baseline_madrs=baseline)
        alone = ks.simulate(dataclasses.replace(scenario, subject=subject), t_eval=[24.0])
        for share in SHARES:
            assert crowd[share][k, 0] == alone[share][0]
    mean = crowd["response"].mean()
    assert crowd.response_rate(24.0) == pytest.approx(mean, rel=0, abs=1e-15)
    healthy = ks.simulate_population(
        scenario, 2, parameters={}, severity=[1.0, 0.4], readouts=[*SEEN], t_eval=[24.0]
    )
    assert healthy["madrs_baseline"][1, 0] < healthy["madrs_baseline"][0, 0]


def test_a_scenario_with_another_mean_sensitivity_is_asked_the_same_everywhere():
    scenario = ks.Scenario(INFUSION, context="midazolam", parameters={"symptoms.sensitivity": 2.0})
    run = ks.simulate(scenario, t_eval=[24.0])
    assert (
        run["response"][0]
        > ks.simulate(ks.Scenario(INFUSION, context="midazolam"), t_eval=[24.0])["response"][0]
        + 0.05
    )
    crowd = ks.simulate_population(scenario, N, seed=1, readouts=["response"], t_eval=[24.0])
    closed = run["response"][0]
    assert abs(crowd.response_rate(24.0) - closed) <= three_standard_errors(closed)
    rules = predictor()
    spread = dataclasses.replace(rules.spread, sensitivity=2.0)
    mood = Mood.of(run, np.array([0]))
    share = share_at_or_below(mood, 0.5 * mood.baseline, spread)
    assert share[0] == pytest.approx(closed, rel=0, abs=1e-12)


def test_what_is_drawn_depends_on_seed_member_and_time_alone():
    scenario = ks.Scenario(INFUSION)
    ask = {"readouts": [*SEEN], "seed": 5}
    few = ks.simulate_population(scenario, 3, t_eval=[24.0], **ask).observed(24.0)
    crowd = ks.simulate_population(scenario, 40, t_eval=[0.0, 1.0, 24.0], **ask)
    many = crowd.observed("24 h")
    assert np.array_equal(few.madrs, many.madrs[:3])
    assert not np.array_equal(crowd.observed(1.0).madrs, many.madrs)
    assert ((many.madrs >= 0.0) & (many.madrs <= 60.0)).all()
    # The control shift stays: errors of two times leave a correlation that relief cannot make.
    far = ks.simulate_population(scenario, N, t_eval=[0.0, 8000.0], parameters={}, **ask)
    first, last = far.observed(0.0).madrs, far.observed(8000.0).madrs
    assert np.corrcoef(first, last)[0, 1] > 0.5


def test_members_that_failed_are_not_observed_and_do_not_count():
    crowd = ks.simulate_population(
        INFUSION, 3, weight_kg=[70.0, -5.0, 60.0], readouts=[*SEEN], t_eval=[24.0]
    )
    seen = crowd.observed(24.0)
    assert np.isnan(seen.madrs).tolist() == [False, True, False]
    assert not seen.responder[1]
    assert not seen.remitter[1]
    assert 0.0 < crowd.response_rate(24.0) < 1.0
    nobody = ks.simulate_population(INFUSION, 1, weight_kg=[-5.0], readouts=[*SEEN], t_eval=[24.0])
    assert math.isnan(nobody.response_rate(24.0))
    assert math.isnan(nobody.remission_rate(24.0))


def test_what_was_not_kept_is_asked_for():
    crowd = ks.simulate_population(INFUSION, 2, readouts=["madrs", "response"], t_eval=[24.0])
    with pytest.raises(ks.ScenarioError, match="'madrs_baseline', 'drug_relief'"):
        crowd.response_rate(24.0, 0.3)
    with pytest.raises(ks.ScenarioError, match="'remission'"):
        crowd.remission_rate(24.0)
    with pytest.raises(ks.ScenarioError, match="'context_relief'"):
        crowd.observed(24.0)
    with pytest.raises(ks.ScenarioError, match="put it in t_eval"):
        crowd.response_rate(25.0)
    counted = ks.simulate_population(
        INFUSION, 2, readouts=["madrs"], t_eval=[24.0], quantiles=[0.5]
    )
    for ask in (counted.response_rate, counted.remission_rate):
        with pytest.raises(ks.ScenarioError, match="keep readout"):
            ask(24.0)


def test_the_sum_of_reliefs_is_the_symptom_level():
    run = ks.simulate(ks.Scenario(INFUSION, context="saline"), t_eval=[0.0, 2.0, 24.0, 168.0])
    baseline = run["madrs_baseline"]
    level = np.log(baseline / (60.0 - baseline)) - run["drug_relief"] - run["context_relief"]
    np.testing.assert_allclose(run["madrs"], 60.0 / (1.0 + np.exp(-level)), rtol=1e-14)
    assert run.unit("drug_relief") == run.unit("context_relief") == "1"


def test_relief_is_differentiated():
    names = ["drug_relief", "context_relief", "madrs_baseline"]
    wrt = ["symptoms.w_R", "symptoms.lambda_U", "symptoms.madrs_depressed"]
    scenario = ks.Scenario(INFUSION, context="saline")
    s = ks.sensitivity(scenario, wrt, names, t_eval=[24.0], rtol=1e-8)
    for k, name in enumerate(wrt):
        value = ks.parameters()[name]["value"]
        ends = [
            ks.simulate(scenario, parameters={name: value * f}, t_eval=[24.0], rtol=1e-10)
            for f in (1.001, 0.999)
        ]
        for readout in names:
            slope = (ends[0][readout][0] - ends[1][readout][0]) / (0.002 * value)
            # A central difference of 0.1 % of two runs of rtol 1e-10.
            assert s[readout][0, k] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    assert s["drug_relief"][0, 0] > 0.0
    assert s["context_relief"][0, 1] > 0.0
    assert s["madrs_baseline"][0, 2] == pytest.approx(1.0, rel=1e-12)


def test_a_spread_has_no_default():
    with pytest.raises(TypeError):
        Spread(0.9, 0.6, 4.5)
