"""The array type of the package."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Double precision, C-contiguous where the compiled core reads it.
FloatArray: TypeAlias = NDArray[np.float64]
