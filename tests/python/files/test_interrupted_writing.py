"""A writer that is killed, or finds no room, leaves the old file whole or the new one whole."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ketasim as ks
from ketasim.errors import OutputError
from ketasim.files import check_path, save, whole_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")

#: What writes a file, with the ending of the file; every kind of file that the package writes.
WRITERS = {
    "csv": "run().save(path)",
    "json": "run().save(path)",
    "parquet": "run().save(path)",
    "nc": "run().save(path)",
    "xml": "ks.export_sbml('ketamine 35 mg im', path)",
    "png": "ks.gallery.onset_race().save(path)",
    "pdf": "ks.gallery.onset_race().save(path)",
    "svg": "ks.gallery.onset_race().save(path)",
    "checkpoint": (
        "ks.simulate_population('ketamine 35 mg im', 3, readouts=['cadss'], t_eval=[0, 1],"
        " quantiles=[0.5], checkpoint=path)"
    ),
    "figure.png": "main(['simulate', 'ketamine 35 mg im', '--until', '1 d', '--plot', path])",
    "cli.csv": "main(['simulate', 'ketamine 35 mg im', '--until', '1 d', '--output', path])",
}

#: Writes once without a limit, then with limits to the size of files, at which the system stops the
#: writer: after the first byte, in the middle, and before the last byte. Everything else is computed
#: and imported before, because it may write, too, such as a cache of fonts.
PROGRAM = """
import os, resource, signal, sys
from pathlib import Path
import numpy as np
import ketasim as ks
from ketasim.cli import main

path, way = sys.argv[1:]

def run():
    return ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=np.linspace(0.0, 24.0, 40))

def limited(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

def write():
    return {write}

assert write() != 2
size = os.path.getsize(path)
for limit in (1, size // 2, size - 1):
    Path(path).write_bytes(b"old")
    if {has_old} is False:
        Path(path).unlink()
    sys.stdout.flush()
    child = os.fork() if way == "killed" else 0
    if not child:
        if way == "killed":
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        limited(limit)
        try:
            assert write() == 2, "written"
        except ks.errors.OutputError as error:
            assert "cannot write" in str(error)
        limited(resource.RLIM_INFINITY)
        if way == "killed":
            os._exit(0)
    else:
        assert os.waitpid(child, 0)[1] == signal.SIGXFSZ
    left = os.listdir(os.path.dirname(path))
    if {has_old}:
        assert Path(path).read_bytes() == b"old"
        left.remove(os.path.basename(path))
    if way == "killed":
        # What was begun has another name, which no program takes for the file.
        assert all(name.startswith(".old.") for name in left), left
    else:
        assert not left
    print("as it was")
"""


def child(ending: str, folder: Path, way: str) -> subprocess.CompletedProcess[str]:
    (folder / "kept").mkdir()
    program = PROGRAM.format(write=WRITERS[ending], has_old=ending != "checkpoint")
    return subprocess.run(
        [sys.executable, "-c", program, str(folder / "kept" / f"old.{ending}"), way],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("ending", WRITERS)
def test_a_full_disk_is_an_error_and_the_old_file_is_whole(ending: str, tmp_path: Path) -> None:
    done = child(ending, tmp_path, "refused")
    assert done.stdout.count("as it was") == 3, done.stdout + done.stderr
    # The process goes on and ends as usual: no library fails at its exit.
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", WRITERS)
def test_a_killed_writer_leaves_the_old_file(ending: str, tmp_path: Path) -> None:
    done = child(ending, tmp_path, "killed")
    assert done.stdout.count("as it was") == 3, done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


@pytest.fixture
def run() -> ks.Run:
    return ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0.0, 1.0])


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "nc"])
def test_a_folder_that_vanishes_is_an_error(ending: str, tmp_path: Path, run: ks.Run) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    target = check_path(folder / f"run.{ending}")
    folder.rmdir()
    with pytest.raises(OutputError, match="there is no folder"):
        save(run, target)

    def vanish() -> None:
        with whole_file(target) as draft:
            draft.write_text("new", encoding="utf-8")
            shutil.rmtree(folder)

    folder.mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        vanish()


def test_a_checkpoint_whose_folder_vanishes_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    def vanish(_: int) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    with pytest.raises(OutputError, match=r"cannot write .*population"):
        ks.simulate_population(
            "ketamine 35 mg im", 3, readouts=["cadss"], t_eval=[0, 1], quantiles=[0.5],
            checkpoint=folder / "population", progress=vanish,
        )  # fmt: skip


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder in which this process may read and not write, also where it belongs to root."""
    folder = Path(tempfile.mkdtemp())
    (folder / "old").write_bytes(b"old")
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


#: A user who owns nothing.
NOBODY = 65534

WRITES: dict[str, Callable[[ks.Run, Path], object]] = {
    "csv": save,
    "json": save,
    "parquet": save,
    "nc": save,
    "xml": lambda _, path: ks.export_sbml("ketamine 35 mg im", path),
    "png": lambda _, path: ks.gallery.onset_race().save(path),
    "checkpoint": lambda _, path: ks.simulate_population(
        "ketamine 35 mg im", 3, readouts=["cadss"], t_eval=[0, 1], quantiles=[0.5], checkpoint=path
    ),
}


@pytest.mark.parametrize("ending", WRITES)
def test_a_read_only_folder_is_an_error(
    ending: str, tmp_path: Path, run: ks.Run, request: pytest.FixtureRequest
) -> None:
    WRITES[ending](run, tmp_path / f"run.{ending}")  # what a first use writes elsewhere is written
    folder = request.getfixturevalue("read_only")
    with pytest.raises(OutputError, match=r"Permission denied|cannot write"):
        WRITES[ending](run, folder / f"run.{ending}")
    assert [path.name for path in folder.iterdir()] == ["old"]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, run: ks.Run) -> None:
    path = tmp_path / "patients.csv"
    path.touch(mode=0o600)
    save(run, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size > 0


@pytest.mark.parametrize("name", ["a" * 251, "ä" * 125 + "a"])
def test_the_longest_names_are_written(name: str, tmp_path: Path, run: ks.Run) -> None:
    assert save(run, tmp_path / f"{name}.csv").stat().st_size > 0
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_stays_a_link(tmp_path: Path, run: ks.Run) -> None:
    target, link = tmp_path / "run.csv", tmp_path / "latest.csv"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    save(run, link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("# model: ketasim")
