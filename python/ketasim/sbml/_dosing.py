"""Compiled doses as initial values and as SBML events at fixed times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

#: A stop of the compiled schedule: time [h], reset, jumps (state, scale, add), inputs from then on.
Stop = tuple[float, bool, Sequence[tuple[int, float, float]], dict[str, float]]


@dataclass(frozen=True, slots=True)
class DoseEvent:
    """All changes at one time [h]: states that jump and inputs that change."""

    time_h: float
    #: Slope and offset by position: the new value of a state is slope x old value + offset.
    states: dict[int, tuple[float, float]]
    #: New values by name.
    inputs: dict[str, float]
    #: Values of all inputs until then.
    held: dict[str, float]


@dataclass(frozen=True, slots=True)
class Beginning:
    """A schedule divided into its beginning and what follows.

    An event at the first time needs a trigger that was false before it, which SBML has since Level 3
    only: tools of Level 2 lose such an event without a warning.
    """

    #: Values of all states in order, and of the inputs by name, just after the first time.
    states: tuple[float, ...]
    inputs: dict[str, float]
    #: Positions of the states, and names of the inputs, that change at the first time.
    moved_states: frozenset[int]
    moved_inputs: frozenset[str]
    later: tuple[Stop, ...]


def beginning(schedule: dict[str, Any], first_h: float) -> Beginning:
    """Apply the stops up to the first time [h] to the state and inputs before treatment."""
    start: list[float] = list(schedule["start"])
    before: dict[str, float] = schedule["before"]
    states, inputs = list(start), before
    stops: list[Stop] = list(schedule["stops"])
    while stops and stops[0][0] <= first_h:
        _, reset, jumps, inputs = stops.pop(0)
        if reset:
            states = list(start)
        for i, scale, add in jumps:
            states[i] = scale * states[i] + add
    return Beginning(
        tuple(states),
        dict(inputs),
        frozenset(i for i, value in enumerate(states) if value != start[i]),
        frozenset(name for name, value in inputs.items() if value != before[name]),
        tuple(stops),
    )


def dose_events(
    start: Sequence[float], held: dict[str, float], stops: Sequence[Stop]
) -> Iterator[DoseEvent]:
    """Yield events in order of time; a stop that changes nothing is left out.

    Parameters
    ----------
    start : values of all states before treatment, to which a reset returns
    held : inputs ahead of the first of these stops, by name
    stops : stops of the compiled schedule
    """
    for time, reset, jumps, given in stops:
        lines: dict[int, tuple[float, float]] = {}
        if reset:
            lines = {i: (0.0, value) for i, value in enumerate(start)}
        for i, scale, add in jumps:
            slope, offset = lines.get(i, (1.0, 0.0))
            lines[i] = (scale * slope, scale * offset + add)
        changed = {name: value for name, value in given.items() if value != held[name]}
        if lines or changed:
            yield DoseEvent(time, dict(sorted(lines.items())), changed, held)
        held = given
