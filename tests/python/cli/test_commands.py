"""The command line: what it prints, what it writes, and the exit codes scripts rely on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import types
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import ketasim as ks
from ketasim import cli

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
COMMANDS = (
    "demo",
    "explore",
    "simulate",
    "export",
    "fit",
    "validate",
    "verify",
    "qualify",
    "parameters",
    "readouts",
    "states",
    "inputs",
    "drugs",
    "routes",
    "contexts",
    "variants",
    "hypotheses",
    "regimens",
    "programmes",
    "coverage",
    "indications",
    "studies",
)


def subprocess_cli(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ketasim", *words],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


# --- help ---------------------------------------------------------------------------------------


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == cli.PASSED
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)
    assert "exit codes" in said
    assert "Not medical advice" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_teaches_by_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name, "--help"]) == cli.PASSED
    assert f"\n  ketasim {name}" in capsys.readouterr().out


def test_examples_of_simulate_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import shlex

    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text("TIME,AMT,RATE,EVID,CMT\n0,35,52.5,1,1\n", encoding="utf-8")
    cli.main(["simulate", "--help"])
    examples = re.findall(r"^  ketasim (simulate .*)$", capsys.readouterr().out, re.MULTILINE)
    assert len(examples) >= 5
    for example in examples:
        words = shlex.split(example.replace("--n 500", "--n 3"))
        assert cli.main(words) == cli.PASSED, (example, capsys.readouterr().err)
    assert {p.name for p in tmp_path.iterdir()} == {
        *("events.csv", "run.csv", "run.nc", "quantiles.parquet")
    }


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == cli.PASSED
    assert capsys.readouterr().out.strip() == f"ketasim {ks.__version__}"


def test_no_command_is_bad_input_and_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == cli.BAD_INPUT
    assert "simulate" in capsys.readouterr().err


# --- explore ------------------------------------------------------------------------------------


def test_explore_prints_where_the_page_lies(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explore", "--path"]) == cli.PASSED
    place = Path(capsys.readouterr().out.strip())
    page = place.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "Not medical advice" in page


def test_explore_opens_the_page_where_there_is_a_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    assert cli.main(["explore"]) == cli.PASSED
    (url,) = opened
    assert url.startswith("file://")
    assert url.endswith("/explorer/index.html")
    assert "opened" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there a screen is taken for given")
def test_explore_without_a_screen_says_where_the_page_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)

    def never(url: str) -> bool:
        raise AssertionError(f"opened {url}")

    monkeypatch.setattr("webbrowser.open", never)
    assert cli.main(["explore"]) == cli.PASSED
    assert "index.html" in capsys.readouterr().out


def test_explore_opens_the_page_in_a_state(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    assert cli.main(["explore", "#p=paradox"]) == cli.PASSED
    assert opened[0].endswith("/explorer/index.html#p=paradox")
    for state in ("paradox", "#", "#a b", "#" + "x" * 300):
        assert cli.main(["explore", state]) == cli.BAD_INPUT
        assert "'#p=paradox'" in capsys.readouterr().err
    assert len(opened) == 1


def test_explore_without_the_page_is_bad_input_and_says_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("ketasim.explorer._page.files", lambda package: tmp_path)
    assert cli.main(["explore", "--path"]) == cli.BAD_INPUT
    assert "npm run build" in capsys.readouterr().err


# --- simulate -----------------------------------------------------------------------------------


def test_simulate_prints_a_compact_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", INFUSION]) == cli.PASSED
    printed = capsys.readouterr()
    assert printed.err == ""
    for part in (
        "nmda_occupancy",
        "[ng/mL]",
        "40 min",
        "14 d",
        "madrs_change",
        "Not medical advice",
    ):
        assert part in printed.out
    assert max(map(len, printed.out.splitlines())) <= 140
    assert len(printed.out.splitlines()) < 30


def test_words_need_no_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", *INFUSION.split(), "--until", "1 d"]) == cli.PASSED
    assert "\n   1 d" in capsys.readouterr().out


def test_a_named_regimen_can_be_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", ks.regimens()[0]["name"]]) == cli.PASSED


def test_options_reach_the_library(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    words = [
        "simulate",
        INFUSION,
        "--weight",
        "62",
        "--severity",
        "0.8",
        "--t-eval",
        "0, 40 min, 24",
    ]
    words += ["--block", "ampa=0.9", "--set", "mtor.tau_M=0.2", "--variant", "variant_A"]
    words += ["--context", "midazolam", "--rtol", "1e-7", "--method", "rodas4"]
    assert cli.main([*words, "--readouts", "spine_density,mtor.M", "--output", str(path)]) == 0
    run = ks.simulate(
        INFUSION,
        t_eval=[0.0, 40 / 60, 24.0],
        subject=ks.Subject(weight_kg=62, severity=0.8),
        interventions=[ks.block("ampa", 0.9)],
        parameters={"mtor.tau_M": 0.2},
        variant="variant_A",
        context="midazolam",
        rtol=1e-7,
        method="rodas4",
    )
    data = json.loads(path.read_text(encoding="utf-8"))["data"]
    assert set(data) == {"time", "spine_density", "mtor.M"}
    assert data["spine_density"] == run["spine_density"].tolist()
    assert data["mtor.M"] == run["mtor.M"].tolist()


def test_points_are_evenly_spaced(tmp_path: Path) -> None:
    path = tmp_path / "run.parquet"
    words = ["simulate", INFUSION, "--until", "2 d", "--points", "5", "--output", str(path)]
    assert cli.main(words) == cli.PASSED
    assert pd.read_parquet(path)["time"].tolist() == [0.0, 12.0, 24.0, 36.0, 48.0]


def test_a_table_of_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "events.csv"
    table.write_text("time,amt,rate,evid,cmt\n0,35,52.5,1,1\n", encoding="utf-8")
    words = ["simulate", "--readouts", "ketamine_venous", "--t-eval", "1"]
    words_of_table = ["--table", str(table), "--drug", "ketamine", "--cmt", "1=iv"]
    assert cli.main([*words, *words_of_table]) == cli.PASSED
    from_table = capsys.readouterr().out.splitlines()
    assert cli.main([*words, INFUSION]) == cli.PASSED
    assert [line for line in from_table if "1 h" in line] == [
        line for line in capsys.readouterr().out.splitlines() if "1 h" in line
    ]


def test_observations_of_a_table_are_the_output_times(tmp_path: Path) -> None:
    table, output = tmp_path / "events.csv", tmp_path / "run.json"
    table.write_text(
        "ID,TIME,AMT,DUR,EVID,DV,WT\n7,0,35,0.7,1,.,62\n7,1,0,0,0,99,62\n7,24,0,0,0,1,62\n",
        encoding="utf-8",
    )
    words = ["--drug", "ketamine", "--route", "iv", "--id", "7", "--covariates", "WT"]
    words = ["simulate", "--table", str(table), *words, "--output", str(output)]
    assert cli.main(words) == cli.PASSED
    assert json.loads(output.read_text(encoding="utf-8"))["data"]["time"] == [1.0, 24.0]


def test_a_population_prints_quantiles(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", INFUSION, "--n", "8", "--seed", "3", "--readouts", "madrs_change"]
    assert cli.main(words) == cli.PASSED
    printed = capsys.readouterr()
    assert "median (5 % to 95 %" in printed.out
    assert "8 virtual subjects" in printed.out
    assert printed.err == ""  # no progress away from a terminal


def test_a_population_into_a_file(tmp_path: Path) -> None:
    words = ["simulate", INFUSION, "--n", "4", "--readouts", "madrs_change", "--t-eval", "0,24"]
    assert cli.main([*words, "--output", str(tmp_path / "q.parquet")]) == cli.PASSED
    assert "madrs_change_p50" in pd.read_parquet(tmp_path / "q.parquet")
    assert cli.main([*words, "--members", "--output", str(tmp_path / "all.nc")]) == cli.PASSED
    with xr.open_dataset(tmp_path / "all.nc", engine="h5netcdf") as data:
        assert data.sizes == {"member": 4, "time": 2}


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "nc"])
def test_every_format_reads_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"run.{ending}"
    words = ["simulate", INFUSION, "--t-eval", "0,1,24", "--output", str(path)]
    assert cli.main(words) == cli.PASSED
    expected = ks.simulate(INFUSION, t_eval=[0.0, 1.0, 24.0])["madrs_change"]
    if ending == "csv":
        found = pd.read_csv(path, comment="#")["madrs_change [points]"].to_numpy()
    elif ending == "json":
        found = np.array(json.loads(path.read_text(encoding="utf-8"))["data"]["madrs_change"])
    elif ending == "parquet":
        found = pd.read_parquet(path)["madrs_change"].to_numpy()
    else:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            found = data["madrs_change"].to_numpy()
    assert np.array_equal(found, expected)


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    row = ks.parameters()["mtor.tau_M"]
    outside = row["high"] * 1.5
    assert cli.main(["simulate", INFUSION, "--set", f"mtor.tau_M={outside}", "--t-eval", "1"]) == 0
    err = capsys.readouterr().err
    assert err.startswith("ketasim: warning: parameter mtor.tau_M")
    assert err.count("\n") == 1


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simluate"], "simulate"),
        (["simulate"], "REGIMEN|regimen"),
        (["simulate", INFUSION, "--untl", "3 d"], "--until"),
        (["simulate", INFUSION, "--until"], "--help"),
        (["simulate", "ketamin 0.5 mg/kg iv over 40 min"], "ketamine"),
        (["simulate", "ketamine 0.5 mg/kg ivv over 40 min"], "iv"),
        (["simulate", "ketamine_infuson"], "ketamine_infusion"),
        (["simulate", "ketamine -1 mg/kg iv over 40 min"], "-1"),
        (["simulate", INFUSION, "--readouts", "madrs_chnge"], "madrs_change"),
        (["simulate", INFUSION, "--readouts", ","], "contains no name"),
        (["simulate", INFUSION, "--n", "2", "--readouts", "mtor.M"], "readout"),
        (["simulate", INFUSION, "--set", "mtor.tauM=2"], "mtor.tau_M"),
        (["simulate", INFUSION, "--set", "mtor.tau_M"], "NAME=VALUE"),
        (["simulate", INFUSION, "--set", "mtor.tau_M=two"], "not a number"),
        (["simulate", INFUSION, "--set", "mtor.tau_M=1e9"], "mtor.tau_M"),
        (["simulate", INFUSION, "--set", "mtor.tau_M=0.1", "--set", "mtor.tau_M=0.2"], "twice"),
        (["simulate", INFUSION, "--block", "apma=0.9"], "ampa"),
        (["simulate", INFUSION, "--block", "ampa=1.9"], "ampa|1.9"),
        (["simulate", INFUSION, "--weight", "0"], "weight"),
        (["simulate", INFUSION, "--weight", "5000"], "weight"),
        (["simulate", INFUSION, "--severity", "-1"], "severity"),
        (["simulate", INFUSION, "--species", "humn"], "human"),
        (["simulate", INFUSION, "--variant", "variant_B"], "variant_A"),
        (["simulate", INFUSION, "--context", "midazolm"], "midazolam"),
        (["simulate", INFUSION, "--rtol", "0"], "rtol"),
        (["simulate", INFUSION, "--method", "rk4"], "rodas"),
        (["simulate", INFUSION, "--until", "soon"], "until"),
        (["simulate", INFUSION, "--until", "-3"], "until"),
        (["simulate", INFUSION, "--t-eval", "2,1"], "increasing"),
        (["simulate", INFUSION, "--t-eval", "1,1"], "increasing"),
        (["simulate", INFUSION, "--t-eval", ""], "t-eval"),
        (["simulate", INFUSION, "--t-eval", "1", "--until", "2"], "--until"),
        (["simulate", INFUSION, "--points", "1"], "whole number"),
        (["simulate", INFUSION, "--n", "0"], "whole number"),
        (["simulate", INFUSION, "--seed", "1"], "--n"),
        (["simulate", INFUSION, "--members"], "--n"),
        (["simulate", INFUSION, "--table", "events.csv"], "not both"),
        (["simulate", "--table", "no_such.csv"], "no_such.csv"),
        (["simulate", "--table", "no_such.csv", "--cmt", "iv"], "1=iv"),
        (["simulate", INFUSION, "--drug", "ketamine"], "--table"),
        (["simulate", INFUSION, "--output", "run.xlsx"], ".parquet"),
        (["simulate", INFUSION, "--output", "no/such/run.csv"], "no folder"),
        (["simulate", INFUSION, "--plot", "run.doc"], ".png"),
        (["parameters", "nmda_block.K00"], "nmda_block.K0"),
        (["parameters", "--module", "mtr"], "mtor"),
        (["parameters", "--species", "rtat"], "rat"),
        (["parameters", "--output", "parameters.txt"], ".csv"),
        (["verify", "only_one.csv"], "both"),
        (["verify", "no.csv", "such.csv"], "no.csv"),
        (["verify", "--rtol", "0"], "rtol"),
        (["validate", "no_such_folder"], "no_such_folder"),
        (["validate", "--json", "no/such/score.json"], "no folder"),
    ],
)
def test_bad_input_gets_one_clear_message_and_leaves_nothing(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code = cli.main(words)
    printed = capsys.readouterr()
    assert code == cli.BAD_INPUT, printed
    assert printed.out == ""
    assert re.search(said, printed.err), printed.err
    assert printed.err.startswith("ketasim: error: ")
    assert "Traceback" not in printed.err
    # One line; below it, for words that cannot be read, the words with a marker under the place.
    assert re.fullmatch(r"[^\n]+\n(  [^\n]+\n +\^+\n)?", printed.err), printed.err
    assert not list(tmp_path.iterdir())


def test_an_unwritable_path_is_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the run was started")

    monkeypatch.setattr(ks, "simulate", never)
    (tmp_path / "run.csv").mkdir()
    for target in (tmp_path / "run.csv", Path("/proc/run.csv")):
        assert cli.main(["simulate", INFUSION, "--output", str(target)]) == cli.BAD_INPUT
    assert [p.name for p in tmp_path.iterdir()] == ["run.csv"]


def test_garbage_as_a_table_of_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "events.csv"
    table.write_bytes(bytes(range(256)) * 50)
    assert cli.main(["simulate", "--table", str(table)]) == cli.BAD_INPUT
    assert "events.csv" in capsys.readouterr().err


# --- other exit codes ---------------------------------------------------------------------------


def test_a_run_that_stops_early_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.csv"
    monkeypatch.setattr("ketasim.cli._commands._solver", lambda _: {"max_steps": 3})
    assert cli.main(["simulate", INFUSION, "--output", str(path)]) == cli.FAILED
    assert "max_steps_reached" in capsys.readouterr().err
    assert not path.exists()


def test_verify_passes_on_the_shipped_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify"]) == cli.PASSED
    assert "agree" in capsys.readouterr().out


def test_verify_reports_a_mismatch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = Path(str(files("ketasim.qualification"))) / "reference"
    lines = (reference / "reference_values.csv").read_text(encoding="utf-8").splitlines()
    name, readout, hour, value, unit = lines[1].split(",")
    wrong = tmp_path / "values.csv"
    wrong.write_text(
        f"{lines[0]}\n{name},{readout},{hour},{float(value) * 1.01},{unit}\n", encoding="utf-8"
    )
    words = ["verify", str(reference / "scenarios.csv"), str(wrong)]
    assert cli.main(words) == cli.FAILED
    assert "MISMATCH" in capsys.readouterr().out
    assert cli.main([*words, "--rtol", "0.1"]) == cli.PASSED


def test_qualify_writes_a_page_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "records" / "today"
    assert cli.main(["qualify", "--quick", "--output", str(folder)]) == cli.PASSED
    said = capsys.readouterr()
    assert "This installation passed" in said.out
    assert sorted(p.name for p in folder.iterdir()) == ["installation.html", "installation.json"]
    assert all(p.name in said.err for p in folder.iterdir())


def test_qualify_refuses_a_folder_that_it_cannot_write(tmp_path: Path) -> None:
    file = tmp_path / "taken"
    file.write_text("here", encoding="utf-8")
    assert cli.main(["qualify", "--quick", "--output", str(file)]) == cli.BAD_INPUT
    assert file.read_text(encoding="utf-8") == "here"


def test_validate_prints_tables_and_writes_records_and_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, figures = tmp_path / "score.json", tmp_path / "figures" / "here"
    words = ["validate", "--json", str(records), "--figures", str(figures)]
    assert cli.main(words) == cli.PASSED
    said = capsys.readouterr().out
    assert "Plasma" in said
    assert "zarate2006" in said
    assert "CRPS" in said
    wanted = {"obs_id", "predicted", "value", "spread", "z", "fold_error", "within"}
    wanted |= {"lo50", "hi50", "lo80", "hi80", "lo95", "hi95", "log_score", "crps", "pit"}
    assert all(wanted <= set(record) for record in json.loads(records.read_text(encoding="utf-8")))
    drawn = sorted(p.name for p in figures.iterdir())
    assert drawn == ["calibration.png", "predicted_against_observed.png"]


def test_demo_gets_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    stand_in = types.ModuleType("ketasim.gallery.demo")
    stand_in.demo = asked.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ketasim.gallery.demo", stand_in)
    assert cli.main(["demo", "--output", str(tmp_path / "new")]) == cli.PASSED
    assert asked == [tmp_path / "new"]
    assert cli.main(["demo", "--output", "/proc/new"]) == cli.BAD_INPUT
    assert len(asked) == 1


def test_a_defect_is_told_from_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> int:
        raise AttributeError("oops")

    monkeypatch.setitem(cli.COMMANDS, "readouts", broken)
    assert cli.main(["readouts"]) == cli.DEFECT
    assert "defect" in capsys.readouterr().err
    monkeypatch.setenv("KETASIM_TRACEBACK", "1")
    with pytest.raises(AttributeError):
        cli.main(["readouts"])


def test_ctrl_c_ends_a_long_run(tmp_path: Path) -> None:
    words = ["simulate", INFUSION, "--n", "1000000", "--t-eval", "336", "--threads", "1"]
    words += ["--readouts", "madrs", "--output", str(tmp_path / "all.csv"), "--members"]
    ready = "import sys; from ketasim.cli import main; print('ready', flush=True); sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", ready, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        code = process.wait(60)
    assert code == cli.INTERRUPTED, said
    assert said == "ketasim: interrupted\n"
    assert not list(tmp_path.iterdir())


def test_a_reader_that_leaves_is_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "ketasim", "parameters"],
        stdout=write,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    os.close(write)
    assert done.returncode == cli.PIPE_CLOSED
    assert done.stderr == ""


def test_the_process_ends_with_the_code() -> None:
    assert subprocess_cli("--version").returncode == cli.PASSED
    bad = subprocess_cli("simulate", "ketamin 0.5 mg/kg iv over 40 min")
    assert bad.returncode == cli.BAD_INPUT
    assert "Traceback" not in bad.stderr


# --- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS[COMMANDS.index("parameters") :])
def test_tables_are_printed_and_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name]) == cli.PASSED
    table = ks.evidence.load().studies if name == "studies" else getattr(ks, name)()
    assert table[0]["name"] in capsys.readouterr().out
    for ending in ("csv", "parquet", "nc", "json"):
        path = tmp_path / f"table.{ending}"
        assert cli.main([name, "--output", str(path)]) == cli.PASSED
    assert len(json.loads(path.read_text(encoding="utf-8"))["rows"]) == len(table)


def test_parameters_by_species_module_and_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["parameters", "--species", "rat", "--module", "mtor", "half"]) == cli.PASSED
    lines = capsys.readouterr().out.splitlines()[1:-1]
    assert lines
    assert all(line.startswith("mtor.") for line in lines)


def test_a_full_name_shows_everything_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["parameters", "nmda_block.K0"]) == cli.PASSED
    said = capsys.readouterr().out
    assert all(word in said for word in ("unit", "low", "high", "grade", "source_key"))


# --- fit ------------------------------------------------------------------------------------------

PROBLEM = """theta = ["symptoms.w_R"]
between_studies = false
[arms]
table = "arms.csv"
[fit]
starts = 1
draws = {draws}
"""


@pytest.mark.parametrize("draws", [0, 100])
def test_fit_prints_and_writes_the_maximum_the_verdicts_and_the_draws(
    draws: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("emcee")
    pytest.importorskip("arviz")
    ks.fitting.example_data(tmp_path)
    problem = tmp_path / "problem.toml"
    problem.write_text(PROBLEM.format(draws=draws))
    assert cli.main(["fit", str(problem), "--output", str(tmp_path / "out")]) == cli.PASSED
    said = capsys.readouterr().out
    assert "1 of 1 starts end there" in said
    assert "Identifiability: rank 1 of 1" in said
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"maximum.csv", "identifiability.csv", "identifiability.png"} <= written
    assert ("draws.csv" in written) == (draws > 0)
    assert ("converged: R-hat" in said) == (draws > 0)


def test_fit_of_a_wrong_file_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = tmp_path / "problem.toml"
    problem.write_text(PROBLEM.format(draws=0).replace("theta", "theeta"))
    assert cli.main(["fit", str(problem), "--output", str(tmp_path / "out")]) == cli.BAD_INPUT
    assert "did you mean 'theta'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
