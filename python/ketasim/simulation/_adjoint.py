"""Exact derivatives of one number by many parameters, doses and states before treatment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import plain_numbers
from ketasim._wording.sealed import sealed, unchangeable
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.scenario._for_core import core_options, core_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._solver_options import SolverKeywords
from ketasim.simulation._run import Run
from ketasim.simulation._sensitivity import Asked, asked_for, check_finite, factors_of
from ketasim.simulation._simulation_error import SimulationError


@sealed
@unchangeable
class Adjoint:
    """A run whose steps are kept, so that numbers made from its readouts can be differentiated.

    Immutable, made by `adjoint`. A pickle has what was asked for; reading it simulates again.

    Parameters
    ----------
    asked : Asked
        What was asked for.

    Examples
    --------
    >>> import ketasim as ks
    >>> a = ks.adjoint("ketamine 35 mg im", ["mtor.tau_M", "dose.amount"], ["p_mtor"], t_eval=[1, 2])
    >>> a.wrt, a.run["p_mtor"].shape
    (('mtor.tau_M', 'dose.amount'), (2,))
    """

    def __init__(self, asked: Asked) -> None:
        if not isinstance(asked, Asked):
            raise ScenarioError(
                f"Adjoint({shortened(asked)}): make one with ketasim.adjoint(scenario, wrt, readouts)"
            )
        self._asked = asked
        self._core = _core.Adjoint(
            core_scenario(asked.scenario),
            t_eval=asked.times,
            readouts=list(asked.readouts),
            wrt=asked.core_names,
            options=core_options(asked.options, asked.only_for),
        )
        self.run = Run(asked.scenario, asked.options, self._core.run)
        if not self.run.success:
            raise SimulationError(self.run.message, self.run)

    @property
    def wrt(self) -> tuple[str, ...]:
        """Varied names."""
        return self._asked.wrt

    @property
    def names(self) -> tuple[str, ...]:
        """Readouts that may have weights."""
        return self._asked.readouts

    @property
    def t(self) -> FloatArray:
        """Times [h], shape (n_times,)."""
        return self.run.t

    def gradient(self, weights: ArrayLike | Mapping[str, ArrayLike]) -> FloatArray:
        """Differentiate the sum of weight x readout over times and readouts.

        For another number L that is made from the readouts, the weights are dL/d readout: for a sum
        of squares, twice the difference between prediction and observation.

        Parameters
        ----------
        weights : array_like, shape (n_times, n_names), or mapping of readout to (n_times,)
            Readouts that a mapping lacks have weights 0. Columns with names, as those of a frame or a
            structured array, are a mapping.

        Returns
        -------
        ndarray, shape (n_wrt,)
            Derivatives, in the unit of L over the unit of what varies.

        Raises
        ------
        ScenarioError
            For weights of another shape, one that is not finite, or some so large that a derivative is
            larger than any number.
        UnknownNameError
            For a readout that was not asked for.
        SimulationError
            For a derivative that is not finite.

        Examples
        --------
        >>> import ketasim as ks
        >>> a = ks.adjoint("ketamine 35 mg im", ["dose.amount"], ["madrs_change"], t_eval=[24])
        >>> observed = -12.0
        >>> difference = a.run["madrs_change"] - observed
        >>> bool(a.gradient({"madrs_change": 2 * difference})[0] < 0)  # a larger dose fits better
        True
        """
        array = self._array(weights)
        found = np.asarray(self._core.gradient(array))
        largest = float(abs(array).max(initial=0.0))
        # The sum is linear in its weights, so that smaller ones tell what is to blame.
        if (
            largest > 1.0
            and not np.isfinite(found).all()
            and np.isfinite(self._core.gradient(array / largest)).all()
        ):
            raise ScenarioError(
                f"weights up to {largest:g} make a derivative larger than any number: divide them by a "
                "common factor, and multiply what comes out"
            )
        found = found * factors_of(self._asked.scenario, self._asked.core_names)
        check_finite(self.run, self.wrt, found, "the sum")
        return found

    def _array(self, weights: ArrayLike | Mapping[str, ArrayLike]) -> FloatArray:
        columns = _named_columns(weights)
        if columns is None:
            shape = (self.t.size, len(self.names))
            remedy = f"give numbers of shape {shape}, or a mapping"
            array = plain_numbers("weights", weights, remedy)
            if array.shape != shape:
                raise ScenarioError(f"weights has shape {array.shape}: {remedy}")
        else:
            array = self._by_name(columns)
        bad = np.argwhere(~np.isfinite(array))
        if bad.size:
            row, column = bad[0]
            raise ScenarioError(
                f"the weight of {self.names[column]} at {self.t[row]:g} h (row {row}) is "
                f"{array[row, column]}: give finite weights, and 0 where nothing was observed"
            )
        return array

    def _by_name(self, weights: Mapping[str, Any]) -> FloatArray:
        columns = np.zeros((self.t.size, len(self.names)))
        for name, column in weights.items():
            check_name(name, self.names, "readout of this adjoint")
            given = plain_numbers(f"weights[{name!r}]", column, "give one number for each time")
            if given.shape != (self.t.size,):
                raise ScenarioError(
                    f"weights[{name!r}] has shape {given.shape}: give {self.t.size} numbers, one for "
                    "each time"
                )
            columns[:, self.names.index(name)] = given
        return columns

    def __getstate__(self) -> tuple[Any, ...]:
        return tuple(self._asked)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.__init__(Asked(*state))  # type: ignore[misc]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Adjoint):
            return NotImplemented
        return self.wrt == other.wrt and self.names == other.names and self.run == other.run

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"<Adjoint: {', '.join(self.names)} by {len(self.wrt)} of "
            f"{self.run.scenario}; {self.t.size} times>"
        )


def _named_columns(weights: object) -> Mapping[str, Any] | None:
    """Return columns by name, of a mapping, a frame, a table or a structured array; None otherwise."""
    if isinstance(weights, Mapping):
        return weights
    names = getattr(getattr(weights, "dtype", None), "names", None)
    for attribute in ("column_names", "columns"):  # of pyarrow, of pandas and polars
        if names is None:
            names = getattr(weights, attribute, None)
    if names is None or not all(isinstance(name, str) for name in names):
        return None
    return {name: weights[name] for name in names}  # type: ignore[index]


def adjoint(
    scenario: Scenario | Regimen | Dose | str,
    wrt: Sequence[str],
    readouts: Sequence[str],
    *,
    until: float | str | None = None,
    t_eval: ArrayLike | None = None,
    **solver: Unpack[SolverKeywords],
) -> Adjoint:
    """Simulate a scenario so that one number made from its readouts can be differentiated.

    The run and the derivatives by all parameters cost four to five runs, whatever their number.

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
        As in `simulate`.
    wrt : sequence of str
        Varied names, as in `sensitivity`.
    readouts : sequence of str
        Readouts from which the number is made.
    until : float or str, optional
        As in `simulate`.
    t_eval : array_like, shape (n_times,), optional
        As in `simulate`.
    **solver
        Fields of `SolverOptions`; methods ``rodas5p`` and ``rodas4``.

    Returns
    -------
    Adjoint
        Its ``gradient`` differentiates one weighted sum after the other.

    Raises
    ------
    ScenarioError, UnknownNameError, ParameterError
        As `sensitivity`.
    SimulationError
        When integration stops early.

    Notes
    -----
    The discrete adjoint of the accepted steps, through every event and through the steady state before
    treatment (Sandu, Daescu and Carmichael 2003, doi:10.1016/j.atmosenv.2003.08.019). It differentiates
    the computed solution at fixed steps, as `sensitivity` does, and the run is identical to that of
    `simulate`. Every accepted step keeps 8 kB of memory.

    Examples
    --------
    >>> import ketasim as ks
    >>> names = [row["name"] for row in ks.parameters()]
    >>> a = ks.adjoint("ketamine 0.5 mg/kg iv over 40 min", names, ["madrs_change"], t_eval=[24])
    >>> a.gradient([[1.0]]).shape == (len(names),)
    True
    """
    return Adjoint(asked_for(scenario, wrt, readouts, until, t_eval, solver))
