"""Method, tolerances and limits of the solver."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any, TypedDict

from ketasim._wording.frozen import FrozenMapping, value
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._model_tables import states
from ketasim.catalogue._vocabulary import AT_EVENT, METHODS, POSITIVITY
from ketasim.errors import ScenarioError

#: Largest accepted limit of steps; a run of decades needs 10^5.
MOST_STEPS = 10**12


@value
@dataclass(frozen=True, slots=True)
class SolverOptions:
    """Method, tolerances and limits of the solver; the names follow SciPy where it has them.

    Parameters
    ----------
    method : {'rodas5p', 'rodas4', 'dopri5'}
        Rosenbrock methods of order 5 and 4 for the stiff cascade; Boost.Odeint's explicit
        Dormand-Prince method, which must follow the fastest rates and is meant for comparison.
    rtol : float
        Relative tolerance, default 1e-6.
    atol : float or mapping, optional
        A number multiplies the typical size of every state (default: rtol); a mapping gives the
        absolute tolerance of states by name, in the state's unit.
    max_step : float, optional
        Longest step [h], default: no limit.
    first_step : float, optional
        First step after every event [h], default: chosen by the solver.
    max_steps, max_rejections : int
        Limits of accepted and rejected steps.
    max_wall_seconds : float, optional
        Limit of computing time [s], default: none.
    at_event : {'before', 'after', 'both'}
        Value reported at the time of an event: the one before its jump, the one after it, or both, in
        two rows.
    positivity : str or mapping
        Treatment of a state that falls below minus its tolerance: 'ignore', 'warn' (counted),
        'reject_step' or 'error', by name or for all states that cannot be negative. Values are never
        clipped.

    Raises
    ------
    ScenarioError, UnknownNameError
        With the option, its value and range.

    Examples
    --------
    >>> import ketasim as ks
    >>> exact = ks.SolverOptions(rtol=1e-9)
    >>> run = ks.simulate("ketamine 35 mg im", until="2 h", options=exact)
    >>> run.options.rtol
    1e-09
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
            for name, tolerance in self.atol.items():
                check_name(name, states().names, "state")
                unit = states()[name]["unit"]
                if not (_is_number(tolerance) and tolerance > 0.0):
                    raise ScenarioError(
                        f"atol of {name} = {shortened(tolerance)} must be a number above 0 [{unit}]"
                    )
            numbers = {name: float(tolerance) for name, tolerance in self.atol.items()}
            object.__setattr__(self, "atol", FrozenMapping(numbers))
        elif self.atol is not None:
            self._within("atol", 1e-300, 1.0)
        for field, least in (("max_step", 1e-9), ("first_step", 1e-15), ("max_wall_seconds", 1e-9)):
            if getattr(self, field) is not None:
                self._within(field, least, 1e9)
        for field in ("max_steps", "max_rejections"):
            count = getattr(self, field)
            if not (_is_number(count) and count == int(count) and 1 <= count <= MOST_STEPS):
                raise ScenarioError(
                    f"{field} = {shortened(count)} must be a whole number from 1 to {MOST_STEPS:g}"
                )
            object.__setattr__(self, field, int(count))
        if isinstance(self.positivity, Mapping):
            object.__setattr__(self, "positivity", FrozenMapping(self.positivity))
            for name, policy in self.positivity.items():
                check_name(name, states().names, "state")
                check_name(policy, POSITIVITY, "positivity policy")
                low, unit = states()[name]["low"], states()[name]["unit"]
                if low < 0.0:
                    raise ScenarioError(
                        f"positivity of {name}: this state goes down to {low:g} {unit}, so that a negative "
                        "value is no fault; remove it"
                    )
        else:
            check_name(self.positivity, POSITIVITY, "positivity policy")

    def _within(self, field: str, low: float, high: float) -> None:
        given = getattr(self, field)
        if not (_is_number(given) and low <= given <= high):
            unit = {"max_step": " h", "first_step": " h", "max_wall_seconds": " s"}.get(field, "")
            raise ScenarioError(
                f"{field} = {shortened(given)} must be a number within {low:g} to {high:g}{unit}"
            )
        object.__setattr__(self, field, float(given))


def _is_number(given: Any) -> bool:
    return math.isfinite(number_or_nan(given))


class SolverKeywords(TypedDict, total=False):
    """Fields of `SolverOptions`, accepted as keywords by `simulate`."""

    method: str
    rtol: float
    atol: float | Mapping[str, float] | None
    max_step: float | None
    first_step: float | None
    max_steps: int
    max_rejections: int
    max_wall_seconds: float | None
    at_event: str
    positivity: str | Mapping[str, str]


def check_keywords(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Refuse keywords that are neither those of a function nor fields of `SolverOptions`."""
    if not given.keys() <= SolverKeywords.__annotations__.keys():
        own = [p.name for p in signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
        for name in given:
            check_name(name, (*own, *SolverKeywords.__annotations__), "keyword")


def one_row_per_time(options: SolverOptions) -> SolverOptions:
    """Refuse options with which a time may have two rows.

    Raises
    ------
    ScenarioError
    """
    if options.at_event == "both":
        raise ScenarioError(
            "at_event = 'both' gives a time two rows where an event falls on it, here it can have one: "
            "choose 'before' or 'after'"
        )
    return options


def solver_options(options: SolverOptions | None, keywords: Mapping[str, Any]) -> SolverOptions:
    """Return options from an object, from keywords, or from both combined."""
    given: object = options
    if not isinstance(given, SolverOptions | None):
        raise ScenarioError(
            f"options = {shortened(given)}: give SolverOptions(...), or its fields as keywords"
        )
    if options is None:
        return SolverOptions(**keywords)
    return replace(options, **keywords) if keywords else options
