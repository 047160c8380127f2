"""Reference values, recomputed."""

from importlib.resources import files

import numpy as np
import pytest

import ketasim as ks

REFERENCE = files("ketasim.qualification").joinpath("reference")
SCENARIOS, VALUES = (REFERENCE.joinpath(n) for n in ("scenarios.csv", "reference_values.csv"))


def test_all_reference_values_agree():
    result = ks.verify(str(SCENARIOS), str(VALUES), rtol=1e-5)
    assert len(result.rows) == 55
    assert result.ok, result
    # Six significant digits: half a unit of the last one.
    assert result.largest_error < 5.1e-6


def test_a_wrong_value_is_a_mismatch(tmp_path):
    wrong = tmp_path / "values.csv"
    wrong.write_text(VALUES.read_text(encoding="utf-8").replace("153.104", "153.204"))
    result = ks.verify(str(SCENARIOS), wrong)
    assert not result.ok
    assert [r.readout for r in result.failures] == ["ketamine_venous"]


def test_overrides_and_variants_are_read_from_the_parameter_set(tmp_path):
    table = SCENARIOS.read_text(encoding="utf-8").replace(
        ",midazolam,,v0_1,ketamine", ",midazolam,,nmda_block.K0=0.4,ketamine"
    )
    scenarios = tmp_path / "scenarios.csv"
    scenarios.write_text(table, encoding="utf-8")
    changed = ks.verify(scenarios, str(VALUES))
    assert "nmda_occupancy" in [r.readout for r in changed.failures]


def test_a_value_of_an_unknown_scenario_is_refused(tmp_path):
    values = tmp_path / "values.csv"
    values.write_text(
        "scenario,readout,time_h,value,unit\nnowhere,madrs,1,3,points\n", encoding="utf-8"
    )
    with pytest.raises(ks.EvidenceError, match="row 2, column scenario: 'nowhere'"):
        ks.verify(str(SCENARIOS), values)


def test_steady_states_are_equilibria_with_the_recorded_spines():
    for s, spines, strength in (
        (0.25, 0.92864, 0.89193),
        (0.5, 0.86172, 0.79452),
        (1.0, 0.73573, 0.62145),
    ):
        rest = ks.steady_state(ks.Subject(severity=s))
        run = ks.simulate("placebo oral", subject=ks.Subject(severity=s), t_eval=[0.0, 1440.0])
        assert rest["synaptogenesis.N"] + rest["synaptogenesis.M"] == pytest.approx(
            spines, abs=6e-6
        )
        assert run["synaptic_strength"][0] == pytest.approx(strength, abs=6e-6)
        np.testing.assert_allclose(run.y[1], run.y[0], rtol=1e-6, atol=1e-6)
        assert rest.stable
