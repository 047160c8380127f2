"""Doses and regimens: as records, as text, or as a table of events."""

from ketasim.dosing._dose import Dose, block
from ketasim.dosing._event_table import EventTable, read_event_table, read_event_tables
from ketasim.dosing._regimen import Regimen
from ketasim.dosing._regimen_table import regimens

__all__ = [
    "Dose",
    "EventTable",
    "Regimen",
    "block",
    "read_event_table",
    "read_event_tables",
    "regimens",
]
