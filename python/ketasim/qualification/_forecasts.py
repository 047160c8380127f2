"""Predictive distributions of all observations, by the model and by the two baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketasim._wording.frozen import comparable
from ketasim.evidence._records import Evidence, Observation
from ketasim.evidence.vocabulary import CLINICAL, ROLES, SIDE_EFFECTS
from ketasim.observation._distributions import Distribution
from ketasim.observation._plan import Plan
from ketasim.observation._prediction import Predictor
from ketasim.observation._simulated_arm import Course
from ketasim.observation._trials import BetweenTrials, Forecast, forecast, trial_source, trials_of
from ketasim.qualification._baselines import (
    NAMES,
    Name,
    courses_of,
    design_of,
    shipped_baselines,
)
from ketasim.qualification._residuals import Residual, distribution, kind_of, shipped_sigmas
from ketasim.qualification._scoring import LEAST_LOG_SCORE
from ketasim.qualification._side_effects import side_effects_baseline

#: Names of the baselines in columns.
COLUMN: Mapping[Name, str] = {"control only": "control", "statistical MBMA": "mbma"}


@comparable
@dataclass(frozen=True, slots=True)
class TrialScore:
    """Joint log score of the clinical rows of a trial that have one role and that all three predict.

    Parameters
    ----------
    trial, role : str
    n_rows : int
    weight : float
        Sum of the weights of the rows.
    log_score, log_score_control, log_score_mbma : float
        Log-likelihood of all its rows together, by the model and by the two baselines; higher is
        better.

    Examples
    --------
    >>> from ketasim.qualification import TrialScore
    >>> TrialScore("mine", "check", 3, 3.0, -9.0, -12.0, -8.5).n_rows
    3
    """

    trial: str
    role: str
    n_rows: int
    weight: float
    log_score: float
    log_score_control: float
    log_score_mbma: float


@comparable
@dataclass(frozen=True, slots=True)
class Forecasts:
    """Distributions by ``obs_id``, of the model and of the baselines, and joint scores of trials."""

    model: Mapping[str, Distribution]
    baselines: Mapping[Name, Mapping[str, Distribution]]
    trials: tuple[TrialScore, ...]

    def of_baselines(self, obs_id: str) -> dict[str, Distribution]:
        """Return the distributions of a row by the baselines, by column."""
        return {
            COLUMN[name]: rows[obs_id] for name, rows in self.baselines.items() if obs_id in rows
        }


def trial_name(o: Observation) -> str:
    """Return the trial of a clinical row, else ''."""
    return trial_source(o.source_key).trial if o.area == CLINICAL else ""


def forecasts(
    evidence: Evidence,
    fitted_to: Evidence,
    planned: Mapping[str, Plan],
    courses: Mapping[str, Course],
    predicted: Mapping[str, float],
    rules: Predictor,
) -> Forecasts:
    """Return the predictive distributions of all rows.

    Parameters
    ----------
    evidence : Evidence
    fitted_to : Evidence
        Whose calibrate rows the baselines of side effects are means of.
    planned : mapping of str to Plan
    courses : mapping of str to Course
        Simulated arms by name.
    predicted : mapping of str to float
        Predictions by ``obs_id``.
    rules : Predictor
    """
    model: dict[str, Distribution] = {}
    arms = evidence.arms
    for o in evidence.observations:
        kind = kind_of(o)
        if kind is not None and o.obs_id in predicted and kind in shipped_sigmas():
            found = distribution(
                Residual(o, arms[o.arm_id], predicted[o.obs_id]), shipped_sigmas()[kind]
            )
            if found is not None:
                model[o.obs_id] = found
    by_baseline: dict[Name, dict[str, Distribution]] = {
        name: _side_effects(evidence, fitted_to, name, list(model)) for name in NAMES
    }
    scores: list[TrialScore] = []
    design = design_of(evidence, planned, courses)
    known = shipped_baselines()
    seen = {name: courses_of(known[name], design) for name in known}
    for role in ROLES:
        trials = trials_of(evidence, [o for o in evidence.observations if o.role == role])
        for trial in trials.values():
            own = forecast(trial, courses, rules, BetweenTrials.published())
            others = {
                name: forecast(trial, seen[name], baseline.rules, baseline.between)
                for name, baseline in known.items()
            }
            model.update(_predicted(own))
            for name, other in others.items():
                by_baseline[name].update(_predicted(other))
            common = [k for k in own.logs if all(k in other.logs for other in others.values())]
            if common:
                joint = [f.joint(common) for f in (own, *(others[name] for name in NAMES))]
                least = len(common) * LEAST_LOG_SCORE
                weights = {r.observation.obs_id: r.observation.weight for r in trial.rows}
                scores.append(
                    TrialScore(
                        trial.name,
                        role,
                        len(common),
                        sum(weights[k] for k in common),
                        *(max(score, least) for score in joint),
                    )
                )
    return Forecasts(model, by_baseline, tuple(scores))


def _predicted(found: Forecast) -> dict[str, Distribution]:
    return {k: d for k, d in found.rows.items() if not isinstance(d, str)}


def _side_effects(
    evidence: Evidence, fitted_to: Evidence, name: Name, predicted: Sequence[str]
) -> dict[str, Distribution]:
    """Return the distributions of the side effects that the model predicts too."""
    wanted = [
        o for o in evidence.observations if o.area == SIDE_EFFECTS and o.obs_id in set(predicted)
    ]
    residuals, sigmas = side_effects_baseline(fitted_to, evidence, wanted, name)
    found: dict[str, Distribution] = {}
    for r in residuals:
        kind = kind_of(r.observation)
        d = distribution(r, sigmas[kind]) if kind in sigmas else None
        if d is not None:
            found[r.observation.obs_id] = d
    return found
