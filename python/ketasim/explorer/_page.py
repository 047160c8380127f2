"""The explorer: one HTML page that runs the model in a browser, from disk, without a network."""

from __future__ import annotations

import os
import re
import sys
import webbrowser
from importlib.resources import files
from pathlib import Path

from ketasim._wording.names import shortened
from ketasim.errors import KetasimError, ScenarioError


class ExplorerError(KetasimError, OSError):
    """The page is not where it should be."""


def page() -> Path:
    """Where the page lies: a single file that may be copied, mailed and put on a USB stick.

    Raises
    ------
    ExplorerError
        If this installation came without it.
    """
    place = Path(str(files("ketasim").joinpath("explorer", "index.html")))
    if not place.is_file():
        raise ExplorerError(
            f"this installation has no explorer page: {place} is missing; in a clone, build it "
            "with 'npm ci && npm run build' in explorer"
        )
    return place


def address(place: Path, state: str = "") -> str:
    """Address of the page in a state, as its Share button writes it: "#p=paradox".

    Raises
    ------
    ScenarioError
        If that is no such text. What it means is read by the page, which says what it clamps.
    """
    if state and not re.fullmatch(r"#[!-~]{1,299}", state):
        raise ScenarioError(
            f"{shortened(state)} is no state of the explorer: copy what follows the file's name in its "
            "address, from '#' on, as in '#p=paradox'; quote it in a shell"
        )
    return place.as_uri() + state


def open_page(url: str) -> bool:
    """Open the page in the browser of the desktop; whether there was one to open it."""
    if not _has_display():
        # A text browser in the terminal would start, and show a page that needs a screen.
        return False
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
