"""The rooms of the package: imports go downwards, public and private names are apart."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ketasim as ks

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "ketasim"
#: They call the compiled core as the package does.
TESTS_OF_THE_CORE = ("test_core_interface.py", "test_same_in_core.py", "test_readout_status.py")

PRIVATE = re.compile(r"ketasim(\.\w+)*\._\w+")

#: Rooms above all others: they may use the package as its users do.
FACADE_USERS = {"cli", "gallery"}


def imports(tree: ast.AST) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Module and names of every import statement, local ones and those for types included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, tuple(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ()


def imports_of_page(text: str) -> str:
    """The import statements in the Python blocks of a page; a block may be a part of a file."""
    blocks = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    return "\n".join(re.findall(r"^(?:from|import) .*$", blocks, re.MULTILINE))


def test_no_import_goes_upward_or_in_a_circle():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--config", ".importlinter"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "python"), "PATH": ""},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout


def test_rooms_do_not_import_the_facade():
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0]
        if room in FACADE_USERS or room == "__init__.py":
            continue
        for module, names in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if module == "ketasim":
                assert names == ("_core",), f"{path}: import from the room that holds {names}"


def test_every_public_room_says_what_is_public():
    rooms = [p.parent.name for p in PACKAGE.glob("[a-z]*/__init__.py")]
    assert len(rooms) > 12
    for name in rooms:
        room = importlib.import_module(f"ketasim.{name}")
        assert room.__all__, name
        assert all(hasattr(room, public) for public in room.__all__), name


def test_dir_shows_the_interface_only():
    assert {n for n in dir(ks) if not n.startswith("__")} == set(ks.__all__)
    assert all(getattr(ks, name) is not None for name in ks.__all__)


@pytest.mark.parametrize("folder", ["tests/python", "tests/repository", "docs", "examples", "."])
def test_tests_and_documents_import_public_names_only(folder):
    paths = [
        p
        for end in ("py", "md")
        for p in (ROOT / folder).glob(f"**/*.{end}" if folder != "." else f"*.{end}")
    ]
    assert paths
    for path in paths:
        if path.name in TESTS_OF_THE_CORE:
            continue
        text = path.read_text(encoding="utf-8")
        code = text if path.suffix == ".py" else imports_of_page(text)
        for module, names in imports(ast.parse(code)):
            if module.partition(".")[0] != "ketasim":
                continue
            private = [n for n in names if n.startswith("_") and not n.startswith("__")]
            if path.parts[-2:] == ("repository", path.name):
                private = [n for n in private if n != "_core"]  # tests of the core's own tables
            assert not PRIVATE.match(module), f"{path.relative_to(ROOT)} imports {module}"
            assert not private, f"{path.relative_to(ROOT)} imports {private} of {module}"


def test_tests_mirror_the_package():
    rooms = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    mirrored = {p.name for p in (ROOT / "tests" / "python").iterdir() if p.is_dir()}
    assert mirrored - {"__pycache__"} <= rooms
    assert {r for r in rooms if not r.startswith("_")} <= mirrored
