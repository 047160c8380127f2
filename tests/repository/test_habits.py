"""What the project promises those who change it: commands that exist, versions that are tested, messages that say why."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def supported_python() -> set[str]:
    names = [c.rpartition(" ")[2] for c in PYPROJECT["project"]["classifiers"]]
    return {name for name in names if re.fullmatch(r"3\.\d+", name)}


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(str(p.relative_to(ROOT)) for p in WORKFLOWS)]
)
def test_every_command_that_a_page_names_exists(page: str) -> None:
    commands = set(re.findall(r"^  (\w+)\) ", read("run"), re.MULTILINE))
    named = set(re.findall(r"\./run (\w+)", read(page)))
    assert named <= commands


def test_usage_names_every_command() -> None:
    usage = subprocess.run([ROOT / "run"], capture_output=True, text=True, check=False)
    commands = set(re.findall(r"^  (\w+)\) ", read("run"), re.MULTILINE))
    assert usage.returncode == 2
    assert set(re.findall(r"\./run (\w+)", usage.stdout)) == commands


def test_every_preset_that_a_page_names_exists() -> None:
    presets = set(re.findall(r'"name": "(\w+)"', read("CMakePresets.json")))
    named = re.findall(
        r"--preset (\w+)", read("CONTRIBUTING.md") + read(".github/workflows/ci.yml")
    )
    listed = re.search(r"preset: \[(.*)\]", read(".github/workflows/ci.yml"))
    assert listed is not None
    assert {*named, *listed[1].split(", ")} <= presets


def test_every_supported_python_is_tested_and_gets_a_wheel() -> None:
    listed = re.search(r"python: \[(.*)\]", read(".github/workflows/ci.yml"))
    assert listed is not None
    assert set(re.findall(r"[\d.]+", listed[1])) == supported_python()
    wheels = PYPROJECT["tool"]["cibuildwheel"]["build"]
    assert set(wheels) == {f"cp{v.replace('.', '')}-manylinux_*" for v in supported_python()}
    oldest = min(supported_python(), key=lambda name: int(name.partition(".")[2]))
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ("solve: one error test for all lanes\n\nAlone, a member took other steps.\n", None),
        (
            "core, python: a result knows its status\n\nA failed run looked like one that ended.\n",
            None,
        ),
        ("Formatted\n\nThe formatter has a new version.\n", "T7"),
        ("solve: one error test for all lanes.\n\nAlone, a member took other steps.\n", "T3"),
        ("solve: one error test for all lanes\n", "B6"),
        ("solve: one error test for all lanes\n\nNeeded.\n", "B5"),
        (f"solve: {'x' * 100}\n\nAlone, a member took other steps.\n", "T1"),
    ],
)
def test_commit_message_says_the_area_and_why(message: str, complaint: str | None) -> None:
    gitlint = shutil.which("gitlint", path=str(Path(sys.executable).parent))
    assert gitlint is not None
    if not (ROOT / ".git").exists():
        pytest.skip("gitlint looks at a clone")
    done = subprocess.run(
        [gitlint, "--config", ROOT / ".gitlint"],
        input=message,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    codes = re.findall(r"^\d+: (\w+) ", done.stderr, re.MULTILINE)
    assert codes == ([] if complaint is None else [complaint])
    assert done.returncode == len(codes)


@pytest.mark.parametrize(
    "generated",
    [
        "include/ketasim/generated/cascade_kernels.hpp",
        "include/ketasim/generated/derivative_kernels.hpp",
        "python/ketasim/explorer/index.html",
        "explorer/evidence.json",
        "tests/requirements.txt",
    ],
)
def test_reviews_leave_out_generated_files(generated: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("git looks at a clone")
    assert (ROOT / generated).exists()
    done = subprocess.run(
        ["git", "check-attr", "linguist-generated", generated],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.strip().endswith(": true")
