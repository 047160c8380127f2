"""Tables of a validation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ketasim.evidence.vocabulary import AREAS, ROLES
from ketasim.qualification._scoring import Record


def table(records: Sequence[Record], by: Literal["area", "study"] = "area") -> str:
    """Count observations inside their interval, by area or by study and by role.

    Parameters
    ----------
    records : sequence of Record
    by : {'area', 'study'}

    Returns
    -------
    str
        One line for each group: inside / scored to calibrate, inside / scored to check, not predicted,
        not counted (weight 0), and the median fold error of plasma levels.

    Raises
    ------
    ValueError
        For another ``by``.
    """
    if by == "area":
        groups = [(area, [r for r in records if r.area == area]) for area in AREAS]
    elif by == "study":
        keys = sorted({r.source_key for r in records}, key=str.casefold)
        groups = [(key, [r for r in records if r.source_key == key]) for key in keys]
    else:
        raise ValueError(f"by = {by!r}: use 'area' or 'study'")
    lines = [_line(name, group) for name, group in groups if group]
    head = [by, "calibrate", "", "check", "", "not predicted", "weight 0", "fold error"]
    return _columns([head, *lines, _line("all", records)])


def unpredicted_table(records: Iterable[Record]) -> str:
    """List what the model cannot predict, grouped by the reason."""
    reasons: dict[str, list[str]] = {}
    for r in records:
        if r.predicted is None:
            reasons.setdefault(r.reason, []).append(r.obs_id)
    if not reasons:
        return "Every observation is predicted."
    lines = [f"Not predicted: {sum(map(len, reasons.values()))}"]
    for reason, ids in reasons.items():
        lines += [f"  {reason}", *(f"    {obs_id}" for obs_id in ids)]
    return "\n".join(lines)


def _line(name: str, group: Sequence[Record]) -> list[str]:
    cells = [name]
    for role in ROLES:
        scored = [r for r in group if r.role == role and r.scored]
        inside = sum(bool(r.within) for r in scored)
        share = f"{100 * inside / len(scored):.0f} %" if scored else ""
        cells += [f"{inside} of {len(scored)}" if scored else "-", share]
    folds = sorted(
        r.fold_error for r in group if r.scored and r.area == "Plasma" and r.fold_error is not None
    )
    cells.append(str(sum(r.predicted is None for r in group) or "-"))
    cells.append(str(sum(r.weight == 0.0 for r in group) or "-"))
    cells.append(f"{folds[len(folds) // 2]:.2f}" if folds else "-")
    return cells


def _columns(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = "  ".join("-" * w for w in widths)
    text = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    ]
    return "\n".join([text[0], rule, *text[1:-1], rule, text[-1]])
