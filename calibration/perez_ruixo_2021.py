"""Typical subject of the population model of esketamine and noresketamine by Perez-Ruixo and others.

Perez-Ruixo C et al. Clin Pharmacokinet 2021;60:501-516, doi:10.1007/s40262-020-00953-4. Numbers are
those of its Table 3, as listed at
https://nlmixr2.github.io/nlmixr2lib/articles/PerezRuixo_2020_esketamine.html. They are for a subject
of 18 to 60 years who is not Asian; the authors found no effect of weight. The equations are those of
the model's description: three compartments of esketamine, a hepato-portal compartment, and two of
noresketamine.

The model is linear, so the compartments follow from a matrix exponential on an even grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

#: Table 3: volumes [L], flows [L/h], rates [1/h], durations [h], fractions.
TABLE_3 = SimpleNamespace(
    FRn=0.54,  # nasally absorbed fraction of the first 28 mg
    dose_on_FRn=0.62,  # multiplies FRn for each further 28 mg
    ka_n=2.93,
    Dsw=0.53,
    ka_sw=1.45,
    Dpo=0.32,
    ka_po=0.97,
    Fgut=0.64,
    Vc=192.0,
    Q1=84.3,
    Vp1=143.0,
    Q2=37.6,
    Vp2=417.0,
    Qh=151.0,
    Vh=101.0,
    kel=1.11,
    kmet=2.77,
    Vcn=70.0,
    CLn=38.0,
    Vpn=115.0,
    Q3=26.1,
)

#: Table 4, 18 to 60 years, not Asian: dose [mg]: maximum [ng/mL] and AUC from 0 to 24 h [ng h/mL] of
#: esketamine, and maximum of noresketamine [ng/mL]. The areas of noresketamine that Table 4 gives are
#: 1.4 times lower than those of Table 3 and cannot be rebuilt from it.
TABLE_4 = {28: (43.8, 147.3, 59.1), 56: (72.5, 254.7, 119.7), 84: (101.0, 362.2, 180.0)}

NASAL, SWALLOWED, ORAL, CENTRAL, FAST, DEEP, LIVER, NK, NK_DEEP = range(9)
STEP_H = 1 / 100  # so that the durations of Table 3 are whole numbers of steps
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """Concentrations in venous plasma [ng/mL] at times t [h]."""

    t: Array
    esketamine: Array
    noresketamine: Array

    def exposure(self) -> tuple[float, float, float, float]:
        """Maximum [ng/mL] and area [ng h/mL] of esketamine, then of noresketamine."""
        return (
            float(self.esketamine.max()),
            float(np.trapezoid(self.esketamine, self.t)),
            float(self.noresketamine.max()),
            float(np.trapezoid(self.noresketamine, self.t)),
        )


def rates() -> Array:
    """Rate matrix of the nine compartments [1/h]."""
    p = TABLE_3
    a = np.zeros((9, 9))

    def flow(source: int, to: int, rate: float) -> None:
        a[source, source] -= rate
        a[to, source] += rate

    flow(NASAL, CENTRAL, p.ka_n)
    flow(SWALLOWED, LIVER, p.ka_sw)
    flow(ORAL, LIVER, p.ka_po)
    for tissue, q, volume in ((FAST, p.Q1, p.Vp1), (DEEP, p.Q2, p.Vp2), (LIVER, p.Qh, p.Vh)):
        flow(CENTRAL, tissue, q / p.Vc)
        flow(tissue, CENTRAL, q / volume)
    flow(LIVER, NK, p.kmet)
    a[LIVER, LIVER] -= p.kel
    a[NK, NK] -= p.CLn / p.Vcn
    flow(NK, NK_DEEP, p.Q3 / p.Vcn)
    flow(NK_DEEP, NK, p.Q3 / p.Vpn)
    return a


def simulate(route: str, mg: float, *, infusion_h: float = 0.0, until_h: float = 24.0) -> Course:
    """Course after one dose by route 'iv', 'oral' or 'intranasal'.

    Nasal doses are whole numbers of 28 mg and enter at once, as the authors fitted them: FRn is that
    of all sprays together.
    """
    p = TABLE_3
    steps = round(until_h / STEP_H)
    start = np.zeros(9)
    inputs = np.zeros((steps + 1, 9))

    def spread(compartment: int, amount: float, duration: float) -> None:
        # The last step takes what is left, so the amount is exact.
        left = np.clip(duration / STEP_H - np.arange(steps + 1), 0.0, 1.0)
        inputs[:, compartment] += amount / duration * left

    if route == "iv":
        spread(CENTRAL, mg, infusion_h)
    elif route == "oral":
        spread(ORAL, mg * p.Fgut, p.Dpo)
    elif route == "intranasal":
        sprays = mg / 28.0
        absorbed = p.FRn * (1.0 + (sprays - 1.0) * p.dose_on_FRn) / sprays
        start[NASAL] = mg * absorbed
        spread(SWALLOWED, mg * (1.0 - absorbed) * p.Fgut, p.Dsw)
    else:
        raise ValueError(f"route = {route!r}: give 'iv', 'oral' or 'intranasal'")
    # One step with a constant input: exp of the matrix that has the input as further states.
    both = np.zeros((18, 18))
    both[:9, :9], both[:9, 9:] = rates(), np.eye(9)
    step = expm(both * STEP_H)
    amounts = np.zeros((steps + 1, 9))
    amounts[0] = start
    for k in range(steps):
        amounts[k + 1] = step[:9, :9] @ amounts[k] + step[:9, 9:] @ inputs[k]
    return Course(
        np.arange(steps + 1) * STEP_H,
        1000.0 * amounts[:, CENTRAL] / p.Vc,
        1000.0 * amounts[:, NK] / p.Vcn,
    )
