"""How ketamine lifts depression within hours: a quantified, evidence-graded simulation.

Educational and research software. Not medical advice, not for dosing or treatment decisions.

    import ketasim as ks
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="14 d")
    run["madrs_change"], run.t, run.unit("glutamate_dialysate"), run.sources

Public are the names listed in ``__all__`` here and in the rooms without an underscore, such as
`ketasim.evidence`, `ketasim.fitting` and `ketasim.gallery`. Modules whose name begins with an
underscore are private.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

from ketasim._version import __version__ as __version__
from ketasim.catalogue import (
    Table,
    contexts,
    drugs,
    hypotheses,
    inputs,
    parameters,
    people_table,
    readouts,
    routes,
    states,
    variants,
)
from ketasim.dosing import Dose, Regimen, block, regimens
from ketasim.errors import (
    EvidenceError,
    KetasimError,
    MissingLibraryError,
    OutputError,
    ParameterError,
    ScenarioError,
    UnknownNameError,
)
from ketasim.population import (
    Ensemble,
    PopulationInterrupted,
    PopulationSummary,
    draw_parameters,
    draw_people,
    simulate_population,
)
from ketasim.scenario import ParameterRangeWarning, Scenario, SolverOptions, Subject
from ketasim.simulation import (
    Adjoint,
    Run,
    Sensitivity,
    SimulationError,
    SteadyState,
    adjoint,
    sensitivity,
    simulate,
    steady_state,
)

if TYPE_CHECKING:
    from ketasim import clinic, evidence, fitting, gallery
    from ketasim.clinic import (
        Monitoring,
        Programme,
        ProgrammePopulation,
        ProgrammeRun,
        monitoring,
        programmes,
        simulate_programme,
        simulate_programme_population,
    )
    from ketasim.figures import Comparison, compare
    from ketasim.fitting import Observations, Posterior, predict, residuals_and_jacobian
    from ketasim.observation import RelapseCurve, relapse
    from ketasim.qualification import (
        Qualification,
        Validation,
        Verification,
        coverage,
        indications,
        qualify,
        validate,
        verify,
    )
    from ketasim.rivals import HypothesisComparison, compare_hypotheses
    from ketasim.sbml import export_sbml
    from ketasim.trials import SimulatedTrials, TrialArm, TrialDesign, simulate_trial

# Imported at first use: most programs need neither figures nor the evidence.
_ROOMS = ("clinic", "evidence", "fitting", "gallery")
_ROOM_OF = {
    "Comparison": "figures",
    "Monitoring": "clinic",
    "Programme": "clinic",
    "ProgrammePopulation": "clinic",
    "ProgrammeRun": "clinic",
    "monitoring": "clinic",
    "programmes": "clinic",
    "simulate_programme": "clinic",
    "simulate_programme_population": "clinic",
    "compare": "figures",
    "Observations": "fitting",
    "Posterior": "fitting",
    "predict": "fitting",
    "residuals_and_jacobian": "fitting",
    "RelapseCurve": "observation",
    "relapse": "observation",
    "HypothesisComparison": "rivals",
    "Qualification": "qualification",
    "Validation": "qualification",
    "Verification": "qualification",
    "compare_hypotheses": "rivals",
    "coverage": "qualification",
    "indications": "qualification",
    "qualify": "qualification",
    "validate": "qualification",
    "verify": "qualification",
    "export_sbml": "sbml",
    "SimulatedTrials": "trials",
    "TrialArm": "trials",
    "TrialDesign": "trials",
    "simulate_trial": "trials",
}


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return _import_module(f"ketasim.{name}")
    if name in _ROOM_OF:
        found: object = getattr(_import_module(f"ketasim.{_ROOM_OF[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'ketasim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__doc__", "__version__"]


__all__ = [
    "Adjoint",
    "Comparison",
    "Dose",
    "Ensemble",
    "EvidenceError",
    "HypothesisComparison",
    "KetasimError",
    "MissingLibraryError",
    "Monitoring",
    "Observations",
    "OutputError",
    "ParameterError",
    "ParameterRangeWarning",
    "PopulationInterrupted",
    "PopulationSummary",
    "Posterior",
    "Programme",
    "ProgrammePopulation",
    "ProgrammeRun",
    "Qualification",
    "Regimen",
    "RelapseCurve",
    "Run",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "SimulatedTrials",
    "SimulationError",
    "SolverOptions",
    "SteadyState",
    "Subject",
    "Table",
    "TrialArm",
    "TrialDesign",
    "UnknownNameError",
    "Validation",
    "Verification",
    "adjoint",
    "block",
    "clinic",
    "compare",
    "compare_hypotheses",
    "contexts",
    "coverage",
    "draw_parameters",
    "draw_people",
    "drugs",
    "evidence",
    "export_sbml",
    "fitting",
    "gallery",
    "hypotheses",
    "indications",
    "inputs",
    "monitoring",
    "parameters",
    "people_table",
    "predict",
    "programmes",
    "qualify",
    "readouts",
    "regimens",
    "relapse",
    "residuals_and_jacobian",
    "routes",
    "sensitivity",
    "simulate",
    "simulate_population",
    "simulate_programme",
    "simulate_programme_population",
    "simulate_trial",
    "states",
    "steady_state",
    "validate",
    "variants",
    "verify",
]
