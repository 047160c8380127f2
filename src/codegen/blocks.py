"""Blocks of states that doses move together, so that the rest need not be computed.

Any division is right: a block is computed if one of its states can move (ketasim/moving_states.hpp). A
good one has few blocks, and a usual regimen leaves some of them at rest.
"""

from __future__ import annotations

#: What each block contains; a block is the place in this list.
BLOCKS = (
    "depots: ketamine on its way into blood",
    "S: S-ketamine and its metabolites",
    "R: R-ketamine and its metabolites",
    "other antagonists: memantine and MK-801 with their share of receptors",
    "rapamycin",
    "SSRI: the drugs, serotonin and its gene programme",
    "circuit: block by ketamine, rates, glutamate and what follows them at once",
    "signalling, synapses and symptoms",
    "enzymes that co-medication changes",
)
DEPOTS, S, R, ANTAGONISTS, RAPAMYCIN, SSRI, CIRCUIT, SIGNALLING, ENZYMES = range(len(BLOCKS))

#: Ketamine before it reaches blood, without the suffix of the enantiomer.
DEPOT_STATES = ("An", "Asw", "Apo", "Aim", "Asc", "Aip", "Asl", "Arc")


def block_of(state: str) -> int:
    """Return the block of a state, named module.name."""
    module, name = state.split(".")
    if module == "pharmacokinetics":
        symbol, _, enantiomer = name.rpartition("_")
        if symbol in DEPOT_STATES:
            return DEPOTS
        return {"S": S, "R": R}[enantiomer]
    if module == "enzymes":
        return ENZYMES
    if module == "nmda_block":
        return ANTAGONISTS if "mem" in name or "mk" in name else CIRCUIT
    if module == "mtor" and "rapa" in name:
        return RAPAMYCIN
    if module == "serotonin" or state == "symptoms.Y5":
        return SSRI
    if module in ("disinhibition", "glutamate") or state in (
        "symptoms.R",
        "symptoms.U",
        "tolerability.N",
    ):
        return CIRCUIT
    return SIGNALLING
