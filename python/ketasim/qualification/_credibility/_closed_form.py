"""Pharmacokinetics of ketamine in closed form, written again from the equations of the model page.

The equations are linear, so their solution is a matrix exponential. Nothing here uses the compiled
core but the values of parameters: an error in the core does not repeat itself here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np

from ketasim._arrays import FloatArray

#: Molar masses [g/mol], as the model page states them; independent of the core on purpose.
KETAMINE, NORKETAMINE, HYDROXYNORKETAMINE = 237.73, 223.70, 239.70

Way: TypeAlias = Literal["vein", "muscle", "gut"]

#: Compartments of one enantiomer, and a constant input.
NAMES = ("A1", "A2", "A3", "Ah", "depot", "Cv1", "Cv2", "At", "Ank", "Anp", "Ahk", "Ahp", "input")
AT = {name: k for k, name in enumerate(NAMES)}


def exponential(matrix: FloatArray) -> FloatArray:
    """Return the matrix exponential by scaling, a Taylor series and squaring."""
    squarings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(axis=1).max(), 1e-300)))) + 2)
    scaled = matrix / 2.0**squarings
    term = total = np.eye(len(matrix))
    for k in range(1, 19):  # terms below 0.25^18 / 18! are below rounding
        term = term @ scaled / k
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total


def rates(p: Mapping[str, float], side: str, way: Way) -> FloatArray:
    """Return the matrix of the equations of one enantiomer (side 'S' or 'R')."""
    m = np.zeros((len(NAMES), len(NAMES)))

    def flow(source: str, target: str, rate: float) -> None:
        m[AT[source], AT[source]] -= rate
        if target:
            m[AT[target], AT[source]] += rate

    def form(source: str, target: str, rate: float) -> None:
        m[AT[target], AT[source]] += rate

    for other, flow_rate, volume in (
        ("A2", p["Q2"], p["V2"]), ("A3", p["Q3"], p["V3"]), ("Ah", p["Qh"], p["Vh"]),
    ):  # fmt: skip
        flow("A1", other, flow_rate / p["V1"])
        flow(other, "A1", flow_rate / volume)
    hepatic = p[f"CLint_{side}"] / p["Vh"]
    flow("Ah", "", hepatic)
    form("Ah", "At", p["fm_NK"] * hepatic)
    flow("At", "Ank", p["ktr_NK"])
    cleared = p[f"CLn_{side}"] / p["Vn"]
    flow("Ank", "", cleared)
    form("Ank", "Ahk", p["fh_HNK"] * cleared)
    flow("Ank", "Anp", p["Qn"] / p["Vn"])
    flow("Anp", "Ank", p["Qn"] / p["Vpn"])
    flow("Ahk", "", p[f"CLh_{side}"] / p["Vhnk"])
    flow("Ahk", "Ahp", p["Qhnk"] / p["Vhnk"])
    flow("Ahp", "Ahk", p["Qhnk"] / p["Vphnk"])
    for branch, k in (("Cv1", p["k_v1"]), ("Cv2", p["k_v2"])):
        m[AT[branch], AT["A1"]] += k / p["V1"]
        m[AT[branch], AT[branch]] -= k
    if way == "muscle":
        flow("depot", "A1", p["ka_im"])
    elif way == "gut":
        flow("depot", "", p["ka_po"])
        form("depot", "Ah", p["F_gut"] * p["ka_po"])
        form("depot", "At", p["fm_gut"] * (1.0 - p["F_gut"]) * p["ka_po"])
    return m


def levels(
    p: Mapping[str, float], dose_mg: float, way: Way, duration_h: float, times: FloatArray
) -> dict[str, FloatArray]:
    """Return plasma levels after one dose of racemic ketamine to a subject of the reference weight.

    Parameters
    ----------
    p : mapping of str to float
        Parameters of the module pharmacokinetics by their short names.
    dose_mg : float
    way : {'vein', 'muscle', 'gut'}
        Intravenous, intramuscular, or swallowed in solution.
    duration_h : float
        Of an intravenous infusion; 0 for a bolus. The duration of an oral dose is ``D_po``.
    times : ndarray
        Times after the start [h].

    Returns
    -------
    dict of str to ndarray
        Levels by readout [ng/mL].
    """
    half = 0.5 * dose_mg * 1000.0 / KETAMINE
    length = p["D_po"] if way == "gut" else duration_h
    target = "A1" if way == "vein" else "depot"
    amounts = []
    for side in ("S", "R"):
        after = rates(p, side, way)
        start = np.zeros(len(NAMES))
        if length > 0.0:
            during = after.copy()
            during[AT[target], AT["input"]] = half / length
            start[AT["input"]] = 1.0
        else:
            start[AT[target]] = half * (p["F_im"] if way == "muscle" else 1.0)
            during = after
        at_end = exponential(during * length) @ start

        def state(
            t: float,
            start: FloatArray = start,
            at_end: FloatArray = at_end,
            during: FloatArray = during,
            after: FloatArray = after,
        ) -> FloatArray:
            if t <= length:
                return exponential(during * t) @ start
            return exponential(after * (t - length)) @ at_end

        amounts.append(np.array([state(float(t)) for t in times]))
    s, r = amounts
    both = s + r
    venous = p["f_v"] * both[:, AT["Cv1"]] + (1.0 - p["f_v"]) * both[:, AT["Cv2"]]
    return {
        "ketamine_arterial": KETAMINE * both[:, AT["A1"]] / p["V1"],
        "ketamine_venous": KETAMINE * venous,
        "norketamine_venous": NORKETAMINE * both[:, AT["Ank"]] / p["Vn"],
        "hnk_venous": HYDROXYNORKETAMINE * both[:, AT["Ahk"]] / p["Vhnk"],
    }
