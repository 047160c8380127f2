"""A scenario as SBML Level 3 Version 2, for every tool that reads it."""

from ketasim.sbml._export import export_sbml

__all__ = ["export_sbml"]
