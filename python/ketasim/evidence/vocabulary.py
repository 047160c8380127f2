"""The vocabulary of the evidence tables: allowed words and the units of readouts and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ketasim import _core
from ketasim.catalogue._vocabulary import EVIDENCE

PLASMA = "Plasma"
CIRCUIT = "Receptor and circuit"
SIGNALLING = "Signalling"
SYNAPSE = "Synapse"
SEROTONIN = "Serotonin"
CLINICAL = "Clinical"
SIDE_EFFECTS = "Side effects"
COGNITION = "Cognition"

AREAS: tuple[str, ...] = (
    PLASMA,
    CIRCUIT,
    SIGNALLING,
    SYNAPSE,
    SEROTONIN,
    CLINICAL,
    SIDE_EFFECTS,
    COGNITION,
)

#: The area of the readouts of a module, except for concentrations in plasma.
AREA_OF_MODULE = {
    "pharmacokinetics": PLASMA,
    "nmda_block": CIRCUIT,
    "disinhibition": CIRCUIT,
    "glutamate": CIRCUIT,
    "ampa": CIRCUIT,
    "bdnf_trkb": SIGNALLING,
    "mtor": SIGNALLING,
    "synaptogenesis": SYNAPSE,
    "serotonin": SEROTONIN,
    "symptoms": CLINICAL,
    "tolerability": SIDE_EFFECTS,
    "psychotherapy": CLINICAL,
    "cognition": COGNITION,
}

#: Observed in trials and counted over members of an ensemble: not a readout of one run.
_OF_ENSEMBLES = {"relapse": ("1", CLINICAL)}


def _area(readout: Mapping[str, Any]) -> str:
    return PLASMA if readout["unit"] == "ng/mL" else AREA_OF_MODULE[readout["module"]]


_OBSERVABLE = {
    row["name"]: (row["unit"], _area(row))
    for row in _core.readout_table()
    if row["module"] in AREA_OF_MODULE
} | _OF_ENSEMBLES
READOUT_UNIT: dict[str, str] = {name: unit for name, (unit, _) in _OBSERVABLE.items()}
READOUT_AREA: dict[str, str] = {name: area for name, (_, area) in _OBSERVABLE.items()}

STATISTIC_UNIT: dict[str, str | None] = {
    "point": None,  # the unit of the readout
    "max": None,
    "min": None,
    "mean": None,
    "tmax": "h",
    "median_time": "h",
    "auc_0_24": "ng*h/mL",
    "auc_inf": "ng*h/mL",
    "fraction": "1",
    "ratio": "1",
    "auc_ratio": "1",
    "max_ratio": "1",
    "sign": "1",
}
#: Of an arm over its control arm.
OVER_CONTROL = ("auc_ratio", "max_ratio")
SPREAD_KINDS = ("sd", "se", "ci95_halfwidth", "iqr", "range", "cv", "reading")
#: An observation is never assumed.
HOW_READ = tuple(how for how in EVIDENCE if how != "assumed")
ROLES = ("calibrate", "check")
#: How a cut became known: as a number, or assumed.
CUT_FROM = tuple(EVIDENCE)
#: A cut of blood pressure is on the change from before the dose, or on the level itself.
CUT_ON = ("change", "level")
#: Whose relapse is counted: patients with response, or in remission, when the count begins.
AMONG = ("responders", "remitters")
#: Rated on the scale, or reported by patients without being asked.
METHODS = ("rated", "spontaneous")
#: Scales of the baseline of an arm. Hamilton scales with more than 17 items are 'hdrs'.
BASELINE_SCALES = ("madrs", "hdrs17", "hdrs", "qids", "phq9", "bdi", "cdrsr", "caps5", "other")

#: Largest number of points on MADRS, and on the Scale for Suicidal Ideation.
MADRS_MAX, SSI_MAX = (
    float(row["scale_high"])
    for name in ("madrs", "suicidal_ideation_change")
    for row in _core.readout_table()
    if row["name"] == name
)
#: Readouts of which a share of patients is counted at or below a cut in MADRS points.
COUNTED_AT_OR_BELOW = ("response", "remission")
#: Readouts whose share of patients is counted above a cut, in the unit of the readout.
COUNTED_ABOVE = ("cadss", "cadss_change", "sbp_change", "dbp_change")
#: Readouts whose cut may be on the level instead of the change.
PRESSURES = ("sbp_change", "dbp_change")

#: May also be given as SMD; negative is then better.
STANDARDISED = "suicidal_ideation_change"


def unit_expected(readout: str, statistic: str) -> str:
    """Return the unit in which a statistic of a readout is written.

    Parameters
    ----------
    readout : str
        A key of `READOUT_UNIT`.
    statistic : str
        A key of `STATISTIC_UNIT`.

    Returns
    -------
    str

    Examples
    --------
    >>> from ketasim.evidence.vocabulary import unit_expected
    >>> unit_expected("ketamine_venous", "tmax"), unit_expected("ketamine_venous", "max")
    ('h', 'ng/mL')
    """
    return STATISTIC_UNIT[statistic] or READOUT_UNIT[readout]
