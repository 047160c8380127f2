"""What is felt before and around a simulation: download, import, first call, a slider that moves.

    python bench/usability.py [--wheel FILE] [--json FILE]

1. **Wheel.** Its size, and what auditwheel says about the libraries it needs, where that is
   installed. Without --wheel one is built, which compiles the core.
2. **Import.** Time on the clock of `import ketasim` after `import numpy`, in fresh processes.
3. **First call.** The first `ketasim.simulate` of a process and its states, after the import: one
   infusion, 14 days.
4. **Call.** What Python adds to the time in the compiled core: see call_overhead in python_call.py.
5. **Slider.** Two scenarios solved again, one readout of each at 300 times: what a page with a
   slider and a comparison does whenever the slider moves.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

#: Run in a fresh process; prints seconds of the import and of the first call.
FIRST_CALL = """
from time import perf_counter
import numpy as np
times = np.linspace(0.0, 336.0, 101)
t0 = perf_counter()
import ketasim as ks
t1 = perf_counter()
ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=times).y
print(t1 - t0, perf_counter() - t1)
"""


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": median(values), "min": min(values), "max": max(values)}


def wheel(file: Path | None) -> dict[str, Any]:
    """Size [bytes] and what auditwheel says; empty where no wheel can be built."""
    with TemporaryDirectory() as folder:
        if file is None:
            command = ["-m", "pip", "wheel", str(ROOT), "--no-deps", "-q", "-w", folder]
            if subprocess.run([sys.executable, *command], check=False).returncode:
                return {}
            file = next(Path(folder).glob("*.whl"))
        found: dict[str, Any] = {"bytes": file.stat().st_size}
        if find_spec("auditwheel") is not None:
            said = subprocess.run(
                [sys.executable, "-m", "auditwheel", "show", str(file)],
                capture_output=True, encoding="utf-8", check=False,
            )  # fmt: skip
            found["audit"] = audited(said.stdout) or said.stderr.strip()
    return found


def audited(text: str) -> str:
    """The tag that a wheel is consistent with, and the libraries of the system it names."""
    flat = " ".join(text.split())
    tag = re.search(r'consistent with the following platform tag: "([^"]+)"', flat)
    outside = re.search(r"external shared libraries[^{]*\{([^}]*)\}", flat)
    return ", ".join(
        part
        for part in (
            tag and f"consistent with {tag[1]}",
            outside and f"{len(re.findall(':', outside[1]))} external versioned libraries",
        )
        if part
    )


def in_fresh_processes(n: int) -> dict[str, Any]:
    """Import beyond NumPy's and first call [s]."""
    imports, calls = [], []
    for number in range(-1, n):  # the first fills the system's file cache
        done = subprocess.run(
            [sys.executable, "-c", FIRST_CALL], capture_output=True, encoding="utf-8", check=True
        )
        imported, called = (float(x) for x in done.stdout.split())
        if number >= 0:
            imports.append(imported)
            calls.append(called)
    return {"processes": n, "import": spread(imports), "first_call": spread(calls)}


def slider(moves: int) -> dict[str, float]:
    """Two scenarios solved again, one readout each [s]: a dose that moves beside one that stays."""
    import numpy as np

    import ketasim as ks

    times = np.linspace(0.0, 336.0, 300)
    took = []
    for move in range(-3, moves):
        dose = 0.2 + 0.8 * (move % 40) / 40.0
        began = perf_counter()
        for text in (f"ketamine {dose:.3f} mg/kg iv over 40 min", "esketamine 56 mg intranasal"):
            ks.simulate(text, t_eval=times)["madrs_change"]
        if move >= 0:
            took.append(perf_counter() - began)
    return spread(took)


def measured(file: Path | None = None, processes: int = 15) -> dict[str, Any]:
    sys.path.insert(0, str(HERE))
    python_call = importlib.import_module("python_call")
    return {
        "wheel": wheel(file),
        **in_fresh_processes(processes),
        "call_us": python_call.call_overhead(200),
        "slider": slider(200),
    }


def table(found: dict[str, Any]) -> str:
    """In Markdown, beside what was aimed at."""

    def ms(s: dict[str, float]) -> str:
        return f"{1e3 * s['median']:.3g} ms ({1e3 * s['min']:.3g}–{1e3 * s['max']:.3g})"

    def verdict(met: bool) -> str:
        return "met" if met else "**not met**"

    rows: list[tuple[str, str, str, str]] = []
    size = found["wheel"].get("bytes")
    if size is not None:
        rows.append(("wheel", "< 5 MB", f"{size / 1e6:.2f} MB", verdict(size < 5e6)))
    if "audit" in found["wheel"]:
        clean = "consistent with manylinux" in found["wheel"]["audit"]
        rows.append(("`auditwheel show`", "clean", found["wheel"]["audit"], verdict(clean)))
    for label, key, aim in (
        ("import, beyond NumPy's", "import", 0.15),
        ("first call after it", "first_call", 0.3),
        ("two scenarios solved again", "slider", 0.004),
    ):
        s = found[key]
        rows.append((label, f"< {1e3 * aim:g} ms", ms(s), verdict(s["median"] < aim)))
    added = found["call_us"]["added"] / 1e3
    core = found["call_us"]["core"]["median"] / 1e3
    rows.append(
        ("added by Python to a call", "< 0.1 ms", f"{added:.3f} ms, beside {core:.2f} ms in the core",
         verdict(added < 0.1))
    )  # fmt: skip
    lines = ["| what | aim | found | |", "|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="one that is already built")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers")
    asked = parser.parse_args()
    found = measured(asked.wheel)
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
