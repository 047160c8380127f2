"""The page on event semantics names tests and cases that exist, and no case is left out of it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/event_semantics.md").read_text(encoding="utf-8")
EVENTS, FILES = PAGE.split("## SBML files")
HOMES = {
    "tests/python/dosing/test_event_semantics.py": EVENTS,
    "tests/python/sbml/test_constructs.py": FILES,
}


def rows(text: str) -> list[list[str]]:
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row for row in cells[2:] if row]


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def cases_of(path: str) -> set[str]:
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        target = (
            node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
        )
        if isinstance(target, ast.Name) and target.id == "CASES":
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            assert isinstance(node.value, ast.Dict)
            return {key.value for key in node.value.keys if isinstance(key, ast.Constant)}
    raise AssertionError(f"{path} has no CASES")


@pytest.mark.parametrize("home", HOMES)
def test_every_row_names_tests_that_exist(home: str) -> None:
    own, cases = functions_of(home), cases_of(home)
    table = rows(HOMES[home])
    assert len(table) > 8
    for row in table:
        tested = row[3]
        names = re.findall(r"`([^`]+)`", tested)
        quoted = re.findall(r'"([^"]+)"', tested)
        assert names or quoted, row
        for name in names:
            path, _, test = name.rpartition("::")
            assert test in (functions_of(path) if path else own), name
        assert set(quoted) <= cases, row


@pytest.mark.parametrize("home", HOMES)
def test_every_test_of_the_file_is_on_the_page(home: str) -> None:
    for test in functions_of(home):
        if test.startswith("test_"):
            assert f"`{test}`" in HOMES[home], test
