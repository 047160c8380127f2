"""Claims about one simulated scenario, seen from Python."""

import copy
import itertools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


def test_three_lines_give_a_labelled_result_with_units():
    run = ks.simulate(INFUSION, until="14 d")
    assert run.success
    assert run.t[0] == 0.0
    assert run.t[-1] == 336.0
    assert run.unit("glutamate_dialysate") == "% of baseline"
    assert run.unit("mtor.M") == "1"
    assert -8.0 < run["madrs_change"].min() < -4.0  # drug effect alone, 24 h: -7.4 in the reference
    assert any("Otto" in source.citation for source in run.sources)


def test_every_declared_readout_and_state_is_in_every_result():
    run = ks.simulate("placebo iv over 40 min", t_eval=[0.0, 1.0])
    for name in (*ks.readouts().names, *ks.states().names):
        assert run[name].shape == (2,), name
        assert np.isfinite(run[name]).all(), name


def test_output_times_equal_the_requested_times_bit_for_bit():
    times = np.cumsum(np.random.default_rng(0).exponential(0.7, 200))
    assert np.array_equal(ks.simulate(INFUSION, t_eval=times).t, times)


def test_the_answer_does_not_depend_on_the_output_grid():
    common = np.array([0.5, 2.0, 24.0, 100.0])
    coarse = ks.simulate(INFUSION, t_eval=common)
    fine = ks.simulate(INFUSION, t_eval=np.union1d(common, np.linspace(0.0, 100.0, 9001)))
    at = np.isin(fine.t, common)
    # Steps never land on samples, so the steps and thus the bits are the same.
    assert np.array_equal(fine.y[at], coarse.y)
    assert fine.n_steps == coarse.n_steps


@pytest.mark.parametrize("points", [10, 100, 1000, 10_000])
def test_success_does_not_depend_on_the_number_of_output_points(points):
    ends = ks.simulate(INFUSION, t_eval=[0.0, 336.0])
    assert ks.simulate(INFUSION, t_eval=np.linspace(0.0, 336.0, points)).n_steps == ends.n_steps


def test_a_bolus_shows_before_and_after_its_jump_as_asked():
    dose = "ketamine 10 mg iv bolus from 1 h"
    before = ks.simulate(dose, t_eval=[0.5, 1.0, 1.5])
    after = ks.simulate(dose, t_eval=[0.5, 1.0, 1.5], at_event="after")
    both = ks.simulate(dose, t_eval=[0.5, 1.0, 1.5], at_event="both")
    assert before["ketamine_arterial"][1] == 0.0
    assert after["ketamine_arterial"][1] == pytest.approx(1000.0)  # 10 mg in 10 L
    assert both.t.tolist() == [0.5, 1.0, 1.0, 1.5]
    assert both["ketamine_arterial"][1] == 0.0
    assert both["ketamine_arterial"][2] == after["ketamine_arterial"][1]


def test_the_order_of_records_does_not_matter():
    a = ks.Regimen.parse(
        "ketamine 20 mg iv over 1 h; esketamine 28 mg intranasal from 1 h; placebo oral"
    )
    b = ks.Regimen(tuple(reversed(a.doses)))
    runs = [ks.simulate(r, until="2 d", context="saline") for r in (a, b)]
    assert np.array_equal(runs[0].y, runs[1].y)


def test_two_halves_are_the_whole():
    whole = ks.simulate("ketamine 40 mg iv over 1 h", t_eval=[0.5, 1.0, 2.0, 24.0])
    halves = ks.simulate(
        "ketamine 20 mg iv over 0.5 h; ketamine 20 mg iv over 0.5 h from 0.5 h",
        t_eval=[0.5, 1.0, 2.0, 24.0],
    )
    # Both within the tolerance of 1e-6; drug amounts are linear.
    np.testing.assert_allclose(halves["ketamine_venous"], whole["ketamine_venous"], rtol=1e-5)


def test_a_dose_at_the_end_is_given_and_reported_before_its_jump():
    run = ks.simulate("ketamine 10 mg iv bolus from 4 h", t_eval=[3.0, 4.0])
    assert run["ketamine_arterial"].tolist() == [0.0, 0.0]
    assert run.events.tolist() == [4.0]


def test_a_tool_compound_may_come_before_the_dose():
    blocked = ks.simulate(INFUSION, interventions=[ks.block("ampa", 0.95)], t_eval=[0.0, 1.0])
    assert blocked["ampa_throughput"][0] < 0.1
    assert blocked["p_mtor"][1] < 1.0


def test_a_dose_after_the_end_is_refused_not_dropped():
    with pytest.raises(ks.ScenarioError, match="after the end"):
        ks.simulate("ketamine 10 mg iv bolus from 100 h", until="2 d")


def test_a_reset_returns_to_the_state_before_treatment():
    regimen = ks.Regimen(ks.Regimen.parse(INFUSION).doses, resets=(10.0,))
    run = ks.simulate(regimen, t_eval=[9.0, 10.0, 11.0])
    assert run["madrs_change"][0] < -1.0
    assert run["madrs_change"][2] == pytest.approx(0.0, abs=1e-9)
    assert run["ketamine_venous"][2] == 0.0


def test_splitting_a_run_in_two_changes_little():
    # A reset-free stop: a placebo without expectancy restarts the solver and does nothing else.
    once = ks.simulate(INFUSION, t_eval=[48.0, 96.0])
    split = ks.simulate(f"{INFUSION}; placebo oral from 37 h", t_eval=[48.0, 96.0])
    size = np.abs(once.y) + [row["typical"] for row in ks.states()]
    assert np.max(np.abs(split.y - once.y) / size) < 1e-5  # 10 x rtol


def test_error_falls_with_tolerance():
    reference = ks.simulate(INFUSION, t_eval=[1.0, 24.0, 168.0], rtol=1e-12)
    size = np.abs(reference.y) + [row["typical"] for row in ks.states()]
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        run = ks.simulate(INFUSION, t_eval=reference.t, rtol=rtol)
        errors.append(np.max(np.abs(run.y - reference.y) / size))
    assert all(b < a for a, b in itertools.pairwise(errors)), errors
    assert errors[1] < 1e-5


def test_rodas4_and_rodas5p_agree():
    a, b = (
        ks.simulate(INFUSION, t_eval=[1.0, 24.0], method=m, rtol=1e-8)
        for m in ("rodas4", "rodas5p")
    )
    size = np.abs(a.y) + [row["typical"] for row in ks.states()]
    assert np.max(np.abs(a.y - b.y) / size) < 1e-6


def test_the_explicit_method_agrees_on_a_short_run():
    # Explicit steps follow rates of 6.7e5 per hour: a minute is 10^4 steps.
    a, b = (
        ks.simulate("ketamine 10 mg iv bolus", t_eval=[0.01], method=m)
        for m in ("dopri5", "rodas5p")
    )
    size = np.abs(b.y) + [row["typical"] for row in ks.states()]
    assert np.max(np.abs(a.y - b.y) / size) < 1e-5
    assert a.n_steps > 1000


def test_a_failed_run_never_looks_like_a_good_one():
    run = ks.simulate(INFUSION, t_eval=[0.1, 24.0, 48.0], max_steps=30, on_failure="return")
    assert not run.success
    assert run.status == "max_steps_reached"
    assert np.isfinite(run["madrs_change"][0])
    assert np.isnan(run["madrs_change"][1:]).all()
    assert np.isnan(run["response"][1:]).all()
    assert "raise max_steps" in run.message
    with pytest.raises(ks.SimulationError, match="max_steps") as caught:
        ks.simulate(INFUSION, t_eval=[0.1, 24.0, 48.0], max_steps=30)
    assert caught.value.run == run
    assert pickle.loads(pickle.dumps(caught.value)).run == run


def test_tolerances_are_settable_by_state_and_kept_in_the_result():
    run = ks.simulate(INFUSION, until="1 d", atol={"mtor.M": 1e-12})
    assert run.options.atol == {"mtor.M": 1e-12}
    assert run.n_steps > ks.simulate(INFUSION, until="1 d").n_steps - 1
    with pytest.raises(ks.UnknownNameError, match="mtor.M"):
        ks.simulate(INFUSION, until="1 d", atol={"mtor.m": 1e-12})


def test_positivity_policy_is_explicit():
    # A concentration just above 0 may undershoot within tolerance; with `error` it may not by more.
    run = ks.simulate(INFUSION, until="14 d", positivity="warn")
    assert run.success
    only = ks.simulate(INFUSION, until="1 d", positivity={"pharmacokinetics.A1_S": "error"})
    assert only.success


@pytest.mark.parametrize("policy", ["warn", "reject_step", "error"])
def test_a_policy_for_all_states_leaves_out_those_that_may_be_negative(policy):
    # The drift of relapse falls below 0 where relief is less than before treatment, and an enzyme is
    # measured as its change.
    below = [row["name"] for row in ks.states() if row["low"] < 0.0 and row["kind"] != "enzyme"]
    assert below == ["symptoms.r"]
    doses = "anti_bdnf 0.9 target for 48 h"
    freely = ks.simulate(doses, until="14 d")
    assert freely["symptoms.r"].min() < -100 * freely.options.rtol
    # Tighter than usual: the plasticity window may undershoot 0 by a little more than its tolerance.
    run = ks.simulate(doses, until="14 d", positivity=policy, rtol=1e-7)
    assert run.success
    with pytest.raises(ks.ScenarioError, match=r"symptoms\.r: this state goes down to -1"):
        ks.SolverOptions(positivity={"symptoms.r": policy})


def test_runs_pickle_copy_and_compare_across_processes():
    run = ks.simulate(INFUSION, t_eval=[0.0, 1.0, 24.0])
    assert pickle.loads(pickle.dumps(run)) == run
    assert copy.deepcopy(run) == run
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(ks.simulate, (run.scenario,), {"t_eval": [0.0, 1.0, 24.0]})
    assert there == run
    assert np.array_equal(there["response"], run["response"])


def test_results_cannot_be_changed():
    run = ks.simulate(INFUSION, t_eval=[0.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        run["madrs"][0] = 0.0
    with pytest.raises(AttributeError):
        run.scenario.context = "saline"


def test_eight_threads_give_the_bits_of_one():
    scenarios = [ks.Scenario(f"ketamine {mg} mg iv over 40 min") for mg in range(20, 36)]
    serial = [ks.simulate(s, until="2 d").y for s in scenarios]
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(lambda s: ks.simulate(s, until="2 d").y, scenarios))
    assert all(np.array_equal(a, b) for a, b in zip(serial, parallel, strict=True))


def test_the_interpreter_lock_is_released_while_solving():
    ticks, solving = [], threading.Event()

    def tick():
        while not solving.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    ticker.start()
    # Counted rather than timed: a held lock would give the ticker nothing to count.
    ks.simulate("escitalopram 10 mg oral daily for 52 weeks", until="60 wk", rtol=1e-9)
    solving.set()
    ticker.join()
    assert len(ticks) > 5


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_a_run_and_leaves_things_usable():
    code = (
        "import os, signal, threading, ketasim as ks\n"
        "threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n"
        "    ks.simulate('ketamine 10 mg iv bolus', until='365 d', method='dopri5',"
        " max_steps=10**9, max_rejections=10**9)\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped', ks.simulate('ketamine 10 mg iv bolus', until='1 d').status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "stopped success", done.stderr
    assert signal.SIGINT  # the signal that was sent


def test_import_needs_numpy_alone():
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'pandas','xarray','matplotlib','scipy','tqdm','pyarrow'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import ketasim as ks\n"
        "run = ks.simulate('ketamine 10 mg iv bolus', until='1 d')\n"
        "try:\n"
        "    run.to_dataframe()\n"
        "except ks.MissingLibraryError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "ketasim[frames]" in done.stdout, done.stderr


def test_ten_thousand_runs_leak_nothing():
    resource = pytest.importorskip("resource")
    times = np.array([0.0, 1.0])
    scenario = ks.Scenario("placebo oral", subject=ks.Subject(severity=0.0))

    def memory_kib():
        with open("/proc/self/statm", encoding="utf-8") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize() // 1024

    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc")
    for _ in range(200):
        ks.simulate(scenario, t_eval=times)
    before = memory_kib()
    for _ in range(10_000):
        ks.simulate(scenario, t_eval=times)
    assert memory_kib() - before < 1024


def test_frames_and_datasets_carry_units():
    run = ks.simulate(INFUSION, t_eval=[0.0, 1.0])
    frame = run.to_dataframe()
    assert frame.attrs["units"]["madrs"] == "points"
    assert frame.index.name == "time_h"
    dataset = run.to_xarray()
    assert dataset["cadss"].attrs["units"] == "points"
    assert dataset.attrs["rtol"] == 1e-6
    assert dataset["y"].shape == (2, 107)


def test_the_repr_fits_a_line_and_the_html_shows_a_table():
    run = ks.simulate(INFUSION, t_eval=[0.0, 1.0])
    assert "\n" not in repr(run)
    assert "reached 1 h" in repr(run)
    assert "<table>" in run._repr_html_()


@settings(max_examples=25, deadline=None)
@given(
    start=st.floats(0.0, 2000.0),
    length=st.floats(1e-6, 1e-2),
    amount=st.floats(1.0, 50.0),
)
def test_a_pulse_of_any_width_is_hit_and_tends_to_the_bolus(start, length, amount):
    """Through the whole stack."""
    times = [start + length + 24.0]
    pulse = ks.Dose("esketamine", amount, "mg", "iv", start_h=start, duration_h=length)
    bolus = ks.Dose("esketamine", amount, "mg", "iv", start_h=start + length / 2)
    a, b = (ks.simulate(dose, t_eval=times, rtol=1e-8) for dose in (pulse, bolus))
    # A pulse differs from the bolus at its middle by (rate x length)^2 / 24; the rate is < 40 / h.
    np.testing.assert_allclose(
        a["norketamine_venous"], b["norketamine_venous"], rtol=1e-6 + (40 * length) ** 2 / 24
    )


def test_numbers_that_lie_apart_are_read_as_they_are():
    """A column of a table has strides; the core must not read past them."""
    table = np.column_stack([[0.5, 1.0, 24.0], [9.0, 9.0, 9.0]])
    run = ks.simulate(INFUSION, t_eval=table[:, 0])
    assert np.array_equal(run.t, [0.5, 1.0, 24.0])
    core = run._trajectory
    columns = np.ascontiguousarray(run.y).T
    assert np.array_equal(core.rhs(columns[:, 1], 1), core.rhs(run.y[1].copy(), 1))
    assert np.array_equal(core.jacobian(columns[:, 1], 1), core.jacobian(run.y[1].copy(), 1))
    crowd = ks.simulate_population(INFUSION, 2, t_eval=table[:, 0], readouts=["p_mtor"])
    assert np.array_equal(crowd.t, [0.5, 1.0, 24.0])


@pytest.mark.parametrize(
    ("regimen", "resting"),
    [("ketamine 0.5 mg/kg iv over 40 min", 44), ("esketamine 0.4 mg/kg iv over 40 min", 58)],
)
def test_what_nobody_takes_does_not_move(regimen, resting):
    """The numbers that docs/explanation/numerical_methods.md tells."""
    run = ks.simulate(regimen, subject=ks.Subject(severity=0.0), until="14 d")
    assert (run.y == run.y[0]).all(axis=0).sum() == resting
