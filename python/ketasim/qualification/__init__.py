"""Comparison of the model with published numbers, of a build with reference values, and a report on both."""

from ketasim.qualification._coverage import coverage
from ketasim.qualification._credibility._content import Check, Section
from ketasim.qualification._cross_validation import CrossValidation, cross_validate, folds_of
from ketasim.qualification._error_reached import SMALLEST, ErrorReached, error_reached
from ketasim.qualification._forecasts import TrialScore
from ketasim.qualification._indications import indications
from ketasim.qualification._known_disagreements import Disagreement, known_disagreements
from ketasim.qualification._qualify import Qualification, qualify
from ketasim.qualification._scoring import Record, fold_error, score
from ketasim.qualification._validate import Validation, simulate_evidence, validate
from ketasim.qualification._verify import Verification, reference_scenarios, verify

__all__ = [
    "SMALLEST",
    "Check",
    "CrossValidation",
    "Disagreement",
    "ErrorReached",
    "Qualification",
    "Record",
    "Section",
    "TrialScore",
    "Validation",
    "Verification",
    "coverage",
    "cross_validate",
    "error_reached",
    "fold_error",
    "folds_of",
    "indications",
    "known_disagreements",
    "qualify",
    "reference_scenarios",
    "score",
    "simulate_evidence",
    "validate",
    "verify",
]
