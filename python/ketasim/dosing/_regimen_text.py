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

#: Characters of a long text that are shown around a word that is not understood.
SHOWN = 100

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
    """Read dose records separated by ';', '+' or 'then'.

    A record is: drug amount unit route, then in any order ``over|for DURATION``,
    ``from|at TIME`` (``day 3`` and ``after 2 d`` too), ``every INTERVAL``, ``daily``,
    ``twice weekly``, ``x N`` and ``for N weeks`` after a frequency, ``lag TIME``.

    Raises
    ------
    ScenarioError, UnknownNameError
        With a marker below the word that was not understood.
    """
    if not isinstance(text, str) or not text.strip():
        raise ScenarioError(
            "an empty regimen: write for example 'ketamine 0.5 mg/kg iv over 40 min'"
        )
    doses: list[Dose] = []
    for part in re.finditer(r"[^;+]+(?:e\+\d+[^;+]*)?", text):
        if part[0].strip():
            words = [(m[0].rstrip(","), m.start()) for m in re.finditer(r"\S+", part[0])]
            offset = part.start()
            doses.extend(_record(_Words(text, [(w, c + offset) for w, c in words])))
    return tuple(doses)


def _record(w: _Words) -> list[Dose]:
    drug = DRUG_WORDS.get(w.word.lower(), w.word.lower())
    try:
        check_name(drug, DRUGS, "drug")
    except ScenarioError:
        raise
    except ValueError as error:
        raise type(error)(str(w.refuse(str(error)))) from None
    w.take()
    amount, unit = (0.0, "mg") if drug == "placebo" else _amount(w)
    route = _route(w, drug)
    if route == "target" and unit in ("", "mg"):
        unit = "fraction"
    if unit == "":
        raise w.refuse(f"the amount {amount:g} has no unit: write {_listed(UNITS)}", 1)
    given: dict[str, Any] = {}
    pattern: tuple[float, ...] = (0.0,)
    interval = course = 0.0
    times: int | None = None
    bolus = False
    while w.position < len(w.words):
        word = w.take().lower()
        if word == "bolus":
            bolus = True
        elif word in ("infusion", "dose", "once") and not (
            word == "once" and w.word.lower() in ("weekly", "daily")
        ):
            continue
        elif word in ("over", "for") and not (word == "for" and interval):
            given["duration_h"] = _duration(w)
            if given["duration_h"] <= 0.0:
                raise w.refuse(
                    f"the duration after {word!r} must be above 0; write 'bolus' for a dose without one",
                    1,
                )
        elif word == "for":
            course = _duration(w)
        elif word in ("from", "at", "after", "starting"):
            given["start_h"] = _duration(w)
        elif word == "day":
            given["start_h"] = 24.0 * _count(w)
        elif word == "lag":
            given["lag_h"] = _duration(w)
        elif word == "every":
            interval = FREQUENCIES["daily"] if w.word.lower() == "day" else _duration(w)
            if w.word.lower() == "day":
                w.take()
        elif word in FREQUENCIES:
            interval = FREQUENCIES[word]
        elif word in WEEK_PATTERNS and w.word.lower() in ("weekly", "daily", "a"):
            if w.take().lower() == "a":
                w.take()
            if w.words[w.position - 1][0].lower() == "daily":
                interval = 24.0 / len(WEEK_PATTERNS[word])
            else:
                pattern, interval = WEEK_PATTERNS[word], 168.0
        elif word in ("x", "times") or re.fullmatch(r"[x×]\d+", word):
            times = _whole(w, word[1:], 1) if word[1:].isdigit() else _count(w)
        else:
            raise w.refuse(
                f"did not understand {word!r}: after the route come 'over 40 min', 'from 2 h', "
                "'every 48 h x 6', 'daily for 6 weeks', 'twice weekly for 4 weeks'",
                1,
            )
    if infuses(route) and drug != "placebo" and "duration_h" not in given and not bolus:
        w.position = len(w.words) - 1
        raise w.refuse(
            f"an {route} dose needs its length: write 'over 40 min', or 'bolus' for an injection"
        )
    return _repeated(w, drug, amount, unit, route, given, pattern, interval, course, times)


def _repeated(
    w: _Words,
    drug: str,
    amount: float,
    unit: str,
    route: str,
    given: dict[str, Any],
    pattern: tuple[float, ...],
    interval: float,
    course: float,
    times: int | None,
) -> list[Dose]:
    start = given.pop("start_h", 0.0)
    if not interval:
        if times not in (None, 1):
            raise w.refuse(f"{times} doses without an interval: write 'every 48 h x {times}'", 1)
        return [Dose(drug, amount, unit, route, start_h=start, **given)]
    if not interval > AT_ONCE_H:
        raise w.refuse(
            f"every {interval:g} h: doses must be more than {AT_ONCE_H:g} h apart; give their sum",
            1,
        )
    if times == 0 or (times or course / interval) > MOST_DOSES:
        count = times if times is not None else f"{course / interval:.3g}"
        raise w.refuse(f"{count} doses: give from 1 to {MOST_DOSES}", 1)
    if course and times is not None:
        raise w.refuse("give the number of doses or the length of the course, not both", 1)
    if not course and times is None:
        raise w.refuse("the number of repeats is missing: write 'x 6' or 'for 4 weeks'", 1)
    doses = []
    for k, offset in enumerate(pattern):
        if times is not None:
            count = len(range(k, times, len(pattern)))
        else:
            count = max(0, int((course - offset) / interval - 1e-9) + 1)
        if count:
            doses.append(
                Dose(
                    drug,
                    amount,
                    unit,
                    route,
                    start_h=start + offset,
                    interval_h=interval if count > 1 else 0.0,
                    additional=count - 1,
                    **given,
                )
            )
    return doses


def _amount(w: _Words) -> tuple[float, str]:
    match = _AMOUNT.fullmatch(w.word)
    if match is None:
        raise w.refuse(f"expected an amount such as '0.5 mg/kg', found {w.word!r}")
    w.take()
    number, attached = float(match[1]), match[2]
    if attached == "%":
        return number / 100.0, "fraction"
    if re.match(r",\d", attached):
        raise w.refuse(f"{w.words[w.position - 1][0]!r}: write a decimal point, not a comma", 1)
    if attached:
        if attached.lower() not in UNIT_WORDS:
            raise w.refuse(f"unknown unit {attached!r}: use {_listed(UNITS)}", 1)
        return number, UNIT_WORDS[attached.lower()]
    if w.word.lower() in UNIT_WORDS:
        return number, UNIT_WORDS[w.take().lower()]
    if w.word.lower() in ROUTE_WORDS or not w.word:
        return number, ""
    raise w.refuse(f"unknown unit {w.word!r}: use {_listed(UNITS)}")


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
    unit = match[2].lower() or (w.take().lower() if w.word.lower() in HOURS else "h")
    if unit not in HOURS:
        raise w.refuse(f"unknown unit of time {unit!r}: use s, min, h, d or wk", 1)
    number = float(match[1])
    return number / 60.0 if HOURS[unit] == 1.0 / 60.0 else number * HOURS[unit]


def _count(w: _Words) -> int:
    return _whole(w, w.take(), 1)


def _whole(w: _Words, digits: str, back: int) -> int:
    if not digits.isdecimal() or len(digits) > 12:
        raise w.refuse(f"expected a whole number, found {shortened(digits)}", back)
    return int(digits)


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
