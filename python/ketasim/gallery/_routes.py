"""The same dose by five routes: peak, time of the peak, bioavailability and metabolites."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ketasim._wording.durations import in_words
from ketasim.catalogue._model_tables import parameters
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.simulation._curve_moments import highest
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

#: As much as 0.5 mg/kg in an adult of 70 kg.
MG = 35.0


class Way(NamedTuple):
    """A route: its text in a regimen, and the parameters that set its bioavailability."""

    name: str
    words: str
    fractions: tuple[str, ...]


WAYS = (
    Way("vein, over 40 min", "iv over 40 min", ()),
    Way("muscle", "im", ("F_im",)),
    Way("nose", "intranasal", ("FR_n",)),
    Way("under the tongue", "sublingual", ("FR_sl",)),
    Way("mouth", "oral", ("F_gut",)),
)


class Arrival(NamedTuple):
    """Bioavailability, at the model's values and at the plausible limits of the route's parameters."""

    share: float
    low: float
    high: float


def routes(*, style: Style = "print") -> Exhibit:
    """Draw ketamine in plasma after the same dose by five routes, with its main metabolite.

    Parameters
    ----------
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: route, quantity, time [h], value, unit.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.routes().data.columns]
    ['route', 'quantity', 'time [h]', 'value', 'unit']
    """
    return exhibit(story(), style)


@cache
def run_of(way: Way, end: float = 0.0) -> Run:
    """Simulate one route; ``end`` -1 or 1 sets the route's parameters to their plausible limits."""
    table = parameters()
    changed = {
        f"pharmacokinetics.{name}": float(
            table[f"pharmacokinetics.{name}"]["low" if end < 0 else "high"]
        )
        for name in way.fractions
        if end
    }
    times = np.unique(np.r_[np.linspace(0.0, 8.0, 481), np.linspace(8.0, 72.0, 257)])
    return simulate(
        f"ketamine {MG:g} mg {way.words}", parameters=changed, t_eval=times, context="none"
    )


def area(run: Run, name: str = "ketamine_venous") -> float:
    """Return the area under a curve over 72 h [ng*h/mL]."""
    return float(np.trapezoid(run[name], run.t))


def arrival(way: Way) -> Arrival:
    """Return the area under the curve by this route divided by that of the infusion."""
    whole = area(run_of(WAYS[0]))
    return Arrival(*(area(run_of(way, end)) / whole for end in (0.0, -1.0, 1.0)))


def story() -> Story:
    peaks = {w.name: highest(run_of(w).t, run_of(w)["ketamine_venous"]) for w in WAYS}
    shares = {w.name: arrival(w) for w in WAYS}
    ratio = {w.name: area(run_of(w), "hnk_venous") / area(run_of(w)) for w in WAYS}
    mouth = WAYS[4].name
    says = (
        f"In the model, {MG:g} mg peak at {peaks[WAYS[0].name].value:.0f} ng/mL by vein and at "
        f"{peaks[mouth].value:.0f} by mouth, where the liver metabolises most of it: "
        f"{ratio[mouth]:.1f} parts of hydroxynorketamine for one of ketamine."
    )
    values_in_words = "; ".join(
        f"{w.name}: peak {peaks[w.name].value:.0f} ng/mL at {in_words(peaks[w.name].time_h)}, "
        f"{100 * shares[w.name].share:.0f} % arrives ({100 * shares[w.name].low:.0f} to "
        f"{100 * shares[w.name].high:.0f}), HNK to ketamine {ratio[w.name]:.1f}"
        for w in WAYS
    )
    rows: list[tuple[str, str, float, float, str]] = [
        (w.name, "ketamine in venous plasma", t, value, "ng/mL")
        for w in WAYS
        for t, value in zip(
            run_of(w).t.tolist(), run_of(w)["ketamine_venous"].tolist(), strict=True
        )
    ]
    last = float(run_of(WAYS[0]).t[-1])
    for w in WAYS:
        rows += [
            (w.name, "share that arrives", last, 100 * shares[w.name].share, "%"),
            (w.name, "lowest plausible share", last, 100 * shares[w.name].low, "%"),
            (w.name, "highest plausible share", last, 100 * shares[w.name].high, "%"),
            (w.name, "hydroxynorketamine to ketamine", last, ratio[w.name], "ng/ng"),
        ]
    return Story(
        "routes",
        "The same dose by five routes",
        says,
        f"Three panels: ketamine in plasma over 6 h after {MG:g} mg by five routes; the share that "
        f"arrives; the ratio of metabolite to drug. {says} {values_in_words}.",
        tidy(("route", "quantity", "time", "value", "unit"), rows, "routes", time="h"),
        lambda frame: _paint(frame, ratio),
        4.2,
        "Racemic ketamine, one adult of 70 kg; areas over 72 h. Lines below the bars: the plausible range "
        "of the number that sets the route's share. Published shares of the nasal route differ several-fold "
        "between studies, more than this range.",
    )


def _paint(frame: Frame, ratio: dict[str, float]) -> None:
    tall, low = frame.height - 0.66, 0.4
    room = frame.width - 0.45 - 1.12 - 0.3 - 0.15
    curves = frame.axes(0.45, low, 0.52 * room, tall)
    shares = frame.axes(0.45 + 0.52 * room + 1.12, low, 0.26 * room, tall)
    metabolite = frame.axes(frame.width - 0.15 - 0.22 * room, low, 0.22 * room, tall)
    inks = frame.colours.inks
    frame.heading(curves, "Ketamine in plasma", "ng/mL")
    top = 0.0
    for way, ink in zip(WAYS, inks, strict=True):
        run = run_of(way)
        early = run.t <= 6.0
        curves.plot(
            run.t[early], run["ketamine_venous"][early], color=ink.line, ls=ink.dash, lw=1.8
        )
        top = max(top, float(run["ketamine_venous"].max()))
    curves.set_xlim(0.0, 6.0)
    curves.set_ylim(0.0, 1.08 * top)
    curves.set_xlabel("time since the dose [hours]", labelpad=2)
    for i, (way, ink) in enumerate(zip(WAYS, inks, strict=True)):
        y = 0.93 - 0.085 * i
        curves.plot(
            [0.34, 0.42], [y] * 2, color=ink.line, ls=ink.dash, lw=1.8, transform=curves.transAxes
        )
        peak = highest(run_of(way).t, run_of(way)["ketamine_venous"])
        curves.text(
            0.44, y, f"{way.name}: {peak.value:.0f} at {in_words(peak.time_h)}", color=ink.word,
            fontsize=7.2, va="center", transform=curves.transAxes,
        )  # fmt: skip
    places = np.arange(len(WAYS))
    found = [arrival(way) for way in WAYS]
    for ax, title, unit, values in (
        (shares, "Arrives unchanged", "% of the dose", [100 * a.share for a in found]),
        (metabolite, "HNK : ketamine", "ratio of areas", [ratio[w.name] for w in WAYS]),
    ):
        for i, (value, ink) in enumerate(zip(values, inks, strict=True)):
            ax.barh(i, value, 0.55, color=ink.line)
            end = max(value, 100 * found[i].high) if ax is shares else value
            ax.text(
                end + 0.03 * max(values), i, f"{value:.0f}" if ax is shares else f"{value:.1f}",
                va="center", fontsize=7.5,
            )  # fmt: skip
            if ax is shares and WAYS[i].fractions:
                ax.plot(
                    [100 * found[i].low, 100 * found[i].high], [i + 0.36] * 2, color=frame.colours.ink,
                    lw=1.2, marker="|", ms=5,
                )  # fmt: skip
        ax.set_title(title, fontsize=8.0, fontweight="bold", loc="left", pad=5)
        ax.set_xlabel(unit, labelpad=2)
        ax.set_ylim(len(WAYS) - 0.4, -0.6)
        ax.set_xlim(0.0, 1.24 * max(values))
        ax.locator_params(axis="x", nbins=4)
        ax.set_yticks(
            places, [w.name.split(",")[0] for w in WAYS] if ax is shares else [""] * len(WAYS)
        )
        ax.tick_params(axis="y", length=0, labelsize=7.0, labelcolor=frame.colours.ink)
