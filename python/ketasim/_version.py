"""The version of the package, known to all its rooms."""

from importlib.metadata import version

__version__ = version("ketasim")
