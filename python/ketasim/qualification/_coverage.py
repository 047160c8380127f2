"""What the field says of ketamine as a treatment, and what the model has for each claim.

One table, ``coverage.csv``, says the claim, the modules and readouts that stand for it, and, where there is
a gap, what is known, what would be needed and why it is not modelled. Grades, numbers of rows and scores are
computed from the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ketasim._wording.names import shortened
from ketasim.catalogue._model_tables import parameters, readouts
from ketasim.catalogue._table import Table
from ketasim.errors import ScenarioError
from ketasim.evidence._records import Evidence, load
from ketasim.evidence.vocabulary import READOUT_UNIT
from ketasim.files._read_csv import CsvRow, read_csv
from ketasim.observation._trials import trial_source
from ketasim.qualification._scoring import Record
from ketasim.qualification._text_tables import log_scores
from ketasim.qualification._validate import Validation, validate

_COLUMNS = (
    "topic", "claim", "modules", "readouts", "populations", "studies", "signal", "known", "needed",
    "why_not", "source_keys",
)  # fmt: skip

#: What stands for a claim, in words, by the column ``signal``.
STATUS = {
    "own": "modelled",
    "same": "as in adults with depression",
    "rescaled mood": "mood on another scale",
    "assumed": "an assumed effect",
    "none": "not modelled",
}

#: Kinds of evidence by what was studied, from the strongest.
_IN_VITRO = ("cell", "slice")


def coverage(validation: Validation | None = None) -> Table:
    """Return, for each claim about treatment with ketamine, what the model has or why it has nothing.

    Parameters
    ----------
    validation : Validation, optional
        Of the shipped evidence; default: computed once, which takes some seconds.

    Returns
    -------
    Table
        Columns name (the topic), claim, status ('modelled', 'as in adults with depression', 'mood on another
        scale', 'an assumed effect' or 'not modelled'), modules, readouts, grade (of the evidence for the weakest
        readout that has any: A two or more independent sources in humans, B one, C animals, D in vitro, E none
        of its own, '' without a module), rows (published
        numbers), inside and scored (as in `Validation.inside`), log_score, log_score_control and log_score_mbma
        (per row, each row alone; None without a prediction), known, needed, why_not, source_keys.

    Raises
    ------
    ScenarioError
        For a validation that is none.

    Examples
    --------
    >>> import ketasim as ks
    >>> table = ks.coverage()
    >>> table["PTSD (mood on another scale)"]["grade"]
    'E'
    >>> table["OCD"]["status"]
    'not modelled'
    """
    if validation is not None and not isinstance(validation, Validation):
        raise ScenarioError(
            f"validation = {shortened(validation)}: give what ks.validate returns, or nothing; a claim is a "
            "row of the table, ks.coverage()['OCD']"
        )
    return _shipped() if validation is None else _table(validation)


@lru_cache(maxsize=1)
def _shipped() -> Table:
    return _table(validate(progress=False))


def _table(validation: Validation) -> Table:
    place = files("ketasim.qualification").joinpath("data", "coverage.csv")
    with as_file(place) as path:
        rows = read_csv(Path(path), _COLUMNS)
    evidence = load()
    built = {str(row["module"]) for row in (*parameters(), *readouts())}
    made = [_row(row, evidence, validation, built) for row in rows]
    return Table(made, "topic", ("name", "status", "grade", "rows", "inside", "claim"))


def _row(
    row: CsvRow, evidence: Evidence, validation: Validation, built: set[str]
) -> dict[str, Any]:
    cells = row.cells
    modules = tuple(m for m in _parts(cells["modules"]) if m in built)
    # A topic whose modules this build lacks is a gap.
    signal = cells["signal"] if modules else "none"
    status = STATUS[signal]
    named = tuple(r for r in _parts(cells["readouts"]) if r in READOUT_UNIT)
    wanted, studies = set(_parts(cells["populations"])), set(_parts(cells["studies"]))
    records = [
        r
        for r in validation.records
        if r.readout in named
        and signal != "none"
        and (not wanted or evidence.arms[r.arm_id].population in wanted)
        and (not studies or r.source_key in studies)
    ]
    scored = [r for r in records if r.scored]
    rated = [r for r in scored if r.log_score is not None]
    own, control, mbma = log_scores(rated, ()) if rated else (None, None, None)
    rescaled = signal == "rescaled mood"
    return {
        "name": f"{cells['topic']} ({status})" if rescaled else cells["topic"],
        "claim": cells["claim"],
        "status": status,
        "modules": modules,
        "readouts": named if signal != "none" else (),
        "grade": _grade(records, evidence, signal),
        "rows": len(records),
        "inside": sum(bool(r.within) for r in scored),
        "scored": len(scored),
        "log_score": own,
        "log_score_control": control,
        "log_score_mbma": mbma,
        "known": cells["known"],
        "needed": cells["needed"],
        "why_not": cells["why_not"],
        "source_keys": _parts(cells["source_keys"]),
    }


def _grade(records: Sequence[Record], evidence: Evidence, signal: str) -> str:
    """Grade the evidence of each readout, and return the worst."""
    if signal == "none":
        return ""
    if signal in ("rescaled mood", "assumed") or not records:
        return "E"
    by_readout: dict[str, list[Record]] = {}
    for r in records:
        by_readout.setdefault(r.readout, []).append(r)
    return max(_of_readout(rows, evidence) for rows in by_readout.values())


def _of_readout(records: Sequence[Record], evidence: Evidence) -> str:
    species = {r.obs_id: evidence.arms[r.arm_id].species for r in records}
    in_people = {trial_source(r.source_key).trial for r in records if species[r.obs_id] == "human"}
    if in_people:
        return "A" if len(in_people) > 1 else "B"
    return "C" if any(kind not in _IN_VITRO for kind in species.values()) else "D"


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
