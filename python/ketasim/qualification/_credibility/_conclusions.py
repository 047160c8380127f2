"""Headline conclusions of the model, and what they rest on: ranges, derivatives and random draws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.catalogue import possible_range
from ketasim.catalogue._model_tables import parameters, variants
from ketasim.catalogue._vocabulary import BLOCKS
from ketasim.dosing import Dose, block
from ketasim.population import simulate_population
from ketasim.population._draws import standard_normal
from ketasim.qualification._credibility._content import Check, Grid, number
from ketasim.scenario import Scenario

#: Arms from which the conclusions are computed: regimen and trial context.
INFUSION = ("ketamine 0.5 mg/kg iv over 40 min", "midazolam")
CONTROL = ("placebo iv", "midazolam")
SPRAY = ("esketamine 84 mg intranasal", "nasal_placebo")
SPRAY_CONTROL = ("placebo intranasal", "nasal_placebo")
DAILY = ("escitalopram 10 mg oral every 24 h x 42", "oral_ad")
DAILY_CONTROL = ("placebo oral", "oral_ad")

#: Conclusions that are differences, with a sign that means something.
DIFFERENCES = ("day_1", "day_7", "spray", "ssri")

HOURS = np.concatenate([np.arange(0.0, 24.1, 0.25), [168.0]])
DAYS = 24.0 * np.arange(0.0, 43.0)

#: Random draws; a probability of a half is then known to 1.6 per cent.
DRAWS, SEED = 1000, 20260101
#: Parameters that are shown for each conclusion.
SHOWN = 12
#: 97.5 % point of the normal distribution.
Z = 1.959963984540054


@dataclass(frozen=True)
class Conclusion:
    """A number that the model is asked for.

    Parameters
    ----------
    key, name, unit : str
    values : ndarray
        The typical value first; then one for each parameter set that was asked for.
    """

    key: str
    name: str
    unit: str
    values: FloatArray


def conclusions(
    changes: Mapping[str, FloatArray],
    n: int,
    variant: str | None = None,
    blocks: tuple[Dose, ...] = (),
) -> tuple[Conclusion, ...]:
    """Compute the conclusions for the typical subject and n further parameter sets.

    Parameters
    ----------
    changes : mapping of str to ndarray, shape (n,)
        Parameters by name; all others are typical.
    n : int
    variant : str, optional
        Another circuit.
    blocks : tuple of Dose
        Tool compounds in every arm.
    """
    table = parameters()
    columns = {
        name: np.concatenate([[float(table[name]["value"])], values])
        for name, values in changes.items()
    }

    def of(arm: tuple[str, str], readouts: Sequence[str], times: FloatArray) -> Any:
        return simulate_population(
            Scenario(arm[0], context=arm[1], variant=variant, interventions=blocks), n + 1, parameters=columns, readouts=readouts,
            t_eval=times, progress=False,
        )  # fmt: skip

    drug, control = (
        of(INFUSION, ["madrs_change", "cadss"], HOURS),
        of(CONTROL, ["madrs_change"], HOURS),
    )
    difference = drug["madrs_change"] - control["madrs_change"]
    day, week = np.flatnonzero(HOURS == 24.0)[0], np.flatnonzero(HOURS == 168.0)[0]
    spray, spray_control = (
        of(arm, ["madrs_change"], np.array([24.0]))["madrs_change"][:, 0]
        for arm in (SPRAY, SPRAY_CONTROL)
    )
    daily, daily_control = (
        of(arm, ["madrs_change"], DAYS)["madrs_change"] for arm in (DAILY, DAILY_CONTROL)
    )
    slow = daily - daily_control
    return (
        Conclusion("day_1", "Ketamine against midazolam after 24 h", "MADRS points", difference[:, day]),
        Conclusion("day_7", "Ketamine against midazolam after 7 days", "MADRS points", difference[:, week]),
        Conclusion(
            "onset", "Hours until half of the 24-h difference", "h",
            _time_of_half(HOURS[: day + 1], difference[:, : day + 1]),
        ),
        Conclusion("cadss", "Peak of dissociation", "CADSS points", drug["cadss"].max(axis=1)),
        Conclusion("spray", "Esketamine spray against placebo spray after 24 h", "MADRS points", spray - spray_control),
        Conclusion("ssri", "Escitalopram against placebo after 6 weeks", "MADRS points", slow[:, -1]),
        Conclusion("ssri_onset", "Days until half of the 6-week difference of escitalopram", "d", _time_of_half(DAYS / 24.0, slow)),
    )  # fmt: skip


def _time_of_half(t: FloatArray, y: FloatArray) -> FloatArray:
    """Return when each row first reaches half of its last value; NaN without an effect."""
    found = np.full(len(y), math.nan)
    for i, row in enumerate(y):
        goal = 0.5 * row[-1]
        if not np.isfinite(row).all() or abs(row[-1]) < 0.01:
            continue
        reached = np.flatnonzero(row * np.sign(goal) >= abs(goal))
        k = int(reached[0])
        if k == 0:
            found[i] = t[0]
        else:
            part = (goal - row[k - 1]) / (row[k] - row[k - 1])
            found[i] = t[k - 1] + part * (t[k] - t[k - 1])
    return found


@dataclass(frozen=True)
class Swing:
    """What a parameter at the ends of its plausible range does to a conclusion."""

    parameter: str
    grade: str
    description: str
    at_low: float
    at_high: float

    @property
    def size(self) -> float:
        return abs(self.at_high - self.at_low)


@cache
def one_at_a_time() -> tuple[tuple[Conclusion, tuple[Swing, ...]], ...]:
    """Every parameter alone at the low and at the high end of its plausible range, largest first."""
    rows = list(parameters())
    n = 2 * len(rows)
    columns = {}
    for k, row in enumerate(rows):
        column = np.full(n, float(row["value"]))
        column[2 * k], column[2 * k + 1] = row["low"], row["high"]
        columns[row["name"]] = column
    found = []
    for conclusion in conclusions(columns, n):
        swings = [
            Swing(
                row["name"], row["grade"], row["description"],
                float(conclusion.values[1 + 2 * k]), float(conclusion.values[2 + 2 * k]),
            )
            for k, row in enumerate(rows)
        ]  # fmt: skip
        swings = [s for s in swings if math.isfinite(s.size)]
        found.append((conclusion, tuple(sorted(swings, key=lambda s: -s.size))))
    return tuple(found)


@dataclass(frozen=True)
class Spread:
    """A conclusion over random draws of all parameters.

    Parameters
    ----------
    conclusion : Conclusion
    quantiles : tuple of float
        5, 50 and 95 % of the draws.
    n : int
        Draws with a value.
    same_sign : float
        Share of them on the same side of 0 as the typical value.
    ranks : tuple of (str, str, float)
        Parameter, grade and rank correlation with the conclusion, largest first.
    by_grade : mapping of str to float
        Share of the squared rank correlations that belongs to parameters of each grade.
    """

    conclusion: Conclusion
    quantiles: tuple[float, float, float]
    n: int
    same_sign: float
    ranks: tuple[tuple[str, str, float], ...]
    by_grade: Mapping[str, float]


def draws(n: int = DRAWS, seed: int = SEED) -> dict[str, FloatArray]:
    """Draw all parameters from their plausible ranges.

    The median is the value of the model. 2.5 and 97.5 % lie at the ends of the range, on a
    logarithmic scale where the range is above 0. Parameters are drawn independently.
    """
    rows = list(parameters())
    z = standard_normal(range(n), len(rows), seed)
    found = {}
    for k, row in enumerate(rows):
        value, low, high = (float(row[name]) for name in ("value", "low", "high"))
        above = z[:, k] > 0.0
        if low > 0.0:
            spread = np.where(above, math.log(high / value), math.log(value / low))
            drawn = value * np.exp(spread * z[:, k] / Z)
        else:
            drawn = value + np.where(above, high - value, value - low) * z[:, k] / Z
        found[row["name"]] = np.clip(drawn, *possible_range(row))
    return found


@cache
def random_draws() -> tuple[Spread, ...]:
    """Conclusions over random draws of all parameters together."""
    columns = draws()
    grades = {row["name"]: row["grade"] for row in parameters()}
    found = []
    for conclusion in conclusions(columns, DRAWS):
        values = conclusion.values[1:]
        finite = np.isfinite(values)
        y = _ranks(values[finite])
        ranks = []
        for name, column in columns.items():
            x = column[finite]
            r = float(np.corrcoef(_ranks(x), y)[0, 1]) if np.ptp(x) > 0.0 else 0.0
            ranks.append((name, grades[name], r))
        ranks.sort(key=lambda item: -abs(item[2]))
        # A correlation by chance has a standard deviation of 1 / sqrt(n).
        noise = 1.0 / int(finite.sum())
        excess = {name: max(r * r - noise, 0.0) for name, _, r in ranks}
        total = sum(excess.values()) or 1.0
        by_grade = {
            grade: sum(v for name, v in excess.items() if grades[name] == grade) / total
            for grade in sorted(set(grades.values()))
        }
        q = np.quantile(values[finite], (0.05, 0.5, 0.95))
        typical = conclusion.values[0]
        found.append(
            Spread(
                conclusion, (float(q[0]), float(q[1]), float(q[2])), int(finite.sum()),
                float(np.mean(np.sign(values[finite]) == np.sign(typical))), tuple(ranks), by_grade,
            )
        )  # fmt: skip
    return tuple(found)


def _ranks(values: FloatArray) -> FloatArray:
    order: FloatArray = np.argsort(np.argsort(values)).astype(np.float64)
    return order


#: Share by which a step is blocked, from half an hour before the first dose on for a day.
BLOCKED = 0.9


def other_structures() -> Grid:
    """Conclusions under the variants of the model."""
    columns = {"the model": conclusions({}, 0)} | {
        name: conclusions({}, 0, variant=name) for name in variants().names
    }
    return Grid(
        "Conclusions under other structures",
        ("conclusion", "unit", *columns),
        tuple(
            (c.name, c.unit, *(_shown(found[k].values[0]) for found in columns.values()))
            for k, c in enumerate(columns["the model"])
        ),
    )


def without_a_step() -> Grid:
    """The first conclusions with one step of the mechanism blocked in both arms."""
    rows = [("nothing", conclusions({}, 0))]
    rows += [(name, conclusions({}, 0, blocks=(block(name, BLOCKED),))) for name in BLOCKS]
    keys = ("day_1", "day_7", "cadss")
    names = [c.name for c in rows[0][1] if c.key in keys]
    return Grid(
        f"Conclusions with one step blocked by {100 * BLOCKED:g} % for a day, in both arms",
        ("blocked", *names),
        tuple(
            (name, *(f"{_shown(c.values[0])} {c.unit}" for c in found if c.key in keys))
            for name, found in rows
        ),
    )


def _shown(value: float) -> str:
    return number(float(value)) if math.isfinite(value) else "no effect"


def stability() -> Iterator[Check]:
    """Goals for the conclusions: the sign and the order do not hang on single parameters."""
    spreads = {s.conclusion.key: s for s in random_draws()}
    for key in DIFFERENCES:
        s = spreads[key]
        met = s.same_sign >= 0.95
        yield Check(
            f"Direction: {s.conclusion.name}",
            "in at least 95 % of the draws on the side of the typical value",
            f"{100 * s.same_sign:.1f} % of {s.n} draws",
            "met" if met else "not met",
        )
    for conclusion, swings in one_at_a_time():
        if conclusion.key not in DIFFERENCES:
            continue
        flips = [
            s.parameter for s in swings
            if min(s.at_low * conclusion.values[0], s.at_high * conclusion.values[0]) < 0.0
        ]  # fmt: skip
        yield Check(
            f"One parameter at a time: {conclusion.name}",
            "no parameter within its plausible range changes the sign",
            f"{len(flips)} of {len(swings)} parameters change it",
            "met" if not flips else "not met",
            ", ".join(flips),
        )
    wide = spreads["day_1"]
    low, mid, high = wide.quantiles
    yield Check(
        "Size: ketamine against midazolam after 24 h",
        "the 90 % range of the draws is narrower than a factor of 2 around their median",
        f"{number(low)} to {number(high)}, median {number(mid)} MADRS points",
        "met" if abs(low) <= 2.0 * abs(mid) and abs(high) >= 0.5 * abs(mid) else "not met",
    )
