"""The predictor with the model's own parameters."""

from __future__ import annotations

import math
from functools import cache

from ketasim.catalogue._model_tables import parameters
from ketasim.observation._clinical import FollowUp, Spread
from ketasim.observation._prediction import Predictor, Pressure, Scales


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

    def value(name: str, module: str = "symptoms") -> float:
        return float(table[f"{module}.{name}"]["value"])

    def pressure(which: str) -> Pressure:
        names = (f"v_{which}", f"omega_{which}", f"{which}_0", f"sd_{which}_0")
        return Pressure(*(value(name, "tolerability") for name in names))

    cadss_cv = float(table["tolerability.CADSS_max"]["iiv_cv_pct"]) / 100.0
    return Predictor(
        scales=Scales(
            sd_change=value("sd_change"),
            k_HDRS17=value("k_HDRS17"),
            k_HDRS=value("k_HDRS"),
            cadss_log_sd=math.sqrt(math.log1p(cadss_cv**2)),
            pressures={"sbp_change": pressure("SBP"), "dbp_change": pressure("DBP")},
        ),
        spread=Spread(value("sensitivity"), value("omega_s"), value("sd_e"), value("sigma_y")),
        follow_up=FollowUp.published(),
        default_cut=value("remission_cut"),
    )
