"""The folder that Sphinx reads: pages from all over the repository, their links made to fit."""

from __future__ import annotations

import json
import os
import re
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]

#: Pages of the repository that have another place on the site.
MOVED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "bench/RESULTS.md": "explanation/benchmarks.md",
    "bench/build.md": "explanation/build_times.md",
    "bench/accuracy.md": "explanation/accuracy.md",
    "bench/gradients.md": "explanation/gradients.md",
    "bench/versions.md": "explanation/versions.md",
    "bench/adjoints.md": "explanation/adjoints.md",
    "bench/petab_optimum.md": "explanation/petab_optimum.md",
    "bench/chains.md": "explanation/chains.md",
    "bench/population_peer.md": "explanation/population_peer.md",
    "examples/notebooks/README.md": "tutorials/index.md",
}
PICTURES = {".png", ".svg", ".jpg"}
#: What colours a source file that a page links to.
LANGUAGES = {
    ".hpp": "cpp", ".cpp": "cpp", ".py": "python", ".toml": "toml", ".cff": "yaml", ".js": "js",
    ".json": "json", ".txt": "text", ".yml": "yaml", ".csv": "text", ".md": "text", "": "text",
}  # fmt: skip

_LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s]+)(?=\))")
#: A line of a code block that stands for a part of a program: --8<-- "path:section".
_EXCERPT = re.compile(r'^ *--8<-- "(?P<path>[^":]+)(:(?P<section>\w+))?"$', re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change the lines of a Markdown text that are no code block."""
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence):
            fence = ""
        elif not fence:
            line = change(line)
        lines.append(line)
    return "\n".join(lines)


def excerpt(match: re.Match[str]) -> str:
    """Give a part of a program: the lines between ``--8<-- [start:section]`` and its end."""
    text = (ROOT / match["path"]).read_text(encoding="utf-8")
    if match["section"]:
        mark = r"^[^\n]*--8<-- \[{}:" + match["section"] + r"\][^\n]*\n"
        whole = re.search(
            mark.format("start") + r"(.*?)" + mark.format("end"), text, re.MULTILINE | re.DOTALL
        )
        if whole is None:
            raise ValueError(f"{match['path']} has no section {match['section']}")
        text = whole[1]
    if not text.strip():
        raise ValueError(f"{match['path']}: the section {match['section']} is empty")
    return textwrap.dedent(text).rstrip("\n")


class Stage:
    """Collects pages and writes those that changed, so that Sphinx reads only these again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: set[Path] = set()
        self._sources: set[Path] = set()

    def folder_of_pages(self, folder: Path, leave_out: set[str]) -> None:
        """Take a folder of Markdown pages and pictures as it stands."""
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            if place.parts[0] in leave_out or path.is_dir():
                continue
            if path.suffix == ".md":
                self.page(path, place.as_posix())
            elif path.suffix in PICTURES:
                self._copy(path, place.as_posix())

    def page(self, path: Path, place: str) -> None:
        """Take one Markdown page; its links follow it to its new place."""
        text = _EXCERPT.sub(excerpt, path.read_text(encoding="utf-8"))
        self._write(place, self.linked(text, path.parent, place))

    def made(self, place: str, text: str) -> None:
        """Take a page that was made here: its links fit already."""
        self._write(place, text)

    def notebooks(self, folder: Path) -> None:
        """Take the notebooks of learners with their outputs, and an overview of them."""
        for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
            place = f"tutorials/{path.name}"
            notebook = json.loads(path.read_text(encoding="utf-8"))
            for cell in notebook["cells"]:
                if cell["cell_type"] == "markdown":
                    text = "".join(cell["source"])
                    cell["source"] = self.linked(text, path.parent, place)
            self._write(place, json.dumps(notebook, indent=1, ensure_ascii=False))
        text = (folder / "README.md").read_text(encoding="utf-8")
        text = text.replace("# Notebooks", "# Tutorials", 1)
        text = text.replace("[`instructor/`](instructor)", "`examples/notebooks/instructor/`")
        entries = "\n".join(p.stem for p in sorted(folder.glob("[0-9][0-9]_*.ipynb")))
        toctree = f"\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n"
        place = "tutorials/index.md"
        self._write(place, self.linked(text, folder, place) + toctree)

    def linked(self, text: str, base: Path, place: str) -> str:
        """Make relative links, written for a file in ``base``, fit a page at ``place``."""

        def fit(match: re.Match[str]) -> str:
            return self._fit(match["target"], base, place)

        return outside_code(text, lambda line: _LINK.sub(fit, line))

    def _fit(self, link: str, base: Path, place: str) -> str:
        if re.match(r"[a-z]+:|#", link):
            return link
        path, _, anchor = link.partition("#")
        target = (base / path).resolve()
        name = target.relative_to(ROOT).as_posix()
        if target.suffix in PICTURES and not name.startswith("docs/"):
            found = f"pictures/{name}"
            self._copy(target, found)
        elif name in MOVED:
            found = MOVED[name]
        elif name.startswith("docs/"):
            found = name.removeprefix("docs/")
        elif name.startswith("examples/notebooks/") and target.suffix == ".ipynb":
            found = f"tutorials/{target.name}"
        elif target.is_file():
            self._sources.add(target)
            found = f"source/{name}.md"
        else:
            raise ValueError(f"{place}: nothing of the site answers the link {link}")
        fitted = os.path.relpath(found, PurePosixPath(place).parent)
        return f"{fitted}#{anchor}" if anchor else fitted

    def finish(self) -> Path:
        """Write the source files that pages link to; remove what no page needs any more."""
        for path in sorted(self._sources):
            name = path.relative_to(ROOT).as_posix()
            code = path.read_text(encoding="utf-8")
            fence = "`" * (2 + max((len(run) for run in re.findall("`+", code)), default=1))
            language = LANGUAGES[path.suffix]
            head = "---\norphan: true\nnosearch: true\n---\n"
            body = f"# {path.name}\n\n`{name}`\n\n{fence}{language}\n{code.rstrip()}\n{fence}\n"
            self._write(f"source/{name}.md", head + body)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in self._written:
                path.unlink()
        return self.folder

    def _write(self, place: str, text: str) -> None:
        path = self._path(place)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")

    def _copy(self, source: Path, place: str) -> None:
        path = self._path(place)
        if not path.exists() or path.read_bytes() != source.read_bytes():
            shutil.copy(source, path)

    def _path(self, place: str) -> Path:
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        self._written.add(path)
        return path
