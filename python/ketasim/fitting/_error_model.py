"""Residual error of measured values of subjects, with censored values.

With the prediction f, the value y and the parameters a (additive) and b (proportional):
    additive       y ~ N(f, a^2)
    proportional   y ~ N(f, (b f)^2)
    combined       y ~ N(f, a^2 + (b f)^2)
    lognormal      ln y ~ N(ln f, b^2)
    given          y ~ N(f, sd^2), sd of each row
A value below its limit L contributes Phi((L - f)/s), above it Phi((f - L)/s), and between two limits
the difference (M3 of Beal 2001). M4 conditions every value on being positive:
    y:  N(y; f, s^2)/Phi(f/s)       below L:  [Phi((L - f)/s) - Phi(-f/s)]/Phi(f/s)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.errors import EvidenceError, ScenarioError
from ketasim.fitting._records import Measurement
from ketasim.observation import _densities as densities
from ketasim.observation._numbers import Number, apply, log, root, value_of, where

KINDS = ("additive", "proportional", "combined", "lognormal", "given")
BLQ = ("M3", "M4")
#: Parameters by kind.
PARTS = {
    "additive": ("additive",),
    "proportional": ("proportional",),
    "combined": ("additive", "proportional"),
    "lognormal": ("proportional",),
    "given": (),
}
#: The smallest standard deviation, as a share of the largest value of its readout: a prediction of 0
#: has no proportional error.
LEAST_SD = 1e-6


@comparable
@dataclass(frozen=True, slots=True)
class ErrorModel:
    """The residual error of one readout of subjects.

    Parameters
    ----------
    kind : {'proportional', 'additive', 'combined', 'lognormal', 'given'}
    additive : float or None
        Standard deviation [unit of the readout]; None: estimated.
    proportional : float or None
        Coefficient of variation, or log-SD for 'lognormal' [1]; None: estimated.
    blq : {'M3', 'M4'}
        Likelihood of values below the limit; M4 also takes all values as positive.

    Raises
    ------
    UnknownNameError, ScenarioError

    Notes
    -----
    Prior of an estimated proportional part: 95 % within 0.02 to 1; of an additive one: within 0.001
    to 1 times the median value of the readout.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.fitting.ErrorModel("combined", additive=0.2).estimated
    ('proportional',)
    """

    kind: str
    additive: float | None = None
    proportional: float | None = None
    blq: str = "M3"

    def __post_init__(self) -> None:
        check_name(self.kind, KINDS, "error model")
        check_name(self.blq, BLQ, "likelihood of values below the limit")
        for part in ("additive", "proportional"):
            value = getattr(self, part)
            if value is None:
                continue
            if part not in PARTS[self.kind]:
                raise ScenarioError(f"error model {self.kind} has no {part} part")
            number = number_or_nan(value)
            if not 0.0 < number < np.inf:
                raise ScenarioError(f"{part} = {shortened(value)}: give a number above 0")
            object.__setattr__(self, part, number)

    @property
    def estimated(self) -> tuple[str, ...]:
        """The parts that are estimated."""
        return tuple(p for p in PARTS[self.kind] if getattr(self, p) is None)


def error_models(
    given: Mapping[str, str | ErrorModel] | None, measurements: Sequence[Measurement]
) -> dict[str, ErrorModel]:
    """Return the error model of each measured readout.

    The default is 'given' where all values have their own error, 'proportional' for levels (ng/mL) and
    'additive' for others. Where some values have their own error and others have none, there is no
    default.

    Raises
    ------
    UnknownNameError, ScenarioError, EvidenceError
    """
    from ketasim.catalogue._model_tables import readouts

    by_readout: dict[str, list[Measurement]] = {}
    for m in measurements:
        by_readout.setdefault(m.readout, []).append(m)
    if given is not None and not isinstance(given, Mapping):
        raise ScenarioError(
            f"error = {shortened(given)}: give a mapping, such as {{'ketamine_venous': 'proportional'}}"
        )
    for name in given or {}:
        check_name(name, by_readout, "measured readout")
    found: dict[str, ErrorModel] = {}
    for readout, rows in by_readout.items():
        model = (given or {}).get(readout)
        if model is None:
            own = all(m.sd is not None for m in rows)
            if not own and any(m.sd is not None for m in rows):
                missing = next(m for m in rows if m.sd is None)
                at = f"{missing.where}: " if missing.where else ""
                raise EvidenceError(
                    f"{at}{readout} at {missing.time_h:g} h has no standard deviation of its own, but other values "
                    f"have: give it, or choose an error model, such as error={{{readout!r}: 'proportional'}}"
                )
            level = readouts()[readout]["unit"] == "ng/mL"
            model = "given" if own else "proportional" if level else "additive"
        model = ErrorModel(model) if isinstance(model, str) else model
        if not isinstance(model, ErrorModel):
            raise ScenarioError(
                f"error of {readout} = {shortened(model)}: give one of {', '.join(KINDS)}, or an ErrorModel"
            )
        _check(readout, model, rows)
        found[readout] = model
    return found


def _check(readout: str, model: ErrorModel, rows: Sequence[Measurement]) -> None:
    for m in rows:
        at = f"{m.where}: " if m.where else ""
        if model.kind == "given" and m.sd is None:
            raise EvidenceError(
                f"{at}{readout} at {m.time_h:g} h has no standard deviation of its own: give it in the table, "
                "or choose another error model"
            )
        if model.kind == "lognormal" and not m.value > 0.0:
            raise EvidenceError(
                f"{at}{readout} = {m.value:g}: a log-normal value is above 0; mark it as censored, or choose "
                "another error model"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Values of one readout of one subject, with their kinds of likelihood.

    Parameters
    ----------
    model : ErrorModel
    values, lows, sds : ndarray, shape (n,)
    left, right, interval : ndarray of bool, shape (n,)
    least : float
        Smallest standard deviation.
    """

    model: ErrorModel
    values: FloatArray
    lows: FloatArray
    sds: FloatArray
    left: NDArray[np.bool_]
    right: NDArray[np.bool_]
    interval: NDArray[np.bool_]
    least: float

    @classmethod
    def of(cls, model: ErrorModel, rows: Sequence[Measurement], largest: float) -> Residuals:
        kinds = np.array([m.censored for m in rows])
        return cls(
            model,
            np.array([m.value for m in rows]),
            np.array([m.low for m in rows]),
            np.array([np.nan if m.sd is None else m.sd for m in rows]),
            kinds == "left",
            kinds == "right",
            kinds == "interval",
            LEAST_SD * max(largest, LEAST_SD),
        )

    def spread(self, f: Number, additive: Number, proportional: Number) -> Number:
        """Return the standard deviation at a prediction; of the logarithm for 'lognormal'."""
        kind = self.model.kind
        if kind == "given":
            return self.sds
        if kind in ("additive", "lognormal"):
            part = additive if kind == "additive" else proportional
            return part + 0.0 * value_of(f)
        sd = proportional * f
        if kind == "combined":
            sd = root(additive * additive + sd * sd + self.least**2)
        return where(value_of(sd) > self.least, sd, self.least)

    def log_densities(self, f: Number, additive: Number, proportional: Number) -> Number:
        """Return the log-likelihood of each value, shape (..., n), at predictions of that shape."""
        sd = self.spread(f, additive, proportional)
        if self.model.kind == "lognormal":
            positive = where(value_of(f) > self.least, f, self.least)
            return self._censored(log(positive), sd, np.log, -np.log(self.values))
        return self._censored(f, sd, np.asarray, np.zeros_like(self.values))

    def _censored(self, f: Number, sd: Number, g: object, jacobian: FloatArray) -> Number:
        y = np.log(self.values) if g is np.log else self.values
        found: Number = densities.normal(y, f, sd) + jacobian
        limited = self.left | self.right | self.interval
        m4 = self.model.blq == "M4" and g is not np.log
        if not limited.any() and not m4:
            return found
        z = (y - f) / sd
        below = densities.log_normal_cdf(z)
        positive: Number = densities.log_normal_cdf(f / sd) if m4 else 0.0
        if m4:
            found = found - positive
            below = below + _log1mexp(densities.log_normal_cdf(-f / sd) - below) - positive
        found = where(self.left, below, found)
        if self.right.any():
            found = where(self.right, densities.log_normal_cdf(-z) - positive, found)
        if self.interval.any():
            with np.errstate(divide="ignore"):
                low = np.log(self.lows) if g is np.log else self.lows
            low = np.where(self.interval, low, -np.inf if g is np.log else y - 1.0)
            low = np.where(np.isfinite(low), low, -1e3)
            upper = densities.log_normal_cdf(z)
            lower = densities.log_normal_cdf((low - f) / sd)
            found = where(self.interval, upper + _log1mexp(lower - upper) - positive, found)
        return found

    def standardised(self, f: Number, additive: Number, proportional: Number) -> Number:
        """Return (f - y)/sd, for values that are not censored."""
        sd = self.spread(f, additive, proportional)
        if self.model.kind == "lognormal":
            return (log(where(value_of(f) > self.least, f, self.least)) - np.log(self.values)) / sd
        return (f - self.values) / sd

    def simulated(
        self,
        f: FloatArray,
        additive: Number,
        proportional: Number,
        normal: FloatArray,
    ) -> FloatArray:
        """Return values as they would be measured, from standard normal numbers."""
        sd = value_of(self.spread(f, additive, proportional))
        if self.model.kind == "lognormal":
            return np.asarray(np.maximum(f, self.least) * np.exp(sd * normal))
        if self.model.blq == "M4":
            # The normal number z becomes that of a distribution above 0, by its quantile.
            below = _core.normal_cdf(-f / sd)
            u = below + (1.0 - below) * _core.normal_cdf(normal)
            return np.maximum(f + sd * _normal_quantile(u), 0.0)
        return np.asarray(f + sd * normal)


def _log1mexp(x: Number) -> Number:
    """Return ln(1 - exp(x)) for x < 0."""

    def value(a: FloatArray) -> FloatArray:
        inside = np.minimum(a, -1e-300)
        return np.asarray(
            np.where(
                inside > -0.693,
                np.log(-np.expm1(np.maximum(inside, -0.693))),
                np.log1p(-np.exp(np.minimum(inside, -0.693))),
            )
        )

    return apply(value, lambda a: 1.0 / np.expm1(-np.minimum(a, -1e-300)) * -1.0, x)


def _normal_quantile(u: FloatArray) -> FloatArray:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    inside = np.clip(u, 1e-15, 1.0 - 1e-15)
    return np.array([inverse(x) for x in inside.ravel().tolist()]).reshape(inside.shape)
