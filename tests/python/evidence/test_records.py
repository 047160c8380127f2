"""Evidence tables: what is shipped is sound, what is broken is refused by file, row and column."""

import os
import shutil
import time
from dataclasses import FrozenInstanceError
from importlib.resources import as_file, files
from pathlib import Path

import pytest

import ketasim as ks
from ketasim.errors import EvidenceError
from ketasim.evidence import load, read_table, vocabulary

TABLES = ("regimens.csv", "arms.csv", "observations.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped tables that a test may break."""
    with as_file(files("ketasim.evidence").joinpath("data")) as shipped:
        for name in TABLES:
            shutil.copy(shipped / name, tmp_path / name)
    return tmp_path


def edit(path: Path, row: int, column: str, value: str) -> None:
    """Write a value into the cell of a table whose cells hold no commas up to that column."""
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[row - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[row - 1] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_shipped_evidence_is_complete():
    evidence = load()
    assert len(evidence.observations) == 671
    assert len(evidence.arms) == 304
    assert len(evidence.regimens) == 145
    assert {o.role for o in evidence.observations} == {"calibrate", "check"}
    assert sum(o.role == "calibrate" for o in evidence.observations) == 389
    assert {o.area for o in evidence.observations} == set(vocabulary.AREAS)
    assert "671 observations" in repr(evidence)


def test_every_shipped_source_key_is_known():
    from ketasim.catalogue import all_sources

    evidence = load()
    known = all_sources()
    keys = {a.source_key for a in evidence.arms.values()} | set(evidence.studies.names)
    assert keys <= set(known)


def test_every_study_says_what_was_taken_from_it_and_how():
    evidence = load()
    studies = evidence.studies
    assert sum(s["rows"] for s in studies) == len(evidence.observations)
    for s in studies:
        assert sum(s[how] for how in vocabulary.HOW_READ) == s["rows"], s["name"]
        assert sum(s[role] for role in vocabulary.ROLES) == s["rows"], s["name"]
        assert s["citation"], s["name"]
    daly = studies["daly2018"]
    rows = [o for o in evidence.observations if o.source_key == "daly2018"]
    assert daly["rows"] == len(rows)
    assert daly["arms"] == len(
        {o.arm_id for o in rows} | {o.relative_to for o in rows if o.relative_to}
    )
    assert daly["url"].startswith("https://")
    assert "daly2018" in studies.matching("esketamine").names


def test_rows_are_frozen_and_typed():
    evidence = load()
    o = evidence.observations[0]
    assert (o.value, o.unit, o.n) == (56.0, "ng/mL", 17.0)
    assert o.time_end_h is None
    with pytest.raises(FrozenInstanceError):
        o.value = 1.0
    assert evidence.arms["murr13_ket"].baseline_severity == 31.3


def test_vocabulary_agrees_with_the_model():
    model = {row["name"]: row["unit"] for row in ks.readouts()}
    missing = set(vocabulary.READOUT_UNIT) - set(model)
    assert missing == {"relapse"}  # an ensemble statistic, not a readout of one run
    assert set(model) <= set(vocabulary.READOUT_UNIT)
    for name, unit in model.items():
        assert vocabulary.READOUT_UNIT[name] == unit, name


def test_any_folder_with_the_three_tables_loads(folder):
    assert len(load(folder).observations) == 671
    assert len(load(str(folder)).observations) == 671


def test_column_order_further_columns_and_byte_order_mark_do_not_matter(folder):
    path = folder / "regimens.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    turned = [[*reversed(row), "mine" if i == 0 else "x"] for i, row in enumerate(rows)]
    path.write_text("\ufeff" + "\r\n".join(",".join(row) for row in turned), encoding="utf-8")
    assert len(load(folder).regimens) == 145


def test_a_missing_folder_or_table_is_named(folder):
    with pytest.raises(EvidenceError, match="no such folder"):
        load(folder / "nowhere")
    (folder / "arms.csv").unlink()
    with pytest.raises(EvidenceError, match=r"arms\.csv: no such file; .*observations\.csv"):
        load(folder)


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "expected"),
    [
        ("regimens.csv", 5, "drug", "ketamin", "is 'ketamine' meant"),
        ("regimens.csv", 5, "route", "ivv", "is 'iv' meant"),
        ("regimens.csv", 5, "amount_unit", "g", "one of mg"),
        ("regimens.csv", 5, "amount", "-1", "finite number"),
        ("regimens.csv", 5, "amount", "nan", "finite number"),
        ("regimens.csv", 5, "amount", "much", "finite number"),
        ("regimens.csv", 5, "start_h", "", "finite number"),
        ("regimens.csv", 5, "start_h", "-3", "only a tool"),
        ("regimens.csv", 5, "additional", "1.5", "whole number"),
        ("regimens.csv", 5, "additional", "3", "hours between"),
        ("regimens.csv", 5, "route", "bath", "given in uM"),
        ("regimens.csv", 5, "amount_unit", "fraction", "given in mg or mg/kg"),
        ("arms.csv", 3, "species", "humen", "is 'human' meant"),
        ("arms.csv", 3, "context", "blind", "one of none"),
        ("arms.csv", 3, "weight_kg", "5000", "from 0.001 to 300"),
        ("arms.csv", 3, "weight_kg", "0", "from 0.001 to 300"),
        ("arms.csv", 3, "stress", "-1", "from 0 to 1"),
        ("arms.csv", 3, "baseline_scale", "MADRS", "one of madrs, hdrs17"),
        ("arms.csv", 3, "stress", "", "from 0 to 1"),
        ("arms.csv", 3, "regimen_id", "esk_iv_10mg_30mi", "is 'esk_iv_10mg_30min' meant"),
        ("arms.csv", 3, "arm_id", "otto_esk10", "already used in row 2"),
        ("observations.csv", 4, "arm_id", "otto_esk11", "is 'otto_esk10' meant"),
        ("observations.csv", 4, "relative_to", "nobody", "is not in arms.csv"),
        ("observations.csv", 4, "relative_to", "otto_esk10", "is the arm itself"),
        (
            "observations.csv",
            4,
            "obs_id",
            "otto_esk10__esketamine_venous__1",
            "already used in row 2",
        ),
        ("observations.csv", 4, "readout", "esketamine", "expected one of esketamine_venous"),
        ("observations.csv", 4, "statistic", "mode", "expected one of point"),
        ("observations.csv", 4, "statistic", "mean", "end of the time"),
        ("observations.csv", 4, "statistic", "sign", "-1, 0 or 1"),
        ("observations.csv", 4, "time_end_h", "0.1", "lies before time_h"),
        ("observations.csv", 4, "value", "lots", "finite number"),
        ("observations.csv", 4, "value", "inf", "finite number"),
        ("observations.csv", 4, "unit", "mg/L", "expected 'ng/mL'"),
        ("observations.csv", 4, "spread_kind", "", "give both or neither"),
        ("observations.csv", 4, "spread_kind", "sdev", "is 'sd' meant|is 'se' meant"),
        ("observations.csv", 4, "spread", "-2", "at least 0"),
        ("observations.csv", 4, "weight", "2", "from 0 to 1"),
        ("observations.csv", 4, "role", "train", "one of calibrate, check"),
        ("observations.csv", 4, "cut", "low", "nothing or a finite number of at least 0"),
        ("observations.csv", 4, "cut", "10", "only a share of patients has a cut"),
        ("observations.csv", 4, "cut_from", "recalled", "nothing or one of read"),
        ("observations.csv", 4, "cut_from", "memory", "without a cut; give both or neither"),
        ("observations.csv", 4, "cut_on", "rise", "one of change, level"),
        ("observations.csv", 4, "cut_on", "level", "only a cut of blood pressure"),
        ("observations.csv", 4, "among", "remitter", "is 'remitters' meant"),
        ("observations.csv", 4, "among", "remitters", "only relapse is counted among"),
        ("observations.csv", 4, "method", "asked", "one of rated, spontaneous"),
        ("observations.csv", 4, "method", "spontaneous", "only a fraction of patients reports"),
    ],
)
def test_a_bad_cell_is_named_with_what_was_expected(folder, file, row, column, value, expected):
    edit(folder / file, row, column, value)
    with pytest.raises(EvidenceError, match=expected) as error:
        load(folder)
    assert file in str(error.value)
    assert f"row {row}" in str(error.value)


def test_all_problems_are_listed_and_nothing_is_loaded(folder):
    edit(folder / "arms.csv", 3, "stress", "7")
    edit(folder / "observations.csv", 4, "value", "x")
    edit(folder / "observations.csv", 5, "role", "y")
    with pytest.raises(EvidenceError, match="3 problems, nothing was loaded"):
        load(folder)


def test_a_missing_column_is_named_with_its_likely_misspelling(folder):
    path = folder / "observations.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("spread_kind", "spread_knd", 1), encoding="utf-8"
    )
    with pytest.raises(
        EvidenceError, match=r"row 1: no column 'spread_kind' \(is 'spread_knd' meant"
    ):
        load(folder)


def test_a_column_that_stands_twice_is_refused(folder):
    path = folder / "arms.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("age_y", "weight_kg", 1), encoding="utf-8"
    )
    with pytest.raises(EvidenceError, match="'weight_kg' appears twice"):
        load(folder)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b"\n\n  \n", "the file is empty"),
        (b"regimen_id,drug\n", "no column"),
        (b'regimen_id,"dr\nug,x', "broken CSV"),
        (b'a,"b"c\n1,2\n', "broken CSV"),
        (b"\xff\xfe\x00garbage", "not UTF-8"),
        (bytes(range(256)) * 40, "UTF-8|broken CSV|no column"),
    ],
)
def test_a_file_of_another_kind_is_refused(folder, content, expected):
    (folder / "regimens.csv").write_bytes(content)
    with pytest.raises(EvidenceError, match=expected) as error:
        load(folder)
    assert "regimens.csv" in str(error.value)


def test_a_header_without_rows_is_refused(folder):
    path = folder / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match="only a header"):
        load(folder)


def test_a_row_with_too_few_or_too_many_cells_is_named(folder):
    path = folder / "regimens.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[6] += ",7"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(EvidenceError, match="row 7: 10 cells, but the header names 9"):
        load(folder)


def test_the_row_of_broken_quoting_is_where_the_cell_begins(folder):
    path = folder / "observations.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[9] = lines[9][:-1] + 'x"y'
    lines[9] = lines[9].replace("median", '"median', 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(EvidenceError, match="row 10: broken CSV"):
        load(folder)


def test_200_mb_of_garbage_are_refused_at_once(folder):
    path = folder / "observations.csv"
    with path.open("wb") as file:
        file.write(os.urandom(4096))
        file.truncate(200 * 2**20)
    began = time.perf_counter()
    with pytest.raises(EvidenceError, match="200 MB, the limit"):
        load(folder)
    assert time.perf_counter() - began < 2.0  # the other two tables are read


def test_what_is_not_a_regular_file_is_refused(folder):
    (folder / "arms.csv").unlink()
    (folder / "arms.csv").mkdir()
    with pytest.raises(EvidenceError, match="not a regular file"):
        load(folder)


def test_source_keys_are_checked_where_a_folder_has_sources(folder):
    edit(folder / "arms.csv", 3, "source_key", "mine2030")
    assert load(folder).arms["krystal94_ket05"].source_key == "mine2030"
    (folder / "extra_sources.csv").write_text(
        "source_key,citation\nother2030,Other et al.\n", encoding="utf-8"
    )
    with pytest.raises(
        EvidenceError, match=r"row 3, column source_key: 'mine2030' is not in sources"
    ):
        load(folder)
    (folder / "extra_sources.csv").write_text(
        "source_key,citation\nmine2030,Mine et al.\n", encoding="utf-8"
    )
    load(folder)


RULES = """obs_id,arm_id,relative_to,readout,statistic,time_h,time_end_h,value,unit,spread,spread_kind,n,how_read,weight,role,source_key,note,cut,cut_from,among
own,murr13_ket,,remission,fraction,24,,0.3,1,,,,read,1,check,popova2019,,9,read,
published,murr13_ket,,remission,fraction,24,,0.3,1,,,,read,1,check,popova2019,,,,
model,murr13_ket,,remission,fraction,24,,0.3,1,,,,read,1,check,murrough2013_ajp,MADRS 12 or less,,,
response,murr13_ket,,response,fraction,24,,0.3,1,,,,read,1,check,popova2019,,,,
remitters,murr13_ket,,relapse,fraction,999,,0.3,1,,,,read,1,check,popova2019,,,,remitters
"""


def test_a_remission_cut_is_that_of_the_row_or_of_the_publication(folder):
    (folder / "observations.csv").write_text(RULES, encoding="utf-8")
    cuts = {o.obs_id: (o.cut, o.cut_from) for o in load(folder).observations}
    assert cuts == {
        "own": (9.0, "read"),
        "published": (12.0, "memory"),
        "model": (None, ""),
        "response": (None, ""),
        "remitters": (12.0, "memory"),
    }
    (folder / "sources.csv").write_text(
        "source_key,citation,remission_cut,remission_cut_from\nmurrough2013_ajp,M,11,read\n"
    )
    cuts = {o.obs_id: (o.cut, o.cut_from) for o in load(folder).observations}
    assert cuts["model"] == (11.0, "read")
    assert cuts["published"] == (12.0, "memory")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("61,read,", "MADRS points from 0 to 60"),
        ("12,,", "expected how the cut became known"),
        ("12,read,responders", "only relapse is counted among"),
    ],
)
def test_an_impossible_cut_is_refused(folder, cells, expected):
    (folder / "observations.csv").write_text(RULES.replace("9,read,", cells), encoding="utf-8")
    with pytest.raises(EvidenceError, match=rf"row 2, column \w+: .*{expected}"):
        load(folder)


def test_a_publication_gives_a_cut_and_its_origin_together(folder):
    (folder / "sources.csv").write_text(
        "source_key,citation,remission_cut,remission_cut_from\nmine,M,11,\n"
    )
    with pytest.raises(EvidenceError, match=r"row 2, column remission_cut_from.*both or neither"):
        load(folder)


def test_tables_without_the_optional_columns_load_and_a_misspelt_one_is_named(folder):
    path = folder / "arms.csv"
    text = path.read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines()]
    at = rows[0].index("baseline_scale")
    path.write_text("\n".join(",".join(r[:at] + r[at + 1 :]) for r in rows), encoding="utf-8")
    assert load(folder).arms["murr13_ket"].baseline_scale == ""
    path.write_text(text.replace("baseline_scale", "baseline_scal", 1), encoding="utf-8")
    with pytest.raises(EvidenceError, match="'baseline_scal': is 'baseline_scale' meant"):
        load(folder)


def test_read_table_gives_stripped_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n 1 ,"x, y"\n\n2,\n', encoding="utf-8")
    assert read_table(path, ("a", "b")) == [{"a": "1", "b": "x, y"}, {"a": "2", "b": ""}]
    with pytest.raises(EvidenceError, match="no column 'c'"):
        read_table(path, ("a", "c"))


def test_evidence_goes_to_pandas():
    pytest.importorskip("pandas")
    frame = load().to_dataframe()
    assert frame.shape == (671, 22)
