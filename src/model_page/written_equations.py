"""The equations as written at the head of every model header.

Notation. In a comment at the head of a header, a line that begins with ``/// `` is prose; one that
is indented by at least three blanks is an equation::

    name = expression                 a value
    name(x; K, n) = expression        a function; defined in smooth.hpp, every module has it
    dX/dt = expression                the derivative of state X [unit of X per hour]
    For q = I, E:                     the equations below, indented further, hold for both:
      name_q = expression             _q stands for _I and for _E

An equation goes on in the next line if that is indented further. A product is written with a blank
(``k_S S (1 - Q)``) or with ``*``, a power as ``x^n``; round and square brackets mean the same. A
bare name below a slash ends a product: ``(a/b) c`` or ``a c/b``, never ``a/b c``. Names are those of
the module's tables and of its equations; ``u.name`` is an input of the model. ``In:`` says what comes
from other modules: ``In: T, Mtor = M from mtor; A from ampa.``
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

#: Functions that no header defines.
PRIMITIVES = frozenset({"sqrt", "exp", "ln"})


@dataclass(frozen=True, slots=True)
class Number:
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    text: str


@dataclass(frozen=True, slots=True)
class Negative:
    of: Expression


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms with their signs, +1 or -1."""

    terms: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    above: Expression
    below: Expression


@dataclass(frozen=True, slots=True)
class Power:
    base: Expression
    exponent: Expression


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Name | Negative | Sum | Product | Quotient | Power | Call


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation, for every value of its index if it has one.

    Attributes
    ----------
    name : str
        What is defined; for a derivative the state.
    parameters : tuple of str
        Arguments of a function.
    index : str
        The letter that stands for each of ``values``; "" if there is none.
    """

    name: str
    right: Expression
    is_derivative: bool = False
    parameters: tuple[str, ...] = ()
    index: str = ""
    values: tuple[str, ...] = ()

    def each(self) -> Iterator[Equation]:
        """The equations for every value of the index."""
        if not self.index:
            yield self
        for value in self.values:
            yield replace(
                self,
                name=_indexed(self.name, self.index, value),
                right=with_index(self.right, self.index, value),
                index="",
                values=(),
            )


@dataclass(frozen=True, slots=True)
class Header:
    """The comment at the head of a model header.

    Attributes
    ----------
    prose : tuple of str
        Paragraphs above the equations.
    taken : dict
        Name here to (module, name there), of everything that comes from other modules.
    given : str
        What the module hands on, in words.
    """

    module: str
    prose: tuple[str, ...]
    equations: tuple[Equation, ...]
    taken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    given: str = ""


class NotationError(ValueError):
    """An equation that is not written as `written_equations` says."""


def read_header(path: Path, functions: Mapping[str, Equation]) -> Header:
    """Read the comment at the head of a header.

    Parameters
    ----------
    path : Path
    functions : mapping
        What `smooth.hpp` defines, by name.

    Raises
    ------
    NotationError
        Naming the file and the line that cannot be read.
    """
    prose: list[str] = []
    numbered: list[tuple[int, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith("///"):
            break
        text = line[3:]
        if text.startswith("   "):
            numbered.append((number, text))
        else:
            prose.append(text.strip())
    try:
        equations = _equations(numbered, functions)
        above, _, below = " \n".join(prose).partition(" \nIn: ")
        incoming, _, outgoing = below.partition(" \nOut: ")
        paragraphs = tuple(" ".join(p.split()) for p in above.split(" \n \n"))
        taken = _taken(" ".join(incoming.split()))
    except NotationError as error:
        raise NotationError(f"{path.name}: {error}") from None
    return Header(path.stem, paragraphs, equations, taken, " ".join(outgoing.split()))


def _taken(text: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for group in re.sub(r"\([^)]*\)", "", text).rstrip(".").split(";"):
        names, origin, module = group.partition(" from ")
        if not origin:
            continue  # words such as "stress", which is an input
        for item in names.split(","):
            here, _, there = (part.strip() for part in item.partition("="))
            if not re.fullmatch(r"[A-Za-z]\w*", here):
                raise NotationError(f"In: cannot read {item.strip()!r} from {module.strip()}")
            found[here] = (module.strip(), there or here)
    return found


def _equations(
    lines: list[tuple[int, str]], functions: Mapping[str, Equation]
) -> tuple[Equation, ...]:
    joined: list[tuple[int, int, str]] = []  # number, indentation, text
    for number, text in lines:
        indent, text = len(text) - len(text.lstrip()), text.strip()
        previous = joined[-1] if joined else None
        if previous and indent > previous[1] and not previous[2].endswith(":"):
            joined[-1] = (previous[0], previous[1], f"{previous[2]} {text}")
        else:
            joined.append((number, indent, text))
    known = set(functions) | PRIMITIVES
    known |= {m[1] for _, _, text in joined if (m := re.match(r"(\w+)\([\w, ;]*\) *=", text))}
    equations: list[Equation] = []
    index, values, outside = "", (), 0
    for number, indent, text in joined:
        if index and indent <= outside:
            index, values = "", ()
        if loop := re.fullmatch(r"For (\w) = (\w+(?:, \w+)*):", text):
            index, values, outside = loop[1], tuple(loop[2].split(", ")), indent
            continue
        try:
            equations.append(_equation(text, known, index, values))
        except NotationError as error:
            raise NotationError(f"line {number}: {text}: {error}") from None
    return tuple(equations)


_LEFT = re.compile(
    r"(?:d(?P<state>\w+)/dt|(?P<name>[A-Za-z]\w*)(?:\((?P<parameters>[\w ,;]+)\))?)\s*=\s*(?P<right>.+)"
)


def _equation(text: str, known: set[str], index: str, values: tuple[str, ...]) -> Equation:
    left = _LEFT.fullmatch(text)
    if left is None:
        raise NotationError("an equation is 'name = ...', 'name(x; K) = ...' or 'dX/dt = ...'")
    return Equation(
        name=left["state"] or left["name"],
        right=_Parser(left["right"], known).whole(),
        is_derivative=left["state"] is not None,
        parameters=tuple(re.findall(r"\w+", left["parameters"] or "")),
        index=index,
        values=values,
    )


_TOKEN = re.compile(r"(\s*)(\d+(?:\.\d+)?|[A-Za-z]\w*(?:\.[A-Za-z]\w*)?|[-+*/^()\[\];,])")
_CLOSING = {"(": ")", "[": "]"}


class _Parser:
    """Reads one right-hand side."""

    def __init__(self, text: str, functions: set[str]) -> None:
        self._functions = functions
        self._tokens: list[str] = []
        self._spaced: list[bool] = []  # is there a blank before the token?
        at = 0
        while at < len(text.rstrip()):
            token = _TOKEN.match(text, at)
            if token is None:
                raise NotationError(f"unexpected {text[at:].strip()[:10]!r}")
            self._tokens.append(token[2])
            self._spaced.append(bool(token[1]))
            at = token.end()
        self._at = 0

    def whole(self) -> Expression:
        result = self._sum()
        if self._at < len(self._tokens):
            raise NotationError(f"unexpected {self._tokens[self._at]!r}")
        return result

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        if self._at == len(self._tokens):
            raise NotationError("the equation ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise NotationError(f"{token!r} expected, not {self._next() or 'the end'!r}")
        self._at += 1

    def _sum(self) -> Expression:
        sign = -1 if self._next() == "-" else 1
        if sign < 0:
            self._take()
        terms = [(sign, self._product())]
        while self._next() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            terms.append((sign, self._product()))
        if len(terms) > 1:
            return Sum(tuple(terms))
        return terms[0][1] if terms[0][0] > 0 else Negative(terms[0][1])

    def _product(self) -> Expression:
        factors = [self._power()]
        after_bare_division = False
        while (token := self._next()) and token not in "+-)];,":
            if token == "/":
                self._take()
                if after_bare_division:
                    raise NotationError("a/b/c: write a/(b c)")
                bare = self._next() not in _CLOSING
                below = self._power()
                factors = [Quotient(_product_of(factors), below)]
                after_bare_division = bare and not isinstance(below, Call)
                continue
            if after_bare_division:
                raise NotationError("a/b c: write (a/b) c or a c/b")
            if token == "*":
                self._take()
            elif not self._spaced[self._at] and token not in _CLOSING:
                raise NotationError(f"a blank is missing before {token!r}")
            factors.append(self._power())
        return _product_of(factors)

    def _power(self) -> Expression:
        base = self._atom()
        if self._next() == "^":
            self._take()
            return Power(base, self._atom())
        return base

    def _atom(self) -> Expression:
        token = self._take()
        if token in _CLOSING:
            inside = self._sum()
            self._expect(_CLOSING[token])
            return inside
        if token[0].isdigit():
            return Number(token)
        if not token[0].isalpha():
            raise NotationError(f"unexpected {token!r}")
        if token in self._functions:
            self._expect("(")
            arguments = [self._sum()]
            while self._next() in (";", ","):
                self._take()
                arguments.append(self._sum())
            self._expect(")")
            return Call(token, tuple(arguments))
        return Name(token)


def _product_of(factors: list[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _indexed(name: str, index: str, value: str) -> str:
    return re.sub(rf"_{index}(?=$|\.)", f"_{value}", name)


def with_index(e: Expression, index: str, value: str) -> Expression:
    """The expression with one value of the index in all names."""
    match e:
        case Number():
            return e
        case Name(text):
            return Name(_indexed(text, index, value))
        case Negative(of):
            return Negative(with_index(of, index, value))
        case Sum(terms):
            return Sum(tuple((sign, with_index(term, index, value)) for sign, term in terms))
        case Product(factors):
            return Product(tuple(with_index(factor, index, value) for factor in factors))
        case Quotient(above, below):
            return Quotient(with_index(above, index, value), with_index(below, index, value))
        case Power(base, exponent):
            return Power(with_index(base, index, value), with_index(exponent, index, value))
        case Call(function, arguments):
            return Call(function, tuple(with_index(a, index, value) for a in arguments))


def read_model(folder: Path, modules: tuple[str, ...]) -> dict[str, Header]:
    """Read `smooth.hpp` and the headers of the modules.

    Parameters
    ----------
    folder : Path
        ``include/ketasim/model``.
    modules : tuple of str
        In the order of the result, behind "smooth".
    """
    smooth = read_header(folder / "smooth.hpp", {})
    functions = {e.name: e for e in smooth.equations}
    headers = {m: read_header(folder / f"{m}.hpp", functions) for m in modules}
    return {"smooth": smooth, **headers}
