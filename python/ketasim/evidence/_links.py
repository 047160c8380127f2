"""The arrows of the cascade: sign, claim, how well it is supported, sources and dissent."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def links() -> dict[str, Any]:
    """Return what stands behind each arrow of the cascade; page and gallery draw it.

    Returns
    -------
    dict
        ``links``: rows with ``id``, ``from``, ``to``, ``sign`` ("inhibits" or absent), ``claim``,
        ``grade`` of the claim (A to E), ``numbers`` (parameters), ``sources``, ``dissent`` and
        ``dissent_sources``; ``steps`` (``from``, ``to``, ``sign``, ``numbers``) of a link that stands
        for several reactions. ``paths`` and ``tested``: the arrows that lead to each curve, and the
        readouts by which it is tested. ``reality``: where people and model disagree.

    Examples
    --------
    >>> import ketasim as ks
    >>> arrows = {row["id"]: row for row in ks.evidence.links()["links"]}
    >>> arrows["nmda-brake"]["sign"]
    'inhibits'
    """
    text = (files("ketasim.evidence") / "data" / "links.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
