"""Claims about regimens in words, by name and from event tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ketasim as ks
from ketasim.dosing import read_event_table

CASES = {
    "ketamine 0.5 mg/kg iv over 40 min": [("ketamine", 0.5, "mg/kg", "iv", 0.0, 2 / 3, (0.0,))],
    "Ketamine 0.5mg/kg IV infusion over 40min": [
        ("ketamine", 0.5, "mg/kg", "iv", 0.0, 2 / 3, (0.0,))
    ],
    "ketamine 35 mg iv bolus": [("ketamine", 35.0, "mg", "iv", 0.0, 0.0, (0.0,))],
    "esketamine 84 mg nasal twice weekly for 2 weeks": [
        ("esketamine", 84.0, "mg", "intranasal", 0.0, 0.0, (0.0, 168.0)),
        ("esketamine", 84.0, "mg", "intranasal", 72.0, 0.0, (72.0, 240.0)),
    ],
    "escitalopram 10 mg po daily for 1 wk": [
        ("escitalopram", 10.0, "mg", "oral", 0.0, 0.0, tuple(24.0 * k for k in range(7)))
    ],
    "ketamine 0.5 mg/kg iv over 40 min every 48 h x 3": [
        ("ketamine", 0.5, "mg/kg", "iv", 0.0, 2 / 3, (0.0, 48.0, 96.0))
    ],
    "ketamine 1 uM bath for 1 h; nbqx 90% target for 3 h from -0.5 h": [
        ("ketamine", 1.0, "uM", "bath", 0.0, 1.0, (0.0,)),
        ("nbqx", 0.9, "fraction", "target", -0.5, 3.0, (-0.5,)),
    ],
    "psychotherapy 1 target from 24 h daily x 2": [
        ("psychotherapy", 1.0, "fraction", "target", 24.0, 6.0, (24.0, 48.0))
    ],
}


@pytest.mark.parametrize("text", CASES)
def test_words_become_records(text):
    read = [
        (d.drug, d.amount, d.unit, d.route, d.start_h, d.length_h, d.start_times)
        for d in ks.Regimen.parse(text).doses
    ]
    assert read == CASES[text]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty regimen"),
        ("ketmine 1 mg im", "did you mean 'ketamine'"),
        ("ketamine much iv", "expected an amount"),
        ("ketamine 1 im", "no unit"),
        ("ketamine 1 stone im", "unknown unit 'stone'"),
        ("memantine 1 mg", "the route is missing: memantine can be given by sc, ip, oral or bath"),
        ("nbqx 0.9", "nbqx can be given by target"),
        # Not "an iv dose needs its length".
        ("rapamycin 6 mg iv", "rapamycin cannot be given by route 'iv'; possible: oral or target"),
        ("ketamine 1 mg sideways", "unknown route 'sideways'"),
        ("ketamine 1 mg iv", "over 40 min"),
        ("ketamine 1 mg iv over lunch", "expected a time"),
        ("ketamine 1 mg im daily", "the number of repeats is missing"),
        ("ketamine 1 mg im x 6", "without an interval"),
        ("ketamine 1 mg im daily for 1 wk x 3", "not both"),
        ("ketamine 1 mg im slowly", "did not understand 'slowly'"),
    ],
)
def test_what_is_not_understood_is_pointed_at(text, says):
    with pytest.raises(ks.KetasimError) as caught:
        ks.Regimen.parse(text)
    assert says in str(caught.value)
    if text:
        assert "^" in str(caught.value).splitlines()[-1]


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_is_read_or_refused_in_words(text):
    try:
        ks.Regimen.parse(text)
    except ks.KetasimError:
        return


def test_regimens_add_and_shift():
    one = ks.Regimen.parse("ketamine 35 mg iv bolus")
    both = one + one.shift("2 d")
    assert [d.start_h for d in both.doses] == [0.0, 48.0]
    assert one.doses[0].start_h == 0.0  # operators never change their operands


@pytest.mark.parametrize("name", ks.regimens().names)
def test_named_regimens_run_and_name_their_source(name):
    regimen = ks.Regimen.parse(name)
    assert regimen.source
    row = ks.regimens()[name]
    assert row["doses"] == sum(len(d.start_times) for d in regimen.doses)
    last = max(t for d in regimen.doses for t in d.start_times)
    assert ks.simulate(regimen, t_eval=[last + 1.0], rtol=1e-4).success


def test_nasal_course_has_induction_optimisation_and_maintenance():
    course = ks.Regimen.parse("esketamine_course_84")
    starts = sorted(t for d in course.doses for t in d.start_times)
    gaps = np.diff(starts)
    assert set(gaps[:7]) == {72.0, 96.0}
    assert set(gaps[8:11]) == {168.0}
    assert set(gaps[12:]) == {336.0}


TABLE = {
    "TIME": [0.0, 0.5, 1.0, 24.0, 48.0, 50.0],
    "AMT": [35.0, 0.0, 0.0, 20.0, 0.0, 0.0],
    "DUR": [2 / 3, 0.0, 0.0, 1.0, 0.0, 0.0],
    "EVID": [1, 0, 0, 4, 0, 3],
}


def test_an_event_table_is_a_regimen_and_output_times():
    table = read_event_table(TABLE, drug="ketamine", route="iv")
    assert table.t_eval.tolist() == [0.5, 1.0, 48.0]
    assert [d.start_h for d in table.regimen.doses] == [0.0, 24.0]
    assert table.regimen.resets == (24.0, 50.0)


@given(st.permutations(range(6)))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter_without_resets(order):
    table = {**TABLE, "EVID": [1, 0, 0, 1, 0, 2]}
    shuffled = {name: [values[i] for i in order] for name, values in table.items()}
    given_, straight = (read_event_table(t, drug="ketamine", route="iv") for t in (shuffled, table))
    assert given_.regimen == straight.regimen
    assert np.array_equal(given_.t_eval, straight.t_eval)


def test_upper_and_lower_case_csv_and_frames_read_the_same(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(TABLE)
    path = tmp_path / "events.csv"
    frame.rename(columns=str.lower).to_csv(path, index=False)
    a, b = (read_event_table(t, drug="ketamine", route="iv") for t in (path, frame))
    assert a.regimen == b.regimen == ks.Regimen.from_table(TABLE, drug="ketamine", route="iv")


def test_addl_and_steady_state_columns_reach_the_dose():
    regimen = ks.Regimen.from_table(
        {"TIME": [0], "AMT": [10], "II": [24], "ADDL": [5], "SS": [1], "CMT": ["oral"]},
        drug="escitalopram",
    )
    (dose,) = regimen.doses
    assert (dose.interval_h, dose.additional, dose.steady_state, dose.route) == (24.0, 5, 1, "oral")
    run = ks.simulate(regimen, t_eval=[1.0, 121.0])
    # At steady state the level repeats, to the tolerance of the run.
    level = run["escitalopram_venous"]
    assert level[0] == pytest.approx(level[1], rel=1e-5)
    # 10 mg a day through 36 L/h is 11.6 ng/mL on average.
    assert 9.0 < level[1] < 15.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"TIME": [None]}, "column TIME: is empty"),
        ({"AMT": [-5]}, "column AMT: -5 must not be negative"),
        ({"AMT": ["x"]}, "column AMT: 'x' is not a number"),
        ({"AMT": [float("inf")]}, "must be a finite number"),
        ({"EVID": [0]}, "on a row with EVID 0"),
        ({"EVID": [9]}, "9 is not known"),
        ({"AMT": [0], "EVID": [1]}, "is 0 on a dose row"),
        ({"RATE": [10], "DUR": [1]}, "contradicts DUR"),
        ({"RATE": [-2]}, "not supported; give DUR"),
        ({"ADDL": [2]}, "but II is 0 h"),
        ({"II": [24]}, "neither ADDL nor SS"),
        ({"SS": [1]}, "needs II"),
        ({"CMT": [1]}, "pass cmt="),
        ({"CMT": ["oral"], "ROUTE": ["iv"]}, "contradicts ROUTE"),
        ({"ROUTE": ["nasal"]}, "intranasal"),
        ({"WEIGHT": [70]}, "covariates=['WEIGHT']"),
        ({"AMOUNT": [3]}, "did you mean AMT"),
        ({"F": [0]}, "bioavailability = 0"),
        ({"ALAG": [1], "LAG": [1]}, "mean the same"),
        ({"ADDL": [0, 1]}, "differ in length"),
    ],
)
def test_contradictory_columns_are_refused_by_row_and_column(changes, says):
    table = {"TIME": [0], "AMT": [35], **changes}
    with pytest.raises(ks.EvidenceError) as caught:
        read_event_table(table, drug="ketamine", route="iv" if "ROUTE" not in changes else None)
    assert says in str(caught.value)


def test_several_subjects_need_a_choice():
    table = {"ID": [1, 2], "TIME": [0, 0], "AMT": [10, 20]}
    with pytest.raises(ks.EvidenceError, match="2 subjects"):
        read_event_table(table, drug="ketamine", route="im")
    chosen = read_event_table(table, drug="ketamine", route="im", subject=2)
    assert chosen.regimen.doses[0].amount == 20.0
    with pytest.raises(ks.EvidenceError, match="no rows of subject '3'"):
        read_event_table(table, drug="ketamine", route="im", subject=3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"AMT,RATE\n1,2\n", "no TIME column"),
        (b"TIME,AMT\n0\n", "row 2"),
        (b'TIME,AMT\n0,"35\n', "broken CSV"),
        (b"\x00\xff\xfe\x01" * 1000, "UTF-8"),
    ],
)
def test_a_malformed_file_is_refused_by_name_and_row(tmp_path, content, says):
    path = tmp_path / "events.csv"
    path.write_bytes(content)
    with pytest.raises(ks.EvidenceError) as caught:
        read_event_table(path, drug="ketamine", route="iv")
    assert says in str(caught.value)


def test_garbage_of_200_mb_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "events.csv"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)
    with pytest.raises(ks.EvidenceError, match="200 MB"):
        read_event_table(path, drug="ketamine", route="iv")
