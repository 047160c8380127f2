"""The model of a scenario as an SBML document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ketasim import _core
from ketasim._wording.disclaimer import DISCLAIMER
from ketasim.catalogue._model_tables import parameters, readouts, states
from ketasim.catalogue._table import Row
from ketasim.sbml._dosing import beginning, dose_events
from ketasim.sbml._expressions import Graph
from ketasim.sbml._notes import about_parameter, cite, describe, sources_of_parameter
from ketasim.sbml._units import UnitDefinitions, infer_units
from ketasim.scenario._for_core import core_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._sources_of import sources_of

#: Shared subexpressions with at least this many operations get their own name.
WORTH_A_NAME = 3

#: Ending of the symbol and id of a state or input as it is before time 0.
BEFORE = "__before"

#: Overflow-safe functions of the equations.
FUNCTIONS = (
    ("softplus", "lambda(x, piecewise(x + ln(1 + exp(-x)), x > 0, ln(1 + exp(x))))"),
    ("even_power", "lambda(x, n, abs(x)^n)"),
)

ABOUT = (
    (
        "How ketamine lifts depression within hours: the cascade from dose to mood, one scenario of "
        "the library ketasim."
    ),
    (
        "States are parameters with rate rules, module__state. Readouts are assignment rules under "
        "their own names. Inputs are constant between the events that set them. What begins at time 0 is "
        "in the initial values, so that values at time 0 are those just after it; later doses are events."
    ),
    (
        "States start from the steady state of the subject without drug at the given parameters; "
        "changing a parameter here does not move that state."
    ),
    (
        "The readouts response and remission are averages over many patients and not part of this file; "
        "they can be computed from madrs_baseline, drug_relief and context_relief."
    ),
)


def sbml_model(libsbml: Any, scenario: Scenario) -> Any:
    """Return the SBMLDocument of a scenario.

    Raises
    ------
    ParameterError
        If there is no steady state to start from.
    """
    return _Writer(libsbml, scenario).document


class _Writer:
    """Writes the parts of the document in their order."""

    def __init__(self, libsbml: Any, scenario: Scenario) -> None:
        self.libsbml = libsbml
        self.scenario = scenario
        self.schedule = _core.compiled_schedule(core_scenario(scenario))
        self.record = _core.recorded_model()
        self.document = libsbml.SBMLDocument(3, 2)
        self.model = self.document.createModel()
        self.units = UnitDefinitions(libsbml, self.model)
        self.parameter_rows = parameters(scenario.subject.species)
        #: Ids in the order of the record.
        self.states = [_id(name) for name in self.record["states"]]
        self.parameters = [_id(name) for name in self.record["parameters"]]
        self.inputs = {name: f"input__{name}" for name in self.record["inputs"]}
        self.input_rows: dict[str, Row] = {row["name"]: row for row in _core.input_table()}
        first = min((stop[0] for stop in self.schedule["stops"]), default=0.0)
        self.time_of_first_dose = max(0.0, -first)
        self.beginning = beginning(self.schedule, -self.time_of_first_dose)
        self.parser = libsbml.L3ParserSettings()
        self.parser.setParseUnits(True)
        self.unit_of: dict[str, str] = {}

        self._name_the_model()
        for name, body in FUNCTIONS:
            self._function(name, body)
        self._parameters()
        self._inputs()
        self._states()
        self._equations()
        self._doses()

    # --- pieces ---------------------------------------------------------------------------------

    def _math(self, text: str) -> Any:
        """Return a formula as MathML; numbers without a unit are dimensionless."""
        tree = self.libsbml.parseL3FormulaWithSettings(text, self.parser)
        if tree is None:
            raise ValueError(f"{self.libsbml.getLastParseL3Error()} in {text}")
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            waiting += [node.getChild(i) for i in range(node.getNumChildren())]
            if node.isNumber() and not node.hasUnits():
                node.setUnits("dimensionless")
        return tree

    def _function(self, name: str, body: str) -> None:
        function = self.model.createFunctionDefinition()
        function.setId(name)
        function.setMath(self._math(body))

    def _parameter(self, name: str, unit: str, *, constant: bool, label: str = "") -> Any:
        made = self.model.createParameter()
        made.setId(name)
        made.setConstant(constant)
        made.setUnits(unit)
        if label:
            made.setName(label)
        self.unit_of[name] = unit
        return made

    def _rule(self, kind: str, name: str, text: str) -> None:
        rule = getattr(self.model, f"create{kind}Rule")()
        rule.setVariable(name)
        rule.setMath(self._math(text))

    def _initially(self, name: str, text: str) -> None:
        assignment = self.model.createInitialAssignment()
        assignment.setSymbol(name)
        assignment.setMath(self._math(text))

    # --- parts ----------------------------------------------------------------------------------

    def _name_the_model(self) -> None:
        self.model.setId("ketasim")
        self.model.setName(str(self.scenario))
        for setter, unit in (
            ("setTimeUnits", "h"),
            ("setSubstanceUnits", "umol"),
            ("setExtentUnits", "umol"),
            ("setVolumeUnits", "L"),
        ):
            getattr(self.model, setter)(self.units[unit])
        paragraphs = [*ABOUT, f"Scenario: {self.scenario}."]
        if self.time_of_first_dose > 0.0:
            paragraphs.append(
                f"Time 0 of this file is {self.time_of_first_dose:g} h before time 0 of ketasim, "
                "because something is given before the first dose."
            )
        describe(self.model, [*paragraphs, DISCLAIMER])
        cite(self.libsbml, self.model, sources_of(self.scenario))

    def _parameters(self) -> None:
        given = zip(
            self.record["parameters"], self.parameters, self.schedule["parameters"], strict=True
        )
        for name, own_id, value in given:
            row = self.parameter_rows[name]
            made = self._parameter(own_id, self.units[row["unit"]], constant=True, label=name)
            made.setValue(value)
            describe(made, about_parameter(row, value != row["value"]))
            cite(self.libsbml, made, sources_of_parameter(row))
        subject = self.scenario.subject
        weight = self._parameter("weight", self.units["kg"], constant=True, label="body weight")
        weight.setValue(subject.weight_kg)
        if subject.baseline_madrs is not None:
            rating = self._parameter(
                "rating", self.units["points"], constant=True, label="MADRS before treatment"
            )
            rating.setValue(subject.baseline_madrs)
        if self.time_of_first_dose > 0.0:
            start = self._parameter("time_of_first_dose", self.units["h"], constant=True)
            start.setValue(self.time_of_first_dose)

    def _inputs(self) -> None:
        for name, own_id in self.inputs.items():
            row = self.input_rows[name]
            made = self._parameter(own_id, self.units[row["unit"]], constant=False, label=name)
            made.setValue(self.beginning.inputs[name])
            describe(made, [row["description"]])

    def _states(self) -> None:
        for row, own_id, value in zip(states(), self.states, self.beginning.states, strict=True):
            made = self._parameter(
                own_id, self.units[row["unit"]], constant=False, label=row["name"]
            )
            made.setValue(value)
            describe(made, [row["description"]])

    def _equations(self) -> None:
        record, graph = self.record, Graph()
        names = graph.read(record["lines"])

        def nodes(found: Mapping[str, str]) -> dict[str, int]:
            return {name: graph.named(text, names) for name, text in found.items()}

        rates = nodes(dict(zip(self.states, record["results"], strict=True)))
        measured = nodes(record["readouts"])
        at_rest = self._at_rest(graph, names)
        given = at_rest.pop("z0_of_rating")
        if self.scenario.subject.baseline_madrs is not None:
            at_rest["z0"] = given

        symbols = self._symbols()
        units = infer_units(graph, {name: unit for name, (_, unit) in symbols.items()})
        results = [*rates.values(), *measured.values(), *at_rest.values()]
        labels = _labels(graph, results, nodes(record["parts"]), measured)
        ids = {graph.symbol(name): own_id for name, (own_id, _) in symbols.items()} | labels

        def by_name(i: int) -> str:
            return ids[i] if i in ids else graph.formula(i, ids, self.units)

        for i, label in sorted(labels.items()):
            if label in measured:
                continue
            constant = all(
                s[0] == "p" or s in ("weight", "rating") or s.endswith(BEFORE)
                for s in graph.symbols(i)
            )
            self._parameter(label, self.units.of(units[i]), constant=constant)
            formula = graph.formula(i, ids, self.units)
            if constant:
                self._initially(label, formula)
            else:
                self._rule("Assignment", label, formula)
        for name, i in measured.items():
            row = readouts()[name]
            made = self._parameter(name, self.units[row["unit"]], constant=False)
            describe(made, [row["description"]])
            own = labels.get(i) == name
            self._rule("Assignment", name, graph.formula(i, ids, self.units) if own else by_name(i))
        for own_id, i in rates.items():
            self._rule("Rate", own_id, by_name(i))
        for name, i in at_rest.items():
            if name not in self.beginning.moved_inputs:
                self._initially(self.inputs[name], by_name(i))

    def _at_rest(self, graph: Graph, names: Mapping[str, int]) -> dict[str, int]:
        """Return the inputs that follow from the state before treatment.

        A state or input that changes at time 0 has another initial value, so these formulas refer to
        a constant with its value before.
        """
        record, moved = self.record, self._moved()
        found = {name: graph.named(text, names) for name, text in record["at_rest"].items()}
        if not moved.keys() & set().union(*map(graph.symbols, found.values())):
            return found
        lines = re.sub(
            r"\b[yu]\d+\b",
            lambda symbol: symbol[0] + BEFORE if symbol[0] in moved else symbol[0],
            record["lines"],
        )
        names = graph.read(lines)
        found = {name: graph.named(text, names) for name, text in record["at_rest"].items()}
        used = set().union(*map(graph.symbols, found.values()))
        for symbol, (own_id, unit, value) in moved.items():
            if symbol + BEFORE in used:
                label = f"{own_id} before time 0"
                made = self._parameter(
                    own_id + BEFORE, self.units[unit], constant=True, label=label
                )
                made.setValue(value)
        return found

    def _moved(self) -> dict[str, tuple[str, str, float]]:
        """Return the symbols that change at time 0: id, unit (as in the tables) and value before."""
        start, before = self.schedule["start"], self.schedule["before"]
        rows = tuple(states())
        found = {
            f"y{k}": (self.states[k], str(rows[k]["unit"]), float(start[k]))
            for k in sorted(self.beginning.moved_states)
        }
        for k, (name, own_id) in enumerate(self.inputs.items()):
            if name in self.beginning.moved_inputs:
                found[f"u{k}"] = (own_id, str(self.input_rows[name]["unit"]), float(before[name]))
        return found

    def _symbols(self) -> dict[str, tuple[str, str]]:
        """Return id and unit (as in the tables) of every symbol of the record."""
        found = {"weight": ("weight", "kg"), "rating": ("rating", "points")}
        for k, (own_id, row) in enumerate(zip(self.states, states(), strict=True)):
            found[f"y{k}"] = (own_id, row["unit"])
        for k, name in enumerate(self.record["parameters"]):
            found[f"p{k}"] = (self.parameters[k], self.parameter_rows[name]["unit"])
        for k, (name, own_id) in enumerate(self.inputs.items()):
            found[f"u{k}"] = (own_id, self.input_rows[name]["unit"])
        for symbol, (own_id, unit, _) in self._moved().items():
            found[symbol + BEFORE] = (own_id + BEFORE, unit)
        return found

    def _doses(self) -> None:
        events = dose_events(
            self.schedule["start"],
            self.beginning.inputs,
            self.beginning.later,
            self.states,
            self.inputs,
            self.unit_of,
        )
        for k, dose in enumerate(events, start=1):
            event = self.model.createEvent()
            event.setId(f"at_{k}")
            event.setName(f"{dose.time_h:g} h")
            event.setUseValuesFromTriggerTime(True)
            trigger = event.createTrigger()
            # The condition is false at time 0, so that this attribute, which Level 2 lacks, does not count.
            trigger.setInitialValue(True)
            trigger.setPersistent(True)
            at = dose.time_h + self.time_of_first_dose
            trigger.setMath(self._math(f"time >= {at!r} {self.units['h']}"))
            for name, text in dose.assignments.items():
                assignment = event.createEventAssignment()
                assignment.setVariable(name)
                assignment.setMath(self._math(text))


def _labels(
    graph: Graph,
    results: list[int],
    parts: Mapping[str, int],
    measured: dict[str, int],
) -> dict[int, str]:
    """Return the id of every named expression: signals between modules, readouts, shared expressions."""
    needed = set(graph.needed(results))
    named = {i: _id(name) for name, i in parts.items() if i in needed and graph.nodes[i].args}
    # Two readouts may be one expression, which has the name of the first.
    named |= {i: name for name, i in reversed(measured.items()) if graph.nodes[i].args}
    others = [i for i in graph.shared(results, WORTH_A_NAME) if i not in named]
    return named | {i: f"shared_{k}" for k, i in enumerate(others, start=1)}


def _id(name: str) -> str:
    return name.replace(".", "__")
