"""A regimen: dose records and resets."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, overload

from ketasim._wording.durations import hours
from ketasim._wording.frozen import value
from ketasim._wording.lists import is_list
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import check_no_unit
from ketasim.dosing._clinical_regimens import CLINICAL_REGIMENS
from ketasim.dosing._dose import Dose
from ketasim.dosing._event_rows import read_rows, read_rows_of_all
from ketasim.dosing._event_source import EventSource
from ketasim.dosing._regimen_text import DRUG_WORDS, NO_DRUG, parse_records
from ketasim.errors import EvidenceError, ScenarioError


@value
@dataclass(frozen=True, slots=True)
class Regimen:
    """Doses and resets; their order does not change results.

    Parameters
    ----------
    doses : tuple of Dose
    resets : tuple of float
        Times at which every state returns to its value before treatment [h] (NONMEM EVID 3).
    name, source : str, optional
        Name of a named regimen, and the keys of its publications in `ketasim.catalogue.all_sources`,
        separated by ``;``.

    Examples
    --------
    >>> import ketasim as ks
    >>> regimen = ks.Regimen.parse("ketamine 0.5 mg/kg iv over 40 min every 48 h x 3")
    >>> regimen.doses[0].start_times
    (0.0, 48.0, 96.0)
    """

    doses: tuple[Dose, ...] = ()
    resets: tuple[float, ...] = ()
    name: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        given: object = self.doses
        doses = (given,) if isinstance(given, Dose) else given
        if not is_list(doses):
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
        object.__setattr__(self, "name", _checked_text("name", self.name))
        object.__setattr__(self, "source", _checked_text("source", self.source))
        resets: object = self.resets
        check_no_unit("resets", resets, "h")
        if not is_list(resets):
            raise ScenarioError(f"resets = {shortened(resets)}: give a tuple of hours")
        object.__setattr__(self, "resets", tuple(hours(t, "reset") for t in resets))

    @classmethod
    def parse(cls, text: str) -> Regimen:
        """Read a regimen from text, or by the name of a named regimen.

        Records are separated by ``;`` or ``+``. A record is: drug, amount, unit, route, then in any
        order, each at most once: ``over|for DURATION`` or ``bolus``, ``from|at TIME``, ``every
        INTERVAL``, ``daily`` or ``twice weekly``, ``x N`` or ``for N weeks`` after a frequency,
        ``lag TIME``. Every time has its unit. ``no drug`` is the regimen without doses.

        Parameters
        ----------
        text : str
            For example ``"ketamine 0.5 mg/kg iv over 40 min every 2 d x 6"``.

        Returns
        -------
        Regimen

        Raises
        ------
        ScenarioError, UnknownNameError
            With a marker below the word that was not understood, that repeats or contradicts another, or
            that lacks its unit.

        Examples
        --------
        >>> import ketasim as ks
        >>> print(ks.Regimen.parse("esketamine 56 mg nasal twice weekly for 4 weeks"))
        esketamine 56 mg intranasal every 7 d x 4 + esketamine 56 mg intranasal every 7 d x 4 from 72 h
        """
        if not isinstance(text, str):
            raise ScenarioError(
                f"a regimen in words is text, not {shortened(text)}: write for example "
                "'ketamine 0.5 mg/kg iv over 40 min'"
            )
        return _in_words(text)

    @classmethod
    def from_table(
        cls,
        table: EventSource,
        *,
        drug: str | None = None,
        route: str | None = None,
        unit: str = "mg",
        cmt: Mapping[int, str] | None = None,
        subject: str | int | None = None,
        covariates: Iterable[str] = (),
    ) -> Regimen:
        """Read the doses of one subject from an event table in the style of NONMEM.

        Parameters
        ----------
        table : path, data frame, structured array, mapping of columns or list of rows
            Columns TIME [h], AMT, RATE or DUR, II, ADDL, EVID, CMT, SS, LAG, F, DRUG, ROUTE, UNIT,
            ID; see `ketasim.dosing.read_event_table`, which also returns the observation times.
        drug, route : str, optional
            For a table without a DRUG or ROUTE column.
        unit : str
            For a table without a UNIT column, default 'mg'.
        cmt : mapping of int to str, optional
            Routes of numbered compartments, for example ``{1: "oral", 2: "iv"}``.
        subject : str or int, optional
            The ID to read; needed if the table has several.
        covariates : iterable of str
            Columns that are not read, whatever their name: ``["WT", "DV"]``.

        Returns
        -------
        Regimen

        Raises
        ------
        EvidenceError
            With row, column, value and a remedy. A table is read whole or not at all.

        Examples
        --------
        >>> import ketasim as ks
        >>> table = {"TIME": [0, 48], "AMT": [35, 35], "RATE": [52.5, 52.5]}
        >>> print(ks.Regimen.from_table(table, drug="ketamine", route="iv"))
        ketamine 35 mg iv over 40 min + ketamine 35 mg iv over 40 min from 48 h
        """
        rows = read_rows(
            table,
            drug=drug,
            route=route,
            unit=unit,
            cmt=cmt,
            subject=subject,
            covariates=covariates,
        )
        return cls(rows.doses, rows.resets)

    @overload
    @classmethod
    def all_from_table(
        cls,
        table: EventSource,
        *,
        drug: str | None = None,
        route: str | None = None,
        unit: str = "mg",
        cmt: Mapping[int, str] | None = None,
        covariates: Iterable[str] = (),
        on_error: Literal["raise"] = "raise",
    ) -> dict[str, Regimen]: ...

    @overload
    @classmethod
    def all_from_table(
        cls,
        table: EventSource,
        *,
        drug: str | None = None,
        route: str | None = None,
        unit: str = "mg",
        cmt: Mapping[int, str] | None = None,
        covariates: Iterable[str] = (),
        on_error: Literal["collect"],
    ) -> tuple[dict[str, Regimen], dict[str, EvidenceError]]: ...

    @classmethod
    def all_from_table(
        cls,
        table: EventSource,
        *,
        drug: str | None = None,
        route: str | None = None,
        unit: str = "mg",
        cmt: Mapping[int, str] | None = None,
        covariates: Iterable[str] = (),
        on_error: Literal["raise", "collect"] = "raise",
    ) -> dict[str, Regimen] | tuple[dict[str, Regimen], dict[str, EvidenceError]]:
        """Read the doses of all subjects of an event table.

        Parameters
        ----------
        table, drug, route, unit, cmt, covariates
            As in `from_table`; every row needs an ID.
        on_error : {'raise', 'collect'}
            What happens at a subject whose rows cannot be read. 'raise', the default: its error is
            raised. 'collect': the other subjects are read, and its error is returned. Faults of the
            whole table, such as an unknown column, are always raised.

        Returns
        -------
        dict of str to Regimen
            By ID, in the order in which they appear. With ``on_error="collect"`` a tuple: this
            dict, and a dict of the errors by ID.

        Raises
        ------
        EvidenceError
            As `from_table`; also for a row without an ID.

        Examples
        --------
        >>> import ketasim as ks
        >>> table = {"ID": [1, 2], "TIME": [0, 0], "AMT": [28, 56]}
        >>> regimens = ks.Regimen.all_from_table(table, drug="esketamine", route="intranasal")
        >>> {subject: str(regimen) for subject, regimen in regimens.items()}
        {'1': 'esketamine 28 mg intranasal', '2': 'esketamine 56 mg intranasal'}

        >>> table["AMT"] = [28, -56]
        >>> regimens, refused = ks.Regimen.all_from_table(
        ...     table, drug="esketamine", route="intranasal", on_error="collect"
        ... )
        >>> list(regimens), str(refused["2"])
        (['1'], 'row 1, column AMT: -56 must not be negative')
        """
        found, refused = read_rows_of_all(
            table,
            drug=drug,
            route=route,
            unit=unit,
            cmt=cmt,
            covariates=covariates,
            on_error=on_error,
        )
        regimens = {subject: cls(rows.doses, rows.resets) for subject, rows in found.items()}
        return (regimens, refused) if on_error == "collect" else regimens

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
        """Return the regimen with all doses and resets moved to a later time.

        Parameters
        ----------
        by : float or str
            Hours, or text such as '2 d'; a negative value moves to an earlier time.

        Returns
        -------
        Regimen

        Raises
        ------
        ScenarioError
            If ``by`` is not a duration.

        Examples
        --------
        >>> import ketasim as ks
        >>> print(ks.Regimen.parse("ketamine 35 mg im").shift("1 d"))
        ketamine 35 mg im from 24 h
        """
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
        return (" + ".join(str(d) for d in shown) + more) or NO_DRUG

    # Named regimens with their sources; see `ketasim.regimens`.
    @classmethod
    def ketamine_infusion(cls, mg_per_kg: float = 0.5, minutes: float = 40.0) -> Regimen:
        """Return one infusion of racemic ketamine.

        Parameters
        ----------
        mg_per_kg : float
            Dose [mg/kg], default 0.5.
        minutes : float
            Length of the infusion [min], default 40.

        Returns
        -------
        Regimen

        Raises
        ------
        ScenarioError
            For an impossible dose or length.

        Notes
        -----
        The default is the infusion of Berman 2000 and Zarate 2006.

        Examples
        --------
        >>> import ketasim as ks
        >>> print(ks.Regimen.ketamine_infusion())
        ketamine 0.5 mg/kg iv over 40 min
        """
        length = hours(minutes, "minutes")
        if not length > 0.0:
            raise ScenarioError(f"minutes = {minutes!r}: an infusion lasts longer than 0 min")
        return cls(
            (Dose("ketamine", mg_per_kg, "mg/kg", "iv", duration_h=length / 60.0),),
            source="Zarate2006",
        )

    @classmethod
    def esketamine_induction(cls, mg: float = 84.0) -> Regimen:
        """Return nasal esketamine twice a week for 4 weeks.

        Parameters
        ----------
        mg : float
            Dose of a session [mg], default 84; the label has 28, 56 and 84.

        Returns
        -------
        Regimen

        Examples
        --------
        >>> import ketasim as ks
        >>> print(ks.Regimen.esketamine_induction(56))
        esketamine 56 mg intranasal every 7 d x 4 + esketamine 56 mg intranasal every 7 d x 4 from 72 h
        """
        return cls(
            tuple(
                Dose(
                    "esketamine", mg, "mg", "intranasal", start_h=s, interval_h=168.0, additional=3
                )
                for s in (0.0, 72.0)
            ),
            source="spravato_label",
        )


def _checked_text(field: str, given: object) -> str | None:
    """Return text that every file format can hold."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise ScenarioError(f"{field} = {shortened(given)}: give text")
    wrong = [c for c in given if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r"]
    if wrong:
        raise ScenarioError(
            f"{field} = {shortened(given)}: {wrong[0]!a} cannot be written into files; remove it"
        )
    return str(given)


@lru_cache(maxsize=256)
def _in_words(text: str) -> Regimen:
    """Read a text once; the result is cached, because loops give the same text many times."""
    word = text.strip()
    if word.lower() == NO_DRUG:
        return Regimen()
    if word in CLINICAL_REGIMENS:
        row = CLINICAL_REGIMENS[word]
        return Regimen(parse_records(row.text), name=word, source=row.source_key)
    if "_" in word and word.isidentifier() and word not in DRUG_WORDS:
        check_name(word, CLINICAL_REGIMENS, "regimen")
    return Regimen(parse_records(text))
