"""Fitted parameters: their names, the species in which they act, and scenarios at their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ketasim._arrays import FloatArray
from ketasim._wording.names import check_name
from ketasim._wording.plain_numbers import plain_numbers
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._vocabulary import SPECIES_FACTS, parameter_set
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.observation._numbers import Number, Sloped
from ketasim.observation._prediction import Predictor
from ketasim.observation._predictor import predictor
from ketasim.scenario._overrides import check_parameters, check_products
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject
from ketasim.simulation._sensitivity import Sensitivity

#: Humans have one set of parameters, all animals and preparations the other.
SETS = tuple(dict.fromkeys(row["parameter_set"] for row in SPECIES_FACTS.values()))
#: Numbers of the module symptoms that the rules of prediction use outside the runs.
RULE_NUMBERS = {
    "spread": ("sensitivity", "omega_s", "sd_e", "sigma_y"),
    "scales": ("sd_change", "k_HDRS17", "k_HDRS"),
    "": ("remission_cut",),
}


def set_of(species: str) -> str:
    """Return which of the two sets of parameters a species has."""
    return parameter_set(species)


class _Direction(NamedTuple):
    parameter: str
    sets: frozenset[str]


class Theta:
    """Names of fitted parameters, in order.

    Parameters
    ----------
    names : sequence of str
        ``"mtor.tau_M"``, or ``"human:pharmacokinetics.V1"`` and ``"rat:pharmacokinetics.V1"``.
    sets : iterable of str
        Sets of the fitted arms: a name without a set must have one value in all of them.

    Raises
    ------
    UnknownNameError, ScenarioError
    """

    def __init__(self, names: Sequence[str], sets: Iterable[str]) -> None:
        self.names = tuple(names)
        fitted = frozenset(sets)
        self._directions = tuple(_direction(name, fitted) for name in self.names)
        for i, d in enumerate(self._directions):
            for name, other in zip(self.names, self._directions[:i], strict=False):
                if d.parameter == other.parameter and d.sets & other.sets:
                    raise ScenarioError(f"theta moves {d.parameter} twice: {name}, {self.names[i]}")
        rows = [parameters(min(d.sets))[d.parameter] for d in self._directions]
        self.start, self.lower, self.upper = (
            np.array([float(row[column]) for row in rows]) for column in ("value", "low", "high")
        )

    def vector(self, theta: ArrayLike | Mapping[str, float]) -> FloatArray:
        """Values in the order of the names, from a mapping or an array.

        Raises
        ------
        ParameterError
            If one of them is impossible; the message has its range.
        """
        if isinstance(theta, Mapping):
            for name in theta:
                check_name(name, self.names, "fitted parameter")
            missing = [name for name in self.names if name not in theta]
            if missing:
                raise ScenarioError(f"theta has no {', '.join(missing)}")
            theta = [theta[name] for name in self.names]
        x = plain_numbers("theta", theta, "give numbers in the units of the parameters")
        if x.shape != (len(self.names),):
            raise ScenarioError(
                f"theta has shape {x.shape}: give {len(self.names)} numbers, for "
                f"{', '.join(self.names)}"
            )
        for species in SETS:
            moved = self._of(species, x)
            check_parameters(
                Scenario(Regimen(), Subject(species=species), parameters=moved), warn=False
            )
        return x

    def acting(self, species: str) -> dict[str, str]:
        """Return the name in this fit of every parameter that acts in a species."""
        return {
            d.parameter: name
            for name, d in zip(self.names, self._directions, strict=True)
            if set_of(species) in d.sets
        }

    def row(self, name: str) -> Mapping[str, Any]:
        """Return the row of the parameter table of a fitted name."""
        d = self._directions[self.names.index(name)]
        return parameters(min(d.sets))[d.parameter]

    def moved(self, scenario: Scenario, x: FloatArray) -> tuple[Scenario, tuple[str, ...]]:
        """Return a scenario at x, and the parameters by which it is differentiated.

        Raises
        ------
        ParameterError
            If the factors of its subject make a value impossible.
        """
        values = self._of(scenario.subject.species, x)
        # The core needs at least one direction.
        wrt = tuple(values) or (self._directions[0].parameter,)
        moved = replace(scenario, parameters={**scenario.parameters, **values})
        check_products(moved)
        return moved, wrt

    def slopes(self, s: Sensitivity) -> dict[str, FloatArray]:
        """Return the derivatives of the readouts of a moved scenario, (n_times, n_theta) each."""
        return {name: self.by_names(s.run.scenario, s.wrt, s[name]) for name in s.names}

    def by_names(self, scenario: Scenario, wrt: Sequence[str], slopes: FloatArray) -> FloatArray:
        """Return derivatives by the names, (..., n_theta), from those by the parameters ``wrt``.

        The derivative by a parameter that does not act in the arm is 0.
        """
        enters = [set_of(scenario.subject.species) in d.sets for d in self._directions]
        column = [
            wrt.index(d.parameter) if here else 0
            for d, here in zip(self._directions, enters, strict=True)
        ]
        return np.where(enters, slopes[..., column], 0.0)

    def rules(self, x: FloatArray) -> Predictor:
        """Return the rules of prediction at x."""
        values = self._of("human", x)
        return with_numbers(lambda name, own: values.get(f"symptoms.{name}", own))

    def sloped_rules(self, x: FloatArray) -> Predictor:
        """Return the rules of prediction at x, with numbers that have slopes."""
        values = self._of("human", x)

        def number(name: str, own: Number) -> Number:
            moves = [
                d.parameter == f"symptoms.{name}" and "human" in d.sets for d in self._directions
            ]
            value = values.get(f"symptoms.{name}", own)
            return Sloped(np.asarray(value), np.array(moves, dtype=np.float64))

        return with_numbers(number)

    def _of(self, species: str, x: FloatArray) -> dict[str, float]:
        """Values of the parameters that act in a species."""
        return {
            d.parameter: float(value)
            for d, value in zip(self._directions, x, strict=True)
            if set_of(species) in d.sets
        }


def with_numbers(number: Callable[[str, Number], Number]) -> Predictor:
    """Return the predictor with other numbers of the module symptoms, by name and own value."""
    own = predictor()
    moved = {
        part: replace(
            getattr(own, part),
            **{name: number(name, getattr(getattr(own, part), name)) for name in names},
        )
        for part, names in RULE_NUMBERS.items()
        if part
    }
    cut = number("remission_cut", own.default_cut)
    return replace(own, spread=moved["spread"], scales=moved["scales"], default_cut=cut)


def _direction(name: str, fitted: frozenset[str]) -> _Direction:
    prefix, _, rest = name.rpartition(":")
    if prefix:
        check_name(prefix, SETS, "set of parameters")
        check_name(rest, parameters(prefix).names, "parameter")
        return _Direction(rest, frozenset({prefix}))
    check_name(name, parameters("human").names, "parameter")
    in_humans, in_animals = (float(parameters(s)[name]["value"]) for s in SETS)
    if in_humans == in_animals:
        return _Direction(name, frozenset(SETS))
    if len(fitted) > 1:
        raise ScenarioError(
            f"{name} is {in_humans:g} in humans and {in_animals:g} in animals, and rows of both are "
            f"fitted: name it human:{name} or rat:{name}, or choose arms of one kind"
        )
    return _Direction(name, fitted)
