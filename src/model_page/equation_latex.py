"""Written equations as LaTeX, with the symbols of the parameter tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from written_equations import (
    Call,
    Equation,
    Expression,
    Header,
    Name,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    with_index,
)

from ketasim import _core

#: Names that are set in another way than `symbol_of_name` would.
SPECIAL = {
    "dPhi": r"\Delta\Phi",
    "th": r"\theta",
    "th0": r"\theta_0",
    "mm": "m",
    "lg": r"\ell",
    "EHd": "D",
}

GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "kappa", "lambda", "rho", "sigma", "tau", "phi", "Phi"}
)

#: A symbol of the tables: one base, subscripts separated by commas.
SYMBOL = re.compile(
    r"(?P<base>\\[A-Za-z]+|[A-Za-z]+|\[[A-Za-z]+\])(?:_(?:\{(?P<several>[^{}]+)\}|(?P<one>[A-Za-z0-9])))?"
)

#: Characters of a formula that fit into a line of the page, as `_width` counts.
LINE = 58


def _roman(text: str) -> str:
    letters = text.replace("_", r"\_")
    return text if len(text) == 1 or text.isdigit() else rf"\mathrm{{{letters}}}"


def _with_subscripts(base: str, pieces: list[str]) -> str:
    return base + (f"_{{{','.join(map(_roman, pieces))}}}" if pieces else "")


def symbol_of_table(symbol: str) -> str:
    r"""A symbol of a parameter table with words and subscripts of several letters upright.

    Raises
    ------
    ValueError
        If it is not a base with subscripts, such as ``\tau_M`` or ``k_{a,sw}``.
    """
    parts = SYMBOL.fullmatch(symbol)
    if parts is None:
        raise ValueError(f"symbol {symbol!r} is not a base with subscripts such as k_{{a,sw}}")
    base = parts["base"]
    if base.startswith("["):
        base = rf"[\mathrm{{{base[1:-1]}}}]"
    elif not base.startswith("\\"):
        base = _roman(base)
    subscripts = parts["several"] or parts["one"] or ""
    pieces = subscripts.split(",") if subscripts else []
    return base + (f"_{{{','.join(_signed(p) for p in pieces)}}}" if pieces else "")


def _signed(piece: str) -> str:
    sign = piece[-1] if piece[-1] in "+-" else ""
    return _roman(piece.removesuffix(sign)) + sign if sign else _roman(piece)


def symbol_of_name(name: str) -> str:
    """A state or a value of the equations, whose name is all there is."""
    if name in SPECIAL:
        return SPECIAL[name]
    base, *pieces = name.split("_")
    if base in GREEK:
        base = f"\\{base}"
    elif short := re.fullmatch(r"([A-Za-z])([a-z]{1,2}\d?|[A-Z]|\d+)", base):
        if short[1].isupper() or len(base) == 2:
            base, pieces = short[1], [short[2], *pieces]
        else:
            base = _roman(base)
    else:
        base = _roman(base)
    return _with_subscripts(base, pieces)


@dataclass
class Symbols:
    """LaTeX of every name that the equations of a module use."""

    header: Header
    _table: Mapping[str, str] = field(init=False)
    _readouts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._table = {
            row["name"]: symbol_of_table(row["symbol"]) for row in _core.parameter_table("human")
        }
        self._readouts = frozenset(row["name"] for row in _core.readout_table())

    def of(self, name: str, index: str = "", values: tuple[str, ...] = ()) -> str:
        """LaTeX of a name; with the letter of an index where the name has one."""
        if name.startswith("u."):
            return _with_subscripts("u", name[2:].split("_"))
        if index and (first := with_index(Name(name), index, values[0])) != Name(name):
            return self._with_letter(name, str(first.text), index, values[0])  # type: ignore[union-attr]
        key = ".".join(self.header.taken.get(name, (self.header.module, name)))
        if key in self._table:
            return self._table[key]
        if name in self._readouts:
            return rf"\mathrm{{{name}}}".replace("_", r"\_")
        return symbol_of_name(name)

    def _with_letter(self, name: str, first: str, index: str, value: str) -> str:
        """`a_q` from the symbol of `a_I` if that is a parameter."""
        if f"{self.header.module}.{first}" not in self._table:
            return symbol_of_name(name)
        symbol = self._table[f"{self.header.module}.{first}"]
        general = re.sub(rf"(?<=[{{,]){value}(?=[}},])", index, symbol)
        if general == symbol:
            raise ValueError(f"symbol {symbol} of {first} does not show its index {value}")
        return general


def latex(e: Equation, symbols: Symbols) -> tuple[str, ...]:
    """Lines of an aligned environment."""

    def named(name: str) -> str:
        if name in e.parameters:
            return symbol_of_name(name)
        return symbols.of(name, e.index, e.values)

    left = named(e.name)
    if e.is_derivative:
        left = rf"\frac{{\mathrm{{d}}{left}}}{{\mathrm{{d}}t}}"
    elif e.parameters:
        left = _call(e.name, [named(p) for p in e.parameters])
    writer = _Writer(named)
    if not isinstance(e.right, Sum) or _width(writer.of(e.right)) <= LINE:
        return (f"{left} &= {writer.of(e.right)}",)
    lines, line = [], ""
    for term in writer.terms(e.right):
        if line and _width(line + term) > LINE:
            lines.append(line)
            line = ""
        line += term
    lines.append(line)
    return (f"{left} &= {lines[0]}", *(rf"&\quad {{}}{line}" for line in lines[1:]))


def _width(text: str) -> int:
    """Characters a reader sees, roughly; a fraction is as wide as both its parts together."""
    return len(
        re.sub(r"\\(left|right|mathrm|operatorname|frac|,)|[{}_^ ]|\\(?=[A-Za-z])", "", text)
    )


def _call(name: str, arguments: list[str]) -> str:
    first, *others = arguments
    inside = first + ("; " + ", ".join(others) if others else "")
    function = {"exp": r"\exp", "ln": r"\ln"}.get(name, rf"\operatorname{{{name}}}")
    return function + _bracketed(inside)


def _bracketed(inside: str) -> str:
    left, right = "[]" if "(" in inside and "[" not in inside else "()"
    # Only what holds a fraction is higher than a plain bracket.
    return rf"\left{left}{inside}\right{right}" if r"\frac" in inside else left + inside + right


class _Writer:
    def __init__(self, named: Callable[[str], str]) -> None:
        self._named = named

    def terms(self, e: Sum) -> list[str]:
        texts = []
        for i, (sign, term) in enumerate(e.terms):
            text = self.of(term, 1 if i or sign < 0 else 0)
            if i == 0:
                texts.append(text if sign > 0 else f"-{text}")
            else:
                texts.append(f" {'+' if sign > 0 else '-'} {text}")
        return texts

    def of(self, e: Expression, level: int = 0, flat: bool = False) -> str:
        """LaTeX of an expression.

        Parameters
        ----------
        level : int
            What stands around it: 0 nothing that binds, 1 a sum's sign or a product, 2 a power.
        flat : bool
            Quotients with a slash, as in an exponent.
        """
        match e:
            case Number(text):
                return text
            case Name(text):
                return self._named(text)
            case Negative(inner):
                text = f"-{self.of(inner, 1, flat)}"
                return _bracketed(text) if level else text
            case Sum():
                text = "".join(self.terms(e))
                return _bracketed(text) if level else text
            case Product(factors):
                texts = [self.of(f, 1, flat) for f in factors]
                text = texts[0]
                for factor, before, after in zip(factors[1:], texts, texts[1:], strict=False):
                    both_numbers = isinstance(factor, Number) and before[-1].isdigit()
                    text += (r" \cdot " if both_numbers else r"\,") + after
                return _bracketed(text) if level > 1 else text
            case Quotient(above, below):
                if flat:
                    return f"{self.of(above, 1, flat)}/{self.of(below, 2, flat)}"
                numerator, denominator = self.of(above), self.of(below)
                if isinstance(above, Sum) and r"\frac" in numerator and not isinstance(below, Sum):
                    # A fraction within a fraction would be set small.
                    return rf"\frac{{1}}{{{denominator}}}{_bracketed(numerator)}"
                text = rf"\frac{{{numerator}}}{{{denominator}}}"
                return _bracketed(text) if level > 1 else text
            case Power(base, exponent):
                return f"{self.of(base, 2)}^{{{self.of(exponent, 0, flat=True)}}}"
            case Call("sqrt", (argument,)):
                return rf"\sqrt{{{self.of(argument)}}}"
            case Call(name, arguments):
                return _call(name, [self.of(a) for a in arguments])
