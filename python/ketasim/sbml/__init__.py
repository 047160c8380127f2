"""Export of a scenario as SBML Level 3 Version 2."""

from ketasim.sbml._export import export_sbml

__all__ = ["export_sbml"]
