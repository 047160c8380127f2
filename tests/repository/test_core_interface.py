"""Claims about the compiled interface: it checks sizes, indices and names itself."""

import copy
import random
import signal
import threading
import time

import numpy as np
import pytest

import ketasim as ks
from ketasim import _core
from ketasim.scenario._for_core import core_options, core_scenario

SCENARIO = core_scenario(ks.Scenario("ketamine 0.5 mg/kg iv over 40 min x 2 every 24 h"))
OPTIONS = core_options(ks.SolverOptions())


def ensemble(**changes):
    arguments = {
        "scenario": SCENARIO,
        "members": 2,
        "varied": ["mtor.tau_M"],
        "varied_values": np.array([[0.1], [0.2]]),
        "weights": None,
        "severities": None,
        "baselines": None,
        "regimens": [],
        "regimen": [],
        "t_eval": np.array([0.0, 24.0]),
        "readouts": ["madrs"],
        "options": OPTIONS,
        "threads": 1,
        "progress": None,
    }
    return _core.simulate_ensemble(**{**arguments, **changes})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"varied_values": np.zeros((0, 1))}, "values has 0 values for 2 members: give 2"),
        ({"varied_values": np.zeros((2, 0))}, "values has 0 values"),
        ({"varied_values": np.zeros((3, 1))}, "values has 3 values"),
        ({"varied": []}, "values has 2 values for 2 members: give 0"),
        ({"members": 3}, "values has 2 values for 3 members: give 3"),
        ({"members": 2**62}, "too many numbers"),
        ({"varied": ["mtor.tau"]}, "no parameter is called 'mtor.tau'"),
        ({"weights": [70.0]}, "weight_kg has 1 values for 2 members"),
        ({"severities": [1.0, 1.0, 1.0]}, "severity has 3 values"),
        ({"baselines": [30.0]}, "baseline_madrs has 1 values"),
        ({"regimen": [0, 0]}, "regimen 0 of a member does not exist"),
        ({"regimen": [5]}, "regimen has 1 values"),
        ({"regimens": [([], [])], "regimen": [0, 1]}, "regimen 1 of a member does not exist"),
        ({"readouts": ["madr"]}, "no readout is called 'madr'"),
        ({"t_eval": np.zeros((2, 2))}, "t_eval has 2 axes"),
        ({"options": {"method": "euler"}}, "euler"),
        ({"options": {"rtoll": 1.0}}, "unknown solver option 'rtoll'"),
    ],
)
def test_an_ensemble_of_the_wrong_size_is_refused(changes, says):
    with pytest.raises(ks.KetasimError) as caught:
        ensemble(**changes)
    assert says in str(caught.value)


def test_options_of_the_wrong_size_refuse_every_member():
    _, status, messages, _ = ensemble(options={"atol": [1.0]})
    assert set(status) == {"refused"}
    assert "atol has 1 entries" in messages[0]


def test_an_ensemble_of_the_right_size_runs():
    values, status, *_ = ensemble()
    assert values.shape == (2, 1, 2)
    assert set(status) == {"success"}


RECORD = ("ketamine", 35.0, "mg", "iv", 0.0, 1.0, 24.0, 1, 0.0, 1.0, 0)


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (0, "ketamin", "ketamin"),
        (1, float("nan"), "amount = nan"),
        (1, -1.0, "amount = -1"),
        (2, "g", "'g'"),
        (3, "nose", "'nose'"),
        (4, float("inf"), "at inf h"),
        (5, 1e9, "duration_h = 1e+09 h is too long"),
        (6, 1e-12, "interval_h = 1e-12 h"),
        (7, -1, "additional = -1"),
        (7, 2_000_000_000, "additional = 2000000000 repeats are too many"),
        (9, 0.0, "bioavailability = 0"),
        (10, 3, "steady_state = 3 must be 0, 1 or 2"),
        (10, -1, "steady_state = -1 must be 0, 1 or 2"),
    ],
)
def test_a_record_is_checked_by_the_core(place, value, says):
    changed = [*RECORD[:place], value, *RECORD[place + 1 :]]
    arguments = {
        "resets": [],
        "context": "none",
        "species": "human",
        "variant": "",
        "parameters": {},
        "weight_kg": 70.0,
        "severity": 1.0,
        "baseline_madrs": None,
    }
    with pytest.raises(ks.KetasimError) as caught:
        _core.simulate(
            _core.Scenario(records=[tuple(changed)], **arguments), np.array([1.0]), OPTIONS
        )
    assert says in str(caught.value)


def test_slopes_of_another_shape_are_refused():
    right = np.ones((3, 8)), np.ones((3, 8, 2))
    assert len(_core.share_at_or_below_slopes(*right)) == 2
    for arguments, slopes in [
        (np.ones((3, 7)), right[1]),
        (right[0], np.ones((2, 8, 2))),
        (right[0], np.ones((3, 7, 2))),
        (right[0], np.ones((3, 8))),
        (np.ones(8), right[1]),
        (np.float64(1.0), right[1]),
    ]:
        with pytest.raises(ks.ScenarioError, match="has the shape"):
            _core.share_at_or_below_slopes(arguments, slopes)


@pytest.mark.parametrize("width", [6, 7])
def test_visits_of_another_shape_are_refused(width):
    right = {
        "drug_relief": np.ones((2, 4)),
        "context_relief": np.ones((2, 4)),
        "numbers": np.full((2, width), 5.0),
        "drug_slopes": np.ones((2, 4, 1)),
        "context_slopes": np.ones((2, 4, 1)),
        "number_slopes": np.ones((2, width, 1)),
    }

    def call(arguments):
        if width == 6:
            return _core.ever_at_or_below(**arguments)
        return _core.relapse(remitters=True, **arguments)

    assert len(call(right)) == 2
    for name, array in right.items():
        for axis in range(array.ndim):
            for wrong in (np.concatenate([array, array], axis), np.take(array, [], axis)):
                # The number of directions is that of number_slopes, of visits that of drug_relief.
                with pytest.raises(ks.ScenarioError, match="has the shape"):
                    call({**right, name: wrong})
        with pytest.raises(ks.ScenarioError, match="has the shape"):
            call({**right, name: array[..., 0]})


def test_states_and_segments_are_checked():
    run = _core.simulate(SCENARIO, np.array([1.0, 30.0]), OPTIONS)
    y = run.start
    last = run.stop_times.size
    assert np.isfinite(run.rhs(y, last)).all()
    for segment in (last + 1, 10**9):
        for read in (run.inputs, run.rhs_source):
            with pytest.raises(ks.ScenarioError, match="this run has segments 0 to"):
                read(segment)
        for read in (run.rhs, run.jacobian):
            with pytest.raises(ks.ScenarioError, match="this run has segments 0 to"):
                read(y, segment)
    for read in (run.rhs, run.jacobian):
        with pytest.raises(ks.ScenarioError, match="give one per state"):
            read(y[:-1], 0)


def _mutated(state, rng):
    """A stored run with one thing changed: a part, the length of a part, or an entry."""
    parts = [list(part) if isinstance(part, (list, tuple)) else part for part in state]
    kind = rng.choice(["drop part", "replace part", "shorten", "lengthen", "entry", "outcome"])
    k = rng.randrange(len(parts))
    odd = [-1, -(2**31), 2**31 - 1, 10**6, 2**63, float("nan"), float("inf"), "x", None, [], 1e300]
    if kind == "drop part":
        del parts[k]
    elif kind == "replace part":
        parts[k] = rng.choice([*odd, [1.0], [1], (), "text"])
    elif kind == "shorten":
        del parts[k][rng.randrange(len(parts[k])) :]
    elif kind == "lengthen":
        parts[k] += [rng.choice(parts[k])] * rng.randrange(1, 4)
    elif kind == "entry":
        parts[k][rng.randrange(len(parts[k]))] = rng.choice(odd)
    else:
        parts[-1][rng.randrange(len(parts[-1]))] = rng.choice(odd)
    if isinstance(parts[-1], list):
        parts[-1] = tuple(parts[-1])
    return tuple(parts)


def test_a_changed_pickle_of_a_run_is_read_safely_or_refused():
    run = _core.simulate(SCENARIO, np.array([1.0, 30.0, 31.0]), OPTIONS)
    state = run.__getstate__()
    rng = random.Random(1)
    read = refused = 0
    for _ in range(2000):
        restored = _core.Trajectory.__new__(_core.Trajectory)
        try:
            restored.__setstate__(_mutated(state, rng))
        except ks.KetasimError:
            refused += 1
            continue
        # What was accepted can be read from end to end.
        read += 1
        assert restored.y.shape == (restored.t.size, run.y.shape[1])
        assert restored.readout("madrs").shape == restored.t.shape
        assert restored.readout("response").shape == restored.t.shape
        restored.before("madrs")
        restored.inputs(int(restored.segment.max(initial=0)))
        assert restored.outcome["status"]
        copy.deepcopy(restored)
    assert read > 100
    assert refused > 500


def test_a_changed_pickle_says_what_is_wrong():
    state = list(_core.simulate(SCENARIO, np.array([1.0, 30.0]), OPTIONS).__getstate__())
    for place, value, says in [
        (1, state[1][:-1], "states and times differ in number"),
        (2, [0, 99], "unknown inputs"),
        (2, [0, -1], "unknown inputs"),
        (4, [], "inputs and stops differ in number"),
        (5, state[5][:-1], "too few numbers"),
        (5, [*state[5], 1.0], "too many parameters"),
        (6, state[6][:-1], "another size"),
        (7, (99, *state[7][1:]), "unknown status"),
        (7, (*state[7][:3], 10**6, *state[7][4:]), "unknown state"),
        (7, (*state[7][:4], 10**6, *state[7][5:]), "unknown stop"),
        (7, state[7][:-1], "13 parts"),
    ]:
        changed = (*state[:place], value, *state[place + 1 :])
        with pytest.raises(ks.ScenarioError, match=says):
            _core.Trajectory.__new__(_core.Trajectory).__setstate__(changed)


#: Its steady states take minutes.
SLOW_TO_PREPARE = ks.Regimen(
    tuple(
        ks.Dose("ketamine", 1, "mg", "iv", duration_h=1, start_h=k, interval_h=24, steady_state=2)
        for k in range(90_000)
    )
)


def test_the_time_limit_holds_for_the_preparation():
    start = time.monotonic()
    run = ks.simulate(SLOW_TO_PREPARE, t_eval=[1.0, 1e5], max_wall_seconds=0.2, on_failure="return")
    assert run.status == "wall_time_exceeded"
    assert np.isnan(run["madrs"]).all()
    # Reading 90,000 records takes seconds; their steady states take minutes.
    assert time.monotonic() - start < 30.0
    crowd = ks.simulate_population(
        SLOW_TO_PREPARE, 2, t_eval=[1.0, 1e5], readouts=["madrs"], max_wall_seconds=0.2
    )
    assert set(crowd.status) == {"wall_time_exceeded"}


def test_ctrl_c_stops_the_preparation():
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    scenario = core_scenario(ks.Scenario(SLOW_TO_PREPARE))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        _core.simulate(scenario, np.array([1.0, 1e5]), OPTIONS)
    timer.join()


# --- problems with known solutions ----------------------------------------------------------------


def test_public_problems_are_refused_by_name():
    with pytest.raises(ks.UnknownNameError, match="unknown test problem 'A9'"):
        _core.solve_test_problem("A9", "rodas5p", 1e-6)
    with pytest.raises(ks.UnknownNameError, match="unknown method 'euler'"):
        _core.solve_test_problem("A1", "euler", 1e-6)
    with pytest.raises(ks.UnknownNameError, match="unknown method 'euler'"):
        _core.errors_of_equal_steps("euler", 8)


@pytest.mark.parametrize("rtol", [0.0, -1e-6, 1.0, float("nan")])
def test_an_impossible_tolerance_of_a_problem_is_refused(rtol):
    with pytest.raises(ks.ScenarioError, match="rtol = "):
        _core.solve_test_problem("A1", "rodas5p", rtol)


@pytest.mark.parametrize("n", [0, -1])
def test_no_steps_are_refused(n):
    with pytest.raises(ks.ScenarioError, match="give a whole number of at least 1"):
        _core.errors_of_equal_steps("rodas5p", n)


def test_closed_forms_of_public_problems_are_those_of_their_equations():
    exact = {"A1": np.exp(-20.0), "A3": np.exp(np.sin(20.0)), "A2": 21.0**-0.5}
    for name, value in exact.items():
        found = _core.solve_test_problem(name, "dopri5", 1e-9)
        assert found["reference"] == [value]
        assert found["computed"][0] == pytest.approx(value, rel=1e-7, abs=1e-9)
    # Energy and angular momentum of an orbit of eccentricity e: -1/2 and sqrt(1 - e^2).
    for name, e in (("D1", 0.1), ("D3", 0.5), ("D5", 0.9)):
        x, y, u, v = _core.solve_test_problem(name, "rodas5p", 1e-6)["reference"]
        assert 0.5 * (u * u + v * v) - 1.0 / np.hypot(x, y) == pytest.approx(-0.5, rel=1e-13)
        assert x * v - y * u == pytest.approx(np.sqrt(1.0 - e * e), rel=1e-13)


def test_an_explicit_method_ends_early_on_a_stiff_problem():
    found = _core.solve_test_problem("ROBER", "dopri5", 1e-6)
    assert found["status"] == "too_many_rejections"
