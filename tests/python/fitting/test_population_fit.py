"""Population fits: the maximum of the right likelihood, standard errors, words, and clear refusals."""

import dataclasses
import math
import pickle
import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import ketasim as ks
from ketasim.fitting import (
    ConvergenceWarning,
    CovariateEffect,
    ErrorModel,
    Measurement,
    PopulationFit,
    PopulationModel,
)

INFUSION = "ketamine 35 mg iv over 40 min"
KET, NOR = "ketamine_venous", "norketamine_venous"
V3, QH, CLN, V1 = (f"pharmacokinetics.{name}" for name in ("V3", "Qh", "CLn_S", "V1"))
TIMES = (0.75, 2.0, 8.0, 24.0)
RTOL = 1e-4
QUICK = {"burn_in": 40, "averaging": 40, "draws": 400, "chains": 4}

Array = NDArray[np.float64]


def design(
    n: int = 8, readouts: tuple[str, ...] = (KET,), times: tuple[float, ...] = TIMES
) -> ks.Observations:
    """Subjects with a weight and a sex; values are placeholders."""
    subjects = {f"s{k}": ks.Scenario(INFUSION) for k in range(n)}
    rows = [Measurement(s, r, t, 10.0) for s in subjects for r in readouts for t in times]
    weights = np.linspace(50.0, 110.0, n)
    covariates = {s: {"WT": float(weights[k]), "SEX": float(k % 2)} for k, s in enumerate(subjects)}
    return ks.Observations(subjects, rows, covariates=covariates)


def model(
    data: ks.Observations, theta: tuple[str, ...] = (V3,), **keywords: object
) -> PopulationModel:
    return PopulationModel(data, list(theta), rtol=RTOL, **keywords)


def quiet(one: PopulationModel, **keywords: object) -> PopulationFit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return one.fit(**{"seed": 1, "reml": False, **QUICK, **keywords})


# --- the likelihood -------------------------------------------------------------------------------


def by_quadrature(
    data: ks.Observations,
    values: Mapping[str, float],
    log_density: Callable[[Measurement, Array, Mapping[str, float]], Array],
) -> float:
    """-2 log-likelihood of a model whose V3 is log-normal, by the trapezoidal rule."""
    nodes = np.linspace(-5.0, 5.0, 301)
    weights = stats.norm.pdf(nodes) * (nodes[1] - nodes[0])
    times = sorted({m.time_h for m in data.measurements})
    typical = values.get(V3, float(ks.parameters()[V3]["value"]))
    columns = {V3: typical * np.exp(values[f"omega.{V3}"] * nodes)}
    columns |= {name: np.full(301, values[name]) for name in (CLN, V1) if name in values}
    readouts = list(dict.fromkeys(m.readout for m in data.measurements))
    runs = ks.simulate_population(
        INFUSION, 301, readouts=readouts, t_eval=times, parameters=columns, rtol=RTOL
    )
    total = 0.0
    for subject in data.subjects:
        logs = np.zeros(301)
        for m in data.measurements:
            if m.subject == subject:
                logs += log_density(m, runs[m.readout][:, times.index(m.time_h)], values)
        logs = np.where(np.isnan(logs), -np.inf, logs)  # outside the limits of V3
        top = logs.max()
        total += top + math.log(float(weights @ np.exp(logs - top)))
    return -2.0 * total


def proportional(m: Measurement, f: Array, values: Mapping[str, float]) -> Array:
    one = stats.norm(f, values[f"error.{m.readout}.proportional"] * f)
    if m.censored == "interval":
        return np.log(np.maximum(one.cdf(m.value) - one.cdf(m.low), 1e-300))
    return {"": one.logpdf, "left": one.logcdf, "right": one.logsf}[m.censored](m.value)


def positive(m: Measurement, f: Array, values: Mapping[str, float]) -> Array:
    """As M4: given that the value is above 0."""
    one = stats.norm(f, values[f"error.{m.readout}.additive"])
    if m.censored:
        return np.log(np.maximum(one.cdf(m.value) - one.cdf(0.0), 1e-300) / one.sf(0.0))
    return one.logpdf(m.value) - one.logsf(0.0)


def combined(m: Measurement, f: Array, values: Mapping[str, float]) -> Array:
    a, b = (values[f"error.{m.readout}.{part}"] for part in ("additive", "proportional"))
    return stats.norm.logpdf(m.value, f, np.hypot(a, b * f))


def lognormal(m: Measurement, f: Array, values: Mapping[str, float]) -> Array:
    return stats.lognorm.logpdf(m.value, values[f"error.{m.readout}.proportional"], scale=f)


CASES = {
    "censored": (
        (V3,), (KET,), {},
        {V3: 230.0, f"omega.{V3}": 0.4, f"error.{KET}.proportional": 0.15}, 2.0, proportional,
    ),
    "lognormal": (
        (V3,), (KET,), {"error": {KET: "lognormal"}},
        {V3: 230.0, f"omega.{V3}": 0.4, f"error.{KET}.proportional": 0.15}, None, lognormal,
    ),
    "without random effects": (
        (V3, CLN), (KET, NOR), {"random": [V3]},
        {
            V3: 230.0, CLN: 50.0, f"omega.{V3}": 0.3, f"error.{KET}.proportional": 0.1,
            f"error.{NOR}.proportional": 0.1,
        },
        None, proportional,
    ),
    "M4": (
        (V3,), (KET,), {"error": {KET: ErrorModel("additive", blq="M4")}},
        {V3: 230.0, f"omega.{V3}": 0.4, f"error.{KET}.additive": 1.5}, 2.0, positive,
    ),
    "intervals": (
        (V3,), (KET,), {},
        {V3: 230.0, f"omega.{V3}": 0.4, f"error.{KET}.proportional": 0.15}, None, proportional,
    ),
    "combined": (
        (V3,), (KET,), {"error": {KET: "combined"}},
        {V3: 230.0, f"omega.{V3}": 0.4, f"error.{KET}.proportional": 0.12, f"error.{KET}.additive": 0.3},
        None, combined,
    ),
}  # fmt: skip


def with_intervals(data: ks.Observations) -> ks.Observations:
    """The last values are between two limits, the ones at 4 h above a limit."""
    rows = [
        dataclasses.replace(m, value=1.3 * m.value, low=0.8 * m.value, censored="interval")
        if m.time_h == 24.0
        else dataclasses.replace(m, value=0.8 * m.value, censored="right")
        if m.time_h == 4.0
        else m
        for m in data.measurements
    ]
    return ks.Observations(data.subjects, rows)


@pytest.mark.parametrize("case", CASES)
def test_the_estimate_is_the_maximum_of_the_likelihood(case: str) -> None:
    theta, readouts, keywords, truth, lloq, log_density = CASES[case]
    made = model(design(10, readouts, (0.75, 2.0, 4.0, 8.0, 12.0, 24.0)), theta, **keywords)
    data = made.simulate(truth, seed=3, lloq=lloq)
    if case == "intervals":
        data = with_intervals(data)
    assert any(m.censored for m in data.measurements) == (case in ("censored", "M4", "intervals"))
    fit = quiet(model(data, theta, **keywords), averaging=60)
    assert fit.converged
    values = fit.estimates

    def minus_two_ll(x: Mapping[str, float]) -> float:
        return by_quadrature(data, x, log_density)

    here = minus_two_ll(values)
    # Importance sampling has an error of its own; five of its standard errors never happen.
    assert fit.minus_two_ll == pytest.approx(here, abs=5.0 * fit.minus_two_ll_error + 0.01)
    errors = fit.standard_errors
    gradient, second = {}, {}
    for name in fit.names:
        h = 0.2 * errors[name]
        up, down = (minus_two_ll({**values, name: values[name] + sign * h}) for sign in (1, -1))
        gradient[name] = (up - down) / (2.0 * h)
        second[name] = (up - 2.0 * here + down) / h**2
    g = np.array([0.5 * gradient[name] * errors[name] for name in fit.names])
    # All within 0.3 standard errors of the maximum: the promise of `converged`.
    assert np.abs(g).max() < 0.5
    # A standard error is at least that with all other parameters known.
    for name in fit.names:
        assert errors[name] > 0.85 * math.sqrt(2.0 / second[name])


def test_standard_errors_are_those_of_the_likelihood() -> None:
    theta, readouts, keywords, truth, lloq, log_density = CASES["censored"]
    made = model(design(10, readouts), theta, **keywords)
    data = made.simulate(truth, seed=4, lloq=lloq)
    fit = quiet(model(data, theta, **keywords), draws=3000)
    x = {name: math.log(value) for name, value in fit.estimates.items()}
    h = 0.05

    def at(moves: Mapping[str, float]) -> float:
        values = {name: math.exp(v + moves.get(name, 0.0)) for name, v in x.items()}
        return 0.5 * by_quadrature(data, values, log_density)

    here, n = at({}), len(fit.names)
    hessian = np.zeros((n, n))
    for i, a in enumerate(fit.names):
        hessian[i, i] = (at({a: h}) - 2.0 * here + at({a: -h})) / h**2
        for j, b in enumerate(fit.names[:i]):
            mixed = at({a: h, b: h}) - at({a: h, b: -h}) - at({a: -h, b: h}) + at({a: -h, b: -h})
            hessian[i, j] = hessian[j, i] = mixed / (4.0 * h * h)
    expected = np.sqrt(np.diag(np.linalg.inv(hessian)))
    found = [fit.standard_errors[name] / fit.estimates[name] for name in fit.names]
    # 3000 draws leave about 2 %.
    assert found == pytest.approx(expected, rel=0.06)


# --- simulation and re-estimation -----------------------------------------------------------------

TRUTH = {
    QH: 125.0, V3: 220.0, CLN: 48.0, f"beta.{CLN}.WT": 0.75, f"omega.{QH}": 0.25,
    f"omega.{V3}": 0.3, f"omega.{CLN}": 0.3, f"corr.{QH}.{CLN}": 0.5,
    f"error.{KET}.proportional": 0.15, f"error.{NOR}.proportional": 0.12,
}  # fmt: skip


def population(data: ks.Observations) -> PopulationModel:
    return PopulationModel(
        data,
        [QH, V3, CLN],
        correlated=[[QH, CLN]],
        covariates={CLN: {"WT": CovariateEffect("power", reference=70.0)}},
        start={QH: 105.0, V3: 300.0},
        rtol=1e-4,
    )


@pytest.fixture(scope="module")
def known() -> tuple[PopulationModel, PopulationFit]:
    times = (0.5, 0.75, 1.25, 2.0, 4.0, 8.0, 12.0, 24.0)
    data = population(design(24, (KET, NOR), times)).simulate(TRUTH, seed=2, lloq=1.0)
    one = population(data)
    return one, one.fit(seed=1, burn_in=60, averaging=60, draws=500)


def test_known_truth_lies_in_the_intervals(known: tuple[PopulationModel, PopulationFit]) -> None:
    _, fit = known
    assert fit.names == tuple(TRUTH)
    inside = []
    for name, truth in TRUTH.items():
        low, high = fit.interval(name)
        assert low < fit[name] < high
        inside.append(low < truth < high)
        assert abs(fit[name] - truth) < 4.0 * fit.standard_errors[name]
    assert sum(inside) >= 8
    assert fit.converged
    assert fit.diagnosis.startswith("converged")
    assert not any("poor" in problem for problem in fit.problems)


def test_simulated_populations_are_found_again() -> None:
    """A small version of bench/population_fits.py."""
    times = (0.5, 0.75, 1.25, 2.0, 4.0, 8.0, 12.0, 24.0)
    one = population(design(24, (KET, NOR), times))
    scores, inside = [], []
    for seed in range(11, 16):
        fit = quiet(population(one.simulate(TRUTH, seed=seed, lloq=1.0)), reml=True, seed=seed)
        assert fit.converged
        on_scale = [(value, *fit.interval(name), fit[name]) for name, value in TRUTH.items()]
        inside += [low <= truth <= high for truth, low, high, _ in on_scale]
        errors = fit.standard_errors
        scores.append([(fit[n] - value) / errors[n] for n, value in TRUTH.items()])
    # 50 intervals that hold the truth in 95 %: fewer than 42 in 1 of 10,000.
    assert sum(inside) >= 42
    # Means of 5 standard normal numbers: none of ten beyond 4 of its standard errors.
    assert np.abs(np.mean(scores, axis=0)).max() < 4.0 / math.sqrt(5.0)


def test_random_effects_and_shrinkage(known: tuple[PopulationModel, PopulationFit]) -> None:
    _, fit = known
    assert fit.eta.shape == fit.eta_sd.shape == fit.individual.shape == (24, 3)
    assert fit.individual[:, 1] == pytest.approx(fit[V3] * np.exp(fit.eta[:, 1]))
    spread = np.sqrt(np.mean(fit.eta[:, 1] ** 2)) / fit[f"omega.{V3}"]
    assert fit.shrinkage[V3] == pytest.approx(1.0 - spread)
    assert -0.1 < fit.shrinkage[V3] < 0.3
    # Modes and means of nearly normal distributions are near each other.
    assert np.abs(fit.eta - fit.eta_mean).max() < 0.5 * fit.eta_sd.max()


def test_tables_and_figures(known: tuple[PopulationModel, PopulationFit], tmp_path: object) -> None:
    one, fit = known
    rows = {c.name: c.values for c in fit.sheet().columns}
    assert list(rows["parameter"]) == list(fit.names)
    assert fit.save(f"{tmp_path}/fit.csv").exists()
    residuals = {c.name: np.array(c.values) for c in fit.residual_sheet().columns}
    assert residuals["pred"].size == len(one.data.measurements)
    seen = residuals["censored"] == 0
    assert np.std(residuals["iwres"][seen].astype(float)) == pytest.approx(1.0, abs=0.25)
    assert np.std(residuals["npde"].astype(float)) == pytest.approx(1.0, abs=0.25)
    # The individual predictions are nearer to the values than the typical ones.
    off = {
        k: np.abs(np.log(residuals[k] / residuals["value"]))[seen].mean() for k in ("pred", "ipred")
    }
    assert off["ipred"] < 0.7 * off["pred"]
    assert len(fit.subject_sheet().columns) == 1 + 3 * 3
    for figure, words in (
        (fit.plot(), f"omega.{V3}"),
        (fit.plot_individuals(NOR, ["s1", "s3"]), "IPRED"),
        (fit.plot_random_effects(), "shrinkage"),
    ):
        texts = [t.get_text() for axes in figure.axes for t in (*axes.texts, axes.title)]
        assert any(words in text for text in texts)
    labels = {axes.get_ylabel() for axes in fit.plot_individuals(NOR).axes}
    assert labels == {f"{NOR} [ng/mL]"}
    check = one.visual_check(fit, 60)
    assert check.inside > 0.7


def test_a_fit_is_a_function_of_the_seed() -> None:
    data = model(design(6)).simulate({f"omega.{V3}": 0.3}, seed=1)
    fits = [
        quiet(model(data, threads=threads), seed=seed, burn_in=12, averaging=12, draws=100)
        for seed, threads in ((1, 1), (1, 2), (2, 1))
    ]
    assert fits[0] == fits[1]
    assert fits[0] != fits[2]
    assert pickle.loads(pickle.dumps(fits[0])) == fits[0]
    again = pickle.loads(pickle.dumps(model(data, threads=1)))
    assert quiet(again, seed=1, burn_in=12, averaging=12, draws=100) == fits[0]


def test_restricted_likelihood_counts_the_fixed_effect() -> None:
    # With many exact values per subject the random effects are known: omega^2 has N - 1 in place of N.
    times = (0.75, 2.0, 4.0, 6.0, 8.0, 12.0, 18.0, 24.0)
    exact = {KET: ErrorModel("proportional", proportional=0.03)}
    data = model(design(6, times=times), error=exact).simulate({f"omega.{V3}": 0.3}, seed=5)
    plain, restricted = (
        quiet(model(data, error=exact), averaging=150, reml=reml) for reml in (False, True)
    )
    ratio = restricted[f"omega.{V3}"] / plain[f"omega.{V3}"]
    # Random draws of the fixed effect leave about 1 %.
    assert ratio == pytest.approx(math.sqrt(6.0 / 5.0), rel=0.04)


# --- what a model can have ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "truth", "readout"),
    [("dose.factor", 1.6, KET), ("dose.lag_h", 0.5, KET), ("subject.weight_kg", 95.0, KET)],
)
def test_what_is_unknown_in_a_subject_can_be_fitted(name: str, truth: float, readout: str) -> None:
    times = (0.75, 1.0, 1.5, 3.0, 8.0)
    data = model(design(8, (readout,), times), (name,)).simulate(
        {name: truth, f"omega.{name}": 0.2, f"error.{readout}.proportional": 0.05}, seed=2
    )
    fit = quiet(model(data, (name,)))
    low, high = fit.interval(name)
    assert low < truth < high
    assert high / low < 1.6
    # It acts as the scenario's own number does.
    if name == "dose.factor":
        once = ks.simulate("ketamine 56 mg iv over 40 min", t_eval=times)[readout]
        found = model(data, (name,), fixed={name: 1.6})
        typical = quiet(found, burn_in=5, averaging=5, draws=60).readouts[readout].pred[:5]
        assert typical == pytest.approx(once, rel=1e-3)


def test_severity_varies_on_the_logit() -> None:
    subjects = {f"s{k}": ks.Scenario(INFUSION, ks.Subject(severity=0.6)) for k in range(5)}
    rows = [Measurement(s, "spine_density", t, 0.8) for s in subjects for t in (0.0, 24.0)]
    data = ks.Observations(subjects, rows)
    one = PopulationModel(
        data,
        ["subject.severity"],
        error={"spine_density": ErrorModel("additive", additive=0.004)},
        rtol=1e-4,
    )
    made = one.simulate({"subject.severity": 0.7, "omega.subject.severity": 0.4}, seed=1)
    fit = quiet(PopulationModel(made, ["subject.severity"], error=one.errors, rtol=1e-4))
    assert fit.scales[0] == "logit"
    assert (
        0.0 < fit.interval("subject.severity")[0] < 0.7 < fit.interval("subject.severity")[1] < 1.0
    )


def test_covariates_move_the_parameter_by_their_form() -> None:
    effects = {V3: {"WT": CovariateEffect("power", 70.0, 1.0), "SEX": "category"}}
    one = model(design(8), covariates=effects)
    assert one.names[:2] == (V3, f"beta.{V3}.SEX.1")
    data = one.simulate(
        {
            V3: 200.0,
            f"beta.{V3}.SEX.1": 0.4,
            f"omega.{V3}": 0.05,
            f"error.{KET}.proportional": 0.02,
        },
        seed=1,
    )
    fit = quiet(model(data, covariates=effects))
    assert fit[f"beta.{V3}.SEX.1"] == pytest.approx(0.4, abs=0.15)
    weights = np.linspace(50.0, 110.0, 8)
    expected = (
        fit[V3]
        * weights
        / 70.0
        * np.where(np.arange(8) % 2, math.exp(fit[f"beta.{V3}.SEX.1"]), 1.0)
    )
    assert fit.individual[:, 0] / expected == pytest.approx(np.exp(fit.eta[:, 0]))


def test_groups_of_correlated_random_effects() -> None:
    data = design(8, (KET, NOR))
    theta = (QH, V3, CLN)
    assert not any(n.startswith("corr.") for n in model(data, theta).names)
    pairs = [n for n in model(data, theta, correlated=True).names if n.startswith("corr.")]
    assert len(pairs) == 3
    one = [n for n in model(data, theta, correlated=[[QH, CLN]]).names if n.startswith("corr.")]
    assert one == [f"corr.{QH}.{CLN}"]


# --- words ----------------------------------------------------------------------------------------


def test_a_poor_fit_says_so() -> None:
    one = model(design(12))
    data = one.simulate({f"omega.{V3}": 0.2, f"error.{KET}.proportional": 0.1}, seed=1)
    raised = [
        Measurement(m.subject, m.readout, m.time_h, m.value * (3.0 if m.time_h == 8.0 else 1.0))
        for m in data.measurements
    ]
    wrong = ks.Observations(data.subjects, raised)
    error = {KET: ErrorModel("proportional", proportional=0.1)}
    fit = quiet(model(wrong, error=error))
    assert any("the fit is poor" in problem and KET in problem for problem in fit.problems)
    assert "the fit is poor" in repr(fit)
    good = quiet(model(data, error=error))
    assert not any("poor" in problem for problem in good.problems)


def test_what_the_data_do_not_determine_is_named() -> None:
    # Nothing is absorbed after an infusion: its rate of absorption moves no value.
    data = model(design(6)).simulate({f"omega.{V3}": 0.3}, seed=1)
    blind = "pharmacokinetics.ka_po"
    with pytest.warns(ConvergenceWarning, match=r"not positive definite.*ka_po"):
        fit = model(data, (V3, blind)).fit(seed=1, **QUICK)
    assert not fit.converged
    assert "not converged" in repr(fit)


def test_no_difference_between_subjects_is_said() -> None:
    data = model(design(8)).simulate(
        {f"omega.{V3}": 1e-4, f"error.{KET}.proportional": 0.1}, seed=1
    )
    fit = quiet(model(data), burn_in=150)
    assert fit[f"omega.{V3}"] < 0.1
    assert any(f"omega.{V3}" in p or f"shrinkage of {V3}" in p for p in fit.problems)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"random": ["pharmacokinetics.V9"]}, ks.UnknownNameError, "random effect"),
        ({"random": [QH]}, ks.UnknownNameError, "random effect"),
        ({"random": []}, ks.ScenarioError, "differs in at least one"),
        ({"random": "V3"}, ks.ScenarioError, "list of names"),
        ({"theta": ["pharmacokinetics.V33"]}, ks.UnknownNameError, "V3"),
        ({"theta": ["subject.height"]}, ks.UnknownNameError, "subject"),
        ({"theta": []}, ks.ScenarioError, "at least one"),
        ({"theta": [V3, V3]}, ks.ScenarioError, "twice"),
        ({"theta": ["error.ketamine_venous.proportional"]}, ks.ScenarioError, "error="),
        ({"theta": [V3, QH, CLN]}, ks.ScenarioError, "more subjects than random effects"),
        ({"covariates": {V3: {"HT": "power"}}}, ks.UnknownNameError, "covariate"),
        ({"covariates": {V3: {"AGE": "linear"}}}, ks.EvidenceError, "'s1'.*AGE"),
        ({"covariates": {V3: {"WT": "cubic"}}}, ks.UnknownNameError, "covariate effect"),
        ({"covariates": {QH: {"WT": "power"}}}, ks.UnknownNameError, "theta"),
        ({"covariates": {V3: {"SAME": "linear"}}}, ks.ScenarioError, "same in all"),
        ({"covariates": {V3: {"SAME": "power"}}}, ks.EvidenceError, "above 0"),
        ({"correlated": [[V3, QH]]}, ks.UnknownNameError, "random effect"),
        ({"correlated": "all"}, ks.ScenarioError, "True, False"),
        ({"start": {V3: -1.0}}, ks.ScenarioError, "not possible"),
        ({"start": {QH: 100.0}}, ks.UnknownNameError, "theta"),
        ({"start": {V3: 200.0}, "fixed": {V3: 200.0}}, ks.ScenarioError, "remove one"),
        ({"error": {NOR: "additive"}}, ks.UnknownNameError, "measured readout"),
        ({"threads": 0}, ks.ScenarioError, "threads"),
    ],
)  # fmt: skip
def test_impossible_models_are_refused(
    keywords: dict[str, object], error: type[Exception], words: str
) -> None:
    data = design(3)
    covariates = {s: {**c, "SAME": 0.0} for s, c in data.covariates.items()}
    covariates["s0"]["AGE"] = 40.0
    data = ks.Observations(data.subjects, data.measurements, covariates=covariates)
    theta = keywords.pop("theta", [V3])
    with pytest.raises(error, match=words):
        PopulationModel(data, theta, **keywords)


def test_data_without_a_population_are_refused() -> None:
    data = design(4)
    kept = [m for m in data.measurements if m.subject != "s2"]
    with pytest.raises(ks.EvidenceError, match="'s2' has no measured value"):
        PopulationModel(ks.Observations(data.subjects, kept), [V3])
    with pytest.raises(ks.ScenarioError, match="empty"):
        PopulationModel(ks.Observations(), [V3])
    with pytest.raises(ks.ScenarioError, match="give Observations"):
        PopulationModel({"ID": [1]}, [V3])
    arms = ks.Observations.from_evidence(arms=["murr13_ket"])
    with pytest.raises(ks.ScenarioError, match="use Posterior for arms"):
        PopulationModel(data + arms, [V3])


@pytest.mark.parametrize(
    "keywords", [{"burn_in": 0}, {"averaging": 1}, {"draws": 3}, {"chains": 0}, {"seed": -1}]
)
def test_impossible_fits_are_refused(keywords: dict[str, int]) -> None:
    with pytest.raises(ks.ScenarioError, match=next(iter(keywords))):
        model(design(4)).fit(**keywords)


def test_a_fit_of_another_model_is_refused() -> None:
    data = model(design(6)).simulate({f"omega.{V3}": 0.3}, seed=1)
    fit = quiet(model(data), burn_in=8, averaging=8, draws=60)
    other = model(design(6), (QH,))
    with pytest.raises(ks.ScenarioError, match="another model"):
        other.visual_check(fit)
    with pytest.raises(ks.UnknownNameError, match="estimated parameter"):
        other.simulate({V3: 200.0})
    with pytest.raises(ks.ScenarioError, match="PopulationFit"):
        other.simulate([200.0])
    with pytest.raises(ks.UnknownNameError, match="estimated parameter"):
        fit.interval(QH)


# --- full Bayes -----------------------------------------------------------------------------------


def test_draws_have_the_posterior_distribution() -> None:
    error = {KET: ErrorModel("proportional", proportional=0.15)}
    data = model(design(6), error=error).simulate({V3: 230.0, f"omega.{V3}": 0.4}, seed=3)
    one = model(data, error=error)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        draws = one.sample(400, near=quiet(one), seed=1, chains=8, prior={V3: (150.0, 400.0)})
    # The same posterior on a grid: normal prior of ln V3, half-t prior of omega. The likelihood of each
    # subject over ln V3 is computed once.
    phi = np.linspace(math.log(18.0), math.log(4000.0), 600)
    runs = ks.simulate_population(
        INFUSION, 600, readouts=[KET], t_eval=TIMES, parameters={V3: np.exp(phi)}, rtol=RTOL
    )
    own = np.zeros((6, 600))
    for m in data.measurements:
        f = runs[KET][:, TIMES.index(m.time_h)]
        own[int(m.subject[1:])] += stats.norm.logpdf(m.value, f, 0.15 * f)
    likelihood = np.exp(own - own.max(axis=1, keepdims=True))
    logs = np.linspace(math.log(90.0), math.log(600.0), 60)
    omegas = np.linspace(0.05, 3.0, 240)
    prior = stats.norm(0.5 * math.log(150.0 * 400.0), math.log(400.0 / 150.0) / (2 * 1.96))
    density = np.array([
        [
            np.log(likelihood @ stats.norm.pdf(phi, v, w)).sum()
            + prior.logpdf(v) + stats.t.logpdf(w, 2.0)
            for w in omegas
        ]
        for v in logs
    ])  # fmt: skip
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    mean = float(weight.sum(axis=1) @ logs)
    sd = math.sqrt(float(weight.sum(axis=1) @ (logs - mean) ** 2))
    found = np.log(draws[V3])
    # 3200 draws that are correlated: a few hundred independent ones, errors of 5 % of an sd.
    assert found.mean() == pytest.approx(mean, abs=0.2 * sd)
    assert found.std() == pytest.approx(sd, rel=0.2)
    middle = float(np.interp(0.5, np.cumsum(weight.sum(axis=0)), omegas))
    assert np.median(draws[f"omega.{V3}"]) == pytest.approx(middle, rel=0.15)
    assert draws.effective.min() > 200.0
    bands = ks.predict(draws, INFUSION, [KET], t_eval=[1.0, 8.0], n=20)
    assert bands.parameters[KET].shape == (20, 2)


def test_draws_of_all_kinds_of_parameters() -> None:
    theta = (V3, QH, CLN)
    keywords = {
        "random": [V3, QH], "correlated": True, "error": {KET: "combined"},
        "covariates": {CLN: {"WT": "power"}, V3: {"SEX": "category"}},
    }  # fmt: skip
    data = model(design(8, (KET, NOR)), theta, **keywords).simulate({}, seed=3, lloq=1.0)
    one = model(data, theta, **keywords)
    near = quiet(one, burn_in=20, averaging=20, draws=100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        draws = [one.sample(20, near=near, seed=seed, chains=4) for seed in (1, 1, 2)]
    assert draws[0].names == one.names
    assert np.isfinite(draws[0].values).all()
    assert (draws[0].values.std(axis=(0, 1)) > 0.0).all()
    assert (draws[0].values == draws[1].values).all()
    assert (draws[0].values != draws[2].values).any()
    with pytest.raises(ks.UnknownNameError, match="typical value"):
        one.sample(20, near=near, prior={f"omega.{V3}": (0.1, 1.0)})
    with pytest.raises(ks.ScenarioError, match="chains"):
        one.sample(20, near=near, chains=1)
