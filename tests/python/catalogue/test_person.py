"""What a person is, as values of parameters."""

import math
from typing import Any

import numpy as np
import pytest

import ketasim as ks


def area(regimen, **traits):
    t = np.linspace(0.0, 48.0, 2401).tolist()
    healthy = ks.Subject(severity=0.0)
    run = ks.simulate(regimen, subject=healthy, parameters=ks.person(**traits), t_eval=t)
    return float(np.trapezoid(run["esketamine_venous"], t))


def test_nobody_in_particular_changes_nothing():
    assert ks.person() == {}
    assert ks.person(age_y=40.0) == {}


def test_women_clear_twenty_per_cent_faster_than_men():
    infusion = "esketamine 20 mg iv over 40 min"
    assert area(infusion, sex="male") / area(infusion, sex="female") == pytest.approx(1.2, rel=0.01)


#: Elimination of Asian people as published, and that in renal impairment, lie below the plausible range.
outside = pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")


@outside
def test_asian_elimination_and_the_nasal_fraction_of_japanese_people_are_as_published():
    usual = ks.parameters()["pharmacokinetics.FR_n"]["value"]
    assert ks.person(ancestry="japanese")["pharmacokinetics.FR_n"] == pytest.approx(1.34 * usual)
    assert "pharmacokinetics.FR_n" not in ks.person(ancestry="asian")
    spray = "esketamine 28 mg intranasal"
    assert area(spray) < area(spray, ancestry="asian") < area(spray, ancestry="japanese")


@outside
def test_renal_impairment_raises_the_area_after_the_spray_by_what_was_observed():
    spray = "esketamine 28 mg intranasal"
    assert 1.13 < area(spray, kidney="impaired") / area(spray) < 1.36


def test_traits_and_age_multiply():
    both = ks.person(sex="female", age_y=80.0)["pharmacokinetics.Qh"]
    old = ks.person(age_y=80.0)["pharmacokinetics.Qh"]
    assert both == pytest.approx(1.095 * old)
    subject = ks.Scenario("placebo oral", subject=ks.Subject(age_y=80.0)).all_parameters()
    assert old == subject["pharmacokinetics.Qh"]


def test_who_was_not_studied_is_refused_in_words():
    with pytest.raises(ks.ScenarioError, match="pregnancy"):
        ks.person(pregnant=True)
    with pytest.raises(ks.ScenarioError, match="children"):
        ks.person(age_y=12.0)
    with pytest.raises(ks.ScenarioError, match="must be a number"):
        ks.person(age_y=math.nan)
    with pytest.raises(ks.UnknownNameError, match="sex"):
        ks.person(sex="diverse")


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
@pytest.mark.parametrize(
    ("subject_y", "traits"), [(80.0, {"sex": "female"}), (65.0, {"age_y": 80.0})]
)
def test_an_age_that_would_be_lost_is_refused(subject_y: float, traits: dict[str, Any]) -> None:
    """Values of parameters replace what the age of the subject sets."""
    old = ks.Subject(age_y=subject_y)
    with pytest.raises(ks.ScenarioError, match=r"sets pharmacokinetics\.Qh = .*ks\.person"):
        ks.simulate("ketamine 35 mg im", subject=old, parameters=ks.person(**traits), t_eval=[1])


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
def test_an_age_that_is_said_twice_alike_is_no_contradiction() -> None:
    t = [0.5, 2.0]
    old, values = ks.Subject(age_y=80.0), ks.person(age_y=80.0)
    both = ks.simulate("ketamine 35 mg im", subject=old, parameters=values, t_eval=t)
    alone = ks.simulate("ketamine 35 mg im", subject=old, t_eval=t)
    assert (both["ketamine_venous"] == alone["ketamine_venous"]).all()
