"""What a subject is multiplies parameters: traits, genotype and age."""

import itertools
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest

import ketasim as ks
from ketasim.scenario import differences

QH = "pharmacokinetics.Qh"
CLINT_S = "pharmacokinetics.CLint_S"
FR_N = "pharmacokinetics.FR_n"
PHI = "bdnf_trkb.phi"
TRAITS = {
    "sex": "female",
    "ancestry": "japanese",
    "kidney": "impaired",
    "genotype": "val66met",
    "age_y": 80.0,
}
WHOLE = ks.Subject(**TRAITS)
SPRAY = "esketamine 56 mg intranasal"
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


def usual(name):
    return float(ks.parameters()[name]["value"])


def area(regimen, **traits):
    t = np.linspace(0.0, 48.0, 2401).tolist()
    run = ks.simulate(regimen, subject=ks.Subject(severity=0.0, **traits), t_eval=t)
    return float(np.trapezoid(run["esketamine_venous"], t))


def test_nobody_in_particular_changes_nothing():
    assert ks.Subject().factors() == {}
    assert ks.Subject(age_y=60.0).factors() == {}
    assert ks.Scenario(SPRAY).all_parameters() == {}


def test_women_clear_twenty_per_cent_faster_than_men():
    infusion = "esketamine 20 mg iv over 40 min"
    assert area(infusion, sex="male") / area(infusion, sex="female") == pytest.approx(1.2, rel=0.01)


def test_asian_elimination_and_the_nasal_fraction_of_japanese_people_are_as_published():
    assert ks.Subject(ancestry="japanese").factors()[FR_N] == 1.34
    assert FR_N not in ks.Subject(ancestry="asian").factors()
    spray = "esketamine 28 mg intranasal"
    assert area(spray) < area(spray, ancestry="asian") < area(spray, ancestry="japanese")


def test_renal_impairment_raises_the_area_after_the_spray_by_what_was_observed():
    spray = "esketamine 28 mg intranasal"
    assert 1.13 < area(spray, kidney="impaired") / area(spray) < 1.36


def test_factors_multiply_and_their_order_does_not_matter():
    alone = [ks.Subject(**{field: word}).factors() for field, word in TRAITS.items()]
    expected = {}
    for one in alone:
        for name, factor in one.items():
            expected[name] = expected.get(name, 1.0) * factor
    # Products of the same factors in another order differ by roundings.
    assert WHOLE.factors() == pytest.approx(expected, rel=1e-14)
    for order in itertools.permutations(TRAITS.items()):
        assert ks.Subject(**dict(order)) == WHOLE
    assert WHOLE.factors()[QH] == pytest.approx(1.095 * (132.0 - 2.19 * 20.0) / 132.0)


def test_a_factor_multiplies_the_given_value_or_the_models_own():
    given = {CLINT_S: 300.0, "mtor.tau_M": 0.3}
    acting = ks.Scenario(SPRAY, WHOLE, parameters=given).all_parameters()
    assert acting[CLINT_S] == pytest.approx(300.0 * 1.095 * 0.36 * 0.6)
    assert acting["mtor.tau_M"] == 0.3
    assert acting[FR_N] == pytest.approx(1.34 * usual(FR_N))
    assert acting[PHI] == pytest.approx(0.4 * usual(PHI))


def test_a_person_equals_the_model_with_the_products():
    """The same numbers reach the model, so the runs are the same to the last bit."""
    products = ks.Scenario(SPRAY, WHOLE, parameters={CLINT_S: 300.0}).all_parameters()
    t = [0.5, 2.0, 24.0]
    person = ks.simulate(SPRAY, subject=WHOLE, parameters={CLINT_S: 300.0}, t_eval=t)
    with pytest.warns(ks.ParameterRangeWarning):
        plain = ks.simulate(SPRAY, parameters=products, t_eval=t)
    assert (person.y == plain.y).all()


@pytest.mark.filterwarnings("error::ketasim.ParameterRangeWarning")
def test_the_warning_concerns_what_was_given_and_not_the_product():
    low = float(ks.parameters()[CLINT_S]["low"])
    assert ks.Scenario(SPRAY, WHOLE).all_parameters()[CLINT_S] < low
    ks.simulate(SPRAY, subject=WHOLE, t_eval=[1.0])
    ks.simulate(SPRAY, subject=WHOLE, parameters={CLINT_S: low}, t_eval=[1.0])


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_a_product_beyond_the_limits_is_refused_before_the_first_step():
    japanese = ks.Subject(ancestry="japanese")
    says = r"FR_n = 0\.8 1, times 1\.34 .* gives 1\.072 1, which is not possible: give 0 to 0\.7463"
    with pytest.raises(ks.ParameterError, match=says):
        ks.simulate(SPRAY, subject=japanese, parameters={FR_N: 0.8}, t_eval=[1.0])
    people = ks.simulate_population(
        ks.Scenario(SPRAY, japanese),
        2,
        parameters={FR_N: [0.5, 0.8]},
        readouts=["ketamine_venous"],
        t_eval=[1.0],
        progress=False,
    )
    assert people.status[0] == "success"
    assert "not possible" in people.message[1]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"age_y": 12.0}, "age_y = 12.0 years is below 18: no number was found .* adolescents"),
        ({"age_y": 121.0}, "age_y = 121.0 is outside 18 to 120 years"),
        ({"age_y": math.nan}, "age_y = nan must be a number from 18 to 120 years"),
        ({"sex": "diverse"}, "sex"),
        ({"kidney": "impared"}, "did you mean 'impaired'"),
        ({"pregnant": True}, "pregnant"),
        ({"species": "rat", "sex": "female"}, "sex = female is of people.*a rat: leave sex out"),
        ({"species": "mouse", "ancestry": "asian"}, "ancestry = asian is of people"),
        ({"species": "slice", "kidney": "impaired"}, "kidney = impaired is of people"),
        ({"species": "rat", "age_y": 70.0}, "age_y = 70.0 is of people"),
    ],
)
def test_who_was_not_studied_is_refused_in_words(given, says):
    with pytest.raises(ks.KetasimError, match=says):
        ks.Subject(**given)


def test_animals_can_have_the_genotype():
    mouse = ks.Scenario("ketamine 10 mg/kg ip", ks.Subject("mouse", genotype="met66met"))
    assert mouse.all_parameters() == {PHI: pytest.approx(0.1 * usual(PHI))}


def test_scenarios_say_who_the_person_is():
    scenario = ks.Scenario(SPRAY, WHOLE)
    said = "sex female, ancestry japanese, kidney impaired, genotype val66met, age 80 years"
    assert said in str(scenario)
    found = {part: (a, b) for part, a, b in differences(scenario, ks.Scenario(SPRAY))}
    assert found["sex"] == ("sex female", "no sex")
    assert set(found) == {"sex", "ancestry", "kidney", "genotype", "age"}
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert hash(again) == hash(scenario)
    assert hash(replace(WHOLE, sex="male")) != hash(WHOLE)


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
@pytest.mark.parametrize("name", [QH, CLINT_S, "pharmacokinetics.CLn_S", FR_N, PHI, "mtor.tau_M"])
def test_derivatives_are_by_the_value_before_the_factor(name):
    scenario = ks.Scenario(SPRAY, WHOLE)
    readouts, t = ["esketamine_venous", "madrs_change"], [1.0, 24.0]
    exact = ks.sensitivity(scenario, [name], readouts, t_eval=t, rtol=1e-10)
    value = usual(name)
    h = 1e-3 * value

    def at(x):
        moved = replace(scenario, parameters={name: x})
        return ks.simulate(moved, t_eval=t, rtol=1e-10)

    above, below = at(value + h), at(value - h)
    for readout in readouts:
        differences_of = (above[readout] - below[readout]) / (2.0 * h)
        # Central differences of relative step 1e-3: truncation of order 1e-6, and roundoff of runs of
        # relative error 1e-10, at most ten of them.
        noise = 10.0 * 1e-10 * np.abs(above[readout]).max() / h
        np.testing.assert_allclose(exact[readout][:, 0], differences_of, rtol=1e-4, atol=noise)
    plain = exact["madrs_change"] * value / exact.run["madrs_change"][:, None]
    np.testing.assert_allclose(exact.elasticity("madrs_change"), plain, rtol=1e-12)


def test_an_adjoint_has_the_derivatives_of_the_sensitivity():
    scenario, wrt = ks.Scenario(SPRAY, WHOLE), [QH, CLINT_S, FR_N, PHI, "dose.amount"]
    forward = ks.sensitivity(scenario, wrt, ["madrs_change"], t_eval=[24.0], rtol=1e-8)
    backward = ks.adjoint(scenario, wrt, ["madrs_change"], t_eval=[24.0], rtol=1e-8)
    # Both differentiate the same steps.
    np.testing.assert_allclose(
        backward.gradient([[1.0]]), forward["madrs_change"][0], rtol=1e-6, atol=1e-12
    )


def alone(scenario, drawn, i, t, readouts):
    own = {name: float(column[i]) for name, column in drawn.items()}
    run = ks.simulate(replace(scenario, parameters={**scenario.parameters, **own}), t_eval=t)
    return np.array([run[name] for name in readouts])


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_members_of_a_population_keep_the_factors():
    scenario = ks.Scenario(SPRAY, WHOLE, parameters={CLINT_S: 300.0})
    readouts, t = ["esketamine_venous", "madrs_change", "response"], [1.0, 24.0]
    people = ks.simulate_population(
        scenario, 3, readouts=readouts, t_eval=t, seed=4, progress=False
    )
    drawn = ks.draw_parameters(scenario, 3, seed=4)
    for i in range(3):
        # Lanes and a run alone take steps of their own within the default tolerance.
        found = np.array([people[name][i] for name in readouts])
        np.testing.assert_allclose(found, alone(scenario, drawn, i, t, readouts), rtol=1e-3)


def test_draws_are_around_the_given_value_and_leave_room_for_the_factor():
    scenario = ks.Scenario(SPRAY, WHOLE, parameters={CLINT_S: 300.0})
    plain = ks.Scenario(SPRAY, parameters={CLINT_S: 300.0})
    drawn, of_anybody = (ks.draw_parameters(s, 2000, seed=1) for s in (scenario, plain))
    np.testing.assert_array_equal(drawn[CLINT_S], of_anybody[CLINT_S])
    assert (drawn[FR_N] * 1.34).max() <= 1.0
    assert (of_anybody[FR_N] * 1.34).max() > 1.0


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_a_posterior_predicts_a_person_as_simulate_does():
    from ketasim.fitting import ErrorModel, Measurement, Posterior

    scenario = ks.Scenario(SPRAY, WHOLE)
    t = [0.5, 1.0, 4.0]
    rows = [Measurement("1", "esketamine_venous", time, 60.0) for time in t]
    data = ks.Observations({"1": scenario}, rows)
    error = {"esketamine_venous": ErrorModel("proportional", proportional=0.2)}
    theta = [QH, CLINT_S, FR_N]
    posterior = Posterior(data, theta, error=error, rtol=1e-8)
    start = {QH: 120.0, CLINT_S: 320.0, FR_N: 0.5}
    z = posterior.coordinates(start)
    run = ks.simulate(posterior.scenario(scenario, z), t_eval=t, rtol=1e-8)
    same = ks.simulate(replace(scenario, parameters=start), t_eval=t, rtol=1e-8)
    np.testing.assert_allclose(run["esketamine_venous"], same["esketamine_venous"], rtol=1e-12)
    _, gradient = posterior.value_and_grad(z)
    for k in range(len(theta)):
        step = np.zeros(posterior.dim)
        step[k] = 1e-4
        above, below = (posterior.value_and_grad(z + s)[0] for s in (step, -step))
        # Central differences with runs of relative error 1e-8 over steps of 1e-4.
        assert gradient[k] == pytest.approx((above - below) / 2e-4, rel=1e-3, abs=1e-3)
    # Lanes and a run alone take steps of their own within rtol 1e-8.
    in_lanes = posterior.log_prob(np.stack([z, z + 0.01]))[0]
    assert in_lanes == pytest.approx(posterior.value_and_grad(z)[0], abs=1e-4)


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_a_population_model_simulates_its_subjects_as_simulate_does():
    from ketasim.fitting import Measurement, PopulationModel

    readout, t = "esketamine_venous", [0.5, 4.0]
    scenarios = {"old": ks.Scenario(SPRAY, WHOLE), "any": ks.Scenario(SPRAY)}
    rows = [Measurement(s, readout, time, 60.0) for s in scenarios for time in t]
    model = PopulationModel(ks.Observations(scenarios, rows), [CLINT_S], rtol=1e-8)
    # Almost no variability between subjects and almost no error.
    tiny = {f"omega.{CLINT_S}": 1e-6, f"error.{readout}.proportional": 1e-6}
    simulated = model.simulate({CLINT_S: 320.0, **tiny}, seed=1).measurements
    for s, scenario in scenarios.items():
        run = ks.simulate(replace(scenario, parameters={CLINT_S: 320.0}), t_eval=t, rtol=1e-8)
        found = [m.value for m in simulated if m.subject == s]
        # Six standard deviations of 1e-6.
        np.testing.assert_allclose(found, run[readout], rtol=1e-5)


def test_patients_of_a_trial_keep_the_factors():
    """Log-normal draws around a product are the product of the draws, to roundings."""
    man = ks.Subject(sex="male", genotype="met66met", age_y=75.0)
    placebo = ks.Scenario("placebo iv over 40 min", context="saline")
    person = ks.Scenario(INFUSION, man, context="saline")
    plain = replace(person, subject=ks.Subject(), parameters=person.all_parameters())
    anybody = replace(person, subject=ks.Subject())

    def effect(scenario):
        arms = [ks.TrialArm("ketamine", scenario, 10), ks.TrialArm("placebo", placebo, 10)]
        design = ks.TrialDesign(arms, visits_h=[24.0])
        return ks.simulate_trial(design, 3, seed=2).effect["ketamine"]

    # Another rounding of a parameter may move the steps of a run within its tolerance.
    np.testing.assert_allclose(effect(person), effect(plain), atol=1e-3)
    assert np.abs(effect(person) - effect(anybody)).max() > 0.1
