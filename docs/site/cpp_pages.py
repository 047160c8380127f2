"""Pages of the C++ reference: what the public headers declare, as Doxygen reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from staging import ROOT

XML = ROOT / "build/doxygen/xml"

#: Page, title, what it is for, headers below include/ketasim in the order of the page; with a
#: folder, all the others of it come behind. Headers that the Doxyfile leaves out are private.
PARTS = (
    (
        "simulate", "Simulate",
        "A scenario in, a trajectory out; populations, derivatives and the state before treatment.",
        "scenario simulate trajectory ensemble sensitivity adjoint steady_state error",
    ),
    (
        "dosing", "Doses and regimens", "What is given, by which route, and when.",
        "dosing/dose dosing/drugs dosing/",
    ),
    (
        "parameters", "Parameter sets", "Values by species, and named variants.",
        "parameters/",
    ),
    (
        "solve", "The solver, for a model of your own",
        ("Rosenbrock and Dormand-Prince steppers, the step control, events and samples. Nothing here "
        "knows of ketamine."),
        "solve/integrate solve/options solve/status solve/stepper solve/rodas solve/dopri5 solve/",
    ),
    (
        "scalar", "Numbers", "What may stand in for a number in the equations.",
        "scalar/concept scalar/",
    ),
)  # fmt: skip

INDEX = """# C++

`#include <ketasim/ketasim.hpp>` brings what a user needs; the CMake target is `ketasim::ketasim`.
Names in a namespace `detail` are private.

"""


class Declared(NamedTuple):
    """A class, function, enumeration, type, constant or concept, and where it stands."""

    header: str
    line: int
    kind: str
    name: str
    arguments: str


def cpp_pages() -> dict[str, str]:
    """Make the pages."""
    shutil.rmtree(XML, ignore_errors=True)  # Doxygen keeps files of headers that it no longer reads
    XML.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["doxygen", "docs/site/Doxyfile"], check=True, cwd=ROOT)
    _forget_private_heirs()
    declared = sorted(set(_compounds()) | set(_members()))
    overloads = Counter(d.name for d in declared if d.kind == "function")
    pages, index = {}, INDEX
    for page, title, purpose, headers in PARTS:
        text = f"{title}\n{'=' * len(title)}\n\n{purpose}\n\n"
        for name in _in_order(headers.split(), dict.fromkeys(d.header for d in declared)):
            here = [d for d in declared if d.header == name]
            text += f"{name}\n{'-' * len(name)}\n\n{_opening(name)}\n\n"
            for d in here:
                arguments = d.arguments if overloads[d.name] > 1 else ""
                members = (
                    "   :members:\n   :undoc-members:\n" if d.kind in ("struct", "class") else ""
                )
                text += f".. doxygen{d.kind}:: {d.name}{arguments}\n{members}\n"
        pages[f"reference/cpp/{page}.rst"] = text
        index += f"[{title}]({page}.rst)\n: {purpose}\n\n"
    listed = "\n".join(page for page, *_ in PARTS)
    pages["reference/cpp/index.md"] = f"{index}```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    return pages


def _forget_private_heirs() -> None:
    """Leave out classes derived from a public one that have no description themselves."""
    for path in XML.glob("*.xml"):
        tree = ElementTree.parse(path)
        for compound in tree.iter("compounddef"):
            heirs = compound.findall("derivedcompoundref")
            private = [h for h in heirs if not (XML / f"{h.get('refid')}.xml").is_file()]
            for heir in private:
                compound.remove(heir)
            if private:
                tree.write(path, encoding="utf-8", xml_declaration=True)


def _in_order(wanted: list[str], known: Iterable[str]) -> list[str]:
    """Headers in which something public is declared, in the order that is wanted."""
    order: dict[str, None] = {}
    for entry in wanted:
        name = f"ketasim/{entry}" if entry.endswith("/") else f"ketasim/{entry}.hpp"
        found = [k for k in known if k.startswith(name)] if entry.endswith("/") else [name]
        if not set(found) <= set(known) or not found:
            raise ValueError(f"PARTS of {__file__}: nothing public is declared in {name}")
        order.update(dict.fromkeys(sorted(found)))
    return list(order)


def _compounds() -> Iterator[Declared]:
    """Classes and concepts that stand in a namespace."""
    outer = set()
    for path in XML.glob("namespace*.xml"):
        for inner in ElementTree.parse(path).iter("innerclass"):
            outer.add(inner.get("refid"))
    for path in XML.glob("*ketasim_1_1*.xml"):
        compound = ElementTree.parse(path).find("compounddef")
        if compound is None:
            continue
        kind = compound.get("kind", "")
        if kind == "concept" or (kind in ("struct", "class") and compound.get("id") in outer):
            yield from _declared(compound, kind, compound.findtext("compoundname", ""), "")


def _members() -> Iterator[Declared]:
    for path in XML.glob("namespaceketasim*.xml"):
        for member in ElementTree.parse(path).iter("memberdef"):
            name = member.findtext("qualifiedname", "")
            arguments = member.findtext("argsstring", "")
            yield from _declared(member, member.get("kind", ""), name, arguments)


def _declared(
    element: ElementTree.Element, kind: str, name: str, arguments: str
) -> Iterator[Declared]:
    place = element.find("location")
    private = re.search(r"\bdetail\b|<", name)
    if place is not None and not private:
        header = place.get("declfile") or place.get("file", "")
        yield Declared(header, int(place.get("line", 0)), kind, name, arguments)


def _opening(name: str) -> str:
    """What the header says about itself: the comment ahead of its first directive."""
    text = (ROOT / "include" / name).read_text(encoding="utf-8").partition("#pragma once")[0]
    lines = [line.removeprefix("///").rstrip() for line in text.splitlines()]
    if any(line.startswith("  ") for line in lines):  # equations
        return "::\n\n" + "\n".join(f"   {line}" for line in lines if line)
    return re.sub(r"([\\*`_|])", r"\\\1", "\n".join(line.strip() for line in lines))
