"""Figures as files, written whole or not at all."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ketasim.files._whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_figure(
    figure: Figure,
    target: Path,
    **keywords: Any,
) -> None:
    """Write a figure in the format of the ending of ``target``; keywords are those of ``savefig``.

    Raises
    ------
    OutputError
        If it cannot be written. An existing file then stays as it was.
    """
    # In memory first: the PDF writer of matplotlib raises an AttributeError on a full disk.
    content = BytesIO()
    figure.savefig(content, format=target.suffix.lower().removeprefix("."), **keywords)
    with whole_file(target) as draft:
        draft.write_bytes(content.getbuffer())
