"""Runs scenarios of the explorer's engine in the Python package.

Reads JSON from standard input, {"times": [[...], ...], "scenarios": [...], "rtol": 1e-6}; writes what
the package says: version, every readout and state at those times, counts of steps, and its tables.
"""

import json
import math
import sys

import ketasim as ks
from ketasim import _core


def scenario_of(given: dict) -> ks.Scenario:
    """The same scenario in the package's words."""
    sessions = [
        ks.Dose(
            **{
                "drug": "psychotherapy",
                "amount": 1.0,
                "unit": "fraction",
                "route": "target",
                **session,
            }
        )
        for session in given.get("sessions", [])
    ]
    return ks.Scenario(
        ks.Regimen(tuple(ks.Dose(**dose) for dose in given["doses"])),
        ks.Subject(
            species=given.get("species", "human"),
            weight_kg=given.get("weight_kg"),
            severity=given.get("severity"),
            baseline_madrs=given.get("baseline_severity"),
        ),
        context=given.get("context", "none"),
        variant=given.get("variant"),
        interventions=[*(ks.block(**block) for block in given.get("blocks", [])), *sessions],
        parameters=given.get("parameters", {}),
    )


def solved(given: dict, times: list[float], rtol: float) -> dict:
    run = ks.simulate(scenario_of(given), t_eval=times, rtol=rtol)
    names = (*ks.readouts().names, *ks.states().names)
    return {
        "values": {name: run[name].tolist() for name in names},
        "steps": run.n_steps,
        "evaluations": run.nfev,
    }


#: What the package adds to the table of the core.
ADDED = ("possible_low", "possible_high")


def plain(row: dict) -> dict:
    """A row of the core as JSON has it: null where a scale has no end."""
    return {k: None if v in (math.inf, -math.inf) else v for k, v in row.items() if k not in ADDED}


def main() -> None:
    asked = json.load(sys.stdin)
    json.dump(
        {
            "version": ks.__version__,
            "drugs": [dict(row) for row in ks.drugs()],
            "routes": [dict(row) for row in ks.routes()],
            "contexts": [dict(row) for row in ks.contexts()],
            "species": _core.species_table(),
            "readouts": [plain(row) for row in ks.readouts()],
            "states": [plain(row) for row in ks.states()],
            "parameters": {s: [plain(row) for row in ks.parameters(s)] for s in ("human", "rat")},
            "runs": [
                solved(scenario, times, asked["rtol"])
                for scenario, times in zip(asked["scenarios"], asked["times"], strict=True)
            ],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
