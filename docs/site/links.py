"""Follow every link of the built pages: files, anchors, pictures, styles and scripts.

Blocks of code that came out empty are found on the same walk.
"""

from __future__ import annotations

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: What a reader may follow to another place; whether it is there is not asked.
OUTSIDE = {"http", "https", "mailto"}
#: What a page loads by itself must lie on the site.
LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src")}
#: Links that say something to a machine and load nothing.
SPOKEN = {"canonical", "author"}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, bool]] = []
        self.code: list[str] = []
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._in_code = True
            self.code.append("")
        given = dict(attrs)
        self.anchors.update(v for k in ("id", "name") if (v := given.get(k)))
        for key in ("href", "src"):
            target = given.get(key)
            if target and given.get("rel") not in SPOKEN:
                self.links.append((target, (tag, key) in LOADED))

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._in_code = False


@cache
def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def dead(site: Path) -> list[str]:
    """Say which links of a site lead nowhere.

    Links to other sites are only asked to be well formed, and a page must not load from one.
    """
    found = []
    for path in sorted(site.rglob("*.html")):
        for link, loaded in _read(path).links:
            reason = _reason(path, link, loaded, site)
            if reason:
                found.append(f"{path.relative_to(site)}: {link}: {reason}")
    return found


def empty_code(site: Path) -> list[str]:
    """Say which pages have a block of code with nothing in it."""
    return [
        f"{path.relative_to(site)}: {sum(not c.strip() for c in _read(path).code)} of {len(_read(path).code)}"
        for path in sorted(site.rglob("*.html"))
        if any(not code.strip() for code in _read(path).code)
    ]


def _reason(path: Path, link: str, loaded: bool, site: Path) -> str:
    try:
        parts = urlsplit(link)
    except ValueError as error:
        return str(error)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        if loaded:
            return "a page must load nothing from elsewhere"
        if parts.scheme not in OUTSIDE:
            return "unknown kind of address"
        return "" if parts.netloc or parts.scheme == "mailto" else "no host"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(site) or not target.is_file():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and target.suffix == ".html" and anchor not in _read(target).anchors:
        return "no such anchor"
    return ""


if __name__ == "__main__":
    sys.exit("\n".join(dead(Path(sys.argv[1]).resolve())) or 0)
