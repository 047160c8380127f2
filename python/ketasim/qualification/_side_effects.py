"""Baselines for side effects: the value at control visits, and means by class of dose and time.

control only
    The mean of a readout over the placebo arms (all arms where no placebo arm was read).
statistical MBMA
    The mean by class of dose (placebo, low, higher) and time bin (up to 1.5 h or a maximum, later), drawn
    to the mean of the readout with the weight of one row.

Means are those of the calibrate rows, of logits for shares and of logarithms for times.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from ketasim.evidence._records import Evidence, Observation
from ketasim.evidence.vocabulary import SIDE_EFFECTS
from ketasim.observation._intervals import N_UNKNOWN
from ketasim.qualification._residuals import Residual, estimate

#: Amounts up to these count as low, by unit; a bath or a clamp counts as higher.
LOW_DOSE = {"mg/kg": 0.3, "mg": 30.0}
EARLY_H = 1.5
#: Rows by which a cell is drawn to the mean of its readout.
PRIOR_ROWS = 1.0


def side_effects_baseline(
    fitted_to: Evidence,
    evidence: Evidence,
    rows: Iterable[Observation],
    name: Literal["control only", "statistical MBMA"],
) -> tuple[list[Residual], dict[str, float]]:
    """Return predictions of side effects by a baseline, and its sigma by kind.

    Parameters
    ----------
    fitted_to : Evidence
        Whose calibrate rows the baseline is fitted to.
    evidence : Evidence
        With the arms of the rows.
    rows : iterable of Observation
        To be predicted.
    name : {'control only', 'statistical MBMA'}
    """
    known = [
        o
        for o in fitted_to.observations
        if o.area == SIDE_EFFECTS
        and o.statistic != "sign"
        and o.role == "calibrate"
        and o.weight > 0.0
    ]

    def predict(o: Observation, of: Evidence) -> Residual:
        alike = [k for k in known if _quantity(k) == _quantity(o)]
        cell = _cell(of, o)
        return Residual(o, of.arms[o.arm_id], _back(o, _mean(fitted_to, o, cell, alike, name)))

    return (
        [predict(o, evidence) for o in rows],
        estimate([predict(o, fitted_to) for o in known]),
    )


def _quantity(o: Observation) -> tuple[str, bool, bool]:
    """What is averaged: a readout, its time of peak, or a share of patients by it."""
    return o.readout, o.unit == "h", o.statistic == "fraction"


def _mean(
    evidence: Evidence,
    o: Observation,
    cell_of_row: tuple[str, bool],
    alike: Sequence[Observation],
    name: str,
) -> float:
    if not alike:
        return -2.0 if o.statistic == "fraction" else 0.0
    overall = _average(evidence, alike)
    if name == "control only":
        placebo = [k for k in alike if _dose_class(evidence, k) == "placebo"]
        return _average(evidence, placebo) if placebo else overall
    cell = [k for k in alike if _cell(evidence, k) == cell_of_row]
    weight = sum(k.weight for k in cell)
    drawn = PRIOR_ROWS * overall + (weight * _average(evidence, cell) if cell else 0.0)
    return drawn / (PRIOR_ROWS + weight)


def _average(evidence: Evidence, rows: Sequence[Observation]) -> float:
    total = sum(k.weight for k in rows)
    return sum(k.weight * _forward(evidence, k) for k in rows) / total


def _forward(evidence: Evidence, o: Observation) -> float:
    if o.statistic == "fraction":
        n = o.n or evidence.arms[o.arm_id].n or N_UNKNOWN
        share = (o.value * n + 0.5) / (n + 1.0)
        return math.log(share / (1.0 - share))
    return math.log(o.value) if o.unit == "h" else o.value


def _back(o: Observation, mean: float) -> float:
    if o.statistic == "fraction":
        return 1.0 / (1.0 + math.exp(-mean))
    return math.exp(mean) if o.unit == "h" else mean


def _cell(evidence: Evidence, o: Observation) -> tuple[str, bool]:
    early = o.statistic in ("max", "fraction") or o.time_h <= EARLY_H
    return _dose_class(evidence, o), early


def _dose_class(evidence: Evidence, o: Observation) -> str:
    first = evidence.regimens[evidence.arms[o.arm_id].regimen_id][0]
    if first.drug == "placebo" or first.amount == 0.0:
        return "placebo"
    return "low" if first.amount <= LOW_DOSE.get(first.amount_unit, 0.0) else "higher"
