"""The part of the model that levels of ketamine depend on, as Python source, and its data.

For programs that sample the posterior of petab_optimum with a solver of their own: free parameters stay
names, everything else is a number, as in equations.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from equations import recorded
from petab_optimum import TIMES, FloatArray, petab_scale, posterior

import ketasim as ks
from ketasim import _core
from ketasim.scenario._for_core import core_scenario

READOUT = "ketamine_venous"


@dataclass(frozen=True)
class Levels:
    """The part of the model that the levels depend on, as Python source.

    Parameters
    ----------
    lines, rates : tuple of str
        Statements, and rates of the states; names are y0, y1, ..., p of the free parameters, c.
    readouts : tuple of str
        Formulas of the readouts.
    states : tuple of int
        Numbers of the states in the whole model.
    free : tuple of str
        Names of the free parameters in the source.
    constants : ndarray, shape (n_subjects, 2, n_constants)
    starts : ndarray, shape (n_subjects, n_states)
    """

    lines: tuple[str, ...]
    rates: tuple[str, ...]
    readouts: tuple[str, ...]
    states: tuple[int, ...]
    free: tuple[str, ...]
    constants: FloatArray
    starts: FloatArray

    def source(self, result: Sequence[str], name: str) -> str:
        """Text of name(y, p, c) -> list."""
        needed = _needed_lines(self.lines, result)
        unpacked = "".join(f"y{k} = y[{i}]\n    " for i, k in enumerate(self.states))
        unpacked += "".join(f"{p} = p[{i}]\n    " for i, p in enumerate(self.free))
        body = "\n    ".join(needed)
        return f"def {name}(y, p, c):\n    {unpacked}{body}\n    return [{', '.join(result)}]\n"

    def functions(self, scope: dict[str, Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """rates(y, p, c) and the first readout, level(y, p, c), with the functions of a library."""
        scope = dict(scope)
        exec(self.source(self.rates, "rates"), scope)  # noqa: S102
        exec(self.source(self.readouts, "level"), scope)  # noqa: S102
        return scope["rates"], lambda *args: scope["level"](*args)[0]


def _needed_lines(lines: Sequence[str], results: Sequence[str]) -> list[str]:
    needed = {n.id for r in results for n in ast.walk(ast.parse(r)) if isinstance(n, ast.Name)}
    kept = []
    for line in reversed(lines):
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.Assign)
        assert isinstance(statement.targets[0], ast.Name)
        if statement.targets[0].id in needed:
            needed |= {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
            kept.append(line)
    return kept[::-1]


def end_of_infusion(scenario: ks.Scenario) -> float:
    return float(_core.compiled_schedule(core_scenario(scenario))["stops"][-1][0])


def levels(
    scenarios: Sequence[ks.Scenario],
    theta: Sequence[str],
    readouts: Sequence[str],
    times: Sequence[float],
) -> Levels:
    """Take the part of the model that readouts depend on out of the record of its equations.

    Parameters
    ----------
    scenarios : sequence of Scenario
        With one dose each, of the same parameters.
    theta : sequence of str
        Free parameters.
    readouts : sequence of str
    times : sequence of float
        Where states are looked at, to see which move [h].
    """
    record = _core.recorded_model()
    schedules = [_core.compiled_schedule(core_scenario(s)) for s in scenarios]
    free = tuple(f"p{record['parameters'].index(name)}" for name in theta)
    # All have two pieces: an injection goes on with the same inputs.
    inputs = np.array(
        [[list(held.values()) for *_, held in (s["stops"][0], s["stops"][-1])] for s in schedules]
    )
    starts = np.array([s["start"] for s in schedules])
    for y, schedule in zip(starts, schedules, strict=True):
        for state, scale, add in schedule["stops"][0][2]:
            y[state] = scale * y[state] + add
    asked = [record["readouts"][name] for name in readouts]
    moving = _moving(scenarios, starts, asked, times)
    values: dict[str, Any] = {
        f"p{k}": value for k, value in enumerate(schedules[0]["parameters"]) if f"p{k}" not in free
    }
    values |= {f"u{k}": inputs[:, :, k] for k in range(inputs.shape[2])}
    values["weight"] = np.array([[s.subject.weight_kg] for s in scenarios])
    values |= {f"y{k}": starts[0, k] for k in range(starts.shape[1]) if k not in moving}
    equations = recorded(values, [*(record["results"][k] for k in moving), *asked])
    n = len(moving)
    return Levels(
        equations.lines, equations.results[:n], equations.results[n:], moving, free,
        equations.constants, starts[:, moving],
    )  # fmt: skip


def _moving(
    scenarios: Sequence[ks.Scenario],
    starts: FloatArray,
    readouts: Sequence[str],
    times: Sequence[float],
) -> tuple[int, ...]:
    """Numbers of states that a readout depends on and that are not constant in every subject."""
    record = _core.recorded_model()
    statements = ast.parse("\n".join(s.strip() for s in record["lines"].splitlines())).body
    formulas = {s.targets[0].id: s.value for s in statements}
    waiting, seen = list(readouts), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        formula = formulas.get(name)
        if formula is None and name[0] == "y" and name[1:].isdigit():
            formula = ast.parse(record["results"][int(name[1:])], mode="eval").body
        if formula is not None:
            waiting += [n.id for n in ast.walk(formula) if isinstance(n, ast.Name)]
    reached = sorted(int(name[1:]) for name in seen if name[0] == "y" and name[1:].isdigit())
    runs = [ks.simulate(s, t_eval=(0.0, *times)) for s in scenarios]
    names = record["states"]
    return tuple(
        k
        for k in reached
        if np.ptp(starts[:, k]) > 0.0
        or any(np.ptp(np.asarray(run[names[k]])) > 1e-12 for run in runs)
    )


@dataclass(frozen=True)
class Data:
    """What a log posterior needs besides the equations; rows are subjects.

    Parameters
    ----------
    values : ndarray, shape (n_subjects, n_times)
    centre, sd : ndarray, shape (4,)
        Of the priors, on the logarithm.
    additive : float
        Additive part of the error [ng/mL].
    split_h : float
        End of the infusions.
    """

    values: FloatArray
    centre: FloatArray
    sd: FloatArray
    additive: float
    split_h: float

    @classmethod
    def of(cls, fitted: ks.Posterior) -> Data:
        subjects = list(fitted.data.subjects)
        values = np.array([
            [m.value for m in fitted.data.measurements if m.subject == name] for name in subjects
        ])  # fmt: skip
        assert values.shape == (len(subjects), len(TIMES))
        additive = fitted.errors[READOUT].additive
        assert additive is not None
        ends = {end_of_infusion(s) for s in fitted.data.subjects.values()}
        return cls(values, *petab_scale(fitted), additive, max(ends))


def sizes(part: Levels) -> FloatArray:
    """Typical sizes of the states: the largest values in the runs of the subjects."""
    names = _core.recorded_model()["states"]
    runs = [ks.simulate(s, t_eval=(0.0, *TIMES)) for s in posterior().data.subjects.values()]
    return np.array([max(float(np.max(run[names[k]])) for run in runs) for k in part.states])
