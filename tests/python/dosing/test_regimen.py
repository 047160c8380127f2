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
        ("ketamine 1 mg im daily for 1 wk x 3", "the number of doses is given twice"),
        ("ketamine 1 mg im slowly", "did not understand 'slowly'"),
    ],
)
def test_what_is_not_understood_is_pointed_at(text, says):
    with pytest.raises(ks.KetasimError) as caught:
        ks.Regimen.parse(text)
    assert says in str(caught.value)
    if text:
        assert "^" in str(caught.value).splitlines()[-1]


#: One way or more to say each kind of clause, with a frequency where it takes one.
CLAUSES = {
    "length": ["over 40 min", "for 2 h"],
    "start": ["from 2 h", "at 3 h", "after 1 d", "starting 5 h", "day 3"],
    "lag": ["lag 10 min", "lag 1 h"],
    "frequency": [
        "daily",
        "weekly",
        "hourly",
        "monthly",
        "fortnightly",
        "every 48 h",
        "every day",
        "once weekly",
        "once a day",
        "twice daily",
        "twice a week",
        "thrice weekly",
    ],
    "number": ["x 3", "x4", "\u00d7 5", "times 6"],
}


@pytest.mark.parametrize("kind", CLAUSES)
def test_no_kind_of_clause_is_said_twice(kind):
    for first in CLAUSES[kind]:
        for second in CLAUSES[kind]:
            for between in ("", "lag 1 h " if kind != "lag" else "from 1 h "):
                with pytest.raises(ks.ScenarioError, match="is given twice"):
                    ks.Regimen.parse(f"ketamine 35 mg iv {first} {between}{second}")


@pytest.mark.parametrize(
    ("clauses", "says"),
    [
        ("bolus over 40 min", "a bolus has no length"),
        ("over 40 min bolus", "a bolus has no length"),
        ("bolus infusion", "given twice"),
        ("bolus bolus", "given twice"),
        ("bolus once daily once", "'once' contradicts 'daily'"),
        ("bolus once from 2 h every 48 h", "'once' contradicts 'every 48 h'"),
        ("bolus x 3 once", "given twice"),
        ("bolus daily x 3 for 2 wk", "given twice"),
        ("bolus daily for 2 wk for 3 wk", "given twice"),
    ],
)
def test_clauses_that_contradict_each_other_are_refused(clauses, says):
    with pytest.raises(ks.ScenarioError) as caught:
        ks.Regimen.parse(f"ketamine 35 mg iv {clauses}")
    assert says in str(caught.value)
    with pytest.raises(ks.ScenarioError, match="a bolus has no length"):
        ks.Regimen.parse("ketamine 35 mg infusion bolus")


@pytest.mark.parametrize(
    "clause",
    [
        *("over 40", "for 40", "from 2", "at 0", "after 3", "starting 1", "lag 1", "every 2 x 6"),
        *("every 2 d for 3", "daily for 4", "over 40 x 3", "over 40 m", "over 40 from 2 h"),
    ],
)
def test_a_time_without_a_unit_is_refused_and_the_unit_asked_for(clause):
    with pytest.raises(ks.ScenarioError, match="has no unit: write for example"):
        ks.Regimen.parse(f"ketamine 35 mg iv {clause}")


@pytest.mark.parametrize("text", [";;;", ";", " + ", "+;+", "\n;\t", ""])
def test_an_empty_regimen_has_a_name_of_its_own(text):
    with pytest.raises(ks.ScenarioError, match="an empty regimen: .*'no drug' for none"):
        ks.Regimen.parse(text)
    assert ks.Regimen.parse("no drug") == ks.Regimen(())
    assert str(ks.Regimen(())) == "no drug"


@pytest.mark.parametrize("gap", [";;", "+;", "; ;", "+ +", ";+"])
def test_an_empty_record_is_refused(gap):
    one = "ketamine 35 mg im"
    for text in (f"{one}{gap}{one}", f"{one}{gap}", f"{gap}{one}", f"{one} +"):
        with pytest.raises(ks.ScenarioError, match="an empty record"):
            ks.Regimen.parse(text)
    assert ks.Regimen.parse(f"{one};") == ks.Regimen.parse(one)


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("1,000 mg", "'1.000' or '1000'"),
        ("1,5 mg", "'1.5' or '15'"),
        ("500 \u00b5g", "write '0.5 mg'"),
        ("500ug", "write '0.5 mg'"),
        ("500 mcg/kg", "write '0.5 mg/kg'"),
        ("5e4 ng", "write '0.05 mg'"),
        ("0.1 g", "write '100 mg'"),
        ("1 lb", "unknown unit 'lb'"),
        ("-5 mg", "must not be negative"),
        ("1e400 mg", "amount = inf must be a finite number"),
        ("nan mg", "expected an amount"),
        ("0 mg", "leave the record out"),
        ("0.9 mg/kg 35 mg", "unknown route '35'"),
    ],
)
def test_odd_amounts_are_refused_with_what_to_write(amount, says):
    with pytest.raises(ks.KetasimError) as caught:
        ks.Regimen.parse(f"ketamine {amount} im")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("clauses", "says"),
    [
        ("daily for -3 wk", "the course after 'for' must be longer than 0"),
        ("daily for 0 d", "the course after 'for' must be longer than 0"),
        ("every 0 h", "more than 1e-09 h apart"),
        ("every 1e-400 h x 2", "more than 1e-09 h apart"),
        ("every -2 h x 2", "more than 1e-09 h apart"),
        ("daily x 0", "give from 1 to"),
        ("daily x 99999999999", "give from 1 to"),
        ("over 0 min", "must be above 0"),
        ("over -1 h", "must be above 0"),
        ("from 1e400 h", "must be a finite number of hours"),
        ("twice a", "'twice a week' or 'twice a day'"),
        ("twice a month x 3", "'twice a week' or 'twice a day'"),
        ("infusion", "an infusion is not given by route 'im'"),
        ("then ketamine 35 mg im", "did not understand 'then'"),
    ],
)
def test_odd_times_and_numbers_are_refused(clauses, says):
    with pytest.raises(ks.KetasimError) as caught:
        ks.Regimen.parse(f"ketamine 35 mg im {clauses}")
    assert says in str(caught.value)


def test_an_amount_in_mg_is_no_fraction_of_a_target():
    with pytest.raises(ks.ScenarioError, match="unit 'mg'"):
        ks.Regimen.parse("nbqx 0.9 mg target for 3 h")


def test_twice_a_day_is_every_12_hours():
    (dose,) = ks.Regimen.parse("ketamine 35 mg oral twice a day x 3").doses
    assert dose.start_times == (0.0, 12.0, 24.0)


def test_spaces_of_all_kinds_separate_words():
    plain = ks.Regimen.parse("ketamine 35 mg im")
    assert ks.Regimen.parse("ketamine\u00a035\u2009mg\u3000im\n") == plain


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
        ({"RATE": [-2]}, "add it as the column D1 [h], or give DUR"),
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


@pytest.mark.parametrize("text", ["a\udcff", "a\0b", "a\x1bb", 5, b"arm A"])
@pytest.mark.parametrize("field", ["name", "source"])
def test_text_that_no_file_can_hold_is_refused(field, text):
    doses = ks.Regimen.parse("ketamine 35 mg im").doses
    with pytest.raises(ks.ScenarioError, match=f"{field} = "):
        ks.Regimen(doses, **{field: text})


#: Records with every clause, as words and as they are shown.
SHOWN = (
    "ketamine 10 mg iv bolus every 12 h x 3 in steady state from 2 h lag 30 min bioavailability 0.7",
    "ketamine 10 mg iv over 1 h every 12 h adding steady state",
    "ketamine 35 mg im every 2 d in steady state lag 2 h",
    "ketamine 3 mg/h iv constant until 4 h",
    "ketamine 0.3 mg/kg/h iv constant until 0 h adding steady state",
    "nbqx 0.5 fraction target for 2 h every 12 h x 5 in steady state from -0.5 h",
    "escitalopram 10 mg oral every 1 d x 7 bioavailability 0.8",
)


@pytest.mark.parametrize("text", SHOWN)
def test_a_record_is_shown_as_it_is_read(text: str) -> None:
    read = ks.Regimen.parse(text)
    assert str(read) == text
    assert ks.Regimen.parse(str(read)) == read


@st.composite
def doses(draw: st.DrawFn) -> ks.Dose:
    """Doses whose numbers have few digits, so that their text has all of them."""
    drug = draw(st.sampled_from([n for n in ks.drugs().names if n != "placebo"]))
    route = draw(st.sampled_from(ks.drugs()[drug]["routes"]))
    unit = draw(st.sampled_from(ks.routes()[route]["units"]))
    minutes = st.integers(2, 600).map(lambda n: n / 60.0)
    given = {"start_h": draw(st.integers(-4, 90)) / 2.0}
    infusion = route == "iv" and draw(st.booleans())
    if infusion or route in ("bath", "target"):
        given["duration_h"] = draw(minutes)
    steady = draw(st.sampled_from((0, 1, 2)))
    constant = infusion and steady and draw(st.booleans())
    if constant:
        del given["duration_h"]
        given["rate"] = draw(st.integers(1, 40)) / 4.0
    else:
        repeated = steady or draw(st.booleans())
        given["interval_h"] = float(draw(st.sampled_from((6, 12, 24, 36, 48)))) if repeated else 0.0
        given["additional"] = draw(st.integers(0 if steady else 1, 9)) if repeated else 0
        given["bioavailability"] = draw(st.sampled_from((1.0, 1.0, 0.25)))
        given["lag_h"] = draw(st.sampled_from((0.0, 0.0, 1.5))) if steady else 0.0
    amount = 0.0 if constant else draw(st.integers(1, 4)) / 4.0
    return ks.Dose(drug, amount, unit, route, steady_state=steady, **given)


@given(dose=doses())
@settings(max_examples=200, deadline=None)
def test_the_text_of_a_dose_says_all_of_it(dose: ks.Dose) -> None:
    (read,) = ks.Regimen.parse(str(dose)).doses
    assert str(read) == str(dose)
    for field in ("drug", "unit", "route", "additional", "steady_state"):
        assert getattr(read, field) == getattr(dose, field), field
    # Four digits of a time.
    for field in ("amount", "start_h", "length_h", "interval_h", "lag_h", "bioavailability"):
        assert getattr(read, field) == pytest.approx(getattr(dose, field), rel=1e-3), field
    assert read.rate == dose.rate


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ketamine 3 mg/h iv over 2 h", "3 mg/h is a rate: write the amount .* '6 mg'"),
        ("ketamine 3 mg/h iv", "has a rate and its end"),
        ("ketamine 3 mg iv constant until 4 h", "has a rate and its end"),
        ("ketamine 3 mg/h iv constant until 4 h x 2", "'constant' contradicts"),
        ("ketamine 3 mg/h im constant until 4 h", "only an iv dose has a rate"),
        ("ketamine 3 mg im in steady state", "a steady state needs the interval"),
        ("ketamine 3 mg im twice weekly in steady state", "needs doses at one interval"),
        ("ketamine 3 mg im every 1 d in steady", "expected 'in steady state'"),
        ("ketamine 3 mg im every 1 d in steady state adding steady state", "given twice"),
        ("ketamine 3 mg im bioavailability 50%", "expected a number such as"),
    ],
)
def test_impossible_steady_states_in_words_are_refused(text: str, says: str) -> None:
    with pytest.raises(ks.ScenarioError, match=says):
        ks.Regimen.parse(text)
