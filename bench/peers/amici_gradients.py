"""AMICI's derivatives: forward, with either corrector, and adjoint.

Its parameters are ours, and derived constants follow from them in the file. What it does not look for
is how the state before treatment answers to them: that is given to it, and costs it nothing.
"""

from __future__ import annotations

import warnings

import g1
import numpy as np
from amici_model import REFERENCES, own_id
from g1 import Gradients
from peer_amici import new_solver, prepared, succeeded
from s1 import INFUSION, S1, FloatArray

import ketasim as ks
from ketasim import _core
from ketasim.catalogue._ranges import possible_range
from ketasim.scenario._for_core import core_scenario

# "Not thoroughly tested" where there are events: here its gradients are.
warnings.filterwarnings("ignore", "Adjoint sensitivity analysis", UserWarning)


class Differentiated:
    """A case on gradients, ready to be run."""

    def __init__(self, s1: S1, gradients: Gradients) -> None:
        from amici.sim.sundials import ExpData, SensitivityOrder

        self._case = gradients
        self._n = len(gradients.wrt)
        self._model = prepared(s1).get_model()
        self._model.set_timepoints(g1.TIMES)
        ids, states = list(self._model.get_free_parameter_ids()), list(self._model.get_state_ids())
        by = [own_id(name) for name in gradients.wrt] + [f"input__{name}" for name in REFERENCES]
        self._model.set_parameter_list([ids.index(name) for name in by])
        start, self._of_references = _before_treatment(gradients)
        given = np.zeros((len(by), len(states)))
        given[: self._n, [states.index(name) for name in s1.sbml_names]] = start
        self._model.set_initial_state_sensitivities(given.ravel())
        self._data = ExpData(self._model)
        self._data.set_measurements(gradients.data.ravel())
        self._data.set_noise_scales(np.broadcast_to(g1.SD, gradients.data.shape).ravel())
        self._solver = new_solver(self._model)
        self._solver.set_sensitivity_order(SensitivityOrder.first)

    def forward(
        self, rtol: float, absolute: float, method: str
    ) -> tuple[FloatArray, FloatArray, float]:
        """Derivatives, readouts and processor time [s]; the method is simultaneous or staggered."""
        from amici.sim.sundials import InternalSensitivityMethod, SensitivityMethod, run_simulation

        solver = self._solver
        solver.set_sensitivity_method(SensitivityMethod.forward)
        solver.set_internal_sensitivity_method(getattr(InternalSensitivityMethod, method))
        solver.set_relative_tolerance(rtol)
        solver.set_absolute_tolerance(rtol * absolute)
        solver.set_relative_tolerance_fsa(rtol)
        solver.set_absolute_tolerance_fsa(rtol * absolute)
        result = succeeded(run_simulation(self._model, solver))
        found = np.moveaxis(np.asarray(result.sy), 1, 2)
        whole = found[..., : self._n] + found[..., self._n :] @ self._of_references
        return np.moveaxis(whole, 2, 1), np.asarray(result.y), 1e-3 * result.cpu_time

    def adjoint(self, rtol: float, absolute: float) -> tuple[FloatArray, float]:
        """Gradient of half the sum of squares and processor time [s]."""
        from amici.sim.sundials import RDataReporting, SensitivityMethod, run_simulation

        solver = self._solver
        solver.set_sensitivity_method(SensitivityMethod.adjoint)
        solver.set_return_data_reporting_mode(RDataReporting.likelihood)
        # The run itself costs a hundredth of the way back, which cannot be more exact than it.
        solver.set_relative_tolerance(0.1 * rtol)
        solver.set_absolute_tolerance(0.1 * rtol)
        solver.set_relative_tolerance_b(rtol)
        solver.set_absolute_tolerance_b(rtol * absolute)
        solver.set_relative_tolerance_quadratures(rtol)
        solver.set_absolute_tolerance_quadratures(rtol)
        result = succeeded(run_simulation(self._model, solver, self._data))
        solver.set_return_data_reporting_mode(RDataReporting.full)
        found = -np.asarray(result.sllh)
        gradient = found[: self._n] + found[self._n :] @ self._of_references
        return gradient, 1e-3 * (result.cpu_time + result.cpu_time_b)


def _before_treatment(gradients: Gradients) -> tuple[FloatArray, FloatArray]:
    """Derivatives of the states before treatment, shape (n_wrt, n_states), and of the references.

    By differences, extrapolated: the steady state is exact to rounding, these to about 1e-9. They are
    one-sided where a parameter stands at a limit of what is possible.
    """

    def compiled(name: str, value: float) -> FloatArray:
        scenario = ks.Scenario(INFUSION, parameters={name: value})
        found = _core.compiled_schedule(core_scenario(scenario))
        return np.array([*found["start"], *(found["before"][name] for name in REFERENCES)])

    def difference(name: str, value: float, step: float) -> FloatArray:
        least, most = possible_range(ks.parameters("human")[name])
        if least <= value - step and value + step <= most:
            return (compiled(name, value + step) - compiled(name, value - step)) / (2.0 * step)
        # At a limit of what is possible, from inside.
        inside = -step if value + step > most else step
        at = [compiled(name, value + k * inside) for k in range(3)]
        return (-3.0 * at[0] + 4.0 * at[1] - at[2]) / (2.0 * inside)

    rows = []
    for name, value in zip(gradients.wrt, gradients.values.tolist(), strict=True):
        step = 1e-4 * abs(value) or 1e-6
        rows.append((4.0 * difference(name, value, step / 2) - difference(name, value, step)) / 3.0)
    derivatives = np.array(rows)
    n = len(REFERENCES)
    return derivatives[:, :-n], derivatives[:, -n:].T
