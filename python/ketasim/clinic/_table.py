"""What clinics do: named programmes, each number with its source, in one table.

``read`` is what the source says. ``assumed`` is what had to be added, because the source does not say it
or it was not open to be read.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ketasim._wording.names import check_name
from ketasim.catalogue._sources import all_sources
from ketasim.catalogue._table import Table
from ketasim.clinic._programme import Programme
from ketasim.clinic._rules import (
    Ladder,
    RaiseUnlessImproved,
    SkipWhenImproved,
    StopUnlessImproved,
)
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen

DAY_H, WEEK_H = 24.0, 168.0


class _Entry(NamedTuple):
    description: str
    source_key: str
    read: str
    assumed: str
    programme: Programme


class _LeftOut(NamedTuple):
    programme: str
    reason: str


#: Published programmes that are not in the table, and why.
LEFT_OUT: tuple[_LeftOut, ...] = (
    _LeftOut(
        "NHS-style titration of infusions",
        "Oxford Health says that the dose is reviewed before each infusion and may go up or down, without "
        "steps; only the three infusions at 0.5 mg/kg are here.",
    ),
    _LeftOut(
        "oral ketamine 50 mg every 3 days, raised by 25 mg (Al Shirawi 2017)",
        "The abstract gives start and step; the highest dose and the rule of response and tolerability were "
        "not open to be read.",
    ),
    _LeftOut(
        "ketamine-assisted psychotherapy with personal doses of 0.3 to 1.0 mg/kg im",
        "A trial record gives the range; how a dose is chosen within it is not said.",
    ),
    _LeftOut(
        "a taper of its own before stopping",
        "No protocol with steps was found. The label's spacing from twice a week to every two weeks, and "
        "then nothing, is the nearest one: esketamine_space_and_stop.",
    ),
)


def _visits(*blocks: tuple[float, float, int]) -> tuple[float, ...]:
    """Return visits: blocks of first time [h], interval [h] and number."""
    return tuple(first + k * every for first, every, n in blocks for k in range(n))


def _twice_weekly(weeks: int) -> tuple[float, ...]:
    """Return visits as ``twice weekly`` in a regimen has them."""
    text = f"placebo oral twice weekly for {weeks} weeks"
    return _starts(Regimen.parse(text))


def _starts(regimen: Regimen) -> tuple[float, ...]:
    return tuple(sorted(t for dose in regimen.doses for t in dose.start_times))


def _of_regimen(name: str) -> Programme:
    """Return a named regimen as a programme without rules but its own steps."""
    regimen = Regimen.parse(name)
    given = sorted((t, d.amount, d) for d in regimen.doses for t in d.start_times)
    first: dict[float, Dose] = {}
    for _, amount, dose in given:
        first.setdefault(
            amount,
            Dose(dose.drug, amount, dose.unit, dose.route, duration_h=dose.duration_h),
        )
    amounts = list(first)
    steps = tuple(amounts.index(amount) for _, amount, _ in given)
    rules = (Ladder(steps),) if len(amounts) > 1 else ()
    return Programme(
        tuple(first.values()), tuple(t for t, *_ in given), rules, name=name, source=regimen.source
    )


def _therapy(start_h: float, hours: float) -> Dose:
    return Dose("psychotherapy", 1.0, "fraction", "target", start_h=start_h, duration_h=hours)


@cache
def _entries() -> dict[str, _Entry]:
    induction = _twice_weekly(4)
    kads = _twice_weekly(4)
    thrice = _starts(Regimen.parse("placebo iv thrice weekly for 2 weeks"))
    # Visit of the first dose of each week after the first.
    new_week = tuple(k for k, t in enumerate(kads) if t > 0.0 and t % WEEK_H == 0.0)
    return {
        "nhs_three_infusions": _Entry(
            "Oxford Health NHS: three weekly infusions of 0.5 mg/kg over 40 min",
            "oxford_health",
            "three infusions over three weeks on Mondays, 0.5 mg/kg over 40 min",
            "no change of the dose between infusions: the clinic reviews it, how is not said",
            Programme(["ketamine 0.5 mg/kg iv over 40 min"], _visits((0.0, WEEK_H, 3))),
        ),
        "iv_induction_and_maintenance": _Entry(
            "six infusions in two weeks; responders get four more, once a week",
            "phillips2019",
            "six infusions thrice weekly over 2 weeks; responders (MADRS 50 % lower) get four more once weekly",
            "0.5 mg/kg over 40 min: the abstract says subanaesthetic; response is judged a week after the "
            "sixth infusion, when the seventh would be due",
            Programme(
                ["ketamine 0.5 mg/kg iv over 40 min"],
                (*thrice, *_visits((thrice[-1] + WEEK_H, WEEK_H, 4))),
                [StopUnlessImproved(0.5, visit=len(thrice))],
            ),
        ),
        "eden_oral_titration": _Entry(
            "oral 0.5 to 2.0 mg/kg twice a week, one step a week for 6 weeks (EDEN)",
            "eden2025",
            "as in the trial record; the steps are those of the named regimen ketamine_oral_titration",
            "no step is left out for side effects",
            _of_regimen("ketamine_oral_titration"),
        ),
        "esketamine_label": _Entry(
            "label: 56 or 84 mg twice a week for 4 weeks, weekly for 4, then every week or every 2 weeks",
            "spravato_label",
            "day 1 56 mg, later 56 or 84 mg; twice weekly in weeks 1 to 4, weekly in weeks 5 to 8, from "
            "week 9 every 2 weeks or weekly, the least often that keeps remission or response",
            "84 mg where the rating is not 50 % lower at a visit of weeks 1 to 4; from week 9 a weekly "
            "dose is left out at 50 % improvement; week 16 is the last",
            Programme(
                ["esketamine 56 mg intranasal", "esketamine 84 mg intranasal"],
                (*induction, *_visits((4 * WEEK_H, WEEK_H, 12))),
                [
                    RaiseUnlessImproved(0.5, highest=1, at=tuple(range(1, len(induction)))),
                    SkipWhenImproved(0.5, visit=len(induction) + 4),
                ],
            ),
        ),
        "esketamine_space_and_stop": _Entry(
            "84 mg spaced from twice a week to every 2 weeks, and stopped after week 14",
            "spravato_label",
            "the frequencies of the label",
            "the stop: the label has none; the doses are those of the named regimen esketamine_course_84",
            _of_regimen("esketamine_course_84"),
        ),
        "kads_subcutaneous": _Entry(
            "subcutaneous 0.5 mg/kg twice a week for 4 weeks, raised to 0.6, 0.75 and 0.9 mg/kg (KADS)",
            "loo2023",
            "twice weekly for 4 weeks; 0.5 mg/kg, steps of 0.6, 0.75 and 0.9 mg/kg if not improved by 50 %",
            "the dose may be raised at the first visit of a week",
            Programme(
                [f"ketamine {dose} mg/kg sc" for dose in (0.5, 0.6, 0.75, 0.9)],
                kads,
                [RaiseUnlessImproved(0.5, highest=3, at=new_week)],
            ),
        ),
        "subcutaneous_titration": _Entry(
            "subcutaneous 0.1 to 0.5 mg/kg, one step of 0.1 mg/kg a week",
            "loo2016",
            "from 0.1 mg/kg in steps of 0.1 up to 0.5 mg/kg, sessions a week or more apart",
            "exactly a week apart, and no placebo session among them",
            Programme(
                [f"ketamine {dose} mg/kg sc" for dose in (0.1, 0.2, 0.3, 0.4, 0.5)],
                _visits((0.0, WEEK_H, 5)),
                [Ladder((0, 1, 2, 3, 4))],
            ),
        ),
        "kap_three_sessions": _Entry(
            "psychotherapy with three weekly doses of 0.75 mg/kg im, preparation and integration",
            "kap_feasibility_record",
            "three weekly intramuscular sessions of up to 0.75 mg/kg; preparation and integration visits of two hours",
            "one preparation the week before, integration the day after each dose; no second injection. A "
            "session is the model's therapy input, whose effect rests on one small trial",
            Programme(
                ["ketamine 0.75 mg/kg im"],
                _visits((0.0, WEEK_H, 3)),
                therapy=[
                    _therapy(-WEEK_H, 2.0),
                    *(_therapy(k * WEEK_H + DAY_H, 2.0) for k in range(3)),
                ],
            ),
        ),
    }  # fmt: skip


@cache
def programmes() -> Table:
    """Return the programmes of clinics that are known by name, with what their sources say.

    Returns
    -------
    Table
        Columns name, description, source_key, source, visits (their number), days (until the last
        visit), adaptive (whether ratings change doses), read (what the source says) and assumed (what had
        to be added).

    See Also
    --------
    ketasim.clinic.LEFT_OUT : Programmes that are not here, and why.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.programmes()["esketamine_label"]["adaptive"]
    True
    """
    known = all_sources()
    rows = [
        {
            "name": name,
            "description": row.description,
            "source_key": row.source_key,
            "source": str(known[row.source_key]),
            "visits": len(row.programme.visits_h),
            "days": row.programme.visits_h[-1] / DAY_H,
            "adaptive": any(not isinstance(rule, Ladder) for rule in row.programme.rules),
            "read": row.read,
            "assumed": row.assumed,
        }
        for name, row in _entries().items()
    ]
    return Table(rows, "programme", ("name", "visits", "days", "adaptive", "description"))


def programme(name: str) -> Programme:
    """Return a programme by its name.

    Parameters
    ----------
    name : str
        Of `programmes`.

    Returns
    -------
    Programme

    Raises
    ------
    UnknownNameError
        With the known names.

    Examples
    --------
    >>> from ketasim.clinic import programme
    >>> len(programme("kads_subcutaneous").levels)
    4
    """
    from dataclasses import replace

    check_name(name, _entries(), "programme")
    row = _entries()[name]
    return replace(row.programme, name=name, source=row.source_key)
