"""The scenario S1 as a compiled AMICI model, kept under build/.

AMICI reads the file that `ketasim export` writes. It is changed where that spares AMICI time, to the
same values: no `piecewise`, which is an event to look out for and to differentiate, and no `abs`; the
inputs that are defined by the state before treatment as numbers, since their derivatives fill the code.
What is neither differentiated nor changed is a constant.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from s1 import INFUSION, S1

from ketasim import _core
from ketasim.scenario._for_core import core_scenario
from ketasim.scenario._overrides import as_scenario

BUILD = Path(__file__).resolve().parents[2] / "build" / "peers" / "amici"
READOUTS = ("madrs_change", "nmda_occupancy")
#: Inputs that the state before treatment defines and that the readouts depend on.
REFERENCES = ("strength_ref", "density_ref", "translation_deficit", "z0")
#: Bodies of functions of the file.
FUNCTIONS = {"even_power": "lambda(x, n, (x * x)^(n / 2))"}


def own_id(name: str) -> str:
    """Id of a parameter or state in the file."""
    return name.replace(".", "__")


def _prepared(sbml: Path) -> Any:
    """The document of S1, changed."""
    before = _core.compiled_schedule(core_scenario(as_scenario(INFUSION)))["before"]
    return changed_document(sbml, before)


def changed_document(sbml: Path, numbers: dict[str, float]) -> Any:
    """A document of a patient under stress, changed; the inputs that are numbers in it, by name."""
    import libsbml

    document = libsbml.readSBML(str(sbml))
    model = document.getModel()
    for name, body in FUNCTIONS.items():
        model.getFunctionDefinition(name).setMath(libsbml.parseL3Formula(body))
    for rule in model.getListOfRules():
        if rule.getMath().getType() == libsbml.AST_FUNCTION_PIECEWISE:
            # Restored is what stress took: the patient is under stress all the time.
            rule.setMath(rule.getMath().getChild(0).deepCopy())
    for name, value in numbers.items():
        if model.getInitialAssignment(f"input__{name}") is not None:
            model.removeInitialAssignment(f"input__{name}")
            model.getParameter(f"input__{name}").setValue(value)
    return document


@contextmanager
def programs_beside_python() -> Iterator[None]:
    """Where pip puts swig and cmake."""
    given = os.environ["PATH"]
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{given}"
    try:
        yield
    finally:
        os.environ["PATH"] = given


def model_module(s1: S1, differentiated: Iterable[str]) -> tuple[Any, float]:
    """The compiled module and what it took to import the file and compile it once [s, on the clock].

    Parameters
    ----------
    differentiated : names of parameters ('module.name')
    """
    import amici
    import amici.sim.sundials  # compiled models look for it
    import libsbml

    document = _prepared(s1.sbml)
    free = {own_id(name) for name in differentiated} | {f"input__{name}" for name in REFERENCES}
    text = libsbml.writeSBMLToString(document)
    said = "\n".join((version("amici"), text, *sorted(free)))
    name = "ketasim_" + hashlib.sha256(said.encode()).hexdigest()[:12]
    folder = BUILD / name
    took = folder / "compiled.json"
    if not took.exists():
        model = document.getModel()
        fixed = [
            parameter.getId()
            for parameter in model.getListOfParameters()
            if parameter.getConstant()
            and parameter.getId() not in free
            and model.getInitialAssignment(parameter.getId()) is None
        ]
        began = perf_counter()
        with programs_beside_python():
            amici.SbmlImporter(text, from_file=False).sbml2amici(
                name,
                folder,
                fixed_parameters=fixed,
                observation_model=[
                    amici.MeasurementChannel(id_=f"of_{readout}", formula=readout)
                    for readout in READOUTS
                ],
                compute_conservation_laws=False,
            )
        took.write_text(json.dumps(perf_counter() - began), encoding="utf-8")
    importlib.invalidate_caches()
    return amici.import_model_module(name, folder), float(json.loads(took.read_text("utf-8")))
