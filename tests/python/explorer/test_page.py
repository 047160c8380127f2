"""The explorer page: that it ships, and that what it says about numbers is what the tables say."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

import ketasim as ks
from ketasim.explorer import page
from ketasim.figures import DISCLAIMER, RISK

SOURCES = Path(__file__).parents[3] / "explorer"


@pytest.fixture(scope="module")
def shown() -> Any:
    return json.loads((SOURCES / "evidence.json").read_text(encoding="utf-8"))


def test_evidence_of_the_page_is_that_of_the_package(shown: Any) -> None:
    spec = importlib.util.spec_from_file_location("make_evidence", SOURCES / "make_evidence.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.evidence() == shown, "run 'python explorer/make_evidence.py'"


def test_page_knows_the_parameters_that_its_cards_show(shown: Any) -> None:
    of_cards = {name for link in shown["links"].values() for name in link["numbers"]}
    assert set(shown["parameters"]) == of_cards <= set(ks.parameters().names)


def test_page_carries_the_disclaimer_word_for_word() -> None:
    text = page().read_text(encoding="utf-8")
    assert DISCLAIMER in text
    assert RISK in text


def test_page_is_small_enough_to_mail() -> None:
    # Half is the compressed core; a page of photographs would be ten times that.
    assert page().stat().st_size < 600_000
