"""Claims that the package and its core accept the same dose records."""

import itertools

import pytest

import ketasim as ks
from ketasim import _core
from ketasim.catalogue._vocabulary import UNITS
from ketasim.scenario._for_core import records

#: Fields beside drug, unit and route; each is possible for some records.
FIELDS = [
    {"amount": 0.5},
    {"amount": 0.0},
    {"amount": 0.5, "duration_h": 1.0},
    {"amount": 0.0, "duration_h": 1.0},
    {"amount": 400.0, "duration_h": 1.0},
    {"amount": 0.5, "duration_h": 2000.0, "interval_h": 1.0, "steady_state": 1},
    {"amount": 0.5, "duration_h": 2000.0, "interval_h": 1.0, "additional": 1001},
    {"amount": 0.5, "duration_h": 1.0, "interval_h": 1.0, "additional": 100_000},
    {"amount": 0.5, "duration_h": 1.0, "interval_h": 1e-9, "additional": 2},
    {"amount": 0.5, "duration_h": 1.0, "interval_h": 1.0, "bioavailability": 11.0},
    {"amount": 0.5, "duration_h": 1.0, "start_h": 1e6},
]


def record(drug, unit, route, fields):
    return (
        drug,
        fields["amount"],
        unit,
        route,
        fields.get("start_h", 0.0),
        fields.get("duration_h", 0.0) or ks.drugs()[drug]["usual_duration_h"] or 0.0,
        fields.get("interval_h", 0.0),
        fields.get("additional", 0),
        0.0,
        fields.get("bioavailability", 1.0),
        fields.get("steady_state", 0),
    )


def refusal_of_core(drug_record):
    scenario = _core.Scenario(
        records=[drug_record],
        resets=[],
        context="none",
        species="human",
        variant="",
        parameters={},
        weight_kg=70.0,
        severity=1.0,
        baseline_madrs=None,
    )
    try:
        _core.steady_state(scenario)
    except ks.KetasimError as error:
        return str(error)
    return ""


def refusal_of_package(drug, unit, route, fields):
    try:
        dose = ks.Dose(drug=drug, unit=unit, route=route, **fields)
        ks.Scenario(dose)  # the largest size depends on the subject
    except ks.KetasimError as error:
        return str(error)
    assert records([dose]) == [record(drug, unit, route, fields)]
    return ""


@pytest.mark.parametrize("drug", ks.drugs().names)
def test_what_the_package_accepts_the_core_accepts_and_the_other_way_round(drug):
    for fields, unit, route in itertools.product(FIELDS, UNITS, ks.routes().names):
        of_package = refusal_of_package(drug, unit, route, fields)
        of_core = refusal_of_core(record(drug, unit, route, fields))
        if fields["amount"] == 0.0 and drug != "placebo":
            continue  # the package alone asks for the record to be left out
        assert bool(of_package) == bool(of_core), (unit, route, fields, of_package, of_core)


def test_a_placebo_is_given_in_the_unit_of_its_route():
    for route in ks.routes().names:
        (dose,) = ks.Regimen.parse(f"placebo {route} for 1 h").doses
        assert dose.unit in ks.routes()[route]["units"]
        assert ks.simulate(dose, t_eval=[1.0]).success
    with pytest.raises(ks.ScenarioError, match="by route 'bath' amounts are given in uM"):
        ks.Dose("placebo", 0, "mg", "bath")
