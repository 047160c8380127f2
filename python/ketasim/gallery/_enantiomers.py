"""S-ketamine, the racemate, R-ketamine and a metabolite at the same dose, under two hypotheses."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.numbers import signed
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import PERSON
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

FORMS = {
    "S-ketamine": "esketamine",
    "racemate": "ketamine",
    "R-ketamine": "arketamine",
    "(2R,6R)-HNK": "hnk_2r6r",
}
HYPOTHESES: dict[str, dict[str, float]] = {
    "through NMDA receptors": {},
    "R acts on ERK as well": {"mtor.w_RERK": 1.0},
}


class Answer(NamedTuple):
    """One number of a run, and its format."""

    name: str
    unit: str
    of: Callable[[Run], float]
    digits: int = 1


ANSWERS = (
    Answer("NMDA block, peak", "%", lambda run: 100.0 * float(run["nmda_block_interneuron"].max()), 0),
    Answer("dissociation, peak", "CADSS points", lambda run: float(run["cadss_change"].max())),
    Answer("relief on day 1", "MADRS points", lambda run: -run.at("madrs_change", 24.0)),
    Answer("relief on day 7", "MADRS points", lambda run: -run.at("madrs_change", 168.0)),
)  # fmt: skip


def enantiomers(*, style: Style = "print") -> Exhibit:
    """Compare S-ketamine, the racemate, R-ketamine and (2R,6R)-HNK at 0.5 mg/kg, under two hypotheses.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: form, hypothesis, quantity, value, unit.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.enantiomers().data.columns]
    ['form', 'hypothesis', 'quantity', 'value', 'unit']
    """
    return exhibit(story(), style)


@cache
def answers() -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the responses to each form under each hypothesis."""
    times = np.unique(np.r_[np.linspace(0.0, 4.0, 241), 24.0, 168.0])
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for form, drug in FORMS.items():
        for hypothesis, changed in HYPOTHESES.items():
            run = simulate(
                f"{drug} 0.5 mg/kg iv over 40 min", parameters=changed, t_eval=times, context="none"
            )
            found[form, hypothesis] = tuple(answer.of(run) for answer in ANSWERS)
    return found


def story() -> Story:
    found = answers()
    plain, erk = HYPOTHESES
    s, r, metabolite = (found[form, plain] for form in ("S-ketamine", "R-ketamine", "(2R,6R)-HNK"))
    says = (
        f"In the model, the effect of R-ketamine depends on the hypothesis: {signed(r[2])} points of relief "
        f"on day 1 through NMDA receptors alone, {signed(found['R-ketamine', erk][2])} if it acts on ERK "
        f"as well; S-ketamine gives {signed(s[2])}."
    )
    rows = [
        (form, hypothesis, answer.name, value, answer.unit)
        for (form, hypothesis), values in found.items()
        for answer, value in zip(ANSWERS, values, strict=True)
    ]
    values_in_words = "; ".join(
        f"{form}, {hypothesis}: "
        + ", ".join(
            f"{a.name} {signed(v, a.digits)} {a.unit}" for a, v in zip(ANSWERS, values, strict=True)
        )
        for (form, hypothesis), values in found.items()
    )
    return Story(
        "enantiomers",
        "S, R and a metabolite: the effect depends on the hypothesis",
        says,
        f"Four panels with a bar for each form at 0.5 mg/kg over 40 min, solid for one hypothesis and "
        f"open for the other. {says} (2R,6R)-HNK gives {signed(metabolite[2])}. {values_in_words}.",
        tidy(("form", "hypothesis", "quantity", "value", "unit"), rows, "forms of ketamine"),
        _paint,
        4.0,
        f"{PERSON} In rodents R-ketamine does at least as well as S, with fewer side effects; that it does so "
        "in people is unproven. (2R,6R)-HNK works in mice, yet in patients more of it in plasma went "
        "with less improvement.",
    )


def _paint(frame: Frame) -> None:
    found = answers()
    (row,) = frame.grid(
        (1.0,) * 4, (1.0,), left=0.85, right=0.3, gap=(0.3, 0.0), below=0.38, above=0.48
    )
    plain, erk = HYPOTHESES
    blue = frame.colours.blue
    places = np.arange(len(FORMS))
    for k, (ax, answer) in enumerate(zip(row, ANSWERS, strict=True)):
        values = np.array([[found[form, h][k] for h in HYPOTHESES] for form in FORMS])
        top = float(values.max())
        ax.barh(places - 0.19, values[:, 0], 0.34, color=blue.line)
        ax.barh(
            places + 0.19, values[:, 1], 0.34, color=frame.colours.paper, edgecolor=blue.line, hatch="////",
            lw=0.9,
        )  # fmt: skip
        for i in places.tolist():
            for j, y in enumerate((i - 0.19, i + 0.19)):
                ax.text(
                    max(0.0, values[i, j]) + 0.03 * top, y, signed(float(values[i, j]), answer.digits),
                    va="center", fontsize=7.0,
                )  # fmt: skip
        ax.set_xlim(0.0, 1.22 * top)
        ax.set_ylim(3.6, -0.6)
        ax.set_yticks(places, list(FORMS) if k == 0 else [""] * len(FORMS))
        ax.tick_params(axis="y", length=0, labelsize=7.5, labelcolor=frame.colours.ink)
        ax.locator_params(axis="x", nbins=3)
        ax.set_title(answer.name, fontsize=8.0, fontweight="bold", loc="left", pad=5)
        ax.set_xlabel(answer.unit, labelpad=2)
        ax.set_ylabel("form [0.5 mg/kg]")
        ax.yaxis.label.set_visible(False)
    up = frame.height - 0.12
    for x, text, face, hatch in (
        (0.85, plain, blue.line, ""), (3.1, erk, frame.colours.paper, "////"),
    ):  # fmt: skip
        _swatch(frame, x, up, face, blue.line, hatch)
        frame.host.text(
            (frame.left + x + 0.24) / frame.paper[0], (frame.bottom + up) / frame.paper[1], text,
            fontsize=7.5, va="center_baseline",
        )  # fmt: skip


def _swatch(frame: Frame, x: float, y: float, face: str, edge: str, hatch: str) -> None:
    patches: Any = require("matplotlib.patches", "plot")
    across, up = frame.paper
    frame.host.add_artist(
        patches.Rectangle(
            ((frame.left + x) / across, (frame.bottom + y - 0.05) / up), 0.18 / across, 0.1 / up,
            fc=face, ec=edge, hatch=hatch, lw=0.9, transform=frame.host.transSubfigure,
        )
    )  # fmt: skip
