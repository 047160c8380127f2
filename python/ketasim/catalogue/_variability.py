"""Variability between people: the value of a parameter at a given number of standard deviations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ketasim import _core
from ketasim._arrays import FloatArray

#: Fractions vary on the logit scale; their `iiv_cv_pct` is 100 x the standard deviation there.
LOGIT_SCALE = frozenset({"pharmacokinetics.FR_n"})

#: Between-patient spread of the drug effect (log-normal with mean 1) is `symptoms.omega_s`; it is 0
#: in a person whose own sensitivity is known.
SENSITIVITY = "symptoms.sensitivity"
SPREAD_OF_SENSITIVITY = "symptoms.omega_s"

#: Largest deviation from the typical value that is expected [standard deviations]. Among a million
#: people with 20 parameters each, the chance that one deviates further is 1 in 25.
FARTHEST = 6.0


def individual(name: str, typical: float, spread: float, z: ArrayLike) -> FloatArray:
    """Return a parameter in people who are z standard deviations from typical.

    Parameters
    ----------
    name : str
    typical : float
        The median, or the mean of `SENSITIVITY`.
    spread : float
        The SD on the logit scale for `LOGIT_SCALE`, the log-SD for `SENSITIVITY`, the coefficient of
        variation for all others.
    z : array_like, any shape

    Returns
    -------
    ndarray, shape of z
        In the unit of the parameter.
    """
    deviations = np.asarray(z, dtype=np.float64)
    if name in LOGIT_SCALE:
        logit = np.log(typical / (1.0 - typical)) + spread * deviations
        values: FloatArray = 1.0 / (1.0 + np.exp(-logit))
    elif name == SENSITIVITY:
        values = _core.individual_sensitivity(typical, spread, deviations)
    else:
        values = typical * np.exp(np.sqrt(np.log1p(spread**2)) * deviations)
    return values
