"""Rival mechanisms side by side: runs, and the published numbers that each explains."""

from ketasim.rivals._compare import TELLING_AREAS, HypothesisComparison, compare_hypotheses

__all__ = ["TELLING_AREAS", "HypothesisComparison", "compare_hypotheses"]
