"""Tables of a validation as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from ketasim.errors import ScenarioError
from ketasim.evidence.vocabulary import AREAS, CLINICAL, ROLES
from ketasim.observation._intervals import Z95
from ketasim.qualification._forecasts import TrialScore
from ketasim.qualification._scoring import LEVELS, Record


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
    ScenarioError
        For another ``by``.
    """
    if by == "area":
        groups = [(area, [r for r in records if r.area == area]) for area in AREAS]
    elif by == "study":
        keys = sorted({r.source_key for r in records}, key=str.casefold)
        groups = [(key, [r for r in records if r.source_key == key]) for key in keys]
    else:
        raise ScenarioError(f"by = {by!r}: use 'area' or 'study'")
    lines = [_line(name, group) for name, group in groups if group]
    head = [by, "calibrate", "", "check", "", "not predicted", "weight 0", "fold error"]
    return _columns(head, lines, _line("all", records))


def score_table(records: Sequence[Record], trials: Sequence[TrialScore]) -> str:
    """Compare log scores, coverage and CRPS of the model and the baselines, by area and role."""
    groups = [
        (area, role, rows)
        for area in AREAS
        for role in ROLES
        if (rows := [r for r in records if r.area == area and r.role == role and has_score(r)])
    ]
    head = ["area", "role", "rows", "log score", "control", "MBMA"]
    head += [f"{level} %" for level in LEVELS] + ["own 95", "expected"]
    lines, better = [], []
    for area, role, rows in groups:
        scores = log_scores(rows, [t for t in trials if t.role == role] if area == CLINICAL else [])
        coverage = [_coverage(rows, level) for level in LEVELS]
        own = _percent([bool(r.within) for r in rows])
        lines.append(
            [area, role, str(len(rows)), *map(_number, scores), *coverage, own, _expected(rows)]
        )
        better += [
            f"{area}, {role}: {name} ({_number(score)} against {_number(scores[0])})"
            for name, score in zip(("control only", "statistical MBMA"), scores[1:], strict=True)
            if score is not None and scores[0] is not None and score > scores[0]
        ]
    if not lines:
        return "No observation has a predictive distribution."
    text = [
        "Log score per row (all rows of a trial together; higher is better), and rows inside prediction",
        "intervals and inside the 95 % interval of the observation itself. expected: the share there, if",
        "the model is right and trials differ as much as estimated",
        _columns(head, lines),
        "",
        "CRPS and median width of the 95 % prediction interval, in the unit of the rows",
        _crps_table(records),
        "",
    ]
    text += ["A baseline has the higher log score in:", *(f"  {line}" for line in better)] if better else [
        "No baseline has a higher log score."
    ]  # fmt: skip
    return "\n".join(text)


def _expected(rows: Sequence[Record]) -> str:
    """Return the share expected inside own intervals if the prediction intervals are right."""
    shares = []
    for r in rows:
        if r.low is None or r.high is None or r.lo95 is None or r.hi95 is None:
            continue
        half, width = (r.high - r.low) / 2.0, (r.hi95 - r.lo95) / (2.0 * Z95)
        shares.append(math.erf(half / width / math.sqrt(2.0)) if width > 0.0 else 1.0)
    return f"{100.0 * sum(shares) / len(shares):.0f}" if shares else "-"


def _crps_table(records: Sequence[Record]) -> str:
    lines = []
    for area in AREAS:
        units = dict.fromkeys(r.unit for r in records if r.area == area and has_score(r))
        for unit in units:
            for role in ROLES:
                rows = _compared([
                    r for r in records
                    if r.area == area and r.role == role and r.unit == unit and has_score(r)
                ])  # fmt: skip
                if rows:
                    widths = sorted((r.hi95 or 0.0) - (r.lo95 or 0.0) for r in rows)
                    crps = (
                        _mean(rows, lambda r: r.crps),
                        _mean(rows, lambda r: r.crps_control),
                        _mean(rows, lambda r: r.crps_mbma),
                    )
                    width = _number(widths[len(widths) // 2])
                    label = f"{area} [{'share' if unit == '1' else unit}]"
                    lines.append([label, role, str(len(rows)), *map(_number, crps), width])
    return _columns(["area [unit]", "role", "rows", "CRPS", "control", "MBMA", "width"], lines)


def _compared(rows: Sequence[Record]) -> Sequence[Record]:
    """Return the rows that the baselines predict too; all rows where they predict none."""
    return [r for r in rows if r.crps_mbma is not None and r.crps_control is not None] or rows


def has_score(r: Record) -> bool:
    return r.scored and r.log_score is not None


def log_scores(
    rows: Sequence[Record], trials: Sequence[TrialScore]
) -> tuple[float | None, float | None, float | None]:
    """Return log scores per row of the model and of the baselines."""
    if trials:
        weight = sum(t.weight for t in trials)
        return (
            sum(t.log_score for t in trials) / weight,
            sum(t.log_score_control for t in trials) / weight,
            sum(t.log_score_mbma for t in trials) / weight,
        )
    rows = _compared(rows)
    return (
        _mean(rows, lambda r: r.log_score),
        _mean(rows, lambda r: r.log_score_control),
        _mean(rows, lambda r: r.log_score_mbma),
    )


def _mean(rows: Sequence[Record], of: Callable[[Record], float | None]) -> float | None:
    """Return the weighted mean; None where a row has no number."""
    values = [of(r) for r in rows]
    known = [v for v in values if v is not None]
    if len(known) < len(rows):
        return None
    return sum(r.weight * v for r, v in zip(rows, known, strict=True)) / sum(r.weight for r in rows)


def _coverage(rows: Sequence[Record], level: int) -> str:
    return _percent([
        getattr(r, f"lo{level}") <= r.value <= getattr(r, f"hi{level}") for r in rows
    ])  # fmt: skip


def _percent(holds: Sequence[bool]) -> str:
    return f"{100.0 * sum(holds) / len(holds):.0f}"


def _number(x: float | None) -> str:
    if x is None:
        return "-"
    return f"{x:.2f}" if abs(x) < 1000.0 else f"{x:.0f}"


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


def _columns(
    head: Sequence[str], lines: Sequence[Sequence[str]], last: Sequence[str] | None = None
) -> str:
    """Align columns: text to the left, numbers to the right; ``last`` stands below a rule."""
    everything = [head, *lines, *([last] if last else [])]
    widths = [max(len(line[i]) for line in everything) for i in range(len(head))]
    words = [all(not line[i][:1].isdigit() for line in lines) for i in range(len(head))]
    rule = "  ".join("-" * w for w in widths)

    def text(line: Sequence[str]) -> str:
        cells = [
            cell.ljust(w) if i == 0 or (word and not cell.lstrip("-")[:1].isdigit() and cell != "-")
            else cell.rjust(w)
            for i, (cell, w, word) in enumerate(zip(line, widths, words, strict=True))
        ]  # fmt: skip
        return "  ".join(cells).rstrip()

    below = [rule, text(last)] if last else []
    return "\n".join([text(head), rule, *map(text, lines), *below])
