"""Checkpoints and saved results with changed bytes: refused in words, or read as they were."""

import io
import pickle
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strange import answer

import ketasim as ks

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


def count(path: Path, n: int = 40) -> ks.PopulationSummary:
    return ks.simulate_population(
        INFUSION,
        n,
        seed=1,
        readouts=["madrs", "response"],
        t_eval=[1.0, 24.0],
        quantiles=[0.1, 0.5, 0.9],
        thresholds={"madrs": 20.0},
        checkpoint=path,
        threads=1,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, ks.PopulationSummary]:
    path = tmp_path_factory.mktemp("checkpoints") / "counts.npz"
    summary = count(path)
    return path, path.read_bytes(), summary


changes = st.lists(
    st.one_of(
        st.tuples(st.just("byte"), st.integers(0, 10**6), st.integers(0, 255)),
        st.tuples(st.just("cut"), st.integers(0, 10**6), st.just(0)),
        st.tuples(st.just("insert"), st.integers(0, 10**6), st.integers(0, 255)),
        st.tuples(st.just("zeros"), st.integers(0, 10**6), st.integers(1, 64)),
    ),
    min_size=1,
    max_size=3,
)


def changed(content: bytes, what: list[tuple[str, int, int]]) -> bytes:
    bytes_ = bytearray(content)
    for kind, place, value in what:
        at = place % max(1, len(bytes_))
        if kind == "byte" and bytes_:
            bytes_[at] = value
        elif kind == "cut":
            del bytes_[at:]
        elif kind == "insert":
            bytes_.insert(at, value)
        elif kind == "zeros":
            bytes_[at : at + value] = bytes(len(bytes_[at : at + value]))
    return bytes(bytes_)


@given(changes)
def test_a_changed_checkpoint_is_refused_or_changes_nothing(
    whole: tuple[Path, bytes, ks.PopulationSummary], what: list[tuple[str, int, int]]
) -> None:
    path, content, summary = whole
    path.write_bytes(changed(content, what))
    again = answer(lambda: count(path))
    assert again is None or again == summary


@given(st.data())
def test_a_checkpoint_with_a_changed_member_is_refused_or_changes_nothing(
    whole: tuple[Path, bytes, ks.PopulationSummary], data: st.DataObject
) -> None:
    # The checksums of the archive are right, so only those of ketasim can tell.
    path, content, summary = whole
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        names = old.namelist()
        chosen = data.draw(st.sampled_from(names))
        for name in names:
            member = old.read(name)
            if name == chosen:
                member = changed(member, data.draw(changes))
            new.writestr(name, member)
    path.write_bytes(packed.getvalue())
    again = answer(lambda: count(path))
    assert again is None or again == summary


@given(changes)
def test_a_changed_file_of_a_result_is_no_checkpoint(
    whole: tuple[Path, bytes, ks.PopulationSummary], what: list[tuple[str, int, int]]
) -> None:
    path, _, summary = whole
    other = pickle.dumps(summary)
    path.write_bytes(changed(other, what))
    assert answer(lambda: count(path)) is None
