"""What is installed: files, versions, hashes, machine."""

from __future__ import annotations

import hashlib
import locale
import platform
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import numpy as np

from ketasim import _core
from ketasim._version import __version__
from ketasim.qualification._credibility._content import Check, Grid, all_of
from ketasim.qualification._release_values import current, shipped

PACKAGE = Path(__file__).parents[2]

#: Optional libraries whose versions a report names.
LIBRARIES = (
    *("numpy", "scipy", "matplotlib", "pandas", "xarray", "pyarrow", "h5netcdf"),
    *("python-libsbml", "libroadrunner", "copasi-basico"),
)


def release_values() -> Iterator[Check]:
    """Parameters, variants and equations against those of the release."""
    here, release = current(), shipped()
    for kind in dict.fromkeys(kind for kind, *_ in [*release, *here]):
        wrong = [
            f"{which} {name} is {here.get(key, 'missing')}, not {release.get(key, 'in the release')}"
            for key in {**release, **here}
            for k, which, name in [key]
            if k == kind and here.get(key) != release.get(key)
        ]
        n = len({key for key in {**release, **here} if key[0] == kind})
        yield all_of(f"Values of the release: {kind}", wrong, n, "every value equal, all digits")


def installed_files() -> Iterator[Check]:
    """Files against the hashes that the installer recorded."""
    name = "Files as installed"
    criterion = "every file has the SHA-256 that the installer recorded"
    try:
        found = distribution("ketasim")
    except PackageNotFoundError:
        found = None
    if found is None or Path(str(found.locate_file("ketasim"))).resolve() != PACKAGE.resolve():
        yield Check(
            name, criterion, "no record", "not run",
            "this copy was not installed from a wheel; the hashes below identify its files",
        )  # fmt: skip
        return
    wrong, n = [], 0
    for file in found.files or ():
        if file.hash is None or file.parts[0] != "ketasim":
            continue
        n += 1
        path = Path(str(file.locate()))
        if not path.is_file():
            wrong.append(f"{file} is missing")
            continue
        digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
        if urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            wrong.append(f"{file} was changed")
    yield all_of(name, wrong, n, criterion)


def arithmetic() -> Iterator[Check]:
    """The floating-point arithmetic that everything rests on, and how the core was compiled."""
    facts = _core.build_facts()
    third = np.float64(1.0) / np.float64(3.0)
    tests = {
        "64-bit numbers with 53 bits of precision": np.finfo(np.float64).nmant == 52,
        "rounding to the nearest": third * 3.0 == 1.0
        and np.float64(1.0) + np.float64(2.0) ** -53 == 1.0,
        "numbers below the normal range are kept": np.float64(2.0) ** -1074 > 0.0
        and np.ldexp(np.float64(2.0) ** -1060 * 1.5, 1060) == 1.5,
        "the core was compiled without changes of arithmetic (fast-math)": not facts["fast_math"],
        "the core was compiled with optimisation": facts["optimised"],
        "the core and the package have one version": _core.__version__ == __version__,
    }
    yield all_of(
        "Arithmetic and compilation",
        [name for name, holds in tests.items() if not holds],
        len(tests),
        "; ".join(tests),
    )


def machine() -> dict[str, str]:
    """Return where the report was made."""
    facts = _core.build_facts()
    return {
        "ketasim": __version__,
        "machine": f"{platform.node() or 'unnamed'}, {platform.machine()}",
        "processor": _processor(),
        "processors that may be used": str(_core.available_threads()),
        "instructions that the core uses": facts["instructions"],
        "operating system": platform.platform(),
        "C library": " ".join(part for part in platform.libc_ver() if part) or "not named",
        "Python": f"{platform.python_version()} ({sys.implementation.name})",
        "locale of numbers": locale.setlocale(locale.LC_NUMERIC),
        "compiler of the core": f"{facts['compiler']}, C++ {facts['cxx_standard']}",
        "optimised, asserts, fast-math": ", ".join(
            "yes" if facts[name] else "no" for name in ("optimised", "asserts", "fast_math")
        ),
        "Eigen, pybind11": f"{facts['eigen']}, {facts['pybind11']}",
        "installed at": str(PACKAGE),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "not named"


def libraries() -> Grid:
    """Versions of libraries."""
    rows = []
    for name in LIBRARIES:
        try:
            rows.append((name, version(name)))
        except PackageNotFoundError:
            rows.append((name, "not installed"))
    return Grid("Libraries", ("library", "version"), tuple(rows))


def hashes() -> dict[str, str]:
    """Return SHA-256 of the compiled core, of every table and of the sources of the package."""
    found: dict[str, str] = {}
    sources = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        name = path.relative_to(PACKAGE).as_posix()
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        if path.suffix == ".csv" or name.startswith("_core."):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif path.suffix == ".py":
            sources.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    found["Python sources together"] = sources.hexdigest()
    values = "\n".join(",".join((*key, value)) for key, value in current().items())
    found["parameters and equations"] = hashlib.sha256(values.encode()).hexdigest()
    return found


def hashes_grid() -> Grid:
    """Hashes for the report."""
    return Grid("SHA-256", ("file or group", "hash"), tuple(hashes().items()))
