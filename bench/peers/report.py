"""The page: what was measured, on what, and where we lose."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import crowds
import events
import fits
import populations
import rival_gradients
import streamed
import usability
from measure import TARGETS, Results, Spread, Timed, rounded
from table import cell, error, micro, table

ROOT = Path(__file__).resolve().parents[2]
CASES = {
    "S1": "ketamine 0.5 mg/kg iv over 40 min; 7 days",
    "S1b": "the same and escitalopram 10 mg daily; 7 days",
    "S2": "six infusions in two weeks, then four esketamine 56 mg sprays; 28 days",
    "S3": "no drug: a healthy subject under chronic stress from 0 on; 28 days, 4 samples a day",
    "S4": "ketamine 0.5 mg/kg iv at once; 10 minutes, a sample a second: the fast end, since the model "
    "has no gating of channels in milliseconds",
    "POLLU": "air pollution (Verwer 1994)",
    "HIRES": "plant tissue under light (Schäfer 1975)",
    "ROBER": "Robertson's reactions, to 1e11",
    "OREGO": "the Oregonator, a chemical oscillator (Field and Noyes 1974), to 360",
    "VDPOL": "Van der Pol's oscillator, eps = 1e-6 (mu = 1000 in its own time), to 2",
    "E5": "pyrolysis (Enright, Hull and Lindberg 1975), to 1e7",
    "FORCED": "relaxation at rates 1 to 1e6 per hour towards the rhythm of a day, exactly known "
    "(Prothero and Robinson 1974); 7 days",
    "S5": "equilibrium of chronic stress",
}
#: Those that are courses of this model; the others are problems of the literature.
OWN_CASES = ("S1", "S1b", "S2", "S3", "S4", "S5")
#: Case, rival, and how many times faster than it we set out to be at the errors of the table.
AIMS = (
    ("S1", "CVODE, KLU", 20.0), ("S1", "CVODE, dense", 40.0), ("S1", "CVODE, our LU", 5.0),
    ("S1b", "CVODE, KLU", 20.0), ("S1b", "CVODE, dense", 40.0), ("S1b", "CVODE, our LU", 5.0),
    ("S2", "CVODE, KLU", 20.0),
    ("S1", "odeint rosenbrock4, d4 corrected", 30.0),
    ("POLLU", "CVODE, KLU", 1.0),
)  # fmt: skip
PYTHON_AIM = 30.0


#: Who is ours in every suite.
OURS = {
    "runs": "ketasim, Rodas5P",
    "steady state": "ketasim, Newton",
    "population": "ketasim, one by one, 1 thread",
    "python": "ketasim",
}


def results(found: dict[str, Any], suite: str) -> Results:
    """What was measured in one suite."""
    rows = found["python"] if suite == "python" else found["timed"]
    timed = (Timed(**row) for row in rows)
    return Results((t for t in timed if suite in ("python", t.suite)), OURS[suite])


def page(found: dict[str, Any]) -> str:
    cpp, python = results(found, "runs"), results(found, "python")
    crowd, rest = results(found, "population"), results(found, "steady state")
    facts = found["facts"]
    many, sloped = found.get("crowds", {}), found.get("gradients", {})
    failures = found["failures"] | sloped.get("failures", {})
    parts = [
        _head(found["rounds"]),
        found["machine"],
        *(f"## {title}\n\n{body}" for title, body in (
            ("Times as long as ketasim, in C++", _ratios(cpp)),
            ("Times as long as ketasim, called from Python", _python(python, found.get("compiled", {}))),
            ("Many subjects at once", populations.section(crowd, facts) + "\n\n" + crowds.section(many)),
            ("Large populations, counted and forgotten", streamed.section(found.get("streamed", []))),
            ("The state before treatment", _steady_state(rest)),
            ("Gradients", populations.gradients(facts) + "\n\n" + rival_gradients.section(sloped)),
            ("Gradients of many subjects", fits.section(found.get("fits", []))),
            ("What users feel", usability.table(found["usability"])),
            ("Where a rival wins", _losses(cpp, python, rest, crowds.results(many), rival_gradients.results(sloped))),
            ("Aims, and which are met", _aims(cpp, python)),
            ("What a step costs", _floor(cpp, facts)),
            ("What a dose takes in steps", events.section()),
            ("Steps and errors at equal tolerance", _counts(cpp)),
            ("How it was measured", _how(facts)),
            ("Not run, and why", _not_run(failures, found["rivals"])),
        )),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _head(rounds: int) -> str:
    cases = "\n".join(f"- **{case}**: {CASES[case]}" for case in OWN_CASES)
    return (
        "# Benchmarks\n\n"
        "<!-- Written by `python bench/peers/run.py`; do not edit. -->\n\n"
        f"ketasim {version('ketasim')} beside other solvers. Every ratio is processor time of the "
        "rival over that of ketasim's default (Rodas5P) **at the same error reached**, never at the "
        f"same tolerance: median of {rounds} rounds, with the range. Above 1, ketasim is faster.\n\n"
        f"Courses of this model, by the names that they have below:\n\n{cases}\n\n"
        "![Processor time against error reached](work_precision.png)"
    )


def machine(sundials: Path | None) -> str:
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    named = re.search(r"model name\s*:\s*(.+)", text)
    flags = re.search(r"flags\s*:\s*(.+)", text)
    wide = "AVX-512" if flags and "avx512f" in flags[1] else "no AVX-512"
    compiler = subprocess.run(
        ["c++", "--version"], capture_output=True, encoding="utf-8", check=False
    ).stdout.partition("\n")[0]
    rows = [
        ("processor", f"{named[1] if named else platform.processor()} ({wide}), {os.cpu_count()} threads"),
        ("load when written", f"{os.getloadavg()[0]:.1f}, this program among it; see the ranges"),
        ("system", platform.system() + " " + platform.machine() + ", Python " + platform.python_version()),
        ("compiler", compiler + ", -O3 for the baseline of the architecture, no -march, for all; see the end on lanes"),
        ("libraries", ", ".join(_versions(sundials))),
    ]  # fmt: skip
    return "## Machine and versions\n\n" + table(("", ""), rows)


def _versions(sundials: Path | None) -> Iterator[str]:
    built = "compiled with -O3" if sundials else "of the distribution"
    for header, name, pattern in (
        (f"{sundials or '/usr'}/include/sundials/sundials_config.h", f"SUNDIALS ({built})",
         r'SUNDIALS_VERSION "([^"]+)"'),
        ("/usr/include/boost/version.hpp", "Boost", r'BOOST_LIB_VERSION "([^"]+)"'),
        ("/usr/include/suitesparse/SuiteSparse_config.h", "SuiteSparse",
         r"SUITESPARSE_MAIN_VERSION (\d+)\s+#define SUITESPARSE_SUB_VERSION (\d+)"),
    ):  # fmt: skip
        path = Path(header)
        found = re.search(pattern, path.read_text(encoding="latin-1")) if path.exists() else None
        if found:
            yield f"{name} {'.'.join(found.groups()).replace('_', '.')}"
    for package in (
        "ketasim", "numpy", "scipy", "numba", "numbalsoda", "libroadrunner", "python-copasi",
        "amici", "jax", "diffrax",
    ):  # fmt: skip
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue


def _ratios(results: Results) -> str:
    blocks = []
    for case in results.cases:
        rows: list[tuple[str, ...]] = [
            (who, *(cell(results.ratio(case, who, target)) for target in TARGETS))
            for who in results.contestants(case)
            if who != results.ours
        ]
        ours = (
            f"*{results.ours} [µs]*",
            *(
                "not reached" if (t := results.time(case, results.ours, e)) is None
                else f"*{micro(t)}*" for e in TARGETS
            ),
        )  # fmt: skip
        head = ("", *(f"RMS {error(e)}" for e in TARGETS))
        blocks.append(f"**{case}**: {CASES.get(case, '')}\n\n{table(head, [ours, *rows])}")
    return "\n\n".join(blocks) if blocks else "Not run: SUNDIALS with KLU was not found."


def _python(results: Results, compiled: dict[str, float]) -> str:
    took = ", ".join(f"{who} {seconds:.0f} s" for who, seconds in compiled.items())
    return (
        "ketasim's time is the whole call: regimen as text in, state before treatment found, all "
        "states out. The rivals are given the state before treatment, and are compiled, loaded and "
        "warm. SciPy is given the right-hand side and Jacobian of the compiled core, without which it is "
        "several times slower still (bench/python_call.py). AMICI has two rows: the time it reports itself, "
        "and the whole call.\n\n"
        + (f"Compiled beforehand, once, on the clock: {took}.\n\n" if took else "")
        + _ratios(results)
    )


def _steady_state(results: Results) -> str:
    return (
        "Under chronic stress, all 103 states. Ours: four implicit steps that grow from an hour to "
        "a century, then Newton's method, which has no tolerance to choose. The others let time run from "
        "health until the slowest deviation has shrunk to 1e-8.\n\n" + _ratios(results)
    )


def _losses(*levels: Results) -> str:
    found = [
        (case, who, error(target), str(ratio))
        for results in levels
        for case, who, target, ratio in results.losses()
    ]
    own = [row for row in found if row[1].startswith("ketasim")]
    foreign = [row for row in found if row not in own]
    head = ("case", "who", "RMS error", "its time over that of our default")
    said = (
        table(head, foreign)
        if foreign
        else "Nowhere in these tables; what they do not cover is under *Not run*."
    )
    if own:
        said += "\n\nOther ways of ours that beat our default:\n\n" + table(head, own)
    return said


def _aims(cpp: Results, python: Results) -> str:
    rows: list[tuple[str, ...]] = []

    def judge(results: Results, case: str, who: str, aim: float) -> None:
        ratios = [results.ratio(case, who, e) for e in TARGETS]
        middles = [r.middle for r in ratios if r is not None]
        if not middles:
            return
        met = sum(m >= aim for m in middles)
        partly = f"**met at {met} of {len(middles)}**" if met else "**not met**"
        verdict = "met" if met == len(middles) else partly
        rows.append((case, who, f"≥ {aim:g}", ", ".join(rounded(m) for m in middles), verdict))

    for case, who, aim in AIMS:
        judge(cpp, case, who, aim)
    for case in python.cases:
        for who in python.contestants(case):
            if who != python.ours:
                judge(python, case, who, PYTHON_AIM)
    head = ("case", "rival", "aim", "reached at RMS 1e-4, 1e-5, 1e-6", "")
    return "\n\n".join(filter(None, (table(head, rows), _python_floor(cpp, python))))


def _python_floor(cpp: Results, python: Results) -> str:
    """What a call may take if an aim that is missed is to be met."""
    solved = cpp.time("S1", cpp.ours, 1e-5)
    call = python.time("S1", python.ours, 1e-5)
    if solved is None or call is None:
        return ""
    needed = {
        who: call.middle * ratio.middle / PYTHON_AIM
        for who in python.contestants("S1")
        if who != python.ours
        and (ratio := python.ratio("S1", who, 1e-5)) is not None
        and ratio.middle < PYTHON_AIM
    }
    if not needed:
        return ""
    said = ", ".join(f"{1e6 * seconds:.0f} µs ({who})" for who, seconds in needed.items())
    return (
        f"Called from Python, S1 takes {1e6 * call.middle:.0f} µs at RMS 1e-5, of which the solution itself, as in C++, is "
        f"{1e6 * solved.middle:.0f} µs; the state before treatment, the arguments and the arrays are the rest. {PYTHON_AIM:g} times as "
        f"fast would be a call of {said}. AMICI is CVODE with KLU and generated code: what bounds the gain over CVODE "
        "(under *What a step costs*) bounds that over AMICI. libRoadRunner, too, is CVODE on "
        "compiled equations."
    )


def _per_step(results: Results, case: str, who: str, rtol: float) -> tuple[float, float] | None:
    """Microseconds a step, best of the rounds, and steps."""
    runs = [r for r in results.at_rtol(case, who, rtol) if r.success]
    if not runs:
        return None
    steps = runs[0].counts["steps"]
    return 1e6 * min(r.seconds for r in runs) / steps, steps


def _floor(cpp: Results, facts: list[dict[str, Any]]) -> str:
    parts = next((f["parts_us"] for f in facts if "parts_us" in f), None)
    if parts is None:
        return "Not measured without the rivals in C++."
    shipped = _per_step(cpp, "S1", cpp.ours, 1e-6)
    ours = _per_step(cpp, "S1", "ketasim, Rodas5P, baseline", 1e-6)
    with_lu = _per_step(cpp, "S1", "CVODE, our LU", 1e-6)
    klu = _per_step(cpp, "S1", "CVODE, KLU", 1e-6)
    ratio = cpp.ratio("S1", "CVODE, KLU", 1e-5)
    if ours is None or shipped is None or with_lu is None or klu is None or ratio is None:
        return "Not every run succeeded."
    count = next(f["operations"] for f in facts if "operations" in f)
    step = 8 * parts["rhs"] + parts["jacobian"] + parts["factorise"] + 8 * parts["solve"]
    run = next(r for r in cpp.at_rtol("S1", "CVODE, our LU", 1e-6) if r.success).counts
    bdf = (
        run["rhs"] * (parts["rhs"] + parts["solve"])
        + run["factorisations"] * parts["factorise"]
        + run["jacobians"] * parts["jacobian"]
    ) / run["steps"]
    stage = count["attempt"] - 7 * count["rhs"] - 8 * count["solve"] - count["factorise"]
    rows: list[tuple[str, ...]] = [
        (label, str(count[key]), f"{parts[key]:.2f}", times)
        for label, key, times in (
            ("right-hand side", "rhs", "8"),
            ("Jacobian", "jacobian", "1"),
            ("LU", "factorise", "1"),
            ("solve", "solve", "8"),
        )
    ]
    rows.append(("stage sums, error, control", str(stage), f"{ours[0] - step:.2f}", "1"))
    rows.append(("**step of Rodas5P**, baseline", "", f"**{ours[0]:.2f}**", ""))
    rows.append(("**step of Rodas5P**, as users get it", "", f"**{shipped[0]:.2f}**", ""))
    total = count["begin"] + count["attempt"]
    return (
        "S1 at rtol 1e-6, the best of the rounds; parts compiled for the baseline. Operations are counted as under *Many subjects at once*, those of powers among them.\n\n"
        + table(("part", "operations", "µs", "times a step"), rows)
        + "\n\n"
        + f"""\
A step is {total / 1000:.1f} thousand operations, {total / shipped[0] / 1000:.1f} a nanosecond as users get it: powers travel in registers as wide as
the processor has, stage sums run over several states at once. On a baseline build it would take {step:.2f} µs without stage sums,
error and control.

A step of CVODE costs {with_lu[0]:.1f} µs with the same LU and {klu[0]:.1f} µs with KLU, of which the kernels take
{bdf:.2f} µs ({run["rhs"] / run["steps"]:.2f} right-hand sides and solves a step, an LU in {run["steps"] / run["factorisations"]:.0f} steps). The rest,
{with_lu[0] - bdf:.1f} µs, is CVODE's own work on its vectors and history.

So the gain over CVODE has three factors. Fewer steps: {_step_ratios(cpp)} times
fewer at this tolerance. A smaller error at it: RMS {_rms(cpp, cpp.ours):.1e} for {_rms(cpp, "CVODE, KLU"):.1e} in S1. And a step that
costs only {shipped[0] / klu[0]:.1f} times as much although it holds six times as many right-hand sides. That makes
{ratio} at RMS 1e-5, where 20 was the aim and a trial with 40 states had promised 46. Trial and aim
were made with Debian's build of SUNDIALS, which is compiled without optimisation, and so were earlier
editions of this page. An optimised CVODE can't be beaten 20 times by this method: a step would have
to take {shipped[0] * ratio.middle / 20:.1f} µs, of which its right-hand sides, Jacobian, LU and solves alone fill {step:.1f}.

The other way round: a BDF code that did nothing beside the kernels would need {run["steps"] * bdf:.0f} µs for its
{run["steps"]} steps where ketasim takes {shipped[0] * shipped[1]:.0f} µs for a smaller error. What separates us from CVODE is
what a solver does around the equations more than the method."""
    )


def _rms(cpp: Results, who: str) -> float:
    return next(r for r in cpp.at_rtol("S1", who, 1e-6) if r.success).rms


def _step_ratios(cpp: Results) -> str:
    said = []
    for case in ("S1", "S1b", "S2"):
        ours = _per_step(cpp, case, cpp.ours, 1e-6)
        theirs = _per_step(cpp, case, "CVODE, KLU", 1e-6)
        if ours and theirs:
            said.append(f"{theirs[1] / ours[1]:.1f} ({case})")
    return ", ".join(said)


def _counts(cpp: Results) -> str:
    rows: list[tuple[str, ...]] = []
    for case in cpp.cases:
        for who in cpp.contestants(case):
            runs = [r for r in cpp.at_rtol(case, who, 1e-6) if r.success]
            if not runs:
                rows.append((case, who, *[""] * 5, "failed or took too long"))
                continue
            c = runs[0].counts
            t = Spread.of(1e6 * r.seconds for r in runs)
            rows.append(
                (case, who, f"{c['steps']} + {c['rejected']}", str(c["rhs"]), str(c["jacobians"]),
                 str(c["factorisations"]), f"{runs[0].rms:.1e} / {runs[0].largest:.1e}", str(t))
            )  # fmt: skip
    head = (
        "case", "who", "steps + rejected", "rhs", "Jacobians", "LU", "error RMS / largest", "µs",
    )  # fmt: skip
    return (
        "rtol 1e-6, absolute tolerance 1e-6 x typical size.\n\n" + table(head, rows) + _failed(cpp)
    )


def _failed(cpp: Results) -> str:
    """Runs that did not get to the end, by case and tolerance."""
    found = [
        (case, who, ", ".join(f"{rtol:.0e}".replace("e-0", "e-") for rtol in at))
        for case in cpp.cases
        for who in cpp.contestants(case)
        if (at := cpp.failed_at(case, who))
    ]
    if not found:
        return "\n\nEvery run of these cases got to the end, at every tolerance."
    said = (
        "\n\nRuns that did not get to the end (the solver gave up, or a million steps); the times above "
        "are those of the others:\n\n"
    )
    return said + table(("case", "who", "at rtol"), found)


def _how(facts: list[dict[str, Any]]) -> str:
    rows: list[tuple[str, ...]] = [
        (f["case"], str(f["states"]), str(f["entries"]), str(f["stops"]), str(f["samples"]),
         f"{f['agreement_rodas4']:.0e}", f"{f['agreement_cvode']:.0e}")
        for f in facts if "case" in f
    ]  # fmt: skip
    head = ("case", "states", "entries of J", "events", "samples", "Rodas4 agrees", "CVODE agrees")
    return (
        """- Everybody calls the same compiled right-hand side and exact Jacobian, stops exactly at every dose
  and starts again, and gives the states at the same times. Solver objects are kept between runs.
- CVODE: BDF, vector of absolute tolerances, fused vector operations, own choice of first step,
  nothing else tuned. Debian's library is compiled without optimisation and takes several times as long:
  compare with one compiled with -O3, see below. Baseline instructions, as in the equations that all
  call; "ketasim, Rodas5P, baseline" is ours under the same terms. What users get, and what every other
  row of ours is, uses AVX2 or AVX-512 where the processor has them, with the same bits.
- Odeint: uBLAS without checks (NDEBUG), states divided by their typical sizes since it takes one
  absolute tolerance. Its d4 has the wrong sign, which only equations that contain the time can feel:
  those of FORCED do. Ours do not (doses change inputs, which stay as they are in between), nor do the
  other public problems: there both rows are the same computation.
- Typical sizes: the model's own; the published end of POLLU, HIRES and ROBER; 1 for OREGO, VDPOL (as
  in the test set) and FORCED. E5 ends at 1e7: round-off breaks y2 - y3 - y4 = 0 more and more from
  there on, for everybody, and the published end at 1e13 is beyond double precision. Its sizes are a
  hundredth of the solution at 1e7, since larger ones let tails turn negative and explode.
- AMICI: BDF, Newton's method, KLU; absolute tolerances of 0.01, 1 and 10 times the relative one are
  all tried, since it takes one for all states, and the best counts. Its file has no
  `piecewise` and no `abs`, which it takes as events, and numbers in place of four inputs; no value changes.
- diffrax: 64 bits, one thread, Kvaerno5 with steps at the sample times (its continuous extension is of
  lower order), Kvaerno3 without, the default controller, a new start where the infusion ends.
- Swept: rtol 1e-2 to 1e-9 with absolute tolerance rtol x typical size. Error: |y - referee| /
  (|referee| + typical size) over states and samples. Between tolerances the time is interpolated
  log-log along the best runs; a contestant whose loosest run is already more exact than asked is
  charged that run.
- Referee: Rodas5P at rtol 1e-11. It counts because Rodas4 and CVODE at 1e-11 agree with it (RMS) far
  better than the smallest error it judges.
- Rounds visit every contestant in turn; times are processor times of the process, one thread each.
  Two threads, imports and sliders are timed on the clock.

"""
        + table(head, rows)
        + """

    apt-get install libsuitesparse-dev libboost-dev libeigen3-dev libopenblas-dev
    apt-get source sundials && cmake -S sundials-*/ -B cvode -DCMAKE_BUILD_TYPE=Release \\
        -DCMAKE_C_FLAGS_RELEASE="-O3 -DNDEBUG" -DBUILD_SHARED_LIBS=OFF -DENABLE_KLU=ON \\
        -DKLU_INCLUDE_DIR=/usr/include/suitesparse -DKLU_LIBRARY_DIR=/usr/lib/x86_64-linux-gnu \\
        -DEXAMPLES_ENABLE_C=OFF -DCMAKE_INSTALL_PREFIX=$PWD/sundials
    cmake --build cvode --target install
    pip install . -r bench/peers/packages.txt
    python bench/peers/run.py --sundials sundials"""
    )


def _not_run(failures: dict[str, str], rivals: dict[str, str]) -> str:
    lines = [f"- {who}: {why.splitlines()[0]}" for who, why in failures.items()]
    lines += [f"- {who}: {state}" for who, state in rivals.items() if state != "installed"]
    lines += [
        "- COPASI's RADAU5: refuses models with events.",
        "- sundials4py, R (deSolve, rxode2, mrgsolve), Julia: not part of this suite.",
        "- Whole fits, from start to optimum.",
        "- Gradients by diffrax: it takes part without.",
    ]
    return "\n".join(lines)
