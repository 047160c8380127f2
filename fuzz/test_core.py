"""The compiled core behind the package: whatever it is given, it answers or refuses, and stays alive.

Its arguments are plain numbers and lists. A wrong type is a TypeError, as everywhere in Python; sizes
that do not fit and positions that do not exist are refused in words.
"""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strange import NUMBERS, mostly, numbers, strange

import ketasim as ks
from ketasim import _core

RECORD = ("ketamine", 0.5, "mg/kg", "iv", 0.0, 0.67, 0.0, 0, 0.0, 1.0, 0)
RIGHT: dict[str, Any] = {
    "records": [RECORD],
    "resets": [],
    "context": "none",
    "species": "human",
    "variant": "",
    "parameters": {},
    "weight_kg": 70.0,
    "severity": 1.0,
    "baseline_madrs": None,
}
OPTIONS = {"rtol": 1e-6, "max_steps": 300, "max_rejections": 300}
SCENARIO = _core.Scenario(**RIGHT)


def answer(ask: Callable[[], Any]) -> Any:
    """Return an answer; None for a refusal or a wrong type."""
    try:
        return ask()
    except (ks.KetasimError, TypeError, OverflowError, MemoryError):
        return None
    except (RuntimeError, ValueError) as error:
        # Of the conversion of an argument, before anything of ketasim runs.
        if not any(word in str(error) for word in ("cast", "array", "float", "vectorize")):
            raise
        return None


@st.composite
def records(draw: st.DrawFn) -> list[Any]:
    """Return dose records with some fields strange."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        record = list(RECORD)
        for k in range(len(record)):
            if draw(st.integers(0, 8)) == 0:
                record[k] = draw(
                    st.one_of(st.sampled_from(NUMBERS), st.sampled_from(ks.drugs().names), strange)
                )
        found.append(tuple(record))
    return found


scenarios = st.fixed_dictionaries(
    {
        "records": st.one_of(records(), mostly([RECORD])),
        "resets": st.one_of(st.lists(numbers, max_size=3), mostly([])),
        "context": mostly("saline"),
        "species": mostly("human"),
        "variant": mostly(""),
        "parameters": st.one_of(
            mostly({}),
            st.dictionaries(st.sampled_from(ks.parameters().names), numbers, max_size=3),
        ),
        "weight_kg": mostly(70.0),
        "severity": mostly(1.0),
        "baseline_madrs": mostly(None),
    }
)
times = st.one_of(mostly([0.5, 1.0]), st.lists(numbers, max_size=4))
options = st.fixed_dictionaries(
    {"max_steps": mostly(300), "max_rejections": mostly(300)},
    optional={
        "method": mostly("rodas4"),
        "rtol": mostly(1e-6),
        "atol_factor": mostly(1e-6),
        "atol": st.one_of(strange, st.lists(numbers, max_size=3), st.just([1e-6] * 104)),
        "max_step": mostly(1.0),
        "first_step": mostly(1e-3),
        "max_wall_seconds": mostly(5.0),
        "at_event": mostly("after"),
        "positivity": st.one_of(strange, st.lists(st.just("warn"), max_size=200)),
        "no_such_option": strange,
    },
).map(lambda o: {**o, "max_wall_seconds": min(o.get("max_wall_seconds", 5.0), 5.0)}
      if isinstance(o.get("max_wall_seconds", 5.0), float) else o)  # fmt: skip


@given(scenarios, times, options)
def test_a_run_is_made_or_refused(given_: dict[str, Any], when: Any, how: dict[str, Any]) -> None:
    scenario = answer(lambda: _core.Scenario(**given_))
    if scenario is None:
        return
    run = answer(lambda: _core.simulate(scenario, when, how))
    if run is not None and run.outcome["status"] == "success":
        assert np.isfinite(run.y).all()
    answer(lambda: _core.steady_state(scenario))
    answer(lambda: _core.compiled_schedule(scenario))


@given(
    scenarios,
    st.one_of(st.integers(0, 5), st.sampled_from((-1, 10**15, 10**30, 2**64 - 1, 1.5, None))),
    st.lists(st.sampled_from((*ks.parameters().names[:3], "weight_kg", "")), max_size=2),
    st.one_of(strange, st.lists(st.lists(numbers, max_size=3), max_size=5)),
    st.one_of(st.none(), st.lists(numbers, max_size=5), strange),
    st.one_of(st.none(), st.lists(numbers, max_size=5), strange),
    st.lists(st.tuples(records(), st.lists(numbers, max_size=2)), max_size=2),
    st.lists(st.one_of(st.integers(-1, 3), st.just(2**63)), max_size=5),
    times,
    st.lists(st.sampled_from(("cadss", "madrs", "", "Madrs")), max_size=3),
    options,
    st.sampled_from((0, 1, 2, -1)),
)
def test_an_ensemble_is_made_or_refused(
    given_: dict[str, Any],
    members: Any,
    varied: list[str],
    values: Any,
    weights: Any,
    severities: Any,
    regimens: Any,
    regimen: Any,
    when: Any,
    readouts: list[str],
    how: dict[str, Any],
    threads: int,
) -> None:
    base = answer(lambda: _core.Scenario(**given_)) or SCENARIO
    made = answer(
        lambda: _core.simulate_ensemble(
            base,
            members,
            varied,
            values,
            weights,
            severities,
            None,
            regimens,
            regimen,
            when,
            readouts,
            how,
            threads,
            None,
        )
    )
    if made is not None:
        found, status, messages, _ = made
        assert len(status) == len(messages) == members
        for k, word in enumerate(status):
            assert np.isfinite(found[k]).all() or word != "success"


@given(
    scenarios,
    times,
    st.lists(st.sampled_from(("cadss", "response", "x")), max_size=2),
    st.lists(
        st.one_of(
            st.sampled_from(("dose[0].amount", "dose[9].amount", "dose[0].start_h", "weight_kg")),
            st.sampled_from(
                ("initial.mtor.M", "dose[99999999999999999999].amount", "dose[-1].x", "")
            ),
            st.sampled_from(ks.parameters().names),
            st.text(max_size=9),
        ),
        max_size=2,
    ),
    options,
    st.booleans(),
)
def test_a_sensitivity_is_made_or_refused(
    given_: dict[str, Any],
    when: Any,
    readouts: list[str],
    wrt: list[str],
    how: dict[str, Any],
    judged: bool,
) -> None:
    scenario = answer(lambda: _core.Scenario(**given_))
    if scenario is not None:
        made = answer(lambda: _core.sensitivity(scenario, when, readouts, wrt, how, judged))
        if made is not None and made[0].outcome["status"] == "success":
            assert np.isfinite(made[1]).all()


RUN = _core.simulate(SCENARIO, [0.5, 24.0], OPTIONS)
STATE = pickle.loads(pickle.dumps(RUN.__reduce_ex__(4)[2]))


def _parts(state: Any, at: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """Return the positions of everything within a nested tuple or list."""
    found = [at] if at else []
    if isinstance(state, tuple | list):
        for k, part in enumerate(state[:8]):
            found += _parts(part, (*at, k))
    return found


def _with(state: Any, at: tuple[int, ...], value: Any) -> Any:
    if not at:
        return value
    changed = list(state)
    changed[at[0]] = _with(changed[at[0]], at[1:], value)
    return tuple(changed) if isinstance(state, tuple) else changed


@given(st.sampled_from(_parts(STATE)), st.one_of(strange, numbers, st.lists(numbers, max_size=300)))
def test_a_pickle_is_restored_or_refused(at: tuple[int, ...], value: Any) -> None:
    def restore() -> Any:
        empty = _core.Trajectory.__new__(_core.Trajectory)
        empty.__setstate__(_with(copy.deepcopy(STATE), at, value))
        return empty

    run = answer(restore)
    if run is None:
        return
    for name in ("madrs", "response", "cadss"):
        assert len(run.readout(name)) == len(run.t)
        answer(lambda name=name: run.before(name))
    _ = (run.y, run.segment, run.stop_times, run.start)
    answer(lambda: run.outcome)
    answer(lambda: run.inputs(0))


@given(st.one_of(strange, st.lists(numbers, max_size=110)), st.one_of(st.integers(-2, 5), strange))
def test_derivatives_are_given_or_refused(y: Any, segment: Any) -> None:
    answer(lambda: RUN.rhs(y, segment))
    answer(lambda: RUN.jacobian(y, segment))
    answer(lambda: RUN.inputs(segment))
    answer(lambda: RUN.readout(y))


@given(st.lists(st.one_of(numbers, st.lists(numbers, max_size=3)), min_size=8, max_size=8))
def test_shares_of_patients_are_given_or_refused(arguments: list[Any]) -> None:
    plain = [math.nan if isinstance(a, int) and abs(a) > 10**300 else a for a in arguments]
    for shares in (_core.share_at_or_below, _core.response):
        found = answer(lambda shares=shares: np.asarray(shares(*plain), dtype=float))
        if found is not None:
            assert np.isnan(found).any() or ((found >= 0.0) & (found <= 1.0 + 1e-12)).all()
    answer(lambda: _core.mean_change(*plain[:7]))
    answer(lambda: _core.sd_change(*plain[:7]))
