"""Six figures of the gallery on one A3 sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ketasim._version import __version__
from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim.figures._style import dark, new_figure, print_style
from ketasim.gallery._blockers import story as broken_links
from ketasim.gallery._cascade_timeline import story as timeline
from ketasim.gallery._dose_response import story as doses
from ketasim.gallery._exhibit import Exhibit, Story, Style, check_style, finished, tidy
from ketasim.gallery._frame import Frame, sheet, wrapped, write_around
from ketasim.gallery._model_vs_trials import story as trials
from ketasim.gallery._onset_race import story as race
from ketasim.gallery._two_clocks import story as clocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Upright A3 [inch].
A3 = (11.69, 16.54)
HEAD, FOOT, GAP = 0.95, 0.55, 0.16

TITLE = "How could ketamine lift depression within hours?"
SAYS = "A quantified model of the proposed mechanism: every number has a unit, a range, an evidence grade and a source."

PANELS: tuple[Callable[[], Story], ...] = (race, timeline, clocks, broken_links, doses, trials)


def poster(*, style: Style = "print") -> Exhibit:
    """Draw six figures of the gallery on an upright A3 sheet.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}
        'slide' is the same as 'print': the sheet keeps its size.

    Returns
    -------
    Exhibit
        Data: panel, its message.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.poster().data.columns]
    ['panel', 'says']
    """
    check_style(style)
    stories = [panel() for panel in PANELS]
    with dark(style == "dark"), print_style():
        figure = new_figure(*A3)
        paper = sheet(figure, *A3)
        _around(paper)
        wide, tall = (A3[0] - 2 * GAP) / 2, (A3[1] - HEAD - FOOT) / 3
        for i, (story, host) in enumerate(zip(stories, _hosts(figure), strict=True)):
            letter = "ABCDEF"[i]
            inside = write_around(
                sheet(host, wide, tall), f"{letter} · {story.title}", story.says, (story.note,)
            )
            story.paint(inside)
    alt = " ".join(
        f"Panel {'ABCDEF'[i]}: {story.title}. {story.says}" for i, story in enumerate(stories)
    )
    whole = Story(
        "poster",
        TITLE,
        SAYS,
        f"An upright A3 sheet with six figures. {SAYS} {alt}",
        tidy(("panel", "says"), [(story.name, story.says) for story in stories], "poster"),
        lambda frame: None,
    )
    return finished(whole, figure, style)


def _hosts(figure: Figure) -> list[Any]:
    across, up = A3
    wide, tall = (across - 2 * GAP) / 2, (up - HEAD - FOOT) / 3
    # Parts of a figure fill their cells, so the margins are cells as well.
    grid = figure.add_gridspec(
        5, 4, width_ratios=(GAP, wide, wide, GAP), height_ratios=(HEAD, tall, tall, tall, FOOT), wspace=0.0, hspace=0.0,
    )  # fmt: skip
    return [figure.add_subfigure(grid[1 + i // 2, 1 + i % 2]) for i in range(6)]


def _around(frame: Frame) -> None:
    across, up = frame.paper
    x = (GAP + 0.12) / across
    frame.host.text(x, 1 - 0.22 / up, TITLE, fontsize=23, fontweight="bold", va="top")
    frame.host.text(
        x, 1 - 0.66 / up, "\n".join(wrapped(SAYS, 11.0, across - 0.6)), fontsize=11, va="top",
        color=frame.colours.grey,
    )  # fmt: skip
    small = f"{DISCLAIMER} {RISK} Drawn by ketasim {__version__}."
    frame.host.text(
        x,
        0.18 / up,
        "\n".join(wrapped(small, 8.0, across - 0.6)),
        fontsize=8,
        color=frame.colours.grey,
        va="bottom",
    )
