"""How to integrate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ketasim.errors import ScenarioError
from ketasim.frozen import FrozenMapping
from ketasim.names import check_name

METHODS = ("rodas5p", "rodas4", "dopri5")
AT_EVENT = ("before", "after", "both")
POSITIVITY = ("ignore", "warn", "reject_step", "error")


@dataclass(frozen=True, slots=True)
class SolverOptions:
    """Solver, tolerances and limits; the words are SciPy's where SciPy has them.

    Parameters
    ----------
    method : {'rodas5p', 'rodas4', 'dopri5'}
        Rosenbrock methods of order 5 and 4 for the stiff cascade; Boost.Odeint's explicit
        Dormand-Prince, which must follow its fastest rates and is for comparison.
    rtol : float
        Relative tolerance.
    atol : float or mapping, optional
        A number multiplies the typical size of every state (default: rtol); a mapping gives the
        absolute tolerance of states by name, in the state's unit.
    max_step, first_step : float, optional
        [h]; by default no limit, and chosen after every event.
    max_steps, max_rejections : int
    max_wall_seconds : float, optional
    at_event : {'before', 'after', 'both'}
        The value reported at the time of an event: ahead of its jump, behind it, or a row each.
    positivity : str or mapping
        What a state does that falls below minus its tolerance: 'ignore', 'warn' (counted),
        'reject_step' or 'error'; for all or by name. Values are never clipped.

    Raises
    ------
    ScenarioError, UnknownNameError
        With the option, its value and range.
    """

    method: str = "rodas5p"
    rtol: float = 1e-6
    atol: float | Mapping[str, float] | None = None
    max_step: float | None = None
    first_step: float | None = None
    max_steps: int = 1_000_000
    max_rejections: int = 100_000
    max_wall_seconds: float | None = None
    at_event: str = "before"
    positivity: str | Mapping[str, str] = "ignore"

    def __post_init__(self) -> None:
        check_name(self.method, METHODS, "method")
        check_name(self.at_event, AT_EVENT, "at_event rule")
        self._within("rtol", 1e-14, 0.1)
        if isinstance(self.atol, Mapping):
            object.__setattr__(self, "atol", FrozenMapping(self.atol))
            for name, value in self.atol.items():
                if not (_is_number(value) and value > 0.0):
                    raise ScenarioError(f"atol of {name} = {value!r} must be above 0")
        elif self.atol is not None:
            self._within("atol", 1e-300, 1.0)
        for field in ("max_step", "first_step", "max_wall_seconds"):
            if getattr(self, field) is not None:
                self._within(field, 1e-300, 1e300)
        for field in ("max_steps", "max_rejections"):
            value = getattr(self, field)
            if not (_is_number(value) and value == int(value) and value >= 1):
                raise ScenarioError(f"{field} = {value!r} must be a whole number of at least 1")
            object.__setattr__(self, field, int(value))
        if isinstance(self.positivity, Mapping):
            object.__setattr__(self, "positivity", FrozenMapping(self.positivity))
            for policy in self.positivity.values():
                check_name(policy, POSITIVITY, "positivity policy")
        else:
            check_name(self.positivity, POSITIVITY, "positivity policy")

    def _within(self, field: str, low: float, high: float) -> None:
        value = getattr(self, field)
        if not (_is_number(value) and low <= value <= high):
            raise ScenarioError(f"{field} = {value!r} must lie within {low:g} to {high:g}")
        object.__setattr__(self, field, float(value))


def _is_number(value: object) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    )
