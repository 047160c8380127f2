"""Random scenarios, the same in every run of the tests; `./run fuzz` tries new ones."""

import signal
from collections.abc import Iterator

import pytest
from attack import attempt, oracles_of, stop
from oracles import HEAVY, LIGHT
from scenarios import draw

import ketasim as ks

#: Scenarios in all; any seed would do.
SEED, COUNT, PARTS = 1, 6000, 6


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGPROF)
    signal.signal(signal.SIGPROF, stop)
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
@pytest.mark.parametrize("part", range(PARTS))
def test_what_must_hold_of_every_scenario_holds_of_random_ones(part: int) -> None:
    found = []
    for index in range(part, COUNT, PARTS):
        for oracle in oracles_of(index):
            what = attempt(SEED, index, oracle)[1]
            if what:
                found.append(
                    f"{oracle.__name__}: {what}; python fuzz/attack.py --seed {SEED} --again {index}"
                )
    assert not found, "\n".join(found)


def test_the_same_numbers_draw_the_same_scenario() -> None:
    a, b = draw(3, 5), draw(3, 5)
    assert (a.scenario, a.options, a.t_eval.tolist()) == (b.scenario, b.options, b.t_eval.tolist())
    assert str(a) != str(draw(3, 6))


def test_every_drug_route_context_and_oracle_is_drawn() -> None:
    cases = [draw(0, k, reach="default") for k in range(2500)]
    doses = [d for c in cases for d in (*c.scenario.regimen.doses, *c.scenario.interventions)]
    possible = {(row["name"], route) for row in ks.drugs() for route in row["routes"]}
    assert {(d.drug, d.route) for d in doses} == possible
    assert {c.scenario.context for c in cases} == set(ks.contexts().names)
    assert {c.scenario.variant for c in cases} == {None, *ks.variants().names}
    assert {oracle for k in range(100) for oracle in oracles_of(k)} == {*LIGHT, *HEAVY}
