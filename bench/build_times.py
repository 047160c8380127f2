"""Processor time and peak memory of every compiler process that `pip install .` starts.

Builds the Python extension from nothing in a temporary folder, without a compiler cache, and prints
a Markdown table with one row per source file, the longest first. A compiler launcher measures each
process; `user` and `system` time are added up, so that other work on the machine changes little.

    python bench/build_times.py             # of this tree
    python bench/build_times.py OTHER_TREE  # of another one, with the same script
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

LOG = "KETASIM_BUILD_TIMES"


def run_compiler(command: list[str]) -> int:
    """Run one compiler command; append seconds, MiB and the object file to the log."""
    status = subprocess.run(command, check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = command[command.index("-o") + 1]
    with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output, sep="\t", file=log)
    return status


def name_of(output: str) -> str:
    """The source file of an object file: "python/bindings/module.cpp"."""
    folder, _, file = output.partition("CMakeFiles/")
    file = file.partition("/")[2]
    return folder + file.removesuffix(".o").replace("__/", "")


def build(source: Path, folder: Path, jobs: int) -> list[tuple[float, float, str]]:
    """Seconds, MiB and name of every compiled file."""
    pybind11 = subprocess.run(
        [sys.executable, "-m", "pybind11", "--cmakedir"], check=True, capture_output=True, text=True
    ).stdout.strip()
    launcher = f"{sys.executable};{Path(__file__).resolve()};--compiler"
    log = folder / "log"
    environment = os.environ | {LOG: str(log), "CCACHE_DISABLE": "1"}
    configure = [
        *("cmake", "-S", str(source), "-B", str(folder / "build"), "-G", "Ninja"),
        "-DCMAKE_BUILD_TYPE=Release",
        "-DSKBUILD=2",  # what scikit-build-core defines: the extension and nothing else
        f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}",
        f"-DCMAKE_CXX_LINKER_LAUNCHER={launcher}",
        f"-DPython_EXECUTABLE={sys.executable}",
        f"-Dpybind11_DIR={pybind11}",
    ]
    compile_all = ["cmake", "--build", str(folder / "build"), "--parallel", str(jobs)]
    for command in (configure, compile_all):
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stdout + done.stderr)
    rows = [line.split("\t") for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        (float(seconds), float(mebibytes), name_of(output)) for seconds, mebibytes, output in rows
    ]


def main() -> None:
    if sys.argv[1:2] == ["--compiler"]:
        raise SystemExit(run_compiler(sys.argv[2:]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).resolve().parent.parent
    parser.add_argument("source", type=Path, nargs="?", default=here, help="tree to build")
    parser.add_argument("--jobs", type=int, default=1, help="compilers at the same time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = build(options.source.resolve(), Path(folder), options.jobs)
    print("| file | processor time [s] | peak memory [MiB] |")
    print("|---|---:|---:|")
    for seconds, mebibytes, name in sorted(rows, reverse=True):
        shown = "linking of `_core`" if name.endswith(".so") else f"`{name}`"
        print(f"| {shown} | {seconds:.1f} | {mebibytes:.0f} |")
    total, peak = sum(row[0] for row in rows), max(row[1] for row in rows)
    print(f"| all: sum, peak | {total:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
