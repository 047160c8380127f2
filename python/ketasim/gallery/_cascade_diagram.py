"""The cascade as a diagram at one time: the activation of each stage and the grade of each arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.durations import hours, in_words
from ketasim.catalogue._model_tables import parameters
from ketasim.errors import ScenarioError
from ketasim.evidence._links import links
from ketasim.figures._cascade import KETAMINE, SSRI
from ketasim.figures._era_axis import EraAxis
from ketasim.gallery._cascade_timeline import STAGES, Stage, activation, fold, times
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame, Ink
from ketasim.gallery._shared_runs import PERSON
from ketasim.gallery.demo import SCENARIOS
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Latest moment that is drawn [h].
LATEST_H = 1344.0

MOOD = "mood (MADRS)"
#: Stages beside the one chain that the timeline draws.
BESIDE = (
    Stage(
        "NMDA receptors blocked at rest",
        lambda run: (
            100.0 * (run["nmda_block.b_X"] + run["nmda_block.b_mk_X"] + run["nmda_block.b_mem_X"])
        ),
        "%",
        lambda v: f"{v:.0f} %",
    ),
    Stage("eEF2 kinase", fold("mtor.K"), "x before", times),
    Stage("phosphorylated eEF2", fold("p_eef2"), "x before", times),
    Stage(
        "serotonin transporters taken", lambda run: 100.0 * run["sert_occupancy"], "%",
        lambda v: f"{v:.0f} %",
    ),
    Stage("serotonin", fold("serotonin_extracellular"), "x before", times),
    Stage("plasticity genes", fold("serotonin.Mb"), "x before", times),
)  # fmt: skip
_BY_NAME = {stage.name: stage for stage in (*STAGES, *BESIDE)}


class Node(NamedTuple):
    """A box: its name on one or two lines, its stage, its column and row, and its treatment."""

    words: str
    stage: str
    column: int
    row: int
    treatment: str = KETAMINE


NODES = {
    "drug": Node("ketamine\nin brain", "ketamine in brain", 0, 0),
    "nmda": Node("NMDA receptors\nblocked", "NMDA receptors blocked", 1, 0),
    "brake": Node("inhibitory\ninterneurons", "interneuron firing", 2, 0),
    "glutamate": Node("glutamate\nsurge", "glutamate", 3, 0),
    "AMPA": Node("AMPA\nthroughput", "AMPA throughput", 4, 0),
    "rest": Node("NMDA receptors\nblocked at rest", "NMDA receptors blocked at rest", 1, 1),
    "eef2k": Node("eEF2 kinase", "eEF2 kinase", 2, 1),
    "eef2": Node("phosphorylated\neEF2", "phosphorylated eEF2", 3, 1),
    "BDNF": Node("BDNF", "BDNF", 4, 2),
    "trkb": Node("TrkB", "TrkB", 3, 2),
    "mTORC1": Node("mTORC1", "mTORC1", 2, 2),
    "proteins": Node("synaptic\nproteins", "synaptic proteins (PSD95)", 1, 2),
    "spines": Node("dendritic\nspines", "dendritic spines", 0, 2),
    "sert": Node("transporters\ntaken by SSRI", "serotonin transporters taken", 4, 3, SSRI),
    "serotonin": Node("serotonin", "serotonin", 3, 3, SSRI),
    "genes": Node("plasticity\ngenes", "plasticity genes", 2, 3, SSRI),
    "mood": Node("mood", MOOD, 0, 3),
}
#: Size of a box, in columns and rows, and height of a bar at its foot.
WIDE, TALL, BAR = 0.76, 0.6, 0.085
#: The box of mood is wider: it has a value for each treatment.
MOOD_RIGHT = 0.86

_ABOVE, _BELOW = -TALL / 2, TALL / 2
_HALF = WIDE / 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two boxes.

    ``link`` names it among `ketasim.evidence.links`, ``step`` the part of a link that has several.
    ``path`` are its corners in columns and rows, ``mark`` the place of its grades; without corners it is
    the line between neighbours.
    """

    start: str
    end: str
    link: str
    step: int | None = None
    path: tuple[tuple[float, float], ...] = ()
    mark: tuple[float, float] | None = None
    dashed: bool = False

    @property
    def row(self) -> dict[str, Any]:
        """What is known of it."""
        found: dict[str, Any] = next(r for r in links()["links"] if r["id"] == self.link)
        return found if self.step is None else {**found, "sign": None, **found["steps"][self.step]}

    @property
    def inhibits(self) -> bool:
        """Whether it holds back what it leads to."""
        return self.row.get("sign") == "inhibits"

    @property
    def marks(self) -> tuple[str, str]:
        """Grade of the claim, and the weakest grade among its numbers."""
        numbers = (str(parameters()[name]["grade"]) for name in self.row["numbers"])
        return str(self.row["grade"]), max(numbers)


ARROWS = (
    Arrow("drug", "nmda", "drug-nmda"),
    Arrow("drug", "rest", "drug-nmda", path=((0, _BELOW), (0, 1), (1 - _HALF, 1))),
    Arrow("nmda", "brake", "nmda-brake"),
    Arrow("brake", "glutamate", "brake-glutamate"),
    Arrow("glutamate", "AMPA", "glutamate-ampa"),
    Arrow("rest", "eef2k", "nmda-bdnf", 0),
    Arrow("eef2k", "eef2", "nmda-bdnf", 1),
    Arrow(
        "eef2", "BDNF", "nmda-bdnf", 2,
        ((3 + _HALF, 1), (3.84, 1), (3.84, 2 + _ABOVE)), (3.84, 1.36),
    ),
    Arrow(
        "eef2", "proteins", "nmda-bdnf", 3,
        ((3, 1 + _BELOW), (3, 1.5), (1, 1.5), (1, 2 + _ABOVE)), (2, 1.5),
    ),
    Arrow("AMPA", "BDNF", "ampa-bdnf", path=((4.18, _BELOW), (4.18, 2 + _ABOVE))),
    Arrow("BDNF", "trkb", "bdnf-mtor"),
    Arrow("trkb", "mTORC1", "bdnf-mtor"),
    Arrow("mTORC1", "proteins", "mtor-spines"),
    Arrow("proteins", "spines", "mtor-spines"),
    Arrow("spines", "mood", "spines-mood", path=((0, 2 + _BELOW), (0, 3 + _ABOVE))),
    Arrow(
        "AMPA", "mood", "ampa-mood",
        path=((4 + _HALF, 0.1), (4.47, 0.1), (4.47, 3.62), (0, 3.62), (0, 3 + _BELOW)),
        mark=(2.4, 3.62), dashed=True,
    ),
    Arrow("sert", "serotonin", "sert-genes"),
    Arrow("serotonin", "genes", "sert-genes"),
    Arrow(
        "serotonin", "mood", "genes-mood",
        path=((3, 3 + _BELOW), (3, 3.44), (MOOD_RIGHT - 0.12, 3.44), (MOOD_RIGHT - 0.12, 3 + _BELOW)),
        mark=(1.6, 3.44),
    ),
    Arrow(
        "genes", "BDNF", "genes-bdnf",
        path=((2.12, 3 + _ABOVE), (2.12, 2.5), (4, 2.5), (4, 2 + _BELOW)), mark=(3.2, 2.5),
    ),
    Arrow(
        "genes", "proteins", "genes-bdnf",
        path=((1.88, 3 + _ABOVE), (1.88, 2.5), (1, 2.5), (1, 2 + _BELOW)), mark=(1.45, 2.5),
    ),
)  # fmt: skip


def cascade_diagram(t: float | str = 1.0, *, style: Style = "print") -> Exhibit:
    """Draw the stages as boxes with a bar: their change at time ``t`` as a share of the largest.

    The boxes of the serotonin path are those of a daily SSRI begun at the same time, all others those
    of one infusion; mood has both.

    Parameters
    ----------
    t : float or str
        Time since the start of both treatments: hours, or text such as '40 min' or '3 d'; 0 to 8 weeks,
        default 1 h.
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: treatment, stage, time [h], activation (share of the largest change), value, unit.

    Raises
    ------
    ScenarioError
        If ``t`` is not a time from 0 to 8 weeks.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.cascade_diagram("40 min").data.columns]
    ['treatment', 'stage', 'time [h]', 'activation', 'value', 'unit']
    """
    return exhibit(story(t), style)


class Shown(NamedTuple):
    """A bar: the box, the treatment, the share of the largest change, the value and its words."""

    node: Node
    treatment: str
    share: float
    value: float
    words: str


def story(t: float | str = 1.0) -> Story:
    moment = hours(t, "t")
    if not 0.0 <= moment <= LATEST_H:
        raise ScenarioError(f"t = {t!r}: must lie within 0 h and 8 weeks ({LATEST_H:g} h)")
    drawn = np.unique(np.r_[EraAxis(LATEST_H).times(100), moment])
    runs = {name: simulate(scenario, t_eval=drawn) for name, scenario in SCENARIOS.items()}
    at = int(np.flatnonzero(drawn == moment)[0])
    shown = [_shown(node, node.treatment, runs, at) for node in NODES.values()]
    shown.append(_shown(NODES["mood"], SSRI, runs, at))
    own = [s for s in shown if s.treatment == KETAMINE]
    far = sum(s.share >= 0.5 for s in own)
    share = {s.node.stage: f"{100 * s.share:.0f} %" for s in own}
    slow = shown[-1]
    says = (
        f"In the model, {in_words(moment)} after the infusion began, {far} of {len(own)} stages have at "
        f"least half of their largest change: BDNF {share['BDNF']}, dendritic spines "
        f"{share['dendritic spines']}, mood {share[MOOD]}. A daily SSRI begun with it has "
        f"{100 * slow.share:.0f} % of its largest change of mood."
    )
    grades = [" ".join(a.marks) for a in ARROWS]
    arrows = "; ".join(
        f"{_flat(a.start)} {'inhibits' if a.inhibits else 'to'} {_flat(a.end)} ({g})"
        for a, g in zip(ARROWS, grades, strict=True)
    )
    values_in_words = ", ".join(
        f"{s.node.stage}{' with the SSRI' if s is slow else ''} {s.words} "
        f"({100 * s.share:.0f} % of its largest change)"
        for s in shown
    )
    rows = [
        (s.treatment, s.node.stage, moment, s.share, s.value, _BY_NAME[s.node.stage].unit)
        for s in shown
    ]
    given = " beside ".join(str(run.scenario) for run in runs.values())
    return Story(
        "cascade_diagram",
        f"The cascade at {in_words(moment)}: three ways from ketamine, one from an SSRI",
        says,
        f"A diagram of seventeen boxes joined by arrows, each with a bar for its share of its largest "
        f"change, at {in_words(moment)}. {says} Values: {values_in_words}. Arrows, with the grade "
        f"of their claim and that of their weakest number: {arrows}.",
        tidy(("treatment", "stage", "time", "activation", "value", "unit"), rows, given, time="h"),
        lambda frame: _paint(frame, shown, grades),
        6.0,
        f"{PERSON} Bar: share of the largest change within 8 weeks. Orange with a flat end: inhibits. Two "
        "marks on each arrow: how well its claim is supported, and how well its weakest number is known; A "
        "replicated in people, B single or small in people, C in animals, D in vitro, E assumed or fitted "
        "here. Not drawn: metabolites, and the inhibition of eEF2 kinase by mTORC1.",
    )


def _shown(node: Node, treatment: str, runs: dict[str, Run], at: int) -> Shown:
    stage, run = _BY_NAME[node.stage], runs[treatment]
    value = float(stage.of(run)[at])
    return Shown(node, treatment, float(activation(stage, run)[at]), value, stage.write(value))


def _flat(name: str) -> str:
    return NODES[name].words.replace("\n", " ")


def _paint(frame: Frame, shown: list[Shown], grades: list[str]) -> None:
    ax = frame.axes(0.12, 0.02, frame.width - 0.24, frame.height - 0.04)
    ax.set_xlim(-0.42, 4.5)
    ax.set_ylim(3.74, -0.36)
    ax.axis("off")
    for arrow, grade in zip(ARROWS, grades, strict=True):
        _arrow(frame, ax, arrow, grade)
    for one in shown[:-1]:
        _box(frame, ax, [one, shown[-1]] if one.node.stage == MOOD else [one])
    for x, y, text, side in (
        (2.5, 0.42, "by a surge of glutamate", "center"),
        (0.05, 1.2, "at rest,\nwithout a surge", "left"),
        (4.42, 3.53, "fast: the excited circuit itself", "right"),
        (0.13, 2.49, "slow: regained\nsynapses", "left"),
    ):
        ax.text(x, y, text, ha=side, va="center", fontsize=6.8, color=frame.colours.grey)


def _box(frame: Frame, ax: Axes, shown: list[Shown]) -> None:
    """Draw name, value and bar of a box, or of two treatments."""
    patches: Any = require("matplotlib.patches", "plot")
    node = shown[0].node
    left, low = node.column - _HALF, node.row + _BELOW
    wide = MOOD_RIGHT - left if node.stage == MOOD else WIDE
    middle = left + wide / 2
    edge = _ink(frame, node.treatment).line if node.treatment == SSRI else frame.colours.ink
    place: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7.5, "zorder": 6}
    ax.add_patch(
        patches.Rectangle(
            (left, low - TALL), wide, TALL, fc=frame.colours.paper, ec=edge, lw=1.0, zorder=4
        )
    )
    # Bars below name and value, so that nothing is written on a fill.
    for k, one in enumerate(shown):
        ink = _ink(frame, one.treatment)
        bottom = low - BAR * (len(shown) - 1 - k)
        ax.add_patch(
            patches.Rectangle(
                (left, bottom - BAR), wide * one.share, BAR, fc=ink.line, ec="none", zorder=4
            )
        )
    ax.text(
        middle, node.row - (0.2 if len(shown) > 1 else 0.12), node.words, fontweight="bold",
        linespacing=1.1, **place,
    )  # fmt: skip
    if len(shown) == 1:
        ax.text(middle, node.row + 0.125, shown[0].words, **place)
        return
    for k, (one, name) in enumerate(zip(shown, ("ketamine", "SSRI"), strict=True)):
        word = _ink(frame, one.treatment).word
        ax.text(middle, node.row - 0.05 + 0.125 * k, f"{name} {one.words}", color=word, **place)


def _ink(frame: Frame, treatment: str) -> Ink:
    return frame.colours.purple if treatment == SSRI else frame.colours.blue


def _arrow(frame: Frame, ax: Axes, arrow: Arrow, grade: str) -> None:
    a, b = NODES[arrow.start], NODES[arrow.end]
    side = 1 if b.column > a.column else -1
    path = arrow.path or ((a.column + side * _HALF, a.row), (b.column - side * _HALF, b.row))
    (x0, y0), (x1, y1) = path[-2:]
    ink = frame.colours.vermillion if arrow.inhibits else frame.colours.black
    dash = (0, (4, 2)) if arrow.dashed else "-"
    line: dict[str, Any] = {"color": ink.line, "lw": 1.3, "zorder": 3}
    if arrow.inhibits:
        # A flat end, a little before the box.
        gap = 0.045
        if y0 == y1:
            x1 -= side * gap
            ax.plot([x1, x1], [y1 - 0.12, y1 + 0.12], **{**line, "lw": 2.6, "zorder": 5})
        else:
            y1 -= gap * (1 if y1 > y0 else -1)
            ax.plot([x1 - 0.1, x1 + 0.1], [y1, y1], **{**line, "lw": 2.6, "zorder": 5})
        xs, ys = zip(*path[:-1], (x1, y1), strict=True)
        ax.plot(xs, ys, ls=dash, clip_on=False, **line)
    else:
        # The last part is drawn together with its head.
        xs, ys = zip(*path[:-1], strict=True)
        ax.plot(xs, ys, ls=dash, clip_on=False, **line)
        ax.annotate(
            "", path[-1], xytext=path[-2], zorder=3,
            arrowprops={
                "arrowstyle": "-|>", "lw": 1.3, "color": ink.line, "shrinkA": 0, "shrinkB": 0, "ls": dash,
            },
        )  # fmt: skip
    place = arrow.mark or ((x0 + x1) / 2, (y0 + y1) / 2)
    ax.text(
        *place, grade, fontsize=6.6, fontweight="bold", ha="center", va="center", zorder=7,
        color=frame.colours.paper,
        bbox={"boxstyle": "round,pad=0.2", "fc": ink.word, "ec": frame.colours.paper, "lw": 1.0},
    )  # fmt: skip
