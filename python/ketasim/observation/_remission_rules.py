"""What a study counts as remission, and the model's numbers that population rules need."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from ketasim.catalogue._model_tables import parameters
from ketasim.files._read_csv import read_csv
from ketasim.observation._clinical import Spread, VirtualPatients
from ketasim.observation._prediction import Predictor, Scales

#: Length of the scales of suicidal ideation and of MADRS [points].
SSI_MAX, MADRS_MAX = 38.0, 60.0


@dataclass(frozen=True, slots=True)
class RemissionRule:
    """MADRS at or below which a study counts remission, and its own words for it."""

    source_key: str
    madrs_cut: float
    rule: str


@cache
def remission_rules() -> tuple[RemissionRule, ...]:
    """Studies whose rule is known to differ from the model's ``symptoms.remission_cut``."""
    with as_file(files("ketasim.evidence").joinpath("data", "remission_rules.csv")) as path:
        rows = read_csv(Path(path), ("source_key", "madrs_cut", "rule"))
    return tuple(
        RemissionRule(r.cells["source_key"], float(r.cells["madrs_cut"]), r.cells["rule"])
        for r in rows
    )


@cache
def predictor() -> Predictor:
    """Return the predictor with the model's own parameters."""
    table = parameters("human")

    def value(name: str) -> float:
        return float(table[f"symptoms.{name}"]["value"])

    cadss_cv = float(table["tolerability.CADSS_max"]["iiv_cv_pct"]) / 100.0
    spread = Spread(value("sensitivity"), value("omega_s"), value("sd_e"), value("sigma_y"))
    return Predictor(
        scales=Scales(
            sd_change=value("sd_change"),
            # No spread of ideation is known to the model: the same share of the scale's length.
            ssi_sd_change=value("sd_change") * SSI_MAX / MADRS_MAX,
            cadss_log_sd=math.sqrt(math.log1p(cadss_cv**2)),
        ),
        spread=spread,
        patients=VirtualPatients(spread),
        remission_cuts={r.source_key: r.madrs_cut for r in remission_rules()},
        default_cut=value("remission_cut"),
    )
