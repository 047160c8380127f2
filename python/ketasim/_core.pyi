from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__version__: str

_Record: TypeAlias = tuple[str, float, str, str, float, float, float, int, float, float, int]

class Trajectory:
    @property
    def t(self) -> NDArray[np.float64]: ...
    @property
    def y(self) -> NDArray[np.float64]: ...
    @property
    def segment(self) -> NDArray[np.int32]: ...
    @property
    def stop_times(self) -> NDArray[np.float64]: ...
    @property
    def start(self) -> NDArray[np.float64]: ...
    @property
    def outcome(self) -> dict[str, Any]: ...
    def readout(self, name: str) -> NDArray[np.float64]: ...
    def before(self, name: str) -> float: ...
    def inputs(self, segment: int) -> dict[str, float]: ...
    def rhs(self, y: ArrayLike, segment: int) -> NDArray[np.float64]: ...
    def jacobian(self, y: ArrayLike, segment: int) -> NDArray[np.float64]: ...
    def rhs_source(self, segment: int) -> str: ...

def parameter_table(species: str) -> list[dict[str, Any]]: ...
def state_table() -> list[dict[str, Any]]: ...
def readout_table() -> list[dict[str, Any]]: ...
def variant_table() -> list[dict[str, Any]]: ...
def context_table() -> dict[str, tuple[float, float, float]]: ...
def jacobian_structure() -> tuple[NDArray[np.int32], NDArray[np.int32]]: ...
def available_threads() -> int: ...
def steady_state(
    species: str,
    variant: str,
    parameters: dict[str, float],
    weight_kg: float,
    severity: float,
) -> dict[str, Any]: ...
def simulate(
    records: Sequence[_Record],
    resets: Sequence[float],
    context: str,
    species: str,
    variant: str,
    parameters: dict[str, float],
    weight_kg: float,
    severity: float,
    baseline_madrs: float | None,
    t_eval: ArrayLike,
    options: dict[str, Any],
) -> Trajectory: ...
def recorded_model() -> dict[str, Any]: ...
def input_table() -> list[dict[str, Any]]: ...
def compiled_schedule(
    records: Sequence[_Record],
    resets: Sequence[float],
    context: str,
    species: str,
    variant: str,
    parameters: dict[str, float],
    weight_kg: float,
    severity: float,
    baseline_madrs: float | None,
) -> dict[str, Any]: ...
def simulate_ensemble(
    records: Sequence[_Record],
    resets: Sequence[float],
    context: str,
    species: str,
    variant: str,
    parameters: dict[str, float],
    weight_kg: float,
    severity: float,
    baseline_madrs: float | None,
    members: int,
    varied: Sequence[str],
    varied_values: ArrayLike,
    weights: Sequence[float] | None,
    severities: Sequence[float] | None,
    baselines: Sequence[float] | None,
    regimens: Sequence[tuple[Sequence[_Record], Sequence[float]]],
    regimen: Sequence[int],
    t_eval: ArrayLike,
    readouts: Sequence[str],
    options: dict[str, Any],
    threads: int,
    progress: Callable[[int], None] | None,
) -> tuple[NDArray[np.float64], list[str], list[str], NDArray[np.int64]]: ...
def sensitivity(
    records: Sequence[_Record],
    resets: Sequence[float],
    context: str,
    species: str,
    variant: str,
    parameters: dict[str, float],
    weight_kg: float,
    severity: float,
    baseline_madrs: float | None,
    t_eval: ArrayLike,
    readouts: Sequence[str],
    wrt: Sequence[str],
    options: dict[str, Any],
    gradient_in_error_test: bool = False,
) -> tuple[Trajectory, NDArray[np.float64]]: ...
