"""Signs after a nasal dose, and when patients are fit to leave the clinic."""

from __future__ import annotations

from functools import cache

from ketasim.clinic._figures import leaving, signs
from ketasim.clinic._monitoring import NOT_KNOWN, SIGNS, Monitoring, monitoring, says
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import LABEL, Frame

DOSE = "esketamine 84 mg intranasal"


@cache
def watched() -> Monitoring:
    """Watch the first dose; the result is cached."""
    return monitoring(DOSE, seed=1)


def leaving_the_clinic(*, style: Style = "print") -> Exhibit:
    """Draw the share of patients with signs after a nasal dose, and the share that is fit to leave.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: sign, time [h], share, low, high (95 % of clinics of 50 patients).

    See Also
    --------
    ketasim.monitoring : The same for any scenario.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.leaving_the_clinic().data.columns]
    ['sign', 'time [h]', 'share', 'low', 'high']
    """
    return exhibit(story(), style)


def story() -> Story:
    found = watched()
    rows = [
        (sign, t, *(float(part[sign][k]) for part in (found.share, found.low, found.high)))
        for sign in SIGNS
        for k, t in enumerate(found.t.tolist())
    ]
    ever = "; ".join(f"{said} {100.0 * found.ever[sign][1]:.0f} %" for sign, said in SIGNS.items())
    return Story(
        "leaving_the_clinic",
        "When are patients fit to leave the clinic?",
        says(found),
        f"Two panels over the hours after {DOSE}: curves of the share of patients with each sign, and of the "
        f"share fit to leave, with bands for clinics of {found.patients} patients, and lines at 2 h and 95 %. "
        f"{says(found)} At any time: {ever}.",
        tidy(("sign", "time", "share", "low", "high"), rows, DOSE, time="h"),
        lambda frame: _paint(frame, found),
        4.2,
        f"First dose, {DOSE}. Fit to leave: no sign because of the drug. The time to leave is not compared with "
        f"data: no published share by time was open to be read. {NOT_KNOWN}",
    )


def _paint(frame: Frame, found: Monitoring) -> None:
    ((left, right),) = frame.grid(
        (1.0, 1.0), (1.0,), left=0.42, right=0.12, gap=(1.35, 0.0), above=0.28, below=0.42
    )
    inks = [(ink.line, ink.word, ink.dash) for ink in frame.colours.inks]
    signs(left, found, inks, LABEL)
    leaving(right, found, inks[0], LABEL)
