"""Claims about dose records: what is accepted, what is refused, when it is given."""

import copy
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ketasim as ks


@given(
    start=st.floats(0.0, 1e4),
    interval=st.floats(1e-3, 1e3),
    lag=st.floats(0.0, 10.0),
    additional=st.integers(0, 50),
)
def test_repeats_are_at_t0_plus_k_ii_never_a_running_sum(start, interval, lag, additional):
    dose = ks.Dose(
        "escitalopram",
        10,
        "mg",
        "oral",
        start_h=start,
        interval_h=interval,
        additional=additional,
        lag_h=lag,
    )
    assert dose.start_times == tuple((start + lag) + k * interval for k in range(additional + 1))
    assert len(set(dose.start_times)) == additional + 1


def test_rate_scales_the_duration_and_duration_scales_the_rate_with_bioavailability():
    """As NONMEM has it."""
    by_rate = ks.Dose("ketamine", 40, "mg", "iv", rate=20.0, bioavailability=0.5)
    by_duration = ks.Dose("ketamine", 40, "mg", "iv", duration_h=2.0, bioavailability=0.5)
    assert by_rate.length_h == 1.0
    assert by_duration.length_h == 2.0
    # The same amount arrives: 20 mg, in 1 h at 20 mg/h or in 2 h at 10 mg/h.
    runs = [ks.simulate(d, t_eval=[0.01, 3.0]) for d in (by_rate, by_duration)]
    early = [run["ketamine_arterial"][0] for run in runs]
    assert early[0] == pytest.approx(2.0 * early[1], rel=1e-5)  # 10 x rtol


def test_both_micro_signs_and_u_are_read():
    for unit in ("uM", "µM", "μM"):
        assert ks.Dose("ketamine", 1, unit, "bath", duration_h=1).unit == "uM"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"drug": "ketmine"}, "did you mean 'ketamine'"),
        ({"route": "nasal"}, "intranasal"),
        ({"unit": "g"}, "unknown unit 'g'"),
        ({"amount": -1}, "amount = -1 mg must not be negative"),
        ({"amount": 0}, "placebo"),
        ({"amount": math.nan}, "amount = nan must be a finite number"),
        ({"amount": math.inf}, "must be a finite number"),
        ({"amount": "ten"}, "amount = 'ten'"),
        ({"duration_h": -1.0}, "duration_h = -1 h"),
        ({"additional": 3}, "interval_h = 0"),
        ({"additional": -1}, "additional = -1"),
        ({"additional": 1.5}, "whole number"),
        ({"rate": -2.0}, "rate = -2"),
        ({"rate": 1.0, "duration_h": 1.0}, "rate or duration_h, not both"),
        ({"route": "im", "duration_h": 1.0}, "only iv"),
        ({"route": "target"}, "cannot be given by route 'target'"),
        ({"route": "bath"}, "by route 'bath' amounts are given in uM"),
        ({"lag_h": -0.1}, "lag_h = -0.1"),
        ({"bioavailability": 0.0}, "bioavailability = 0"),
        ({"steady_state": 1}, "interval_h above 0"),
        ({"steady_state": 7}, "0, 1 or 2"),
        ({"start_h": 1e9}, "too long"),
        ({"drug": "nbqx", "route": "target", "unit": "fraction", "amount": 1.2}, "between 0 and 1"),
        (
            {"drug": "nbqx", "route": "target", "unit": "fraction", "amount": 0.9},
            "for which it acts",
        ),
        ({"route": "bath", "unit": "uM"}, "for which it acts"),
    ],
)
def test_an_impossible_dose_is_refused_with_its_value_and_a_remedy(changes, says):
    fields = {"drug": "ketamine", "amount": 35, "unit": "mg", "route": "iv", **changes}
    with pytest.raises(ks.KetasimError) as caught:
        ks.Dose(**fields)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("subject", "dose", "says"),
    [
        (ks.Subject(), "ketamine 500 mg/kg iv over 40 min", "at most 15 mg/kg"),
        (ks.Subject(), "ketamine 50000 mg iv over 40 min", "at most 1000 mg"),
        (
            ks.Subject("rat"),
            "ketamine 5000 mg/kg ip",
            "far above the doses of studies: for a rat",
        ),
        (ks.Subject("mouse"), "ketamine 35 mg ip", "1400 mg/kg"),
    ],
)
def test_a_slip_of_units_is_caught_by_the_size_of_the_dose(subject, dose, says):
    with pytest.raises(ks.ScenarioError) as caught:
        ks.Scenario(ks.Regimen.parse(dose), subject=subject)
    assert says in str(caught.value)


def test_rats_may_get_what_rats_have_been_given():
    rat = ks.Subject("rat")
    assert ks.simulate("ketamine 200 mg/kg ip", subject=rat, until="1 d").success


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("weight_kg", 0, "weight_kg = 0 is outside 2 to 300 kg"),
        ("weight_kg", 5000, "5000"),
        ("weight_kg", math.nan, "nan"),
        ("weight_kg", "heavy", "'heavy'"),
        ("severity", -1, "severity = -1 is outside 0 to 1"),
        ("severity", 1.01, "severity"),
        ("baseline_madrs", 61, "MADRS points"),
        ("age_y", 200, "years"),
        ("species", "cat", "did you mean 'rat'"),
        ("genotype", "val66", "val66val"),
    ],
)
def test_an_impossible_subject_is_refused(field, value, says):
    with pytest.raises(ks.KetasimError) as caught:
        ks.Subject(**{field: value})
    assert says in str(caught.value)


def test_defaults_of_a_subject_follow_its_species():
    assert ks.Subject() == ks.Subject("human", weight_kg=70, severity=1)
    assert ks.Subject("rat") == ks.Subject("rat", weight_kg=0.3, severity=0)
    assert ks.Subject("mouse").weight_kg == 0.025


def test_genotype_and_age_multiply_parameters():
    old = ks.Scenario("placebo oral", subject=ks.Subject(age_y=70, genotype="met66met"))
    assert old.all_parameters() == {
        "bdnf_trkb.phi": 0.1,
        "pharmacokinetics.Qh": pytest.approx(132 - 21.9),
    }
    asked = ks.Scenario(
        "placebo oral", subject=ks.Subject(genotype="met66met"), parameters={"bdnf_trkb.phi": 0.5}
    )
    assert asked.all_parameters() == {"bdnf_trkb.phi": pytest.approx(0.05)}


def test_scenarios_and_their_parts_are_values():
    scenario = ks.Scenario(
        "ketamine 0.5 mg/kg iv over 40 min",
        subject=ks.Subject(weight_kg=62),
        interventions=[ks.block("mtor", 0.9)],
        parameters={"nmda_block.K0": 0.4},
    )
    for value in (
        scenario,
        scenario.regimen,
        scenario.subject,
        ks.SolverOptions(atol={"mtor.M": 1.0}),
    ):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
        assert hash(value) == hash(copy.deepcopy(value))
        field = next(iter(value.__dataclass_fields__))
        with pytest.raises(AttributeError):
            setattr(value, field, None)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"nmda_block.K_0": 0.4}, "did you mean 'nmda_block.K0'"),
        ({"K0": 0.4}, "nmda_block.K0"),
        ({"nmda_block.K0": -1}, "plausible 0.1 to 0.6 uM, default 0.32 uM"),
        ({"nmda_block.K0": math.nan}, "not possible"),
        ({"nmda_block.K0": "big"}, "not a number"),
    ],
)
def test_an_impossible_parameter_is_refused(parameters, says):
    with pytest.raises(ks.KetasimError) as caught:
        ks.simulate("placebo oral", parameters=parameters, until="1 d")
    assert says in str(caught.value)


def test_a_parameter_outside_its_plausible_range_warns():
    with pytest.warns(ks.ParameterRangeWarning, match="plausible 0.1 to 0.6 uM"):
        ks.simulate("placebo oral", parameters={"nmda_block.K0": 0.9}, until="1 d")


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("rtol", 0, "rtol = 0"),
        ("rtol", math.nan, "rtol = nan"),
        ("atol", -1.0, "atol = -1"),
        ("atol", {"mtor.M": 0.0}, "atol of mtor.M"),
        ("method", "rk45", "rodas5p"),
        ("max_steps", 0, "max_steps = 0"),
        ("max_step", -1.0, "max_step"),
        ("at_event", "during", "before"),
        ("positivity", "clip", "ignore"),
    ],
)
def test_an_impossible_option_is_refused(option, value, says):
    with pytest.raises(ks.KetasimError) as caught:
        ks.SolverOptions(**{option: value})
    assert says in str(caught.value)


def test_the_lag_of_a_steady_state_counts_among_the_doses_that_act_at_once():
    # 990 doses last at once; 21 more begin within the lag.
    fields = {"duration_h": 200.0, "interval_h": 200.0 / 990.0, "steady_state": 1}
    ks.Dose("anti_bdnf", 0.5, "fraction", "target", **fields)
    with pytest.raises(ks.ScenarioError, match="more than 1000 doses would act at once"):
        ks.Dose("anti_bdnf", 0.5, "fraction", "target", lag_h=4.3, **fields)
