"""Build the documentation site: ``python docs/site/build.py [FOLDER]`` (default: build/site).

Pages are written by hand in ``docs/`` or made here from the package, the headers and the notebooks.
Any warning and any dead link fails the build. Needs ketasim with the dependency group ``docs``,
doxygen, Node and ``npm ci --prefix docs/site``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import links
from command_line import command_line
from cpp_pages import cpp_pages
from python_pages import python_pages
from staging import ROOT, Stage
from tables import tables

SITE = ROOT / "docs/site"
KATEX = SITE / "node_modules/katex/dist"


def stage_pages() -> Path:
    """Write every page that Sphinx reads into a folder."""
    stage = Stage(ROOT / "build/docs")
    stage.folder_of_pages(ROOT / "docs", leave_out={"site"})
    stage.notebooks(ROOT / "examples/notebooks")
    stage.page(ROOT / "bench/RESULTS.md", "explanation/benchmarks.md")
    stage.page(ROOT / "bench/build.md", "explanation/build_times.md")
    stage.page(ROOT / "bench/accuracy.md", "explanation/accuracy.md")
    stage.page(ROOT / "bench/gradients.md", "explanation/gradients.md")
    stage.page(ROOT / "bench/versions.md", "explanation/versions.md")
    stage.page(ROOT / "bench/adjoints.md", "explanation/adjoints.md")
    stage.page(ROOT / "bench/petab_optimum.md", "explanation/petab_optimum.md")
    stage.page(ROOT / "bench/chains.md", "explanation/chains.md")
    stage.page(ROOT / "bench/population_peer.md", "explanation/population_peer.md")
    stage.page(ROOT / "CHANGELOG.md", "changes.md")
    stage.page(ROOT / "CONTRIBUTING.md", "contributing.md")
    for path, text in {**python_pages(), **cpp_pages(), **command_line(), **tables(stage)}.items():
        stage.made(path, text)
    return stage.finish()


def stage_assets() -> None:
    """Style and fonts of the mathematics; nothing is loaded from the network."""
    assets = ROOT / "build/site-assets"
    (assets / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy(KATEX / "katex.min.css", assets)
    for font in (KATEX / "fonts").glob("*.woff2"):
        shutil.copy(font, assets / "fonts")


def main(place: str = "build/site") -> None:
    """Build, or end with the first step that fails."""
    if not KATEX.is_dir():
        sys.exit("the mathematics of the site needs: npm ci --prefix docs/site")
    target = Path(place).resolve()
    pages = stage_pages()
    stage_assets()
    for old in (target, ROOT / "build/doctrees"):  # what Doxygen no longer reads must not be kept
        shutil.rmtree(old, ignore_errors=True)
    sphinx = [sys.executable, "-m", "sphinx", "--builder", "html", "--quiet"]
    strict = ["--fail-on-warning", "--nitpicky"]
    cache = ["--doctree-dir", ROOT / "build/doctrees"]
    subprocess.run([*sphinx, *strict, *cache, "--conf-dir", SITE, pages, target], check=True)
    (target / ".nojekyll").touch()  # hosts that leave out folders with an underscore keep _static
    dead = links.dead(target)
    if dead:
        sys.exit("dead links:\n" + "\n".join(dead))
    empty = links.empty_code(target)
    if empty:
        sys.exit("blocks of code without code:\n" + "\n".join(empty))
    print(f"{sum(1 for _ in target.rglob('*.html'))} pages: {target / 'index.html'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
