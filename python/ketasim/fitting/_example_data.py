"""Simulated data with known truth, for examples and tests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.numbers import check_whole
from ketasim.errors import OutputError
from ketasim.files._whole_file import whole_file
from ketasim.observation._clinical import Mood, mean_change, sd_change, share_at_or_below
from ketasim.observation._numbers import value_of
from ketasim.observation._predictor import predictor
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject
from ketasim.simulation._simulate import simulate

#: The truth, in the units of `ketasim.parameters`.
TRUTH = {
    "pharmacokinetics.CLint_S": 300.0,
    "pharmacokinetics.CLn_S": 52.0,
    "symptoms.w_R": 0.7,
    "error.ketamine_venous.proportional": 0.15,
    "error.norketamine_venous.proportional": 0.12,
}
#: Lower limit of quantification [ng/mL].
LLOQ = 2.0
TIMES = (0.33, 0.66, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0)
COMPARTMENTS = {2: "ketamine_venous", 3: "norketamine_venous"}
VISITS = (24.0, 72.0, 168.0)
SUBJECTS, PATIENTS = 12, 120
REGIMENS = {"ketamine": "ketamine 0.5 mg/kg iv over 40 min", "midazolam": "placebo iv"}
BASELINE = 32.0

Row = dict[str, object]


@comparable
@dataclass(frozen=True, slots=True)
class ExampleData:
    """Two tables and the truth behind them.

    Parameters
    ----------
    levels : Path
        Levels of 12 subjects in the style of NONMEM: ID, WT, TIME, AMT, DUR, EVID, CMT (1 dose, 2
        ketamine, 3 norketamine), DV, BLQ.
    arms : Path
        Two arms of a trial: MADRS changes with standard errors, and counts of responders.
    lloq : float
        Lower limit of quantification [ng/mL].
    truth : mapping of str to float
        By free parameter, in its unit.

    Examples
    --------
    >>> import ketasim as ks
    >>> example = ks.fitting.example_data(tmp_path)
    >>> example.levels.name, example.truth["pharmacokinetics.CLn_S"]
    ('levels.csv', 52.0)
    """

    levels: Path
    arms: Path
    lloq: float
    truth: Mapping[str, float]


def example_data(folder: str | Path = ".", seed: int = 1) -> ExampleData:
    """Write simulated data with known truth: ``levels.csv`` and ``arms.csv``.

    Parameters
    ----------
    folder : str or Path
        An existing folder.
    seed : int

    Returns
    -------
    ExampleData

    Raises
    ------
    OutputError
        If the folder does not exist.

    Notes
    -----
    Twelve people get 0.5 mg/kg of ketamine over 40 minutes. Ketamine and norketamine are measured with
    proportional errors of 15 and 12 %; values below 2 ng/mL are marked in BLQ. A trial of two arms of 120
    patients reports days 1, 3 and 7. Nobody differs from the typical subject but by weight.

    Examples
    --------
    >>> import ketasim as ks
    >>> example = ks.fitting.example_data(tmp_path)
    >>> example.arms.read_text().splitlines()[0]
    'study,arm,regimen,context,baseline_madrs,time_h,readout,value,se,k,n'
    """
    check_whole("seed", seed, 0)
    place = Path(folder)
    if not place.is_dir():
        raise OutputError(f"{place}: no such folder; make it first")
    rng = np.random.default_rng(seed)
    levels, arms = place / "levels.csv", place / "arms.csv"
    _write(levels, _levels(rng))
    _write(arms, _arms(rng))
    return ExampleData(levels, arms, LLOQ, dict(TRUTH))


def _of_model(module: str) -> dict[str, float]:
    return {name: value for name, value in TRUTH.items() if name.startswith(f"{module}.")}


def _levels(rng: np.random.Generator) -> list[Row]:
    rows: list[Row] = []
    for subject in range(1, SUBJECTS + 1):
        weight = round(float(rng.normal(74.0, 12.0)), 1)
        amount = round(0.5 * weight, 1)
        own: Row = {"ID": subject, "WT": weight}
        rows.append({**own, "TIME": 0, "AMT": amount, "DUR": 0.6667, "EVID": 1, "CMT": 1})
        scenario = Scenario(
            f"ketamine {amount} mg iv over 40 min",
            Subject(weight_kg=weight),
            parameters=_of_model("pharmacokinetics"),
        )
        run = simulate(scenario, t_eval=TIMES)
        for i, time in enumerate(TIMES):
            for compartment, readout in COMPARTMENTS.items():
                cv = TRUTH[f"error.{readout}.proportional"]
                value = float(run[readout][i] * (1.0 + cv * rng.standard_normal()))
                below = value < LLOQ
                rows.append(
                    {
                        **own,
                        "TIME": time,
                        "EVID": 0,
                        "CMT": compartment,
                        "DV": "" if below else f"{value:.2f}",
                        "BLQ": int(below),
                    }
                )
    return rows


def _arms(rng: np.random.Generator) -> list[Row]:
    rows: list[Row] = []
    spread = predictor().spread

    def one(x: object) -> float:
        values: FloatArray = value_of(x)  # type: ignore[arg-type]
        return float(values[0])

    parameters = {**_of_model("pharmacokinetics"), **_of_model("symptoms")}
    for arm, regimen in REGIMENS.items():
        scenario = Scenario(
            regimen, Subject(baseline_madrs=BASELINE), "midazolam", parameters=parameters
        )
        run = simulate(scenario, t_eval=[0.0, *VISITS])
        for i, time in enumerate(VISITS, 1):
            mood = Mood.of(run, np.array([i]))
            se = one(sd_change(mood, spread)) / PATIENTS**0.5
            mean = one(mean_change(mood, spread)) + se * rng.standard_normal()
            responders = int(
                rng.binomial(PATIENTS, one(share_at_or_below(mood, BASELINE / 2.0, spread)))
            )
            own: Row = {
                "study": "example",
                "arm": arm,
                "regimen": regimen,
                "context": "midazolam",
                "baseline_madrs": BASELINE,
                "time_h": time,
            }
            madrs = {"readout": "madrs_change", "value": f"{mean:.2f}", "se": f"{se:.2f}"}
            rows.append({**own, **madrs, "k": "", "n": ""})
            rows.append({**own, "readout": "response", "k": responders, "n": PATIENTS})
    return rows


def _write(path: Path, rows: Sequence[Row]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with whole_file(path) as draft, draft.open("x", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
