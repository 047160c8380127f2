"""The gallery as a page: every figure with its call, what it says, and its description."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ketasim import gallery
from ketasim._wording.disclaimer import LONG_DISCLAIMER as DISCLAIMER
from ketasim._wording.disclaimer import RISK
from ketasim.files._whole_file import check_folder, whole_file
from ketasim.gallery._exhibit import SCREEN_DPI, Exhibit

__all__ = ["ENTRIES", "FIGURES", "Entry", "page_text", "write"]


class Entry(NamedTuple):
    """A figure of the page: the file it goes into, the call, and the call as it is written."""

    file: str
    make: Callable[[], Exhibit]
    call: str
    dpi: int = SCREEN_DPI


ENTRIES = (
    Entry("onset_race", gallery.onset_race, "onset_race()"),
    Entry("cascade_timeline", gallery.cascade_timeline, "cascade_timeline()"),
    Entry("cascade_diagram", lambda: gallery.cascade_diagram("1 h"), 'cascade_diagram("1 h")'),
    Entry("two_clocks", gallery.two_clocks, "two_clocks()"),
    Entry("blockers", gallery.blockers, "blockers()"),
    Entry("dose_response", gallery.dose_response, 'dose_response("mood")'),
    Entry("enantiomers", gallery.enantiomers, "enantiomers()"),
    Entry("routes", gallery.routes, "routes()"),
    Entry("dissociation_vs_mood", gallery.dissociation_vs_mood, "dissociation_vs_mood()"),
    Entry("repeated_dosing", gallery.repeated_dosing, "repeated_dosing()"),
    Entry("therapy_window", gallery.therapy_window, "therapy_window()"),
    Entry("population_bands", gallery.population_bands, "population_bands()"),
    Entry("sensitivity_tornado", gallery.sensitivity_tornado, "sensitivity_tornado()"),
    Entry("evidence_map", gallery.evidence_map, "evidence_map()"),
    Entry("model_vs_trials", gallery.model_vs_trials, "model_vs_trials()"),
    Entry(
        "compare_scenarios",
        lambda: gallery.compare_scenarios(
            "ketamine 0.5 mg/kg iv over 40 min", "esketamine 84 mg intranasal"
        ),
        'compare_scenarios("ketamine 0.5 mg/kg iv over 40 min", "esketamine 84 mg intranasal")',
    ),
    # A whole sheet, seen from further away.
    Entry("poster", gallery.poster, "poster()", 55),
)

FIGURES = Path("figures") / "gallery"


def write(folder: str | Path) -> Path:
    """Write ``gallery.md`` and its pictures, below ``figures/gallery``, into a folder.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    place = check_folder(folder)
    (place / FIGURES).mkdir(parents=True, exist_ok=True)
    made = [(entry, entry.make()) for entry in ENTRIES]
    for entry, it in made:
        with whole_file(place / FIGURES / f"{entry.file}.png") as draft:
            draft.write_bytes(it.png(entry.dpi))
    with whole_file(place / "gallery.md") as draft:
        draft.write_text(page_text(made), encoding="utf-8")
    return place / "gallery.md"


def page_text(made: Sequence[tuple[Entry, Exhibit]]) -> str:
    """The page, in Markdown."""
    return "\n".join(_lines(made)) + "\n"


def _lines(made: Sequence[tuple[Entry, Exhibit]]) -> Iterator[str]:
    yield "# Figure gallery"
    yield ""
    yield "Each figure is one call and brings its data and its description in words (`pip install 'ketasim[plot]'`):"
    yield ""
    yield "```python"
    yield "import ketasim as ks"
    yield ""
    yield "race = ks.gallery.onset_race()  # a notebook shows it"
    yield 'race.save("race.png")  # or .pdf, .svg; the data: .csv, .json, .parquet'
    yield "race.alt, race.to_dataframe()"
    yield 'ks.gallery.two_clocks(style="slide")  # or "print" (default), "dark"'
    yield "```"
    yield ""
    yield f"*{DISCLAIMER} {RISK}*"
    for entry, it in made:
        columns = ", ".join(c.heading for c in it.data.columns)
        yield ""
        yield f"## `{entry.call}`"
        yield ""
        yield it.says
        yield ""
        yield f"![{_flat(it.alt)}]({(FIGURES / entry.file).as_posix()}.png)"
        yield ""
        yield f"Data: {columns}."
        yield ""
        yield f"<details><summary>In words</summary>\n\n{it.alt}\n\n</details>"
    yield ""
    yield "This page is written by `python -m ketasim.gallery docs`."


def _flat(text: str) -> str:
    """Text that ends no Markdown link."""
    return text.replace("[", "(").replace("]", ")")
