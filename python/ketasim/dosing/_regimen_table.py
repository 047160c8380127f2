"""The table of named regimens."""

from __future__ import annotations

from functools import cache

from ketasim.catalogue._sources import all_sources
from ketasim.catalogue._table import Table
from ketasim.dosing._clinical_regimens import CLINICAL_REGIMENS
from ketasim.dosing._regimen import Regimen


@cache
def regimens() -> Table:
    """Return the named regimens; their names are accepted wherever a regimen is read.

    Returns
    -------
    Table
        Columns name, description, source_key, source, doses (number of doses), text (as read by
        `Regimen.parse`).

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.regimens()["ketamine_six_infusions"]["doses"]
    6
    >>> ks.Regimen.parse("ketamine_six_infusions").source
    'murrough2013_bp'
    """
    known = all_sources()
    rows = [
        {
            "name": name,
            "description": row.description,
            "source_key": row.source_key,
            "source": str(known[row.source_key]) if row.source_key in known else "typical use",
            "doses": sum(dose.additional + 1 for dose in Regimen.parse(name).doses),
            "text": row.text,
        }
        for name, row in CLINICAL_REGIMENS.items()
    ]
    return Table(rows, "regimen", ("name", "doses", "description", "source_key"))
