"""What is known of a virtual population whose members were counted and not kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import SPREAD_OF_INPUTS
from ketasim._wording.durations import hours
from ketasim._wording.frozen import value
from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._model_tables import readouts
from ketasim.errors import ScenarioError
from ketasim.files._save import Savable
from ketasim.files._sheet import Sheet, model_facts
from ketasim.population._quantile_sheet import quantile_columns
from ketasim.population._rates import SEEN_FROM
from ketasim.population._tally import GRAIN, Failure, Reductions, Tally
from ketasim.population.quantile_sketch import ACCURACY
from ketasim.scenario._scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@value
@dataclass(frozen=True, eq=False)
class PopulationSummary(Savable):
    """Quantiles, means and rates of many subjects, without the subjects.

    Made by `simulate_population` with ``quantiles``. Quantiles are those of `numpy.quantile` to
    within 0.1 % of their value (2⁻¹⁰; what is smaller than 10⁻¹² counts as zero); the least and the
    greatest value, rates and counts are exact. Everything is over the members that succeeded.

    Parameters
    ----------
    n : int
        Subjects that were asked for; ``len(summary)`` are counted, fewer after an interruption.
    shares : tuple of float
        The quantiles that were asked for; any other can be had as well.
    """

    scenario: Scenario
    t: FloatArray
    names: tuple[str, ...]
    n: int
    seed: int
    shares: tuple[float, ...]
    reductions: Reductions
    tally: Tally

    def __post_init__(self) -> None:
        self.t.flags.writeable = False

    def __len__(self) -> int:
        return len(self.tally)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PopulationSummary):
            return NotImplemented
        return np.array_equal(self.t, other.t) and all(
            getattr(self, part) == getattr(other, part)
            for part in ("scenario", "names", "n", "seed", "shares", "reductions", "tally")
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def complete(self) -> bool:
        """Whether all subjects that were asked for are counted."""
        return len(self) == self.n

    @property
    def status(self) -> Mapping[str, int]:
        """How many members ended how."""
        return self.tally.status

    @property
    def succeeded(self) -> int:
        return self.status.get("success", 0)

    @property
    def failed(self) -> int:
        return len(self) - self.succeeded

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The first ten members that failed: index, status and message."""
        return self.tally.failures

    def unit(self, name: str) -> str:
        return str(readouts()[name]["unit"])

    def quantiles(self, name: str, q: ArrayLike | None = None) -> FloatArray:
        """Quantiles over the members that succeeded, shape (len(q), n_times).

        ``q`` is by default what ``quantiles`` was. NaN where the readout is not a number in some
        member.
        """
        shares = quantile_shares(self.shares if q is None else q)
        of_time = [sketch.quantiles(shares) for sketch in self.tally.sketches[self._cells(name)]]
        return self._known(name, np.stack(of_time, axis=-1))

    def minimum(self, name: str) -> FloatArray:
        """The least value at each time, shape (n_times,)."""
        return self.quantiles(name, 0.0)

    def maximum(self, name: str) -> FloatArray:
        """The greatest value at each time, shape (n_times,)."""
        return self.quantiles(name, 1.0)

    def mean(self, name: str) -> FloatArray:
        """The mean at each time, shape (n_times,)."""
        sums = np.array(
            [total / round(1.0 / GRAIN) for total in self.tally.sums[self._cells(name)]]
        )
        return self._known(name, sums / (self.succeeded or np.nan))

    def response_rate(self, time_h: float, improvement: float = 0.5) -> float:
        """Expected share of members whose rated MADRS falls by ``improvement`` or more.

        What `Ensemble.response_rate` is, summed up member by member (each to 2⁻⁴¹).

        Raises
        ------
        ScenarioError
            If it was not counted (``improvements``), or ``time_h`` [h] is not in ``t``.
        """
        counted = self.reductions.improvements
        if improvement not in counted:
            known = ", ".join(f"{share:g}" for share in counted) or "none"
            raise ScenarioError(
                f"improvement = {shortened(improvement)} was not counted ({known}): keep readout "
                "'response', or for other shares than half "
                f"{', '.join(map(repr, SEEN_FROM))}, and ask for improvements=[...]"
            )
        at = np.flatnonzero(self.t == hours(time_h, "time_h"))
        if at.size == 0:
            raise ScenarioError(f"time {time_h} h is not in t; put it in t_eval")
        total = self.tally.improved[counted.index(improvement) * self.t.size + int(at[0])]
        responders = total / round(1.0 / GRAIN)
        return responders / self.succeeded if self.succeeded else float("nan")

    def remission_rate(self, time_h: float) -> float:
        """Expected share of members rated at or below ``symptoms.remission_cut`` points of MADRS.

        What `Ensemble.remission_rate` is: the mean of the readout ``remission``.

        Raises
        ------
        ScenarioError
            If ``remission`` was not kept, or ``time_h`` [h] is not in ``t``.
        """
        if "remission" not in self.names:
            raise ScenarioError("keep readout 'remission' to compute a remission rate")
        at = np.flatnonzero(self.t == hours(time_h, "time_h"))
        if at.size == 0:
            raise ScenarioError(f"time {time_h} h is not in t; put it in t_eval")
        return float(self.mean("remission")[at[0]])

    def share_at_most(self, name: str, threshold: float) -> FloatArray:
        """Share of members whose readout is not above a threshold, exactly, shape (n_times,).

        Raises
        ------
        ScenarioError
            If it was not counted (``thresholds``).
        """
        counted = self.reductions.thresholds
        if (name, threshold) not in counted:
            known = ", ".join(f"{k}: {v:g}" for k, v in counted) or "none"
            raise ScenarioError(
                f"threshold {shortened(threshold)} of {shortened(name)} was not counted ({known}): "
                "ask for thresholds={name: value}"
            )
        under: FloatArray = self.tally.not_above[counted.index((name, threshold))] / (
            self.succeeded or np.nan
        )
        return under

    def _cells(self, name: str) -> slice:
        check_name(name, self.names, "readout of this population")
        k = self.names.index(name) * self.t.size
        return slice(k, k + self.t.size)

    def _known(self, name: str, values: FloatArray) -> FloatArray:
        return np.where(self.tally.missing[self._cells(name)] > 0, np.nan, values)

    def to_xarray(self) -> xr.Dataset:
        """Dims quantile and time, units in attrs (extra ``ketasim[xarray]``)."""
        xarray: Any = require("xarray", "xarray")
        dims = ("quantile", "time")
        data = {k: (dims, self.quantiles(k), {"units": self.unit(k)}) for k in self.names}
        coords = {"quantile": list(self.shares), "time": ("time", self.t, {"units": "h"})}
        dataset: xr.Dataset = xarray.Dataset(data, coords=coords, attrs=self.facts())
        return dataset

    def to_dataframe(self) -> pd.DataFrame:
        """Long format: quantile, time_h and one column per readout (extra ``ketasim[frames]``)."""
        pandas: Any = require("pandas", "frames")
        frame = pandas.DataFrame(
            {
                "quantile": np.repeat(self.shares, self.t.size),
                "time_h": np.tile(self.t, len(self.shares)),
                **{name: self.quantiles(name).ravel() for name in self.names},
            }
        )
        frame.attrs["units"] = {name: self.unit(name) for name in self.names}
        return frame

    def facts(self) -> dict[str, str | int | float]:
        """Where the numbers come from."""
        return {
            **model_facts(),
            "scenario": str(self.scenario),
            "subjects": len(self),
            "failed": self.failed,
            "seed": self.seed,
            "relative_error_of_quantiles": ACCURACY,
            "note": SPREAD_OF_INPUTS,
        }

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return the quantiles in columns, as `save` writes them: time, then readout by quantile.

        Parameters
        ----------
        names : iterable of str, optional
            Readouts to keep, in this order; default: all that were kept.

        Returns
        -------
        Sheet

        Raises
        ------
        UnknownNameError
            For a readout that was not kept.
        """
        chosen = self.names if names is None else tuple(names)
        columns = quantile_columns(self, self.shares, chosen)
        return Sheet(columns, "time", self.facts(), dataset=lambda: self.to_xarray()[[*chosen]])

    def quantile_sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return the quantiles in columns: what `sheet` returns."""
        return self.sheet(names)

    def _size(self) -> str:
        counted = f"{len(self):,}" if self.complete else f"{len(self):,} of {self.n:,}"
        return f"{counted} subjects" + (f", {self.failed:,} failed" if self.failed else "")

    def __repr__(self) -> str:
        return (
            f"<PopulationSummary: {self._size()}; {self.scenario}; {', '.join(self.names)} at "
            f"{self.t.size} times>"
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{share:g}</th>" for share in self.shares)
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(self.unit(name))}</td>"
            + "".join(f"<td>{q:.4g}</td>" for q in self.quantiles(name)[:, -1].tolist())
            + "</tr>"
            for name in self.names
        )
        return (
            f"<p><b>{escape(str(self.scenario))}</b><br>{self._size()}; quantiles at "
            f"{self.t[-1]:g} h</p><table><thead><tr><th>readout</th><th>unit</th>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def quantile_shares(q: ArrayLike) -> FloatArray:
    """Read what quantiles are asked for.

    Raises
    ------
    ScenarioError
        If they are not shares from 0 to 1.
    """
    try:
        shares = np.asarray(q, dtype=float)
    except (TypeError, ValueError):
        shares = np.array(np.nan)
    if not np.all((shares >= 0.0) & (shares <= 1.0)):
        raise ScenarioError(f"q = {shortened(q)}: quantiles are shares from 0 to 1")
    return shares
