"""The suite of rivals can be asked, and names who is missing, where no rival is installed."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "bench" / "peers" / "run.py"


def asked(*options: str) -> str:
    """What the suite answers to an interpreter that sees no installed package at all."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, *options],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_is_given_without_any_rival():
    assert "--list" in asked("--help")


def test_every_missing_rival_is_named_with_what_it_needs():
    lines = {line[:18].strip(): line[18:] for line in asked("--list").splitlines()}
    assert {"SUNDIALS CVODE", "KLU", "Boost.Odeint"} < set(lines)
    for rival, package in (
        ("SciPy solve_ivp", "scipy"),
        ("numbalsoda", "numbalsoda"),
        ("libRoadRunner", "libroadrunner"),
        ("COPASI", "copasi-basico"),
    ):
        assert lines[rival].startswith("missing: "), rival
        assert package in lines[rival]
