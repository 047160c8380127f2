"""Arguments that are lists: any list is read, once; what is no list is refused in words.

A generator is used up by one pass, an array without dimensions has the methods of a list and raises
when they are called, and text is a list of letters: each was taken for something else, or ended in an
error of Python.
"""

import tempfile
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ketasim as ks
from ketasim.dosing import read_event_table, read_event_tables
from ketasim.files import Column, save

pandas = pytest.importorskip("pandas")

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TABLE = {"ID": [1, 1], "TIME": [0, 1], "AMT": [35, 0], "WT": [70, 70]}
MEASURED = {
    "ID": [1, 1, 1],
    "TIME": [0, 1, 24],
    "AMT": [35, 0, 0],
    "EVID": [1, 0, 0],
    "DV": [0, 20, 18],
    "MDV": [1, 0, 0],
}


@cache
def run() -> ks.Run:
    return ks.simulate(INFUSION, t_eval=[0.0, 1.0])


@cache
def population(quantiles: tuple[float, ...] | None = None) -> Any:
    return crowd(["madrs", "cadss"], quantiles=quantiles)


def crowd(readouts: object, **changes: object) -> Any:
    given = {"t_eval": [1.0], "threads": 1, **changes}
    return ks.simulate_population(INFUSION, 2, readouts=readouts, **given)  # type: ignore[arg-type]


@cache
def draws() -> ks.fitting.Draws:
    return ks.fitting.calibrated().draws(2, seed=1)


@cache
def bands() -> ks.fitting.PredictiveBands:
    return ks.predict(draws(), INFUSION, ["madrs"], t_eval=[1.0])


@cache
def observations() -> ks.Observations:
    return ks.Observations.from_table(MEASURED, drug="ketamine", route="im", readout="madrs")


def written(put: Callable[[Path], Any]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        put(path)
        return path.read_text(encoding="utf-8")


def names_of(result: Any) -> list[str]:
    return [column.name for column in result.columns]


#: Answer to an argument, and a list that it takes.
LISTS: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "columns of a run": (lambda x: names_of(run().sheet(x)), ["madrs", "cadss"]),
    "columns of a file": (lambda x: written(lambda p: run().save(p, x)), ["madrs", "cadss"]),
    "columns of save": (lambda x: written(lambda p: save(run(), p, x)), ["madrs", "cadss"]),
    "columns of an ensemble": (lambda x: names_of(population().sheet(x)), ["madrs"]),
    "quantiles of an ensemble": (lambda x: names_of(population().quantile_sheet(x)), ["madrs"]),
    "columns of a summary": (lambda x: names_of(population((0.1, 0.5)).sheet(x)), ["madrs"]),
    "quantiles of a summary": (
        lambda x: names_of(population((0.1, 0.5)).quantile_sheet(x)),
        ["madrs"],
    ),
    "columns of a table": (lambda x: names_of(ks.parameters().sheet(x)), ["name", "unit"]),
    "columns of draws": (lambda x: names_of(draws().sheet(x)), [draws().names[0]]),
    "columns of bands": (lambda x: names_of(bands().sheet(x)), ["madrs"]),
    "covariates": (
        lambda x: read_event_table(TABLE, drug="ketamine", route="im", covariates=x),
        ["WT"],
    ),
    "covariates of all": (
        lambda x: read_event_tables(TABLE, drug="ketamine", route="im", covariates=x),
        ["WT"],
    ),
    "covariates of a fit": (
        lambda x: (
            ks.Observations.from_table(
                MEASURED | {"SEX": [1, 1, 1]},
                drug="ketamine",
                route="im",
                readout="madrs",
                covariates=x,
            ).covariates
        ),
        ["SEX"],
    ),
    "evidence rows": (
        lambda x: ks.Observations.from_evidence(x).evidence_rows,
        ["murr13_ket__madrs_change__2"],
    ),
    "evidence roles": (
        lambda x: ks.Observations.from_evidence(roles=x).evidence_rows,
        ["calibrate"],
    ),
    "evidence arms": (
        lambda x: ks.Observations.from_evidence(arms=x).evidence_rows,
        ["murr13_ket"],
    ),
    "theta of a posterior": (lambda x: ks.Posterior(observations(), x).names, ["mtor.tau_M"]),
    "theta of least squares": (
        lambda x: ks.fitting.LeastSquares(x, rows=["murr13_ket__madrs_change__2"]).rows,
        ["mtor.tau_M"],
    ),
    "rows of least squares": (
        lambda x: ks.fitting.LeastSquares(["mtor.tau_M"], rows=x).rows,
        ["murr13_ket__madrs_change__2"],
    ),
    "areas of least squares": (
        lambda x: ks.fitting.LeastSquares(["pharmacokinetics.V1"], areas=x).rows,
        ["Plasma"],
    ),
    "names of draws": (
        lambda x: ks.fitting.calibrated().draws(2, seed=1, names=x).values.tolist(),
        [draws().names[0]],
    ),
    "readouts of a prediction": (
        lambda x: ks.predict(draws(), INFUSION, x, t_eval=[1.0]).quantiles("madrs").tolist(),
        ["madrs"],
    ),
    "doses": (ks.Regimen, [ks.Dose("ketamine", 35, "mg", "im")]),
    "resets": (lambda x: ks.Regimen(resets=x), [1.0, 2.0]),
    "interventions": (lambda x: ks.Scenario(INFUSION, interventions=x), [ks.block("ampa", 0.5)]),
    "data": (
        lambda x: [a.tolist() for a in ks.residuals_and_jacobian(INFUSION, x, {"mtor.tau_M": 0.3})],
        [("madrs", 24.0, 20.0, 2.0)],
    ),
    "wrt": (
        lambda x: ks.sensitivity(INFUSION, x, ["madrs"], t_eval=[1.0])["madrs"].tolist(),
        ["mtor.tau_M"],
    ),
    "readouts of a sensitivity": (
        lambda x: ks.sensitivity(INFUSION, ["mtor.tau_M"], x, t_eval=[1.0])["madrs"].tolist(),
        ["madrs"],
    ),
    "readouts of a population": (lambda x: crowd(x)["madrs"].tolist(), ["madrs"]),
    "regimens of a population": (
        lambda x: crowd(["madrs"], regimens=x)["madrs"].tolist(),
        [INFUSION, "ketamine 35 mg im"],
    ),
    "index": (
        lambda x: {k: v.tolist() for k, v in ks.draw_parameters(INFUSION, 2, 1, x).items()},
        [0, 7],
    ),
    "arms of a trial": (
        ks.TrialDesign,
        [ks.TrialArm("a", INFUSION, 10), ks.TrialArm("b", "placebo iv", 10)],
    ),
    "visits of a trial": (
        lambda x: ks.TrialDesign(
            [ks.TrialArm("a", INFUSION, 10), ks.TrialArm("b", "placebo iv", 10)], visits_h=x
        ),
        [24.0, 168.0],
    ),
    "values of a column": (lambda x: list(Column("a", x).values), [1.0, 2.0]),
}

FORMS: dict[str, Callable[[list[Any]], object]] = {
    "tuple": tuple,
    "generator": lambda values: (value for value in values),
    "iterator": iter,
    "array": lambda values: as_array(values),
    "series": lambda values: pandas.Series(values),
    "index": lambda values: pandas.Index(values),
    "types of NumPy": lambda values: [
        np.str_(value) if isinstance(value, str) else value for value in values
    ],
}

NO_LISTS: dict[str, Callable[[], object]] = {
    "text": lambda: "madrs",
    "bytes": lambda: b"madrs",
    "array of text without dimensions": lambda: np.array("madrs"),
    "array of a number without dimensions": lambda: np.array(1.0),
    "array of an object without dimensions": lambda: np.array(None, dtype=object),
    "masked array without dimensions": lambda: np.ma.array(1.0, mask=True),
    "masked": lambda: np.ma.masked,
    "number": lambda: 5,
    "number of NumPy": lambda: np.float32(1),
    "missing": lambda: pandas.NA,
    "missing time": lambda: pandas.NaT,
    "mapping": lambda: {"a": 1},
    "object": object,
    "type": lambda: int,
}


def as_array(values: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return np.array(values) if isinstance(values[0], (str, float, int)) else array


@pytest.mark.parametrize("argument", LISTS)
def test_a_list_is_read_in_every_form(argument: str) -> None:
    ask, values = LISTS[argument]
    expected = ask(values)
    for form, made in FORMS.items():
        assert ask(made(values)) == expected, form


@pytest.mark.parametrize("argument", LISTS)
def test_what_is_no_list_is_refused_in_words(argument: str) -> None:
    ask, _ = LISTS[argument]
    for form, made in NO_LISTS.items():
        if argument == "evidence roles" and form == "text":
            continue  # one role
        if argument == "covariates of a fit" and form == "mapping":
            continue  # of columns to fields of a subject, with a message of its own
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ks.KetasimError) as caught:
                ask(made())
        assert len(str(caught.value)) > 10, form


NAMES = [name for name, (_, values) in LISTS.items() if isinstance(values[0], str)]


@pytest.mark.parametrize("argument", [n for n in NAMES if "regimens" not in n])
def test_what_is_no_name_in_a_list_is_refused_in_words(argument: str) -> None:
    ask, values = LISTS[argument]
    for wrong in (
        None,
        1.0,
        b"madrs",
        np.array(values[0]),
        [values[0]],
        pandas.NA,
        np.ma.masked,
        {},
    ):
        with pytest.raises(ks.KetasimError):
            ask([wrong])


def test_a_set_of_regimens_has_no_order() -> None:
    with pytest.raises(ks.ScenarioError, match="in their order"):
        crowd(["madrs"], regimens={INFUSION, "ketamine 35 mg im"})


def test_masked_values_are_not_written() -> None:
    with pytest.raises(ks.OutputError, match="masked in part"):
        Column("a", np.ma.array([1.0, 2.0], mask=[True, False]))


@pytest.mark.parametrize("shares", [[], [[0.5]], [[]], np.array([])])
def test_quantiles_need_a_list_of_shares(shares: object) -> None:
    for one in (population(), population((0.1, 0.5))):
        with pytest.raises(ks.ScenarioError, match="quantiles are shares"):
            one.quantiles("madrs", shares)
