"""What a stranger relies on: one version, NumPy as the only hard dependency."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import ketasim

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def found(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text, re.MULTILINE)
    assert match is not None, pattern
    return match.groups()


def test_version_is_written_once_for_what_is_built() -> None:
    (written,) = found(r"^project\(ketasim VERSION ([\d.]+)", read("CMakeLists.txt"))
    assert "version" not in tomllib.loads(read("pyproject.toml"))["project"]
    assert ketasim.__version__ == ketasim._core.__version__ == version("ketasim") == written


def test_newest_release_is_the_version_that_is_cited() -> None:
    newest = found(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", read("CHANGELOG.md"))
    citation = read("CITATION.cff")
    assert newest == (
        *found(r"^version: (\S+)$", citation),
        *found(r"^date-released: (\S+)$", citation),
    )
    assert newest[0] == ketasim.__version__


def test_repository_has_one_address() -> None:
    urls = tomllib.loads(read("pyproject.toml"))["project"]["urls"]
    (cited,) = found(r'^repository-code: "(\S+)"$', read("CITATION.cff"))
    assert cited == urls["Repository"] == urls["Homepage"]
    for name in ("Issues", "Changelog"):
        assert urls[name].startswith(cited + "/")


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
