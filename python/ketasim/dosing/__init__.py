"""Doses and regimens: written as records, in words, or as a table of events."""

from ketasim.dosing._clinical_regimens import regimens
from ketasim.dosing._dose import Dose, block
from ketasim.dosing._event_table import read_event_table, read_event_tables
from ketasim.dosing._regimen import Regimen

__all__ = [
    "Dose",
    "Regimen",
    "block",
    "read_event_table",
    "read_event_tables",
    "regimens",
]
