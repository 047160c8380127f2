"""Notes for readers and references for programs on the elements of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from ketasim.catalogue._sources import Source, all_sources
from ketasim.catalogue._table import Row

XHTML = "http://www.w3.org/1999/xhtml"


def describe(element: Any, paragraphs: Iterable[str]) -> None:
    """Write paragraphs into the notes of an element."""
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    element.setNotes(f'<body xmlns="{XHTML}">{body}</body>')


def about_parameter(row: Row, changed: bool) -> list[str]:
    """Return description, range, grade and source of a parameter."""
    paragraphs = [str(row["description"])]
    if changed:
        paragraphs.append(f"value set by the scenario in place of {row['value']:g}")
    paragraphs.append(
        f"plausible range {row['low']:g} to {row['high']:g}; evidence grade {row['grade']} "
        f"({row['evidence']}); source {row['source_key']}"
    )
    paragraphs += [f"fitted to {row['fitted_to']}"] if row["fitted_to"] else []
    return [*paragraphs, str(row["note"])] if row["note"] else paragraphs


def sources_of_parameter(row: Row) -> list[Source]:
    keys = (part.strip() for part in f"{row['source_key']};{row['fitted_to']}".split(";"))
    known = all_sources()
    return [known[key] for key in dict.fromkeys(keys) if key in known]


def cite(libsbml: Any, element: Any, sources: Sequence[Source]) -> None:
    """Annotate an element as described by publications (MIRIAM, bqbiol:isDescribedBy)."""
    addresses = [address for address in map(_address, sources) if address]
    if not addresses:
        return
    element.setMetaId(f"meta_{element.getId()}")
    term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
    term.setBiologicalQualifierType(libsbml.BQB_IS_DESCRIBED_BY)
    for address in addresses:
        term.addResource(address)
    element.addCVTerm(term)


def _address(source: Source) -> str:
    if source.doi:
        return f"https://identifiers.org/doi:{source.doi}"
    return f"https://identifiers.org/pubmed:{source.pmid}" if source.pmid else ""
