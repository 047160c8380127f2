"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ketasim._wording.names import shortened
from ketasim.errors import OutputError


def check_writable(path: str | Path) -> Path:
    """Make sure that a file of any format could be written at ``path``; leaves nothing behind.

    Raises
    ------
    OutputError
    """
    target = _resolved(path)
    if target.is_dir():
        raise OutputError(f"cannot write {str(path)!r}: it is a folder; add a file name")
    if not target.parent.is_dir():
        raise OutputError(
            f"cannot write {str(path)!r}: there is no folder {str(target.parent)!r}; create it first"
        )
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise OutputError(f"cannot write {str(path)!r}: what is there may not be replaced")
    # Permission bits say too little (root, read-only and full file systems), so try.
    probe = _draft_name(target)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(f"cannot write {str(path)!r}: {error.strerror}") from error
    return target


def check_folder(path: str | Path) -> Path:
    """Make sure that files could be written into a folder, existing or not; leaves nothing behind.

    Raises
    ------
    OutputError
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
            f"{shortened(path)} is no path: give the name of a file, such as 'run.csv'"
        )
    return Path(path)


def _resolved(path: object) -> Path:
    """Absolute, links followed; a name that no file system takes is refused."""
    try:
        resolved = written_path(path).expanduser().resolve()
        resolved.exists()
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {shortened(path)}: {why}") from error
    return resolved


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a draft in the same folder to write to; it takes the name ``target`` only when finished.

    Raises
    ------
    OutputError
        If writing fails; ``target`` is then untouched and the draft is gone.
    """
    draft = _draft_name(target)
    try:
        yield draft
        draft.replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _draft_name(target: Path) -> Path:
    # Keeps the ending: libraries choose by it.
    return target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
