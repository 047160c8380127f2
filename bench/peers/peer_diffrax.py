"""diffrax: implicit Runge-Kutta methods in JAX, compiled by XLA, 64 bits, on one thread.

States are divided by their typical sizes, which makes one absolute tolerance do. Where the infusion
ends diffrax stops as its manual says: with `jump_ts`. The Jacobian is that of JAX, by its own forward
mode, dense, as everywhere in diffrax. Compilation takes place before anything is timed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import e1
import numpy as np
from e1 import Subjects
from equations import Equations, of_schedules, starts
from s1 import S1, TIMES, TYPICAL, Answer, FloatArray, Solver

METHODS = ("Kvaerno5", "Kvaerno3")


class Compiled:
    """A method for one set of equations: subjects in, one by one or all at once."""

    def __init__(
        self,
        method: str,
        equations: Equations,
        times: FloatArray,
        stop: float,
        *,
        steps_there: bool,
    ) -> None:
        # Threads that wait for work count as processor time.
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
        import diffrax
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        words = ("exp", "log", "log1p", "sqrt", "abs")
        scope: dict[str, Any] = {word: getattr(jnp, word) for word in words}
        scope |= {"max": jnp.maximum, "where_positive": lambda c, x: jnp.where(c > 0.0, x, 0.0)}
        exec(compile(equations.source(), "<equations>", "exec"), scope)  # noqa: S102
        rhs, typical = scope["rhs"], jnp.asarray(TYPICAL)

        def scaled(t: Any, z: Any, c: Any) -> Any:
            return jnp.stack(rhs(t, z * typical, jnp.where(t < stop, c[0], c[1]))) / typical

        def solve(y: Any, c: Any, rtol: Any) -> tuple[Any, Any]:
            control = diffrax.ClipStepSizeController(
                diffrax.PIDController(rtol=rtol, atol=rtol),
                step_ts=times if steps_there else None,
                jump_ts=jnp.array([stop]),
            )
            done = diffrax.diffeqsolve(
                diffrax.ODETerm(scaled),
                getattr(diffrax, method)(),
                0.0,
                times[-1],
                None,
                y / typical,
                c,
                saveat=diffrax.SaveAt(ts=times),
                stepsize_controller=control,
                adjoint=diffrax.ForwardMode(),
                max_steps=None,
                throw=False,
            )
            return done.ys * typical, done.result == diffrax.RESULTS.successful

        self._solve, self._jax = solve, jax

    def ready(self, n: int, k: int) -> tuple[Callable[..., Any], float]:
        """solve(y, c, rtol) of n subjects at once, and what it took to compile [s, on the clock]."""
        jax = self._jax
        many = jax.jit(jax.vmap(self._solve, in_axes=(0, 0, None)))
        shapes = (
            jax.ShapeDtypeStruct(shape, float) for shape in ((n, TYPICAL.size), (n, 2, k), ())
        )
        began = perf_counter()
        function: Callable[..., Any] = many.lower(*shapes).compile()
        return function, perf_counter() - began


def contestants(s1: S1) -> dict[str, Solver]:
    equations, y = of_schedules([s1.schedule], [s1.run.scenario.subject.weight_kg]), s1.start

    def solver(method: str) -> Solver:
        # The continuous extension is of order 3: that of order 5 does better with steps at samples.
        compiled = Compiled(
            method, equations, TIMES, s1.pieces[0][1], steps_there=method == "Kvaerno5"
        )
        function, s1.compiled[f"diffrax {method}"] = compiled.ready(1, equations.constants.shape[2])

        def solve(rtol: float) -> Answer:
            began = process_time()
            found, success = function(y[np.newaxis], equations.constants, np.float64(rtol))
            states = np.asarray(found)[0]
            seconds = process_time() - began
            if not np.all(success):
                raise RuntimeError("diffrax says that it failed")
            return Answer(states, seconds)

        return solve

    return {f"diffrax {method}": solver(method) for method in METHODS}


class Crowd:
    """Subjects all at once (vmap), by the method that is the faster of the two."""

    method = "Kvaerno3"

    def __init__(self, subjects: Subjects) -> None:
        self._equations, self._y = subjects.equations(), starts(subjects.schedules)
        compiled = Compiled(
            self.method, self._equations, e1.TIMES, subjects.end_of_infusion, steps_there=False
        )
        shape = self._equations.constants.shape
        self._function, self.compiled = compiled.ready(shape[0], shape[2])

    def solve(self, rtol: float) -> tuple[FloatArray, float, int]:
        """States (n, n_times, n_states), processor time of all [s] and how many failed."""
        began = process_time()
        found, success = self._function(self._y, self._equations.constants, np.float64(rtol))
        states = np.asarray(found)
        return states, process_time() - began, int(np.sum(~np.asarray(success)))
