"""Programmes of clinics, doses that depend on ratings, and what has to be monitored after a dose."""

from ketasim.clinic._monitoring import (
    CADSS_LIMIT,
    RISE_LIMIT,
    SBP_LIMIT,
    SIGNS,
    Monitoring,
    monitoring,
)
from ketasim.clinic._programme import Programme
from ketasim.clinic._rules import (
    Ladder,
    Progress,
    RaiseUnlessImproved,
    SkipWhenImproved,
    StopUnlessImproved,
)
from ketasim.clinic._simulate import (
    ProgrammePopulation,
    ProgrammeRun,
    simulate_programme,
    simulate_programme_population,
)
from ketasim.clinic._table import LEFT_OUT, programme, programmes

__all__ = [
    "CADSS_LIMIT",
    "LEFT_OUT",
    "RISE_LIMIT",
    "SBP_LIMIT",
    "SIGNS",
    "Ladder",
    "Monitoring",
    "Programme",
    "ProgrammePopulation",
    "ProgrammeRun",
    "Progress",
    "RaiseUnlessImproved",
    "SkipWhenImproved",
    "StopUnlessImproved",
    "monitoring",
    "programme",
    "programmes",
    "simulate_programme",
    "simulate_programme_population",
]
