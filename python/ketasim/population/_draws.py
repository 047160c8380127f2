"""Draws of the individual parameters of virtual subjects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.memory import check_number
from ketasim._wording.lists import is_list
from ketasim._wording.names import shortened
from ketasim._wording.numbers import check_whole
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._ranges import limits_before
from ketasim.catalogue._variability import SENSITIVITY, SPREAD_OF_SENSITIVITY, individual
from ketasim.errors import ScenarioError
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario, given_value

#: Numbers in memory for each subject while parameters are drawn (measured).
_NUMBERS_PER_SUBJECT = 24

#: Keys and counters of the counter-based generator have 64 bits.
LARGEST_SEED = 2**64 - 1


def draw_parameters(
    scenario: Scenario, n: int, seed: int, index: Sequence[int] | None = None
) -> dict[str, FloatArray]:
    """Draw individual parameters from their inter-individual variability.

    Every parameter with an ``iiv_cv_pct`` is log-normal around its value (``FR_n``: normal on the
    logit scale) and limited to its possible values: one person in 18 would have more than the 92 points
    at which the CADSS ends, and has ``CADSS_max`` = 92. ``symptoms.sensitivity`` is log-normal with mean 1
    and log-SD ``omega_s``. ``symptoms.omega_s`` itself is 0 for each of them, because the sensitivity of a
    drawn person is known; the readouts ``response`` and ``remission`` are then the probabilities of
    that person.

    Values are those before the factors of the subject (`Subject.factors`): a run with the same subject
    multiplies them.

    Parameters
    ----------
    scenario : Scenario
        Its species, variant and overridden parameters set the typical values.
    n : int
        Number of subjects.
    seed : int
        Together with the index of a subject it determines all draws of the subject, whatever n is.
    index : sequence of int, optional
        Indices of the subjects; default 0 .. n-1.

    Returns
    -------
    dict of str to ndarray, each of shape (n,)
        By parameter name, in the unit of the parameter.

    Raises
    ------
    ScenarioError
        For an n, seed or index that is not possible.

    Examples
    --------
    >>> import ketasim as ks
    >>> drawn = ks.draw_parameters(ks.Scenario("ketamine 35 mg im"), 3, seed=1)
    >>> drawn["symptoms.sensitivity"].shape
    (3,)
    """
    scenario = as_scenario(scenario)
    check_whole("n", n, 1)
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_number(n, _NUMBERS_PER_SUBJECT, "subjects")
    return drawn(scenario, members_of(n, index), seed)


def members_of(n: int, index: Sequence[int] | None) -> Sequence[int]:
    """Return n indices of subjects; by default the first n.

    Raises
    ------
    ScenarioError
    """
    if index is None:
        return range(n)
    given: object = index
    if not is_list(given):
        raise ScenarioError(f"index = {shortened(index)}: give a list of whole numbers")
    members = tuple(index)  # of a generator, too
    if len(members) != n:
        raise ScenarioError(
            f"index has {len(members)} entries for n = {n} subjects: give one for each"
        )
    for i in members:
        check_whole("index", i, 0, LARGEST_SEED)
    return members


def drawn(scenario: Scenario, members: Sequence[int], seed: int) -> dict[str, FloatArray]:
    """Draw as `draw_parameters` does, from checked arguments."""
    table = parameters(scenario.subject.species)
    factors = scenario.subject.factors()
    varied = [row for row in table if row["iiv_cv_pct"] > 0.0]
    z = standard_normal(members, len(varied) + 1, seed)

    values = {
        row["name"]: np.clip(
            individual(
                row["name"], given_value(scenario, row["name"]), row["iiv_cv_pct"] / 100.0, z[:, k]
            ),
            *limits_before(row, factors.get(row["name"], 1.0)),
        )
        for k, row in enumerate(varied)
    }
    mean, spread = (given_value(scenario, name) for name in (SENSITIVITY, SPREAD_OF_SENSITIVITY))
    values[SENSITIVITY] = individual(SENSITIVITY, mean, spread, z[:, -1])
    values[SPREAD_OF_SENSITIVITY] = np.zeros(len(members))
    return values


def standard_normal(
    members: Sequence[int], n: int, seed: int, stream_of: tuple[int, int] = (0, 0)
) -> FloatArray:
    """Return standard normal numbers, shape (members, n), from independent counter-based streams."""
    bits: Any = np.random.Philox(key=seed)
    generator, state = np.random.Generator(bits), bits.state
    # Python numbers, because the generator takes twice as long to read them from arrays.
    state["buffer"] = state["buffer"].tolist()
    stream = state["state"] = {"key": state["state"]["key"].tolist()}
    z = np.empty((len(members), n))
    for row, i in zip(z, members, strict=True):
        # Resets the generator to the stream of subject i; a new generator takes eight times as long.
        stream["counter"] = (0, *stream_of, i)
        bits.state = state
        generator.standard_normal(out=row)
    return z
