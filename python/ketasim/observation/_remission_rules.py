"""The remission rules of studies, and the predictor with the model's own parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from ketasim.catalogue._model_tables import parameters
from ketasim.files._read_csv import read_csv
from ketasim.observation._clinical import FollowUp, Spread
from ketasim.observation._prediction import Predictor, Scales


@dataclass(frozen=True, slots=True)
class RemissionRule:
    """The remission rule of a study.

    Parameters
    ----------
    source_key : str
    madrs_cut : float
        MADRS at or below which the study counts remission [points].
    rule : str
        The rule as published.

    Examples
    --------
    >>> from ketasim.observation import remission_rules
    >>> remission_rules()[0].madrs_cut > 0.0
    True
    """

    source_key: str
    madrs_cut: float
    rule: str


@cache
def remission_rules() -> tuple[RemissionRule, ...]:
    """Return the rules that are known to differ from the model's ``symptoms.remission_cut``.

    Returns
    -------
    tuple of RemissionRule

    Examples
    --------
    >>> from ketasim.observation import remission_rules
    >>> type(remission_rules()[0]).__name__
    'RemissionRule'
    """
    with as_file(files("ketasim.evidence").joinpath("data", "remission_rules.csv")) as path:
        rows = read_csv(Path(path), ("source_key", "madrs_cut", "rule"))
    return tuple(
        RemissionRule(r.cells["source_key"], float(r.cells["madrs_cut"]), r.cells["rule"])
        for r in rows
    )


@cache
def predictor() -> Predictor:
    """Return the predictor with the model's own parameters.

    Returns
    -------
    Predictor

    Examples
    --------
    >>> from ketasim.observation import predictor
    >>> predictor().follow_up.visit_every
    72.0
    """
    table = parameters("human")

    def value(name: str) -> float:
        return float(table[f"symptoms.{name}"]["value"])

    cadss_cv = float(table["tolerability.CADSS_max"]["iiv_cv_pct"]) / 100.0
    return Predictor(
        scales=Scales(
            sd_change=value("sd_change"),
            k_HDRS17=value("k_HDRS17"),
            k_HDRS=value("k_HDRS"),
            cadss_log_sd=math.sqrt(math.log1p(cadss_cv**2)),
        ),
        spread=Spread(value("sensitivity"), value("omega_s"), value("sd_e"), value("sigma_y")),
        follow_up=FollowUp.published(),
        remission_cuts={r.source_key: r.madrs_cut for r in remission_rules()},
        default_cut=value("remission_cut"),
    )
