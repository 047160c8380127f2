"""The version of the package, known to all its rooms."""

from ketasim import _core

__version__ = _core.__version__
