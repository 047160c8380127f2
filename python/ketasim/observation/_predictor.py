"""The predictor with the model's own parameters."""

from __future__ import annotations

import math
from functools import cache

from ketasim.catalogue._model_tables import parameters
from ketasim.evidence.vocabulary import MADRS_MAX, SSI_MAX
from ketasim.observation._clinical import Spread, VirtualPatients
from ketasim.observation._prediction import Predictor, Scales


@cache
def predictor() -> Predictor:
    """Return the predictor with the model's own parameters.

    Returns
    -------
    Predictor

    Examples
    --------
    >>> from ketasim.observation import predictor
    >>> len(predictor().patients)
    4000
    """
    table = parameters("human")

    def value(name: str) -> float:
        return float(table[f"symptoms.{name}"]["value"])

    cadss_cv = float(table["tolerability.CADSS_max"]["iiv_cv_pct"]) / 100.0
    spread = Spread(value("sensitivity"), value("omega_s"), value("sd_e"), value("sigma_y"))
    return Predictor(
        scales=Scales(
            sd_change=value("sd_change"),
            # The model has no spread of ideation: the same share of the length of the scale.
            ssi_sd_change=value("sd_change") * SSI_MAX / MADRS_MAX,
            cadss_log_sd=math.sqrt(math.log1p(cadss_cv**2)),
        ),
        spread=spread,
        patients=VirtualPatients(spread),
        default_cut=value("remission_cut"),
    )
