"""The parameters that change relief most, with their evidence grades."""

from __future__ import annotations

from functools import cache

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._wording.numbers import signed
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._table import Row
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._plain_names import plain_parameter
from ketasim.gallery._shared_runs import INFUSION, PERSON
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._sensitivity import sensitivity

DAYS = (1, 7)
SHOWN = 14
#: Left out: these parameters scale the score and are not part of the mechanism.
SCALES = ("madrs_depressed", "madrs_healthy", "sensitivity")


@cache
def elasticities() -> tuple[tuple[Row, FloatArray], ...]:
    """Return the parameters with the elasticity of relief on days 1 and 7 [% per %], largest first."""
    rows = [
        row
        for row in parameters()
        if row["value"] != 0.0 and row["name"].partition(".")[2] not in SCALES
    ]
    names = [row["name"] for row in rows]
    s = sensitivity(
        Scenario(INFUSION), names, ["madrs_change"], t_eval=[0.0, *(24.0 * day for day in DAYS)]
    )
    answers = s.elasticity("madrs_change")[1:].T
    found = list(zip(rows, answers, strict=True))
    return tuple(sorted(found, key=lambda item: -float(np.abs(item[1]).max())))


def sensitivity_tornado(*, style: Style = "print") -> Exhibit:
    """Draw the change of relief on day 1 and on day 7 with each parameter of the model.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: parameter, meaning, grade, day, elasticity [% per %]; all parameters, largest first.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.sensitivity_tornado().data.columns]
    ['parameter', 'meaning', 'grade', 'day [d]', 'elasticity [% per %]']
    """
    return exhibit(story(), style)


def story() -> Story:
    found = elasticities()
    top = found[:SHOWN]
    first, answer = found[0]
    weak = sum(row["grade"] == "E" for row, _ in top)
    says = (
        f"In the model, relief depends most on {plain_parameter(first['name'])} ({first['name']}): 1 % more changes it by "
        f"{signed(answer[0])} % on day 1 and {signed(answer[1])} % on day 7. Of these {SHOWN} "
        f"parameters {weak} are assumed or fitted."
    )
    values_in_words = "; ".join(
        f"{plain_parameter(row['name'])} ({row['name']}, grade {row['grade']}) {signed(a[0])} and "
        f"{signed(a[1])}"
        for row, a in top
    )
    rows = [
        (row["name"], row["description"], row["grade"], day, value)
        for row, answers in found
        for day, value in zip(DAYS, answers.tolist(), strict=True)
    ]
    return Story(
        "sensitivity_tornado",
        "The most influential parameters are not the best known",
        says,
        f"A bar chart of the {SHOWN} parameters that change relief most, on day 1 and day 7, with their evidence "
        f"grade. {says} In % per %: {values_in_words}.",
        tidy(
            ("parameter", "meaning", "grade", "day", "elasticity"), rows, INFUSION, day="d",
            elasticity="% per %",
        ),
        _paint,
        4.9,
        f"{PERSON} Exact local derivatives: valid for small changes of one number at a time. Grades: A replicated "
        "in people, B single or small in people, C in animals, D in vitro, E assumed or fitted here.",
    )  # fmt: skip


def _paint(frame: Frame) -> None:
    # As many as fit.
    n = min(SHOWN, int((frame.height - 0.66) / 0.19))
    top = elasticities()[:n]
    ((ax,),) = frame.grid((1.0,), (1.0,), left=3.3, right=0.2, above=0.28, below=0.38)
    blue, red = frame.colours.blue, frame.colours.vermillion
    places = np.arange(n)
    for k, (ink, offset, hatch) in enumerate(((blue, -0.2, ""), (red, 0.2, "////"))):
        values = np.array([answers[k] for _, answers in top])
        ax.barh(
            places + offset, values, 0.36, color=ink.line if not hatch else frame.colours.paper,
            edgecolor=ink.line, hatch=hatch, lw=0.8,
        )  # fmt: skip
    ax.axvline(0.0, color=frame.colours.ink, lw=0.8)
    ax.set_ylim(n - 0.4, -0.6)
    ax.set_yticks(places, [""] * n)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("change of relief when the number grows by 1 % [% per %]", labelpad=2)
    ax.set_ylabel("parameter [grade]")
    ax.yaxis.label.set_visible(False)
    columns = ((14.0, "grade"), (46.0, "symbol"), (64.0, ""))
    for i, (row, _) in enumerate(top):
        cells = (str(row["grade"]), f"${row['symbol']}$", plain_parameter(row["name"]))
        for (points, name), text in zip(columns, cells, strict=True):
            ax.annotate(
                text, (0.0, i), xycoords=("axes fraction", "data"), xytext=(-points, 0),
                textcoords="offset points", fontsize=7.5, ha="center" if name else "right", va="center",
                fontweight="bold" if name == "grade" else "normal", annotation_clip=False,
                color=frame.colours.grey if name == "symbol" else frame.colours.ink,
            )  # fmt: skip
    for points, name in columns[:2]:
        ax.annotate(
            name, (0.0, 1.0), xycoords="axes fraction", xytext=(-points, 4), textcoords="offset points",
            fontsize=7.0, color=frame.colours.grey, ha="center", annotation_clip=False,
        )  # fmt: skip
    low, high = ax.get_xlim()
    ax.set_xlim(low, high)
    ax.annotate(
        "day 1 (solid)", (0.0, 1.0), xycoords="axes fraction", xytext=(8, 5), textcoords="offset points",
        fontsize=7.5, color=blue.word, fontweight="bold", annotation_clip=False,
    )  # fmt: skip
    ax.annotate(
        "day 7 (hatched)", (0.0, 1.0), xycoords="axes fraction", xytext=(84, 5), textcoords="offset points",
        fontsize=7.5, color=red.word, fontweight="bold", annotation_clip=False,
    )  # fmt: skip
