"""Draws of individual parameters: who is in a virtual population."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from ketasim.errors import ScenarioError
from ketasim.names import shortened
from ketasim.scenario import Scenario
from ketasim.simulate import as_scenario
from ketasim.tables import parameters

FloatArray = NDArray[np.float64]

#: Fractions vary on the logit scale; their `iiv_cv_pct` is 100 x the standard deviation there.
LOGIT_SCALE = frozenset({"pharmacokinetics.FR_n"})

#: The counter-based generator takes keys and counters of 64 bits.
LARGEST_SEED = 2**64 - 1

#: More threads than any one computer runs at once.
MOST_THREADS = 4096

#: Between-patient spread of the drug effect (log-normal with mean 1) is `symptoms.omega_s`.
SENSITIVITY = "symptoms.sensitivity"


def draw_parameters(
    scenario: Scenario, n: int, seed: int, index: Sequence[int] | None = None
) -> dict[str, FloatArray]:
    """Draw individual parameters from their inter-individual variability.

    Every parameter with an ``iiv_cv_pct`` is log-normal around its value (``FR_n``: normal on the
    logit scale); ``symptoms.sensitivity`` is log-normal with mean 1 and log-SD ``omega_s``.

    Parameters
    ----------
    n : int
        Number of subjects.
    seed : int
        Together with a subject's index it fixes all of the subject's draws, whatever n is.
    index : sequence of int, optional
        Which subjects; default 0 .. n-1.

    Returns
    -------
    dict of ndarray, each of shape (n,)
        By parameter name, in the unit of the parameter.
    """
    scenario = as_scenario(scenario)
    check_whole("n", n, 1)
    check_whole("seed", seed, 0, LARGEST_SEED)
    if index is not None and not isinstance(index, Iterable):
        raise ScenarioError(f"index = {shortened(index)}: give a list of whole numbers")
    for i in () if index is None else index:
        check_whole("index", i, 0, LARGEST_SEED)
    return drawn(scenario, range(n) if index is None else index, seed)


def drawn(scenario: Scenario, members: Sequence[int], seed: int) -> dict[str, FloatArray]:
    """What `draw_parameters` draws, from arguments that were checked."""
    table = parameters(scenario.subject.species)
    given = scenario.all_parameters()
    varied = [row for row in table if row["iiv_cv_pct"] > 0.0]
    z = _standard_normal(members, len(varied) + 1, seed)
    values: dict[str, FloatArray] = {}
    for k, row in enumerate(varied):
        name, spread = row["name"], row["iiv_cv_pct"] / 100.0
        typical = given[name] if name in given else float(row["value"])
        if name in LOGIT_SCALE:
            logit = np.log(typical / (1.0 - typical)) + spread * z[:, k]
            values[name] = 1.0 / (1.0 + np.exp(-logit))
        else:
            values[name] = typical * np.exp(np.sqrt(np.log1p(spread**2)) * z[:, k])
    omega, mean = (
        given[name] if name in given else float(table[name]["value"])
        for name in ("symptoms.omega_s", SENSITIVITY)
    )
    values[SENSITIVITY] = mean * np.exp(omega * z[:, -1] - omega**2 / 2.0)
    return values


def _standard_normal(members: Sequence[int], n: int, seed: int) -> FloatArray:
    """Shape (members, n): one counter-based stream per subject, independent of all others."""
    bits = np.random.Philox(key=seed)
    generator, state = np.random.Generator(bits), bits.state
    z = np.empty((len(members), n))
    for row, i in zip(z, members, strict=True):
        # The generator of subject i begins here; to make another one takes five times as long.
        state["state"]["counter"][:] = (0, 0, 0, i)
        bits.state = state
        generator.standard_normal(out=row)
    return z


def check_whole(name: str, number: object, least: int, most: float = math.inf) -> None:
    """Refuse what is not a whole number in a range.

    Raises
    ------
    ScenarioError
    """
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    if not (whole and least <= number <= most):  # type: ignore[operator]
        reach = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ScenarioError(f"{name} = {shortened(number)} must be a whole number {reach}")
