"""Sphinx extension: names as docstrings and annotations write them lead to where they are described.

`Run.plot`, `ketasim.simulation._run.Run` and `ketasim.simulation.Run` are all `ketasim.Run`.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

from docutils import nodes
from python_pages import rooms
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import ketasim


@cache
def _described() -> dict[str, str]:
    """Full name as described, by every other name of the same thing."""
    found: dict[str, str] = {}
    for module in (ketasim, *rooms()):
        for name in module.__all__:
            thing, full = getattr(module, name), f"{module.__name__}.{name}"
            at_top = next((n for n in ketasim.__all__ if getattr(ketasim, n) is thing), "")
            public = f"ketasim.{at_top}" if at_top else full
            found.setdefault(full, public)
            found.setdefault(name, public)
            if inspect.isclass(thing) or inspect.isroutine(thing):
                found.setdefault(f"{thing.__module__}.{thing.__qualname__}", public)
    return found


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: Any, text: nodes.TextElement
) -> nodes.reference | None:
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"])
    for cut in range(target.count(".") + 1):
        head, tail = target, ""
        if cut:
            parts = target.rsplit(".", cut)
            head, tail = parts[0], "." + ".".join(parts[1:])
        public = _described().get(head)
        if public and f"{public}{tail}" != target:
            domain = env.domains["py"]
            return domain.resolve_xref(
                env, node["refdoc"], app.builder, "obj", f"{public}{tail}", node, text
            )
    return None


def _keep_bars(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """In docstrings |z| is the size of z; docutils would look for a substitution."""
    lines[:] = [re.sub(r"\|(\w+)\|", r"\\|\1\\|", line) for line in lines]


def _short_types(
    app: Sphinx,
    what: str,
    name: str,
    thing: object,
    options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Sphinx keeps the name of a type such as ArrayLike, in a wrapping of its own."""
    wrapped = re.compile(r"TypeAliasForwardRef\('(\w+)'\)")
    return (
        signature and wrapped.sub(r"\1", signature),
        returned and wrapped.sub(r"\1", returned),
    )  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", _keep_bars)
    app.connect("autodoc-process-signature", _short_types)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
