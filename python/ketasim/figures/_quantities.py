"""The curves that figures draw: name, unit, and the function that takes the curve from a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ketasim._arrays import FloatArray

if TYPE_CHECKING:
    from ketasim.figures._drawable_run import DrawableRun

#: From this time on, curves that vary with every tablet are shown as daily range and mean [h].
DAILY_FROM_H = 24.0


@dataclass(frozen=True, slots=True)
class Quantity:
    """A curve: ``of`` takes it from a run, in ``unit``; ``short`` is its name in the figure.

    ``minor`` curves are dotted, ``daily`` ones vary with every tablet, ``specific`` ones are drawn only
    for subjects who get the drug, ``detail`` ones are omitted where two runs are compared.
    """

    name: str
    short: str
    meaning: str
    unit: str
    of: Callable[[DrawableRun], FloatArray]
    minor: bool = False
    daily: bool = False
    specific: bool = False
    detail: bool = False


class Strip(NamedTuple):
    """Quantities that share a unit and a strip of the figure."""

    title: str
    unit: str
    quantities: tuple[Quantity, ...]


def _readout(name: str, scale: float = 1.0) -> Callable[[DrawableRun], FloatArray]:
    return lambda run: scale * run[name]


def _of_start(name: str, scale: float = 1.0) -> Callable[[DrawableRun], FloatArray]:
    """Return the curve relative to the state before treatment, which in depression is not the healthy one."""
    return lambda run: scale * run[name] / run.before(name)


def _in_brain(run: DrawableRun) -> FloatArray:
    return run["pharmacokinetics.Ce_S"] + run["pharmacokinetics.Ce_R"]


DRUG = (
    Quantity(
        "ketamine_plasma", "ketamine", "ketamine in venous plasma", "ng/mL",
        _readout("ketamine_venous"), specific=True,
    ),
    Quantity(
        "ketamine_brain", "in brain", "unbound ketamine in brain", "uM", _in_brain, minor=True
    ),
    Quantity(
        "escitalopram_plasma", "escitalopram", "escitalopram in plasma", "ng/mL",
        _readout("escitalopram_venous"), daily=True, specific=True,
    ),
)  # fmt: skip
METABOLITES = (
    Quantity(
        "norketamine_plasma", "norketamine", "norketamine in venous plasma", "ng/mL",
        _readout("norketamine_venous"), minor=True, specific=True, detail=True,
    ),
    Quantity(
        "hnk_plasma", "hydroxynorketamine", "hydroxynorketamine in venous plasma", "ng/mL",
        _readout("hnk_venous"), minor=True, specific=True, detail=True,
    ),
)  # fmt: skip
TARGET = (
    Quantity(
        "nmda_block_interneuron", "NMDA receptors of interneurons",
        "NMDA receptors of interneurons blocked", "%", _readout("nmda_block_interneuron", 100.0),
        specific=True,
    ),
    Quantity(
        "nmda_block_pyramidal", "of pyramidal cells", "NMDA receptors of pyramidal cells blocked",
        "%", _readout("nmda_block_pyramidal", 100.0), minor=True, specific=True,
    ),
    Quantity(
        "sert_occupancy", "serotonin transporters", "serotonin transporters occupied", "%",
        _readout("sert_occupancy", 100.0), daily=True, specific=True,
    ),
)  # fmt: skip
BURDEN = (
    Quantity(
        "dissociation", "dissociation (CADSS points)", "dissociation (CADSS), rise", "points",
        _readout("cadss_change"),
    ),
    Quantity(
        "blood_pressure", "systolic pressure (mmHg)", "systolic blood pressure, rise", "mmHg",
        _readout("sbp_change"), minor=True,
    ),
)  # fmt: skip
EXCITATION = (
    Quantity(
        "glutamate", "glutamate", "glutamate in dialysate", "% of before",
        _of_start("glutamate_dialysate", 100.0),
    ),
    Quantity(
        "ampa", "AMPA throughput", "AMPA throughput", "% of before",
        _of_start("ampa_throughput", 100.0), minor=True,
    ),
)  # fmt: skip
GROWTH = (
    Quantity("bdnf", "BDNF", "extracellular BDNF", "x before", _of_start("bdnf_extracellular")),
    Quantity("mtor", "mTORC1", "active mTORC1", "x before", _of_start("p_mtor"), minor=True),
)
SPINES = (
    Quantity(
        "spines_restored", "lost spines restored", "lost dendritic spines restored", "%",
        _readout("spine_restored", 100.0),
    ),
)  # fmt: skip
DENSITY = (
    Quantity(
        "spine_density", "spines", "dendritic spine density", "% of healthy",
        _readout("spine_density", 100.0),
    ),
    Quantity(
        "strength", "synaptic strength", "synaptic strength", "% of healthy",
        _readout("synaptic_strength", 100.0), minor=True,
    ),
)  # fmt: skip
MOOD = (
    Quantity(
        "madrs_change", "MADRS", "change of depression score (MADRS)", "points",
        _readout("madrs_change"),
    ),
)  # fmt: skip

#: Strips of any run, in the order of the pathway.
STRIPS = (
    Strip("Drug in plasma", "ng/mL", (DRUG[0], *METABOLITES, DRUG[2])),
    Strip("Target occupied", "%", TARGET),
    Strip("Side effects, rise", "points; mmHg", BURDEN),
    Strip("Glutamate and AMPA", "% of before treatment", EXCITATION),
    Strip("BDNF and mTORC1", "× before treatment", GROWTH),
    Strip("Dendritic spines", "% of healthy", DENSITY),
    Strip("Depression score (MADRS), change", "points; down is better", MOOD),
)
#: Rating scales are for people.
HUMAN_ONLY = (BURDEN, MOOD)


def daily(t: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return mean, lowest and highest value of the preceding 24 h, every 24 h from `DAILY_FROM_H` on.

    Parameters
    ----------
    t, y : ndarray, shape (n_times,)

    Returns
    -------
    times [h], mean, low, high : ndarray, shape (n_days,)
    """
    days = np.arange(DAILY_FROM_H, t[-1] + 1e-9, 24.0)
    windows = [np.linspace(day - 24.0, day, 97) for day in days]
    values = np.array([np.interp(window, t, y) for window in windows]).reshape(days.size, 97)
    return days, values.mean(axis=1), values.min(axis=1), values.max(axis=1)
