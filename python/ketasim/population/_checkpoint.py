"""A file with the subjects counted so far, from which an interrupted call continues.

The first line is ``ketasim checkpoint LAYOUT LENGTH CHECKSUM``: number of bytes and SHA-256 of the rest. The
rest is a NumPy archive (npz) with the question, the counts and the sums. Whatever changes in the file
changes the line or the checksum, and the file is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import time
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ketasim._wording.frozen import FrozenMapping
from ketasim._wording.names import shortened, where_they_differ
from ketasim.errors import ScenarioError
from ketasim.files._whole_file import check_writable, whole_file
from ketasim.population._tally import Failure, Tally
from ketasim.population.quantile_sketch import QuantileSketch

#: Layout of the file; other layouts are not read.
LAYOUT = 3

#: Largest share of the time that is spent on writing.
SHARE = 0.05

_FIRST_LINE = re.compile(rb"ketasim checkpoint ([0-9]{1,9}) ([0-9]{1,15}) ([0-9a-f]{64})\n")

#: Longer than the first line of any layout.
_LONGEST_LINE = 200

#: How checkpoints of layouts 1 and 2 begin: they were archives without a first line.
_ARCHIVE = b"PK\x03\x04"


#: What reading raises if the checksum is right but the content is not that of `Checkpoint.save`.
_NOT_OURS = (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, OverflowError)


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
        self._question = dict(question)
        self._due = 0.0

    def load(self, like: Tally) -> tuple[Tally, int] | None:
        """Return the tally and one bit for each counted block; None without a file.

        Parameters
        ----------
        like : Tally
            Of nobody, with the sizes that the tally must have.

        Raises
        ------
        ScenarioError
            If the file is not a checkpoint, was changed or cut, has another layout, or belongs to
            another question.
        """
        try:
            with self._path.open("rb") as opened:
                rest = self._checked(opened)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from error
        try:
            with np.load(io.BytesIO(rest), allow_pickle=False) as file:
                question = dict(json.loads(str(file["question"])))
                tally, done = _tally(dict(file))
        except (*_NOT_OURS, zipfile.BadZipFile, zlib.error) as error:
            raise self._unreadable(f"its content is not that of a checkpoint: {error}") from error
        self._check(question)
        if _sizes(tally) != _sizes(like):
            raise self._unreadable("its counts have other sizes than those of this call")
        return tally, done

    def _checked(self, opened: BinaryIO) -> bytes:
        """Return what follows the first line, if it is what was written."""
        line = opened.readline(_LONGEST_LINE)
        first = _FIRST_LINE.fullmatch(line)
        if first is None and line.startswith(_ARCHIVE):
            raise self._unreadable("an older version of ketasim wrote it, or another program")
        if first is None:
            raise self._unreadable("it does not begin as a checkpoint does")
        if int(first[1]) != LAYOUT:
            raise self._unreadable(
                f"it has layout {int(first[1])}, and this version of ketasim reads layout {LAYOUT}"
            )
        # The length first: what was appended may be larger than the memory.
        whole = os.fstat(opened.fileno()).st_size - len(line) == int(first[2])
        rest = opened.read() if whole else b""
        if not whole or hashlib.sha256(rest).hexdigest() != first[3].decode():
            raise self._unreadable("its checksum differs: the file was changed or cut")
        return rest

    def _unreadable(self, reason: str) -> ScenarioError:
        return ScenarioError(
            f"checkpoint {self._given_path!r} cannot be read ({reason}): name another file, or "
            "remove this one to begin again"
        )

    def _check(self, earlier: Mapping[str, str]) -> None:
        now = self._question
        parts = [k for k in {**now, **earlier} if now.get(k) != earlier.get(k)]
        if parts:
            differs = "; ".join(f"{k} {_difference(earlier.get(k), now.get(k))}" for k in parts)
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
        archive = io.BytesIO()
        question = np.array(json.dumps(self._question))
        np.savez_compressed(archive, question=question, **_arrays(tally, done))
        rest = archive.getbuffer()
        first = f"ketasim checkpoint {LAYOUT} {len(rest)} {hashlib.sha256(rest).hexdigest()}\n"
        with whole_file(self._path) as draft, draft.open("xb") as file:
            file.write(first.encode())
            file.write(rest)
        took = time.monotonic() - began
        self._due = began + took / SHARE


def _difference(was: str | None, now: str | None) -> str:
    if was is None:
        return f"was missing and is {shortened(now)}"
    if now is None:
        return f"was {shortened(was)} and is missing"
    one, other = where_they_differ(was, now)
    return f"was {one} and is {other}"


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


def _sizes(tally: Tally) -> tuple[object, ...]:
    arrays = [(a.shape, a.dtype.str) for a in (tally.missing, tally.not_above)]
    return (len(tally.sketches), len(tally.sums), len(tally.improved), *arrays)
