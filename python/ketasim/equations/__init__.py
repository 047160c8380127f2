"""The equations of the model, as recorded by the compiled core."""

from ketasim.equations._recorded import Node, Recorded

__all__ = [
    "Node",
    "Recorded",
]
