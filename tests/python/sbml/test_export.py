"""Scenarios as SBML: consistent, and other simulators find in them what ketasim finds."""

import locale
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import libsbml
import numpy as np
import pytest
import roadrunner

import ketasim as ks
from ketasim import cli
from ketasim.errors import OutputError
from ketasim.files import read_csv
from ketasim.qualification import reference_scenarios

LOCALE = locale.setlocale(locale.LC_ALL)
import basico  # sets the locale of the whole process to "C"

locale.setlocale(locale.LC_ALL, LOCALE)

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
REFERENCE = Path(str(files("ketasim.qualification").joinpath("reference")))
SCENARIOS = reference_scenarios()
#: Agreement asked of other simulators: five digits, as of the reference values themselves.
AGREEMENT = 1e-5
#: Tolerances of the other simulators: far enough below that their own errors do not count.
RTOL, ATOL = 1e-9, 1e-12
#: Averages over many patients are not in the file.
OF_A_POPULATION = ("response", "remission")


class Exported(NamedTuple):
    """A scenario as a file, and what ketasim says about it."""

    path: Path
    times: np.ndarray  # of the file [h]
    expected: dict[str, np.ndarray]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Exported]:
    """Every reference scenario at the times of its reference values, and shortly after its start."""
    folder = tmp_path_factory.mktemp("sbml")
    wanted: dict[str, list[tuple[str, float]]] = {}
    for row in read_csv(
        REFERENCE / "reference_values.csv", ("scenario", "readout", "time_h", "value", "unit")
    ):
        cells = row.cells
        if cells["readout"] in OF_A_POPULATION:
            continue
        wanted.setdefault(cells["scenario"], []).append((cells["readout"], float(cells["time_h"])))
    found = {}
    for name, pairs in wanted.items():
        scenario = SCENARIOS[name]
        path = ks.export_sbml(scenario, folder / f"{name}.xml")
        times = np.unique([0.05, *(time for _, time in pairs)])
        run = ks.simulate(scenario, t_eval=times, rtol=1e-9)
        shift = libsbml.readSBML(str(path)).getModel().getParameter("time_of_first_dose")
        readouts = dict.fromkeys(readout for readout, _ in pairs)
        found[name] = Exported(
            path,
            times + (shift.getValue() if shift is not None else 0.0),
            {readout: run[readout] for readout in readouts},
        )
    return found


def check(values: np.ndarray, expected: np.ndarray, what: str) -> None:
    # The absolute part is for what has gone: a drug long eliminated, a change that is over. Its level
    # is below the absolute tolerance of the solvers times the number of steps.
    np.testing.assert_allclose(values, expected, rtol=AGREEMENT, atol=1e-7, err_msg=what)


@pytest.mark.parametrize("name", SCENARIOS)
def test_libsbml_finds_nothing_to_complain_about(name: str, exported: dict[str, Exported]) -> None:
    document = libsbml.readSBML(str(exported[name].path))
    assert (document.getLevel(), document.getVersion()) == (3, 2)
    complaints = document.checkConsistency()  # every category, units and modelling practice too
    assert complaints == 0, document.getErrorLog().toString()[:2000]


def test_a_wrong_unit_would_be_found(exported: dict[str, Exported]) -> None:
    document = libsbml.readSBML(str(exported["human_iv_0.5_mdd"].path))
    document.getModel().getParameter("mtor__tau_M").setUnits("dimensionless")
    assert document.checkConsistency() > 0


def math_of(document: libsbml.SBMLDocument) -> list[libsbml.ASTNode]:
    """Every formula of a file, with all of its parts."""
    parts = document.getListOfAllElements()
    waiting = [part.getMath() for part in (parts.get(k) for k in range(parts.getSize()))
               if hasattr(part, "getMath") and part.getMath() is not None]  # fmt: skip
    found = []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += [node.getChild(k) for k in range(node.getNumChildren())]
    return found


def test_no_piecewise_has_a_condition_on_a_state(exported: dict[str, Exported]) -> None:
    # AMICI takes each as an event, and the derivatives of its time by all states do not end.
    document = libsbml.readSBML(str(exported["human_iv_0.5_mdd"].path))
    conditions = [
        node.getChild(1)
        for node in math_of(document)
        if node.getType() == libsbml.AST_FUNCTION_PIECEWISE
    ]
    assert conditions
    assert {libsbml.formulaToL3String(c).split()[0] for c in conditions} == {"input__stress"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_libroadrunner_agrees(name: str, exported: dict[str, Exported]) -> None:
    case = exported[name]
    model = roadrunner.RoadRunner(str(case.path))
    model.integrator.relative_tolerance = RTOL
    # A list, because a single number is made smaller with the states after every event.
    model.integrator.absolute_tolerance = [ATOL] * len(model.getRateRuleIds())
    times = [0.0, *case.times]
    result = model.simulate(times=times, selections=["time", *case.expected])
    for column, (readout, expected) in enumerate(case.expected.items(), start=1):
        check(result[1:, column], expected, f"{name}: {readout}")


@pytest.mark.parametrize("name", SCENARIOS)
def test_copasi_agrees(name: str, exported: dict[str, Exported]) -> None:
    case = exported[name]
    model = basico.load_model(str(case.path))
    try:
        result = basico.run_time_course_with_output(
            ["Time", *(f"Values[{readout}]" for readout in case.expected)],
            values=[0.0, *case.times],
            r_tol=RTOL,
            a_tol=ATOL,
            max_steps=1_000_000,
            model=model,
        )
    finally:
        basico.remove_datamodel(model)
    for readout, expected in case.expected.items():
        check(result[f"Values[{readout}]"].to_numpy()[1:], expected, f"{name}: {readout}")


def test_every_readout_of_one_patient_is_in_the_file(exported: dict[str, Exported]) -> None:
    """Compared in the first and the last of six infusions: every readout has moved by then."""
    path, name = exported["human_six_infusions"].path, "human_six_infusions"
    names = [readout for readout in ks.readouts().names if readout not in OF_A_POPULATION]
    run = ks.simulate(SCENARIOS[name], t_eval=[0.5, 265.0], rtol=1e-9)
    model = roadrunner.RoadRunner(str(path))
    model.integrator.relative_tolerance = RTOL
    model.integrator.absolute_tolerance = [ATOL] * len(model.getRateRuleIds())
    result = model.simulate(times=[0.0, 0.5, 265.0], selections=["time", *names])
    for column, readout in enumerate(names, start=1):
        check(result[1:, column], run[readout], readout)


def test_what_is_given_ahead_of_the_first_dose_moves_the_origin_of_time(
    exported: dict[str, Exported],
) -> None:
    model = libsbml.readSBML(str(exported["rat_ip_10_nbqx"].path)).getModel()
    assert model.getParameter("time_of_first_dose").getValue() == 0.5
    assert "0.5 h before" in model.getNotesString()
    assert model.getParameter("input__nbqx").getValue() > 0.0
    first = model.getEvent(0)
    assert libsbml.formulaToL3String(first.getTrigger().getMath()) == "time >= 0.5 h"
    others = [n for n in SCENARIOS if n != "rat_ip_10_nbqx"]
    for name in others:
        model = libsbml.readSBML(str(exported[name].path)).getModel()
        assert model.getParameter("time_of_first_dose") is None, name


def test_a_reset_brings_the_state_before_treatment_back(tmp_path: Path) -> None:
    doses = ks.Regimen.parse("ketamine 0.5 mg/kg iv over 40 min").doses
    scenario = ks.Scenario(ks.Regimen(doses, resets=(30.0,)))
    model = roadrunner.RoadRunner(str(ks.export_sbml(scenario, tmp_path / "reset.xml")))
    result = model.simulate(times=[0.0, 24.0, 30.5], selections=["time", "madrs_change", "psd95"])
    rest = ks.steady_state()
    assert result[1, 1] < -1.0
    assert result[2, 1] == pytest.approx(0.0, abs=1e-6)
    assert result[2, 2] == pytest.approx(rest["synaptogenesis.PSD"], rel=1e-6)


def test_a_parameter_says_unit_range_grade_and_source(exported: dict[str, Exported]) -> None:
    document = libsbml.readSBML(str(exported["rat_ip_30_variant_C"].path))
    model = document.getModel()
    row = ks.parameters("rat")["pharmacokinetics.Kp_uu"]
    parameter = model.getParameter("pharmacokinetics__Kp_uu")
    # Three significant digits of the variant: written and read without loss.
    assert parameter.getValue() == 0.266
    for said in (
        row["description"],
        f"grade {row['grade']}",
        row["source_key"],
        "set by the scenario",
    ):
        assert said in parameter.getNotesString(), said
    cited = [
        model.getParameter(i).getCVTerm(0).getResourceURI(0)
        for i in range(model.getNumParameters())
        if model.getParameter(i).getNumCVTerms()
    ]
    assert len(cited) > 50
    assert all(re.match(r"https://identifiers\.org/(doi:10\.|pubmed:\d)", uri) for uri in cited)
    for row in ks.parameters("rat"):
        assert model.getParameter(row["name"].replace(".", "__")).getUnits(), row["name"]


def test_weight_and_rating_before_treatment_are_initial_assignments(tmp_path: Path) -> None:
    subject = ks.Subject(weight_kg=90.0, baseline_madrs=28.0)
    scenario = ks.Scenario(INFUSION, subject=subject)
    model = roadrunner.RoadRunner(str(ks.export_sbml(scenario, tmp_path / "subject.xml")))
    model.integrator.relative_tolerance = RTOL
    model.integrator.absolute_tolerance = [ATOL] * len(model.getRateRuleIds())
    run = ks.simulate(scenario, t_eval=[0.5, 24.0], rtol=1e-9)
    names = ("ketamine_venous", "madrs", "synaptic_strength")
    result = model.simulate(times=[0.0, 0.5, 24.0], selections=["time", *names])
    assert result[0, 2] == pytest.approx(28.0, rel=1e-9)
    for column, readout in enumerate(names, start=1):
        check(result[1:, column], run[readout], readout)


# --- writing ------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder.xml").mkdir()
    for target, said in (
        (tmp_path / "run.csv", ".xml"),
        (tmp_path / "folder.xml", "folder.xml"),
        (tmp_path / "no" / "such.xml", "no folder"),
    ):
        with pytest.raises(OutputError, match=said):
            ks.export_sbml(INFUSION, target)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.xml"]


def test_without_libsbml_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(ks.MissingLibraryError, match=r"ketasim\[sbml\]"):
        ks.export_sbml(INFUSION, tmp_path / "infusion.xml")
    assert not list(tmp_path.iterdir())


def test_an_impossible_scenario_is_refused_like_in_a_run(tmp_path: Path) -> None:
    with pytest.raises(ks.UnknownNameError, match="tau_M"):
        ks.export_sbml(INFUSION, tmp_path / "x.xml", parameters={"mtor.tauM": 0.2})
    assert not list(tmp_path.iterdir())


def test_the_command_writes_what_the_function_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_command, by_function = tmp_path / "command.xml", tmp_path / "function.xml"
    words = ["export", *INFUSION.split(), "--severity", "0.5", "--block", "ampa=0.9"]
    assert cli.main([*words, "--set", "mtor.tau_M=0.2", "--output", str(by_command)]) == cli.PASSED
    assert capsys.readouterr().err == f"wrote {by_command}\n"
    ks.export_sbml(
        INFUSION,
        by_function,
        subject=ks.Subject(severity=0.5),
        interventions=[ks.block("ampa", 0.9)],
        parameters={"mtor.tau_M": 0.2},
    )
    assert by_command.read_text(encoding="utf-8") == by_function.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", INFUSION], "--output"),
        (["export", "--output", "x.xml"], "regimen"),
        (["export", INFUSION, "--output", "x.csv"], ".xml"),
        (["export", INFUSION, "--output", "no/such/x.xml"], "no folder"),
        (["export", INFUSION, "--output", "x.xml", "--until", "2 d"], "--until"),
    ],
)
def test_bad_words_write_nothing(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == cli.BAD_INPUT
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
