"""Evidence grades of the parameters of each module, and observations predicted within their interval."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._runtime.optional import require
from ketasim.catalogue._model_tables import parameters
from ketasim.evidence.vocabulary import AREAS
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._plain_names import plain_module
from ketasim.qualification._validate import Validation, validate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRADES = {
    "A": "replicated in people",
    "B": "single or small in people",
    "C": "animals",
    "D": "in vitro",
    "E": "assumed or fitted",
}


@cache
def validation() -> Validation:
    """Score the model against every published number; the result is cached."""
    return validate(progress=False)


@cache
def counts() -> dict[str, Counter[str]]:
    """Count the parameters of each module by grade, in the order of the pathway."""
    found: dict[str, Counter[str]] = {}
    for row in parameters():
        found.setdefault(str(row["module"]), Counter())[str(row["grade"])] += 1
    return found


def evidence_map(*, style: Style = "print") -> Exhibit:
    """Draw the grades of the parameters of each module, and the observations inside their interval.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: part (module or area), what is counted, count.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.evidence_map().data.columns]
    ['part', 'what', 'count']
    """
    return exhibit(story(), style)


def story() -> Story:
    by_module = counts()
    n = sum(sum(c.values()) for c in by_module.values())
    weak = sum(c["E"] for c in by_module.values())
    tested = {area: validation().inside(area=area) for area in AREAS}
    inside, scored = validation().inside()
    says = (
        f"In the model, {weak} of {n} numbers are assumed or fitted (grade E); {inside} of {scored} published "
        "observations are predicted within their 95 % interval."
    )
    rows = [(m, f"grade {g}", c[g]) for m, c in by_module.items() for g in GRADES]
    rows += [
        (area, what, count)
        for area, (good, all_) in tested.items()
        for what, count in (("inside", good), ("scored", all_))
    ]
    modules = "; ".join(
        f"{plain_module(m)} " + ", ".join(f"{c[g]} {g}" for g in GRADES if c[g])
        for m, c in by_module.items()
    )
    areas = ", ".join(f"{a} {good} of {all_}" for a, (good, all_) in tested.items())
    return Story(
        "evidence_map",
        "How well is each part known?",
        says,
        f"Left: a bar for each module, divided by the evidence grade of its parameters. Right: a bar for each area "
        f"of published numbers, solid for those predicted inside their interval. {says} Parameters: {modules}. "
        f"Observations inside: {areas}.",
        tidy(("part", "what", "count"), rows, "evidence"),
        _paint,
        4.6,
        "Grades of parameters: "
        + ", ".join(f"{g} {words}" for g, words in GRADES.items())
        + ". Some observations "
        "were used to fit, the others to check; `ketasim validate` lists each with what differs.",
    )


def _paint(frame: Frame) -> None:
    ((left, right),) = frame.grid(
        (1.35, 1.0), (1.0,), left=1.15, right=0.1, gap=(2.55, 0.0), above=0.42, below=0.38
    )
    colours = frame.colours
    fills = {
        "A": (colours.blue.line, ""), "B": (colours.blue.line + "88", ""), "C": (colours.green.line + "BB", ""),
        "D": (colours.green.line + "44", ""), "E": (colours.paper, "////"),
    }  # fmt: skip
    by_module = counts()
    for i, counted in enumerate(by_module.values()):
        start = 0
        for k, (grade, (face, hatch)) in enumerate(fills.items()):
            wide = counted[grade]
            if wide:
                left.barh(
                    i,
                    wide,
                    0.66,
                    left=start,
                    color=face,
                    edgecolor=colours.grey,
                    hatch=hatch,
                    lw=0.6,
                )
            start += wide
            # Numbers stand beside the bars, in a column for each grade.
            left.annotate(
                str(wide or "–"), (1.0, i), xycoords=("axes fraction", "data"),
                xytext=(14.0 + COLUMN * k, 0), textcoords="offset points", ha="center", va="center",
                fontsize=7.0, color=colours.ink if wide else colours.grey, annotation_clip=False,
            )  # fmt: skip
    for k, (grade, (face, hatch)) in enumerate(fills.items()):
        _key(left, 14.0 + COLUMN * k, grade, face, hatch, colours.grey)
    left.set_yticks(np.arange(len(by_module)), [plain_module(m) for m in by_module])
    left.set_ylim(len(by_module) - 0.4, -0.6)
    left.set_xlabel("parameters [number]", labelpad=2)
    areas = [(area, *validation().inside(area=area)) for area in AREAS]
    for i, (_, good, scored) in enumerate(areas):
        right.barh(i, good, 0.6, color=colours.blue.line)
        right.barh(
            i, scored - good, 0.6, left=good, color=colours.paper, edgecolor=colours.vermillion.line, hatch="////",
            lw=0.8,
        )  # fmt: skip
        right.text(scored + 6, i, f"{good} of {scored}", va="center", fontsize=7.0)
    right.set_yticks(np.arange(len(areas)), [area for area, *_ in areas])
    right.set_ylim(len(areas) - 0.4, -0.6)
    right.set_xlim(0, 1.5 * max(scored for *_, scored in areas))
    right.set_xlabel("number [hatched: outside]", labelpad=2)
    for ax, text in ((left, "Parameters by grade"), (right, "Observations inside")):
        ax.annotate(
            text, (0.0, 1.0), xycoords="axes fraction", xytext=(0, 8), textcoords="offset points",
            fontsize=8.0, fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    for ax in (left, right):
        ax.tick_params(axis="y", length=0, labelsize=7.2, labelcolor=colours.ink)


#: Width of a column of numbers [points].
COLUMN = 19.0


def _key(ax: Axes, points: float, grade: str, face: str, hatch: str, edge: str) -> None:
    """Draw the fill of a grade and its letter above a column."""
    patches: Any = require("matplotlib.patches", "plot")
    transforms: Any = require("matplotlib.transforms", "plot")
    up = transforms.ScaledTranslation(points / 72.0, 3.0 / 72.0, ax.figure.dpi_scale_trans)
    corner = transforms.ScaledTranslation(1.0, 1.0, ax.transAxes)
    ax.add_patch(
        patches.Rectangle(
            (-6.0 / 72.0, 0.0), 12.0 / 72.0, 8.0 / 72.0, fc=face, ec=edge, lw=0.6, hatch=hatch,
            clip_on=False, transform=ax.figure.dpi_scale_trans + corner + up,
        )
    )  # fmt: skip
    ax.annotate(
        grade, (1.0, 1.0), xycoords="axes fraction", xytext=(points, 14), textcoords="offset points",
        ha="center", fontsize=7.5, fontweight="bold", annotation_clip=False,
    )  # fmt: skip
