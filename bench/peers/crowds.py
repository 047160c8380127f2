"""E1 called from Python: many subjects at once, beside diffrax."""

from __future__ import annotations

from typing import Any

import e1
from measure import PATIENCE, TARGETS, Results, Timed
from table import error, micro, table

MEMBERS = 256
#: It takes hundreds of times longer, and its time per subject is that of a part of them.
MEMBERS_OF_DIFFRAX = 32
RTOLS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
OURS = "ketasim"
AIM = 30.0


def measured(rounds: int) -> dict[str, Any]:
    """Every number of this case, for --json."""
    import peer_diffrax

    subjects, few = e1.Subjects(MEMBERS), e1.Subjects(MEMBERS_OF_DIFFRAX)
    try:
        crowd = peer_diffrax.Crowd(few)
    except Exception as why:  # noqa: BLE001  # a rival that does not work is reported, not fatal
        return {"failure": f"{type(why).__name__}: {why}"}
    who = f"diffrax {crowd.method}, vmap"
    timed: list[Timed] = []
    for number in range(-1, rounds):  # the first is to warm up
        done = 0.0
        for rtol in RTOLS:
            seconds, failed = subjects.by_ketasim(rtol)
            timed.append(
                _timed(OURS, number, rtol, seconds, subjects.errors_of_ours(rtol), MEMBERS, failed)
            )
            if rtol < done:
                continue
            y, took, failed = crowd.solve(rtol)
            if took > PATIENCE:
                done = rtol
            timed.append(_timed(who, number, rtol, took / few.n, few.errors(y), few.n, failed))
    return {
        "timed": [vars(t) for t in timed if t.round >= 0],
        "compiled": crowd.compiled,
    }


def _timed(
    who: str,
    number: int,
    rtol: float,
    seconds: float,
    errors: tuple[float, float],
    of: int,
    failed: int,
) -> Timed:
    return Timed(
        "E1", who, number, rtol, failed == 0, seconds, *errors, {"members": of, "failed": failed}
    )


def results(found: dict[str, Any]) -> Results:
    """What was measured; nothing where diffrax is not installed or failed."""
    return Results((Timed(**row) for row in found.get("timed", ())), OURS)


def section(found: dict[str, Any]) -> str:
    said = results(found)
    if not said.cases:
        why = found.get("failure", "diffrax is not installed")
        return f"Called from Python, beside diffrax: not run ({why})."
    rows: list[tuple[str, ...]] = []
    for who in said.contestants("E1"):
        times = [said.time("E1", who, target) for target in TARGETS]
        ratio = None if who == OURS else said.ratio("E1", who, 1e-5)
        runs = [run for rtol in RTOLS for run in said.at_rtol("E1", who, rtol)]
        failed = sum(run.counts["failed"] for run in runs)
        rows.append(
            (
                who,
                *("not reached" if t is None else micro(t) for t in times),
                "" if ratio is None else str(ratio),
                f"{failed} of {sum(run.counts['members'] for run in runs)}",
            )
        )
    head = ("", *(f"RMS {error(e)}" for e in TARGETS), "times as long at RMS 1e-5", "failed")
    return (
        f"Called from Python (E1, µs a subject, one thread): ketasim's `simulate_population` of {MEMBERS} "
        f"subjects, state before treatment and readouts included, beside diffrax over the first "
        f"{MEMBERS_OF_DIFFRAX} at once, which is given the states before treatment and was compiled in "
        f"{found['compiled']:.0f} s. Kvaerno3, since in S1 it is the faster of diffrax's stiff methods; sample "
        f"times from its continuous extension. Aim: diffrax takes at least {AIM:g} times as long.\n\n"
        + table(head, rows)
    )
