"""The files of a problem of PEtab, version 1 or 2."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ketasim._version import __version__
from ketasim._wording.numbers import check_whole
from ketasim.errors import OutputError
from ketasim.files._whole_file import check_folder, whole_file
from ketasim.fitting._density import Density
from ketasim.fitting._free import ERROR
from ketasim.fitting._petab_second import second
from ketasim.fitting._petab_tables import PetabTables, Row, petab_tables, solver_record
from ketasim.scenario._scenario import Scenario

#: Files of a problem.
MODEL, TABLES = "model.xml", ("conditions", "observables", "measurements", "parameters")
PROBLEM, RECORD = "problem.yaml", "ketasim.json"


def write_problem(density: Density, folder: str | Path, version: int) -> Path:
    """Write all files of a problem; see `Posterior.to_petab`."""
    check_whole("version", version, 1, 2)
    place = check_folder(folder)
    tables = petab_tables(density)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {str(place)!r}: {error.strerror}") from error
    rows = second(tables) if version == 2 else {name: getattr(tables, name) for name in TABLES}
    # A table without rows has no columns either, and is left out.
    rows = {name: every for name, every in rows.items() if every}
    texts = {f"{name}.tsv": _table_text(every) for name, every in rows.items()}
    texts |= {MODEL: tables.sbml, RECORD: _record_text(density, tables)}
    # The problem comes last: while it is missing, nobody reads the rest.
    texts[PROBLEM] = _second_text(rows) if version == 2 else _problem_text()
    for name, text in texts.items():
        with whole_file(place / name) as draft, draft.open("x", encoding="utf-8") as file:
            file.write(text)
    return Path(folder) / PROBLEM


def _table_text(rows: Sequence[Row]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _problem_text() -> str:
    lines = [
        "format_version: 1",
        "parameter_file: parameters.tsv",
        "problems:",
        f"  - sbml_files: [{MODEL}]",
        *(f"    {name[:-1]}_files: [{name}.tsv]" for name in TABLES[:-1]),
    ]
    return "\n".join(lines) + "\n"


def _second_text(tables: Iterable[str]) -> str:
    lines = [
        "format_version: 2.0.0",
        "model_files:",
        "  ketasim:",
        f"    location: {MODEL}",
        "    language: sbml",
        *(f"{name[:-1]}_files: [{name}.tsv]" for name in tables),
    ]
    return "\n".join(lines) + "\n"


def _record_text(density: Density, tables: PetabTables) -> str:
    data = density.data
    record = {
        "about": "Doses and subjects of the PEtab problem in this folder, for ketasim.fitting.read_petab.",
        "version": __version__,
        "theta": [row.name for row in density.parameters if not row.name.startswith(ERROR)],
        "error": {name: asdict(model) for name, model in density.errors.items()},
        "parameters": {
            row["parameterId"]: [one.name, one.prior.scale]
            for row, one in zip(tables.parameters, density.parameters, strict=True)
        },
        "solver": solver_record(density.options),
        "subjects": [
            {
                "name": name,
                "condition": tables.ids.get(name),
                "begins_h": tables.begins_h.get(name),
                "scenario": _scenario_record(scenario),
                "covariates": dict(data.covariates.get(name, {})),
            }
            for name, scenario in data.subjects.items()
        ],
    }
    return json.dumps(record, indent=1) + "\n"


def _scenario_record(scenario: Scenario) -> dict[str, Any]:
    regimen = scenario.regimen
    return {
        "regimen": {
            "doses": [asdict(dose) for dose in regimen.doses],
            "resets": list(regimen.resets),
            "name": regimen.name,
            "source": regimen.source,
        },
        "subject": asdict(scenario.subject),
        "context": scenario.context,
        "interventions": [asdict(dose) for dose in scenario.interventions],
        "parameters": dict(scenario.parameters),
        "variant": scenario.variant,
        "name": scenario.name,
    }
