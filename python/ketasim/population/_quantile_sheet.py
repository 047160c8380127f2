"""Quantiles of a population in columns, for files and the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._wording.lists import listed_names
from ketasim.files._sheet import Column

#: Default quantiles of a population in files and on the terminal.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class HasQuantiles(Protocol):
    """An `Ensemble` or a `PopulationSummary`."""

    @property
    def t(self) -> FloatArray: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    def unit(self, name: str) -> str: ...
    def quantiles(self, name: str, q: ArrayLike = ...) -> FloatArray: ...


def quantile_columns(
    population: HasQuantiles, shares: Sequence[float], names: Iterable[str] | None
) -> tuple[Column, ...]:
    """Return time, then one column for each readout and quantile, over the members that succeeded."""
    columns = [Column("time", population.t, "h", "time since the start")]
    for name in population.names if names is None else listed_names("names", names, "madrs"):
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
    return tuple(columns)
