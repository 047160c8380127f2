"""Claims about simulated trials: what a trial shows, how often it succeeds, and what it depends on."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import ketasim as ks
from ketasim.observation import BetweenTrials, Mood, mean_change, predictor

INFUSION = ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", context="saline")
SALINE = ks.Scenario("placebo iv over 40 min", context="saline")
#: Every trial is the typical one.
ALIKE = BetweenTrials(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def design(n=25, **changes):
    arms = [ks.TrialArm("ketamine", INFUSION, n), ks.TrialArm("saline", SALINE, n)]
    return ks.TrialDesign(arms, **{"visits_h": [24.0, 168.0], **changes})


@pytest.fixture(scope="module")
def trials():
    return ks.simulate_trial(design(), 100, seed=3)


def test_means_are_those_of_the_observation_model():
    """Without differences between trials, many patients with one exposure average to the closed form."""
    one = design(n=2000, baseline_sd=0.0, visits_h=[24.0])
    found = ks.simulate_trial(one, 4, seed=1, between=ALIKE)
    for name, scenario in (("ketamine", INFUSION), ("saline", SALINE)):
        run = ks.simulate(scenario, t_eval=[24.0], rtol=1e-6)
        expected = float(mean_change(Mood.of(run, np.array([0])), predictor().spread)[0])
        # Kinetics differ between patients in the trial and not in the closed form.
        assert found.mean_change[name].mean() == pytest.approx(expected, abs=0.6)


def test_a_trial_is_a_function_of_seed_and_number(trials):
    """Not of how many there are, of threads, or of who computes them."""
    few = ks.simulate_trial(design(), 7, seed=3, threads=1)
    with ThreadPoolExecutor(2) as pool:
        pooled = ks.simulate_trial(design(), 100, seed=3, executor=pool)
    other = ks.simulate_trial(design(), 7, seed=4)
    for name in ("effect", "se", "p"):
        assert np.array_equal(getattr(few, name)["ketamine"], getattr(trials, name)["ketamine"][:7])
        assert np.array_equal(getattr(pooled, name)["ketamine"], getattr(trials, name)["ketamine"])
    assert not np.array_equal(few.effect["ketamine"], other.effect["ketamine"])
    assert pickle.loads(pickle.dumps(trials)) == trials


def test_placebo_against_placebo_is_significant_as_often_as_alpha_says():
    arms = [ks.TrialArm("a", SALINE, 15), ks.TrialArm("b", SALINE, 15)]
    null = ks.simulate_trial(ks.TrialDesign(arms, visits_h=[24.0]), 1500, seed=2, between=ALIKE)
    p = null.p["a"]
    # 1,500 trials: the standard error of a share of 5 % is 0.6 %.
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert p.mean() == pytest.approx(0.5, abs=0.03)
    assert null.effect["a"].mean() == pytest.approx(0.0, abs=0.3)


def test_placebo_against_placebo_differs_by_chance_alone_in_trials_as_published():
    """What differs between trials and visits is common to the arms of a randomised trial."""
    arms = [ks.TrialArm("a", SALINE, 200), ks.TrialArm("b", SALINE, 200)]
    null = ks.simulate_trial(ks.TrialDesign(arms, visits_h=[24.0]), 400, seed=2)
    # 400 trials: the standard error of a share of 5 % is 1.1 %.
    assert (null.p["a"] < 0.05).mean() == pytest.approx(0.05, abs=0.035)


def test_power_grows_with_patients_and_falls_with_dropout():
    small, large = (ks.simulate_trial(design(n), 200, seed=1).power("ketamine") for n in (5, 40))
    assert small.share < large.share
    assert 0.0 < small.error < 0.05
    leaving = ks.simulate_trial(design(10, dropout_per_week=0.3), 100, seed=1)
    staying = ks.simulate_trial(design(10), 100, seed=1)
    assert leaving.rated["saline"][:, 1].mean() == pytest.approx(7.0, abs=0.5)
    assert staying.rated["saline"].min() == 10.0
    assert leaving.se["ketamine"].mean() > staying.se["ketamine"].mean()


def test_a_part_of_the_effect_is_unblinding():
    blind = {"symptoms.lambda_U": 0.0}
    arms = [
        ks.TrialArm(
            "ketamine", ks.Scenario(INFUSION.regimen, context="saline", parameters=blind), 25
        ),
        ks.TrialArm("saline", ks.Scenario(SALINE.regimen, context="saline", parameters=blind), 25),
    ]
    masked = ks.simulate_trial(ks.TrialDesign(arms), 100, seed=3)
    seen = ks.simulate_trial(design(), 100, seed=3)
    assert seen.effect["ketamine"].mean() < masked.effect["ketamine"].mean() < 0.0


def test_trials_differ_more_if_the_model_is_uncertain():
    known = ks.simulate_trial(design(visits_h=[24.0]), 200, seed=5)
    uncertain = ks.simulate_trial(design(visits_h=[24.0]), 200, seed=5, uncertainty=True)
    assert "symptoms.w_R" in uncertain.uncertain
    assert uncertain.effect["ketamine"].std() > known.effect["ketamine"].std()
    assert "assurance" in str(uncertain)
    assert "power" in str(known)
    given = ks.simulate_trial(
        design(400, visits_h=[24.0]),
        3,
        seed=5,
        uncertainty={"symptoms.w_S": [0.3, 0.93, 3.0]},
        between=ALIKE,
    )
    assert np.diff(given.mean_change["ketamine"][:, 0]).max() < 0.0


def test_patients_needed_agree_with_the_power_that_is_simulated():
    pilot = ks.simulate_trial(design(20, visits_h=[24.0]), 300, seed=6, between=ALIKE)
    n = round(pilot.patients_for("ketamine", 0.8))
    power = ks.simulate_trial(design(max(n, 3), visits_h=[24.0]), 400, seed=7, between=ALIKE)
    # A normal approximation with few patients.
    assert power.power("ketamine").share == pytest.approx(0.8, abs=0.12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"visits_h": []}, "visits_h"),
        ({"visits_h": [24.0, 24.0]}, "different times"),
        ({"visits_h": [-1.0]}, "visits_h = -1"),
        ({"primary_h": 48.0}, "is no visit"),
        ({"alpha": 0.0}, "alpha = 0"),
        ({"dropout_per_week": 1.5}, "dropout_per_week = 1.5"),
        ({"baseline_sd": float("nan")}, "baseline_sd"),
        ({"entry_madrs": 70.0}, "entry_madrs = 70"),
        ({"control": "salin"}, "saline"),
    ],
)
def test_an_impossible_design_is_refused_in_words(change, words):
    with pytest.raises(ks.KetasimError, match=words):
        design(**change)


def test_what_is_no_trial_is_refused_before_the_first_step():
    with pytest.raises(ks.ScenarioError, match="two or more"):
        ks.TrialDesign([ks.TrialArm("a", SALINE, 5)])
    with pytest.raises(ks.ScenarioError, match="a name of its own"):
        ks.TrialDesign([ks.TrialArm("a", SALINE, 5)] * 2)
    with pytest.raises(ks.ScenarioError, match="n = 1"):
        ks.TrialArm("a", SALINE, 1)
    with pytest.raises(ks.ScenarioError, match="design = "):
        ks.simulate_trial("ketamine")
    with pytest.raises(ks.ScenarioError, match="n_trials"):
        ks.simulate_trial(design(), 0)
    with pytest.raises(ks.ScenarioError, match="one for each trial"):
        ks.simulate_trial(design(), 5, uncertainty={"symptoms.w_R": [1.0]})
    with pytest.raises(ks.ParameterError, match="w_R = -1 in trial 1"):
        ks.simulate_trial(design(), 2, uncertainty={"symptoms.w_R": [0.5, -1.0]})
    with pytest.raises(ks.UnknownNameError, match="w_R"):
        ks.simulate_trial(design(), 1, uncertainty={"symptoms.w_Q": [1.0]})
    with pytest.raises(ks.UnknownNameError):
        ks.simulate_trial(design(), 1, seed=1).power("saline")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"visits_h": 24}, "a list of hours"),
        ({"visits_h": "24 h"}, "a list of hours"),
        ({"visits_h": [float("inf")]}, "visits_h = inf"),
        ({"primary_h": "24 h"}, "is no visit"),
        ({"control": 1}, "must be text"),
    ],
)
def test_what_is_no_list_of_hours_and_no_name_is_refused_in_words(change, words):
    with pytest.raises(ks.KetasimError, match=words):
        design(**change)
    assert design(visits_h=np.array([24, 168])).visits_h == (24.0, 168.0)


def test_animals_have_no_trial():
    rat = ks.Scenario("ketamine 10 mg/kg ip", ks.Subject(species="rat"))
    with pytest.raises(ks.ScenarioError, match="of a rat"):
        ks.TrialDesign([ks.TrialArm("a", rat, 5), ks.TrialArm("b", SALINE, 5)])


@pytest.mark.parametrize(
    "changes", [{"entry_madrs": 50.0}, {"entry_madrs": 40.0, "baseline_sd": 0.0}]
)
def test_a_trial_that_hardly_anyone_may_enter_is_refused(changes):
    """The others would all start with the least rating."""
    with pytest.raises(ks.ScenarioError, match="0 % may enter"):
        ks.simulate_trial(design(**changes), 2)


def test_what_is_no_executor_and_no_difference_between_trials_is_refused():
    with pytest.raises(ks.ScenarioError, match="executor = 'x'"):
        ks.simulate_trial(design(), 2, executor="x")
    with pytest.raises(ks.ScenarioError, match="between = 0"):
        ks.simulate_trial(design(), 2, between=0)


def test_trials_without_a_comparison_are_counted_in_words():
    lost = ks.simulate_trial(design(2, dropout_per_week=0.9, visits_h=[2000.0]), 3)
    assert "in 3 of 3 trials too few patients" in str(lost)
    assert np.isnan(lost.effect_range("ketamine")).all()
    assert np.isnan(lost.patients_for("ketamine"))
    assert lost.power("ketamine").share == 0.0


def test_levels_and_powers_are_between_0_and_1(trials):
    for level in (2.0, -1.0, "a"):
        with pytest.raises(ks.ScenarioError, match="level = "):
            trials.effect_range("ketamine", level)
    with pytest.raises(ks.ScenarioError, match="power = 1.5"):
        trials.patients_for("ketamine", 1.5)
