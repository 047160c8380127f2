"""One measured value of a subject, and one number of an arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ketasim._wording.frozen import comparable

Censored = Literal["", "left", "right", "interval"]


@comparable
@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value of one subject.

    Parameters
    ----------
    subject, readout : str
    time_h : float
        Time [h].
    value : float
        In the unit of the readout; for a censored value its limit (the upper one of an interval).
    sd : float or None
        Its own standard deviation or standard error, if the table has one.
    censored : {'', 'left', 'right', 'interval'}
        'left': the value is below ``value`` (BLQ). 'interval': between ``low`` and ``value``.
    low : float
        Lower limit of an interval.
    where : str
        Place in the table.

    Examples
    --------
    >>> from ketasim.fitting import Measurement
    >>> Measurement("1", "ketamine_venous", 2.0, 58.0).censored
    ''
    """

    subject: str
    readout: str
    time_h: float
    value: float
    sd: float | None = None
    censored: Censored = ""
    low: float = 0.0
    where: str = ""


@comparable
@dataclass(frozen=True, slots=True)
class ArmRow:
    """One number of an arm of a study.

    Parameters
    ----------
    arm, readout : str
    time_h : float
        Time [h].
    value : float
        Mean, share from 0 to 1, or difference to ``relative_to``; in the unit of the readout.
    se : float or None
        Standard error of a mean or difference; None for a count.
    n : float or None
        Number of patients; needed for a count.
    relative_to : str
        Control arm of a difference, else ''.
    study : str
        Rows of one study share its deviation from other studies.
    cut : float or None
        Limit of a share, see `ketasim.evidence.Observation`.
    where : str
        Place in the table.

    Examples
    --------
    >>> from ketasim.fitting import ArmRow
    >>> ArmRow("drug", "response", 24.0, 0.6, None, 40).value
    0.6
    """

    arm: str
    readout: str
    time_h: float
    value: float
    se: float | None = None
    n: float | None = None
    relative_to: str = ""
    study: str = ""
    cut: float | None = None
    where: str = ""
