"""Ratings of patients around one simulated trajectory: mean change, response, remission and relapse.

Sensitivity to the drug and the shift that every patient has under control conditions act on the
rating only, not on the states, so one trajectory serves a whole population. All averages are closed
forms of the core (include/ketasim/observation/clinical.hpp and visits.hpp): smooth in every number,
without draws. Each is computed for floats, for arrays of trials, and for numbers with slopes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.sealed import sealed
from ketasim.catalogue._table import Table
from ketasim.observation._numbers import (
    Number,
    Sloped,
    directions,
    last_axis,
    slopes_of,
    value_of,
)

#: The readouts of `Mood`, in its order.
MOOD = ("madrs_baseline", "drug_relief", "context_relief")


class Readable(Protocol):
    """Readouts by name, with time along the last axis."""

    def __getitem__(self, name: str) -> Number: ...


@cache
def trial_parameters() -> Table:
    """Return how trials and their visits differ: parameters on which no run depends.

    Returns
    -------
    Table
        Columns as in `ketasim.parameters`. ``observation.tau_c`` and ``tau_d`` are the SDs between
        trials of the control logit and of the logarithm of the drug effect, ``tau_row`` the SD of a
        row's own logit.

    Examples
    --------
    >>> from ketasim.observation import trial_parameters
    >>> trial_parameters()["observation.tau_c"]["unit"]
    '1'
    """
    return Table(
        _core.trial_parameter_table(),
        "parameter",
        ("name", "value", "unit", "low", "high", "grade", "description"),
    )


@comparable
@dataclass(frozen=True, slots=True)
class Spread:
    """Variability of patients with one exposure: parameters of the module symptoms.

    Parameters
    ----------
    sensitivity : float
        Mean sensitivity to the drug.
    omega_s : float
        Log-SD of the sensitivity.
    sd_e : float
        SD of the control shift [logit].
    sigma_y : float
        SD of the rating error [points].

    Examples
    --------
    >>> from ketasim.observation import predictor
    >>> predictor().spread.sensitivity
    1.0
    """

    sensitivity: Number
    omega_s: Number
    sd_e: Number
    sigma_y: Number


@sealed
@dataclass(frozen=True, slots=True)
class FollowUp:
    """Visits at which relapse is looked for, and the patients who come.

    Parameters
    ----------
    visit_every : float
        Time between visits [h].
    visit_error : float
        SD of the rating error at a visit [points].
    baseline_sd : float
        SD of the MADRS before treatment [points].

    Examples
    --------
    >>> from ketasim.observation import FollowUp
    >>> FollowUp.published().visit_every
    72.0
    """

    visit_every: float
    visit_error: float
    baseline_sd: float

    @classmethod
    def published(cls) -> FollowUp:
        """Return the values of `trial_parameters`.

        Returns
        -------
        FollowUp
        """
        table = trial_parameters()
        return cls(*(float(table[f"observation.{f.name}"]["value"]) for f in fields(cls)))


@comparable
@dataclass(frozen=True, slots=True)
class Mood:
    """The quantities from which ratings are computed, at some times.

    Parameters
    ----------
    baseline : float
        MADRS before treatment [points].
    relief : ndarray, shape (..., n_times)
        Relief by the drug [logit].
    context : ndarray, shape (..., n_times)
        Relief by the trial context [logit].

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.observation import Mood
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 24])
    >>> Mood.of(run, np.array([1])).relief.shape
    (1,)
    """

    baseline: Number
    relief: Number
    context: Number

    @classmethod
    def of(cls, run: Readable, index: NDArray[np.intp] | int) -> Mood:
        """Read the quantities from a run, at some of its times.

        Parameters
        ----------
        run : Run
            Or any object with readouts by name.
        index : ndarray of int, or int
            Positions of the times; the axis of time is dropped for an int.

        Returns
        -------
        Mood
        """
        baseline, relief, context = (run[name] for name in MOOD)
        start = last_axis(baseline, 0)
        return cls(start, last_axis(relief, index), last_axis(context, index))


def share_at_or_below(mood: Mood, cut: Number, spread: Spread) -> Number:
    """Return the expected share of patients rated at or below ``cut`` points.

    Response is a cut at half the baseline.

    Parameters
    ----------
    mood : Mood
    cut : float
        MADRS [points].
    spread : Spread

    Returns
    -------
    ndarray, shape (..., n_times)
        From 0 to 1.

    Notes
    -----
    With the nodes n and weights w of the 21-point Gauss-Hermite rule::

        s_i   = sensitivity exp(omega_s n_i - omega_s^2/2)
        m_ij  = 60 expit(z0 - s_i relief - context - sd_e n_j)
        share = sum_ij w_i w_j Ncdf((cut - m_ij)/sigma_y)

    Examples
    --------
    >>> from ketasim.observation import Mood, predictor, share_at_or_below
    >>> mood = Mood(30.0, np.array([0.0, 2.0]), np.zeros(2))
    >>> share = share_at_or_below(mood, 15.0, predictor().spread)
    >>> bool(share[0] < share[1])
    True
    """
    return _elementwise("share_at_or_below", (cut, *_of(mood), *_of(spread)))


def mean_change(mood: Mood, spread: Spread) -> Number:
    """Return the mean change of the MADRS from baseline, averaged over patients.

    Parameters
    ----------
    mood : Mood
    spread : Spread

    Returns
    -------
    ndarray, shape (..., n_times)
        [points]; negative is better.

    Notes
    -----
    With the nodes of `share_at_or_below`::

        mean = sum_ij w_i w_j m_ij - 60 expit(z0)

    Examples
    --------
    >>> from ketasim.observation import Mood, mean_change, predictor
    >>> mood = Mood(30.0, np.array([0.0, 2.0]), np.zeros(2))
    >>> change = mean_change(mood, predictor().spread)
    >>> bool(change[1] < change[0])
    True
    """
    return _elementwise("mean_change", (*_of(mood), *_of(spread)))


def sd_change(mood: Mood, spread: Spread) -> Number:
    """Return the SD between patients of the change of the rated MADRS, with the rating error.

    Parameters
    ----------
    mood : Mood
    spread : Spread

    Returns
    -------
    ndarray, shape (..., n_times)
        [points].

    Notes
    -----
    With the nodes of `share_at_or_below`::

        variance = sum_ij w_i w_j (m_ij - 60 expit(z0) - mean)^2 + sigma_y^2

    Examples
    --------
    >>> from ketasim.observation import Mood, predictor, sd_change
    >>> mood = Mood(30.0, np.array([2.0]), np.zeros(1))
    >>> bool(sd_change(mood, predictor().spread)[0] > predictor().spread.sigma_y)
    True
    """
    return _elementwise("sd_change", (*_of(mood), *_of(spread)))


def ever_at_or_below(mood: Mood, cut: Number, spread: Spread) -> Number:
    """Return the share of patients rated at or below ``cut`` points at one visit or more.

    Parameters
    ----------
    mood : Mood
        At the visits.
    cut : float
        MADRS [points].
    spread : Spread

    Returns
    -------
    ndarray, shape (...)
        From 0 to 1.

    Notes
    -----
    Rating errors of visits are independent, sensitivity and control shift belong to a patient::

        ever = sum_ij w_i w_j [1 - prod_k (1 - Ncdf((cut - m_ij,k)/sigma_y))]

    Examples
    --------
    >>> from ketasim.observation import Mood, ever_at_or_below, predictor, share_at_or_below
    >>> mood = Mood(30.0, np.array([1.0, 1.0]), np.zeros(2))
    >>> spread = predictor().spread
    >>> bool(ever_at_or_below(mood, 15.0, spread) > share_at_or_below(mood, 15.0, spread).max())
    True
    """
    numbers = (cut, mood.baseline, *_of(spread))
    return last_axis(_over_visits(_core.ever_at_or_below, mood, numbers), 0)


@comparable
@dataclass(frozen=True, slots=True)
class Relapse:
    """Relapse among the patients who are well at the first visit.

    Parameters
    ----------
    share : ndarray, shape (..., n_visits)
        Share of them relapsed by each visit; 0 at the first.
    well : ndarray, shape (...)
        Their share of all patients.

    Examples
    --------
    >>> from ketasim.observation import Relapse
    >>> float(Relapse(np.array([0.0, 0.1]), 0.5).share[-1])
    0.1
    """

    share: Number
    well: Number


def relapse_by_visit(
    mood: Mood, spread: Spread, follow_up: FollowUp, remission_cut: Number | None = None
) -> Relapse:
    """Return the share relapsed by each visit, in closed form.

    Parameters
    ----------
    mood : Mood
        At the visits; well patients are chosen at the first. ``baseline`` is the mean.
    spread : Spread
        ``sigma_y`` is not used: the error at a visit is that of ``follow_up``.
    follow_up : FollowUp
    remission_cut : float, optional
        Well means remission, MADRS at or below this [points]; default: at least 50 % improvement.

    Returns
    -------
    Relapse

    Notes
    -----
    Relapse is the second of two consecutive visits with less than 50 % improvement. For a patient
    (i, j) with baseline b_l, p_k = Ncdf((m_ijl,k - b_l/2)/visit_error) is the chance to be found ill.
    With kept = 1 and lost = 0 after the first visit::

        relapsed   = relapsed + lost p_k
        lost, kept = kept p_k, (kept + lost)(1 - p_k)

    averaged over sensitivity, control shift and baseline (21 x 21 x 5 Gauss-Hermite nodes), weighted
    by the chance to be well at the first visit.

    Examples
    --------
    >>> from ketasim.observation import FollowUp, Mood, predictor, relapse_by_visit
    >>> falling = Mood(30.0, np.array([2.0, 1.5, 1.0, 0.5]), np.zeros(4))
    >>> found = relapse_by_visit(falling, predictor().spread, FollowUp.published())
    >>> bool((np.diff(found.share) >= 0.0).all())
    True
    """
    remitters = remission_cut is not None
    numbers = (
        remission_cut if remission_cut is not None else 0.0,
        mood.baseline,
        spread.sensitivity,
        spread.omega_s,
        spread.sd_e,
        follow_up.baseline_sd,
        follow_up.visit_error,
    )

    def call(*arrays: FloatArray) -> tuple[FloatArray, FloatArray]:
        found: tuple[FloatArray, FloatArray] = _core.relapse(remitters, *arrays)
        return found

    by_visit = _over_visits(call, mood, numbers)
    return Relapse(last_axis(by_visit, slice(0, -1)), last_axis(by_visit, -1))


# --- calls of the core --------------------------------------------------------------------------------


def _of(record: Mood | Spread) -> tuple[Number, ...]:
    return tuple(getattr(record, f.name) for f in fields(record))


def _elementwise(name: str, arguments: Sequence[Number]) -> Number:
    """Evaluate a function of the core over broadcast arguments, with slopes where one has them."""
    n_theta = directions(arguments)
    if n_theta is None:
        plain: FloatArray = getattr(_core, name)(*arguments)
        return plain
    values = np.broadcast_arrays(*map(value_of, arguments))
    shape = values[0].shape
    slopes = [slopes_of(_aligned(x, len(shape)), shape, n_theta) for x in arguments]
    value, slope = getattr(_core, f"{name}_slopes")(
        np.stack([v.reshape(-1) for v in values], axis=1),
        np.stack([s.reshape(-1, n_theta) for s in slopes], axis=1),
    )
    return Sloped(value.reshape(shape), slope.reshape((*shape, n_theta)))


def _aligned(x: Number, n_axes: int) -> Number:
    """Add leading axes, so that slopes broadcast as values do."""
    if not isinstance(x, Sloped):
        return x
    missing = n_axes - x.value.ndim
    return x[(np.newaxis,) * missing + (...,)] if missing else x


def _over_visits(
    call: Callable[..., tuple[FloatArray, FloatArray]], mood: Mood, numbers: Sequence[Number]
) -> Number:
    """Evaluate a function of all visits, the last axis of the reliefs; numbers have no such axis."""
    n_theta = directions((mood.relief, mood.context, *numbers))
    reliefs = np.broadcast_shapes(value_of(mood.relief).shape, value_of(mood.context).shape)
    values = [value_of(x) for x in numbers]
    shape = np.broadcast_shapes(reliefs[:-1], *(v.shape for v in values))
    n_visits, k = reliefs[-1], n_theta or 0
    visits, n = (*shape, n_visits), math.prod(shape)

    def of_visits(x: Number) -> tuple[FloatArray, FloatArray]:
        value = np.broadcast_to(value_of(x), visits).reshape(n, n_visits)
        return value, slopes_of(_aligned(x, len(visits)), visits, k).reshape(n, n_visits, k)

    (drug, d_drug), (around, d_around) = of_visits(mood.relief), of_visits(mood.context)
    count = np.stack([np.broadcast_to(v, shape).reshape(n) for v in values], axis=1)
    d_count = np.stack(
        [slopes_of(_aligned(x, len(shape)), shape, k).reshape(n, k) for x in numbers], axis=1
    )
    value, slopes = call(drug, around, count, d_drug, d_around, d_count)
    value = value.reshape((*shape, value.shape[-1]))
    if n_theta is None:
        return value
    return Sloped(value, slopes.reshape((*value.shape, n_theta)))
