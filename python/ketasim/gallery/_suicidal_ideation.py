"""Suicidal ideation: what trials measured from the first hour on, and what the model predicts."""

from __future__ import annotations

from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit
from ketasim.gallery._frame import Frame
from ketasim.gallery._model_vs_trials import (
    MARKS,
    Shown,
    draw_results,
    in_words,
    record,
    results_table,
)

#: Ideation under ketamine against a control arm, standardised.
AGAINST = (
    Shown("zarate12_ket__suicidal_ideation_change__1", "40 min, bipolar (Zarate 2012)"),
    Shown("wilk18_ket__suicidal_ideation_change__1", "days 1 to 7 (Wilkinson 2018, pooled)"),
)
#: Share of patients without ideation in an emergency department.
FREE = (
    Shown(
        "domany20_ket__suicidal_ideation_remission__1", "ketamine 0.2 mg/kg, 90 min (Domany 2020)"
    ),
    Shown("domany20_sal__suicidal_ideation_remission__1", "its control arm: saline, 90 min"),
)
#: Mood of patients at imminent risk against a control arm.
MOOD = (
    Shown("canuso18_esk__madrs_change__1", "esketamine 84 mg, 4 h (Canuso 2018)"),
    Shown("canuso18_esk__madrs_change__2", "the same, day 1"),
)  # fmt: skip


def suicidal_ideation(*, style: Style = "print") -> Exhibit:
    """Draw results on suicidal ideation with their 95 % interval, and the predictions of the model.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: result, source, observed, low, high, predicted, unit, inside.

    See Also
    --------
    ketasim.coverage : What the model has for suicidal ideation, with grade and scores.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.suicidal_ideation().data.columns]
    ['result', 'source', 'observed', 'low', 'high', 'predicted', 'unit', 'inside']
    """
    return exhibit(story(), style)


def story() -> Story:
    every = (*AGAINST, *FREE, *MOOD)
    drug, control = (record(shown) for shown in FREE)
    says = (
        f"In the model, {100 * (drug.predicted or 0.0):.0f} % are free of suicidal ideation 90 minutes after "
        f"ketamine and {100 * (control.predicted or 0.0):.0f} % after saline; in an emergency department it was "
        f"{100 * drug.value:.0f} and {100 * control.value:.0f} %, with nine patients in each arm."
    )
    return Story(
        "suicidal_ideation",
        "Suicidal thoughts: the model misses the first hours of an emergency",
        says,
        f"A row for each of {len(every)} published results with its 95 % interval and the prediction, in three "
        f"panels: ideation against a control arm, share of patients free of ideation, mood. {says} {in_words(every, 2)}.",
        results_table(every, "suicidal ideation"),
        _paint,
        4.4,
        "Ideation in the model is the relief of depression on another scale (grade E), so it cannot change "
        "before mood or without it. The control arm of the emergency department improved within 90 minutes, by "
        "more than expectation does in the model. A rating of ideation is no attempt; no trial was large enough to "
        "show fewer attempts. If you are struggling: a doctor, a crisis line, the emergency number.",
    )  # fmt: skip


def _paint(frame: Frame) -> None:
    (top,), (middle,), (low,) = frame.grid(
        (1.0,), (1.0, 1.0, 1.0), left=2.72, right=0.72, above=0.24, below=0.36, gap=(0.0, 0.5)
    )
    for ax, group, title, unit, scale in (
        (top, AGAINST, "Ideation against control", "SMD; below 0: less", 1.0),
        (middle, FREE, "Free of ideation", "% of patients", 100.0),
        (low, MOOD, "Mood (MADRS) against control, imminent risk", "points", 1.0),
    ):
        draw_results(frame, ax, group, scale)
        frame.heading(ax, title, unit)
    middle.set_xlim(0.0, 100.0)
    for ax in (top, low):
        ax.set_xlim(
            min(1.08 * (record(s).low or 0.0) for s in (AGAINST if ax is top else MOOD)), 0.0
        )
    low.set_xlabel(MARKS, labelpad=3, color=frame.colours.grey, fontsize=7.0)
