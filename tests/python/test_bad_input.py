"""Bad input is answered in words before the first step, and nothing is left half-written.

Each row is a call and words that its message must contain: what, where, the allowed range or the
nearest valid name, what to do. What test_dose, test_regimen, test_simulate, test_evidence_tables,
test_output and test_cli refuse is not repeated for its own sake.
"""

import math
import pickle
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim import cli
from ketasim.dosing import read_event_table
from ketasim.errors import OutputError
from ketasim.files import save

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"

#: What Python itself says: true, but of the library's insides.
INSIDES = re.compile(
    r"object is not|object has no|NoneType|unhashable|positional argument|unexpected keyword|"
    r"cannot be interpreted|not supported between|could not convert|invalid literal|Traceback|"
    r"out of range|too large to convert|defect"
)


def dose(**changes: object) -> ks.Dose:
    fields = {"drug": "ketamine", "amount": 35, "unit": "mg", "route": "im"}
    return ks.Dose(**{**fields, **changes})


def events(**columns: object) -> object:
    return read_event_table({"TIME": [0], "AMT": [35], **columns}, drug="ketamine", route="oral")


def crowd(n: object = 2, **changes: object) -> ks.Ensemble:
    return ks.simulate_population(
        INFUSION, n, **{"t_eval": [1.0], "readouts": ["madrs"], **changes}
    )


def sim(what: object = INFUSION, **changes: object) -> ks.Run:
    return ks.simulate(what, **changes)


NAMES = {
    **{f.__name__: f for f in (dose, events, crowd, sim, read_event_table)},
    "ks": ks,
    "np": np,
    "math": math,
    "INFUSION": INFUSION,
    "nan": math.nan,
    "inf": math.inf,
}

CALLS = [
    # --- names, all with a suggestion
    ("dose(drug='ketamin')", "did you mean 'ketamine'"),
    ("dose(drug=None)", "unknown drug None: it must be text"),
    ("dose(drug=['ketamine'])", "it must be text"),
    ("dose(drug='')", "known: ketamine, esketamine"),
    ("dose(route='orall')", "did you mean 'oral'"),
    ("dose(route=3)", "it must be text; known: iv, im"),
    ("dose(unit='mg/Kg')", "did you mean 'mg/kg'"),
    ("dose(unit=['mg'])", "unknown unit ['mg']: it must be text"),
    ("ks.readouts()['madrs_chnge']", "did you mean 'madrs_change'"),
    ("ks.readouts()[None]", "such as esketamine_venous"),
    ("ks.readouts()[1.5]", "it must be text"),
    ("sim(context='midazolm')", "did you mean 'midazolam'"),
    ("sim(context=3)", "known: none, open_label"),
    ("sim(variant='variant_B')", "variant_A"),
    ("ks.Subject('humn')", "did you mean 'human'"),
    ("ks.parameters('humn')", "did you mean 'human'"),
    ("ks.parameters(['human'])", "it must be text; known: human"),
    ("sim(method='rodas5')", "did you mean 'rodas5p'"),
    ("sim(at_event='befor')", "did you mean 'before'"),
    ("sim(positivity='warm')", "did you mean 'warn'"),
    ("sim(on_failure='retrun')", "did you mean 'return'"),
    ("sim('ketamine_infuson')", "did you mean 'ketamine_infusion'"),
    ("ks.block('apma', 0.5)", "did you mean 'ampa'"),
    ("dose(drug='k' * 10**6)", "(1000002 characters)"),
    # --- keywords
    ("sim(rtoll=1e-5)", "unknown keyword 'rtoll': did you mean 'rtol'"),
    ("sim(untl='3 d')", "did you mean 'until'"),
    ("crowd(sead=3)", "did you mean 'seed'"),
    ("crowd(subject=ks.Subject())", "unknown keyword 'subject'"),
    ("dose(lag=3)", "unknown keyword of Dose 'lag': did you mean 'lag_h'"),
    ("ks.Subject(weight=70)", "did you mean 'weight_kg'"),
    ("ks.SolverOptions(rtoll=1e-5)", "did you mean 'rtol'"),
    ("ks.Scenario(INFUSION, contxt='none')", "did you mean 'context'"),
    ("ks.Regimen(dose=())", "did you mean 'doses'"),
    # --- doses
    ("dose(amount=-35)", "must not be negative"),
    ("dose(amount=0)", "leave the record out"),
    ("dose(amount=nan)", "amount = nan must be a finite number of mg"),
    ("dose(amount=-inf)", "amount = -inf"),
    ("dose(amount=True)", "amount = True must be a finite number of mg"),
    ("dose(amount='35 mg')", "amount = '35 mg' must be a finite number of mg"),
    ("dose(amount=35 + 1j)", "must be a finite number of mg"),
    ("dose(amount=np.array([1.0, 2.0]))", "must be a finite number of mg"),
    ("dose(amount=10**400)", "must be a finite number of mg"),
    (
        "sim(dose(amount=1e9))",
        "for a human of 70 kg at most 1000 mg",
    ),
    ("sim(dose(amount=500, unit='mg/kg'))", "at most 15 mg/kg"),
    ("dose(start_h='2 h')", "start_h = '2 h' must be a finite number of hours"),
    ("dose(start_h=None)", "must be a finite number of hours"),
    ("dose(lag_h=1e300)", "lag_h = 1e+300 h is too long: at most 100 years"),
    ("dose(route='iv', duration_h=1e300)", "duration_h = 1e+300 h is too long"),
    ("dose(route='iv', rate=1e-300)", "at most 100 years"),
    ("dose(route='iv', rate=0.0)", "rate = 0 mg/h must be above 0"),
    ("dose(interval_h=1e-12, additional=3)", "are one dose; give their sum"),
    ("dose(interval_h=1e300, additional=3)", "interval_h = 1e+300 h is too long"),
    ("dose(interval_h=1, additional=10**9)", "at most 99999 repeats"),
    ("dose(interval_h=1, additional=nan)", "additional = nan must be a finite number of repeats"),
    ("dose(interval_h=1, additional=inf)", "additional = inf"),
    ("dose(interval_h=1, additional=None)", "additional = None"),
    ("dose(interval_h=24, steady_state=True)", "must be 0, 1 or 2"),
    ("sim(tuple([dose()]))", "give a Scenario, a Regimen, a Dose or text"),
    ("sim([dose(interval_h=1, additional=99_999)] * 2)", "give a Scenario"),
    ("sim(ks.Regimen([dose(interval_h=1, additional=99_999)] * 2))", "at most 100000"),
    ("ks.block('ampa', 1.2)", "must lie between 0 and 1"),
    ("ks.block('ampa', 90)", "(90 % is 0.9)"),
    ("sim(dose(start_h=400), until='14 d')", "after the end of the run at 336 h; raise until"),
    ("sim(interventions=[ks.block('ampa', 0.9, start_h=400)], until='14 d')", "after the end"),
    ("sim(dose(start_h=-2))", "begins before 0 h, but t = 0 is the first psychoactive dose"),
    # --- doses in words
    ("sim('ketamine 0.5 mg/kg iv')", "write 'over 40 min', or 'bolus'"),
    ("sim('ketamine 0.5 mg/kg iv over 0 min')", "a dose without one"),
    ("sim('ketamine 0,5 mg/kg iv over 40 min')", "write a decimal point"),
    ("sim('ketamine nan mg/kg iv over 40 min')", "expected an amount"),
    ("sim('ketamine 1e999 mg iv over 40 min')", "amount = inf"),
    ("sim('ketamine 10 mg im daily x 0')", "0 doses: give from 1 to 100000"),
    ("sim('ketamine 10 mg im daily x 999999999')", "give from 1 to 100000"),
    ("sim('ketamine 10 mg im daily x ' + '9' * 5000)", "expected a whole number"),
    ("sim('ketamine 10 mg im daily x \\u00b2')", "expected a whole number"),
    ("sim('ketamine 10 mg im every 1e-300 h for 1 d')", "more than 1e-09 h apart"),
    ("sim('ketamine 10 mg im every 1 s for 999 wk')", "doses: give from 1 to 100000"),
    ("ks.Regimen.parse(None)", "a regimen in words is text, not None"),
    ("ks.Regimen.parse(['ketamine'])", "is text, not ['ketamine']"),
    # --- regimens and scenarios of wrong types
    ("sim(None)", "give a Scenario, a Regimen, a Dose or text"),
    ("sim(1 + 2j)", "give a Scenario"),
    ("ks.Regimen(None)", "doses = None: give a tuple of Dose"),
    ("ks.Regimen(INFUSION)", "text is read by Regimen.parse"),
    ("ks.Regimen(['x'])", "'x' is not a Dose"),
    ("ks.Regimen(resets=5)", "resets = 5: give a tuple of hours"),
    ("ks.Regimen(resets=[nan])", "reset = nan"),
    ("ks.Regimen([dose()]).shift(1e300)", "at most 876,000 (100 years)"),
    ("ks.Regimen.ketamine_infusion(minutes=0)", "lasts longer than 0 min"),
    ("ks.Regimen.ketamine_infusion(minutes=None)", "minutes = None"),
    ("sim(subject='rat')", "give a Subject, such as ks.Subject(weight_kg=62)"),
    ("sim(subject={'weight_kg': 62})", "give a Subject"),
    ("ks.Scenario(INFUSION, subject=None)", "subject = None: give a Subject"),
    ("ks.Scenario(INFUSION, name=3)", "name = 3: a label is text"),
    ("ks.steady_state('human')", "give a Subject"),
    ("sim(interventions='ampa')", "give a list of Dose, such as [ks.block('ampa', 0.9)]"),
    ("sim(interventions={'ampa': 0.9})", "give a list of Dose"),
    ("sim(interventions=3)", "interventions = 3"),
    ("sim(interventions=[None])", "interventions = [None]"),
    ("sim(options={'rtol': 1e-5})", "give SolverOptions(...), or its fields as keywords"),
    # --- subjects
    ("ks.Subject(weight_kg=0)", "outside 2 to 300 kg for a human"),
    ("ks.Subject(weight_kg=5000)", "outside 2 to 300 kg for a human"),
    ("ks.Subject(weight_kg=True)", "weight_kg = True must be a number from 2 to 300 kg"),
    ("ks.Subject(weight_kg='70 kg')", "weight_kg = '70 kg' must be a number from 2 to 300 kg"),
    ("ks.Subject('rat', weight_kg=70)", "outside 0.02 to 2 kg for a rat"),
    ("ks.Subject(severity=-1)", "outside 0 to 1"),
    ("ks.Subject(severity=nan)", "must be a number from 0 to 1"),
    # --- parameters
    ("sim(parameters={'nmda_block.K0': 'x'})", "'x' is not a number"),
    ("sim(parameters={'nmda_block.K0': None})", "None is not a number"),
    ("sim(parameters={'nmda_block.K0': True})", "True is not a number"),
    ("sim(parameters={'nmda_block.K0': nan})", "must lie within 0.01 to 6 uM"),
    ("sim(parameters={'nmda_block.K0': inf})", "must lie within 0.01 to 6 uM"),
    ("sim(parameters={'nmda_block.K0': 1e9})", "plausible 0.1 to 0.6 uM, default 0.32 uM"),
    ("sim(parameters={'K0': 0.3})", "did you mean 'nmda_block.K0'"),
    ("sim(parameters={3: 0.3})", "unknown parameter 3: it must be text"),
    ("sim(parameters='nmda_block.K0=0.3')", "give a mapping, such as {'nmda_block.K0': 0.4}"),
    ("sim(parameters=3)", "parameters = 3: give a mapping"),
    # --- times
    ("sim(t_eval=[2, 1])", "t_eval[1] = 1 h comes before t_eval[0] = 2 h"),
    ("sim(t_eval=[1, 1])", "use numpy.unique(t_eval)"),
    ("sim(t_eval=[1, nan])", "t_eval[1] = nan: times must be finite hours"),
    ("sim(t_eval=[])", "give at least one time"),
    ("sim(t_eval=[[1, 2]])", "shape (1, 2)"),
    ("sim(t_eval='14 d')", "t_eval = '14 d': give numbers in hours"),
    ("sim(t_eval=['1', '2'])", "give numbers in hours"),
    ("sim(t_eval=True)", "give numbers in hours"),
    ("sim(t_eval=[False, True])", "give numbers in hours"),
    ("sim(t_eval=np.array([1 + 1j]))", "give numbers in hours"),
    ("sim(t_eval=np.array(['2030-01-01'], dtype='datetime64[D]'))", "give numbers in hours"),
    ("sim(t_eval={'a': 1})", "give numbers in hours"),
    ("sim(t_eval=[1e300])", "t_eval[0] = 1e+300 h: at most 876,000 h (100 years)"),
    ("sim(t_eval=[1e-320])", "too close to 0; give 0"),
    ("sim(t_eval=range(10**12))", "ask for fewer times"),
    ("sim(t_eval=np.broadcast_to(1.0, 10**12))", "1000000000000 output times need"),
    ("sim(until=0)", "must lie after 0 h, for example '14 d'"),
    ("sim(until='-3 d')", "must lie after 0 h"),
    ("sim(until=1e-320)", "must lie after 0 h"),
    ("sim(until=nan)", "until = nan: give hours, at most 876,000 (100 years)"),
    ("sim(until=1e300)", "at most 876,000 (100 years)"),
    ("sim(until='3 parsecs')", "write a number with s, min, h, d or wk"),
    ("sim(until=True)", "until = True: give hours"),
    ("sim(until=[14])", "until = [14]: give hours"),
    ("sim(until=5, t_eval=[1])", "give until or t_eval, not both"),
    # --- tolerances and limits
    ("sim(rtol=0)", "must be a number within 1e-14 to 0.1"),
    ("sim(rtol=-1e-6)", "must be a number within 1e-14 to 0.1"),
    ("sim(rtol=2)", "rtol = 2"),
    ("sim(rtol=nan)", "rtol = nan"),
    ("sim(rtol='1e-6')", "rtol = '1e-6' must be a number"),
    ("sim(rtol=1 + 0j)", "rtol = (1+0j)"),
    ("sim(atol=[1e-6])", "atol = [1e-06]"),
    ("sim(atol={'mtor.M': nan})", "atol of mtor.M = nan must be a number above 0 [1]"),
    ("ks.SolverOptions(atol={'mtor.m': 1e-6})", "did you mean 'mtor.M'"),
    ("ks.SolverOptions(atol={3: 1e-6})", "unknown state 3"),
    ("ks.SolverOptions(positivity={'mtor.m': 'warn'})", "did you mean 'mtor.M'"),
    ("sim(max_step=1e-200)", "max_step = 1e-200 must be a number within 1e-09 to 1e+09 h"),
    ("sim(max_steps=10**30)", "must be a whole number from 1 to 1e+12"),
    ("sim(max_steps=1.5)", "must be a whole number"),
    ("sim(max_wall_seconds=-1)", "within 1e-09 to 1e+09 s"),
    # --- populations
    ("crowd(0)", "a population has at least one subject"),
    ("crowd(2.5)", "n = 2.5 must be a whole number"),
    ("crowd('2')", "n = '2' must be a whole number"),
    ("crowd(None)", "n = None"),
    ("crowd(True)", "n = True"),
    ("crowd(10**12)", "ask for fewer subjects, readouts or times"),
    ("crowd(seed='a')", "seed = 'a' must be a whole number from 0"),
    ("crowd(seed=-1)", "seed = -1"),
    ("crowd(seed=10**40)", "to 18446744073709551615"),
    ("crowd(threads=0)", "threads = 0 must be a whole number from 1 to 4096"),
    ("crowd(threads=10**9)", "threads = 1000000000"),
    ("crowd(readouts='madrs')", "give a list of names, such as ['madrs_change']"),
    ("crowd(readouts=[])", "give a list"),
    ("crowd(readouts=['madrs', 'madrs'])", "readouts has 'madrs' twice: name it once"),
    ("crowd(readouts=[3])", "readouts has 3: a name is text"),
    ("crowd(weight_kg=[70, 'x'])", "give one number for each subject"),
    ("crowd(weight_kg=70)", "set a shared value in the scenario"),
    ("crowd(severity=[[0.5, 0.5]])", "shape (1, 2), expected one value for each subject (2,)"),
    ("crowd(severity=[1 + 1j, 1])", "give one number for each subject"),
    ("crowd(parameters=3)", "give a mapping of names"),
    ("crowd(parameters={3: [1, 2]})", "unknown parameter 3"),
    ("crowd(parameters={'nmda_block.K0': ['x', 'y']})", "give one number for each subject"),
    ("ks.draw_parameters(ks.Scenario(INFUSION), 2.5, 1)", "n = 2.5"),
    ("ks.draw_parameters(ks.Scenario(INFUSION), 2, 'a')", "seed = 'a'"),
    ("ks.draw_parameters(ks.Scenario(INFUSION), 2, 1, index=[0, -1])", "index = -1"),
    # --- event tables whose columns contradict each other
    ("events(RATE=[10])", "row 0: dose of ketamine (oral): only an iv dose has a rate"),
    ("events(RATE=[10], CMT=['oral'])", "only an iv dose has a rate"),
    ("events(DUR=[1])", "use route 'iv' for an infusion"),
    ("events(RATE=[-1])", "row 0, column RATE: -1 takes the rate from a parameter"),
    ("events(SS=[1])", "column SS: 1 needs II"),
    ("events(SS=[4], II=[24])", "must be 0, 1 or 2"),
    ("events(ADDL=[2])", "column ADDL: 2 further doses, but II is 0 h"),
    ("events(ADDL=[-2], II=[24])", "additional = -2"),
    ("events(ADDL=[2.5], II=[24])", "must be a whole number"),
    ("events(ADDL=[10**9], II=[24])", "at most 99999 repeats"),
    ("events(ADDL=[2], II=[1e-12])", "are one dose"),
    ("events(II=[-24])", "column II"),
    ("events(AMT=[0], EVID=[1])", "column AMT: is 0 on a dose row"),
    ("events(AMT=[35], EVID=[2])", "gives no dose"),
    ("events(EVID=[7])", "use 0, 1, 2, 3 or 4"),
    ("events(EVID=[1e300])", "must be a whole number, at most 1e9"),
    ("events(EVID=['dose'])", "column EVID: 'dose' is not a number"),
    ("events(DUR=[-1])", "duration_h = -1 h must not be negative"),
    ("events(LAG=[-1])", "lag_h = -1 h must not be negative"),
    ("events(F=[-1])", "must lie within 0 to 10"),
    ("events(TIME=[inf])", "column TIME: inf must be a finite number"),
    ("events(TIME=[1 + 1j])", "column TIME: (1+1j) is not a number"),
    ("events(DV=['ketamine'])", "column DV: 'ketamine' is not a number"),
    ("sim(events(TIME=[-1]).regimen)", "begins before 0 h"),
    ("events(AMT=5)", "column AMT: 5 is one value; give a list"),
    ("events(DRUG=[3])", "unknown drug '3'"),
    ("read_event_table(None)", "give a CSV path, a data frame or a mapping"),
    ("read_event_table('')", "give that of a CSV file"),
    ("read_event_table({'TIME': [0]}, drug=3)", "drug = 3: give its name as text"),
    ("read_event_table({'TIME': [0]}, unit=None)", "unit = None"),
    ("read_event_table({'TIME': [0]}, cmt='iv')", "give a mapping, such as {1: 'oral', 2: 'iv'}"),
    ("read_event_table({'TIME': [0]}, cmt={1: 'ivv'})", "did you mean 'iv'"),
    ("read_event_table({'TIME': [0]}, covariates='WT')", "give a list of columns"),
    ("read_event_table({'TIME': [0]}, subject=3)", "the table has no column ID"),
    # --- paths and options of validate and verify
    ("ks.validate(3)", "3 is not a path"),
    ("ks.validate('')", "'' is not a path"),
    ("ks.validate('x' * 5000)", "cannot be read|no such folder"),
    ("ks.validate(rtol=nan)", "rtol = nan"),
    ("ks.validate(threads=0)", "threads = 0"),
    ("ks.verify(None, None)", "None is not a path"),
    ("ks.verify('x' * 5000, 'y')", "cannot be read"),
    ("ks.verify('a\\0b', 'y')", "no such file"),
    ("ks.verify('a', 'b', rtol=inf)", "between 0 and 1, such as 1e-5"),
    ("ks.verify('a', 'b', rtol='x')", "rtol = 'x'"),
]


@pytest.fixture
def no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the first step an error of another kind."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a simulation was started")

    monkeypatch.setattr("ketasim._core.simulate", never)
    monkeypatch.setattr("ketasim._core.simulate_ensemble", never)


@pytest.mark.usefixtures("no_step")
@pytest.mark.parametrize(("call", "words"), CALLS, ids=[call[:70] for call, _ in CALLS])
def test_a_bad_call_is_refused_in_words_before_the_first_step(call: str, words: str) -> None:
    with pytest.raises(ks.KetasimError) as caught:
        eval(call, dict(NAMES))
    message = str(caught.value)
    assert any(word in message for word in words.split("|")), message
    assert not INSIDES.search(message), message
    assert len(message) < 600


def test_totals_of_a_target_above_1_act_as_1() -> None:
    """Two blockers of one target are possible; the model caps their sum."""
    both = ks.simulate(
        INFUSION, interventions=[ks.block("ampa", 0.7), ks.block("ampa", 0.7)], t_eval=[1.0, 5.0]
    )
    whole = ks.simulate(INFUSION, interventions=[ks.block("ampa", 1.0)], t_eval=[1.0, 5.0])
    assert np.array_equal(both.y, whole.y)


def test_a_dose_too_close_to_0_to_tell_is_given_at_0() -> None:
    at_0, near_0 = (ks.simulate(dose(start_h=start), t_eval=[1.0]) for start in (0.0, 1e-320))
    assert np.array_equal(near_0.y, at_0.y)


def test_thousands_of_doses_are_no_reason_to_refuse() -> None:
    many = ks.Regimen(tuple(dose(amount=0.01, start_h=0.1 * k) for k in range(5000)))
    assert ks.simulate(many, t_eval=[500.0], rtol=1e-3).success


def test_a_bad_member_says_what_a_single_run_would_say() -> None:
    bad = {
        "weight_kg": ([70, 5000], "weight_kg = 5000.0 is outside 2 to 300 kg"),
        "severity": ([1, -1], "severity = -1.0 is outside 0 to 1"),
        "baseline_madrs": ([30, math.nan], "baseline_madrs = nan must be a number"),
        "parameters": ({"nmda_block.K0": [0.3, 1e9]}, "must lie within 0.01 to 6 uM"),
    }
    for name, (values, words) in bad.items():
        some = crowd(**{name: values})
        assert some.status == ("success", "refused")
        assert words in some.message[1]
        assert np.isfinite(some.values[0]).all()
        assert np.isnan(some.values[1]).all()


# --- what cannot be changed ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> dict[str, object]:
    return {
        "run": ks.simulate(INFUSION, t_eval=[0.0, 1.0]),
        "crowd": crowd(parameters={"nmda_block.K0": [0.3, 0.4]}),
        "scenario": ks.Scenario(INFUSION, parameters={"nmda_block.K0": 0.4}),
        "options": ks.SolverOptions(atol={"mtor.M": 1e-9}),
        "rest": ks.steady_state(),
        "ks": ks,
    }


@pytest.mark.parametrize(
    "change",
    [
        "run.t = None",
        "run.scenario = None",
        "run.comment = 'mine'",
        "run.t[0] = 9",
        "run.y[0, 0] = 9",
        "run['madrs'][0] = 9",
        "crowd.t = None",
        "crowd.t[0] = 9",
        "crowd.values[0, 0, 0] = 9",
        "crowd.parameters['nmda_block.K0'] = None",
        "crowd.parameters['nmda_block.K0'][0] = 9",
        "scenario.context = 'saline'",
        "scenario.comment = 'mine'",
        "del scenario.context",
        "scenario.subject.weight_kg = 9",
        "scenario.regimen.doses[0].amount = 9",
        "scenario.parameters['nmda_block.K0'] = 9",
        "options.rtol = 9",
        "options.atol['mtor.M'] = 9",
        "rest.y[0] = 9",
        "ks.readouts()['madrs']['unit'] = 'mg'",
        "ks.parameters()[0]['value'] = 9",
    ],
)
def test_what_is_frozen_stays_as_it_is(made: dict[str, object], change: str) -> None:
    before = pickle.dumps([*(made[k] for k in made if k != "ks"), ks.readouts(), ks.parameters()])
    with pytest.raises(
        (AttributeError, TypeError, ValueError), match="changed|read-only"
    ) as caught:
        exec(change, dict(made))  # noqa: S102
    assert not INSIDES.search(str(caught.value))
    after = pickle.dumps([*(made[k] for k in made if k != "ks"), ks.readouts(), ks.parameters()])
    assert after == before


def test_results_do_not_change_with_the_array_of_their_times() -> None:
    times, weights = np.array([0.0, 1.0]), np.array([70.0, 60.0])
    some = crowd(t_eval=times, weight_kg=weights)
    times[1], weights[1] = 9.0, 9.0
    assert some.t.tolist() == [0.0, 1.0]


# --- the command line ---------------------------------------------------------------------------

COMMANDS = [
    ("simulate 'ketamine 0.5 mg/kgg iv over 40 min'", "use mg, mg/kg, fraction or uM"),
    ("simulate 'ketamine nan mg/kg iv over 40 min'", "expected an amount"),
    ("simulate 'ketamine 1e999 mg iv over 40 min'", "amount = inf"),
    ("simulate 'ketamine 0 mg/kg iv over 40 min'", "leave the record out"),
    ("simulate 'ketamine 500 mg/kg iv over 40 min'", "at most 15 mg/kg"),
    ("simulate 'ketamine 0.5 mg/kg iv'", "write 'over 40 min'"),
    ("simulate 'ketamine 0.5 mg/kg iv over 0 min'", "a dose without one"),
    ("simulate 'ketamine 0.5 mg/kg iv over 40 min from -2 h'", "begins before 0 h"),
    ("simulate 'ketamine 0.5 mg/kg iv over 40 min from 9 d' --until '2 d'", "raise until"),
    ("simulate 'ketamine 10 mg im every 1e-12 h x 3'", "more than 1e-09 h apart"),
    ("simulate 'ketamine 10 mg im daily x 1000000001'", "give from 1 to 100000"),
    ("simulate 'nbqx 190% target for 3 h'", "must lie between 0 and 1"),
    ("simulate {infusion} --points 1000000000", "ask for fewer times"),
    ("simulate {infusion} --n 1000000000000", "ask for fewer subjects"),
    ("simulate {infusion} --n 2.5", "'2.5' is not a whole number of at least 1"),
    ("simulate {infusion} --n 2 --seed a", "'a' is not a whole number of at least 0"),
    ("simulate {infusion} --n 2 --threads 0", "'0' is not a whole number of at least 1"),
    ("simulate {infusion} --n 2 --threads 1000000", "from 1 to 4096"),
    ("simulate {infusion} --until 0", "must lie after 0 h"),
    ("simulate {infusion} --until nan", "until = nan: give hours"),
    ("simulate {infusion} --until '3 parsecs'", "write a number with s, min, h, d or wk"),
    ("simulate {infusion} --t-eval nan", "--t-eval = nan"),
    ("simulate {infusion} --t-eval 1,,2", "--t-eval = ''"),
    ("simulate {infusion} --rtol -1", "rtol = -1.0 must be a number within"),
    ("simulate {infusion} --rtol 2", "rtol = 2.0 must be a number within"),
    ("simulate {infusion} --rtol nan", "rtol = nan must be a number within"),
    ("simulate {infusion} --rtol tight", "invalid float value: 'tight'"),
    ("simulate {infusion} --weight nan", "must be a number from 2 to 300 kg"),
    ("simulate {infusion} --genotype val66mett", "did you mean 'val66met'"),
    ("simulate {infusion} --sex womman", "unknown sex 'womman'"),
    ("simulate {infusion} --age 12", "no number was found"),
    ("simulate {infusion} --species rat --kidney impaired", "leave kidney out"),
    ("simulate {infusion} --set nmda_block.K0=nan", "must lie within 0.01 to 6 uM"),
    ("simulate {infusion} --set nmda_block.K0=inf", "must lie within 0.01 to 6 uM"),
    ("simulate {infusion} --method rodas5", "did you mean 'rodas5p'"),
    ("simulate {infusion} --rtoll 1e-5", "did you mean --rtol"),
    ("simulate {infusion} --block ampa=nan", "must be a finite number from 0 to 1"),
    ("simulate ''", "the argument after 'simulate' is empty"),
    ("simulate {infusion} --output ''", "--output is empty: give a value"),
    ("simulate {infusion} --plot=", "--plot is empty"),
    ("simulate --table '' --drug ketamine", "--table is empty"),
    ("validate --json ''", "--json is empty"),
    ("verify '' ''", "the argument after 'verify' is empty"),
    ("simulate {infusion} --output .", "no ending"),
    ("simulate {infusion} --output folder.csv", "it is a folder"),
    ("simulate {infusion} --output /proc/run.csv", "cannot write '/proc/run.csv'"),
    ("simulate {infusion} --output missing/run.csv", "there is no folder"),
    ("simulate {infusion} --output run.xls", "use .csv, .json, .parquet or .nc"),
    ("simulate {infusion} --output {long}.csv", "File name too long"),
    ("simulate --table folder.csv --drug ketamine", "not a regular file"),
    ("simulate --table good.csv --drug ketamin --route iv", "did you mean 'ketamine'"),
    ("simulate --table good.csv --drug ketamine --route ivv", "did you mean 'iv'"),
    ("simulate --table good.csv --drug ketamine --cmt 1=ivv", "did you mean 'iv'"),
    ("simulate --table good.csv --drug ketamine --route iv --unit g", "did you mean 'mg'"),
    ("simulate --table good.csv --drug ketamine --route iv --id 3", "no column ID"),
    ("simulate --table early.csv --drug ketamine --route im", "begins before 0 h"),
    ("verify --rtol nan", "between 0 and 1"),
    ("verify --rtol 3", "between 0 and 1"),
    ("validate folder.csv", "no such file"),
    ("validate good.csv", "no such folder"),
    ("validate --json folder.csv", "it is a folder"),
    ("validate --figures good.csv", "is not a folder"),
    ("demo --output good.csv", "is not a folder"),
    ("parameters --species humn", "did you mean 'human'"),
    ("readouts madrs_chnge", "did you mean 'madrs_change'"),
]


def _split(command: str) -> list[str]:
    import shlex

    return shlex.split(command.format(infusion=f"'{INFUSION}'", long="x" * 300))


def _refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(words)
    printed = capsys.readouterr()
    assert code == cli.BAD_INPUT, printed
    assert printed.out == ""
    assert printed.err.startswith("ketasim: error: ")
    assert said in printed.err, printed.err
    assert "Traceback" not in printed.err
    # One message: one line, with the words and a marker below, or a list of the faults of a table.
    assert all(line.startswith("  ") for line in printed.err.splitlines()[1:]), printed.err


@pytest.mark.usefixtures("no_step")
@pytest.mark.parametrize(("command", "said"), COMMANDS, ids=[c[:70] for c, _ in COMMANDS])
def test_a_bad_command_exits_with_2_one_message_and_no_file(
    command: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    Path("good.csv").write_text("TIME,AMT\n0,35\n", encoding="utf-8")
    Path("early.csv").write_text("TIME,AMT\n-1,35\n", encoding="utf-8")
    _refused(_split(command), said, capsys)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["early.csv", "folder.csv", "good.csv"]
    assert not list(Path("folder.csv").iterdir())


# --- files that are not what they should be -----------------------------------------------------

SCENARIO = (
    "scenario,species,weight_kg,stress,context,baseline_severity,parameter_set,drug,amount,"
    "amount_unit,route,start_h,duration_h,interval_h,additional\n"
    "one,human,70,1,none,,,ketamine,0.5,mg/kg,iv,0,0.5,0,0\n"
)
VALUE = "scenario,readout,time_h,value,unit\none,madrs,24,20,points\n"

#: Each table by the command that reads it: a good one, and where it lies.
TABLES = {
    "events": "TIME,AMT,DUR\n0,35,1\n",
    "regimens": None,
    "arms": None,
    "observations": None,
    "scenarios": SCENARIO,
    "values": VALUE,
}

GARBAGE = [
    ("an empty file", lambda good: b"", "the file is empty"),
    ("a header alone", lambda good: good.splitlines()[0].encode(), "only a header"),
    ("other columns", lambda good: b"a,b\n1,2\n", "no column|unknown column|no TIME column"),
    ("a missing cell", lambda good: (good.splitlines()[0] + "\n0\n").encode(), "row 2: 1 cells"),
    (
        "broken quoting",
        lambda good: (
            good.splitlines()[0] + '\n"0' + "," * good.splitlines()[0].count(",")
        ).encode(),
        "row 2: broken CSV",
    ),
    ("UTF-16", lambda good: good.encode("utf-16"), "is not UTF-8 text; save the table as UTF-8"),
    ("Latin-1", lambda good: good.encode() + "é\n".encode("latin-1"), "is not UTF-8 text"),
    ("binary", lambda good: bytes(range(255, -1, -1)) * 99, "is not UTF-8 text"),
    ("NULs", lambda good: b"\0" * 4096, "row 1: byte 0x00 is not UTF-8 text"),
    ("a folder", None, "not a regular file; give the path of a CSV file"),
    ("nothing", None, "no such file"),
    ("200 MB", None, "200 MB, the limit for a table is 16 MB"),
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    with as_file(files("ketasim.evidence").joinpath("data")) as shipped:
        for name in ("regimens", "arms", "observations"):
            shutil.copy(shipped / f"{name}.csv", tmp_path / f"{name}.csv")
    for name, text in TABLES.items():
        if text is not None:
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def _read(table: str, place: Path) -> object:
    if table == "events":
        return read_event_table(place / "events.csv", drug="ketamine", route="iv")
    if table in ("scenarios", "values"):
        return ks.verify(place / "scenarios.csv", place / "values.csv")
    return ks.validate(place)


def _command(table: str, place: Path) -> list[str]:
    if table == "events":
        return ["simulate", "--table", f"{place}/events.csv", "--drug", "ketamine", "--route", "iv"]
    if table in ("scenarios", "values"):
        return ["verify", f"{place}/scenarios.csv", f"{place}/values.csv"]
    return ["validate", str(place)]


@pytest.mark.usefixtures("no_step")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("kind", "make", "words"), GARBAGE, ids=[kind for kind, _, _ in GARBAGE])
def test_a_file_of_another_kind_is_named_and_refused(
    table: str,
    kind: str,
    make: object,
    words: str,
    place: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = place / f"{table}.csv"
    good = path.read_text(encoding="utf-8")
    if callable(make):
        path.write_bytes(make(good))
    else:
        path.unlink()
    if kind == "a folder":
        path.mkdir()
    if kind == "200 MB":
        with path.open("wb") as file:
            file.truncate(200 * 2**20)
    with pytest.raises(ks.EvidenceError) as caught:
        _read(table, place)
    said = str(caught.value)
    assert path.name in said, said
    assert any(word in said for word in words.split("|")), said
    assert not INSIDES.search(said), said
    assert len(said) < 1000
    _refused(_command(table, place), "", capsys)


@pytest.mark.usefixtures("no_step")
@pytest.mark.parametrize(
    ("table", "old", "new", "words"),
    [
        ("scenarios", "human", "humn", "row 2: unknown species 'humn': did you mean 'human'"),
        ("scenarios", "ketamine", "ketamin", "row 2: unknown drug 'ketamin'"),
        ("scenarios", ",iv,", ",ivv,", "row 2: unknown route 'ivv'"),
        ("scenarios", "mg/kg", "g/kg", "row 2: unknown unit 'g/kg'"),
        ("scenarios", "none", "midazolm", "row 2: unknown context 'midazolm'"),
        ("scenarios", ",70,", ",heavy,", "row 2, column weight_kg: 'heavy' is not a finite number"),
        ("scenarios", ",70,", ",,", "row 2, column weight_kg: ''"),
        ("scenarios", ",70,", ",5000,", "row 2: weight_kg = 5000.0 is outside 2 to 300 kg"),
        ("scenarios", ",1,none", ",-1,none", "row 2: severity = -1.0"),
        ("scenarios", ",0.5,mg", ",nan,mg", "row 2, column amount: 'nan'"),
        ("scenarios", ",0.5,mg", ",-5,mg", "row 2: dose of ketamine (iv): amount = -5"),
        ("scenarios", ",0.5,mg", ",500,mg", "far above the doses of studies: for a human"),
        ("scenarios", "0.5,0,0\n", "0.5,0,1.5\n", "row 2: dose of ketamine (iv): additional = 1.5"),
        ("scenarios", "0.5,0,0\n", "0.5,0,3\n", "row 2: dose of ketamine (iv): additional = 3 but"),
        ("scenarios", "none,,,", "none,,variant_B,", "row 2: unknown variant 'variant_B'"),
        ("scenarios", "none,,,", "none,,mtor.tauM=1,", "did you mean 'mtor.tau_M'"),
        ("scenarios", "none,,,", "none,,mtor.tau_M=x,", "column parameter_set: 'x'"),
        ("scenarios", "none,,,", "none,,mtor.tau_M=1e9,", "parameter mtor.tau_M = 1e+09"),
        (
            "scenarios",
            "0.5,0,0\n",
            "0.5,0,0\none,human,62,1,none,,,ketamine,0.5,mg/kg,iv,48,0.5,0,0\n",
            "row 3, column weight_kg: '62', but row 2 of the same scenario says '70'",
        ),
        ("scenarios", ",0,0.5,0,0", ",48,0.5,0,0", "scenario 'one': ketamine"),
        (
            "values",
            "one,",
            "two,",
            "row 2, column scenario: 'two' is not in the table of scenarios",
        ),
        ("values", "madrs", "madr", "row 2, column readout: unknown readout 'madr'"),
        ("values", ",24,", ",soon,", "row 2, column time_h: 'soon' is not a finite number"),
        ("values", ",24,", ",-1e9,", "at most 876,000 h"),
        ("values", ",20,", ",nan,", "row 2, column value: 'nan' is not a finite number"),
        ("values", "points", "mg", "row 2, column unit: 'mg', but madrs is in 'points'"),
    ],
)
def test_a_bad_cell_of_a_reference_is_named_by_file_and_row(
    table: str,
    old: str,
    new: str,
    words: str,
    place: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = place / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ks.EvidenceError) as caught:
        _read(table, place)
    said = str(caught.value)
    assert words in said, said
    assert path.name in said or "scenarios.csv" in said, said
    _refused(_command(table, place), words, capsys)


def test_rows_are_counted_as_an_editor_counts_lines(place: Path) -> None:
    (place / "values.csv").write_text(
        VALUE.replace("\none", "\n\n\none").replace("madrs", "madr"), encoding="utf-8"
    )
    with pytest.raises(ks.EvidenceError, match=r"values\.csv, row 4, column readout"):
        ks.verify(place / "scenarios.csv", place / "values.csv")


# --- places that cannot be written, libraries that are not there --------------------------------


@pytest.fixture(scope="module")
def run() -> ks.Run:
    return ks.simulate(INFUSION, t_eval=[0.0, 1.0])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (None, "give the name of a file, such as 'run.csv'"),
        (3, "3 is not a path"),
        ("", "'' is not a path"),
        ("run", "no ending"),
        ("run.xlsx", "use .csv, .json, .parquet or .nc"),
        ("missing/run.csv", "create it first"),
        ("folder.csv", "it is a folder"),
        ("/proc/run.csv", "cannot write '/proc/run.csv'"),
        ("a\0b.csv", "cannot write"),
        ("x" * 300 + ".csv", "File name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(
    run: ks.Run, path: object, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    with pytest.raises(OutputError) as caught:
        run.save(path)
    assert words in str(caught.value)
    assert not INSIDES.search(str(caught.value))
    assert [p.name for p in tmp_path.iterdir()] == ["folder.csv"]


def test_a_folder_without_permission_is_refused(
    run: ks.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions do not stop root, so what a read-only file system answers is said here.
    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    with pytest.raises(OutputError, match="Read-only file system"):
        run.save(tmp_path / "run.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("what", "names", "words"),
    [
        ("run", "madrs", "give a list of names, such as ['madrs_change']"),
        ("run", 3, "names = 3: give a list"),
        ("run", [], "names is empty: give a list of names"),
        ("run", [3], "names has 3: a name is text"),
        ("run", ["madrs_chnge"], "did you mean 'madrs_change'"),
        ("crowd", ["madr"], "did you mean 'madrs'"),
        ("table", ["unti"], "did you mean 'unit'"),
        ("nothing", None, "give a Run, an Ensemble or a table"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "nc"])
def test_only_what_is_there_can_be_saved(
    run: ks.Run, what: str, names: object, words: str, ending: str, tmp_path: Path
) -> None:
    result = {"run": run, "crowd": crowd(), "table": ks.readouts(), "nothing": None}[what]
    with pytest.raises(ks.KetasimError) as caught:
        save(result, tmp_path / f"x.{ending}", names)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("library", "command", "extra"),
    [
        ("pandas", "--output run.parquet", "io"),
        ("pyarrow", "--output run.parquet", "io"),
        ("xarray", "--output run.nc", "io"),
        ("h5netcdf", "--output run.nc", "io"),
        ("h5py", "--output run.nc", "io"),
        ("matplotlib", "--plot run.png", "plot"),
    ],
)
@pytest.mark.usefixtures("no_step")
def test_a_missing_library_names_its_extra_on_the_command_line(
    library: str,
    command: str,
    extra: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, library, None)
    words = ["simulate", INFUSION, *command.split()]
    _refused(words, f"this needs {library}, which is not installed", capsys)
    assert cli.main(words) == cli.BAD_INPUT
    assert f"pip install 'ketasim[{extra}]'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("library", "method", "extra"),
    [("pandas", "to_dataframe", "frames"), ("xarray", "to_xarray", "xarray")],
)
def test_a_missing_library_names_its_extra(
    run: ks.Run, library: str, method: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    for result in (run, crowd()):
        with pytest.raises(ks.MissingLibraryError, match=rf"{library}.*ketasim\[{extra}\]"):
            getattr(result, method)()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("run.at('madrs', 0.5)", "time 0.5 h is not in t (the nearest is 0 h); put it in t_eval"),
        ("run.at('madrs', None)", "time_h = None: give hours"),
        ("run.at('madr', 1)", "did you mean 'madrs'"),
        ("run[['madrs']]", "it must be text"),
        ("run[3]", "such as esketamine_venous"),
        ("run.unit(3)", "it must be text"),
        ("some['madr']", "did you mean 'madrs'"),
        ("some.quantiles('madr')", "did you mean 'madrs'"),
        ("some.quantiles('madrs', 50)", "q = 50: quantiles are shares from 0 to 1"),
        ("some.quantiles('madrs', 'median')", "q = 'median'"),
        ("some.response_rate(1)", "keep readout 'response'"),
        ("ks.steady_state()['mtor.m']", "did you mean 'mtor.M'"),
    ],
)
def test_a_bad_question_to_a_result_is_answered_in_words(
    run: ks.Run, call: str, words: str
) -> None:
    with pytest.raises(ks.KetasimError) as caught:
        eval(call, {"run": run, "some": crowd(), "ks": ks})
    assert words in str(caught.value)
    assert not INSIDES.search(str(caught.value))
