"""Are the equations at the head of the headers those of the compiled core?

Both are computed at the same random states, parameters and inputs: the written ones from their text,
the compiled ones from the record of the core (`_core.recorded_model`).
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from written_equations import (
    Call,
    Equation,
    Expression,
    Header,
    Name,
    Negative,
    NotationError,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
)

from ketasim import _core
from ketasim.equations import Recorded

#: What the record calls a signal, and where it is written.
SIGNALS = {
    "brain_S_ketamine": "pharmacokinetics.S",
    "brain_R_ketamine": "pharmacokinetics.R",
    "ketamine_equivalents": "nmda_block.C_eq",
    "block_interneuron": "nmda_block.beta_I",
    "block_pyramidal": "nmda_block.beta_E",
    "block_extrasynaptic": "nmda_block.beta_X",
    "release_probability": "disinhibition.p",
    "release_throughput": "disinhibition.x",
    "ampa_throughput_signal": "ampa.A",
    "active_trkb": "bdnf_trkb.R",
    "translation": "mtor.T",
    "growth_commitment": "synaptogenesis.flux",
    "strength": "synaptogenesis.Phi",
    "serotonin_excess": "serotonin.xs",
    "dissociation": "tolerability.dissociation",
    "session_gain": "psychotherapy.window_gain",
}

#: The two ways differ by rounding only: about 1e-15 for each of some hundred operations, more where
#: large terms cancel.
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Point:
    """Values of everything the equations are written in, by full name; inputs as 'u.name'."""

    values: Mapping[str, float]

    @staticmethod
    def random(seed: int) -> Point:
        """Values around those of a human; what is zero there, such as a switch, is not."""
        numbers = random.Random(seed)
        values = {
            row["name"]: row["value"] * numbers.uniform(0.97, 1.03) or numbers.uniform(0.2, 0.9)
            for row in _core.parameter_table("human")
        }
        for row in _core.state_table():
            values[row["name"]] = row["typical"] * numbers.uniform(0.5, 1.5)
        for row in _core.input_table():
            values[f"u.{row['name']}"] = numbers.uniform(0.1, 0.9)
        return Point(values)


class _Record(Recorded):
    """The recorded equations as they are, to be computed."""

    def neg(self, a: int) -> int:
        return self.call("neg", a)

    def combine(self, op: str, a: int, b: int) -> int:
        return self.call(op, a, b)


_OPERATIONS: dict[str, Callable[..., float]] = {
    "plus": operator.add,
    "minus": operator.sub,
    "times": operator.mul,
    "over": operator.truediv,
    "neg": operator.neg,
    "pow": math.pow,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "softplus": lambda x: math.log1p(math.exp(x)),
    "even_power": lambda x, n: math.pow(abs(x), n),
    "where_positive": lambda condition, x: x if condition > 0.0 else 0.0,
}


def _computed(record: Mapping[str, Any], point: Point, weight: float) -> Callable[[str], float]:
    """Value of everything the record names, for somebody of a weight [kg]."""
    symbols = {"weight": weight, "rating": 30.0}
    for letter, table in (("y", "states"), ("p", "parameters"), ("u", "inputs")):
        prefix = "u." if letter == "u" else ""
        for i, name in enumerate(record[table]):
            symbols[f"{letter}{i}"] = point.values[prefix + name]
    graph = _Record()
    names = graph.read(record["lines"])
    values: list[float] = []

    def value(name: str) -> float:
        wanted = graph.named(name, names)
        for node in graph.nodes[len(values) : wanted + 1]:
            if node.op == "symbol":
                values.append(symbols[node.text])
            elif node.op == "number":
                values.append(float(node.text))
            else:
                values.append(_OPERATIONS[node.op](*(values[a] for a in node.args)))
        return values[wanted]

    return value


def compiled(point: Point) -> dict[str, float]:
    """Derivatives as 'dmodule.state/dt', signals and readouts by their names in the headers."""
    record = _core.recorded_model()
    value = _computed(record, point, point.values["pharmacokinetics.weight_ref"])
    modules = {row["name"]: row["module"] for row in _core.readout_table()}
    results = {
        f"d{state}/dt": value(result)
        for state, result in zip(record["states"], record["results"], strict=True)
    }
    results |= {f"{modules[name]}.{name}": value(text) for name, text in record["readouts"].items()}
    results |= {
        SIGNALS[name]: value(text) for name, text in record["parts"].items() if name in SIGNALS
    }
    results["symptoms.z0"] = value(record["at_rest"]["z0"])
    return results


def compiled_scaling() -> dict[str, float]:
    """Exponent of body weight for every parameter that scales with it."""
    record, point = _core.recorded_model(), Point.random(0)
    value = _computed(record, point, 2.0 * point.values["pharmacokinetics.weight_ref"])
    suffix = "_of_subject"
    return {
        (key := name.removesuffix(suffix)): round(math.log2(value(text) / point.values[key]), 9)
        for name, text in record["parts"].items()
        if name.endswith(suffix)
    }


@dataclass
class Written:
    """Computes what is written, at a point."""

    headers: Mapping[str, Header]
    point: Point
    _equations: dict[str, Equation] = field(init=False)
    _known: dict[str, float] = field(init=False)
    _functions: dict[str, Equation] = field(init=False)

    def __post_init__(self) -> None:
        self._known = dict(self.point.values)
        self._equations = {}
        self._functions = {e.name: e for e in self.headers["smooth"].equations}
        for header in self.headers.values():
            for equation in header.equations:
                for one in equation.each():
                    key = f"{header.module}.{one.name}"
                    if one.is_derivative:
                        key = f"d{key}/dt"
                    elif key in self._known:
                        raise NotationError(f"{key} is a state or a parameter and is defined again")
                    if key in self._equations:
                        raise NotationError(f"{key} is defined twice")
                    self._equations[key] = one

    @property
    def names(self) -> frozenset[str]:
        """Everything that has an equation: 'module.name' and 'dmodule.state/dt'."""
        return frozenset(self._equations)

    def value(self, key: str) -> float:
        """Value of 'module.name' or 'dmodule.state/dt'."""
        if key not in self._known:
            equation = self._equations[key]
            module = key.removeprefix("d" if equation.is_derivative else "").partition(".")[0]
            self._known[key] = self._of(equation.right, module, {})
        return self._known[key]

    def _named(self, name: str, module: str) -> float:
        if name.startswith("u."):
            if name not in self._known:
                raise NotationError(f"{module}: there is no input {name}")
            return self._known[name]
        key = f"{module}.{name}"
        if key not in self._known and key not in self._equations:
            taken = self.headers[module].taken
            if name not in taken:
                raise NotationError(
                    f"{module}: {name} is neither defined nor in the tables nor in In:"
                )
            key = ".".join(taken[name])
            if key not in self._known and key not in self._equations:
                raise NotationError(f"{module}: In: there is no {key}")
        return self.value(key)

    def _of(self, e: Expression, module: str, local: Mapping[str, float]) -> float:
        def of(part: Expression) -> float:
            return self._of(part, module, local)

        match e:
            case Number(text):
                return float(text)
            case Name(text):
                return local[text] if text in local else self._named(text, module)
            case Negative(inner):
                return -of(inner)
            case Sum(terms):
                return math.fsum(sign * of(term) for sign, term in terms)
            case Product(factors):
                return math.prod(map(of, factors))
            case Quotient(above, below):
                return of(above) / of(below)
            case Power(base, exponent):
                return math.pow(of(base), of(exponent))
            case Call("sqrt" | "exp" | "ln" as name, (argument,)):
                return {"sqrt": math.sqrt, "exp": math.exp, "ln": math.log}[name](of(argument))
            case Call(name, arguments):
                home = module if f"{module}.{name}" in self._equations else "smooth"
                function = self._equations[f"{home}.{name}"]
                if len(arguments) != len(function.parameters):
                    raise NotationError(
                        f"{module}: {name} takes {len(function.parameters)} arguments"
                    )
                values = dict(zip(function.parameters, map(of, arguments), strict=True))
                return self._of(function.right, home, values)


def names_of(e: Expression) -> Iterator[str]:
    """All names in an expression."""
    match e:
        case Name(text):
            yield text
        case Negative(of):
            yield from names_of(of)
        case Sum(terms):
            for _, term in terms:
                yield from names_of(term)
        case Product(parts) | Call(_, parts):
            for part in parts:
                yield from names_of(part)
        case Quotient(a, b) | Power(a, b):
            yield from names_of(a)
            yield from names_of(b)


def differences(headers: Mapping[str, Header], seeds: range = range(5)) -> list[str]:
    """What is compiled and not written, written and not compiled, or written as something else.

    Returns
    -------
    list of str
        One sentence for each; empty if every derivative, signal and readout is written as compiled.
    """
    found: dict[str, str] = {}
    for seed in seeds:
        point = Point.random(seed)
        written, truth = Written(headers, point), compiled(point)
        for key in sorted(written.names):
            if key.startswith("d") and key.endswith("/dt") and key not in truth:
                found[key] = f"{key} is written, but there is no such state"
        for key, expected in truth.items():
            if key not in written.names:
                if key not in point.values:  # a readout may be called as the state that it is
                    found[key] = f"{key} has no equation"
                continue
            value = written.value(key)
            if not math.isclose(value, expected, rel_tol=TOLERANCE, abs_tol=1e-15):
                found[key] = f"{key} is {value:.12g} as written, {expected:.12g} as compiled"
    return list(found.values())
