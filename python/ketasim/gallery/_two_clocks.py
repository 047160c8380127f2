"""Two time courses on one axis: that of the drug, and that of the synaptic structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ketasim._arrays import FloatArray
from ketasim._wording.durations import in_words
from ketasim.figures._cascade import ketamine_in_body
from ketasim.figures._era_axis import EraAxis
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame, Ink
from ketasim.gallery._shared_runs import PERSON, TWO_WEEKS, half_lost, infusion
from ketasim.simulation._curve_moments import gone
from ketasim.simulation._run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Remaining share of the drug when it counts as eliminated.
GONE = 0.03


def two_clocks(*, style: Style = "print") -> Exhibit:
    """Draw quantities that end with the drug and quantities that last, each as a share of its peak.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: clock (drug or structure), quantity, time [h], share of its peak [%].

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.two_clocks().data.columns]
    ['clock', 'quantity', 'time [h]', 'share [%]']
    """
    return exhibit(story(), style)


def clocks(run: Run) -> dict[str, dict[str, FloatArray]]:
    """Return the curves of both time courses, % of their own peak, each of shape (n_times,)."""
    drug = {
        "ketamine in the body": ketamine_in_body(run),
        "NMDA receptors blocked": run["nmda_block_interneuron"],
        "dissociation": run["cadss_change"],
    }
    structure = {
        "relief": -run["madrs_change"],
        "spines": run["spine_restored"],
        "synaptic proteins": run["psd95"] - run["psd95"][0],
    }
    return {
        clock: {name: 100.0 * y / y.max() for name, y in curves.items()}
        for clock, curves in (("drug", drug), ("structure", structure))
    }


def story() -> Story:
    run = infusion()
    both = clocks(run)
    left = gone(run.t, both["drug"]["ketamine in the body"], GONE) or float("nan")
    halves = {name: half_lost(run.t, y) or float("nan") for name, y in both["structure"].items()}
    over = gone(run.t, both["drug"]["dissociation"], 0.05) or float("nan")
    mood = halves["relief"]
    says = (
        f"In the model, {100 - 100 * GONE:.0f} % of the drug is eliminated at {in_words(left)}; half of "
        f"the relief is lost only at {in_words(mood)}, {mood / left:.1f} times later."
    )
    rows = [
        (clock, name, t, y)
        for clock, curves in both.items()
        for name, curve in curves.items()
        for t, y in zip(run.t.tolist(), curve.tolist(), strict=True)
    ]
    return Story(
        "two_clocks",
        "Two clocks: the effect lasts longer than the drug",
        says,
        f"Two panels over 14 days on one axis from seconds to days. {says} Dissociation ends at "
        f"{in_words(over)}. Half of the gain is lost for synaptic proteins at "
        f"{in_words(halves['synaptic proteins'])} and for dendritic spines at "
        f"{in_words(halves['spines'])}.",
        tidy(("clock", "quantity", "time", "share"), rows, str(run.scenario), time="h", share="%"),
        lambda frame: _paint(frame, run, left, halves),
        4.5,
        f"{PERSON} The figure does not tell when a next dose is due.",
    )


def _paint(frame: Frame, run: Run, left: float, halves: dict[str, float]) -> None:
    (top,), (low,) = frame.grid((1.0,), (1.0, 1.0), gap=(0.0, 0.34), left=0.42)
    era = EraAxis(TWO_WEEKS)
    both = clocks(run)
    inks = frame.colours.inks
    for ax, clock, title in (
        (top, "drug", "The drug's clock"),
        (low, "structure", "The structure's clock"),
    ):
        era.apply(ax, labels=ax is low)
        ax.set_ylim(-4, 112)
        ax.set_yticks([0, 50, 100])
        frame.heading(ax, title, "% of its own peak")
        for y, ink in zip(both[clock].values(), inks, strict=False):
            ax.plot(
                [era.start_h, *run.t], [y[0], *y], color=ink.line, ls=ink.dash, lw=1.8, zorder=5
            )
    _key(frame, top, dict.fromkeys(both["drug"], ""), inks)
    # On a poster the lines begin before the times would end; the sentence above it has them.
    times = {name: f": half lost at {in_words(h)}" for name, h in halves.items()}
    _key(frame, low, times if frame.width > 6.5 else dict.fromkeys(times, ""), inks)
    frame.moment(top, left, 100 * GONE, inks[0])
    frame.label(
        top, left, 0, f"{100 - 100 * GONE:.0f} % eliminated: {in_words(left)}", inks[0].word,
        offset=(2, 25 if frame.width > 6.5 else 42), ha="right",
        fontsize=7.5 if frame.width > 6.5 else 6.5,
    )  # fmt: skip
    for half, ink in zip(halves.values(), inks, strict=False):
        frame.moment(low, half, 50.0, ink)


def _key(frame: Frame, ax: Axes, names: Mapping[str, str], inks: Sequence[Ink]) -> None:
    """Name the lines in the space to the left, where the first minute is empty."""
    for i, ((name, more), ink) in enumerate(zip(names.items(), inks, strict=False)):
        y = 0.82 - 0.19 * i
        ax.plot(
            [0.074, 0.108], [y + 0.03] * 2, color=ink.line, ls=ink.dash, lw=1.8,
            transform=ax.transAxes, zorder=8,
        )  # fmt: skip
        ax.text(
            0.118,
            y,
            name + more,
            color=ink.word,
            fontsize=7.5 if frame.width > 6.5 else 6.5,
            transform=ax.transAxes,
            zorder=8,
        )
