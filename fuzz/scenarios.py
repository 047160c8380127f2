"""Random scenarios that ketasim must accept: every drug, route, species, context, variant and parameter.

`draw` is a pure function of a seed and an index, so that a scenario is named by two numbers:

    python fuzz/scenarios.py 7 1234      # shows scenario 1234 of seed 7

Everything that is drawn lies within the limits that the tables of ketasim state. A scenario that
is refused is a finding: either the table or the check is wrong.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import ketasim as ks
from ketasim import _core
from ketasim.catalogue import possible_range

#: How far parameters are moved: not at all, within what is plausible, or within what is possible.
Reach = Literal["default", "plausible", "possible"]

#: Longest run [h] and most repeats of a record that are drawn, so that a scenario takes milliseconds.
LONGEST_H, MOST_REPEATS = 2000.0, 40

#: Doses of one record that act at once; the core accepts `LIMITS["most_at_once"]`.
MOST_OVERLAPPING = 0.99 * _core.LIMITS["most_at_once"]

#: Rows of the tables that have no public door in Python, by name.
SPECIES = {row["name"]: row for row in _core.species_table()}
GENOTYPES = tuple(row["name"] for row in _core.genotype_table())

#: Traits of people and their words.
TRAITS: dict[str, list[str]] = {}
for _row in _core.trait_table():
    if _row["name"] not in TRAITS.setdefault(_row["trait"], []):
        TRAITS[_row["trait"]].append(_row["name"])

#: Co-medication that changes enzymes, and the drugs that these enzymes remove.
ENZYME_CHANGERS = ("clarithromycin", "grapefruit", "ticlopidine", "rifampicin", "st_johns_wort")
REMOVED_BY_ENZYMES = ("ketamine", "esketamine", "arketamine", "norketamine")

#: Where an intervention may begin before the first dose [h].
EARLIEST_H = -48.0


@dataclass(frozen=True)
class Case:
    """A scenario with its output times and solver options.

    Parameters
    ----------
    seed, index : int
        What `draw` was asked for.
    scenario : ketasim.Scenario
    t_eval : numpy.ndarray
        Output times [h].
    options : ketasim.SolverOptions
    reach : {'default', 'plausible', 'possible'}
        How far the parameters were moved.
    """

    seed: int
    index: int
    scenario: ks.Scenario
    t_eval: NDArray[np.float64]
    options: ks.SolverOptions
    reach: Reach

    def __str__(self) -> str:
        rtol = f"rtol {self.options.rtol:g}, {self.options.method}"
        return f"{self.scenario}; {self.t_eval.size} times to {self.t_eval[-1]:g} h; {rtol}"


def draw(seed: int, index: int, *, reach: Reach | None = None) -> Case:
    """Return scenario `index` of a seed.

    Parameters
    ----------
    seed, index : int
        The same numbers give the same scenario, on every machine.
    reach : {'default', 'plausible', 'possible'}, optional
        How far parameters are moved; by default drawn as well.

    Returns
    -------
    Case
    """
    r = Random(f"{seed}/{index}")
    drawn: Reach = r.choices(("default", "plausible", "possible"), (2, 2, 1))[0]
    how_far: Reach = drawn if reach is None else reach
    subject = _subject(r)
    regimen = _regimen(r, subject)
    interventions = _interventions(r, subject)
    # Enzymes have no steady state; that of a drug they remove is refused once they have changed.
    changed = [d for d in (*regimen.doses, *interventions) if d.drug in ENZYME_CHANGERS]
    changed_from = min((d.start_h + d.lag_h for d in changed), default=math.inf)

    def once(dose: ks.Dose) -> ks.Dose:
        removed = dose.drug in REMOVED_BY_ENZYMES and ks.routes()[dose.route]["site"] == "body"
        if dose.drug in ENZYME_CHANGERS or (removed and changed_from < dose.start_h):
            return replace(dose, steady_state=0)
        return dose

    regimen = replace(regimen, doses=tuple(map(once, regimen.doses)))
    interventions = tuple(map(once, interventions))
    scenario = ks.Scenario(
        regimen,
        subject=subject,
        context=r.choice(ks.contexts().names) if r.random() < 0.5 else "none",
        interventions=interventions,
        parameters=_parameters(r, subject, how_far),
        variant=r.choice((None, None, None, *ks.variants().names)),
    )
    return Case(seed, index, scenario, _times(r, scenario), _options(r, how_far), how_far)


def _between(r: Random, low: float, high: float) -> float:
    """Return a number from a range: often an end of it, by size where it spans decades."""
    kind = r.random()
    if kind < 0.1:
        return low
    if kind < 0.2:
        return high
    if low > 0.0 and high / low > 10.0:
        return min(max(math.exp(r.uniform(math.log(low), math.log(high))), low), high)
    return min(max(r.uniform(low, high), low), high)


def _subject(r: Random) -> ks.Subject:
    row = SPECIES[r.choices(tuple(SPECIES), (6, 3, 2, 1, 1))[0]]
    given: dict[str, Any] = {"species": row["name"]}
    if r.random() < 0.5:
        given["weight_kg"] = _between(r, row["lightest_kg"], row["heaviest_kg"])
    if r.random() < 0.5:
        given["severity"] = _between(r, 0.0, 1.0)
    if r.random() < 0.3:
        given["baseline_madrs"] = _between(r, 0.5, 59.5)
    if r.random() < 0.2:
        given["genotype"] = r.choice(GENOTYPES)
    if row["parameter_set"] == "human":
        if r.random() < 0.2:
            given["age_y"] = _between(r, 18.0, 120.0)
        for trait, words in TRAITS.items():
            if r.random() < 0.2:
                given[trait] = r.choice(words)
    return ks.Subject(**given)


def most_of(drug: str, unit: str, subject: ks.Subject) -> float:
    """Return the largest amount of a record that a scenario accepts, in its unit."""
    row = ks.drugs()[drug]
    if unit == "fraction":
        return 1.0
    if unit == "uM":
        return float(row["most_uM"])
    weight = subject.weight_kg or 1.0
    if SPECIES[subject.species]["parameter_set"] == "human":
        return float(row["most_mg" if unit == "mg" else "most_mg_per_kg"])
    most = float(row["most_mg_per_kg_animal"])
    return most if unit == "mg/kg" else most * weight * (1.0 - 1e-12)


def _dose(r: Random, drug: str, subject: ks.Subject, earliest_h: float) -> ks.Dose:
    row = ks.drugs()[drug]
    route = r.choice(row["routes"])
    route_row = ks.routes()[route]
    unit = r.choice(route_row["units"])
    given: dict[str, Any] = {"start_h": r.choice((0.0, _between(r, max(earliest_h, 0.0), 400.0)))}
    if earliest_h < 0.0 and r.random() < 0.5:
        given["start_h"] = _between(r, earliest_h, 0.0)
    if drug == "placebo":
        return ks.Dose(drug, 0.0, unit, route, **given)
    most = most_of(drug, unit, subject)
    amount = _between(r, 1e-4 * most, most)
    if route_row["lasts"]:
        needed = route_row["site"] != "body" and row["usual_duration_h"] is None
        if needed or r.random() < 0.7:
            given["duration_h"] = _between(r, 1.0 / 60.0, 200.0)
    if r.random() < 0.4:
        shortest = max(0.05, given.get("duration_h", 0.0) / MOST_OVERLAPPING)
        given["interval_h"] = r.choice((2.0, 12.0, 24.0, 72.0, 168.0, _between(r, shortest, 400.0)))
        given["additional"] = r.choice((0, 1, 5, r.randint(0, MOST_REPEATS)))
        if r.random() < 0.3:
            given["steady_state"] = r.choice((1, 2))
    if r.random() < 0.1:
        # With a steady state, the doses within the lag act at once as well.
        room = given.get("interval_h", 1.0) * MOST_OVERLAPPING - given.get("duration_h", 0.0)
        given["lag_h"] = _between(r, 0.0, min(24.0, max(room, 0.0)))
    if r.random() < 0.1:
        given["bioavailability"] = _between(r, 0.01, 1.0)
    if "duration_h" in given and route == "iv" and r.random() < 0.2:
        given["rate"] = amount / given.pop("duration_h")
    return ks.Dose(drug, amount, unit, route, **given)


def _drug(r: Random) -> str:
    # Half of the records are ketamine or an enantiomer, the subject of the model.
    return r.choice((r.choice(ks.drugs().names[:3]), r.choice(ks.drugs().names)))


def _regimen(r: Random, subject: ks.Subject) -> ks.Regimen:
    doses = []
    for _ in range(r.choices((0, 1, 2, 3, 6), (1, 8, 4, 2, 1))[0]):
        drug = _drug(r)
        doses.append(_dose(r, drug, subject, 0.0))
    resets = [_between(r, 0.0, 600.0) for _ in range(r.choices((0, 1, 3), (8, 1, 1))[0])]
    return ks.Regimen(tuple(doses), tuple(resets))


def _interventions(r: Random, subject: ks.Subject) -> tuple[ks.Dose, ...]:
    found = []
    for _ in range(r.choices((0, 1, 3), (6, 3, 1))[0]):
        drug = r.choice(ks.drugs().names)
        early = 0.0 if ks.drugs()[drug]["opens_session"] else EARLIEST_H
        found.append(_dose(r, drug, subject, early))
    return tuple(found)


def _parameters(r: Random, subject: ks.Subject, reach: Reach) -> dict[str, float]:
    if reach == "default":
        return {}
    table = ks.parameters(subject.species)
    names: Sequence[str] = table.names
    moved = r.sample(names, r.choices((1, 3, 20, len(names)), (3, 3, 3, 1))[0])
    values = {}
    for name in moved:
        row = table[name]
        low, high = float(row["low"]), float(row["high"])
        if reach == "possible":
            low, high = possible_range(row)
        values[name] = _between(r, low, high)
        # What the subject is multiplies it, and the product must be possible.
        factor = subject.factors().get(name, 1.0)
        values[name] = min(values[name], float(row["limit_high"]) / factor)
    return values


def _times(r: Random, scenario: ks.Scenario) -> NDArray[np.float64]:
    doses = (*scenario.regimen.doses, *scenario.interventions)
    starts = [d.start_h + d.lag_h for d in doses]
    # A dose must begin before the end; repeats and ends of infusions need not be reached.
    least = max([0.0, *starts])
    end = max(least, _between(r, 0.02, LONGEST_H))
    if end <= 0.0:
        end = 1.0
    n = r.choice((1, 2, 7, 40))
    times = {end, *(r.uniform(0.0, end) for _ in range(n - 1))}
    if r.random() < 0.3:  # the moments that matter: doses, their ends and repeats
        for d in doses:
            start = d.start_h + d.lag_h
            times |= {start, start + d.length_h, start + d.interval_h}
        times |= set(scenario.regimen.resets)
    if r.random() < 0.1:
        times.add(EARLIEST_H)
    tiny = 1e-290  # times beside 0 are refused
    return np.array(sorted(t for t in times if t <= end and (t == 0.0 or abs(t) > tiny)))


def _options(r: Random, reach: Reach) -> ks.SolverOptions:
    # Beyond plausible parameters a run may need millions of steps; it then says so.
    given: dict[str, Any] = (
        {"max_steps": 5_000, "max_rejections": 1_000} if reach == "possible" else {}
    )
    if r.random() < 0.7:
        given["rtol"] = r.choice((1e-3, 1e-4, 1e-6, 1e-8, 1e-10))
    if r.random() < 0.3:
        given["method"] = r.choice(("rodas5p", "rodas4"))
    if r.random() < 0.1:
        given["atol"] = r.choice((1e-10, 1e-6, 1e-3))
    if r.random() < 0.1:
        given["max_step"] = r.choice((1.0, 24.0, 1e9))
    if r.random() < 0.1:
        given["first_step"] = r.choice((1e-9, 1e-3, 10.0))
    if r.random() < 0.1:
        given["positivity"] = "reject_step"
    return ks.SolverOptions(at_event=r.choice(("before", "after")), **given)


if __name__ == "__main__":
    print(draw(int(sys.argv[1]), int(sys.argv[2])))
