"""Regimens as text: "ketamine 0.5 mg/kg iv over 40 min every 2 d x 6; nbqx 0.9 target for 3 h"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ketasim._wording.durations import HOURS
from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._vocabulary import (
    DRUG_FACTS,
    DRUGS,
    ROUTE_FACTS,
    ROUTES,
    UNIT_FACTS,
    UNITS,
    infuses,
    spellings,
)
from ketasim.dosing._dose import AT_ONCE_H, MOST_DOSES, Dose
from ketasim.errors import ScenarioError

#: Every way in which the names of the tables are read.
DRUG_WORDS = spellings(DRUG_FACTS)
ROUTE_WORDS = spellings(ROUTE_FACTS)
UNIT_WORDS = spellings(UNIT_FACTS)

#: Hours between doses.
FREQUENCIES = {
    "daily": 24.0,
    "hourly": 1.0,
    "weekly": 168.0,
    "monthly": 672.0,
    "fortnightly": 336.0,
}

#: Starts within a week [h], as in a clinic.
WEEK_PATTERNS = {"once": (0.0,), "twice": (0.0, 72.0), "thrice": (0.0, 48.0, 96.0)}

#: Units that are not read, in those that are.
_OTHER_UNITS = {
    "mg": {"g": 1e3, **dict.fromkeys(("\u00b5g", "\u03bcg", "ug", "mcg"), 1e-3), "ng": 1e-6},
    "uM": {"mm": 1e3, "nm": 1e-3},
}

#: Characters of a long text that are shown around a word that is not understood.
SHOWN = 100

#: The regimen without any dose, in words.
NO_DRUG = "no drug"

#: What separates records; the '+' of '1e+3' separates nothing.
_SEPARATOR = re.compile(r";|(?<![\d.]e)\+|\+(?!\d)", re.IGNORECASE)

_AMOUNT = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(.*)", re.IGNORECASE)


@dataclass
class _Words:
    """The words of one record, with their columns in the text."""

    text: str
    words: list[tuple[str, int]]
    position: int = 0

    @property
    def word(self) -> str:
        return self.words[self.position][0] if self.position < len(self.words) else ""

    def take(self) -> str:
        word = self.word
        self.position += 1
        return word

    def refuse(self, what: str, back: int = 0) -> ScenarioError:
        index = min(max(self.position - back, 0), len(self.words) - 1)
        word, column = self.words[index] if self.words else ("", 0)
        first = max(0, column - SHOWN // 2) if len(self.text) > SHOWN else 0
        # One column for each character, so that the marker is below its word.
        shown = re.sub(r"\s", " ", self.text[first : first + SHOWN])
        pointer = " " * (column - first) + "^" * min(max(1, len(word)), SHOWN // 2)
        return ScenarioError(f"{what}\n  {shown}\n  {pointer}")


def parse_records(text: str) -> tuple[Dose, ...]:
    """Read dose records separated by ';' or '+'.

    A record is: drug amount unit route, then in any order, each at most once: ``over|for DURATION``
    or ``bolus``, ``from|at TIME`` (``day 3`` and ``after 2 d`` too), ``every INTERVAL``, ``daily`` or
    ``twice weekly``, ``x N`` or ``for N weeks`` after a frequency, ``lag TIME``,
    ``bioavailability NUMBER``, ``in steady state`` or ``adding steady state`` (NONMEM SS 1 and 2). Times
    have a unit. ``ketamine 3 mg/h iv constant until 4 h`` is an infusion that has run for ever.

    Raises
    ------
    ScenarioError, UnknownNameError
        With a marker below the word that was not understood.
    """
    if not isinstance(text, str) or not text.strip(" \t\n;+"):
        raise ScenarioError(
            "an empty regimen: write for example 'ketamine 0.5 mg/kg iv over 40 min', or "
            f"'{NO_DRUG}' for none"
        )
    doses: list[Dose] = []
    start, before = 0, ";"
    for separator in (*_SEPARATOR.finditer(text), None):
        end = len(text) if separator is None else separator.start()
        found = list(re.finditer(r"\S+", text[start:end]))
        if found:
            doses.extend(
                _record(_Words(text, [(m[0].rstrip(","), start + m.start()) for m in found]))
            )
        elif separator is not None or before != ";":  # one ';' may end the text
            at = end if separator is not None else start - 1
            raise _Words(text, [(text[at], at)]).refuse(
                "an empty record: write one record between two separators ';' or '+'"
            )
        if len(doses) > MOST_DOSES:
            raise ScenarioError(f"more than {MOST_DOSES} records: give repeats as 'every 48 h x 3'")
        if separator is not None:
            start, before = separator.end(), separator[0]
    return tuple(doses)


#: What a record says once at most: the kind of clause, in words.
_LENGTH, _KIND, _START, _LAG = "length", "kind of injection", "start", "lag"
_FREQUENCY, _NUMBER, _DOSE = "frequency", "number of doses", "word 'dose'"
_STEADY, _SHARE = "steady state", "bioavailability"


class _Clauses:
    """The clauses of a record; one that is said twice, or contradicts another, is refused."""

    def __init__(self, w: _Words) -> None:
        self._w = w
        self._said: dict[str, str] = {}
        self.given: dict[str, Any] = {}
        self.bolus = False
        self.infusion = False
        self.pattern: tuple[float, ...] = (0.0,)
        self.interval: float | None = None
        self.course: float | None = None
        self.times: int | None = None
        self.once = False
        self.steady = 0
        self.constant = False

    def say(self, kind: str, from_word: int) -> None:
        """Note a clause, which reaches from a word to the present one."""
        clause = " ".join(word for word, _ in self._w.words[from_word : self._w.position])
        if kind in self._said:
            raise self._w.refuse(
                f"the {kind} is given twice, as {shortened(self._said[kind])} and {shortened(clause)}: "
                "keep one of them",
                self._w.position - from_word,
            )
        self._said[kind] = clause

    def read(self) -> None:
        """Read one clause."""
        w, at = self._w, self._w.position
        word = w.take().lower()
        following = w.word.lower()
        if word in ("bolus", "infusion"):
            self.bolus |= word == "bolus"
            self.infusion |= word == "infusion"
            kind = _KIND
        elif word == "dose":
            kind = _DOSE
        elif word == "once" and (following in FREQUENCIES or following == "every"):
            return  # 'once daily' and 'once every 48 h' say no more than what follows
        elif word in WEEK_PATTERNS and following in ("weekly", "daily", "a"):
            self._pattern(word)
            kind = _FREQUENCY
        elif word == "once":
            self.once = True
            kind = _NUMBER
        elif word == "for" and self.interval is not None:
            self.course = _duration(w)
            if not self.course > 0.0:
                raise w.refuse(f"the course after {word!r} must be longer than 0", w.position - at)
            kind = _NUMBER
        elif word in ("over", "for"):
            self.given["duration_h"] = _duration(w)
            if not self.given["duration_h"] > 0.0:
                raise w.refuse(
                    f"the duration after {word!r} must be above 0; write 'bolus' for a dose without one",
                    w.position - at,
                )
            kind = _LENGTH
        elif word in ("in", "at", "adding") and following == "steady":
            self._steady(2 if word == "adding" else 1)
            kind = _STEADY
        elif word == "constant" and following in ("until", "up"):
            w.take()
            if following == "up" and w.take().lower() != "to":
                raise w.refuse("expected 'constant up to 4 h'", 1)
            self.given["start_h"] = _duration(w)
            self.constant = True
            kind = _START
        elif word == "bioavailability":
            share = _AMOUNT.fullmatch(w.take())
            if share is None or share[2]:
                raise w.refuse("expected a number such as 'bioavailability 0.7'", 1)
            self.given["bioavailability"] = _number(w, share)
            kind = _SHARE
        elif word in ("from", "at", "after", "starting"):
            self.given["start_h"] = _duration(w)
            kind = _START
        elif word == "day":
            self.given["start_h"] = 24.0 * _count(w)
            kind = _START
        elif word == "lag":
            self.given["lag_h"] = _duration(w)
            kind = _LAG
        elif word == "every":
            self.interval = FREQUENCIES["daily"] if following == "day" else _duration(w)
            if following == "day":
                w.take()
            kind = _FREQUENCY
        elif word in FREQUENCIES:
            self.interval = FREQUENCIES[word]
            kind = _FREQUENCY
        elif word in ("x", "×", "times") or re.fullmatch(r"[x×]\d+", word):
            self.times = _whole(w, word[1:], 1) if word[1:].isdigit() else _count(w)
            kind = _NUMBER
        else:
            raise w.refuse(
                f"did not understand {shortened(word)}: after the route come 'over 40 min', "
                "'from 2 h', 'every 48 h x 6', 'daily for 6 weeks', 'twice weekly for 4 weeks'",
                1,
            )
        self.say(kind, at)
        self._check_kind(at)
        if self.once and self.interval is not None:
            raise w.refuse(
                f"'once' contradicts {self._said[_FREQUENCY]!r}: keep one of them", w.position - at
            )

    def _steady(self, kind: int) -> None:
        w = self._w
        w.take()
        if w.take().lower() != "state":
            raise w.refuse("expected 'in steady state' or 'adding steady state'", 1)
        self.steady = kind

    def _pattern(self, word: str) -> None:
        w = self._w
        period = w.take().lower()
        if period == "a":
            period = {"week": "weekly", "day": "daily"}.get(w.take().lower(), "")
        if not period:
            raise w.refuse(f"expected '{word} a week' or '{word} a day'", 1)
        if period == "daily":
            self.interval = 24.0 / len(WEEK_PATTERNS[word])
        else:
            self.pattern, self.interval = WEEK_PATTERNS[word], 168.0

    def _check_kind(self, from_word: int) -> None:
        if self.bolus and (self.infusion or _LENGTH in self._said):
            other = self._said.get(_LENGTH, "infusion")
            raise self._w.refuse(
                f"a bolus has no length, but {shortened(other)} gives one: keep one of them",
                self._w.position - from_word,
            )


def _record(w: _Words) -> list[Dose]:
    drug = DRUG_WORDS.get(w.word.lower(), w.word.lower())
    try:
        check_name(drug, DRUGS, "drug")
    except ScenarioError:
        raise
    except ValueError as error:
        raise type(error)(str(w.refuse(str(error)))) from None
    w.take()
    amount, unit = (0.0, "") if drug == "placebo" else _amount(w)
    route_word = w.word.lower()
    route = _route(w, drug)
    if drug == "placebo":
        unit = ROUTE_FACTS[route]["units"][0]
    elif route == "target" and unit == "":
        unit = "fraction"
    if unit == "":
        raise w.refuse(f"the amount {amount:g} has no unit: write {_listed(UNITS)}", 1)
    clauses = _Clauses(w)
    if route_word == "infusion":
        clauses.infusion = True
    while w.position < len(w.words):
        clauses.read()
    w.position = len(w.words) - 1
    if clauses.constant or unit.endswith("/h"):
        return [_constant(w, drug, amount, unit, route, clauses)]
    site = ROUTE_FACTS[route]["site"]
    if clauses.infusion and not infuses(route):
        raise w.refuse(f"an infusion is not given by route {route!r}: remove the word 'infusion'")
    if clauses.bolus and site != "body":
        raise w.refuse(
            f"a bolus is not given by route {route!r}: write how long it acts, such as 'for 1 h'"
        )
    if (
        infuses(route)
        and drug != "placebo"
        and "duration_h" not in clauses.given
        and not clauses.bolus
    ):
        raise w.refuse(
            f"an {route} dose needs its length: write 'over 40 min', or 'bolus' for an injection"
        )
    return _repeated(w, drug, amount, unit, route, clauses)


def _constant(w: _Words, drug: str, rate: float, unit: str, route: str, clauses: _Clauses) -> Dose:
    """Return an infusion at a rate that has run for ever."""
    given = dict(clauses.given)
    duration = given.pop("duration_h", None)
    if duration is not None and not clauses.constant:
        raise w.refuse(
            f"{rate:g} {unit} is a rate: write the amount of the whole infusion, "
            f"'{rate * duration:.6g} {unit.removesuffix('/h')}'"
        )
    if not (clauses.constant and unit.endswith("/h")):
        raise w.refuse(
            "an infusion without end has a rate and its end, as in 'ketamine 3 mg/h iv constant until 4 h'; "
            "any other dose has an amount"
        )
    if duration is not None or clauses.bolus or clauses.interval is not None or clauses.times:
        raise w.refuse("'constant' contradicts a length, 'bolus' or repeats: keep one of them")
    return Dose(
        drug,
        0.0,
        unit.removesuffix("/h"),
        route,
        rate=rate,
        steady_state=clauses.steady or 1,
        **given,
    )


def _repeated(
    w: _Words, drug: str, amount: float, unit: str, route: str, clauses: _Clauses
) -> list[Dose]:
    given = dict(clauses.given)
    start = given.pop("start_h", 0.0)
    interval, course, times = clauses.interval, clauses.course, clauses.times
    if clauses.steady:
        given["steady_state"] = clauses.steady
        if interval is None:
            raise w.refuse("a steady state needs the interval of the doses: write 'every 12 h'")
        if len(clauses.pattern) > 1:
            raise w.refuse(
                "a steady state needs doses at one interval: write 'every 72 h', or the doses before it "
                "one by one"
            )
        if times is None and course is None:
            times = 1
    if interval is None:
        if times not in (None, 1):
            raise w.refuse(f"{times} doses without an interval: write 'every 48 h x {times}'")
        return [Dose(drug, amount, unit, route, start_h=start, **given)]
    if not interval > AT_ONCE_H:
        raise w.refuse(
            f"every {interval:g} h: doses must be more than {AT_ONCE_H:g} h apart; give their sum"
        )
    if times is None and course is None:
        raise w.refuse("the number of repeats is missing: write 'x 6' or 'for 4 weeks'")
    if times == 0 or (times or (course or 0.0) / interval) > MOST_DOSES:
        count = times if times is not None else f"{(course or 0.0) / interval:.3g}"
        raise w.refuse(f"{count} doses: give from 1 to {MOST_DOSES}")
    doses = []
    for k, offset in enumerate(clauses.pattern):
        if times is not None:
            count = len(range(k, times, len(clauses.pattern)))
        else:
            count = max(0, int(((course or 0.0) - offset) / interval - 1e-9) + 1)
        if count:
            doses.append(
                Dose(
                    drug,
                    amount,
                    unit,
                    route,
                    start_h=start + offset,
                    interval_h=interval if count > 1 or clauses.steady else 0.0,
                    additional=count - 1,
                    **given,
                )
            )
    return doses


def _number(w: _Words, match: re.Match[str]) -> float:
    """Return the number of a word that was taken; refuse a comma in it."""
    if re.match(r",\d", match[2]):
        whole = w.words[w.position - 1][0]
        point = whole.replace(",", ".", 1)
        without = whole.replace(",", "")
        raise w.refuse(
            f"{shortened(whole)}: write a decimal point, not a comma, and no separator of thousands: "
            f"{point!r} or {without!r}",
            1,
        )
    return float(match[1])


def _amount(w: _Words) -> tuple[float, str]:
    match = _AMOUNT.fullmatch(w.word)
    if match is None:
        raise w.refuse(f"expected an amount such as '0.5 mg/kg', found {w.word!r}")
    w.take()
    number, attached = _number(w, match), match[2]
    if attached == "%":
        return number / 100.0, "fraction"
    if attached:
        if (unit := _unit_or_rate(attached)) is None:
            raise w.refuse(_unknown_unit(number, attached), 1)
        return number, unit
    if (unit := _unit_or_rate(w.word)) is not None:
        w.take()
        return number, unit
    if w.word.lower() in ROUTE_WORDS or not w.word:
        return number, ""
    raise w.refuse(_unknown_unit(number, w.word))


def _unit_or_rate(word: str) -> str | None:
    """Return the unit that a word names, with '/h' if it is one per hour; None for no unit."""
    word = word.lower()
    unit, slash, hour = word.rpartition("/")
    if slash and hour in ("h", "hr", "hour") and unit in UNIT_WORDS:
        return f"{UNIT_WORDS[unit]}/h"
    return UNIT_WORDS.get(word)


def _unknown_unit(number: float, unit: str) -> str:
    quantity, per, body = unit.lower().partition("/")
    for known, factors in _OTHER_UNITS.items():
        if quantity in factors and per + body in ("", "/kg"):
            return f"unknown unit {unit!r}: write '{number * factors[quantity]:.12g} {known}{per}{body}'"
    return f"unknown unit {shortened(unit)}: use {_listed(UNITS)}"


def _route(w: _Words, drug: str) -> str:
    possible = DRUG_FACTS[drug]["routes"]
    if not w.word:
        if drug == "placebo":
            return "oral"
        raise w.refuse(f"the route is missing: {drug} can be given by {_listed(possible)}", 1)
    word = w.word.lower()
    route = ROUTE_WORDS.get(word, word)
    try:
        check_name(route, ROUTES, "route")
    except ValueError as error:
        raise type(error)(str(w.refuse(str(error)))) from None
    if route not in possible:
        raise w.refuse(f"{drug} cannot be given by route {route!r}; possible: {_listed(possible)}")
    w.take()
    return route


def _duration(w: _Words) -> float:
    word = w.take()
    match = _AMOUNT.fullmatch(word)
    if match is None:
        raise w.refuse(f"expected a time such as '40 min', found {word!r}", 1)
    number = _number(w, match)
    unit = match[2].lower()
    if not unit:
        if w.word.lower() not in HOURS:
            raise w.refuse(
                f"the time {word} has no unit: write for example '{match[1]} min', '{match[1]} h' or "
                f"'{match[1]} d'",
                1,
            )
        unit = w.take().lower()
    if unit not in HOURS:
        raise w.refuse(f"unknown unit of time {unit!r}: use s, min, h, d or wk", 1)
    return number / 60.0 if HOURS[unit] == 1.0 / 60.0 else number * HOURS[unit]


def _count(w: _Words) -> int:
    return _whole(w, w.take(), 1)


def _whole(w: _Words, digits: str, back: int) -> int:
    if not digits.isdecimal() or len(digits) > 12:
        raise w.refuse(f"expected a whole number, found {shortened(digits)}", back)
    return int(digits)


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
