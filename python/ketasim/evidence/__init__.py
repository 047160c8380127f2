"""Published numbers as data: regimens, arms and observations with their sources.

evidence = ketasim.evidence.load()
evidence.arms["murr13_ket"], evidence.observations[0].value
"""

from ketasim.evidence._records import Arm, DoseRecord, Evidence, Observation, load, read_table

__all__ = [
    "Arm",
    "DoseRecord",
    "Evidence",
    "Observation",
    "load",
    "read_table",
]
