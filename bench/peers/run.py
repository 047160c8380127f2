"""Run every rival that is installed, in turn, and write what came out.

    python bench/peers/run.py            builds, measures, writes bench/RESULTS.md and the figure
    python bench/peers/run.py --list     who is installed, and what is missing
    python bench/peers/run.py --again FILE --million --json FILE
                                         adds a million subjects to numbers that are there

Nothing in the project needs a rival. Those in C++ need SUNDIALS with KLU; those in Python are left
out by name where they are not installed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "peers"
PROGRAM = BUILD / "bench" / "peers" / "ketasim_peers"

#: Rivals in Python: who, module, the packages it needs (name to import: name to install).
PYTHON = (
    ("SciPy solve_ivp", "peer_scipy", {"scipy": "scipy"}),
    ("numbalsoda", "peer_numbalsoda", {"numba": "numba", "numbalsoda": "numbalsoda"}),
    (
        "libRoadRunner",
        "peer_roadrunner",
        {"roadrunner": "libroadrunner", "libsbml": "python-libsbml"},
    ),
    ("COPASI", "peer_copasi", {"basico": "copasi-basico", "libsbml": "python-libsbml"}),
    ("AMICI", "peer_amici", {"amici": "amici", "swig": "swig", "cmake": "cmake"}),
    ("diffrax", "peer_diffrax", {"jax": "jax", "diffrax": "diffrax"}),
)
HEADERS = {
    "SUNDIALS CVODE": "cvode/cvode.h",
    "KLU": "klu.h",
    "Boost.Odeint": "boost/numeric/odeint.hpp",
}
PREFIXES = [Path(p) for p in ("/usr/include", "/usr/include/suitesparse", "/usr/local/include")]


def missing_packages(needs: dict[str, str]) -> list[str]:
    return [package for module, package in needs.items() if find_spec(module) is None]


def rivals() -> Iterator[tuple[str, str]]:
    """Name of every rival and "installed", or what it lacks."""
    for who, header in HEADERS.items():
        found = any((prefix / header).exists() for prefix in PREFIXES)
        yield who, "installed" if found else f"no {header} in the usual places"
    for who, _, needs in PYTHON:
        absent = missing_packages(needs)
        yield who, f"missing: {', '.join(absent)}" if absent else "installed"


def built(sundials: Path | None) -> Path | None:
    """The program with the rivals in C++; None where it cannot be built."""
    where = [f"-DCMAKE_PREFIX_PATH={sundials.resolve()}"] if sundials else []
    for command in (
        ["cmake", "--preset", "bench", "-B", str(BUILD), "-DKETASIM_PEERS=ON", *where],
        ["cmake", "--build", str(BUILD), "--target", "ketasim_peers"],
    ):
        print("$", *command, flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            return None
    return PROGRAM


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="say who is installed; run nothing")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that visit everybody (7)")
    parser.add_argument("--program", type=Path, help="a ketasim_peers that is already built")
    parser.add_argument(
        "--sundials",
        type=Path,
        metavar="PREFIX",
        help="where an optimised SUNDIALS is installed: Debian's is compiled without optimisation",
    )
    parser.add_argument("--wheel", type=Path, help="a wheel of ketasim that is already built")
    parser.add_argument("--json", type=Path, help="also write every number")
    parser.add_argument("--million", action="store_true", help="also E3, once (minutes)")
    parser.add_argument("--again", type=Path, help="write the page from numbers written by --json")
    asked = parser.parse_args()
    if asked.list:
        for who, state in rivals():
            print(f"{who:<18}{state}")
        return

    # Threads of BLAS would wait for each other on matrices of this size, and their waiting counts.
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    report = importlib.import_module("report")
    found = (
        json.loads(asked.again.read_text(encoding="utf-8"))
        if asked.again
        else measured(asked.program or built(asked.sundials), asked.wheel, asked.rounds)
        | {"machine": report.machine(asked.sundials)}
    )
    if asked.million:
        streamed = importlib.import_module("streamed")
        others = [row for row in found.get("streamed", []) if row["members"] != 1_000_000]
        found["streamed"] = others + streamed.measured(1_000_000, 1)
    if asked.json:
        asked.json.write_text(json.dumps(found), encoding="utf-8")
    text = report.page(found)
    importlib.import_module("figure").draw(
        report.results(found, "runs"),
        report.results(found, "python"),
        ROOT / "bench" / "work_precision.png",
    )
    (ROOT / "bench" / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


def measured(program: Path | None, wheel: Path | None, rounds: int) -> dict[str, Any]:
    """Every number, as it is written by --json."""
    measure = importlib.import_module("measure")
    timed, facts = measure.in_cpp(program, rounds) if program else ([], [])
    there = [(who, module) for who, module, needs in PYTHON if not missing_packages(needs)]
    names = {who for who, _ in there}
    s1 = importlib.import_module("s1").S1()
    timed_python, failures = measure.in_python(
        s1, [importlib.import_module(module) for _, module in there], rounds
    )
    crowds = importlib.import_module("crowds").measured(rounds) if "diffrax" in names else {}
    gradients = (
        importlib.import_module("rival_gradients").measured(s1, rounds) if "AMICI" in names else {}
    )
    return {
        "rounds": rounds,
        "rivals": dict(rivals()),
        "facts": facts,
        "failures": failures,
        "timed": [vars(t) for t in timed],
        "python": [vars(t) for t in timed_python],
        "compiled": s1.compiled,
        "crowds": crowds,
        "gradients": gradients,
        "streamed": importlib.import_module("streamed").measured(100_000, rounds),
        "fits": importlib.import_module("fits").measured(rounds),
        "usability": importlib.import_module("usability").measured(wheel),
    }


if __name__ == "__main__":
    main()
