"""Event tables and evidence tables: read, or refused in words."""

import csv
import io
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strange import answer, mostly, strange

import ketasim as ks
from ketasim.dosing import read_event_table, read_event_tables

HEADINGS = (
    *(
        "ID",
        "TIME",
        "AMT",
        "RATE",
        "DUR",
        "II",
        "ADDL",
        "EVID",
        "CMT",
        "SS",
        "LAG",
        "F",
        "DV",
        "MDV",
    ),
    *(
        "DRUG",
        "ROUTE",
        "UNIT",
        "DATE",
        "C",
        "OCC",
        "WT",
        "time",
        "TIME (min)",
        "TIME [hh:mm]",
        "AMT [g]",
    ),
    *(
        "DOSE",
        "ALAG1",
        "#ID",
        "D1",
        "D2 [min]",
        "R1",
        "R2 [mg/h]",
        "PERIOD",
        "DAY",
        "",
        " ",
        "TIME ",
        "amt",
        "DAT1",
        "AGE",
        "µ",
        "\ufeffTIME",
    ),
)
CELLS = (
    *(
        "0",
        "1",
        "2",
        "24",
        "-1",
        "-2",
        "0.5",
        "1e3",
        "1e400",
        "1_0",
        "",
        " ",
        ".",
        "NA",
        "NaN",
        "NULL",
    ),
    *(
        "#N/A",
        "C",
        "I",
        "ketamine",
        "Ketamine ",
        "esketamine",
        "placebo",
        "iv",
        "oral",
        "mg",
        "mg/kg",
    ),
    *(
        "10:30",
        "24:00",
        "2026-01-05",
        "05/01/2026",
        "10:30:15",
        "1,5",
        "9" * 30,
        "-0",
        "+1",
        "0x1",
        "inf",
    ),
    *('"', "'", "\n", "\x00", "=1+1", "½", "٣", "1 h", "True"),
)
#: Numbers as a program has them; a table in memory may hold anything.
THINGS = (
    *CELLS,
    None,
    math.nan,
    math.inf,
    0,
    1,
    24,
    -1,
    0.5,
    True,
    10**30,
    np.float64(1.0),
    pd.NA,
    pd.NaT,
)
THINGS += (b"1", pd.Timestamp("2026-01-05 10:00"), np.int64(2), (), [1], object(), 1j, np.ma.masked)

#: A table that is right.
RIGHT = {
    "ID": ["1", "1", "1", "2", "2"],
    "TIME": ["0", "1", "24", "0", "2"],
    "AMT": ["35", "0", "35", "28", "0"],
    "RATE": ["52.5", "0", "-2", "0", "0"],
    "DUR": ["0", "0", "0.5", "0", "0"],
    "EVID": ["1", "0", "1", "4", "2"],
    "DV": [".", "100", ".", ".", "50"],
}


@st.composite
def tables(draw: st.DrawFn, cells: tuple[Any, ...]) -> dict[str, list[Any]]:
    """Return columns: right ones with cells and headings changed, or any."""
    if draw(st.booleans()):
        table = {name: list(column) for name, column in RIGHT.items() if draw(st.integers(0, 5))}
        for name in [*table]:
            for k in range(len(table[name])):
                if draw(st.integers(0, 7)) == 0:
                    table[name][k] = draw(st.sampled_from(cells))
        for _ in range(draw(st.integers(0, 2))):
            table[draw(st.sampled_from(HEADINGS))] = draw(
                st.lists(st.sampled_from(cells), min_size=5, max_size=5)
            )
        return table
    headings = draw(st.lists(st.sampled_from(HEADINGS), max_size=7, unique=True))
    n = draw(st.integers(0, 4))
    return {
        name: draw(st.lists(st.sampled_from(cells), min_size=n, max_size=n)) for name in headings
    }


arguments = st.fixed_dictionaries(
    {"drug": mostly("ketamine"), "route": mostly("iv")},
    optional={
        "unit": mostly("mg"),
        "subject": st.one_of(mostly("1"), strange),
        "covariates": mostly(["WT", "AGE"]),
        "cmt": st.one_of(mostly(None), st.dictionaries(st.integers(0, 3), mostly("iv"))),
    },
)


def _check(table: Any, given_: dict[str, Any]) -> None:
    shared = {name: value for name, value in given_.items() if name != "subject"}
    one = answer(lambda: read_event_table(table, **given_))
    every = answer(lambda: read_event_tables(table, **shared))
    some = answer(lambda: ks.Regimen.all_from_table(table, on_error="collect", **shared))
    for regimen in (
        *([] if one is None else [one.regimen]),
        *([] if every is None else [t.regimen for t in every.values()]),
        *([] if some is None else some[0].values()),
    ):
        for dose in regimen.doses:
            assert np.isfinite([dose.amount, dose.start_h, dose.length_h, dose.lag_h]).all()
        assert np.isfinite(regimen.resets).all()
    if one is not None:
        assert np.isfinite(one.t_eval).all()
    if every is not None and some is not None:
        assert not some[1]
        assert {k: t.regimen for k, t in every.items()} == some[0]


@given(tables(THINGS), st.sampled_from(("columns", "frame", "rows", "array")), arguments)
def test_a_table_in_memory_is_read_or_refused(
    columns: dict[str, list[Any]], form: str, given_: dict[str, Any]
) -> None:
    table: Any = columns
    if form == "frame":
        table = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    elif form == "rows":
        names = [*columns]
        table = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    elif form == "array":
        table = columns and np.array([*columns.values()], dtype=object)
    _check(table, given_)


@given(
    tables(CELLS),
    st.sampled_from(",;\t| "),
    st.sampled_from(("utf-8", "utf-16", "latin-1", "utf-8-sig")),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3),
    arguments,
)
def test_a_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    columns: dict[str, list[str]],
    separator: str,
    encoding: str,
    changes: list[tuple[int, int]],
    given_: dict[str, Any],
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    content = bytearray(text.getvalue().encode(encoding, errors="replace"))
    for at, byte in changes:
        if at < len(content):
            content[at] = byte
    path = tmp_path_factory.getbasetemp() / "events.csv"
    path.write_bytes(content)
    _check(path, given_)


#: Some arms of the shipped evidence, with what belongs to them.
FEW = ("otto_esk10", "krystal94_ket05")


@pytest.fixture(scope="module")
def small_evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shipped = Path(ks.__file__).parent / "evidence" / "data"
    folder = tmp_path_factory.mktemp("evidence")
    for name in ("arms", "observations", "regimens", "sources", "trials"):
        shutil.copy(shipped / f"{name}.csv", folder)

    def keep(name: str, chosen: Any) -> list[dict[str, str]]:
        path = folder / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows, header = [row for row in reader if chosen(row)], reader.fieldnames
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header or [])
            writer.writeheader()
            writer.writerows(rows)
        return rows

    arms = keep("arms", lambda row: row["arm_id"] in FEW)
    seen = keep("observations", lambda row: row["arm_id"] in FEW)
    regimens = {row["regimen_id"] for row in arms}
    keep("regimens", lambda row: row["regimen_id"] in regimens)
    sources = {row["source_key"] for row in (*arms, *seen)}
    keep("sources", lambda row: row["source_key"] in sources)
    keep("trials", lambda row: row["source_key"] in sources)
    assert ks.evidence.load(folder).observations
    return folder


@given(st.data())
def test_evidence_is_read_or_refused(
    small_evidence: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "changed"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(small_evidence, folder)
    path = data.draw(st.sampled_from(sorted(folder.glob("*.csv"))))
    kind = data.draw(st.sampled_from(("cell", "row", "byte", "column")))
    if kind == "byte":
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        path.write_bytes(content)
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        row = data.draw(st.integers(0, len(rows) - 1))
        if kind == "row":
            rows[row : row + 1] = rows[row : row + 1] * data.draw(st.sampled_from((0, 2)))
        elif kind == "column":
            at = data.draw(st.integers(0, len(rows[0]) - 1))
            rows = [[*cells[:at], *cells[at + 1 :]] for cells in rows]
        else:
            at = data.draw(st.integers(0, len(rows[row]) - 1))
            cell = st.one_of(st.sampled_from(CELLS), st.text(max_size=5), st.floats().map(str))
            rows[row][at] = data.draw(cell)
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            csv.writer(file).writerows(rows)
    found = answer(lambda: ks.evidence.load(folder))
    if found is not None:
        for o in found.observations:
            assert math.isfinite(o.value)
            assert math.isfinite(o.time_h)
