"""The recorded calibration is the one in the tables, and it can be repeated."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim.observation import trial_parameters

FOLDER = Path(__file__).parents[2] / "calibration"


@pytest.fixture(scope="module")
def calibrate():
    sys.path.insert(0, str(FOLDER))
    try:
        import calibrate
    finally:
        sys.path.remove(str(FOLDER))
    return calibrate


def recorded(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["clinical", "side_effects"])
def test_the_tables_hold_the_recorded_values(calibrate, name):
    spec = calibrate.declared(name)
    rows = recorded(name)
    assert [row["name"] for row in rows] == spec["free"]
    for row in rows:
        table = trial_parameters() if row["name"].startswith("observation.") else ks.parameters()
        parameter = table[row["name"]]
        assert parameter["value"] == float(row["fitted"]), row["name"]
        assert parameter["low"] < parameter["value"] < parameter["high"], row["name"]
        assert parameter["fitted_to"] == spec["fitted_to"]


@pytest.mark.parametrize("name", ["interactions", "cognition"])
def test_the_tables_hold_the_fitted_values(name):
    for row in recorded(name):
        parameter = ks.parameters()[row["parameter"]]
        assert parameter["value"] == float(row["estimate"]), row["parameter"]
        assert parameter["low"] < parameter["value"] < parameter["high"]
        assert parameter["fitted_to"] == f"calibration/{name}.py"


def test_the_recorded_clinical_values_are_the_optimum(calibrate):
    # Values are written with four digits: the gradient by a standardised parameter is then below 0.5,
    # a tenth of a standard error or less.
    spec = calibrate.declared("clinical")
    spec["start"] = {row["name"]: float(row["fitted"]) for row in recorded("clinical")}
    whole = calibrate.problem(spec)
    _, gradient = whole.objective(whole.start)
    assert np.abs(gradient).max() < 0.5


def test_a_small_part_is_refitted_from_two_starts(calibrate):
    spec = calibrate.declared("clinical")
    names, trials = ["symptoms.w_R", "trial.e_midazolam"], ["murrough2013_ajp", "wilkinson2019"]
    part = calibrate.problem(spec, only=names, trials=trials)
    assert {t.name for t in part.trials} <= set(trials)
    assert part.trials
    first, found = part.fit()
    assert found.success
    second, _ = part.fit(np.array([1.5, -1.5]))
    assert np.abs(first - second).max() < 0.05
    assert np.abs(part.gradients(first)[1][part.trials[0].name]).max() < 10.0


def test_the_gradient_is_that_of_the_likelihood(calibrate):
    spec = calibrate.declared("clinical")
    names = ["symptoms.tau_R", "bdnf_trkb.K_surge", "symptoms.omega_s", "observation.tau_c"]
    part = calibrate.problem(spec, only=names, trials=["daly2018"])
    u, h = part.start, 1e-3
    exact = part.gradients(u)[1]["daly2018"]
    for k in range(len(names)):
        ends = []
        for sign in (1.0, -1.0):
            near = u.copy()
            near[k] += sign * h
            runs, _ = part.simulate(near, slopes=False)
            ends.append(part.scores(runs, part.values(near))["daly2018"])
        # The difference has an error of h^2 and of the tolerance of the runs over h.
        assert exact[k] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=0.01, abs=0.02), names[
            k
        ]


def test_a_candidate_is_the_base_with_other_parameters(calibrate):
    base, candidate = (calibrate.declared(n) for n in ("clinical", "candidates/steep_commitment"))
    assert candidate["free"] == base["free"]
    assert candidate["fixed"]["synaptogenesis.n_G"] == 5.95


def test_values_are_written_into_the_rows_of_a_header(calibrate, tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.mkdir()
    text = (calibrate.HEADERS / "model" / "symptoms.hpp").read_text(encoding="utf-8")
    (model / "symptoms.hpp").write_text(text, encoding="utf-8")
    monkeypatch.setattr(calibrate, "HEADERS", tmp_path)
    calibrate.write_values([{"name": "symptoms.tau_R", "fitted": "12.5"}], "some rows")
    changed = (model / "symptoms.hpp").read_text(encoding="utf-8")
    (line,) = [b for a, b in zip(text.splitlines(), changed.splitlines(), strict=True) if a != b]
    assert line.strip().startswith("all(12.5, ")
    assert '"some rows"' in line
    with pytest.raises(SystemExit, match=r"no row of symptoms\.nobody"):
        calibrate.write_values([{"name": "symptoms.nobody", "fitted": "1"}], "some rows")
