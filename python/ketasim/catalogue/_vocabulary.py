"""The closed vocabularies of scenarios, and one way to say that a name is not in one."""

from __future__ import annotations

KETAMINES = ("ketamine", "esketamine", "arketamine")
METABOLITES = ("norketamine", "hnk_2r6r", "hnk_2s6s")
CHANNEL_BLOCKERS = ("memantine", "mk801")
ANTIDEPRESSANTS = ("escitalopram", "fluoxetine")
TOOLS = (
    "rapamycin",
    "nbqx",
    "anti_bdnf",
    "vdcc_blocker",
    "anisomycin",
    "ly379268",
    "ly341495",
    "naltrexone",
)
THERAPIES = ("psychotherapy", "memory_retrieval")
DRUGS = (
    *KETAMINES,
    *METABOLITES,
    *CHANNEL_BLOCKERS,
    *ANTIDEPRESSANTS,
    *TOOLS,
    "bdnf",
    "placebo",
    *THERAPIES,
)

SYSTEMIC_ROUTES = (
    "iv",
    "im",
    "sc",
    "ip",
    "intranasal",
    "oral",
    "oral_er",
    "sublingual",
    "rectal",
)
ROUTES = (*SYSTEMIC_ROUTES, "bath", "target")

UNITS = ("mg", "mg/kg", "fraction", "uM")
SPECIES = ("human", "rat", "mouse", "cell", "slice")
CONTEXTS = (
    "none",
    "open_label",
    "saline",
    "midazolam",
    "nasal_placebo",
    "oral_ad",
    "masked",
)
VARIANTS = ("variant_A", "variant_C")

#: Val66Met of BDNF: scale of activity-dependent release, `bdnf_trkb.phi` (sizes assumed, Liu2012).
GENOTYPES = {"val66val": 1.0, "val66met": 0.4, "met66met": 0.1}


def routes_of(drug: str) -> tuple[str, ...]:
    """Routes by which a drug can be given."""
    if drug in (*KETAMINES, *METABOLITES, *CHANNEL_BLOCKERS, *ANTIDEPRESSANTS):
        return (*SYSTEMIC_ROUTES, "bath")
    if drug == "rapamycin":
        return (*SYSTEMIC_ROUTES, "target")
    if drug == "bdnf":
        return ("bath",)
    if drug == "placebo":
        return ROUTES
    return ("target",)
