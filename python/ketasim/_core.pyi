from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__version__: str
LIMITS: dict[str, float]

_Record: TypeAlias = tuple[str, float, str, str, float, float, float, int, float, float, int]
_Rows: TypeAlias = list[dict[str, Any]]

class Scenario:
    def __init__(
        self,
        *,
        records: Sequence[_Record],
        resets: Sequence[float],
        context: str,
        species: str,
        variant: str,
        parameters: dict[str, float],
        weight_kg: float,
        severity: float,
        baseline_madrs: float | None,
    ) -> None: ...

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

def parameter_table(species: str) -> _Rows: ...
def state_table() -> _Rows: ...
def input_table() -> _Rows: ...
def readout_table() -> _Rows: ...
def drug_table() -> _Rows: ...
def route_table() -> _Rows: ...
def unit_table() -> _Rows: ...
def context_table() -> _Rows: ...
def trial_parameter_table() -> _Rows: ...
def variant_table() -> _Rows: ...
def override_table() -> _Rows: ...
def species_table() -> _Rows: ...
def genotype_table() -> _Rows: ...
def age_table() -> _Rows: ...
def words() -> dict[str, tuple[str, ...]]: ...

RESPONSE_IMPROVEMENT: float

def share_at_or_below(
    cut: ArrayLike,
    baseline: ArrayLike,
    drug_relief: ArrayLike,
    context_relief: ArrayLike,
    sensitivity: ArrayLike,
    omega_s: ArrayLike,
    sd_e: ArrayLike,
    sigma_y: ArrayLike,
) -> Any: ...
def mean_change(
    baseline: ArrayLike,
    drug_relief: ArrayLike,
    context_relief: ArrayLike,
    sensitivity: ArrayLike,
    omega_s: ArrayLike,
    sd_e: ArrayLike,
    sigma_y: ArrayLike,
) -> Any: ...
def sd_change(
    baseline: ArrayLike,
    drug_relief: ArrayLike,
    context_relief: ArrayLike,
    sensitivity: ArrayLike,
    omega_s: ArrayLike,
    sd_e: ArrayLike,
    sigma_y: ArrayLike,
) -> Any: ...
def normal_cdf(x: ArrayLike) -> Any: ...
def log_gamma(x: ArrayLike) -> Any: ...
def share_at_or_below_slopes(
    arguments: ArrayLike, slopes: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def mean_change_slopes(
    arguments: ArrayLike, slopes: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def sd_change_slopes(
    arguments: ArrayLike, slopes: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def ever_at_or_below(
    drug_relief: ArrayLike,
    context_relief: ArrayLike,
    numbers: ArrayLike,
    drug_slopes: ArrayLike,
    context_slopes: ArrayLike,
    number_slopes: ArrayLike,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def relapse(
    remitters: bool,
    drug_relief: ArrayLike,
    context_relief: ArrayLike,
    numbers: ArrayLike,
    drug_slopes: ArrayLike,
    context_slopes: ArrayLike,
    number_slopes: ArrayLike,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def response(
    improvement: ArrayLike,
    baseline: ArrayLike,
    drug_relief: ArrayLike,
    context_relief: ArrayLike,
    sensitivity: ArrayLike,
    omega_s: ArrayLike,
    sd_e: ArrayLike,
    sigma_y: ArrayLike,
) -> Any: ...
def response_cut(baseline: ArrayLike, improvement: ArrayLike) -> Any: ...
def rated_madrs(
    baseline: ArrayLike,
    drug_relief: ArrayLike,
    context_relief: ArrayLike,
    sensitivity: ArrayLike,
    omega_s: ArrayLike,
    sd_e: ArrayLike,
    sigma_y: ArrayLike,
    own_sensitivity: ArrayLike,
    own_shift: ArrayLike,
    own_error: ArrayLike,
) -> Any: ...
def individual_sensitivity(mean: ArrayLike, omega_s: ArrayLike, n: ArrayLike) -> Any: ...
def jacobian_structure() -> tuple[NDArray[np.int32], NDArray[np.int32]]: ...
def available_threads() -> int: ...
def steady_state(scenario: Scenario) -> dict[str, Any]: ...
def simulate(scenario: Scenario, t_eval: ArrayLike, options: dict[str, Any]) -> Trajectory: ...
def recorded_model() -> dict[str, Any]: ...
def compiled_schedule(scenario: Scenario) -> dict[str, Any]: ...
def simulate_ensemble(
    scenario: Scenario,
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
    scenario: Scenario,
    t_eval: ArrayLike,
    readouts: Sequence[str],
    wrt: Sequence[str],
    options: dict[str, Any],
    gradient_in_error_test: bool = False,
) -> tuple[Trajectory, NDArray[np.float64]]: ...
