"""The command ``ketasim``."""

from ketasim.cli._commands import (
    BAD_INPUT,
    COMMANDS,
    DEFECT,
    FAILED,
    INTERRUPTED,
    PASSED,
    PIPE_CLOSED,
    main,
)

__all__ = [
    "BAD_INPUT",
    "COMMANDS",
    "DEFECT",
    "FAILED",
    "INTERRUPTED",
    "PASSED",
    "PIPE_CLOSED",
    "main",
]
