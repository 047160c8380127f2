"""A programme of a clinic: ratings at visits, and the doses that follow from them."""

from __future__ import annotations

from functools import cache

import numpy as np

from ketasim.clinic._figures import doses, ratings, summary
from ketasim.clinic._simulate import ProgrammePopulation, simulate_programme_population
from ketasim.clinic._table import programmes
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import LABEL, Frame
from ketasim.scenario._scenario import Scenario

NAME, PATIENTS = "kads_subcutaneous", 300


@cache
def clinic() -> ProgrammePopulation:
    """Simulate the programme; the result is cached."""
    setting = Scenario("no drug", context="open_label")
    return simulate_programme_population(NAME, PATIENTS, setting, seed=1, readouts=["madrs"])


def clinic_programme(*, style: Style = "print") -> Exhibit:
    """Draw the ratings of patients in a programme with adaptive doses, and the doses they get.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: time [h], rating [points] (median), low, high (90 % of patients), dose, share (of patients who
        get it).

    See Also
    --------
    ketasim.simulate_programme_population : The same for any programme.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.clinic_programme().data.columns]
    ['time [h]', 'rating [points]', 'low [points]', 'high [points]', 'dose', 'share']
    """
    return exhibit(story(), style)


def story() -> Story:
    found = clinic()
    row = programmes()[NAME]
    rated = found.ratings[found.people.ok]
    low, middle, high = np.quantile(rated, (0.05, 0.5, 0.95), axis=0)
    names = [str(level) for level in found.programme.levels]
    share = [(found.levels == k).mean(axis=0) for k in range(len(names))]
    rows = [
        (t, float(middle[v]), float(low[v]), float(high[v]), name, float(share[k][v]))
        for k, name in enumerate(names)
        for v, t in enumerate(found.programme.visits_h)
    ]
    last = ", ".join(f"{name} {100.0 * share[k][-1]:.0f} %" for k, name in enumerate(names))
    return Story(
        "clinic_programme",
        "The next dose follows from the last rating",
        summary(found),
        f"Above, ratings at each visit as a median with bands of 50 and 90 % of patients; below, stacked bars of "
        f"the share of patients at each dose. {summary(found)} Median rating at the first visit {middle[0]:.0f} "
        f"points, at the last {middle[-1]:.0f}. Doses at the last visit: {last}.",
        tidy(
            ("time", "rating", "low", "high", "dose", "share"), rows, NAME,
            time="h", rating="points", low="points", high="points",
        ),
        lambda frame: _paint(frame, found),
        4.6,
        f"Programme: {row['description']}; open label. Read in the source: {row['read']}. Assumed: {row['assumed']}. "
        "Ratings have the error of a rater.",
    )  # fmt: skip


def _paint(frame: Frame, found: ProgrammePopulation) -> None:
    (above,), (below,) = frame.grid(
        (1.0,), (1.3, 1.0), left=0.42, right=0.12, gap=(0.0, 0.42), above=0.28, below=0.42
    )
    inks = [(ink.line, ink.word, ink.dash) for ink in frame.colours.inks]
    ratings(above, found, inks[0])
    doses(below, found, inks, LABEL)
    frame.heading(above, "Rated MADRS", "points; median, 50 and 90 % of patients")
    frame.heading(below, "Dose", "% of patients")
