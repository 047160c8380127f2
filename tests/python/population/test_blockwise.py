"""Claims about populations that are counted and not kept."""

import copy
import itertools
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim.cli import main
from ketasim.population import progress_bar
from ketasim.population.quantile_sketch import ACCURACY, SMALLEST, QuantileSketch, bins, middles

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
SHARES = [0.0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1.0]
#: Loose tolerances and few times: these tests are about counting.
QUICK = {
    "readouts": [
        "ketamine_venous",
        "madrs",
        "response",
        "madrs_baseline",
        "drug_relief",
        "context_relief",
    ],
    "t_eval": [0.0, 2.0, 24.0],
    "rtol": 1e-3,
}
COUNTED = {"quantiles": SHARES, "improvements": [0.1, 0.5], "thresholds": {"madrs": [10.0, 32.0]}}
N = 600


@pytest.fixture
def small_blocks(monkeypatch):
    """Many blocks of few subjects."""
    monkeypatch.setattr("ketasim.population._blockwise.BLOCK_SUBJECTS", 50)


@pytest.fixture(scope="module")
def crowd():
    return ks.simulate_population(INFUSION, 5000, seed=1, **QUICK)


@pytest.fixture(scope="module")
def counted():
    return ks.simulate_population(INFUSION, 5000, seed=1, **QUICK, **COUNTED)


@pytest.fixture(scope="module")
def expected():
    """In one go, on this process."""
    return ks.simulate_population(INFUSION, N, seed=2, **QUICK, **COUNTED)


def ask(**keywords):
    return ks.simulate_population(INFUSION, N, **{"seed": 2, **QUICK, **COUNTED, **keywords})


# --- the sketch -------------------------------------------------------------------------------


def sketch_of(values):
    return QuantileSketch.of(bins(values), values.min(), values.max())


def allowed(values, shares):
    """Error that the sketch admits: that of the order statistics it interpolates between."""
    ordered = np.sort(values)
    rank = np.asarray(shares) * (values.size - 1)
    near = np.abs([ordered[np.floor(rank).astype(int)], ordered[np.ceil(rank).astype(int)]])
    # Rounding of the interpolation itself, in numpy and here: a few units in the last place.
    return np.max(near, axis=0) * (ACCURACY + 1e-15) + SMALLEST


RNG = np.random.default_rng(7)
DISTRIBUTIONS = {
    "log-normal": RNG.lognormal(3.0, 0.6, 5000),
    "wide": RNG.lognormal(0.0, 8.0, 5000),
    "of both signs": RNG.normal(0.3, 1.0, 5000),
    "negative": -RNG.gamma(2.0, 4.0, 5000),
    "half of it zero": np.where(RNG.random(5000) < 0.5, 0.0, RNG.lognormal(0.0, 1.0, 5000)),
    "rounding noise": RNG.normal(0.0, 1e-16, 5000),
    "whole numbers": RNG.integers(-5, 60, 5000).astype(float),
    "all the same": np.full(5000, 34.7),
    "two": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize("values", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS.keys())
def test_quantiles_of_a_sketch_are_numpys_to_a_tenth_of_a_percent(values):
    assert ACCURACY < 0.001
    shares = np.linspace(0.0, 1.0, 201)
    error = np.abs(sketch_of(values).quantiles(shares) - np.quantile(values, shares))
    assert np.all(error <= allowed(values, shares))


def test_the_middle_of_a_bin_is_near_every_number_in_it():
    values = np.exp2(RNG.uniform(-40.0, 50.0, 20_000)) * RNG.choice([-1.0, 1.0], 20_000)
    assert np.all(np.abs(middles(bins(values)) / values - 1.0) <= ACCURACY)
    ordered = np.sort(values)
    assert np.all(np.diff(bins(ordered)) >= 0)
    assert bins(np.array([0.0, -0.0, SMALLEST / 2, -SMALLEST / 2])).tolist() == [0, 0, 0, 0]


def test_sketches_add_up_to_the_same_one_in_any_order_and_grouping():
    values = DISTRIBUTIONS["of both signs"]
    whole = sketch_of(values)
    for _ in range(5):
        parts = [sketch_of(part) for part in np.split(RNG.permutation(values), [1, 40, 700, 4000])]
        RNG.shuffle(parts)
        total = QuantileSketch()
        while len(parts) > 1:  # neighbours first, at random places
            at = int(RNG.integers(len(parts) - 1))
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        assert total + parts[0] == whole


# --- what is counted --------------------------------------------------------------------------


def test_quantiles_are_those_of_the_members(crowd, counted):
    for name in crowd.names:
        exact, close = crowd.quantiles(name, SHARES), counted.quantiles(name)
        for k in range(crowd.t.size):
            error = np.abs(close[:, k] - exact[:, k])
            assert np.all(error <= allowed(crowd[name][:, k], SHARES)), name
        assert np.array_equal(counted.minimum(name), crowd[name].min(axis=0))
        assert np.array_equal(counted.maximum(name), crowd[name].max(axis=0))
        # The sum is exact to a grain of 2^-40 per member; the mean that numpy takes is rounded.
        assert np.allclose(counted.mean(name), crowd[name].mean(axis=0), rtol=1e-12, atol=1e-12)


def test_rates_are_those_of_the_members(crowd, counted):
    for improvement, time_h in itertools.product((0.1, 0.5), (2.0, 24.0)):
        rate = crowd.response_rate(time_h, improvement)
        # Each member counts to a grain of 2^-41; the mean that numpy takes is rounded.
        assert counted.response_rate(time_h, improvement) == pytest.approx(rate, rel=0, abs=1e-12)
    assert 0.0 < counted.response_rate(24.0, 0.1) < 1.0
    for threshold in (10.0, 32.0):
        share = np.mean(crowd["madrs"] <= threshold, axis=0)
        assert np.array_equal(counted.share_at_most("madrs", threshold), share)


def test_failures_are_counted_with_the_first_messages():
    weights = np.full(30, 70.0)
    weights[[3, 8, *range(11, 25)]] = -5.0
    summary = ks.simulate_population(INFUSION, 30, weight_kg=weights, quantiles=[0.5], **QUICK)
    members = ks.simulate_population(INFUSION, 30, weight_kg=weights, **QUICK)
    assert dict(summary.status) == {"success": 14, "refused": 16}
    assert (len(summary), summary.succeeded, summary.failed) == (30, 14, 16)
    assert [failure.member for failure in summary.failures] == [3, 8, *range(11, 19)]
    assert summary.failures[0].message == members.message[3]
    assert np.array_equal(summary.minimum("madrs"), np.nanmin(members["madrs"], axis=0))
    assert "16 failed" in repr(summary)


def test_without_a_success_nothing_is_known():
    summary = ks.simulate_population(
        INFUSION, 4, weight_kg=np.full(4, -5.0), quantiles=[0.1, 0.9], **QUICK
    )
    assert summary.failed == 4
    assert np.isnan(summary.quantiles("madrs")).all()
    assert np.isnan(summary.mean("madrs")).all()
    assert np.isnan(summary.response_rate(24.0))


def test_a_summary_has_labels_units_and_files(counted, tmp_path):
    assert counted.quantiles("madrs").shape == (len(SHARES), 3)
    assert counted.quantiles("madrs", 0.5).shape == (3,)
    assert counted.unit("madrs") == "points"
    assert counted.to_xarray()["madrs"].dims == ("quantile", "time")
    frame = counted.to_dataframe()
    assert (len(frame), frame.attrs["units"]["madrs"]) == (len(SHARES) * 3, "points")
    assert "5,000 subjects" in repr(counted)
    assert "<td>points</td>" in counted._repr_html_()
    with pytest.raises(ks.UnknownNameError, match="madrs"):
        counted.quantiles("madr")
    with pytest.raises(ks.ScenarioError, match=r"0\.1, 0\.5"):
        counted.response_rate(24.0, 0.3)
    with pytest.raises(ks.ScenarioError, match="madrs: 10"):
        counted.share_at_most("madrs", 11.0)
    from ketasim.files import save

    text = save(counted, tmp_path / "quantiles.csv").read_text(encoding="utf-8")
    assert "madrs_p99.9 [points]" in text
    assert "# subjects: 5000" in text


def test_a_summary_is_a_value(expected):
    assert pickle.loads(pickle.dumps(expected)) == expected == copy.deepcopy(expected)
    assert ask(seed=3) != expected
    with pytest.raises(AttributeError):
        expected.n = 3
    for array in (expected.t, expected.tally.not_above, expected.tally.sketches[0].counts):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1


# --- where it is counted ----------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_blocks_and_threads_leave_no_trace(small_blocks, expected, threads):
    assert ask(threads=threads) == expected


class LastFirst(Executor):
    """Finishes what was submitted last before what was submitted first."""

    def __init__(self):
        self.waiting = []

    def submit(self, work, *arguments):
        future = Future()
        self.waiting.append((future, work, arguments))
        if len(self.waiting) == 4:
            for late, do, given in reversed(self.waiting):
                late.set_result(do(*given))
            self.waiting = []
        return future


def test_counts_do_not_depend_on_how_many_are_counted_at_once(expected, monkeypatch):
    monkeypatch.setattr("ketasim.population._tally.NUMBERS_AT_ONCE", 1)
    assert ask() == expected


def test_any_order_of_completion_gives_the_same_bits(small_blocks, expected):
    assert ask(executor=LastFirst()) == expected
    with ThreadPoolExecutor(3) as executor:
        assert ask(executor=executor) == expected


def test_processes_give_the_same_bits(expected):
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        assert ask(executor=executor) == expected


def test_individual_values_travel_with_their_block(small_blocks):
    given = {
        "weight_kg": np.linspace(50.0, 90.0, 120),
        "parameters": {"symptoms.sensitivity": np.linspace(0.5, 2.0, 120)},
    }
    whole = ks.simulate_population(INFUSION, 120, quantiles=SHARES, **given, **QUICK)
    members = ks.simulate_population(INFUSION, 120, **given, **QUICK)
    with ThreadPoolExecutor(2) as executor:
        apart = ks.simulate_population(
            INFUSION, 120, quantiles=SHARES, executor=executor, **given, **QUICK
        )
    assert apart == whole
    assert np.array_equal(whole.minimum("madrs"), members["madrs"].min(axis=0))
    assert np.array_equal(whole.maximum("madrs"), members["madrs"].max(axis=0))


def test_no_more_blocks_wait_than_memory_is_meant_for(small_blocks, monkeypatch):
    monkeypatch.setattr(
        "ketasim.population._blockwise.NUMBERS_IN_FLIGHT", 1
    )  # then the fewest: four
    most = 0

    class Counting(ThreadPoolExecutor):
        def submit(self, *arguments):
            nonlocal most
            future = super().submit(*arguments)
            futures.append(future)
            most = max(most, sum(not f.done() for f in futures))
            return future

    futures = []
    with Counting(2) as executor:
        ask(executor=executor)
    assert len(futures) == N / 50
    assert most <= 4


def test_an_error_of_a_worker_reaches_the_caller_and_what_is_done_is_kept(
    small_blocks, expected, tmp_path
):
    class Failing(LastFirst):
        sent = 0

        def submit(self, work, *arguments):
            self.sent += 1
            future = Future()
            if self.sent == 6:
                future.set_exception(RuntimeError("a worker broke"))
            else:
                future.set_result(work(*arguments))
            return future

    file = tmp_path / "half"
    with pytest.raises(RuntimeError, match="a worker broke"):
        ask(executor=Failing(), checkpoint=file, progress=lambda _: None)
    seen = []
    assert ask(checkpoint=file, progress=seen.append) == expected
    assert seen[-1] == N


def test_a_worker_with_another_version_is_refused(small_blocks):
    class Elsewhere(LastFirst):
        def submit(self, work, *arguments):
            future = Future()
            future.set_result(("0.0.1", work(*arguments)[1]))
            return future

    with pytest.raises(ks.KetasimError, match=r"ketasim 0\.0\.1"):
        ask(executor=Elsewhere())


# --- a cluster --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as local:
        client = distributed.Client(local)
        client.wait_for_workers(2)
        yield client
        # On a busy computer dask's event loop may end before its client does; all work is done.
        with suppress(RuntimeError):
            client.close()


def test_a_cluster_of_two_processes_gives_the_same_bits(small_blocks, expected, cluster):
    assert ask(executor=cluster.get_executor()) == expected
    pids = cluster.run(os.getpid)
    assert len({*pids.values(), os.getpid()}) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_cluster_survives_a_killed_worker(small_blocks, expected, cluster):
    victim = next(iter(cluster.run(os.getpid).values()))
    killed = []

    def kill_once(done):
        if not killed and done < N:
            os.kill(victim, signal.SIGKILL)
            killed.append(done)

    assert ask(executor=cluster.get_executor(), progress=kill_once) == expected
    assert killed
    assert victim not in cluster.run(os.getpid).values()


# --- stopping and going on --------------------------------------------------------------------


def ctrl_c_after(subjects):
    def tick(done):
        if done >= subjects:
            signal.raise_signal(signal.SIGINT)

    return tick


def test_ctrl_c_keeps_what_is_done(small_blocks):
    with pytest.raises(ks.PopulationInterrupted, match=f"of {N}") as interrupted:
        ask(progress=ctrl_c_after(170))
    assert isinstance(interrupted.value, KeyboardInterrupt)
    summary = interrupted.value.summary
    # Whole blocks of 50, in their order on one process.
    assert 100 <= len(summary) < N
    assert len(summary) % 50 == 0
    assert not summary.complete
    assert f"of {N}" in repr(summary)
    first = ks.simulate_population(INFUSION, len(summary), seed=2, **QUICK, **COUNTED)
    assert summary.tally == first.tally


def test_ctrl_c_cancels_what_waits_in_an_executor(small_blocks):
    class Recording(ThreadPoolExecutor):
        def submit(self, *arguments):
            futures.append(super().submit(*arguments))
            return futures[-1]

    futures = []
    with Recording(1) as executor:
        with pytest.raises(ks.PopulationInterrupted):
            ask(executor=executor, progress=ctrl_c_after(1))
        assert executor.submit(abs, -1).result() == 1  # still the user's, and working
    assert any(future.cancelled() for future in futures)
    assert len(futures) == N / 50 + 1


def test_an_interrupted_population_goes_on_from_its_checkpoint(small_blocks, expected, tmp_path):
    file = tmp_path / "population.checkpoint"
    with pytest.raises(ks.PopulationInterrupted) as interrupted:
        ask(checkpoint=file, progress=ctrl_c_after(170))
    seen = []
    with ThreadPoolExecutor(2) as executor:  # what one process began another may finish
        assert ask(checkpoint=file, executor=executor, progress=seen.append) == expected
    assert seen[0] == len(interrupted.value.summary)
    assert ask(checkpoint=file, progress=seen.append) == expected
    assert seen[-1] == N
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_population_goes_on_from_its_checkpoint(small_blocks, expected, tmp_path):
    file = tmp_path / "population.checkpoint"
    code = (
        "import time, ketasim as ks\n"
        "from importlib import import_module\n"
        "import_module('ketasim.population._blockwise').BLOCK_SUBJECTS = 50\n"
        # Slow enough to be caught in the middle on any computer.
        f"ks.simulate_population({INFUSION!r}, {N}, seed=2, **{QUICK!r}, **{COUNTED!r},\n"
        f"    checkpoint={str(file)!r}, progress=lambda done: time.sleep(0.2))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        while not file.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    seen = []
    assert ask(checkpoint=file, progress=seen.append) == expected
    assert 50 <= seen[0] < N


def test_counted_subjects_have_regimens_of_their_own(small_blocks):
    # Blocks in which some regimens are missing.
    arms = [ks.Regimen(), "esketamine 56 mg intranasal"]
    own = {"regimens": 50 * [INFUSION] + 50 * arms + 10 * [INFUSION]}
    kept = ks.simulate_population(ks.Regimen(), 160, seed=2, **QUICK, **own)
    here = ks.simulate_population(ks.Regimen(), 160, seed=2, **QUICK, **COUNTED, **own)
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        there = ks.simulate_population(
            ks.Regimen(), 160, seed=2, **QUICK, **COUNTED, **own, executor=executor
        )
    assert there == here
    assert np.array_equal(here.minimum("madrs"), kept["madrs"].min(axis=0))
    assert np.array_equal(here.maximum("madrs"), kept["madrs"].max(axis=0))
    assert "3 regimens" in repr(here)


def test_a_checkpoint_knows_who_had_which_regimen(small_blocks, tmp_path):
    file = tmp_path / "population.checkpoint"
    arms = [INFUSION, "esketamine 56 mg intranasal"]

    def asked(regimens, **keywords):
        return ks.simulate_population(
            ks.Regimen(), 160, **QUICK, **COUNTED, regimens=regimens, **keywords
        )

    def stop(done):
        if done >= 100:
            raise KeyboardInterrupt

    with pytest.raises(ks.PopulationInterrupted) as caught:
        asked(80 * arms, checkpoint=file, progress=stop)
    assert 0 < len(caught.value.summary.tally) < 160
    for other in (80 * arms[::-1], 80 * arms[:1] + 80 * arms[1:], [*(80 * arms)[:-1], arms[0]]):
        with pytest.raises(ks.ScenarioError, match="regimens was"):
            asked(other, checkpoint=file)
    # The same in other words is the same.
    read = [ks.Regimen.parse(text) for text in 80 * arms]
    assert asked(read, checkpoint=file) == asked(80 * arms)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"seed": 3}, "seed was '2' and is '3'"),
        ({"max_steps": 54321}, "54321"),
        ({"thresholds": {"madrs": 12.0}}, "thresholds"),
        ({"improvements": [0.5]}, "improvements"),
        ({"t_eval": [0.0, 2.0, 25.0]}, "times"),
        ({"readouts": QUICK["readouts"][::-1]}, "readouts"),
        ({"rtol": 1e-4}, "solver"),
        ({"parameters": {}}, "parameters"),
        ({"weight_kg": np.full(N, 71.0)}, "subjects"),
        ({"regimens": [INFUSION] * N}, "regimens"),
    ],
)
def test_a_checkpoint_answers_one_question(expected, tmp_path, other, says):
    file = tmp_path / "population.checkpoint"
    ask(checkpoint=file)
    before = file.read_bytes()
    with pytest.raises(ks.ScenarioError, match=says):
        ask(checkpoint=file, **other)
    for scenario, n in (("ketamine 0.51 mg/kg iv over 40 min", N), (INFUSION, N + 1)):
        with pytest.raises(ks.ScenarioError, match="another call"):
            ks.simulate_population(scenario, n, seed=2, **QUICK, **COUNTED, checkpoint=file)
    assert file.read_bytes() == before
    # Which quantiles are shown is no part of it: all can be had.
    median = ask(checkpoint=file, quantiles=[0.5])
    assert median.tally == expected.tally


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99], ids=["empty", "start", "half", "nearly all"])
def test_a_damaged_checkpoint_is_refused_and_left_alone(tmp_path, keep):
    file = tmp_path / "population.checkpoint"
    ask(checkpoint=file)
    content = file.read_bytes()
    file.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    damaged = file.read_bytes()
    with pytest.raises(ks.ScenarioError, match="cannot be read"):
        ask(checkpoint=file)
    assert file.read_bytes() == damaged


def test_a_file_of_other_content_is_no_checkpoint(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    file = tmp_path / "notes.txt"
    for content in (b"my notes", pickle.dumps(Trap())):
        file.write_bytes(content)
        with pytest.raises(ks.ScenarioError, match="cannot be read"):
            ask(checkpoint=file)
        assert file.read_bytes() == content
    assert not (tmp_path / "executed").exists()


# --- the command line, the page ---------------------------------------------------------------


def test_the_command_line_counts_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["simulate", INFUSION, "--n", "60", "--t-eval", "0,2,24", "--rtol", "1e-3"]
    file = ["--quantiles", "0.1,0.999", "--checkpoint", "half", "--output", "q.csv"]
    assert main([*words, *file]) == 0
    first = Path("q.csv").read_bytes()
    assert b"madrs_change_p10 [points]" in first
    assert b"madrs_change_p99.9 [points]" in first
    assert main([*words, *file]) == 0
    assert Path("q.csv").read_bytes() == first
    assert main([*words, "--checkpoint", "half", "--seed", "1"]) == 2
    assert "seed was '0' and is '1'" in capsys.readouterr().err
    assert main([*words, "--checkpoint", "half"]) == 0
    assert "60 virtual subjects" in capsys.readouterr().out
    for wrong in (["--quantiles", "2"], ["--quantiles", "0.5"], [*file, "--members"]):
        assert main([*words, *wrong]) == 2


def test_python_of_the_page_runs_with_fewer_subjects(tmp_path):
    pytest.importorskip("distributed")
    pytest.importorskip("pandas")
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "large_populations.md").read_text(
        encoding="utf-8"
    )
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    for there, here in (
        ("n=10_000", "n=20"),
        ("ProcessPoolExecutor()", "ProcessPoolExecutor(1)"),
        ('"tcp://scheduler:8786"', "n_workers=1, threads_per_worker=1, dashboard_address=None"),
    ):
        assert there in code
        code = code.replace(there, here)
    script = tmp_path / "page.py"
    script.write_text(
        code.replace("print(summary)", "if __name__ == '__main__': print(summary)"),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "20 subjects" in done.stdout


# --- memory, progress, requests ---------------------------------------------------------------


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_memory_stays_flat():
    code = (
        "import numpy as np, ketasim as ks\n"
        "from pathlib import Path\n"
        "from importlib import import_module\n"
        "import_module('ketasim.population._blockwise').BLOCK_SUBJECTS = 200\n"
        "def peak(n):\n"
        "    ks.simulate_population('ketamine 10 mg iv bolus', n, quantiles=[0.5], rtol=1e-3,\n"
        "        readouts=ks.readouts().names[:20], t_eval=np.linspace(0.0, 4.0, 100))\n"
        # Of this program alone: ru_maxrss would begin with the size of the one that started it.
        "    status = Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(s.split()[1]) for s in status if s.startswith('VmHWM'))\n"
        "few = peak(400)\n"
        "print(few, peak(2400) - few)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    few, growth = (int(kib) for kib in done.stdout.split())
    # 2000 members more, kept, would be 2000 x 2000 x 8 bytes = 30 MiB: no more than half of it, as
    # counts gain a few tails and the allocator keeps some pages of every thread.
    assert growth < 15 * 1024
    assert few < 512 * 1024


def test_progress_counts_every_subject_once(small_blocks):
    seen = []
    ask(progress=seen.append)
    assert seen[-1] == N
    assert seen == sorted(seen)


def test_a_value_outside_its_range_is_said_once(small_blocks):
    scenario = ks.Scenario(INFUSION, parameters={"mtor.tau_M": 1.0})
    with pytest.warns(ks.ParameterRangeWarning) as warned:
        ks.simulate_population(scenario, 150, quantiles=[0.5], **QUICK)
    assert len(warned) == 1


def test_the_plain_counter_says_how_long_the_rest_takes(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    clock = iter([100.0, 130.0, 220.0, 240.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with progress_bar(1000, "subjects", True, start=400) as tick:
        tick(400)
        tick(500)  # 100 in 120 s: 500 more take 600 s
        tick(1000)
    said = [line.strip() for line in capsys.readouterr().err.split("\r") if line.strip()]
    assert said == ["400/1000 subjects", "500/1000 subjects, 10 min left", "1000/1000 subjects"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"checkpoint": "file"}, r"add quantiles=\[\.\.\.\]"),
        ({"executor": ThreadPoolExecutor}, r"add quantiles=\[\.\.\.\]"),
        ({"quantiles": [0.5, 1.5]}, "shares from 0 to 1"),
        ({"quantiles": "median"}, "shares from 0 to 1"),
        ({"quantiles": [0.5], "executor": object()}, "get_executor"),
        ({"quantiles": [0.5], "checkpoint": "/no/such/folder/file"}, "no folder"),
        ({"quantiles": [0.5], "thresholds": {"cadss": 4.0}}, "cadss"),
        ({"quantiles": [0.5], "thresholds": {"madrs": "ten"}}, "give one number"),
        ({"quantiles": [0.5], "improvements": [1.5]}, "share of the baseline"),
        ({"quantiles": [0.5], "improvements": [0.5], "readouts": ["cadss"]}, "'response'"),
        ({"quantiles": [0.5], "improvements": [0.3], "readouts": ["response"]}, "'drug_relief'"),
        ({"quantiles": [0.5], "n": 2**32}, "from 1 to"),
    ],
)
def test_bad_requests_are_refused_before_the_first_step(arguments, says):
    with pytest.raises(ks.KetasimError, match=says):
        ks.simulate_population(INFUSION, **{"n": 3, **QUICK, **arguments})
