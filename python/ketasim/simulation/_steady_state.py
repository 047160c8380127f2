"""The steady state of a subject without drug."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name
from ketasim.catalogue._model_tables import states
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ParameterError
from ketasim.scenario._for_core import core_scenario
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario
from ketasim.scenario._subject import Subject


@comparable
@dataclass(frozen=True, eq=False)
class SteadyState:
    """A steady state without drug, and how it was found.

    Attributes
    ----------
    y : ndarray, shape (n_states,)
        In the order and units of `ketasim.states()`.
    method : str
        'closed form' (healthy) or 'relaxation, then Newton' (implicit steps, then the exact Jacobian).
    newton_steps : int
        Number of Newton steps.
    residual : float
        Last Newton update relative to the typical size of a state.
    largest_eigenvalue : float
        Largest real part of the eigenvalues of the Jacobian [1/h]; negative means stable.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.steady_state(ks.Subject(severity=0.0)).method
    'closed form'
    """

    y: FloatArray
    method: str
    newton_steps: int
    residual: float
    largest_eigenvalue: float

    def __getitem__(self, name: str) -> float:
        """Return the value of a state, in its unit.

        Raises
        ------
        UnknownNameError
            With the nearest names.
        """
        check_name(name, states().names, "state")
        return float(self.y[states().names.index(name)])

    @property
    def stable(self) -> bool:
        """Whether small deviations decay: ``largest_eigenvalue`` is negative."""
        return self.largest_eigenvalue < 0.0


def steady_state(
    subject: Subject | None = None,
    *,
    parameters: Mapping[str, float] | None = None,
    variant: str | None = None,
) -> SteadyState:
    """Find the steady state of a subject without drug.

    Parameters
    ----------
    subject : Subject, optional
        Default: ``Subject()``.
    parameters : mapping of str to float, optional
        Overrides of parameters 'module.name'.
    variant : str, optional
        A variant of the circuit, such as 'variant_A'.

    Returns
    -------
    SteadyState

    Raises
    ------
    ParameterError
        If there is no steady state with these parameters.

    Examples
    --------
    >>> import ketasim as ks
    >>> ks.steady_state().stable
    True
    """
    scenario = as_scenario(
        Scenario(Regimen(()), subject=Subject() if subject is None else subject),
        parameters=parameters,
        variant=variant,
    )
    found = _core.steady_state(core_scenario(scenario))
    if not found["converged"]:
        raise ParameterError(
            f"no steady state at severity {scenario.subject.severity}: Newton's last update was "
            f"{found['residual']:.2g} after {found['newton_steps']} steps; move the parameters back "
            "towards their defaults"
        )
    found["y"].flags.writeable = False
    return SteadyState(
        found["y"],
        found["method"],
        found["newton_steps"],
        found["residual"],
        found["largest_eigenvalue"],
    )
