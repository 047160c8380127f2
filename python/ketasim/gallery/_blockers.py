"""The cascade blocked at one link at a time: the remaining response of every stage."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ketasim import evidence
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.numbers import signed
from ketasim.dosing._dose import Dose, block
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import INFUSION, PERSON
from ketasim.scenario._overrides import ParameterRangeWarning
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

#: Tools act from half an hour before the infusion, for this long: until little ketamine is left [h].
BLOCKED_H = 8.0
#: A shorter block, for comparison: it ends while ketamine is still there [h].
SHORT_H = 4.0
SHARE = 0.9


def _tool(target: str, duration_h: float = BLOCKED_H) -> tuple[Dose, ...]:
    return (block(target, SHARE, duration_h=duration_h),)


@dataclass(frozen=True, slots=True)
class Cut:
    """One blocked link: its name, and the tool compound or the parameter that blocks it."""

    name: str
    interventions: tuple[Dose, ...] = ()
    parameters: dict[str, float] = field(default_factory=dict)


class Column(NamedTuple):
    """A stage, and its response to the infusion as one number."""

    name: str
    of: Callable[[Run], float]


def _surge(name: str) -> Callable[[Run], float]:
    """Return the largest rise above the value before treatment within 8 h."""
    return lambda run: float(run[name][run.t <= BLOCKED_H].max() - run.before(name))


COLUMNS = (
    Column("NMDA\nblock", _surge("nmda_block_interneuron")),
    Column("glutamate", _surge("glutamate_dialysate")),
    Column("AMPA", _surge("ampa_throughput")),
    Column("BDNF", _surge("bdnf_extracellular")),
    Column("mTORC1", _surge("p_mtor")),
    Column("proteins\n12 h", lambda run: run.at("psd95", 12.0) - run.before("psd95")),
    Column("spines\nday 2", lambda run: run.at("spine_restored", 48.0)),
    Column("mood\nday 1", lambda run: -run.at("madrs_change", 24.0)),
    Column("mood\nday 7", lambda run: -run.at("madrs_change", 168.0)),
)
#: From the top of the cascade downward. Formation of spines that does not depend on proteins: no new spines.
CUTS = (
    Cut("no disinhibition", parameters={"disinhibition.w_dis": 0.0}),
    Cut("AMPA blocked (NBQX)", _tool("ampa")),
    Cut("BDNF bound (antibody)", _tool("bdnf")),
    Cut("mTORC1 blocked (rapamycin)", _tool("mtor")),
    Cut("no translation (anisomycin)", _tool("translation")),
    Cut("no new spines", parameters={"synaptogenesis.q_f": 0.3}),
)


def blockers(*, style: Style = "print") -> Exhibit:
    """Block each link of the cascade in turn and show the remaining response of every stage.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: cut, stage, remaining response [% of the intact response].

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.blockers().data.columns]
    ['cut', 'stage', 'left [% of the intact response]']
    """
    return exhibit(story(), style)


@cache
def left_after_short_block() -> float:
    """Return the remaining relief of day 1 if AMPA receptors are blocked for `SHORT_H` only [%]."""
    relief = next(c for c in COLUMNS if c.name == "mood\nday 1").of
    return 100.0 * relief(_run(Cut("short", _tool("ampa", SHORT_H)))) / relief(_run(Cut("nothing")))


@cache
def left_over() -> FloatArray:
    """Return the remaining response of each stage, % of the intact response, shape (n_cuts, n_stages)."""
    intact = np.array([column.of(_run(Cut("nothing"))) for column in COLUMNS])
    return np.array([[100.0 * c.of(_run(cut)) for c in COLUMNS] / intact for cut in CUTS])


def _run(cut: Cut) -> Run:
    scenario = Scenario(INFUSION, interventions=cut.interventions, parameters=cut.parameters)
    times = np.unique(np.r_[np.linspace(0.0, BLOCKED_H, 481), 12.0, 24.0, 48.0, 168.0])
    with warnings.catch_warnings():
        # A removed link is outside its plausible range on purpose.
        warnings.simplefilter("ignore", ParameterRangeWarning)
        return simulate(scenario, t_eval=times)


def story() -> Story:
    left = left_over()
    names = [c.name.replace("\n", " ") for c in COLUMNS]
    nbqx, spines = left[1], left[5]
    says = (
        f"In the model, NBQX leaves {nbqx[0]:.0f} % of the NMDA block and {max(0.0, nbqx[4]):.0f} % of "
        f"mTORC1; without new spines {spines[7]:.0f} % of the relief of day 1 stays and {spines[8]:.0f} % of "
        "day 7."
    )
    rapamycin = {
        o.arm_id: o.value
        for o in evidence.load().observations
        if o.source_key == "abdallah2020" and o.readout == "response"
    }
    values_in_words = "; ".join(
        f"{cut.name}: " + ", ".join(f"{n} {signed(v, 0)}" for n, v in zip(names, row, strict=True))
        for cut, row in zip(CUTS, left, strict=True)
    )
    rows = [
        (cut.name, name, value)
        for cut, values in zip(CUTS, left.tolist(), strict=True)
        for name, value in zip(names, values, strict=True)
    ]
    return Story(
        "blockers",
        "Blocking one link weakens every stage below it",
        says,
        f"A table with a row for each blocked link and a column for each stage, in % of the response to "
        f"ketamine alone; below 0 means less than before treatment. {says} {values_in_words}.",
        tidy(("cut", "stage", "left"), rows, INFUSION, left="% of the intact response"),
        lambda frame: _paint(frame, left),
        4.4,
        f"{PERSON} Orange bar: the blocked link. NBQX lowers glutamate as well, because excitatory cells "
        "excite each other through AMPA receptors; anisomycin lowers BDNF, which is a protein. Without new "
        "spines, more AMPA receptors in the remaining synapses and a slow pool carry day 7. Tools block "
        f"{100 * SHARE:.0f} % from half an hour before for {BLOCKED_H:g}\u00a0h; NBQX for {SHORT_H:g}\u00a0h leaves "
        f"{left_after_short_block():.0f} % of day 1, because ketamine outlasts it. "
        "In people rapamycin gave another result: by mouth it did not block the effect on day 1, and "
        f"{100 * rapamycin['abd20_rapa']:.0f} % against {100 * rapamycin['abd20_pbo']:.0f} % responded "
        "after two weeks (Abdallah 2020); how much of it reached the brain is unknown. NBQX is a tool "
        "for animals.",
    )


def _paint(frame: Frame, left: FloatArray) -> None:
    colours: Any = require("matplotlib.colors", "plot")
    patches: Any = require("matplotlib.patches", "plot")
    blue = frame.colours.blue
    heat = colours.LinearSegmentedColormap.from_list("left", [frame.colours.paper, blue.line])
    ((ax,),) = frame.grid((1.0,), (1.0,), left=1.78, right=0.12, above=0.42, below=0.12)
    rows, columns = left.shape
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)
    for i in range(rows):
        for j in range(columns):
            value = float(left[i, j])
            share = min(1.0, max(0.0, value / 100.0))
            ax.add_patch(
                patches.Rectangle(
                    (j + 0.04, i + 0.06), 0.92, 0.88, fc=heat(0.82 * share), ec=frame.colours.grey, lw=0.5
                )
            )  # fmt: skip
            # The text has the colour of the background on strongly coloured cells.
            strong = share > 0.6
            text = frame.colours.paper if strong else frame.colours.ink
            ax.text(
                j + 0.5, i + 0.5, signed(value, 0), color=text,
                ha="center", va="center", fontsize=8.0, fontweight="bold" if strong else "normal",
            )  # fmt: skip
    for i, column in enumerate((1, 2, 3, 4, 5, 6)):
        # The blocked link; the stages to the right are below it.
        ax.plot(
            [column, column],
            [i + 0.02, i + 0.98],
            color=frame.colours.vermillion.line,
            lw=3.0,
            zorder=6,
        )
    ax.set_yticks(np.arange(rows) + 0.5, [cut.name for cut in CUTS])
    ax.set_xticks(np.arange(columns) + 0.5, [c.name for c in COLUMNS])
    ax.xaxis.tick_top()
    ax.set_xlabel("stage [% of the response to ketamine alone]")
    ax.set_ylabel("cut")
    ax.xaxis.label.set_visible(False)
    ax.yaxis.label.set_visible(False)
    ax.tick_params(
        length=0, labelsize=7.5 if frame.width > 6.5 else 6.8, labelcolor=frame.colours.ink
    )
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
