"""What can go wrong, one class per cause."""

from __future__ import annotations


class KetasimError(Exception):
    """Root of all errors of the package."""


class ScenarioError(KetasimError, ValueError):
    """An impossible request: a dose, a subject, a time or an option that cannot be."""


class ParameterError(KetasimError, ValueError):
    """A parameter that is not finite or not possible."""


class UnknownNameError(KetasimError, ValueError):
    """A name that is not in its vocabulary; the message has the nearest ones."""


class EvidenceError(KetasimError, ValueError):
    """A malformed table: file, row, column and what was expected."""


class OutputError(KetasimError, OSError):
    """A file cannot be written: unknown ending, missing folder, no permission, full disk."""


class MissingLibraryError(KetasimError, ImportError):
    """An optional library is not installed; the message has the command that installs it."""
