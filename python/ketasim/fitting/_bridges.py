"""A posterior for other libraries: pyPESTO, PyTensor (PyMC, nutpie) and JAX."""

from __future__ import annotations

from typing import Any

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim.fitting._density import Density
from ketasim.observation._intervals import Z95

#: Bounds of the coordinates for optimisers that need some: beyond them the prior has 1e-9 of its mass.
FARTHEST = 6.0
#: How far from a limit a search ends [SD of the prior].
INSIDE = 1e-9


class _Negative:
    """Minus the log posterior and its gradient, as pyPESTO asks for them; can be pickled."""

    def __init__(self, density: Density) -> None:
        self.density = density

    def __call__(self, z: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = self.density.value_and_grad(z)
        return -value, -gradient


def bounds(density: Density) -> tuple[FloatArray, FloatArray]:
    """Return the coordinates between which the posterior is searched: `FARTHEST`, or a limit before."""
    low, high = np.full(density.dim, -FARTHEST), np.full(density.dim, FARTHEST)
    for k, row in enumerate(density.parameters):
        ends = [float(row.prior.coordinate(x)) for x in (row.least, row.most)]
        if row.prior.flat:
            ends = [-Z95, Z95]
        # A limit itself may be impossible by rounding.
        low[k] = max(low[k], ends[0] + INSIDE) if np.isfinite(ends[0]) else low[k]
        high[k] = min(high[k], ends[1] - INSIDE) if np.isfinite(ends[1]) else high[k]
    return low, high


def pypesto_problem(density: Density) -> Any:
    """Return a problem of pyPESTO; see `Posterior.to_pypesto`."""
    pypesto: Any = require("pypesto", "fit")
    objective = pypesto.Objective(fun=_Negative(density), grad=True, x_names=list(density.names))
    low, high = bounds(density)
    return pypesto.Problem(
        objective=objective,
        lb=low,
        ub=high,
        x_names=list(density.names),
        x_scales=["lin"] * density.dim,
        x_guesses=density.start[np.newaxis],
    )


def pytensor_op(density: Density) -> Any:
    """Return an operation of PyTensor; see `Posterior.to_pytensor`."""
    pt: Any = require("pytensor.tensor", "fit")
    op: Any = require("pytensor.graph.op", "fit")
    basic: Any = require("pytensor.graph.basic", "fit")

    class LogPosterior(op.Op):  # type: ignore[misc]
        """Log posterior and its gradient, computed together."""

        itypes = [pt.dvector]  # noqa: RUF012
        otypes = [pt.dscalar, pt.dvector]  # noqa: RUF012

        def make_node(self, z: Any) -> Any:
            z = pt.as_tensor_variable(z)
            return basic.Apply(self, [z], [pt.dscalar(), pt.dvector()])

        def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
            value, gradient = density.value_and_grad(inputs[0])
            outputs[0][0] = np.asarray(value)
            outputs[1][0] = gradient

        def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
            return [cotangents[0] * self(*inputs)[1]]

        def grad(self, inputs: Any, cotangents: Any) -> Any:
            return [cotangents[0] * self(*inputs)[1]]

    whole = LogPosterior()

    def log_posterior(z: Any) -> Any:
        return whole(z)[0]

    return log_posterior


def jax_function(density: Density) -> Any:
    """Return a function for JAX; see `Posterior.to_jax`."""
    jax: Any = require("jax", "fit")
    jnp: Any = require("jax.numpy", "fit")

    def host(z: Any) -> tuple[FloatArray, FloatArray]:
        array = np.asarray(z, dtype=np.float64)
        flat = array.reshape(-1, density.dim)
        found = [density.value_and_grad(one) for one in flat]
        values = np.array([value for value, _ in found]).reshape(array.shape[:-1])
        return values, np.array([gradient for _, gradient in found]).reshape(array.shape)

    def both(z: Any) -> Any:
        if z.dtype != jnp.float64:
            raise TypeError(
                "the coordinates need 64 bits: jax.config.update('jax_enable_x64', True)"
            )
        shapes = (
            jax.ShapeDtypeStruct(z.shape[:-1], z.dtype),
            jax.ShapeDtypeStruct(z.shape, z.dtype),
        )
        return jax.pure_callback(host, shapes, z, vmap_method="expand_dims")

    def value(z: Any) -> Any:
        return both(z)[0]

    log_posterior = jax.custom_vjp(value)

    def forward(z: Any) -> tuple[Any, Any]:
        value, gradient = both(z)
        return value, gradient

    def backward(gradient: Any, cotangent: Any) -> tuple[Any]:
        return (cotangent[..., None] * gradient,)

    log_posterior.defvjp(forward, backward)
    return log_posterior
