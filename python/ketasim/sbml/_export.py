"""Export of a scenario into an SBML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ketasim._runtime.optional import require
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import OutputError
from ketasim.files._whole_file import check_writable, whole_file
from ketasim.sbml._model import sbml_model
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject

ENDINGS = (".xml", ".sbml")


def export_sbml(
    scenario: Scenario | Regimen | Dose | str,
    path: str | Path,
    *,
    subject: Subject | None = None,
    context: str | None = None,
    interventions: Iterable[Dose] | None = None,
    parameters: Mapping[str, float] | None = None,
    variant: str | None = None,
) -> Path:
    """Write a scenario as SBML Level 3 Version 2 (extra ``ketasim[sbml]``).

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
        As in `simulate`.
    path : str or Path
        Ending ``.xml`` or ``.sbml``; an existing file is replaced.
    subject : Subject, optional
        Replaces the subject of the scenario.
    context : str, optional
        Replaces the context of the scenario.
    interventions : iterable of Dose, optional
        Replaces the interventions of the scenario.
    parameters : mapping of str to float, optional
        Replaces the overridden parameters of the scenario.
    variant : str, optional
        Replaces the circuit variant of the scenario.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        For an impossible scenario.
    OutputError
        If the file cannot be written. An existing file then stays as it was.
    MissingLibraryError
        Without python-libsbml.

    Notes
    -----
    States become parameters with rate rules, named ``module__state``; parameters keep their names,
    with unit, range, grade and source; readouts become assignment rules with their own names. What
    begins at time 0 is in the initial values, so that values at time 0 are those just after it, and later
    doses become events: the file keeps its doses when it is converted to Level 2, whose events cannot
    happen at time 0. Time is in hours. If something happens before 0 h, such as a tool compound given
    before the first dose, time 0 of the file is that time, and ``time_of_first_dose`` is the time of 0 h
    of ketasim.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.export_sbml("ketamine 0.5 mg/kg iv over 40 min", tmp_path / "infusion.xml").name
    'infusion.xml'
    """
    target = check_sbml_path(path)
    whole = as_scenario(
        scenario,
        subject=subject,
        context=context,
        interventions=interventions,
        parameters=parameters,
        variant=variant,
    )
    libsbml: Any = require("libsbml", "sbml")
    text = libsbml.writeSBMLToString(sbml_model(libsbml, whole))
    with whole_file(target) as draft, draft.open("x", encoding="utf-8") as file:
        file.write(text)
    return Path(path)


def check_sbml_path(path: str | Path) -> Path:
    """Check, before any work is done, that `export_sbml` could write ``path``.

    Raises
    ------
    OutputError, MissingLibraryError
    """
    target = check_writable(path)
    if target.suffix.lower() not in ENDINGS:
        raise OutputError(f"cannot write SBML into {str(path)!r}: use {' or '.join(ENDINGS)}")
    require("libsbml", "sbml")
    return target
