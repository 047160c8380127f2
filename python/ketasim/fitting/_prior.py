"""Priors of parameters: normal on a scale, from a range that holds 95 % of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name, shortened
from ketasim._wording.plain_numbers import number_or_nan
from ketasim.errors import ScenarioError
from ketasim.observation._intervals import Z95

Scale = Literal["log", "logit", "linear"]
SCALES = ("log", "logit", "linear")


@comparable
@dataclass(frozen=True, slots=True)
class Prior:
    """The prior of one parameter: normal on its scale, with 95 % between two values.

    Parameters
    ----------
    low, high : float
        Ends of the central 95 % [unit of the parameter].
    scale : {'log', 'logit', 'linear'}
        Where it is normal: the logarithm (positive numbers), the logit (fractions) or the value itself.
    flat : bool
        Instead constant on the scale between low and high, and 0 outside.

    Raises
    ------
    ScenarioError, UnknownNameError
        If the range is empty or does not fit the scale.

    Notes
    -----
    A coordinate z of a fit is the number of standard deviations from the centre::

        g(value) = (g(low) + g(high))/2 + z (g(high) - g(low))/(2 x 1.96),   g = log, logit or identity

    Examples
    --------
    >>> import ketasim as ks
    >>> prior = ks.fitting.Prior(8.0, 20.0)
    >>> prior.value([0.0, 1.96]).round(2).tolist()
    [12.65, 20.0]
    """

    low: float
    high: float
    scale: Scale = "log"
    flat: bool = False

    def __post_init__(self) -> None:
        check_name(self.scale, SCALES, "scale")
        for end in ("low", "high"):
            number = number_or_nan(getattr(self, end))
            if not math.isfinite(number):
                raise ScenarioError(
                    f"prior: {end} = {shortened(getattr(self, end))}: give a finite number"
                )
            object.__setattr__(self, end, number)
        if not isinstance(self.flat, bool):
            raise ScenarioError(f"prior: flat = {shortened(self.flat)}: give True or False")
        least, most = {"log": (0.0, math.inf), "logit": (0.0, 1.0)}.get(
            self.scale, (-math.inf, math.inf)
        )
        fits = self.scale == "linear" or (self.low > least and self.high < most)
        if not self.low < self.high:
            raise ScenarioError(f"prior {self.low:g} to {self.high:g}: give low below high")
        if not fits:
            raise ScenarioError(
                f"prior {self.low:g} to {self.high:g} on the {self.scale} scale: it must lie within "
                f"{least:g} to {most:g}, ends excluded; choose another scale"
            )

    @property
    def centre(self) -> float:
        """The median [unit of the parameter]."""
        return float(self.value(0.0))

    def value(self, z: float | list[float] | FloatArray) -> FloatArray:
        """Return the parameter at a coordinate.

        Parameters
        ----------
        z : array_like, any shape
            Standard deviations from the centre.

        Returns
        -------
        ndarray, shape of z
            [unit of the parameter].
        """
        middle, spread = self.normal()
        x = middle + spread * np.asarray(z, dtype=np.float64)
        if self.scale == "linear":
            return x
        with np.errstate(over="ignore"):
            return np.exp(x) if self.scale == "log" else 1.0 / (1.0 + np.exp(-x))

    def slope(self, z: float | list[float] | FloatArray) -> FloatArray:
        """Return the derivative of the parameter by the coordinate.

        Parameters
        ----------
        z : array_like, any shape

        Returns
        -------
        ndarray, shape of z
            [unit of the parameter].
        """
        _, spread = self.normal()
        value = self.value(z)
        if self.scale == "linear":
            return np.full_like(value, spread)
        return spread * value * (1.0 if self.scale == "log" else 1.0 - value)

    def coordinate(self, value: float | list[float] | FloatArray) -> FloatArray:
        """Return the coordinate of a value of the parameter.

        Parameters
        ----------
        value : array_like, any shape
            [unit of the parameter].

        Returns
        -------
        ndarray, shape of value
            NaN where the value is outside the scale.
        """
        middle, spread = self.normal()
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((self._g(np.asarray(value, dtype=np.float64)) - middle) / spread)

    def log_density(self, z: float | list[float] | FloatArray) -> FloatArray:
        """Return the log density by the coordinate.

        Parameters
        ----------
        z : array_like, any shape

        Returns
        -------
        ndarray, shape of z
        """
        u = np.asarray(z, dtype=np.float64)
        if self.flat:
            return np.where(np.abs(u) <= Z95, -math.log(2.0 * Z95), -np.inf)
        return np.asarray(-0.5 * u * u - 0.5 * math.log(2.0 * math.pi))

    def normal(self) -> tuple[float, float]:
        """Return centre and standard deviation on the scale.

        Returns
        -------
        tuple of float
            Of the logarithm, the logit, or the value itself.
        """
        low, high = self._g(np.array([self.low, self.high])).tolist()
        return (low + high) / 2.0, (high - low) / (2.0 * Z95)

    def _g(self, value: FloatArray) -> FloatArray:
        if self.scale == "linear":
            return value
        return np.log(value) if self.scale == "log" else np.log(value / (1.0 - value))
