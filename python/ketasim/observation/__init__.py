"""Predictions of the model for the arms of studies, and the intervals of the observations."""

from ketasim.observation._clinical import Mood, Spread, VirtualPatients, share_at_or_below
from ketasim.observation._intervals import Z95, Interval, distance, interval_of, wilson
from ketasim.observation._plan import Plan, plans
from ketasim.observation._prediction import Prediction, Predictor
from ketasim.observation._predictor import predictor
from ketasim.observation._sampling import SHARES, merged_times, relapse_clock, sampling_times
from ketasim.observation._scenario_of_arm import (
    Session,
    administrations,
    baseline_madrs,
    dose_times,
    holds_end,
    scenario_of,
    sessions,
)
from ketasim.observation._simulated_arm import Course

__all__ = [
    "SHARES",
    "Z95",
    "Course",
    "Interval",
    "Mood",
    "Plan",
    "Prediction",
    "Predictor",
    "Session",
    "Spread",
    "VirtualPatients",
    "administrations",
    "baseline_madrs",
    "distance",
    "dose_times",
    "holds_end",
    "interval_of",
    "merged_times",
    "plans",
    "predictor",
    "relapse_clock",
    "sampling_times",
    "scenario_of",
    "sessions",
    "share_at_or_below",
    "wilson",
]
