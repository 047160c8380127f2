"""The scenario of an arm of a study.

Rules for information that the tables do not have:

- 28 mg nasal sprays a few minutes apart are the devices of one administration and become one record;
- a dose of 0 is a placebo;
- only an infusion, a clamp or a tool has a duration: other slow injections are absorbed from a depot;
- a baseline on a Hamilton scale is converted to MADRS, one on a scale without a counterpart is left out;
- a blank weight, age or genotype is the model's own; age above 60 and genotype act as in `Subject`;
- adolescents are simulated as adults of the model's own age: no number was found for how they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ketasim._wording.sealed import sealed
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._vocabulary import DRUG_FACTS, ROUTE_FACTS
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.evidence._records import Arm, DoseRecord, Observation
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import ADULT_Y, Subject

#: Sprays at most this far apart [h] belong to one administration (devices are 5 min apart).
SAME_ADMINISTRATION_H = 0.1


#: The parameter that converts the points of a scale to MADRS points, or '' for MADRS.
MADRS_POINTS_BY = {"madrs": "", "hdrs17": "symptoms.k_HDRS17", "hdrs": "symptoms.k_HDRS"}


@sealed
@dataclass(frozen=True, slots=True)
class Session:
    """One administration.

    Parameters
    ----------
    start_h : float
        Start [h].
    drug : str
    amount : float
        In the unit of the record.
    end_h : float
        End [h].

    Examples
    --------
    >>> from ketasim.observation import Session
    >>> Session(0.0, "ketamine", 0.5, 2 / 3).drug
    'ketamine'
    """

    start_h: float
    drug: str
    amount: float
    end_h: float


def scenario_of(
    arm: Arm, records: Sequence[DoseRecord], observations: Iterable[Observation] = ()
) -> Scenario:
    """Return the scenario of an arm.

    Parameters
    ----------
    arm : Arm
    records : sequence of DoseRecord
        The arm's regimen.
    observations : iterable of Observation, optional
        Those made on the arm; they show on which scale its baseline was rated.

    Returns
    -------
    Scenario
        Equal for arms that do not differ in the model.

    Raises
    ------
    ScenarioError, UnknownNameError
        If the model cannot run the regimen.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import scenario_of
    >>> evidence = ks.evidence.load()
    >>> arm = evidence.arms["murr13_ket"]
    >>> scenario_of(arm, evidence.regimens[arm.regimen_id]).context
    'midazolam'
    """
    subject = Subject(
        species=arm.species,
        weight_kg=arm.weight_kg,
        severity=arm.stress,
        baseline_madrs=baseline_madrs(arm, observations),
        genotype=arm.genotype or None,
        age_y=None if arm.age_y is not None and arm.age_y < ADULT_Y else arm.age_y,
    )
    doses = tuple(_dose(r) for r in administrations(records))
    return Scenario(Regimen(doses), subject=subject, context=arm.context)


def administrations(records: Sequence[DoseRecord]) -> tuple[DoseRecord, ...]:
    """Merge nasal devices that were given within minutes of each other into one record each.

    The first device of an administration delivers more than the next ones, and an administration is
    one session for expectancy. Three records of 28 mg would count as three first devices and three
    sessions.

    Parameters
    ----------
    records : sequence of DoseRecord

    Returns
    -------
    tuple of DoseRecord

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import administrations
    >>> evidence = ks.evidence.load()
    >>> records = evidence.regimens[evidence.arms["murr13_ket"].regimen_id]
    >>> len(administrations(records))
    1
    """
    merged: list[DoseRecord] = []
    last_device_h: dict[int, float] = {}
    for record in sorted(records, key=lambda r: r.start_h):
        place = next((i for i, at in last_device_h.items() if _same(merged[i], record, at)), None)
        if place is None:
            if _is_device(record):
                last_device_h[len(merged)] = record.start_h
            merged.append(record)
        else:
            merged[place] = replace(merged[place], amount=merged[place].amount + record.amount)
            last_device_h[place] = record.start_h
    return tuple(merged)


def _is_device(record: DoseRecord) -> bool:
    """One device of a route that gives the drug in devices."""
    return record.amount > 0.0 and record.amount == ROUTE_FACTS[record.route]["device_mg"]


def _same(first: DoseRecord, next_device: DoseRecord, last_device_h: float) -> bool:
    return (
        _is_device(next_device)
        and (first.drug, first.amount_unit, first.interval_h, first.additional)
        == (
            next_device.drug,
            next_device.amount_unit,
            next_device.interval_h,
            next_device.additional,
        )
        and next_device.start_h - last_device_h <= SAME_ADMINISTRATION_H
    )


def _dose(record: DoseRecord) -> Dose:
    return Dose(
        record.drug if record.amount > 0.0 else "placebo",
        record.amount,
        record.amount_unit,
        record.route,
        start_h=record.start_h,
        duration_h=record.duration_h if ROUTE_FACTS[record.route]["lasts"] else 0.0,
        interval_h=record.interval_h,
        additional=record.additional,
    )


def baseline_madrs(arm: Arm, observations: Iterable[Observation] = ()) -> float | None:
    """Return the baseline of an arm in MADRS points.

    Hamilton points are multiplied by ``symptoms.k_HDRS17`` (17 items) or ``symptoms.k_HDRS`` (more
    items). Where ``baseline_scale`` is blank, the scale is that of the readouts observed on the arm.

    Parameters
    ----------
    arm : Arm
    observations : iterable of Observation, optional
        Those made on the arm.

    Returns
    -------
    float or None
        MADRS [points]; None if the model's own baseline is to be used.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import baseline_madrs
    >>> baseline_madrs(ks.evidence.load().arms["murr13_ket"])
    31.3
    """
    if arm.baseline_severity is None:
        return None
    scale = arm.baseline_scale or _scale_observed({o.readout for o in observations})
    if scale not in MADRS_POINTS_BY:
        return None
    parameter = MADRS_POINTS_BY[scale]
    factor = parameters("human")[parameter]["value"] if parameter else 1.0
    points = arm.baseline_severity * factor
    return points if 0.0 < points < 60.0 else None


def _scale_observed(rated: set[str]) -> str:
    if "hdrs17_change" in rated and "madrs_change" not in rated:
        return "hdrs17"
    if "hdrs_change" in rated and not rated & {"madrs", "madrs_change"}:
        return "hdrs"
    return "caps5" if "capsv_change" in rated else "madrs"


def sessions(records: Sequence[DoseRecord]) -> tuple[Session, ...]:
    """Return every administration of a psychoactive drug or placebo, in order of time.

    Parameters
    ----------
    records : sequence of DoseRecord

    Returns
    -------
    tuple of Session

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import sessions
    >>> evidence = ks.evidence.load()
    >>> sessions(evidence.regimens[evidence.arms["murr13_ket"].regimen_id])[0].start_h
    0.0
    """
    given = [
        Session(start, r.drug, r.amount, start + r.duration_h)
        for r in administrations(records)
        if r.route != "target" and DRUG_FACTS[r.drug]["opens_session"]
        for start in (r.start_h + k * r.interval_h for k in range(r.additional + 1))
    ]
    return tuple(sorted(given, key=lambda s: s.start_h))


def dose_times(records: Sequence[DoseRecord]) -> tuple[float, ...]:
    """Return the start of every dose, whatever the drug, and the end of every infusion.

    Parameters
    ----------
    records : sequence of DoseRecord

    Returns
    -------
    tuple of float
        Times [h], increasing.

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import dose_times
    >>> evidence = ks.evidence.load()
    >>> records = evidence.regimens[evidence.arms["murr13_ket"].regimen_id]
    >>> [round(time, 2) for time in dose_times(records)]
    [0.0, 0.67]
    """
    times: set[float] = set()
    for r in administrations(records):
        for k in range(r.additional + 1):
            start = r.start_h + k * r.interval_h
            times |= {start, start + r.duration_h}
    return tuple(sorted(times))


def holds_end(records: Sequence[DoseRecord]) -> frozenset[float]:
    """Return the times at which a clamped level or a tool compound is withdrawn.

    Parameters
    ----------
    records : sequence of DoseRecord

    Returns
    -------
    frozenset of float
        Times [h].

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import holds_end
    >>> evidence = ks.evidence.load()
    >>> holds_end(evidence.regimens[evidence.arms["murr13_ket"].regimen_id])
    frozenset()
    """
    return frozenset(
        r.start_h + k * r.interval_h + r.duration_h
        for r in records
        if ROUTE_FACTS[r.route]["site"] != "body"
        for k in range(r.additional + 1)
    )
