"""The site's own tools refuse what a reader would stumble over."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs/site"))

import links
import staging


def shown(path: Path, section: str) -> str:
    mark = f'--8<-- "{path.name}:{section}"'
    return staging._EXCERPT.sub(staging.excerpt, mark)


def test_a_part_of_a_program_is_its_lines_and_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "ROOT", tmp_path)
    program = tmp_path / "a.cpp"
    program.write_text(
        "int a;\n  // --8<-- [start:one]\n  int b;\n    int c;\n  // --8<-- [end:one]\n"
        "// --8<-- [start:none]\n\n// --8<-- [end:none]\n// --8<-- [start:two]\nint d;\n"
        "// --8<-- [end:two]\n"
    )
    assert shown(program, "one") == "int b;\n  int c;"
    assert shown(program, "two") == "int d;"
    with pytest.raises(ValueError, match=re.escape("a.cpp: the section none is empty")):
        shown(program, "none")
    with pytest.raises(ValueError, match="no section three"):
        shown(program, "three")


def test_every_excerpt_of_the_pages_has_code() -> None:
    """Quick, so that an empty block is noticed before the site is built."""
    found = 0
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if "node_modules" not in page.parts:
            for match in staging._EXCERPT.finditer(page.read_text(encoding="utf-8")):
                assert staging.excerpt(match).strip()
                found += 1
    assert found >= 4


def test_an_empty_block_of_a_built_page_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text("<pre><span>int a;</span>\n</pre>")
    (tmp_path / "bad.html").write_text("<pre>x</pre><pre><span></span>\n</pre>")
    assert links.empty_code(tmp_path) == ["bad.html: 1 of 2"]
