"""What a credibility report consists of: checks, tables, figures and sections."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ketasim._wording.frozen import comparable

#: 'pass', 'fail' and 'not run' are about this installation; 'met' and 'not met' about the model.
Status: TypeAlias = Literal["pass", "fail", "not run", "met", "not met"]


@comparable
@dataclass(frozen=True, slots=True)
class Check:
    """One item of a credibility report: a criterion and what was reached.

    Parameters
    ----------
    name : str
        Stable from release to release, such as 'Reference values: human_in_84'.
    criterion : str
        In words, with its number.
    reached : str
        In words, with its number.
    status : str
        'pass', 'fail' or 'not run' for this installation; 'met' or 'not met' for a goal of the
        model, which does not change the verdict on the installation.
    detail : str
        What failed or differed, or why it was not run.

    Examples
    --------
    >>> from ketasim.qualification import Check
    >>> Check("Sum", "at most 1e-6", "3e-9", "pass").status
    'pass'
    """

    name: str
    criterion: str
    reached: str
    status: Status
    detail: str = ""


@comparable
@dataclass(frozen=True, slots=True)
class Grid:
    """A table of the report; every cell is text that is not empty."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@comparable
@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of the report: SVG, the same in words, and the names of its colours (0 to 3)."""

    title: str
    alt: str
    svg: str
    legend: tuple[tuple[int, str], ...] = ()


@comparable
@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report.

    Parameters
    ----------
    key : str
        Stable name, used as an anchor and in JSON.
    title : str
    text : tuple of str
        Paragraphs.
    checks : tuple of Check
    grids : tuple of Grid
        Tables.
    drawings : tuple of Drawing
        Figures.

    Examples
    --------
    >>> from ketasim.qualification import Section
    >>> Section("model", "The model").checks
    ()
    """

    key: str
    title: str
    text: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    grids: tuple[Grid, ...] = ()
    drawings: tuple[Drawing, ...] = ()


def number(value: float, digits: int = 3) -> str:
    """Return a number with few digits; a number that is not finite is named."""
    if not math.isfinite(value):
        return "not finite"
    if 1000.0 <= abs(value) < 1e5:
        return f"{value:.0f}"
    return f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e+")


def share(part: int, whole: int) -> str:
    """Return 'part of whole (per cent)'."""
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "none"


def at_most(
    name: str,
    value: float,
    limit: float,
    unit: str = "",
    *,
    what: str = "",
    scope: str = "",
    detail: str = "",
) -> Check:
    """Judge a number that must not exceed a limit; NaN fails.

    Parameters
    ----------
    name : str
    value, limit : float
    unit : str
    what : str
        The quantity, in words.
    scope : str
        How much was compared, or where the largest number was found.
    detail : str
        Shown if the item fails.
    """
    of_unit = f" {unit}" if unit else ""
    ok = bool(value <= limit)
    return Check(
        name,
        f"{what} at most {number(limit)}{of_unit}".strip(),
        f"{number(value)}{of_unit}" + (f" ({scope})" if scope else ""),
        "pass" if ok else "fail",
        "" if ok else detail,
    )


def all_of(name: str, wrong: Sequence[str], n: int, criterion: str) -> Check:
    """Judge a list of which nothing may be wrong; without anything to judge it fails."""
    status: Status = "pass" if n and not wrong else "fail"
    shown = "; ".join(wrong[:10]) + (f"; and {len(wrong) - 10} more" if len(wrong) > 10 else "")
    return Check(name, criterion, share(n - len(wrong), n), status, shown)


def run_checks(
    parts: Iterable[tuple[str, Callable[[], Iterable[Check]]]],
) -> tuple[Check, ...]:
    """Run the parts of a section; one that ends with an error is a failed item with its name."""
    found: list[Check] = []
    for name, part in parts:
        try:
            found += part()
        except Exception as error:  # noqa: BLE001  # a report names what failed, whatever it is
            found.append(
                Check(
                    name, "ends without an error", type(error).__name__, "fail", str(error)[:1000]
                )
            )
    return tuple(found)
