"""Examples run as they stand; notebooks say what they say in the repository, and teach in order."""

import base64
import importlib.util
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = EXAMPLES / "notebooks"
NAMES = [source.stem for source in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.py"))]

LINES_OF_A_CELL = 12
"""What a learner can read at a glance; longer work belongs into the library."""

DISCLAIMER = "Not medical advice, not for dosing or treatment decisions."


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


# --- notebooks ------------------------------------------------------------------------------------


@cache
def build():
    """The command that makes notebooks of their sources."""
    spec = importlib.util.spec_from_file_location("build_notebooks", NOTEBOOKS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kept(name: str, reader: str = "learner") -> nbformat.NotebookNode:
    folder = NOTEBOOKS if reader == "learner" else NOTEBOOKS / "instructor"
    return nbformat.read(folder / f"{name}.ipynb", as_version=4)


def source(name: str) -> nbformat.NotebookNode:
    import jupytext

    return jupytext.read(NOTEBOOKS / f"{name}.py", fmt="py:percent")


def outputs(notebook: nbformat.NotebookNode) -> list:
    return [out for cell in notebook.cells for out in cell.get("outputs", ())]


def printed(notebook: nbformat.NotebookNode) -> str:
    """All that was printed; in how many pieces it arrives depends on the clock."""
    return "".join(out["text"] for out in outputs(notebook) if out.get("name") == "stdout")


def pictures(notebook: nbformat.NotebookNode) -> list[bytes]:
    found = [out.get("data", {}).get("image/png") for out in outputs(notebook)]
    return [base64.b64decode(picture) for picture in found if picture]


def test_there_is_no_notebook_without_a_source() -> None:
    assert [int(name[:2]) for name in NAMES] == list(range(17))
    for folder in (NOTEBOOKS, NOTEBOOKS / "instructor"):
        assert sorted(path.stem for path in folder.glob("*.ipynb")) == NAMES
    overview = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    assert all(f"({name}.ipynb)" in overview for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
# The kernel talks to this process alone; jupyter warns about the lack of encryption all the same.
@pytest.mark.filterwarnings("ignore::Warning:jupyter_client", "ignore::Warning:zmq")
def test_a_notebook_runs_and_prints_what_it_printed(name: str, tmp_path: Path) -> None:
    before = kept(name, "instructor")
    again = build().run(build().notebook(NOTEBOOKS / f"{name}.py", "instructor"), tmp_path)
    assert printed(before)
    assert printed(again) == printed(before)
    assert len(pictures(again)) == len(pictures(before)) > 0
    assert max(map(len, pictures(before))) <= 60_000
    assert not any(out["output_type"] == "error" for out in outputs(again))


@pytest.mark.parametrize("name", NAMES)
def test_learners_find_no_outputs(name: str) -> None:
    assert outputs(kept(name)) == []
    assert all(cell.get("execution_count") is None for cell in kept(name).cells)


@pytest.mark.parametrize("reader", ["learner", "instructor"])
@pytest.mark.parametrize("name", NAMES)
def test_no_cell_of_code_is_long(name: str, reader: str) -> None:
    cells = [cell for cell in kept(name, reader).cells if cell.cell_type == "code"]
    assert cells
    long = {c.id: n for c in cells if (n := len(c.source.splitlines())) > LINES_OF_A_CELL}
    assert long == {}


@pytest.mark.parametrize("reader", ["learner", "instructor"])
@pytest.mark.parametrize("name", NAMES)
def test_text_and_notebook_are_the_same_source(name: str, reader: str) -> None:
    made, before = build().notebook(NOTEBOOKS / f"{name}.py", reader), kept(name, reader)
    assert [(c.cell_type, c.id, c.source, c.metadata) for c in before.cells] == [
        (c.cell_type, c.id, c.source, c.metadata) for c in made.cells
    ]
    assert before.metadata == made.metadata


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_for_teachers_only(name: str) -> None:
    for_teachers = [
        cell
        for cell in source(name).cells
        if {"answer", "teacher"} & set(cell.metadata.get("tags", ()))
    ]
    assert for_teachers
    # Words only: learners run all the code that teachers do.
    assert {cell.cell_type for cell in for_teachers} == {"markdown"}
    learner = [cell.source for cell in kept(name).cells]
    teacher = [cell.source for cell in kept(name, "instructor").cells]
    for cell in for_teachers:
        assert cell.source in teacher
        assert cell.source not in learner
    told = "\n".join(learner)
    assert "**Answer" not in told
    assert "## Key" not in told
    assert [c.source for c in kept(name).cells if c.cell_type == "code"] == [
        c.source for c in kept(name, "instructor").cells if c.cell_type == "code"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_learners_predict_before_they_see(name: str) -> None:
    code = [cell for cell in kept(name, "instructor").cells if cell.cell_type == "code"]
    asked = next(i for i, c in enumerate(code) if re.match(r"my_(prediction|answers) = ", c.source))
    seen = next(i for i, c in enumerate(code) if pictures(nbformat.from_dict({"cells": [c]})))
    assert asked <= seen


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_says_what_it_is_and_where_it_goes_on(name: str) -> None:
    words = "\n".join(c.source for c in kept(name).cells if c.cell_type == "markdown")
    assert DISCLAIMER in words
    assert "use for depression belongs in supervised care" in words.replace("\n", " ")
    assert "in the model" in f"{words}\n{printed(kept(name, 'instructor'))}".lower()
    assert "`ketasim explore" in words


def test_links_name_states_that_the_page_knows() -> None:
    page = (EXAMPLES.parent / "explorer" / "state.js").read_text(encoding="utf-8")
    presets = set(
        re.findall(r"^  (\w+): \{", page.split("PRESETS = ")[1].split("});")[0], re.MULTILINE)
    )
    words = "\n".join(c.source for name in NAMES for c in kept(name).cells)
    named = set(re.findall(r"#p=(\w+)", words))
    assert named
    assert named <= presets
    assert {"onset", "paradox", "clocks", "ampa", "ratdose", "forms", "repeats"} <= named


def test_notebooks_run_without_ipywidgets(tmp_path: Path) -> None:
    """One with a slider, as a plain program in which the library is missing."""
    program = (
        "import sys, runpy; sys.modules['ipywidgets'] = None; "
        f"runpy.run_path({str(NOTEBOOKS / '04_dose_inverted_u.py')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Sliders need: pip install ipywidgets" in done.stdout


def test_the_ten_questions_have_four_answers_and_one_key_each() -> None:
    learner = "\n".join(c.source for c in kept("10_instructor_kit").cells)
    parts = re.split(r"^\*\*(\d+)\.\*\*", learner, flags=re.MULTILINE)
    assert [int(number) for number in parts[1::2]] == list(range(1, 11))
    for question in parts[2::2]:
        assert re.findall(r"^\* \*\*(\w)\*\*", question, re.MULTILINE) == ["a", "b", "c", "d"]
    teacher = "\n".join(c.source for c in kept("10_instructor_kit", "instructor").cells)
    key = re.search(r"## Key\n\n(.+)", teacher)[1].split(" · ")
    assert [int(entry[:-1]) for entry in key] == list(range(1, 11))
    assert {entry[-1] for entry in key} <= set("abcd")
    table = teacher.split("## What a wrong answer tells")[1].split("**Open question.**")[0]
    misconceptions = re.findall(r"^\| (\d+) \|", table, re.MULTILINE)
    assert [int(number) for number in misconceptions] == list(range(1, 11))


def test_timings_for_teachers_add_up() -> None:
    teacher = "\n".join(c.source for c in kept("10_instructor_kit", "instructor").cells)
    header = "| time | 15 minutes | 50 minutes | 90 minutes |\n|---|---|---|---|\n"
    table = teacher.split(header)[1].split("\n\n")[0].splitlines()
    columns = zip(*(line.strip("| ").split(" | ")[1:] for line in table), strict=True)
    totals = [
        sum(int(cell.split()[0]) for cell in column if cell[0].isdigit()) for column in columns
    ]
    assert totals == [15, 50, 90]
