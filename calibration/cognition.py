"""Largest impairment of cognition, from the impairment observed at one concentration each.

    python calibration/cognition.py    # prints the two values and writes cognition.csv

The readouts are proportional to these two parameters, so each follows from its row without a search. The
concentration for half the impairment and the exponent are assumed.
"""

from __future__ import annotations

import csv
from pathlib import Path

import ketasim as ks
from ketasim.files import whole_file

HERE = Path(__file__).parent

#: The row that fixes a parameter, and its value where the readout is that without drug.
ROWS = {
    "cognition.E_max": ("moujaes24_ket__working_memory_error__1", 1.0),
    "cognition.M_max": ("morr18_esk84__episodic_memory__1", 0.0),
}


def main() -> None:
    observed = {o.obs_id: o for o in ks.evidence.load().observations}
    table = ks.parameters()
    with (
        whole_file(HERE / "cognition.csv") as draft,
        draft.open("x", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["parameter", "unit", "low", "high", "estimate", "standard_error"])
        for name, (row, without) in ROWS.items():
            o = observed[row]
            at = ks.fitting.LeastSquares([name], rows=[row]).at()
            current = float(table[name]["value"])
            per_unit = (float(at.predicted[0]) - without) / current
            estimate, error = (o.value - without) / per_unit, abs((o.spread or 0.0) / per_unit)
            known = (table[name][column] for column in ("unit", "low", "high"))
            writer.writerow([name, *known, f"{estimate:.3g}", f"{error:.2g}"])
    print((HERE / "cognition.csv").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
