"""A checkpoint that is not exactly what was written is refused, and the file is left alone."""

import hashlib
import io
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks

N = 12


def ask(file: Path | None = None, **keywords: object) -> ks.PopulationSummary:
    return ks.simulate_population(
        "ketamine 0.5 mg/kg iv over 40 min",
        N,
        seed=3,
        readouts=["cadss", "madrs"],
        t_eval=[0.0, 2.0, 24.0],
        thresholds={"madrs": 20.0},
        quantiles=[0.5],
        rtol=1e-3,
        checkpoint=file,
        **keywords,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("whole") / "population.checkpoint"
    ask(file)
    return file.read_bytes()


def refused(content: bytes, folder: Path, match: str = "cannot be read") -> None:
    file = folder / "population.checkpoint"
    file.write_bytes(content)
    with pytest.raises(ks.ScenarioError, match=match) as caught:
        ask(file)
    assert "remove this one to begin again" in str(caught.value)
    assert file.read_bytes() == content


def sealed(rest: bytes, layout: int = 3) -> bytes:
    checksum = hashlib.sha256(rest).hexdigest()
    return f"ketasim checkpoint {layout} {len(rest)} {checksum}\n".encode() + rest


def parts_of(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content.split(b"\n", 1)[1])) as file:
        return dict(file)


def archive(parts: dict[str, np.ndarray]) -> bytes:
    made = io.BytesIO()
    np.savez_compressed(made, **parts)
    return made.getvalue()


def changed(content: bytes, rng: random.Random) -> bytes:
    """Return the content with one fault: of a disk, of a transfer, or of a careless editor."""
    at, other = rng.randrange(len(content)), rng.randrange(len(content))
    low, high = min(at, other), max(at, other)
    fault = rng.randrange(8)
    if fault == 0:
        return content[:at]
    if fault == 1:
        return content + bytes(rng.randrange(256) for _ in range(rng.randint(1, 40)))
    if fault == 2:
        return content[:low] + content[high:]
    if fault == 3:
        return content[:high] + content[low:high] + content[high:]
    if fault == 4:
        return content[:low] + bytes(high - low) + content[high:]
    if fault == 5:
        return content[:at] + rng.choice([b"\r\n", b"\n", b" ", b"\0"]) + content[at:]
    one = bytearray(content)
    if fault == 6:
        one[at], one[other] = one[other], one[at]
    else:
        one[at] ^= 1 << rng.randrange(8)
    return bytes(one)


def test_no_changed_checkpoint_is_believed(written: bytes, tmp_path: Path) -> None:
    rng = random.Random(11)
    mutations = {changed(written, rng) for _ in range(1000)} - {written}
    assert len(mutations) > 800
    for content in mutations:
        refused(content, tmp_path)


def test_no_bit_of_the_first_line_is_free(written: bytes, tmp_path: Path) -> None:
    for at in range(written.index(b"\n") + 1):
        for bit in range(8):
            one = bytearray(written)
            one[at] ^= 1 << bit
            refused(bytes(one), tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "does not begin as a checkpoint"),
        (b"my notes", "does not begin as a checkpoint"),
        (archive({"question": np.array("{}")}), "an older version of ketasim"),
        (sealed(b"", layout=99), "layout 99, and this version of ketasim reads layout 3"),
        (sealed(b""), "not that of a checkpoint"),
        (sealed(archive({"question": np.array("7")})), "not that of a checkpoint"),
    ],
)
def test_other_files_are_named(content: bytes, says: str, tmp_path: Path) -> None:
    refused(content, tmp_path, says)


def test_content_under_a_right_checksum_is_checked_too(written: bytes, tmp_path: Path) -> None:
    parts = parts_of(written)
    facts = json.loads(str(parts["facts"]))
    wrong = [{name: one for name, one in parts.items() if name != missing} for missing in parts]
    wrong += [
        parts | {"missing": parts["missing"][:-1]},
        parts | {"missing": parts["missing"].astype(float)},
        parts | {"not_above": parts["not_above"].ravel()},
        parts | {"low": parts["low"][:-1]},
        parts | {"facts": np.array(json.dumps(facts | {"sums": ["many"]}))},
        parts | {"facts": np.array(json.dumps(facts | {"sums": facts["sums"][1:]}))},
        parts | {"facts": np.array(json.dumps(facts | {"failures": [{"nobody": 1}]}))},
        parts | {"facts": np.array("no JSON")},
    ]
    for one in wrong:
        refused(sealed(archive(one)), tmp_path)


def test_a_checkpoint_of_another_version_is_refused(written: bytes, tmp_path: Path) -> None:
    parts = parts_of(written)
    question = json.loads(str(parts["question"])) | {"version": "0.0.1"}
    file = tmp_path / "population.checkpoint"
    file.write_bytes(sealed(archive(parts | {"question": np.array(json.dumps(question))})))
    with pytest.raises(ks.ScenarioError, match=r"version was '0\.0\.1' and is"):
        ask(file)


def test_a_checkpoint_with_a_terabyte_behind_it_is_not_read(written: bytes, tmp_path: Path) -> None:
    file = tmp_path / "population.checkpoint"
    for content in (written, b""):
        file.write_bytes(content)
        os.truncate(file, 10**12)  # the file system stores no zeros
        with pytest.raises(ks.ScenarioError, match="cannot be read"):
            ask(file)


def test_the_whole_checkpoint_gives_the_same_result(written: bytes, tmp_path: Path) -> None:
    file = tmp_path / "population.checkpoint"
    file.write_bytes(written)
    assert ask(file) == ask()
