"""Every public name explains itself: its docstring is complete, and its examples run.

Public are the names in ``__all__`` of the package and of the modules whose path has no underscore.
The installed package is what is tested.
"""

import dataclasses
import doctest
import enum
import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import ketasim as ks

SECTIONS = (
    "Parameters",
    "Attributes",
    "Returns",
    "Yields",
    "Raises",
    "Warns",
    "Notes",
    "See Also",
    "Examples",
)


def modules() -> list[str]:
    found = pkgutil.walk_packages(ks.__path__, "ketasim.")
    return ["ketasim", *sorted(m.name for m in found if not m.name.endswith(".__main__"))]


MODULES = [name for name in modules() if not name.endswith("._core")]
PUBLIC_MODULES = [name for name in MODULES if "._" not in name]


def public_objects() -> dict[str, object]:
    """Public functions and classes by their shortest name."""
    found: dict[int, tuple[str, object]] = {}
    for module_name in PUBLIC_MODULES:
        module = importlib.import_module(module_name)
        own = (n for n, o in vars(module).items() if getattr(o, "__module__", "") == module_name)
        for name in getattr(module, "__all__", [n for n in own if not n.startswith("_")]):
            one = getattr(module, name)
            if inspect.isroutine(one) or inspect.isclass(one) or hasattr(one, "__wrapped__"):
                found.setdefault(id(one), (f"{module_name}.{name}", one))
    return dict(found.values())


def members(name: str, cls: type) -> Iterator[tuple[str, object]]:
    """Public methods and properties that a class has from this package, inherited ones once."""
    for base in cls.__mro__:
        if not base.__module__.startswith("ketasim"):
            continue
        fields = (
            {f.name for f in dataclasses.fields(base)} if dataclasses.is_dataclass(base) else {}
        )
        for key, one in vars(base).items():
            if key.startswith("_") or key in fields or key in getattr(cls, "_fields", ()):
                continue
            if isinstance(one, (classmethod, staticmethod)):
                one = one.__func__
            if isinstance(one, (property, types.MemberDescriptorType)) or callable(one):
                yield f"{name}.{key}", one
            elif hasattr(one, "func"):  # a cached property
                yield f"{name}.{key}", property(one.func)


OBJECTS = public_objects()
CLASSES = {name: one for name, one in OBJECTS.items() if inspect.isclass(one)}
FUNCTIONS = {name: one for name, one in OBJECTS.items() if not inspect.isclass(one)}
MEMBERS = {key: one for name, cls in CLASSES.items() for key, one in members(name, cls)}
METHODS = {name: one for name, one in MEMBERS.items() if not isinstance(one, property)}
PROPERTIES = {name: one for name, one in MEMBERS.items() if isinstance(one, property)}


def sections(doc: str) -> dict[str, str]:
    """The text of each section of a NumPy docstring; the summary is ''."""
    lines = inspect.cleandoc(doc).splitlines()
    found, title = {"": ""}, ""
    for i, line in enumerate(lines):
        if set(line) == {"-"} and i > 0 and len(line) == len(lines[i - 1]):
            title = lines[i - 1]
            found[title] = ""
        elif not (i + 1 < len(lines) and lines[i + 1] and set(lines[i + 1]) == {"-"}):
            found[title] += line + "\n"
    return found


def named(section: str) -> list[str]:
    """Names that a section of parameters describes, in order."""
    heads = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return [name.strip() for head in heads for name in head.partition(" : ")[0].split(",")]


def arguments(one: Callable) -> list[str]:
    kinds = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    parameters = inspect.signature(one).parameters.values()
    return [kinds.get(p.kind, "") + p.name for p in parameters if p.name not in ("self", "cls")]


def returns(one: Callable) -> str:
    return str(inspect.signature(one).return_annotation).strip("'\"")


def check_summary(name: str, doc: str | None) -> dict[str, str]:
    assert (doc or "").strip(), f"{name} has no docstring"
    found = sections(doc)
    summary = found[""].split("\n\n")[0].strip()
    assert re.search(r"[.:]$", summary), f"{name}: the summary {summary!r} is no sentence"
    assert set(found) - {""} <= set(SECTIONS), f"{name}: unknown section in {list(found)}"
    order = [title for title in found if title]
    assert order == sorted(order, key=SECTIONS.index), f"{name}: sections are out of order: {order}"
    return found


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_function_says_what_it_takes_and_gives(name):
    one = {**FUNCTIONS, **METHODS}[name]
    found = check_summary(name, one.__doc__)
    assert named(found.get("Parameters", "")) == arguments(one)
    if returns(one) not in ("None", "NoReturn"):
        assert "Returns" in found or "Yields" in found, f"{name} does not say what it returns"
    for parameter in inspect.signature(one).parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        annotation = str(parameter.annotation).strip("'\"")
        assert annotation not in ("Any", "typing.Any"), f"{name}: {parameter.name} is untyped"
        assert parameter.annotation is not parameter.empty, f"{name}: {parameter.name} is untyped"


@pytest.mark.parametrize("name", CLASSES)
def test_class_says_what_it_is_made_of(name):
    cls = CLASSES[name]
    found = check_summary(name, cls.__doc__)
    described = [*named(found.get("Parameters", "")), *named(found.get("Attributes", ""))]
    if dataclasses.is_dataclass(cls):
        fields = [field.name for field in dataclasses.fields(cls)]
    elif hasattr(cls, "_fields"):
        fields = list(cls._fields)
    elif issubclass(cls, enum.Enum) or "__init__" not in vars(cls):
        fields = []
    else:
        fields = arguments(cls.__init__)
    assert [part for part in described if part in fields] == fields
    for part in set(described) - set(fields):
        assert hasattr(cls, part) or f"self.{part}" in inspect.getsource(cls), f"{name}.{part}"


@pytest.mark.parametrize("name", PROPERTIES)
def test_property_says_what_it_is(name):
    check_summary(name, PROPERTIES[name].__doc__)


@pytest.mark.parametrize("name", OBJECTS)
def test_public_name_has_an_example(name):
    assert ">>>" in sections(OBJECTS[name].__doc__ or "").get("Examples", "")


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    words = {"ks": ks, "np": np, "tmp_path": tmp_path}
    tests = doctest.DocTestFinder(exclude_empty=True).find(module, name, globs=words)
    said: list[str] = []
    for test in tests:
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)
