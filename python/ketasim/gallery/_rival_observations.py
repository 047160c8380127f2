"""Which published observations each rival mechanism explains, row by row."""

from __future__ import annotations

from ketasim._wording.names import check_name
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import INFUSION
from ketasim.rivals._compare import NOT_FITTED_AGAIN, compare_hypotheses
from ketasim.rivals._figure import (
    observations,
    says_observations,
    told_apart_by,
    words_observations,
)

#: Areas with few enough rows for a page.
DRAWN = ("Receptor and circuit", "Signalling", "Synapse")


def rival_observations(area: str = "Signalling", *, style: Style = "print") -> Exhibit:
    """Draw which observations of an area each rival mechanism predicts inside their interval.

    Parameters
    ----------
    area : {'Receptor and circuit', 'Signalling', 'Synapse'}
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: observation, source, hypothesis, explained.

    Raises
    ------
    UnknownNameError
        For another area.

    See Also
    --------
    ketasim.HypothesisComparison.plot_observations : The same for any comparison and area.

    Examples
    --------
    >>> import ketasim as ks
    >>> exhibit = ks.gallery.rival_observations("Synapse")
    >>> [column.heading for column in exhibit.data.columns]
    ['observation', 'source', 'hypothesis', 'explained']
    """
    return exhibit(story(area), style)


def story(area: str = "Signalling") -> Story:
    check_name(area, DRAWN, "area of this figure")
    found = compare_hypotheses(INFUSION, areas=[area], progress=False)
    rows = told_apart_by(found, area)
    inside = {name: set(found.explains(name, area)) for name in found.names}
    sources = {r.obs_id: r.source_key for r in found.validations[found.names[0]].records}
    data = [
        (said, sources[obs_id], name, obs_id in inside[name])
        for said, obs_id in rows
        for name in found.names
    ]

    def paint(frame: Frame) -> None:
        ax = frame.axes(3.25, 0.05, frame.width - 3.35, frame.height - 0.42)
        observations(ax, found, area, frame.colours.blue.line)

    says = says_observations(found, area)
    return Story(
        "rival_observations",
        f"Which idea explains which observation? {area}",
        says,
        f"A row for each observation and a column for each hypothesis, with a filled dot where it is explained. "
        f"{says} Explained by: {words_observations(found, area)}.",
        tidy(("observation", "source", "hypothesis", "explained"), data, INFUSION),
        paint,
        1.75 + 0.185 * len(rows),
        "Filled: predicted inside its 95 % interval, or in its direction. A row that does not change is also "
        f"explained where nothing happens. {NOT_FITTED_AGAIN}",
    )
