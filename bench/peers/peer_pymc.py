"""The log posterior of levels with PyMC's own solver, and PyMC's NUTS on that of ketasim."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from levels_only import Data, Levels, end_of_infusion, sizes
from petab_optimum import THETA, TIMES, FloatArray

import ketasim as ks


class PymcSolver:
    """The log posterior of PyMC with `pymc.ode.DifferentialEquation`: SciPy's odeint with sensitivities.

    Its tolerances cannot be chosen. Each piece of a schedule is an equation of its own.
    """

    def __init__(self, part: Levels, data: Data, scenarios: Sequence[ks.Scenario]) -> None:
        import pymc
        import pytensor.tensor as pt

        scope: dict[str, Any] = {w: getattr(pt, w) for w in ("exp", "log", "log1p", "sqrt", "abs")}
        scope |= {"max": pt.maximum, "where_positive": lambda c, x: pt.switch(c > 0.0, x, 0.0)}
        rates, level = part.functions(scope)
        typical = sizes(part)
        times = np.array(TIMES)

        def solution(theta: Any, k: int, scenario: ks.Scenario) -> Any:
            end = end_of_infusion(scenario)
            stops = [0.0, *([end] if end > 0.0 else []), times[-1]]
            y: Any = pt.as_tensor_variable(part.starts[k] / typical)
            found = []
            for i, (begin, stop) in enumerate(pairwise(stops)):
                c = part.constants[k, i]
                inside = times[(begin < times) & (times <= stop)]

                def field(z: Any, t: Any, p: Any, c: FloatArray = c) -> Any:
                    y = [z[j] * typical[j] for j in range(len(typical))]
                    return [r / s for r, s in zip(rates(y, p, c), typical, strict=True)]

                equation = pymc.ode.DifferentialEquation(
                    func=field, times=np.unique([*inside, stop]), n_states=len(typical),
                    n_theta=len(THETA), t0=begin,
                )  # fmt: skip
                solved = equation(y0=y, theta=theta)
                y = solved[-1]
                found += [
                    level([solved[row, j] * typical[j] for j in range(len(typical))], theta, c)
                    for row in range(inside.size)
                ]
            return pt.stack(found)

        with pymc.Model() as model:
            z = pymc.Normal("z", 0.0, 1.0, shape=4)
            theta = pt.exp(data.centre + data.sd * z)
            for k, scenario in enumerate(scenarios):
                f = solution(theta[:3], k, scenario)
                sd = pt.sqrt(data.additive**2 + (theta[3] * f) ** 2)
                pymc.Normal(f"levels_{k}", f, sd, observed=data.values[k])
        self._both = model.logp_dlogp_function(ravel_inputs=True)
        self._both.set_extra_values({})

    def both(self, z: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = self._both(z)
        return float(value), np.asarray(gradient)


class OurNuts:
    """PyMC's NUTS on ketasim's log posterior, through `Posterior.to_pytensor`."""

    def __init__(self, fitted: ks.Posterior, start: FloatArray) -> None:
        import pymc

        with pymc.Model() as self._model:
            z = pymc.Flat("z", shape=4, initval=start)
            pymc.Potential("posterior", fitted.to_pytensor()(z))
        self.gradients = 0

    def draw(self, seed: int, chains: int, tune: int, draws: int) -> FloatArray:
        """Draws (chain, draw, 4) of a seed; `gradients` counts what they asked for."""
        import pymc

        trace = pymc.sample(
            draws, tune=tune, chains=chains, cores=1, random_seed=seed, progressbar=False,
            model=self._model, compute_convergence_checks=False, discard_tuned_samples=False,
            return_inferencedata=True, quiet=True,
        )  # fmt: skip
        tuning = trace.warmup_sample_stats["n_steps"]
        self.gradients = int(tuning.sum()) + int(trace.sample_stats["n_steps"].sum())
        return np.asarray(trace.posterior["z"])
