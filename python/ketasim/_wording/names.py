"""Names in messages: the refusal of unknown names with the nearest ones, and shortened values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from ketasim.errors import UnknownNameError


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return known names that resemble ``name``, the most similar first.

    Names with that last part or these initials, and up to three that are spelled alike.
    """
    names = list(known)
    by_fold = {n.casefold(): n for n in names}
    close = get_close_matches(name.casefold()[:80], by_fold, n=3, cutoff=0.5)
    found = [by_fold[c] for c in close]
    tails = [n for n in names if n.rpartition(".")[2].casefold() == name.casefold()]
    initials = [n for n in names if name and _initials(n) == name.casefold()]
    return list(dict.fromkeys([*tails, *initials, *found]))


def _initials(name: str) -> str:
    words = re.split(r"[\s_-]+", name)
    return "".join(word[:1] for word in words).casefold() if len(words) > 1 else ""


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


def where_they_differ(one: str, other: str) -> tuple[str, str]:
    """Return two texts as `shortened` does, from the place where they differ if that is later.

    Examples
    --------
    >>> from ketasim._wording.names import where_they_differ
    >>> where_they_differ("weights " * 20 + "70", "weights " * 20 + "80")
    ("'... weights weights 70'", "'... weights weights 80'")
    """
    pairs = enumerate(zip(one, other, strict=False))
    same = next((k for k, (a, b) in pairs if a != b), min(len(one), len(other)))
    if max(len(one), len(other)) <= 58 or same <= 30:
        return shortened(one), shortened(other)
    start = same - 17
    return shortened(f"...{one[start:]}"), shortened(f"...{other[start:]}")
