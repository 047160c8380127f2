"""Claims that a run with a readout that is not finite or off its scale is no success."""

import numpy as np
import pytest

import ketasim as ks
from ketasim import _core
from ketasim.scenario._for_core import core_arguments, core_options
from ketasim.simulation._run import Run

SCENARIO = ks.Scenario("ketamine 0.5 mg/kg iv over 40 min")
OPTIONS = ks.SolverOptions()
#: A possible number; any change of some points divided by it is infinite.
HUGE = {"symptoms.sd_change": 2.3e-308}
TIMES = np.array([-1.0, 0.7, 24.0])


def core(parameters):
    return _core.Scenario(**{**core_arguments(SCENARIO), "parameters": parameters})


@pytest.mark.parametrize("method", ["rodas5p", "rodas4"])
def test_a_readout_that_is_not_finite_has_its_own_status(method):
    options = ks.SolverOptions(method=method)
    run = Run(SCENARIO, options, _core.simulate(core(HUGE), TIMES, core_options(options)))
    assert run.status == "readout_out_of_range"
    assert not run.success
    assert "effect_size = -inf SMD at t = 24 h" in run.message
    assert "move parameters back" in run.message
    # The states were reached; what is finite stays readable.
    assert np.isfinite(run.y).all()
    assert np.isfinite(run["madrs"]).all()


def test_an_ensemble_and_a_run_have_the_same_status_whatever_is_read():
    arguments = {**core_arguments(SCENARIO), "parameters": HUGE}
    values, status, messages, _ = _core.simulate_ensemble(
        _core.Scenario(**arguments),
        3,
        [],
        np.zeros((3, 0)),
        None,
        None,
        None,
        [],
        [],
        TIMES,
        ["madrs"],
        core_options(OPTIONS),
        1,
        None,
    )
    assert set(status) == {"readout_out_of_range"}
    assert all("effect_size" in message for message in messages)
    assert np.isfinite(values).all()


def test_a_pickled_run_keeps_the_readout_that_was_out():
    trajectory = _core.simulate(core(HUGE), TIMES, core_options(OPTIONS))
    copy = _core.Trajectory.__new__(_core.Trajectory)
    copy.__setstate__(trajectory.__getstate__())
    assert copy.outcome == trajectory.outcome
    assert copy.outcome["worst_readout"] == "effect_size"


@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rtol", [1e-3, 1e-6])
def test_usual_runs_stay_on_every_scale(severity, rtol):
    subject = ks.Subject(severity=severity)
    run = ks.simulate("ketamine 1 mg/kg iv bolus", subject=subject, until="14 d", rtol=rtol)
    assert run.status == "success"


def test_no_limit_of_a_parameter_lies_beyond_what_it_means():
    for species in ("human", "rat"):
        for row in ks.parameters(species):
            low, high = row["limit_low"], row["limit_high"]
            assert low <= row["value"] <= high
            if row["unit"] in ("kg", "L", "L/kg", "h", "uM"):
                assert low > 0.0, row["name"]
            elif row["unit"] != "1":
                assert low >= 0.0, row["name"]
            words = set(row["description"].replace(",", " ").split())
            # Not the shares that are mentioned but not meant.
            a_share = words & {"fraction", "share", "bioavailability"}
            if row["unit"] == "1" and a_share and row["symbol"] != "d_{FR}":
                assert (max(low, 0.0), high) == (low, 1.0), row["name"]


@pytest.mark.filterwarnings("ignore::ketasim.ParameterRangeWarning")
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("pharmacokinetics.F_im", 1.01, "to 1 1"),
        ("pharmacokinetics.FR_sl", -0.01, "to 1 1"),
        ("nmda_block.ft_mem", 1.5, "to 1 1"),
        ("pharmacokinetics.V1", 0.0, "above 0 L"),
        ("pharmacokinetics.CLn_S", -1.0, "within 0 to inf L/h"),
        ("mtor.tau_M", 0.0, "above 0 h"),
        ("glutamate.alpha", 0.0, "above 0 and at most 1 1"),
        ("symptoms.sd_change", 0.0, "above 0 points"),
    ],
)
def test_the_core_refuses_a_parameter_that_cannot_be(name, value, says):
    with pytest.raises(ks.ParameterError) as caught:
        _core.simulate(core({name: value}), TIMES, core_options(OPTIONS))
    assert name in str(caught.value)
    assert says in str(caught.value)


def test_a_readout_is_judged_by_the_absolute_tolerance_too():
    # The block of receptors is 0 before the first dose, and falls below it by a share of atol.
    scenario = ks.Scenario("arketamine 21 mg nasal", variant="variant_A")
    times = np.linspace(1e-4, 0.1, 40)
    options = {"rtol": 1e-10, "atol": 1e-3}
    run = ks.simulate(scenario, t_eval=times, on_failure="return", **options)
    block = run["nmda_block_interneuron"]
    assert block.min() < -100 * run.options.rtol
    assert run.status == "success"
    people = ks.simulate_population(
        scenario, 2, t_eval=times, parameters={}, readouts=["cadss"], **options
    )
    assert list(people.status) == ["success", "success"]
    slopes = ks.sensitivity(scenario, ["dose.amount"], ["cadss"], t_eval=times, **options)
    assert slopes.run.success


def test_derivatives_that_are_not_finite_are_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run may succeed where small changes grow beyond all numbers."""
    whole = _core.sensitivity

    def grown(*args: object, **keywords: object) -> tuple[object, object]:
        run, gradient = whole(*args, **keywords)  # type: ignore[arg-type]
        gradient[1, 0, 0] = float("inf")
        return run, gradient

    monkeypatch.setattr(_core, "sensitivity", grown)
    with pytest.raises(ks.SimulationError, match=r"p_mtor at 2 h by mtor\.tau_M is not finite"):
        ks.sensitivity("ketamine 35 mg im", ["mtor.tau_M"], ["p_mtor"], t_eval=[1, 2])
