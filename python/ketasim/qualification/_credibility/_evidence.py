"""Validation, applicability and known failures, from the evidence tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from ketasim.catalogue._vocabulary import DRUG_FACTS, ROUTE_FACTS
from ketasim.evidence import Arm, Evidence, Observation
from ketasim.evidence.vocabulary import AREAS, CLINICAL, ROLES
from ketasim.qualification._credibility._content import Check, Grid, all_of, number, share
from ketasim.qualification._known_disagreements import known_disagreements
from ketasim.qualification._scoring import LEVELS, Record
from ketasim.qualification._text_tables import has_score, log_scores
from ketasim.qualification._validate import Validation

NONE = "not scored"

#: Fewest rows whose coverage can be judged.
FEWEST = 5

DIRECTIONS = {-1.0: "fall", 0.0: "no change", 1.0: "rise"}

#: Chance that a calibrated model misses the goal for coverage.
CHANCE = 0.05


def scored(records: Iterable[Record], area: str, role: str) -> list[Record]:
    """Return the scored rows of an area and a role that have a predictive distribution."""
    return [
        r for r in records
        if r.area == area and r.role == role and has_score(r)
    ]  # fmt: skip


def coverage(rows: Sequence[Record], level: int) -> int:
    """Count rows inside their prediction interval."""
    return sum(getattr(r, f"lo{level}") <= r.value <= getattr(r, f"hi{level}") for r in rows)


def complete(validation: Validation) -> Iterator[Check]:
    """Every observation is predicted or has a reason."""
    wrong = [r.obs_id for r in validation.records if r.predicted is None and not r.reason]
    failed = [
        f"{r.obs_id}: {r.reason}"
        for r in validation.records
        if r.predicted is None and ("simulation failed" in r.reason or "refuses" in r.reason)
    ]
    n = len(validation.records)
    yield all_of("Evidence: every observation is predicted or has a reason", wrong, n, "all")
    yield all_of("Evidence: every arm could be simulated", failed, n, "all")


NAMES = ("model", "control only", "statistical MBMA")


def _log_scores(validation: Validation, area: str, role: str) -> tuple[float | None, ...]:
    """Return the log scores per row of the model and of the two baselines."""
    rows = scored(validation.records, area, role)
    trials = [t for t in validation.trials if t.role == role] if area == CLINICAL else []
    return log_scores(rows, trials) if rows else (None, None, None)


def goals(validation: Validation) -> Iterator[Check]:
    """Goals for the model, area by area: coverage, and a better score than the baselines."""
    for area in AREAS:
        for role in ROLES:
            rows = scored(validation.records, area, role)
            if len(rows) < FEWEST:
                continue
            inside = coverage(rows, 95)
            least = _least_inside(len(rows), 0.95)
            yield Check(
                f"Coverage: {area}, {role}",
                f"at least {least} of {len(rows)} rows inside their 95 % prediction interval (a "
                f"calibrated model falls below in {100 * CHANCE:g} % of samples)",
                share(inside, len(rows)),
                "met" if inside >= least else "not met",
            )
            model, *baselines = _log_scores(validation, area, role)
            others = [(k, v) for k, v in zip(NAMES[1:], baselines, strict=True) if v is not None]
            if model is None or not others:
                continue
            better = [f"{name} {number(v)}" for name, v in others if v > model]
            yield Check(
                f"Log score: {area}, {role}",
                "at least as high as both baselines",
                f"model {number(model)}; " + "; ".join(f"{name} {number(v)}" for name, v in others),
                "not met" if better else "met",
                f"higher: {', '.join(better)}" if better else "",
            )


def _least_inside(n: int, chance: float) -> int:
    """Return the 5 % quantile of a binomial number of n."""
    p = (1.0 - chance) ** n  # none inside
    total = 0.0
    for k in range(n + 1):
        total += p
        if total > CHANCE:
            return k
        p *= (n - k) / (k + 1) * chance / (1.0 - chance)
    return n


def validation_grids(validation: Validation) -> tuple[Grid, ...]:
    """Scores by area, role, model and baselines."""
    lines = []
    for area in AREAS:
        for role in ROLES:
            rows = scored(validation.records, area, role)
            judged = [
                r for r in validation.records if r.area == area and r.role == role and r.scored
            ]
            if not judged:
                continue
            own = share(sum(bool(r.within) for r in judged), len(judged))
            scores = [NONE if v is None else number(v) for v in _log_scores(validation, area, role)]
            covered = [
                f"{100 * coverage(rows, level) / len(rows):.0f} %" if rows else NONE
                for level in LEVELS
            ]
            lines.append((area, role, own, str(len(rows)), *scores, *covered))
    head = (
        *("area", "role", "inside the observation's own interval", "rows with a distribution"),
        *(f"log score: {name}" for name in NAMES),
        *(f"inside the {level} % prediction interval" for level in LEVELS),
    )
    fold_lines = []
    for role in ROLES:
        plasma = sorted(
            r.fold_error for r in validation.records
            if r.area == AREAS[0] and r.role == role and r.scored and r.fold_error is not None
        )  # fmt: skip
        if plasma:
            fold_lines.append((
                role, str(len(plasma)), number(float(np.median(plasma))),
                number(float(np.quantile(plasma, 0.9))),
                share(sum(f <= 2.0 for f in plasma), len(plasma)),
            ))  # fmt: skip
    folds = Grid(
        "Plasma levels: fold error (larger over smaller value)",
        ("role", "rows", "median", "90 % quantile", "within twofold"),
        tuple(fold_lines) or (("none", "0", NONE, NONE, NONE),),
    )
    return Grid("Scores by area", head, tuple(lines)), folds


# --- applicability ------------------------------------------------------------------------------------


def _given(evidence: Evidence, arm: Arm) -> set[tuple[str, str]]:
    return {(d.drug, d.route) for d in evidence.regimens.get(arm.regimen_id, ()) if d.amount > 0.0}


def by_route(evidence: Evidence) -> Grid:
    """Evidence by species, drug and route: studies, rows, doses, times."""
    rows_of: dict[str, list[Observation]] = {}
    for o in evidence.observations:
        if o.weight > 0.0:
            rows_of.setdefault(o.arm_id, []).append(o)
    groups: dict[tuple[str, str, str], list[Arm]] = {}
    for arm in evidence.arms.values():
        if arm.arm_id in rows_of:
            for drug, route in _given(evidence, arm):
                groups.setdefault((arm.species, drug, route), []).append(arm)
    lines = []
    for (species, drug, route), arms in sorted(groups.items()):
        observed = [o for arm in arms for o in rows_of[arm.arm_id]]
        amounts: dict[str, list[float]] = {}
        for arm in arms:
            for d in evidence.regimens[arm.regimen_id]:
                if (d.drug, d.route) == (drug, route) and d.amount > 0.0:
                    amounts.setdefault(d.amount_unit, []).append(d.amount)
        doses = ", ".join(
            f"{min(v):g} to {max(v):g} {unit}" if max(v) > min(v) else f"{v[0]:g} {unit}"
            for unit, v in sorted(amounts.items())
        )
        clinical = sum(o.area == CLINICAL for o in observed)
        latest = max((o.time_end_h or o.time_h) for o in observed)
        lines.append(
            (
                *(species, drug, route, doses, str(len({o.source_key for o in observed}))),
                *(str(len(observed)), str(clinical), f"{latest / 24.0:.3g} d"),
            )
        )
    return Grid(
        "Evidence by species, drug and route",
        ("species", "drug", "route", "amounts per record", "studies", "rows", "of them clinical", "latest time"),
        tuple(lines),
    )  # fmt: skip


def without_evidence(evidence: Evidence) -> Grid:
    """Drugs and routes that the model accepts in people without a single observation."""
    seen: set[tuple[str, str]] = set()
    for arm in evidence.arms.values():
        if arm.species == "human":
            seen |= _given(evidence, arm)
    lines = []
    for drug, facts in DRUG_FACTS.items():
        if facts["family"] == "placebo":  # no drug: a route needs no evidence of its own
            continue
        missing = [
            route for route in facts["routes"]
            if (drug, route) not in seen and ROUTE_FACTS[route]["site"] == "body"
        ]  # fmt: skip
        if missing:
            lines.append((drug, ", ".join(missing)))
    return Grid(
        "Extrapolation: accepted in people, without any observation in people",
        ("drug", "routes"),
        tuple(lines) or (("all drugs", "every route has an observation"),),
    )


def populations(evidence: Evidence) -> Grid:
    """Populations of the arms with observations."""
    used = {o.arm_id for o in evidence.observations if o.weight > 0.0}
    groups: dict[tuple[str, str], list[Arm]] = {}
    for arm in evidence.arms.values():
        if arm.arm_id in used:
            groups.setdefault((arm.species, arm.population), []).append(arm)
    lines = []
    for (species, population), arms in sorted(groups.items()):
        ages = [a.age_y for a in arms if a.age_y is not None]
        age = f"{_span(ages)} years{_of_arms(len(ages), len(arms))}" if ages else "not stated"
        contexts = Counter(a.context for a in arms)
        sizes = [a.n for a in arms if a.n is not None]
        lines.append(
            (
                *(species, population.replace("_", " "), str(len(arms))),
                f"{sum(sizes):g}{_of_arms(len(sizes), len(arms))}" if sizes else "not stated",
                age,
                ", ".join(f"{name} ({k})" for name, k in contexts.most_common()),
            )
        )
    return Grid(
        "Populations",
        ("species", "population", "arms", "subjects", "mean ages", "contexts (arms)"),
        tuple(lines),
    )


def _span(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g} to {high:g}" if high > low else f"{low:g}"


def _of_arms(stated: int, arms: int) -> str:
    """Say in how many arms a number is stated, if not in all."""
    return "" if stated == arms else f" (stated in {stated} of {arms} arms)"


# --- known failures -----------------------------------------------------------------------------------

#: Rows of the list of misses.
MOST_MISSES = 40


def misses(validation: Validation) -> tuple[Grid, ...]:
    """Observations that the model misses, furthest first, and studies by the share that it misses."""
    outside = [r for r in validation.records if r.scored and not r.within]
    outside.sort(key=lambda r: -abs(r.z) if r.z is not None else -np.inf)
    shown = [
        (
            r.source_key, r.arm_id, f"{r.readout}, {r.statistic}", _time(r),
            _value(r, r.value), _interval(r), _value(r, r.predicted or 0.0), r.role,
        )
        for r in outside[:MOST_MISSES]
    ]  # fmt: skip
    studies: dict[str, list[Record]] = {}
    for r in validation.records:
        if r.scored:
            studies.setdefault(r.source_key, []).append(r)
    worst = sorted(
        ((key, rows) for key, rows in studies.items() if sum(not r.within for r in rows) >= 2),
        key=lambda item: (-sum(not r.within for r in item[1]) / len(item[1]), item[0]),
    )
    return (
        Grid(
            f"Observations outside their interval: {len(outside)}, the {len(shown)} furthest",
            ("source", "arm", "what", "time", "observed", "its interval", "model", "role"),
            tuple(shown) or (("none",) * 8,),
        ),
        Grid(
            "Studies with at least two misses",
            ("source", "rows", "missed"),
            tuple(
                (key, str(len(rows)), share(sum(not r.within for r in rows), len(rows)))
                for key, rows in worst
            )
            or (("none", "0", "0"),),
        ),
    )


def _value(r: Record, value: float) -> str:
    if r.statistic == "sign":
        return DIRECTIONS[value]
    return number(value) if r.unit == "1" else f"{number(value)} {r.unit}"


def _time(r: Record) -> str:
    if r.time_end_h is not None:
        return f"{r.time_h:g} to {r.time_end_h:g} h"
    return f"{r.time_h:g} h"


def _interval(r: Record) -> str:
    if r.low is None or r.high is None:
        return "direction"
    return f"{number(r.low)} to {number(r.high)}"


def not_predicted(validation: Validation) -> Grid:
    """Reasons why rows are not predicted or not counted."""
    reasons: Mapping[str, int] = Counter(r.reason for r in validation.records if r.reason)
    return Grid(
        "Not predicted, or shown and not counted",
        ("reason", "rows"),
        tuple((reason, str(k)) for reason, k in reasons.items()) or (("none", "0"),),
    )


def disagreements() -> Grid:
    """Known disagreements in words."""
    return Grid(
        "Known disagreements with the literature",
        ("subject", "disagreement"),
        tuple(
            (d.title.rstrip("."), f"{d.title.rstrip('.')} {d.text}" if d.text[:1].islower() else d.text)
            for d in known_disagreements()
        ),
    )  # fmt: skip
