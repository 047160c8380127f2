"""Published numbers as tables: regimens, arms and observations with their sources.

Examples
--------
>>> import ketasim as ks
>>> evidence = ks.evidence.load()
>>> evidence.arms["murr13_ket"].source_key
'murrough2013_ajp'
"""

from ketasim.evidence._links import links
from ketasim.evidence._records import Arm, DoseRecord, Evidence, Observation, load, read_table

__all__ = [
    "Arm",
    "DoseRecord",
    "Evidence",
    "Observation",
    "links",
    "load",
    "read_table",
]
