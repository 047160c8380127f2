"""One dose record: drug, amount, route, start and repeats."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ketasim._wording.durations import LONGEST_H, exact_text
from ketasim._wording.frozen import value
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._vocabulary import (
    BLOCKS,
    DRUG_FACTS,
    DRUGS,
    LIMITS,
    ROUTE_FACTS,
    ROUTES,
    UNIT_FACTS,
    UNITS,
    infuses,
)
from ketasim.errors import ScenarioError

#: A shorter duration counts as 0: the comparison tolerance of the core [h].
AT_ONCE_H: float = LIMITS["shortest_duration_h"]

#: Most single doses of a scenario, and most doses of one record that act at once.
MOST_DOSES, MOST_AT_ONCE = int(LIMITS["most_doses"]), int(LIMITS["most_at_once"])

_UNIT_SPELLINGS = {word: unit for unit, row in UNIT_FACTS.items() for word in row["also"]}


@value
@dataclass(frozen=True, slots=True)
class Dose:
    """A dose record, checked when it is made.

    Parameters
    ----------
    drug : str
        A name of `ketasim.drugs`: a drug, a tool compound, 'placebo' or a therapy.
    amount : float
        Free base, in ``unit``.
    unit : str
        'mg' or 'mg/kg'; 'fraction' (0 to 1) of a target blocked, with route 'target'; 'uM' held
        constant, with route 'bath'.
    route : str
        A name of `ketasim.routes`, such as iv.
    start_h : float
        Time from t = 0, the first psychoactive dose [h].
    duration_h : float
        Length of the infusion (iv), bath, target block or session [h]. 0 is a bolus.
    interval_h : float
        Time between repeats [h] (NONMEM II).
    additional : int
        Number of repeats, at ``start_h + lag_h + k * interval_h`` (NONMEM ADDL).
    lag_h : float
        Added to every start [h] (NONMEM ALAG).
    bioavailability : float
        Multiplies the amount, before the route's own fraction (NONMEM F). With ``duration_h`` it
        scales the rate; with ``rate`` it scales the duration.
    rate : float, optional
        Infusion rate [unit of amount per hour], instead of ``duration_h``.
    steady_state : int
        NONMEM SS: 1 starts from the steady state of this regimen's drug amounts, 2 adds it. With
        ``rate``, ``amount=0`` and without ``interval_h``: an infusion at this rate that has run for
        ever and ends at ``start_h``.

    Raises
    ------
    ScenarioError, UnknownNameError
        With the field, its value, unit and a remedy.

    Examples
    --------
    >>> import ketasim as ks
    >>> infusion = ks.Dose("ketamine", 0.5, "mg/kg", "iv", duration_h=2 / 3)
    >>> print(infusion)
    ketamine 0.5 mg/kg iv over 40 min
    """

    drug: str
    amount: float
    unit: str
    route: str
    start_h: float = 0.0
    duration_h: float = 0.0
    interval_h: float = 0.0
    additional: int = 0
    lag_h: float = 0.0
    bioavailability: float = 1.0
    rate: float | None = None
    steady_state: int = 0

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        check_name(self.drug, DRUGS, "drug")
        check_name(self.route, ROUTES, "route")
        if isinstance(self.unit, str):
            set_(self, "unit", _UNIT_SPELLINGS.get(self.unit, self.unit))
        check_name(self.unit, UNITS, "unit")
        for field in ("amount", "start_h", "duration_h", "interval_h", "lag_h", "bioavailability"):
            set_(self, field, self._number(field))
        if self.rate is not None:
            set_(self, "rate", self._number("rate"))
        repeats = self._number("additional")
        if repeats != int(repeats):
            self._refuse(f"additional = {self.additional!r} must be a whole number of repeats")
        set_(self, "additional", int(repeats))
        self._check_amount()
        self._check_route()
        self._check_times()

    def _number(self, field: str) -> float:
        given = getattr(self, field)
        number = number_or_nan(given)
        if not math.isfinite(number):
            size = " from 0 to 1" if self.unit == "fraction" else f" of {self.unit}"
            unit = {"amount": size, "additional": " of repeats"}.get(
                field, " of hours" if field.endswith("_h") else ""
            )
            self._refuse(f"{field} = {shortened(given)} must be a finite number{unit}")
        return number

    def _refuse(self, what: str) -> None:
        raise ScenarioError(f"dose of {self.drug} ({self.route}): {what}")

    def _check_amount(self) -> None:
        if self.amount < 0.0:
            self._refuse(f"amount = {self.amount:g} {self.unit} must not be negative")
        if self.amount == 0.0 and self.drug != "placebo" and not self.constant_infusion:
            self._refuse(f"amount = 0 {self.unit}: leave the record out or give 'placebo'")
        if self.unit == "fraction" and self.amount > 1.0:
            percent = f" ({self.amount:g} % is {self.amount / 100:g})" if self.amount <= 100 else ""
            self._refuse(
                f"amount = {self.amount:g} is a fraction and must lie between 0 and 1{percent}"
            )
        if not 0.0 < self.bioavailability <= 10.0:
            self._refuse(f"bioavailability = {self.bioavailability:g} must lie within 0 to 10")

    def _check_route(self) -> None:
        allowed = DRUG_FACTS[self.drug]["routes"]
        if self.route not in allowed:
            self._refuse(f"cannot be given by route '{self.route}'; possible: {', '.join(allowed)}")
        units = ROUTE_FACTS[self.route]["units"]
        if self.unit not in units:
            self._refuse(
                f"unit '{self.unit}': by route '{self.route}' amounts are given in "
                f"{' or '.join(units)}"
            )
        most = DRUG_FACTS[self.drug]["most_uM"]
        if self.route == "bath" and most is not None and self.amount > most:
            self._refuse(
                f"amount = {self.amount:g} uM is far above the concentrations of studies: at most "
                f"{most:g} uM of {self.drug} is accepted in the bath. Is the unit right?"
            )

    def _check_times(self) -> None:
        for field in ("duration_h", "interval_h", "lag_h"):
            if getattr(self, field) < 0.0:
                self._refuse(f"{field} = {getattr(self, field):g} h must not be negative")
        if self.additional < 0:
            self._refuse(f"additional = {self.additional} must not be negative")
        if self.additional > 0 and not self.interval_h > 0.0:
            self._refuse(
                f"additional = {self.additional} but interval_h = 0: give the hours between doses"
            )
        if 0.0 < self.interval_h <= AT_ONCE_H:
            self._refuse(
                f"interval_h = {self.interval_h:g} h: doses less than {AT_ONCE_H:g} h apart are one "
                "dose; give their sum"
            )
        if self.additional >= MOST_DOSES:
            self._refuse(
                f"additional = {self.additional:g} is too many: at most {MOST_DOSES - 1} repeats"
            )
        for field in ("start_h", "duration_h", "interval_h", "lag_h"):
            if abs(getattr(self, field)) > LONGEST_H:
                self._refuse(f"{field} = {getattr(self, field):g} h is too long: at most 100 years")
        if number_or_nan(self.steady_state) not in (0.0, 1.0, 2.0):
            self._refuse(f"steady_state = {shortened(self.steady_state)} must be 0, 1 or 2")
        object.__setattr__(self, "steady_state", int(self.steady_state))
        if self.constant_infusion:
            self._check_constant_infusion()
        elif self.steady_state and not self.interval_h > 0.0:
            self._refuse(
                "steady_state needs an interval_h above 0; that of a constant infusion needs a rate"
            )
        if self.rate is not None:
            if not self.rate > 0.0:
                self._refuse(f"rate = {self.rate:g} {self.unit}/h must be above 0")
            if self.duration_h > 0.0:
                self._refuse("give rate or duration_h, not both")
            if not infuses(self.route):
                self._refuse(f"only an iv dose has a rate; remove rate = {self.rate:g}")
            if self.length_h > LONGEST_H:
                self._refuse(
                    f"rate = {self.rate:g} {self.unit}/h makes the infusion last {self.length_h:g} h; "
                    "at most 100 years"
                )
        repeated = self.steady_state or self.additional > MOST_AT_ONCE
        # A steady state begins before the lag, so that the doses of that time overlap as well.
        acts_h = self.length_h + (self.lag_h if self.steady_state else 0.0)
        if repeated and acts_h > MOST_AT_ONCE * self.interval_h:
            self._refuse(
                f"duration_h = {self.length_h:g} h with interval_h = {self.interval_h:g} h: more than "
                f"{MOST_AT_ONCE} doses would act at once; lengthen interval_h, shorten duration_h, or "
                "give their sum as one dose"
            )
        route = ROUTE_FACTS[self.route]
        unstated = DRUG_FACTS[self.drug]["usual_duration_h"] is None
        if route["site"] != "body" and unstated and self.duration_h <= AT_ONCE_H:
            self._refuse("needs a duration_h above 0: give the hours for which it acts")
        if not route["lasts"] and self.duration_h > 0.0 and self.drug != "placebo":
            lasting = [name for name, row in ROUTE_FACTS.items() if row["lasts"]]
            self._refuse(
                f"duration_h = {self.duration_h:g} h, but only {', '.join(lasting[:-1])} and "
                f"{lasting[-1]} records have a duration; remove it, or use route 'iv' for an infusion"
            )

    def _check_constant_infusion(self) -> None:
        if self.drug == "placebo":
            self._refuse("a placebo has no steady state; remove steady_state and rate")
        for field in ("amount", "lag_h"):
            if getattr(self, field) != 0.0:
                self._refuse(
                    f"{field} = {getattr(self, field):g}, but steady_state = {self.steady_state} with a rate "
                    f"and without interval_h is a constant infusion up to start_h: give {field} = 0, or an "
                    "interval_h"
                )

    @property
    def constant_infusion(self) -> bool:
        """Whether it is an infusion that has run for ever and ends at ``start_h``."""
        return bool(self.steady_state) and self.rate is not None and self.interval_h == 0.0

    @property
    def start_times(self) -> tuple[float, ...]:
        """Times at which it is given [h]: ``start_h + lag_h + k * interval_h``."""
        first = self.start_h + self.lag_h
        return tuple(first + k * self.interval_h for k in range(self.additional + 1))

    @property
    def length_h(self) -> float:
        """Length of the infusion, bath, target block or session [h]."""
        if self.rate is not None:
            return self.bioavailability * self.amount / self.rate
        return self.duration_h or DRUG_FACTS[self.drug]["usual_duration_h"] or 0.0

    def __str__(self) -> str:
        """Write the record as `Regimen.parse` reads it, with numbers of four to six digits."""
        parts = [f"{self.drug} {self.amount:g} {self.unit} {self.route}"]
        start, lag = self.start_h + self.lag_h, 0.0
        if self.constant_infusion:
            start = 0.0
            parts = [f"{self.drug} {self.rate:g} {self.unit}/h {self.route}"]
            parts.append(f"constant until {self.start_h:g} h")
        elif self.drug == "placebo":
            parts = [f"placebo {self.route}"]
        elif self.length_h > AT_ONCE_H:
            parts.append(
                ("over" if infuses(self.route) else "for") + f" {exact_text(self.length_h)}"
            )
        elif infuses(self.route):
            parts.append("bolus")
        if self.additional or (self.steady_state and not self.constant_infusion):
            parts.append(f"every {exact_text(self.interval_h)}")
        if self.additional:
            parts.append(f"x {self.additional + 1}")
        if self.steady_state:
            if not self.constant_infusion:
                start, lag = self.start_h, self.lag_h  # it begins before the lag
            if self.steady_state == 2:
                parts.append("adding steady state")
            elif not self.constant_infusion:
                parts.append("in steady state")
        if start:
            parts.append(f"from {start:g} h")
        if lag:
            parts.append(f"lag {exact_text(lag)}")
        if self.bioavailability != 1.0 and self.drug != "placebo" and not self.constant_infusion:
            parts.append(f"bioavailability {self.bioavailability:g}")
        return " ".join(parts)


def block(target: str, fraction: float, *, start_h: float = -0.5, duration_h: float = 24.0) -> Dose:
    """Return a dose of the tool compound that blocks a target.

    Parameters
    ----------
    target : str
        A target of the table `ketasim.drugs`, such as 'ampa', or the name of a tool compound.
    fraction : float
        Share of the target that is blocked, from 0 to 1.
    start_h : float
        Start [h], default -0.5: half an hour before the first dose.
    duration_h : float
        Duration of the block [h], default 24.

    Returns
    -------
    Dose

    Raises
    ------
    ScenarioError, UnknownNameError
        For an unknown target, with the nearest ones, or a fraction outside 0 to 1.

    Examples
    --------
    >>> import ketasim as ks
    >>> print(ks.block("ampa", 0.9))
    nbqx 0.9 fraction target for 1 d from -0.5 h
    """
    tools = {**BLOCKS, **{tool: tool for tool in BLOCKS.values()}}
    check_name(target, tools, "target")
    return Dose(
        tools[target], fraction, "fraction", "target", start_h=start_h, duration_h=duration_h
    )
