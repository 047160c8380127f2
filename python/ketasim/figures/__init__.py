"""Figures of runs on one time axis from seconds to weeks, and the axes and pens they are drawn with."""

from ketasim.figures._cascade import cascade_figure
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._linear_axis import LinearAxis
from ketasim.figures._strips import compare, plot_run
from ketasim.figures._style import dark, print_style

__all__ = [
    "EraAxis",
    "LinearAxis",
    "cascade_figure",
    "compare",
    "dark",
    "plot_run",
    "print_style",
]
