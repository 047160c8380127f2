"""Tables of the model: what it says about itself."""

from __future__ import annotations

from functools import cache

from ketasim import _core
from ketasim._wording.names import check_name
from ketasim.catalogue._table import Table
from ketasim.catalogue._vocabulary import SPECIES, parameter_set


def parameters(species: str = "human") -> Table:
    """Every parameter of a species: value, unit, plausible range, grade and source.

    Parameters
    ----------
    species : str
        As in `Subject`; all but 'human' use the parameters of the rat.

    Returns
    -------
    Table
        Columns name ('module.name'), module, symbol, description, value, unit, low, high
        (plausible range), limit_low, limit_high (what the number can mean at all; infinite where
        nothing limits it), iiv_cv_pct, species, grade (A-E), source_key, evidence, fitted_to, note.
    """
    check_name(species, SPECIES, "species")
    return _parameters(parameter_set(species))


@cache
def _parameters(species: str) -> Table:
    rows = _core.parameter_table(species)
    return Table(
        rows, "parameter", ("name", "value", "unit", "low", "high", "grade", "description")
    )


@cache
def states() -> Table:
    """Every state of the model in the order of ``run.y``: name, unit, kind, typical size, meaning."""
    return Table(_core.state_table(), "state", ("name", "unit", "kind", "typical", "description"))


@cache
def inputs() -> Table:
    """Everything that acts on the model from outside: name, unit, kind, meaning."""
    return Table(_core.input_table(), "input", ("name", "unit", "kind", "description"))


@cache
def readouts() -> Table:
    """Everything that can be measured on a run: name, unit, module, meaning, scale.

    ``scale_low`` and ``scale_high`` are the ends of its scale, in its unit, which it leaves in
    nobody; they are infinite where the scale has no end.
    """
    return Table(_core.readout_table(), "readout", ("name", "unit", "module", "description"))


@cache
def drugs() -> Table:
    """Every drug that can be given.

    Returns
    -------
    Table
        Columns name, family, opens_session, routes and units in which it is given, molar_mass
        [g/mol of free base], most_mg and most_mg_per_kg (largest single dose accepted in a human),
        most_mg_per_kg_animal, usual_duration_h (how long it acts where a record does not say),
        target (what `block` calls it), also (other spellings), description. A number that a drug
        does not have is None.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.drugs()["esketamine"]["molar_mass"]
    237.73
    """
    return Table(_core.drug_table(), "drug", ("name", "family", "routes", "description"))


@cache
def routes() -> Table:
    """Every route of administration: name, site, units, whether a dose lasts, spellings, meaning."""
    return Table(_core.route_table(), "route", ("name", "site", "units", "description"))


@cache
def contexts() -> Table:
    """Every trial context: its logits of expectancy, improvement and unblinding, source, meaning."""
    return Table(
        _core.context_table(),
        "context",
        ("name", "expectancy", "nonspecific", "unblinding", "description"),
    )


@cache
def variants() -> Table:
    """Every named variant of the circuit, with the parameters that it changes.

    Returns
    -------
    Table
        Columns name, source_key, description, overrides: lines such as 'disinhibition.w_H = 0', with
        the parameter set to which a line is limited, if it is.
    """
    lines: dict[str, list[str]] = {}
    for row in _core.override_table():
        limited = "" if row["species"] == "all" else f" ({row['species']})"
        line = f"{row['parameter']} = {row['value']:g}{limited}"
        lines.setdefault(row["variant"], []).append(line)
    rows = [{**row, "overrides": tuple(lines[row["name"]])} for row in _core.variant_table()]
    return Table(rows, "variant", ("name", "description"))


def meaning(name: str) -> str:
    """Description of a readout or a state."""
    table = readouts() if name in readouts().names else states()
    return str(table[name]["description"])
