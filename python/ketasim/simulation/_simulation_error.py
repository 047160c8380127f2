"""A run that stopped early, as an exception that carries what was reached."""

from __future__ import annotations

from ketasim.errors import KetasimError
from ketasim.simulation._run import Run


class SimulationError(KetasimError, RuntimeError):
    """Integration stopped early. ``run`` holds what was reached, NaN beyond."""

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run

    def __reduce__(self) -> tuple[type[SimulationError], tuple[str, Run]]:
        return (type(self), (str(self), self.run))
