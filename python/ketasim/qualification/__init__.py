"""Comparison of the model with published numbers, and of a build with reference values."""

from ketasim.qualification._cross_validation import CrossValidation, cross_validate, folds_of
from ketasim.qualification._forecasts import TrialScore
from ketasim.qualification._scoring import Record, fold_error, score
from ketasim.qualification._validate import Validation, simulate_evidence, validate
from ketasim.qualification._verify import Verification, reference_scenarios, verify

__all__ = [
    "CrossValidation",
    "Record",
    "TrialScore",
    "Validation",
    "Verification",
    "cross_validate",
    "fold_error",
    "folds_of",
    "reference_scenarios",
    "score",
    "simulate_evidence",
    "validate",
    "verify",
]
