"""Pages of the Python reference: the public names of ``ketasim`` by task, then those of its rooms."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from types import ModuleType

import ketasim

#: Page, title, what it is for, names of ``ketasim``. Another name comes behind those of its room.
TASKS = (
    (
        "scenario", "Describe a treatment and a subject",
        "Who is given what, in which setting, and how it is solved.",
        "Scenario Regimen regimens Dose block Subject SolverOptions",
    ),
    (
        "simulate", "Simulate one subject",
        "One scenario in, one run out; compare runs; the state before treatment.",
        "simulate Run compare Comparison relapse RelapseCurve steady_state SteadyState",
    ),
    (
        "population", "Simulate a population",
        "Many subjects with their own parameters.",
        ("simulate_population Ensemble PopulationSummary draw_parameters draw_people "
        "people_table"),
    ),
    (
        "clinic", "Run a programme of a clinic",
        "Visits, ratings and doses that depend on them; what to watch after a dose.",
        ("programmes Programme simulate_programme ProgrammeRun simulate_programme_population "
        "ProgrammePopulation monitoring Monitoring"),
    ),
    (
        "fit", "Fit parameters to data",
        "From a table of measured values to a posterior, and predictions with their uncertainty.",
        "Observations Posterior predict residuals_and_jacobian",
    ),
    (
        "trial", "Simulate trials",
        "Arms, visits and patients; effects, power and assurance.",
        "TrialDesign TrialArm simulate_trial SimulatedTrials",
    ),
    (
        "derivatives", "Differentiate",
        "Exact derivatives of readouts.",
        "sensitivity Sensitivity adjoint Adjoint",
    ),
    (
        "tables", "Look a number up",
        "Parameters, states, readouts and drugs, with their units, grades and sources.",
        "parameters states readouts inputs drugs routes contexts variants hypotheses Table",
    ),
    (
        "evidence", "Compare with published numbers",
        "Every observation beside the prediction, and the reference values of this release.",
        ("validate Validation compare_hypotheses HypothesisComparison coverage indications verify "
        "Verification"),
    ),
    ("exchange", "Give a scenario to another simulator", "SBML.", "export_sbml"),
    (
        "errors", "Errors and warnings",
        "Every error names the value, its unit and a remedy.",
        ("KetasimError ScenarioError ParameterError UnknownNameError EvidenceError SimulationError "
        "PopulationInterrupted MissingLibraryError OutputError ParameterRangeWarning"),
    ),
)  # fmt: skip

INDEX = """# Python

```python
import ketasim as ks
```

```{eval-rst}
.. py:module:: ketasim
```

The names of `ketasim` are grouped by task. Its rooms, such as `ketasim.evidence`, hold more of the
same kind. What is on neither list is private and may change without notice.

"""


def rooms() -> list[ModuleType]:
    """Give the public rooms, except the command line, which has a page of its own."""
    names = [m.name for m in pkgutil.iter_modules(ketasim.__path__) if m.ispkg]
    return [import_module(f"ketasim.{n}") for n in names if not n.startswith("_") and n != "cli"]


def python_pages() -> dict[str, str]:
    """Make the pages."""
    tasks = _complete()
    shown = {name for *_, names in tasks for name in names}
    pages = {}
    index = INDEX + "## By task\n\n"
    for page, title, purpose, names in tasks:
        pages[f"reference/python/{page}.md"] = _page(title, purpose, "ketasim", names)
        links = ", ".join(f"{{py:obj}}`~ketasim.{name}`" for name in names)
        index += f"[{title}]({page}.md)\n: {purpose} {links}\n\n"
    index += "## By room\n\n"
    entries = [page for page, *_ in TASKS]
    at_top = {id(getattr(ketasim, name)): name for name in shown}
    for room in rooms():
        name = room.__name__
        short = name.removeprefix("ketasim.")
        own = [n for n in room.__all__ if id(getattr(room, n)) not in at_top]
        also = [at_top[id(getattr(room, n))] for n in room.__all__ if n not in own]
        purpose = (inspect.getdoc(room) or "").partition("\n\n")[0].replace("\n", " ")
        text = _page(f"`{name}`", purpose, name, own, "py:module")
        if also:
            links = ", ".join(f"{{py:obj}}`ketasim.{n}`" for n in also)
            text = text.replace(purpose, f"{purpose}\n\nAlso here: {links}.", 1)
        text += "".join(_submodule(f"{name}.{m}") for m in _public_modules(room))
        pages[f"reference/python/rooms/{short}.md"] = text
        index += f"[`{name}`](rooms/{short}.md)\n: {purpose}\n\n"
        entries.append(f"rooms/{short}")
    listed = "\n".join(entries)
    pages["reference/python/index.md"] = f"{index}```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    return pages


def _public_modules(room: ModuleType) -> list[str]:
    return [m.name for m in pkgutil.iter_modules(room.__path__) if not m.name.startswith("_")]


def _submodule(name: str) -> str:
    body = f".. automodule:: {name}\n   :members:\n"
    return f"\n## `{name}`\n\n```{{eval-rst}}\n{body}```\n"


def _complete() -> list[tuple[str, str, str, list[str]]]:
    """Give the tasks with every public name of ``ketasim`` that is no room."""
    tasks = [(page, title, purpose, names.split()) for page, title, purpose, names in TASKS]
    by_room: dict[str, list[str]] = {}
    for *_, names in tasks:
        for name in names:
            by_room.setdefault(_room_of(name), names)
    listed = {name for *_, names in tasks for name in names}
    for name in ketasim.__all__:
        if name not in listed and not inspect.ismodule(getattr(ketasim, name)):
            by_room[_room_of(name)].append(name)
    return tasks


def _room_of(name: str) -> str:
    return str(getattr(ketasim, name).__module__).split(".")[1]


def _page(
    title: str, purpose: str, module: str, names: list[str], opening: str = "currentmodule"
) -> str:
    directives = []
    for name in names:
        thing = getattr(import_module(module), name)
        if inspect.isclass(thing):
            directives.append(f".. autoclass:: {name}\n   :members:\n   :show-inheritance:\n")
        elif inspect.isroutine(thing):
            directives.append(f".. autofunction:: {name}\n")
        else:
            directives.append(f".. autodata:: {name}\n   :no-value:\n")
    body = "\n".join([f".. {opening}:: {module}\n", *directives])
    return f"# {title}\n\n{purpose}\n\n```{{eval-rst}}\n{body}```\n"
