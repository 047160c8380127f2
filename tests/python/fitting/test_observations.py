"""Data of a fit: what a table says is read as its author meant it, or refused with its place."""

import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ketasim as ks
from ketasim.fitting import ArmRow, Measurement

LEVELS = """ID,TIME,AMT,DUR,EVID,CMT,DV,WT,SEX
1,0,35,0.6667,1,1,,70,0
1,1,,,0,2,95.0,70,0
1,1,,,0,3,30.5,70,0
2,0,30,0.6667,1,1,,60,1
2,4,,,0,2,25.0,60,1
"""
CMT = {1: "iv", 2: "ketamine_venous", 3: "norketamine_venous"}


def from_text(tmp_path: Path, text: str, **keywords: object) -> ks.Observations:
    path = tmp_path / "levels.csv"
    path.write_text(text, encoding="utf-8")
    given = {"drug": "ketamine", "cmt": CMT, "covariates": {"WT": "weight_kg", "SEX": None}}
    return ks.Observations.from_table(path, **{**given, **keywords})


def test_a_nonmem_table_is_doses_values_and_covariates(tmp_path: Path) -> None:
    data = from_text(tmp_path, LEVELS)
    assert [(m.subject, m.readout, m.time_h, m.value) for m in data.measurements] == [
        ("1", "ketamine_venous", 1.0, 95.0),
        ("1", "norketamine_venous", 1.0, 30.5),
        ("2", "ketamine_venous", 4.0, 25.0),
    ]
    assert [s.subject.weight_kg for s in data.subjects.values()] == [70.0, 60.0]
    assert str(data.subjects["2"].regimen).startswith("ketamine 30 mg iv over 40")
    assert data.covariates["2"] == {"WT": 60.0, "SEX": 1.0}


def test_a_frame_and_a_file_are_the_same_data(tmp_path: Path) -> None:
    data = from_text(tmp_path, LEVELS)
    frame = pd.read_csv(tmp_path / "levels.csv")
    again = ks.Observations.from_table(
        frame, drug="ketamine", cmt=CMT, covariates={"WT": "weight_kg", "SEX": None}
    )
    assert again.subjects == data.subjects
    assert [(m.value, m.time_h) for m in again.measurements] == [
        (m.value, m.time_h) for m in data.measurements
    ]


def test_semicolons_and_decimal_commas_are_read(tmp_path: Path) -> None:
    text = LEVELS.replace(",", ";").replace("95.0", "95,5").replace("30.5", "30,5")
    text = text.replace("25.0", "25,0").replace("0.6667", "0,6667").replace(";70;", ";70,5;")
    data = from_text(tmp_path, text)
    assert data.measurements[0].value == 95.5
    assert data.subjects["1"].subject.weight_kg == 70.5


@pytest.mark.parametrize(
    ("extra", "row", "keywords", "kind", "value"),
    [
        ("CENS", "1,8,,,0,2,2.0,70,0,1", {}, "left", 2.0),
        ("CENS", "1,8,,,0,2,900,70,0,-1", {}, "right", 900.0),
        ("BLQ", "1,8,,,0,2,,70,0,1", {"censored": "BLQ", "lloq": 2.0}, "left", 2.0),
        ("BLQ", "1,8,,,0,2,0,70,0,1", {"censored": "BLQ", "lloq": 2.0}, "left", 2.0),
        ("LLOQ", "1,8,,,0,2,1.5,70,0,2.5", {}, "left", 2.5),
        ("C", "1,8,,,0,2,<0.5,70,0,.", {}, "left", 0.5),
        ("C", "1,8,,,0,2,1.5,70,0,.", {"lloq": {"ketamine_venous": 2.0}}, "left", 2.0),
    ],
)
def test_censored_values(
    tmp_path: Path, extra: str, row: str, keywords: dict[str, object], kind: str, value: float
) -> None:
    lines = LEVELS.strip().splitlines()
    filled = {"CENS": "0", "BLQ": "0", "LLOQ": "2.5", "C": "."}[extra]
    text = "\n".join([f"{lines[0]},{extra}", *(f"{line},{filled}" for line in lines[1:]), row])
    found = next(m for m in from_text(tmp_path, text, **keywords).measurements if m.time_h == 8.0)
    assert (found.censored, found.value) == (kind, value)


def test_an_interval_has_two_limits(tmp_path: Path) -> None:
    lines = LEVELS.strip().splitlines()
    text = "\n".join(
        [
            f"{lines[0]},CENS,LIMIT",
            *(f"{line},0,." for line in lines[1:]),
            "1,8,,,0,2,5,70,0,1,1",
        ]
    )
    found = from_text(tmp_path, text).measurements[-3]
    found = next(m for m in from_text(tmp_path, text).measurements if m.time_h == 8.0)
    assert (found.censored, found.low, found.value) == ("interval", 1.0, 5.0)


@pytest.mark.parametrize(
    ("row", "kind", "low", "high"),
    [
        ("1,8,,,0,2,5,70,0,1,1", "interval", 1.0, 5.0),
        ("1,8,,,0,2,5,70,0,-1,9", "interval", 5.0, 9.0),
        ("1,8,,,0,2,5,70,0,-1,.", "right", 0.0, 5.0),
        ("1,8,,,0,2,<5,70,0,1,1", "interval", 1.0, 5.0),
        ("1,8,,,0,2,<5,70,0,1,.", "left", 0.0, 5.0),
    ],
)
def test_limit_is_the_other_end_of_every_censored_value(
    tmp_path: Path, row: str, kind: str, low: float, high: float
) -> None:
    """LIMIT beside CENS -1 or '<5' was not read: the value counted as above, or below, alone."""
    lines = LEVELS.strip().splitlines()
    text = "\n".join([f"{lines[0]},CENS,LIMIT", *(f"{line},0,." for line in lines[1:]), row])
    found = next(m for m in from_text(tmp_path, text).measurements if m.time_h == 8.0)
    assert (found.censored, found.low, found.value) == (kind, low, high)


def test_a_table_of_arms_says_who_the_patients_are() -> None:
    row = {"arm": "a", "regimen": "ketamine 35 mg im", "time_h": 24, "readout": "response"}
    row |= {"k": 4, "n": 9, "Sex": "female", "age_y": 70, "genotype": "val66met"}
    (arm,) = (one.arm for one in ks.Observations.from_arms([row]).arm_rows)
    subject = ks.Observations.from_arms([row]).arms[arm].subject
    assert subject == ks.Subject(sex="female", age_y=70.0, genotype="val66met")
    with pytest.raises(ks.KetasimError, match="sex = female is of people"):
        ks.Observations.from_arms([row | {"species": "rat"}])


def test_rises_of_a_rating_alone_are_questioned() -> None:
    rows = {"arm": ["a", "a"], "regimen": ["placebo iv"] * 2, "readout": ["madrs_change"] * 2}
    rows |= {"time_h": [24, 168], "se": [1.5, 1.5]}
    with pytest.warns(
        ks.fitting.SignWarning, match=r"all 2 values are above 0.*an improvement is negative"
    ):
        ks.Observations.from_arms(rows | {"value": [16, 12]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ks.Observations.from_arms(rows | {"value": [-16, 2]})
        ks.Observations.from_arms(rows | {"readout": ["sbp_change"] * 2, "value": [16, 12]})
    with pytest.raises(
        ks.EvidenceError, match=r"madrs_change \+30 after a MADRS of 33 is 63, outside"
    ):
        ks.Observations.from_arms(rows | {"value": [30, -2], "baseline_madrs": [33, 33]})
    with pytest.raises(
        ks.EvidenceError, match=r"madrs_change -34 after a MADRS of 33 is -1, outside"
    ):
        ks.Observations.from_arms(rows | {"value": [-34, -2], "baseline_madrs": [33, 33]})


@pytest.mark.parametrize(
    "number", [np.float32(0.25), np.float64(0.25), Decimal("0.25"), Fraction(1, 4)]
)
def test_numbers_of_other_libraries_are_errors_and_priors(number: object) -> None:
    assert ks.fitting.ErrorModel("proportional", proportional=number).proportional == 0.25
    assert ks.fitting.Prior(number, 1.0, "linear").low == 0.25


@pytest.mark.parametrize(
    "made",
    [
        lambda: ks.fitting.ErrorModel("proportional", proportional=True),
        lambda: ks.fitting.ErrorModel("proportional", proportional="0.2"),
        lambda: ks.fitting.Prior("a", 2.0),
        lambda: ks.fitting.Prior(1.0, None),
        lambda: ks.fitting.Prior(1.0, np.ma.masked),
        lambda: ks.fitting.Prior(1.0, 2.0, flat="yes"),
    ],
)
def test_what_is_no_number_is_refused_as_error_or_prior(made) -> None:
    with pytest.raises(ks.ScenarioError):
        made()


def test_mdv_leaves_a_row_out_and_units_are_converted(tmp_path: Path) -> None:
    text = LEVELS.replace("DV,", "DV [mg/L],").replace("95.0", "0.095")
    assert from_text(tmp_path, text).measurements[0].value == pytest.approx(95.0)
    lines = LEVELS.strip().splitlines()
    text = "\n".join([f"{lines[0]},MDV", *(f"{x},{int(',1,1,,' in x)}" for x in lines[1:])])
    assert len(from_text(tmp_path, text).measurements) == 3
    text = text.replace("95.0,70,0,0", "95.0,70,0,1")
    assert len(from_text(tmp_path, text).measurements) == 2


def test_dvid_comes_before_cmt(tmp_path: Path) -> None:
    lines = LEVELS.strip().splitlines()
    text = "\n".join([f"{lines[0]},DVID", *(f"{line},7" for line in lines[1:])])
    data = from_text(tmp_path, text, dvid={7: "hnk_venous"})
    assert {m.readout for m in data.measurements} == {"hnk_venous"}


@pytest.mark.parametrize(
    ("change", "keywords", "said"),
    [
        (("95.0", "abc"), {}, r"row 3, column DV: 'abc' is not a number"),
        (("95.0", ""), {}, r"row 3, column DV: is empty on an observation: write MDV 1"),
        ((",3,30.5", ",9,30.5"), {}, r"row 4, column CMT: 9 has no readout: pass cmt=\{9"),
        (("95.0,70", "95.0,71"), {}, r"row 3, column WT: 71, but 70 in an earlier row"),
        (("2,95.0", "2,<"), {}, r"column DV: '<' is not a number"),
        (("70,0", "700,0"), {}, r"subject '1': weight_kg = 700.0 is outside"),
        (("x", "x"), {"covariates": ["AGE"]}, r"no column AGE"),
        (("x", "x"), {"covariates": {"WT": "weightkg", "SEX": None}}, r"did you mean 'weight_kg'"),
        (("x", "x"), {"cmt": {1: "iv", 2: "ketamin_venous"}}, r"did you mean 'ketamine_venous'"),
        (("x", "x"), {"dv_unit": "nM"}, r"unit 'nM': ketamine_venous is in ng/mL"),
        (("x", "x"), {"sd": "SEX"}, r"column SEX: 0 must be above 0"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, change: tuple[str, str], keywords: dict[str, object], said: str
) -> None:
    with pytest.raises(ks.EvidenceError, match=said):
        from_text(tmp_path, LEVELS.replace(*change), **keywords)


@pytest.mark.parametrize(
    ("columns", "cells", "said"),
    [
        ("CENS,LLOQ", "0,200", r"CENS: 0, but DV 95 is below LLOQ 200"),
        ("CENS,MDV", "1,1", r"MDV: 1 leaves the row out, but CENS says"),
        ("CENS,LIMIT", "1,99", r"LIMIT: 99 is not below DV 95"),
        ("CENS,LIMIT", "-1,90", r"LIMIT: 90 is not above DV 95"),
        ("CENS,C", "2,.", r"CENS: 2 is not known"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, columns: str, cells: str, said: str) -> None:
    lines = LEVELS.strip().splitlines()
    text = "\n".join([f"{lines[0]},{columns}", f"{lines[1]},,", f"{lines[2]},{cells}"])
    text = text.replace(f"{lines[1]},,", f"{lines[1]},.,.")
    with pytest.raises(ks.EvidenceError, match=said):
        from_text(tmp_path, text)


# --- arms -----------------------------------------------------------------------------------------

DRUG = {"arm": "drug", "regimen": "ketamine 0.5 mg/kg iv over 40 min", "time_h": 24}


def test_means_counts_and_differences_of_arms() -> None:
    data = ks.Observations.from_arms([
        {**DRUG, "readout": "madrs_change", "value": -16, "sd": 10, "n": 25, "study": "A"},
        {"arm": "drug", "time_h": "7 d", "readout": "response", "k": 10, "n": 25},
        {"arm": "control", "regimen": "placebo iv", "time_h": 24, "readout": "madrs_change",
         "value": -9, "se": 2},
        {**DRUG, "readout": "madrs_change", "value": -7, "se": 2.5, "relative_to": "control"},
    ])  # fmt: skip
    assert [(r.value, r.se, r.n) for r in data.arm_rows] == [
        (-16.0, 2.0, 25.0), (0.4, None, 25.0), (-9.0, 2.0, None), (-7.0, 2.5, None),
    ]  # fmt: skip
    assert data.arm_rows[1].time_h == 168.0
    assert set(data.arms) == {"drug", "control"}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"readout": "madrs_change", "value": -16}, r"row 0, column se: is empty"),
        ({"readout": "madrs_change", "value": -16, "se": -1}, r"column se: -1"),
        ({"readout": "madrs_change", "value": -16, "sd": 10}, r"column sd: needs n"),
        ({"readout": "madrs_change", "value": -16, "se": 5, "sd": 10, "n": 25}, "contradicts sd"),
        ({"readout": "response", "k": 30, "n": 25}, r"column k: 30 with n = 25"),
        ({"readout": "response", "k": 3.5, "n": 25}, r"column k: 3.5"),
        ({"readout": "response", "k": 3, "n": 25, "value": 0.9}, r"0.9 is not k/n = 0.12"),
        ({"readout": "madrs_change", "k": 3, "n": 25}, r"not counted by madrs_change"),
        ({"readout": "madrs_chnge", "value": 1, "se": 1}, r"did you mean 'madrs_change'"),
        ({"readout": "madrs_change", "value": 1, "se": 1, "relative_to": "x"}, r"relative_to: 'x'"),
        ({"readout": "madrs_change", "value": 1, "se": 1, "time_h": -1}, r"before the first dose"),
        (
            {"readout": "madrs_change", "value": 1, "se": 1, "weightkg": 3},
            r"did you mean 'weight_kg'",
        ),
        (
            {"readout": "madrs_change", "value": 1, "se": 1, "regimen": "ketamin 35 mg im"},
            "arm 'drug'",
        ),
    ],
)
def test_what_an_arm_cannot_have_is_refused(cells: dict[str, object], said: str) -> None:
    with pytest.raises(ks.EvidenceError, match=said):
        ks.Observations.from_arms([{**DRUG, **cells}])


def test_an_arm_has_one_description() -> None:
    rows = [
        {**DRUG, "readout": "madrs_change", "value": -16, "se": 2},
        {**DRUG, "readout": "madrs_change", "value": -16, "se": 2, "weight_kg": 60},
        {**DRUG, "readout": "madrs_change", "value": -16, "se": 2, "weight_kg": 70},
    ]
    with pytest.raises(ks.EvidenceError, match=r"row 2, column weight_kg: 70.0, but 60.0"):
        ks.Observations.from_arms(rows)


# --- joining --------------------------------------------------------------------------------------


def subject(weight: float) -> ks.Observations:
    scenario = ks.Scenario("ketamine 35 mg iv over 40 min", ks.Subject(weight_kg=weight))
    return ks.Observations({"1": scenario}, (Measurement("1", "ketamine_venous", 1.0, 95.0),))


def test_joined_data_have_one_scenario_for_a_name() -> None:
    assert len(subject(70) + subject(70)) == 2
    with pytest.raises(ks.EvidenceError, match="subject '1' has two scenarios"):
        subject(70) + subject(60)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ks.Observations({}, (Measurement("9", "ketamine_venous", 1.0, 95.0),)),
        lambda: ks.Observations(arm_rows=(ArmRow("x", "response", 1.0, 0.5, None, 4),)),
        lambda: ks.Observations.from_evidence(["no_such_row"]),
        lambda: ks.Observations.from_evidence(arms=["no_such_arm"]),
    ],
)
def test_unknown_names_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ks.EvidenceError, match="no scenario|unknown"):
        make()


def test_the_example_is_the_same_every_time(tmp_path: Path) -> None:
    first = ks.fitting.example_data(tmp_path)
    text = first.levels.read_text()
    ks.fitting.example_data(tmp_path)
    assert first.levels.read_text() == text
    assert np.isclose(sum(line.endswith(",1") for line in text.splitlines()), 12)


MARKED = """ID,TIME,AMT,DUR,EVID,CMT,DV,BLQ,SE
1,0,35,0.6667,1,1,,,
1,1,,,0,2,95.0,0,9.0
1,24,,,0,2,1.0,1,0.5
"""


def marked(tmp_path: Path, text: str = MARKED, **keywords: object) -> ks.Observations:
    given = {"covariates": {}, "censored": "BLQ", "lloq": 2.0, "sd": "SE"}
    return from_text(tmp_path, text, **{**given, **keywords})


def test_a_censored_value_keeps_its_own_error(tmp_path: Path) -> None:
    data = marked(tmp_path)
    assert [(m.value, m.sd, m.censored) for m in data.measurements] == [
        (95.0, 9.0, ""),
        (2.0, 0.5, "left"),
    ]
    posterior = ks.Posterior(data, ["pharmacokinetics.CLint_S"])
    assert posterior.errors["ketamine_venous"].kind == "given"


def test_own_errors_of_some_values_are_never_left_out_silently(tmp_path: Path) -> None:
    data = marked(tmp_path, MARKED.replace(",1,0.5", ",1,"))
    with pytest.raises(ks.EvidenceError, match="24 h has no standard deviation of its own"):
        ks.Posterior(data, ["pharmacokinetics.CLint_S"])
    chosen = {"ketamine_venous": "proportional"}
    assert ks.Posterior(data, ["pharmacokinetics.CLint_S"], error=chosen).errors


@pytest.mark.parametrize("lloq", [-2.0, float("nan"), "2", [2.0], {"ketamine": 2.0}])
def test_a_limit_is_a_number_above_0_of_a_known_readout(tmp_path: Path, lloq: object) -> None:
    with pytest.raises(ks.EvidenceError, match="lloq"):
        marked(tmp_path, lloq=lloq)


@pytest.mark.parametrize("name", ["sd", "censored", "dv_unit"])
def test_columns_and_units_are_named_by_text(tmp_path: Path, name: str) -> None:
    with pytest.raises(ks.EvidenceError, match=f"{name} = 5"):
        marked(tmp_path, **{name: 5})


def test_a_mark_that_contradicts_its_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ks.EvidenceError, match="below the limit 2, but DV is 95"):
        marked(tmp_path, MARKED.replace("95.0,0", "95.0,1"))
    both = MARKED.replace("BLQ,SE", "BLQ,CENS").replace("1.0,1,0.5", ",1,0").replace("9.0", "0")
    for lloq in (2.0, None):
        with pytest.raises(ks.EvidenceError, match="BLQ marks the row as censored"):
            marked(tmp_path, both, lloq=lloq, sd=None)


def test_a_rating_is_within_its_scale(tmp_path: Path) -> None:
    with pytest.raises(ks.EvidenceError, match="95 is outside the scale of madrs, 0 to 60"):
        marked(tmp_path, cmt={1: "iv", 2: "madrs"}, lloq=None)


ARM = {**DRUG, "context": "saline", "readout": "madrs_change", "value": -16.0, "se": 1.5}
CONTROL = {**ARM, "arm": "control", "regimen": "placebo iv", "value": -9.0}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{**ARM, "readout": "response", "value": 64.0}], "64 % is 0.64"),
        ([{**ARM, "value": -160.0}], "outside the scale of madrs_change"),
        (
            [{**ARM, "relative_to": "control", "se": None, "sd": 9.0, "n": 40}, CONTROL],
            "does not give the error of a difference",
        ),
        ([{**ARM, "se": None, "sd": -9.0, "n": 40}], "above 0"),
        ([{**ARM, "sd": 9.0}], "without n"),
        ([ARM, ARM], "given twice"),
        ([{**ARM, "study": "A"}, {**ARM, "study": "B", "time_h": 48}], "B, but A"),
        ([{**ARM, "species": "rat", "regimen": "ketamine 10 mg/kg ip"}], "of people"),
    ],
)
def test_what_would_count_wrongly_is_refused(rows: list[dict[str, object]], said: str) -> None:
    with pytest.raises(ks.EvidenceError, match=said):
        ks.Observations.from_arms(rows)


def test_the_same_data_are_not_joined_twice(tmp_path: Path) -> None:
    data = from_text(tmp_path, LEVELS)
    with pytest.raises(ks.EvidenceError, match="in both sets"):
        data + data
    arms = ks.Observations.from_arms([ARM])
    with pytest.raises(ks.EvidenceError, match="given twice"):
        arms + arms


def test_a_role_is_known_and_may_stand_alone() -> None:
    with pytest.raises(ks.EvidenceError, match="did you mean 'calibrate'"):
        ks.Observations.from_evidence(roles=["calib"])
    one = ks.Observations.from_evidence(roles="calibrate")
    assert one.evidence_rows == ks.Observations.from_evidence().evidence_rows


def test_what_is_no_optimum_no_draws_and_no_error_is_refused(tmp_path: Path) -> None:
    data = from_text(tmp_path, LEVELS)
    names = ["pharmacokinetics.CLint_S"]
    posterior = ks.Posterior(data, names)
    calls: dict[str, Callable[[], object]] = {
        "best = 'x'": lambda: posterior.identifiability("x"),
        "near = 'x'": lambda: posterior.sample(10, near="x"),
        "draws = 'many'": lambda: posterior.sample("many"),
        "optimizer = 'x'": lambda: posterior.maximum(optimizer="x"),
        "draws = 'x'": lambda: ks.predict("x", "ketamine 35 mg im", ["cadss"], t_eval=[1.0]),
        "draws = 'y'": lambda: posterior.visual_check("y"),
        "give a mapping": lambda: ks.Posterior(data, names, error="proportional"),
    }
    for said, call in calls.items():
        with pytest.raises(ks.ScenarioError, match=said):
            call()


def test_numbers_of_a_file_are_whole(tmp_path: Path) -> None:
    ks.fitting.example_data(tmp_path)
    path = tmp_path / "problem.toml"
    text = 'theta = ["symptoms.w_R"]\n[arms]\ntable = "arms.csv"\n[fit]\ndraws = "many"\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ks.KetasimError, match="draws = 'many'"):
        ks.fitting.read_problem(path)


FEW: dict[str, list[object]] = {
    "ID": [1] * 3, "TIME": [0, 1, 24], "AMT": [35, 0, 0], "EVID": [1, 0, 0], "DV": [None, 20.0, 18.0],
}  # fmt: skip


def few(more: dict[str, list[object]], **given: object) -> ks.Observations:
    words = {"drug": "ketamine", "route": "im", "readout": "ketamine_venous"} | given
    return ks.Observations.from_table(FEW | more, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("heading", "field", "value", "is_"),
    [
        ("WT (lb)", "weight_kg", 150.0, 68.0388555),
        ("WT [g]", "weight_kg", 80e3, 80.0),
        ("WT [kg]", "weight_kg", 80.0, 80.0),
        ("AGE (months)", "age_y", 480.0, 40.0),
        ("AGE [y]", "age_y", 40.0, 40.0),
    ],
)
def test_a_unit_in_the_heading_of_a_covariate_counts(
    heading: str, field: str, value: float, is_: float
) -> None:
    data = few({heading: [value] * 3}, covariates={heading: field})
    assert getattr(data.subjects["1"].subject, field) == pytest.approx(is_)
    assert data.covariates["1"] == {heading.upper(): value}


@pytest.mark.parametrize(
    ("field", "word", "is_"),
    [
        ("sex", "Female", "female"),
        ("ancestry", "japanese", "japanese"),
        ("kidney", "impaired", "impaired"),
        ("genotype", "VAL66MET", "val66met"),
    ],
)
def test_a_column_of_words_is_a_field_of_the_subject(field: str, word: str, is_: str) -> None:
    data = few({"WORDS": [word, None, word]}, covariates={"WORDS": field})
    assert getattr(data.subjects["1"].subject, field) == is_
    assert not data.covariates["1"]
    assert getattr(few({}).subjects["1"].subject, field) is None


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            ["F", "F", "F"],
            r"row 0, column SEX: 'F' is not known as sex: write 'female', 'male', or",
        ),
        ([1, 1, 1], r"row 0, column SEX: '1' is not known as sex"),
        ([None, "femal", None], r"row 1, column SEX: 'femal' is not known as sex"),
        (["male", "male", "female"], r"row 2, column SEX: 'female', but 'male' in an earlier row"),
    ],
)
def test_other_words_are_refused_with_their_place(cells: list[object], said: str) -> None:
    with pytest.raises(ks.EvidenceError, match=said):
        few({"SEX": cells}, covariates={"SEX": "sex"})


def test_words_are_no_covariate() -> None:
    with pytest.raises(ks.EvidenceError, match=r"column SEX: 'male' is not a number.*'SEX': 'sex'"):
        few({"SEX": ["male"] * 3}, covariates={"SEX": None})


@pytest.mark.parametrize("error", ["proportional", "lognormal"])
def test_a_level_where_the_model_has_none_is_refused(error: str) -> None:
    data = few({"TIME": [0.0, -1.0, 24.0]})
    with pytest.raises(
        ks.EvidenceError, match=r"subject 1: ketamine_venous is .* ng/mL at -1 h.*TIME"
    ):
        ks.Posterior(data, ["pharmacokinetics.V1"], error={"ketamine_venous": error})


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_levels_in_another_unit_warn(factor: float) -> None:
    data = few({"DV": [None, 95.0 * factor, 2.0 * factor]})
    with pytest.warns(
        ks.fitting.ScaleWarning, match=r"ketamine_venous: measured values are .* check the units"
    ):
        ks.Posterior(data, ["pharmacokinetics.V1"])


def test_two_columns_of_one_field_are_refused() -> None:
    with pytest.raises(ks.EvidenceError, match="WT and KG both set weight_kg: keep one"):
        few({"WT": [60] * 3, "KG": [70] * 3}, covariates={"WT": "weight_kg", "KG": "weight_kg"})


def test_an_unknown_unit_of_a_covariate_is_refused() -> None:
    with pytest.raises(ks.EvidenceError, match=r"'STONE' of weight_kg is not known: use one of kg"):
        few({"WT [stone]": [11] * 3}, covariates={"WT [stone]": "weight_kg"})


@pytest.mark.parametrize(
    ("heading", "sd"), [("SE", 0.5), ("SE [ng/mL]", 0.5), ("SE [mg/L]", 500.0)]
)
def test_a_unit_in_the_heading_of_an_error_counts(heading: str, sd: float) -> None:
    data = few({heading: [0.5] * 3}, sd=heading)
    assert [m.sd for m in data.measurements] == [sd, sd]
    with pytest.raises(ks.EvidenceError, match=r"column SE \[NM\]: unit 'NM'"):
        few({"SE [nM]": [0.5] * 3}, sd="SE [nM]")


@pytest.mark.parametrize(("limit", "says"), [(5.0, "is 5"), (40.0, "is 40"), (20.0, "")])
def test_a_censored_value_and_its_limit_agree(limit: float, says: str) -> None:
    more: dict[str, list[object]] = {"CENS": [0, 1, 0], "LLOQ": [limit, limit, 5.0]}
    if says:
        with pytest.raises(ks.EvidenceError, match=rf"below DV 20, but .* {says}: write the limit"):
            few(more)
    else:
        assert few(more).measurements[0].censored == "left"
