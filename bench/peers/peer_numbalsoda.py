"""numbalsoda: LSODA in C++ over right-hand sides compiled by Numba, no Python in the loop.

It knows one absolute tolerance for all states, so it is given y / typical size; its Jacobian is its
own, by finite differences. Compilation takes place before anything is timed.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from s1 import S1, TYPICAL, Answer, FloatArray, Solver


def contestants(s1: S1) -> dict[str, Solver]:
    import numba
    import numbalsoda

    def compiled(inputs: int) -> Any:
        text = s1.source(inputs)
        head, _, results = text.rpartition("return [")
        derivatives = results.strip().rstrip("]").rstrip(", \n").split(", ")
        body = re.sub(r"^def rhs.*$", "def rhs(t, y, dydt, parameters):", head, flags=re.MULTILINE)
        unpack = ", ".join(f"y{i}" for i in range(TYPICAL.size))
        scaled = "\n    ".join(f"y{i} = y[{i}] * {v!r}" for i, v in enumerate(TYPICAL.tolist()))
        body = body.replace(f"{unpack}, = y", scaled)
        lines = [f"dydt[{i}] = ({d}) / {TYPICAL.tolist()[i]!r}" for i, d in enumerate(derivatives)]
        scope: dict[str, Any] = dict(vars(math))
        exec(compile(body + "\n    ".join(lines) + "\n", "<equations>", "exec"), scope)  # noqa: S102
        return numba.cfunc(numbalsoda.lsoda_sig)(scope["rhs"]).address

    address = {inputs: compiled(inputs) for _, _, inputs in s1.pieces}

    def solve(rtol: float) -> Answer:
        def piece(inputs: int, times: FloatArray, y: FloatArray) -> FloatArray:
            states, success = numbalsoda.lsoda(
                address[inputs], y / TYPICAL, np.ascontiguousarray(times),
                rtol=rtol, atol=rtol, mxstep=1_000_000,
            )  # fmt: skip
            if not success:
                raise RuntimeError("numbalsoda says that it failed")
            result: FloatArray = states * TYPICAL
            return result

        return s1.piecewise(piece)

    return {"numbalsoda": solve}
