"""Rival mechanisms: relief after one infusion, and the published numbers that each explains."""

from __future__ import annotations

from functools import cache

from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import LABEL, Frame
from ketasim.gallery._shared_runs import PERSON
from ketasim.rivals._compare import NOT_FITTED_AGAIN, HypothesisComparison, compare_hypotheses
from ketasim.rivals._figure import counts, courses, says, words

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


@cache
def compared() -> HypothesisComparison:
    """Run and score every hypothesis; the result is cached."""
    return compare_hypotheses(INFUSION, progress=False)


def rival_mechanisms(*, style: Style = "print") -> Exhibit:
    """Draw relief under rival mechanisms, and how many published numbers each of them explains.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: hypothesis, area, explained, of (observations that tell hypotheses apart), madrs_change
        (largest change [points]).

    See Also
    --------
    ketasim.compare_hypotheses : The same for any scenario, with all numbers.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.rival_mechanisms().data.columns]
    ['hypothesis', 'area', 'explained', 'of', 'madrs_change [points]']
    """
    return exhibit(story(), style)


def story() -> Story:
    found = compared()
    rows = [
        (name, area, *found.explained(name, area), float(found.runs[name]["madrs_change"].min()))
        for name in found.names
        for area in found.areas
    ]
    return Story(
        "rival_mechanisms",
        "Six ideas of how ketamine works, side by side",
        says(found),
        "Left: curves of the depression score over 14 days after one infusion, one for each mechanism. "
        "Right: a table of mechanisms by areas of published numbers, darker where more are predicted inside "
        f"their interval. {says(found)} {words(found)}",
        tidy(
            ("hypothesis", "area", "explained", "of", "madrs_change"),
            rows,
            INFUSION,
            madrs_change="points",
        ),
        lambda frame: _paint(frame, found),
        4.0,
        f"{PERSON} {NOT_FITTED_AGAIN} Counted are observations that some of the ideas predict inside their 95 % "
        "interval and others do not; in plasma, serotonin and side effects all predict the same.",
    )


def _paint(frame: Frame, found: HypothesisComparison) -> None:
    ((left, right),) = frame.grid(
        (1.0, 0.92), (1.0,), left=0.42, right=0.08, gap=(1.22, 0.0), above=0.4, below=0.42
    )
    inks = [(ink.line, ink.word, ink.dash) for ink in frame.colours.inks]
    courses(left, found, inks, LABEL)
    counts(right, found, frame.colours.blue.line, LABEL)
