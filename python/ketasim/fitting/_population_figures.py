"""Figures of population fits: the course of the estimation, individual fits, random effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim.fitting._figures import BLUE, GREY, VERMILLION, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Drawn(Protocol):
    """What is drawn of the values and predictions of a readout."""

    @property
    def unit(self) -> str: ...
    @property
    def subject(self) -> tuple[str, ...]: ...
    @property
    def time_h(self) -> FloatArray: ...
    @property
    def value(self) -> FloatArray: ...
    @property
    def censored(self) -> NDArray[np.bool_]: ...
    @property
    def grid_h(self) -> FloatArray: ...
    @property
    def curves(self) -> FloatArray: ...
    @property
    def icurves(self) -> FloatArray: ...


def _in_unit(name: str, unit: str) -> str:
    return name if unit in ("", "1") else f"{name} [{unit}]"


def course_figure(
    names: Sequence[str], units: Sequence[str], trace: FloatArray, burn_in: int, says: str
) -> Figure:
    """Draw every parameter over the iterations."""
    figure, axes = panels(len(names))
    for k, one in enumerate(axes):
        one.plot(np.arange(1, len(trace) + 1), trace[:, k], color=BLUE, linewidth=0.9)
        one.axvline(burn_in + 0.5, color=GREY, linestyle="--", linewidth=0.8)
        one.set_title(_in_unit(names[k], units[k]), fontsize=7)
        one.tick_params(labelsize=7)
        one.set_xlabel("iteration", fontsize=7)
    axes[0].text(
        burn_in + 0.5, 0.98, " averaging", fontsize=6, color=GREY, va="top",
        transform=axes[0].get_xaxis_transform(),
    )  # fmt: skip
    figure.set_label(f"Course of the estimation of {', '.join(names)}: {says}.")
    return figure


def individual_figure(
    readout: str, one: Drawn, subjects: Sequence[str], shown: Sequence[str]
) -> Figure:
    """Draw measured values of subjects, PRED and IPRED over time."""
    figure, axes = panels(len(shown))
    owner = np.array(one.subject)
    seen = one.value[~one.censored]
    logarithmic = bool(seen.size and seen.min() > 0.0 and seen.max() > 20.0 * seen.min())
    for panel, subject in zip(axes, shown, strict=True):
        k = list(subjects).index(subject)
        at = owner == subject
        panel.plot(one.grid_h, one.curves[k], color=GREY, linewidth=1.0, linestyle="--")
        panel.plot(one.grid_h, one.icurves[k], color=BLUE, linewidth=1.2)
        _values(panel, one.time_h[at], one.value[at], one.censored[at])
        if logarithmic:
            panel.set_yscale("log")
            panel.set_ylim(0.3 * float(one.value.min()), 2.0 * float(one.value.max()))
        panel.set_title(f"subject {subject}", fontsize=7)
        panel.tick_params(labelsize=7)
        panel.set_xlabel("time [h]", fontsize=7)
        panel.set_ylabel(_in_unit(readout, one.unit), fontsize=7)
    first = axes[0]
    for y, text, colour in (
        (0.97, "individual (IPRED)", BLUE),
        (0.87, "typical (PRED)", GREY),
        (0.77, "measured", VERMILLION),
    ):
        first.text(
            0.98, y, text, fontsize=6, color=colour, ha="right", va="top", transform=first.transAxes
        )
    figure.set_label(
        f"{readout} of {len(shown)} subjects: measured values, the prediction for the typical subject of the "
        "same covariates (dashed), and for the subject itself. Triangles are limits of censored values."
    )
    return figure


def _values(panel: Any, times: FloatArray, values: FloatArray, censored: NDArray[np.bool_]) -> None:
    for chosen, marker in ((~censored, "o"), (censored, "v")):
        panel.plot(
            times[chosen], values[chosen], marker, color=VERMILLION, markersize=3.5, linestyle=""
        )


def random_effect_figure(
    names: Sequence[str],
    scales: Sequence[str],
    eta: FloatArray,
    sd: FloatArray,
    shrinkage: Sequence[float],
) -> Figure:
    """Draw modes of random effects and the normal distribution with the estimated omega."""
    figure, axes = panels(len(names))
    words = {"log": "logarithm", "logit": "logit", "linear": "value"}
    for k, one in enumerate(axes):
        reach = 1.05 * max(3.0 * float(sd[k]), float(np.abs(eta[:, k]).max()), 1e-9)
        bins = max(6, round(len(eta) ** 0.5))
        one.hist(eta[:, k], bins=bins, range=(-reach, reach), density=True, color=BLUE, alpha=0.6)
        grid = np.linspace(-reach, reach, 200)
        one.plot(
            grid,
            np.exp(-0.5 * (grid / sd[k]) ** 2) / (sd[k] * np.sqrt(2.0 * np.pi)),
            color=VERMILLION,
            linewidth=1.2,
        )
        one.set_title(
            f"{names[k]}\nomega {sd[k]:.2f}, shrinkage {100 * shrinkage[k]:.0f} %", fontsize=7
        )
        one.set_xlabel(f"random effect on the {words[scales[k]]}", fontsize=7)
        one.set_yticks([])
        one.tick_params(labelsize=7)
    axes[0].text(
        0.02,
        0.97,
        "modes of subjects",
        fontsize=6,
        color=BLUE,
        va="top",
        transform=axes[0].transAxes,
    )
    axes[0].text(
        0.02,
        0.87,
        "N(0, omega²)",
        fontsize=6,
        color=VERMILLION,
        va="top",
        transform=axes[0].transAxes,
    )
    said = "; ".join(
        f"{n}: omega {s:.2f}, shrinkage {100 * h:.0f} %"
        for n, s, h in zip(names, sd, shrinkage, strict=True)
    )
    figure.set_label(f"Conditional modes of random effects beside their distribution. {said}.")
    return figure
