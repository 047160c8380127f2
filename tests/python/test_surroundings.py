"""The package in unusual surroundings: without its core or metadata, in small threads, in a subinterpreter."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks

PACKAGE = Path(ks.__file__).parent
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


def python(code: str, *options: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program with the package that is tested, or with the one in another folder."""
    environment = {**os.environ, "PYTHONPATH": str(path or PACKAGE.parent)}
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def copied(folder: Path, *without: str) -> Path:
    shutil.copytree(
        PACKAGE, folder / "ketasim", ignore=shutil.ignore_patterns("__pycache__", *without)
    )
    return folder


def test_without_the_compiled_core_one_sentence_says_so(tmp_path: Path) -> None:
    folder = copied(tmp_path, "*.so", "*.pyd")
    last = python("import ketasim", path=folder).stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: the compiled core of ketasim is missing in")
    assert "pip install ." in last
    assert "circular" not in last
    (folder / "ketasim" / "_core.cpython-399-x86_64-linux-gnu.so").touch()
    last = python("import ketasim", path=folder).stderr.strip().splitlines()[-1]
    assert "which has _core.cpython-399-x86_64-linux-gnu.so for another Python" in last


def test_the_version_needs_no_metadata(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    numpy = Path(np.__file__).parent
    for part in (numpy, numpy.with_name("numpy.libs")):
        if part.exists():
            (folder / part.name).symlink_to(part)
    code = (
        "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]; "
        "import ketasim; print(ketasim.__version__)"
    )
    done = python(code, "-S", path=folder)
    assert done.stdout.strip() == ks.__version__, done.stderr


CALLS = {
    "simulate": "ks.simulate(D, until=24)['madrs_change']",
    "simulate with rodas4": "ks.simulate(D, until=24, method='rodas4')",
    "failure": "ks.simulate(D, max_steps=10, on_failure='return')",
    "steady_state": "ks.steady_state()",
    "sensitivity": "ks.sensitivity(D, ['mtor.tau_M'], ['madrs_change', 'response'], t_eval=[24.0])",
    "sensitivity with rodas4": (
        "ks.sensitivity(D, ['mtor.tau_M', 'dose.amount'], ['madrs_change'], t_eval=[24.0], "
        "method='rodas4', gradient_in_error_test=True)"
    ),
    "residuals": "ks.residuals_and_jacobian(D, [('madrs', 24.0, 9.0, 2.0)], {'mtor.tau_M': 0.1})",
    "population": "ks.simulate_population(D, 4, until=24, threads=1)",
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has threads of at least 1 MiB")
@pytest.mark.parametrize("call", CALLS)
def test_a_thread_with_64_kib_of_stack_is_enough(call: str) -> None:
    code = (
        "import threading, ketasim as ks\n"
        f"D = {INFUSION!r}\n"
        "ks.simulate(D, until=1)\n"
        "threading.stack_size(64 * 1024)\n"
        f"thread = threading.Thread(target=lambda: print(type({CALLS[call]}).__name__))\n"
        "thread.start(); thread.join()"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), done.stderr


def test_a_small_thread_has_the_same_derivatives_and_errors() -> None:
    code = (
        "import threading, ketasim as ks\n"
        f"D = {INFUSION!r}\n"
        "def differentiate(**options):\n"
        "    try:\n"
        "        s = ks.sensitivity(D, ['mtor.tau_M'], ['madrs_change'], t_eval=[24.0], **options)\n"
        "        found.append(s['madrs_change'].tobytes())\n"
        "    except ks.KetasimError as error:\n"
        "        found.append(str(error))\n"
        "found = []\n"
        "for options in ({}, {'method': 'dopri5'}, {'max_steps': 5}):\n"
        "    differentiate(**options)\n"
        "    threading.stack_size(128 * 1024)\n"
        "    thread = threading.Thread(target=differentiate, kwargs=options)\n"
        "    thread.start(); thread.join()\n"
        "    assert found[-1] == found[-2], found\n"
        "print(len(found))"
    )
    done = python(code)
    assert (done.returncode, done.stdout.strip()) == (0, "6"), done.stderr


def test_a_subinterpreter_is_answered_at_once() -> None:
    code = (
        "try:\n"
        "    import _interpreters as s\n"
        "    run = lambda i, code: s.exec(i, code)\n"
        "except ImportError:\n"
        "    import _xxsubinterpreters as s\n"
        "    run = s.run_string\n"
        "try:\n"
        "    print(run(s.create(), 'import ketasim'))\n"
        "except Exception as error:\n"
        "    print(error)"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert "interpreter" in done.stdout
    assert "ImportError" in done.stdout


def test_the_core_has_the_name_of_this_python() -> None:
    """The file that the message about another Python looks for."""
    assert list(PACKAGE.glob(f"_core*{sysconfig.get_config_var('EXT_SUFFIX')}"))
