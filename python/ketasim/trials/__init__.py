"""Simulated clinical trials: arms, visits, dropout, differences between trials, power."""

from ketasim.trials._design import TrialArm, TrialDesign
from ketasim.trials._simulate_trial import simulate_trial
from ketasim.trials._simulated_trials import SimulatedTrials

__all__ = ["SimulatedTrials", "TrialArm", "TrialDesign", "simulate_trial"]
