"""Prediction intervals, scores and baselines: on data whose distribution is known, and as a whole."""

import math
from dataclasses import replace
from pkgutil import resolve_name

import numpy as np
import pytest

import ketasim as ks
from ketasim.evidence import Arm, Observation
from ketasim.observation import BetweenTrials, trial_parameters, trials_of
from ketasim.qualification import CrossValidation, cross_validate, folds_of, simulate_evidence

_baselines = resolve_name("ketasim.qualification._baselines")
_residuals = resolve_name("ketasim.qualification._residuals")
LEVELS = resolve_name("ketasim.qualification._scoring:LEVELS")
NAMES = _baselines.NAMES
Baseline = _baselines.Baseline
_used = _baselines._used
design_of = _baselines.design_of
fit = _baselines.fit
log_likelihoods = _baselines.log_likelihoods
parameter_names = _baselines.parameter_names
shipped_baselines = _baselines.shipped_baselines
start_of = _baselines.start_of
time_bin = _baselines.time_bin
KINDS = _residuals.KINDS
Residual = _residuals.Residual
distribution = _residuals.distribution
estimate = _residuals.estimate
kind_of = _residuals.kind_of
shipped_sigmas = _residuals.shipped_sigmas

ARM = Arm(
    "arm", "study", "human", "trd", 20.0, None, None, None, None, "r", "saline", "", 1.0, ""
)  # fmt: skip
LEVEL = Observation(
    "o", "arm", "", "ketamine_venous", "point", 3.0, None, 50.0, "ng/mL", None, "", 20.0, "read",
    1.0, "calibrate", "study", "",
)  # fmt: skip
POINTS = replace(LEVEL, readout="cadss", unit="points", value=10.0)
SHARE = replace(LEVEL, readout="sedation", statistic="fraction", unit="1", value=0.4, n=25.0)


def made(o, sigma, n=400, seed=6):
    """Rows that scatter around their predictions with a known sigma."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        if o is LEVEL:
            mu = math.exp(rng.normal(4.0, 1.0))
            yield Residual(replace(o, value=mu * math.exp(sigma * rng.standard_normal())), ARM, mu)
        elif o is POINTS:
            mu = rng.uniform(0.0, 20.0)
            yield Residual(replace(o, value=mu + sigma * rng.standard_normal()), ARM, mu)
        else:
            z = rng.normal(-0.5, 1.0)
            p = 1.0 / (1.0 + math.exp(-z - sigma * rng.standard_normal()))
            k = rng.binomial(25, p)
            yield Residual(replace(o, value=k / 25.0), ARM, 1.0 / (1.0 + math.exp(-z)))


@pytest.mark.parametrize(("o", "sigma"), [(LEVEL, 0.4), (POINTS, 5.0), (SHARE, 0.8)])
def test_sigma_is_found_again_and_intervals_cover_what_they_promise(o, sigma):
    rows = list(made(o, sigma))
    found = estimate(rows)[kind_of(o)]
    # The standard error of a log-SD is 1/sqrt(2 n); counts carry less information: twice that.
    assert math.log(found / sigma) == pytest.approx(0.0, abs=3.0 * 2.0 / math.sqrt(800.0))
    for level in LEVELS:
        tail = 0.005 * (100 - level)
        inside = []
        for r in rows:
            low, high = distribution(r, found).quantiles(np.array([tail, 1.0 - tail]))
            inside.append(low <= r.observation.value <= high)
        p = level / 100.0
        margin = 3.0 * math.sqrt(p * (1.0 - p) / len(rows))
        # An interval of counts holds at least its level.
        most = 1.0 if o is SHARE else p + margin
        assert p - margin <= np.mean(inside) <= most


def test_a_row_with_a_standard_error_of_its_own_is_wider():
    own = replace(LEVEL, spread=20.0, spread_kind="se")
    levels = np.array([0.025, 0.975])
    narrow = distribution(Residual(LEVEL, ARM, 50.0), 0.2).quantiles(levels)
    wide = distribution(Residual(own, ARM, 50.0), 0.2).quantiles(levels)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert np.log(wide[1] / 50.0) == pytest.approx(1.96 * math.hypot(0.4, 0.2), rel=1e-3)


def test_every_row_but_directions_and_clinical_rows_has_a_kind():
    for o in ks.evidence.load().observations:
        expected = o.area != "Clinical" and o.statistic != "sign"
        assert (kind_of(o) in KINDS) == expected


@pytest.mark.parametrize(
    ("hours", "name"), [(2.0, "12h"), (12.0, "12h"), (24.0, "3d"), (168.0, "10d"), (672.0, "6wk")]
)
def test_time_bins(hours, name):
    assert time_bin(hours) == name


@pytest.fixture(scope="module")
def shipped():
    evidence = ks.evidence.load()
    simulated = simulate_evidence(evidence, progress=False)
    rows = [o for o in evidence.observations if o.role == "calibrate"]
    trials = list(trials_of(evidence, rows).values())
    return trials, design_of(evidence, simulated.planned, simulated.courses)


def brief(trials):
    """Trials without a follow-up: they are evaluated fast."""
    return [t for t in trials if not any(r.kind in ("relapse", "time") for r in t.rows)][:8]


@pytest.mark.parametrize("name", NAMES)
def test_a_number_of_a_baseline_moves_the_trials_that_use_it_and_no_others(shipped, name):
    trials, design = brief(shipped[0]), shipped[1]
    names = parameter_names(name)
    start = Baseline(name, {n: start_of(n) for n in names})
    before = log_likelihoods(start, trials, design)
    used = _used(names, trials, design)
    assert any(used)
    for parameter, where in zip(names, used, strict=True):
        moved = Baseline(name, {**start.values, parameter: start_of(parameter) + 0.1})
        changed = log_likelihoods(moved, trials, design) != before
        if not parameter.startswith("log."):
            assert set(np.flatnonzero(changed)) <= set(where), parameter


def test_control_only_knows_no_drug(shipped):
    _, design = shipped
    values = dict.fromkeys(parameter_names("control only"), 0.3)
    course = design.course("murr13_ket", values)
    assert not np.any(course.run["drug_relief"])
    assert course.run["context_relief"].tolist()[0] == 0.0
    assert course.run["context_relief"][-1] == 0.3


def test_a_fit_is_better_than_its_start(shipped):
    pytest.importorskip("scipy.optimize")
    trials, design = brief(shipped[0])[:3], shipped[1]
    start = Baseline("control only", {n: start_of(n) for n in parameter_names("control only")})
    found = fit("control only", trials, design)
    before, after = (log_likelihoods(b, trials, design).sum() for b in (start, found))
    assert after > before


def test_folds_are_even_disjoint_and_always_the_same(shipped):
    trials = shipped[0]
    folds = folds_of(trials, 10)
    assert folds == folds_of(trials[::-1], 10)
    names = [t.name for fold in folds for t in fold]
    assert sorted(names) == sorted(t.name for t in trials)
    with pytest.raises(ValueError, match="2 to"):
        folds_of(trials, len(trials) + 1)


def test_no_trial_is_predicted_by_a_fit_that_has_seen_it(shipped):
    trials = shipped[0]

    def refit(train):
        seen = {t.name for t in train}
        return lambda trial: -math.inf if trial.name in seen else -float(len(trial.rows))

    found = cross_validate(trials, refit)
    assert isinstance(found, CrossValidation)
    assert found.per_row == -1.0


def test_shipped_tables_are_complete():
    assert set(shipped_sigmas()) == set(KINDS)
    for name, baseline in shipped_baselines().items():
        assert set(baseline.values) == set(parameter_names(name))
        assert baseline.between.tau_row > 0.0
    assert BetweenTrials.published().tau_d == trial_parameters()["observation.tau_d"]["value"]


@pytest.fixture(scope="module")
def validation():
    return ks.validate(progress=False)


def test_every_predicted_number_has_intervals_and_scores(validation):
    for r in validation.records:
        if r.log_score is None:
            continue
        assert r.lo95 <= r.lo80 <= r.lo50 <= r.hi50 <= r.hi80 <= r.hi95
        assert math.isfinite(r.log_score)
        assert r.crps >= 0.0
        assert 0.0 <= r.pit <= 1.0
        if r.area == "Clinical":
            assert r.trial
    for area in ("Plasma", "Clinical", "Side effects", "Synapse"):
        scored = [r for r in validation.records if r.area == area and r.scored]
        with_scores = [r for r in scored if r.log_score is not None]
        assert len(with_scores) >= 0.9 * len([r for r in scored if r.statistic != "sign"])


def test_joint_scores_of_one_row_are_those_of_the_row(validation):
    of = {r.obs_id: r for r in validation.records}
    found = 0
    for t in validation.trials:
        rows = [
            r
            for r in of.values()
            if r.trial == t.trial and r.role == t.role and r.log_score_mbma is not None
        ]
        if t.n_rows == 1 and len(rows) == 1 and rows[0].weight == 1.0:
            assert t.log_score <= rows[0].log_score + 2.0  # an SD of patients may be part of it
            found += 1
    assert found


def test_the_table_fits_a_terminal_and_says_where_a_baseline_wins(validation):
    text = validation.score_table()
    assert max(map(len, text.splitlines())) <= 100
    assert "control" in text
    assert "MBMA" in text
    assert "A baseline has the higher log score in:" in text or "No baseline" in text


@pytest.mark.slow
def test_shipped_sigmas_are_those_of_the_model_as_it_is():
    residual_sigmas = resolve_name("ketasim.qualification._refit:residual_sigmas")
    found = residual_sigmas(simulate_evidence(ks.evidence.load(), progress=False))
    # Six digits in the table; runs at rtol = 1e-6.
    assert shipped_sigmas() == pytest.approx(found, rel=1e-3)


def test_calibration_figure(validation, tmp_path):
    pytest.importorskip("matplotlib")
    figure = validation.plot_calibration()
    figure.savefig(tmp_path / "calibration.png")
    assert len(figure.axes) == 5
    assert (tmp_path / "calibration.png").stat().st_size > 10_000
