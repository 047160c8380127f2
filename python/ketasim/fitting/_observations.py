"""Data of a fit: measurements of subjects, and means, counts and differences of the arms of studies."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ketasim._wording.frozen import FrozenMapping, comparable
from ketasim.catalogue._model_tables import readouts
from ketasim.errors import EvidenceError
from ketasim.fitting._records import ArmRow, Measurement
from ketasim.scenario._scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from ketasim.dosing._event_source import EventSource
    from ketasim.evidence._records import Evidence


@comparable
@dataclass(frozen=True, slots=True)
class Observations:
    """Data of a fit: who was given what, and what was measured.

    Made by `from_table` (subjects), `from_arms` (arms of studies) and `from_evidence` (the shipped
    evidence); ``+`` joins them. The parts can also be given as records.

    Parameters
    ----------
    subjects : mapping of str to Scenario
        Of each subject, by ID.
    measurements : tuple of Measurement
    arms : mapping of str to Scenario
        Of each arm, by name.
    arm_rows : tuple of ArmRow
    covariates : mapping of str to mapping
        Covariates of each subject by name, as the table has them.
    evidence_rows : tuple of str
        ``obs_id`` of rows of the evidence.
    evidence : Evidence or None
        The tables of these rows.

    Raises
    ------
    EvidenceError
        For an unknown readout, a subject or arm without a scenario, and for contradictions, with the
        place in the table.

    Examples
    --------
    >>> import ketasim as ks
    >>> data = ks.Observations(
    ...     {"1": ks.Scenario("ketamine 35 mg iv over 40 min")},
    ...     (ks.fitting.Measurement("1", "ketamine_venous", 2.0, 58.0),),
    ... )
    >>> data
    <Observations: 1 value of 1 subject (ketamine_venous)>
    """

    subjects: Mapping[str, Scenario] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    arms: Mapping[str, Scenario] = field(default_factory=dict)
    arm_rows: tuple[ArmRow, ...] = ()
    covariates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    evidence_rows: tuple[str, ...] = ()
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        for name in ("subjects", "arms", "covariates"):
            object.__setattr__(self, name, FrozenMapping(dict(getattr(self, name))))
        for name in ("measurements", "arm_rows", "evidence_rows"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for m in self.measurements:
            _check_known(m.subject, self.subjects, "subject", m.where)
            _check_readout(m.readout, m.where)
        for row in self.arm_rows:
            _check_known(row.arm, self.arms, "arm", row.where)
            if row.relative_to:
                _check_known(row.relative_to, self.arms, "arm", row.where)
            _check_readout(row.readout, row.where)
        measured: tuple[Measurement | ArmRow, ...] = (*self.measurements, *self.arm_rows)
        for one in measured:
            _check_reached(one, self)
        _check_signs(measured)
        _check_once(self.arm_rows)

    @classmethod
    def from_table(
        cls,
        table: EventSource,
        *,
        drug: str | None = None,
        route: str | None = None,
        unit: str = "mg",
        cmt: Mapping[int, str] | None = None,
        dvid: Mapping[int | str, str] | None = None,
        readout: str | None = None,
        dv_unit: str | None = None,
        covariates: Mapping[str, str | None] | Iterable[str] = (),
        lloq: float | Mapping[str, float] | None = None,
        censored: str | None = None,
        sd: str | None = None,
        context: str = "none",
    ) -> Observations:
        """Read doses and measured values of subjects from a table in the style of NONMEM.

        Parameters
        ----------
        table : path, data frame, structured array, mapping of columns or list of rows
            Doses as in `ketasim.dosing.read_event_table`. DV of rows with EVID 0 and MDV 0 is the
            measured value.
        drug, route, unit : str, optional
            Of doses without a column DRUG, ROUTE or UNIT.
        cmt : mapping of int to str, optional
            Routes and readouts by number of compartment: ``{1: "iv", 2: "ketamine_venous"}``.
        dvid : mapping, optional
            Readouts by DVID, before CMT: ``{1: "ketamine_venous", 2: "norketamine_venous"}``.
        readout : str, optional
            For a table without CMT or DVID on rows of measured values.
        dv_unit : str, optional
            Unit of DV; for levels also ug/L, mg/L, ug/mL. Default: that in the heading, ``DV [ug/L]``,
            else the unit of the readout.
        covariates : mapping of str to (str or None), or iterable of str
            Further columns: ``{"WT": "weight_kg", "SEX": "sex", "CRCL": None}``. A column of numbers may
            set weight_kg, age_y, severity or baseline_madrs of the subject, a column of words sex,
            ancestry, kidney, liver or genotype, with the words of `Subject`. All numbers are kept for covariate
            effects. A unit in the heading, as in ``WT (lb)`` or ``AGE [months]``, is converted for the
            field.
        lloq : float or mapping of str to float, optional
            Lower limit of quantification in the unit of DV, also by readout: values below it are
            left-censored.
        censored : str, optional
            Name of a column that marks values below the limit (1), such as 'BLQ'; the limit is ``lloq``,
            or the column LLOQ, or DV itself.
        sd : str, optional
            Name of a column with the standard deviation or error of each value, in the unit of DV.
        context : str
            Trial context of all subjects, see `ketasim.contexts`.

        Returns
        -------
        Observations

        Raises
        ------
        EvidenceError
            With row, column, value and a remedy.

        Notes
        -----
        Columns CENS, LIMIT, LLOQ and DVID are read where the table has them. CENS 1: below DV, or with
        LIMIT between LIMIT and DV; CENS -1: above DV, or between DV and LIMIT. Text such as '<0.5' in DV is below 0.5. A value
        below LLOQ is left-censored.

        Examples
        --------
        >>> import ketasim as ks
        >>> table = {
        ...     "ID": [1, 1, 1], "TIME": [0, 1, 24], "AMT": [35, 0, 0], "DUR [min]": [40, 0, 0],
        ...     "DV": [None, 95.0, "<0.5"], "WT": [62, 62, 62],
        ... }
        >>> data = ks.Observations.from_table(
        ...     table, drug="ketamine", route="iv", readout="ketamine_venous",
        ...     covariates={"WT": "weight_kg"},
        ... )
        >>> [m.censored for m in data.measurements], data.subjects["1"].subject.weight_kg
        (['', 'left'], 62.0)
        """
        from ketasim.fitting._read_table import read_subjects

        subjects, measurements, given = read_subjects(
            table,
            drug=drug,
            route=route,
            unit=unit,
            cmt=cmt,
            dvid=dvid,
            readout=readout,
            dv_unit=dv_unit,
            covariates=covariates,
            lloq=lloq,
            censored=censored,
            sd=sd,
            context=context,
        )
        return cls(subjects, measurements, covariates=given)

    @classmethod
    def from_arms(cls, table: EventSource, *, context: str = "none") -> Observations:
        """Read means, counts and differences of the arms of studies.

        Parameters
        ----------
        table : path, data frame, mapping of columns or list of rows
            See Notes.
        context : str
            Trial context of rows without one, see `ketasim.contexts`.

        Returns
        -------
        Observations

        Raises
        ------
        EvidenceError
            With row, column, value and a remedy.

        Notes
        -----
        Columns, in upper or lower case:

        - arm, regimen (text or the name of a regimen), readout
        - time_h, or time as text with a unit, such as '7 d'
        - value (a share from 0 to 1) with se, or with sd and n; or k and n, patients of whom k are counted (response, remission)
        - relative_to: the control arm, where value is a difference with se
        - study, context, cut, and the fields of `Subject`, such as weight_kg, age_y and sex: optional

        An arm is described alike in all its rows, or once. A number of an arm at a time is given once.

        Examples
        --------
        >>> import ketasim as ks
        >>> data = ks.Observations.from_arms([
        ...     {"arm": "drug", "regimen": "ketamine 0.5 mg/kg iv over 40 min", "time_h": 24,
        ...      "readout": "madrs_change", "value": -16.0, "se": 1.5, "context": "midazolam"},
        ...     {"arm": "drug", "time_h": 24, "readout": "response", "k": 30, "n": 47},
        ... ])
        >>> data
        <Observations: 2 numbers of 1 arm (madrs_change, response)>
        """
        from ketasim.fitting._read_arms import read_arms

        arms, rows = read_arms(table, context)
        return cls(arms=arms, arm_rows=rows)

    @classmethod
    def from_evidence(
        cls,
        rows: Iterable[str] | None = None,
        *,
        roles: Iterable[str] = ("calibrate",),
        arms: Iterable[str] | None = None,
        evidence: Evidence | str | Path | None = None,
    ) -> Observations:
        """Take clinical rows of the evidence tables.

        Parameters
        ----------
        rows : iterable of str, optional
            ``obs_id``; default: all clinical rows of ``roles`` and ``arms`` with a likelihood.
        roles : iterable of str
            'calibrate' (default), 'check' or both; not used with ``rows``.
        arms : iterable of str, optional
            Default: all.
        evidence : Evidence, str or Path, optional
            Default: the evidence shipped with ketasim.

        Returns
        -------
        Observations

        Raises
        ------
        EvidenceError
            For an unknown row or arm.

        Examples
        --------
        >>> import ketasim as ks
        >>> ks.Observations.from_evidence(arms=["murr13_ket"]).evidence_rows[0]
        'murr13_ket__madrs_change__1'
        """
        from ketasim.fitting._evidence_rows import clinical_rows

        tables, chosen = clinical_rows(rows, roles, arms, evidence)
        return cls(evidence_rows=chosen, evidence=tables)

    def __add__(self, other: Observations) -> Observations:
        """Join two sets of data.

        Raises
        ------
        EvidenceError
            If a subject or arm of one name has two scenarios, or both sets have the same row of a table.
        """
        if not isinstance(other, Observations):
            return NotImplemented
        for mine, theirs, kind in (
            (self.subjects, other.subjects, "subject"),
            (self.arms, other.arms, "arm"),
        ):
            for name in mine.keys() & theirs.keys():
                if mine[name] != theirs[name]:
                    raise EvidenceError(
                        f"{kind} {name!r} has two scenarios: {mine[name]} and {theirs[name]}; give one "
                        "of them another name"
                    )
        # Values without a place were not read from a table: equal ones may be two measurements.
        mine_read = {m for m in self.measurements if m.where}
        shared = next((m for m in other.measurements if m in mine_read), None)
        if shared is not None:
            raise EvidenceError(
                f"{_at(shared.where)}{shared.readout} of subject {shared.subject!r} at {shared.time_h:g} h is in both "
                "sets: the same data would count twice"
            )
        if self.evidence is not None and other.evidence not in (None, self.evidence):
            raise EvidenceError("rows of two different evidence folders cannot be joined")
        return replace(
            self,
            subjects={**self.subjects, **other.subjects},
            measurements=(*self.measurements, *other.measurements),
            arms={**self.arms, **other.arms},
            arm_rows=(*self.arm_rows, *other.arm_rows),
            covariates={**self.covariates, **other.covariates},
            evidence_rows=tuple(dict.fromkeys((*self.evidence_rows, *other.evidence_rows))),
            evidence=self.evidence or other.evidence,
        )

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.measurements) + len(self.arm_rows) + len(self.evidence_rows)

    def __repr__(self) -> str:
        parts = []
        if self.measurements:
            below = sum(m.censored != "" for m in self.measurements)
            names = ", ".join(dict.fromkeys(m.readout for m in self.measurements))
            censored = f", {below} of them censored" if below else ""
            parts.append(
                f"{_counted(len(self.measurements), 'value')} of "
                f"{_counted(len(self.subjects), 'subject')} ({names}){censored}"
            )
        if self.arm_rows:
            names = ", ".join(dict.fromkeys(row.readout for row in self.arm_rows))
            parts.append(
                f"{_counted(len(self.arm_rows), 'number')} of {_counted(len(self.arms), 'arm')} ({names})"
            )
        if self.evidence_rows:
            parts.append(f"{_counted(len(self.evidence_rows), 'row')} of the evidence")
        return f"<Observations: {'; '.join(parts) or 'empty'}>"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _check_known(name: str, known: Mapping[str, Scenario], kind: str, where: str) -> None:
    if name not in known:
        raise EvidenceError(
            f"{_at(where)}{kind} {name!r} has no scenario; known are {', '.join(list(known)[:8]) or 'none'}"
        )


def _check_once(rows: Iterable[ArmRow]) -> None:
    seen: set[object] = set()
    for row in rows:
        key = (row.arm, row.readout, row.time_h, row.relative_to, row.cut)
        if key in seen:
            raise EvidenceError(
                f"{_at(row.where)}{row.readout} of arm {row.arm!r} at {row.time_h:g} h is given twice: it would count "
                "twice; keep one row"
            )
        seen.add(key)


def _check_readout(name: str, where: str) -> None:
    from ketasim._wording.names import check_name

    try:
        check_name(name, readouts().names, "readout")
    except ValueError as error:
        raise EvidenceError(f"{_at(where)}{error}") from None


#: Changes of ratings that fall with improvement.
FALLING = (
    "madrs_change",
    "hdrs17_change",
    "hdrs_change",
    "suicidal_ideation_change",
    "capsv_change",
)


class SignWarning(UserWarning):
    """All measured changes of a rating are rises, although falls are improvement and negative.

    Examples
    --------
    >>> import ketasim as ks
    >>> issubclass(ks.fitting.SignWarning, UserWarning)
    True
    """


def _check_reached(row: Measurement | ArmRow, data: Observations) -> None:
    """Refuse a change of the MADRS that leads out of its scale, where the rating before is known."""
    if row.readout != "madrs_change" or (isinstance(row, ArmRow) and (row.relative_to or row.cut)):
        return
    owner = data.arms[row.arm] if isinstance(row, ArmRow) else data.subjects[row.subject]
    before = owner.subject.baseline_madrs
    high = float(readouts()["madrs"]["scale_high"])
    if before is not None and not 0.0 <= before + row.value <= high:
        place = f"{row.where}: " if row.where else ""
        raise EvidenceError(
            f"{place}madrs_change {row.value:+g} after a MADRS of {before:g} is {before + row.value:g}, outside "
            f"0 to {high:g}; a change is the rating minus that before treatment, so that an improvement is negative"
        )


def _check_signs(rows: Sequence[Measurement | ArmRow]) -> None:
    """Warn of a table that may write an improvement as a positive number."""
    for readout in FALLING:
        own = [row for row in rows if row.readout == readout]
        if own and all(row.value > 0.0 for row in own):
            place = f"{own[0].where}: " if own[0].where else ""
            every = (
                "its only value is"
                if len(own) == 1
                else f"all {len(own)} values are above 0, such as"
            )
            warnings.warn(
                f"{place}{readout}: {every} {own[0].value:+g}. A change is the rating minus that before "
                "treatment, so that an improvement is negative: if these are improvements, change their sign",
                SignWarning,
                stacklevel=4,
            )
