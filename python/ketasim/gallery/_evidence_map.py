"""Evidence grades of the parameters of each module, and observations predicted within their interval."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np

from ketasim.catalogue._model_tables import parameters
from ketasim.evidence.vocabulary import AREAS
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.qualification._validate import Validation, validate

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


#: Names of modules in plain words, where the name of the program is not one.
PLAIN = {
    "pharmacokinetics": "drug in the body",
    "nmda_block": "NMDA receptors",
    "ampa": "AMPA receptors",
    "bdnf_trkb": "BDNF and TrkB",
    "mtor": "mTORC1",
    "synaptogenesis": "growth of synapses",
    "tolerability": "side effects",
    "psychotherapy": "therapy sessions",
    "trial": "trials, expectation",
}


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
        f"{m} " + ", ".join(f"{c[g]} {g}" for g in GRADES if c[g]) for m, c in by_module.items()
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
        (1.25, 1.0), (1.0,), left=1.12, right=0.42, gap=(1.5, 0.0), above=0.28, below=0.38
    )
    colours = frame.colours
    fills = {
        "A": (colours.blue.line, ""), "B": (colours.blue.line + "99", ""), "C": (colours.green.line + "BB", ""),
        "D": (colours.green.line + "55", ""), "E": (colours.paper, "////"),
    }  # fmt: skip
    by_module = counts()
    for i, counted in enumerate(by_module.values()):
        start = 0
        for grade, (face, hatch) in fills.items():
            wide = counted[grade]
            if not wide:
                continue
            left.barh(
                i, wide, 0.72, left=start, color=face, edgecolor=colours.grey, hatch=hatch, lw=0.6
            )
            if wide >= 3:
                left.text(
                    start + wide / 2, i, f"{grade} {wide}" if wide > 5 else grade, ha="center", va="center",
                    fontsize=6.8, bbox={"fc": colours.paper, "ec": "none", "pad": 0.6, "alpha": 0.85},
                )  # fmt: skip
            start += wide
    left.set_yticks(np.arange(len(by_module)), [PLAIN.get(m, m) for m in by_module])
    left.set_ylim(len(by_module) - 0.4, -0.6)
    left.set_xlabel("parameters [number]", labelpad=2)
    frame.heading(left, "Grades of the parameters")
    areas = [(area, *validation().inside(area=area)) for area in AREAS]
    for i, (_, good, scored) in enumerate(areas):
        right.barh(i, good, 0.6, color=colours.blue.line)
        right.barh(
            i, scored - good, 0.6, left=good, color=colours.paper, edgecolor=colours.vermillion.line, hatch="////",
            lw=0.8,
        )  # fmt: skip
        right.text(scored + 2, i, f"{good} of {scored}", va="center", fontsize=7.0)
    right.set_yticks(np.arange(len(areas)), [area for area, *_ in areas])
    right.set_ylim(len(areas) - 0.4, -0.6)
    right.set_xlim(0, 1.22 * max(scored for *_, scored in areas))
    right.set_xlabel("published numbers [number; hatched: outside]", labelpad=2)
    frame.heading(right, "Predicted inside their interval")
    for ax in (left, right):
        ax.tick_params(axis="y", length=0, labelsize=7.2, labelcolor=colours.ink)
