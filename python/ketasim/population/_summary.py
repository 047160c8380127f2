"""Counts, quantiles and means of a virtual population whose members are not kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import SPREAD_OF_INPUTS
from ketasim._wording.durations import hours
from ketasim._wording.frozen import comparable, value
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan, plain_numbers
from ketasim.catalogue._model_tables import readouts
from ketasim.errors import ScenarioError
from ketasim.files._save import Savable
from ketasim.files._sheet import Sheet, model_facts
from ketasim.population._quantile_sheet import quantile_columns
from ketasim.population._rates import SEEN_FROM
from ketasim.population._tally import GRAIN, Failure, Reductions, Tally
from ketasim.population.quantile_sketch import ACCURACY
from ketasim.scenario._scenario import Scenario, scenario_text

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@comparable
@value
@dataclass(frozen=True, eq=False)
class PopulationSummary(Savable):
    """Quantiles, means and rates of many subjects, without the subjects.

    Made by `simulate_population` with ``quantiles``. Quantiles are those of `numpy.quantile` to
    within 0.1 % of their value (2⁻¹⁰; a value smaller than 10⁻¹² counts as zero); the least and the
    greatest value and counts are exact. All results are over the members that succeeded.

    Parameters
    ----------
    scenario : Scenario
        Shared by all members.
    t : ndarray, shape (n_times,)
        Times [h].
    names : tuple of str
        The readouts counted.
    n : int
        Number of subjects requested; ``len(summary)`` are counted, fewer after an interruption.
    seed : int
    shares : tuple of float
        The quantiles requested; any other can be computed as well.
    reductions : object
        The improvements and thresholds that were counted.
    tally : object
        The counts.
    individual_fields : tuple of str
        Fields of `Subject` of which each member had an own value; the values are not kept.

    Examples
    --------
    >>> import ketasim as ks
    >>> summary = ks.simulate_population(
    ...     "ketamine 35 mg im", 4, readouts=["cadss"], t_eval=[0, 1], quantiles=[0.05, 0.5, 0.95]
    ... )
    >>> summary.quantiles("cadss").shape, summary.succeeded
    ((3, 2), 4)
    """

    scenario: Scenario
    t: FloatArray
    names: tuple[str, ...]
    n: int
    seed: int
    shares: tuple[float, ...]
    reductions: Reductions
    tally: Tally
    individual_fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.t.flags.writeable = False

    def __len__(self) -> int:
        return len(self.tally)

    @property
    def complete(self) -> bool:
        """Whether all requested subjects are counted."""
        return len(self) == self.n

    @property
    def status(self) -> Mapping[str, int]:
        """Number of members by status."""
        return self.tally.status

    @property
    def succeeded(self) -> int:
        """Number of members that succeeded."""
        return self.status.get("success", 0)

    @property
    def failed(self) -> int:
        """Number of members that failed."""
        return len(self) - self.succeeded

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The first ten members that failed: index, status and message."""
        return self.tally.failures

    def unit(self, name: str) -> str:
        """Return the unit of a readout.

        Parameters
        ----------
        name : str

        Returns
        -------
        str

        Raises
        ------
        UnknownNameError
            With the nearest names.
        """
        return str(readouts()[name]["unit"])

    def quantiles(self, name: str, q: ArrayLike | None = None) -> FloatArray:
        """Return quantiles over the members that succeeded.

        Parameters
        ----------
        name : str
            A readout that was kept.
        q : array_like, optional
            Shares from 0 to 1; default: those requested from `simulate_population`.

        Returns
        -------
        ndarray, shape (len(q), n_times)
            In the unit ``unit(name)``; NaN where the readout is not a number in some member.

        Raises
        ------
        ScenarioError, UnknownNameError
            For a share outside 0 to 1, or a readout that was not kept.
        """
        shares = quantile_shares(self.shares if q is None else q)
        of_time = [sketch.quantiles(shares) for sketch in self.tally.sketches[self._cells(name)]]
        return self._known(name, np.stack(of_time, axis=-1))

    def minimum(self, name: str) -> FloatArray:
        """Return the least value at each time.

        Parameters
        ----------
        name : str
            A readout that was kept.

        Returns
        -------
        ndarray, shape (n_times,)
            In the unit ``unit(name)``.
        """
        return self.quantiles(name, 0.0)

    def maximum(self, name: str) -> FloatArray:
        """Return the greatest value at each time.

        Parameters
        ----------
        name : str
            A readout that was kept.

        Returns
        -------
        ndarray, shape (n_times,)
            In the unit ``unit(name)``.
        """
        return self.quantiles(name, 1.0)

    def mean(self, name: str) -> FloatArray:
        """Return the mean at each time.

        Parameters
        ----------
        name : str
            A readout that was kept.

        Returns
        -------
        ndarray, shape (n_times,)
            In the unit ``unit(name)``.
        """
        sums = np.array(
            [total / round(1.0 / GRAIN) for total in self.tally.sums[self._cells(name)]]
        )
        return self._known(name, sums / (self.succeeded or np.nan))

    def response_rate(self, time_h: float, improvement: float = 0.5) -> float:
        """Return the expected share of members whose rated MADRS falls by ``improvement`` or more.

        The same as `Ensemble.response_rate`, summed member by member (each to 2⁻⁴¹).

        Parameters
        ----------
        time_h : float
            One of the times of the population [h].
        improvement : float
            One of the ``improvements`` given to `simulate_population`; default 0.5.

        Returns
        -------
        float
            From 0 to 1; NaN if no member succeeded.

        Raises
        ------
        ScenarioError
            If it was not counted (``improvements``), or ``time_h`` is not in ``t``.
        """
        counted = self.reductions.improvements
        share = number_or_nan(improvement)
        if share not in counted:
            known = ", ".join(f"{share:g}" for share in counted) or "none"
            raise ScenarioError(
                f"improvement = {shortened(improvement)} was not counted ({known}): keep readout "
                "'response', or for other shares than half "
                f"{', '.join(map(repr, SEEN_FROM))}, and ask for improvements=[...]"
            )
        at = np.flatnonzero(self.t == hours(time_h, "time_h"))
        if at.size == 0:
            raise ScenarioError(f"time {time_h} h is not in t; put it in t_eval")
        total = self.tally.improved[counted.index(share) * self.t.size + int(at[0])]
        responders = total / round(1.0 / GRAIN)
        return responders / self.succeeded if self.succeeded else float("nan")

    def remission_rate(self, time_h: float) -> float:
        """Return the expected share of members rated at or below ``symptoms.remission_cut`` points of MADRS.

        The same as `Ensemble.remission_rate`: the mean of the readout ``remission``.

        Parameters
        ----------
        time_h : float
            One of the times of the population [h].

        Returns
        -------
        float
            From 0 to 1; NaN if no member succeeded.

        Raises
        ------
        ScenarioError
            If ``remission`` was not kept, or ``time_h`` is not in ``t``.
        """
        if "remission" not in self.names:
            raise ScenarioError("keep readout 'remission' to compute a remission rate")
        at = np.flatnonzero(self.t == hours(time_h, "time_h"))
        if at.size == 0:
            raise ScenarioError(f"time {time_h} h is not in t; put it in t_eval")
        return float(self.mean("remission")[at[0]])

    def share_at_most(self, name: str, threshold: float) -> FloatArray:
        """Return the share of members whose readout is at or below a threshold; exact.

        Parameters
        ----------
        name : str
            A readout that was kept.
        threshold : float
            One of the ``thresholds`` given to `simulate_population`, in the unit ``unit(name)``.

        Returns
        -------
        ndarray, shape (n_times,)

        Raises
        ------
        ScenarioError
            If it was not counted.
        """
        counted = self.reductions.thresholds
        limit = number_or_nan(threshold)
        if (name, limit) not in counted:
            known = ", ".join(f"{k}: {v:g}" for k, v in counted) or "none"
            raise ScenarioError(
                f"threshold {shortened(threshold)} of {shortened(name)} was not counted ({known}): "
                "ask for thresholds={name: value}"
            )
        under: FloatArray = self.tally.not_above[counted.index((name, limit))] / (
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
        """Return the quantiles over (quantile, time) (extra ``ketasim[xarray]``).

        Returns
        -------
        xarray.Dataset
            Units are in the ``attrs`` of each variable.

        Raises
        ------
        MissingLibraryError
            Without xarray.
        """
        xarray: Any = require("xarray", "xarray")
        dims = ("quantile", "time")
        data = {k: (dims, self.quantiles(k), {"units": self.unit(k)}) for k in self.names}
        coords = {"quantile": list(self.shares), "time": ("time", self.t, {"units": "h"})}
        dataset: xr.Dataset = xarray.Dataset(data, coords=coords, attrs=self.facts())
        return dataset

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each quantile and time (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Columns quantile, time_h and one for each readout; units are in ``frame.attrs["units"]``.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
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
        """Return facts for the head of a file: model, version, scenario, number of subjects, seed.

        Returns
        -------
        dict of str to str, int or float
        """
        return {
            **model_facts(),
            "scenario": self._text(),
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
        chosen = self.names if names is None else listed_names("names", names, "madrs")
        columns = quantile_columns(self, self.shares, chosen)
        return Sheet(columns, "time", self.facts(), dataset=partial(self._dataset, chosen))

    def _dataset(self, names: tuple[str, ...]) -> xr.Dataset:
        return self.to_xarray()[[*names]]

    def quantile_sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return the quantiles in columns, as `sheet` does.

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
        return self.sheet(names)

    def _text(self) -> str:
        return scenario_text(self.scenario, self.individual_fields)

    def _size(self) -> str:
        counted = f"{len(self):,}" if self.complete else f"{len(self):,} of {self.n:,}"
        return f"{counted} subjects" + (f", {self.failed:,} failed" if self.failed else "")

    def __repr__(self) -> str:
        return (
            f"<PopulationSummary: {self._size()}; {self._text()}; {', '.join(self.names)} at "
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
            f"<p><b>{escape(self._text())}</b><br>{self._size()}; quantiles at "
            f"{self.t[-1]:g} h</p><table><thead><tr><th>readout</th><th>unit</th>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def quantile_shares(q: ArrayLike) -> FloatArray:
    """Return the shares of the requested quantiles.

    Raises
    ------
    ScenarioError
        If they are not from 0 to 1, or if there is none.
    """
    shares = plain_numbers("q", q, "quantiles are shares from 0 to 1")
    if shares.ndim > 1 or shares.size == 0 or not np.all((shares >= 0.0) & (shares <= 1.0)):
        raise ScenarioError(f"q = {shortened(q)}: quantiles are shares from 0 to 1")
    return shares
