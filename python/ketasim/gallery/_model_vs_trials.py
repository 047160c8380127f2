"""Predictions of the model beside the results of trials in people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ketasim._wording.numbers import signed
from ketasim.gallery._evidence_map import validation
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.qualification._scoring import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ketasim.files._sheet import Sheet


class Shown(NamedTuple):
    """An observation and its name in the figure."""

    obs_id: str
    words: str


#: Chosen to show each kind of agreement and each known disagreement.
POINTS = (
    Shown("murr13_ket__madrs_change__2", "ketamine iv, day 1 (Murrough 2013)"),
    Shown("murr13_mid__madrs_change__1", "midazolam, day 1 (Murrough 2013)"),
    Shown("murr13_ket__madrs_change__1", "their difference"),
    Shown("daly18_84__madrs_change__2", "esketamine 84 mg, day 1 (Daly 2018)"),
    Shown("daly18_28__madrs_change__3", "esketamine 28 mg, day 8 (Daly 2018)"),
    Shown("an21_esk__madrs_change__2", "nasal esketamine, day 1 (An 2021)"),
    Shown("singh16k_biw__madrs_change__1", "ketamine twice a week, day 15 (Singh 2016)"),
    Shown("tf2_pbo__madrs_change__1", "new tablet + placebo, day 28 (Popova 2019)"),
    Shown("tf2_esk__madrs_change__1", "new tablet + esketamine, day 28 (Popova 2019)"),
)
SHARES = (
    Shown("han16_ket__response__1", "ketamine, day 1 (Han 2016, pooled)"),
    Shown("han16_ket__response__3", "ketamine, day 7 (Han 2016, pooled)"),
    Shown("murr13b_six__response__1", "six infusions (Murrough 2013)"),
    Shown("abd20_pbo__response__1", "ketamine, day 14 (Abdallah 2020)"),
    Shown("abd20_rapa__response__1", "the same after rapamycin (Abdallah 2020)"),
)


def model_vs_trials(*, style: Style = "print") -> Exhibit:
    """Draw published results of trials with their 95 % interval, and the predictions of the model.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: result, source, observed, low, high, predicted, unit, inside.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.model_vs_trials().data.columns]
    ['result', 'source', 'observed', 'low', 'high', 'predicted', 'unit', 'inside']
    """
    return exhibit(story(), style)


def record(shown: Shown) -> Record:
    """Return the score of an observation."""
    return next(r for r in validation().records if r.obs_id == shown.obs_id)


def story() -> Story:
    records = [record(s) for s in (*POINTS, *SHARES)]
    inside = sum(bool(r.within) for r in records)
    rapamycin = records[-1]
    says = (
        f"In the model, {inside} of these {len(records)} results are predicted inside their 95 % interval; one of "
        f"the others is rapamycin: {100 * rapamycin.value:.0f} % of patients still responded on day 14, the model "
        f"predicts {100 * (rapamycin.predicted or 0.0):.0f} %."
    )
    outside = [r for r in records if not r.within]
    weaker = sum(abs(r.predicted or 0.0) < abs(r.value) for r in outside)
    everything, scored = validation().inside(area="Clinical")
    return Story(
        "model_vs_trials",
        "Predictions of the model beside trials, disagreements included",
        says,
        f"A row for each of {len(records)} published results with its 95 % interval and the prediction. {says} "
        f"{in_words((*POINTS, *SHARES))}.",
        results_table((*POINTS, *SHARES), "model and trials"),
        _paint,
        4.9,
        f"Chosen to show agreement and each known disagreement; of all {scored} clinical numbers {everything} are "
        f"inside. Of the {len(outside)} outside here, {'all' if weaker == len(outside) else weaker} have less effect in the "
        "model than in the trial. Under anaesthesia, which hides the treatment, ketamine did no better than placebo (Lii 2023); "
        "the model predicts an effect there.",
    )  # fmt: skip


def in_words(shown: Sequence[Shown], digits: int = 1) -> str:
    """Return each result with its prediction."""

    def written(r: Record, value: float) -> str:
        return f"{100 * value:.0f} %" if r.unit == "1" else f"{signed(value, digits)} {r.unit}"

    return "; ".join(
        f"{one.words}: {written(r, r.value)} observed, {written(r, r.predicted or 0.0)} predicted"
        for one in shown
        for r in [record(one)]
    )


def results_table(shown: Sequence[Shown], what: str) -> Sheet:
    """Return the results with their intervals and predictions, a row for each."""
    rows = [
        (one.words, r.source_key, r.value, r.low, r.high, r.predicted, r.unit, bool(r.within))
        for one in shown
        for r in [record(one)]
    ]
    names = ("result", "source", "observed", "low", "high", "predicted", "unit", "inside")
    return tidy(names, rows, what)


def draw_results(frame: Frame, ax: Axes, group: Sequence[Shown], scale: float = 1.0) -> None:
    """Draw a row for each result: its 95 % interval, the observed value and the prediction."""
    for i, shown in enumerate(group):
        r = record(shown)
        ax.plot(
            [scale * (r.low or 0.0), scale * (r.high or 0.0)], [i, i], color=frame.colours.grey, lw=3.4,
            alpha=0.45, solid_capstyle="butt",
        )  # fmt: skip
        ax.plot(scale * r.value, i, "|", color=frame.colours.ink, ms=9, mew=1.6, zorder=4)
        ink = frame.colours.blue if r.within else frame.colours.vermillion
        ax.plot(
            scale * (r.predicted or 0.0), i, "o" if r.within else "X", color=ink.line, ms=6, zorder=5, mew=0.4,
        )  # fmt: skip
        ax.annotate(
            "inside" if r.within else "outside", (1.0, i), xycoords=ax.get_yaxis_transform(), xytext=(6, 0),
            textcoords="offset points", fontsize=7.0, va="center", color=ink.word, annotation_clip=False,
        )  # fmt: skip
    ax.set_yticks(range(len(group)), [shown.words for shown in group])
    ax.set_ylim(len(group) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelsize=7.2, labelcolor=frame.colours.ink)


#: What the marks of `draw_results` are.
MARKS = "grey line: 95 % interval, tick: observed; dot or cross: the model"


def _paint(frame: Frame) -> None:
    (top,), (low,) = frame.grid(
        (1.0,),
        (len(POINTS), len(SHARES)),
        left=2.72,
        right=0.72,
        above=0.24,
        below=0.36,
        gap=(0.0, 0.5),
    )
    for ax, group, title, unit, scale in (
        (top, POINTS, "Change of MADRS", "points", 1.0),
        (low, SHARES, "Responders", "% of patients", 100.0),
    ):
        draw_results(frame, ax, group, scale)
        frame.heading(ax, title, unit)
    top.axvline(0.0, color=frame.colours.grey, lw=0.6)
    low.set_xlim(0.0, 100.0)
    low.set_xlabel(MARKS, labelpad=3, color=frame.colours.grey, fontsize=7.0)  # fmt: skip
