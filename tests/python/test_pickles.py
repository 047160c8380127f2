"""A pickled result is read as it was written or not at all; a pickle of another version is refused."""

import dataclasses
import pickle
import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
SHORT = {"readouts": ["cadss"], "t_eval": [0.0, 1.0], "rtol": 1e-3}

RESULTS: dict[str, Callable[[], object]] = {
    "Run": lambda: ks.simulate(INFUSION, t_eval=[0.0, 1.0, 24.0]),
    "Sensitivity": lambda: ks.sensitivity(INFUSION, ["mtor.tau_M"], ["p_mtor"], t_eval=[1.0]),
    "SteadyState": ks.steady_state,
    "Ensemble": lambda: ks.simulate_population(INFUSION, 3, **SHORT),
    "PopulationSummary": lambda: ks.simulate_population(INFUSION, 3, quantiles=[0.5], **SHORT),
    "RelapseCurve": lambda: ks.relapse(
        ks.simulate(INFUSION, context="open_label", t_eval=np.arange(0.0, 745.0, 24.0))
    ),
    "Scenario": lambda: ks.Scenario(INFUSION, parameters={"mtor.tau_M": 0.1}),
}


@pytest.mark.parametrize("name", RESULTS)
def test_no_changed_pickle_is_believed(name: str) -> None:
    made = RESULTS[name]()
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
            assert type(read) is not type(made) or read == made
    # Many of the bytes are numbers, which pickle itself would believe.
    assert refused > 60
    assert refused + unreadable > 250


@pytest.mark.parametrize("name", RESULTS)
def test_a_changed_number_is_named(name: str) -> None:
    whole = pickle.dumps(RESULTS[name]())
    changed = bytearray(whole)
    changed[-40] ^= 1
    with pytest.raises(ks.KetasimError, match=f"{name}.* was changed or cut.*compute it again"):
        pickle.loads(bytes(changed))


@pytest.mark.parametrize("name", RESULTS)
def test_a_pickle_of_another_version_is_refused(name: str) -> None:
    whole = pickle.dumps(RESULTS[name](), protocol=4)
    version = ks.__version__.encode()
    other = whole.replace(version, b"9" + version[1:], 1)
    assert other != whole
    with pytest.raises(ks.KetasimError, match=r"pickled by ketasim 9.*save it as \.csv"):
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
    made = RESULTS[name]()
    for one in (made, pickle.loads(pickle.dumps(made))):
        found = [*arrays_of(one)]
        assert found
        assert not any(values.flags.writeable for values in found)
