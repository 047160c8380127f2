"""Programmes: doses follow from ratings; a rule that never acts changes nothing."""

import pickle
from functools import cache

import numpy as np
import pytest

import ketasim as ks
from ketasim.catalogue import all_sources
from ketasim.clinic import (
    LEFT_OUT,
    Ladder,
    Progress,
    RaiseUnlessImproved,
    SkipWhenImproved,
    StopUnlessImproved,
    programme,
)
from ketasim.observation import predictor

OPEN = ks.Scenario("no drug", context="open_label")
NAMES = ks.programmes().names
TIMES = np.arange(0.0, 22 * 24.0 + 1.0, 6.0)


def three(rules=(), **more) -> ks.Programme:
    """Three weekly visits with two doses."""
    levels = ["ketamine 0.5 mg/kg sc", "ketamine 0.75 mg/kg sc"]
    return ks.Programme(levels, [0.0, 168.0, 336.0], rules, **more)


@cache
def label(threads: int = 2) -> ks.ProgrammePopulation:
    return ks.simulate_programme_population("esketamine_label", 24, OPEN, seed=5, threads=threads)


# --- exactness ------------------------------------------------------------------------------------


def test_a_rule_that_never_acts_equals_the_fixed_regimen_bit_for_bit():
    never = [RaiseUnlessImproved(-100.0, highest=1), SkipWhenImproved(1.0, visit=1)]
    patient = ks.simulate_programme(three(never), OPEN, t_eval=TIMES, seed=3)
    fixed = ks.Scenario("ketamine 0.5 mg/kg sc weekly x 3", context="open_label")
    run = ks.simulate(fixed, t_eval=TIMES)
    assert patient.levels == (0, 0, 0)
    np.testing.assert_array_equal(patient.run.y, run.y)
    np.testing.assert_array_equal(patient["madrs"], run["madrs"])


def test_the_same_for_every_patient_of_a_population():
    never = [RaiseUnlessImproved(-100.0, highest=1)]
    clinic = ks.simulate_programme_population(
        three(never), 12, OPEN, seed=3, t_eval=TIMES, readouts=["madrs_change", "cadss"]
    )
    people = ks.simulate_population(
        ks.Scenario("ketamine 0.5 mg/kg sc weekly x 3", context="open_label"), 12, seed=3,
        t_eval=TIMES, readouts=["madrs_change", "cadss"],
    )  # fmt: skip
    np.testing.assert_array_equal(clinic.people.values, people.values)


def test_what_a_visit_sees_is_in_the_run_that_follows():
    """Visits solve the doses so far; the whole run has the same states at the visits, bit for bit."""
    patient = ks.simulate_programme("esketamine_label", OPEN, seed=2, rating_error=False)
    visits = patient.programme.visits_h
    again = ks.simulate(patient.run.scenario, t_eval=visits)
    # Without error a rating is the MADRS of the model, computed by another formula.
    np.testing.assert_allclose(patient.ratings, again["madrs"], rtol=1e-9)


@pytest.mark.parametrize("threads", [1, 3])
def test_results_do_not_depend_on_threads(threads):
    other = label(threads)
    np.testing.assert_array_equal(other.ratings, label().ratings)
    np.testing.assert_array_equal(other.levels, label().levels)
    np.testing.assert_array_equal(other.people.values, label().people.values)


def test_a_patient_is_the_same_in_a_larger_clinic_and_another_with_another_seed():
    few = ks.simulate_programme_population("kads_subcutaneous", 5, OPEN, seed=5)
    more = ks.simulate_programme_population("kads_subcutaneous", 9, OPEN, seed=5)
    other = ks.simulate_programme_population("kads_subcutaneous", 5, OPEN, seed=6)
    np.testing.assert_array_equal(few.ratings, more.ratings[:5])
    np.testing.assert_array_equal(few.levels, more.levels[:5])
    assert not np.array_equal(few.ratings, other.ratings)


# --- rules ----------------------------------------------------------------------------------------


def test_the_next_dose_depends_on_the_last_rating():
    clinic = ks.simulate_programme_population(
        three([RaiseUnlessImproved(0.5, highest=1)]), 30, OPEN, seed=1
    )
    improvement = 1.0 - clinic.ratings / clinic.ratings[:, :1]
    raised = clinic.levels[:, 1] == 1
    np.testing.assert_array_equal(raised, improvement[:, 1] < 0.5)
    assert 0 < raised.sum() < 30
    # Each got the doses of the record, and no others.
    for levels, regimen in zip(clinic.levels, clinic.people.regimens, strict=True):
        amounts = [(0.5, 0.75)[k] for k in levels]
        assert [d.amount for d in regimen.doses] == amounts


def test_ratings_have_the_error_of_a_rater():
    n = 400
    drug_free = three([Ladder((None,))])
    with_error = ks.simulate_programme_population(drug_free, n, seed=1)
    exact = ks.simulate_programme_population(drug_free, n, seed=1, rating_error=False)
    # The first rating is the baseline, from which improvement is counted.
    np.testing.assert_array_equal(with_error.ratings[:, 0], exact.ratings[:, 0])
    error = (with_error.ratings - exact.ratings)[:, 1:]
    # 800 normal numbers: the SD is known to 1/sqrt(1600) = 2.5 %, three times that.
    assert error.std() == pytest.approx(float(predictor().spread.sigma_y), rel=0.075)
    assert abs(np.corrcoef(error[:, 0], error[:, 1])[0, 1]) < 0.15
    assert (with_error.levels == -1).all()
    assert (with_error.doses == 0).all()


def test_rules_are_asked_in_turn_and_no_dose_ends_them():
    def refuse(progress, level):
        raise AssertionError("not asked")

    stop = StopUnlessImproved(1.0, visit=1)
    with pytest.raises(ks.ScenarioError, match="not asked"):
        ks.simulate_programme(three([refuse]), OPEN)
    patient = ks.simulate_programme(
        three([lambda progress, level: 1 if progress.visit == 0 else level, stop]), OPEN
    )
    assert patient.levels == (1, None, None)
    assert [d.start_h for d in patient.run.scenario.regimen.doses] == [0.0]


def test_the_first_rating_is_the_baseline_of_response_rates():
    """Nobody has a control shift before treatment: rules and response rates count from one baseline."""
    people = {"baseline_madrs": np.linspace(22.0, 45.0, 40)}
    readouts = ["madrs_baseline", "drug_relief", "context_relief"]
    visits = [0.0, 168.0, 336.0]
    clinic = ks.simulate_programme_population(
        three(), 40, OPEN, seed=8, people=people, readouts=readouts, t_eval=visits
    )
    np.testing.assert_allclose(clinic.ratings[:, 0], people["baseline_madrs"], rtol=1e-12)
    for k in (1, 2):
        seen = clinic.people.observed(visits[k])
        np.testing.assert_array_equal(seen.madrs, clinic.ratings[:, k])
        by_ratings = clinic.ratings[:, k] <= 0.5 * clinic.ratings[:, 0]
        np.testing.assert_array_equal(seen.responder, by_ratings)
        assert 0 < by_ratings.sum() < 40
    one = ks.simulate_programme(three(), ks.Scenario("no drug", ks.Subject(baseline_madrs=31.0)))
    assert one.ratings[0] == pytest.approx(31.0, rel=1e-12)


def test_an_error_in_a_rule_says_whose_when_and_which():
    def of_my_own(progress, level):
        return [0][progress.visit if progress.ratings[0] > 30.0 else 0]

    people = {"baseline_madrs": [25.0, 28.0, 34.0]}
    says = r"of_my_own at visit 1 \(168 h\) of person 2 failed with IndexError: list index out of range"
    with pytest.raises(ks.ScenarioError, match=says) as caught:
        ks.simulate_programme_population(three([of_my_own]), 3, OPEN, people=people)
    assert isinstance(caught.value.__cause__, IndexError)
    alone = ks.Scenario("no drug", ks.Subject(baseline_madrs=34.0))
    with pytest.raises(ks.ScenarioError, match=r"of_my_own at visit 1 \(168 h\) failed") as caught:
        ks.simulate_programme(three([of_my_own]), alone)
    assert isinstance(caught.value.__cause__, IndexError)


def test_each_rule_does_what_it_says():
    ill, well = (30.0, 29.0), (30.0, 10.0)
    up = RaiseUnlessImproved(0.5, highest=2, at=(1,))
    assert up(Progress(1, 72.0, ill, (0,)), 0) == 1
    assert up(Progress(1, 72.0, ill, (2,)), 2) == 2
    assert up(Progress(1, 72.0, well, (0,)), 0) == 0
    assert up(Progress(2, 168.0, (*ill, 29.0), (0, 1)), 1) == 1
    skip = SkipWhenImproved(0.5, visit=1)
    assert skip(Progress(1, 168.0, well, (0,)), 0) is None
    assert skip(Progress(2, 336.0, (*well, 10.0), (0, None)), 0) == 0
    assert skip(Progress(1, 168.0, ill, (0,)), 0) == 0
    stop = StopUnlessImproved(0.5, visit=1)
    assert stop(Progress(2, 336.0, (30.0, 29.0, 3.0), (0, None)), 0) is None
    assert stop(Progress(2, 336.0, (30.0, 9.0, 29.0), (0, 0)), 0) == 0
    assert Ladder((0, None, 1))(Progress(7, 999.0, ill, ()), 0) == 1
    assert Progress(0, 0.0, (0.0,), ()).improvement == 0.0


def test_responders_go_to_every_two_weeks_and_others_stay_weekly():
    clinic = label()
    late = clinic.levels[:, 12:]
    improvement = 1.0 - clinic.ratings / clinic.ratings[:, :1]
    for row, better in zip(late, improvement[:, 12:], strict=True):
        # A dose is left out only at 50 % improvement, and never twice in a row.
        skipped = row == -1
        assert (better[skipped] >= 0.5).all()
        assert not (skipped[1:] & skipped[:-1]).any()
    assert (late == -1).any()
    assert (clinic.levels[:, :12] >= 0).all()


def test_non_responders_of_an_induction_get_no_maintenance():
    clinic = ks.simulate_programme_population("iv_induction_and_maintenance", 30, OPEN, seed=2)
    better = clinic.ratings[:, 6] <= 0.5 * clinic.ratings[:, 0]
    assert 0 < better.sum() < 30
    np.testing.assert_array_equal(clinic.doses, np.where(better, 10, 6))


# --- people ---------------------------------------------------------------------------------------


def test_a_patient_of_a_clinic_equals_that_person_alone():
    """Elders, women and a genotype: without variability each has the run of its own subject."""
    people = {
        "age_y": [80.0, None, 67.0],
        "sex": ["female", "male", None],
        "genotype": [None, "met66met", None],
        "weight_kg": [55.0, 90.0, 70.0],
        "baseline_madrs": [30.0, 36.0, 41.0],
    }
    rules = [RaiseUnlessImproved(0.5, highest=1)]
    readouts = ["ketamine_venous", "madrs"]
    asked = {
        "parameters": {},
        "rating_error": False,
        "readouts": readouts,
        "t_eval": [1.0, 169.0, 337.0],
    }
    clinic = ks.simulate_programme_population(
        three(rules), 3, OPEN, people={k: iter(v) for k, v in people.items()}, **asked
    )
    assert clinic.people.people["sex"].tolist() == ["female", "male", ""]
    for i in range(3):
        person = ks.Subject(**{name: column[i] for name, column in people.items()})
        regimen = clinic.programme.regimen([None if k < 0 else int(k) for k in clinic.levels[i]])
        run = ks.simulate(
            ks.Scenario(regimen, person, context="open_label"), t_eval=[1.0, 169.0, 337.0]
        )
        for name in readouts:
            assert clinic.people[name][i] == pytest.approx(run[name], rel=1e-9)


def test_people_of_a_programme_are_refused_as_those_of_a_population():
    for people, says in (
        ({"age_y": [40.0, 15.0]}, r"people\['age_y'\]\[1\].*below 18"),
        ({"sex": ["female"]}, "one value for each subject"),
        ({"height": [1.0, 1.0]}, "unknown column of people 'height'"),
        ([1, 2], "mapping"),
    ):
        for simulated in (
            lambda p: ks.simulate_programme_population(three(), 2, OPEN, people=p),
            lambda p: ks.simulate_population("ketamine 35 mg im", 2, people=p),
        ):
            with pytest.raises(ks.KetasimError, match=says):
                simulated(people)


# --- the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_programme_says_where_its_numbers_come_from(name):
    row = ks.programmes()[name]
    assert row["source_key"] in all_sources()
    assert len(row["read"]) > 20
    assert len(row["assumed"]) > 10
    plan = programme(name)
    assert plan.visits_h[0] == 0.0
    assert row["visits"] == len(plan.visits_h)
    patient = ks.simulate_programme(name, OPEN, seed=1)
    assert patient.run.success
    assert row["source_key"] in {source.key for source in patient.run.sources}


def test_programmes_that_could_not_be_read_are_named_with_the_reason():
    assert len(LEFT_OUT) >= 3
    assert all(len(left.reason) > 40 for left in LEFT_OUT)


@pytest.mark.parametrize(
    ("name", "regimen"),
    [
        ("eden_oral_titration", "ketamine_oral_titration"),
        ("esketamine_space_and_stop", "esketamine_course_84"),
        ("nhs_three_infusions", "ketamine 0.5 mg/kg iv over 40 min weekly x 3"),
    ],
)
def test_programmes_without_rules_on_ratings_are_their_regimens(name, regimen):
    times = [0.0, 24.0, 500.0, 2400.0]
    patient = ks.simulate_programme(name, t_eval=times)
    run = ks.simulate(regimen, t_eval=times)
    assert not ks.programmes()[name]["adaptive"]
    np.testing.assert_array_equal(patient.run.y, run.y)


def test_psychotherapy_has_preparation_and_integration():
    run = ks.simulate_programme("kap_three_sessions", OPEN).run
    starts = [d.start_h for d in run.scenario.interventions]
    assert starts == [-168.0, 24.0, 192.0, 360.0]
    alone = ks.simulate(
        ks.Scenario(run.scenario.regimen, context="open_label"), t_eval=[0.0, 504.0]
    )
    both = ks.simulate(run.scenario, t_eval=[0.0, 504.0])
    assert both["madrs"][-1] < alone["madrs"][-1]


def test_other_drugs_of_the_scenario_are_given_too():
    base = ks.Scenario("escitalopram_daily", context="oral_ad")
    patient = ks.simulate_programme("esketamine_label", base, t_eval=[0.0, 700.0, 2600.0])
    assert patient.run["escitalopram_venous"][1] > 1.0
    clinic = ks.simulate_programme_population("nhs_three_infusions", 3, base, t_eval=[0.0, 700.0])
    assert clinic.people.ok.all()


# --- results and errors ---------------------------------------------------------------------------


def test_frames_text_and_figures_agree():
    clinic = label()
    frame = clinic.to_dataframe()
    doses = frame[[c for c in frame if c.startswith("esketamine")]].sum(axis=1) + frame.no_dose
    np.testing.assert_allclose(doses, 1.0)
    assert f"{clinic.doses.mean():.1f} doses" in repr(clinic)
    patient = ks.simulate_programme("esketamine_label", OPEN, seed=1)
    assert patient.to_dataframe().dose.iloc[0] == "esketamine 56 mg intranasal"
    for figure in (clinic.plot(), patient.plot()):
        assert "In the model" in figure.get_label()
        assert "Not medical advice" in figure.get_label()


def test_results_can_be_pickled():
    patient = ks.simulate_programme("kads_subcutaneous", OPEN, seed=1)
    again = pickle.loads(pickle.dumps(patient))
    assert again.levels == patient.levels
    assert again.run == patient.run


def test_lists_of_a_programme_may_be_arrays_and_its_positions_are_checked():
    times = np.array([0.0, 168.0, 336.0])
    assert ks.Programme(np.array(["ketamine 35 mg im"]), times).visits_h == (0.0, 168.0, 336.0)
    weekly = three()
    assert len(weekly.regimen(np.array([0, 1])).doses) == 2
    for levels, says in (
        ([-1], r"levels\[0\] = -1: the programme has doses 0 to 1; give None"),
        ([0, 2], r"levels\[1\] = 2"),
        ([0.0], "give a whole number"),
        ([True], "give a whole number"),
        ("010", "give a list of positions"),
        ([0] * 4, "4 entries, and there are 3 visits"),
    ):
        with pytest.raises(ks.ScenarioError, match=says):
            weekly.regimen(levels)
    for more, says in (
        ({"rules": None}, "rules = None"),
        ({"therapy": ["x"]}, "therapy: 'x' is no Dose"),
        ({"therapy": "x"}, "therapy = 'x'"),
        ({"name": 3}, "name = 3"),
    ):
        with pytest.raises(ks.ScenarioError, match=says):
            three(**more)


def test_programmes_are_for_people_and_switches_are_true_or_false():
    rat = ks.Scenario("no drug", ks.Subject("rat", severity=1.0))
    for simulated in (
        lambda *s, **k: ks.simulate_programme(three(), *s, **k),
        lambda *s, **k: ks.simulate_programme_population(three(), 2, *s, **k),
    ):
        with pytest.raises(ks.ScenarioError, match="the subject is a rat"):
            simulated(rat)
        with pytest.raises(ks.ScenarioError, match="rating_error = 'no': give True or False"):
            simulated(OPEN, rating_error="no")


def test_patients_who_failed_are_said_and_not_averaged():
    clinic = ks.simulate_programme_population(three(), 3, OPEN, weight_kg=[-1.0, 70.0, 80.0])
    assert "3 patients (1 failed), 3.0 doses each" in repr(clinic)
    nobody = ks.simulate_programme_population(three(), 1, OPEN, weight_kg=[-1.0])
    assert "1 patients (1 failed), no doses at 3 visits" in repr(nobody)


def test_impossible_programmes_are_refused_before_the_first_step():
    with pytest.raises(ks.UnknownNameError, match="esketamine_label"):
        ks.simulate_programme("esketamine")
    with pytest.raises(ks.ScenarioError, match="must increase"):
        ks.Programme(["ketamine 35 mg im"], [0.0, 0.0])
    with pytest.raises(ks.ScenarioError, match="the visits say when"):
        ks.Programme(["ketamine 35 mg im every 7 d x 2"], [0.0])
    with pytest.raises(ks.ScenarioError, match="give a list of doses"):
        ks.Programme([], [0.0])
    with pytest.raises(ks.ScenarioError, match="is not callable"):
        three([0.5])
    with pytest.raises(ks.ScenarioError, match="share of the first rating"):
        RaiseUnlessImproved(50.0, highest=1)
    with pytest.raises(ks.ScenarioError, match="2 doses, from 0"):
        ks.simulate_programme(three([lambda progress, level: 2]))
    with pytest.raises(ks.ScenarioError, match="leave it out of the scenario"):
        ks.simulate_programme("nhs_three_infusions", "ketamine 0.5 mg/kg im")
    for simulate in (
        ks.simulate_programme,
        lambda name, **k: ks.simulate_programme_population(name, 3, **k),
    ):
        with pytest.raises(ks.ScenarioError, match="before the last visit at 336 h"):
            simulate("nhs_three_infusions", t_eval=[0.0, 24.0])
        with pytest.raises(ks.ScenarioError, match="before the last visit at 336 h"):
            simulate("nhs_three_infusions", until="1 d")
    with pytest.raises(ks.ScenarioError, match=r"seed"):
        ks.simulate_programme("nhs_three_infusions", seed=-1)
