"""What a simulation costs from Python: beside SciPy's LSODA, per call, and in memory.

    python bench/python_call.py [--quick] [--json FILE]

1. **Beside LSODA.** Ketamine 0.5 mg/kg iv over 40 min, a patient, 14 days, rtol 1e-6. Both sides
   get the same equations (LSODA as Python source written by the core, compiled once), state before
   treatment, absolute tolerances and output times; LSODA is restarted where the infusion ends.
   ketasim also finds the state before treatment in its time; LSODA is given it. What each run got
   wrong is measured against a referee: see `Referee`.
2. **The call.** What Python adds to the time inside the core: see `call_overhead`.
3. **Memory.** Peak of 10,000 virtual patients x 10 readouts x 100 times, in a process of its own.

Times are processor times of this process, which other programs on the machine disturb least, in
rounds that visit every contestant in turn. Ratios are medians over rounds, with the range.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.integrate import odeint, solve_ivp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

import ketasim as ks
from ketasim import _core
from ketasim.scenario._for_core import core_arguments, core_options

FloatArray = NDArray[np.float64]

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
RTOL = 1e-6
END_H = 336.0
#: 101 output times [h]: dense over the first day, where things happen within minutes.
TIMES = np.concatenate([[0.0], np.geomspace(1 / 60, 24.0, 40), np.linspace(24.0, END_H, 61)[1:]])
TYPICAL = np.array([row["typical"] for row in ks.states()])


class Problem:
    """The infusion as an initial value problem in two smooth pieces, for any solver."""

    def __init__(self) -> None:
        self.run = ks.simulate(INFUSION, t_eval=TIMES)
        self.trajectory = self.run._trajectory
        after = ks.simulate(INFUSION, t_eval=TIMES, at_event="after")
        # Nothing jumps at either event, so only the inputs change: a restart is all that is needed.
        if len(self.run.events) != 2 or not np.array_equal(after.y, self.run.y):
            raise RuntimeError("the infusion is no longer two smooth pieces: extend this benchmark")

    @cached_property
    def pieces(self) -> list[tuple[float, float, int]]:
        """Start [h], end [h] and number of the inputs in force."""
        start, stop = self.run.events
        return [(start, stop, 1), (stop, END_H, 2)]

    def rhs(self, inputs: int, order: NDArray[np.intp]) -> Callable[[float, FloatArray], Any]:
        """Return rhs(t, y) from the Python source of the equations, states listed in `order`."""
        source = self.trajectory.rhs_source(inputs)
        names = [f"y{i}" for i in range(TYPICAL.size)]
        unpack, results = ", ".join(names), source.rpartition("return [")[2].rstrip("], \n")
        derivatives = results.split(", ")
        source = source.replace(f"{unpack}, = y", f"{', '.join(names[i] for i in order)}, = y")
        source = source.replace(results, ", ".join(derivatives[i] for i in order))
        scope: dict[str, Any] = {}
        exec(compile(source, f"<equations {inputs}>", "exec"), scope)  # noqa: S102  # our own text
        function = scope["rhs"]
        # Arithmetic on Python floats is several times faster than on NumPy scalars.
        return lambda t, y: function(t, y.tolist())

    @cached_property
    def structure(self) -> csr_array:
        """Where the Jacobian is not zero."""
        rows, columns = _core.jacobian_structure()
        return csr_array((np.ones(columns.size), columns, rows), shape=(TYPICAL.size,) * 2)

    def jacobian(self, inputs: int) -> Callable[[float, FloatArray], FloatArray]:
        """Return the exact, dense Jacobian of the compiled core."""
        rows, columns = _core.jacobian_structure()
        row = np.repeat(np.arange(TYPICAL.size), np.diff(rows))

        def dense(t: float, y: FloatArray) -> FloatArray:
            J = np.zeros((TYPICAL.size, TYPICAL.size))
            J[row, columns] = self.trajectory.jacobian(y, inputs)
            return J

        return dense


@dataclass
class Solution:
    """States at `TIMES`, shape (n_times, n_states), and what they took."""

    y: FloatArray
    seconds: float
    rhs: int
    jacobians: int
    steps: int | None = None
    rejected: int | None = None


class Lsoda:
    """SciPy's LSODA behind one of its two doors, with one of three Jacobians.

    Doors: ``solve_ivp``, which makes every step from Python, and the older ``odeint``, which loops in
    compiled code.

    Jacobians: ``dense``, the default, by finite differences of all 103 columns; ``banded``, states
    reordered (reverse Cuthill-McKee) so that it is a band, with one right-hand side per diagonal;
    ``exact``, dense, from the compiled core of ketasim: a gift, for no Python source of it exists.
    """

    def __init__(self, problem: Problem, door: str, jacobian: str, rtol: float = RTOL) -> None:
        self.problem, self.door, self.jacobian, self.rtol = problem, door, jacobian, rtol
        self.order = np.arange(TYPICAL.size)
        self.below = self.above = None
        if jacobian == "banded":
            self.order = np.asarray(reverse_cuthill_mckee(problem.structure), dtype=np.intp)
            i, j = np.nonzero(problem.structure.toarray()[np.ix_(self.order, self.order)])
            self.below, self.above = int(max(0, (i - j).max())), int(max(0, (j - i).max()))
        self.atol = rtol * TYPICAL[self.order]
        self.rhs = {k: problem.rhs(k, self.order) for _, _, k in problem.pieces}

    def solve(self) -> Solution:
        y = self.problem.run.start[self.order]
        rows = np.empty((TIMES.size, TYPICAL.size))
        total = Solution(rows, 0.0, 0, 0)
        began = process_time()
        for start, end, inputs in self.problem.pieces:
            inside = (start <= TIMES) & (end > TIMES)
            times = np.unique([start, *TIMES[inside], end])
            part = self._by_odeint if self.door == "odeint" else self._by_solve_ivp
            at_times, n_rhs, n_jacobians = part(inputs, times, y)
            rows[inside] = at_times[np.isin(times, TIMES[inside])]
            y = at_times[-1]
            rows[end == TIMES] = y
            total.rhs += n_rhs
            total.jacobians += n_jacobians
        total.seconds = process_time() - began
        total.y = np.empty_like(rows)
        total.y[:, self.order] = rows
        return total

    def _by_solve_ivp(
        self, inputs: int, times: FloatArray, y: FloatArray
    ) -> tuple[FloatArray, int, int]:
        jac = self.problem.jacobian(inputs) if self.jacobian == "exact" else None
        done = solve_ivp(
            self.rhs[inputs],
            (times[0], times[-1]),
            y,
            "LSODA",
            t_eval=times,
            rtol=self.rtol,
            atol=self.atol,
            jac=jac,
            lband=self.below,
            uband=self.above,
        )
        if not done.success:
            raise RuntimeError(f"LSODA by solve_ivp, {self.jacobian}: {done.message}")
        return done.y.T, int(done.nfev), int(done.njev)

    def _by_odeint(
        self, inputs: int, times: FloatArray, y: FloatArray
    ) -> tuple[FloatArray, int, int]:
        rows, info = odeint(
            self.rhs[inputs],
            y,
            times,
            Dfun=self.problem.jacobian(inputs) if self.jacobian == "exact" else None,
            ml=self.below,
            mu=self.above,
            rtol=self.rtol,
            atol=self.atol,
            mxstep=100_000,
            tfirst=True,
            full_output=True,
        )
        if info["message"] != "Integration successful.":
            raise RuntimeError(f"LSODA by odeint, {self.jacobian}: {info['message']}")
        return rows, int(info["nfe"][-1]), int(info["nje"][-1])


#: Door and Jacobian of every contestant.
LSODA = tuple((d, j) for d in ("solve_ivp", "odeint") for j in ("dense", "banded", "exact"))


def solve_ketasim(repeats: int) -> Solution:
    """One call's time is the median over `repeats` calls; the answer is the same every time."""
    seconds = []
    for _ in range(repeats):
        began = process_time()
        run = ks.simulate(INFUSION, t_eval=TIMES, rtol=RTOL)
        states = run.y
        seconds.append(process_time() - began)
    return Solution(states, median(seconds), run.nfev, run.njev, run.n_steps, run.n_rejected)


class Referee:
    """Rodas5P at rtol 1e-11.

    It counts because others agree with it a hundred times better than it has to judge: Rodas4 at the
    same tolerance, and LSODA at rtol 1e-10, which shares neither its method nor its code for the
    equations.
    """

    def __init__(self) -> None:
        self.y = ks.simulate(INFUSION, t_eval=TIMES, rtol=1e-11).y

    def error(self, y: FloatArray) -> float:
        """Largest |y - referee| / (|referee| + typical size) over states and times."""
        return float(np.max(self._errors(y)))

    def rms_error(self, y: FloatArray) -> float:
        """Root mean square of the same."""
        return float(np.sqrt(np.mean(self._errors(y) ** 2)))

    def _errors(self, y: FloatArray) -> FloatArray:
        errors: FloatArray = np.abs(y - self.y) / (np.abs(self.y) + TYPICAL)
        return errors


def spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}


def beside_lsoda(rounds: int, quick: bool) -> dict[str, Any]:
    problem, referee = Problem(), Referee()
    rivals = {f"{door}, {jacobian}": Lsoda(problem, door, jacobian) for door, jacobian in LSODA}
    solve_ketasim(3)  # warm: tables read, memory mapped
    ours: list[Solution] = []
    theirs: dict[str, list[Solution]] = {name: [] for name in rivals}
    for _ in range(rounds):
        ours.append(solve_ketasim(3 if quick else 25))
        for name, rival in rivals.items():
            theirs[name].append(rival.solve())

    def row(solutions: list[Solution]) -> dict[str, Any]:
        one = solutions[0]
        return {
            "seconds": spread([s.seconds for s in solutions]),
            "error": referee.error(one.y),
            "rms_error": referee.rms_error(one.y),
            "rhs": one.rhs,
            "jacobians": one.jacobians,
            **({"steps": one.steps, "rejected": one.rejected} if one.steps else {}),
        }

    agreement = {
        "rodas4 at 1e-11": referee.error(
            ks.simulate(INFUSION, t_eval=TIMES, rtol=1e-11, method="rodas4").y
        )
    }
    if not quick:
        bdf = Lsoda(problem, "solve_ivp", "exact", 1e-10)
        agreement["LSODA at 1e-10"] = referee.error(bdf.solve().y)
    return {
        "rtol": RTOL,
        "rounds": rounds,
        "diagonals": [rivals["solve_ivp, banded"].below, rivals["solve_ivp, banded"].above],
        "referee_agreement": agreement,
        "ketasim": row(ours),
        "lsoda": {
            name: {
                **row(solutions),
                "ratio": spread(
                    [b.seconds / a.seconds for a, b in zip(ours, solutions, strict=True)]
                ),
            }
            for name, solutions in theirs.items()
        },
    }


class CoreClock:
    """Stands before the core's `simulate` and tells how long the last call was inside."""

    def __init__(self) -> None:
        self.inside = 0.0
        self._simulate = _core.simulate

    def __call__(self, *arguments: Any, **options: Any) -> _core.Trajectory:
        began = process_time()
        trajectory = self._simulate(*arguments, **options)
        self.inside = process_time() - began
        return trajectory


def call_overhead(repeats: int) -> dict[str, Any]:
    """What `ketasim.simulate` adds to the time inside the compiled core [us].

    - facade: a whole call less the time its call of the core took. In turn with runs of the core,
      which clear the processor's caches: repeated alone, the same lines take half as long.
    - border: arguments into C++ and the result back, part of the core's time as clocked here;
      bounded from above by a call of the core that has no step to make (no dose, healthy, ends where
      it begins), which includes its checks.
    - states: all 101 x 103 states into NumPy, when `run.y` is first read.
    """
    scenario = ks.Scenario(ks.Regimen.parse(INFUSION))
    options = core_options(ks.SolverOptions())
    at_rest = ks.Scenario(ks.Regimen.parse("placebo oral"), subject=ks.Subject(severity=0.0))
    idle = _core.Scenario(**core_arguments(at_rest) | {"records": []})
    now = np.array([0.0])
    clock = CoreClock()
    parts: dict[str, list[float]] = {
        name: []
        for name in ("facade_from_text", "facade_from_scenario", "border", "states", "core")
    }

    def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
        began = process_time()
        result = call()
        return process_time() - began, result

    for _ in range(repeats):
        with patch.object(_core, "simulate", clock):
            whole, run = seconds(lambda: ks.simulate(INFUSION, t_eval=TIMES))
            parts["facade_from_text"].append(whole - clock.inside)
            parts["core"].append(clock.inside)
            parts["states"].append(seconds(partial(getattr, run, "y"))[0])
            whole, _ = seconds(lambda: ks.simulate(scenario, t_eval=TIMES))
            parts["facade_from_scenario"].append(whole - clock.inside)
        parts["border"].append(
            seconds(lambda: _core.simulate(idle, t_eval=now, options=options))[0]
        )
    us = {name: spread([1e6 * t for t in times]) for name, times in parts.items()}
    added = sum(us[name]["median"] for name in ("facade_from_text", "border", "states"))
    return {**us, "added": added, "target": 300.0}


READOUTS = (
    "ketamine_venous", "norketamine_venous", "nmda_occupancy", "glutamate_dialysate", "p_mtor",
    "spine_density", "cadss", "madrs", "madrs_change", "response",
)  # fmt: skip
MEMBERS, MEMBER_TIMES = 10_000, 100


def population(members: int) -> dict[str, Any]:
    """Run in a process of its own, whose peak is then that of the population alone."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss in bytes there, in KiB elsewhere
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    crowd = ks.simulate_population(
        INFUSION,
        members,
        readouts=READOUTS,
        t_eval=np.linspace(0.0, END_H, MEMBER_TIMES),
        progress=False,
    )
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "members": members,
        "shape": list(crowd.values.shape),
        "failed": len(crowd) - int(crowd.ok.sum()),
        "result_bytes": crowd.values.nbytes,
        "bytes_before": before,
        "peak_bytes": after.ru_maxrss * unit,
        "target_bytes": 2**30,
        "cpu_seconds": after.ru_utime,
    }


def population_in_a_child(members: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--population", str(members)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def machine() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [
            s
            for s in cpuinfo.read_text(encoding="utf-8").splitlines()
            if s.startswith("model name")
        ]
        model = named[0].partition(":")[2].strip() if named else model
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "ketasim": ks.__version__,
    }


def ranged(s: dict[str, float], scale: float = 1.0, digits: str = ".3g") -> str:
    middle, low, high = (format(scale * s[k], digits) for k in ("median", "min", "max"))
    return f"{middle} ({low} to {high})"


def show(result: dict[str, Any]) -> None:
    m = result["machine"]
    print(
        f"{m['processor']}, {m['processors']} processors, load {m['load_average']:.1f}; {m['system']}"
    )
    print(f"Python {m['python']}, NumPy {m['numpy']}, SciPy {m['scipy']}, ketasim {m['ketasim']}\n")

    s = result["beside_lsoda"]
    print(f"{INFUSION}, 14 d, rtol {s['rtol']:g}; median (range) of {s['rounds']} rounds")
    print(f"{'':<25}{'ms':>22}{'error':>9}{'RMS':>9}{'rhs':>6}{'Jac':>5}   times ketasim")
    for name, row in (("ketasim", s["ketasim"]), *s["lsoda"].items()):
        label = name if name == "ketasim" else f"LSODA {name}"
        ratio = ranged(row["ratio"]) if "ratio" in row else "1"
        print(
            f"{label:<25}{ranged(row['seconds'], 1e3):>22}{row['error']:>9.1e}"
            f"{row['rms_error']:>9.1e}{row['rhs']:>6}{row['jacobians']:>5}   {ratio}"
        )
    ours = s["ketasim"]
    below, above = s["diagonals"]
    print(
        f"ketasim: {ours['steps']} steps, {ours['rejected']} rejected; "
        f"the band has {below} + 1 + {above} diagonals"
    )
    agreed = ", ".join(f"{who} {value:.0e}" for who, value in s["referee_agreement"].items())
    print(f"agreement with the referee: {agreed}\n")

    c = result["call"]
    print("One call from Python [us]")
    for key, meaning in (
        ("facade_from_text", "facade, regimen as text"),
        ("facade_from_scenario", "facade, ready scenario"),
        ("border", "into C++ and back, at most"),
        ("states", "all states into NumPy"),
        ("core", "the core itself"),
    ):
        print(f"  {meaning:<28}{ranged(c[key]):>28}")
    print(f"  added to the core: {c['added']:.0f} us (target {c['target']:.0f})\n")

    p = result["population"]
    shape = " x ".join(str(n) for n in p["shape"])
    print(
        f"Population {shape}: peak {p['peak_bytes'] / 2**20:.0f} MiB (target "
        f"{p['target_bytes'] / 2**20:.0f}), of which {p['bytes_before'] / 2**20:.0f} before and "
        f"{p['result_bytes'] / 2**20:.0f} the result; {p['failed']} failed; "
        f"{p['cpu_seconds']:.1f} s of processor time"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round, 100 patients")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers")
    parser.add_argument("--population", type=int, metavar="N", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    warnings.simplefilter("error")
    if asked.population:
        print(json.dumps(population(asked.population)))
        return
    result = {
        "machine": machine(),
        "beside_lsoda": beside_lsoda(1 if asked.quick else 9, asked.quick),
        "call": call_overhead(20 if asked.quick else 400),
        "population": population_in_a_child(100 if asked.quick else MEMBERS),
    }
    show(result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
