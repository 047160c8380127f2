"""The equations of the model, as the compiled core recorded them."""

from ketasim.equations._recorded import Node, Recorded

__all__ = [
    "Node",
    "Recorded",
]
