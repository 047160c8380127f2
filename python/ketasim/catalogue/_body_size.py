"""Body size: by which measure of a person volumes, flows and clearances grow.

The model scales them by total weight: by w for volumes and by w^0.75 for flows and clearances, with
w = weight / weight_ref. Another measure m, 1 for the reference person, puts m in the place of w. For a
parameter that grows with w^b this is the factor (m/w)^b:

    total_weight    m = weight / weight_ref
    fat_free_mass   m = FFM(weight, height) / FFM(weight_ref, mean height of the sex)
    none            m = 1

    FFM = 9270 weight / (6680 + 216 BMI) in men, 9270 weight / (8780 + 244 BMI) in women
    BMI = weight / height^2                                             [kg, m; Janmahasatian2005]

The reference of each sex is its own, because the difference between the sexes at equal weight is the
factor of sex (Sigtermans2009); a common one would count body composition twice.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import FrozenMapping
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._people_table import people_table

#: Measures of body size; the first one is that of the model.
BODY_SIZES = ("total_weight", "fat_free_mass", "none")

#: Height of an adult [cm].
SHORTEST_CM, TALLEST_CM = 120.0, 230.0

#: Exponents of weight / weight_ref by parameter, from the model.
WEIGHT_EXPONENTS: Mapping[str, float] = FrozenMapping(
    {row["name"]: row["exponent"] for row in _core.allometry_table()}
)

#: Coefficients a and b of FFM = 9270 weight / (a + b BMI), by sex (Janmahasatian2005).
_FFM = {"male": (6680.0, 216.0), "female": (8780.0, 244.0)}


def fat_free_mass(weight_kg: FloatArray, height_cm: FloatArray, sex: str) -> FloatArray:
    """Return the fat-free mass of adults of one sex [kg] (Janmahasatian2005)."""
    a, b = _FFM[sex]
    metres = height_cm / 100.0
    mass: FloatArray = 9270.0 * weight_kg / (a + b * weight_kg / (metres * metres))
    return mass


def size_over_weight(
    body_size: str, weight_kg: FloatArray, height_cm: FloatArray, sex: NDArray[np.str_]
) -> FloatArray:
    """Return m/w of people, shape (n,), whose heights and sexes are known where they are needed."""
    reference = float(parameters("human")["pharmacokinetics.weight_ref"]["value"])
    if body_size == "total_weight":
        return np.ones_like(weight_kg)
    if body_size == "none":
        none: FloatArray = reference / weight_kg
        return none
    ratio = np.ones_like(weight_kg)
    for one in _FFM:
        mean = float(people_table()[f"trd_trial.height.{one}"]["mean"])
        usual = fat_free_mass(np.array(reference), np.array(mean), one)
        relative = fat_free_mass(weight_kg, height_cm, one) / usual
        ratio = np.where(sex == one, relative * reference / weight_kg, ratio)
    return ratio
