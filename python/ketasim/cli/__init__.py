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
from ketasim.cli._parser import parser

__all__ = [
    "BAD_INPUT",
    "COMMANDS",
    "DEFECT",
    "FAILED",
    "INTERRUPTED",
    "PASSED",
    "PIPE_CLOSED",
    "main",
    "parser",
]
