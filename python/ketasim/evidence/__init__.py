"""Published numbers as data: regimens, arms and observations with their sources.

evidence = ketasim.evidence.load()
evidence.arms["murr13_ket"], evidence.observations[0].value

fit = ketasim.evidence.LeastSquares(["mtor.tau_M", "symptoms.omega_s"])
fit.residuals(fit.start), fit.jacobian(fit.start)
"""

from ketasim.evidence.fit import LeastSquares, Residuals
from ketasim.evidence.tables import Arm, DoseRecord, Evidence, Observation, load, read_table

__all__ = [
    "Arm",
    "DoseRecord",
    "Evidence",
    "LeastSquares",
    "Observation",
    "Residuals",
    "load",
    "read_table",
]
