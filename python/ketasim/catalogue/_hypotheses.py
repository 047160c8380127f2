"""Rival mechanisms as sets of the model's switches."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.names import check_name
from ketasim.catalogue._model_tables import parameters
from ketasim.catalogue._table import Table

#: The model as it is shipped, without a switch set.
SHIPPED = "shipped model"


class _Hypothesis(NamedTuple):
    """``on`` are the switches that are on, all others are off; None leaves them as they are shipped."""

    description: str
    on: tuple[str, ...] | None
    also_on: tuple[str, ...] = ()


_HYPOTHESES: dict[str, _Hypothesis] = {
    SHIPPED: _Hypothesis("disinhibition, direct inhibition and HNK together", None),
    "disinhibition": _Hypothesis(
        "NMDA block slows interneurons more than pyramidal cells; the glutamate surge does the rest",
        ("disinhibition.w_dis", "disinhibition.w_pyr"),
    ),
    "direct inhibition": _Hypothesis(
        "NMDA block on pyramidal cells at rest lowers eEF2K; proteins are made without a surge",
        ("disinhibition.w_pyr", "mtor.w_rest"),
    ),
    "HNK": _Hypothesis(
        "hydroxynorketamine raises release; NMDA block plays no part", ("glutamate.w_HNK",)
    ),
    "ERK": _Hypothesis(
        "R-ketamine acts on ERK, independent of mTORC1; NMDA block plays no part",
        ("mtor.w_RERK",),
    ),
    "TrkB binding": _Hypothesis(
        "ketamine binds to TrkB and raises its signal; NMDA block plays no part",
        ("bdnf_trkb.w_direct",),
    ),
    "opioid gating": _Hypothesis(
        "the shipped model, with relief that needs opioid receptors",
        None,
        ("symptoms.w_opioid",),
    ),
}


@cache
def switches() -> tuple[str, ...]:
    """Return the switches of ketamine's mechanisms, in the order of the parameters.

    Switches of what is taken beside it, such as lamotrigine, belong to no hypothesis and keep their values.
    """
    named = {s for h in _HYPOTHESES.values() for s in (*(h.on or ()), *h.also_on)}
    return tuple(str(row["name"]) for row in parameters() if row["name"] in named)


@cache
def hypotheses() -> Table:
    """Return the rival mechanisms of ketamine's effect, as sets of the model's switches.

    A switch is a parameter from 0 (off) to 1 (on) whose description begins with 'hypothesis weight'.
    Every other number is the same in all sets: it was chosen with the shipped model, and nothing is
    fitted again.

    Returns
    -------
    Table
        Columns name, description, parameters (values of the switches by name, empty for the shipped
        model), on (switches that are on), source_key (of these switches).

    See Also
    --------
    ketasim.compare_hypotheses : Runs and scores them side by side.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.hypotheses()["TrkB binding"]["on"]
    ('bdnf_trkb.w_direct',)
    >>> direct = ks.hypotheses()["direct inhibition"]["parameters"]
    >>> run = ks.simulate("ketamine 35 mg im", parameters=direct, t_eval=[0, 24])
    """
    return Table(
        [_row(name, found) for name, found in _HYPOTHESES.items()],
        "rival mechanism",
        ("name", "on", "description"),
    )


def hypothesis_parameters(name: str) -> dict[str, float]:
    """Return the values of the switches of a hypothesis.

    Raises
    ------
    UnknownNameError
        With the known names.
    """
    check_name(name, _HYPOTHESES, "hypothesis")
    found, table = _HYPOTHESES[name], parameters()
    if found.on is None:
        return {switch: float(table[switch]["limit_high"]) for switch in found.also_on}
    end = {True: "limit_high", False: "limit_low"}
    return {switch: float(table[switch][end[switch in found.on]]) for switch in switches()}


def _row(name: str, found: _Hypothesis) -> dict[str, object]:
    table = parameters()
    values = hypothesis_parameters(name)
    on = tuple(s for s in switches() if values.get(s, float(table[s]["value"])) > 0.0)
    told = found.also_on or on
    keys = dict.fromkeys(str(table[s]["source_key"]) for s in told)
    return {
        "name": name,
        "description": found.description,
        "parameters": FrozenMapping(values),
        "on": on,
        "source_key": ";".join(k for k in keys if k != "thisModel") or "thisModel",
    }
