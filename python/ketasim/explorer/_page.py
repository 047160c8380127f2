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
    """The page of the explorer is not installed.

    Examples
    --------
    >>> from ketasim.explorer import ExplorerError
    >>> issubclass(ExplorerError, OSError)
    True
    """


def page() -> Path:
    """Return the path of the page, a single file that works without a network and may be copied.

    Returns
    -------
    Path

    Raises
    ------
    ExplorerError
        If this installation has no page.

    Examples
    --------
    >>> from ketasim.explorer import page
    >>> page().name
    'index.html'
    """
    place = Path(str(files("ketasim").joinpath("explorer", "index.html")))
    if not place.is_file():
        raise ExplorerError(
            f"this installation has no explorer page: {place} is missing; in a clone, build it "
            "with 'npm ci && npm run build' in explorer"
        )
    return place


def address(place: Path, state: str = "") -> str:
    """Return the address of the page in a given state.

    Parameters
    ----------
    place : Path
        The page, from `page`.
    state : str
        The text that the Share button writes, such as "#p=paradox"; default: no state.

    Returns
    -------
    str
        A ``file://`` address.

    Raises
    ------
    ScenarioError
        If ``state`` does not have this form. The page itself reads its meaning.

    Examples
    --------
    >>> from ketasim.explorer import address, page
    >>> address(page(), "#p=paradox").endswith("index.html#p=paradox")
    True
    """
    if state and not re.fullmatch(r"#[!-~]{1,299}", state):
        raise ScenarioError(
            f"{shortened(state)} is not a state of the explorer: copy the part of its address from '#' "
            "on, such as '#p=paradox'; quote it in a shell"
        )
    return place.as_uri() + state


def open_page(url: str) -> bool:
    """Open an address in the browser of the desktop.

    Parameters
    ----------
    url : str

    Returns
    -------
    bool
        Whether a browser was opened; always False without a display.

    Examples
    --------
    >>> import os, sys
    >>> from ketasim.explorer import open_page
    >>> display = {name: os.environ.pop(name, None) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
    >>> sys.platform in ("win32", "darwin") or open_page("file:///index.html")  # on Linux: no display
    False
    >>> os.environ.update({name: value for name, value in display.items() if value is not None})
    """
    if not _has_display():
        # Without a display a text browser would start, which cannot show the page.
        return False
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
