"""The lock file has one version, with hashes, of everything that the tests and the site need."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SUPPORTED = [
    c.rpartition(" ")[2]
    for c in PYPROJECT["project"]["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", c)
]


def wanted_of_extra(name: str) -> Iterator[Requirement]:
    for text in PYPROJECT["project"]["optional-dependencies"][name]:
        requirement = Requirement(text)
        if requirement.name == "ketasim":
            for extra in requirement.extras:
                yield from wanted_of_extra(extra)
        else:
            yield requirement


def wanted_of_group(name: str) -> Iterator[Requirement]:
    for entry in PYPROJECT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from wanted_of_group(entry["include-group"])


def pinned(python: str) -> dict[str, str]:
    """Version of each package on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.7",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    found: dict[str, str] = {}
    for line in LOCK.splitlines():
        if line[:1] in ("#", " ", ""):
            continue
        one = Requirement(line.removesuffix("\\").strip())
        if one.marker is None or one.marker.evaluate(environment):
            (version,) = one.specifier
            assert version.operator == "=="
            assert found.setdefault(canonicalize_name(one.name), version.version)
            assert found[canonicalize_name(one.name)] == version.version, f"{one.name} twice"
    return found


@pytest.mark.parametrize("python", SUPPORTED)
def test_the_lock_has_what_pyproject_asks_for(python: str) -> None:
    versions = pinned(python)
    wanted = [
        *map(Requirement, PYPROJECT["project"]["dependencies"]),
        *wanted_of_extra("all"),
        *wanted_of_group("test"),
        *wanted_of_group("docs"),
    ]
    assert len(wanted) > 30
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is not locked: ./run lock"
        assert requirement.specifier.contains(versions[name], prereleases=True), (
            f"{name} {versions[name]} is locked, pyproject.toml wants {requirement}: ./run lock"
        )


def test_every_locked_version_has_hashes() -> None:
    entries = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) > 100
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
        assert re.fullmatch(r"\S+==\S+( ; [^\\]+)? \\", entry.splitlines()[0]), entry


def test_the_lock_names_no_registry() -> None:
    assert not re.search(r"https?://|--index|--find-links|--trusted|@ ", LOCK)
    assert "./run lock" in LOCK.splitlines()[1]


def test_the_lock_is_what_the_tests_are_installed_from() -> None:
    run = (ROOT / "run").read_text(encoding="utf-8")
    installs = [
        line.strip() for line in run.splitlines() if line.strip().startswith("install_package all")
    ]
    assert len(installs) >= 2
    assert set(installs) == {"install_package all tests/requirements.txt"}
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert "pip install --require-hashes -r tests/requirements.txt" in workflow


def test_pip_reads_the_lock(tmp_path: Path) -> None:
    """Without a registry: pip stops at the first package, after it has read the whole file."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--target"),
            *(tmp_path, "--require-hashes", "-r", ROOT / "tests" / "requirements.txt"),
        ],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "No matching distribution found for" in done.stderr
    assert "hash" not in done.stderr.lower()
