"""What README and docs show works: their code runs as it stands, and their links lead somewhere."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
#: Their steps are carried out in a copy of the sources, by tests/howto.
CARRIED_OUT = {"add_a_drug_or_route.md", "add_a_module.md", "add_a_parameter_set.md"}

PAGES = [
    ROOT / "README.md",
    *(
        path
        for path in sorted((ROOT / "docs").rglob("*.md"))
        if "node_modules" not in path.parts and path.name not in CARRIED_OUT
    ),
]

#: A line ahead of a block says why it is not run; readers see it too.
LEFT_OUT = re.compile(r"^\*Not (run|compiled) by the tests: .+\.\*$")

#: Shell commands that are done elsewhere, and where.
DONE_ELSEWHERE = {
    "./run": "runs these tests",
    "apt-get": "installs system packages",
    "cmake": "./run test calls the same presets",
    "pip install": "./run test installs the package",
    "git clone": "needs the network",
    "cd ketasim": "the clone",
    "cp build/core/": "./run test builds and installs the package",
    "PYTHONPATH=python": "./run test installs the package",
    "python calibration/": "fits for minutes; tests/repository/test_calibration.py covers its parts",
    "python bench/": "measures for minutes; tests/repository/test_peers.py covers its parts",
    "python src/codegen/generate_kernels.py": "tests/repository/test_kernels.py",
}


#: Languages of blocks that are read, not run.
SHOWN = {"", "text", "cmake"}

#: A block made of these lines shows parts of a program that is built and run on its own.
EXCERPT = re.compile(r'--8<-- "([^":]+)(?::(\w+))?"\n?')


class Block(NamedTuple):
    """A fenced block of a page: language, code, first line, and the text ahead of it."""

    language: str
    code: str
    line: int
    ahead: str


def blocks(page: Path) -> list[Block]:
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    found, ahead = [], ""
    for token in tokens:
        if token.type == "inline":
            ahead = token.content
        elif token.type == "fence":
            language = (token.info.split() or [""])[0]
            found.append(Block(language, token.content, token.map[0] + 2, ahead))
            ahead = ""
    return found


def runs(block: Block) -> bool:
    return not LEFT_OUT.match(block.ahead)


def commands(code: str) -> list[str]:
    """Commands of a shell block, continued lines joined, comments left out."""
    lines = code.replace("\\\n", " ").splitlines()
    return [line for line in lines if shlex.split(line, comments=True)]


def run_python(block: Block, page: Path, names: dict[str, object]) -> None:
    padded = "\n" * (block.line - 1) + block.code  # so that an error names the line of the page
    exec(compile(padded, page, "exec"), names)  # noqa: S102, the code of our own pages


def run_shell(block: Block, page: Path) -> None:
    for command in commands(block.code):
        if command.startswith(tuple(DONE_ELSEWHERE)):
            continue
        assert command.startswith("ketasim "), (
            f"{page}: say ahead of it why this is not run: {command}"
        )
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env={**os.environ, "PATH": path, "BROWSER": "true", "MPLBACKEND": "Agg"},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{page}:{block.line}: {command}\n{done.stdout}{done.stderr}"


def check_excerpt(block: Block, page: Path) -> None:
    for line in block.code.splitlines():
        path, section = EXCERPT.fullmatch(line).groups()
        program = (ROOT / path).read_text(encoding="utf-8")
        assert path.startswith("examples/"), f"{page}: {path} is not run by any test"
        assert section is None or f"[start:{section}]" in program, f"{page}: {line}"


def compile_cpp(block: Block, page: Path) -> None:
    includes = "\n".join(re.findall(r"^#include .*$", block.code, re.MULTILINE))
    body = re.sub(r"^#include .*$", "", block.code, flags=re.MULTILINE)
    program = body if re.search(r"\bint main\(", body) else f"int main() {{\n{body}\n}}"
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        pytest.skip(f"no C++ compiler {compiler}")
    flags = ["-std=c++20", "-fsyntax-only", "-x", "c++", f"-I{ROOT / 'include'}"]
    flags += ["-isystem", "/usr/include/eigen3"]
    done = subprocess.run(
        [compiler, *flags, "-"],
        input=f"{includes}\n{program}",
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{page}:{block.line}\n{done.stderr}"


@pytest.mark.parametrize(
    "page",
    # The steps of add_a_*.md are carried out by tests/howto.
    [p for p in PAGES if blocks(p) and not p.name.startswith("add_a_")],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names: dict[str, object] = {"__name__": "__main__"}
    for block in filter(runs, blocks(page)):
        if EXCERPT.match(block.code):
            check_excerpt(block, page)
        elif block.language == "python":
            run_python(block, page, names)
        elif block.language == "sh":
            run_shell(block, page)
        elif block.language == "cpp":
            compile_cpp(block, page)
        else:
            shown = block.language in SHOWN or block.language.startswith("{")
            assert shown, f"{page}:{block.line}: nothing runs a block of {block.language}"


def test_the_collector_sees_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "```python\n1 / 0\n```\n\n```sh\nketasim nonsense\n```\n\n```sh\nrm -f x\n```\n\n"
        "```cpp\nint x = y;\n```\n\n*Not run by the tests: no reason.*\n\n```python\n1 / 0\n```\n"
    )
    python, shell, unknown, cpp, left_out = blocks(page)
    with pytest.raises(ZeroDivisionError) as wrong:
        run_python(python, page, {})
    assert wrong.traceback[-1].lineno + 1 == 2
    with pytest.raises(AssertionError, match="nonsense"):
        run_shell(shell, page)
    with pytest.raises(AssertionError, match="say ahead of it why"):
        run_shell(unknown, page)
    with pytest.raises(AssertionError, match="not declared"):
        compile_cpp(cpp, page)
    assert runs(python)
    assert not runs(left_out)


def documents_beside_the_site() -> list[Path]:
    """Markdown that readers see in the repository alone; the site checks its own links."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    names = listed.stdout.split() or ["README.md", "CHANGELOG.md", "examples/notebooks/README.md"]
    return [ROOT / name for name in names if not name.startswith("docs/")]


@pytest.mark.parametrize(
    "page", documents_beside_the_site(), ids=lambda p: str(p.relative_to(ROOT))
)
def test_links_of_a_document_lead_to_files(page: Path) -> None:
    links = [
        str(child.attrs.get("href") or child.attrs.get("src"))
        for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))
        for child in token.children or ()
        if child.type in ("link_open", "image")
    ]
    dead = [
        link
        for link in links
        if not re.match(r"[a-z]+:|#", link) and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert not dead


# --- paths in words -------------------------------------------------------------------------------

#: A path of the repository, as prose and comments write it.
_PATH = re.compile(
    r"(?<![\w/.-])((?:bench|cmake|docs|examples|explorer|include|python|src|tests)/[\w./*-]*\w|"
    r"ketasim/[\w/]+\.hpp)"
)
#: Steps of a page make these files.
_NEW_FILE = re.compile(r"New file `([^`]+)`")


#: Targets of links and pages of the site: other tests follow them.
_LINKS = re.compile(r"\]\([^)]*\)|^```\{toctree\}.*?^```$", re.DOTALL | re.MULTILINE)


def paths_named(text: str) -> set[str]:
    made = tuple(_NEW_FILE.findall(text))
    named = set(_PATH.findall(_LINKS.sub("", text)))
    # CMake joins files into one in folders of this name.
    joined = {path for path in named if "/Unity/" in path}
    return {path for path in named - joined if not any(new.endswith(path) for new in made)}


def missing(paths: set[str]) -> list[str]:
    roots = (ROOT, ROOT / "include")
    return sorted(p for p in paths if not any(any(root.glob(p)) for root in roots))


@pytest.mark.parametrize(
    "page",
    [
        *sorted({*PAGES, *(ROOT / "docs").rglob("add_*.md"), *documents_beside_the_site()}),
        *sorted((ROOT / "examples/notebooks").glob("*.py")),
    ],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_every_path_that_a_page_or_notebook_names_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        pytest.skip("speaks of earlier versions")
    assert missing(paths_named(page.read_text(encoding="utf-8"))) == []


def test_a_path_that_is_not_there_is_noticed() -> None:
    text = "Run `python src/kernels/generate.py`, see `src/codegen/generate_kernels.py` and `ketasim/no.hpp`."
    assert missing(paths_named(text)) == ["ketasim/no.hpp", "src/kernels/generate.py"]
    assert paths_named("New file `src/mine.cpp`: see `https://example.org/src/x.py`") == set()
