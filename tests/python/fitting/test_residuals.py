"""Residuals of one run: NaN wherever theta is impossible, errors for what is no request."""

import math

import numpy as np
import pytest

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
DATA = [("p_mtor", 1.0, 1.5, 0.1), ("p_mtor", 24.0, 1.0, 0.1)]


@pytest.mark.parametrize(
    "value",
    [
        -1.0,
        0.0,
        -0.0,
        1e9,
        6.000001,
        float(np.nextafter(6.0, math.inf)),
        float(np.nextafter(0.01, 0.0)),
        math.inf,
        -math.inf,
        math.nan,
        5e-324,
        -5e-324,
        10**400,
    ],
)
def test_an_impossible_theta_gives_nan_throughout(value: float) -> None:
    if value == 10**400:
        with pytest.raises(ks.ParameterError, match="is not a number"):
            ks.residuals_and_jacobian(INFUSION, DATA, {"nmda_block.K0": value})
        return
    theta = {"mtor.tau_M": 0.1, "nmda_block.K0": value}
    residuals, jacobian = ks.residuals_and_jacobian(INFUSION, DATA, theta)
    assert (residuals.shape, jacobian.shape) == ((2,), (2, 2))
    assert np.isnan(residuals).all()
    assert np.isnan(jacobian).all()


@pytest.mark.parametrize("value", [0.01, 6.0, np.float32(0.32)])
def test_the_ends_of_what_is_possible_are_simulated(value: float) -> None:
    residuals, jacobian = ks.residuals_and_jacobian(INFUSION, DATA, {"nmda_block.K0": value})
    assert np.isfinite(residuals).all()
    assert np.isfinite(jacobian).all()


def test_a_run_that_stops_early_gives_nan() -> None:
    found = ks.residuals_and_jacobian(INFUSION, DATA, {"mtor.tau_M": 0.1}, max_steps=5)
    assert all(np.isnan(part).all() for part in found)


@pytest.mark.parametrize("k0", [0.32, -1.0])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"theta": {"nmda_block.K00": 1.0}}, "did you mean 'nmda_block.K0'"),
        ({"theta": {3: 1.0}}, "unknown parameter 3"),
        ({"theta": {}}, "give a mapping"),
        ({"theta": [1.0]}, "give a mapping"),
        ({"theta": {"nmda_block.K0": "x"}}, "'x' is not a number"),
        ({"theta": {"nmda_block.K0": 1j}}, "is not a number"),
        ({"data": []}, "data is empty"),
        ({"data": 3}, "give a list"),
        ({"data": [("p_mtor", 1.0)]}, r"data\[0\]"),
        ({"data": [("p_mtr", 1.0, 1.0, 1.0)]}, "did you mean 'p_mtor'"),
        ({"data": [("p_mtor", "x", 1.0, 1.0)]}, "finite number of hours"),
        ({"data": [("p_mtor", 1.0, math.nan, 1.0)]}, "value and sd must be finite"),
        ({"data": [("p_mtor", 1.0, 1.0, 0.0)]}, "sd above 0"),
        ({"data": [("p_mtor", 1.0, 1.0, b"1")]}, "sd above 0"),
        ({"scenario": "ketamine 35 mg im from 400 h"}, "after the end of the run"),
        ({"at_event": "both"}, "two rows"),
        ({"rtoll": 1e-5}, "did you mean 'rtol'"),
        ({"rtol": -1.0}, "rtol = -1"),
    ],
)
def test_what_is_no_request_is_refused_whatever_theta_is(
    k0: float, changes: dict[str, object], said: str
) -> None:
    given = {"scenario": INFUSION, "data": DATA, "theta": {"nmda_block.K0": k0}, **changes}
    with pytest.raises(ks.KetasimError, match=said):
        ks.residuals_and_jacobian(
            given.pop("scenario"), given.pop("data"), given.pop("theta"), **given
        )


def test_an_impossible_scenario_is_an_error_and_no_impossible_theta() -> None:
    scenario = ks.Scenario(INFUSION, parameters={"nmda_block.K0": -1.0})
    with pytest.raises(ks.ParameterError, match=r"nmda_block\.K0"):
        ks.residuals_and_jacobian(scenario, DATA, {"mtor.tau_M": 0.1})


def test_rows_may_come_in_any_order_at_an_event() -> None:
    """The end of the infusion is an event: the value before it is compared."""
    at = 2 / 3
    data = [("ketamine_venous", at, 0.0, 1.0), ("p_mtor", 0.0, 0.0, 1.0)]
    for rule in ("before", "after"):
        residuals, _ = ks.residuals_and_jacobian(
            INFUSION, data, {"mtor.tau_M": 0.12}, at_event=rule
        )
        run = ks.simulate(INFUSION, t_eval=[0.0, at], at_event=rule)
        assert residuals.tolist() == [run["ketamine_venous"][1], run["p_mtor"][0]]


def test_a_fit_refuses_two_rows_for_a_time_too() -> None:
    with pytest.raises(ks.ScenarioError, match="two rows"):
        ks.fitting.LeastSquares(
            ["mtor.tau_M"], rows=["murr13_ket__madrs_change__2"], at_event="both"
        )


def test_a_fit_gives_nan_for_an_impossible_theta() -> None:
    fit = ks.fitting.LeastSquares(
        ["mtor.tau_M"], rows=["murr13_ket__madrs_change__2"], on_failure="nan"
    )
    for value in (-1.0, 0.0, math.nan, math.inf):
        assert np.isnan(fit.residuals([value])).all()
        assert np.isnan(fit.jacobian([value])).all()
    with pytest.raises(ks.KetasimError, match="theta"):
        fit.residuals(["0.1"])


FIELDS = {
    "subject.weight_kg": 80.0,
    "mtor.tau_M": 0.1,
    "dose.factor": 0.8,
    "subject.severity": 0.7,
    "dose.lag_h": 0.25,
}


def test_fields_of_subject_and_doses_are_fitted_with_exact_derivatives() -> None:
    # At a tolerance so small that central differences have six digits.
    data = [("ketamine_venous", 1.5, 90.0, 5.0), *DATA, ("madrs_change", 24.0, -9.0, 2.0)]

    def residuals(theta: dict[str, float]) -> np.ndarray:
        return ks.residuals_and_jacobian(INFUSION, data, theta, rtol=1e-11)[0]

    _, jacobian = ks.residuals_and_jacobian(INFUSION, data, FIELDS, rtol=1e-11)
    for k, (name, value) in enumerate(FIELDS.items()):
        step = 1e-4 * value
        up, down = (residuals({**FIELDS, name: value + sign * step}) for sign in (1.0, -1.0))
        np.testing.assert_allclose(jacobian[:, k], (up - down) / (2.0 * step), rtol=1e-4, atol=1e-5)


def test_fields_are_those_of_the_scenario() -> None:
    given = ks.Scenario("ketamine 28 mg iv over 40 min", ks.Subject(weight_kg=80.0, severity=0.7))
    expected, _ = ks.residuals_and_jacobian(given, DATA, {"mtor.tau_M": 0.1})
    theta = {
        "subject.weight_kg": 80.0,
        "subject.severity": 0.7,
        "mtor.tau_M": 0.1,
        "dose.factor": 0.8,
    }
    found, _ = ks.residuals_and_jacobian("ketamine 35 mg iv over 40 min", DATA, theta)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject.weight_kg", -1.0),
        ("subject.weight_kg", math.nan),
        ("subject.severity", 1.5),
        ("dose.factor", -0.1),
        ("dose.lag_h", -0.1),
    ],
)
def test_an_impossible_field_gives_nan_throughout(name: str, value: float) -> None:
    found = ks.residuals_and_jacobian(INFUSION, DATA, {"mtor.tau_M": 0.1, name: value})
    assert all(np.isnan(part).all() for part in found)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ks.UnknownNameError, match=r"did you mean 'subject.weight_kg'"):
        ks.residuals_and_jacobian(INFUSION, DATA, {"subject.weight": 80.0})
    with pytest.raises(ks.ScenarioError, match=r"subject.severity is not fitted here.*Posterior"):
        ks.fitting.LeastSquares(["mtor.tau_M", "subject.severity"])
