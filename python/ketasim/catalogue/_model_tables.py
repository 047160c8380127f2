"""The tables of the model, read from the compiled core."""

from __future__ import annotations

from functools import cache

from ketasim import _core
from ketasim._wording.names import check_name
from ketasim.catalogue._ranges import possible_range
from ketasim.catalogue._table import Table
from ketasim.catalogue._vocabulary import SPECIES, parameter_set


def parameters(species: str = "human") -> Table:
    """Return every parameter of a species: value, unit, plausible range, grade and source.

    Parameters
    ----------
    species : str
        'human' (default) or an animal or preparation, such as 'rat'; these use the rat set.

    Returns
    -------
    Table
        Columns name ('module.name'), module, symbol, description, value, unit, low, high (plausible
        range), limit_low, limit_high (limits of the quantity itself; infinite without a limit),
        possible_low, possible_high (widest range that a run accepts, see `possible_range`),
        iiv_cv_pct (variability between individuals [%]), species, grade (A-E), source_key, evidence,
        fitted_to, note.

    Raises
    ------
    UnknownNameError
        For an unknown species.

    Examples
    --------
    >>> import ketasim as ks
    >>> row = ks.parameters()["nmda_block.K0"]
    >>> row["value"], row["unit"], row["grade"]
    (0.32, 'uM', 'D')
    """
    check_name(species, SPECIES, "species")
    return _parameters(parameter_set(species))


@cache
def _parameters(species: str) -> Table:
    rows = []
    for row in _core.parameter_table(species):
        low, high = possible_range(row)
        rows.append({**row, "possible_low": low, "possible_high": high})
    return Table(
        rows, "parameter", ("name", "value", "unit", "low", "high", "grade", "description")
    )


@cache
def states() -> Table:
    """Return every state of the model, in the order of ``run.y``.

    Returns
    -------
    Table
        Columns name ('module.name'), module, unit, kind, typical (a typical size), low, high
        (physiological bounds; infinite without a bound), description. Sizes and bounds are in the unit
        of the state.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.states()["mtor.M"]["description"]
    'active mTORC1 [fold]'
    >>> ks.states()["symptoms.R"]["low"], ks.states()["symptoms.R"]["high"]
    (0.0, 1.0)
    """
    return Table(
        _core.state_table(), "state", ("name", "unit", "kind", "low", "high", "description")
    )


@cache
def inputs() -> Table:
    """Return every input of the model: doses, tool compounds, trial contexts and stress.

    Returns
    -------
    Table
        Columns name, unit, kind, description.

    Examples
    --------
    >>> from ketasim.catalogue import inputs
    >>> inputs()[0]["name"]
    'rate_A1_S'
    """
    return Table(_core.input_table(), "input", ("name", "unit", "kind", "description"))


@cache
def readouts() -> Table:
    """Return every readout that a run has.

    Returns
    -------
    Table
        Columns name, unit, module, description, scale_low, scale_high (ends of the scale, in the unit;
        infinite without an end) and more.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.readouts()["madrs_change"]["unit"]
    'points'
    """
    return Table(_core.readout_table(), "readout", ("name", "unit", "module", "description"))


@cache
def drugs() -> Table:
    """Return every drug that can be given.

    Returns
    -------
    Table
        Columns name, family, opens_session, routes and units in which it is given, molar_mass
        [g/mol of free base], most_mg [mg] and most_mg_per_kg [mg/kg] (largest accepted single dose in a
        human), most_mg_per_kg_animal [mg/kg], most_uM (largest accepted concentration in the bath
        [uM]), usual_duration_h (default duration [h]), target (as in `ketasim.block`), also (other
        spellings), description. None stands for a number that a drug does not have.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.drugs()["esketamine"]["molar_mass"]
    237.73
    """
    return Table(_core.drug_table(), "drug", ("name", "family", "routes", "description"))


@cache
def routes() -> Table:
    """Return every route of administration.

    Returns
    -------
    Table
        Columns name, site, units, lasts (whether a dose has a duration), also (other spellings),
        description.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.routes()["intranasal"]["units"]
    ('mg', 'mg/kg')
    """
    return Table(_core.route_table(), "route", ("name", "site", "units", "description"))


@cache
def contexts() -> Table:
    """Return every trial context.

    Returns
    -------
    Table
        Columns name, expectancy, nonspecific and unblinding (shifts of the rating [logit], the
        defaults of the parameters of the module trial), description.

    Examples
    --------
    >>> import ketasim as ks
    >>> "midazolam" in ks.contexts().names
    True
    """
    return Table(
        _core.context_table(),
        "context",
        ("name", "expectancy", "nonspecific", "unblinding", "description"),
    )


@cache
def variants() -> Table:
    """Return every named variant of the circuit, with the parameters that it changes.

    Returns
    -------
    Table
        Columns name, source_key, description, overrides: lines such as 'disinhibition.w_H = 0', with
        the parameter set to which a line is limited, if any.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.variants()[0]["name"]
    'variant_A'
    """
    lines: dict[str, list[str]] = {}
    for row in _core.override_table():
        limited = "" if row["species"] == "all" else f" ({row['species']})"
        line = f"{row['parameter']} = {row['value']:g}{limited}"
        lines.setdefault(row["variant"], []).append(line)
    rows = [{**row, "overrides": tuple(lines[row["name"]])} for row in _core.variant_table()]
    return Table(rows, "variant", ("name", "description"))


def meaning(name: str) -> str:
    """Return the description of a readout or a state."""
    table = readouts() if name in readouts().names else states()
    return str(table[name]["description"])


def overrides_of(variant: str | None, species: str) -> dict[str, float]:
    """Return the parameters that a variant changes for a species, by 'module.name'."""
    return {
        row["parameter"]: row["value"]
        for row in _core.override_table()
        if row["variant"] == variant and row["species"] in ("all", parameter_set(species))
    }
