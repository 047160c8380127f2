"""Fitting to the evidence: residuals as validate scores them, exact derivatives, and least squares."""

from dataclasses import replace
from pkgutil import resolve_name

import numpy as np
import pytest

import ketasim as ks
from ketasim.evidence import load
from ketasim.fitting import LeastSquares
from ketasim.observation import SHARES

scipy_optimize = pytest.importorskip("scipy.optimize")

#: Parameters of plasma, of a receptor, of signalling, of synapses, of mood and of its counting rules.
THETA = (
    "human:pharmacokinetics.V1",
    "rat:pharmacokinetics.V1",
    "nmda_block.K0",
    "mtor.tau_M",
    "synaptogenesis.tau_G",
    "symptoms.k_C",
    "symptoms.sensitivity",
    "symptoms.omega_s",
    "symptoms.sd_e",
    "symptoms.sigma_y",
    "symptoms.sd_change",
    "symptoms.remission_cut",
    "tolerability.CADSS_max",
)
BRIEF_H = 24.0 * 15


@pytest.fixture(scope="module")
def evidence():
    return load()


def one_of_each_kind(evidence):
    """The earliest row of every kind of prediction, among those within two weeks."""
    everything = LeastSquares(["mtor.tau_M"], roles=["calibrate", "check"])
    of = {o.obs_id: o for o in evidence.observations}
    kinds = {}
    for o in sorted((of[row] for row in everything.rows), key=lambda o: o.time_end_h or o.time_h):
        mood = o.readout if o.readout in (*SHARES, "effect_size") else o.unit
        kind = (o.statistic, mood, bool(o.relative_to), o.time_end_h is None, o.area)
        if (o.time_end_h or o.time_h) <= BRIEF_H:
            kinds.setdefault(kind, o.obs_id)
    return tuple(kinds.values())


def test_residuals_are_what_validate_scores():
    fit = LeastSquares(["mtor.tau_M"])
    scored = {r.obs_id: r for r in ks.validate(progress=False).records}
    expected = [np.sqrt(scored[row].weight) * scored[row].z for row in fit.rows]
    # The same runs, but for where they end: they agree as far as rtol = 1e-6 determines them, and
    # the sharpest interval is some hundredths of its value.
    assert fit.residuals(fit.start) == pytest.approx(np.array(expected), rel=1e-4, abs=1e-3)


def test_every_row_of_the_selection_is_fitted_or_left_out_with_a_reason(evidence):
    fit = LeastSquares(["mtor.tau_M"])
    asked = {o.obs_id for o in evidence.observations if o.role == "calibrate"}
    assert set(fit.rows) | set(fit.left_out) == asked
    assert not set(fit.rows) & set(fit.left_out)
    assert all(fit.left_out.values())
    of = {o.obs_id: o for o in evidence.observations}
    jump = {"sign", "tmax"}
    assert not any(of[row].statistic in jump or of[row].weight == 0 for row in fit.rows)


def test_derivatives_of_every_kind_of_prediction_agree_with_differences(evidence):
    rows = one_of_each_kind(evidence)
    fit = LeastSquares(THETA, rows=rows, rtol=1e-8)
    found = fit.at()
    assert found.rows == tuple(o.obs_id for o in evidence.observations if o.obs_id in set(rows))
    assert np.array_equal(found.residuals, fit.residuals(fit.start))
    moved = np.zeros(len(THETA))
    for k, value in enumerate(fit.start):
        step = np.zeros(len(THETA))
        step[k] = 1e-4 * value
        above, below = fit.residuals(fit.start + step), fit.residuals(fit.start - step)
        exact, expected = found.jacobian[:, k] * value, (above - below) / 2e-4
        moved[k] = np.abs(expected).max()
        # Per relative change. Truncation is 1e-8 of the third derivative; runs at rtol = 1e-8 are
        # rough by about that, over 2e-4, where steps change; both grow with the scale of a row:
        # residuals are up to some tens of standard errors.
        size = 1.0 + np.abs(expected) + np.abs(found.residuals)
        assert np.abs(exact - expected) / size == pytest.approx(0.0, abs=1e-4), THETA[k]
    assert (moved > 1e-2).all()  # every parameter was seen by some row


def made_by_the_model(evidence, fit, theta):
    """The same rows, observed without noise in a world where theta is true."""
    predicted = dict(zip(fit.rows, fit.at(theta).predicted, strict=True))
    rows = [
        replace(o, value=float(predicted[o.obs_id])) if o.obs_id in predicted else o
        for o in evidence.observations
    ]
    return replace(evidence, observations=tuple(rows))


def test_least_squares_recovers_the_parameters_that_made_the_observations(evidence):
    theta = ["nmda_block.K0", "synaptogenesis.tau_G", "symptoms.omega_s"]
    rows = one_of_each_kind(evidence)
    fit = LeastSquares(theta, rows=rows, rtol=1e-8)
    truth = fit.start * [1.15, 0.9, 0.85]
    fit = LeastSquares(
        theta, rows=rows, rtol=1e-8, evidence=made_by_the_model(evidence, fit, truth)
    )
    found = scipy_optimize.least_squares(
        fit.residuals, fit.start, fit.jacobian, bounds=(fit.lower, fit.upper), x_scale=fit.start
    )
    assert found.success
    # Noise-free: what remains is what the runs, at rtol = 1e-8, do not resolve.
    assert found.x == pytest.approx(truth, rel=1e-5)
    assert found.cost < 1e-8


def test_a_step_on_the_evidence_lowers_the_cost_as_the_derivatives_promise():
    fit = LeastSquares(
        ["synaptogenesis.g_GLU", "synaptogenesis.tau_G", "nmda_block.K0"],
        areas=["Receptor and circuit", "Signalling", "Synapse"],
    )
    before = fit.at()
    steepest = -(before.residuals @ before.jacobian) * fit.start  # per relative change
    relative = 0.003 * steepest / np.abs(steepest).max()
    after = fit.residuals(fit.start * (1.0 + relative))
    fallen = before.cost - 0.5 * after @ after
    assert fallen > 0.0
    # To first order: what is left out is of the order of the step, 0.3 %, with a factor for
    # curvature that steep Hill functions make large.
    assert fallen == pytest.approx(steepest @ relative, rel=0.05)
    found = scipy_optimize.least_squares(
        fit.residuals, fit.start, fit.jacobian, x_scale=fit.start, max_nfev=3,
        bounds=(fit.lower, fit.upper),
    )  # fmt: skip
    assert found.cost < 0.5 * after @ after


def test_threads_do_not_change_a_bit():
    fits = [LeastSquares(["mtor.tau_M"], areas=["Synapse"], threads=n) for n in (1, 3)]
    one, three = (fit.at() for fit in fits)
    assert np.array_equal(one.residuals, three.residuals)
    assert np.array_equal(one.jacobian, three.jacobian)


def test_a_failed_arm_is_named_and_is_no_fit():
    chosen = {"areas": ["Synapse"], "max_steps": 20}
    with pytest.raises(ks.SimulationError, match=r"arm \w+: .*max_steps"):
        LeastSquares(["mtor.tau_M"], **chosen)
    fit = LeastSquares(["mtor.tau_M"], areas=["Synapse"], on_failure="nan")
    for theta in ([np.nan], [1e9], [-1.0]):
        assert np.isnan(fit.residuals(theta)).all()
        assert np.isnan(fit.jacobian(theta)).all()
        with pytest.raises(ks.ParameterError, match="tau_M"):
            fit.at(theta)
    assert np.isfinite(fit.residuals(fit.start)).all()


def test_an_optimiser_fed_with_failures_returns_no_failed_point(monkeypatch):
    """Every third evaluation after the first fails."""
    theta = ["synaptogenesis.g_GLU", "synaptogenesis.tau_G"]
    fit = LeastSquares(theta, areas=["Synapse"], on_failure="nan")
    of_the_fit = "ketasim.fitting._least_squares.run_core"
    run_core, seen = resolve_name(of_the_fit), {}

    def failing(scenario, times, options):
        at = tuple(scenario.parameters[name] for name in theta)
        if seen.setdefault(at, len(seen)) % 3 == 1:
            raise ks.ParameterError("impossible here")
        return run_core(scenario, times, options)

    monkeypatch.setattr(of_the_fit, failing)
    found = scipy_optimize.least_squares(
        fit.residuals, fit.start, fit.jacobian, x_scale=fit.start, max_nfev=8,
        bounds=(fit.lower, fit.upper),
    )  # fmt: skip
    monkeypatch.undo()
    assert len(seen) > 2
    assert np.isfinite(found.fun).all()
    assert found.cost == fit.at(found.x).cost
    assert found.cost < fit.at().cost


def test_parameters_that_differ_between_species_are_told_apart(evidence):
    both = ["Plasma", "Synapse"]
    with pytest.raises(ks.ScenarioError, match="name it human:pharmacokinetics.V1 or rat:"):
        LeastSquares(["pharmacokinetics.V1"], areas=both)
    rows = one_of_each_kind(evidence)
    values = {
        "human:pharmacokinetics.V1": float(ks.parameters()["pharmacokinetics.V1"]["value"]),
        "rat:pharmacokinetics.V1": float(ks.parameters("rat")["pharmacokinetics.V1"]["value"]),
    }
    found = LeastSquares(tuple(values), rows=rows).at(values)
    human = np.array([evidence.arms[arm].species == "human" for arm in found.arms])
    assert (found.jacobian[~human, 0] == 0.0).all()
    assert (found.jacobian[human, 1] == 0.0).all()
    assert np.abs(found.jacobian).max(axis=0).min() > 0.0


def test_age_and_genotype_multiply_what_is_fitted(evidence):
    o = next(o for o in evidence.observations if o.statistic == "point" and o.area == "Plasma")
    arms = dict(evidence.arms)
    arms[o.arm_id] = replace(arms[o.arm_id], age_y=80.0, genotype="met66met", species="human")
    aged = replace(evidence, arms=arms)
    theta = ["pharmacokinetics.Qh", "bdnf_trkb.phi"]
    fit = LeastSquares(theta, rows=[o.obs_id], evidence=aged, rtol=1e-9)
    exact = fit.at().jacobian[0]
    h = 1e-3 * fit.start[0]
    above, below = (fit.residuals(fit.start + np.array([d, 0.0]))[0] for d in (h, -h))
    # Central differences of relative step 1e-3: truncation of order 1e-6.
    assert exact[0] == pytest.approx((above - below) / (2 * h), rel=1e-4)
    assert exact[0] != 0.0
    assert exact[1] == 0.0
    # A level in plasma does not depend on phi; other steps of rtol 1e-9 move it in later digits.
    moved = fit.residuals(fit.start * [1.0, 0.9])[0]
    assert moved == pytest.approx(fit.residuals(fit.start)[0], rel=1e-6)
    # At the model's own values nothing has moved: the arm is as validate simulates it.
    young = LeastSquares(theta, rows=[o.obs_id], rtol=1e-9)
    assert fit.residuals(fit.start)[0] != young.residuals(young.start)[0]


def test_what_cannot_be_fitted_is_refused_by_name_with_its_reason(evidence):
    sign = next(o for o in evidence.observations if o.statistic == "sign")
    with pytest.raises(ks.ScenarioError, match=f"{sign.obs_id} cannot be fitted: a direction"):
        LeastSquares(["mtor.tau_M"], rows=[sign.obs_id])
    with pytest.raises(ks.ScenarioError, match="no row of the selection"):
        LeastSquares(["mtor.tau_M"], arms=[sign.arm_id], areas=["Plasma"])
    row = one_of_each_kind(evidence)[0]
    for theta, says in (
        (["mtor.tau_m"], "mtor.tau_M"),
        ([], "list of names"),
        ("mtor.tau_M", "list of names"),
        (["mtor.tau_M", "mtor.tau_M"], "twice"),
        (["mtor.tau_M", "human:mtor.tau_M"], "twice"),
        (["mouse:mtor.tau_M"], "human, rat"),
    ):
        with pytest.raises(ks.KetasimError, match=says):
            LeastSquares(theta, rows=[row])
    for chosen, says in (
        ({"rows": [row + "_"]}, row),
        ({"areas": ["plasma"]}, "Plasma"),
        ({"arms": ["nobody"]}, "unknown arm"),
        ({"roles": ["calibration"]}, "calibrate"),
        ({"rows": [row], "on_failure": "ignore"}, "raise, nan"),
        ({"rows": [row], "method": "dopri5"}, "dopri5"),
        ({"rows": [row], "rtoll": 1e-6}, "rtol"),
    ):
        with pytest.raises(ks.KetasimError, match=says):
            LeastSquares(["mtor.tau_M"], **chosen)
    fit = LeastSquares(["mtor.tau_M", "nmda_block.K0"], rows=[row])
    with pytest.raises(ks.ScenarioError, match="2 numbers"):
        fit.residuals([0.12])
    with pytest.raises(ks.ScenarioError, match=r"theta has no nmda_block\.K0"):
        fit.at({"mtor.tau_M": 0.12})
