"""Claims about virtual populations."""

import dataclasses
import os
import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
KEEP = {"readouts": ["madrs", "madrs_change"], "t_eval": [0.0, 24.0]}


def test_a_population_is_a_pure_function_of_seed_and_index():
    scenario = ks.Scenario(INFUSION)
    all_ten = ks.draw_parameters(scenario, 10, seed=3)
    some = ks.draw_parameters(scenario, 2, seed=3, index=[7, 2])
    for name, values in all_ten.items():
        assert some[name].tolist() == [values[7], values[2]]
    other = ks.draw_parameters(scenario, 10, seed=4)
    drawn = [name for name in all_ten if name != "symptoms.omega_s"]
    assert all(not np.array_equal(other[k], all_ten[k]) for k in drawn)


def test_subjects_are_streams_of_their_own_up_to_the_last_index():
    scenario = ks.Scenario(INFUSION)
    table = ks.parameters()["pharmacokinetics.V1"]
    for seed, i in ((0, 0), (7, 3), (2**64 - 1, 2**64 - 1)):
        counter = np.array([0, 0, 0, i], dtype=np.uint64)
        stream = np.random.Generator(np.random.Philox(key=seed, counter=counter))
        names = [row["name"] for row in ks.parameters() if row["iiv_cv_pct"] > 0.0]
        z = stream.standard_normal(len(names) + 1)[names.index("pharmacokinetics.V1")]
        v1 = ks.draw_parameters(scenario, 1, seed=seed, index=[i])["pharmacokinetics.V1"]
        spread = np.sqrt(np.log1p((table["iiv_cv_pct"] / 100.0) ** 2))
        assert v1 == pytest.approx(table["value"] * np.exp(spread * z), rel=1e-14)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_results_do_not_depend_on_the_number_of_threads(threads):
    one = ks.simulate_population(INFUSION, 30, seed=1, threads=1, **KEEP)
    many = ks.simulate_population(INFUSION, 30, seed=1, threads=threads, **KEEP)
    assert np.array_equal(one.values, many.values)


def test_a_member_equals_the_single_run_with_its_parameters():
    crowd = ks.simulate_population(INFUSION, 5, seed=2, **KEEP)
    with pytest.warns(ks.ParameterRangeWarning) if _outside(crowd, 3) else nullcontext():
        run = ks.simulate(
            INFUSION,
            t_eval=[0.0, 24.0],
            parameters={k: float(v[3]) for k, v in crowd.parameters.items()},
        )
    assert np.array_equal(crowd["madrs"][3], run["madrs"])


def test_levels_alone_are_those_of_the_whole_run_within_the_tolerances():
    asked = {"readouts": ["ketamine_venous"], "t_eval": [0.5, 1.0, 8.0, 24.0], "seed": 4}
    whole = ks.simulate_population(INFUSION, 20, **asked)
    alone = ks.simulate_population(INFUSION, 20, only_readouts=True, **asked)
    largest = whole.values.max()
    # Two runs at rtol 1e-6 differ by some of its multiples; steps differ, so bits do too.
    assert 0.0 < np.abs(alone.values - whole.values).max() < 1e-5 * largest
    counted = ks.simulate_population(INFUSION, 20, only_readouts=True, quantiles=[0.5], **asked)
    middle = np.median(alone["ketamine_venous"], axis=0)
    assert counted.quantiles("ketamine_venous")[0] == pytest.approx(middle, rel=0.05)


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
@pytest.mark.parametrize("species", ["human", "rat"])
def test_whoever_is_drawn_can_be_simulated_alone(species):
    scenario = ks.Scenario(INFUSION, ks.Subject(species))
    drawn = ks.draw_parameters(scenario, 20_000, seed=1)
    for extreme in (np.argmin, np.argmax):
        for values in drawn.values():
            farthest = int(extreme(values))
            who = {name: float(of[farthest]) for name, of in drawn.items()}
            run = ks.simulate(
                dataclasses.replace(scenario, parameters=who), t_eval=[1.0], rtol=1e-3
            )
            assert run.success


def _outside(crowd, member):
    table = ks.parameters()
    return any(
        not table[k]["low"] <= v[member] <= table[k]["high"]
        for k, v in crowd.parameters.items()
        if k != "symptoms.omega_s"  # 0: a person's own sensitivity is known
    )


def test_draws_have_the_variability_of_the_table():
    drawn = ks.draw_parameters(ks.Scenario(INFUSION), 4000, seed=0)
    v1 = drawn["pharmacokinetics.V1"]
    # Standard error of a CV of 24 % from 4000 draws is 0.3 %; five of them.
    assert np.std(v1) / np.mean(v1) == pytest.approx(0.24, abs=0.015)
    assert np.median(v1) == pytest.approx(10.0, rel=0.02)
    assert np.mean(drawn["symptoms.sensitivity"]) == pytest.approx(1.0, abs=0.1)
    assert 0.0 < drawn["pharmacokinetics.FR_n"].min() < drawn["pharmacokinetics.FR_n"].max() < 1.0


def test_one_bad_member_does_not_disturb_the_others():
    weights = np.array([70.0, -5.0, 60.0])
    crowd = ks.simulate_population(INFUSION, 3, seed=1, weight_kg=weights, **KEEP)
    good = ks.simulate_population(INFUSION, 3, seed=1, weight_kg=[70.0, 70.0, 60.0], **KEEP)
    assert crowd.status == ("success", "refused", "success")
    assert "weight_kg" in crowd.message[1]
    assert np.isnan(crowd["madrs"][1]).all()
    assert np.array_equal(crowd["madrs"][[0, 2]], good["madrs"][[0, 2]])
    assert np.isfinite(crowd.quantiles("madrs")).all()


def test_an_ensemble_has_labels_and_units():
    crowd = ks.simulate_population(INFUSION, 4, **KEEP)
    assert crowd["madrs"].shape == (4, 2)
    assert crowd.unit("madrs") == "points"
    assert crowd.to_xarray()["madrs"].dims == ("member", "time")
    assert len(crowd.to_dataframe()) == 8
    with pytest.raises(ks.UnknownNameError, match="madrs"):
        crowd["madr"]


def test_progress_is_reported_on_the_calling_thread():
    seen = []
    ks.simulate_population(INFUSION, 300, progress=seen.append, **KEEP)
    assert seen[-1] == 300
    assert seen == sorted(seen)


def test_an_error_in_the_progress_callback_reaches_the_caller():
    def fail(done):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ks.simulate_population(INFUSION, 50, progress=fail, **KEEP)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_a_population():
    code = (
        "import os, signal, threading, ketasim as ks\n"
        "threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n"
        "    ks.simulate_population('ketamine 10 mg iv bolus', 1_000_000, t_eval=[1.0],"
        " readouts=['madrs'], parameters={})\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "stopped", done.stderr


REGIMENS = [
    INFUSION,
    ks.Regimen(),
    ks.Dose("esketamine", 56, "mg", "intranasal"),
    ks.Regimen.parse(INFUSION).shift("12 h"),
    INFUSION,
]


@pytest.mark.parametrize("threads", [1, 2])
def test_subjects_with_regimens_of_their_own_equal_single_runs(threads):
    scenario = ks.Scenario(
        "escitalopram 10 mg oral daily for 4 weeks", interventions=(ks.block("nbqx", 0.5),)
    )
    crowd = ks.simulate_population(
        scenario, 5, regimens=REGIMENS, parameters={}, threads=threads, **KEEP
    )
    for m, regimen in enumerate(REGIMENS):
        own = dataclasses.replace(scenario, regimen=regimen)
        assert crowd.regimens[m] == own.regimen
        assert np.array_equal(crowd["madrs"][m], ks.simulate(own, t_eval=KEEP["t_eval"])["madrs"])
    assert "4 regimens" in repr(crowd)
    assert "escitalopram" not in repr(crowd)
    assert ks.simulate_population(INFUSION, 2, **KEEP).regimens is None


@pytest.mark.parametrize("end", [{"t_eval": [1.0, 24.0]}, {"until": "24 h"}])
def test_a_subject_with_a_dose_after_the_end_is_refused_alone(end):
    late = ks.Regimen.parse(INFUSION) + ks.Regimen.parse(INFUSION).shift("2 d")
    asked = {"readouts": ["madrs"], "parameters": {}, "rtol": 1e-3, **end}
    with pytest.raises(ks.ScenarioError, match="starts at 48 h, after the end") as alone:
        ks.simulate(late, **end)
    own = [late, INFUSION, late, ks.Regimen()]
    crowd = ks.simulate_population(ks.Regimen(), 4, regimens=own, **asked)
    assert crowd.status == ("refused", "success", "refused", "success")
    assert crowd.message == (str(alone.value), "", str(alone.value), "")
    assert np.isnan(crowd["madrs"][::2]).all()
    if "t_eval" in end:
        run = ks.simulate(INFUSION, t_eval=end["t_eval"], rtol=1e-3)
        assert np.array_equal(crowd["madrs"][1], run["madrs"])
    counted = ks.simulate_population(ks.Regimen(), 4, regimens=own, quantiles=[0.5], **asked)
    assert counted.status == {"refused": 2, "success": 2}
    assert [f.member for f in counted.failures] == [0, 2]
    assert {f.message for f in counted.failures} == {str(alone.value)}
    # What all share is impossible for all.
    with pytest.raises(ks.ScenarioError, match="starts at 48 h, after the end"):
        ks.simulate_population(late, 2, **asked)
    alike = ks.simulate_population(late, 2, regimens=[INFUSION, INFUSION], **asked)
    assert alike.ok.all()
    assert "; 1 regimen;" in repr(alike)


def test_the_times_chosen_for_many_regimens_do_not_grow_with_them():
    infusion = ks.Regimen.parse(INFUSION)
    own = [infusion + infusion.shift(100.0 + k / 7) for k in range(700)]
    crowd = ks.simulate_population(
        ks.Regimen(), 700, regimens=own, parameters={}, readouts=["madrs"], rtol=1e-2
    )
    assert crowd.t.size == 3000
    assert (crowd.t[0], crowd.t[-1]) == (0.0, 100.0 + 699 / 7 + 168.0)
    assert (np.diff(crowd.t) > 0.0).all()


def test_the_default_end_of_a_population_is_after_the_last_dose_of_all():
    crowd = ks.simulate_population(
        ks.Regimen(),
        2,
        regimens=[
            "ketamine 0.5 mg/kg iv over 40 min",
            "ketamine 0.5 mg/kg iv over 40 min every 7 d x 4",
        ],
        readouts=["madrs"],
        rtol=1e-3,
    )
    assert crowd.t[-1] == 3 * 168.0 + 168.0


def test_a_table_of_several_subjects_becomes_a_population():
    table = {"ID": [7, 7, 3], "TIME": [0, 48, 0], "AMT": [35, 35, 20], "DUR": [0.7, 0.7, 0.7]}
    own = ks.Regimen.all_from_table(table, drug="ketamine", route="iv")
    assert list(own) == ["7", "3"]
    floats = {**table, "ID": [7.0, 7.0, 3.0]}  # as a data frame with a blank ID would have them
    assert ks.Regimen.all_from_table(floats, drug="ketamine", route="iv") == own
    assert own["3"] == ks.Regimen.from_table(table, drug="ketamine", route="iv", subject=3)
    crowd = ks.simulate_population(
        ks.Regimen(),
        2,
        regimens=list(own.values()),
        parameters={},
        readouts=["madrs"],
        t_eval=[72.0],
    )
    for m, regimen in enumerate(own.values()):
        assert np.array_equal(crowd["madrs"][m], ks.simulate(regimen, t_eval=[72.0])["madrs"])
    with pytest.raises(ks.EvidenceError, match="column ID: is empty; every row needs"):
        ks.Regimen.all_from_table({"TIME": [0], "AMT": [35]}, drug="ketamine", route="iv")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"n": 2, "regimens": INFUSION}, "give a list with a Regimen, a Dose or text for each"),
        ({"n": 1, "regimens": {"a": INFUSION}}, r"give a list .* list\(regimens\.values\(\)\)"),
        ({"n": 1, "regimens": {INFUSION}}, r"give a list .* list\(regimens\)"),
        (
            {"n": 2, "regimens": [INFUSION]},
            r"regimens has 1 entries, expected one for each subject \(2\)",
        ),
        ({"n": 2, "regimens": [INFUSION, None]}, r"regimens\[1\]: regimen = None: give a Regimen"),
        ({"n": 2, "regimens": [INFUSION, "ketamin 1 mg iv"]}, r"regimens\[1\]: .*ketamine"),
        (
            {"n": 1, "regimens": ["ketamine 5000 mg iv bolus"]},
            r"regimens\[0\]: .*far above the doses of studies",
        ),
        (
            {"n": 1, "regimens": [INFUSION], "t_eval": None, "until": 0.0},
            "the end must lie after 0 h",
        ),
        ({"n": 0}, "at least one"),
        ({"n": 2, "threads": 0}, "threads"),
        ({"n": 2, "readouts": ["madr"]}, "madrs"),
        ({"n": 2, "only_readouts": 1}, "only_readouts = 1: give True or False"),
        ({"n": 2, "weight_kg": [70.0]}, "one value for each subject"),
        ({"n": 2, "parameters": {"mtor.tauM": [1.0, 2.0]}}, "mtor.tau_M"),
    ],
)
def test_bad_requests_are_refused_before_the_first_step(arguments, says):
    n = arguments.pop("n")
    with pytest.raises(ks.KetasimError, match=says):
        ks.simulate_population(INFUSION, n, **{"t_eval": [1.0], **arguments})


@pytest.mark.parametrize("own_regimens", [False, True])
@pytest.mark.parametrize(
    ("dose", "weights", "says"),
    [
        ("ketamine 20 mg ip", [0.3, 0.05, 0.4], "400 mg/kg is far above the doses of studies"),
        ("esketamine 30 mg im", [0.3, 0.09, 1.0], "333.333 mg/kg is far above"),
    ],
)
def test_a_dose_too_large_for_a_member_is_refused_as_alone(dose, weights, says, own_regimens):
    rat = ks.Scenario("no drug" if own_regimens else dose, subject=ks.Subject("rat"))
    regimens = [dose] * 3 if own_regimens else None
    people = ks.simulate_population(
        rat, 3, t_eval=[1.0], weight_kg=weights, parameters={}, regimens=regimens
    )
    assert list(people.status) == ["success", "refused", "success"]
    assert np.isnan(people.values[1]).all()
    with pytest.raises(ks.ScenarioError, match=says) as alone:
        ks.Scenario(dose, subject=ks.Subject("rat", weight_kg=weights[1]))
    assert people.message[1] == str(alone.value)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_ten_thousand_patients_stay_under_a_gibibyte():
    code = (
        "import numpy as np, ketasim as ks\n"
        "from pathlib import Path\n"
        "crowd = ks.simulate_population('ketamine 0.5 mg/kg iv over 40 min', 10_000,\n"
        "    readouts=list(ks.readouts().names[:10]), t_eval=np.linspace(0.0, 168.0, 100), rtol=1e-4)\n"
        "assert crowd.values.shape == (10_000, 10, 100) and crowd.ok.all()\n"
        # Of this program alone: ru_maxrss would begin with the size of the one that started it.
        "status = Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(int(s.split()[1]) for s in status if s.startswith('VmHWM')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2**20  # KiB


def test_draws_of_a_variant_are_around_its_own_values():
    """They were around those of the standard model, and the rates used its spreads."""
    old = ks.Scenario("ketamine 0.5 mg/kg iv over 40 min", variant="v0_1")
    drawn = ks.draw_parameters(old, 1000, seed=1)
    # 1,000 log-normal draws: the median is known to a few per cent.
    assert np.median(drawn["tolerability.CADSS_max"]) == pytest.approx(26.0, rel=0.15)
    of_sensitivity = np.log(drawn["symptoms.sensitivity"]).std()
    assert of_sensitivity == pytest.approx(0.9, rel=0.1)
