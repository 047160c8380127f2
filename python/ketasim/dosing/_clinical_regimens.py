"""Named clinical regimens, each with its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from ketasim.catalogue._table import Table
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen


def _weekly(
    drug: str,
    amount: float,
    unit: str,
    route: str,
    starts: tuple[float, ...],
    weeks: int,
    at: float,
) -> tuple[Dose, ...]:
    return tuple(
        Dose(
            drug,
            amount,
            unit,
            route,
            start_h=at + s,
            interval_h=168.0 if weeks > 1 else 0.0,
            additional=weeks - 1,
        )
        for s in starts
    )


def _infusions(starts: tuple[float, ...], mg_per_kg: float = 0.5) -> Regimen:
    return Regimen(
        tuple(
            Dose("ketamine", mg_per_kg, "mg/kg", "iv", start_h=s, duration_h=40 / 60)
            for s in starts
        )
    )


def _esketamine_course(mg: float) -> Regimen:
    """Induction twice weekly for 4 weeks, weekly for 4, then every 2 weeks to week 16."""
    return Regimen(
        (
            *_weekly("esketamine", mg, "mg", "intranasal", (0.0, 72.0), 4, 0.0),
            *_weekly("esketamine", mg, "mg", "intranasal", (0.0,), 4, 672.0),
            Dose(
                "esketamine", mg, "mg", "intranasal", start_h=1344.0, interval_h=336.0, additional=3
            ),
        )
    )


def _oral_titration() -> Regimen:
    """Weekly oral steps from 0.5 to 2.0 mg/kg, twice weekly, over 6 weeks."""
    steps = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
    return Regimen(
        tuple(
            dose
            for week, amount in enumerate(steps)
            for dose in _weekly("ketamine", amount, "mg/kg", "oral", (0.0, 72.0), 1, 168.0 * week)
        )
    )


def _daily(drug: str, mg: float, weeks: int) -> Regimen:
    return Regimen((Dose(drug, mg, "mg", "oral", interval_h=24.0, additional=7 * weeks - 1),))


def _single(drug: str, amount: float, unit: str, route: str) -> Regimen:
    return Regimen((Dose(drug, amount, unit, route),))


_NAMED: dict[str, tuple[str, str, Callable[[], Regimen]]] = {
    "ketamine_infusion": (
        "racemic ketamine 0.5 mg/kg iv over 40 min, once",
        "Zarate2006",
        lambda: _infusions((0.0,)),
    ),
    "ketamine_six_infusions": (
        "0.5 mg/kg iv over 40 min, three times a week for 2 weeks",
        "murrough2013_bp",
        lambda: _infusions((0.0, 48.0, 96.0, 168.0, 216.0, 264.0)),
    ),
    "esketamine_28": (
        "one nasal session of 28 mg",
        "spravato_label",
        lambda: _single("esketamine", 28.0, "mg", "intranasal"),
    ),
    "esketamine_induction_28": (
        "nasal 28 mg twice a week for 4 weeks",
        "spravato_label",
        lambda: Regimen.esketamine_induction(28.0),
    ),
    "esketamine_induction_56": (
        "nasal 56 mg twice a week for 4 weeks",
        "spravato_label",
        lambda: Regimen.esketamine_induction(56.0),
    ),
    "esketamine_induction_84": (
        "nasal 84 mg twice a week for 4 weeks",
        "spravato_label",
        lambda: Regimen.esketamine_induction(84.0),
    ),
    "esketamine_course_28": (
        "28 mg: induction, weekly optimisation to week 8, maintenance every 2 weeks to week 14",
        "spravato_label",
        lambda: _esketamine_course(28.0),
    ),
    "esketamine_course_56": (
        "56 mg: induction, weekly optimisation to week 8, maintenance every 2 weeks to week 14",
        "spravato_label",
        lambda: _esketamine_course(56.0),
    ),
    "esketamine_course_84": (
        "84 mg: induction, weekly optimisation to week 8, maintenance every 2 weeks to week 14",
        "spravato_label",
        lambda: _esketamine_course(84.0),
    ),
    "ketamine_oral_titration": (
        "oral 0.5 to 2.0 mg/kg twice a week, one step a week for 6 weeks (EDEN-like)",
        "eden2025",
        _oral_titration,
    ),
    "ketamine_im": (
        "0.5 mg/kg intramuscular, once",
        "thisModel",
        lambda: _single("ketamine", 0.5, "mg/kg", "im"),
    ),
    "ketamine_sc": (
        "0.7 mg/kg subcutaneous, once (a dose of the twice-weekly KADS course)",
        "loo2023",
        lambda: _single("ketamine", 0.7, "mg/kg", "sc"),
    ),
    "ketamine_sl": (
        "25 mg sublingual wafer, once",
        "Rolan2014",
        lambda: _single("ketamine", 25.0, "mg", "sublingual"),
    ),
    "escitalopram_daily": (
        "10 mg by mouth every day for 8 weeks",
        "EscLabel",
        lambda: _daily("escitalopram", 10.0, 8),
    ),
}


def named(name: str) -> Regimen | None:
    """A named regimen, or None if there is none of this name."""
    key = name.strip()
    if key not in _NAMED:
        return None
    _, source, make = _NAMED[key]
    return replace(make(), name=key, source=source)


@cache
def regimens() -> Table:
    """Named regimens: name, description, source; use a name wherever a regimen is read."""
    from ketasim.catalogue._sources import all_sources

    rows = [
        {
            "name": name,
            "description": description,
            "source_key": source,
            "source": str(all_sources()[source]) if source in all_sources() else "typical use",
            "doses": sum(d.additional + 1 for d in make().doses),
        }
        for name, (description, source, make) in _NAMED.items()
    ]
    return Table(rows, "regimen", ("name", "doses", "description", "source_key"))
