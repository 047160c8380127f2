"""The log posterior of levels in JAX, solved by diffrax, and its draws by numpyro."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from levels_only import Data, Levels, sizes
from petab_optimum import TIMES, FloatArray

#: diffrax: solver and how it is differentiated.
METHODS = tuple((solver, mode) for solver in ("Tsit5", "Kvaerno5") for mode in ("back", "forward"))


class Diffrax:
    """The log posterior in JAX, solved by diffrax."""

    def __init__(self, part: Levels, data: Data, solver: str, mode: str) -> None:
        import diffrax
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        self.mode, self._jax = mode, jax
        scope: dict[str, Any] = {w: getattr(jnp, w) for w in ("exp", "log", "log1p", "sqrt", "abs")}
        scope |= {"max": jnp.maximum, "where_positive": lambda c, x: jnp.where(c > 0.0, x, 0.0)}
        rates, level = part.functions(scope)
        # Divided by typical sizes [umol, uM], so that one absolute tolerance does.
        typical = jnp.asarray(sizes(part))
        times = np.array(TIMES)
        adjoint = diffrax.RecursiveCheckpointAdjoint() if mode == "back" else diffrax.ForwardMode()

        def field(t: Any, z: Any, args: Any) -> Any:
            p, c = args
            return jnp.stack(rates(z * typical, p, c)) / typical

        def solve(p: Any, y: Any, c: Any, rtol: Any) -> Any:
            z, found = y / typical, []
            for k, (begin, end) in enumerate(((0.0, data.split_h), (data.split_h, times[-1]))):
                inside = times[(begin < times) & (times <= end)]
                done = diffrax.diffeqsolve(
                    diffrax.ODETerm(field), getattr(diffrax, solver)(), begin, end, None, z,
                    (p, c[k]),
                    saveat=diffrax.SaveAt(ts=np.unique([*inside, end])),
                    stepsize_controller=diffrax.PIDController(rtol=rtol, atol=rtol),
                    adjoint=adjoint, max_steps=4096, throw=False,
                )  # fmt: skip
                z = done.ys[-1]
                ys = done.ys[: inside.size] * typical
                found.append(jax.vmap(lambda one, k=k: level(one, p, c[k]))(ys))
            return jnp.concatenate(found)

        def log_posterior(z: Any, rtol: Any) -> Any:
            theta = jnp.exp(data.centre + data.sd * z)
            f = jax.vmap(solve, in_axes=(None, 0, 0, None))(
                theta[:3], part.starts, part.constants, rtol
            )
            variance = data.additive**2 + (theta[3] * f) ** 2
            u = (data.values - f) ** 2 / variance
            normal = -0.5 * (u + jnp.log(2.0 * jnp.pi * variance)).sum()
            return normal - 0.5 * (z * z + jnp.log(2.0 * jnp.pi)).sum()

        self.log_posterior = log_posterior
        self._value = jax.jit(log_posterior)
        if mode == "back":
            both = jax.value_and_grad(log_posterior)
        else:

            def both(z: Any, rtol: Any) -> Any:
                return log_posterior(z, rtol), jax.jacfwd(log_posterior)(z, rtol)

        self._both = jax.jit(both)

    def value(self, z: FloatArray, rtol: float) -> float:
        return float(self._value(z, np.float64(rtol)))

    def both(self, z: FloatArray, rtol: float) -> tuple[float, FloatArray]:
        value, gradient = self._both(z, np.float64(rtol))
        return float(value), np.asarray(gradient)

    def chains(
        self, start: FloatArray, rtol: float, chains: int, tune: int, draws: int
    ) -> Callable[[int], FloatArray]:
        """Draws (chain, draw, 4) of a seed by NUTS; it compiles at the first call."""
        import jax.numpy as jnp
        import numpyro
        import numpyro.distributions as dist
        from numpyro.infer import MCMC, NUTS

        def model() -> None:
            z = numpyro.sample("z", dist.Normal(0.0, 1.0).expand([4]).to_event(1))
            prior = -0.5 * (z * z + jnp.log(2.0 * jnp.pi)).sum()
            numpyro.factor("levels", self.log_posterior(z, rtol) - prior)

        kernel = NUTS(model, forward_mode_differentiation=self.mode == "forward")
        mcmc = MCMC(kernel, num_warmup=tune, num_samples=draws, num_chains=chains,
                    chain_method="sequential", progress_bar=False)  # fmt: skip

        def draw(seed: int) -> FloatArray:
            begin = {"z": jnp.asarray(np.tile(start, (chains, 1)))}
            mcmc.run(self._jax.random.PRNGKey(seed), init_params=begin)
            return np.asarray(mcmc.get_samples(group_by_chain=True)["z"])

        return draw
