"""diffrax: implicit Runge-Kutta methods in JAX, compiled by XLA, 64 bits, on one thread.

States are divided by their typical sizes, which makes one absolute tolerance do. Where the infusion
ends the solver stops and starts again, which takes it less time than passing over with `jump_ts`. The
Jacobian is that of JAX, by its own forward mode, dense, as everywhere in diffrax. Compilation takes
place before anything is timed.
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
            return jnp.stack(rhs(t, z * typical, c)) / typical

        def solve(y: Any, c: Any, rtol: Any) -> tuple[Any, Any]:
            z, rows, success = y / typical, [], True
            for k, (begin, end) in enumerate(((0.0, stop), (stop, times[-1]))):
                inside = times[(begin < times) & (times <= end)]
                at = np.unique([*inside, end])
                control = diffrax.PIDController(rtol=rtol, atol=rtol)
                done = diffrax.diffeqsolve(
                    diffrax.ODETerm(scaled),
                    getattr(diffrax, method)(),
                    begin,
                    end,
                    None,
                    z,
                    c[k],
                    saveat=diffrax.SaveAt(ts=at),
                    stepsize_controller=(
                        diffrax.ClipStepSizeController(control, step_ts=at)
                        if steps_there
                        else control
                    ),
                    adjoint=diffrax.ForwardMode(),
                    max_steps=None,
                    throw=False,
                )
                z = done.ys[-1]
                rows.append(done.ys[: inside.size])
                success &= done.result == diffrax.RESULTS.successful
            return jnp.concatenate(rows) * typical, success

        self._solve, self._jax = solve, jax

    def ready(self, k: int, n: int | None = None) -> tuple[Callable[..., Any], float]:
        """solve(y, c, rtol) and what it took to compile [s, on the clock].

        Of one subject, or of n at once; there are k constants to each.
        """
        jax = self._jax
        one = (TYPICAL.size,), (2, k)
        y, c = one if n is None else ((n, *shape) for shape in one)
        solve = self._solve if n is None else jax.vmap(self._solve, in_axes=(0, 0, None))
        began = perf_counter()
        arrays = (jax.ShapeDtypeStruct(shape, float) for shape in (y, c, ()))
        function: Callable[..., Any] = jax.jit(solve).lower(*arrays).compile()
        return function, perf_counter() - began


def contestants(s1: S1) -> dict[str, Solver]:
    equations = of_schedules([s1.schedule], [s1.run.scenario.subject.weight_kg])
    (c,) = equations.constants

    def solver(method: str) -> Solver:
        # Its continuous extension is of order 3: Kvaerno5 does better with steps at the sample times.
        compiled = Compiled(
            method, equations, TIMES, s1.pieces[0][1], steps_there=method == "Kvaerno5"
        )
        function, s1.compiled[f"diffrax {method}"] = compiled.ready(c.shape[-1])

        def solve(rtol: float) -> Answer:
            began = process_time()
            found, success = function(s1.start, c, np.float64(rtol))
            states = np.asarray(found)
            seconds = process_time() - began
            if not success:
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
        self._function, self.compiled = compiled.ready(shape[2], shape[0])

    def solve(self, rtol: float) -> tuple[FloatArray, float, int]:
        """States (n, n_times, n_states), processor time of all [s] and how many failed."""
        began = process_time()
        found, success = self._function(self._y, self._equations.constants, np.float64(rtol))
        states = np.asarray(found)
        return states, process_time() - began, int(np.sum(~np.asarray(success)))
