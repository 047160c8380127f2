"""Named clinical regimens as rows: name, description, source, and the text of the regimen.

The text is read by `Regimen.parse`, like that of a user.
"""

from __future__ import annotations

from typing import NamedTuple


class NamedRegimen(NamedTuple):
    """One named regimen; ``source_key`` is a key of the table of sources."""

    description: str
    source_key: str
    text: str


def _esketamine_induction(mg: int) -> NamedRegimen:
    return NamedRegimen(
        f"nasal {mg} mg twice a week for 4 weeks",
        "spravato_label",
        f"esketamine {mg} mg intranasal twice weekly for 4 weeks",
    )


def _esketamine_course(mg: int) -> NamedRegimen:
    return NamedRegimen(
        f"{mg} mg: induction, weekly optimisation to week 8, maintenance every 2 weeks to week 14",
        "spravato_label",
        f"esketamine {mg} mg intranasal twice weekly for 4 weeks; "
        f"esketamine {mg} mg intranasal weekly x 4 from 28 d; "
        f"esketamine {mg} mg intranasal every 2 wk x 4 from 56 d",
    )


CLINICAL_REGIMENS: dict[str, NamedRegimen] = {
    "ketamine_infusion": NamedRegimen(
        "racemic ketamine 0.5 mg/kg iv over 40 min, once",
        "Zarate2006",
        "ketamine 0.5 mg/kg iv over 40 min",
    ),
    "ketamine_six_infusions": NamedRegimen(
        "0.5 mg/kg iv over 40 min, three times a week for 2 weeks",
        "murrough2013_bp",
        "ketamine 0.5 mg/kg iv over 40 min thrice weekly for 2 weeks",
    ),
    "esketamine_28": NamedRegimen(
        "one nasal session of 28 mg", "spravato_label", "esketamine 28 mg intranasal"
    ),
    "esketamine_induction_28": _esketamine_induction(28),
    "esketamine_induction_56": _esketamine_induction(56),
    "esketamine_induction_84": _esketamine_induction(84),
    "esketamine_course_28": _esketamine_course(28),
    "esketamine_course_56": _esketamine_course(56),
    "esketamine_course_84": _esketamine_course(84),
    "ketamine_oral_titration": NamedRegimen(
        "oral 0.5 to 2.0 mg/kg twice a week, one step a week for 6 weeks (EDEN-like)",
        "eden2025",
        "; ".join(
            f"ketamine {mg_per_kg} mg/kg oral twice weekly for 1 wk from {7 * week} d"
            for week, mg_per_kg in enumerate((0.5, 0.75, 1.0, 1.25, 1.5, 2.0))
        ),
    ),
    "ketamine_im": NamedRegimen(
        "0.5 mg/kg intramuscular, once", "thisModel", "ketamine 0.5 mg/kg im"
    ),
    "ketamine_sc": NamedRegimen(
        "0.7 mg/kg subcutaneous, once (a dose of the twice-weekly KADS course)",
        "loo2023",
        "ketamine 0.7 mg/kg sc",
    ),
    "ketamine_sl": NamedRegimen(
        "25 mg sublingual wafer, once", "Rolan2014", "ketamine 25 mg sublingual"
    ),
    "escitalopram_daily": NamedRegimen(
        "10 mg by mouth every day for 8 weeks",
        "EscLabel",
        "escitalopram 10 mg oral daily for 8 weeks",
    ),
}
