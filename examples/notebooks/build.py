"""Notebooks from their sources: one for learners, one for teachers, from the same text.

    python examples/notebooks/build.py           # all of them
    python examples/notebooks/build.py 03 04     # those whose names begin so

A source is a Python file in jupytext's percent format. Cells tagged ``answer`` are words for teachers: they become
room for the learner's own; cells tagged ``teacher`` are left out for learners. Learners' notebooks come unrun, so that nobody reads an
answer before the prediction; teachers' are run and keep their outputs.
Needs jupytext, nbclient, ipykernel and ipywidgets.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Literal

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from ketasim.files import whole_file

HERE = Path(__file__).parent
INSTRUCTOR = HERE / "instructor"
Reader = Literal["learner", "instructor"]

ANSWER, TEACHER, SLIDER = "answer", "teacher", "slider"
ROOM = "*Your answer:*"


def sources() -> list[Path]:
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def notebook(source: Path, reader: Reader) -> NotebookNode:
    """What a reader gets, not yet run."""
    made = nbformat.v4.new_notebook()
    made.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for i, cell in enumerate(jupytext.read(source, fmt="py:percent").cells):
        tags = list(cell.metadata.get("tags", ()))
        text = cell.source.strip("\n")
        if reader == "learner" and TEACHER in tags:
            continue
        if reader == "learner" and ANSWER in tags:
            text, tags = ROOM, []
        make = (
            nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        )
        made.cells.append(make(text, id=f"cell-{i:02d}", metadata={"tags": tags} if tags else {}))
    return made


def run(made: NotebookNode, folder: str | Path) -> NotebookNode:
    """Run a notebook in a folder; keep what is the same every time."""
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(made, timeout=180, kernel_name="python3", resources=resources)
    client.execute(env={**os.environ, "PYTHONDEVMODE": ""})
    made.metadata.pop("widgets", None)
    made.metadata["language_info"] = {"name": "python"}
    for cell in made.cells:
        cell.metadata.pop("execution", None)
        if SLIDER in cell.metadata.get("tags", ()):
            # A slider needs a running kernel: its saved picture would be a dead one.
            cell.outputs = []
    return made


def write(made: NotebookNode, path: Path) -> None:
    nbformat.validate(made)
    with whole_file(path) as draft:
        draft.write_text(nbformat.writes(made) + "\n", encoding="utf-8")


def main(begin: list[str]) -> None:
    INSTRUCTOR.mkdir(exist_ok=True)
    for source in sources():
        if begin and not source.name.startswith(tuple(begin)):
            continue
        write(notebook(source, "learner"), HERE / f"{source.stem}.ipynb")
        with tempfile.TemporaryDirectory() as folder:
            write(run(notebook(source, "instructor"), folder), INSTRUCTOR / f"{source.stem}.ipynb")
        print(f"wrote {source.stem}.ipynb and instructor/{source.stem}.ipynb")


if __name__ == "__main__":
    main(sys.argv[1:])
