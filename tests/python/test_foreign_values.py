"""Values of other libraries and types are converted rightly or refused in words, never misread.

Each argument that takes numbers is tried with quantities, masked arrays, text, bytes, truth values,
complex numbers, durations, and the exact numbers of Python.
"""

import datetime
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import ketasim as ks
from ketasim.dosing import read_event_table
from ketasim.simulation import highest

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


class WithUnits(np.ndarray):
    """An array of a library whose quantities convert to numbers without a question, as `unyt` does."""

    units = "min"


class Opaque:
    """An object whose conversion to a number fails in its own way."""

    def __float__(self) -> float:
        raise RuntimeError("more than one element")


def crowd(**changes: object) -> ks.Ensemble:
    fields = {"t_eval": [1.0], "readouts": ["madrs"], "threads": 1}
    return ks.simulate_population(INFUSION, 2, **{**fields, **changes})


#: Arguments that are two numbers.
ARRAYS: dict[str, Callable[[object], object]] = {
    "t_eval": lambda x: ks.simulate(INFUSION, t_eval=x),
    "t_eval of a sensitivity": lambda x: ks.sensitivity(
        INFUSION, ["mtor.tau_M"], ["p_mtor"], t_eval=x
    ),
    "t_eval of a population": lambda x: crowd(t_eval=x),
    "weight_kg": lambda x: crowd(weight_kg=x),
    "severity": lambda x: crowd(severity=x),
    "baseline_madrs": lambda x: crowd(baseline_madrs=x),
    "parameters": lambda x: crowd(parameters={"mtor.tau_M": x}),
    "quantiles": lambda x: crowd(quantiles=x),
    "improvements": lambda x: crowd(quantiles=[0.5], readouts=["response"], improvements=x),
    "thresholds": lambda x: crowd(quantiles=[0.5], thresholds={"madrs": x}),
    "resets": lambda x: ks.Regimen(resets=x),
}

#: Arguments that are one number.
SCALARS: dict[str, Callable[[object], object]] = {
    "until": lambda x: ks.simulate(INFUSION, until=x),
    "weight": lambda x: ks.Subject(weight_kg=x),
    "severity": lambda x: ks.Subject(severity=x),
    "amount": lambda x: ks.Dose("ketamine", x, "mg", "im"),
    "start_h": lambda x: ks.Dose("ketamine", 35, "mg", "im", start_h=x),
    "additional": lambda x: ks.Dose("ketamine", 35, "mg", "im", interval_h=24, additional=x),
    "steady_state": lambda x: ks.Dose("ketamine", 35, "mg", "im", interval_h=24, steady_state=x),
    "fraction": lambda x: ks.block("ampa", x),
    "reset": lambda x: ks.Regimen(resets=[x]),
    "rtol": lambda x: ks.SolverOptions(rtol=x),
    "max_step": lambda x: ks.SolverOptions(max_step=x),
    "max_steps": lambda x: ks.SolverOptions(max_steps=x),
    "parameter": lambda x: ks.simulate(INFUSION, parameters={"mtor.tau_M": x}),
    "n": lambda x: ks.simulate_population(INFUSION, x),
    "amount of a table": lambda x: read_event_table(
        {"TIME": [0], "AMT": [x]}, drug="ketamine", route="oral"
    ),
}

FOREIGN_ARRAYS: dict[str, Callable[[], object]] = {
    "quantity": lambda: np.array([1.0, 2.0]).view(WithUnits),
    "list of quantities": lambda: [np.array(x).view(WithUnits) for x in (1.0, 2.0)],
    "masked": lambda: np.ma.array([0.1, 0.2], mask=[False, True]),
    "masked constant": lambda: [0.1, np.ma.masked],
    "bytes": lambda: [b"1", b"2"],
    "text": lambda: ["1", "2"],
    "text with underscores": lambda: np.array(["1_0", "2_0"], dtype=object),
    "truth": lambda: np.array([False, True]),
    "truth among numbers": lambda: [0.1, True],
    "truth in objects": lambda: np.array([0.1, np.True_], dtype=object),
    "complex": lambda: np.array([0.1 + 0j, 0.2 + 1j]),
    "durations": lambda: np.array([1, 2], dtype="m8[m]"),
    "durations of Python": lambda: [datetime.timedelta(hours=1), datetime.timedelta(hours=2)],
    "dates": lambda: np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]"),
    "generator": lambda: (x for x in ("1", "2")),
    "set": lambda: {"1", "2"},
    "opaque": lambda: [Opaque(), Opaque()],
    "none": lambda: [None, None],
    "ragged": lambda: [[0.1, 0.2], [0.3]],
}

FOREIGN_SCALARS: dict[str, object] = {
    "quantity": np.array(1.0).view(WithUnits),
    "masked": np.ma.masked,
    "masked array": np.ma.array(1.0, mask=True),
    "bytes": b"1",
    "array of text": np.array("1"),
    "truth": np.True_,
    "truth of Python": True,
    "array of truth": np.array(True),
    "complex": np.complex128(1.0 + 1.0j),
    "duration": np.timedelta64(1, "m"),
    "date": np.datetime64("2020-01-01"),
    "array of one": np.array([1.0]),
    "opaque": Opaque(),
    "list": [1.0],
}


@pytest.mark.parametrize("value", FOREIGN_ARRAYS)
@pytest.mark.parametrize("argument", ARRAYS)
def test_an_array_that_is_no_plain_numbers_is_refused(argument: str, value: str) -> None:
    if argument == "resets" and value in ("text", "generator", "set"):
        pytest.skip("a reset may be a duration in words, and any iterable is read")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ks.KetasimError):
            ARRAYS[argument](FOREIGN_ARRAYS[value]())


@pytest.mark.parametrize("value", FOREIGN_SCALARS)
@pytest.mark.parametrize("argument", SCALARS)
def test_a_value_that_is_no_plain_number_is_refused(argument: str, value: str) -> None:
    if argument == "amount of a table" and value in ("masked", "masked array", "array of text"):
        pytest.skip("a cell of a table may be text, and a masked one is empty")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ks.KetasimError):
            SCALARS[argument](FOREIGN_SCALARS[value])


@pytest.mark.parametrize(
    "given",
    [
        (1, 2),
        [Decimal(1), Fraction(2)],
        [np.float32(1), np.int8(2)],
        [np.array(1.0), np.array(2)],
        np.array([1, 2], dtype=np.uint8),
        np.array([Decimal(1), 2.0], dtype=object),
        np.ma.array([1.0, 2.0], mask=[False, False]),
        np.ma.array([1.0, 2.0]),
        range(1, 3),
    ],
    ids=str,
)
def test_exact_numbers_are_converted(given: object) -> None:
    assert ks.simulate(INFUSION, t_eval=given).t.tolist() == [1.0, 2.0]


def test_exact_scalars_are_converted() -> None:
    assert ks.Subject(weight_kg=Fraction(141, 2)).weight_kg == 70.5
    assert ks.Subject(severity=Decimal("0.25")).severity == 0.25
    assert ks.Dose("ketamine", np.array(35), "mg", "im").amount == 35.0
    options = ks.SolverOptions(rtol=Decimal("1e-5"), atol={"mtor.M": Fraction(1, 1000)})
    assert (options.rtol, options.atol["mtor.M"]) == (1e-5, 1e-3)


def test_the_message_names_the_unit_and_the_one_wanted() -> None:
    grams = np.array([70_000.0, 80_000.0]).view(WithUnits)
    grams.units = "g"
    with pytest.raises(ks.ScenarioError, match=r"weight_kg has the unit 'g'.*\[kg\]"):
        crowd(weight_kg=grams)
    with pytest.raises(ks.ScenarioError, match=r"t_eval\[1\] is masked"):
        ks.simulate(INFUSION, t_eval=np.ma.array([1.0, 999.0, 3000.0], mask=[0, 1, 0]))


def test_quantities_of_pint_are_refused() -> None:
    pint = pytest.importorskip("pint")
    unit = pint.UnitRegistry()
    for times in (np.array([30.0, 60.0]) * unit.minute, [30.0 * unit.minute, 60.0 * unit.minute]):
        with pytest.raises(ks.ScenarioError, match="t_eval"):
            ks.simulate(INFUSION, t_eval=times)
    with pytest.raises(ks.ScenarioError, match="weight_kg has the unit 'gram'"):
        crowd(weight_kg=np.array([70_000.0, 80_000.0]) * unit.gram)
    plain = np.array([0.5, 1.0]) * unit.dimensionless
    assert crowd(severity=plain).status == ("success", "success")


def test_quantities_of_astropy_are_refused() -> None:
    units = pytest.importorskip("astropy.units")
    for times in ([30.0, 60.0] * units.min, [30.0 * units.min, 60.0 * units.min]):
        with pytest.raises(ks.ScenarioError, match="t_eval"):
            ks.simulate(INFUSION, t_eval=times)
    with pytest.raises(ks.ScenarioError, match="until"):
        ks.simulate(INFUSION, until=14.0 * units.day)


def test_a_labelled_array_is_read_where_its_unit_is_the_same() -> None:
    xarray = pytest.importorskip("xarray")
    times = xarray.DataArray([1.0, 2.0], attrs={"units": "h"})
    assert ks.simulate(INFUSION, t_eval=times).t.tolist() == [1.0, 2.0]
    with pytest.raises(ks.ScenarioError, match="has the unit 'min'"):
        ks.simulate(INFUSION, t_eval=times.assign_attrs(units="min"))


@pytest.mark.parametrize("names", [5, "p_mtor", b"p_mtor", [], [5], [b"p_mtor"], np.array([1.0])])
def test_names_that_are_no_list_of_text_are_refused(names: object) -> None:
    with pytest.raises(ks.KetasimError):
        ks.sensitivity(INFUSION, ["mtor.tau_M"], names, t_eval=[1.0])
    with pytest.raises(ks.KetasimError):
        ks.sensitivity(INFUSION, names, ["p_mtor"], t_eval=[1.0])
    with pytest.raises(ks.KetasimError):
        ks.fitting.LeastSquares(names)


def test_names_may_come_from_an_array_or_a_generator() -> None:
    found = ks.sensitivity(
        INFUSION, np.array(["mtor.tau_M"]), (n for n in ["p_mtor"]), t_eval=[1.0]
    )
    assert (found.wrt, found.names) == (("mtor.tau_M",), ("p_mtor",))
    assert math.isfinite(found["p_mtor"][0, 0])


@pytest.mark.parametrize("value", ["0.5", b"1", 1j, np.True_, np.ma.masked, {0.5}])
def test_lookups_refuse_what_is_no_number(value: object) -> None:
    people = crowd(readouts=["response", "madrs"])
    counted = crowd(readouts=["response", "madrs"], quantiles=[0.5], thresholds={"madrs": 10.0})
    for lookup in (
        lambda: people.response_rate(1.0, value),
        lambda: counted.response_rate(1.0, value),
        lambda: counted.share_at_most("madrs", value),
        lambda: people.quantiles("madrs", value),
        lambda: counted.quantiles("madrs", value),
    ):
        with pytest.raises(ks.KetasimError):
            lookup()


@pytest.mark.parametrize("value", [None, [0.5], np.array([0.5, 0.5])])
def test_a_share_is_one_number(value: object) -> None:
    people = crowd(readouts=["response"])
    counted = crowd(readouts=["response"], quantiles=[0.5], thresholds={"response": 0.5})
    for lookup in (people.response_rate, counted.response_rate):
        with pytest.raises(ks.KetasimError):
            lookup(1.0, value)
    with pytest.raises(ks.KetasimError):
        counted.share_at_most("response", value)


def test_lookups_take_exact_numbers() -> None:
    people = crowd(readouts=["response"])
    assert people.response_rate(Fraction(1), Decimal("0.5")) == people.response_rate(1.0)
    counted = crowd(quantiles=[0.5], readouts=["madrs"], thresholds={"madrs": Decimal(10)})
    assert counted.share_at_most("madrs", Fraction(10)).shape == (1,)


def test_curves_of_foreign_arrays() -> None:
    hours = np.array([0.0, 1.0, 2.0])
    with pytest.raises(ks.ScenarioError, match="t has the unit"):
        highest(hours.view(WithUnits), hours)
    with pytest.raises(ks.ScenarioError, match="masked"):
        highest(hours, np.ma.array(hours, mask=[0, 0, 1]))
    with pytest.raises(ks.ScenarioError):
        highest(hours, ["1", "2", "3"])
    assert highest(hours, [Fraction(1, 2), 3, Decimal(1)]).value == 3.0


def test_relapse_of_what_is_no_run_is_refused() -> None:
    with pytest.raises(ks.ScenarioError, match="give the Run"):
        ks.relapse(INFUSION)


@pytest.mark.parametrize("single", [np.array(1.0), np.array("cadss"), np.ma.masked])
def test_an_array_without_dimensions_is_no_list(single):
    for ask in (
        lambda: ks.Regimen(single),
        lambda: ks.Regimen(resets=single),
        lambda: ks.Scenario(INFUSION, interventions=single),
        lambda: ks.sensitivity(INFUSION, single, ["cadss"], t_eval=[1.0]),
        lambda: ks.sensitivity(INFUSION, ["mtor.tau_M"], single, t_eval=[1.0]),
        lambda: ks.draw_parameters(INFUSION, 1, seed=1, index=single),
        lambda: read_event_table({"TIME": [0.0]}, drug="ketamine", route="iv", covariates=single),
    ):
        with pytest.raises(ks.KetasimError):
            ask()


def test_a_single_time_may_be_an_array_without_dimensions():
    assert ks.simulate(INFUSION, t_eval=np.array(1.0)).t.tolist() == [1.0]
    with pytest.raises(ks.ScenarioError, match="masked"):
        ks.simulate(INFUSION, t_eval=np.ma.masked)


def test_a_generator_of_indices_draws_as_a_list_does():
    drawn, again = (
        ks.draw_parameters(INFUSION, 3, seed=1, index=index)
        for index in ([4, 5, 6], iter([4, 5, 6]))
    )
    assert all(np.array_equal(drawn[name], again[name]) for name in drawn)
    with pytest.raises(ks.ScenarioError, match="index has 2 entries for n = 3 subjects"):
        ks.draw_parameters(INFUSION, 3, seed=1, index=iter([4, 5]))


@pytest.mark.parametrize(
    "name", [0, int, np.array(["cadss", "madrs"]), np.array([1.0, None], dtype=object), ["cadss"]]
)
def test_a_name_that_is_no_text_is_refused_wherever_one_is_asked_for(name):
    run = ks.simulate(INFUSION, t_eval=[0.0, 1.0])
    crowd_of_two, slopes = (
        crowd(),
        ks.sensitivity(INFUSION, ["mtor.tau_M"], ["cadss"], t_eval=[1.0]),
    )
    rest = ks.steady_state()
    for ask in (
        lambda: run[name],
        lambda: run.unit(name),
        lambda: run.before(name),
        lambda: run.at(name, 1.0),
        lambda: crowd_of_two[name],
        lambda: slopes[name],
        lambda: rest[name],
        # A table has positions, too.
        lambda: rest[name] if isinstance(name, int) else ks.parameters()[name],
    ):
        with pytest.raises(ks.UnknownNameError, match="must be text"):
            ask()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (np.array([0, 60], dtype="m8[m]"), "divide durations by"),
        (pd.to_timedelta(["0h", "1h"]), "divide durations by"),
        (pd.Series(pd.to_timedelta(["0h", "1h"])), "divide durations by"),
        (pd.date_range("2026-01-01", periods=3), "subtract the first date"),
        (np.array(["2026-01-01"], dtype="M8[D]"), "subtract the first date"),
    ],
)
def test_durations_and_dates_say_how_they_become_hours(given: object, says: str) -> None:
    with pytest.raises(ks.ScenarioError, match=says):
        ks.simulate("ketamine 35 mg im", t_eval=given)  # type: ignore[arg-type]
