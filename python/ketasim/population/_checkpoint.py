"""A file that holds the subjects counted so far, so that nothing is lost with the process."""

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

#: Layout of the file; another one is not read.
LAYOUT = 2

#: At most this share of the time goes into writing.
SHARE = 0.05


class Checkpoint:
    """Tally and blocks done, together with the question that they answer.

    The file is replaced as a whole, never changed in place: a process that is killed leaves the
    last one that was finished. It holds numbers and text only and nothing in it is ever executed.

    Raises
    ------
    OutputError
        If it could not be written.
    """

    def __init__(self, path: str | Path, question: Mapping[str, str]) -> None:
        self._said = str(path)
        self._path = check_writable(path)
        self._question = {"layout": str(LAYOUT), **question}
        self._due = 0.0

    def load(self) -> tuple[Tally, int] | None:
        """What was counted, and a bit for each block that is part of it; None without a file.

        Raises
        ------
        ScenarioError
            If the file is no checkpoint, or one of another question.
        """
        if not self._path.exists():
            return None
        try:
            with self._path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                asked = json.loads(str(file["question"]))
                self._check(asked)
                return _tally(dict(file))
        except (
            *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError),
            *(zipfile.BadZipFile, zlib.error),
        ) as error:
            if isinstance(error, ScenarioError):
                raise
            raise ScenarioError(
                f"checkpoint {self._said!r} cannot be read as one ({error}): name another file, or "
                "remove this one to begin again"
            ) from error

    def _check(self, asked: Mapping[str, str]) -> None:
        now = self._question
        parts = [k for k in {**now, **asked} if now.get(k) != asked.get(k)]
        if parts:
            differs = "; ".join(
                f"{k} was {_short(asked.get(k))} and is {_short(now.get(k))}" for k in parts
            )
            raise ScenarioError(
                f"checkpoint {self._said!r} belongs to another question: {differs}. Ask the same "
                "again, or name another file"
            )

    def offer(self, tally: Tally, done: int) -> None:
        """Save, unless that was done a moment ago."""
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
    return "not said" if part is None else shortened(part)


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
