"""What can go wrong, one class per cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ketasim.population_summary import PopulationSummary
    from ketasim.run import Run


class KetasimError(Exception):
    """Root of all errors of the package."""


class ScenarioError(KetasimError, ValueError):
    """An impossible request: a dose, a subject, a time or an option that cannot be."""


class ParameterError(KetasimError, ValueError):
    """A parameter that is not finite or not possible."""


class UnknownNameError(KetasimError, ValueError):
    """A name that is not in its vocabulary; the message has the nearest ones."""


class EvidenceError(KetasimError, ValueError):
    """A malformed table: file, row, column and what was expected."""


class MissingLibraryError(KetasimError, ImportError):
    """An optional library is not installed; the message has the command that installs it."""


class SimulationError(KetasimError, RuntimeError):
    """Integration stopped early. ``run`` holds what was reached, NaN beyond."""

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run

    def __reduce__(self) -> tuple[type[SimulationError], tuple[str, Run]]:
        return (type(self), (str(self), self.run))


class PopulationInterrupted(KeyboardInterrupt):
    """Ctrl-C during a large population. ``summary`` holds the members counted until then."""

    def __init__(self, summary: PopulationSummary) -> None:
        super().__init__(f"interrupted after {len(summary):,} of {summary.n:,} subjects")
        self.summary = summary

    def __reduce__(self) -> tuple[type[PopulationInterrupted], tuple[PopulationSummary]]:
        return (type(self), (self.summary,))
