"""Run every rival that is installed, in turn, and write what came out.

    python bench/peers/run.py            builds, measures, writes bench/RESULTS.md and the figure
    python bench/peers/run.py --list     who is installed, and what is missing

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


def built() -> Path | None:
    """The program with the rivals in C++; None where it cannot be built."""
    for command in (
        ["cmake", "--preset", "bench", "-B", str(BUILD), "-DKETASIM_PEERS=ON"],
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
    parser.add_argument("--json", type=Path, help="also write every number")
    asked = parser.parse_args()
    if asked.list:
        for who, state in rivals():
            print(f"{who:<18}{state}")
        return

    # Threads of BLAS would wait for each other on matrices of this size, and their waiting counts.
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    sys.path.insert(0, str(HERE))
    measure = importlib.import_module("measure")
    program = asked.program or built()
    timed, facts = measure.in_cpp(program, asked.rounds) if program else ([], [])
    peers = [
        importlib.import_module(module)
        for _, module, needs in PYTHON
        if not missing_packages(needs)
    ]
    timed_python, failures = measure.in_python(peers, asked.rounds)
    cpp = measure.Results(timed, "ketasim, Rodas5P")
    python = measure.Results(timed_python, "ketasim")
    if asked.json:
        asked.json.write_text(
            json.dumps(
                {
                    "facts": facts,
                    "failures": failures,
                    "cpp": cpp.to_json(),
                    "python": python.to_json(),
                }
            )
        )
    importlib.import_module("figure").draw(cpp, python, ROOT / "bench" / "work_precision.png")
    text = importlib.import_module("report").page(
        cpp, python, facts, failures, dict(rivals()), asked.rounds
    )
    (ROOT / "bench" / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
