"""What a stranger relies on: one version, NumPy as the only hard dependency."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import ketasim

ROOT = Path(__file__).parents[2]


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    cmake = re.search(
        r"project\(ketasim VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    )
    citation = re.search(
        r"^version: ([\d.]+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert cmake is not None
    assert citation is not None
    compiled = ketasim._core.__version__
    assert {project, cmake[1], citation[1], version("ketasim"), compiled} == {project}


def test_import_needs_only_numpy() -> None:
    program = """
import sys

class OnlyNumpy:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pandas", "xarray", "matplotlib", "tqdm", "pyarrow", "h5netcdf", "scipy"}:
            raise ImportError(f"{name} is an extra")

sys.meta_path.insert(0, OnlyNumpy())
import ketasim as ks
ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="2 h")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_typed() -> None:
    assert (Path(ketasim.__file__).parent / "py.typed").exists()


def test_shell_scripts_parse() -> None:
    for script in ("run", ".ci/run"):
        subprocess.run(["bash", "-n", ROOT / script], check=True)
