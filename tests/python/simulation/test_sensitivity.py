"""Exact derivatives against differences of whole runs, through events and the stressed start."""

from dataclasses import replace

import numpy as np
import pytest

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TIMES = [0.5, 0.7, 1.0, 2.0, 24.0, 72.0, 168.0]
READOUTS = ["ketamine_venous", "nmda_occupancy", "p_mtor", "spine_density", "madrs_change"]


def values(scenario, times=TIMES, readouts=READOUTS):
    run = ks.simulate(scenario, t_eval=times, rtol=1e-10)
    return np.column_stack([run[name] for name in readouts])


def difference(scenario_at, h):
    """Central difference with one Richardson step: the error is of order h^4."""
    wide = (values(scenario_at(h)) - values(scenario_at(-h))) / (2 * h)
    narrow = (values(scenario_at(h / 2)) - values(scenario_at(-h / 2))) / h
    return (4 * narrow - wide) / 3


def agree(s, column, expected, tolerance, rows=slice(None)):
    """Compare with differences of runs.

    An error counts against the largest derivative of the readout in time, since where that crosses
    zero differences have nothing to offer, and against the readout itself, whose digits they lose.
    """
    exact = np.column_stack([s[name][:, column] for name in READOUTS])[rows]
    size = np.abs(exact).max(axis=0) + 1e-3 * np.abs(values_of(s)).max(axis=0)
    size[size == 0.0] = 1.0  # no such drug: both must be 0
    assert np.abs(exact - expected[rows]).max(axis=0) / size == pytest.approx(0.0, abs=tolerance)


def values_of(s):
    return np.column_stack([s.run[name] for name in READOUTS])


def vary(scenario, **parameters):
    return replace(scenario, parameters={**scenario.parameters, **parameters})


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_every_parameter_through_the_stressed_steady_state():
    """All of them in one run; the same run, differenced, is two runs a parameter."""
    scenario = ks.Scenario(INFUSION, context="saline")
    names = ks.parameters().names
    s = ks.sensitivity(scenario, names, READOUTS, t_eval=TIMES, rtol=1e-8)
    for column, name in enumerate(names):
        row = ks.parameters()[name]
        value = float(row["value"])
        h = 1e-4 * abs(value) or 1e-4
        # At a limit, as weights of hypotheses are at 0: one-sided differences, of order h^2.
        inward = (value == 0.0) - (value >= row["limit_high"])
        f = [
            values(vary(scenario, **{name: value + k * h}))
            for k in ((0, inward, 2 * inward) if inward else (1, -1))
        ]
        if inward:
            expected = inward * (-3 * f[0] + 4 * f[1] - f[2]) / (2 * h)
        else:
            expected = (f[0] - f[1]) / (2 * h)
        scale = abs(value) or 1.0
        for k, readout in enumerate(READOUTS):
            exact = s[readout][:, column]
            error = np.abs(exact - expected[:, k]).max() * scale
            # Per relative change of the parameter. Truncation is h^2 = 1e-8 of the third
            # derivative, which steep Hill functions make large; noise of the runs is 1e-10/1e-4.
            size = np.abs(exact).max() * scale + np.abs(s.run[readout]).max()
            assert error <= 2e-5 * size, (name, readout)


@pytest.mark.parametrize("severity", [0.0, 0.4, 1.0])
def test_subject_and_baseline(severity):
    scenario = ks.Scenario(
        INFUSION, ks.Subject(severity=severity or 1e-3, weight_kg=62, baseline_madrs=33)
    )
    wrt = ["severity", "weight_kg", "baseline_madrs"]
    s = ks.sensitivity(scenario, wrt, READOUTS, t_eval=TIMES, rtol=1e-9)
    for column, (name, h) in enumerate(zip(wrt, (5e-4, 0.05, 0.05), strict=True)):

        def at(d, name=name):
            who = scenario.subject
            moved = replace(who, **{name: getattr(who, name) + d})
            return replace(scenario, subject=moved)

        if name == "severity" and severity == 1.0:
            # One-sided: severity ends at 1. Three points, error of order h^2.
            expected = (3 * values(at(0.0)) - 4 * values(at(-h)) + values(at(-2 * h))) / (2 * h)
            agree(s, column, expected, 3e-4)
        else:
            agree(s, column, difference(at, h), 1e-5)


DOSES = {
    "bolus": ks.Dose("ketamine", 20, "mg", "iv", start_h=1.3),
    "infusion": ks.Dose("ketamine", 35, "mg", "iv", start_h=0.3, duration_h=0.6),
    "nasal": ks.Dose("esketamine", 70, "mg", "intranasal", start_h=0.2),
    "oral": ks.Dose("ketamine", 100, "mg", "oral", start_h=0.3, lag_h=0.2, bioavailability=0.9),
    "repeated": ks.Dose(
        "ketamine", 20, "mg", "im", start_h=0.35, interval_h=11.0, additional=3, lag_h=0.1
    ),
    "norketamine": ks.Dose("norketamine", 20, "mg", "iv", start_h=0.3, duration_h=0.5),
    "memantine": ks.Dose("memantine", 20, "mg", "oral", start_h=0.3),
    "sublingual": ks.Dose("ketamine", 50, "mg", "sublingual", start_h=0.3),
}


@pytest.mark.parametrize("kind", DOSES)
def test_amount_time_length_lag_and_bioavailability_of_a_dose(kind):
    """Dose times included, which move the steps."""
    dose = DOSES[kind]
    fields = ["amount", "start_h", "lag_h", "bioavailability"]
    fields += ["duration_h"] if dose.duration_h else []
    fields += ["interval_h"] if dose.additional else []
    wrt = [f"dose[0].{f}" for f in fields]
    # Errors of derivatives steer no step otherwise: some thousand times larger at narrow corners.
    s = ks.sensitivity(dose, wrt, READOUTS, t_eval=TIMES, rtol=1e-10, gradient_in_error_test=True)
    for column, field in enumerate(fields):
        h = 0.01 * getattr(dose, field) if field == "amount" else 0.002

        def at(d, field=field):
            return ks.Scenario(replace(dose, **{field: getattr(dose, field) + d}))

        if field == "lag_h" and dose.lag_h == 0.0:
            assert np.array_equal(
                s["p_mtor"][:, column], s["p_mtor"][:, fields.index("start_h")]
            )  # both move the same start
            continue
        agree(s, column, difference(at, h), 1e-5)


def test_events_at_one_time_and_an_event_at_an_output_time():
    """A bolus, an infusion's end, a blocker and an output, all at 1 h; one of them moves."""
    regimen = ks.Regimen(
        (
            ks.Dose("ketamine", 30, "mg", "iv", start_h=0.5, duration_h=0.5),
            ks.Dose("esketamine", 10, "mg", "iv", start_h=1.0),
        )
    )
    scenario = ks.Scenario(
        regimen, interventions=(ks.block("ampa", 0.5, start_h=1.0, duration_h=5),)
    )
    wrt = ["dose[0].duration_h", "dose[0].amount", "dose[1].amount", "intervention[0].amount"]
    s = ks.sensitivity(scenario, wrt, READOUTS, t_eval=TIMES, rtol=1e-9)

    def moved(index, field, d):
        doses = list(regimen.doses)
        doses[index] = replace(doses[index], **{field: getattr(doses[index], field) + d})
        return replace(scenario, regimen=ks.Regimen(tuple(doses)))

    # At 1 h itself the end is a kink: a longer infusion has not ended there, a shorter one has.
    apart = np.array(TIMES) != 1.0
    agree(s, 0, difference(lambda d: moved(0, "duration_h", d), 0.004), 1e-5, apart)
    agree(s, 1, difference(lambda d: moved(0, "amount", d), 0.1), 1e-5)
    agree(s, 2, difference(lambda d: moved(1, "amount", d), 0.1), 1e-5)

    def blocked(d):
        tool = replace(scenario.interventions[0], amount=0.5 + d)
        return replace(scenario, interventions=(tool,))

    agree(s, 3, difference(blocked, 0.004), 1e-5)


def test_when_a_blocker_begins_and_ends():
    """Inputs that act non-linearly: the right-hand sides before and after differ in many states."""
    tool = ks.block("ampa", 0.5, start_h=0.4, duration_h=1.1)
    scenario = ks.Scenario(INFUSION, interventions=(tool,))
    wrt = ["intervention[0].start_h", "intervention[0].duration_h"]
    s = ks.sensitivity(scenario, wrt, READOUTS, t_eval=TIMES, rtol=1e-10)
    for column, field in enumerate(("start_h", "duration_h")):

        def at(d, field=field):
            return replace(
                scenario, interventions=(replace(tool, **{field: getattr(tool, field) + d}),)
            )

        # The runs that are differenced err by some 2e-5 here; at rtol = 1e-11 it is a twentieth.
        agree(s, column, difference(at, 0.001), 3e-5)


def test_a_reset_forgets_all_but_the_start():
    regimen = ks.Regimen((ks.Dose("ketamine", 30, "mg", "iv"),), resets=(1.5,))
    s = ks.sensitivity(regimen, ["dose.amount", "mtor.tau_M"], ["p_mtor"], t_eval=[1.0, 2.0, 24.0])
    assert s["p_mtor"][0, 0] != 0.0
    assert np.all(s["p_mtor"][1:, 0] == 0.0)


def test_initial_states_are_directions_of_their_own():
    s = ks.sensitivity(
        INFUSION, ["initial.psychotherapy.Mt"], ["craving_change"], t_eval=[0.0, 24.0]
    )
    # craving_change = 100 (Mt exp(-...) - 1): at the start its slope by Mt is 100.
    assert s["craving_change"][0, 0] == pytest.approx(100.0)


def test_population_readouts_are_differentiated_too():
    name = "symptoms.omega_s"
    value = float(ks.parameters()[name]["value"])
    s = ks.sensitivity(INFUSION, [name], ["response", "remission"], t_eval=[24.0], rtol=1e-8)
    up, down = (
        ks.simulate(INFUSION, t_eval=[24.0], rtol=1e-10, parameters={name: value + d})
        for d in (1e-4, -1e-4)
    )
    for readout in ("response", "remission"):
        expected = (up[readout] - down[readout]) / 2e-4
        assert s[readout][:, 0] == pytest.approx(expected, rel=1e-5)


def test_the_run_is_that_of_simulate_bit_for_bit_and_steps_do_not_depend_on_directions():
    plain = ks.simulate(INFUSION, t_eval=TIMES)
    one = ks.sensitivity(INFUSION, ["mtor.tau_M"], READOUTS, t_eval=TIMES)
    many = ks.sensitivity(INFUSION, ks.parameters().names, READOUTS, t_eval=TIMES)
    for s in (one, many):
        assert np.array_equal(s.run.y, plain.y)
        assert (s.run.n_steps, s.run.nfev, s.run.nlu) == (plain.n_steps, plain.nfev, plain.nlu)
    column = ks.parameters().names.index("mtor.tau_M")
    assert np.array_equal(one["p_mtor"][:, 0], many["p_mtor"][:, column])


def test_derivatives_in_the_error_test_are_as_exact_as_asked():
    """The compiled core's own test has all tolerances and both methods."""
    wrt = ["mtor.tau_M", "nmda_block.K0", "disinhibition.w_dis"]
    asked = {"wrt": wrt, "readouts": ["p_mtor", "spine_density"], "t_eval": TIMES}
    plain, tested, reference = (
        ks.sensitivity(INFUSION, **asked, rtol=rtol, gradient_in_error_test=test)
        for rtol, test in ((1e-6, False), (1e-6, True), (1e-10, True))
    )
    assert tested.run.n_steps > plain.run.n_steps
    size = np.array([float(ks.parameters()[name]["value"]) for name in wrt])
    for readout in asked["readouts"]:
        exact = reference[readout] * size
        # Readouts are multiples of a baseline: their size is 1. The RMS of all states is controlled,
        # not each of them.
        error = np.abs(tested[readout] * size - exact) / (1.0 + np.abs(exact))
        assert error.max() < 3e-6


def test_both_rosenbrock_methods_agree():
    a, b = (
        ks.sensitivity(INFUSION, ["mtor.tau_M"], ["p_mtor"], t_eval=TIMES, method=m, rtol=1e-9)
        for m in ("rodas4", "rodas5p")
    )
    assert a["p_mtor"] == pytest.approx(b["p_mtor"], rel=1e-5, abs=1e-7)


def test_units_and_elasticities():
    s = ks.sensitivity(INFUSION, ["mtor.tau_M", "dose.amount"], ["madrs_change"], t_eval=[24.0])
    assert s.unit("madrs_change", "mtor.tau_M") == "points/(h)"
    assert s.unit("madrs_change", "dose.amount") == "points/(mg/kg)"
    expected = s["madrs_change"][0, 1] * 0.5 / s.run["madrs_change"][0]
    assert s.elasticity("madrs_change")[0, 1] == expected
    assert s.to_xarray()["madrs_change"].dims == ("time", "wrt")


@pytest.mark.parametrize(
    ("wrt", "says"),
    [
        (["mtor.tau_m"], "mtor.tau_M"),
        (["dose[3].amount"], r"dose\[3\]\.amount: there is one, dose\[0\]"),
        (["dose[-1].amount"], "there is one"),
        (["dose[\u0660].amount"], "there is one"),
        (["dose[00].amount"], "there is one"),
        (["dose[].amount"], "there is one"),
        (["intervention[0].amount"], "there is no intervention"),
        (["doses[0].amount"], r"'doses\[0\]\.amount' is no part of a dose: write for example"),
        (["dose[0]"], "is no part of a dose"),
        (["dose[0].duration"], "duration_h"),
        (["dose[0].interval_h"], "not repeated"),
        (["baseline_madrs"], "not set"),
        (["initial.mtor.m"], "mtor.M"),
        ([], "list of names"),
        ("mtor.tau_M", "list of names"),
    ],
)
def test_what_cannot_be_differentiated_is_refused_never_zero(wrt, says):
    with pytest.raises(ks.KetasimError, match=says):
        ks.sensitivity(INFUSION, wrt, ["p_mtor"], t_eval=[1.0])


def test_other_refusals():
    bolus = ks.Dose("ketamine", 20, "mg", "iv")
    with pytest.raises(ks.ScenarioError, match="bolus has no length"):
        ks.sensitivity(bolus, ["dose.duration_h"], ["p_mtor"], t_eval=[1.0])
    steady = replace(bolus, interval_h=24.0, steady_state=1)
    with pytest.raises(ks.ScenarioError, match="steady state"):
        ks.sensitivity(steady, ["pharmacokinetics.V1"], ["p_mtor"], t_eval=[1.0])
    with pytest.raises(ks.ScenarioError, match="dopri5 has no derivatives"):
        ks.sensitivity(bolus, ["mtor.tau_M"], ["p_mtor"], t_eval=[1.0], method="dopri5")
    with pytest.raises(ks.ScenarioError, match="give True or False"):
        ks.sensitivity(
            INFUSION, ["mtor.tau_M"], ["p_mtor"], t_eval=[1.0], gradient_in_error_test="yes"
        )
    with pytest.raises(ks.SimulationError, match="max_steps"):
        ks.sensitivity(INFUSION, ["mtor.tau_M"], ["p_mtor"], t_eval=TIMES, max_steps=20)


def test_least_squares_finds_the_parameter_that_made_the_data():
    """Gauss-Newton with exact slopes, from 40 % off."""
    scenario = ks.Scenario(INFUSION)
    truth = ks.simulate(scenario, t_eval=[0.5, 1.0, 2.0, 4.0], rtol=1e-8)
    data = [("p_mtor", t, v, 0.05) for t, v in zip(truth.t, truth["p_mtor"], strict=True)]
    tau = float(ks.parameters()["mtor.tau_M"]["value"])
    theta = 1.4 * tau
    for _ in range(8):
        r, J = ks.residuals_and_jacobian(scenario, data, {"mtor.tau_M": theta}, rtol=1e-8)
        theta -= float(np.linalg.lstsq(J, r, rcond=None)[0][0])
    assert theta == pytest.approx(tau, rel=1e-6)


def test_a_failed_run_is_no_fit():
    data = [("p_mtor", 1.0, 1.5, 0.1), ("p_mtor", 24.0, 1.0, 0.1)]
    for theta, options in (
        ({"mtor.tau_M": 0.2}, {"max_steps": 5}),
        ({"mtor.tau_M": float("nan")}, {}),
    ):
        r, J = ks.residuals_and_jacobian(INFUSION, data, theta, **options)
        assert np.isnan(r).all()
        assert np.isnan(J).all()
        assert J.shape == (2, 1)


@pytest.mark.parametrize("name", ["synaptogenesis.N0", "synaptogenesis.M0"])
def test_derivatives_of_a_healthy_person_hold_where_the_shares_of_spines_are_not_one(name):
    person = ks.Scenario(
        "ketamine 0.5 mg/kg iv over 40 min",
        subject=ks.Subject(severity=0.0),
        parameters={"synaptogenesis.N0": 0.30, "synaptogenesis.M0": 0.68},
    )
    readouts, h, times = ["spine_density", "spine_formation_rate", "madrs"], 1e-5, [0.0, 24.0]
    slopes = ks.sensitivity(person, [name], readouts, t_eval=times, rtol=1e-10)
    value = person.parameters[name]
    up, down = (
        ks.simulate(
            person,
            parameters={**person.parameters, name: value + way * h},
            t_eval=times,
            rtol=1e-11,
        )
        for way in (1, -1)
    )
    for readout in readouts:
        difference = (up[readout] - down[readout]) / (2 * h)
        # A difference of two runs at rtol 1e-11, over 2e-5.
        assert slopes[readout][:, 0] == pytest.approx(difference, rel=1e-5, abs=1e-5)
