"""Fitting: residuals and their exact derivatives, of one run or of the whole evidence.

fit = ketasim.fitting.LeastSquares(["mtor.tau_M", "symptoms.omega_s"])
fit.residuals(fit.start), fit.jacobian(fit.start)
"""

from ketasim.fitting._least_squares import LeastSquares, Residuals
from ketasim.fitting._residuals import Datum, residuals_and_jacobian

__all__ = [
    "Datum",
    "LeastSquares",
    "Residuals",
    "residuals_and_jacobian",
]
