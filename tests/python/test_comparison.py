"""Results compare by their values, NaN with itself, and survive pickle and copy."""

import copy
import dataclasses
import math
import pickle
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim.observation import Mood, Prediction
from ketasim.qualification import score

REFERENCE = Path(str(files("ketasim.qualification").joinpath("reference")))
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
SEEN_FROM = ["madrs_baseline", "drug_relief", "context_relief"]


def run_that_failed() -> ks.Run:
    return ks.simulate(INFUSION, until=24, max_steps=5, on_failure="return")


def crowd(seed: int = 1, **changes: object) -> ks.Ensemble:
    """One of three members is impossible and has NaN."""
    return ks.simulate_population(
        *(INFUSION, 3), seed=seed, readouts=SEEN_FROM, t_eval=[0.0, 24.0], threads=1,
        weight_kg=[70.0, 1e9, 80.0], **changes,
    )  # fmt: skip


def relapse() -> ks.RelapseCurve:
    times = np.arange(0.0, 745.0, 12.0)
    return ks.relapse(ks.simulate(INFUSION, context="open_label", t_eval=times))


def validation() -> ks.Validation:
    evidence = ks.evidence.load()
    first = evidence.observations[0]
    record = score(first, evidence.arms[first.arm_id], Prediction(math.nan))
    return ks.Validation("tables", (record,), n_runs=1, seconds=math.nan)


def verification(rtol: float = 1e-5) -> ks.Verification:
    """Reference values that this build does not have: the computed ones are NaN."""
    with tempfile.TemporaryDirectory() as folder:
        values = Path(folder) / "values.csv"
        lines = (REFERENCE / "reference_values.csv").read_text(encoding="utf-8").splitlines()
        values.write_text("\n".join(lines[:2]), encoding="utf-8")
        row = ks.verify(REFERENCE / "scenarios.csv", values).rows[0]
    return ks.Verification((dataclasses.replace(row, computed=math.nan),), rtol)


#: Every result is made anew by each call.
RESULTS: dict[str, Callable[[], object]] = {
    "Run": lambda: ks.simulate(INFUSION, until=24),
    "failed Run": run_that_failed,
    "Sensitivity": lambda: ks.sensitivity(
        INFUSION, ["mtor.tau_M"], ["madrs_change"], t_eval=[24.0]
    ),
    "SteadyState": ks.steady_state,
    "Ensemble": crowd,
    "Observed": lambda: crowd().observed(24.0),
    "PopulationSummary": lambda: crowd(quantiles=[0.5]),
    "RelapseCurve": relapse,
    "Residuals": lambda: ks.fitting.LeastSquares(
        ["mtor.tau_M"], rows=["murr13_ket__madrs_change__2"]
    ).at(),
    "Validation": validation,
    "Verification": verification,
    "Evidence": ks.evidence.load,
    "Table": ks.parameters,
    "Scenario": lambda: ks.Scenario(INFUSION, parameters={"mtor.tau_M": math.nan}),
    "Mood": lambda: Mood(30.0, np.array([0.0, math.nan]), np.zeros(2)),
    "sheet of a Run": lambda: ks.simulate(INFUSION, t_eval=[1.0]).sheet(),
    "sheet of an Ensemble": lambda: crowd().sheet(),
}


@pytest.mark.parametrize("name", RESULTS)
def test_equal_requests_have_equal_results_also_after_pickle_and_copy(name: str) -> None:
    one, again = RESULTS[name](), RESULTS[name]()
    copies = [pickle.loads(pickle.dumps(one, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)]
    for other in (again, *copies, copy.copy(one), copy.deepcopy(one)):
        assert (one == other) is True
        assert (other != one) is False
    assert one != None
    assert one != "text"
    try:
        expected = hash(one)
    except TypeError:  # a value with arrays has no hash
        with pytest.raises(TypeError):
            hash(copies[-1])
    else:
        assert {hash(other) for other in (again, *copies)} == {expected}


def test_different_results_are_not_equal() -> None:
    assert ks.simulate(INFUSION, until=24) != ks.simulate(INFUSION, until=25)
    assert crowd(seed=1) != crowd(seed=2)
    assert crowd() != crowd(quantiles=[0.5])
    assert crowd(quantiles=[0.5]) != crowd(seed=2, quantiles=[0.5])
    healthy = ks.steady_state(ks.Subject(severity=0.0))
    assert ks.steady_state() != healthy
    assert verification() != verification(1e-4)
    one, other = (
        ks.sensitivity(INFUSION, [by], ["p_mtor"], t_eval=[1.0])
        for by in ("mtor.tau_M", "dose.amount")
    )
    assert one != other
    assert ks.parameters("human") != ks.parameters("rat")


def test_results_cannot_be_changed_after_pickle() -> None:
    again = pickle.loads(pickle.dumps(crowd()))
    with pytest.raises(ValueError, match="read-only"):
        again["drug_relief"][0, 0] = 1.0
    s = pickle.loads(pickle.dumps(RESULTS["Sensitivity"]()))
    with pytest.raises(ValueError, match="read-only"):
        s["madrs_change"][0, 0] = 1.0
