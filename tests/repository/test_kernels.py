"""The generated kernels are those of the model: regenerated, they are the same text."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_committed_kernels_are_what_the_model_generates() -> None:
    generator = ROOT / "src/codegen/generate_kernels.py"
    made = subprocess.run(
        [sys.executable, generator, "--print"], check=True, capture_output=True, encoding="utf-8"
    )
    folder = ROOT / "include/ketasim/generated"
    committed = "".join(
        (folder / name).read_text(encoding="utf-8")
        for name in ("cascade_kernels.hpp", "derivative_kernels.hpp")
    )
    # Compared as a truth value: a diff of thousands of lines helps nobody.
    assert (made.stdout == committed) is True, f"run {generator.relative_to(ROOT)}"
