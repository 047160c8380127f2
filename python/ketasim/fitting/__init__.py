"""Fitting: residuals and their exact derivatives, for one run or for the whole evidence.

Examples
--------
>>> import ketasim as ks
>>> fit = ks.fitting.LeastSquares(["mtor.tau_M"], rows=["murr13_ket__madrs_change__2"])
>>> fit.jacobian(fit.start).shape
(1, 1)
"""

from ketasim.fitting._least_squares import LeastSquares, Residuals
from ketasim.fitting._residuals import Datum, residuals_and_jacobian

__all__ = [
    "Datum",
    "LeastSquares",
    "Residuals",
    "residuals_and_jacobian",
]
