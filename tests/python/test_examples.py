"""Examples run as they stand, and the notebook still says what it says in the repository."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("script", sorted((EXAMPLES / "python").glob("*.py")), ids=lambda p: p.stem)
def test_a_script_runs_and_says_that_it_is_a_model(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, script],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "In the model" in done.stdout
    assert "Not medical advice" in done.stdout


@pytest.mark.parametrize(
    "path", sorted((EXAMPLES / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem
)
# The kernel talks to this process alone; jupyter warns about the lack of encryption all the same.
@pytest.mark.filterwarnings("ignore::Warning:jupyter_client", "ignore::Warning:zmq")
def test_a_notebook_runs_and_prints_what_it_printed(path: Path, tmp_path: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    again = nbformat.from_dict(kept)
    client = NotebookClient(
        again, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "PYTHONDEVMODE": ""})

    def printed(notebook: nbformat.NotebookNode) -> list[str]:
        outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
        return [out["text"] for out in outputs if out.get("name") == "stdout"]

    def pictures(notebook: nbformat.NotebookNode) -> int:
        outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
        return sum("image/png" in out.get("data", {}) for out in outputs)

    assert printed(kept)
    assert printed(again) == printed(kept)
    assert pictures(again) == pictures(kept) > 0
    assert any("Not medical advice" in cell.source for cell in kept.cells)
