"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ketasim._wording.names import shortened
from ketasim.errors import OutputError


def check_writable(path: str | Path) -> Path:
    """Check that a file could be written at ``path``; no file is left there.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path
        Absolute, with symbolic links resolved.

    Raises
    ------
    OutputError
        For a folder, a missing folder or a missing permission.

    Examples
    --------
    >>> from ketasim.files import check_writable
    >>> check_writable(tmp_path / "figure.svg").exists()
    False
    """
    target = _resolved(path)
    if target.is_dir():
        raise OutputError(f"cannot write {str(path)!r}: it is a folder; add a file name")
    if not target.parent.is_dir():
        raise OutputError(
            f"cannot write {str(path)!r}: there is no folder {str(target.parent)!r}; create it first"
        )
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise OutputError(f"cannot write {str(path)!r}: the existing file may not be replaced")
    # Permission bits are not enough (root, read-only and full file systems): write a test file.
    probe = _draft_name(target)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(f"cannot write {str(path)!r}: {error.strerror}") from error
    return target


def check_folder(path: str | Path) -> Path:
    """Check that files could be written into a folder, existing or not; no file is left there.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path
        Absolute, with symbolic links resolved.

    Raises
    ------
    OutputError
        If a part of the path is a file, or permission is missing.

    Examples
    --------
    >>> from ketasim.files import check_folder
    >>> check_folder(tmp_path / "results").exists()
    False
    """
    folder = _resolved(path)
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir():
        raise OutputError(f"cannot write into {str(path)!r}: {str(existing)!r} is not a folder")
    check_writable(existing / "draft")
    return folder


def written_path(path: object) -> Path:
    if not isinstance(path, (str, Path)) or not str(path):
        raise OutputError(
            f"{shortened(path)} is not a path: give the name of a file, such as 'run.csv'"
        )
    return Path(path)


def _resolved(path: object) -> Path:
    """Return an absolute path with symbolic links resolved; refuses names that no file system accepts."""
    try:
        resolved = written_path(path).expanduser().resolve()
        resolved.exists()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {shortened(path)}: {reason}") from error
    return resolved


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a draft in the folder of ``target``; it is renamed to ``target`` when the block ends.

    At every moment, also of a killed process or a power failure, ``target`` is the old file or the new
    one, whole. A replaced file keeps its permissions.

    Parameters
    ----------
    target : Path

    Yields
    ------
    Path
        The draft to write; it has the ending of ``target``.

    Raises
    ------
    OutputError
        If writing fails. ``target`` then stays as it was, and the draft is removed.

    Examples
    --------
    >>> from ketasim.files import whole_file
    >>> with whole_file(tmp_path / "note.txt") as draft:
    ...     _ = draft.write_text("done")
    >>> (tmp_path / "note.txt").read_text()
    'done'
    """
    draft = _draft_name(target)
    try:
        yield draft
        _keep(draft, target)
        draft.replace(target)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _keep(draft: Path, target: Path) -> None:
    """Store the draft on the disk, with the permissions of the file that it replaces."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    with suppress(FileNotFoundError):
        draft.chmod(stat.S_IMODE(target.stat().st_mode))


def _draft_name(target: Path) -> Path:
    # Libraries choose the format by the ending. File systems allow 255 bytes, which the name of the
    # target may already have.
    stem = os.fsencode(target.stem)[:200].decode(errors="ignore")
    return target.with_name(f".{stem}.{os.urandom(4).hex()}{target.suffix}")
