"""Who patients are: sex, age, weight and severity of virtual people, drawn together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.memory import check_number
from ketasim._wording.names import check_name
from ketasim._wording.numbers import check_whole
from ketasim.catalogue._body_size import SHORTEST_CM, TALLEST_CM
from ketasim.catalogue._people_table import people_table
from ketasim.catalogue._vocabulary import AGE_FACTS, SPECIES_FACTS
from ketasim.population._draws import LARGEST_SEED, members_of, standard_normal
from ketasim.scenario._subject import ADULT_Y, RATED

SEXES = ("female", "male")

#: Streams of their own, beside those of parameters and trials: "people".
_STREAM = (0x70656F706C65, 0)

#: Nobody who is drawn is older than the people in whom the effect of age was estimated [years].
_OLDEST_Y = min(row["up_to_y"] for row in AGE_FACTS.values())


#: Numbers in memory for each person while people are drawn (measured): five normal ones, and what is
#: made of them.
_NUMBERS_PER_PERSON = 28


def draw_people(
    n: int, seed: int = 0, *, group: str = "trd_trial", index: Sequence[int] | None = None
) -> dict[str, FloatArray | NDArray[np.str_]]:
    """Draw who virtual people are: fields of `Subject` that belong together.

    Sex decides height and MADRS; weight is the body mass index times the square of the height, so that men
    are heavier than women. Body mass index (log-normal) and age (normal) are independent of each other and
    of sex: no published correlation was found. Resistance to treatment is not drawn, because the model has
    no input for it.

    Parameters
    ----------
    n : int
        Number of people.
    seed : int
        Together with the index of a person it determines all draws of the person, whatever n is; they are
        independent of those of `draw_parameters`.
    group : str
        One of `people_table`: 'trd_trial', patients of trials in treatment-resistant depression. For
        another country or clinic give columns of your own in place of these.
    index : sequence of int, optional
        Indices of the people; default 0 .. n-1.

    Returns
    -------
    dict of str to ndarray, each of shape (n,)
        sex, age_y [years], height_cm [cm], weight_kg [kg], baseline_madrs [points], for ``simulate_population(people=...)``.

    Raises
    ------
    ScenarioError, UnknownNameError
        For an n, seed, index or group that is not possible.

    Examples
    --------
    >>> import ketasim as ks
    >>> people = ks.draw_people(4, seed=1)
    >>> sorted(people)
    ['age_y', 'baseline_madrs', 'height_cm', 'sex', 'weight_kg']
    >>> crowd = ks.simulate_population(
    ...     "ketamine 0.5 mg/kg iv over 40 min", 4, seed=1, people=people, t_eval=[1.0, 24.0]
    ... )
    """
    check_whole("n", n, 1)
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_number(n, _NUMBERS_PER_PERSON, "people")
    check_name(
        group, tuple(dict.fromkeys(row["group"] for row in people_table())), "group of people"
    )
    z = standard_normal(members_of(n, index), 5, seed, _STREAM)
    of = people_table()

    def mean_and_sd(quantity: str) -> tuple[FloatArray, FloatArray]:
        if f"{group}.{quantity}" in of.names:
            row = of[f"{group}.{quantity}"]
            return np.full(n, row["mean"]), np.full(n, row["sd"])
        female, male = (of[f"{group}.{quantity}.{one}"] for one in SEXES)
        mean, sd = (
            np.where(women, np.float64(female[what]), np.float64(male[what]))
            for what in ("mean", "sd")
        )
        return mean, sd

    women = np.asarray(_core.normal_cdf(z[:, 0])) < of[f"{group}.share.female"]["mean"]
    age, height, index_of_mass, madrs = (
        mean_and_sd(name) for name in ("age", "height", "body_mass_index", "baseline_madrs")
    )
    log_sd = np.sqrt(np.log1p((index_of_mass[1] / index_of_mass[0]) ** 2))
    mass_per_area = index_of_mass[0] * np.exp(log_sd * z[:, 3] - log_sd**2 / 2.0)
    human = SPECIES_FACTS["human"]
    centimetres = np.clip(height[0] + height[1] * z[:, 2], SHORTEST_CM, TALLEST_CM)
    metres = centimetres / 100.0
    return {
        "sex": np.where(women, *SEXES),
        "age_y": _folded(age[0] + age[1] * z[:, 1], ADULT_Y, _OLDEST_Y),
        "height_cm": centimetres,
        "weight_kg": np.clip(mass_per_area * metres**2, human["lightest_kg"], human["heaviest_kg"]),
        "baseline_madrs": _folded(madrs[0] + madrs[1] * z[:, 4], *RATED),
    }


def _folded(x: FloatArray, low: float, high: float) -> FloatArray:
    """Fold what lies beyond an end back inside, as far from the end as it was outside.

    Nobody stands at an end itself, and few are moved: the ends are two or more standard deviations away.
    """
    inside = np.where(x < low, 2.0 * low - x, x)
    folded: FloatArray = np.clip(np.where(inside > high, 2.0 * high - inside, inside), low, high)
    return folded
