"""Clinical rows of the evidence tables that have a likelihood."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name
from ketasim.errors import EvidenceError, KetasimError
from ketasim.evidence._records import Evidence, load
from ketasim.evidence.vocabulary import ROLES
from ketasim.observation._plan import arms_of, plans
from ketasim.observation._trials import trials_of


def clinical_rows(
    rows: Iterable[str] | None,
    roles: Iterable[str],
    arms: Iterable[str] | None,
    evidence: Evidence | str | Path | None,
) -> tuple[Evidence, tuple[str, ...]]:
    """Return the tables and the chosen ``obs_id``."""
    tables = evidence if isinstance(evidence, Evidence) else load(evidence)
    planned = plans(tables)
    usable = [
        row.observation
        for trial in trials_of(tables).values()
        for row in trial.rows
        if all(planned[arm].scenario is not None for arm in arms_of(row.observation))
    ]
    known = {o.obs_id: o for o in usable}
    try:
        rows = None if rows is None else listed_names("rows", rows, next(iter(known)))
        arms = None if arms is None else listed_names("arms", arms, next(iter(tables.arms)))
        roles = listed_names("roles", (roles,) if isinstance(roles, str) else roles, ROLES[0])
        for name in rows or ():
            check_name(name, known, "clinical row with a likelihood")
        for name in arms or ():
            check_name(name, tables.arms, "arm")
        for name in roles:
            check_name(name, ROLES, "role")
    except KetasimError as error:
        raise EvidenceError(str(error)) from None
    wanted = set(roles)
    chosen = tuple(
        o.obs_id
        for o in usable
        if (o.obs_id in rows if rows is not None else o.role in wanted)
        and (arms is None or o.arm_id in arms)
    )
    if not chosen:
        raise EvidenceError("no clinical row of the evidence is chosen: change rows, roles or arms")
    return tables, chosen
