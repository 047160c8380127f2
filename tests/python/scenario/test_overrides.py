"""Which values a run accepts: everybody who can be drawn, and no nonsense."""

import dataclasses

import numpy as np
import pytest

import ketasim as ks
from ketasim.catalogue import possible_range

NASAL = "esketamine 56 mg intranasal"
ABSORBED = "pharmacokinetics.FR_n"
SENSITIVITY = "symptoms.sensitivity"


@pytest.mark.parametrize("species", ["human", "rat"])
@pytest.mark.parametrize("end", ["low", "value", "high"])
def test_whoever_is_drawn_around_a_plausible_value_is_possible(species, end):
    scenario = ks.Scenario(NASAL, ks.Subject(species))
    table = ks.parameters(species)
    names = ks.draw_parameters(scenario, 1, seed=0)
    typical = {name: table[name][end] for name in (*names, "symptoms.omega_s")}
    drawn = ks.draw_parameters(dataclasses.replace(scenario, parameters=typical), n=20_000, seed=1)
    for name, values in drawn.items():
        least, most = possible_range(table[name])
        assert least <= values.min() <= values.max() <= most, name


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_the_farthest_of_millions_is_simulated_alone_as_in_a_population():
    # Sensitivities of 5 standard deviations either way: one in three million each.
    omega = ks.parameters()["symptoms.omega_s"]["value"]
    far = np.exp(omega * np.array([-5.0, 5.0]) - omega**2 / 2.0)
    keep = {"readouts": ["madrs"], "t_eval": [24.0], "rtol": 1e-3}
    crowd = ks.simulate_population(NASAL, 2, parameters={SENSITIVITY: far}, **keep)
    assert crowd.status == ("success", "success")
    for s, madrs in zip(far, crowd["madrs"], strict=True):
        run = ks.simulate(NASAL, parameters={SENSITIVITY: s}, t_eval=[24.0], rtol=1e-3)
        assert run["madrs"][0] == madrs[0]


@pytest.mark.parametrize("species", ["human", "rat"])
def test_a_sign_never_changes(species):
    for row in ks.parameters(species):
        least, most = possible_range(row)
        assert least <= row["low"] <= row["high"] <= most
        if row["low"] > 0.0 and row["name"] != "symptoms.omega_s":  # 0 in one person
            assert least > 0.0, row["name"]
        with pytest.raises(ks.ParameterError, match="is not possible"):
            ks.simulate(
                NASAL,
                subject=ks.Subject(species),
                parameters={row["name"]: least - 1.0},
                t_eval=[1.0],
            )


@pytest.mark.parametrize("species", ["human", "rat"])
@pytest.mark.parametrize("share", [0.0, 1.0, 1.2])
def test_a_fraction_that_varies_on_the_logit_scale_stays_one(species, share):
    scenario = ks.Scenario(NASAL, ks.Subject(species), parameters={ABSORBED: share})
    for ask in (ks.simulate, lambda it: ks.simulate_population(it, 2)):
        with pytest.raises(ks.ParameterError, match=r"FR_n = .* is not possible"):
            ask(scenario)


@pytest.mark.parametrize(
    "said", ["oral_ad+midazolam", "midazolam + oral_ad", " oral_ad +midazolam"]
)
def test_parts_of_a_context_may_be_said_in_any_order(said):
    assert ks.Scenario("ketamine 35 mg iv over 40 min", context=said).context == "midazolam+oral_ad"


@pytest.mark.parametrize(
    "said", ["midazolam+midazolam", "midazolam+", "none+saline", "saline+open_label", 3]
)
def test_contexts_that_do_not_compose_are_refused(said):
    with pytest.raises(ks.KetasimError, match="context"):
        ks.Scenario("ketamine 35 mg iv over 40 min", context=said)
