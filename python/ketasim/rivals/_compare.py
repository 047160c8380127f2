"""Rival mechanisms side by side: what each predicts, and which published numbers it explains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from ketasim._runtime.optional import require
from ketasim._runtime.progress import progress_bar
from ketasim._wording.frozen import FrozenMapping, comparable
from ketasim._wording.lists import is_list
from ketasim._wording.names import check_name, shortened
from ketasim.catalogue._hypotheses import (
    SHIPPED,
    hypotheses,
    hypothesis_parameters,
    switches,
)
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.evidence.vocabulary import AREAS, CIRCUIT, CLINICAL, SIGNALLING, SYNAPSE
from ketasim.qualification._scoring import Record
from ketasim.qualification._text_tables import columns, log_scores
from ketasim.qualification._validate import Validation, validate
from ketasim.scenario._output_times import output_times
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Areas in which hypotheses predict different verdicts. In plasma, of serotonin and of side effects all
#: of them predict the same.
TELLING_AREAS: tuple[str, ...] = (CIRCUIT, SIGNALLING, SYNAPSE, CLINICAL)

#: What every comparison must be read with.
NOT_FITTED_AGAIN = (
    "Only switches differ: all other numbers were chosen with the shipped model and are not fitted "
    "again, which favours it and what it contains."
)


@comparable
@dataclass(frozen=True, eq=False)
class HypothesisComparison:
    """Runs and scores of rival mechanisms; made by `compare_hypotheses`.

    Attributes
    ----------
    scenario : Scenario
        What was simulated, before switches are set.
    runs : mapping of str to Run
        By the name of the hypothesis.
    validations : mapping of str to Validation
        By the name of the hypothesis; empty without areas.
    areas : tuple of str
        Areas whose published numbers were scored.

    Examples
    --------
    >>> import ketasim as ks
    >>> rivals = ks.compare_hypotheses("ketamine 35 mg im", hypotheses=["HNK", "ERK"], areas=[])
    >>> list(rivals.runs)
    ['HNK', 'ERK']
    """

    scenario: Scenario
    runs: Mapping[str, Run]
    validations: Mapping[str, Validation]
    areas: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The hypotheses, in order."""
        return tuple(self.runs)

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """``obs_id`` of the observations that tell hypotheses apart: some predict them, some do not."""
        rows = zip(*(v.records for v in self.validations.values()), strict=True)
        return tuple(r[0].obs_id for r in rows if len({bool(x.within) for x in r if x.scored}) > 1)

    def explained(self, hypothesis: str, area: str | None = None) -> tuple[int, int]:
        """Count the telling observations that a hypothesis predicts inside their interval.

        Parameters
        ----------
        hypothesis : str
        area : str, optional
            Default: all areas scored.

        Returns
        -------
        tuple of int
            Inside, and telling observations.

        Raises
        ------
        UnknownNameError
            For another hypothesis or area.
        """
        told = set(self.telling)
        rows = [r for r in self._records(hypothesis, area) if r.obs_id in told and r.scored]
        return sum(bool(r.within) for r in rows), len(rows)

    def explains(self, hypothesis: str, area: str | None = None) -> tuple[str, ...]:
        """List the telling observations that a hypothesis predicts inside their interval.

        Parameters
        ----------
        hypothesis : str
        area : str, optional
            Default: all areas scored.

        Returns
        -------
        tuple of str
            By ``obs_id``, as in `ketasim.evidence.load`.

        Raises
        ------
        UnknownNameError
            For another hypothesis or area.
        """
        told = set(self.telling)
        return tuple(
            r.obs_id for r in self._records(hypothesis, area) if r.within and r.obs_id in told
        )

    def _records(self, hypothesis: str, area: str | None) -> list[Record]:
        check_name(hypothesis, tuple(self.validations), "hypothesis of this comparison")
        if area is not None:
            check_name(area, self.areas, "area of this comparison")
        records = self.validations[hypothesis].records
        return [r for r in records if area in (None, r.area)]

    def log_score(self, hypothesis: str, area: str) -> float | None:
        """Return the log score per row of an area, as `Validation.score_table` has it.

        Parameters
        ----------
        hypothesis, area : str

        Returns
        -------
        float or None
            Higher is better; None where no row of the area has a predictive distribution.

        Raises
        ------
        UnknownNameError
            For another hypothesis or area.
        """
        scored = [
            r for r in self._records(hypothesis, area) if r.scored and r.log_score is not None
        ]
        trials = self.validations[hypothesis].trials if area == CLINICAL else ()
        return log_scores(scored, trials)[0] if scored else None

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each hypothesis and area (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Columns hypothesis, area, inside and scored (all rows of the area), telling_inside and
            telling (rows that tell hypotheses apart), directions_right and directions, log_score.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        rows = []
        for name in self.validations:
            for area in self.areas:
                inside, scored = self.validations[name].inside(area=area)
                told, telling = self.explained(name, area)
                signs = [r for r in self._records(name, area) if r.scored and r.statistic == "sign"]
                rows.append({
                    "hypothesis": name, "area": area, "inside": inside, "scored": scored,
                    "telling_inside": told, "telling": telling,
                    "directions_right": sum(bool(r.within) for r in signs), "directions": len(signs),
                    "log_score": self.log_score(name, area),
                })  # fmt: skip
        return pandas.DataFrame(rows)

    def observations_dataframe(self) -> pd.DataFrame:
        """Return one row for each telling observation (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Indexed by obs_id; columns area, readout, source_key, value, unit, and one for each
            hypothesis: whether its prediction is inside the interval.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        told = set(self.telling)
        by_name = {
            name: {r.obs_id: r for r in v.records if r.obs_id in told}
            for name, v in self.validations.items()
        }
        first = next(iter(by_name.values()), {})
        rows = [
            {
                "obs_id": r.obs_id, "area": r.area, "readout": r.readout,
                "source_key": r.source_key, "value": r.value, "unit": r.unit,
                **{name: bool(found[r.obs_id].within) for name, found in by_name.items()},
            }
            for r in first.values()
        ]  # fmt: skip
        return pandas.DataFrame(rows).set_index("obs_id") if rows else pandas.DataFrame()

    def table(self) -> str:
        """Return relief and counts as text for a terminal.

        Returns
        -------
        str
            A line for each hypothesis: largest fall of the MADRS in the scenario, and for each area the
            telling observations inside their interval.
        """
        head = ["hypothesis", "MADRS [points]", *self.areas]
        lines = [
            [
                name,
                f"{self.runs[name]['madrs_change'].min():.1f}",
                *("{} of {}".format(*self.explained(name, area)) for area in self.areas),
            ]
            for name in self.names
        ]
        about = (
            f"Largest change of MADRS, and observations inside their 95 % interval, of {len(self.telling)} that "
            "tell the hypotheses apart"
        )
        text = [
            f"{self.scenario}",
            about,
            columns(head, lines),
            NOT_FITTED_AGAIN,
        ]
        return "\n".join(text)

    def plot(self) -> Figure:
        """Draw relief and explained observations of every hypothesis (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure
            Left: change of the MADRS. Right: telling observations inside their interval, by area.

        Raises
        ------
        MissingLibraryError
            Without matplotlib.
        """
        from ketasim.rivals._figure import draw

        return draw(self)

    def plot_observations(self, area: str) -> Figure:
        """Draw which telling observations of an area each hypothesis explains (extra ``ketasim[plot]``).

        Parameters
        ----------
        area : str
            One of ``areas``.

        Returns
        -------
        matplotlib.figure.Figure
            A row for each observation, a column for each hypothesis; a filled dot where the prediction is inside
            the interval. ``get_label()`` describes it in words.

        Raises
        ------
        UnknownNameError
            For an area that was not scored.
        MissingLibraryError
            Without matplotlib.

        Examples
        --------
        >>> import ketasim as ks
        >>> rivals = ks.compare_hypotheses(
        ...     "ketamine 0.5 mg/kg iv over 40 min", hypotheses=["disinhibition", "HNK"], areas=["Synapse"]
        ... )
        >>> "disinhibition 0, HNK 1" in rivals.plot_observations("Synapse").get_label()
        True
        """
        from ketasim.rivals._figure import draw_observations

        check_name(area, self.areas, "area of this comparison")
        return draw_observations(self, area)

    def __repr__(self) -> str:
        return self.table()


def compare_hypotheses(
    scenario: Scenario | Regimen | Dose | str,
    *,
    hypotheses: Iterable[str] | None = None,
    areas: Iterable[str] = TELLING_AREAS,
    until: float | str | None = "14 d",
    threads: int | None = None,
    progress: bool | Callable[[int], None] | None = None,
) -> HypothesisComparison:
    """Run a scenario under rival mechanisms, and count the published numbers that each explains.

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
    hypotheses : iterable of str, optional
        Names of `ketasim.hypotheses`; default: all.
    areas : iterable of str
        Areas of published numbers to score, of ``ketasim.evidence.vocabulary.AREAS``. Default: those in
        which hypotheses differ; in plasma, serotonin and side effects all predict the same. Scores
        do not depend on the scenario, take some seconds for each hypothesis, and are kept. With ``[]``
        nothing is scored.
    until : float or str, optional
        As in `ketasim.simulate`, default '14 d'.
    threads : int, optional
        As in `ketasim.validate`.
    progress : bool or callable, optional
        Default: a bar on a terminal, nothing elsewhere. A callable is called with the number of
        hypotheses done.

    Returns
    -------
    HypothesisComparison

    Raises
    ------
    ScenarioError, UnknownNameError
        Also if the scenario sets a switch itself.

    Notes
    -----
    Only the switches differ. All other numbers were chosen with the shipped model and are not
    fitted again: a hypothesis that explains few observations here may explain more with numbers of its own.
    Directions depend least on this.

    Examples
    --------
    >>> import ketasim as ks
    >>> rivals = ks.compare_hypotheses(
    ...     "ketamine 0.5 mg/kg iv over 40 min",
    ...     hypotheses=["disinhibition", "direct inhibition"],
    ...     areas=["Receptor and circuit"],
    ... )
    >>> first, second = rivals.names
    >>> rivals.explained(first)[0] > rivals.explained(second)[0]
    True
    """
    whole = as_scenario(scenario)
    names = _names(hypotheses)
    wanted = (areas,) if isinstance(areas, str) else tuple(areas)
    for area in wanted:
        check_name(area, AREAS, "area")
    own = sorted(set(whole.parameters) & set(switches()))
    if own:
        raise ScenarioError(
            f"the scenario sets {', '.join(own)} itself, which the hypotheses set: leave "
            f"{'it' if len(own) == 1 else 'them'} out"
        )
    times = output_times(whole, until, None)
    runs, scored = {}, {}
    with progress_bar(len(names), "hypotheses", progress) as tick:
        for k, name in enumerate(names):
            together = {**whole.parameters, **hypothesis_parameters(name)}
            runs[name] = simulate(whole, parameters=together, t_eval=times)
            if wanted:
                scored[name] = _scored(name, tuple(a for a in AREAS if a in wanted), threads)
            if tick is not None:
                tick(k + 1)
    kept = tuple(a for a in AREAS if a in wanted)
    return HypothesisComparison(whole, FrozenMapping(runs), FrozenMapping(scored), kept)


@lru_cache(maxsize=64)
def _scored(name: str, areas: tuple[str, ...], threads: int | None) -> Validation:
    return validate(areas=areas, hypothesis=name, threads=threads, progress=False)


def _names(given: Iterable[str] | None) -> tuple[str, ...]:
    table = hypotheses()
    if given is None:
        return table.names
    if isinstance(given, str) or not (is_list(given) or isinstance(given, Iterable)):
        raise ScenarioError(
            f"hypotheses = {shortened(given)}: give a list of names, such as ['{SHIPPED}', 'HNK']"
        )
    names = tuple(dict.fromkeys(given))
    for name in names:
        check_name(name, table.names, "hypothesis")
    if not names:
        raise ScenarioError("hypotheses = []: give at least one name")
    return names
