"""A pickled result is read as it was written or not at all; a pickle of another version is refused."""

import dataclasses
import importlib
import importlib.resources
import inspect
import pickle
import pkgutil
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim.dosing import read_event_table

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
SHORT = {"readouts": ["cadss"], "t_eval": [0.0, 1.0], "rtol": 1e-3}

RESULTS: dict[str, Callable[[], object]] = {
    "Run": lambda: ks.simulate(INFUSION, t_eval=[0.0, 1.0, 24.0]),
    "Sensitivity": lambda: ks.sensitivity(INFUSION, ["mtor.tau_M"], ["p_mtor"], t_eval=[1.0]),
    "Adjoint": lambda: ks.adjoint(INFUSION, ["mtor.tau_M"], ["p_mtor"], t_eval=[1.0]),
    "SteadyState": ks.steady_state,
    "Ensemble": lambda: ks.simulate_population(INFUSION, 3, **SHORT),
    "PopulationSummary": lambda: ks.simulate_population(INFUSION, 3, quantiles=[0.5], **SHORT),
    "RelapseCurve": lambda: ks.relapse(
        ks.simulate(INFUSION, context="open_label", t_eval=np.arange(0.0, 745.0, 24.0))
    ),
    "Scenario": lambda: ks.Scenario(INFUSION, parameters={"mtor.tau_M": 0.1}),
    "Dose": lambda: ks.Dose("ketamine", 0.5, "mg/kg", "iv", duration_h=0.7),
    "Regimen": lambda: ks.Regimen.parse(f"{INFUSION} every 2 d x 3; escitalopram 10 mg oral"),
    "Subject": lambda: ks.Subject(weight_kg=81.5, severity=0.7),
    "SolverOptions": lambda: ks.SolverOptions(rtol=1e-5, atol={"mtor.M": 1e-9}),
    "EventTable": lambda: read_event_table(
        {"TIME": [0, 1, 24], "AMT": [35, 0, 0]}, drug="ketamine", route="im"
    ),
    "Observations": lambda: measured(),
    "Posterior": lambda: ks.Posterior(measured(), ["mtor.tau_M"]),
    "Prior": lambda: ks.fitting.calibrated().priors[0],
    "Calibrated": ks.fitting.calibrated,
    "Draws": lambda: ks.fitting.calibrated().draws(3, seed=1),
    "Optimum": lambda: optimum(),
    "Identifiability": lambda: ks.Posterior(measured(), ["mtor.tau_M"]).identifiability(optimum()),
    "PredictiveBands": lambda: ks.predict(
        ks.fitting.calibrated().draws(3, seed=1), INFUSION, t_eval=[1.0]
    ),
    "Datum": lambda: ks.fitting.Datum("madrs", 24.0, 20.0, 2.0),
    "TrialArm": lambda: ks.TrialArm("ketamine", INFUSION, 30),
    "TrialDesign": lambda: trial(),
    "SimulatedTrials": lambda: ks.simulate_trial(trial(), 3, seed=1),
    "Validation": ks.validate,
    "Verification": lambda: verification(),
    "Evidence": lambda: ks.evidence.load(),
    "Table": ks.readouts,
    "Comparison": lambda: ks.Comparison([ks.simulate(INFUSION, t_eval=[0.0, 1.0])] * 2, ["a", "b"]),
    "Moment": lambda: ks.simulation.highest([0.0, 1.0, 2.0], [0.0, 3.0, 1.0]),
    "Column": lambda: ks.files.Column("time", [0.0, 1.0], "h"),
}

#: Classes whose instances hold nothing that a pickle could change, or that are pickled by those they wrap.
UNSEALED = {"Savable"}


@cache
def result(name: str) -> object:
    return RESULTS[name]()


@cache
def measured() -> ks.Observations:
    table = {
        "ID": [1] * 4,
        "TIME": [0, 1, 24, 72],
        "AMT": [35, 0, 0, 0],
        "EVID": [1, 0, 0, 0],
        "DV": [0, 20, 18, 19],
        "MDV": [1, 0, 0, 0],
    }
    return ks.Observations.from_table(table, drug="ketamine", route="im", readout="madrs")


@cache
def optimum() -> ks.fitting.Optimum:
    return ks.Posterior(measured(), ["mtor.tau_M"]).maximum()


def verification() -> ks.Verification:
    shipped = importlib.resources.files("ketasim.qualification") / "reference"
    lines = (shipped / "reference_values.csv").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        values = Path(folder, "values.csv")
        values.write_text("\n".join(lines[:3]), encoding="utf-8")
        return ks.verify(str(shipped / "scenarios.csv"), values)


def trial() -> ks.TrialDesign:
    return ks.TrialDesign(
        [ks.TrialArm("ketamine", INFUSION, 10), ks.TrialArm("placebo", "placebo iv", 10)]
    )


ROOMS = [room.name for room in pkgutil.iter_modules(ks.__path__) if not room.name.startswith("_")]


def public_classes() -> Iterator[type]:
    for name in ("ketasim", *(f"ketasim.{room}" for room in ROOMS)):
        room = importlib.import_module(name)
        for exported in getattr(room, "__all__", ()):
            one = getattr(room, exported)
            if inspect.isclass(one) and not issubclass(one, BaseException):
                yield one


def test_every_public_class_is_sealed() -> None:
    plain = {one.__name__ for one in public_classes() if one.__reduce_ex__ is object.__reduce_ex__}
    assert plain == UNSEALED
    assert len({*public_classes()}) > 60


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_read_as_it_was_written(name: str, protocol: int) -> None:
    made = result(name)
    read = pickle.loads(pickle.dumps(made, protocol))
    assert type(read) is type(made)
    if type(made).__eq__ is not object.__eq__:
        assert read == made
    else:
        assert repr(read) == repr(made)
    assert pickle.dumps(read, protocol)


@pytest.mark.parametrize("name", sorted({*RESULTS} - {"Posterior"}))
def test_no_attribute_of_a_result_can_be_changed(name: str) -> None:
    """Posterior has none that is public, and keeps what it computed last."""
    made = RESULTS[name]()
    own = [*getattr(made, "__dict__", ()), *getattr(made, "__dataclass_fields__", ())]
    for attribute in (*own, "no_such_attribute"):
        with pytest.raises(AttributeError):
            setattr(made, attribute, None)
        with pytest.raises(AttributeError):
            delattr(made, attribute)


def test_values_within_a_sealed_value_have_no_seal_of_their_own() -> None:
    """A regimen of many doses stays small: one checksum covers it."""
    dose = ks.Dose("ketamine", 35, "mg", "im")
    many = ks.Regimen(tuple(replace(dose, start_h=24.0 * k) for k in range(100)))
    assert len(pickle.dumps(many)) < 100 * 150
    assert len(pickle.dumps(many)) < 60 * len(pickle.dumps(dose))


@pytest.mark.parametrize("name", RESULTS)
def test_no_changed_pickle_is_believed(name: str) -> None:
    made = result(name)
    whole = pickle.dumps(made)
    rng = random.Random(5)
    refused = unreadable = 0
    for _ in range(300):
        changed = bytearray(whole)
        changed[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        try:
            read = pickle.loads(bytes(changed))
        except ks.KetasimError:
            refused += 1
        except Exception:  # noqa: BLE001  # of pickle itself, on a stream that it cannot read
            unreadable += 1
        else:
            # A stream that ends early gives a part of it, of another type.
            same = (
                read == made if type(made).__eq__ is not object.__eq__ else repr(read) == repr(made)
            )
            assert type(read) is not type(made) or same
    # Many of the bytes are numbers, which pickle itself would believe.
    assert refused > 60
    assert refused + unreadable > 250


@pytest.mark.parametrize("name", RESULTS)
def test_a_changed_number_is_named(name: str) -> None:
    made = result(name)
    protocol = pickle.DEFAULT_PROTOCOL
    content = made.__reduce_ex__(protocol)[1][-1]
    whole = pickle.dumps(made, protocol)
    assert whole.count(content) == 1
    changed = bytearray(whole)
    changed[whole.index(content) + len(content) // 2] ^= 1
    with pytest.raises(ks.KetasimError, match=f"{name}.* was changed or cut.*make it again"):
        pickle.loads(bytes(changed))


@pytest.mark.parametrize("name", RESULTS)
def test_a_pickle_of_another_version_is_refused(name: str) -> None:
    whole = pickle.dumps(result(name), protocol=4)
    version = ks.__version__.encode()
    other = whole.replace(version, b"9" + version[1:], 1)
    assert other != whole
    with pytest.raises(ks.KetasimError, match=r"pickled by ketasim 9.*make it again"):
        pickle.loads(other)


def arrays_of(value: object) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from arrays_of(one)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from arrays_of(getattr(value, field.name))


@pytest.mark.parametrize("name", ["SteadyState", "Ensemble", "PopulationSummary", "RelapseCurve"])
def test_no_array_of_a_result_can_be_changed(name: str) -> None:
    made = result(name)
    for one in (made, pickle.loads(pickle.dumps(made))):
        found = [*arrays_of(one)]
        assert found
        assert not any(values.flags.writeable for values in found)
