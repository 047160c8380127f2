"""Files: units and provenance travel along, numbers come back bit for bit, nothing is half-written."""

import csv
import dataclasses
import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr

import ketasim as ks
from ketasim.errors import OutputError
from ketasim.files import Column, Sheet, check_folder, check_path, save, whole_file

NAMES = ("ketamine_venous", "madrs_change", "mtor.M")


@pytest.fixture(scope="module")
def run() -> ks.Run:
    return ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0.0, 2 / 3, 24.0, 168.0])


@pytest.fixture(scope="module")
def crowd() -> ks.Ensemble:
    return ks.simulate_population(
        ks.Regimen.parse("ketamine 0.5 mg/kg iv over 40 min"),
        5,
        seed=1,
        readouts=["madrs_change", "spine_density"],
        t_eval=[0.0, 1.0, 24.0],
    )


def read_csv(path: Path) -> tuple[dict[str, str], list[str], list[list[str]]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    facts = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    heading, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    return facts, heading, rows


def test_csv_has_provenance_units_and_every_bit(run: ks.Run, tmp_path: Path) -> None:
    facts, heading, rows = read_csv(save(run, tmp_path / "run.csv", NAMES))
    assert facts["model"] == "ketasim"
    assert facts["version"] == ks.__version__
    assert facts["scenario"] == str(run.scenario)
    assert facts["status"] == "success"
    assert "disclaimer" in facts
    assert "sources" in facts
    assert heading == ["time [h]", *(f"{name} [{run.unit(name)}]" for name in NAMES)]
    table = np.array(rows, dtype=float)
    assert np.array_equal(table, np.column_stack([run.t, *(run[name] for name in NAMES)]))


def test_json_has_units_metadata_and_every_bit(run: ks.Run, tmp_path: Path) -> None:
    content = json.loads(save(run, tmp_path / "run.json").read_text(encoding="utf-8"))
    assert content["units"]["time"] == "h"
    assert content["units"]["madrs_change"] == "points"
    assert content["metadata"]["rtol"] == run.options.rtol
    assert {"key", "citation", "doi"} == set(content["metadata"]["sources"][0])
    assert content["data"]["time"] == run.t.tolist()
    for name in ks.readouts().names:
        assert content["data"][name] == run[name].tolist()


def test_parquet_has_units_for_pandas_and_for_others(run: ks.Run, tmp_path: Path) -> None:
    path = save(run, tmp_path / "run.parquet")
    frame = pd.read_parquet(path)
    assert frame.attrs["units"]["glutamate_dialysate"] == "% of baseline"
    assert frame.attrs["scenario"] == str(run.scenario)
    assert np.array_equal(frame["time"], run.t)
    assert np.array_equal(frame["spine_density"], run["spine_density"])
    schema = pq.read_schema(path)
    assert schema.field("madrs_change").metadata[b"units"] == b"points"
    assert schema.metadata[b"version"].decode() == ks.__version__


def test_netcdf_has_readouts_states_and_units(run: ks.Run, tmp_path: Path) -> None:
    with xr.open_dataset(save(run, tmp_path / "run.nc"), engine="h5netcdf") as data:
        assert data.sizes["time"] == run.t.size
        assert data["madrs_change"].attrs["units"] == "points"
        assert np.array_equal(data["madrs_change"], run["madrs_change"])
        assert np.array_equal(data["y"], run.y)
        assert data.attrs["model"] == "ketasim"


def test_netcdf_of_chosen_names(run: ks.Run, tmp_path: Path) -> None:
    with xr.open_dataset(save(run, tmp_path / "run.nc", NAMES), engine="h5netcdf") as data:
        assert set(data.data_vars) == set(NAMES)
        assert data["time"].attrs["units"] == "h"
        assert data["mtor.M"].attrs["units"] == run.unit("mtor.M")


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "nc"])
def test_a_population_goes_into_every_format(
    crowd: ks.Ensemble, tmp_path: Path, ending: str
) -> None:
    path = save(crowd, tmp_path / f"crowd.{ending}")
    assert path.stat().st_size > 0
    assert save(crowd.quantile_sheet(), tmp_path / f"quantiles.{ending}").stat().st_size > 0
    if ending == "parquet":
        frame = pd.read_parquet(path)
        assert len(frame) == len(crowd) * crowd.t.size
        assert set(frame["status"]) == {"success"}
        second = frame[frame["member"] == 1]
        assert np.array_equal(second["madrs_change"], crowd["madrs_change"][1])
    if ending == "nc":
        with xr.open_dataset(path, engine="h5netcdf") as data:
            assert np.array_equal(data["spine_density"], crowd["spine_density"])


def test_quantiles_are_named_and_carry_units(crowd: ks.Ensemble, tmp_path: Path) -> None:
    facts, heading, rows = read_csv(save(crowd.quantile_sheet(), tmp_path / "q.csv"))
    assert facts["subjects"] == "5"
    assert heading[:2] == ["time [h]", "madrs_change_p05 [points]"]
    median = np.array(rows, dtype=float)[:, heading.index("madrs_change_p50 [points]")]
    assert np.array_equal(median, crowd.quantiles("madrs_change", (0.5,))[0])


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "nc"])
def test_tables_go_into_every_format(tmp_path: Path, ending: str) -> None:
    path = save(ks.parameters(), tmp_path / f"parameters.{ending}")
    if ending == "json":
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        assert [row["name"] for row in rows] == list(ks.parameters().names)
    if ending == "csv":
        _, heading, lines = read_csv(path)
        assert heading[0] == "name"
        assert len(lines) == len(ks.parameters())


def test_what_was_not_computed_is_null_in_json(tmp_path: Path) -> None:
    partial = ks.simulate(
        "ketamine 0.5 mg/kg iv over 40 min", t_eval=[0.0, 400.0], max_steps=5, on_failure="return"
    )
    assert not partial.success
    content = json.loads(save(partial, tmp_path / "partial.json").read_text(encoding="utf-8"))
    assert content["data"]["madrs_change"][-1] is None
    assert content["metadata"]["status"] != "success"


@pytest.mark.parametrize("name", ["run", "run.xlsx", "run.csv.gz"])
def test_an_unknown_ending_lists_the_known_ones(run: ks.Run, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"\.csv, \.json, \.parquet or \.nc"):
        save(run, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_unwritable_places_are_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path / "folder.csv", "is a folder"),
        (tmp_path / "missing" / "run.csv", "no folder"),
        (tmp_path / "file" / "run.csv", "no folder"),
        (Path("/proc/run.csv"), "cannot write"),
    ):
        with pytest.raises(OutputError, match=reason):
            check_path(path)
    with pytest.raises(OutputError, match="not a folder"):
        check_folder(tmp_path / "file" / "figures")
    check_folder(tmp_path / "new" / "figures")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_a_failure_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "run.csv"
    target.write_text("old", encoding="utf-8")

    def fail(error: BaseException) -> None:
        with whole_file(target) as draft:
            draft.write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(OutputError, match="No space left"):
        fail(OSError(28, "No space left on device"))
    with pytest.raises(KeyboardInterrupt):
        fail(KeyboardInterrupt())
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_existing_file_is_replaced(run: ks.Run, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("old", encoding="utf-8")
    assert "data" in json.loads(save(run, tmp_path / "run.json").read_text(encoding="utf-8"))
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("ending", "library"), [("parquet", "pyarrow"), ("nc", "h5netcdf"), ("nc", "xarray")]
)
def test_a_missing_library_names_the_extra(
    run: ks.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ks.MissingLibraryError, match=rf"{library}.*ketasim\[io\]"):
        save(run, tmp_path / f"run.{ending}")
    assert not list(tmp_path.iterdir())


def test_unknown_names_are_refused_before_writing(run: ks.Run, tmp_path: Path) -> None:
    with pytest.raises(ks.UnknownNameError, match="madrs_change"):
        save(run, tmp_path / "run.csv", ["madrs_chnge"])
    assert not list(tmp_path.iterdir())


# --- text that a spreadsheet would calculate --------------------------------------------------


def as_written(cell: str) -> str:
    """Undo what `save` does to text, as docs/reference/files_and_units.md describes it."""
    cell = cell.removeprefix("'")
    return re.sub(r"""([;\t\r\n]["\s]*)'""", r"\1", cell)


FORMULAS = [
    "=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", '"=1"', "'=1", "''", "'",
    "a;=1", "a;\t=1", "a\n=1", "a;'=1", "\uff1d1+1", '=HYPERLINK("http://x","y")', "-", "--5",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_file_is_a_formula(text: str, tmp_path: Path) -> None:
    sheet = Sheet((Column(text, [text, "plain"]), Column("x", [-1.5, 2.0])), "row", {"name": text})
    path = save(sheet, tmp_path / "labels.csv")
    with path.open(encoding="utf-8", newline="") as file:
        fact, *rows = csv.reader(file)
    assert [cell for row in rows for cell in row if re.match(r"[\s\"]*[=+@\t\r\uff1d]", cell)] == []
    assert as_written(rows[0][0]) == text
    assert [as_written(row[0]) for row in rows[1:]] == [text, "plain"]
    assert [float(row[1]) for row in rows[1:]] == [-1.5, 2.0]
    # Opened with another separator, too.
    for separator in ";\t":
        for line in path.read_bytes().decode().replace("\r", "\n").split("\n"):
            for cell in line.split(separator)[1:]:
                assert not re.match(r"[\s\"]*[=+\-@\uff1d]", cell)
    assert fact[0].startswith("# name: ")


def test_a_fact_does_not_hold_a_formula_in_its_second_cell(tmp_path: Path) -> None:
    regimen = ks.Regimen.parse("ketamine 35 mg im")
    named = dataclasses.replace(regimen, name='arm A,=HYPERLINK("http://x"); +1')
    path = save(ks.simulate(named, t_eval=[1.0]), tmp_path / "run.csv", ["madrs_change"])
    for line in path.read_text(encoding="utf-8").splitlines():
        for cell in re.split("[,;\t]", line)[1:]:
            assert not re.match(r"[\s\"]*[=+@]", cell)


@pytest.mark.parametrize("ending", ["json", "parquet"])
def test_other_formats_keep_text_as_it_is(ending: str, tmp_path: Path) -> None:
    path = save(Sheet((Column("label", FORMULAS),), "row", {}), tmp_path / f"labels.{ending}")
    if ending == "json":
        read = json.loads(path.read_text(encoding="utf-8"))["data"]["label"]
    else:
        read = list(pd.read_parquet(path)["label"])
    assert read == FORMULAS


def test_tables_of_the_model_need_no_apostrophe(tmp_path: Path) -> None:
    for table in (ks.parameters(), ks.states(), ks.readouts()):
        _, heading, rows = read_csv(save(table, tmp_path / "table.csv"))
        assert not [cell for row in [heading, *rows] for cell in row if cell.startswith("'")]


@pytest.mark.parametrize(
    ("values", "ending"),
    [
        (["a\udcff"], "csv"),
        (["a\udcff"], "json"),
        (["a\udcff"], "nc"),
        (["a\udcff"], "parquet"),
        (["a\0b"], "nc"),
        ([1, "two"], "parquet"),
        ([object()], "json"),
    ],
)
def test_content_that_a_format_cannot_hold_is_refused(
    values: list[object], ending: str, tmp_path: Path
) -> None:
    sheet = Sheet((Column("label", values),), "row", {})
    with pytest.raises(OutputError, match=rf"does not fit into a \.{ending} file"):
        save(sheet, tmp_path / f"labels.{ending}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "nc"])
@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ((("a", [1, 2]), ("b", [1])), "column 'b' has 1 values, but 'a' has 2"),
        ((("a", [1, 2]), ("a", [1, 3])), "two columns are called 'a'"),
    ],
)
def test_columns_that_make_no_table_are_refused(
    columns: tuple[tuple[str, list[int]], ...], says: str, ending: str, tmp_path: Path
) -> None:
    sheet = Sheet(tuple(Column(*one) for one in columns), "row", {})
    with pytest.raises(OutputError, match=f"^{says}"):
        save(sheet, tmp_path / f"table.{ending}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "nc"])
def test_a_name_given_twice_is_refused(run: ks.Run, ending: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"names has 'cadss' twice"):
        run.save(tmp_path / f"run.{ending}", ["cadss", "madrs", "cadss"])


def test_numbers_of_numpy_and_facts_that_are_none_go_into_json(tmp_path: Path) -> None:
    values = [np.float32(0.5), np.int64(2), np.float64("nan"), None]
    sheet = Sheet((Column("x", values),), "row", {"share": float("nan")})
    content = json.loads(save(sheet, tmp_path / "x.json").read_text(encoding="utf-8"))
    assert content == {
        "metadata": {"share": None},
        "units": {},
        "data": {"x": [0.5, 2, None, None]},
    }
