"""Rates of response and remission, and simulated ratings of members as in a trial."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim.errors import ScenarioError
from ketasim.population._draws import standard_normal
from ketasim.scenario._scenario import Scenario, acting_value

#: Readouts from which the ratings of a trial are computed.
SEEN_FROM = ("madrs_baseline", "drug_relief", "context_relief")

#: Parameters of the variability of patients with one exposure, in the order of the core.
SPREAD = ("sensitivity", "omega_s", "sd_e", "sigma_y")

#: Streams of random numbers of a member, besides those of its parameters.
_PERSON, _RATING = 1, 2


@comparable
@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Simulated ratings of the members of a population at one time.

    Members that failed have NaN, and are neither responders nor remitters.

    Parameters
    ----------
    time_h : float
        Time [h].
    madrs : ndarray, shape (n,)
        Rated MADRS [points].
    responder : ndarray of bool, shape (n,)
        Whether the rated MADRS fell by half or more.
    remitter : ndarray of bool, shape (n,)
        Whether the rated MADRS is at or below ``symptoms.remission_cut``.

    Examples
    --------
    >>> import ketasim as ks
    >>> readouts = ["madrs_baseline", "drug_relief", "context_relief"]
    >>> people = ks.simulate_population("ketamine 35 mg im", 4, readouts=readouts, t_eval=[24.0])
    >>> people.observed(24.0).responder.shape
    (4,)
    """

    time_h: float
    madrs: FloatArray
    responder: NDArray[np.bool_]
    remitter: NDArray[np.bool_]


def of_members(
    scenario: Scenario, own: Mapping[str, FloatArray], name: str
) -> FloatArray | np.float64:
    """Return a parameter of the module symptoms: one value for each member, or one shared by all."""
    full = f"symptoms.{name}"
    if full in own:
        column: FloatArray = own[full] * scenario.subject.factors().get(full, 1.0)
        return column
    return np.float64(acting_value(scenario, full))


def chance_of_response(
    scenario: Scenario,
    own: Mapping[str, FloatArray],
    kept: Mapping[str, FloatArray],
    improvement: float,
) -> FloatArray:
    """Return the probability of each member to be rated as improved by a share of its baseline or more.

    Parameters
    ----------
    own : mapping of str to ndarray, shape (n,)
        Individual parameters.
    kept : mapping of str to ndarray, shape (n, n_times)
        Readouts: ``response``, or all of `SEEN_FROM`.

    Returns
    -------
    ndarray, shape (n, n_times)
    """
    if improvement == _core.RESPONSE_IMPROVEMENT and "response" in kept:
        return kept["response"]
    spread = (_as_rows(of_members(scenario, own, name)) for name in SPREAD)
    chances: FloatArray = _core.response(improvement, *(kept[k] for k in SEEN_FROM), *spread)
    return chances


def chance_of_remission(
    scenario: Scenario, own: Mapping[str, FloatArray], kept: Mapping[str, FloatArray]
) -> FloatArray:
    """Return the probability of each member to be rated at or below ``symptoms.remission_cut``.

    As `chance_of_response`; ``kept`` has ``remission``, or all of `SEEN_FROM`.
    """
    if "remission" in kept:
        return kept["remission"]
    cut, *spread = (
        _as_rows(of_members(scenario, own, name)) for name in ("remission_cut", *SPREAD)
    )
    chances: FloatArray = _core.share_at_or_below(cut, *(kept[k] for k in SEEN_FROM), *spread)
    return chances


def check_kept(names: Collection[str], share: str, *, alone: bool = True) -> None:
    """Refuse a rate that cannot be computed from the readouts that were kept.

    Raises
    ------
    ScenarioError
    """
    if set(SEEN_FROM) <= set(names) or (alone and share in names):
        return
    needed = f"readouts {', '.join(map(repr, SEEN_FROM))}"
    raise ScenarioError(
        f"keep readout {share!r} (or {needed}) to compute a {share} rate"
        if alone
        else f"keep {needed} to compute ratings or the rate of another improvement than half"
    )


def observed(
    scenario: Scenario,
    own: Mapping[str, FloatArray],
    kept: Mapping[str, FloatArray],
    seed: int,
    time_h: float,
) -> Observed:
    """Draw the ratings of members 0 to n - 1 at one time; ``kept`` has shape (n,).

    The control shift belongs to the member, the rating error to the member and the time.
    """
    baseline = kept["madrs_baseline"]
    members = range(len(baseline))
    person = standard_normal(members, 2, seed, (_PERSON, 0))
    # The bits of the time are the number of the stream; + 0.0 turns -0.0 into 0.0.
    bits = int(np.float64(time_h + 0.0).view(np.uint64))
    error = standard_normal(members, 1, seed, (_RATING, bits))[:, 0]
    sensitivity, omega_s, sd_e, sigma_y = (of_members(scenario, own, name) for name in SPREAD)
    madrs = _core.rated_madrs(
        baseline,
        kept["drug_relief"],
        kept["context_relief"],
        sensitivity,
        omega_s,
        sd_e,
        sigma_y,
        person[:, 0],
        person[:, 1],
        error,
    )
    cut = _core.response_cut(baseline, _core.RESPONSE_IMPROVEMENT)
    remission_cut = of_members(scenario, own, "remission_cut")
    return Observed(time_h, madrs, madrs <= cut, madrs <= remission_cut)


def _as_rows(values: FloatArray | np.float64) -> FloatArray:
    """Return one row for each member, equal at all times."""
    return np.reshape(values, (-1, 1))
