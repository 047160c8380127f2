"""Event tables under the name that they had in version 0.1; the same names are in `ketasim.dosing`."""

from ketasim.dosing import EventTable, read_event_table, read_event_tables

__all__ = ["EventTable", "read_event_table", "read_event_tables"]
