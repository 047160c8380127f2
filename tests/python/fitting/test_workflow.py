"""The whole way: two tables, a maximum, a verdict, draws, checks and predictions; the truth is found."""

import dataclasses
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim.fitting import ConvergenceWarning, Draws, Measurement, Optimum

CMT = {1: "iv", 2: "ketamine_venous", 3: "norketamine_venous"}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> ks.fitting.ExampleData:
    return ks.fitting.example_data(tmp_path_factory.mktemp("example"))


@pytest.fixture(scope="module")
def posterior(example: ks.fitting.ExampleData) -> ks.Posterior:
    data = ks.Observations.from_table(
        example.levels, drug="ketamine", cmt=CMT, covariates={"WT": "weight_kg"},
        censored="BLQ", lloq=example.lloq,
    ) + ks.Observations.from_arms(example.arms)  # fmt: skip
    theta = [name for name in example.truth if not name.startswith("error.")]
    return ks.Posterior(data, theta, between_studies=False)


@pytest.fixture(scope="module")
def best(posterior: ks.Posterior) -> Optimum:
    return posterior.maximum(starts=3)


@pytest.fixture(scope="module")
def draws(posterior: ks.Posterior, best: Optimum) -> Draws:
    pytest.importorskip("emcee")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # enough for these tests
        return posterior.sample(60, tune=10, near=best)


def test_all_starts_find_the_maximum_and_its_intervals_hold_the_truth(
    example: ks.fitting.ExampleData, best: Optimum
) -> None:
    assert best.converged
    assert np.ptp(best.maxima) < 0.01
    for name, low, high in zip(best.names, best.low, best.high, strict=True):
        assert low < example.truth[name] < high, name


def test_the_verdict_of_each_parameter(posterior: ks.Posterior, best: Optimum) -> None:
    found = posterior.identifiability(best)
    verdicts = dict(zip(found.names, found.verdicts, strict=True))
    assert verdicts["pharmacokinetics.CLn_S"] == "identified"
    assert verdicts["error.ketamine_venous.proportional"] == "identified"
    assert verdicts["symptoms.w_R"] in ("one-sided", "prior only")
    assert found.rank == posterior.dim
    assert found.remaining[1] < 0.5
    assert len(found.plot().axes) == posterior.dim
    shares = dataclasses.replace(found, remaining=np.full(len(found.names), 0.4))
    assert repr(shares).count("the data narrow the prior by 60 %") == len(found.names)
    for share, said in (
        (1.01, "; as wide as the prior"),
        (1.3, "; 1.3 times as wide as the prior"),
    ):
        wide = dataclasses.replace(found, remaining=np.full(len(found.names), share))
        assert f"{said}: nothing is learned" in repr(wide)


@pytest.mark.parametrize(
    ("verdict", "low", "high", "remaining", "said"),
    [
        ("identified", 330.0, 372.0, 0.38, "identified: 330 to 372 L/h; the data narrow the prior by 62 %"),
        ("one-sided", 330.0, np.nan, 0.8, "one-sided: above 330 L/h; the data narrow the prior by 20 %"),
        ("one-sided", np.nan, 372.0, 0.8, "one-sided: below 372 L/h; the data narrow the prior by 20 %"),
        ("prior only", np.nan, np.nan, 0.96, "prior only: the data narrow the prior by 4 %"),
        ("prior only", np.nan, np.nan, 1.0, "prior only: as wide as the prior: nothing is learned"),
    ],
)  # fmt: skip
def test_a_verdict_has_words_and_numbers(
    posterior: ks.Posterior,
    best: Optimum,
    verdict: str,
    low: float,
    high: float,
    remaining: float,
    said: str,
) -> None:
    found = posterior.identifiability(best)
    n = len(found.names)
    changed = dataclasses.replace(
        found,
        verdicts=(verdict,) * n,
        low=np.full(n, low),
        high=np.full(n, high),
        remaining=np.full(n, remaining),
        notes=("",) * n,
    )
    lines = repr(changed).splitlines()
    line = next(one for one in lines if one.startswith("pharmacokinetics.CLint_S "))
    assert line.rstrip(">").endswith(f" {said}")
    shown = changed.plot().axes[0].get_title()
    assert shown.endswith(f"{verdict}; prior narrowed by {100 * (1 - remaining):.0f} %")


def test_what_the_data_do_not_touch_is_flat_and_what_moves_together_is_named() -> None:
    run = ks.simulate("ketamine 35 mg iv over 40 min", t_eval=[4.0, 12.0])
    rows = [
        Measurement("1", "ketamine_venous", t, v, 0.05 * v)
        for t, v in zip([4.0, 12.0], run["ketamine_venous"].tolist(), strict=True)
    ]
    data = ks.Observations({"1": ks.Scenario("ketamine 35 mg iv over 40 min")}, tuple(rows))
    theta = ["pharmacokinetics.CLint_S", "pharmacokinetics.CLint_R", "mtor.tau_M"]
    posterior = ks.Posterior(data, theta)
    found = posterior.identifiability(posterior.maximum(starts=1))
    assert found.verdicts[2] == "flat"
    assert "mtor.tau_M                flat: the data do not depend on it" in repr(found)
    assert found.rank < 3
    assert found.collinear == (theta[:2],) or found.collinear == (tuple(theta[:2]),)


def test_draws_converge_and_hold_the_truth(example: ks.fitting.ExampleData, draws: Draws) -> None:
    assert draws.values.shape[:2] == (32, 60)
    for name, truth in example.truth.items():
        low, high = draws.interval(name)
        assert low < truth < high, name
    assert draws.effective.min() > 200


def test_draws_are_the_same_with_the_same_seed(posterior: ks.Posterior, best: Optimum) -> None:
    pytest.importorskip("emcee")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        one, two = (posterior.sample(4, tune=0, near=best, seed=3) for _ in range(2))
    assert np.array_equal(one.values, two.values)


def test_poor_chains_say_so(posterior: ks.Posterior, best: Optimum) -> None:
    pytest.importorskip("arviz")
    with pytest.warns(ConvergenceWarning, match="not converged: R-hat at most .* draw more"):
        found = posterior.sample(5, tune=0, near=best)
    assert not found.converged
    assert "not converged" in repr(found)


def test_a_visual_check_finds_a_right_model_right_and_a_wrong_one_wrong(
    posterior: ks.Posterior, draws: Draws
) -> None:
    found = posterior.visual_check(draws, 100)
    assert found.inside > 0.85
    ketamine = found.readouts["ketamine_venous"]
    assert ketamine.below[-1] == 1.0  # all are below the limit after a day
    assert ketamine.simulated_below[1, -1] == 1.0
    assert posterior.visual_check(draws, 100, corrected=True).inside > 0.8
    values = draws.values.copy()
    values[:, :, draws.names.index("pharmacokinetics.CLn_S")] *= 1.5
    wrong = Draws(
        draws.names, draws.units, values, draws.log_prob, draws.r_hat, draws.effective, ""
    )
    assert posterior.visual_check(wrong, 100).inside < 0.75
    assert len(found.plot().axes) == 4


def test_bands_keep_parameters_and_patients_apart(draws: Draws) -> None:
    bands = ks.predict(
        draws, "ketamine 0.5 mg/kg iv over 40 min", ["ketamine_venous"], t_eval=[0, 1, 4], n=100
    )
    width = {
        of: np.diff(bands.quantiles("ketamine_venous", (0.1, 0.9), of=of), axis=0)[0, 1]
        for of in ("parameters", "patients", "both")
    }
    assert 0.0 < width["parameters"] < width["patients"]
    assert width["both"] > 0.8 * width["patients"]
    again = ks.predict(
        draws, "ketamine 0.5 mg/kg iv over 40 min", ["ketamine_venous"], t_eval=[0, 1, 4], n=100
    )
    assert np.array_equal(again.both["ketamine_venous"], bands.both["ketamine_venous"])
    assert pickle.loads(pickle.dumps(bands)) == bands


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"scenario": "ketamine 0.5 mg/kg im", "readouts": ["no"]}, "unknown readout"),
        (
            {"scenario": ks.Scenario("ketamine 35 mg im", parameters={"symptoms.K_R": 0.2})},
            "drawn, and set",
        ),
        ({"scenario": "ketamine 35 mg im", "n": 0}, "n = 0"),
    ],
)
def test_impossible_predictions_are_refused(keywords: dict[str, object], said: str) -> None:
    with pytest.raises((ks.ScenarioError, ks.UnknownNameError), match=said):
        ks.predict(ks.fitting.calibrated().draws(5), **keywords)


# --- the posterior of the model itself --------------------------------------------------------------


def test_the_calibrated_parameters_are_those_of_the_tables() -> None:
    found = ks.fitting.calibrated()
    table = {row["name"]: row["value"] for row in ks.parameters()}
    assert sum(name in table for name in found.names) > 30
    for name, value in zip(found.names, found.values, strict=True):
        if name in table:
            assert table[name] == pytest.approx(value, rel=1e-3), name
    assert (np.linalg.eigvalsh(found.covariance) > 0.0).all()
    assert (np.diag(found.covariance) < 1.05).all()  # data never widen a prior


def test_draws_of_the_calibration_have_its_spread() -> None:
    found = ks.fitting.calibrated()
    draws = found.draws(4000, seed=2)
    k = found.names.index("trial.e_open_label")
    z = found.priors[k].coordinate(draws["trial.e_open_label"][0])
    assert np.std(z) == pytest.approx(np.sqrt(found.covariance[k, k]), rel=0.05)
    part = found.draws(10, names=["symptoms.K_R"])
    assert part.names == ("symptoms.K_R",)
    with pytest.raises(ks.UnknownNameError, match="did you mean"):
        found.draws(10, names=["symptoms.K_r"])


# --- other libraries ---------------------------------------------------------------------------------


def test_pypesto_finds_the_same_maximum(posterior: ks.Posterior, best: Optimum) -> None:
    optimize = pytest.importorskip("pypesto.optimize")
    problem = pickle.loads(pickle.dumps(posterior.to_pypesto()))
    assert problem.objective(best.z) == pytest.approx(-best.log_posterior, rel=1e-9)
    found = posterior.maximum(starts=1, optimizer=optimize.ScipyOptimizer(method="L-BFGS-B"))
    assert found.log_posterior == pytest.approx(best.log_posterior, abs=0.01)


@pytest.mark.slow
def test_profiles_cross_the_threshold_or_say_where_they_end(
    posterior: ks.Posterior, best: Optimum
) -> None:
    pytest.importorskip("pypesto")
    found = posterior.profiles(best, ["pharmacokinetics.CLn_S"])
    assert found.verdicts == ("both sides",)
    assert found.low[0] == pytest.approx(best.low[1], rel=0.02)
    narrow = ks.Posterior(
        posterior.data, ["symptoms.w_R"], between_studies=False,
        prior={"symptoms.w_R": ks.fitting.Prior(0.45, 0.55, flat=True)},
    )  # fmt: skip
    ends = narrow.profiles(narrow.maximum(starts=1), ["symptoms.w_R"])
    assert ends.verdicts[0] == (
        "flat; lower side ends at 0.45, the end of the flat prior; "
        "upper side ends at 0.55, the end of the flat prior"
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the samplers, about short chains
@pytest.mark.parametrize("sampler", ["pymc", "nutpie"])
def test_nuts_draws_the_same_posterior(posterior: ks.Posterior, sampler: str) -> None:
    pytest.importorskip("pymc")
    pytest.importorskip(sampler)
    data = ks.Observations(
        {"1": posterior.data.subjects["1"]},
        tuple(m for m in posterior.data.measurements if m.subject == "1" and not m.censored),
    )
    small = ks.Posterior(data, ["pharmacokinetics.CLn_S"])
    near = small.maximum(starts=1)
    found = small.sample(60, tune=60, near=near, sampler=sampler)
    walked = small.sample(200, near=near)
    for name in small.names:
        middle, spread = np.median(walked[name]), np.std(walked[name])
        assert abs(np.median(found[name]) - middle) < 0.4 * spread, name


def test_pytensor_has_value_and_gradient(posterior: ks.Posterior) -> None:
    pytensor = pytest.importorskip("pytensor")
    z = pytensor.tensor.dvector("z")
    value = posterior.to_pytensor()(z)
    f = pytensor.function([z], [value, pytensor.grad(value, z)], mode="FAST_COMPILE")
    found = f(posterior.start)
    expected = posterior.value_and_grad(posterior.start)
    assert float(found[0]) == expected[0]
    assert np.array_equal(found[1], expected[1])


def test_jax_has_value_and_gradient(posterior: ks.Posterior) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    f = posterior.to_jax()
    value, gradient = jax.value_and_grad(f)(jax.numpy.asarray(posterior.start))
    expected = posterior.value_and_grad(posterior.start)
    assert float(value) == expected[0]
    assert np.array_equal(np.asarray(gradient), expected[1])


def test_a_missing_library_names_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", """
import sys
for name in ("scipy", "scipy.optimize", "emcee", "arviz", "pypesto"):
    sys.modules[name] = None
import ketasim as ks
data = ks.Observations(
    {"1": ks.Scenario("ketamine 35 mg im")},
    (ks.fitting.Measurement("1", "ketamine_venous", 2.0, 58.0, 5.0),),
)
posterior = ks.Posterior(data, ["pharmacokinetics.V1"])
assert posterior.log_prob(posterior.start) < 0.0
assert len(posterior.value_and_grad(posterior.start)[1]) == 1
for make in (posterior.maximum, posterior.to_pypesto, posterior.to_pytensor):
    try:
        make()
    except ks.MissingLibraryError as error:
        assert "pip install 'ketasim[fit]'" in str(error), error
    else:
        assert make == posterior.to_pytensor
"""],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# --- a fit in a file ---------------------------------------------------------------------------------

PROBLEM = """theta = ["pharmacokinetics.CLn_S"]
[subjects]
table = "levels.csv"
drug = "ketamine"
cmt = {1 = "iv", 2 = "ketamine_venous", 3 = "norketamine_venous"}
covariates = {WT = "weight_kg"}
censored = "BLQ"
lloq = 2.0
[error]
ketamine_venous = "combined"
norketamine_venous = {kind = "proportional", proportional = 0.12}
[prior]
"pharmacokinetics.CLn_S" = [30, 80]
[fit]
starts = 2
"""


def test_a_file_describes_a_fit(example: ks.fitting.ExampleData) -> None:
    path = Path(example.levels).with_name("problem.toml")
    path.write_text(PROBLEM)
    found = ks.fitting.read_problem(path)
    assert (found.starts, found.draws) == (2, 250)
    assert found.posterior.names == (
        "pharmacokinetics.CLn_S",
        "error.ketamine_venous.additive",
        "error.ketamine_venous.proportional",
    )
    assert found.posterior.priors["pharmacokinetics.CLn_S"].high == 80.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[error]", "[errors]"), "did you mean 'error'"),
        (("starts", "start"), "did you mean 'starts'"),
        (('"levels.csv"', '"level.csv"'), "level.csv"),
        (
            ("lloq = 2.0", "llq = 2.0"),
            r"unknown argument of \[subjects\] 'llq': did you mean 'lloq'",
        ),
        (("[30, 80]", "30"), r"\[prior\] .* = 30: give \[low, high\]"),
        (("[30, 80]", '["a", 80]'), r"\[prior\] .*: give \[low, high\]"),
        (("[30, 80]", "{low = 30, hi = 80}"), r"argument of \[prior\] .* 'hi': "),
        (("[30, 80]", "{low = 30}"), r"\[prior\] .*: give low and high"),
        (
            ("theta =", 'between_studies = "no"\ntheta ='),
            "between_studies = 'no': write true or false",
        ),
        (("theta =", "evidence = 5\ntheta ="), r"write a section \[evidence\]"),
        (('table = "levels.csv"', ""), "has no table"),
        (("theta =", "theta"), "is not TOML"),
    ],
)
def test_what_a_file_cannot_say_is_refused(
    example: ks.fitting.ExampleData, change: tuple[str, str], said: str
) -> None:
    path = Path(example.levels).with_name("wrong.toml")
    path.write_text(PROBLEM.replace(*change, 1))
    with pytest.raises(ks.KetasimError, match=said):
        ks.fitting.read_problem(path)
