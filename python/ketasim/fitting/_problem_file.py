"""A fit described in a TOML file, for the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from ketasim._wording.frozen import comparable
from ketasim._wording.names import check_name, shortened
from ketasim._wording.numbers import check_whole
from ketasim._wording.plain_numbers import number_or_none
from ketasim.errors import EvidenceError, KetasimError
from ketasim.fitting._error_model import ErrorModel
from ketasim.fitting._observations import Observations
from ketasim.fitting._posterior import Posterior
from ketasim.fitting._prior import Prior

SECTIONS = ("theta", "subjects", "arms", "evidence", "error", "prior", "fit", "between_studies")
OPTIONS = {"starts": 5, "draws": 250, "seed": 0}


@comparable
@dataclass(frozen=True, eq=False)
class Problem:
    r"""A fit that a file describes.

    Parameters
    ----------
    posterior : Posterior
    starts, draws, seed : int
        As in `Posterior.maximum` and `Posterior.sample`; 0 draws: the maximum only.

    Examples
    --------
    >>> import ketasim as ks
    >>> example = ks.fitting.example_data(tmp_path)
    >>> _ = (tmp_path / "problem.toml").write_text(
    ...     'theta = ["symptoms.w_R"]\n[arms]\ntable = "arms.csv"\n[fit]\nstarts = 2\n'
    ... )
    >>> ks.fitting.read_problem(tmp_path / "problem.toml").starts
    2
    """

    posterior: Posterior
    starts: int
    draws: int
    seed: int


def read_problem(path: str | Path) -> Problem:
    r"""Read a fit from a TOML file.

    Parameters
    ----------
    path : str or Path
        ``theta``, a list of names; ``[subjects]``: ``table`` and the arguments of
        `Observations.from_table`; ``[arms]``: ``table`` and those of `Observations.from_arms`;
        ``[evidence]``: those of `Observations.from_evidence`; ``[error]`` and ``[prior]`` by name;
        ``between_studies``; ``[fit]``: starts, draws, seed. Paths are relative to the file.

    Returns
    -------
    Problem

    Raises
    ------
    EvidenceError
        If the file cannot be read, or says something unknown; the message has the name.

    Examples
    --------
    >>> import ketasim as ks
    >>> example = ks.fitting.example_data(tmp_path)
    >>> _ = (tmp_path / "problem.toml").write_text(
    ...     'theta = ["symptoms.w_R"]\n[arms]\ntable = "arms.csv"\n'
    ... )
    >>> ks.fitting.read_problem(tmp_path / "problem.toml").posterior.names
    ('symptoms.w_R',)
    """
    place = Path(path)
    try:
        given = tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvidenceError(f"{place}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvidenceError(f"{place}: is not TOML: {error}") from None
    try:
        return _problem(given, place.parent)
    except TypeError as error:
        raise EvidenceError(f"{place}: {error}") from None
    except KetasimError as error:
        raise type(error)(f"{place}: {error}") from None


def _problem(given: Mapping[str, Any], folder: Path) -> Problem:
    for name in given:
        check_name(name, SECTIONS, "section")
        if name not in ("theta", "between_studies") and not isinstance(given[name], Mapping):
            raise EvidenceError(f"{name} = {shortened(given[name])}: write a section [{name}]")
    between = given.get("between_studies", True)
    if not isinstance(between, bool):
        raise EvidenceError(f"between_studies = {shortened(between)}: write true or false")
    data = Observations()
    if "subjects" in given:
        table, arguments = _table("subjects", given["subjects"], folder, Observations.from_table)
        for name in ("cmt", "dvid"):
            if name in arguments:
                arguments[name] = {_number(k): v for k, v in arguments[name].items()}
        data += Observations.from_table(table, **arguments)
    if "arms" in given:
        table, arguments = _table("arms", given["arms"], folder, Observations.from_arms)
        data += Observations.from_arms(table, **arguments)
    if "evidence" in given:
        _check_arguments("[evidence]", given["evidence"], Observations.from_evidence)
        data += Observations.from_evidence(**given["evidence"])
    options = dict(given.get("fit", {}))
    for name, value in options.items():
        check_name(name, OPTIONS, "option of [fit]")
        check_whole(f"[fit] {name}", value, 0)
    posterior = Posterior(
        data,
        given.get("theta", ()),
        error={name: _error(name, value) for name, value in given.get("error", {}).items()},
        prior={name: _prior(name, value) for name, value in given.get("prior", {}).items()},
        between_studies=between,
    )
    return Problem(posterior, **{**OPTIONS, **options})


def _check_arguments(place: str, given: Mapping[str, Any], taken_by: Callable[..., object]) -> None:
    """Refuse a name that is no argument, with the nearest one."""
    known = [name for name in signature(taken_by).parameters if name not in ("self", "cls")]
    for name in given:
        check_name(name, known, f"argument of {place}")


def _table(
    section: str, given: Mapping[str, Any], folder: Path, taken_by: Callable[..., object]
) -> tuple[Path, dict[str, Any]]:
    _check_arguments(f"[{section}]", given, taken_by)
    arguments = dict(given)
    table = arguments.pop("table", None)
    if not isinstance(table, str):
        raise EvidenceError(f"[{section}] has no table: add table = 'levels.csv'")
    return folder / table, arguments


def _number(key: str) -> int | str:
    return int(key) if key.lstrip("-").isdigit() else key


def _error(name: str, given: object) -> str | ErrorModel:
    if isinstance(given, dict):
        _check_arguments(f"[error] {name}", given, ErrorModel)
        if "kind" not in given:
            raise EvidenceError(f"[error] {name} has no kind: add kind = 'proportional'")
        return ErrorModel(**given)
    return str(given)


def _prior(name: str, given: object) -> Prior | tuple[float, float]:
    if isinstance(given, dict):
        _check_arguments(f"[prior] {name}", given, Prior)
        if not {"low", "high"} <= given.keys():
            raise EvidenceError(f"[prior] {name}: give low and high")
        return Prior(**given)
    if isinstance(given, list) and len(given) == 2 and None not in map(number_or_none, given):
        return float(given[0]), float(given[1])
    raise EvidenceError(
        f"[prior] {name} = {shortened(given)}: give [low, high], or a table with low, high and scale"
    )
