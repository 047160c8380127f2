"""Figures of runs on one time axis from seconds to weeks, with their axes and line styles."""

from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim._wording.numbers import signed
from ketasim.figures._cascade import cascade_figure
from ketasim.figures._comparison import Comparison, compare
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._linear_axis import LinearAxis
from ketasim.figures._strips import plot_run
from ketasim.figures._style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    PENS,
    PURPLE,
    VERMILLION,
    Pen,
    dark,
    new_figure,
    print_style,
)

__all__ = [
    "BLACK",
    "BLUE",
    "DISCLAIMER",
    "GREEN",
    "GREY",
    "PENS",
    "PURPLE",
    "RISK",
    "VERMILLION",
    "Comparison",
    "EraAxis",
    "LinearAxis",
    "Pen",
    "cascade_figure",
    "compare",
    "dark",
    "new_figure",
    "plot_run",
    "print_style",
    "signed",
]
