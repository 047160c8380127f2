"""A regimen: dose records and resets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ketasim._wording.durations import hours
from ketasim._wording.frozen import value
from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._vocabulary import DRUGS
from ketasim.dosing._dose import Dose
from ketasim.errors import ScenarioError


@value
@dataclass(frozen=True, slots=True)
class Regimen:
    """Doses and resets, in any order: results do not depend on it.

    Parameters
    ----------
    doses : tuple of Dose
    resets : tuple of float
        Times [h] at which everything returns to the state before treatment (NONMEM EVID 3).
    name, source : str, optional
        Where a named regimen comes from; ``source`` holds keys of `ketasim.evidence`.
    """

    doses: tuple[Dose, ...] = ()
    resets: tuple[float, ...] = ()
    name: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        given: object = self.doses
        doses = (given,) if isinstance(given, Dose) else given
        if isinstance(doses, str) or not isinstance(doses, Iterable):
            raise ScenarioError(
                f"doses = {shortened(given)}: give a tuple of Dose; text is read by Regimen.parse"
            )
        doses = tuple(doses)
        for dose in doses:
            if not isinstance(dose, Dose):
                raise ScenarioError(
                    f"{shortened(dose)} is not a Dose: give Dose('ketamine', 0.5, 'mg/kg', 'iv', ...)"
                )
        object.__setattr__(self, "doses", doses)
        resets: object = self.resets
        if isinstance(resets, str) or not isinstance(resets, Iterable):
            raise ScenarioError(f"resets = {shortened(resets)}: give a tuple of hours")
        object.__setattr__(self, "resets", tuple(hours(t, "reset") for t in resets))

    @classmethod
    def parse(cls, text: str) -> Regimen:
        """Read words, see `ketasim.words.parse_records`; or the name of a named regimen."""
        if not isinstance(text, str):
            raise ScenarioError(
                f"a regimen in words is text, not {shortened(text)}: write for example "
                "'ketamine 0.5 mg/kg iv over 40 min'"
            )
        return _in_words(text)

    @classmethod
    def from_table(cls, table: Any, **keywords: Any) -> Regimen:
        """Read a NONMEM-style event table, see `ketasim.event_table.read_event_table`."""
        from ketasim.dosing._event_table import read_event_table

        return read_event_table(table, **keywords).regimen

    @classmethod
    def all_from_table(cls, table: Any, **keywords: Any) -> dict[str, Regimen]:
        """Read those of all subjects, by ID, see `ketasim.event_table.read_event_tables`."""
        from ketasim.dosing._event_table import read_event_tables

        return {k: t.regimen for k, t in read_event_tables(table, **keywords).items()}

    def __add__(self, other: Regimen) -> Regimen:
        if not isinstance(other, Regimen):
            return NotImplemented
        sources = [s for s in (self.source, other.source) if s]
        return Regimen(
            self.doses + other.doses,
            self.resets + other.resets,
            source=";".join(dict.fromkeys(sources)) or None,
        )

    def shift(self, by: float | str) -> Regimen:
        """The same, later by so many hours."""
        h = hours(by, "shift")
        return replace(
            self,
            doses=tuple(replace(d, start_h=d.start_h + h) for d in self.doses),
            resets=tuple(t + h for t in self.resets),
        )

    def __str__(self) -> str:
        if self.name:
            return self.name
        shown: Sequence[Dose] = self.doses[:4]
        more = f" + {len(self.doses) - 4} more" if len(self.doses) > 4 else ""
        return (" + ".join(str(d) for d in shown) + more) or "no drug"

    # Named regimens with their sources; see ketasim.regimens.
    @classmethod
    def ketamine_infusion(cls, mg_per_kg: float = 0.5, minutes: float = 40.0) -> Regimen:
        """One infusion, by default 0.5 mg/kg over 40 min [berman2000, zarate2006]."""
        length = hours(minutes, "minutes")
        if not length > 0.0:
            raise ScenarioError(f"minutes = {minutes!r}: an infusion lasts longer than 0 min")
        return cls(
            (Dose("ketamine", mg_per_kg, "mg/kg", "iv", duration_h=length / 60.0),),
            source="Zarate2006",
        )

    @classmethod
    def esketamine_induction(cls, mg: float = 84.0) -> Regimen:
        """Nasal esketamine twice a week for 4 weeks, 28, 56 or 84 mg."""
        return cls(
            tuple(
                Dose(
                    "esketamine", mg, "mg", "intranasal", start_h=s, interval_h=168.0, additional=3
                )
                for s in (0.0, 72.0)
            ),
            source="spravato_label",
        )


@lru_cache(maxsize=256)
def _in_words(text: str) -> Regimen:
    """Read once: who calls in a loop says the same again and again, and a regimen cannot change."""
    from ketasim.dosing._clinical_regimens import named, regimens
    from ketasim.dosing._regimen_text import DRUG_WORDS, parse_records

    word = text.strip()
    if "_" in word and word.isidentifier() and word not in (*DRUGS, *DRUG_WORDS):
        check_name(word, regimens().names, "regimen")
    return named(text) or Regimen(parse_records(text))
