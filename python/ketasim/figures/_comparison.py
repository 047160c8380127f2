"""Several runs beside each other: figure, table and text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.durations import exact_text, hours
from ketasim._wording.lists import is_list, listed, listed_names
from ketasim._wording.names import check_name, shortened
from ketasim._wording.numbers import check_whole
from ketasim._wording.sealed import sealed, unchangeable
from ketasim.catalogue._model_tables import meaning
from ketasim.catalogue._model_tables import readouts as readout_table
from ketasim.catalogue._table import Table
from ketasim.errors import ScenarioError
from ketasim.figures._strips import TimeAxis, curve_in_words, strips_figure, strips_of
from ketasim.figures._style import PENS
from ketasim.files._save import Savable
from ketasim.files._sheet import Column, Sheet, model_facts
from ketasim.scenario._scenario import Scenario, differences

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ketasim.figures._drawable_run import DrawableRun


@sealed
@unchangeable
class Comparison(Savable):
    """Two or more runs beside each other, each under a name of its own.

    Parameters
    ----------
    runs : sequence of Run
        Two or more.
    labels : sequence of str, optional
        Names of the runs; default: the parts in which their scenarios differ.

    Raises
    ------
    ScenarioError
        For something else than runs, or labels that are not one name for each run.

    Examples
    --------
    >>> import ketasim as ks
    >>> runs = [
    ...     ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24], interventions=tools)
    ...     for tools in ([], [ks.block("ampa", 0.9)], [ks.block("mtor", 0.9)])
    ... ]
    >>> beside = ks.Comparison(runs, ["alone", "AMPA blocked", "mTOR blocked"])
    >>> [column.name for column in beside.sheet(["madrs_change"]).columns]
    ['run', 'time', 'madrs_change', 'status']
    """

    def __init__(self, runs: Sequence[DrawableRun], labels: Sequence[str] | None = None) -> None:
        self.runs = listed("runs", runs, "a list of two or more results of ketasim.simulate")
        for i, run in enumerate(self.runs):
            has_states = all(hasattr(run, name) for name in ("t", "y", "success"))
            if not (isinstance(getattr(run, "scenario", None), Scenario) and has_states):
                raise ScenarioError(
                    f"runs[{i}] = {shortened(run)}: give a result of ketasim.simulate; readouts are named by "
                    "readouts=[...]"
                )
        if len(self.runs) < 2:
            raise ScenarioError(f"{len(self.runs)} run is given: two or more can be compared")
        scenarios = [run.scenario for run in self.runs]
        #: The parts in which scenarios differ from the first, with their text in the first.
        self._parts: dict[str, str] = {}
        for scenario in scenarios[1:]:
            for part, of_first, _ in differences(scenarios[0], scenario):
                self._parts.setdefault(part, of_first)
        self.labels = self._own_labels(scenarios) if labels is None else self._checked(labels)

    def _own_labels(self, scenarios: Sequence[Scenario]) -> tuple[str, ...]:
        labels: list[str] = []
        for k, scenario in enumerate(scenarios):
            own = {part: text for part, _, text in differences(scenarios[0], scenario)}
            label = " · ".join(own.get(part, first) for part, first in self._parts.items())
            label = label or str(scenario)
            if label in labels:
                label += " (the same scenario)" if len(scenarios) == 2 else f" (run {k + 1})"
            labels.append(label)
        return tuple(labels)

    def _checked(self, labels: Sequence[str]) -> tuple[str, ...]:
        names = listed_names("labels", labels, "alone")
        if len(names) != len(self.runs):
            raise ScenarioError(
                f"labels = {shortened(names)}: there are {len(self.runs)} runs; give one name for each"
            )
        if not all(name.strip() for name in names):
            raise ScenarioError(f"labels = {shortened(names)}: a name is empty")
        return names

    def plot(self, readouts: Sequence[str] | None = None, *, axis: TimeAxis = "auto") -> Figure:
        """Draw the runs on the same axes, each at its own times.

        Parameters
        ----------
        readouts : sequence of str, optional
            Readouts or states, one strip each; default: the cascade from drug to mood, without curves
            that are constant in all runs.
        axis : {'auto', 'era', 'linear'}
            As in `Run.plot`.

        Returns
        -------
        matplotlib.figure.Figure
            ``get_label()`` describes it in words.

        Raises
        ------
        MissingLibraryError
            Without matplotlib (extra ``ketasim[plot]``).
        UnknownNameError, ScenarioError
            For an unknown readout or axis, or more runs than a figure can keep apart.
        """
        if len(self.runs) > len(PENS):
            raise ScenarioError(
                f"{len(self.runs)} runs in one figure cannot be told apart: draw at most {len(PENS)}; tables and "
                "text take all of them"
            )
        only = next(iter(self._parts), "")
        note = f"In the model; only this differs: {only}." if len(self._parts) == 1 else ""
        return strips_figure(self.runs, self.labels, readouts, axis, note or "In the model.")

    def text(self, readouts: Sequence[str] | None = None) -> str:
        """Describe the curves in sentences, one line for each curve.

        Parameters
        ----------
        readouts : sequence of str, optional
            As in `plot`.

        Returns
        -------
        str

        Raises
        ------
        UnknownNameError, ScenarioError
        """
        return "\n".join(
            curve_in_words(quantity, run, name)
            for strip in strips_of(self.runs, readouts)
            for quantity in strip.quantities
            for run, name in zip(self.runs, self.labels, strict=True)
        )

    def sheet(self, names: Iterable[str] | None = None) -> Sheet:
        """Return all runs in columns, as `save` writes them: name of the run, time, readouts, status.

        Parameters
        ----------
        names : iterable of str, optional
            Readouts or states to keep, in this order; default: all readouts.

        Returns
        -------
        Sheet

        Raises
        ------
        UnknownNameError
            For a name that is neither a readout nor a state.
        ScenarioError
            If the runs have different times: rows beside each other would not belong together.
        """
        self._check_times()
        chosen = readout_table().names if names is None else listed_names("names", names, "madrs")
        n_times = self.runs[0].t.size
        columns = [
            Column("run", np.repeat(np.array(self.labels), n_times), "", "name of the run"),
            Column("time", np.tile(self.runs[0].t, len(self.runs)), "h", "time since the start"),
        ]
        columns += [
            Column(
                name,
                np.concatenate([run[name] for run in self.runs]),
                self.runs[0].unit(name),
                meaning(name),
            )
            for name in chosen
        ]
        status = np.repeat(np.array([run.status for run in self.runs]), n_times)
        columns.append(Column("status", status, "", "how the run ended"))
        scenarios = {
            f"scenario {label}": str(run.scenario)
            for label, run in zip(self.labels, self.runs, strict=True)
        }
        return Sheet(tuple(columns), "row", {**model_facts(), **scenarios})

    def to_dataframe(self, readout: str) -> pd.DataFrame:
        """Return one column for each run, over time (extra ``ketasim[frames]``).

        Parameters
        ----------
        readout : str
            A readout or state.

        Returns
        -------
        pandas.DataFrame
            Its index is ``time_h``, its columns are the labels; ``attrs`` has name and unit.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        UnknownNameError, ScenarioError
            For an unknown readout, or runs with different times.
        """
        pandas: Any = require("pandas", "frames")
        self._check_times()
        columns = {name: run[readout] for name, run in zip(self.labels, self.runs, strict=True)}
        index = pandas.Index(self.runs[0].t, name="time_h")
        frame = pandas.DataFrame(columns, index=index)
        frame.attrs["readout"], frame.attrs["unit"] = readout, self.runs[0].unit(readout)
        return frame

    def at(
        self,
        readout: str,
        times_h: Iterable[float],
        *,
        percent_of: str | None = None,
        decimals: int = 1,
    ) -> Table:
        """Return a small table to read: one row for each run, one column for each time.

        Parameters
        ----------
        readout : str
            A readout or state.
        times_h : iterable of float
            Times [h] among those of every run.
        percent_of : str, optional
            Name of one of the runs: values are given as % of the value of that run at the same time.
        decimals : int
            Digits after the decimal point to which values are rounded, default 1.

        Returns
        -------
        Table
            ``name`` is the name of the run. Values have the unit of the readout, or %.

        Raises
        ------
        UnknownNameError
            For an unknown readout or run.
        ScenarioError
            For a time that a run does not have, no time, a time given twice, a negative number of
            decimals, or a reference that is 0.

        See Also
        --------
        sheet : All values, not rounded.

        Examples
        --------
        >>> import ketasim as ks
        >>> alone, blocked = (
        ...     ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24], interventions=tools)
        ...     for tools in ([], [ks.block("ampa", 1.0, start_h=-0.5)])
        ... )
        >>> ks.Comparison([alone, blocked], ["alone", "AMPA blocked"]).at("p_mtor", [0, 24]).names
        ('alone', 'AMPA blocked')
        """
        times = listed("times_h", times_h, "a list of hours, such as [24, 168]")
        check_whole("decimals", decimals, 0)
        if percent_of is not None:
            check_name(percent_of, self.labels, "run")
        values = np.array([[run.at(readout, t) for t in times] for run in self.runs])
        columns = [exact_text(hours(t, "times_h")) for t in times]
        if not times or len(set(columns)) < len(columns):
            raise ScenarioError(f"times_h = {shortened(times)}: give one time or more, each once")
        if percent_of is not None:
            k = self.labels.index(percent_of)
            reference = values[k]
            # What the solver's rounding leaves of 0, relative to the largest value, is 0 as well.
            least = 1e-9 * np.max(np.abs(self.runs[k][readout]))
            if np.any(np.abs(reference) <= least):
                at = columns[int(np.argmin(np.abs(reference)))]
                raise ScenarioError(
                    f"{readout} of {shortened(percent_of)} is 0 at {at}: nothing is a percentage of it; leave out "
                    "this time or percent_of"
                )
            values = 100.0 * values / reference
        # Adding 0.0 turns the -0.0 of a rounded value into 0.0.
        rows = [
            {"name": name, **dict(zip(columns, of_run, strict=True))}
            for name, of_run in zip(
                self.labels, (np.round(values, decimals) + 0.0).tolist(), strict=True
            )
        ]
        return Table(rows, "run", ("name", *columns))

    def _check_times(self) -> None:
        first = self.runs[0].t
        for run, name in zip(self.runs, self.labels, strict=True):
            if not np.array_equal(run.t, first):
                raise ScenarioError(
                    f"{shortened(self.labels[0])} has {first.size} times from {first[0]:g} to {first[-1]:g} h, "
                    f"{shortened(name)} has {run.t.size} from {run.t[0]:g} to {run.t[-1]:g} h: simulate all runs "
                    "with the same t_eval to put them into one table"
                )

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Comparison: {'; '.join(self.labels)}>"


def compare(
    a: DrawableRun,
    b: DrawableRun,
    *more: DrawableRun | Sequence[str],
    readouts: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    axis: TimeAxis = "auto",
) -> Figure:
    """Draw up to four runs on the same axes, apart by colour and dash.

    Parameters
    ----------
    a, b, *more : Run
        The last one may be ``readouts``.
    readouts : sequence of str, optional
        Readouts or states, one strip each; default: the cascade from drug to mood, without curves
        that are constant in all runs.
    labels : sequence of str, optional
        Names of the runs; default: the parts in which their scenarios differ.
    axis : {'auto', 'era', 'linear'}
        As in `Run.plot`.

    Returns
    -------
    matplotlib.figure.Figure
        ``get_label()`` describes it in words.

    Raises
    ------
    MissingLibraryError
        Without matplotlib (extra ``ketasim[plot]``).
    UnknownNameError, ScenarioError
        For an unknown readout or axis, more than four runs, or labels that are not one name for each.

    See Also
    --------
    Comparison : The same runs as a table and in words.
    ketasim.gallery.compare_scenarios : Simulates two scenarios and draws them as a gallery figure.

    Examples
    --------
    >>> import ketasim as ks
    >>> alone, ampa, mtor = (
    ...     ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="1 d", interventions=tools)
    ...     for tools in ([], [ks.block("ampa", 0.9)], [ks.block("mtor", 0.9)])
    ... )
    >>> len(ks.compare(alone, ampa, mtor, readouts=["madrs_change"]).axes)
    1
    """
    runs: list[Any] = [a, b, *more]
    if readouts is None and more and is_list(more[-1]):
        readouts = runs.pop()
    check_name(axis, ("auto", "era", "linear"), "axis")
    return Comparison(runs, labels).plot(readouts, axis=axis)
