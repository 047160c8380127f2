"""The numbers and equations of the release, to which an installation is compared.

`ketasim.qualification._write_release_values` rewrites the table.
"""

from __future__ import annotations

import csv
import io
from importlib.resources import as_file, files
from pathlib import Path

from ketasim import _core
from ketasim.files._read_csv import read_csv
from ketasim.files._whole_file import check_writable, whole_file

#: Where the table is, in the folder of this room.
PLACE = ("reference", "release_values.csv")
COLUMNS = ["kind", "set", "name", "value"]


def current() -> dict[tuple[str, str, str], str]:
    """Return the values of this build by kind, set and name, with all digits."""
    found: dict[tuple[str, str, str], str] = {}
    for species in dict.fromkeys(row["parameter_set"] for row in _core.species_table()):
        for row in _core.parameter_table(species):
            found["parameter", species, row["name"]] = repr(float(row["value"]))
    for row in _core.trial_parameter_table():
        found["trial parameter", "all", row["name"]] = repr(float(row["value"]))
    for row in _core.override_table():
        key = ("variant", row["variant"], f"{row['species']} {row['parameter']}")
        found[key] = repr(float(row["value"]))
    equations = _core.recorded_derivative()["fingerprint"]
    found["equations", "all", "fingerprint"] = f"{equations:016x}"
    return found


def shipped() -> dict[tuple[str, str, str], str]:
    """Return the values of the release.

    Raises
    ------
    EvidenceError
        If the table is missing or malformed.
    """
    with as_file(files("ketasim.qualification").joinpath(*PLACE)) as path:
        rows = read_csv(Path(path), COLUMNS)
    return {(r.cells["kind"], r.cells["set"], r.cells["name"]): r.cells["value"] for r in rows}


def write(path: str | Path) -> Path:
    """Write the table of this build."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((*key, value) for key, value in current().items())
    with whole_file(check_writable(path)) as draft:
        draft.write_text(text.getvalue(), encoding="utf-8")
    return Path(path)
