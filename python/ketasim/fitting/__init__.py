"""Fitting: from data to a posterior, its maximum, draws, and predictions with their uncertainty.

Data are `Observations`; `Posterior` joins them with parameters, priors and residual errors. Its
methods are the workflow: `Posterior.maximum`, `Posterior.identifiability`, `Posterior.profiles`,
`Posterior.sample`, `Posterior.visual_check`; `predict` draws bands for any scenario. `calibrated` is the
joint posterior of the model's own calibrated parameters. `PopulationModel` fits subjects that differ. `LeastSquares` has residuals of the whole
evidence in the measure of `ketasim.validate`, for a quick fit.

Examples
--------
>>> import ketasim as ks
>>> fit = ks.fitting.LeastSquares(["mtor.tau_M"], rows=["murr13_ket__madrs_change__2"])
>>> fit.jacobian(fit.start).shape
(1, 1)
"""

from ketasim.fitting._calibrated import Calibrated, calibrated
from ketasim.fitting._error_model import ErrorModel
from ketasim.fitting._example_data import ExampleData, example_data
from ketasim.fitting._free import Parameter
from ketasim.fitting._identifiability import Identifiability
from ketasim.fitting._least_squares import LeastSquares, Residuals
from ketasim.fitting._observations import Observations, SignWarning
from ketasim.fitting._optimum import Optimum
from ketasim.fitting._plausible import ScaleWarning
from ketasim.fitting._population_fit import PopulationFit, Predicted
from ketasim.fitting._population_model import PopulationModel
from ketasim.fitting._population_parameters import CovariateEffect
from ketasim.fitting._posterior import Posterior
from ketasim.fitting._prediction import CheckedReadout, PredictiveBands, VisualCheck, predict
from ketasim.fitting._prior import Prior
from ketasim.fitting._problem_file import Problem, read_problem
from ketasim.fitting._profiles import Profiles
from ketasim.fitting._read_petab import read_petab
from ketasim.fitting._records import ArmRow, Measurement
from ketasim.fitting._residuals import Datum, residuals_and_jacobian
from ketasim.fitting._sampling import ConvergenceWarning, Draws

__all__ = [
    "ArmRow",
    "Calibrated",
    "CheckedReadout",
    "ConvergenceWarning",
    "CovariateEffect",
    "Datum",
    "Draws",
    "ErrorModel",
    "ExampleData",
    "Identifiability",
    "LeastSquares",
    "Measurement",
    "Observations",
    "Optimum",
    "Parameter",
    "PopulationFit",
    "PopulationModel",
    "Posterior",
    "Predicted",
    "PredictiveBands",
    "Prior",
    "Problem",
    "Profiles",
    "Residuals",
    "ScaleWarning",
    "SignWarning",
    "VisualCheck",
    "calibrated",
    "example_data",
    "predict",
    "read_petab",
    "read_problem",
    "residuals_and_jacobian",
]
