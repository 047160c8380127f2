"""Ctrl-C during a large population, as an exception that carries what was counted."""

from __future__ import annotations

from ketasim.population._summary import PopulationSummary


class PopulationInterrupted(KeyboardInterrupt):
    """Ctrl-C during a large population. ``summary`` holds the members counted until then."""

    def __init__(self, summary: PopulationSummary) -> None:
        super().__init__(f"interrupted after {len(summary):,} of {summary.n:,} subjects")
        self.summary = summary

    def __reduce__(self) -> tuple[type[PopulationInterrupted], tuple[PopulationSummary]]:
        return (type(self), (self.summary,))
