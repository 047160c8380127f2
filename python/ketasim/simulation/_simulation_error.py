"""The error of a run that stopped early; it carries the partial run."""

from __future__ import annotations

from ketasim.errors import KetasimError
from ketasim.simulation._run import Run


class SimulationError(KetasimError, RuntimeError):
    """Integration stopped early.

    Parameters
    ----------
    message : str
        Cause, time, step, worst state and a remedy.
    run : Run
        The partial run, with NaN after the stop.

    Examples
    --------
    >>> import ketasim as ks
    >>> try:
    ...     ks.simulate("ketamine 35 mg im", until="14 d", max_steps=10)
    ... except ks.SimulationError as error:
    ...     print(error.run.status)
    max_steps_reached
    """

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run

    def __reduce__(self) -> tuple[type[SimulationError], tuple[str, Run]]:
        return (type(self), (str(self), self.run))
