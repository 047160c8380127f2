"""What compiling the Python extension costs, counted without a clock.

Time and memory are in bench/build.md. Here is counted what they depend on: how many compilers a
build starts, which large headers each of them reads, and where the tables of the model are walked.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: A part of the path of a large header, and the only source files that may read it.
HEAVY = {
    "Eigen/src/Eigenvalues/": ["src/periodic.cpp", "src/stability.cpp"],
    "pybind11/": ["python/bindings/*.cpp"],
    "bits/regex": [],
    "/format": [],
    "/iostream": [],
}
#: Lines of all files, counted once for each compiler that reads them. 1.96 million were measured with
#: g++ 12; other versions of the standard library differ by some per cent.
MOST_LINES = 2_300_000


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """The compiler commands of `pip install`, by CMake: words and source file."""
    for tool in ("cmake", "ninja", "g++"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    import pybind11

    folder = tmp_path_factory.mktemp("build")
    subprocess.run(
        [
            *("cmake", "-S", ROOT, "-B", folder, "-G", "Ninja"),
            "-DSKBUILD=2",  # what scikit-build-core defines
            "-DCMAKE_BUILD_TYPE=Release",
            "-DCMAKE_CXX_COMPILER=g++",
            "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
            f"-DPython_EXECUTABLE={sys.executable}",
            f"-Dpybind11_DIR={pybind11.get_cmake_dir()}",
        ],
        check=True,
        capture_output=True,
        env=os.environ | {"CMAKE_CXX_COMPILER_LAUNCHER": ""},
    )
    entries = json.loads((folder / "compile_commands.json").read_text(encoding="utf-8"))
    return folder, {Path(e["file"]): shlex.split(e["command"]) for e in entries}


@pytest.fixture(scope="module")
def reads(commands):
    """The files that each compiler reads, by the file that it compiles."""
    folder, words_of = commands

    def read_by(words):
        words = [*words[: words.index("-o")], "-M", words[-1]]
        made = subprocess.run(words, check=True, capture_output=True, encoding="utf-8", cwd=folder)
        return [Path(folder, name) for name in made.stdout.replace("\\\n", " ").split()[1:]]

    return {file: read_by(words) for file, words in words_of.items()}


def sources(files):
    """Paths in the repository of the source files among those that one compiler reads."""
    return [
        f.resolve().relative_to(ROOT)
        for f in files
        if f.suffix == ".cpp" and f.resolve().is_relative_to(ROOT)
    ]


def test_every_source_file_is_compiled_once(reads):
    compiled = [source for files in reads.values() for source in sources(files)]
    built = {*ROOT.glob("src/*.cpp"), *ROOT.glob("src/gradient/*.cpp")}
    built |= {*ROOT.glob("src/lanes/*.cpp"), *ROOT.glob("python/bindings/*.cpp")}
    assert sorted(compiled) == sorted(path.relative_to(ROOT) for path in built)


@pytest.mark.parametrize("header", HEAVY)
def test_large_headers_are_read_where_they_are_needed_only(reads, header):
    for files in reads.values():
        if any(header in str(path) for path in files):
            compiled = sources(files)  # with pip, several files as one
            assert any(source.match(may) for source in compiled for may in HEAVY[header]), compiled


def test_compilers_read_few_lines(reads):
    length: dict[Path, int] = {}
    for files in reads.values():
        for path in files:
            if path not in length:
                length[path] = path.read_bytes().count(b"\n")
    assert sum(length[path] for files in reads.values() for path in files) < MOST_LINES


def test_the_tables_of_the_model_are_walked_in_one_file():
    """Every walk is a function of thousands of operations; model/rows.hpp has the rows."""
    walk = re.compile(r"\b(?:Parameters|State|Inputs|Readouts|Table)(?:<[\w:]+>)?::each\(")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("include", "src", "python/bindings")
        for path in (ROOT / folder).rglob("*.[ch]pp")
        if walk.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"src/model_rows.cpp"}
