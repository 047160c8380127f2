"""What a dose takes in steps, and how few steps it could take: counts, the same on every machine."""

from __future__ import annotations

import numpy as np
from table import table

import ketasim as ks

RTOLS = (1e-4, 1e-5, 1e-6)
DAYS = 28
#: Steps that a dose may take: an infusion and the week after it, a daily tablet.
INFUSION_AIM, TABLET_AIM = 100, 15
#: Where the best first step after a dose is looked for [h].
FIRST_STEPS = np.geomspace(1e-4, 6.0, 40)


def _attempts(regimen: str, end_h: float, rtol: float, first_step: float | None = None) -> int:
    run = ks.simulate(regimen, t_eval=[end_h], rtol=rtol, first_step=first_step)
    return run.n_steps + run.n_rejected


def _per_tablet(rtol: float, first_step: float | None = None) -> float:
    """Over days 3 to 28: the first tablets also meet a brain at rest."""
    few, all_of_them = (
        _attempts(f"escitalopram 10 mg oral every 24 h x {n}", 24.0 * n, rtol, first_step)
        for n in (2, DAYS)
    )
    return (all_of_them - few) / (DAYS - 2)


def section() -> str:
    rows = []
    for rtol in RTOLS:
        infusion = _attempts("ketamine 0.5 mg/kg iv over 40 min", 168.0, rtol)
        tablet = _per_tablet(rtol)
        best = min(_per_tablet(rtol, float(h)) for h in FIRST_STEPS)
        rows.append((f"{rtol:g}", str(infusion), f"{tablet:.1f}", f"{best:.1f}"))
    head = (
        "rtol",
        f"infusion and the week after it (aim ≤ {INFUSION_AIM})",
        f"daily tablet (aim ≤ {TABLET_AIM})",
        "daily tablet, the best of all first steps",
    )
    return (
        "Attempts, refused ones among them. After every dose the first step is chosen anew from the state that the dose left. "
        "The last column is what no choice of it, a running step among them, could better: the best of "
        f"{len(FIRST_STEPS)} first steps for all tablets, each tried. What is left is accuracy: a tablet is absorbed within hours and "
        "moves everything it reaches once a day.\n\n" + table(head, rows)
    )
