"""Derivatives of one number, backward: the same as forward, for every way to say them."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import ketasim as ks

SCENARIO = "ketamine 0.5 mg/kg iv over 40 min; escitalopram 10 mg po daily x 3 from 2 h"
TIMES = [0.5, 2.0, 24.0, 72.0]
READOUTS = ["ketamine_venous", "p_mtor", "madrs_change", "response"]
EVERYTHING = [row["name"] for row in ks.parameters()]
MORE = ["weight_kg", "severity", "dose.amount", "dose[1].start_h", "initial.mtor.M"]


def test_it_is_the_weighted_sum_of_the_forward_derivatives() -> None:
    wrt = [*EVERYTHING, *MORE]
    backward = ks.adjoint(SCENARIO, wrt, READOUTS, t_eval=TIMES)
    forward = ks.sensitivity(SCENARIO, wrt, READOUTS, t_eval=TIMES)
    size = np.array([np.abs(forward.run[name]).max() for name in READOUTS])
    weights = np.random.default_rng(7).normal(size=(len(TIMES), len(READOUTS))) / size
    terms = np.stack([forward[name] for name in READOUTS], axis=1) * weights[:, :, None]
    # The same arithmetic in another order: rounding alone, 1e-11 where terms cancel on the way.
    allowed = 1e-10 * np.abs(terms).sum(axis=(0, 1)) + 1e-11
    assert np.all(np.abs(backward.gradient(weights) - terms.sum(axis=(0, 1))) <= allowed)
    assert backward.run == forward.run


def test_a_sum_of_squares_falls_along_its_gradient() -> None:
    names = ["mtor.tau_M", "pharmacokinetics.CLint_S", "dose.amount"]
    a = ks.adjoint("ketamine 35 mg im", names, ["ketamine_venous"], t_eval=[0.5, 1, 3])
    observed = 1.3 * a.run["ketamine_venous"]
    difference = a.run["ketamine_venous"] - observed
    slope = a.gradient({"ketamine_venous": 2.0 * difference})[2]
    moved = ks.simulate("ketamine 35.035 mg im", t_eval=[0.5, 1, 3])["ketamine_venous"]
    change = float(np.sum((moved - observed) ** 2) - np.sum(difference**2))
    # 0.1 % more of the dose: the curvature of the sum is of the order of 0.1 %.
    assert change == pytest.approx(slope * 0.035, rel=3e-3)


def test_a_mapping_and_an_array_say_the_same() -> None:
    a = ks.adjoint(SCENARIO, ["severity"], READOUTS, t_eval=TIMES)
    weights = np.zeros((4, 4))
    weights[:, 1] = [1.0, 0.0, 2.0, -1.0]
    assert a.gradient({"p_mtor": [1, 0, 2, -1]}) == a.gradient(weights)
    assert a.gradient({}) == 0.0


def test_a_pickle_simulates_again() -> None:
    a = ks.adjoint("ketamine 35 mg im", ["dose.amount"], ["p_mtor"], t_eval=[1])
    again = pickle.loads(pickle.dumps(a))
    assert again == a
    assert again.gradient([[1.0]]) == a.gradient([[1.0]])
    assert "p_mtor by 1 of ketamine" in repr(a)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1.0, 2.0], "shape"),
        ([[1.0], [2.0]], "shape"),
        ([[float("nan")]], "finite"),
        ({"p_mtor": [1.0, 2.0]}, "one for each time"),
        ({"p_mtor": ["x"]}, "weights"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights: object, words: str) -> None:
    a = ks.adjoint("ketamine 35 mg im", ["dose.amount"], ["p_mtor"], t_eval=[1])
    with pytest.raises(ks.ScenarioError, match=words):
        a.gradient(weights)  # type: ignore[arg-type]


def test_a_readout_that_was_not_asked_for_is_refused() -> None:
    a = ks.adjoint("ketamine 35 mg im", ["dose.amount"], ["p_mtor"], t_eval=[1])
    with pytest.raises(ks.UnknownNameError, match="madrs_change"):
        a.gradient({"madrs_change": [1.0]})


def test_a_run_that_stops_early_raises() -> None:
    with pytest.raises(ks.SimulationError):
        ks.adjoint("ketamine 35 mg im", ["dose.amount"], ["p_mtor"], until=48, max_steps=5)


def test_weights_that_are_not_finite_are_named_with_their_time() -> None:
    a = ks.adjoint(SCENARIO, ["mtor.tau_M"], READOUTS, t_eval=TIMES)
    weights = np.zeros((len(TIMES), len(READOUTS)))
    weights[2, 1] = np.nan
    says = rf"weight of {READOUTS[1]} at {TIMES[2]:g} h \(row 2\) is nan: give finite weights"
    with pytest.raises(ks.ScenarioError, match=says):
        a.gradient(weights)
    with pytest.raises(ks.ScenarioError, match=says):
        a.gradient({READOUTS[1]: weights[:, 1]})


def test_huge_weights_are_blamed_and_not_the_model() -> None:
    a = ks.adjoint(SCENARIO, ["mtor.tau_M", "dose.amount"], READOUTS, t_eval=TIMES)
    with pytest.raises(ks.ScenarioError, match=r"weights up to 1e\+308 make a derivative larger"):
        a.gradient(np.full((len(TIMES), len(READOUTS)), 1e308))
    large = a.gradient(np.full((len(TIMES), len(READOUTS)), 1e250))
    small = a.gradient(np.ones((len(TIMES), len(READOUTS))))
    np.testing.assert_allclose(large / 1e250, small, rtol=1e-12)


@pytest.mark.parametrize("kind", ["frame", "structured", "arrow"])
def test_named_columns_are_found_by_name_whatever_their_order(kind: str) -> None:
    a = ks.adjoint(SCENARIO, ["mtor.tau_M"], READOUTS, t_eval=TIMES)
    columns = {READOUTS[1]: np.arange(4.0), READOUTS[0]: np.ones(4)}
    frame = pd.DataFrame(columns)
    made = {
        "frame": lambda: frame,
        "structured": lambda: frame.to_records(index=False),
        "arrow": lambda: pa.table(columns),
    }
    assert a.gradient(made[kind]()) == a.gradient(columns)


@pytest.mark.parametrize("asked", [1, None, "ketamine 35 mg im"])
def test_the_class_itself_says_how_one_is_made(asked: object) -> None:
    with pytest.raises(ks.ScenarioError, match=r"make one with ketasim\.adjoint"):
        ks.Adjoint(asked)  # type: ignore[arg-type]
