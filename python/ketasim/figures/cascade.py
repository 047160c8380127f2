"""The cascade from seconds to weeks: one ketamine infusion beside a daily SSRI, strip below strip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ketasim.figures.era_axis import EraAxis
from ketasim.figures.style import (
    DISCLAIMER,
    FIRST,
    GREY,
    PAGE_WIDTH,
    RISK,
    SECOND,
    Pen,
    caption,
    direct_label,
    new_figure,
    print_style,
    strip_title,
)
from ketasim.moments import gone, half_way, highest, in_words, lowest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ketasim.run import Run

FloatArray = NDArray[np.float64]

KETAMINE, SSRI = "ketamine", "SSRI"
#: Curves that swing with every tablet are shown, from here on, as their daily range and mean [h].
DAILY_FROM_H = 24.0


@dataclass(frozen=True, slots=True)
class Quantity:
    """A curve of the figure and of the table behind it.

    ``of`` takes it from a run, in ``unit``. ``arms`` says for which treatment it is drawn.
    """

    name: str
    meaning: str
    unit: str
    of: Callable[[Run], FloatArray]
    arms: tuple[str, ...] = (KETAMINE, SSRI)
    minor: bool = False
    daily: bool = False


def _readout(name: str, scale: float = 1.0) -> Callable[[Run], FloatArray]:
    return lambda run: scale * run[name]


def _of_start(name: str, scale: float = 1.0) -> Callable[[Run], FloatArray]:
    """Relative to the state before treatment, which in depression is not the healthy one."""
    return lambda run: scale * run[name] / run[name][0]


def _in_brain(run: Run) -> FloatArray:
    return run["pharmacokinetics.Ce_S"] + run["pharmacokinetics.Ce_R"]


_K, _S = (KETAMINE,), (SSRI,)
DRUG = (
    Quantity("ketamine_plasma", "ketamine in venous plasma", "ng/mL", _readout("ketamine_venous"), _K),
    Quantity("ketamine_brain", "unbound ketamine in brain", "uM", _in_brain, _K, minor=True),
    Quantity(
        "escitalopram_plasma", "escitalopram in plasma", "ng/mL",
        _readout("escitalopram_venous"), _S, daily=True,
    ),
)  # fmt: skip
TARGET = (
    Quantity(
        "nmda_block_interneuron", "NMDA receptors of interneurons blocked", "%",
        _readout("nmda_block_interneuron", 100.0), _K,
    ),
    Quantity(
        "nmda_block_pyramidal", "NMDA receptors of pyramidal cells blocked", "%",
        _readout("nmda_block_pyramidal", 100.0), _K, minor=True,
    ),
    Quantity(
        "sert_occupancy", "serotonin transporters occupied", "%",
        _readout("sert_occupancy", 100.0), _S, daily=True,
    ),
)  # fmt: skip
BURDEN = (
    Quantity("dissociation", "dissociation (CADSS), rise", "points", _readout("cadss_change")),
    Quantity("blood_pressure", "systolic blood pressure, rise", "mmHg", _readout("sbp_change"), _K, minor=True),
)  # fmt: skip
EXCITATION = (
    Quantity("glutamate", "glutamate in dialysate", "% of before", _of_start("glutamate_dialysate", 100.0)),
    Quantity("ampa", "AMPA throughput", "% of before", _of_start("ampa_throughput", 100.0), _K, minor=True),
)  # fmt: skip
GROWTH = (
    Quantity("bdnf", "extracellular BDNF", "x before", _of_start("bdnf_extracellular")),
    Quantity("mtor", "active mTORC1", "x before", _of_start("p_mtor"), _K, minor=True),
)
SPINES = (
    Quantity("spines_restored", "lost dendritic spines restored", "%", _readout("spine_restored", 100.0)),
)  # fmt: skip
MOOD = (Quantity("madrs_change", "change of depression score (MADRS)", "points", _readout("madrs_change")),)

QUANTITIES = (*DRUG, *TARGET, *BURDEN, *EXCITATION, *GROWTH, *SPINES, *MOOD)


def tidy(runs: dict[str, Run]) -> Iterator[tuple[str, float, str, float, str]]:
    """Rows behind the figure: treatment, time [h], quantity, value, unit."""
    for arm, run in runs.items():
        for quantity in QUANTITIES:
            if arm in quantity.arms:
                values = quantity.of(run).tolist()
                for time, value in zip(run.t.tolist(), values, strict=True):
                    yield arm, time, quantity.name, value, quantity.unit


def cascade_figure(ketamine: Run, ssri: Run) -> Figure:
    """Draw the cascade.

    Parameters
    ----------
    ketamine, ssri : Run
        One infusion and a daily SSRI in the same person, from 0 h to the same end. Sample them at
        `EraAxis(end).times()`.

    Returns
    -------
    matplotlib.figure.Figure
        Seven strips over one time axis; `get_label()` tells in words what they show.

    Raises
    ------
    MissingLibraryError
        Without matplotlib.
    """
    with print_style():
        figure = new_figure(PAGE_WIDTH, 9.4)
        strips = _Strips(figure, {KETAMINE: ketamine, SSRI: ssri})
        strips.drug()
        strips.target()
        strips.burden()
        strips.excitation()
        strips.growth()
        strips.spines()
        strips.mood()
        _header(figure)
        caption(
            figure,
            (
                "In the model: an adult of 70 kg with treatment-resistant depression; drug effect "
                "alone, without expectation or placebo response.",
                f"{DISCLAIMER}",
                f"{RISK}",
            ),
        )
        figure.set_label(_in_text(ketamine, ssri))
    return figure


class _Strips:
    """The strips of the figure from top to bottom, each told by its own method."""

    def __init__(self, figure: Figure, runs: dict[str, Run]) -> None:
        self.runs = runs
        self.era = EraAxis(float(runs[KETAMINE].t[-1]))
        grid = figure.add_gridspec(
            7, 1, left=0.062, right=0.985, top=0.905, bottom=0.098, hspace=0.42,
            height_ratios=[1.0, 1.0, 0.9, 1.0, 1.0, 1.0, 1.15],
        )  # fmt: skip
        first: Any = None
        self.axes: list[Axes] = []
        for i in range(7):
            ax = figure.add_subplot(grid[i], sharex=first)
            first = first or ax
            self.axes.append(ax)
        self._next = iter(self.axes)
        infusion = runs[KETAMINE].scenario.regimen.doses[0].duration_h
        for i, ax in enumerate(self.axes):
            self.era.apply(ax, labels=i == 6)
            ax.axvspan(0.0, infusion, ymax=0.035, color=FIRST.colour, lw=0, zorder=7)

    def drug(self) -> None:
        ax = self._strip("Drug", "% of its peak", (0, 118), (0, 50, 100))
        plasma, brain, tablet = DRUG
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        for quantity, run, pen in ((plasma, k, FIRST), (brain, k, FIRST), (tablet, s, SECOND)):
            self._line(ax, quantity, run, pen, 100.0 / float(quantity.of(run).max()))
        peak = highest(k.t, plasma.of(k))
        in_brain = highest(k.t, brain.of(k))
        most = highest(s.t, tablet.of(s))
        direct_label(ax, 1.4, 84, f"ketamine in plasma, peak {peak.value:.0f} ng/mL", FIRST.colour)
        direct_label(ax, 3.2, 58, f"in brain (dotted), peak {in_brain.value:.2f} µM unbound", FIRST.colour)
        direct_label(
            ax, 336 * 0.97, 30, f"escitalopram, peak {most.value:.0f} ng/mL", SECOND.colour, ha="right"
        )
        direct_label(ax, 0.0, 0, "infusion, 40 min", FIRST.colour, offset=(3, 4))
        left = gone(k.t, ketamine_in_body(k), 0.03)
        if left is not None:
            self._moment(ax, left, 0, f"97 % of the ketamine gone: {in_words(left)}", (0, 9), ha="center")

    def target(self) -> None:
        ax = self._strip("Target taken", "%", (0, 100), (0, 50, 100))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        for quantity in TARGET:
            run, pen = (k, FIRST) if KETAMINE in quantity.arms else (s, SECOND)
            self._line(ax, quantity, run, pen)
        peak = highest(k.t, TARGET[0].of(k))
        self._moment(
            ax, peak.time_h, peak.value,
            f"NMDA receptors of interneurons: {peak.value:.0f} % at {in_words(peak.time_h)}", (8, 7),
        )  # fmt: skip
        other = highest(k.t, TARGET[1].of(k))
        direct_label(
            ax, 0.30, 3, "of pyramidal cells (dotted)", FIRST.colour, va="bottom", ha="left"
        ) if False else direct_label(
            ax, 2.3, 9, f"of pyramidal cells (dotted): {other.value:.0f} %", FIRST.colour
        )
        direct_label(ax, 336 * 0.97, 80, "serotonin transporters", SECOND.colour, ha="right")

    def burden(self) -> None:
        ax = self._strip("Side effects", "CADSS points; mmHg", (0, 21), (0, 10, 20))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, BURDEN[0], s, SECOND)
        self._line(ax, BURDEN[0], k, FIRST)
        self._line(ax, BURDEN[1], k, FIRST)
        over = gone(k.t, BURDEN[0].of(k), 0.05)
        direct_label(ax, 2 / 3, 16.5, "systolic pressure, mmHg (dotted)", FIRST.colour, offset=(6, 0))
        direct_label(ax, 2 / 3, 10.5, "dissociation, CADSS points", FIRST.colour, offset=(12, 0))
        if over is not None:
            self._moment(ax, over, 0.05 * BURDEN[0].of(k).max(), f"dissociation over: {in_words(over)}", (5, 4))

    def excitation(self) -> None:
        ax = self._strip("Glutamate and AMPA", "% of before treatment", (95, 133), (100, 110, 120, 130))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, EXCITATION[0], s, SECOND)
        self._line(ax, EXCITATION[0], k, FIRST)
        self._line(ax, EXCITATION[1], k, FIRST)
        peak = highest(k.t, EXCITATION[0].of(k))
        self._moment(
            ax, peak.time_h, peak.value, f"glutamate peaks at {in_words(peak.time_h)}", (9, 2)
        )
        ampa = highest(k.t, EXCITATION[1].of(k))
        direct_label(ax, ampa.time_h, ampa.value, "AMPA throughput (dotted)", FIRST.colour, offset=(9, -2))
        direct_label(ax, 336 * 0.97, 101.5, "SSRI: no surge", SECOND.colour, ha="right")

    def growth(self) -> None:
        ax = self._strip("BDNF and mTORC1", "× before treatment", (0.6, 6.2), (1, 3, 5))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, GROWTH[0], s, SECOND)
        self._line(ax, GROWTH[0], k, FIRST)
        self._line(ax, GROWTH[1], k, FIRST)
        peak = highest(k.t, GROWTH[0].of(k))
        self._moment(ax, peak.time_h, peak.value, f"BDNF peaks at {in_words(peak.time_h)}", (9, 2))
        mtor = highest(k.t, GROWTH[1].of(k))
        self._moment(
            ax, mtor.time_h, mtor.value, f"mTORC1 (dotted) peaks at {in_words(mtor.time_h)}", (24, 9)
        )
        end = GROWTH[0].of(s)[-1]
        direct_label(
            ax, s.t[-1], end, f"BDNF with the SSRI: {end:.2f} × at week 8", SECOND.colour,
            ha="right", offset=(-3, 4),
        )  # fmt: skip

    def spines(self) -> None:
        ax = self._strip("Lost dendritic spines back", "%", (0, 66), (0, 25, 50))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, SPINES[0], s, SECOND)
        self._line(ax, SPINES[0], k, FIRST)
        peak = highest(k.t, SPINES[0].of(k))
        self._moment(
            ax, peak.time_h, peak.value, f"{peak.value:.0f} % at {in_words(peak.time_h)}", (4, 4)
        )
        most = highest(s.t, SPINES[0].of(s))
        self._moment(
            ax, most.time_h, most.value, f"{most.value:.0f} % at {in_words(most.time_h)}", (-4, 5),
            pen=SECOND, ha="right",
        )  # fmt: skip

    def mood(self) -> None:
        ax = self._strip("Depression score (MADRS), change", "points; down is better", (-7.4, 0.7), (-6, -4, -2, 0))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, MOOD[0], s, SECOND)
        self._line(ax, MOOD[0], k, FIRST)
        for run, pen, offset, ha in ((k, FIRST, (-6, -3), "right"), (s, SECOND, (5, 4), "left")):
            half = half_way(run.t, MOOD[0].of(run))
            if half is not None:
                value = float(np.interp(half, run.t, MOOD[0].of(run)))
                self._moment(ax, half, value, f"half-way: {in_words(half)}", offset, pen=pen, ha=ha)
        low = lowest(k.t, MOOD[0].of(k))
        self._moment(ax, low.time_h, low.value, f"{low.value:.1f} at {in_words(low.time_h)}".replace("-", "−"), (0, -11), ha="center")
        direct_label(ax, 200, -1.75, "ketamine fades", FIRST.colour, offset=(0, -14))
        end = float(MOOD[0].of(s)[-1])
        direct_label(
            ax, s.t[-1], end, f"SSRI {end:.1f} at week 8".replace("-", "−"), SECOND.colour,
            ha="right", offset=(-4, -14),
        )  # fmt: skip

    def _strip(
        self, title: str, unit: str, limits: tuple[float, float], ticks: tuple[float, ...]
    ) -> Axes:
        ax = next(self._next)
        strip_title(ax, title, unit)
        ax.set_ylim(*limits)
        ax.set_yticks(ticks)
        return ax

    def _line(self, ax: Axes, quantity: Quantity, run: Run, pen: Pen, scale: float = 1.0) -> None:
        """Draw a quantity; flat in the slot before treatment."""
        t = np.r_[float(self.era.inverse(-1.0)), run.t]
        y = scale * quantity.of(run)
        y = np.r_[y[0], y]
        dash: Any = (0, (1, 1.3)) if quantity.minor else pen.dash
        width = 1.2 if quantity.minor else pen.width
        style = {"color": pen.colour, "ls": dash, "lw": width, "zorder": 5 if pen is FIRST else 4}
        if not quantity.daily:
            ax.plot(t, y, gid=quantity.name, **style)
            return
        early = t <= DAILY_FROM_H
        ax.plot(t[early], y[early], gid=quantity.name, **style)
        days, mean, low, high = daily(t[1:], y[1:])
        ax.fill_between(days, low, high, color=pen.colour, alpha=0.22, lw=0, zorder=3)
        ax.plot(days, mean, gid=f"{quantity.name}: daily mean", **style)

    def _moment(
        self, ax: Axes, t: float, y: float, text: str, offset: tuple[float, float],
        pen: Pen = FIRST, ha: str = "left",
    ) -> None:  # fmt: skip
        ax.plot(
            t, y, "o" if pen is FIRST else "s", ms=4.2, mfc="white", mec=pen.colour, mew=1.2,
            zorder=9, clip_on=False,
        )  # fmt: skip
        direct_label(ax, t, y, text, pen.colour, offset=offset, ha=ha)


def daily(t: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Mean, lowest and highest over the 24 h before, every 12 h from `DAILY_FROM_H` on.

    Parameters
    ----------
    t, y : ndarray, shape (n_times,)

    Returns
    -------
    times [h], mean, low, high : ndarray, shape (n_days,)
    """
    days = np.arange(DAILY_FROM_H, t[-1] + 1e-9, 12.0)
    windows = [np.linspace(day - 24.0, day, 97) for day in days]
    values = np.array([np.interp(window, t, y) for window in windows])
    return days, values.mean(axis=1), values.min(axis=1), values.max(axis=1)


def ketamine_in_body(run: Run) -> FloatArray:
    """Unchanged ketamine, both enantiomers, in blood, tissue and liver [umol]."""
    amount: FloatArray = np.sum(
        [run[f"pharmacokinetics.{part}_{e}"] for part in ("A1", "A2", "A3", "Ah") for e in "SR"],
        axis=0,
    )
    return amount


def _header(figure: Figure) -> None:
    top = 0.982
    figure.text(0.02, top, "Hours, not weeks: the cascade in the model", fontsize=11.5, fontweight="bold", va="top")
    for x, pen, text in (
        (0.02, FIRST, "ketamine 0.5 mg/kg, one infusion of 40 min"),
        (0.43, SECOND, "escitalopram 10 mg by mouth, every day"),
    ):
        lines: Any = __import__("matplotlib.lines", fromlist=["Line2D"])
        figure.add_artist(
            lines.Line2D([x, x + 0.045], [top - 0.035] * 2, color=pen.colour, ls=pen.dash, lw=2.0)
        )
        figure.text(x + 0.055, top - 0.035, text, color=pen.colour, fontsize=8.5, va="center")
    figure.text(0.985, top - 0.035, "time runs from seconds to weeks", color=GREY, fontsize=7.0, ha="right", va="center")


def _in_text(k: Run, s: Run) -> str:
    block = highest(k.t, TARGET[0].of(k))
    glutamate = highest(k.t, EXCITATION[0].of(k))
    mtor = highest(k.t, GROWTH[1].of(k))
    spines = highest(k.t, SPINES[0].of(k))
    mood, slow = lowest(k.t, MOOD[0].of(k)), lowest(s.t, MOOD[0].of(s))
    return (
        "Seven strips share one time axis from seconds to 8 weeks and compare one ketamine infusion "
        "with a daily SSRI. In the model, ketamine blocks "
        f"{block.value:.0f} % of the NMDA receptors of interneurons at {in_words(block.time_h)}, "
        f"glutamate peaks at {in_words(glutamate.time_h)} ({glutamate.value:.0f} % of before), mTORC1 at "
        f"{in_words(mtor.time_h)} ({mtor.value:.1f} times before), {spines.value:.0f} % of the lost spines "
        f"are back at {in_words(spines.time_h)}, and the MADRS score is {-mood.value:.1f} points lower at "
        f"{in_words(mood.time_h)}, then fades. The SSRI causes no surge of glutamate and lowers the score "
        f"gradually, by {-slow.value:.1f} points at {in_words(slow.time_h)}. {DISCLAIMER}"
    )
