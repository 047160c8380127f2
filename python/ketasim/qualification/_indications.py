"""Scores of the clinical predictions for each indication, beside the two baselines.

``indications.csv`` assigns each population of the evidence to an indication, and each indication to the topic of
the coverage table that tells what is known of it.

Each row is scored alone. d_r is the log score of the model minus that of a baseline and w_r the weight of the row.
D_t is the sum of w_r d_r and W_t that of w_r over the rows of trial t, T the number of trials:

    gain = sum_t D_t / sum_t W_t
    SE   = sqrt[T/(T - 1) sum_t (D_t - W_t gain)^2] / sum_t W_t
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from ketasim._wording.names import shortened
from ketasim.catalogue._table import Table
from ketasim.errors import ScenarioError
from ketasim.evidence._records import Evidence, load
from ketasim.evidence.vocabulary import CLINICAL, ROLES
from ketasim.files._read_csv import CsvRow, read_csv
from ketasim.qualification._scoring import Record
from ketasim.qualification._text_tables import has_score, log_scores
from ketasim.qualification._validate import Validation, validate

_COLUMNS = ("indication", "populations", "topic")

#: Fewest rows, and fewest trials, from which a mean score is judged.
FEWEST_ROWS = 5
FEWEST_TRIALS = 3


def indications(validation: Validation | None = None, *, role: str = "") -> Table:
    """Compare the model with two baselines in each indication.

    Parameters
    ----------
    validation : Validation, optional
        Of the shipped evidence; default: computed once, which takes some seconds.
    role : str, optional
        ``calibrate`` for the rows to which the model and the baselines were fitted, ``check`` for the others;
        default: both.

    Returns
    -------
    Table
        Columns name (the indication), topic (its row of `ketasim.coverage`), populations (as in the evidence),
        rows (published clinical numbers), trials, inside and scored (as in `Validation.inside`), compared (rows
        with a log score of the model and of both baselines; where there are none, the scores are of the
        model alone), log_score, log_score_control and log_score_mbma (weighted means per row, each row alone;
        higher is better; None without a prediction), gain_control, gain_mbma (log score of the model minus that of the baseline,
        per row) and their standard errors gain_control_se, gain_mbma_se (rows of a trial belong together; None
        below two trials), too_few (why the scores cannot be judged; '' where they can).

    Raises
    ------
    ScenarioError
        If the role is unknown, or for a validation that is none.

    Examples
    --------
    >>> import ketasim as ks
    >>> table = ks.indications(role="check")
    >>> table["OCD"]["too_few"]
    'no published number in the evidence'
    >>> table["treatment-resistant depression"]["too_few"]
    ''
    """
    if role not in ("", *ROLES):
        known = " or ".join(repr(r) for r in ROLES)
        raise ScenarioError(f"role = {role!r}: use {known}, or '' for both")
    if validation is not None and not isinstance(validation, Validation):
        raise ScenarioError(
            f"validation = {shortened(validation)}: give what ks.validate returns, or nothing; an "
            "indication is a row of the table, ks.indications()['OCD']"
        )
    return _shipped(role) if validation is None else _table(validation, role)


@lru_cache(maxsize=1)
def _validation() -> Validation:
    return validate(areas=[CLINICAL], progress=False)


@lru_cache(maxsize=len(ROLES) + 1)
def _shipped(role: str) -> Table:
    return _table(_validation(), role)


def _table(validation: Validation, role: str) -> Table:
    place = files("ketasim.qualification").joinpath("data", "indications.csv")
    with as_file(place) as path:
        rows = read_csv(Path(path), _COLUMNS)
    evidence = load()
    made = [_row(row, evidence, validation, role) for row in rows]
    shown = (
        "name", "rows", "trials", "inside", "scored", "compared",
        "log_score", "log_score_control", "log_score_mbma", "too_few",
    )  # fmt: skip
    return Table(made, "indication", shown)


def _row(row: CsvRow, evidence: Evidence, validation: Validation, role: str) -> dict[str, Any]:
    cells = row.cells
    populations = tuple(p for p in cells["populations"].split(";") if p)
    records = [
        r
        for r in validation.records
        if r.area == CLINICAL
        and evidence.arms[r.arm_id].population in populations
        and role in ("", r.role)
    ]
    scored = [r for r in records if r.scored]
    rated = [r for r in scored if has_score(r)]
    own, control, mbma = log_scores(rated, ()) if rated else (None, None, None)
    compared = [
        r for r in rated if r.log_score_control is not None and r.log_score_mbma is not None
    ]
    over_control = _gain(compared, lambda r: r.log_score_control)
    over_mbma = _gain(compared, lambda r: r.log_score_mbma)
    return {
        "name": cells["indication"],
        "topic": cells["topic"],
        "populations": populations,
        "rows": len(records),
        "trials": len({r.trial or r.source_key for r in records}),
        "inside": sum(bool(r.within) for r in scored),
        "scored": len(scored),
        "compared": len(compared),
        "log_score": own,
        "log_score_control": control,
        "log_score_mbma": mbma,
        "gain_control": over_control[0],
        "gain_control_se": over_control[1],
        "gain_mbma": over_mbma[0],
        "gain_mbma_se": over_mbma[1],
        "too_few": _too_few(records, rated, compared),
    }


def _too_few(records: Sequence[Record], rated: Sequence[Record], compared: Sequence[Record]) -> str:
    """Say why the scores cannot be judged; '' where they can."""
    if not records:
        return "no published number in the evidence"
    if not rated:
        return "no row has a predictive distribution"
    if not compared:
        return "the baselines rate depression only: the model's score stands alone"
    trials = len({r.trial for r in compared})
    if len(compared) < FEWEST_ROWS or trials < FEWEST_TRIALS:
        return (
            f"{_count(len(compared), 'row')} of {_count(trials, 'trial')}: "
            f"fewer than {FEWEST_ROWS} rows or {FEWEST_TRIALS} trials"
        )
    return ""


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _gain(
    compared: Sequence[Record], baseline: Callable[[Record], float | None]
) -> tuple[float | None, float | None]:
    """Return the mean gain of log score over a baseline, and its standard error over trials."""
    by_trial: dict[str, list[tuple[float, float]]] = {}
    for r in compared:
        other = baseline(r)
        assert r.log_score is not None
        assert other is not None
        by_trial.setdefault(r.trial, []).append((r.weight * (r.log_score - other), r.weight))
    if not by_trial:
        return None, None
    sums = [(sum(d for d, _ in rows), sum(w for _, w in rows)) for rows in by_trial.values()]
    total, trials = sum(w for _, w in sums), len(sums)
    gain = sum(d for d, _ in sums) / total
    if trials < 2:
        return gain, None
    squares = sum((d - w * gain) ** 2 for d, w in sums)
    return gain, math.sqrt(trials / (trials - 1) * squares) / total
