"""Exported files keep their doses in tools of Level 2, in COPASI's own saving and in Antimony."""

import locale
from pathlib import Path

import libsbml
import numpy as np
import pytest
import roadrunner

import ketasim as ks

LOCALE = locale.setlocale(locale.LC_ALL)
import basico  # sets the locale of the whole process to "C"

locale.setlocale(locale.LC_ALL, LOCALE)

TIMES = (0.5, 2.0, 24.0, 26.0)
READOUTS = (
    "ketamine_venous",
    "nmda_occupancy",
    "p_mtor",
    "synaptic_strength",
    "madrs_change",
    "cadss",
)
#: Agreement asked of another simulator: five digits, as of the reference values.
AGREEMENT = 1e-5

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
DOSES = ks.Regimen.parse(INFUSION).doses

SCENARIOS = {
    "infusion": ks.Scenario(INFUSION),
    "bolus": ks.Scenario("ketamine 20 mg iv bolus"),
    "bolus and infusion at once": ks.Scenario(f"ketamine 10 mg iv bolus + {INFUSION}"),
    "two drugs at once": ks.Scenario("ketamine 35 mg im + esketamine 56 mg intranasal"),
    "repeated": ks.Scenario("ketamine 35 mg im every 24 h x 2"),
    "later": ks.Scenario("ketamine 35 mg im from 1 h"),
    "block at 0": ks.Scenario(INFUSION, interventions=[ks.block("ampa", 0.9, start_h=0.0)]),
    "block before": ks.Scenario(INFUSION, interventions=[ks.block("ampa", 0.9)]),
    "blocks at 0, of translation too": ks.Scenario(
        INFUSION,
        interventions=[
            ks.block("rapamycin", 0.8, start_h=0.0, duration_h=1.0),
            ks.block("anisomycin", 0.5, start_h=0.0, duration_h=1.0),
        ],
    ),
    "reset at 0": ks.Scenario(ks.Regimen(DOSES, resets=(0.0,))),
    "reset later": ks.Scenario(ks.Regimen(DOSES, resets=(20.0,))),
    "steady state": ks.Scenario(
        ks.Regimen((ks.Dose("ketamine", 35, "mg", "im", interval_h=24.0, steady_state=1),))
    ),
    "steady state with lag": ks.Scenario(
        ks.Regimen(
            (ks.Dose("ketamine", 35, "mg", "im", interval_h=24.0, steady_state=1, lag_h=5.0),)
        )
    ),
    "rating": ks.Scenario(INFUSION, subject=ks.Subject(baseline_madrs=28.0), context="open_label"),
}


def simulated(path: Path, shift: float) -> np.ndarray:
    model = roadrunner.RoadRunner(str(path))
    model.integrator.relative_tolerance = 1e-9
    model.integrator.absolute_tolerance = [1e-12] * len(model.getRateRuleIds())
    result = model.simulate(
        times=[0.0, *(time + shift for time in TIMES)], selections=["time", *READOUTS]
    )
    return np.asarray(result)[1:, 1:]


def shift_of(path: Path) -> float:
    parameter = libsbml.readSBML(str(path)).getModel().getParameter("time_of_first_dose")
    return 0.0 if parameter is None else parameter.getValue()


def expected(scenario: ks.Scenario) -> np.ndarray:
    run = ks.simulate(scenario, t_eval=TIMES, rtol=1e-9)
    return np.stack([run[name] for name in READOUTS], axis=1)


def check(found: np.ndarray, scenario: ks.Scenario) -> None:
    np.testing.assert_allclose(found, expected(scenario), rtol=AGREEMENT, atol=1e-7)


@pytest.mark.parametrize("name", SCENARIOS)
def test_level_2_keeps_what_begins_at_time_0(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    path = ks.export_sbml(scenario, tmp_path / "level3.xml")
    document = libsbml.readSBML(str(path))
    assert document.checkConsistency() == 0, document.getErrorLog().toString()[:2000]
    document.setLevelAndVersion(2, 4, False)
    converted = tmp_path / "level2.xml"
    assert libsbml.writeSBMLToFile(document, str(converted))
    assert libsbml.readSBML(str(converted)).getLevel() == 2
    check(simulated(converted, shift_of(path)), scenario)


@pytest.mark.parametrize("name", ["infusion", "block before", "reset at 0"])
def test_copasi_keeps_the_doses_of_a_file_that_it_saves(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    path = ks.export_sbml(scenario, tmp_path / "by_ketasim.xml")
    shift = shift_of(path)
    saved = tmp_path / "by_copasi.xml"
    model = basico.load_model(str(path))
    try:
        basico.save_model(str(saved), type="sbml", model=model)
    finally:
        basico.remove_datamodel(model)
    check(simulated(saved, shift), scenario)


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_event_is_due_at_time_0(name: str, tmp_path: Path) -> None:
    model = libsbml.readSBML(str(ks.export_sbml(SCENARIOS[name], tmp_path / "file.xml"))).getModel()
    for k in range(model.getNumEvents()):
        trigger = model.getEvent(k).getTrigger()
        assert trigger.getInitialValue()
        assert trigger.getMath().getRightChild().getReal() > 0.0


def test_what_follows_from_the_state_at_rest_is_as_without_a_dose(tmp_path: Path) -> None:
    """The references of growth and mood do not see a block that begins at time 0."""
    names = ("input__z0", "input__strength_ref", "input__density_ref", "input__translation_deficit")
    values = []
    blocked = SCENARIOS["blocks at 0, of translation too"]
    for k, scenario in enumerate((ks.Scenario("placebo iv"), SCENARIOS["block at 0"], blocked)):
        model = roadrunner.RoadRunner(str(ks.export_sbml(scenario, tmp_path / f"{k}.xml")))
        values.append([model[name] for name in names])
    np.testing.assert_allclose(values, [values[0]] * len(values), rtol=1e-12)


def test_antimony_reads_and_writes_the_file(tmp_path: Path) -> None:
    antimony = pytest.importorskip("antimony")
    scenario = SCENARIOS["block before"]
    path = ks.export_sbml(scenario, tmp_path / "by_ketasim.xml")
    antimony.clearPreviousLoads()
    assert antimony.loadSBMLFile(str(path)) >= 0, antimony.getLastError()
    text = antimony.getAntimonyString()
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(text) >= 0, antimony.getLastError()
    back = tmp_path / "by_antimony.xml"
    assert antimony.writeSBMLFile(str(back), antimony.getMainModuleName())
    check(simulated(back, shift_of(path)), scenario)
