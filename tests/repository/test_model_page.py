"""The model page and the heads of the headers say what the compiled core computes."""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim import _core
from ketasim.catalogue import all_sources

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "src" / "model_page"
HEADERS = ROOT / "include" / "ketasim" / "model"
PAGE = ROOT / "docs" / "explanation" / "model.md"

sys.path.insert(0, str(GENERATOR))

from equation_check import Point, Written, differences
from equation_latex import Symbols, latex, symbol_of_table
from model_page import modules
from written_equations import (
    Header,
    NotationError,
    Number,
    Product,
    Sum,
    read_header,
    read_model,
)

MODULES = modules()


@pytest.fixture(scope="module")
def headers() -> dict[str, Header]:
    return read_model(HEADERS, MODULES)


def header_of(tmp_path: Path, *lines: str) -> Header:
    path = tmp_path / "mine.hpp"
    path.write_text("".join(f"/// {line}\n" for line in ("Mine.", "", *lines)), encoding="utf-8")
    return read_header(path, {})


# --- headers --------------------------------------------------------------------------------------


def test_every_header_of_the_model_is_read():
    others = ("cascade", "gauss_hermite", "inputs", "jacobian", "rows", "smooth", "table_rows")
    assert {p.stem for p in HEADERS.glob("*.hpp")} - set(others) == set(MODULES)


def test_every_state_has_its_equation_and_every_derivative_is_of_a_state(headers):
    written = [
        f"{header.module}.{one.name}"
        for header in headers.values()
        for equation in header.equations
        if equation.is_derivative
        for one in equation.each()
    ]
    assert sorted(written) == sorted(ks.states().names)


def test_equations_as_written_are_those_of_the_core(headers):
    assert differences(headers) == []


def test_equations_as_written_give_the_slopes_of_a_run(headers):
    """The compiled right-hand side itself, not its record, along an infusion under stress."""
    dose = "ketamine 0.5 mg/kg iv over 40 min"
    core = ks.simulate(
        ks.Scenario(dose, context="midazolam"), t_eval=[0.0, 0.5, 2.0, 24.0]
    )._trajectory
    values = {row["name"]: row["value"] for row in _core.parameter_table("human")}
    for y, segment in zip(core.y, core.segment, strict=True):
        states = dict(zip(ks.states().names, y, strict=True))
        inputs = {f"u.{name}": value for name, value in core.inputs(segment).items()}
        written = Written(headers, Point(values | states | inputs))
        slopes = [written.value(f"d{name}/dt") for name in states]
        # The fastest rates are some 1e5 per hour and cancel at rest: rounding leaves 1e-10.
        np.testing.assert_allclose(slopes, core.rhs(y, segment), rtol=1e-8, atol=1e-9)


def test_a_change_of_any_equation_is_noticed(headers):
    for header in headers.values():
        for i, equation in enumerate(header.equations):
            # Scaled and shifted: a factor of sp divides out.
            scaled = Product((Number("1.001"), equation.right))
            changed = replace(equation, right=Sum(((1, scaled), (1, Number("0.001")))))
            others = header.equations[:i] + header.equations[i + 1 :]
            wrong = {**headers, header.module: replace(header, equations=(*others, changed))}
            # At most points nothing commits: throughput has no excess, translation no surge.
            assert any(differences(wrong, range(seed, seed + 1)) for seed in range(40)), (
                f"{header.module}: {equation.name}"
            )


def test_a_missing_equation_and_one_of_no_state_are_named(headers):
    mtor = headers["mtor"]
    lost = replace(mtor, equations=tuple(e for e in mtor.equations if e.name != "Q"))
    assert "dmtor.Q/dt has no equation" in differences({**headers, "mtor": lost}, range(1))
    more = replace(mtor.equations[-1], name="QQ", is_derivative=True)
    added = replace(mtor, equations=(*mtor.equations, more))
    assert differences({**headers, "mtor": added}, range(1)) == [
        "dmtor.QQ/dt is written, but there is no such state"
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("  x = a/b c", "write (a/b) c or a c/b"),
        ("  x = a/b/c", "write a/(b c)"),
        ("  x = (a + b", "')' expected, not 'the end'"),
        ("  x = a + b)", "unexpected ')'"),
        ("  x = 2a", "a blank is missing before 'a'"),
        ("  x == a", "unexpected '= a'"),
        ("  x", "an equation is"),
        ("  x = a ?", "unexpected '?'"),
        ("  x = exp a", "'(' expected, not 'a'"),
        ("  x = a +", "the equation ends too early"),
    ],
)
def test_what_is_not_an_equation_is_refused(tmp_path, line, problem):
    with pytest.raises(NotationError, match=re.escape(problem)):
        header_of(tmp_path, line)


def test_notation(tmp_path):
    header = header_of(
        tmp_path,
        "  For q = I, E:",
        "    k_q = 2 a_q (b",
        "          + 1)/(c d)",
        "  z = k_I^2 - [k_E]^(-n)",
        "In: a_I, a_E from one; b = B (words) from two; stress.",
        "Out: z [1].",
    )
    assert [e.name for e in header.equations] == ["k_q", "z"]
    assert header.taken == {"a_I": ("one", "a_I"), "a_E": ("one", "a_E"), "b": ("two", "B")}
    assert header.given == "z [1]."
    known = {
        "one.a_I": 3.0,
        "one.a_E": 5.0,
        "two.B": 1.0,
        "mine.c": 2.0,
        "mine.d": 3.0,
        "mine.n": 1.0,
    }
    smooth = Header("smooth", (), ())
    written = Written({"smooth": smooth, "mine": header}, Point(known))
    assert written.value("mine.k_I") == 2.0
    assert written.value("mine.z") == pytest.approx(4.0 - 1.0 / (10.0 / 3.0))


# --- page -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_committed_page_is_what_the_model_generates(page):
    made = subprocess.run(
        [sys.executable, GENERATOR / "model_page.py", "--print"],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    # Compared as a truth value: a diff of a thousand lines helps nobody.
    assert (made.stdout == page) is True, "run python src/model_page/model_page.py"


def test_every_parameter_state_and_readout_has_its_place(page):
    wanted = [name.replace(".", "-") for name in (*ks.parameters().names, *ks.states().names)]
    wanted += [f"readout-{name}" for name in ks.readouts().names]
    found = Counter(re.findall(r'<a id="([^"]+)"></a>', page))
    assert [name for name in wanted if name not in found] == []
    assert [name for name, times in found.items() if times > 1] == []


def test_links_within_the_page_lead_somewhere(page):
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    targets = set(re.findall(r'<a id="([^"]+)"></a>', page))
    targets |= {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert sorted(set(re.findall(r"\]\(#([^)]+)\)", page)) - targets) == []


def test_every_citation_of_a_header_is_a_source(headers):
    for header in headers.values():
        for bracket in re.findall(r"\[([^\]]+)\]", " ".join(header.prose)):
            keys = set(re.findall(r"\w+\d{4}\w*", bracket))
            assert keys <= set(all_sources()), f"{header.module}: {keys - set(all_sources())}"


def test_symbols_of_parameters_can_be_set():
    assert symbol_of_table(r"\tau_M") == r"\tau_{M}"
    assert symbol_of_table("k_{a,sw}") == r"k_{a,\mathrm{sw}}"
    for wrong in ("w_ref", "k_{a", "a b", "", "x^2", "_a"):
        with pytest.raises(ValueError, match="symbol"):
            symbol_of_table(wrong)


@pytest.mark.parametrize("module", MODULES)
def test_symbols_are_unique_within_a_module(headers, module):
    header = headers[module]
    symbols = Symbols(header)
    names = {e.name for equation in header.equations for e in equation.each()}
    for table in (ks.parameters(), ks.states()):
        names |= {row["name"].partition(".")[2] for row in table if row["module"] == module}
    names |= set(header.taken)
    said = Counter(symbols.of(name) for name in names)
    assert [s for s, times in said.items() if times > 1] == []


def test_latex_of_an_equation(headers):
    mtor = headers["mtor"]
    (line,) = latex(next(e for e in mtor.equations if e.name == "K"), Symbols(mtor))
    assert line == (
        r"\frac{\mathrm{d}K}{\mathrm{d}t} &= \frac{1}{\tau_{K}}"
        r"\left[\frac{1 - w_{\mathrm{rest}}\,\beta_{N}\,\beta_{X}}"
        r"{1 + \beta_{S}\,\operatorname{pos0}(S_{6} - 1; \delta)} - K\right]"
    )


# --- citations of documents -----------------------------------------------------------------------

FOLDERS = ("include", "src", "python", "tests", "bench", "examples", "explorer", "docs")


def text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS, "README.md"],
        cwd=ROOT, check=True, capture_output=True, encoding="utf-8",
    ).stdout.split("\n")  # fmt: skip
    ends = (".hpp", ".cpp", ".py", ".js", ".mjs", ".md", ".txt")
    return [ROOT / name for name in listed if name.endswith(ends) and (ROOT / name).is_file()]


def test_no_source_cites_a_document_that_is_not_here():
    """A numbered section is one of a document elsewhere: ours have titles. Named pages exist."""
    paths = text_files()
    assert len(paths) > 200
    pages = {p.name for p in ROOT.rglob("*.md") if "node_modules" not in p.parts}
    for path in paths:
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            where = f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
            assert not re.search(r"\b[Ss]ections? \d", line), where
            for name in re.findall(r"\b[\w-]+\.md\b", line):
                # The site makes pages of its own and checks its links; tests make up names.
                made_up = path.relative_to(ROOT).parts[0] in ("docs", "tests")
                assert name in pages or made_up, where
