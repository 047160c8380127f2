"""The activation of each stage of the cascade from seconds to two weeks, as shaded strips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.durations import in_words
from ketasim._wording.numbers import signed
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._quantities import DRUG, GROWTH
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import PERSON, TWO_WEEKS, infusion
from ketasim.simulation._curve_moments import furthest
from ketasim.simulation._run import Run


class Stage(NamedTuple):
    """A stage of the cascade: its curve in a run, and the format of its value."""

    name: str
    of: Callable[[Run], FloatArray]
    unit: str
    write: Callable[[float], str]


def fold(name: str) -> Callable[[Run], FloatArray]:
    return lambda run: run[name] / run.before(name)


def times(value: float) -> str:
    return f"{value:.2f} ×"


STAGES = (
    Stage("ketamine in plasma", DRUG[0].of, "ng/mL", lambda v: f"{v:.0f} ng/mL"),
    Stage("ketamine in brain", DRUG[1].of, "uM", lambda v: f"{v:.2f} µM"),
    Stage(
        "NMDA receptors blocked", lambda run: 100.0 * run["nmda_block_interneuron"], "%",
        lambda v: f"{v:.0f} %",
    ),
    Stage("dissociation", lambda run: run["cadss_change"], "points", lambda v: f"{v:.0f} points"),
    Stage("interneuron firing", fold("interneuron_rate"), "x before", times),
    Stage("glutamate", fold("glutamate_dialysate"), "x before", times),
    Stage("AMPA throughput", fold("ampa_throughput"), "x before", times),
    Stage("BDNF", GROWTH[0].of, "x before", times),
    Stage("TrkB", fold("p_trkb"), "x before", times),
    Stage("mTORC1", GROWTH[1].of, "x before", times),
    Stage("synaptic proteins (PSD95)", fold("psd95"), "x before", times),
    Stage("dendritic spines", fold("spine_density"), "x before", times),
    Stage("mood (MADRS)", lambda run: run["madrs_change"], "points", lambda v: f"{signed(v)} points"),
)  # fmt: skip


def activation(stage: Stage, run: Run) -> FloatArray:
    """Return the distance from the first value as a share of the largest, shape (n_times,)."""
    away = np.abs(stage.of(run) - stage.of(run)[0])
    share: FloatArray = away / away.max()
    return share


def cascade_timeline(*, style: Style = "print") -> Exhibit:
    """Draw every stage of the cascade as a strip that is dark while the stage is active.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: stage, time [h], activation (share of the largest change), value, unit.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.cascade_timeline().data.columns]
    ['stage', 'time [h]', 'activation', 'value', 'unit']
    """
    return exhibit(story(), style)


def story() -> Story:
    run = infusion()
    far = [furthest(run.t, stage.of(run)) for stage in STAGES]
    extremes = [
        f"{s.name} {s.write(m.value)} at {in_words(m.time_h)}"
        for s, m in zip(STAGES, far, strict=True)
    ]
    late = STAGES[-2].name
    says = (
        f"In the model, the block of NMDA receptors peaks at {in_words(far[2].time_h)}, mTORC1 at "
        f"{in_words(far[9].time_h)}, mood at {in_words(far[12].time_h)} and {late} at "
        f"{in_words(far[11].time_h)}."
    )
    rows = [
        (stage.name, t, share, value, stage.unit)
        for stage in STAGES
        for t, share, value in zip(
            run.t.tolist(), activation(stage, run).tolist(), stage.of(run).tolist(), strict=True
        )
    ]
    return Story(
        "cascade_timeline",
        "One infusion starts a cascade that lasts for days",
        says,
        "A strip for each stage of the cascade over 14 days on an axis from seconds to days, dark "
        f"while the stage is far from its first value. {says} Furthest values: {'; '.join(extremes)}.",
        tidy(("stage", "time", "activation", "value", "unit"), rows, str(run.scenario), time="h"),
        lambda frame: _paint(frame, run),
        4.7,
        f"{PERSON} Each strip is scaled to its own largest change: strips show times, not sizes.",
    )


def _paint(frame: Frame, run: Run) -> None:
    colours: Any = require("matplotlib.colors", "plot")
    blue = frame.colours.blue
    ((ax,),) = frame.grid((1.0,), (1.0,), left=1.55, right=1.42, above=0.1)
    era = EraAxis(TWO_WEEKS)
    heat = colours.LinearSegmentedColormap.from_list("heat", [frame.colours.band, blue.line])
    n = len(STAGES)
    era.apply(ax)
    ax.set_ylim(n, 0)
    edges = np.r_[era.start_h, run.t]
    for i, stage in enumerate(STAGES):
        share = activation(stage, run)
        ax.pcolormesh(
            edges, [i + 0.12, i + 0.88], share[np.newaxis, :], cmap=heat, vmin=0.0, vmax=1.0,
            rasterized=True, zorder=2,
        )  # fmt: skip
        on = run.t[share >= 0.5]
        ax.plot([on[0], on[-1]], [i + 0.94] * 2, color=frame.colours.ink, lw=1.1, zorder=5)
        far = furthest(run.t, stage.of(run))
        ax.plot(
            far.time_h, i + 0.5, "o", ms=4.0, mfc=frame.colours.paper, mec=frame.colours.ink, mew=0.9,
            zorder=7,
        )  # fmt: skip
        ax.annotate(
            f"{stage.write(far.value)} at {in_words(far.time_h)}", (1.0, i + 0.5),
            xycoords=ax.get_yaxis_transform(), xytext=(6, 0), textcoords="offset points",
            fontsize=7.5, va="center", annotation_clip=False,
        )  # fmt: skip
    ax.set_yticks(np.arange(n) + 0.5, [stage.name for stage in STAGES])
    ax.set_ylabel("stage of the cascade [dark: active]")
    ax.yaxis.label.set_visible(False)
    ax.tick_params(axis="y", length=0, labelsize=7.5, labelcolor=frame.colours.ink)
    ax.spines["left"].set_visible(False)
    ax.annotate(
        "dot: furthest; line: ≥ half", (1.0, 1.0), xycoords="axes fraction",
        xytext=(6, 3), textcoords="offset points", fontsize=6.5, color=frame.colours.grey,
        annotation_clip=False,
    )  # fmt: skip
