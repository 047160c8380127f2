"""Work against precision, one panel a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from measure import TARGETS, Results

from ketasim.figures import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILLION, new_figure, print_style

#: Colour, dashes, marker; no two share more than one of them.
PENS: dict[str, tuple[str, Any, str]] = {
    "ketasim, Rodas5P": (BLUE, "-", "o"),
    "ketasim, Rodas4": (BLUE, (0, (1, 1)), "s"),
    "CVODE, our LU": (VERMILLION, "-", "^"),
    "CVODE, KLU": (VERMILLION, (0, (4.5, 1.6)), "v"),
    "CVODE, dense": (VERMILLION, (0, (1, 1)), "D"),
    "odeint rosenbrock4, d4 corrected": (GREEN, (0, (6, 1.5, 1, 1.5)), "P"),
    "odeint rosenbrock4, stock": (GREEN, (0, (1, 1)), "X"),
    "ketasim": (BLUE, "-", "o"),
    "SciPy LSODA": (PURPLE, "-", "^"),
    "SciPy BDF": (PURPLE, (0, (4.5, 1.6)), "v"),
    "SciPy Radau": (PURPLE, (0, (1, 1)), "D"),
    "numbalsoda": (GREEN, (0, (6, 1.5, 1, 1.5)), "P"),
    "libRoadRunner": (BLACK, "-", "X"),
    "COPASI LSODA": (GREY, (0, (4.5, 1.6)), "<"),
    "AMICI": (GREY, "-", "h"),
    "diffrax Kvaerno5": (BLACK, (0, (4.5, 1.6)), ">"),
    "diffrax Kvaerno3": (BLACK, (0, (1, 1)), "*"),
}


def draw(cpp: Results, python: Results, path: Path) -> None:
    panels = [(cpp, case, f"{case}, in C++") for case in cpp.cases]
    panels += [(python, case, f"{case}, called from Python") for case in python.cases]
    with print_style():
        figure = new_figure(7.2, 2.25 * ((len(panels) + 4) // 3) - 0.6)
        rows = (len(panels) + 4) // 3
        axes = figure.subplots(rows, 3, squeeze=False).ravel()
        for ax, (results, case, title) in zip(axes, panels, strict=False):
            for who in results.contestants(case):
                if who not in PENS or (who.endswith("stock") and case != "FORCED"):
                    continue  # where equations hold no time it lies under the corrected one
                colour, dashes, marker = PENS[who]
                curve = [(e, 1e3 * s) for e, s in results.curve(case, who) if e > 0.0]
                if not curve:
                    continue
                ax.loglog(
                    *zip(*curve, strict=True), color=colour, ls=dashes, marker=marker,
                    ms=3.2, lw=1.2, label=who,
                )  # fmt: skip
            for target in TARGETS:
                ax.axvline(target, color=GREY, lw=0.4, zorder=0)
            ax.set_title(title, loc="left", fontweight="bold")
            ax.invert_xaxis()
            ax.set_xlabel("RMS error reached [1], more exact →")
            ax.set_ylabel("processor time [ms]")
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        legends = [(cpp, "In C++"), (python, "From Python")]
        for ax, (results, title) in zip(axes[len(panels) :], legends, strict=False):
            if not results.cases:
                continue
            labels: dict[str, Any] = {}
            for panel, drawn in zip(panels, axes, strict=False):
                if panel[0] is results:
                    for handle, who in zip(*drawn.get_legend_handles_labels(), strict=True):
                        labels.setdefault(who, handle)
            ax.legend(
                labels.values(), labels.keys(), loc="upper left", frameon=False,
                title=title, alignment="left", handlelength=4.0, fontsize=7.0,
            )  # fmt: skip
        figure.tight_layout()
        figure.savefig(path, dpi=200)
