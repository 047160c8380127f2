"""No readout leaves its scale, in anybody; no parameter what it can mean."""

import math

import numpy as np
import pytest

import ketasim as ks

ROUND_THE_CLOCK = [0.0, 0.3, 0.67, 1.0, 2.0, 6.0, 24.0, 72.0, 168.0, 336.0]
SCALED = [
    row["name"] for row in ks.readouts() if math.isfinite(row["scale_low"] + row["scale_high"])
] + ["craving_change"]
RTOL = 1e-4
#: Occupancies are integrated, and known to the solver's absolute tolerance; all else is exact.
INTEGRATED = {"nmda_block_interneuron", "nmda_block_pyramidal", "nmda_occupancy"}


def population(scenario, n, **who):
    return ks.simulate_population(
        scenario, n, readouts=SCALED, t_eval=ROUND_THE_CLOCK, rtol=RTOL, **who
    )


def all_stay_on_their_scales(crowd):
    for name in SCALED:
        row = ks.readouts()[name]
        values = crowd[name][crowd.ok]
        beyond = RTOL if name in INTEGRATED else 0.0
        assert row["scale_low"] - beyond <= values.min(), name
        assert values.max() <= row["scale_high"] + beyond, name


def test_scales_are_those_of_the_instruments():
    ends = {row["name"]: (row["scale_low"], row["scale_high"]) for row in ks.readouts()}
    assert ends["madrs"] == ends["madrs_baseline"] == (0.0, 60.0)
    assert ends["madrs_change"] == (-60.0, 60.0)
    assert ends["hdrs17_change"] == (-52.0, 52.0)
    assert ends["suicidal_ideation_change"] == (-38.0, 38.0)
    assert ends["capsv_change"] == (-80.0, 80.0)
    assert ends["cadss"] == (0.0, 92.0)
    assert ends["craving_change"] == (-100.0, math.inf)
    for share in ("response", "remission", "sedation", "abstinence", "sert_occupancy"):
        assert ends[share] == (0.0, 1.0)
    for level in ("ketamine_venous", "p_trkb", "glutamate_dialysate"):
        assert ends[level] == (0.0, math.inf)
    assert ends["effect_size"] == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("species", "regimen"),
    [
        ("human", "ketamine 0.5 mg/kg iv over 40 min"),
        ("human", "ketamine 5 mg/kg iv over 40 min"),
        ("human", "esketamine 84 mg intranasal"),
        ("rat", "ketamine 10 mg/kg ip"),
    ],
)
def test_drawn_members_stay_on_every_scale(species, regimen):
    n = 2000
    rng = np.random.default_rng(1)
    who = {"severity": rng.uniform(0.0, 1.0, n), "seed": 1}
    if species == "human":
        who["baseline_madrs"] = rng.uniform(0.5, 59.5, n)
    crowd = population(ks.Scenario(regimen, ks.Subject(species), context="saline"), n, **who)
    assert crowd.ok.all()
    all_stay_on_their_scales(crowd)
    # A change starts from the own baseline and ends on the scale, to rounding of the difference.
    rated = crowd["madrs_baseline"] + crowd["madrs_change"]
    np.testing.assert_allclose(rated, crowd["madrs"], rtol=0, atol=1e-13)


@pytest.mark.parametrize("species", ["human", "rat"])
def test_the_ends_of_every_range_and_their_corners_stay_on_every_scale(species):
    table = ks.parameters(species)
    scenario = ks.Scenario("ketamine 2 mg/kg iv over 40 min", ks.Subject(species), context="saline")
    one = {row["name"]: np.full(2 * len(table), float(row["value"])) for row in table}
    for k, row in enumerate(table):
        one[row["name"]][2 * k : 2 * k + 2] = row["low"], row["high"]
    ends = population(scenario, 2 * len(table), parameters=one)
    assert ends.ok.all()
    all_stay_on_their_scales(ends)
    rng = np.random.default_rng(2)
    all_at_once = {row["name"]: rng.choice([row["low"], row["high"]], 500) for row in table}
    corners = population(scenario, 500, parameters=all_at_once)
    # Some corners have no steady state, or are too stiff for the step: they say so.
    assert corners.ok.mean() > 0.7
    all_stay_on_their_scales(corners)


def test_dissociation_of_the_most_sensitive_ends_with_the_scale():
    drawn = ks.draw_parameters(ks.Scenario("ketamine 5 mg/kg iv over 40 min"), 20_000, seed=1)
    most = drawn["tolerability.CADSS_max"]
    row = ks.parameters()["tolerability.CADSS_max"]
    assert most.max() == row["limit_high"] == ks.readouts()["cadss"]["scale_high"] == 92.0
    # The log-normal of CV 94 % around 26 has 5.6 % beyond 92; three binomial standard errors.
    spread = math.sqrt(math.log1p((row["iiv_cv_pct"] / 100.0) ** 2))
    beyond = 0.5 * math.erfc(math.log(92.0 / row["value"]) / spread / math.sqrt(2.0))
    error = 3.0 * math.sqrt(beyond * (1.0 - beyond) / most.size)
    assert np.mean(most == 92.0) == pytest.approx(beyond, abs=error)
    # Typical values are not touched: the median is that of the table.
    assert np.median(most) == pytest.approx(row["value"], rel=0.03)


@pytest.mark.parametrize(
    ("name", "value", "end"),
    [
        ("tolerability.CADSS_max", 93.0, "92 points"),
        ("symptoms.SSI0", 39.0, "38 points"),
        ("symptoms.CAPS0", 81.0, "80 points"),
        ("symptoms.k_HDRS17", 1.1, "1.15385"),
        ("symptoms.p_abst0", 1.2, "to 1 1"),
        ("symptoms.madrs_depressed", 60.0, "59.9 points"),
        ("nmda_block.share_E", 1.01, "to 1 1"),
    ],
)
@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_what_no_scale_can_hold_is_refused(name, value, end):
    low, high = (ks.parameters()[name][column] for column in ("limit_low", "limit_high"))
    assert not low <= value <= high
    dose = "ketamine 0.5 mg/kg iv over 40 min"
    with pytest.raises(ks.ParameterError, match=rf"{name} = .* is not possible.*{end}"):
        ks.simulate(dose, parameters={name: value}, t_eval=[1.0])
    crowd = ks.simulate_population(dose, 2, parameters={name: [value, value]}, t_eval=[1.0])
    assert crowd.status == ("refused", "refused")
