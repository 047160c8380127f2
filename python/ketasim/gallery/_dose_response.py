"""Dose and response: the inverted U of rats, and the dose range of trials in people."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ketasim import evidence
from ketasim._arrays import FloatArray
from ketasim._wording.names import check_name
from ketasim._wording.numbers import signed
from ketasim.evidence._records import Observation
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.scenario._subject import Subject
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RAT_MG_PER_KG = np.array(
    [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 20.0, 25.0, 30.0, 40.0, 50.0, 65.0, 80.0, 110.0, 150.0, 200.0]
)  # fmt: skip
#: The range of published trials.
HUMAN_MG_PER_KG = np.linspace(0.05, 1.0, 20)


class Output(NamedTuple):
    """A response as one number of a run; ``animals`` tells whether rats have it."""

    name: str
    unit: str
    of: Callable[[Run], float]
    animals: bool = True
    digits: int = 0

    @property
    def short(self) -> str:
        return "points" if "points" in self.unit else self.unit


def _first_hour(name: str, scale: float = 1.0) -> Callable[[Run], float]:
    """Return the mean over the first hour relative to before, as in a microdialysis sample."""

    def mean(run: Run) -> float:
        early = run.t <= 1.0
        curve = run[name][early] / run.before(name)
        return scale * float(np.trapezoid(curve, run.t[early]))

    return mean


def _peak(name: str) -> Callable[[Run], float]:
    return lambda run: float(run[name].max())


OUTPUTS = {
    "glutamate": Output(
        "glutamate, first hour", "% of before", _first_hour("glutamate_dialysate", 100.0)
    ),
    "ampa": Output(
        "AMPA throughput, first hour", "% of before", _first_hour("ampa_throughput", 100.0)
    ),
    "mtor": Output(
        "mTORC1, peak", "× before", lambda run: float(run["p_mtor"].max() / run.before("p_mtor")),
        digits=1,
    ),
    "spines": Output(
        "dendritic spines, day 1", "% of before",
        lambda run: 100.0 * run.at("spine_density", 24.0) / run.before("spine_density"),
    ),
    "mood": Output(
        "depression score, day 1", "change of MADRS [points]; down is better",
        lambda run: run.at("madrs_change", 24.0), animals=False, digits=1,
    ),
    "dissociation": Output(
        "dissociation, peak", "points", _peak("cadss_change"), animals=False
    ),
    "blood_pressure": Output(
        "systolic pressure, rise", "mmHg", _peak("sbp_change"), animals=False
    ),
}  # fmt: skip


def dose_response(output: str = "mood", *, style: Style = "print") -> Exhibit:
    """Draw a response against the dose: rats on the left, the range of trials in people on the right.

    Parameters
    ----------
    output : {'mood', 'glutamate', 'ampa', 'mtor', 'spines', 'dissociation', 'blood_pressure'}
        For a response that rats do not have, the left panel shows their glutamate.
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: species, output, dose [mg/kg], value, unit.

    Raises
    ------
    UnknownNameError
        For an unknown output; the message has the known ones.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.dose_response("glutamate").data.columns]
    ['species', 'output', 'dose [mg/kg]', 'value', 'unit']
    """
    return exhibit(story(output), style)


@cache
def curve(species: str, output: str) -> FloatArray:
    """Return the response at the doses of a species, shape (n_doses,)."""
    rat = species == "rat"
    doses = RAT_MG_PER_KG if rat else HUMAN_MG_PER_KG
    words = "ketamine {:g} mg/kg ip" if rat else "ketamine {:g} mg/kg iv over 40 min"
    times = np.unique(np.r_[np.linspace(0.0, 4.0, 241), 24.0])
    subject = Subject(species="rat") if rat else Subject()
    return np.array(
        [
            OUTPUTS[output].of(
                simulate(words.format(dose), subject=subject, t_eval=times, context="none")
            )
            for dose in doses.tolist()
        ]
    )


def story(output: str = "mood") -> Story:
    check_name(output, OUTPUTS, f"output ({', '.join(OUTPUTS)})")
    left = output if OUTPUTS[output].animals else "glutamate"
    rat, human = curve("rat", left), curve("human", output)
    top = int(np.argmax(rat))
    response = OUTPUTS[output]
    low, high = (signed(float(human[i]), response.digits or 1) for i in (1, -1))
    says = (
        f"In the model, rat {OUTPUTS[left].name.split(',')[0]} is largest at {RAT_MG_PER_KG[top]:g} mg/kg "
        f"({rat[top]:.{OUTPUTS[left].digits}f} {OUTPUTS[left].unit}) and falls to "
        f"{rat[-1]:.{OUTPUTS[left].digits}f} at {RAT_MG_PER_KG[-1]:g}; in people {response.name} goes from "
        f"{low} to {high} {response.short} over 0.1 to 1.0 mg/kg without a maximum in between."
    )
    rows = [
        (species, name, dose, value, OUTPUTS[name].unit)
        for species, name, doses, values in (
            ("rat", left, RAT_MG_PER_KG, rat),
            ("human", output, HUMAN_MG_PER_KG, human),
        )
        for dose, value in zip(doses.tolist(), values.tolist(), strict=True)
    ]
    return Story(
        "dose_response",
        "An inverted U in rats, not shown in people",
        says,
        f"Two panels. Left: rats, 1 to 200 mg/kg into the abdomen, with the directions that "
        f"Moghaddam 1997 reported. Right: people, 0.05 to 1.0 mg/kg into a vein, with what the trial "
        f"of Fava 2018 found. {says}",
        tidy(("species", "output", "dose", "value", "unit"), rows, "dose response", dose="mg/kg"),
        lambda frame: _paint(frame, left, output),
        4.2,
        "Doses of rats and people cannot be converted by weight. The fall at high doses rests on a "
        "term without an identified substrate. The trial compared four doses with midazolam: 0.5 and "
        "1.0 mg/kg were better, 0.1 and 0.2 were not after correction (Fava 2018). No dose is advised.",
    )


def _paint(frame: Frame, left: str, right: str) -> None:
    ((rats, people),) = frame.grid((1.0, 1.0), (1.0,), left=0.5, gap=(0.62, 0.0), below=0.44)
    for ax, species, output, doses, ink in (
        (rats, "Rats", left, RAT_MG_PER_KG, frame.colours.green),
        (people, "People", right, HUMAN_MG_PER_KG, frame.colours.blue),
    ):
        response = OUTPUTS[output]
        y = curve("rat" if species == "Rats" else "human", output)
        ax.plot(doses, y, color=ink.line, lw=1.9, zorder=5)
        ax.plot(doses, y, ".", color=ink.line, ms=4, zorder=5)
        frame.heading(ax, f"{species}: {response.name}")
        ax.set_ylabel(response.unit, labelpad=2)
        base = {"% of before": 100.0, "× before": 1.0}.get(response.unit, 0.0)
        ax.axhline(base, color=frame.colours.grey, lw=0.7, zorder=2)
        # Every axis has 0, so that a small effect looks small.
        low, high = min(0.0, float(y.min())), max(base, float(y.max()))
        ax.set_ylim(low - (0.0 if low == 0.0 else 0.3) * (high - low), high + 0.24 * (high - low))
    rats.set_xscale("log")
    rats.set_xticks([1, 3, 10, 30, 100, 200], ["1", "3", "10", "30", "100", "200"])
    rats.set_xticks([], minor=True)
    rats.set_xlabel("dose [mg/kg, ip], logarithmic", labelpad=2)
    people.set_xticks([0.1, 0.2, 0.5, 1.0])
    people.set_xlim(0.0, 1.06)
    people.set_xlabel("dose [mg/kg, iv over 40 min]", labelpad=2)
    if left == "glutamate":
        _directions(frame, rats)
    _trial(frame, people)
    y = curve("rat", left)
    top = int(np.argmax(y))
    frame.label(
        rats, float(RAT_MG_PER_KG[top]), float(y[top]),
        f"largest at {RAT_MG_PER_KG[top]:g} mg/kg", frame.colours.green.word, offset=(0, 5), ha="center",
    )  # fmt: skip


def _directions(frame: Frame, ax: Axes) -> None:
    """Mark the direction that the microdialysis study reported at each dose."""
    low, high = ax.get_ylim()
    y = low + 0.05 * (high - low)
    found: dict[float, Observation] = {
        _dose(o): o
        for o in evidence.load().observations
        if o.source_key == "Moghaddam1997"
        and o.statistic == "sign"
        and o.readout == "glutamate_dialysate"
    }
    for dose, o in found.items():
        ax.plot(
            dose,
            y,
            {1.0: "^", 0.0: "o", -1.0: "v"}[o.value],
            color=frame.colours.ink,
            ms=6,
            zorder=6,
        )
    frame.label(
        ax, 1.0, y, "Moghaddam 1997:\nup ▲  none ●  down ▼", frame.colours.ink, offset=(0, 7),
        fontsize=6.8,
    )  # fmt: skip


def _dose(o: Observation) -> float:
    return float(evidence.load().regimens[evidence.load().arms[o.arm_id].regimen_id][0].amount)


def _trial(frame: Frame, ax: Axes) -> None:
    """Mark the result of the trial with four doses at each dose."""
    low, high = ax.get_ylim()
    y = low + 0.05 * (high - low)
    for o in evidence.load().observations:
        if o.source_key == "fava2018" and o.statistic == "sign" and o.readout == "hdrs_change":
            better = o.value < 0.0
            ax.plot(
                _dose(o), y, "^" if better else "o", ms=6, zorder=6, color=frame.colours.ink,
                mfc=frame.colours.ink if better else frame.colours.paper,
            )  # fmt: skip
    frame.label(
        ax, 0.27, y, "Fava 2018, against\nmidazolam: better ▲  not ○", frame.colours.ink, offset=(-9, 8),
        fontsize=6.8,
    )  # fmt: skip
