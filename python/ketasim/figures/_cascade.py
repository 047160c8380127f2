"""The cascade from seconds to weeks: one ketamine infusion beside a daily SSRI, in seven strips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim._wording.durations import in_words
from ketasim.figures._curve import draw
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._quantities import (
    BURDEN,
    DRUG,
    EXCITATION,
    GROWTH,
    MOOD,
    SPINES,
    TARGET,
    Quantity,
)
from ketasim.figures._style import (
    FIRST,
    GREY,
    PAGE_WIDTH,
    SECOND,
    Pen,
    caption,
    direct_label,
    new_figure,
    pen_sample,
    print_style,
    strip_title,
)
from ketasim.simulation._curve_moments import Moment, gone, half_way, highest, lowest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ketasim.figures._drawable_run import DrawableRun

KETAMINE, SSRI = "ketamine", "SSRI"

ASSUMED = (
    "In the model: an adult of 70 kg with treatment-resistant depression; drug effect alone, "
    "without expectation or placebo response."
)

#: Quantities of the figure and of its table, for each treatment.
_BOTH = (BURDEN[0], EXCITATION[0], GROWTH[0], *SPINES, *MOOD)
_INFUSION = (*DRUG[:2], *TARGET[:2], BURDEN[1], EXCITATION[1], GROWTH[1])
SHOWN = {KETAMINE: (*_INFUSION, *_BOTH), SSRI: (DRUG[2], TARGET[2], *_BOTH)}

#: Dissociation has ended when it is below this share of its peak.
OVER = 0.05


def tidy(runs: Mapping[str, DrawableRun]) -> Iterator[tuple[str, float, str, float, str]]:
    """Yield the rows behind the figure: treatment, time [h], quantity, value, unit."""
    for arm, run in runs.items():
        for quantity in SHOWN[arm]:
            values = quantity.of(run).tolist()
            for time, value in zip(run.t.tolist(), values, strict=True):
                yield arm, time, quantity.name, value, quantity.unit


def cascade_figure(ketamine: DrawableRun, ssri: DrawableRun) -> Figure:
    """Draw the cascade from drug to mood after one infusion and under a daily SSRI.

    Parameters
    ----------
    ketamine, ssri : Run
        One infusion and a daily SSRI in the same person, from 0 h to the same end. Sample them at
        `EraAxis(end).times()`.

    Returns
    -------
    matplotlib.figure.Figure
        Seven strips over one time axis; `get_label()` describes them in words.

    Raises
    ------
    MissingLibraryError
        Without matplotlib (extra ``ketasim[plot]``).

    Examples
    --------
    >>> import ketasim as ks
    >>> from ketasim.figures import EraAxis, cascade_figure
    >>> times = EraAxis(336.0).times(20)
    >>> ketamine = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=times)
    >>> ssri = ks.simulate("escitalopram 10 mg oral daily for 2 weeks", t_eval=times)
    >>> len(cascade_figure(ketamine, ssri).axes)
    7
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
                ASSUMED,
                DISCLAIMER,
                RISK,
            ),
        )
        figure.set_label(_in_text(ketamine, ssri))
    return figure


class _Strips:
    """The strips of the figure from top to bottom, one method for each."""

    def __init__(self, figure: Figure, runs: Mapping[str, DrawableRun]) -> None:
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
        for i, ax in enumerate(self.axes):
            self.era.apply(ax, labels=i == 6)

    def drug(self) -> None:
        ax = self._strip("Drug", "% of its peak", (0, 118), (0, 50, 100))
        plasma, brain, tablet = DRUG
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        for quantity, run, pen in ((plasma, k, FIRST), (brain, k, FIRST), (tablet, s, SECOND)):
            self._line(ax, quantity, run, pen, 100.0 / float(quantity.of(run).max()))
        most = [
            highest(run.t, q.of(run)).value for q, run in ((plasma, k), (brain, k), (tablet, s))
        ]
        blue = FIRST.colour
        direct_label(ax, 0.42, 84, f"in plasma, peak {most[0]:.0f} ng/mL", blue, ha="right")
        direct_label(ax, 0.30, 57, f"in brain (dotted), peak {most[1]:.2f} µM", blue, ha="right")
        direct_label(
            ax, 320.0, 18, f"escitalopram,\npeak {most[2]:.0f} ng/mL", SECOND.colour, ha="right"
        )
        direct_label(ax, 1330.0, 18, "shaded: range\nover the day", SECOND.colour, ha="right")
        infusion = k.scenario.regimen.doses[0].duration_h
        ax.axvspan(0.0, infusion, ymax=0.05, color=blue, lw=0, zorder=7)
        direct_label(ax, 0.0, 0, f"infusion, {in_words(infusion)}", blue, offset=(3, 4))
        eliminated = gone(k.t, ketamine_in_body(k), 0.03)
        if eliminated is not None:
            text = f"97 % eliminated: {in_words(eliminated)}"
            self._moment(ax, eliminated, 0, text, (0, 4), ha="right")

    def target(self) -> None:
        ax = self._strip("Target occupied", "%", (0, 100), (0, 50, 100))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        for quantity, run, pen in (
            (TARGET[0], k, FIRST),
            (TARGET[1], k, FIRST),
            (TARGET[2], s, SECOND),
        ):
            self._line(ax, quantity, run, pen)
        peak, other = highest(k.t, TARGET[0].of(k)), highest(k.t, TARGET[1].of(k))
        self._moment(ax, peak.time_h, peak.value)
        text = f"NMDA receptors of interneurons:\n{peak.value:.0f} % at {in_words(peak.time_h)}"
        direct_label(ax, 1.6, 18, text, FIRST.colour)
        direct_label(ax, 4.0, 1, f"of pyramidal cells (dotted): {other.value:.0f} %", FIRST.colour)
        direct_label(ax, 320.0, 34, "serotonin\ntransporters", SECOND.colour, ha="right")
        _why(ax, "Ketamine blocks NMDA\nreceptors, most of all\non inhibitory\ninterneurons.")

    def burden(self) -> None:
        ax = self._strip("Side effects", "CADSS points; mmHg", (0, 12), (0, 5, 10))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, BURDEN[0], s, SECOND)
        self._line(ax, BURDEN[0], k, FIRST)
        self._line(ax, BURDEN[1], k, FIRST)
        over = gone(k.t, BURDEN[0].of(k), OVER)
        blue = FIRST.colour
        direct_label(ax, 0.74, 8.8, "rise of systolic pressure, mmHg (dotted)", blue, offset=(2, 0))
        direct_label(ax, 1.2, 5.2, "dissociation, CADSS points", blue)
        if over is not None:
            value = OVER * float(BURDEN[0].of(k).max())
            self._moment(ax, over, value, f"dissociation ends: {in_words(over)}", (14, 7))
        _why(ax, "They begin and end\nwith the drug.")

    def excitation(self) -> None:
        ax = self._strip(
            "Glutamate and AMPA", "% of before treatment", (96, 132), (100, 110, 120, 130)
        )
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, EXCITATION[0], s, SECOND)
        self._line(ax, EXCITATION[0], k, FIRST)
        self._line(ax, EXCITATION[1], k, FIRST)
        peak, ampa = highest(k.t, EXCITATION[0].of(k)), highest(k.t, EXCITATION[1].of(k))
        self._moment(ax, peak.time_h, peak.value)
        text = f"glutamate: {peak.value:.0f} % at {in_words(peak.time_h)}"
        direct_label(ax, 1.2, peak.value - 3.5, text, FIRST.colour)
        text = f"throughput of AMPA receptors (dotted): {ampa.value:.0f} %"
        direct_label(ax, ampa.time_h, ampa.value, text, FIRST.colour, offset=(6, -2))
        direct_label(ax, 320.0, 101.5, "SSRI: no surge", SECOND.colour, ha="right")
        _why(ax, "With less inhibition,\nexcitatory cells release\nmore glutamate.")

    def growth(self) -> None:
        ax = self._strip("BDNF and mTORC1", "× before treatment", (0.6, 6.2), (1, 3, 5))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, GROWTH[0], s, SECOND)
        self._line(ax, GROWTH[0], k, FIRST)
        self._line(ax, GROWTH[1], k, FIRST)
        peak, mtor = highest(k.t, GROWTH[0].of(k)), highest(k.t, GROWTH[1].of(k))
        self._moment(
            ax,
            peak.time_h,
            peak.value,
            f"BDNF: {peak.value:.1f} × at {in_words(peak.time_h)}",
            (9, 2),
        )
        self._moment(ax, mtor.time_h, mtor.value)
        text = f"mTORC1 (dotted): {mtor.value:.1f} × at {in_words(mtor.time_h)}"
        direct_label(ax, 2.3, mtor.value - 0.4, text, FIRST.colour)
        end = Moment(float(s.t[-1]), float(GROWTH[0].of(s)[-1]))
        text = f"BDNF: {end.value:.2f} × at {in_words(end.time_h)}"
        self._moment(ax, end.time_h, end.value, text, (-4, 5), pen=SECOND, ha="right")
        _why(ax, "The surge releases BDNF,\nwhich activates\nprotein synthesis\n(mTORC1).")

    def spines(self) -> None:
        ax = self._strip("Lost dendritic spines restored", "%", (0, 66), (0, 25, 50))
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, SPINES[0], s, SECOND)
        self._line(ax, SPINES[0], k, FIRST)
        peak, most = highest(k.t, SPINES[0].of(k)), highest(s.t, SPINES[0].of(s))
        text = f"{peak.value:.0f} % at {in_words(peak.time_h)}"
        self._moment(ax, peak.time_h, peak.value, text, (6, 2))
        text = f"{most.value:.0f} % at {in_words(most.time_h)}"
        self._moment(ax, most.time_h, most.value, text, (-4, 5), pen=SECOND, ha="right")
        _why(ax, "New synapses form for\ndays and are mostly lost\nagain after a single dose.")

    def mood(self) -> None:
        ax = self._strip(
            "Depression score (MADRS), change",
            "points; down is better",
            (-9.0, 0.7),
            (-8, -6, -4, -2, 0),
        )
        k, s = self.runs[KETAMINE], self.runs[SSRI]
        self._line(ax, MOOD[0], s, SECOND)
        self._line(ax, MOOD[0], k, FIRST)
        for run, pen, offset, ha in ((k, FIRST, (-6, -4), "right"), (s, SECOND, (6, 1), "left")):
            half = half_way(run.t, MOOD[0].of(run))
            if half is not None:
                value = float(np.interp(half, run.t, MOOD[0].of(run)))
                self._moment(ax, half, value, f"half-way: {in_words(half)}", offset, pen, ha)
        low, end = lowest(k.t, MOOD[0].of(k)), lowest(s.t, MOOD[0].of(s))
        text = _signed(f"{low.value:.1f} at {in_words(low.time_h)}")
        self._moment(ax, low.time_h, low.value, text, (0, -12), ha="center")
        text = _signed(f"{end.value:.1f} at {in_words(end.time_h)}")
        self._moment(ax, end.time_h, end.value, text, (-5, -8), pen=SECOND, ha="right")
        _why(ax, "Relief begins before the\nspines grow and outlasts\nthe drug by days.", 0.82)

    def _strip(
        self, title: str, unit: str, limits: tuple[float, float], ticks: tuple[float, ...]
    ) -> Axes:
        ax = next(self._next)
        strip_title(ax, title, unit)
        ax.set_ylim(*limits)
        ax.set_yticks(ticks)
        return ax

    def _line(
        self, ax: Axes, quantity: Quantity, run: DrawableRun, pen: Pen, scale: float = 1.0
    ) -> None:
        draw(ax, quantity, run, pen, self.era.start_h, scale)

    def _moment(
        self, ax: Axes, t: float, y: float, text: str = "", offset: tuple[float, float] = (0, 0),
        pen: Pen = FIRST, ha: str = "left",
    ) -> None:  # fmt: skip
        ax.plot(
            t, y, "o" if pen is FIRST else "s", ms=4.2, mfc="white", mec=pen.colour, mew=1.2,
            zorder=9, clip_on=False,
        )  # fmt: skip
        if text:
            direct_label(ax, t, y, text, pen.colour, offset=offset, ha=ha)


def ketamine_in_body(run: DrawableRun) -> FloatArray:
    """Return unchanged ketamine, both enantiomers, in blood, tissue and liver [umol]."""
    amount: FloatArray = np.sum(
        [run[f"pharmacokinetics.{part}_{e}"] for part in ("A1", "A2", "A3", "Ah") for e in "SR"],
        axis=0,
    )
    return amount


def _header(figure: Figure) -> None:
    top, key = 0.984, 0.950
    title = "Hours, not weeks: how ketamine lifts depression, in the model"
    figure.text(0.02, top, title, fontsize=11, fontweight="bold", va="top")
    for x, pen, text in (
        (0.02, FIRST, "ketamine 0.5 mg/kg, one infusion of 40 min"),
        (0.50, SECOND, "escitalopram (an SSRI) 10 mg daily by mouth"),
    ):
        pen_sample(figure, x, key, pen)
        figure.text(x + 0.06, key, text, color=pen.colour, fontsize=8.0, va="center_baseline")


def _why(ax: Axes, text: str, top: float = 0.97) -> None:
    """Explain a strip in the space to the left, where the first minute is empty."""
    ax.annotate(
        text, (0.0, top), xycoords=ax.get_xaxis_transform(), xytext=(4, 0),
        textcoords="offset points", fontsize=6.6, color=GREY, va="top", linespacing=1.3, zorder=8,
    )  # fmt: skip


def _signed(text: str) -> str:
    return text.replace("-", "−")


def _in_text(k: DrawableRun, s: DrawableRun) -> str:
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
        f"are restored at {in_words(spines.time_h)}, and the MADRS score is {-mood.value:.1f} points lower at "
        f"{in_words(mood.time_h)}, then rises again. The SSRI causes no surge of glutamate and lowers the score "
        f"gradually, by {-slow.value:.1f} points at {in_words(slow.time_h)}. {DISCLAIMER}"
    )
