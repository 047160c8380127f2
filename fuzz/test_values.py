"""Strange values as arguments of the package: taken, or refused in words."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strange import answer, mostly, numbers, strange

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"

DOSE = {
    "drug": mostly("ketamine"),
    "amount": mostly(0.5),
    "unit": mostly("mg/kg"),
    "route": mostly("iv"),
    "start_h": mostly(0.0),
    "duration_h": mostly(1.0),
    "interval_h": mostly(24.0),
    "additional": mostly(1),
    "lag_h": mostly(0.0),
    "bioavailability": mostly(1.0),
    "rate": mostly(None),
    "steady_state": mostly(0),
}
SUBJECT = {
    "species": mostly("human"),
    "weight_kg": mostly(70.0),
    "severity": mostly(1.0),
    "baseline_madrs": mostly(None),
    "genotype": mostly(None),
    "age_y": mostly(None),
    "sex": mostly(None),
    "ancestry": mostly(None),
    "kidney": mostly(None),
    "liver": mostly(None),
    "height_cm": mostly(None),
    "body_size": mostly(None),
}
OPTIONS = {
    "method": mostly("rodas5p"),
    "rtol": mostly(1e-6),
    "atol": st.one_of(mostly(None), st.fixed_dictionaries({"mtor.M": strange})),
    "max_step": mostly(None),
    "first_step": mostly(None),
    "max_steps": mostly(1000),
    "max_rejections": mostly(1000),
    "max_wall_seconds": mostly(None),
    "at_event": mostly("before"),
    "positivity": st.one_of(mostly("ignore"), st.fixed_dictionaries({"mtor.M": strange})),
}
SCENARIO = {
    "regimen": mostly(INFUSION),
    "subject": mostly(ks.Subject()),
    "context": mostly("none"),
    "interventions": mostly(()),
    "parameters": st.one_of(
        mostly({}),
        st.fixed_dictionaries({"nmda_block.K0": strange}),
        st.dictionaries(st.text(), numbers),
    ),
    "variant": mostly(None),
    "name": mostly(None),
}


def some(fields: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def required(fields: dict[str, Any], *names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: fields[name] for name in names},
        optional={name: value for name, value in fields.items() if name not in names},
    )


def _is_finite(run: ks.Run) -> None:
    if run.success:
        assert np.isfinite(run.y).all()


@given(required(DOSE, "drug", "amount", "unit", "route"))
def test_a_dose_is_made_or_refused(fields: dict[str, Any]) -> None:
    dose = answer(lambda: ks.Dose(**fields))
    if dose is not None:
        assert np.isfinite([dose.amount, dose.start_h, dose.length_h, dose.interval_h]).all()
        assert isinstance(dose.additional, int)
        assert str(dose)
        assert hash(dose) == hash(ks.Dose(**fields))


@given(some(SUBJECT))
def test_a_subject_is_made_or_refused(fields: dict[str, Any]) -> None:
    answer(lambda: ks.Subject(**fields))


@given(some(OPTIONS))
def test_options_are_made_or_refused(fields: dict[str, Any]) -> None:
    options = answer(lambda: ks.SolverOptions(**fields))
    if options is not None:
        answer(
            lambda: _is_finite(
                ks.simulate(INFUSION, t_eval=[0.5], options=options, on_failure="return")
            )
        )


@given(required(SCENARIO, "regimen"), strange, st.booleans())
def test_a_run_is_made_or_refused(fields: dict[str, Any], when: Any, times_are_given: bool) -> None:
    given_time = {"t_eval": when} if times_are_given else {"until": when}
    scenario = answer(lambda: ks.Scenario(**fields))
    if scenario is not None:
        answer(
            lambda: _is_finite(
                ks.simulate(scenario, on_failure="return", max_steps=500, **given_time)
            )
        )


@given(
    strange,
    st.one_of(mostly(None), st.fixed_dictionaries({"mtor.tau_M": strange})),
    mostly(None),
    mostly(None),
    mostly(["cadss"]),
    mostly(None),
)
def test_a_population_is_made_or_refused(
    n: Any, parameters: Any, weights: Any, regimens: Any, readouts: Any, quantiles: Any
) -> None:
    if isinstance(n, int | np.integer) and n > 50:
        n = 3  # possible, and long
    answer(
        lambda: ks.simulate_population(
            INFUSION,
            n,
            parameters=parameters,
            weight_kg=weights,
            regimens=regimens,
            readouts=readouts,
            quantiles=quantiles,
            t_eval=[0.5],
            threads=1,
        )
    )


@given(strange, strange, strange)
def test_sensitivities_are_made_or_refused(wrt: Any, readouts: Any, times: Any) -> None:
    for by, of, when in (
        (wrt, ["cadss"], [1.0]),
        (["mtor.tau_M"], readouts, [1.0]),
        ([wrt], ["cadss"], times),
    ):
        answer(lambda by=by, of=of, when=when: ks.sensitivity(INFUSION, by, of, t_eval=when))


@given(strange, strange)
def test_what_reads_a_run_answers_or_refuses(name: Any, time: Any) -> None:
    run = ks.simulate(INFUSION, t_eval=[0.0, 1.0])
    for ask in (
        lambda: run[name],
        lambda: run.unit(name),
        lambda: run.before(name),
        lambda: run.at("madrs", time),
        lambda: run.at(name, 0.5),
        # A table is a sequence: a position beyond its end is an IndexError, which ends a loop.
        lambda: None if isinstance(name, int | np.integer) else ks.parameters()[name],
        lambda: ks.parameters(name),
        lambda: ks.block(name, 0.5),
        lambda: ks.block("ampa", time),
        lambda: ks.Regimen(name, time),
        lambda: ks.Regimen.parse(name),
        lambda: ks.Regimen.ketamine_infusion(name, time),
        lambda: ks.Regimen.parse("ketamine 35 mg im").shift(time),
    ):
        answer(ask)
