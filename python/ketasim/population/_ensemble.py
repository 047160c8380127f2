"""A virtual population with the results of all members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import SPREAD_OF_INPUTS
from ketasim._wording.durations import hours
from ketasim._wording.frozen import FrozenMapping, comparable, value
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.catalogue._model_tables import meaning, readouts
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.files._save import Savable
from ketasim.files._sheet import Column, Sheet, model_facts
from ketasim.population._given_people import FIELDS
from ketasim.population._quantile_sheet import QUANTILES, quantile_columns
from ketasim.population._rates import (
    SEEN_FROM,
    Observed,
    chance_of_remission,
    chance_of_response,
    check_kept,
    observed,
)
from ketasim.population._summary import quantile_shares
from ketasim.scenario._scenario import Scenario, scenario_text

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@comparable
@value
@dataclass(frozen=True, eq=False)
class Ensemble(Savable):
    """Readouts of many subjects.

    ``ensemble["madrs_change"]`` has shape (n, n_times); members that failed have NaN. Ensembles are
    made by `simulate_population`.

    Parameters
    ----------
    scenario : Scenario
        Shared by all members.
    t : ndarray, shape (n_times,)
        Times [h].
    names : tuple of str
        The readouts kept.
    values : ndarray, shape (n, n_names, n_times)
        In the unit ``unit(name)``.
    status, message : tuple of str
        How each member ended.
    parameters : mapping of str to ndarray, shape (n,)
        Individual parameters, in their units.
    seed : int
    regimens : tuple of Regimen, optional
        Individual regimens, if there are any.
    people : mapping of str to ndarray, shape (n,)
        Fields of `Subject` of which each member has an own value, such as sex and weight_kg; '' and
        NaN where it is not known.

    Examples
    --------
    >>> import ketasim as ks
    >>> people = ks.simulate_population(
    ...     "ketamine 0.5 mg/kg iv over 40 min", 4, readouts=["madrs_change"], t_eval=[0, 24]
    ... )
    >>> people["madrs_change"].shape, people.unit("madrs_change")
    ((4, 2), 'points')
    """

    scenario: Scenario
    t: FloatArray
    names: tuple[str, ...]
    values: FloatArray
    status: tuple[str, ...]
    message: tuple[str, ...]
    parameters: Mapping[str, FloatArray]
    seed: int
    regimens: tuple[Regimen, ...] | None = None
    people: Mapping[str, NDArray[Any]] = field(default_factory=lambda: FrozenMapping({}))

    def __post_init__(self) -> None:
        self._keep()
        object.__setattr__(self, "parameters", FrozenMapping(self.parameters))
        object.__setattr__(self, "people", FrozenMapping(self.people))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._keep()

    def _keep(self) -> None:
        """Make the arrays read-only."""
        arrays = (self.t, self.values, *self.parameters.values(), *self.people.values())
        for values in arrays:
            values.flags.writeable = False

    def __len__(self) -> int:
        return len(self.status)

    def __getitem__(self, name: str) -> FloatArray:
        """Return one readout of all members, shape (n, n_times).

        Raises
        ------
        UnknownNameError
            If the readout was not kept.
        """
        check_name(name, self.names, "readout of this ensemble")
        return self.values[:, self.names.index(name), :]

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

    @cached_property
    def ok(self) -> NDArray[np.bool_]:
        """Whether each member succeeded, shape (n,)."""
        return np.array([s == "success" for s in self.status])

    def quantiles(self, name: str, q: ArrayLike = (0.05, 0.25, 0.5, 0.75, 0.95)) -> FloatArray:
        """Return quantiles over the members that succeeded.

        Parameters
        ----------
        name : str
            A readout that was kept.
        q : array_like
            Shares from 0 to 1; default 0.05, 0.25, 0.5, 0.75 and 0.95.

        Returns
        -------
        ndarray, shape (len(q), n_times)
            In the unit ``unit(name)``; NaN if no member succeeded.

        Raises
        ------
        ScenarioError, UnknownNameError
            For a share outside 0 to 1, or a readout that was not kept.
        """
        shares = quantile_shares(q)
        check_name(name, self.names, "readout of this ensemble")
        if not self.ok.any():
            return np.full((np.size(q), self.t.size), np.nan)
        result: FloatArray = np.quantile(self[name][self.ok], shares, axis=0)
        return result

    def response_rate(self, time_h: float, improvement: float = 0.5) -> float:
        """Return the expected share of members whose rated MADRS falls by ``improvement`` or more.

        It is the mean, over the members that succeeded, of the probability that a trial counts the member
        as a responder: given its own course and sensitivity, averaged over control shift and rating error
        in closed form. It estimates the readout ``response`` of the typical subject, which averages over
        sensitivity too; they differ by the sampling of members and by the effect of variable kinetics on
        the mean. `observed` draws ratings of single members instead.

        Parameters
        ----------
        time_h : float
            One of the times of the population [h].
        improvement : float
            Share of the MADRS before treatment, from 0 to 1; default 0.5.

        Returns
        -------
        float
            From 0 to 1; NaN if no member succeeded.

        Raises
        ------
        ScenarioError
            If neither ``response`` (for half the score) nor ``madrs_baseline``, ``drug_relief`` and
            ``context_relief`` were kept, or ``time_h`` is not in ``t``.

        Examples
        --------
        >>> import ketasim as ks
        >>> trial = ks.simulate_population(
        ...     "ketamine 0.5 mg/kg iv over 40 min", 100, readouts=["response"], t_eval=[24.0]
        ... )
        >>> 0.0 < trial.response_rate(24.0) < 1.0
        True
        """
        share = number_or_nan(improvement)
        if not 0.0 <= share <= 1.0:
            raise ScenarioError(
                f"improvement = {shortened(improvement)}: a share of the baseline, from 0 to 1"
            )
        check_kept(self.names, "response", alone=share == _core.RESPONSE_IMPROVEMENT)
        kept, own = self._at(time_h)
        return _mean(chance_of_response(self.scenario, own, kept, share))

    def remission_rate(self, time_h: float) -> float:
        """Return the expected share of members rated at or below ``symptoms.remission_cut`` points of MADRS.

        Computed as in `response_rate`.

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
            If neither ``remission`` nor ``madrs_baseline``, ``drug_relief`` and ``context_relief`` were
            kept, or ``time_h`` is not in ``t``.
        """
        check_kept(self.names, "remission")
        kept, own = self._at(time_h)
        return _mean(chance_of_remission(self.scenario, own, kept))

    def observed(self, time_h: float) -> Observed:
        """Draw the ratings of every member at one time: rated MADRS, responder, remitter.

        A pure function of seed, member and time: the control shift of a member is the same at all times,
        the rating error is not. Over many members the share of responders approaches `response_rate`.

        Parameters
        ----------
        time_h : float
            One of the times of the population [h].

        Returns
        -------
        Observed

        Raises
        ------
        ScenarioError
            If ``madrs_baseline``, ``drug_relief`` and ``context_relief`` were not kept, or ``time_h`` is
            not in ``t``.
        """
        check_kept(self.names, "observed MADRS", alone=False)
        at = self._position(time_h)
        kept = {name: self[name][:, at] for name in SEEN_FROM}
        return observed(self.scenario, self.parameters, kept, self.seed, float(self.t[at]))

    def _position(self, time_h: float) -> int:
        at = np.flatnonzero(self.t == hours(time_h, "time_h"))
        if at.size == 0:
            raise ScenarioError(f"time {shortened(time_h)} h is not in t; put it in t_eval")
        return int(at[0])

    def _at(self, time_h: float) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
        """Readouts at one time, shape (n_ok, 1), and parameters of the members that succeeded."""
        at = self._position(time_h)
        kept = {name: self[name][self.ok, at : at + 1] for name in self.names}
        return kept, {name: values[self.ok] for name, values in self.parameters.items()}

    def to_xarray(self) -> xr.Dataset:
        """Return all readouts over (member, time) (extra ``ketasim[xarray]``).

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
        data = {n: (("member", "time"), self[n], {"units": self.unit(n)}) for n in self.names}
        coords = {
            "member": np.arange(len(self)),
            "time": ("time", self.t, {"units": "h"}),
            "status": ("member", list(self.status)),
            **{k: ("member", v, {"units": FIELDS.get(k, "")}) for k, v in self.people.items()},
        }
        attrs = self.facts()
        dataset: xr.Dataset = xarray.Dataset(data, coords=coords, attrs=attrs)
        return dataset

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each member and time (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Columns member, time_h, one for each field of ``people`` and one for each readout; units are in
            ``frame.attrs["units"]``.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        frame = pandas.DataFrame(
            {
                "member": np.repeat(np.arange(len(self)), self.t.size),
                "time_h": np.tile(self.t, len(self)),
                **{k: np.repeat(v, self.t.size) for k, v in self.people.items()},
                **{name: self[name].ravel() for name in self.names},
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
            "scenario": scenario_text(self.scenario, self.people),
            "subjects": len(self),
            "failed": len(self) - int(self.ok.sum()),
            "seed": self.seed,
            "note": SPREAD_OF_INPUTS,
        }

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return all members in columns, as `save` writes them: member, time, people, readouts, status.

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
        n, n_times = len(self), self.t.size
        chosen = self.names if names is None else listed_names("names", names, "madrs")
        columns = (
            Column("member", np.repeat(np.arange(n), n_times), "", "number of the virtual subject"),
            Column("time", np.tile(self.t, n), "h", "time since the start"),
            *(
                Column(k, np.repeat(v, n_times), FIELDS.get(k, ""), "who the virtual subject is")
                for k, v in self.people.items()
            ),
            *(Column(k, self[k].ravel(), self.unit(k), meaning(k)) for k in chosen),
            Column("status", np.repeat(np.array(self.status), n_times), "", "how the run ended"),
        )
        return Sheet(columns, "row", self.facts(), dataset=partial(self._dataset, chosen))

    def _dataset(self, names: tuple[str, ...]) -> xr.Dataset:
        return self.to_xarray()[[*names]]

    def quantile_sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return quantiles over the members that succeeded in columns, one for each readout and quantile.

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
        return Sheet(quantile_columns(self, QUANTILES, names), "time", self.facts())

    def __repr__(self) -> str:
        failed = len(self) - int(self.ok.sum())
        note = f", {failed} failed" if failed else ""
        text = scenario_text(self.scenario, self.people)
        return (
            f"<Ensemble: {len(self)} subjects{note}; {text}; {', '.join(self.names)} at "
            f"{self.t.size} times>"
        )


def _mean(chances: FloatArray) -> float:
    return float(chances.mean()) if chances.size else float("nan")
