"""Compiled doses as SBML events at fixed times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

#: A stop of the compiled schedule: time [h], reset, jumps (state, scale, add), inputs from then on.
Stop = tuple[float, bool, Sequence[tuple[int, float, float]], dict[str, float]]


@dataclass(frozen=True, slots=True)
class DoseEvent:
    """All changes at one time: states that jump and inputs that change, with their formulas."""

    time_h: float
    assignments: dict[str, str]


def dose_events(
    schedule: dict[str, Any],
    states: Sequence[str],
    inputs: dict[str, str],
    unit_ids: dict[str, str],
) -> Iterator[DoseEvent]:
    """Yield events in order of time; a stop that changes nothing is left out.

    Parameters
    ----------
    schedule : dict
        From the core: ``start``, ``before`` and ``stops``.
    states, inputs : ids of all states in order, and of inputs by name
    unit_ids : unit of each of these ids
    """
    held = schedule["before"]
    stops: list[Stop] = schedule["stops"]
    for time, reset, jumps, given in stops:
        # New value of a state: scale x old value + add.
        lines: dict[int, tuple[float, float]] = {}
        if reset:
            lines = {i: (0.0, value) for i, value in enumerate(schedule["start"])}
        for i, scale, add in jumps:
            slope, offset = lines.get(i, (1.0, 0.0))
            lines[i] = (scale * slope, scale * offset + add)
        assignments = {
            states[i]: _line(states[i], slope, offset, unit_ids[states[i]])
            for i, (slope, offset) in sorted(lines.items())
        }
        for name, value in given.items():
            if value != held[name]:
                assignments[inputs[name]] = f"{value!r} {unit_ids[inputs[name]]}"
        held = given
        if assignments:
            yield DoseEvent(time, assignments)


def _line(state: str, slope: float, offset: float, unit: str) -> str:
    itself = {0.0: "", 1.0: state}.get(slope, f"{slope!r} * {state}")
    if not itself:
        return f"{offset!r} {unit}"
    return f"{itself} + {offset!r} {unit}" if offset else itself
