"""Sphinx extension: the search finds a parameter, state, readout, drug or route by its name.

Its row in the reference comes first. What mathematics is written in is no word to search for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.domains import Domain, ObjType
from tables import anchor_of

import ketasim as ks

#: Kind, table, page of the reference, what its anchors begin with.
TABLES = (
    ("parameter", ks.parameters, "reference/parameters", ""),
    ("state", ks.states, "reference/states", ""),
    ("readout", ks.readouts, "reference/readouts", ""),
    ("drug", ks.drugs, "reference/drugs", "drug-"),
    ("route", ks.routes, "reference/drugs", "route-"),
)
#: Sphinx lists objects of this priority before titles and text.
FIRST = 0


class Quantities(Domain):
    """What the model consists of and what can be given."""

    name = "quantity"
    label = "Model"
    object_types = {kind: ObjType(kind) for kind, *_ in TABLES}  # noqa: RUF012, as Sphinx has it

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Give name, name as shown, kind, page, anchor and priority of each."""
        for kind, table, page, start in TABLES:
            for name in table().names:
                yield name, name, kind, page, start + anchor_of(name), FIRST

    def resolve_any_xref(self, *args: Any, **more: Any) -> list[Any]:
        """No page refers to them in this way."""
        return []

    def merge_domaindata(self, docnames: Any, otherdata: Any) -> None:
        """Nothing is collected while pages are read."""


class Builder(StandaloneHTMLBuilder):
    """Builds pages whose mathematics is left out of the search index."""

    def index_page(self, pagename: str, doctree: nodes.document, title: str) -> None:
        """Give a page to the index."""
        words = doctree.deepcopy()
        for node in [*words.findall(nodes.math), *words.findall(nodes.math_block)]:
            node.parent.remove(node)
        super().index_page(pagename, words, title)


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_domain(Quantities)
    app.add_builder(Builder, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
