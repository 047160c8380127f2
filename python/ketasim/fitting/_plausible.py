"""Whether measured levels are near those of the model, before anything is searched."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np

from ketasim._arrays import FloatArray
from ketasim.catalogue._model_tables import readouts
from ketasim.errors import EvidenceError
from ketasim.fitting._likelihood import Block

#: A median of measured over predicted levels so far from 1 is more than people differ.
FAR = 10.0
#: A level so many times the smallest standard deviation is no trace.
TRACE = 100.0


class ScaleWarning(UserWarning):
    """Measured levels are far from those of the model: a unit of the table may be wrong.

    Examples
    --------
    >>> import ketasim as ks
    >>> issubclass(ks.fitting.ScaleWarning, UserWarning)
    True
    """


def check_levels(predicted: Iterable[tuple[Block, FloatArray]]) -> None:
    """Compare measured levels with those at the model's own parameters.

    Parameters
    ----------
    predicted : iterable of (Block, ndarray)
        Predictions of shape (n_values,).

    Raises
    ------
    EvidenceError
        For a level where the model has none, whose error would be a share of nothing.

    Warns
    -----
    ScaleWarning
    """
    shares: dict[str, list[float]] = {}
    for block, f in predicted:
        if readouts()[block.readout]["unit"] != "ng/mL":
            continue
        relative = block.residuals.model.kind in ("proportional", "lognormal")
        for row, value in zip(block.rows, f.tolist(), strict=True):
            if row.censored or not row.value > 0.0:
                continue
            if relative and value <= block.residuals.least < row.value / TRACE:
                place = f"{row.where}: " if row.where else ""
                raise EvidenceError(
                    f"{place}subject {row.subject}: {row.readout} is {row.value:g} ng/mL at {row.time_h:g} h, but "
                    "the model has none then: nothing was given before, or it is gone. Check TIME (hours) and "
                    "the doses of the subject, leave the row out (MDV 1), or choose the error 'combined'"
                )
            shares.setdefault(block.readout, []).append(row.value / max(value, 1e-300))
    for readout, found in shares.items():
        median = float(np.median(found))
        if not 1.0 / FAR <= median <= FAR:
            warnings.warn(
                f"{readout}: measured values are {median:.2g} times those at the model's own parameters "
                f"(median of {len(found)}): check the units of DV (ng/mL), AMT (mg), TIME, DUR (h) and weight",
                ScaleWarning,
                stacklevel=5,
            )
