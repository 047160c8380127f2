"""A file with the subjects counted so far, from which an interrupted call continues."""

from __future__ import annotations

import json
import time
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.names import shortened
from ketasim.errors import ScenarioError
from ketasim.files._whole_file import check_writable, whole_file
from ketasim.population._tally import Failure, Tally
from ketasim.population.quantile_sketch import QuantileSketch

#: Layout of the file; other layouts are not read.
LAYOUT = 2

#: Largest share of the time that is spent on writing.
SHARE = 0.05


class Checkpoint:
    """A file with a tally, the finished blocks, and the question they answer.

    The file is replaced as a whole and never changed in place: after a killed process it is the last
    complete one. It contains only numbers and text; nothing in it is executed.

    Raises
    ------
    OutputError
        If it could not be written.
    """

    def __init__(self, path: str | Path, question: Mapping[str, str]) -> None:
        self._given_path = str(path)
        self._path = check_writable(path)
        self._question = {"layout": str(LAYOUT), **question}
        self._due = 0.0

    def load(self) -> tuple[Tally, int] | None:
        """Return the tally and one bit for each counted block; None without a file.

        Raises
        ------
        ScenarioError
            If the file is not a checkpoint, or belongs to another question.
        """
        if not self._path.exists():
            return None
        try:
            with self._path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                self._check(json.loads(str(file["question"])))
                return _tally(dict(file))
        except (
            *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError),
            *(zipfile.BadZipFile, zlib.error),
        ) as error:
            if isinstance(error, ScenarioError):
                raise
            raise ScenarioError(
                f"checkpoint {self._given_path!r} cannot be read ({error}): name another file, or "
                "remove this one to begin again"
            ) from error

    def _check(self, earlier: Mapping[str, str]) -> None:
        now = self._question
        parts = [k for k in {**now, **earlier} if now.get(k) != earlier.get(k)]
        if parts:
            differs = "; ".join(
                f"{k} was {_short(earlier.get(k))} and is {_short(now.get(k))}" for k in parts
            )
            raise ScenarioError(
                f"checkpoint {self._given_path!r} belongs to another call: {differs}. Repeat that "
                "call, or name another file"
            )

    def offer(self, tally: Tally, done: int) -> None:
        """Save, unless the last save was very recent."""
        if time.monotonic() >= self._due:
            self.save(tally, done)

    def save(self, tally: Tally, done: int) -> None:
        began = time.monotonic()
        with whole_file(self._path) as draft, draft.open("xb") as file:
            question = np.array(json.dumps(self._question))
            np.savez_compressed(file, question=question, **_arrays(tally, done))
        took = time.monotonic() - began
        self._due = began + took / SHARE


def _short(part: str | None) -> str:
    return "missing" if part is None else shortened(part)


def _arrays(tally: Tally, done: int) -> dict[str, Any]:
    sketches = tally.sketches
    facts = {
        "sums": [str(total) for total in tally.sums],
        "improved": [str(total) for total in tally.improved],
        "status": dict(tally.status),
        "failures": [asdict(failure) for failure in tally.failures],
        "done": hex(done),
    }
    return {
        "facts": np.array(json.dumps(facts)),
        "start": np.array([s.start for s in sketches], np.int64),
        "size": np.array([s.counts.size for s in sketches], np.int64),
        "counts": np.concatenate([s.counts for s in sketches]),
        "low": np.array([s.low for s in sketches]),
        "high": np.array([s.high for s in sketches]),
        "missing": tally.missing,
        "not_above": tally.not_above,
    }


def _tally(file: Mapping[str, Any]) -> tuple[Tally, int]:
    facts = json.loads(str(file["facts"]))
    ends = np.cumsum(file["size"])
    columns = (file[k].tolist() for k in ("start", "low", "high"))
    sketches = tuple(
        QuantileSketch(start, counts.copy(), low, high)
        for start, low, high, counts in zip(
            *columns, np.split(file["counts"], ends[:-1]), strict=True
        )
    )
    tally = Tally(
        sketches,
        tuple(int(total) for total in facts["sums"]),
        file["missing"],
        tuple(int(total) for total in facts["improved"]),
        file["not_above"],
        FrozenMapping(facts["status"]),
        tuple(Failure(**failure) for failure in facts["failures"]),
    )
    return tally, int(facts["done"], 16)
