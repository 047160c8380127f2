"""The density of a posterior: right numbers, exact gradients, no exceptions for impossible values."""

import math
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import ketasim as ks
from ketasim.fitting import ErrorModel, Measurement, Prior
from ketasim.observation import (
    BetweenTrials,
    forecast,
    merged_times,
    plans,
    predictor,
    sampling_times,
    trials_of,
)

INFUSION = "ketamine 35 mg iv over 40 min"
TIMES = (0.5, 1.0, 4.0, 12.0)
#: A fit computes the levels alone, in steps of their own: here both are exact to 1e-10.
TIGHT = 1e-11
CL, V = "pharmacokinetics.CLint_S", "pharmacokinetics.V1"


def measured(*rows: Measurement) -> ks.Observations:
    return ks.Observations({"1": ks.Scenario(INFUSION)}, rows)


def levels(sd: float | None = None, factor: float = 1.1, n: int = 4) -> ks.Observations:
    run = ks.simulate(INFUSION, t_eval=TIMES)
    return measured(*(
        Measurement("1", "ketamine_venous", t, factor * v, sd)
        for t, v in list(zip(TIMES, run["ketamine_venous"].tolist(), strict=True))[:n]
    ))  # fmt: skip


def predicted(time: float = 1.0) -> float:
    return float(ks.simulate(INFUSION, t_eval=[time], rtol=TIGHT)["ketamine_venous"][0])


def log_likelihood(data: ks.Observations, **keywords: object) -> float:
    posterior = ks.Posterior(data, [CL], rtol=TIGHT, **keywords)
    return float(posterior.log_likelihood(posterior.start).sum())


def differences(
    posterior: ks.Posterior, z: NDArray[np.float64], h: float = 1e-4
) -> NDArray[np.float64]:
    steps = h * np.eye(posterior.dim)
    return (posterior.log_prob(z + steps) - posterior.log_prob(z - steps)) / (2 * h)


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sd", [1.0, 5.0, 30.0])
def test_the_error_of_a_row_has_its_effect(sd: float) -> None:
    f = predicted()
    found = log_likelihood(measured(Measurement("1", "ketamine_venous", 1.0, 80.0, sd)))
    assert found == pytest.approx(stats.norm.logpdf(80.0, f, sd), rel=1e-9)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (ErrorModel("additive", additive=5.0), lambda y, f: stats.norm.logpdf(y, f, 5.0)),
        (
            ErrorModel("proportional", proportional=0.2),
            lambda y, f: stats.norm.logpdf(y, f, 0.2 * f),
        ),
        (
            ErrorModel("combined", additive=5.0, proportional=0.2),
            lambda y, f: stats.norm.logpdf(y, f, math.hypot(5.0, 0.2 * f)),
        ),
        (
            ErrorModel("lognormal", proportional=0.2),
            lambda y, f: stats.lognorm.logpdf(y, 0.2, scale=f),
        ),
        (
            ErrorModel("additive", additive=60.0, blq="M4"),
            lambda y, f: stats.norm.logpdf(y, f, 60.0) - stats.norm.logcdf(f / 60.0),
        ),
    ],
)
def test_residual_errors(model: ErrorModel, expected: object) -> None:
    f = predicted()
    data = measured(Measurement("1", "ketamine_venous", 1.0, 80.0))
    found = log_likelihood(data, error={"ketamine_venous": model})
    assert found == pytest.approx(float(expected(80.0, f)), rel=1e-9)


@pytest.mark.parametrize("blq", ["M3", "M4"])
@pytest.mark.parametrize("kind", ["left", "right", "interval"])
def test_censored_values_enter_with_their_probability(kind: str, blq: str) -> None:
    f, s = predicted(), 60.0
    data = measured(Measurement("1", "ketamine_venous", 1.0, 70.0, None, kind, 40.0))
    found = log_likelihood(
        data, error={"ketamine_venous": ErrorModel("additive", additive=s, blq=blq)}
    )
    least = 0.0 if blq == "M4" else -np.inf
    d = stats.truncnorm((least - f) / s, np.inf, f, s)
    share = {
        "left": d.cdf(70.0), "right": d.sf(70.0), "interval": d.cdf(70.0) - d.cdf(40.0)
    }[kind]  # fmt: skip
    assert found == pytest.approx(math.log(share), rel=1e-8)


def test_a_value_far_below_its_prediction_is_unlikely_not_impossible() -> None:
    data = measured(Measurement("1", "ketamine_venous", 1.0, 2.0, None, "left"))
    found = log_likelihood(
        data, error={"ketamine_venous": ErrorModel("proportional", proportional=0.02)}
    )
    f = predicted()
    assert found == pytest.approx(stats.norm.logcdf((2.0 - f) / (0.02 * f)), rel=1e-9)


ARMS = [
    {"arm": "k", "regimen": "ketamine 0.5 mg/kg iv over 40 min", "context": "midazolam", "time_h": 24,
     "readout": "madrs_change", "value": -16.0, "se": 1.5, "n": 40, "study": "A"},
    {"arm": "m", "regimen": "placebo iv", "context": "midazolam", "time_h": 24,
     "readout": "madrs_change", "value": -9.0, "se": 1.5, "n": 20, "study": "A"},
    {"arm": "k", "time_h": 24, "readout": "response", "k": 20, "n": 40},
]  # fmt: skip


def test_counts_are_binomial_and_means_gaussian_without_differences_between_studies() -> None:
    data = ks.Observations.from_arms(ARMS)
    posterior = ks.Posterior(data, ["symptoms.w_R"], between_studies=False)
    mean = [float(_mean_change(data.arms[name])) for name in ("k", "m")]
    share = float(ks.simulate(data.arms["k"], t_eval=[0, 24])["response"][1])
    expected = stats.norm.logpdf([-16.0, -9.0], mean, 1.5).sum() + stats.binom.logpmf(20, 40, share)
    assert posterior.units == ("A",)
    assert float(posterior.log_likelihood(posterior.start)[0]) == pytest.approx(expected, rel=1e-6)


def _mean_change(scenario: ks.Scenario) -> float:
    from ketasim.observation import Mood, mean_change

    run = ks.simulate(scenario, t_eval=[0, 24])
    return mean_change(Mood.of(run, np.array([1])), predictor().spread)[0]


def test_differences_to_one_control_arm_are_correlated() -> None:
    rows = [
        {**ARMS[0], "relative_to": "m", "value": -7.0, "se": 2.0},
        {**ARMS[1]},
        {**ARMS[0], "arm": "low", "regimen": "ketamine 0.2 mg/kg iv over 40 min", "relative_to": "m",
         "value": -4.0, "se": 2.5, "n": 10},
    ]  # fmt: skip
    data = ks.Observations.from_arms(rows)
    posterior = ks.Posterior(data, ["symptoms.w_R"], between_studies=False)
    k, m, low = (_mean_change(data.arms[name]) for name in ("k", "m", "low"))
    # The control arm of 20 causes 2/3 of the variance beside 40, and 1/3 beside 10.
    covariance = math.sqrt(2 / 3 * 1 / 3) * 2.0 * 2.5
    expected = stats.multivariate_normal.logpdf(
        [-7.0, -4.0], [k - m, low - m], [[4.0, covariance], [covariance, 6.25]]
    ) + stats.norm.logpdf(-9.0, m, 1.5)
    assert float(posterior.log_likelihood(posterior.start)[0]) == pytest.approx(expected, rel=1e-6)
    squares = posterior.residuals(posterior.start)
    assert squares[:3] @ squares[:3] == pytest.approx(
        -2 * expected - 3 * math.log(2 * math.pi) - math.log(1.5**2 * (25.0 - covariance**2)),
        rel=1e-6,
    )


@pytest.mark.parametrize("name", ["murrough2013_ajp", "zarate2006", "mathew2010", "zarate2012"])
def test_the_likelihood_of_the_evidence_is_that_of_its_forecasts(name: str) -> None:
    evidence = ks.evidence.load()
    trial = trials_of(evidence)[name]
    data = ks.Observations.from_evidence([row.observation.obs_id for row in trial.rows])
    posterior = ks.Posterior(data, ["symptoms.w_R"])
    planned = plans(evidence)
    courses = {}
    for arm in {
        a for r in trial.rows for a in (r.observation.arm_id, r.observation.relative_to) if a
    }:
        plan = planned[arm]
        own = [
            r.observation
            for r in trial.rows
            if arm in (r.observation.arm_id, r.observation.relative_to)
        ]
        times = merged_times([
            np.zeros(1), *(sampling_times(o, plan.sessions, plan.doses_h) for o in own)
        ])  # fmt: skip
        courses[arm] = plan.course(ks.simulate(plan.scenario, t_eval=times))
    expected = forecast(trial, courses, predictor(), BetweenTrials.published(), nodes=(7, 3))
    assert float(posterior.log_likelihood(posterior.start)[0]) == pytest.approx(
        expected.log_likelihood, rel=1e-6
    )


# --- gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["additive", "proportional", "combined", "lognormal"])
@pytest.mark.parametrize("blq", ["M3", "M4"])
def test_gradients_of_residual_errors_are_exact(kind: str, blq: str) -> None:
    data = levels() + measured(
        Measurement("1", "ketamine_venous", 24.0, 2.0, None, "left"),
        Measurement("1", "ketamine_venous", 0.8, 150.0, None, "right"),
        Measurement("1", "ketamine_venous", 8.0, 15.0, None, "interval", 5.0),
    )
    posterior = ks.Posterior(data, [CL, V], error={"ketamine_venous": ErrorModel(kind, blq=blq)})
    z = posterior.start + 0.3
    value, gradient = posterior.value_and_grad(z)
    assert value == pytest.approx(float(posterior.log_prob(z)), rel=1e-12)
    np.testing.assert_allclose(gradient, differences(posterior, z), rtol=1e-4, atol=1e-4)


def test_gradients_of_arms_reach_rules_and_differences_between_studies() -> None:
    data = ks.Observations.from_arms(ARMS)
    theta = ["symptoms.w_R", "symptoms.omega_s", "symptoms.sd_e", *(
        f"observation.{name}" for name in ("tau_c", "tau_d", "tau_row")
    )]  # fmt: skip
    posterior = ks.Posterior(data, theta)
    z = posterior.start - 0.2
    value, gradient = posterior.value_and_grad(z)
    assert value == pytest.approx(float(posterior.log_prob(z)), rel=1e-10)
    np.testing.assert_allclose(gradient, differences(posterior, z), rtol=1e-3, atol=1e-5)
    assert (np.abs(gradient + z) > 1e-6).all()  # the data act on every one of them


def test_gradients_of_relapse_and_of_rules_that_move() -> None:
    rows = ["mathew2010__relapse__1"]
    known = [o.obs_id for o in ks.evidence.load().observations if o.readout == "relapse"]
    data = ks.Observations.from_evidence([rows[0] if rows[0] in known else known[0]])
    posterior = ks.Posterior(data, ["symptoms.tau_C", "symptoms.omega_s"])
    z = posterior.start + 0.1
    np.testing.assert_allclose(
        posterior.value_and_grad(z)[1], differences(posterior, z), rtol=1e-3, atol=1e-5
    )


def test_scores_add_up_to_the_gradient() -> None:
    data = levels() + ks.Observations.from_arms(ARMS)
    posterior = ks.Posterior(data, [CL, "symptoms.w_R"])
    z = posterior.start
    assert posterior.scores(z).shape == (2, posterior.dim)
    np.testing.assert_allclose(
        posterior.scores(z).sum(axis=0) - z, posterior.value_and_grad(z)[1], rtol=1e-12
    )


def test_least_squares_are_the_same_posterior() -> None:
    posterior = ks.Posterior(levels(sd=4.0), [CL, V])
    z = posterior.start + 0.2
    residuals, jacobian = posterior.residuals(z), posterior.jacobian(z)
    assert jacobian.shape == (6, 2)
    np.testing.assert_allclose(-jacobian.T @ residuals, posterior.value_and_grad(z)[1], rtol=1e-9)
    base = posterior.residuals(posterior.start)
    assert 0.5 * (base @ base - residuals @ residuals) == pytest.approx(
        float(posterior.log_prob(z) - posterior.log_prob(posterior.start)), rel=1e-9
    )


@pytest.mark.parametrize(
    ("data", "keywords", "said"),
    [
        (levels(), {}, "an error is estimated"),
        (levels(sd=4.0), {"prior": {CL: Prior(280, 460, flat=True)}}, "a prior is flat"),
        (ks.Observations.from_arms(ARMS), {"between_studies": False}, "not normal .count."),
        (ks.Observations.from_arms(ARMS[:2]), {}, "studies differ"),
    ],
)
def test_what_is_no_sum_of_squares_says_why(
    data: ks.Observations, keywords: dict[str, object], said: str
) -> None:
    posterior = ks.Posterior(data, [CL], **keywords)
    with pytest.raises(ks.ScenarioError, match=said):
        posterior.residuals(posterior.start)


# --- contract -------------------------------------------------------------------------------------


def test_many_sets_at_once_are_those_one_by_one() -> None:
    posterior = ks.Posterior(levels() + ks.Observations.from_arms(ARMS), [CL, "symptoms.omega_s"])
    z = posterior.start + 0.3 * np.random.default_rng(1).standard_normal((3, 4, posterior.dim))
    together = posterior.log_prob(z)
    assert together.shape == (3, 4)
    alone = [[float(posterior.log_prob(one)) for one in row] for row in z]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("far", [60.0, -60.0, 400.0, np.nan, np.inf])
def test_impossible_values_are_impossible_not_errors(far: float) -> None:
    posterior = ks.Posterior(levels(), [CL, V])
    z = np.tile(posterior.start, (2, 1))
    z[0, 0] = far
    assert posterior.log_prob(z)[0] == -np.inf
    value, gradient = posterior.value_and_grad(z[0])
    assert value == -np.inf
    assert np.isnan(gradient).all()
    assert np.isfinite(posterior.log_prob(z)[1])


def test_data_that_cannot_be_predicted_at_the_start_say_why() -> None:
    with pytest.raises(ks.ScenarioError, match="1: no prediction: max_steps_reached"):
        ks.Posterior(levels(), [CL], max_steps=5)


def test_values_outside_the_plausible_range_give_no_warning() -> None:
    posterior = ks.Posterior(levels(), [CL])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z = posterior.start + np.array([4.0, 0.0])
        assert np.isfinite(posterior.log_prob(z))
        assert np.isfinite(posterior.value_and_grad(z)[0])


def test_threads_and_copies_give_equal_bits() -> None:
    data = levels() + ks.Observations.from_arms(ARMS)
    one, two = (ks.Posterior(data, [CL, "symptoms.w_R"], threads=n) for n in (1, 3))
    z = one.start + 0.2 * np.random.default_rng(2).standard_normal((7, one.dim))
    copy = pickle.loads(pickle.dumps(one))
    for other in (two, copy):
        assert np.array_equal(one.log_prob(z), other.log_prob(z))
        assert one.value_and_grad(z[0])[0] == other.value_and_grad(z[0])[0]
        assert np.array_equal(one.value_and_grad(z[0])[1], other.value_and_grad(z[0])[1])


@pytest.mark.parametrize(
    ("theta", "keywords", "said"),
    [
        (["pharmacokinetics.CLint"], {}, "did you mean"),
        ([CL, CL], {}, "twice"),
        ([], {}, "give a list of names"),
        (["observation.tau_c"], {}, "no parameter of the model"),
        (["observation.tau_x", CL], {}, "did you mean"),
        (["error.ketamine_venous.additive"], {}, "named by error"),
        ([CL], {"error": {"ketamine": "additive"}}, "unknown measured readout"),
        ([CL], {"error": {"ketamine_venous": "aditive"}}, "did you mean 'additive'"),
        ([CL], {"prior": {"mtor.tau_M": (0.1, 0.2)}}, "unknown free parameter"),
        ([CL], {"prior": {CL: (5.0, 2.0)}}, "give low below high"),
        ([CL], {"rtoll": 1e-6}, "did you mean 'rtol'"),
        ([CL], {"method": "dopri5"}, "no derivatives"),
    ],
)
def test_what_is_unknown_or_impossible_is_refused(
    theta: list[str], keywords: dict[str, object], said: str
) -> None:
    with pytest.raises((ks.UnknownNameError, ks.ScenarioError), match=said):
        ks.Posterior(levels(), theta, **keywords)


def test_a_free_parameter_is_not_set_in_a_scenario_too() -> None:
    scenario = ks.Scenario(INFUSION, parameters={CL: 300.0})
    data = ks.Observations({"1": scenario}, (Measurement("1", "ketamine_venous", 1.0, 90.0),))
    with pytest.raises(ks.ScenarioError, match="is free, and set in the scenario"):
        ks.Posterior(data, [CL])


def test_priors_are_the_plausible_ranges_and_coordinates_count_their_deviations() -> None:
    posterior = ks.Posterior(levels(), [CL, "pharmacokinetics.fm_NK"])
    row = ks.parameters()[CL]
    assert posterior.priors[CL] == Prior(row["low"], row["high"], "log")
    assert posterior.priors["pharmacokinetics.fm_NK"].scale == "logit"
    z = posterior.coordinates({CL: row["high"]})
    assert z[0] == pytest.approx(1.96, abs=1e-3)  # 97.5 % of a normal distribution
    assert posterior.values(z)[0] == pytest.approx(row["high"])
    flat = ks.Posterior(levels(), [CL], prior={CL: Prior(280.0, 460.0, flat=True)})
    assert flat.log_prob(flat.coordinates({CL: 461.0})) == -np.inf
    assert np.isfinite(flat.log_prob(flat.coordinates({CL: 459.0})))


# --- fields of subjects and doses -----------------------------------------------------------------

#: Ranges that hold 95 % of fields of subjects and doses.
FIELDS = {
    "subject.weight_kg": (50.0, 100.0),
    "subject.severity": (0.3, 0.95),
    "subject.baseline_madrs": (20.0, 45.0),
    "dose.factor": (0.5, 2.0),
    "dose.lag_h": (0.02, 0.4),
}


def rated_and_sampled() -> ks.Observations:
    """Levels of one subject and ratings of another; doses by weight, and of different bioavailability."""
    doses = {
        "1": "ketamine 0.5 mg/kg iv over 40 min",
        "2": ks.Dose(
            "ketamine", 35.0, "mg", "im", additional=1, interval_h=48, bioavailability=0.9
        ),
    }
    read = {"1": ("ketamine_venous", (1.0, 4.0)), "2": ("madrs", (24.0, 100.0))}
    rows = []
    subjects = {name: ks.Scenario(dose) for name, dose in doses.items()}
    for name, (readout, times) in read.items():
        run = ks.simulate(subjects[name], t_eval=times)
        rows += [
            Measurement(name, readout, t, 0.8 * v, 0.1 * v)
            for t, v in zip(times, run[readout].tolist(), strict=True)
        ]
    return ks.Observations(subjects, rows)


@pytest.mark.parametrize("names", [[CL, *FIELDS, "pharmacokinetics.V1"], list(FIELDS)])
def test_gradients_by_fields_of_subjects_are_differences(names: list[str]) -> None:
    given = {name: FIELDS[name] for name in names if name in FIELDS}
    posterior = ks.Posterior(rated_and_sampled(), names, prior=given, rtol=1e-9)
    assert set(posterior.names) == set(names)
    rng = np.random.default_rng(3)
    for _ in range(2):
        z = rng.normal(0.0, 0.5, posterior.dim)
        value, gradient = posterior.value_and_grad(z)
        assert value == pytest.approx(float(posterior.log_prob(z)), rel=1e-7)
        # Differences of runs that are exact to 1e-9 or so.
        assert gradient == pytest.approx(differences(posterior, z), rel=2e-4, abs=2e-4)
        forward = posterior.scores(z).sum(axis=0) - z
        assert forward == pytest.approx(gradient, rel=1e-7, abs=1e-7)


def test_a_field_of_the_subjects_is_that_field() -> None:
    data = rated_and_sampled()
    given = {"subject.weight_kg": (50.0, 100.0), "dose.factor": (0.5, 2.0)}
    free = ks.Posterior(data, list(given), prior=given, rtol=TIGHT)
    z = free.coordinates({"subject.weight_kg": 81.0, "dose.factor": 1.3})
    heavier = {
        name: replace(
            s,
            subject=ks.Subject(weight_kg=81.0),
            regimen=ks.Regimen([
                replace(d, bioavailability=1.3 * d.bioavailability) for d in s.regimen.doses
            ]),
        )
        for name, s in data.subjects.items()
    }  # fmt: skip
    plain = ks.Posterior(ks.Observations(heavier, data.measurements), [CL], rtol=TIGHT)
    assert free.log_likelihood(z) == pytest.approx(plain.log_likelihood(plain.start), rel=1e-9)


def test_fields_of_subjects_do_not_depend_on_threads_or_processes() -> None:
    names = [CL, *FIELDS]
    one, two = (
        ks.Posterior(rated_and_sampled(), names, prior=FIELDS, threads=n, rtol=1e-4) for n in (1, 2)
    )
    z = np.linspace(-0.4, 0.5, one.dim)
    copied = pickle.loads(pickle.dumps(one))
    for other in (two, copied):
        assert one.log_prob([z, -z]).tolist() == other.log_prob([z, -z]).tolist()
        value, gradient = one.value_and_grad(z)
        assert value == other.value_and_grad(z)[0]
        assert gradient.tolist() == other.value_and_grad(z)[1].tolist()


def test_a_lag_that_is_known_is_found() -> None:
    late = ks.Scenario(ks.Dose("ketamine", 35.0, "mg", "im", lag_h=0.15))
    times = (0.25, 0.5, 1.0, 2.0)
    values = ks.simulate(late, t_eval=times)["ketamine_venous"].tolist()
    rows = [
        Measurement("1", "ketamine_venous", t, v, 0.02 * v)
        for t, v in zip(times, values, strict=True)
    ]
    data = ks.Observations({"1": ks.Scenario("ketamine 35 mg im")}, rows)
    posterior = ks.Posterior(data, ["dose.lag_h"], prior={"dose.lag_h": (0.01, 1.0)})
    # The prior, centred at 0.1 h, moves the maximum by less than 1 %.
    assert posterior.maximum(3).theta["dose.lag_h"] == pytest.approx(0.15, rel=0.01)


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        (["subject.weight_kg"], {}, r"subject\.weight_kg has no usual prior: give .* \[kg\]"),
        (["subject.wieght_kg"], {}, r"did you mean 'subject\.weight_kg'"),
        (["dose.amount"], {}, r"dose\.amount"),
        (
            ["subject.severity"],
            {"subject.severity": (0.0, 1.0)},
            r"prior of subject\.severity: .* logit",
        ),
    ],
)
def test_impossible_fields_of_subjects_are_refused(
    names: list[str], given: dict[str, tuple[float, float]], message: str
) -> None:
    with pytest.raises(ks.KetasimError, match=message):
        ks.Posterior(levels(1.0), names, prior=given)


def test_fields_without_one_value_for_all_are_refused() -> None:
    rows = [Measurement(s, "ketamine_venous", 1.0, 90.0, 5.0) for s in ("1", "2")]

    def refused(name: str, message: str, **subjects: ks.Scenario) -> None:
        data = ks.Observations({s.removeprefix("s"): x for s, x in subjects.items()}, rows)
        with pytest.raises(ks.ScenarioError, match=message):
            ks.Posterior(data, [name], prior={name: (0.1, 0.9)})

    one = ks.Scenario(INFUSION)
    refused(
        "subject.weight_kg", r"subject 1 has 70 kg and subject 2 60 kg",
        s1=one, s2=ks.Scenario(INFUSION, ks.Subject(weight_kg=60.0)),
    )  # fmt: skip
    refused(
        "subject.baseline_madrs", r"subject 1 has none and subject 2 30 points",
        s1=one, s2=ks.Scenario(INFUSION, ks.Subject(baseline_madrs=30.0)),
    )  # fmt: skip
    by_rate = ks.Scenario(ks.Dose("ketamine", 35.0, "mg", "iv", rate=50.0))
    refused("dose.factor", r"is given by its rate", s1=one, s2=by_rate)
    nothing = ks.Scenario(ks.Regimen())
    refused("dose.lag_h", r"no subject has a dose", s1=nothing, s2=nothing)


def test_fields_of_subjects_beside_arms_are_refused() -> None:
    data = ks.Observations.from_evidence(arms=["murr13_ket"])
    with pytest.raises(ks.ScenarioError, match=r"subject\.severity is of subjects, and data has"):
        ks.Posterior(data, ["subject.severity"], prior={"subject.severity": (0.1, 0.9)})
