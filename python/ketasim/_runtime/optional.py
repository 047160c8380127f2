"""Optional libraries: imported where they are used; an error names the extra to install."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ketasim.errors import MissingLibraryError


def require(module: str, extra: str) -> ModuleType:
    """Import an optional library.

    Raises
    ------
    MissingLibraryError
        If it is not installed, with the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.split(".")[0]
        raise MissingLibraryError(
            f"this needs {library}, which is not installed: pip install 'ketasim[{extra}]'"
        ) from error
