"""How ketamine lifts depression within hours: a quantified, evidence-graded simulation.

Educational and research software. Not medical advice, not for dosing or treatment decisions.

    import ketasim as ks
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="14 d")
    run["madrs_change"], run.t, run.unit("glutamate_dialysate"), run.sources
"""

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING

from ketasim import evidence
from ketasim.dose import Dose, block
from ketasim.draws import draw_parameters
from ketasim.errors import (
    EvidenceError,
    KetasimError,
    MissingLibraryError,
    ParameterError,
    PopulationInterrupted,
    ScenarioError,
    SimulationError,
    UnknownNameError,
)
from ketasim.figures.run import compare
from ketasim.parameter_ranges import ParameterRangeWarning
from ketasim.population import Ensemble, simulate_population
from ketasim.population_summary import PopulationSummary
from ketasim.regimen import Regimen
from ketasim.regimens import regimens
from ketasim.run import Run
from ketasim.sbml import export_sbml
from ketasim.scenario import Scenario
from ketasim.sensitivity import Sensitivity, residuals_and_jacobian, sensitivity
from ketasim.simulate import simulate
from ketasim.solver_options import SolverOptions
from ketasim.steady_state import SteadyState, steady_state
from ketasim.subject import Subject
from ketasim.tables import Table, parameters, readouts, states
from ketasim.validate import validate
from ketasim.verify import Verification, verify

if TYPE_CHECKING:
    from ketasim import gallery
else:

    def __getattr__(name):
        # Most programs draw no figure of the gallery; its twenty modules wait until one does.
        if name == "gallery":
            return _import_module("ketasim.gallery")
        raise AttributeError(f"module 'ketasim' has no attribute {name!r}")


__version__ = _version("ketasim")

__all__ = [
    "Dose",
    "Ensemble",
    "EvidenceError",
    "KetasimError",
    "MissingLibraryError",
    "ParameterError",
    "ParameterRangeWarning",
    "PopulationInterrupted",
    "PopulationSummary",
    "Regimen",
    "Run",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "SimulationError",
    "SolverOptions",
    "SteadyState",
    "Subject",
    "Table",
    "UnknownNameError",
    "Verification",
    "block",
    "compare",
    "draw_parameters",
    "evidence",
    "export_sbml",
    "gallery",
    "parameters",
    "readouts",
    "regimens",
    "residuals_and_jacobian",
    "sensitivity",
    "simulate",
    "simulate_population",
    "states",
    "steady_state",
    "validate",
    "verify",
]
