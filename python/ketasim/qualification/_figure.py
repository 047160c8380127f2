"""Predicted against observed, one panel for each kind of number (extra ``ketasim[plot]``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import DISCLAIMER
from ketasim.evidence.vocabulary import AREAS, PLASMA, SIDE_EFFECTS
from ketasim.observation._intervals import TWOFOLD
from ketasim.qualification._scoring import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe-Ito; the marker differs together with the colour.
INSIDE, OUTSIDE, GREY, LIGHT = "#0072B2", "#D55E00", "#767676", "#E4E4E4"
#: Points furthest from the diagonal that are named by their source.
NAMED_PER_PANEL = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """Observations that share an axis, and the axis."""

    title: str
    unit: str
    holds: Callable[[Record], bool]
    log: bool = False
    scale: Callable[[Record], float] = lambda _: 1.0


_SHARES = (
    "response",
    "remission",
    "relapse",
    "abstinence",
    "suicidal_ideation_remission",
    "sedation",
)
_MOOD = ("madrs", "madrs_change", "hdrs17_change", "hdrs_change")

PANELS = (
    Panel("Plasma levels", "ng/mL", lambda r: r.area == PLASMA and r.unit == "ng/mL", log=True),
    Panel(
        "Receptor to serotonin",
        "fold of baseline",
        lambda r: r.unit in ("fold", "% of baseline"),
        log=True,
        scale=lambda r: 0.01 if r.unit == "% of baseline" else 1.0,
    ),
    Panel("Depression scores and their change", "points", lambda r: r.readout in _MOOD and r.unit == "points"),
    Panel("Shares of patients", "share", lambda r: _is_share(r)),
    Panel(
        "Side effects",
        "CADSS points, mmHg",
        lambda r: r.area == SIDE_EFFECTS and r.unit in ("points", "mmHg"),
    ),
)  # fmt: skip


def _is_share(r: Record) -> bool:
    return r.statistic == "fraction" or (r.statistic == "point" and r.readout in _SHARES)


def predicted_against_observed(records: Sequence[Record], title: str = "") -> Figure:
    """Draw every scored observation.

    Parameters
    ----------
    records : sequence of Record
    title : str
        Where the evidence came from.

    Returns
    -------
    matplotlib.figure.Figure
        Five panels of predicted against observed with the 95 % interval of each observation, and
        one that counts directions.

    Raises
    ------
    MissingLibraryError
        Without matplotlib.
    """
    figure_module: Any = require("matplotlib.figure", "plot")
    figure: Figure = figure_module.Figure(figsize=(12.5, 8.6), layout="constrained", dpi=120)
    axes = figure.subplots(2, 3).ravel()
    shown = [r for r in records if r.scored]
    for ax, panel in zip(axes, PANELS, strict=False):
        _panel(ax, panel, [r for r in shown if r.statistic != "sign" and panel.holds(r)])
    _directions(axes[-1], [r for r in shown if r.statistic == "sign"])
    inside = sum(bool(r.within) for r in shown)
    figure.suptitle(
        f"Predicted against observed: {inside} of {len(shown)} observations inside their 95 % interval"
        + (f" ({title})" if title else ""),
        fontsize=12,
    )
    figure.supxlabel(
        "Circle, blue: inside.  Square, vermillion: outside.  Filled: calibrate, open: check.  "
        "Whiskers: 95 % interval of the observation.\n"
        f"{DISCLAIMER}",
        fontsize=8.5,
        color=GREY,
    )
    return figure


def _panel(ax: Axes, panel: Panel, records: Sequence[Record]) -> None:
    records = [
        r for r in records
        if not panel.log or (r.value > 0.0 and r.predicted is not None and r.predicted > 0.0)
    ]  # fmt: skip
    _frame(ax, f"{panel.title}: {sum(bool(r.within) for r in records)} of {len(records)}")
    if not records:
        ax.text(0.5, 0.5, "no such observation", transform=ax.transAxes, ha="center", color=GREY)
        return
    points = [(r, r.value * panel.scale(r), (r.predicted or 0.0) * panel.scale(r)) for r in records]
    for r, x, y in points:
        if r.low is not None and r.high is not None and not (panel.log and r.low <= 0.0):
            ax.plot(
                [r.low * panel.scale(r), r.high * panel.scale(r)], [y, y],
                color=LIGHT, lw=1.2, zorder=1, solid_capstyle="butt",
            )  # fmt: skip
        colour = INSIDE if r.within else OUTSIDE
        ax.plot(
            x, y, "o" if r.within else "s", ms=4.4, color=colour, mew=0.9, zorder=3,
            mfc=colour if r.role == "calibrate" else "white",
        )  # fmt: skip
    _limits(ax, panel, [v for _, x, y in points for v in (x, y)])
    ax.set_xlabel(f"observed [{panel.unit}]")
    ax.set_ylabel(f"predicted [{panel.unit}]")
    _name_furthest(ax, points)


def _limits(ax: Axes, panel: Panel, values: Sequence[float]) -> None:
    low, high = min(values), max(values)
    if panel.log:
        low, high = low / 1.4, high * 1.4
        ticker: Any = require("matplotlib.ticker", "plot")
        ax.set_xscale("log")
        ax.set_yscale("log")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(ticker.NullFormatter())
    else:
        margin = 0.06 * (high - low or 1.0)
        low, high = low - margin, high + margin
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.plot([low, high], [low, high], color=GREY, lw=0.9, zorder=2)
    if panel.unit == "ng/mL":
        for factor in (TWOFOLD, 1.0 / TWOFOLD):
            ax.plot(
                [low, high],
                [factor * low, factor * high],
                color=GREY,
                lw=0.7,
                ls=(0, (4, 3)),
                zorder=2,
            )
        ax.text(low * 2.2, low * 5.6, "twofold", fontsize=8, color=GREY, rotation=45, ha="center")


def _name_furthest(ax: Axes, points: Sequence[tuple[Record, float, float]]) -> None:
    """Name the sources furthest outside, one label for each."""
    outside = [p for p in points if not p[0].within and p[0].z is not None]
    outside.sort(key=lambda p: -abs(p[0].z or 0.0))
    named: dict[str, float] = {}
    for r, x, y in outside:
        if len(named) == NAMED_PER_PANEL:
            break
        across, up = ax.transAxes.inverted().transform(ax.transData.transform((x, y)))
        if r.source_key in named or any(abs(up - other) < 0.06 for other in named.values()):
            continue
        named[r.source_key] = up
        right = across > 0.62
        ax.annotate(
            r.source_key, (x, y), xytext=(-6 if right else 6, 3), textcoords="offset points",
            fontsize=7.5, color="black", ha="right" if right else "left", zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
        )  # fmt: skip


def _directions(ax: Axes, records: Sequence[Record]) -> None:
    """Count directions by area."""
    right = sum(bool(r.within) for r in records)
    _frame(ax, f"Directions: {right} of {len(records)} right")
    areas = [a for a in AREAS if any(r.area == a for r in records)][::-1]
    for i, area in enumerate(areas):
        group = [r for r in records if r.area == area]
        good = sum(bool(r.within) for r in group)
        ax.barh(i, good, color=INSIDE, height=0.6)
        ax.barh(
            i,
            len(group) - good,
            left=good,
            color="white",
            edgecolor=OUTSIDE,
            hatch="////",
            height=0.6,
        )
        ax.text(len(group) + 0.6, i, f"{good} of {len(group)}", va="center", fontsize=8.5)
    ax.set_yticks(range(len(areas)), areas)
    ax.set_xlim(0, 1.22 * max([sum(r.area == a for r in records) for a in areas], default=1))
    ax.set_xlabel("observations (solid: right)")


def _frame(ax: Axes, title: str) -> None:
    ax.set_title(title, fontsize=10, loc="left")
    ax.tick_params(labelsize=8.5)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
