"""The demonstration: ketamine beside a daily SSRI, as a figure, a table of key times and the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim._wording.durations import in_words
from ketasim.figures._cascade import KETAMINE, OVER, SSRI, cascade_figure, ketamine_in_body, tidy
from ketasim.figures._era_axis import EraAxis
from ketasim.figures._style import PRINT_DPI, alt_text, print_style
from ketasim.figures._write import write_figure
from ketasim.files._save import save
from ketasim.files._sheet import Column, Sheet
from ketasim.files._whole_file import check_folder
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._curve_moments import gone, half_way, highest, lowest, reaches
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

END_H = 1344.0


SCENARIOS = {
    KETAMINE: Scenario("ketamine 0.5 mg/kg iv over 40 min", context="none"),
    SSRI: Scenario("escitalopram 10 mg oral daily for 8 weeks", context="none"),
}

NONE = "–"

__all__ = ["demo", "demo_runs"]


def demo(folder: str | Path = "ketasim-demo") -> str:
    """Simulate ketamine and an SSRI, write figure and data, and return the key times as text.

    Parameters
    ----------
    folder : str or Path
        Receives ``cascade.png``, ``cascade.pdf`` and ``cascade.csv``; made if it does not exist.
        Default 'ketasim-demo'.

    Returns
    -------
    str
        Key times, computed from the two runs; the names of the files; the disclaimer.

    Raises
    ------
    MissingLibraryError
        Without matplotlib, before anything is written.
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> from ketasim.gallery.demo import demo
    >>> _ = demo(tmp_path / "lecture")
    >>> sorted(path.name for path in (tmp_path / "lecture").iterdir())
    ['cascade.csv', 'cascade.pdf', 'cascade.png']
    """
    require("matplotlib", "plot")
    place = check_folder(folder)
    runs = demo_runs()
    figure = cascade_figure(runs[KETAMINE], runs[SSRI])
    place.mkdir(parents=True, exist_ok=True)
    about = {"Title": "ketasim: the cascade from seconds to weeks"}
    with print_style():
        described = {**about, "Description": alt_text(figure)}
        write_figure(figure, place / "cascade.png", dpi=PRINT_DPI, metadata=described)
        described = {**about, "Subject": alt_text(figure)}
        write_figure(figure, place / "cascade.pdf", metadata=described)
    save(table_behind(runs), place / "cascade.csv")
    return (
        f"{key_moments(runs[KETAMINE], runs[SSRI])}\n\n"
        f"Figure and data: {Path(folder) / 'cascade'}.png, .pdf and .csv\n\n{DISCLAIMER}\n{RISK}"
    )


def demo_runs() -> dict[str, Run]:
    """Simulate both treatments over 8 weeks, sampled for the era axis and every 2 h.

    Returns
    -------
    dict of str to Run
        'ketamine' and 'SSRI'.

    Examples
    --------
    >>> from ketasim.gallery.demo import demo_runs
    >>> list(demo_runs())
    ['ketamine', 'SSRI']
    """
    times = np.unique(np.r_[EraAxis(END_H).times(), np.arange(0.0, END_H, 2.0)])
    return {arm: simulate(scenario, t_eval=times) for arm, scenario in SCENARIOS.items()}


def table_behind(runs: dict[str, Run]) -> Sheet:
    """Return every curve of the figure in tidy form, one value in each row."""
    treatment, time, quantity, value, unit = zip(*tidy(runs), strict=True)
    facts: dict[str, str | int | float] = {
        key: fact
        for key, fact in runs[KETAMINE].metadata.items()
        if key in ("model", "version", "method", "rtol")
    }
    facts |= {f"scenario {arm}": str(run.scenario) for arm, run in runs.items()}
    facts["units"] = "time in h; every value in the unit of its row"
    facts["sources"] = "; ".join(sorted({s.key for run in runs.values() for s in run.sources}))
    facts["disclaimer"] = DISCLAIMER
    columns = (
        Column("treatment", treatment),
        Column("time", time, "h"),
        Column("quantity", quantity),
        Column("value", value),
        Column("unit", unit),
    )
    return Sheet(columns, "row", facts)


def key_moments(ketamine: Run, ssri: Run) -> str:
    """Return the table of key times, each computed from the runs."""
    k, s = ketamine, ssri
    rows = [
        ("In the model …", "ketamine", "SSRI"),
        ("", "one infusion", "daily"),
        ("the block of NMDA receptors peaks at", _peak(k, "nmda_block_interneuron", 100.0, " %"), NONE),
        ("glutamate peaks at", _peak(k, "glutamate_dialysate", 1.0, " % of baseline"), "no surge"
         if np.ptp(s["glutamate_dialysate"]) < 1.0 else _peak(s, "glutamate_dialysate", 1.0, " %")),
        ("dissociation ends at", _time(gone(k.t, k["cadss_change"], OVER)), NONE),
        ("mTORC1 peaks at", _fold_peak(k, "p_mtor"), _fold_peak(s, "p_mtor")),
        ("97 % of the drug is eliminated at", _time(gone(k.t, ketamine_in_body(k), 0.03)), "taken daily"),
        ("half of the lost spines are restored at", _half_of_spines(k), _half_of_spines(s)),
        ("mood is half-way to its best at", *(_time(half_way(r.t, r["madrs_change"])) for r in (k, s))),
        ("mood is best at", *(_best(r) for r in (k, s))),
        ("half of that relief is lost again at", *(_time(_half_lost(r)) for r in (k, s))),
    ]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _time(hours: float | None) -> str:
    return f"not within {in_words(END_H)}" if hours is None else in_words(hours)


def _peak(run: Run, readout: str, scale: float, unit: str) -> str:
    top = highest(run.t, run[readout])
    return f"{in_words(top.time_h)} ({scale * top.value:.0f}{unit})"


def _fold_peak(run: Run, readout: str) -> str:
    top = highest(run.t, run[readout] / run[readout][0])
    return f"{in_words(top.time_h)} ({top.value:.1f} × before)"


def _half_of_spines(run: Run) -> str:
    restored = run["spine_restored"]
    half = reaches(run.t, restored, 0.5)
    if half is not None:
        return in_words(half)
    top = highest(run.t, restored)
    return f"never; {100.0 * top.value:.3g} % at {in_words(top.time_h)}"


def _best(run: Run) -> str:
    low = lowest(run.t, run["madrs_change"])
    return f"{in_words(low.time_h)} (MADRS {low.value:.1f})".replace("-", "−")


def _half_lost(run: Run) -> float | None:
    change: FloatArray = run["madrs_change"]
    after = run.t >= lowest(run.t, change).time_h
    if after.sum() < 2:
        return None
    return reaches(run.t[after], change[after], 0.5 * float(change.min()))
