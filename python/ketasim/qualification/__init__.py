"""Comparison of the model with published numbers, and of a build with reference values."""

from ketasim.qualification._scoring import Record, fold_error, score
from ketasim.qualification._validate import Validation, validate
from ketasim.qualification._verify import Verification, reference_scenarios, verify

__all__ = [
    "Record",
    "Validation",
    "Verification",
    "fold_error",
    "reference_scenarios",
    "score",
    "validate",
    "verify",
]
