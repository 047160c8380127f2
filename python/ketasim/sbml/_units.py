"""Units as products of powers, read from the texts of the tables and written as SBML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ketasim.sbml._expressions import Graph

#: Base units, as (name in ids, kind in SBML, exponent of ten, multiplier).
BASES = (
    ("h", "SECOND", 0, 3600.0),
    ("umol", "MOLE", -6, 1.0),
    ("L", "LITRE", 0, 1.0),
    ("g", "GRAM", 0, 1.0),
    ("mmHg", "PASCAL", 0, 133.322387415),
    # Of a rating scale. Singular, because Antimony reads a plural as a second unit of that name.
    ("point", "ITEM", 0, 1.0),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of the base units and a scale: uM is umol/L, mM is 1000 uM, % is 0.01."""

    powers: tuple[float, ...] = (0.0,) * len(BASES)
    scale: float = 1.0

    def times(self, other: Unit, power: float = 1.0) -> Unit:
        powers = (a + power * b for a, b in zip(self.powers, other.powers, strict=True))
        # Prefixes are factors of ten, or of sixty: rounding keeps equal units equal.
        return Unit(tuple(powers), float(f"{self.scale * other.scale**power:.9e}"))


def _base(name: str, scale: float = 1.0) -> Unit:
    return Unit(tuple(float(name == base[0]) for base in BASES), scale)


_UM = _base("umol").times(_base("L"), -1.0)

#: Unit names of the tables.
WORDS = {
    "1": Unit(),
    "fold": Unit(),
    "SMD": Unit(),
    "%": Unit(scale=0.01),
    "% of baseline": Unit(scale=0.01),
    "h": _base("h"),
    "min": _base("h", 1 / 60),
    "umol": _base("umol"),
    "mol": _base("umol", 1e6),
    "L": _base("L"),
    "mL": _base("L", 1e-3),
    "uM": _UM,
    "mM": _UM.times(Unit(scale=1000.0)),
    "g": _base("g"),
    "kg": _base("g", 1e3),
    "ng": _base("g", 1e-9),
    "mmHg": _base("mmHg"),
    "points": _base("point"),
}


def read_unit(text: str) -> Unit:
    """Read a unit such as 'umol/g/min': everything after the first slash divides."""
    first, *others = text.split("/")
    unit = Unit().times(WORDS[first])
    for word in others:
        unit = unit.times(WORDS[word], -1.0)
    return unit


def infer_units(graph: Graph, symbols: dict[str, str]) -> list[Unit]:
    """Return the units of all nodes, computed from those of the symbols [texts of the tables]."""
    units: list[Unit] = []
    for node in graph.nodes:
        below = [units[argument] for argument in node.args]
        match node.op:
            case "symbol":
                unit = read_unit(symbols[node.text])
            case "number":
                unit = read_unit(node.unit)
            case "plus" | "minus" | "neg":
                unit = below[0]
            case "where_positive":
                unit = below[1]
            case "times":
                unit = below[0].times(below[1])
            case "over":
                unit = below[0].times(below[1], -1.0)
            case "sqrt":
                unit = Unit().times(below[0], 0.5)
            case _:  # functions of pure numbers
                unit = Unit()
        units.append(unit)
    return units


class UnitDefinitions:
    """The units of a model, each defined once, at its first use."""

    def __init__(self, libsbml: Any, model: Any) -> None:
        self._libsbml = libsbml
        self._model = model
        self._ids = {Unit(): "dimensionless"}

    def __getitem__(self, text: str) -> str:
        """Return the id of a unit of the tables."""
        return self.of(read_unit(text), text)

    def of(self, unit: Unit, text: str | None = None) -> str:
        """Return the id of a unit, named after ``text`` or else after its powers."""
        if unit not in self._ids:
            self._ids[unit] = self._define(unit, _id_of(text) if text else _composed(unit))
        return self._ids[unit]

    def _define(self, unit: Unit, name: str) -> str:
        definition = self._model.createUnitDefinition()
        definition.setId(name)
        scale = unit.scale
        for (_, kind, ten, multiplier), power in zip(BASES, unit.powers, strict=True):
            if power != 0.0:
                self._add(definition, kind, power, ten, multiplier)
        if scale != 1.0:
            self._add(definition, "DIMENSIONLESS", 1.0, 0, scale)
        return name

    def _add(self, definition: Any, kind: str, power: float, ten: int, multiplier: float) -> None:
        part = definition.createUnit()
        part.setKind(getattr(self._libsbml, f"UNIT_KIND_{kind}"))
        part.setExponent(float(power))
        part.setScale(ten)
        part.setMultiplier(multiplier)


def _id_of(text: str) -> str:
    first, *others = text.split("/")
    words = {"1": "", "%": "percent", "% of baseline": "percent", "points": "point"}
    parts = [words.get(first, first), *(f"per_{words.get(word, word)}" for word in others)]
    return "_".join(part for part in parts if part)


def _composed(unit: Unit) -> str:
    def power_text(power: float) -> str:
        return "" if power == 1.0 else f"{power:g}".replace(".", "_")

    powers = [(base[0], power) for base, power in zip(BASES, unit.powers, strict=True) if power]
    above = [name + power_text(power) for name, power in powers if power > 0.0]
    below = ["per_" + name + power_text(-power) for name, power in powers if power < 0.0]
    factor = [] if unit.scale == 1.0 else ["times_" + f"{unit.scale:g}".translate(_DIGITS)]
    return "_".join([*above, *below, *factor])


_DIGITS = str.maketrans({".": "_", "-": "m", "+": None})
