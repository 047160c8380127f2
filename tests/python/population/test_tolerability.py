"""Dissociation of a population stays on its scale."""

import numpy as np

import ketasim as ks
from ketasim.catalogue import parameters

T_EVAL = np.concatenate([np.linspace(0.05, 3.0, 60), [24.0]])


def test_cadss_of_every_member_stays_on_its_scale():
    crowd = ks.simulate_population(
        "ketamine 1 mg/kg iv over 40 min", 500, seed=1, readouts=["cadss", "cadss_change"],
        t_eval=T_EVAL,
    )  # fmt: skip
    floor = parameters()["tolerability.CADSS_0"]["value"]
    cadss = crowd["cadss"]
    assert cadss.shape[0] == 500
    assert np.isfinite(cadss).all()
    assert cadss.min() >= floor
    assert cadss.max() <= 92.0
    assert crowd["cadss_change"].min() >= 0.0
    # Members differ: some hardly dissociate, some do a lot.
    peaks = cadss.max(axis=1)
    assert peaks.min() < floor + 2.0 < floor + 15.0 < peaks.max()


def test_without_drug_every_member_has_the_floor():
    crowd = ks.simulate_population(
        ks.Scenario(ks.Dose("placebo", 0.0, "mg", "iv"), context="saline"), 100, seed=1,
        readouts=["cadss"], t_eval=T_EVAL,
    )  # fmt: skip
    floor = parameters()["tolerability.CADSS_0"]["value"]
    np.testing.assert_array_equal(crowd["cadss"], floor)
