"""The recorded equations, evaluated number by number in Python: a check of the compiled kernels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ketasim import _core
from ketasim.equations import Recorded

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "neg": lambda a: -a,
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "times": lambda a, b: a * b,
    "over": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "even_power": lambda a, b: abs(a) ** b,
    "softplus": lambda a: max(a, 0.0) + math.log1p(math.exp(-abs(a))),
    "exp": math.exp,
    "log": math.log,
    "log1p": math.log1p,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "abs": abs,
}


class _Plain(Recorded):
    """The record as it is, without simplification."""

    def neg(self, a: int) -> int:
        return self.call("neg", a)

    def combine(self, op: str, a: int, b: int) -> int:
        return self.call(op, a, b)


class RightHandSide:
    """The right-hand side of the model as the core records it."""

    def __init__(self) -> None:
        record = _core.recorded_derivative()
        self._graph = _Plain()
        names = self._graph.read(record["lines"])
        self._results = [self._graph.named(name, names) for name in record["results"]]
        self.inputs: list[str] = record["inputs"]

    def __call__(
        self, y: list[float], parameters: list[float], inputs: Mapping[str, float]
    ) -> list[float]:
        """Return dy/dt [unit of the state per hour]."""
        given = {f"y{i}": v for i, v in enumerate(y)}
        given |= {f"p{i}": v for i, v in enumerate(parameters)}
        given |= {f"u{i}": float(inputs[name]) for i, name in enumerate(self.inputs)}
        values: list[float] = []
        for node in self._graph.nodes:
            if node.op == "number":
                values.append(float(node.text))
            elif node.op == "symbol":
                values.append(given[node.text])
            else:
                values.append(_FUNCTIONS[node.op](*(values[i] for i in node.args)))
        return [values[i] for i in self._results]
