"""The model against evidence: any folder of tables in, a verdict on every observation out."""

import csv
import json
from pathlib import Path

import pytest

import ketasim as ks
from ketasim.errors import EvidenceError, KetasimError

REGIMENS = """regimen_id,drug,amount,amount_unit,route,start_h,duration_h,interval_h,additional
ket,ketamine,0.5,mg/kg,iv,0,0.666667,0,0
pbo,placebo,0,mg,iv,0,0.666667,0,0
spray,esketamine,28,mg,intranasal,0,0,168,3
spray,esketamine,28,mg,intranasal,0.0833333,0,168,3
huge,ketamine,100,mg/kg,iv,0,0.666667,0,0
"""
ARMS = """arm_id,source_key,species,population,n,weight_kg,age_y,female_fraction,baseline_severity,regimen_id,context,genotype,stress,note
a_ket,mine,human,trd,20,,,,,ket,midazolam,,1,
a_pbo,mine,human,trd,20,,,,,pbo,midazolam,,1,
a_spray,mine,human,trd,20,,,,33,spray,nasal_placebo,,1,
a_huge,mine,human,trd,20,,,,,huge,none,,1,
a_gene,mine,human,trd,20,,,,,ket,none,val66mett,1,
"""
OBSERVATIONS = """obs_id,arm_id,relative_to,readout,statistic,time_h,time_end_h,value,unit,spread,spread_kind,n,how_read,weight,role,source_key,note
change,a_ket,a_pbo,madrs_change,point,24,,-7.4,points,1,se,40,read,1,calibrate,mine,
responders,a_ket,,response,fraction,24,,0.40,1,,,20,read,1,calibrate,mine,
level,a_spray,,esketamine_venous,max,0,24,400,ng/mL,,,20,read,1,check,mine,twice too high and more
direction,a_ket,a_pbo,spine_density,sign,24,,1,1,,,,read,1,check,mine,
pressure,a_ket,,sbp_change,fraction,0,24,0.1,1,,,20,read,1,check,mine,share above 40 mmHg
impossible,a_huge,,madrs_change,point,24,,-5,points,,,20,read,1,check,mine,
unknown,a_gene,,madrs_change,point,24,,-5,points,,,20,read,1,check,mine,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("regimens", REGIMENS), ("arms", ARMS), ("observations", OBSERVATIONS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_of_ones_own_is_predicted_and_scored(folder):
    result = ks.validate(folder)
    of = {r.obs_id: r for r in result.records}
    assert list(of) == [
        "change",
        "responders",
        "level",
        "direction",
        "pressure",
        "impossible",
        "unknown",
    ]
    typical, control = (
        ks.simulate(ks.Scenario(dose, context="midazolam"), t_eval=[0.0, 24.0])
        for dose in ("ketamine 0.5 mg/kg iv over 40 min", "placebo iv over 40 min")
    )
    # A mean over patients, who differ in sensitivity: nearer to 0 than the typical patient.
    difference = typical["madrs_change"][-1] - control["madrs_change"][-1]
    assert difference < of["change"].predicted < 0.6 * difference
    assert of["change"].within
    assert of["responders"].predicted == pytest.approx(typical["response"][-1], rel=1e-4)
    assert of["level"].predicted == pytest.approx(73.8, abs=0.1)
    assert of["level"].fold_error == pytest.approx(5.4, abs=0.05)
    assert not of["level"].within
    assert of["direction"].predicted == 1.0
    assert result.inside() == (3, 4)
    assert result.inside("calibrate") == (2, 2)
    assert result.inside("check", "Plasma") == (0, 1)


def test_what_cannot_be_predicted_says_why(folder):
    result = ks.validate(folder)
    assert [r.obs_id for r in result.unpredicted] == ["pressure", "impossible", "unknown"]
    pressure, impossible, unknown = result.unpredicted
    assert "no spread" in pressure.reason
    assert "arm a_huge" in impossible.reason
    assert "mg/kg" in impossible.reason
    assert "did you mean 'val66met'" in unknown.reason
    assert "pressure" in result.unpredicted_table()


def test_arms_that_agree_share_one_run(folder):
    with (folder / "arms.csv").open("a", encoding="utf-8") as file:
        file.write("b_ket,mine,human,mdd,9,,,,,ket,midazolam,,1,\n")
    with (folder / "observations.csv").open("a", encoding="utf-8") as file:
        file.write("same,b_ket,,cadss,point,0.67,,8,points,,,9,read,1,check,mine,\n")
    result = ks.validate(folder)
    assert result.n_runs == 3
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0.0, 0.67])
    assert result.records[-1].predicted == pytest.approx(run["cadss"][-1], rel=1e-6)


def test_doses_after_the_last_look_do_not_matter(folder):
    level = next(r for r in ks.validate(folder).records if r.obs_id == "level")
    text = (folder / "regimens.csv").read_text(
        encoding="utf-8"
    ) + "spray,esketamine,28,mg,intranasal,5000,0,0,0\n"
    (folder / "regimens.csv").write_text(text, encoding="utf-8")
    later = next(r for r in ks.validate(folder).records if r.obs_id == "level")
    assert later == level


def test_results_do_not_depend_on_threads_or_on_what_else_is_observed(folder):
    one, two = ks.validate(folder, threads=1), ks.validate(folder, threads=2)
    assert one.records == two.records
    lines = OBSERVATIONS.splitlines()
    (folder / "observations.csv").write_text(
        "\n".join([lines[0], lines[3]]) + "\n", encoding="utf-8"
    )
    (alone,) = ks.validate(folder).records
    assert alone.predicted == pytest.approx(one.records[2].predicted, rel=1e-9)


def test_json_has_one_object_for_each_observation(folder, tmp_path):
    path = ks.validate(folder).to_json(tmp_path / "score.json")
    objects = json.loads(path.read_text(encoding="utf-8"))
    assert [o["obs_id"] for o in objects] == [
        r["obs_id"] for r in csv.DictReader(OBSERVATIONS.splitlines())
    ]
    for o in objects:
        assert {
            "predicted",
            "value",
            "spread",
            "z",
            "fold_error",
            "within",
            "area",
            "readout",
        } <= set(o)
        assert {"statistic", "role", "source_key", "reason"} <= set(o)
        assert o["predicted"] is not None or o["reason"]


def test_a_json_file_that_cannot_be_written_leaves_nothing(folder, tmp_path):
    result = ks.validate(folder)
    with pytest.raises(KetasimError, match="no folder"):
        result.to_json(tmp_path / "nowhere" / "score.json")
    assert not (tmp_path / "nowhere").exists()


def test_tables_by_area_and_by_study(folder):
    result = ks.validate(folder)
    assert "Clinical" in result.table()
    assert "mine" in result.table("study")
    assert result.table().splitlines()[-1].startswith("all")
    assert "7 observations" in repr(result)
    with pytest.raises(ValueError, match="'area' or 'study'"):
        result.table("moon")


def test_a_study_beside_the_model(folder):
    result = ks.validate(folder)
    of = {r.obs_id: r for r in result.records}
    study = result.study("mine")
    assert study.names == tuple(r.obs_id for r in result.records if r.source_key == "mine")
    change = study["change"]
    assert (change["observed"], change["unit"]) == (of["change"].value, "points")
    assert change["predicted"] == pytest.approx(of["change"].predicted, rel=0.005)
    assert (change["time"], change["time_h"]) == ("1 d", 24.0)
    responders = result.study("mine", "response")["responders"]
    assert responders["unit"] == "%"
    assert responders["predicted"] == pytest.approx(100 * of["responders"].predicted, rel=0.005)
    assert study["impossible"]["predicted"] is None
    with pytest.raises(ks.UnknownNameError, match="unknown source"):
        result.study("yours")
    with pytest.raises(ks.UnknownNameError, match="unknown readout"):
        result.study("mine", "cadss")


def test_progress_reports_runs_done(folder):
    seen: list[int] = []
    ks.validate(folder, progress=seen.append)
    assert seen == [1, 2, 3]


def test_broken_tables_stop_before_any_run(folder):
    (folder / "arms.csv").write_text(ARMS.replace("a_spray,mine", "a_ket,mine"), encoding="utf-8")
    with pytest.raises(EvidenceError, match="already used"):
        ks.validate(folder)


def test_figure_of_a_small_set(folder, tmp_path):
    pytest.importorskip("matplotlib")
    figure = ks.validate(folder).plot()
    figure.savefig(tmp_path / "figure.png")
    assert len(figure.axes) == 6
    assert (tmp_path / "figure.png").stat().st_size > 10_000


@pytest.mark.slow
def test_the_shipped_evidence_as_a_whole(tmp_path):
    result = ks.validate()
    assert len(result.records) == 671
    assert result.seconds < 180.0
    inside, scored = result.inside("calibrate")
    assert scored == 389
    assert 285 <= inside <= 320
    inside, scored = result.inside("check")
    assert scored == 255
    assert 155 <= inside <= 190
    assert len(result.unpredicted) == 7
    assert all(r.reason for r in result.unpredicted)
    json.loads(result.to_json(tmp_path / "score.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_tighter_tolerances_change_no_verdict():
    coarse, fine = ks.validate(), ks.validate(rtol=1e-9)
    assert [r.within for r in coarse.records] == [r.within for r in fine.records]
