"""SciPy's solve_ivp: LSODA, BDF and Radau.

Right-hand side and exact Jacobian are those of the compiled core, which is a gift: the equations in
Python cost tens of times more, finite differences 103 more right-hand sides each time. What they
cost without it: bench/python_call.py.
"""

from __future__ import annotations

from s1 import S1, TYPICAL, Answer, FloatArray, Solver


def contestants(s1: S1) -> dict[str, Solver]:
    from scipy.integrate import solve_ivp

    def solver(method: str) -> Solver:
        def solve(rtol: float) -> Answer:
            def piece(inputs: int, times: FloatArray, y: FloatArray) -> FloatArray:
                done = solve_ivp(
                    s1.rhs(inputs), (times[0], times[-1]), y, method, t_eval=times,
                    rtol=rtol, atol=rtol * TYPICAL, jac=s1.jacobian(inputs),
                )  # fmt: skip
                if not done.success:
                    raise RuntimeError(done.message)
                states: FloatArray = done.y.T
                return states

            return s1.piecewise(piece)

        return solve

    return {f"SciPy {method}": solver(method) for method in ("LSODA", "BDF", "Radau")}
