"""Names in messages: the refusal of unknown names with the nearest ones, and shortened values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from ketasim.errors import UnknownNameError


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three known names that resemble ``name``, the most similar first."""
    names = list(known)
    by_fold = {n.casefold(): n for n in names}
    close = get_close_matches(name.casefold()[:80], by_fold, n=3, cutoff=0.5)
    found = [by_fold[c] for c in close]
    tails = [n for n in names if n.rpartition(".")[2].casefold() == name.casefold()]
    return list(dict.fromkeys([*tails, *found]))


def check_name(name: object, known: Collection[str], what: str) -> None:
    """Refuse a name that is not in its vocabulary.

    Raises
    ------
    UnknownNameError
        With the nearest names, or with all of a short vocabulary.
    """
    if isinstance(name, str) and name in known:
        return
    names = list(known)
    close = nearest(name, names) if isinstance(name, str) else []
    if close:
        hint = f"did you mean {' or '.join(repr(c) for c in close)}?"
    elif len(names) <= 30:
        hint = f"known: {', '.join(names)}"
    else:
        listed = what.split()[0] in ("parameter", "readout", "state")
        hint = f"there are {len(names)}, such as {', '.join(names[:3])}"
        hint += f"; 'ketasim {what.split()[0]}s' lists them" if listed else ""
    if not isinstance(name, str):
        hint = f"it must be text; {hint}"
    raise UnknownNameError(f"unknown {what} {shortened(name)}: {hint}")


def shortened(value: object) -> str:
    """Return the ``repr`` of a value, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}... ({len(text)} characters)"
