"""The synapse at one moment of a run: the drawing of the explorer, with its numbers and their description."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.durations import hours, in_words
from ketasim.catalogue._model_tables import drugs, parameters
from ketasim.errors import ScenarioError
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import ketamine
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Five moments of a strip.
MOMENTS = ("0 h", "40 min", "4 h", "2 d", "14 d")
NOTE = (
    "Schematic. Sizes, distances and numbers of molecules are not to scale. A diamond is 10 ng/mL of drug in "
    "blood, a green dot one fifth of the BDNF of before. Bright receptors and the switch show changes from before."
)


@dataclass(frozen=True, slots=True)
class Levels:
    """What the drawing shows: counts of what is drawn, % of before, and x before."""

    drug: float
    diamonds: int
    pores: int
    spine_pores: int
    brake: float
    drive: float
    glutamate: float
    ampa: float
    bdnf: float
    dots: int
    mtor: float
    spines: int
    sert: int
    serotonin: float


@cache
def art() -> dict[str, Any]:
    """Outlines and places of the drawing, the same as those of the page."""
    text = (files("ketasim.gallery") / "synapse.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def levels(run: Run, time_h: float) -> Levels:
    """Return what the drawing shows of a run at a time [h]."""

    def at(name: str) -> float:
        return float(np.interp(time_h, run.t, run[name]))

    def of_before(name: str) -> float:
        return at(name) / run.before(name)

    given = {dose.drug for dose in run.scenario.regimen.doses}
    tablets = given <= {"escitalopram"}
    blood = "hnk_venous" if "hnk_2r6r" in given else "ketamine_venous"
    drug = at("escitalopram_venous" if tablets else blood)

    def weight(name: str) -> float:
        """Weight of the block on a kind of cell."""
        return float(run.scenario.parameters.get(name, parameters()[name]["value"]))

    bdnf = of_before("bdnf_extracellular")
    places = art()
    scale = places["scale"]
    return Levels(
        drug=drug,
        diamonds=0
        if tablets
        else min(scale["most_diamonds"], round_half_up(drug / scale["ng_per_mL_of_a_diamond"])),
        pores=_count(
            weight("disinhibition.w_dis") * at("nmda_block_interneuron"), places["pores"]["brake"]
        ),
        spine_pores=_count(
            weight("disinhibition.w_pyr") * at("nmda_block_pyramidal"), places["pores"]["drive"]
        ),
        brake=100.0 * of_before("interneuron_rate"),
        drive=100.0 * of_before("pyramidal_rate"),
        glutamate=100.0 * of_before("glutamate_dialysate"),
        ampa=100.0 * of_before("ampa_throughput"),
        bdnf=bdnf,
        dots=min(len(places["bdnf"]), round_half_up(bdnf / scale["bdnf_of_a_dot"])),
        mtor=of_before("p_mtor"),
        spines=_count(at("spine_restored"), places["lost"]),
        sert=_count(at("sert_occupancy"), places["serotonin"]["transporters"]),
        serotonin=of_before("serotonin_extracellular"),
    )


def round_half_up(value: float) -> int:
    """Round as the page does: halves upward."""
    return int(np.floor(value + 0.5))


def _count(share: float, places: Sequence[object]) -> int:
    return min(len(places), max(0, round_half_up(len(places) * share)))


def blocked(run: Run) -> dict[str, str]:
    """Return the parts that tool compounds block, with the name of the compound."""
    target = {
        str(row["name"]): str(row["target"]) for row in drugs() if row["target"] in art()["below"]
    }
    return {
        target[dose.drug]: dose.drug for dose in run.scenario.interventions if dose.drug in target
    }


def shades(run: Run) -> dict[str, float]:
    """Return how much darker each part is: the share of its largest answer lost to blockers above it."""
    stopped = blocked(run)
    if not stopped:
        return dict.fromkeys(art()["below"], 0.0)
    row = list(art()["below"])
    first = min(row.index(part) for part in stopped)
    kept = tuple(d for d in run.scenario.interventions if d.drug not in stopped.values())
    free = simulate(replace(run.scenario, interventions=kept), t_eval=run.t)

    def most(of: Run, part: str) -> float:
        name = art()["below"][part]["readout"]
        rest = of.before(name) if art()["below"][part]["rest"] == "before" else 0.0
        away = of[name] - rest
        return float(away[np.argmax(np.abs(away))])

    found = {}
    for i, part in enumerate(row):
        whole = most(free, part)
        lost = 1.0 - most(run, part) / whole if whole and i >= first else 0.0
        found[part] = float(np.clip(lost, 0.0, 1.0))
    return found


def synapse(
    run: Run | None = None, at: float | str = "60 min", *, style: Style = "print"
) -> Exhibit:
    """Draw the synapse at one moment of a run.

    Brake cell (interneuron) with its NMDA pores, pyramidal cell, glutamate terminal, AMPA receptors, BDNF,
    the mTORC1 switch, the spines that stress took, and a serotonin fibre with its transporters.

    Parameters
    ----------
    run : Run, optional
        From `ketasim.simulate`; by default one infusion of 0.5 mg/kg ketamine.
    at : float or str
        Time since the first dose: hours, or text such as '60 min' or '2 d'; within the run.
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: part, level, unit, time [h].

    Raises
    ------
    ScenarioError
        If ``at`` is not a time within the run.

    Examples
    --------
    >>> import ketasim as ks
    >>> run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0.0, 1.0, 24.0])
    >>> [column.heading for column in ks.gallery.synapse(run, at="60 min").data.columns]
    ['part', 'level', 'unit', 'time [h]']
    """
    return exhibit(story(run or ketamine(), at), style)


def synapse_strip(
    run: Run | None = None, at: Sequence[float | str] = MOMENTS, *, style: Style = "print"
) -> Exhibit:
    """Draw the synapse at several moments of a run, by default five, from before treatment to two weeks.

    Parameters
    ----------
    run : Run, optional
        From `ketasim.simulate`; by default one infusion of 0.5 mg/kg ketamine.
    at : sequence of float or str
        One to six times within the run, hours or text such as '60 min'.
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: part, level, unit, time [h].

    Raises
    ------
    ScenarioError
        If a time does not lie within the run, or their number is not one to six.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.gallery.synapse_strip().says.startswith("In the model")
    True
    """
    return exhibit(strip_story(run or ketamine(), at), style)


def _moment(run: Run, at: float | str) -> float:
    moment = hours(at, "at")
    first, last = float(run.t[0]), float(run.t[-1])
    if not first <= moment <= last:
        raise ScenarioError(
            f"at = {at!r}: must lie within the run, {in_words(first)} to {in_words(last)}; "
            "simulate with t_eval that includes it"
        )
    return moment


def _when(moment: float) -> str:
    return "before treatment" if moment == 0.0 else f"at {in_words(moment)}"


def _said(v: Levels) -> Iterator[tuple[str, float, str, str]]:
    """Yield part, level, unit and words of each level."""
    n = art()
    for part, level, whole in (
        ("NMDA pores of the brake cell plugged", v.pores, len(n["pores"]["brake"])),
        ("NMDA pores of the spine plugged", v.spine_pores, len(n["pores"]["drive"])),
        ("lost spines that are back", v.spines, len(n["lost"])),
        ("serotonin transporters taken", v.sert, len(n["serotonin"]["transporters"])),
    ):
        yield part, float(level), f"of {whole}", f"{level} of {whole} {part}"
    for part, percent in (
        ("brake cell firing", v.brake),
        ("pyramidal cell firing", v.drive),
        ("glutamate outside cells", v.glutamate),
        ("AMPA throughput", v.ampa),
    ):
        yield part, percent, "% of before", f"{part} {percent:.0f} % of before"
    for part, fold in (
        ("BDNF", v.bdnf),
        ("mTORC1", v.mtor),
        ("serotonin outside cells", v.serotonin),
    ):
        yield part, fold, "x before", f"{part} {fold:.1f} × before"


def _headline(v: Levels, when: str) -> str:
    n = art()
    return (
        f"In the model, {when}: {v.pores} of {len(n['pores']['brake'])} NMDA pores of the brake cell are "
        f"plugged, glutamate is {v.glutamate:.0f} % of before, BDNF {v.bdnf:.1f} ×, and {v.spines} of "
        f"{len(n['lost'])} lost spines are back."
    )


def story(run: Run, at: float | str) -> Story:
    moment = _moment(run, at)
    shown = levels(run, moment)
    says = _headline(shown, _when(moment))
    dark = shades(run)
    rows = [(part, level, unit, moment) for part, level, unit, _ in _said(shown)]
    return Story(
        "synapse",
        f"The synapse {_when(moment)}",
        says,
        "A drawing of a brake cell that holds back a pyramidal cell, whose terminal faces a spine on a dendrite, "
        f"and of a serotonin fibre. {says} {'; '.join(words for *_, words in _said(shown))}."
        + _dark_words(run, dark),
        tidy(("part", "level", "unit", "time"), rows, str(run.scenario), time="h"),
        lambda frame: _panel(frame, _place(frame, 0.12, frame.width - 0.24), shown, run, dark),
        5.7,
        NOTE,
    )


def strip_story(run: Run, at: Sequence[float | str]) -> Story:
    if isinstance(at, str) or not 1 <= len(at) <= 6:
        raise ScenarioError(f"at = {at!r}: give one to six times")
    moments = [_moment(run, each) for each in at]
    shown = [levels(run, moment) for moment in moments]
    dark = shades(run)
    peak = shown[int(np.argmax([v.bdnf for v in shown]))]
    when = _when(moments[shown.index(peak)])
    rows = [
        (part, level, unit, moment)
        for moment, v in zip(moments, shown, strict=True)
        for part, level, unit, _ in _said(v)
    ]
    words = " ".join(
        f"{_when(moment).capitalize()}: {'; '.join(said for *_, said in _said(v))}."
        for moment, v in zip(moments, shown, strict=True)
    )
    says = (
        f"In the model, BDNF is highest {when} ({peak.bdnf:.1f} × before); of {len(art()['lost'])} lost spines "
        + ", ".join(f"{v.spines} are back {_when(m)}" for m, v in zip(moments, shown, strict=True))
        + "."
    )

    def paint(frame: Frame) -> None:
        columns = min(len(shown), 3 if frame.width > 1.3 * frame.height else 2)
        wide = (frame.width - 0.24 - 0.1 * (columns - 1)) / columns
        down = -(-len(shown) // columns)
        tall = (frame.height - 0.2 * down) / down
        wide = min(wide, tall * art()["width"] / art()["height"])
        left = 0.5 * (frame.width - columns * wide - 0.1 * (columns - 1))
        for i, (moment, v) in enumerate(zip(moments, shown, strict=True)):
            ax = frame.axes(
                left + (i % columns) * (wide + 0.1),
                frame.height - (i // columns + 1) * (tall + 0.2),
                wide,
                wide * art()["height"] / art()["width"],
            )
            _panel(frame, ax, v, run, dark, small=True)
            ax.set_title(
                f"{_when(moment)}: BDNF {v.bdnf:.1f} ×, {v.spines} spines back", fontsize=7.0, pad=3
            )
        if len(shown) < columns * down:
            i = len(shown)
            _key(
                frame,
                frame.axes(
                    left + (i % columns) * (wide + 0.1),
                    frame.height - (i // columns + 1) * (tall + 0.2),
                    wide,
                    wide * art()["height"] / art()["width"],
                ),
            )

    return Story(
        "synapse_strip",
        "A synapse from minutes to weeks",
        says,
        f"Drawings of the same synapse side by side. {says} {words}" + _dark_words(run, dark),
        tidy(("part", "level", "unit", "time"), rows, str(run.scenario), time="h"),
        paint,
        8.6 if len(shown) > 4 else 6.4,
        NOTE,
    )


def _dark_words(run: Run, dark: dict[str, float]) -> str:
    stopped = blocked(run)
    if not stopped:
        return ""
    below = ", ".join(part for part in art()["below"] if dark[part] > 0.2)
    return f" Blocked: {', '.join(stopped.values())}; darker for it: {below or 'nothing'}."


# --- drawing ---------------------------------------------------------------------------------------

_LIGHT = {
    "ground": "#FBF7EF", "brake": ("#F8D3C3", "#E08A6C", "#A8482C"), "drive": ("#D3E0F7", "#86A5DD", "#34559C"),
    "post": ("#D0EBE6", "#7DBDB5", "#21706A"), "fibre": ("#EED9F1", "#BF93CC", "#75428A"), "hole": "#3D3F46",
    "pore": "#FDF6E8", "drug": "#4D1F8C", "glutamate": "#D98A00", "bdnf": "#2F8A3C", "serotonin": "#9A3FB0",
    "lost": "#21706A", "lamp": "#FFB000", "dull": "#B9B3A6", "on": "#2A8F46", "stop": "#A3152B", "dusk": "#2A2C48",
    "ink": "#1B1E22",
}  # fmt: skip
_DARK = {
    "ground": "#0B121D", "brake": ("#7A3A2A", "#3D1C15", "#FF9C7A"), "drive": ("#2B4A86", "#14254A", "#86B2FF"),
    "post": ("#1D6660", "#0D3835", "#63DCCD"), "fibre": ("#5D3070", "#2D1638", "#D9A0EE"), "hole": "#05070B",
    "pore": "#E9DCC2", "drug": "#CFA6FF", "glutamate": "#FFC247", "bdnf": "#74E08A", "serotonin": "#EE9BFF",
    "lost": "#63DCCD", "lamp": "#FFD25E", "dull": "#4A5158", "on": "#4AD06F", "stop": "#FF9A9A", "dusk": "#000000",
    "ink": "#F1F4F6",
}  # fmt: skip


def _key(frame: Frame, ax: Axes) -> None:
    """Explain the signs of the drawings in the place that is left over."""
    c: dict[str, Any] = _LIGHT if frame.colours.paper == "white" else _DARK
    ax.set_xlim(0, 10)
    ax.set_ylim(11.4, 0)
    ax.axis("off")
    signs: tuple[tuple[str, str, float, str, str], ...] = (
        (c["brake"][1], "o", 8.0, c["brake"][2], "brake cell (interneuron)"),
        (c["drive"][1], "o", 8.0, c["drive"][2], "pyramidal cell and its terminal"),
        (c["post"][1], "o", 8.0, c["post"][2], "dendrite with its spine"),
        (c["fibre"][1], "o", 8.0, c["fibre"][2], "serotonin fibre with transporters"),
        (c["drug"], "d", 6.0, c["ground"], "ketamine"),
        (c["pore"], "o", 7.0, c["drug"], "NMDA pore, plugged (dark ring)"),
        (c["glutamate"], "o", 5.0, c["ground"], "glutamate"),
        (c["bdnf"], "o", 6.0, c["ground"], "BDNF"),
        (c["lamp"], "v", 7.0, c["hole"], "AMPA receptors, bright when more active"),
        (c["on"], "s", 7.0, c["post"][2], "switch: mTORC1, knob at the right when on"),
        ("none", "o", 7.0, c["lost"], "lost spine (filled: back again)"),
    )
    for row, (colour, marker, size, rim, words) in enumerate(signs):
        y = 0.7 + row
        ax.plot([0.5], [y], marker=marker, ms=size, mfc=colour, mec=rim, mew=0.9, ls="none")
        ax.text(1.1, y, words, fontsize=7.0, va="center")


def _place(frame: Frame, left: float, wide: float) -> Axes:
    tall = wide * art()["height"] / art()["width"]
    if tall > frame.height - 0.05:
        tall = frame.height - 0.05
        wide = tall * art()["width"] / art()["height"]
        left = 0.5 * (frame.width - wide)
    return frame.axes(left, frame.height - tall, wide, tall)


def _path(d: str) -> Any:
    """Return the outline of an SVG path of M, C and Z."""
    path: Any = require("matplotlib.path", "plot").Path
    numbers = np.array(re.findall(r"-?[\d.]+", d), dtype=float).reshape(-1, 2)
    codes = [path.MOVETO, *[path.CURVE4] * (len(numbers) - 1)]
    return path(numbers, codes)


def _spread(n: int, step: int) -> list[int]:
    """Return the rank of each place of a ring, so that counts spread over it; as on the page."""
    rank = [0] * n
    for k in range(n):
        rank[(k * step) % n] = k
    return rank


def _hash(a: int, b: int) -> float:
    """Return the number between 0 and 1 that the page has for a pair."""
    h = (a * 374761393 + b * 668265263) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 1274126177) & 0xFFFFFFFF
    return float((h ^ (h >> 16)) & 0xFFFFFFFF) / 2.0**32


def _panel(
    frame: Frame, ax: Axes, v: Levels, run: Run, dark: dict[str, float], *, small: bool = False
) -> None:
    patches: Any = require("matplotlib.patches", "plot")
    c: dict[str, Any] = _LIGHT if frame.colours.paper == "white" else _DARK
    shapes = art()
    wide, tall = shapes["width"], shapes["height"]
    ax.set_xlim(0, wide)
    ax.set_ylim(tall, 0)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color(frame.colours.grey)
        spine.set_linewidth(0.6)
    ax.set_facecolor(c["ground"])
    pt = 0.55 if small else 1.0

    def fill(outline: str, colours: Sequence[str], z: int) -> None:
        bright, deep, rim = colours
        patch = patches.PathPatch(_path(outline), fc=deep, ec=rim, lw=2.4 * pt, zorder=z)
        ax.add_patch(patch)
        box = patch.get_path().get_extents()
        u, w = np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 60))
        glow = np.clip(1.0 - np.hypot(u + 0.2, w + 0.3) / 1.25, 0.0, 1.0)
        colour: Any = require("matplotlib.colors", "plot")
        image = np.dstack([np.full_like(glow, part) for part in colour.to_rgb(bright)] + [glow])
        picture = ax.imshow(
            image, extent=(box.x0, box.x1, box.y1, box.y0), zorder=z + 0.1, aspect="auto", interpolation="bilinear",
        )  # fmt: skip
        picture.set_clip_path(patch)
        ax.add_patch(
            patches.PathPatch(_path(outline), fc="none", ec=bright, lw=0.7 * pt, zorder=z + 0.2)
        )

    def thread(outline: str, colours: Sequence[str], width: float, z: float) -> None:
        for colour, extra in ((colours[2], 1.6), (colours[0], 0.0)):
            ax.add_patch(
                patches.PathPatch(
                    _path(outline), fc="none", ec=colour, lw=(width + extra) * pt, zorder=z, capstyle="round"
                )
            )  # fmt: skip

    def dots(
        places: Sequence[Sequence[float]], colour: str, size: float, z: float, marker: str = "o"
    ) -> None:
        if places:
            x, y = zip(*((p[0], p[1]) for p in places), strict=True)
            ax.plot(
                x, y, ls="none", marker=marker, ms=size * pt, mfc=colour, mec=c["ground"], mew=0.4 * pt, zorder=z
            )  # fmt: skip

    def light(
        x: float, y: float, rx: float, ry: float, alpha: float, colour: str, z: float
    ) -> None:
        if alpha <= 0.0:
            return
        u, w = np.meshgrid(np.linspace(-1, 1, 48), np.linspace(-1, 1, 48))
        glow = np.clip(1.0 - np.hypot(u, w), 0.0, 1.0) ** 1.3 * alpha
        rgb: Any = require("matplotlib.colors", "plot").to_rgb(colour)
        image = np.dstack([np.full_like(glow, part) for part in rgb] + [glow])
        ax.imshow(
            image, extent=(x - rx, x + rx, y + ry, y - ry), zorder=z, aspect="auto", interpolation="bilinear"
        )  # fmt: skip

    fill(shapes["serotonin"]["outline"], c["fibre"], 2)
    thread(shapes["drive"]["axon"], c["drive"], 3.2, 2.5)
    fill(shapes["drive"]["outline"], c["drive"], 3)
    for twig in shapes["brake"]["twigs"]:
        thread(twig, c["brake"], 1.2, 3.5)
    thread(shapes["brake"]["axon"], c["brake"], 2.6, 3.5)
    fill(shapes["brake"]["outline"], c["brake"], 4)
    dots(shapes["brake"]["boutons"], c["brake"][1], 7.5, 4.5)
    for x, y, r in ((*shapes["brake"]["centre"], 18), (500, 102, 16)):
        ax.add_patch(patches.Circle((x, y), r, fc="white", ec=c["hole"], alpha=0.28, zorder=4.6))
    fill(shapes["dendrite"]["outline"], c["post"], 5)
    fill(shapes["spine"]["outline"], c["post"], 5)
    fill(shapes["terminal"]["outline"], c["drive"], 6)
    dots(shapes["terminal"]["vesicles"], c["drive"][0], 7.5, 6.5)
    dots(shapes["terminal"]["vesicles"], c["glutamate"], 3.2, 6.6)

    rank, rank10 = _spread(20, 7), _spread(10, 3)
    for places, ranks, n, size in (
        (shapes["pores"]["brake"], rank, v.pores, 6.4),
        (shapes["pores"]["drive"], rank10, v.spine_pores, 5.6),
    ):
        plugged = [p for p, r in zip(places, ranks, strict=True) if r < n]
        free = [p for p, r in zip(places, ranks, strict=True) if r >= n]
        dots(free, c["pore"], size, 7)
        dots(free, c["hole"], 0.45 * size, 7.1)
        dots(plugged, c["drug"], size + 0.6, 7)
        dots(plugged, c["pore"], 0.62 * size, 7.1, "d")
    for p, r in zip(shapes["serotonin"]["transporters"], rank, strict=True):
        dots([p], c["drug"] if r < v.sert else c["pore"], 4.8, 7, "s")
    dots(
        [
            (150 + 34 * _hash(k, 2), 215 + 62 * _hash(k, 3))
            for k in range(min(16, round_half_up(5 * v.serotonin)))
        ],
        c["serotonin"], 3.2, 7,
    )  # fmt: skip
    dots(
        [(30 + 560 * _hash(k, 31), 20 + 300 * _hash(k, 32)) for k in range(v.diamonds)],
        c["drug"], 4.6, 8, "d",
    )  # fmt: skip
    surge = float(np.clip((v.glutamate - 100.0) / shapes["scale"]["full_ampa"], 0.0, 1.0))
    light(330, 256, 100, 20, 0.25 + 0.6 * surge, c["glutamate"], 6.8)
    dots([(290 + 13 * k, 252 + 6 * _hash(k, 8)) for k in range(7)], c["glutamate"], 3.0, 7)
    lit = float(np.clip((v.ampa - 100.0) / shapes["scale"]["full_ampa"], 0.0, 1.0))
    light(330, 288, 84, 44, 0.7 * lit, c["lamp"], 6.9)
    mixed: Any = require("matplotlib.colors", "plot")
    lamp = (1.0 - lit) * np.array(mixed.to_rgb(c["dull"])) + lit * np.array(mixed.to_rgb(c["lamp"]))
    for x, y in shapes["ampa"]:
        for side in (-1, 1):
            ax.add_patch(
                patches.Polygon(
                    [
                        (x + side, y + 7), (x + side, y - 3), (x + 2.4 * side, y - 9), (x + 7 * side, y - 8),
                        (x + 4.8 * side, y + 7),
                    ],
                    closed=True, fc=lamp, ec=c["hole"], lw=0.6 * pt, zorder=7,
                )
            )  # fmt: skip
    dots(shapes["bdnf"][: v.dots], c["bdnf"], 5.0, 7)
    on = float(np.clip((v.mtor - 1.0) / shapes["scale"]["full_mtor"], 0.0, 1.0))
    light(330, 361, 66, 30, 0.7 * on, c["on"], 6.9)
    (x, y), w, h = (shapes["switch"][key] for key in ("centre", "width", "height"))
    knob = (1.0 - on) * np.array(mixed.to_rgb(c["dull"])) + on * np.array(mixed.to_rgb(c["on"]))
    ax.add_patch(
        patches.FancyBboxPatch(
            (x - w / 2, y - h / 2), w, h, boxstyle=f"round,pad=0,rounding_size={h / 2}", fc=knob, ec=c["post"][2],
            lw=0.8 * pt, zorder=7,
        )
    )  # fmt: skip
    ax.add_patch(
        patches.Circle(
            (x - w / 2 + h / 2 + on * (w - h), y), h / 2 - 2.2, fc="white", ec=c["post"][2], lw=0.8 * pt, zorder=7.1
        )
    )  # fmt: skip
    for i, (x, y, way, lean) in enumerate(shapes["lost"]):
        ax.add_patch(_spine_patch(x, y, way, lean, i < v.spines, c, pt))
    for part, below in shapes["below"].items():
        for x, y, rx, ry in below["shade"]:
            _dusk(ax, x, y, rx, ry, 0.62 * dark.get(part, 0.0), c["dusk"])
    for part, name in blocked(run).items():
        x, y = shapes["below"][part]["cross"]
        ax.plot([x], [y], "x", ms=11 * pt, mew=3 * pt, color=c["stop"], zorder=10)
        if not small:
            words = "NBQX" if name == "nbqx" else name.replace("_", " ")
            _write(ax, c, x + 16, y, words, "left", 8.0, c["stop"])
    if not small:
        _labels(ax, c, v)


def _spine_patch(
    x: float, y: float, way: int, lean: float, back: bool, c: dict[str, Any], pt: float
) -> Any:
    path: Any = require("matplotlib.path", "plot").Path
    patches: Any = require("matplotlib.patches", "plot")
    tx, ty = x + lean, y + way * 23
    points = [
        (x - 3.4, y), (x - 1.4, y + way * 7), (tx - 2.2, ty - way * 7), (tx - 12.5, ty - way * 6),
        (tx - 10, ty + way * 4.6), (tx, ty + way * 4.6), (tx + 10, ty + way * 4.6), (tx + 12.5, ty - way * 6),
        (tx + 2.2, ty - way * 7), (x + 1.4, y + way * 7), (x + 3.4, y),
    ]  # fmt: skip
    codes = [path.MOVETO, *[path.CURVE3] * 2, *[path.CURVE4] * 6, *[path.CURVE3] * 2]
    return patches.PathPatch(
        path(points, codes), fc=c["post"][1] if back else "none", ec=c["post"][2] if back else c["lost"],
        lw=(1.3 if back else 0.7) * pt, ls="-" if back else (0, (2, 2)), zorder=5.6, alpha=1.0 if back else 0.6,
    )  # fmt: skip


def _dusk(ax: Axes, x: float, y: float, rx: float, ry: float, alpha: float, colour: str) -> None:
    if alpha <= 0.01:
        return
    u, w = np.meshgrid(np.linspace(-1.25, 1.25, 60), np.linspace(-1.25, 1.25, 60))
    away = (u**4 + w**4) ** 0.25
    edge = np.clip((1.25 - away) / 0.5, 0.0, 1.0)
    rgb: Any = require("matplotlib.colors", "plot").to_rgb(colour)
    image = np.dstack(
        [np.full_like(edge, part) for part in rgb] + [alpha * edge**2 * (3 - 2 * edge)]
    )
    ax.imshow(
        image, extent=(x - 1.25 * rx, x + 1.25 * rx, y + 1.25 * ry, y - 1.25 * ry), zorder=9, aspect="auto",
        interpolation="bilinear",
    )  # fmt: skip


def _write(
    ax: Axes, c: dict[str, Any], x: float, y: float, words: str, side: str, size: float, colour: str
) -> None:
    effects: Any = require("matplotlib.patheffects", "plot")
    ax.text(
        x, y, words, ha=side, va="center", fontsize=size, fontweight="bold", color=colour, zorder=12,
        path_effects=[effects.withStroke(linewidth=2.4, foreground=c["ground"])],
    )  # fmt: skip


def _labels(ax: Axes, c: dict[str, Any], v: Levels) -> None:
    n = art()
    for x, y, words, side in (
        (182, 14, f"brake cell {v.brake:.0f} %", "left"),
        (182, 33, f"{v.pores} of {len(n['pores']['brake'])} NMDA pores plugged", "left"),
        (632, 26, "pyramidal", "right"),
        (632, 45, f"cell {v.drive:.0f} %", "right"),
        (318, 146, f"glutamate {v.glutamate:.0f} %", "center"),
        (246, 292, f"AMPA {v.ampa:.0f} %", "right"),
        (476, 252, f"BDNF {v.bdnf:.1f} ×", "center"),
        (330, 416, f"mTORC1 {v.mtor:.1f} ×", "left"),
        (8, 416, f"{v.spines} of {len(n['lost'])} lost spines are back", "left"),
        (6, 284, "serotonin", "left"),
        (6, 204, f"{v.sert} of {len(n['serotonin']['transporters'])} transporters", "left"),
    ):
        if "transporters" not in words or v.sert > 0:
            _write(ax, c, x, y, words, side, 8.0, c["ink"])
