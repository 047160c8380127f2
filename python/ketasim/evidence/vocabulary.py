"""The words of the evidence tables: what may stand in a column, and in which unit it is written."""

from __future__ import annotations

PLASMA = "Plasma"
CIRCUIT = "Receptor and circuit"
SIGNALLING = "Signalling"
SYNAPSE = "Synapse"
SEROTONIN = "Serotonin"
CLINICAL = "Clinical"
SIDE_EFFECTS = "Side effects"

_READOUTS: dict[tuple[str, str], str] = {
    (PLASMA, "ng/mL"): "esketamine_venous arketamine_venous ketamine_venous ketamine_arterial "
    "esketamine_arterial norketamine_venous hnk_venous escitalopram_venous",
    (CIRCUIT, "1"): "nmda_block_interneuron nmda_block_pyramidal nmda_occupancy",
    (CIRCUIT, "fold"): "interneuron_rate pyramidal_rate glutamate_cycling ampa_throughput",
    (CIRCUIT, "% of baseline"): "glutamate_dialysate",
    (SIGNALLING, "fold"): "bdnf_extracellular bdnf_protein p_trkb p_erk p_akt p_mtor p_s6k p_4ebp1 "
    "p_eef2",
    (SYNAPSE, "fold"): "psd95 glua1 synapsin1 spine_density spine_mature spine_formation_rate "
    "synaptic_strength sv2a",
    (SYNAPSE, "1"): "spine_restored",
    (SEROTONIN, "1"): "sert_occupancy",
    (SEROTONIN, "fold"): "serotonin_extracellular",
    (CLINICAL, "points"): "madrs madrs_change hdrs17_change hdrs_change suicidal_ideation_change "
    "capsv_change",
    (CLINICAL, "1"): "response remission suicidal_ideation_remission relapse abstinence",
    (CLINICAL, "SMD"): "effect_size",
    (CLINICAL, "%"): "craving_change",
    (SIDE_EFFECTS, "points"): "cadss cadss_change",
    (SIDE_EFFECTS, "mmHg"): "sbp_change dbp_change",
    (SIDE_EFFECTS, "1"): "sedation",
}
READOUT_UNIT: dict[str, str] = {
    name: unit for (_, unit), names in _READOUTS.items() for name in names.split()
}
READOUT_AREA: dict[str, str] = {
    name: area for (area, _), names in _READOUTS.items() for name in names.split()
}
AREAS: tuple[str, ...] = tuple(dict.fromkeys(area for area, _ in _READOUTS))

STATISTIC_UNIT: dict[str, str | None] = {
    "point": None,  # the unit of the readout
    "max": None,
    "min": None,
    "mean": None,
    "tmax": "h",
    "median_time": "h",
    "auc_0_24": "ng*h/mL",
    "auc_inf": "ng*h/mL",
    "fraction": "1",
    "ratio": "1",
    "sign": "1",
}
SPREAD_KINDS = ("sd", "se", "ci95_halfwidth", "iqr", "range", "cv", "reading")
HOW_READ = ("read", "secondary", "digitised", "memory", "derived")
ROLES = ("calibrate", "check")

STANDARDISED = "suicidal_ideation_change"  # may also be given as SMD: negative is then better


def unit_expected(readout: str, statistic: str) -> str:
    """Return the unit in which a statistic of a readout is written."""
    return STATISTIC_UNIT[statistic] or READOUT_UNIT[readout]
