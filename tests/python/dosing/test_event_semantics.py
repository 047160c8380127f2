"""Event tables mean what they mean in NONMEM: amounts beside closed forms, to six digits.

The kinds of cases are those of the public comparisons of mrgsolve and rxode2 with NONMEM; the tables
and their numbers are our own. docs/reference/event_semantics.md lists them, with the differences.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.linalg import expm, solve

import ketasim as ks
from ketasim.dosing import read_event_table

#: Six digits.
AGREEMENT = 1e-6
ROUTES = {1: "im", 2: "iv"}
STATES = [f"pharmacokinetics.{name}_S" for name in ("A1", "A2", "A3", "Ah", "Aim")]
#: Molar mass of ketamine [g/mol].
MOLAR_MASS = 237.73


def value(name: str) -> float:
    return float(ks.parameters()[f"pharmacokinetics.{name}"]["value"])


def disposition() -> np.ndarray:
    """Rates of esketamine in a person of the reference weight [1/h]: blood, two tissues, liver, muscle."""
    names = ("V1", "V2", "V3", "Vh", "Q2", "Q3", "Qh", "CLint_S", "ka_im")
    v1, v2, v3, vh, q2, q3, qh, clearance, ka = map(value, names)
    return np.array(
        [
            [-(q2 + q3 + qh) / v1, q2 / v2, q3 / v3, qh / vh, ka],
            [q2 / v1, -q2 / v2, 0.0, 0.0, 0.0],
            [q3 / v1, 0.0, -q3 / v3, 0.0, 0.0],
            [qh / v1, 0.0, 0.0, -(qh + clearance) / vh, 0.0],
            [0.0, 0.0, 0.0, 0.0, -ka],
        ]
    )


RATES = disposition()
ONE = np.eye(len(RATES))


@dataclass(frozen=True)
class Record:
    """A row of an event table, as NONMEM defines it."""

    time: float
    amt: float = 0.0
    evid: int = 1
    cmt: int = 2
    rate: float = 0.0
    dur: float = 0.0
    ii: float = 0.0
    addl: int = 0
    ss: int = 0
    lag: float = 0.0
    f: float = 1.0

    @property
    def length(self) -> float:
        """Duration of the infusion [h]: F scales it where the rate is given."""
        return self.f * self.amt / self.rate if self.rate > 0.0 else self.dur

    @property
    def brought(self) -> np.ndarray:
        """Amount that reaches the compartment [umol]."""
        amount = self.f * self.amt * 1000.0 / MOLAR_MASS
        return amount * (ONE[0] if self.cmt == 2 else value("F_im") * ONE[4])

    def at_end(self) -> np.ndarray:
        """Amounts when one dose is in."""
        if self.length == 0.0:
            return self.brought
        return solve(RATES, (expm(RATES * self.length) - ONE) @ self.brought / self.length)

    def once(self, since: float) -> np.ndarray:
        """Amounts a time after the start of one dose."""
        if since < 0.0:
            return np.zeros(len(RATES))
        if since < self.length:
            return solve(RATES, (expm(RATES * since) - ONE) @ self.brought / self.length)
        return expm(RATES * (since - self.length)) @ self.at_end()

    def for_ever(self, since: float) -> np.ndarray:
        """Amounts of all doses before this one, given every II for ever: a geometric series."""
        k, total = 1, np.zeros(len(RATES))
        while since + k * self.ii < max(self.length, 0.0):
            total += self.once(since + k * self.ii)
            k += 1
        fading = solve(ONE - expm(RATES * self.ii), self.at_end())
        return total + expm(RATES * (since + k * self.ii - self.length)) @ fading

    def amounts(self, time: float) -> np.ndarray:
        if self.ss and self.amt == 0.0:  # a constant infusion that ends at its steady state
            brought = ONE[0] * self.rate * 1000.0 / MOLAR_MASS
            return expm(RATES * (time - self.time)) @ -solve(RATES, brought)
        since = time - self.time - self.lag
        total = sum(self.once(since - k * self.ii) for k in range(self.addl + 1))
        return total + self.for_ever(since) if self.ss else total


def closed_form(records: list[Record], time: float) -> np.ndarray:
    """Amounts just after what happens at a time: those of the records since the last reset or SS 1."""
    start = max(
        (r.time for r in records if (r.evid in (3, 4) or r.ss == 1) and r.time <= time),
        default=-1.0,
    )
    given = [r for r in records if r.evid in (1, 4) and start <= r.time <= time]
    return sum((r.amounts(time) for r in given), np.zeros(len(RATES)))


def table(records: list[Record]) -> dict[str, list[object]]:
    columns = ("time", "amt", "evid", "cmt", "rate", "dur", "ii", "addl", "ss", "lag", "f")
    return {name.upper(): [getattr(r, name) for r in records] for name in columns}


def amounts(events: dict[str, list[object]], times: np.ndarray) -> np.ndarray:
    read = read_event_table(events, drug="esketamine", cmt=ROUTES)
    scenario = ks.Scenario(read.regimen, subject=ks.Subject(weight_kg=value("weight_ref")))
    run = ks.simulate(scenario, t_eval=times, rtol=1e-11, at_event="after")
    return np.stack([run[name] for name in STATES], axis=1)


def times_of(records: list[Record]) -> np.ndarray:
    """Times between all events, and their own."""
    at = {0.0}
    for r in records:
        for k in range(r.addl + 1):
            start = r.time + k * r.ii
            at |= {start, start + r.lag, start + r.lag + r.length}
    marks = np.array(sorted(at))
    return np.unique(np.r_[marks, marks[:-1] + 0.37 * np.diff(marks), marks[-1] + [0.1, 1.0, 9.0]])


CASES = {
    "bolus into the blood": [Record(0, 20)],
    "bolus into a depot": [Record(0, 25, cmt=1)],
    "dose after time 0": [Record(3.5, 20)],
    "repeated bolus": [Record(0, 20, ii=8, addl=4)],
    "repeated depot": [Record(0, 20, cmt=1, ii=8, addl=4)],
    "bolus with lag and bioavailability": [Record(0, 30, ii=12, addl=2, lag=5.3, f=0.7)],
    "depot with lag and bioavailability": [Record(0, 30, cmt=1, ii=12, addl=2, lag=2.2, f=0.6)],
    "infusion by rate": [Record(0, 30, rate=12)],
    "infusion by duration": [Record(0, 30, dur=2.5)],
    "infusion by rate, F scales the duration": [Record(0, 40, rate=10, f=0.5)],
    "infusion by duration, F scales the rate": [Record(0, 40, dur=4, f=0.5)],
    "repeated infusions with lag": [Record(0, 30, rate=15, ii=24, addl=3, lag=4.1)],
    "repeated infusions with lag and F": [Record(0, 30, rate=15, ii=24, addl=3, lag=3.3, f=0.4)],
    "infusions that overlap": [Record(0, 30, dur=9, ii=6, addl=5)],
    "bolus at steady state": [Record(0, 20, ii=12, ss=1, addl=2)],
    "bolus at steady state, F": [Record(0, 20, ii=12, ss=1, addl=2, f=0.4)],
    "bolus at steady state, lag": [Record(0, 20, ii=12, ss=1, addl=2, lag=5)],
    "bolus at steady state, lag, later": [Record(7, 20, ii=12, ss=1, addl=2, lag=5)],
    "depot at steady state, lag and F": [Record(0, 20, cmt=1, ii=10, ss=1, addl=2, lag=4, f=0.6)],
    "infusion at steady state": [Record(0, 20, rate=10, ii=12, ss=1, addl=3)],
    "infusion at steady state, F": [Record(0, 20, rate=4, ii=12, ss=1, addl=3, f=0.8)],
    "infusion at steady state, lag": [Record(0, 20, rate=10, ii=12, ss=1, addl=3, lag=3.1)],
    "infusion at steady state, lag and F": [
        Record(0, 20, rate=10, ii=12, ss=1, addl=3, lag=3.1, f=0.4)
    ],
    "infusion at steady state, longer than II": [Record(0, 20, dur=15, ii=6, ss=1, addl=5)],
    "infusion at steady state, longer than II, lag": [
        Record(0, 20, dur=15, ii=6, ss=1, addl=5, lag=2.5)
    ],
    "infusion at steady state, as long as II": [Record(0, 20, dur=10, ii=10, ss=1, addl=3)],
    "infusion at steady state, as long as II by F": [
        Record(0, 20, rate=1, ii=10, ss=1, addl=3, f=0.5)
    ],
    "duration at steady state, F": [Record(0, 20, dur=9, ii=24, ss=1, addl=2, f=0.6)],
    "lag beyond II at steady state": [Record(0, 20, ii=6, ss=1, addl=3, lag=14)],
    "bolus, then infusion into another compartment": [
        Record(0, 25, cmt=1, lag=1),
        Record(13, 30, rate=14, ii=24, addl=2),
    ],
    "reset and dose": [
        Record(0, 25, rate=12, ii=12, addl=2, f=0.6),
        Record(50, 30, evid=4, ii=12, addl=3, f=0.5),
    ],
    "reset and infusion": [Record(0, 25, ii=12, addl=2), Record(40, 30, evid=4, dur=3)],
    "reset, then dose": [
        Record(0, 25, rate=12, ii=12, addl=3),
        Record(50, evid=3),
        Record(54, 30, ii=16, addl=2),
    ],
    "reset during an infusion": [Record(0, 40, dur=10), Record(4, evid=3)],
    "reset and dose with lag": [Record(0, 25), Record(3, 30, evid=4, lag=2)],
    "reset and dose at steady state": [Record(0, 25), Record(9, 20, evid=4, ii=8, ss=1, addl=2)],
    "reset and dose at steady state, lag": [
        Record(0, 25),
        Record(9, 20, evid=4, ii=8, ss=1, addl=2, lag=3),
    ],
    "SS 1 replaces": [Record(0, 40, dur=12), Record(6, 20, ii=8, ss=1, addl=2)],
    "SS 2 adds": [
        Record(0, 20, ii=24, ss=1, addl=3),
        Record(12, 10, ii=24, ss=2, addl=3),
    ],
    "SS 2 adds, lag": [
        Record(0, 20, ii=24, ss=1, addl=3),
        Record(12, 10, ii=24, ss=2, addl=2, lag=4),
    ],
    "constant infusion up to its steady state": [Record(0, rate=15, ss=1)],
    "constant infusion up to its steady state, F": [Record(3, rate=15, ss=1, f=0.4)],
    "constant infusion up to its steady state replaces": [
        Record(0, 40, dur=12),
        Record(6, rate=15, ss=1),
        Record(7, 10),
    ],
    "constant infusion up to its steady state adds": [
        Record(0, 40, dur=12),
        Record(6, rate=15, ss=2),
    ],
    "reset and constant infusion up to its steady state": [
        Record(0, 40, dur=12),
        Record(6, rate=15, evid=4, ss=1),
    ],
    "other event": [Record(0, 20), Record(4, evid=2)],
    "two doses at one time": [Record(0, 20), Record(0, 10, cmt=1)],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_amounts_are_those_of_the_closed_form(case: str) -> None:
    records = CASES[case]
    times = times_of(records)
    expected = np.array([closed_form(records, t) for t in times])
    found = amounts(table(records), times)
    # Amounts that have faded to a billionth of the largest are below the tolerance of the run.
    np.testing.assert_allclose(found, expected, rtol=AGREEMENT, atol=1e-9 * expected.max())


MODELLED = {
    "duration in DUR": (Record(0, 30, dur=9, f=0.6), {"RATE": -2}),
    "duration in D2": (Record(0, 30, dur=9, f=0.6), {"RATE": -2, "DUR": 0, "D2": 9}),
    "duration in minutes": (Record(0, 30, dur=9), {"RATE": -2, "DUR": ".", "D2 [min]": 540}),
    "rate in R2": (Record(0, 30, rate=12, f=0.6), {"RATE": -1, "R1": 4, "R2": 12}),
    "rate in mg/min": (Record(0, 30, rate=12), {"RATE": -1, "R2 (mg/min)": 0.2}),
    "rate of a constant infusion": (Record(0, rate=12, ss=1), {"RATE": -1, "R2": 12}),
    "a code in a column with a unit": (Record(0, 30, dur=9), {"RATE [mg/min]": -2, "RATE": None}),
    "one column, no number of a compartment": (
        Record(0, 30, dur=9),
        {"RATE": -2, "DUR": 0, "D1": 9, "CMT": "iv"},
    ),
    "repeated": (
        Record(0, 30, rate=12, ii=24, addl=2, lag=5, f=0.6),
        {"RATE": -1, "R2": 12},
    ),
    "steady state": (Record(0, 20, dur=9, ii=12, ss=1), {"RATE": -2, "DUR": 0, "D2": 9}),
}  # fmt: skip


@pytest.mark.parametrize("case", MODELLED)
def test_a_modelled_rate_or_duration_is_read_from_its_column(case: str) -> None:
    """RATE -1 and -2 take rate and duration from parameters in NONMEM, and from columns here."""
    record, columns = MODELLED[case]
    events = table([record]) | {name: [cell] for name, cell in columns.items()}
    events = {name: cells for name, cells in events.items() if cells != [None]}
    times = times_of([record])
    expected = np.array([closed_form([record], t) for t in times])
    np.testing.assert_allclose(
        amounts(events, times), expected, rtol=AGREEMENT, atol=1e-9 * expected.max()
    )


def test_parameters_beside_rows_that_do_not_ask_for_them_are_not_used() -> None:
    """As in NONMEM: D1 has a value in every row and counts where RATE is -2."""
    events = {"TIME": [0, 2, 3], "AMT": [30, 30, 0], "RATE": [-2, 0, 0], "D1": [1.5, 1.5, 1.5]}
    read = read_event_table(events, drug="ketamine", route="iv")
    assert [dose.duration_h for dose in read.regimen.doses] == [1.5, 0.0]
    assert read.t_eval.tolist() == [3.0]


def test_steady_state_3_is_steady_state_1() -> None:
    """NONMEM's 3 differs from 1 in the first guess of an iteration; here there is none."""
    events = {"TIME": [0], "AMT": [20], "II": [12]}
    one, three = (
        read_event_table(events | {"SS": [ss]}, drug="ketamine", route="iv") for ss in (1, 3)
    )
    assert one == three


def test_a_constant_infusion_says_what_it_is() -> None:
    dose = ks.Dose("ketamine", 0, "mg", "iv", start_h=4, rate=12, steady_state=1)
    assert str(dose) == "ketamine 12 mg/h iv constant until 4 h"
    assert dose.constant_infusion
    for field, wrong, says in (
        ("amount", 5, "amount = 5, but .* constant infusion up to start_h: give amount = 0"),
        ("lag_h", 1, "lag_h = 1, but .* give lag_h = 0"),
        ("additional", 2, "additional = 2 but interval_h = 0"),
        ("route", "im", "only an iv dose has a rate"),
        ("rate", 0, "rate = 0 mg/h must be above 0"),
        ("drug", "placebo", "a placebo has no steady state"),
    ):
        given = {"drug": "ketamine", "amount": 0, "route": "iv", "rate": 12, "steady_state": 1}
        with pytest.raises(ks.ScenarioError, match=says):
            ks.Dose(unit="mg", **given | {field: wrong})


def test_an_oral_dose_is_the_bateman_function() -> None:
    """Escitalopram: one compartment with first-order absorption, ten days of doses at 24 h."""
    ka, clearance, volume = (
        float(ks.parameters()[f"serotonin.{n}"]["value"]) for n in ("ka_esc", "CL_esc", "V_esc")
    )
    events = {"TIME": [0.0], "AMT": [10.0], "EVID": [1], "II": [24.0], "ADDL": [9]}
    read = read_event_table(events, drug="escitalopram", route="oral")
    subject = ks.Subject(weight_kg=value("weight_ref"))
    times = np.r_[np.arange(0.5, 240.0, 7.0), 300.0]
    run = ks.simulate(ks.Scenario(read.regimen, subject=subject), t_eval=times, rtol=1e-11)
    k = clearance / volume
    gut, blood = np.zeros(times.size), np.zeros(times.size)
    for start in 24.0 * np.arange(10):
        since = times - start
        on = since >= 0.0
        gut[on] += np.exp(-ka * since[on])
        blood[on] += ka / (ka - k) * (np.exp(-k * since[on]) - np.exp(-ka * since[on]))
    given = run["serotonin.A_esc_gut"][0] / gut[0]
    assert given <= 10.0 * 1000.0 / 324.39 * (1.0 + AGREEMENT)
    np.testing.assert_allclose(run["serotonin.A_esc_gut"], given * gut, rtol=AGREEMENT, atol=1e-8)
    np.testing.assert_allclose(run["serotonin.A_esc"], given * blood, rtol=AGREEMENT)


@pytest.mark.parametrize(("at_event", "seen"), [("before", 0.0), ("after", 1.0)])
def test_an_observation_at_the_time_of_a_dose(at_event: str, seen: float) -> None:
    """The order of the rows decides in NONMEM; here ``at_event`` does, whatever the order."""
    dose, observation = {"TIME": 2.0, "AMT": 20.0, "EVID": 1}, {"TIME": 2.0, "EVID": 0}
    for rows in ([dose, observation], [observation, dose]):
        read = read_event_table(rows, drug="esketamine", route="iv")
        run = ks.simulate(read.regimen, t_eval=read.t_eval, at_event=at_event)
        assert run["pharmacokinetics.A1_S"][0] == pytest.approx(seen * 20e3 / MOLAR_MASS)


@pytest.mark.parametrize(
    ("records", "row", "column"),
    [
        ([Record(0, 20, ii=24, addl=9), Record(48, evid=3)], 1, "EVID"),
        ([Record(0, 20, ii=24, addl=9), Record(48, 10, evid=4)], 1, "EVID"),
        ([Record(0, 20, ii=24, addl=2), Record(48, 10, evid=4)], 1, "EVID"),
        ([Record(0, 20, lag=6), Record(3, evid=3)], 1, "EVID"),
        ([Record(0, 20, ii=24, addl=9), Record(48, 10, ss=1, ii=12)], 1, "SS"),
        ([Record(0, 20, lag=6), Record(3, 10, cmt=1, ss=1, ii=12)], 1, "SS"),
    ],
)
def test_doses_that_a_reset_may_cancel_are_refused(
    records: list[Record], row: int, column: str
) -> None:
    """NONMEM cancels what an earlier record announces for later, other programs give it."""
    with pytest.raises(ks.EvidenceError, match=rf"^row {row}, column {column}: .*let ADDL end"):
        read_event_table(table(records), drug="esketamine", cmt=ROUTES)


def test_doses_that_end_before_a_reset_are_read() -> None:
    for later in (Record(48.5, evid=3), Record(48.5, 10, ss=1, ii=12), Record(30, 10, ss=2, ii=12)):
        read = read_event_table(
            table([Record(0, 20, ii=24, addl=2), later]), drug="esketamine", cmt=ROUTES
        )
        assert read.regimen.doses[0].additional == 2


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"RATE": [-1]}, "column RATE: -1 .*add it as the column R1"),
        ({"RATE": [-2]}, "column RATE: -2 .*add it as the column D1 .*or give DUR"),
        ({"RATE": [-3]}, "column RATE: -3 must not be negative"),
        ({"RATE": [-1.5], "R1": [5]}, "row 0, column RATE: -1.5 must not be negative"),
        ({"RATE": [-2.5], "D1": [5]}, "row 0, column RATE: -2.5 must not be negative"),
        ({"RATE": [-1], "R1": ["."]}, "column R1: is empty beside RATE -1"),
        ({"RATE": [-2], "D1": [0]}, "column D1: 0 beside RATE -2: it must be above 0"),
        ({"RATE": [-1], "R1": [5], "R2": [6]}, "column RATE: -1 needs one of R1, R2"),
        ({"RATE": [-1], "R1": [5], "CMT": [2]}, "column RATE: -1 .*the column R2"),
        ({"RATE": [-1], "R1": [5], "DUR": [2]}, "column RATE: 5 contradicts DUR 2 h"),
        ({"RATE": [-2], "D1": [5], "DUR": [2]}, "column D1: 5 h contradicts DUR 2 h"),
        ({"RATE": [-1], "R1 [mg/kg/h]": [5]}, "column R1.*: the amount is in mg, but"),
        ({"RATE": [4], "D1": [5]}, "column 'D1': it is read where RATE is -2, and no row has"),
        ({"AMT": [0], "RATE": [-2], "D1": [5], "SS": [1]}, "column AMT: is 0 .*needs its rate"),
        ({"AMT": [0], "RATE": [10], "SS": [1], "II": [24]}, "column II: 24 on a constant infusion"),
        ({"AMT": [0], "RATE": [10], "SS": [1], "ADDL": [2]}, "column ADDL: 2 on a constant"),
        ({"AMT": [0], "RATE": [10], "SS": [1], "LAG": [2]}, "column LAG: 2 on a constant"),
        ({"SS": [4], "II": [24]}, "must be 0, 1 or 2"),
        ({"EVID": [8]}, "use 0, 1, 2, 3 or 4"),
        ({"EVID": [2], "AMT": [0], "CMT": [-2]}, "column CMT: -2 turns a compartment off"),
        ({"EVID": [3], "AMT": [0], "CMT": [-1.0]}, "column CMT: -1 turns a compartment off"),
        ({"ADDL": [-5], "II": [24]}, "additional"),
        ({"ADDL": [3]}, "further doses, but II is 0"),
        ({"II": [24]}, "neither ADDL nor SS uses it"),
    ],
)
def test_what_is_not_read_is_refused(columns: dict[str, list[object]], says: str) -> None:
    events = {"TIME": [0], "AMT": [20], "EVID": [1], **columns}
    with pytest.raises(ks.EvidenceError, match=says):
        read_event_table(events, drug="esketamine", cmt=ROUTES, route="iv")
