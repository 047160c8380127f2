"""The command `ketasim`."""

from ketasim.cli._commands import main

__all__ = ["main"]
