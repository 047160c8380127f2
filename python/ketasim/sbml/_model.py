"""The model of a scenario as an SBML document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from ketasim import _core
from ketasim._wording.disclaimer import DISCLAIMER
from ketasim.catalogue._model_tables import parameters, readouts, states
from ketasim.catalogue._table import Row
from ketasim.sbml._dosing import Beginning, DoseEvent, beginning, dose_events
from ketasim.sbml._expressions import Graph
from ketasim.sbml._notes import about_parameter, cite, describe, sources_of_parameter
from ketasim.sbml._units import UnitDefinitions, infer_units
from ketasim.scenario._for_core import core_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._sources_of import sources_of

#: Shared subexpressions with at least this many operations get their own name.
WORTH_A_NAME = 3

#: Time of an event that a condition does not have [h].
NEVER_H = 1e9

#: Ending of the symbol and id of a state or input as it is before time 0.
BEFORE = "__before"

#: Functions of the equations. softplus has no guard against overflow (x > 709; about 2 at rest): as
#: `piecewise` it is an event at a root of the states for AMICI, whose derivatives grow without limit.
FUNCTIONS = (
    ("softplus", "lambda(x, ln(1 + exp(x)))"),
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
    return _Writer(libsbml, (scenario,), (0.0,), movable=False).document


def sbml_of_conditions(
    libsbml: Any, scenarios: Sequence[Scenario], earliest_h: Sequence[float]
) -> tuple[Any, dict[str, tuple[float, ...]], tuple[float, ...]]:
    """Return one SBMLDocument for several scenarios, and what distinguishes them.

    Numbers in which scenarios differ are constant parameters of the file: doses, their times, weights,
    parameters of the model, and values at time 0.

    Parameters
    ----------
    libsbml : module
    scenarios : sequence of Scenario
        All with a MADRS before treatment, or none.
    earliest_h : sequence of float
        The earliest time [h] that is asked of each, if that is before its first dose.

    Returns
    -------
    document : SBMLDocument
        At the numbers of the first scenario.
    conditions : dict of str to tuple of float
        Value for each scenario by the id of the parameter.
    begins_h : tuple of float
        Time 0 of the file in hours before time 0 of ketasim, for each scenario.

    Raises
    ------
    ParameterError
        If there is no steady state to start from.
    """
    writer = _Writer(libsbml, scenarios, earliest_h, movable=True)
    return writer.document, writer.conditions, writer.begins_h


class _Writer:
    """Writes the parts of the document in their order."""

    def __init__(
        self,
        libsbml: Any,
        scenarios: Sequence[Scenario],
        earliest_h: Sequence[float],
        *,
        movable: bool,
    ) -> None:
        self.libsbml = libsbml
        #: Whether programs change parameters of the loaded model. libroadrunner's reset then computes
        #: initial values of variables with a rate rule anew, but not those of other parameters.
        self.movable = movable
        self.scenarios = tuple(scenarios)
        self.scenario = scenario = self.scenarios[0]
        self.schedules = [_core.compiled_schedule(core_scenario(s)) for s in self.scenarios]
        #: Numbers in which the scenarios differ, by the id of a constant parameter.
        self.conditions: dict[str, tuple[float, ...]] = {}
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
        self.begins_h = tuple(
            max(0.0, -min([earliest, *(stop[0] for stop in schedule["stops"])]))
            for earliest, schedule in zip(earliest_h, self.schedules, strict=True)
        )
        self.beginnings: list[Beginning] = [
            beginning(schedule, -begins)
            for schedule, begins in zip(self.schedules, self.begins_h, strict=True)
        ]
        #: States and inputs that change at time 0 in some scenario.
        self.moved_states = frozenset().union(*(b.moved_states for b in self.beginnings))
        self.moved_inputs = frozenset().union(*(b.moved_inputs for b in self.beginnings))
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

    def _fixed(self, name: str, values: Iterable[float]) -> float:
        """Return the value of a constant parameter, which may differ between scenarios."""
        every = tuple(map(float, values))
        if len(set(every)) > 1:
            self.conditions[name] = every
        return every[0]

    def _number(self, name: str, values: Iterable[float], unit: str) -> str:
        """Return a number as a formula: itself, or a new parameter where scenarios differ."""
        every = tuple(map(float, values))
        if len(set(every)) == 1:
            return f"{every[0]!r} {unit}"
        self._parameter(name, unit, constant=True).setValue(self._fixed(name, every))
        return name

    def _begin(self, name: str, made: Any, values: Iterable[float]) -> None:
        """Set the value at time 0 of a state or input."""
        every = tuple(map(float, values))
        made.setValue(every[0])
        if len(set(every)) > 1:
            self._initially(name, self._number(f"initial__{name}", every, self.unit_of[name]))

    # --- parts ----------------------------------------------------------------------------------

    def _name_the_model(self) -> None:
        self.model.setId("ketasim")
        alone = len(self.scenarios) == 1
        self.model.setName(str(self.scenario) if alone else f"{len(self.scenarios)} conditions")
        for setter, unit in (
            ("setTimeUnits", "h"),
            ("setSubstanceUnits", "umol"),
            ("setExtentUnits", "umol"),
            ("setVolumeUnits", "L"),
        ):
            getattr(self.model, setter)(self.units[unit])
        paragraphs = [*ABOUT, f"Scenario: {self.scenario}."]
        if not alone:
            paragraphs.append(
                f"It is the first of {len(self.scenarios)} conditions: what differs between them is a "
                "constant parameter."
            )
        if any(self.begins_h):
            paragraphs.append(
                f"Time 0 of this file is {self.begins_h[0]:g} h before time 0 of ketasim, "
                "because something is given before the first dose."
            )
        describe(self.model, [*paragraphs, DISCLAIMER])
        sources = {s.key: s for scenario in self.scenarios for s in sources_of(scenario)}
        cite(self.libsbml, self.model, tuple(sources.values()))

    def _parameters(self) -> None:
        values = zip(*(schedule["parameters"] for schedule in self.schedules), strict=True)
        given = zip(self.record["parameters"], self.parameters, values, strict=True)
        for name, own_id, every in given:
            row, value = self.parameter_rows[name], self._fixed(own_id, every)
            made = self._parameter(own_id, self.units[row["unit"]], constant=True, label=name)
            made.setValue(value)
            describe(made, about_parameter(row, value != row["value"]))
            cite(self.libsbml, made, sources_of_parameter(row))
        subjects = [scenario.subject for scenario in self.scenarios]
        weight = self._parameter("weight", self.units["kg"], constant=True, label="body weight")
        weight.setValue(self._fixed("weight", (s.weight_kg or 0.0 for s in subjects)))
        baselines = [s.baseline_madrs for s in subjects if s.baseline_madrs is not None]
        if baselines:
            rating = self._parameter(
                "rating", self.units["points"], constant=True, label="MADRS before treatment"
            )
            rating.setValue(self._fixed("rating", baselines))
        if any(self.begins_h):
            start = self._parameter("time_of_first_dose", self.units["h"], constant=True)
            start.setValue(self._fixed("time_of_first_dose", self.begins_h))

    def _inputs(self) -> None:
        for name, own_id in self.inputs.items():
            row = self.input_rows[name]
            made = self._parameter(own_id, self.units[row["unit"]], constant=False, label=name)
            values = [b.inputs[name] for b in self.beginnings]
            if name in self.record["at_rest"] and name not in self.moved_inputs:
                made.setValue(values[0])  # a formula follows
            else:
                self._begin(own_id, made, values)
            if self.movable:
                self._rule("Rate", own_id, f"0 dimensionless * {own_id} / (1 {self.units['h']})")
            describe(made, [row["description"]])

    def _states(self) -> None:
        values = zip(*(b.states for b in self.beginnings), strict=True)
        for row, own_id, every in zip(states(), self.states, values, strict=True):
            made = self._parameter(
                own_id, self.units[row["unit"]], constant=False, label=row["name"]
            )
            self._begin(own_id, made, every)
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
            constant = not self.movable and all(
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
            if name not in self.moved_inputs:
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
        for symbol, (own_id, unit, every) in moved.items():
            if symbol + BEFORE in used:
                label = f"{own_id} before time 0"
                made = self._parameter(
                    own_id + BEFORE, self.units[unit], constant=True, label=label
                )
                made.setValue(self._fixed(own_id + BEFORE, every))
        return found

    def _moved(self) -> dict[str, tuple[str, str, tuple[float, ...]]]:
        """Return the symbols that change at time 0: id, unit (as in the tables) and values before."""
        rows = tuple(states())
        found = {
            f"y{k}": (
                self.states[k],
                str(rows[k]["unit"]),
                tuple(float(schedule["start"][k]) for schedule in self.schedules),
            )
            for k in sorted(self.moved_states)
        }
        for k, (name, own_id) in enumerate(self.inputs.items()):
            if name in self.moved_inputs:
                before = tuple(float(schedule["before"][name]) for schedule in self.schedules)
                found[f"u{k}"] = (own_id, str(self.input_rows[name]["unit"]), before)
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
        by_scenario = [
            list(dose_events(schedule["start"], b.inputs, b.later))
            for schedule, b in zip(self.schedules, self.beginnings, strict=True)
        ]
        for k, together in enumerate(zip_longest(*by_scenario), start=1):
            event = self.model.createEvent()
            event.setId(f"at_{k}")
            if len(together) == 1:
                event.setName(f"{together[0].time_h:g} h")
            event.setUseValuesFromTriggerTime(True)
            trigger = event.createTrigger()
            # The condition is false at time 0, so that this attribute, which Level 2 lacks, does not count.
            trigger.setInitialValue(True)
            trigger.setPersistent(True)
            times = [
                NEVER_H if dose is None else dose.time_h + begins
                for dose, begins in zip(together, self.begins_h, strict=True)
            ]
            at = self._number(f"at_{k}__time", times, self.units["h"])
            trigger.setMath(self._math(f"time >= {at}"))
            for name, text in self._assignments(k, together).items():
                assignment = event.createEventAssignment()
                assignment.setVariable(name)
                assignment.setMath(self._math(text))

    def _assignments(self, k: int, together: Sequence[DoseEvent | None]) -> dict[str, str]:
        """Return the formula of everything that changes at event k in some scenario."""
        doses = [dose for dose in together if dose is not None]
        found = {}
        for i in sorted(set().union(*(dose.states for dose in doses))):
            state = self.states[i]
            lines = [(1.0, 0.0) if d is None else d.states.get(i, (1.0, 0.0)) for d in together]
            unit = self.unit_of[state]
            found[state] = self._line(f"at_{k}__", state, lines, unit)
        for name, own_id in self.inputs.items():
            if any(name in dose.inputs for dose in doses):
                # An event that a condition does not have sets nothing; its number is never used.
                values = [0.0 if d is None else {**d.held, **d.inputs}[name] for d in together]
                unit = self.unit_of[own_id]
                found[own_id] = self._number(f"at_{k}__{own_id}", values, unit)
        return found

    def _line(
        self, prefix: str, state: str, lines: Sequence[tuple[float, float]], unit: str
    ) -> str:
        slopes, offsets = [slope for slope, _ in lines], [offset for _, offset in lines]
        added = self._number(f"{prefix}add__{state}", offsets, unit)
        if not any(slopes):
            return added
        itself = state
        if set(slopes) != {1.0}:
            slope = self._number(f"{prefix}scale__{state}", slopes, self.units["1"])
            # One number is written without its unit.
            itself = f"{slope.split()[0]} * {state}"
        return f"{itself} + {added}" if any(offsets) else itself


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
