"""Columns with names and units: what a run, a population or a table looks like in a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketasim.names import check_name
from ketasim.population import Ensemble
from ketasim.population_summary import PopulationSummary
from ketasim.run import Run
from ketasim.tables import Table, readouts, states

DISCLAIMER = "Educational simulation of published hypotheses. Not medical advice."

#: Quantiles of a population that go into files and onto the terminal.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``unit`` is empty for text and for tables that carry units row by row."""

    name: str
    values: Sequence[Any] | NDArray[Any]
    unit: str = ""
    meaning: str = ""

    @property
    def heading(self) -> str:
        """``name [unit]``, as in CSV headers."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns of equal length and the facts behind them.

    Parameters
    ----------
    columns : tuple of Column
        The first one labels the rows.
    dimension : str
        What runs down the rows: "time", "member", "parameter" ...
    facts : mapping of str to str, int or float
        Provenance: model, version, scenario, how the run ended.
    """

    columns: tuple[Column, ...]
    dimension: str
    facts: Mapping[str, str | int | float]


def sheet_of(
    result: Run | Ensemble | PopulationSummary | Table, names: Iterable[str] | None = None
) -> Sheet:
    """Lay a result out in columns.

    Parameters
    ----------
    result : Run, Ensemble, PopulationSummary or Table
    names : iterable of str, optional
        Readouts or states to keep, in this order; default: all readouts, or all columns.

    Raises
    ------
    UnknownNameError
        For a name the result does not have.
    """
    if isinstance(result, Run):
        return _run(result, names)
    if isinstance(result, Ensemble):
        return _members(result, names)
    if isinstance(result, PopulationSummary):
        return quantile_sheet(result, names)
    return _table(result, names)


def quantile_sheet(
    population: Ensemble | PopulationSummary, names: Iterable[str] | None = None
) -> Sheet:
    """Quantiles over the members that succeeded, one column per readout and quantile."""
    if isinstance(population, PopulationSummary):
        shares, facts = population.shares, population.facts()
    else:
        shares, facts = QUANTILES, _facts_of_ensemble(population)
    columns = [Column("time", population.t, "h", "time since the start")]
    for name in names or population.names:
        rows = population.quantiles(name, shares)
        columns += [
            Column(
                f"{name}_p{f'{100 * q:g}'.zfill(2)}",
                row,
                population.unit(name),
                f"{100 * q:g} % quantile of {name}",
            )
            for q, row in zip(shares, rows, strict=True)
        ]
    return Sheet(tuple(columns), "time", {**_facts(), **facts})


def _run(run: Run, names: Iterable[str] | None) -> Sheet:
    chosen = readouts().names if names is None else tuple(names)
    columns = [Column("time", run.t, "h", "time since the start")]
    columns += [Column(name, run[name], run.unit(name), _meaning(name)) for name in chosen]
    sources = "; ".join(source.key for source in run.sources)
    return Sheet(tuple(columns), "time", {**run.metadata, "sources": sources})


def _members(ensemble: Ensemble, names: Iterable[str] | None) -> Sheet:
    n, n_times = len(ensemble), ensemble.t.size
    chosen = ensemble.names if names is None else tuple(names)
    columns = [
        Column("member", np.repeat(np.arange(n), n_times), "", "number of the virtual subject"),
        Column("time", np.tile(ensemble.t, n), "h", "time since the start"),
        *(Column(k, ensemble[k].ravel(), ensemble.unit(k), _meaning(k)) for k in chosen),
        Column("status", np.repeat(np.array(ensemble.status), n_times), "", "how the run ended"),
    ]
    return Sheet(tuple(columns), "row", _facts_of_ensemble(ensemble))


def _table(table: Table, names: Iterable[str] | None) -> Sheet:
    rows = list(table)
    keys = list(rows[0]) if rows and names is None else list(names or ())
    for key in keys:
        check_name(key, rows[0] if rows else keys, "column")
    columns = tuple(Column(key, [row[key] for row in rows]) for key in keys)
    return Sheet(columns, "row", _facts())


def _meaning(name: str) -> str:
    table = readouts() if name in readouts().names else states()
    return str(table[name]["description"])


def _facts() -> dict[str, str | int | float]:
    from ketasim import __version__

    return {"model": "ketasim", "version": __version__, "disclaimer": DISCLAIMER}


def _facts_of_ensemble(ensemble: Ensemble) -> dict[str, str | int | float]:
    return {
        **_facts(),
        "scenario": str(ensemble.scenario),
        "subjects": len(ensemble),
        "failed": len(ensemble) - int(ensemble.ok.sum()),
        "seed": ensemble.seed,
        "note": "Spread of model inputs, not of real patients.",
    }
