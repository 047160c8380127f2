"""The gallery as a Markdown page: every figure with its call, its message and its description."""

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
    """A figure of the page.

    Parameters
    ----------
    file : str
        Name of the picture without its ending.
    make : callable
        Draws the figure; returns an `Exhibit`.
    call : str
        The call as shown on the page.
    dpi : int
        Dots per inch, default 110.

    Examples
    --------
    >>> from ketasim.gallery.page import ENTRIES
    >>> ENTRIES[0].call
    'onset_race()'
    """

    file: str
    make: Callable[[], Exhibit]
    call: str
    dpi: int = SCREEN_DPI


ENTRIES = (
    Entry("onset_race", gallery.onset_race, "onset_race()"),
    Entry("cascade_timeline", gallery.cascade_timeline, "cascade_timeline()"),
    Entry("cascade_diagram", lambda: gallery.cascade_diagram("1 h"), 'cascade_diagram("1 h")'),
    Entry("synapse", gallery.synapse, 'synapse(run, at="60 min")'),
    Entry("synapse_strip", gallery.synapse_strip, "synapse_strip(run)"),
    Entry("two_clocks", gallery.two_clocks, "two_clocks()"),
    Entry("blockers", gallery.blockers, "blockers()"),
    Entry("dose_response", gallery.dose_response, 'dose_response("mood")'),
    Entry("enantiomers", gallery.enantiomers, "enantiomers()"),
    Entry("routes", gallery.routes, "routes()"),
    Entry("dissociation_vs_mood", gallery.dissociation_vs_mood, "dissociation_vs_mood()"),
    Entry("repeated_dosing", gallery.repeated_dosing, "repeated_dosing()"),
    Entry("therapy_window", gallery.therapy_window, "therapy_window()"),
    Entry("suicidal_ideation", gallery.suicidal_ideation, "suicidal_ideation()"),
    Entry("clinic_programme", gallery.clinic_programme, "clinic_programme()"),
    Entry("leaving_the_clinic", gallery.leaving_the_clinic, "leaving_the_clinic()"),
    Entry("population_bands", gallery.population_bands, "population_bands()"),
    Entry("rival_mechanisms", gallery.rival_mechanisms, "rival_mechanisms()"),
    Entry("rival_observations", gallery.rival_observations, 'rival_observations("Signalling")'),
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
    # A whole A3 sheet, at the lowest resolution at which its words can be read.
    Entry("poster", gallery.poster, "poster()", 100),
)

FIGURES = Path("figures") / "gallery"


def write(folder: str | Path) -> Path:
    """Write ``gallery.md`` and its pictures, in ``figures/gallery``, into a folder.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> from ketasim.gallery import page
    >>> page.write(tmp_path).name
    'gallery.md'
    """
    place = check_folder(folder)
    (place / FIGURES).mkdir(parents=True, exist_ok=True)
    made = [(entry, entry.make()) for entry in ENTRIES]
    for entry, exhibit in made:
        with whole_file(place / FIGURES / f"{entry.file}.png") as draft:
            draft.write_bytes(exhibit.png(entry.dpi))
    with whole_file(place / "gallery.md") as draft:
        draft.write_text(page_text(made), encoding="utf-8")
    return place / "gallery.md"


def page_text(made: Sequence[tuple[Entry, Exhibit]]) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    made : sequence of (Entry, Exhibit)

    Returns
    -------
    str

    Examples
    --------
    >>> from ketasim.gallery.page import ENTRIES, page_text
    >>> page_text([(ENTRIES[0], ENTRIES[0].make())]).splitlines()[0]
    '# Figure gallery'
    """
    return "\n".join(_lines(made)) + "\n"


def _lines(made: Sequence[tuple[Entry, Exhibit]]) -> Iterator[str]:
    yield "# Figure gallery"
    yield ""
    yield "Each figure is one call and has its data and its description in words (`pip install 'ketasim[plot]'`):"
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
    for entry, exhibit in made:
        columns = ", ".join(c.heading for c in exhibit.data.columns)
        yield ""
        yield f"## `{entry.call}`"
        yield ""
        yield exhibit.says
        yield ""
        yield f"![{_flat(exhibit.alt)}]({(FIGURES / entry.file).as_posix()}.png)"
        yield ""
        yield f"Data: {columns}."
        yield ""
        yield f"<details><summary>In words</summary>\n\n{exhibit.alt}\n\n</details>"
    yield ""
    yield "This page is written by `python -m ketasim.gallery docs`."


def _flat(text: str) -> str:
    """Replace square brackets, which would end a Markdown link."""
    return text.replace("[", "(").replace("]", ")")
