"""A posterior as a problem of PEtab: the linter, another simulator, and back."""

import math
from dataclasses import replace
from pathlib import Path

import libsbml
import numpy as np
import pytest

import ketasim as ks
from ketasim.fitting import ErrorModel, Measurement, Prior, read_petab

petab = pytest.importorskip("petab.v1")
v2 = pytest.importorskip("petab.v2")
roadrunner = pytest.importorskip("roadrunner")

# libpetab calls pandas in ways that pandas gives up.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

#: Different schedules, weights, routes and severities; one has a dose before its time 0 and one a bolus.
SUBJECTS = {
    "1": ks.Scenario("ketamine 35 mg iv over 40 min", ks.Subject(weight_kg=62)),
    "2": ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", ks.Subject(weight_kg=85, severity=0.5)),
    "C 3": ks.Scenario("ketamine 20 mg iv bolus from 0.5 h + ketamine 35 mg im from 24 h"),
    "4": ks.Scenario("esketamine 56 mg intranasal", ks.Subject(age_y=40)),
}
TIMES = {"1": (0.0, 0.5, 1.0, 12.0), "2": (-0.25, 0.4, 6.0), "C 3": (1.0, 25.0), "4": (0.5, 3.0)}
READOUTS = ("ketamine_venous", "norketamine_venous")
THETA = ["pharmacokinetics.CLint_S", "pharmacokinetics.V1", "pharmacokinetics.F_met"]
#: The last one is on the logit scale.
SETS = (0.0, 0.4, -0.6)


def levels(subjects=SUBJECTS, times=TIMES, sd=None):
    rng = np.random.default_rng(5)
    rows = []
    for name, at in times.items():
        run = ks.simulate(subjects[name], t_eval=at)
        for readout in READOUTS:
            for t, value in zip(at, run[readout], strict=True):
                if value > 0.01:
                    noisy = float(value * np.exp(0.1 * rng.standard_normal()))
                    rows.append(Measurement(name, readout, t, noisy, sd))
    # Before a dose the model has none: the smallest standard deviation counts.
    rows += [
        Measurement(name, READOUTS[0], at[0], 1e-4, sd)
        for name, at in times.items()
        if at[0] <= 0.0
    ]
    return ks.Observations(subjects, rows)


ERRORS = {
    "proportional, log-normal": ("proportional", "lognormal"),
    "combined, one part fixed": ("combined", ErrorModel("combined", additive=0.4)),
    "given, additive": ("given", "additive"),
    "fixed": (ErrorModel("proportional", proportional=0.2), ErrorModel("additive", additive=3.0)),
}


def posterior(error="proportional, log-normal", **more):
    models = dict(zip(READOUTS, ERRORS[error], strict=True))
    return ks.Posterior(levels(sd=2.0), THETA, error=models, **more)


def problem_of(path):
    return petab.Problem.from_yaml(str(path))


def simulated(problem, values):
    """Readouts by condition and time, by roadrunner, with values of the parameters in the tables."""
    found = {}
    for condition, of_condition in problem.measurement_df.groupby("simulationConditionId"):
        document = problem.model.sbml_document.clone()
        model = document.getModel()
        own = problem.condition_df.loc[condition].drop("conditionName")
        numbers = {k: v for k, v in values.items() if model.getParameter(k) is not None}
        numbers |= {k: values.get(v, v) for k, v in own.items()}
        for name, value in numbers.items():
            model.getParameter(name).setValue(float(value))
        rr = roadrunner.RoadRunner(libsbml.writeSBMLToString(document))
        rr.integrator.relative_tolerance = 1e-8
        rr.integrator.absolute_tolerance = [1e-11] * len(rr.getRateRuleIds())
        rr.timeCourseSelections = ["time", *READOUTS]
        times = sorted({0.0, *of_condition["time"]})
        for t, row in zip(times, np.array(rr.simulate(times=times)), strict=True):
            found[condition, t] = dict(zip(READOUTS, row[1:], strict=True))
    return found


def log_likelihood(problem, values, readouts):
    observables = problem.observable_df.copy()
    table = problem.measurement_df.copy()
    formulas = observables["observableFormula"].map(petab.math.sympify_petab)
    table["simulation"] = [
        float(
            formulas[row.observableId].subs(
                {
                    symbol: readouts[row.simulationConditionId, row.time][str(symbol)]
                    for symbol in formulas[row.observableId].free_symbols
                }
            )
        )
        for row in table.itertuples()
    ]
    # calculate_llh knows observables, no entities of the model; these observables are such entities.
    for readout in READOUTS:
        observables["noiseFormula"] = observables["noiseFormula"].str.replace(
            rf"\b{readout}\b", f"observed__{readout}", regex=True
        )
    parameters = problem.parameter_df.copy()
    parameters["nominalValue"] = [values[name] for name in parameters.index]
    return petab.calculate_llh(problem.measurement_df, table, observables, parameters)


def in_tables(problem, fit, z):
    """Values of the parameters by their id in the tables."""
    found = dict(zip(problem.parameter_df.index, fit.values(z), strict=True))
    return {
        name: math.log(x / (1 - x)) if name.startswith("logit__") else float(x)
        for name, x in found.items()
    }


@pytest.mark.parametrize("error", ERRORS)
def test_written_problem_is_clean_and_reads_back(error, tmp_path):
    fit = posterior(error)
    path = fit.to_petab(tmp_path / "petab")
    assert not petab.lint.lint_problem(problem_of(path))
    again = read_petab(path)
    assert again.names == fit.names
    assert again.errors == fit.errors
    assert again.data.subjects == fit.data.subjects
    assert len(again.data) == len(fit.data)
    assert {m.sd for m in again.data.measurements} == {2.0}
    for step in SETS:
        assert again.log_prob(again.start + step) == pytest.approx(
            fit.log_prob(fit.start + step), rel=1e-9
        )


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """Readouts of another simulator at parameters that are not the model's own."""
    fit = posterior("fixed")
    problem = problem_of(fit.to_petab(tmp_path_factory.mktemp("petab")))
    return simulated(problem, in_tables(problem, fit, fit.start + 0.4))


@pytest.mark.parametrize("error", ERRORS)
def test_another_simulator_finds_the_same_likelihood(error, moved, tmp_path):
    fit = posterior(error, rtol=1e-9)
    problem = problem_of(fit.to_petab(tmp_path / "petab"))
    z = fit.start + 0.4
    found = log_likelihood(problem, in_tables(problem, fit, z), moved)
    assert found == pytest.approx(float(fit.log_likelihood(z).sum()), abs=1e-3)


def test_pypesto_computes_the_same_posterior(tmp_path):
    rr = pytest.importorskip("pypesto.objective.roadrunner")
    # pyPESTO with libroadrunner takes errors of one parameter only.
    fit = ks.Posterior(levels(), THETA, error=dict.fromkeys(READOUTS, "additive"), rtol=1e-9)
    path = fit.to_petab(tmp_path / "petab")
    theirs = rr.PetabImporterRR.from_yaml(str(path)).create_problem()
    problem = problem_of(path)
    z = fit.start + 0.4
    values = in_tables(problem, fit, z)
    scales = problem.parameter_df["parameterScale"]
    x = [math.log(values[n]) if scales[n] == "log" else values[n] for n in theirs.x_names]
    of_coordinates = sum(math.log(prior.normal()[1]) for prior in fit.priors.values())
    found = -theirs.objective(np.array(x)) + of_coordinates
    assert found == pytest.approx(float(fit.log_prob(z)), abs=1e-3)


def test_conditions_hold_doses_weights_and_starts(tmp_path):
    problem = problem_of(posterior().to_petab(tmp_path / "petab"))
    table = problem.condition_df
    assert table["weight"].tolist() == [62.0, 85.0, 70.0, 70.0]
    assert table["time_of_first_dose"].tolist() == [0.0, 0.25, 0.0, 0.0]
    # Start of the infusion of subject 2, of the bolus of subject 3.
    assert table["at_1__time"].tolist()[1:3] == [0.25, 0.5]
    bolus = table.loc["subject_3_C_3", "at_1__add__pharmacokinetics__A1_S"]
    assert bolus == pytest.approx(20.0 / 2 / 237.725 * 1000, rel=1e-3)


def test_humans_and_animals_share_a_model(tmp_path):
    subjects = {
        "person": ks.Scenario("ketamine 35 mg iv over 40 min"),
        "rat": ks.Scenario("ketamine 5 mg/kg ip", ks.Subject(species="rat")),
    }
    times = {"person": (0.5, 2.0), "rat": (0.25, 1.0)}
    data = levels(subjects, times)
    fit = ks.Posterior(data, ["human:pharmacokinetics.V1", "rat:pharmacokinetics.V1"], rtol=1e-9)
    path = fit.to_petab(tmp_path / "petab")
    problem = problem_of(path)
    assert not petab.lint.lint_problem(problem)
    assert problem.condition_df["pharmacokinetics__V1"].tolist() == [
        "fitted__human__pharmacokinetics__V1",
        "fitted__rat__pharmacokinetics__V1",
    ]
    z = fit.start + 0.3
    assert read_petab(path).log_prob(z) == pytest.approx(fit.log_prob(z), rel=1e-9)
    values = in_tables(problem, fit, z)
    found = log_likelihood(problem, values, simulated(problem, values))
    assert found == pytest.approx(float(fit.log_likelihood(z).sum()), abs=1e-3)


def test_priors_are_those_of_the_coordinates(tmp_path):
    flat = {"pharmacokinetics.V1": Prior(5.0, 30.0, flat=True)}
    fit = posterior(prior={**flat, "pharmacokinetics.CLint_S": Prior(200.0, 600.0, "linear")})
    path = fit.to_petab(tmp_path / "petab")
    table = problem_of(path).parameter_df
    assert not petab.lint.lint_problem(problem_of(path))
    row = table.loc["pharmacokinetics__V1"]
    assert row["objectivePriorType"] == "parameterScaleUniform"
    ends = [float(x) for x in row["objectivePriorParameters"].split(";")]
    assert np.exp(ends) == pytest.approx([5.0, 30.0])
    row = table.loc["pharmacokinetics__CLint_S"]
    assert (row["parameterScale"], row["objectivePriorType"]) == ("lin", "parameterScaleNormal")
    mean, sd = (float(x) for x in row["objectivePriorParameters"].split(";"))
    assert (mean - 1.96 * sd, mean + 1.96 * sd) == pytest.approx((200.0, 600.0), rel=1e-4)
    check_priors(problem_of(path), fit)
    again = read_petab(path)
    assert again.priors["pharmacokinetics.V1"].flat
    for step in SETS:
        assert again.log_prob(fit.start + step) == pytest.approx(fit.log_prob(fit.start + step))


def check_priors(problem, fit):
    """Densities on the scale of a parameter differ from those of the coordinates by ln sd.

    Those of libpetab are by the parameter itself, so that ln x is added on the scale log.
    """
    # libpetab divides by what lies within the bounds.
    wide = {
        scale: {"lowerBound": low, "upperBound": 1e9}
        for scale, low in (("log", 1e-9), ("lin", -1e9))
    }
    for step in SETS:
        z = fit.start + step
        written = in_tables(problem, fit, z)
        for k, (name, prior) in enumerate(fit.priors.items()):
            row = problem.parameter_df.iloc[k]
            theirs = petab.priors.Prior.from_par_dict(
                {"parameterId": row.name, **row, **wide[row["parameterScale"]]}, type_="objective"
            )
            x = written[row.name]
            log_density = -theirs.neglogprior(x)
            if row["parameterScale"] == "log":
                log_density += math.log(x)
            own = float(prior.log_density(z[k]))
            assert own == pytest.approx(log_density + math.log(prior.normal()[1])), name


def edited(folder, name, old, new):
    path = Path(folder) / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_edited_values_and_priors_are_read(tmp_path):
    fit = posterior()
    path = fit.to_petab(tmp_path)
    m = fit.data.measurements[1]
    edited(tmp_path, "measurements.tsv", repr(m.value), "77.5")
    again = read_petab(path)
    assert again.data.measurements[1].value == 77.5
    mean, sd = fit.priors["pharmacokinetics.V1"].normal()
    edited(tmp_path, "parameters.tsv", f"{mean!r};{sd!r}", f"{mean!r};{sd / 2!r}")
    narrow = read_petab(path).priors["pharmacokinetics.V1"]
    assert narrow.normal() == pytest.approx((mean, sd / 2))


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("conditions.tsv", "\t62.0\t", "\t63.0\t", "subject_1_1: weight = '63.0'"),
        ("observables.tsv", "\tlog\t", "\tlog10\t", "observableTransformation = 'log10'"),
        ("parameters.tsv", "\tlog\t", "\tlog10\t", "parameterScale = 'log10'"),
        ("parameters.tsv", "\t1\tparameter", "\t0\tparameter", "estimate = '0'"),
        ("parameters.tsv", "\t3.11", "\t9.11", "lowerBound"),
        ("parameters.tsv", "parameterScaleNormal", "laplace", "'laplace'"),
        ("measurements.tsv", "subject_2_2\t", "subject_9\t", "condition 'subject_9'"),
        ("model.xml", 'id="ketasim"', 'id="other"', "is not a model of ketasim"),
        ("model.xml", "<geq/>", "<gt/>", "is not the model of ketasim"),
        ("problem.yaml", "version: 1", "version: 3", "version 1 is read"),
        ("ketasim.json", '"theta"', '"thetas"', "ketasim.json"),
    ],
)
def test_what_would_not_enter_the_posterior_is_refused(file, old, new, said, tmp_path):
    path = posterior().to_petab(tmp_path)
    edited(tmp_path, file, old, new)
    with pytest.raises(ks.EvidenceError) as refusal:
        read_petab(path)
    assert said in str(refusal.value)


def test_a_problem_of_others_is_refused(tmp_path):
    path = posterior().to_petab(tmp_path)
    (tmp_path / "ketasim.json").unlink()
    with pytest.raises(ks.EvidenceError, match="only problems of to_petab"):
        read_petab(path)
    with pytest.raises(ks.EvidenceError, match="no such file"):
        read_petab(tmp_path / "none.yaml")


def refused(data, folder, theta=THETA, **more):
    with pytest.raises(ks.ScenarioError) as refusal:
        ks.Posterior(data, theta, **more).to_petab(folder)
    assert not folder.exists()
    return str(refusal.value)


def test_what_petab_cannot_say_is_refused_by_name(tmp_path):
    data, folder = levels(), tmp_path / "petab"
    first = data.measurements[0]
    low = replace(data, measurements=(replace(first, censored="left"), *data.measurements[1:]))
    said = refused(low, folder)
    assert "subject 1, ketamine_venous at 0.5 h" in said
    assert "if not m.censored" in said
    arms = ks.Observations.from_arms([
        {"arm": "drug", "regimen": "ketamine 35 mg im", "time_h": 24, "readout": "response",
         "k": 3, "n": 9},
    ])  # fmt: skip
    said = refused(data + arms, folder)
    assert "(drug)" in said
    assert "binomial" in said
    m4 = {"ketamine_venous": ErrorModel("proportional", blq="M4")}
    assert "M4" in refused(data, folder, error=m4)
    assert "observation.tau_c" in refused(
        data, folder, ["pharmacokinetics.V1", "observation.tau_c"]
    )


def test_parameters_of_doses_and_of_the_state_before_are_refused(tmp_path):
    folder = tmp_path / "petab"
    assert "pharmacokinetics.F_im changes" in refused(levels(), folder, ["pharmacokinetics.F_im"])
    weight = {"subject.weight_kg": (50.0, 100.0)}
    said = refused(
        levels({"1": SUBJECTS["1"]}, {"1": TIMES["1"]}), folder, ["subject.weight_kg"], prior=weight
    )
    assert "subject.weight_kg changes doses or the state before" in said
    old = {**SUBJECTS, "4": ks.Scenario("esketamine 56 mg intranasal", ks.Subject(age_y=75))}
    said = refused(levels(old), folder, ["pharmacokinetics.Qh"])
    assert "no such product" in said
    assert "age 75 years" in said
    woman = {**SUBJECTS, "4": ks.Scenario("esketamine 56 mg intranasal", ks.Subject(sex="female"))}
    said = refused(levels(woman), folder, ["pharmacokinetics.CLn_S"])
    assert "multiplies it by 1.095" in said
    assert "sex female" in said


def test_subjects_with_and_without_a_rating_are_refused(tmp_path):
    rated = {**SUBJECTS, "4": ks.Scenario("ketamine 35 mg im", ks.Subject(baseline_madrs=30))}
    assert "baseline_madrs" in refused(levels(rated), tmp_path / "petab")


def test_a_value_at_the_time_of_a_bolus_is_refused(tmp_path):
    scenario = ks.Scenario("ketamine 20 mg iv bolus + ketamine 20 mg iv bolus from 2 h")
    rows = [Measurement("1", "ketamine_arterial", t, 50.0) for t in (1.0, 2.0)]
    data = ks.Observations({"1": scenario}, rows)
    said = refused(data, tmp_path / "petab", ["pharmacokinetics.V1"])
    assert "at 2 h is measured at the very time of a dose" in said


# --- version 2 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS)
def test_version_2_passes_the_linter_and_comes_back(error, tmp_path):
    one = posterior(error)
    path = one.to_petab(tmp_path, version=2)
    problem = v2.Problem.from_yaml(path)
    # Without a warning either.
    assert list(problem.validate()) == []
    again = read_petab(path)
    assert again.names == one.names
    assert again.data.subjects == one.data.subjects
    z = np.linspace(-0.5, 0.4, one.dim)
    # Priors and values are written with all digits, ends of 95 % are computed anew.
    assert float(again.log_prob(z)) == pytest.approx(float(one.log_prob(z)), rel=1e-12)


def test_priors_of_version_2_are_the_same_distributions(tmp_path):
    given = {THETA[0]: Prior(200.0, 500.0, flat=True), THETA[1]: Prior(8.0, 20.0)}
    one = posterior(prior=given)
    problem = v2.Problem.from_yaml(one.to_petab(tmp_path, version=2))
    found = {p.id: p for p in problem.parameters}
    flat, normal, logit = (found[name] for name in ids(THETA))
    assert flat.prior_distribution == "log-uniform"
    assert flat.prior_parameters == pytest.approx([200.0, 500.0], rel=1e-12)
    for row, name in ((normal, THETA[1]), (logit, THETA[2])):
        prior = one.priors[name]
        z = np.linspace(-1.5, 1.5, 7)
        x, slope = prior.value(z), prior.slope(z)
        if prior.scale == "logit":
            x, slope = np.log(x / (1.0 - x)), slope / (x * (1.0 - x))
        # The density by z is that by x times dx/dz; the library cuts it off at the bounds, 6 sd away.
        densities = [float(row.prior_dist.pdf(v)) for v in x] * slope
        assert np.log(densities) == pytest.approx(prior.log_density(z), rel=1e-8)


def ids(names):
    return [("logit__" if n.endswith("F_met") else "") + n.replace(".", "__") for n in names]


def test_one_subject_has_a_version_2_without_conditions(tmp_path):
    one = ks.Posterior(levels({"1": SUBJECTS["1"]}, {"1": TIMES["1"]}), THETA[:2])
    path = one.to_petab(tmp_path, version=2)
    assert list(v2.Problem.from_yaml(path).validate()) == []
    assert read_petab(path).names == one.names


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("experiments.tsv", "\t0.0\t", "\t5.0\t", "does not begin at time 0"),
        ("parameters.tsv", "log-normal", "laplace", "'laplace'; normal, log-normal"),
        ("observables.tsv", "\tnormal\t", "\tlaplace\t", "noiseDistribution = 'laplace'"),
        ("conditions.tsv", "\t62.0\n", "\t63.0\n", "conditions.tsv"),
        ("problem.yaml", "experiment_files", "trial_files", "experiments = None"),
    ],
)
def test_what_version_2_says_otherwise_is_refused(file, old, new, said, tmp_path):
    path = posterior().to_petab(tmp_path, version=2)
    edited(tmp_path, file, old, new)
    with pytest.raises(ks.EvidenceError) as refusal:
        read_petab(path)
    assert said in str(refusal.value)


def test_other_versions_are_refused(tmp_path):
    with pytest.raises(ks.ScenarioError, match="version = 3"):
        posterior().to_petab(tmp_path / "petab", version=3)
