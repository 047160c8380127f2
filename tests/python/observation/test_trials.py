"""Trials as in a model-based meta-analysis: likelihood against dense integration, and its parts."""

from dataclasses import dataclass, replace
from pkgutil import resolve_name

import numpy as np
import pytest
from scipy import stats

import ketasim as ks
from ketasim.evidence import Arm, Observation
from ketasim.observation import (
    BetweenTrials,
    Course,
    Trial,
    forecast,
    mean_change,
    predictor,
    relapse_by_visit,
    sd_change,
    share_at_or_below,
    trial_source,
    trials_of,
)

CountMixture, LogNormalMixture, NormalMixture = (
    resolve_name(f"ketasim.observation._distributions:{name}")
    for name in ("CountMixture", "LogNormalMixture", "NormalMixture")
)
trial_row = resolve_name("ketasim.observation._trials:trial_row")

ARM = Arm(
    "ket", "study", "human", "trd", 40.0, None, None, None, 33.0, "r", "saline", "", 1.0, ""
)  # fmt: skip
MEAN = Observation(
    "mean", "ket", "", "madrs_change", "point", 24.0, None, -14.0, "points", 9.0, "sd", 40.0,
    "read", 1.0, "calibrate", "study", "",
)  # fmt: skip
SHARE = replace(
    MEAN, obs_id="share", readout="response", statistic="fraction", unit="1", value=0.55, spread=None,
    spread_kind="",
)  # fmt: skip
CONTRAST = replace(
    MEAN, obs_id="contrast", relative_to="pbo", value=-8.0, spread=2.0, spread_kind="se", weight=0.5
)
RELAPSE = replace(
    SHARE, obs_id="relapse", readout="relapse", value=0.6, n=22.0, time_h=24.0 * 30, weight=1.0
)
BETWEEN = BetweenTrials(0.3, 0.5, 0.15, 0.4, 0.4, 0.15, 0.4)


@dataclass(frozen=True)
class Relief:
    """A run with a relief that decays."""

    drug: float
    context: float
    t: np.ndarray

    def __getitem__(self, name):
        decay = np.exp(-self.t / 400.0)
        return {
            "madrs_baseline": np.full_like(self.t, 33.0),
            "drug_relief": self.drug * decay,
            "context_relief": self.context * decay,
        }[name]


TIMES = np.union1d(np.array([0.0, 24.0]), np.concatenate([[24.0], np.arange(72.0, 721.0, 72.0)]))
COURSES = {
    "ket": Course(Relief(1.0, 0.6, TIMES), ()),
    "pbo": Course(Relief(0.0, 0.4, TIMES), ()),
}


def moods(u_c, u_d, time_h=24.0, e=0.0):
    """Arms in a trial that is moved, at one time."""
    at = np.array([time_h])
    found = {}
    for name, course in COURSES.items():
        mood = course.mood(at)
        found[name] = replace(
            mood, relief=mood.relief * np.exp(u_d), context=mood.context + u_c + e
        )
    return found


def by_hand(o, u_c, u_d):
    """Log density of a row in one trial, from the formulas at the head of `_trials`."""
    rules = predictor()
    arms = moods(u_c, u_d)
    more, less = moods(u_c, u_d, e=1e-4), moods(u_c, u_d, e=-1e-4)

    def change(of):
        return float(mean_change(of, rules.spread)[0])

    def slope(f, arm):
        return (f(more[arm]) - f(less[arm])) / 2e-4

    if o.obs_id == "mean":
        sd = np.hypot(9.0 / np.sqrt(40.0), BETWEEN.tau_row * slope(change, "ket"))
        among = float(sd_change(arms["ket"], rules.spread)[0])
        log_sd = np.sqrt(1.0 / 78.0 + BETWEEN.tau_sd**2)
        return stats.norm.logpdf(-14.0, change(arms["ket"]), sd) + stats.norm.logpdf(
            np.log(9.0), np.log(among), log_sd
        )
    if o.obs_id == "contrast":
        extra = BETWEEN.tau_row * np.hypot(slope(change, "ket"), slope(change, "pbo"))
        difference = change(arms["ket"]) - change(arms["pbo"])
        return 0.5 * stats.norm.logpdf(-8.0, difference, np.hypot(2.0, extra))
    if o.obs_id == "share":

        def share(of):
            return float(share_at_or_below(of, 16.5, rules.spread)[0])

        p, v = share(arms["ket"]), (BETWEEN.tau_row * slope(share, "ket")) ** 2
        total = p * (1.0 - p) / v - 1.0
        return stats.betabinom.logpmf(22, 40, p * total, (1.0 - p) * total)
    visits = np.concatenate([[24.0], np.arange(72.0, 721.0, 72.0)])
    mood = COURSES["ket"].mood(visits)
    moved = replace(mood, relief=mood.relief * np.exp(u_d), context=mood.context + u_c)
    p = float(relapse_by_visit(moved, rules.spread, rules.follow_up).share[-1])
    x = np.linspace(-6.0, 6.0, 241)
    q = 1.0 / (1.0 + np.exp(-np.log(p / (1.0 - p)) - BETWEEN.tau_rel * x))
    w = stats.norm.pdf(x)
    return np.log(w / w.sum() @ stats.binom.pmf(13, 22, q))


def trial(*rows, pooled=False):
    return Trial("study", pooled, tuple(trial_row(o, ARM) for o in rows))


@pytest.mark.parametrize("pooled", [False, True])
def test_the_likelihood_of_a_trial_is_a_dense_integral(pooled):
    rows = (MEAN, SHARE, CONTRAST, RELAPSE)
    found = forecast(trial(*rows, pooled=pooled), COURSES, predictor(), BETWEEN)
    share = BETWEEN.pooled_share if pooled else 1.0
    x = np.linspace(-5.0, 5.0, 31)
    w = stats.norm.pdf(x)
    w /= w.sum()
    logs = [
        [
            sum(by_hand(o, share * BETWEEN.tau_c * a, share * BETWEEN.tau_d * b) for o in rows)
            for b in x
        ]
        for a in x
    ]
    dense = np.log(w @ np.exp(logs) @ w)
    # 11 x 5 nodes on a product of smooth densities: better than a hundredth of a log unit.
    assert found.log_likelihood == pytest.approx(dense, abs=0.01)


def test_rows_of_one_trial_are_not_independent():
    both = forecast(trial(MEAN, SHARE), COURSES, predictor(), BETWEEN).log_likelihood
    apart = sum(
        forecast(trial(o), COURSES, predictor(), BETWEEN).log_likelihood for o in (MEAN, SHARE)
    )
    assert both != pytest.approx(apart, abs=0.05)
    still = replace(BETWEEN, tau_c=1e-9, tau_d=1e-9)
    both = forecast(trial(MEAN, SHARE), COURSES, predictor(), still).log_likelihood
    apart = sum(
        forecast(trial(o), COURSES, predictor(), still).log_likelihood for o in (MEAN, SHARE)
    )
    assert both == pytest.approx(apart, abs=1e-9)


def test_a_row_without_a_counterpart_says_why_and_does_not_count():
    odd = replace(RELAPSE, obs_id="odd", statistic="max")
    found = forecast(trial(MEAN, odd), COURSES, predictor(), BETWEEN)
    alone = forecast(trial(MEAN), COURSES, predictor(), BETWEEN)
    assert found.rows["odd"] == "a max of relapse"
    assert found.log_likelihood == alone.log_likelihood


def test_sources_of_one_trial_are_one_cluster():
    evidence = ks.evidence.load()
    trials = trials_of(evidence)
    assert trial_source("aanhetrot2010").trial == trial_source("murrough2013_bp").trial
    assert trials["TRANSFORM pooled"].pooled
    known = {o.source_key for o in evidence.observations} | {
        a.source_key for a in evidence.arms.values()
    }
    listed = resolve_name("ketasim.observation._trials:_listed_sources")
    assert set(listed()) <= known
    rows = [row.observation.obs_id for t in trials.values() for row in t.rows]
    assert len(rows) == len(set(rows))
    assert all(
        o.obs_id in set(rows)
        for o in evidence.observations
        if o.area == "Clinical" and o.statistic != "sign" and o.weight > 0.0
    )


# --- distributions --------------------------------------------------------------------------------

W = np.array([0.2, 0.5, 0.3])
NORMAL = NormalMixture(W, np.array([-3.0, 0.5, 2.0]), np.array([1.0, 0.4, 2.0]))
LOG = LogNormalMixture(W, np.array([0.0, 0.5, 1.0]), np.array([0.3, 0.4, 0.2]))
COUNT = CountMixture(W, np.array([0.1, 0.4, 0.7]), np.array([0.0, 0.01, 0.002]), 23)


def draws(d, n=200_000, seed=2):
    rng = np.random.default_rng(seed)
    m = rng.choice(3, n, p=W)
    if isinstance(d, NormalMixture):
        return rng.normal(d.means[m], d.sds[m])
    if isinstance(d, LogNormalMixture):
        return np.exp(rng.normal(d.log_medians[m], d.log_sds[m]))
    p = d.shares[m].copy()
    for k in (1, 2):
        total = d.shares[k] * (1.0 - d.shares[k]) / d.variances[k] - 1.0
        here = m == k
        p[here] = rng.beta(d.shares[k] * total, (1.0 - d.shares[k]) * total, here.sum())
    return rng.binomial(d.n, p) / d.n


@pytest.mark.parametrize("d", [NORMAL, LOG, COUNT], ids=["normal", "log-normal", "count"])
@pytest.mark.parametrize("level", [0.03, 0.4, 0.9])
def test_a_mixture_has_the_mean_quantiles_pit_and_crps_of_its_draws(d, level):
    x = draws(d)
    se = 1.0 / np.sqrt(x.size)
    assert d.mean == pytest.approx(x.mean(), abs=4.0 * x.std() * se)
    (q,) = d.quantiles(np.array([level]))
    # The empirical distribution function brackets the level within four standard errors.
    assert np.mean(x < q) - 4.0 * 0.5 * se <= level <= np.mean(x <= q) + 4.0 * 0.5 * se
    y = float(np.quantile(x, level))
    seen = 0.5 * (np.mean(x < y) + np.mean(x <= y))
    assert d.pit(y) == pytest.approx(seen, abs=4.0 * 0.5 * se)
    other = np.random.default_rng(8).permutation(x)
    crps = np.mean(np.abs(x - y)) - 0.5 * np.mean(np.abs(x - other))
    assert d.crps(y) == pytest.approx(crps, abs=4.0 * x.std() * se)


def test_densities_and_probabilities_sum_to_one():
    k = np.arange(COUNT.n + 1) / COUNT.n
    assert sum(np.exp(COUNT.log_density(float(y))) for y in k) == pytest.approx(1.0, abs=1e-10)
    for d, x in ((NORMAL, np.linspace(-12.0, 14.0, 5001)), (LOG, np.linspace(1e-4, 15.0, 5001))):
        density = np.exp([d.log_density(float(y)) for y in x])
        assert np.trapezoid(density, x) == pytest.approx(1.0, abs=1e-6)
    assert LOG.log_density(-1.0) == -np.inf
    total = 0.4 * 0.6 / 0.01 - 1.0
    expected = stats.betabinom.logpmf(9, 23, 0.4 * total, 0.6 * total)
    assert COUNT.log_densities(9 / 23)[1] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_intervals_cover_what_they_promise(level):
    """Rows that were made by the same trials are inside as often as the level says."""
    rng = np.random.default_rng(12)
    rules, n = predictor(), 600
    d = forecast(trial(replace(MEAN, spread=2.0, spread_kind="se")), COURSES, rules, BETWEEN)
    row = d.rows["mean"]
    low, high = row.quantiles(np.array([0.5 - level / 2, 0.5 + level / 2]))
    u_c, u_d = BETWEEN.tau_c * rng.standard_normal(n), BETWEEN.tau_d * rng.standard_normal(n)
    e = BETWEEN.tau_row * rng.standard_normal(n)
    mood = COURSES["ket"].mood(np.array([24.0]))
    moved = replace(mood, relief=mood.relief * np.exp(u_d), context=mood.context + u_c + e)
    seen = mean_change(moved, rules.spread) + 2.0 * rng.standard_normal(n)
    inside = np.mean((low <= seen) & (seen <= high))
    # Three standard errors of a share of n rows; the row's deviation is linearised: 0.01.
    assert inside == pytest.approx(level, abs=3.0 * np.sqrt(level * (1.0 - level) / n) + 0.01)
