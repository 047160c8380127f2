"""Predictions of the model for the arms of studies, and the intervals of the observations."""

from ketasim.observation._clinical import (
    FollowUp,
    Mood,
    Relapse,
    Spread,
    ever_at_or_below,
    mean_change,
    relapse_by_visit,
    sd_change,
    share_at_or_below,
    trial_parameters,
)
from ketasim.observation._intervals import Z95, Interval, distance, interval_of, wilson
from ketasim.observation._plan import Plan, plans
from ketasim.observation._prediction import Prediction, Predictor
from ketasim.observation._predictor import predictor
from ketasim.observation._relapse import RelapseCurve, relapse
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
from ketasim.observation._trials import (
    BetweenTrials,
    Forecast,
    Trial,
    TrialRow,
    TrialSource,
    forecast,
    trial_source,
    trials_of,
)

__all__ = [
    "SHARES",
    "Z95",
    "BetweenTrials",
    "Course",
    "FollowUp",
    "Forecast",
    "Interval",
    "Mood",
    "Plan",
    "Prediction",
    "Predictor",
    "Relapse",
    "RelapseCurve",
    "Session",
    "Spread",
    "Trial",
    "TrialRow",
    "TrialSource",
    "administrations",
    "baseline_madrs",
    "distance",
    "dose_times",
    "ever_at_or_below",
    "forecast",
    "holds_end",
    "interval_of",
    "mean_change",
    "merged_times",
    "plans",
    "predictor",
    "relapse",
    "relapse_by_visit",
    "relapse_clock",
    "sampling_times",
    "scenario_of",
    "sd_change",
    "sessions",
    "share_at_or_below",
    "trial_parameters",
    "trial_source",
    "trials_of",
    "wilson",
]
