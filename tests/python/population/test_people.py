"""Claims about virtual people: who they are, and that they are simulated as who they are."""

import numpy as np
import pytest

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
SPRAY = "esketamine 56 mg nasal"


def test_people_have_the_means_and_spreads_of_the_table():
    n = 40_000
    people, of = ks.draw_people(n, seed=2), ks.people_table()
    women = people["sex"] == "female"
    # Five standard errors of a mean of n numbers, or of those of one sex.
    assert women.mean() == pytest.approx(of["trd_trial.share.female"]["mean"], abs=5 * 0.5 / n**0.5)
    age = of["trd_trial.age"]
    # 0.7 % of the ages are folded back at 18 years and 0.4 % at 86, which moves the mean by 0.05 years.
    assert people["age_y"].mean() == pytest.approx(age["mean"], abs=0.05 + 5 * age["sd"] / n**0.5)
    # Folding at 2.45 SD and at 2.65 SD takes 3 % off the SD.
    assert people["age_y"].std() == pytest.approx(0.97 * age["sd"], rel=0.02)
    assert people["age_y"].min() >= 18.0
    assert people["age_y"].max() <= 86.0
    for sex, of_sex in (("female", women), ("male", ~women)):
        madrs = of[f"trd_trial.baseline_madrs.{sex}"]
        error = 5 * madrs["sd"] / of_sex.sum() ** 0.5
        assert people["baseline_madrs"][of_sex].mean() == pytest.approx(madrs["mean"], abs=error)
        height = of[f"trd_trial.height.{sex}"]
        mass = of["trd_trial.body_mass_index"]["mean"]
        usual = mass * (height["mean"] ** 2 + height["sd"] ** 2) / 1e4
        assert people["weight_kg"][of_sex].mean() == pytest.approx(usual, rel=0.01)


def test_men_are_heavier_and_age_is_of_its_own():
    people = ks.draw_people(20_000, seed=1)
    men = people["sex"] == "male"
    assert people["weight_kg"][men].mean() - people["weight_kg"][~men].mean() > 10.0
    assert abs(np.corrcoef(people["age_y"], people["weight_kg"])[0, 1]) < 0.03  # 4 standard errors


def test_a_person_is_a_function_of_seed_and_index():
    ten = ks.draw_people(10, seed=3)
    some = ks.draw_people(2, seed=3, index=[7, 2])
    for name, values in ten.items():
        assert some[name].tolist() == [values[7], values[2]]
    assert not np.array_equal(ks.draw_people(10, seed=4)["age_y"], ten["age_y"])


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
@pytest.mark.parametrize("drawn", [True, False])
def test_a_member_equals_the_single_run_of_that_person(drawn):
    people = {
        "sex": ["female", "male", None, "male"],
        "age_y": [72.0, 45.0, 88.0, np.nan],
        "genotype": [None, "val66met", None, None],
        "kidney": ["impaired", None, None, None],
        "weight_kg": [60.0, 90.0, 70.0, 80.0],
    }
    times = [1.0, 24.0, 168.0]
    asked = {} if drawn else {"parameters": {"pharmacokinetics.Qh": [80.0, 90.0, 100.0, 90.0]}}
    crowd = ks.simulate_population(
        SPRAY,
        4,
        seed=5,
        people=people,
        readouts=["esketamine_venous", "madrs"],
        t_eval=times,
        **asked,
    )
    assert set(crowd.status) == {"success"}
    for k in range(4):
        person = {name: column[k] for name, column in people.items()}
        if person["age_y"] != person["age_y"]:
            person["age_y"] = None
        own = {name: float(values[k]) for name, values in crowd.parameters.items()}
        alone = ks.simulate(SPRAY, subject=ks.Subject(**person), parameters=own, t_eval=times)
        for readout in ("esketamine_venous", "madrs"):
            assert crowd[readout][k] == pytest.approx(alone[readout], rel=1e-12)


def test_people_are_counted_as_they_are_kept():
    people = ks.draw_people(30, seed=6)
    asked = {"seed": 6, "people": people, "readouts": ["madrs_change"], "t_eval": [24.0]}
    kept = ks.simulate_population(INFUSION, 30, **asked)
    counted = ks.simulate_population(INFUSION, 30, quantiles=[0.5], **asked)
    assert counted.mean("madrs_change")[0] == pytest.approx(kept["madrs_change"].mean(), rel=1e-9)


@pytest.mark.parametrize(
    ("people", "says"),
    [
        ({"sex": ["female"]}, "one value for each subject"),
        ({"sex": ["female", "femal"]}, r"people\['sex'\]\[1\].*female"),
        ({"age_y": [50.0, 12.0]}, r"people\['age_y'\]\[1\].*18"),
        ({"height": [1.0, 1.0]}, "unknown column of people 'height'"),
        ({"weight_kg": [60.0, 70.0]}, "weight_kg is given twice"),
        ({"kidney": ["impaired", 1]}, r"people\['kidney'\]\[1\]"),
        (
            {"liver": ["normal", "moderate"]},
            r"people\['liver'\]\[1\]: liver = moderate: area and half-life",
        ),
        (
            {"height_cm": [170.0, 1.8]},
            r"people\['height_cm'\]\[1\]: height_cm = 1.8 is outside 120",
        ),
        ([1, 2], "mapping"),
        ({"sex": {"male", "female"}}, "in order"),
        ({"baseline_madrs": [30.0, None]}, r"people\['baseline_madrs'\]\[1\] is not known"),
    ],
)
def test_bad_people_are_refused_before_the_first_step(people, says):
    weights = {"weight_kg": [60.0, 70.0]} if "twice" in says else {}
    with pytest.raises(ks.KetasimError, match=says):
        ks.simulate_population(INFUSION, 2, people=people, t_eval=[1.0], **weights)


def test_what_is_not_known_of_a_person_is_that_of_the_scenario():
    pandas = pytest.importorskip("pandas")
    scenario = ks.Scenario(INFUSION, ks.Subject(weight_kg=62.0))
    columns = {"sex": ["male", None, "female"], "weight_kg": [60.0, np.nan, 80.0]}
    frame = pandas.DataFrame(columns)
    asked = {"parameters": {}, "readouts": ["ketamine_venous"], "t_eval": [1.0]}
    by_frame = ks.simulate_population(scenario, 3, people=frame, **asked)
    by_nullable = ks.simulate_population(scenario, 3, people=frame.convert_dtypes(), **asked)
    by_lists = ks.simulate_population(scenario, 3, people=columns, **asked)
    alone = ks.simulate(scenario, t_eval=[1.0])["ketamine_venous"]
    assert by_lists["ketamine_venous"][1] == pytest.approx(alone, rel=1e-12)
    for other in (by_frame, by_nullable):
        assert np.array_equal(other.values, by_lists.values)


def test_a_rat_has_no_sex_of_people():
    rat = ks.Scenario("ketamine 10 mg/kg ip", subject=ks.Subject("rat"))
    with pytest.raises(ks.ScenarioError, match="sex.*rat"):
        ks.simulate_population(rat, 1, people={"sex": ["male"]}, t_eval=[1.0])


def test_more_people_than_fit_into_memory_are_refused_with_the_number_that_fits():
    for drawn in (ks.draw_people, lambda n: ks.draw_parameters(ks.Scenario(SPRAY), n, seed=1)):
        with pytest.raises(ks.ScenarioError, match=r"GiB of memory: draw at most [\d,]+ at once"):
            drawn(2**40)


def test_a_result_records_who_the_people_are(tmp_path):
    people = {"sex": ["female", None], "age_y": [40.0, None], "weight_kg": [60.0, 82.0]}
    asked = {"readouts": ["madrs_change"], "t_eval": [1.0, 24.0]}
    crowd = ks.simulate_population(SPRAY, 2, people=people, severity=[1.0, 0.5], **asked)
    assert set(crowd.people) == {"sex", "age_y", "weight_kg", "severity"}
    assert crowd.people["sex"].tolist() == ["female", ""]
    assert np.isnan(crowd.people["age_y"][1])
    for text in (repr(crowd), crowd.facts()["scenario"]):
        assert "70 kg" not in text
        assert "individual sex, age_y, weight_kg, severity" in text
    assert crowd.to_dataframe().weight_kg.tolist() == [60.0, 60.0, 82.0, 82.0]
    assert crowd.to_xarray()["sex"].values.tolist() == ["female", ""]
    crowd.save(tmp_path / "crowd.csv")
    head = [line for line in (tmp_path / "crowd.csv").read_text().splitlines() if line[0] != "#"]
    assert head[0].startswith("member,time [h],sex,age_y [years],weight_kg [kg],severity [1],")
    assert head[1].startswith("0,1.0,female,40.0,60.0,1.0,")
    with pytest.raises(ValueError, match="read-only"):
        crowd.people["weight_kg"][0] = 70.0
    counted = ks.simulate_population(SPRAY, 2, people=people, quantiles=[0.5], **asked)
    assert "individual sex, age_y, weight_kg" in repr(counted)
    assert ks.simulate_population(SPRAY, 2, **asked).people == {}
