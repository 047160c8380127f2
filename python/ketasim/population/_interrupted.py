"""The exception of Ctrl-C during a large population; it carries the counts."""

from __future__ import annotations

from ketasim.population._summary import PopulationSummary


class PopulationInterrupted(KeyboardInterrupt):
    """Ctrl-C during a large population.

    Parameters
    ----------
    summary : PopulationSummary
        The members counted until then.

    Examples
    --------
    >>> import ketasim as ks
    >>> def stop(done):
    ...     raise KeyboardInterrupt
    >>> try:
    ...     ks.simulate_population(
    ...         "ketamine 35 mg im", 4, readouts=["cadss"], t_eval=[0, 1], quantiles=[0.5], progress=stop
    ...     )
    ... except ks.PopulationInterrupted as interruption:
    ...     print(interruption.summary.n)
    4
    """

    def __init__(self, summary: PopulationSummary) -> None:
        super().__init__(f"interrupted after {len(summary):,} of {summary.n:,} subjects")
        self.summary = summary

    def __reduce__(self) -> tuple[type[PopulationInterrupted], tuple[PopulationSummary]]:
        return (type(self), (self.summary,))
