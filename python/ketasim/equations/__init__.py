"""The equations of the model, as recorded by the compiled core."""

from ketasim._wording.sealed import sealed
from ketasim.equations._recorded import Node, Recorded

# Not where they are defined: the generator of the kernels reads that file alone, before a core exists.
sealed(Node)
sealed(Recorded)  # type: ignore[type-abstract]

__all__ = [
    "Node",
    "Recorded",
]
