"""The pages on how to extend the model are true: their steps, carried out in a copy, build and work.

A step is a block of code below a line that says where it goes: "In `file`, after `text`:", "before" or
"in place of", or "New file `file`:". All pages are applied to one copy, which is built once, without
optimisation; then every command and every piece of Python of the pages runs there.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = "docs/how-to"
PAGES = ("add_a_module.md", "add_a_drug_or_route.md", "add_a_parameter_set.md")
#: What is needed to build the extension module and to run it.
SOURCES = ("CMakeLists.txt", "CMakePresets.json", "cmake", "include", "src", "python", "docs")
#: Without optimisation and without the lanes of wide registers: the copy is run for moments only.
QUICK = (
    "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0",
    "-DKETASIM_WIDE_LANES=OFF",
    "-DKETASIM_PYTHON=ON",
    "-DKETASIM_TESTS=OFF",
    "-DKETASIM_BENCH=OFF",
    "-DKETASIM_EXAMPLES=OFF",
)

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WHERE = re.compile(
    r"(?:In `(?P<file>[^`]+)`, (?P<how>after|before|in place of) `(?P<text>[^`]+)`"
    r"|New file `(?P<new>[^`]+)`):\n*$"
)
#: Commands of a page that this test does in its own way, or that another does.
ELSEWHERE = ("cmake --preset default", "cmake --workflow")


class Block(NamedTuple):
    """A block of code, with the step that the line above it describes."""

    page: str
    language: str
    code: str
    where: re.Match[str] | None


def blocks(page: str, text: str) -> Iterator[Block]:
    for fence in FENCE.finditer(text):
        above = text[: fence.start()].rstrip().rpartition("\n\n")[2]
        yield Block(page, fence[1], fence[2], WHERE.search(" ".join(above.split("\n"))))


def all_blocks() -> list[Block]:
    folder = ROOT / HOW_TO
    return [b for name in PAGES for b in blocks(name, (folder / name).read_text(encoding="utf-8"))]


def applied(text: str, block: Block) -> str:
    """The text of a file after a step."""
    step = block.where
    assert step is not None
    anchor = step["text"]
    assert text.count(anchor) == 1, f"{block.page}: {anchor!r} stands {text.count(anchor)} times"
    at = text.index(anchor)
    if step["how"] == "in place of":
        return text[:at] + block.code.rstrip("\n") + text[at + len(anchor) :]
    start = text.rindex("\n", 0, at) + 1
    end = text.index("\n", at) + 1
    place = start if step["how"] == "before" else end
    return text[:place] + block.code + text[place:]


def carry_out(block: Block, tree: Path) -> None:
    step = block.where
    assert step is not None
    if step["new"]:
        path = tree / step["new"]
        assert not path.exists(), f"{block.page}: {step['new']} is there already"
        path.write_text(block.code, encoding="utf-8")
    else:
        path = tree / step["file"]
        path.write_text(applied(path.read_text(encoding="utf-8"), block), encoding="utf-8")


def run(command: list[str] | str, tree: Path, **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "python"), **variables},
        shell=isinstance(command, str),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, extended by all pages and built."""
    for tool in ("cmake", "ninja"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    tree = tmp_path_factory.mktemp("extended")
    leave_out = shutil.ignore_patterns("*.so", "__pycache__", "node_modules", "build")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=leave_out)
        else:
            shutil.copy(ROOT / name, tree / name)
    # The one file that is always optimised costs as much as all others together.
    build = tree / "CMakeLists.txt"
    text, found = re.subn(r"COMPILE_OPTIONS\s+-O1", "COMPILE_OPTIONS -O0", build.read_text("utf-8"))
    assert found == 1
    build.write_text(text, encoding="utf-8")
    for block in all_blocks():
        if block.where:
            carry_out(block, tree)
    where_pybind11 = run([sys.executable, "-m", "pybind11", "--cmakedir"], tree).strip()
    python = (f"-DPython_EXECUTABLE={sys.executable}", f"-Dpybind11_DIR={where_pybind11}")
    run(["cmake", "--preset", "default", *QUICK, *python], tree)
    lines = [line for block in all_blocks() for line in block.code.splitlines()]
    for command in dict.fromkeys(line for line in lines if "--target kernels" in line):
        run(command, tree)
    run(["cmake", "--build", "build/default", "--target", "_core"], tree)
    (built,) = (tree / "build/default/python").rglob("_core*.so")
    shutil.copy(built, tree / "python/ketasim")
    return tree


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page: str, extended: Path) -> None:
    ran = 0
    program = []
    for block in all_blocks():
        if block.page != page or block.where:
            continue
        if block.language == "python":
            program.append(block.code)
            ran += 1
        elif block.language == "sh":
            for line in block.code.splitlines():
                if line.startswith(ELSEWHERE) or "--target kernels" in line:
                    continue
                if line.startswith("ketasim "):
                    assert run(f"{sys.executable} -m {line}", extended).strip()
                else:
                    assert line.startswith("python "), f"{page}: what is {line!r}?"
                    run(line.replace("python", sys.executable, 1), extended)
                ran += 1
        else:
            pytest.fail(f"{page}: a block of {block.language!r} says not where it goes")
    run([sys.executable, "-c", "\n".join(program)], extended)
    assert ran >= 3
    # The copy ran, not what is installed.
    assert run(
        [sys.executable, "-c", "import ketasim; print(ketasim.__file__)"], extended
    ).startswith(str(extended))


def test_every_step_finds_its_place() -> None:
    """What the pages quote stands in the sources, once; quick, so that a change is noticed at once."""
    texts: dict[str, str] = {}
    steps = 0
    for block in all_blocks():
        if block.where and block.where["file"]:
            file = block.where["file"]
            text = texts.get(file) or (ROOT / file).read_text(encoding="utf-8")
            texts[file] = applied(text, block)
            assert texts[file] != text
            steps += 1
        elif block.language in ("cpp", "") and not block.where:
            pytest.fail(f"{block.page}: a block of {block.language!r} says not where it goes")
    assert steps >= 15


def test_a_step_without_its_place_is_noticed() -> None:
    (block,) = blocks("page.md", "In `a.hpp`, after `x;`:\n\n```cpp\ny;\n```\n")
    assert applied("w;\nx;\nz;\n", block) == "w;\nx;\ny;\nz;\n"
    for text in ("z;\n", "x;\nx;\n"):
        with pytest.raises(AssertionError, match="times"):
            applied(text, block)
