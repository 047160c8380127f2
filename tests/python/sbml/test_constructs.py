"""What exported files consist of has one meaning in other simulators.

The SBML Test Suite has a case for each construct; the models here are our own, with closed forms.
docs/reference/event_semantics.md lists the cases.
"""

import locale
import math
from collections.abc import Callable
from pathlib import Path

import libsbml
import numpy as np
import pytest
import roadrunner

import ketasim as ks

LOCALE = locale.setlocale(locale.LC_ALL)
import basico  # sets the locale of the whole process to "C"

locale.setlocale(locale.LC_ALL, LOCALE)

#: Six digits.
AGREEMENT = 1e-6
TIMES = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


class Model:
    """A file with the constructs of `export_sbml`, written with the same calls."""

    def __init__(self) -> None:
        self.document = libsbml.SBMLDocument(3, 2)
        self.model = self.document.createModel()
        self.settings = libsbml.L3ParserSettings()

    def math(self, text: str) -> libsbml.ASTNode:
        tree = libsbml.parseL3FormulaWithSettings(text, self.settings)
        assert tree is not None, libsbml.getLastParseL3Error()
        return tree

    def parameter(
        self, name: str, value: float | None = None, *, constant: bool = False
    ) -> "Model":
        made = self.model.createParameter()
        made.setId(name)
        made.setConstant(constant)
        if value is not None:
            made.setValue(value)
        return self

    def rate(self, name: str, text: str) -> "Model":
        rule = self.model.createRateRule()
        rule.setVariable(name)
        rule.setMath(self.math(text))
        return self

    def assignment(self, name: str, text: str) -> "Model":
        rule = self.model.createAssignmentRule()
        rule.setVariable(name)
        rule.setMath(self.math(text))
        return self

    def initially(self, name: str, text: str) -> "Model":
        made = self.model.createInitialAssignment()
        made.setSymbol(name)
        made.setMath(self.math(text))
        return self

    def function(self, name: str, text: str) -> "Model":
        made = self.model.createFunctionDefinition()
        made.setId(name)
        made.setMath(self.math(text))
        return self

    def event(self, when: str, initial: bool = True, **assignments: str) -> "Model":
        event = self.model.createEvent()
        event.setId(f"at_{self.model.getNumEvents()}")
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(initial)
        trigger.setPersistent(True)
        trigger.setMath(self.math(when))
        for name, text in assignments.items():
            made = event.createEventAssignment()
            made.setVariable(name)
            made.setMath(self.math(text))
        return self

    def write(self, path: Path) -> Path:
        assert self.document.checkConsistency() == 0 or not self.document.getNumErrors(
            libsbml.LIBSBML_SEV_ERROR
        ), self.document.getErrorLog().toString()
        assert libsbml.writeSBMLToFile(self.document, str(path))
        return path


def decay(t: float) -> float:
    """x' = -x from 1; at 1.25 it is doubled and one is added."""
    return math.exp(-t) if t < 1.25 else (2.0 * math.exp(-1.25) + 1.0) * math.exp(-(t - 1.25))


#: Name, the file, the variable that is read, its closed form.
CASES: dict[str, tuple[Callable[[], Model], str, Callable[[float], float]]] = {
    "rate rule of a parameter": (
        lambda: Model().parameter("k", 0.7, constant=True).parameter("x", 2.0).rate("x", "-k * x"),
        "x",
        lambda t: 2.0 * math.exp(-0.7 * t),
    ),
    "event of a time assigns to a variable with a rate rule": (
        lambda: (
            Model().parameter("x", 1.0).rate("x", "-x").event("time >= 1.25", x="2.0 * x + 1.0")
        ),
        "x",
        decay,
    ),
    "event sets an input that is constant otherwise": (
        lambda: (
            Model()
            .parameter("u", 0.0)
            .parameter("x", 0.0)
            .rate("x", "u - x")
            .event("time >= 0.75", u="3.0")
            .event("time >= 1.75", u="0.0")
        ),
        "x",
        lambda t: (
            3.0 * (1.0 - math.exp(-min(max(t - 0.75, 0.0), 1.0))) * math.exp(-max(t - 1.75, 0.0))
        ),
    ),
    "assignments of one event use the values before it": (
        lambda: (
            Model()
            .parameter("x", 1.0)
            .parameter("y", 5.0)
            .rate("x", "0.0 * x")
            .rate("y", "0.0 * y")
            .event("time >= 1.25", x="y", y="x + 10.0")
        ),
        "y",
        lambda t: 5.0 if t < 1.25 else 11.0,
    ),
    "assignments of one event see rules before it": (
        lambda: (
            Model()
            .parameter("x", 1.0)
            .parameter("y", 0.0)
            .parameter("a")
            .rate("x", "1.0 + 0.0 * x")
            .rate("y", "0.0 * y")
            .assignment("a", "10.0 * x")
            .event("time >= 1.25", x="0.0", y="a")
        ),
        "y",
        lambda t: 0.0 if t < 1.25 else 22.5,
    ),
    "an event happens once": (
        lambda: (
            Model()
            .parameter("x", 0.0)
            .rate("x", "0.0 * x")
            .event("time >= 0.25", x="x + 1.0")
            .event("time >= 2.25", x="x + 1.0")
        ),
        "x",
        lambda t: float((t >= 0.25) + (t >= 2.25)),
    ),
    "a trigger that is true at time 0 and before it does nothing": (
        lambda: Model().parameter("x", 3.0).rate("x", "0.0 * x").event("time >= 0", x="9.0"),
        "x",
        lambda t: 3.0,
    ),
    "assignment rule of a state, by a function": (
        lambda: (
            Model()
            .function("positive", "lambda(z, piecewise(z, z > 0, 0))")
            .parameter("x", 1.0)
            .parameter("a")
            .rate("x", "-1.0 + 0.0 * x")
            .assignment("a", "positive(x) + x")
        ),
        "a",
        lambda t: max(1.0 - t, 0.0) + 1.0 - t,
    ),
    "initial assignment from a constant, before the rate rule": (
        lambda: (
            Model()
            .parameter("w", 4.0, constant=True)
            .parameter("k", constant=True)
            .parameter("x", 8.0)
            .initially("k", "(w / 16.0)^0.5")
            .rate("x", "-k * x")
        ),
        "x",
        lambda t: 8.0 * math.exp(-0.5 * t),
    ),
    "initial assignment from the initial value of a state": (
        lambda: (
            Model()
            .parameter("x", 2.0)
            .parameter("ref", 99.0)
            .parameter("a")
            .rate("x", "-x")
            .initially("ref", "x")
            .assignment("a", "x / ref")
            .event("time >= 2.75", ref="1.0")
        ),
        "a",
        lambda t: math.exp(-t) * (1.0 if t < 2.75 else 2.0),
    ),
    "initial assignments in any order": (
        lambda: (
            Model()
            .parameter("w", 3.0, constant=True)
            .parameter("c", constant=True)
            .parameter("b", constant=True)
            .parameter("x", 0.0)
            .initially("c", "b + 1.0")
            .initially("b", "2.0 * w")
            .rate("x", "c + 0.0 * x")
        ),
        "x",
        lambda t: 7.0 * t,
    ),
}


def by_roadrunner(path: Path, name: str) -> np.ndarray:
    model = roadrunner.RoadRunner(str(path))
    model.integrator.relative_tolerance = 1e-10
    model.integrator.absolute_tolerance = [1e-12] * len(model.getRateRuleIds())
    return np.asarray(model.simulate(times=TIMES, selections=["time", name]))[:, 1]


def by_copasi(path: Path, name: str) -> np.ndarray:
    model = basico.load_model(str(path))
    try:
        frame = basico.run_time_course_with_output(
            [f"Values[{name}]"], values=TIMES, start_time=0.0, r_tol=1e-10, a_tol=1e-12, model=model,
        )  # fmt: skip
    finally:
        basico.remove_datamodel(model)
    return frame.iloc[:, -1].to_numpy(dtype=float)


@pytest.mark.parametrize("simulator", [by_roadrunner, by_copasi], ids=["libRoadRunner", "COPASI"])
@pytest.mark.parametrize("case", CASES)
def test_a_construct_means_what_its_closed_form_says(
    case: str, simulator: Callable[[Path, str], np.ndarray], tmp_path: Path
) -> None:
    made, name, closed_form = CASES[case]
    path = made().write(tmp_path / "model.xml")
    expected = [closed_form(t) for t in TIMES]
    np.testing.assert_allclose(simulator(path, name), expected, rtol=AGREEMENT, atol=1e-9)


SCENARIOS = {
    "one dose": ks.Scenario("ketamine 0.5 mg/kg iv over 40 min"),
    "repeated, with a reset": ks.Scenario(
        ks.Regimen(ks.Regimen.parse("ketamine 35 mg im every 24 h x 3").doses, resets=(36.0,))
    ),
    "steady state with lag": ks.Scenario(
        ks.Regimen(
            (ks.Dose("ketamine", 35, "mg", "im", interval_h=24.0, steady_state=1, lag_h=5.0),)
        )
    ),
    "blocks": ks.Scenario(
        "ketamine 35 mg im", interventions=[ks.block("ampa", 0.9, start_h=0.0, duration_h=2.0)]
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_file_consists_of_these_constructs_alone(name: str, tmp_path: Path) -> None:
    model = libsbml.readSBML(str(ks.export_sbml(SCENARIOS[name], tmp_path / "file.xml"))).getModel()
    for count in ("Species", "Reactions", "Compartments", "Constraints"):
        assert getattr(model, f"getNum{count}")() == 0
    ruled = set()
    for k in range(model.getNumRules()):
        rule = model.getRule(k)
        assert rule.isRate() or rule.isAssignment()
        ruled.add(rule.getVariable())
    at_first = {
        model.getInitialAssignment(k).getSymbol() for k in range(model.getNumInitialAssignments())
    }
    assert not at_first & ruled
    triggers = []
    for k in range(model.getNumEvents()):
        event = model.getEvent(k)
        trigger = event.getTrigger()
        assert event.getUseValuesFromTriggerTime()
        assert trigger.getPersistent()
        assert trigger.getInitialValue()
        assert not event.isSetDelay()
        assert not event.isSetPriority()
        triggers.append(libsbml.formulaToL3String(trigger.getMath()))
        assigned = [
            event.getEventAssignment(i).getVariable() for i in range(event.getNumEventAssignments())
        ]
        assert len(set(assigned)) == len(assigned) > 0
        assert not any(model.getAssignmentRuleByVariable(variable) for variable in assigned)
    # No two events share a time, so that the order of simultaneous events never counts.
    assert len(set(triggers)) == len(triggers)
