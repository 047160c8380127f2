"""Claims about event tables: what is read, from which forms, and what is refused in words."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ketasim as ks
from ketasim.dosing import EventTable, read_event_table, read_event_tables


def read(table: object, **changes: object) -> EventTable:
    return read_event_table(table, **{"drug": "ketamine", "route": "iv", **changes})


def amounts(table: object, **changes: object) -> list[tuple[float, float]]:
    """Start [h] and amount of each dose."""
    return [(d.start_h, d.amount) for d in read(table, **changes).regimen.doses]


def refusal(table: object, **changes: object) -> str:
    with pytest.raises(ks.EvidenceError) as caught:
        read(table, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "events.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


# --- occasions --------------------------------------------------------------------------------

TWO_VISITS = {"TIME": [0, 1, 24, 0, 1, 24], "AMT": [35, 0, 0, 20, 0, 0]}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ({**TWO_VISITS, "EVID": [1, 0, 0, 4, 0, 0]}, 3),
        (
            {"TIME": [0, 24, 0, 0, 24], "AMT": [35, 0, 0, 20, 0], "EVID": [1, 0, 3, 1, 0]},
            2,
        ),
        (
            {"TIME": [0, 24, 24, 0, 24], "AMT": [35, 0, 0, 20, 0], "EVID": [1, 0, 3, 1, 0]},
            3,
        ),
        ({**TWO_VISITS, "EVID": [1, 0, 0, 1, 0, 0]}, 3),
        (TWO_VISITS, 3),
    ],
    ids=["EVID 4", "EVID 3 at 0 h", "EVID 3 at 24 h", "no reset", "no EVID"],
)
def test_a_clock_that_starts_again_is_refused_by_row(table, row):
    said = refusal(table)
    assert said.startswith(f"row {row}, column TIME: goes back from 24 to 0 h")
    assert "one ID for each occasion" in said


def test_a_dose_at_the_time_of_a_later_reset_is_refused():
    table = {"TIME": [0, 0, 1], "AMT": [35, 20, 0], "EVID": [1, 4, 0]}
    assert "row 1, column EVID: 4 resets at 0 h, the time of the dose in row 0" in refusal(table)
    table["EVID"], table["AMT"] = [3, 1, 0], [0, 20, 0]
    assert amounts(table) == [(0.0, 20.0)]


def test_occasions_one_after_another_are_read_with_their_resets():
    table = {"TIME": [0, 24, 168, 192], "AMT": [35, 0, 20, 0], "EVID": [1, 0, 4, 0]}
    events = read(table)
    assert events.regimen.resets == (168.0,)
    assert [d.start_h for d in events.regimen.doses] == [0.0, 168.0]


@pytest.mark.parametrize("name", ["OCC", "OCCASION", "PERIOD", "CYCLE", "VISIT", "SESSION"])
def test_occasions_may_not_overlap(name):
    table = {"TIME": [168, 0, 24, 192], "AMT": [35, 35, 0, 0], name: [2, 1, 1.0, "2"]}
    assert amounts(table) == [(0.0, 35.0), (168.0, 35.0)]  # in any order of the rows
    table["TIME"] = [0.25, 0, 24, 24]
    assert f"column {name}: 2 begins at 0.25 h, but 1 lasts from 0 to 24 h" in refusal(table)


def test_an_empty_occasion_is_the_one_above_it():
    table = {
        "TIME": [0, 1, 24, -1, 0.5, 30],
        "AMT": [35, 0, 0, 0, 0, 0],
        "PERIOD": [1, None, None, 2, None, None],
    }
    assert "column PERIOD: 1 begins at 0 h, but 2 lasts from -1 to 30 h" in refusal(table)
    apart = table | {"TIME": [0, 1, 24, 168, 169, 200]}
    assert read(apart).t_eval.tolist() == [1, 24, 168, 169, 200]
    doses_first = {
        "TIME": [0, 168, 0, 1, 170],
        "AMT": [35, 35, 0, 0, 0],
        "OCC": [1, 2] + [None] * 3,
    }
    assert amounts(doses_first) == [(0.0, 35.0), (168.0, 35.0)]


def test_a_day_without_a_date_is_refused():
    table = {"DAY": [1, 2], "TIME": [8, 9], "AMT": [35, 35]}
    said = refusal(table)
    assert "column DATE" in said
    assert "covariates" not in said


@given(st.permutations(range(5)))
@settings(max_examples=30, deadline=None)
def test_a_shuffled_table_without_resets_is_read(order):
    table = {
        "TIME": [0, 0.5, 1, 24, 48],
        "AMT": [10, 35, 0, 35, 0],
        "DUR": [0, 1, 0, 1, 0],
    }
    shuffled = {name: [values[i] for i in order] for name, values in table.items()}
    assert read(shuffled).regimen == read(table).regimen


# --- amounts beside observations --------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"DOSE": [60, 60, 60], "DV": ["", 12, 30]}, "row 1, column DV"),
        ({"AMT": [60, 60, 60], "DV": ["", "<0.5", 30]}, "row 1, column DV"),
        ({"AMT": [60, 60, 60], "DV": [0, 12, 30], "MDV": [1, 0, 0]}, "row 1, column DV"),
        ({"AMT": [60, 60, 60], "MDV": [1, 0, 0]}, "row 1, column MDV"),
        ({"AMT": [60, 60, 60], "EVID": [1, None, None]}, "row 1, column EVID"),
        ({"AMT": [60, 60, 60], "EVID": [1, 0, 0]}, "row 1, column AMT"),
        ({"DOSE": [60, 60, 60]}, "row 1, column DOSE"),
        ({"DOSE": [60, 60, 60], "EVID": [1, 0, 0]}, "row 1, column DOSE"),
        ({"AMT": [60, 0, 0], "EVID": [1, 0, 0], "MDV": [0, 0, 0]}, "row 0, column MDV"),
    ],
)
def test_a_measured_row_never_becomes_a_dose(table, place):
    said = refusal({"TIME": [0, 0.5, 2], **table}, route="oral")
    assert said.startswith(place)
    assert "EVID" in said


def test_a_nominal_dose_beside_the_amount_is_left_unread_where_it_is_declared():
    table = {"TIME": [0, 2], "AMT": [60, 0], "DOSE": [60, 60]}
    assert "declare covariates=['DOSE']" in refusal(table)
    assert amounts(table, covariates=["DOSE"]) == [(0.0, 60.0)]


def test_dv_of_zero_may_stand_on_a_dose_row():
    events = read({"TIME": [0, 1, 2], "AMT": [60, 0, 0], "DV": [0, 12, 30]})
    assert len(events.regimen.doses) == 1
    assert events.t_eval.tolist() == [1.0, 2.0]


def test_mdv_is_read_as_nonmem_reads_it():
    table = {"TIME": [0, 1, 2], "AMT": [60, 0, 0], "MDV": [1, 1, 0]}
    assert read(table).t_eval.tolist() == [2.0]  # no event at 1 h
    assert read({**table, "EVID": [1, 0, 0]}).t_eval.tolist() == [1.0, 2.0]


# --- what the caller declares -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("DOSE", [35, 35]),
        ("F", ["M", "F"]),
        ("DUR", [12, 12]),
        ("DV", ["", "<0.5"]),
        ("CMT", ["central", "central"]),
        ("SS", ["no", "no"]),
        ("DATE", ["Monday", "Monday"]),
        ("C", ["C", "C"]),
        ("OCC", [1, 1]),
        ("FLAG", [0, 1]),
        ("WT (kg)", [70, 70]),
        ("dose [mg]", [35, 35]),
    ],
)
def test_a_declared_column_is_left_unread_whatever_its_name(name, cells):
    table = {"TIME": [0, 2], "AMT": [35, 0], "RATE": [35, 0], name: cells}
    for declared in (name, name.lower(), name.partition(" ")[0]):
        events = read(table, covariates=[declared])
        assert [(d.amount, d.length_h) for d in events.regimen.doses] == [(35.0, 1.0)]
        assert events.t_eval.tolist() == [2.0]


def test_a_declared_time_is_missed():
    assert "declared as a covariate" in refusal({"TIME": [0]}, covariates=["TIME"])


def test_text_in_dv_names_the_remedy():
    table = {"TIME": [0, 2], "AMT": [35, 0], "DV": ["", "<0.5"]}
    assert "covariates=['DV']" in refusal(table)


# --- rows that are left out -------------------------------------------------------------------

LEFT_OUT = {
    "a row": "ID,TIME,AMT\n1,0,35\n#1,3,35\n1,5,.\n",
    "a row after a space": "ID,TIME,AMT\n1,0,35\n # 1,3,35\n1,5,.\n",
    "lines above": '# ward 3, "sent\n# time, in hours\n\nID,TIME,AMT\n1,0,35\n1,5,.\n',
    "the header": "#ID,TIME,AMT\n1,0,35\n1,5,.\n",
    "the header after a title": "# ward 3\n# ID;TIME;AMT\n1;0;35\n1;5;.\n",
    "a header above the header": "#ID,TIME,AMT\nID,TIME,AMT\n1,0,35\n1,5,.\n",
    "IGNORE=@": "ID,TIME,AMT\n1,0,35\n@1,3,35\n1,5,.\n",
    "the header again": "ID,TIME,AMT\n1,0,35\nID,TIME,AMT\n1,5,.\n",
    "C": "C,ID,TIME,AMT\n.,1,0,35\nC,1,3,35\n,1,5,.\n",
    "C in the middle": "ID,TIME,C,AMT\n1,0,.,35\n1,3,c,35\n1,5,0,.\n",
    "#C": "#C,ID,TIME,AMT\n.,1,0,35\nC,1,3,35\n.,1,5,.\n",
    "EXCL": "ID,TIME,AMT,EXCL\n1,0,35,0\n1,3,35,1\n1,5,.,0\n",
    "IGNORE": "ID,TIME,AMT,IGNORE\n1,0,35,no\n1,3,35,yes\n1,5,.,\n",
}


@pytest.mark.parametrize("text", LEFT_OUT.values(), ids=LEFT_OUT)
def test_rows_that_nonmem_leaves_out_stay_out(written, text):
    found = read_event_tables(written(text), drug="ketamine", route="iv")
    assert list(found) == ["1"]
    assert [(d.start_h, d.amount) for d in found["1"].regimen.doses] == [(0.0, 35.0)]
    assert found["1"].t_eval.tolist() == [5.0]


@pytest.mark.parametrize(
    "text", ["ID,TIME,AMT\n1,0,35\n#1,3,35\n1,5,.\n", "#ID,TIME,AMT\n1,0,35\n"]
)
def test_a_data_frame_keeps_comments_out_too(written, text):
    pandas = pytest.importorskip("pandas")
    found = ks.Regimen.all_from_table(pandas.read_csv(written(text)), drug="ketamine", route="iv")
    assert {subject: len(regimen.doses) for subject, regimen in found.items()} == {"1": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("TIME,ID,AMT\n0,#1,35\n", "column ID: '#1' looks like a comment"),
        ("ID,TIME,AMT\n1,0,35\nC2,3,35\n", "IGNORE=C"),
        ("ID,TIME,AMT\n#N/A,0,35\n1,3,35\n", "a comment or an empty cell"),
        ("C,TIME,AMT\nC,0,35\n", "every row is left out"),
        ("C,TIME,AMT\n3.5,0,35\n", "'C' marks a row to leave out"),
        ("EXCL,TIME,AMT\nmaybe,0,35\n", "write 1 or 0"),
        ("# a\n# b\n", "the file is empty"),
        ("#TIME,AMT\n", "only a header"),
        ("My study\nTIME,AMT\n0,35\n", "row 2 names the columns"),
    ],
)
def test_what_may_be_left_out_is_named(written, text, says):
    said = refusal(written(text))
    assert says in said
    assert "covariates" not in said


@pytest.mark.parametrize(
    "name", ["FLAG", "COMMENT", "DROP", "KEEP", "CONT", "D1", "R1", "ALAG2", "F2"]
)
def test_columns_that_change_what_is_given_are_never_proposed_as_covariates(name):
    said = refusal({"TIME": [0], "AMT": [35], name: [1]})
    assert said.startswith(f"column '{name}'")
    assert "covariate" not in said


def test_two_columns_that_leave_rows_out_are_one_too_many():
    said = refusal({"TIME": [0], "AMT": [35], "C": ["."], "EXCL": [0]})
    assert "mean the same; keep one" in said
    assert "covariates" not in said


# --- one unreadable subject of many -----------------------------------------------------------


def test_an_unreadable_subject_is_reported_and_the_others_are_read():
    table = {"ID": [1, 2, 3], "TIME": [0, "soon", 0], "AMT": [35, 20, 10]}
    how = {"drug": "ketamine", "route": "im", "on_error": "collect"}
    regimens, refused = ks.Regimen.all_from_table(table, **how)
    assert {s: r.doses[0].amount for s, r in regimens.items()} == {"1": 35.0, "3": 10.0}
    assert list(refused) == ["2"]
    assert isinstance(refused["2"], ks.EvidenceError)
    assert str(refused["2"]).startswith("row 1, column TIME: 'soon' is not a number")
    tables, also = read_event_tables(table, **how)
    assert (list(tables), list(also)) == (["1", "3"], ["2"])
    with pytest.raises(ks.EvidenceError, match="row 1, column TIME"):
        ks.Regimen.all_from_table(table, drug="ketamine", route="im")


def test_faults_of_the_whole_table_are_raised_all_the_same():
    for table in ({"ID": [1], "AMT": [3]}, {"ID": [None], "TIME": [0]}):
        with pytest.raises(ks.EvidenceError):
            ks.Regimen.all_from_table(table, on_error="collect")
    with pytest.raises(ks.EvidenceError, match="'raise' or 'collect'"):
        ks.Regimen.all_from_table({"ID": [1], "TIME": [0]}, on_error="ignore")


# --- forms of tables --------------------------------------------------------------------------

ROWS = [
    {"ID": 1, "TIME": 0.0, "AMT": 35.0, "DUR": 1.0, "EVID": 1, "ROUTE": "iv"},
    {"ID": 1, "TIME": 1.0, "AMT": None, "DUR": None, "EVID": 0, "ROUTE": None},
    {"ID": 2, "TIME": 0.0, "AMT": 20.0, "DUR": 1.0, "EVID": 1, "ROUTE": "iv"},
    {"ID": 2, "TIME": 1.0, "AMT": None, "DUR": None, "EVID": 0, "ROUTE": None},
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}


def _frame():
    return pytest.importorskip("pandas").DataFrame(ROWS)


def _nat():
    return pytest.importorskip("pandas").NaT


def _arrow():
    return pytest.importorskip("pyarrow").Table.from_pylist(ROWS)


FORMS = {
    "columns": lambda: COLUMNS,
    "rows": lambda: ROWS,
    "a generator of rows": lambda: (row for row in ROWS),
    "generators": lambda: {name: iter(cells) for name, cells in COLUMNS.items()},
    "rows without empty cells": lambda: [
        {k: v for k, v in r.items() if v is not None} for r in ROWS
    ],
    "a frame": _frame,
    "objects": lambda: _frame().astype(object),
    "pandas nullable": lambda: _frame().convert_dtypes(dtype_backend="numpy_nullable"),
    "pandas Arrow": lambda: (_arrow(), _frame().convert_dtypes(dtype_backend="pyarrow"))[1],
    "categories": lambda: _frame().astype({"ROUTE": "category", "ID": "category"}),
    "NaT": lambda: {**COLUMNS, "AMT": [35, np.datetime64("NaT"), 20, np.timedelta64("NaT")]},
    "pandas NaT": lambda: {**COLUMNS, "AMT": [35, _nat(), 20, _nat()]},
    "a record array": lambda: _frame().to_records(index=False),
    "an Arrow table": _arrow,
    "Arrow columns": lambda: {name: _arrow()[name] for name in COLUMNS},
    "Arrow cells": lambda: {name: list(_arrow()[name]) for name in COLUMNS},
    "masked columns": lambda: {
        **COLUMNS,
        "AMT": np.ma.array([35, 9, 20, 9], mask=[0, 1, 0, 1]),
        "DUR": np.ma.array([1, 9, 1, 9], mask=[0, 1, 0, 1]),
    },
    "decimals": lambda: {**COLUMNS, "AMT": [Decimal(35), Decimal("NaN"), Decimal(20), None]},
    "NumPy scalars": lambda: {**COLUMNS, "EVID": list(np.array([1, 0, 1, 0], dtype=np.int8))},
    "IDs 1 and 1.0": lambda: {**COLUMNS, "ID": [1, 1.0, "2", "2.0"]},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_reads_the_same(form):
    found = ks.Regimen.all_from_table(FORMS[form](), drug="ketamine")
    assert found == ks.Regimen.all_from_table(COLUMNS, drug="ketamine")
    assert [len(regimen.doses) for regimen in found.values()] == [1, 1]


BYTES = [("TIME", float), ("AMT", float), ("ROUTE", "S2")]


def test_rows_are_left_out_of_a_nullable_frame():
    frame = _frame().assign(C=[None, None, "C", None]).convert_dtypes()
    found = ks.Regimen.all_from_table(frame, drug="ketamine")
    assert {subject: len(regimen.doses) for subject, regimen in found.items()} == {"1": 1, "2": 0}


def test_a_structured_array_is_read():
    kinds = [("TIME", float), ("AMT", float), ("DRUG", "U10")]
    table = np.array([(0, 35.0, "ketamine"), (1, 0, "")], dtype=kinds)
    assert amounts(table, drug=None) == [(0.0, 35.0)]
    assert amounts(np.rec.fromarrays([[0.0], [35.0]], names="TIME,AMT")) == [(0.0, 35.0)]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (np.zeros((2, 2)), "no names of columns"),
        (np.zeros((2, 2), dtype=[("TIME", float)]), "one dimension"),
        (np.array([(0.0, 35, b"iv")], dtype=BYTES), "column ROUTE: b'iv' are bytes"),
        ([(0, 35)], "list of rows as mappings"),
        ([], "the table is empty"),
        (b"events.csv", "cannot read"),
        ({1, 2}, "cannot read"),
        ({"TIME": {0: 0, 1: 24}, "AMT": [35, 0]}, "to_dict('list')"),
        ({"TIME": {0, 24}, "AMT": [35, 0]}, "no order of rows"),
        ({"TIME": b"ab", "AMT": [35, 0]}, "is one value"),
        ({"TIME": np.array(0.0)}, "is one value"),
        ({"TIME": [[0]], "AMT": [35]}, "[0] is not a number"),
        ({"TIME": [0], "AMT": [np.array([35.0])]}, "is not a number"),
        ({"": [3], "TIME": [0]}, "column 1 has no name"),
    ],
)
def test_what_is_no_table_is_refused(table, says):
    assert says in refusal(table)


def test_frames_with_columns_out_of_reach_are_refused():
    pandas = pytest.importorskip("pandas")
    twice = pandas.DataFrame([[0, 35, 35]], columns=["TIME", "AMT", "AMT"])
    assert "column 'AMT' appears twice" in refusal(twice)
    assert "reset_index()" in refusal(_frame().set_index("ID"))
    assert "reset_index()" in refusal(_frame().set_index(["EVID", "TIME"]))


@pytest.mark.parametrize(
    "cell",
    [
        "3_5",
        "٣٥",
        "0x10",
        "inf",
        "1e",
        "3,5",
        "−5",
        True,
        np.True_,
        b"35",
        1j,
        10**400,
        Decimal("sNaN"),
    ],
    ids=str,
)
@pytest.mark.parametrize("column", ["AMT", "DUR", "EVID", "LAG"])
def test_what_is_no_number_is_refused_by_row_and_column(cell, column):
    said = refusal({"TIME": [0], "AMT": [35], column: [cell]})
    assert said.startswith(f"row 0, column {column}: ")
    assert "is not a number" in said


@pytest.mark.parametrize("amount", [np.True_, b"35", bytearray(b"35"), np.ma.masked], ids=str)
def test_a_dose_takes_numbers_only(amount):
    with pytest.raises(ks.ScenarioError, match="amount = .* must be a finite number of mg"):
        ks.Dose("ketamine", amount, "mg", "im")


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["01", "1"], "'1' and '01' are one number"),
        ([1, None], "row 1, column ID: is empty"),
        ([True, True], "True is not an ID"),
        ([b"1", b"1"], "b'1' are bytes"),
    ],
)
def test_doubtful_ids_are_refused(ids, says):
    assert says in refusal({"ID": ids, "TIME": [0, 1], "AMT": [35, 0]})


@pytest.mark.parametrize("subject", [1, 1.0, "1", "1.0", np.int64(1), np.float32(1)])
def test_a_subject_is_found_by_number_and_by_text(subject):
    assert read({"ID": [1.0, 2.0], "TIME": [0, 0], "AMT": [35, 20]}, subject=subject).subject == "1"


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "ID;TIME;AMT;DUR\n1;0;35,5;0,67\n1;5;.;.\n",
        "ID;TIME;AMT;DUR\n1;0;35.5;0.67\n1;5;NA;NULL\n",
        "ID\tTIME\tAMT\tDUR\n1\t0\t35,5\t0,67\n1\t5\tN/A\tNaN\n",
        '"ID";"TIME";"AMT";"DUR"\r\n"1";"0";"35,5";"0,67"\r\n"1";"5";"";"#N/A"\r\n',
        "\ufeffID,TIME,AMT,DUR,\n1,0,35.5,0.67,\n1,5,null,nan,\n",
    ],
    ids=["semicolons", "semicolons and points", "tabs", "quotes", "a comma at the end"],
)
def test_separators_and_empty_cells(written, text):
    events = read(written(text))
    assert [(d.amount, d.length_h) for d in events.regimen.doses] == [(35.5, 0.67)]
    assert events.t_eval.tolist() == [5.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("TIME;AMT;DUR\n0;35.5;0,67\n", "row 2, column DUR: '0,67': other numbers of the table"),
        ("TIME;AMT\n0;1,000\n", "row 2, column AMT: '1,000': the comma may stand"),
        ("TIME;AMT\n0;1.000,5\n", "'1.000,5' is not a number"),
        ('TIME,AMT\n0,"3,5"\n', "write a decimal point, not a comma"),
        ("TIME;AMT\n0;35;1\n", "add the missing semicolons"),
        ("ID TIME AMT\n1 0 35\n", "separated by spaces"),
        ("ID|TIME|AMT\n1|0|35\n", "separated by vertical bars"),
        (",TIME,AMT\n0,0,35\n", "column 1 has no name"),
    ],
)
def test_doubtful_files_are_refused(written, text, says):
    assert says in refusal(written(text))


def test_a_comma_is_decimal_where_another_number_proves_it(written):
    assert amounts(written("TIME;AMT;LAG\n0;1,000;0,5\n")) == [(0.0, 1.0)]


# --- units in headings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "dose"),
    [
        ({"TIME (h)": [2], "AMT (mg)": [35]}, (35.0, "mg", 2.0, 0.0)),
        (
            {"TIME [min]": [120], "AMT [mg/kg]": [0.5], "DUR (min)": [40]},
            (0.5, "mg/kg", 2.0, 2 / 3),
        ),
        ({"time (d)": [1], "amt (g)": [0.035]}, (35.0, "mg", 24.0, 0.0)),
        ({"TIME[s]": [7200], "AMT (ug/kg)": [500]}, (0.5, "mg/kg", 2.0, 0.0)),
        ({"TIME": [0], "AMT": [35], "RATE (mg/min)": [0.875]}, (35.0, "mg", 0.0, 2 / 3)),
    ],
)
def test_units_in_headings_are_converted(table, dose):
    (read_dose,) = read(table).regimen.doses
    assert read_dose.unit == dose[1]
    # To the rounding of one multiplication and one division.
    found = (read_dose.amount, read_dose.start_h, read_dose.length_h)
    assert found == pytest.approx((dose[0], *dose[2:]), rel=1e-15)


def test_a_share_in_percent_is_converted():
    (dose,) = read({"TIME": [0], "AMT": [35], "F [%]": [50]}).regimen.doses
    assert dose.bioavailability == 0.5


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"TIME (fortnights)": [0]}, "unknown unit 'fortnights'; use s, min, h, d or wk"),
        ({"TIME": [0], "AMT (mL)": [35]}, "unknown unit 'mL'"),
        ({"TIME": [0], "AMT (mg)": [35], "UNIT": ["mg/kg"]}, "use one unit"),
        ({"TIME": [0], "AMT (mg/kg)": [0.5], "RATE (mg/h)": [35]}, "use one unit"),
        ({"TIME": [0], "AMT": [35], "RATE (mL/h)": [10]}, "the unit of AMT per h or min"),
        ({"TIME": [0], "EVID (h)": [0]}, "EVID has no unit"),
        ({"TIME": [0], "TIME [min]": [0]}, "mean the same"),
    ],
)
def test_units_that_do_not_fit_are_refused(columns, says):
    assert says in refusal(columns)


# --- clock times and dates --------------------------------------------------------------------

CLOCKS = {
    "dates and clock times": {"DATE": ["2026-01-05", "2026-01-06"], "TIME": ["08:30", "09:00"]},
    "year first": {"DAT2": ["2026/1/5", "2026/1/6"], "TIME": ["8:30", "9:00:00"]},
    "in one": {"TIME": ["2026-01-05 08:30", "2026-01-06T09:00:00"]},
    "time zones": {"TIME": ["2026-01-05T08:30+01:00", "2026-01-06T08:00Z"]},
    "objects": {
        "DATE": [dt.date(2026, 1, 5), dt.datetime(2026, 1, 6)],
        "TIME": [dt.time(8, 30), dt.time(9)],
    },
    "datetimes": {"TIME": [dt.datetime(2026, 1, 5, 8, 30), dt.datetime(2026, 1, 6, 9)]},
    "NumPy": {"TIME": np.array(["2026-01-05T08:30", "2026-01-06T09:00"], dtype="datetime64[ns]")},
    "durations": {"TIME": [dt.timedelta(0), np.timedelta64(1470, "m")]},
    "minutes": {"TIME [min]": [0, 1470]},
}


@pytest.mark.parametrize("times", CLOCKS.values(), ids=CLOCKS)
def test_clock_times_become_hours_from_the_first_dose(times):
    events = read({**times, "AMT": [35, 0]})
    assert [d.start_h for d in events.regimen.doses] == [0.0]
    assert events.t_eval.tolist() == [24.5]


def test_a_time_before_the_first_dose_is_negative():
    events = read({"TIME": ["08:00", "08:30", "09:00"], "AMT": [0, 35, 0]})
    assert events.t_eval.tolist() == [-0.5, 0.5]


def test_every_subject_has_a_first_dose_of_its_own():
    table = {
        "ID": [1, 1, 2, 2],
        "DATE": ["2026-01-05"] * 4,
        "TIME": ["08:30", "09:30", "10:00", "12:00"],
        "AMT": [35, 0, 35, 0],
    }
    found = read_event_tables(table, drug="ketamine", route="iv")
    assert [events.t_eval.tolist() for events in found.values()] == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (
            {"TIME": ["23:30", "00:30"]},
            "row 1, column TIME: the clock goes back from 23:30 to 00:30",
        ),
        ({"TIME": ["08:30", "09:00"], "OCC": [1, 2]}, "09:00 of occasion 2: the day is not known"),
        (
            {"TIME": [0, "09:00"]},
            "row 1, column TIME: '09:00' is a clock time, but row 0 has hours",
        ),
        ({"TIME": ["8:30 pm", "21:00"]}, "with 24 hours, such as 20:30"),
        ({"TIME": ["08:30", "25:00"]}, "from 00:00 to 23:59"),
        ({"TIME": ["08:30", "soon"]}, "give hours from the first dose, or a clock time"),
        ({"TIME": ["2026-01-05", "2026-01-06"]}, "without a clock time"),
        ({"TIME": ["2026-02-30 08:30", "2026-03-01 08:30"]}, "not a date of the calendar"),
        ({"TIME": ["2026-01-05T08:30Z", "2026-01-05T09:00"]}, "time zone"),
        ({"TIME": ["08:30", "09:00"], "DATE": ["05.01.2026", "06.01.2026"]}, "year, month, day"),
        ({"TIME": ["08:30", "09:00"], "DATE": ["1/5/2026", "1/6/2026"]}, "year, month, day"),
        ({"TIME": ["08:30", "09:00"], "DATE": [1, 2]}, "year, month, day"),
        (
            {"TIME": ["08:30", "09:00"], "DATE": ["2026-01-05", None]},
            "row 1, column DATE: is empty",
        ),
        ({"TIME": [8.5, 9.0], "DATE": ["2026-01-05"] * 2}, "beside TIME in hours"),
        ({"TIME [min]": ["08:30", "09:00"]}, "not a number of min"),
        ({"TIME (hh:mm)": ["08:30", 9]}, "not a clock time such as 08:30"),
    ],
)
def test_times_whose_day_or_form_is_not_known_are_refused(times, says):
    assert says in refusal({**times, "AMT": [35, 0]})


# --- placebo, rates, steady state -------------------------------------------------------------


def test_a_placebo_is_given_by_evid_1_and_amt_0():
    table = {"TIME": [0, 24], "AMT": [0, 0], "EVID": [1, 0], "DUR": [0.67, 0]}
    for how in ({"DRUG": ["placebo", "placebo"]}, {"DRUG": ["Placebo", None]}):
        events = read({**table, **how}, drug=None)
        assert [(d.drug, d.amount, d.length_h) for d in events.regimen.doses] == [
            ("placebo", 0.0, 0.67)
        ]
        assert events.t_eval.tolist() == [24.0]
    assert [d.drug for d in read(table, drug="placebo").regimen.doses] == ["placebo"]
    crossover = {"TIME": [0, 168], "AMT": [0, 35], "EVID": [1, 4], "DRUG": ["placebo", "ketamine"]}
    assert [d.drug for d in read(crossover).regimen.doses] == ["placebo", "ketamine"]


def test_an_empty_dose_names_the_placebo():
    table = {"TIME": [0, 24], "AMT": [0, 0], "EVID": [1, 0]}
    assert "write DRUG placebo" in refusal(table)


def test_a_placebo_without_evid_is_refused():
    said = refusal({"TIME": [0, 24], "AMT": [0, 0], "DRUG": ["placebo"] * 2})
    assert said.startswith("row 0, column EVID: is missing")


@pytest.mark.parametrize("rate", [-1, -2])
def test_modelled_rates_are_refused_with_the_remedy(rate):
    said = refusal({"TIME": [0], "AMT": [35], "RATE": [rate]})
    assert said.startswith(f"row 0, column RATE: {rate}")
    assert f"the column {'R1' if rate == -1 else 'D1'}" in said


def test_a_rate_without_an_amount_is_refused():
    assert "an infusion needs an amount" in refusal({"TIME": [0], "AMT": [0], "RATE": [10]})


@pytest.mark.parametrize("more", [{}, {"EVID": [1]}])
def test_a_constant_infusion_up_to_its_steady_state_is_read(more):
    events = read({"TIME": [4], "AMT": [0], "RATE": [10], "SS": [1], **more}, route="iv")
    assert str(events.regimen) == "ketamine 10 mg/h iv constant until 4 h"


def test_the_readers_keep_their_name_of_version_0_1():
    from ketasim import event_table

    assert event_table.read_event_table is read_event_table


# --- zones, spreadsheets, IDs that look the same ----------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "hours"),
    [
        ((2026, 3, 29, 1, 30), (2026, 3, 29, 3, 30), 1.0),  # the hour after 2:00 is left out
        ((2026, 10, 25, 1, 30), (2026, 10, 25, 3, 30), 3.0),  # and comes twice
        ((2026, 6, 1, 1, 30), (2026, 6, 1, 3, 30), 2.0),
    ],
)
@pytest.mark.parametrize("kind", [dt.datetime, pd.Timestamp])
def test_a_change_to_summer_time_is_no_time_that_passes(kind, first, second, hours):
    zone = ZoneInfo("Europe/Berlin")
    table = {"TIME": [kind(*at, tzinfo=zone) for at in (first, second)], "AMT": [20, 0]}
    read = read_event_table(table, drug="ketamine", route="iv")
    assert read.t_eval.tolist() == [hours]


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ([46027.354, 46028.4], "look like days of a spreadsheet, here 2026-01-05"),
        (["0830", "0930"], "'0830': a clock time or a number of hours.*Write 08:30, or 830"),
        (["0000", "24"], "Write 00:00, or 0"),
    ],
)
def test_times_that_may_be_dates_or_clock_times_are_refused(times, says):
    assert re.search(says, refusal({"TIME": times, "AMT": [20, 0]}))


def test_hours_that_are_announced_may_be_many():
    table = {"TIME [h]": [46027.354, 46028.4], "AMT": [20, 0]}
    assert read_event_table(table, drug="ketamine", route="iv").t_eval.tolist() == [46028.4]


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["+1", "1"], r"'1' and '\+1' are one number"),
        (["1e0", "1"], "are one number"),
        (["1.50", "1.5"], "are one number"),
        (["é", "e\u0301"], r"look the same: one subject or two"),
        (["A 1", "A  1"], "look the same"),
        (["Ａ", "A"], "look the same"),
        ([12345678901234568.0, 12345678901234570.0], "too large for a number with a decimal point"),
        (np.array([2.0**60, 1.0]), "give IDs as text"),
    ],
)
def test_ids_that_look_the_same_are_refused(ids, says):
    table = {"ID": ids, "TIME": [0, 0], "AMT": [20, 10]}
    with pytest.raises(ks.EvidenceError, match=says):
        ks.Regimen.all_from_table(table, drug="ketamine", route="iv")


def test_long_ids_are_read_as_text_and_as_whole_numbers():
    for ids in (["12345678901234567", "12345678901234568"], [2**60, 2**60 + 1]):
        table = {"ID": ids, "TIME": [0, 0], "AMT": [20, 10]}
        read = ks.Regimen.all_from_table(table, drug="ketamine", route="iv")
        assert list(read) == [str(one) for one in ids]


def test_a_lazy_frame_is_refused_with_its_remedy():
    class Lazy:
        columns = ("TIME", "AMT")

        def collect(self):
            raise AssertionError

    with pytest.raises(ks.EvidenceError, match=r"lazy or distributed frame.*collect\(\)"):
        read_event_table(Lazy(), drug="ketamine", route="iv")


CROSSOVER = {"DRUG": ["ketamine"] * 3 + ["esketamine"] * 3}
VISIT = {"TIME": [0, 1, 24, 0, 1, 24], "AMT": [20, 0, 0, 20, 0, 0], "EVID": [1, 0, 0, 1, 0, 0]}


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ({"DRUG": ["ketamine"] * 3 + ["esketamine"] * 3}, 3),
        ({"ROUTE": ["iv"] * 3 + ["im"] * 3}, 3),
        ({"DUR": [0, 0, 0, 1, 0, 0]}, 3),
        (
            {"TIME": [-1, 0, 24, -0.5, 0.5, 24], "EVID": [0, 1, 0, 0, 1, 0], "AMT": [0, 20, 0] * 2},
            3,
        ),
        (
            {
                "TIME": [0, 1, 24, 0, 0.5, 24],
                "EVID": [1, 0, 0, 0, 1, 0],
                "AMT": [20, 0, 0, 0, 20, 0],
            },
            3,
        ),
        ({"TIME": [8, 9, 24, 8, 9, 24], "DRUG": ["ketamine"] * 3 + ["esketamine"] * 3}, 3),
        # actual times of observations, which no two visits share
        (CROSSOVER | {"TIME": [0, 1, 24, 0, 1.1, 23.7]}, 3),
        (
            CROSSOVER
            | {"TIME": [-0.5, 0, 24, -0.2, 0, 25], "EVID": [0, 1, 0] * 2, "AMT": [0, 20, 0] * 2},
            3,
        ),
        (
            CROSSOVER
            | {
                "TIME": [0, 1, 24, -0.2, 0, 25],
                "EVID": [1, 0, 0, 0, 1, 0],
                "AMT": [20, 0, 0, 0, 20, 0],
            },
            3,
        ),
        # the first dose at the same time after unequal beginnings
        (
            CROSSOVER
            | {
                "TIME": [0.5, 1, 24, 1, 1.2, 25],
                "EVID": [0, 1, 0, 1, 0, 0],
                "AMT": [0, 20, 0, 20, 0, 0],
            },
            3,
        ),
        # rows that are not measured, doses ahead of observations in each visit
        (CROSSOVER | {"EVID": [1, 2, 2, 1, 2, 2], "TIME": [0, 1, 24, 0, 1.1, 23.7]}, 3),
        (
            CROSSOVER
            | {"TIME": [0, 24, 12, 0, 23, 11], "EVID": [1, 1, 0] * 2, "AMT": [20, 20, 0] * 2},
            3,
        ),
        # a third visit after one that goes on
        (
            {
                "TIME": [0, 1, 168, 170, 0, 1.5],
                "EVID": [1, 0] * 3,
                "AMT": [20, 0] * 3,
                "DRUG": ["ketamine"] * 4 + ["esketamine"] * 2,
            },
            4,
        ),
    ],
)
def test_a_second_occasion_with_another_dose_is_refused(columns, row):
    """Crossover: the same clock for another drug, route, duration or time of dose."""
    said = refusal(
        VISIT | columns,
        drug=None if "DRUG" in columns else "ketamine",
        route=None if "ROUTE" in columns else "iv",
    )
    assert re.match(rf"row {row}, column TIME: goes back .*one ID for each occasion", said)


@pytest.mark.parametrize(
    "table",
    [
        # doses ahead of observations, one kind of observation after the other, two drugs by blocks
        {"TIME": [0, 24, 0, 1, 30], "AMT": [20, 20, 0, 0, 0], "EVID": [1, 1, 0, 0, 0]},
        {"TIME": [0, 1, 24, 0, 1, 24], "AMT": [20, 0, 0, 0, 0, 0], "EVID": [1, 0, 0, 0, 0, 0]},
        {"TIME": [0, 12, 0, 12, 30], "AMT": [20, 20, 5, 5, 0], "EVID": [1, 1, 1, 1, 0],
         "DRUG": ["ketamine"] * 2 + ["escitalopram"] * 2 + [None],
         "ROUTE": ["iv"] * 2 + ["oral"] * 2 + [None]},
        {"TIME": [12, 36, 0, 24], "AMT": [20, 0, 20, 0], "EVID": [1, 0, 1, 0]},
        # a list of further drugs below, sorted by EVID
        {"TIME": [0, 1, 24, -168], "AMT": [20, 0, 0, 5], "EVID": [1, 0, 0, 1]},
        {"TIME": [1, 24, 0, 12], "AMT": [0, 0, 20, 20], "EVID": [0, 0, 1, 1]},
    ],
)  # fmt: skip
def test_blocks_that_are_no_occasions_are_read(table):
    doses = read(table).regimen.doses
    assert len(doses) == sum(event in (1, 4) for event in table["EVID"])
