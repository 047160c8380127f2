"""Write evidence.json: what the page says about numbers and links, from the tables of the package.

    python explorer/make_evidence.py

Parameters, sources and the disclaimer are read from the package; links.json says which parameters
and sources stand behind each arrow. A link or card that names what the tables lack stops it here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ketasim as ks
from ketasim.catalogue import all_sources
from ketasim.figures import DISCLAIMER, RISK
from ketasim.files import whole_file

HERE = Path(__file__).parent
SHOWN = ("value", "unit", "low", "high", "grade", "evidence", "source_key", "fitted_to")


def evidence() -> dict[str, Any]:
    """Everything the page needs, with only the sources that something refers to."""
    given = json.loads((HERE / "links.json").read_text(encoding="utf-8"))
    known = all_sources()
    used: set[str] = set()
    parameters: dict[str, Any] = {}
    for row in ks.parameters():
        about = {"what": row["description"], **{name: row[name] for name in SHOWN}}
        keys = [*about.pop("source_key").split(";"), *about.pop("fitted_to").split(";")]
        # A value that was fitted or assumed here has no source of its own; what it was fitted to counts.
        about["sources"] = sorted({key.strip() for key in keys} & known.keys() - {"thisModel"})
        used.update(about["sources"])
        parameters[row["name"]] = about
    for link in given["links"]:
        # Fails on an unknown name.
        numbers = [ks.parameters()[name] for name in link["numbers"]]
        link["weakest"] = max([link["grade"], *(str(row["grade"]) for row in numbers)])
        used.update(_known(known, link["sources"] + link["dissent_sources"], link["id"]))
    for card in given["reality"]:
        used.update(_known(known, card["sources"], card["id"]))
    grades = {link["id"]: link["grade"] for link in given["links"]}
    weakest = {link["id"]: link["weakest"] for link in given["links"]}
    return {
        "version": ks.__version__,
        "disclaimer": DISCLAIMER,
        "risk": RISK,
        "grades": {
            "A": "replicated human data",
            "B": "a single or small human study",
            "C": "animals",
            "D": "cells or tissue in a dish",
            "E": "assumed, or fitted here without direct evidence",
        },
        "parameters": parameters,
        "links": {link["id"]: link for link in given["links"]},
        "strips": {
            strip: {
                # A chain is as well founded as its weakest link.
                "grade": max(grades[link] for link in path),
                "numbers": max(weakest[link] for link in path),
                "path": path,
            }
            for strip, path in given["paths"].items()
        },
        "reality": given["reality"],
        "sources": {
            key: {"citation": known[key].citation, "doi": known[key].doi, "url": known[key].url}
            for key in sorted(used, key=str.casefold)
        },
    }


def _known(known: dict[str, Any], keys: list[str], where: str) -> list[str]:
    missing = [key for key in keys if key not in known]
    if missing:
        raise KeyError(f"{where}: no source called {', '.join(missing)}")
    return keys


if __name__ == "__main__":
    text = json.dumps(evidence(), ensure_ascii=False, indent=1, sort_keys=True)
    with whole_file(HERE / "evidence.json") as draft:
        draft.write_text(text + "\n", encoding="utf-8")
