"""Names of modules and parameters in words that a teacher knows."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from ketasim.catalogue._model_tables import parameters


@cache
def _names() -> dict[str, dict[str, str]]:
    text = (files("ketasim.gallery") / "plain_names.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found


def plain_module(module: str) -> str:
    """Return the name of a module in plain words; most names of modules are plain themselves."""
    return _names()["modules"].get(module, module)


def plain_parameter(name: str) -> str:
    """Return the meaning of a parameter in plain words, else its description in the table of parameters."""
    return _names()["parameters"].get(name) or str(parameters()[name]["description"])
