"""The result of one simulation: times, states, readouts with units, status and sources."""

from __future__ import annotations

import copyreg
from collections.abc import Iterable, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.durations import hours
from ketasim._wording.lists import listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.sealed import sealed
from ketasim.catalogue._model_tables import meaning, readouts, states
from ketasim.errors import ScenarioError
from ketasim.files._save import Savable
from ketasim.files._sheet import Column, Sheet, model_facts
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverOptions
from ketasim.scenario._sources_of import sources_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from ketasim.catalogue._sources import Source


@sealed
class Run(Savable):
    """A simulated scenario: immutable, picklable, safe to read from several threads.

    ``run["madrs_change"]`` is a readout, ``run["mtor.M"]`` a state; both have shape (n_times,) and
    the unit ``run.unit(name)``. Values after an early stop are NaN. Runs are made by `simulate`.

    Parameters
    ----------
    scenario : Scenario
    options : SolverOptions
    trajectory : object
        Result of the compiled core.

    Examples
    --------
    >>> import ketasim as ks
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24])
    >>> run["madrs_change"].shape, run.unit("madrs_change"), run.status
    ((2,), 'points', 'success')
    """

    _scenario: Scenario
    _options: SolverOptions
    _trajectory: _core.Trajectory
    _outcome: dict[str, Any]

    def __init__(
        self, scenario: Scenario, options: SolverOptions, trajectory: _core.Trajectory
    ) -> None:
        self.__dict__.update(
            _scenario=scenario,
            _options=options,
            _trajectory=trajectory,
            _outcome=trajectory.outcome,
        )

    def __setattr__(self, name: str, _: object) -> None:
        raise AttributeError(f"{name!r} of a Run cannot be changed: simulate again")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    @property
    def scenario(self) -> Scenario:
        """The simulated scenario."""
        return self._scenario

    @property
    def options(self) -> SolverOptions:
        """Solver options, tolerances included."""
        return self._options

    @cached_property
    def t(self) -> FloatArray:
        """Times [h], shape (n_times,), exactly as requested."""
        return _read_only(self._trajectory.t)

    @cached_property
    def y(self) -> FloatArray:
        """All states, shape (n_times, n_states), in the order and units of `ketasim.states()`."""
        return _read_only(self._trajectory.y)

    @cached_property
    def start(self) -> FloatArray:
        """The state before treatment, shape (n_states,), in the units of `ketasim.states()`."""
        return _read_only(self._trajectory.start)

    @cached_property
    def _columns(self) -> dict[str, FloatArray]:
        return {}

    def __getitem__(self, name: str) -> FloatArray:
        """Return a readout or a state.

        Parameters
        ----------
        name : str
            A name of `ketasim.readouts()` or `ketasim.states()`.

        Returns
        -------
        ndarray of float64, shape (n_times,)
            In the unit `unit(name)`.

        Raises
        ------
        UnknownNameError
            With the nearest names.
        """
        if not isinstance(name, str) or name not in self._columns:
            check_name(name, (*readouts().names, *states().names), "readout or state")
            if name in readouts().names:
                self._columns[name] = _read_only(self._trajectory.readout(name))
            else:
                self._columns[name] = self.y[:, states().names.index(name)]
        return self._columns[name]

    def unit(self, name: str) -> str:
        """Return the unit of a readout or state.

        Parameters
        ----------
        name : str

        Returns
        -------
        str
            '1' for a dimensionless quantity.

        Raises
        ------
        UnknownNameError
            With the nearest names.
        """
        check_name(name, (*readouts().names, *states().names), "readout or state")
        table = states() if name in states().names else readouts()
        return str(table[name]["unit"])

    def at(self, name: str, time_h: float) -> float:
        """Return the value at one of the requested times.

        Parameters
        ----------
        name : str
            A readout or state.
        time_h : float
            Time [h].

        Returns
        -------
        float
            In the unit ``unit(name)``; with ``at_event="both"`` the one before the jump.

        Raises
        ------
        ScenarioError
            If ``time_h`` is not among the times: values are not interpolated.
        UnknownNameError
            For an unknown name.

        Examples
        --------
        >>> import ketasim as ks
        >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24])
        >>> round(run.at("madrs_change", 0), 6)
        0.0
        """
        index = np.flatnonzero(self.t == hours(time_h, "time_h"))
        if index.size == 0:
            near = self.t[np.argmin(np.abs(self.t - hours(time_h, "time_h")))]
            raise ScenarioError(
                f"time {shortened(time_h)} h is not in t (the nearest is {near:g} h); put it in t_eval"
            )
        return float(self[name][index[0]])

    def before(self, name: str) -> float:
        """Return a readout or state as it was before treatment, the reference of a fold change.

        Tool compounds given before the first dose, and events at time 0, act after it.

        Parameters
        ----------
        name : str
            A readout or state.

        Returns
        -------
        float
            In the unit ``unit(name)``.

        Raises
        ------
        UnknownNameError
            For an unknown name.
        """
        check_name(name, (*readouts().names, *states().names), "readout or state")
        if name in states().names:
            return float(self.start[states().names.index(name)])
        return self._trajectory.before(name)

    @property
    def status(self) -> str:
        """'success', or the cause of an early stop, from a closed list."""
        return str(self._outcome["status"])

    @property
    def success(self) -> bool:
        """Whether the run reached its last time, with every readout finite and on its scale."""
        return self.status == "success"

    @cached_property
    def message(self) -> str:
        """How the run ended: cause, time, step, worst state, last event and a remedy."""
        o = self._outcome
        if self.success:
            warned = f"; {o['warnings']} steps with a negative state" if o["warnings"] else ""
            return f"reached {o['t']:g} h in {o['n_steps']} steps{warned}"
        if o["worst_readout"]:
            name = o["worst_readout"]
            row = readouts()[name]
            reached = self[name][np.flatnonzero(self.t == o["t"])[0]]
            return (
                f"{self.status}: {name} = {reached:.6g} {row['unit']} at t = {o['t']:.6g} h, not finite "
                f"or outside its scale of {row['scale_low']:g} to {row['scale_high']:g}. {o['remedy']}"
            )
        stops = self._trajectory.stop_times
        event = f"after the event at {stops[o['last_stop']]:g} h " if o["last_stop"] >= 0 else ""
        state = f" worst state {o['worst_state']}," if o["worst_state"] else ""
        return (
            f"{self.status}: stopped at t = {o['t']:.6g} h {event}(step {o['step']:.3g} h,{state} "
            f"{o['n_steps']} steps, {o['n_rejected']} rejected). {o['beyond_words']}{o['remedy']}"
        )

    @property
    def n_steps(self) -> int:
        """Number of accepted steps."""
        return int(self._outcome["n_steps"])

    @property
    def n_rejected(self) -> int:
        """Number of rejected steps."""
        return int(self._outcome["n_rejected"])

    @property
    def nfev(self) -> int:
        """Number of evaluations of the right-hand side."""
        return int(self._outcome["nfev"])

    @property
    def njev(self) -> int:
        """Number of evaluations of the Jacobian."""
        return int(self._outcome["njev"])

    @property
    def nlu(self) -> int:
        """Number of LU factorisations."""
        return int(self._outcome["nlu"])

    @cached_property
    def events(self) -> FloatArray:
        """Times at which an event acted [h], shape (n_events,)."""
        return _read_only(self._trajectory.stop_times)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The publications behind the parameters and the regimen of this run."""
        return sources_of(self._scenario)

    def to_dataframe(self) -> pd.DataFrame:
        """Return all readouts, one column each, indexed by time [h] (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Shape (n_times, n_readouts); units are in ``frame.attrs["units"]``.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        frame = pandas.DataFrame(
            {name: self[name] for name in readouts().names},
            index=pandas.Index(self.t, name="time_h"),
        )
        frame.attrs["units"] = {name: self.unit(name) for name in readouts().names}
        frame.attrs.update(self.metadata)
        return frame

    def to_xarray(self) -> xr.Dataset:
        """Return all readouts over dimension ``time`` and all states over (time, state).

        Returns
        -------
        xarray.Dataset
            Units are in the ``attrs`` of each variable.

        Raises
        ------
        MissingLibraryError
            Without xarray (extra ``ketasim[xarray]``).
        """
        xarray: Any = require("xarray", "xarray")
        data: dict[str, Any] = {
            row["name"]: (
                "time",
                self[row["name"]],
                {"units": row["unit"], "long_name": row["description"]},
            )
            for row in readouts()
        }
        data["y"] = (("time", "state"), self.y, {"long_name": "all states"})
        coords = {
            "time": ("time", self.t, {"units": "h"}),
            "state": ("state", list(states().names)),
        }
        dataset: xr.Dataset = xarray.Dataset(data, coords=coords, attrs=self.metadata)
        return dataset

    @cached_property
    def metadata(self) -> dict[str, str | float | int]:
        """Facts about the run for the head of a file: model, version, scenario, status, solver."""
        return {
            **model_facts(),
            "scenario": str(self._scenario),
            "status": self.status,
            "message": self.message,
            "method": self._options.method,
            "rtol": self._options.rtol,
            "n_steps": self.n_steps,
        }

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return the run in columns, as `save` writes them: time, then readouts.

        Parameters
        ----------
        names : iterable of str, optional
            Readouts or states to keep, in this order; default: all readouts, and for NetCDF all
            states too.

        Returns
        -------
        Sheet

        Raises
        ------
        UnknownNameError
            For a name that is neither a readout nor a state.
        """
        chosen = readouts().names if names is None else listed_names("names", names, "madrs")
        columns = [Column("time", self.t, "h", "time since the start")]
        columns += [Column(name, self[name], self.unit(name), meaning(name)) for name in chosen]
        keys = "; ".join(source.key for source in self.sources)
        return Sheet(
            tuple(columns),
            "time",
            {**self.metadata, "sources": keys},
            sources=[{"key": s.key, "citation": s.citation, "doi": s.doi} for s in self.sources],
            dataset=self._dataset if names is None else None,
        )

    def _dataset(self) -> xr.Dataset:
        dataset = self.to_xarray()
        dataset.attrs["sources"] = "; ".join(source.key for source in self.sources)
        return dataset

    def plot(
        self,
        readouts: Sequence[str] | None = None,
        *,
        axis: Literal["auto", "era", "linear"] = "auto",
        uncertainty: bool = False,
    ) -> Figure:
        """Draw the run as strips over one time axis (extra ``ketasim[plot]``).

        Parameters
        ----------
        readouts : sequence of str, optional
            Readouts or states, one strip each; default: the cascade from drug to mood, without constant
            curves.
        axis : {'auto', 'era', 'linear'}
            'era' gives seconds, minutes, hours, days and weeks equal widths; 'auto' (default) uses it for
            regimens that begin with a single dose, and a linear axis for repeated doses.
        uncertainty : bool
            Draw the central 95 % of 100 draws from the posterior of the calibrated parameters,
            `ketasim.fitting.calibrated`, as bands (humans, no variant). Spread of patients is not in it.

        Returns
        -------
        matplotlib.figure.Figure
            Notebooks show it; ``get_label()`` describes it in words.

        Raises
        ------
        MissingLibraryError
            Without matplotlib.
        UnknownNameError
            For an unknown readout or axis, with the nearest names.
        ScenarioError
            For ``uncertainty`` of an animal or a variant.

        Examples
        --------
        >>> import ketasim as ks
        >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="1 d")
        >>> len(run.plot(["madrs_change", "mtor.M"]).axes)
        2
        """
        from ketasim.figures._strips import plot_run

        return plot_run(self, readouts, axis=axis, uncertainty=uncertainty)

    def __getstate__(self) -> tuple[Scenario, SolverOptions, _core.Trajectory]:
        return (self._scenario, self._options, self._trajectory)

    def __setstate__(self, state: tuple[Scenario, SolverOptions, _core.Trajectory]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Run):
            return NotImplemented
        return (
            self._scenario == other._scenario
            and self._options == other._options
            and self.status == other.status
            and np.array_equal(self.t, other.t)
            and np.array_equal(self.y, other.y, equal_nan=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        span = f"{self.t[0]:g} to {self.t[-1]:g} h, {self.t.size} times"
        return f"<Run: {self._scenario}; {span}; {self.message}>"

    def _repr_html_(self) -> str:
        shown = (
            "ketamine_venous",
            "nmda_block_interneuron",
            "glutamate_dialysate",
            "p_mtor",
            "spine_density",
            "madrs_change",
        )
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(self.unit(name))}</td>"
            f"<td>{np.nanmin(self[name]):.4g}</td><td>{np.nanmax(self[name]):.4g}</td></tr>"
            for name in shown
            if np.isfinite(self[name]).any()
        )
        return (
            f"<p><b>{escape(str(self._scenario))}</b><br>{escape(self.message)}</p>"
            "<table><thead><tr><th>readout</th><th>unit</th><th>lowest</th><th>highest</th></tr>"
            f"</thead><tbody>{rows}</tbody></table>"
        )


def _reduced(trajectory: _core.Trajectory) -> tuple[object, ...]:
    """Return a trajectory for pickle: protocols 0 and 1 cannot make an instance of a compiled class."""
    return (copyreg.__newobj__, (_core.Trajectory,), trajectory.__getstate__())  # type: ignore[attr-defined]


copyreg.pickle(_core.Trajectory, _reduced)  # type: ignore[arg-type]


def _read_only(values: FloatArray) -> FloatArray:
    values.flags.writeable = False
    return values
