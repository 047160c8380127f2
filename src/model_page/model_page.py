"""Write docs/explanation/model.md: every equation, parameter, state, readout and source.

    python src/model_page/model_page.py           # writes the page
    python src/model_page/model_page.py --print   # prints it

Equations come from the heads of the headers, in the notation of `written_equations`; no page is made
unless all of them are those of the compiled core (`equation_check`). The tables are those of the core,
the disagreements those of `ketasim.validate()`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from equation_check import compiled_scaling, differences
from equation_latex import Symbols, latex, symbol_of_name, symbol_of_table
from written_equations import Equation, Header, read_model

import ketasim as ks
from ketasim import _core
from ketasim.catalogue import Source, all_sources
from ketasim.evidence import load
from ketasim.evidence.vocabulary import AREAS
from ketasim.files import whole_file

ROOT = Path(__file__).parents[2]
HEADERS = ROOT / "include" / "ketasim" / "model"
PAGE = ROOT / "docs" / "explanation" / "model.md"

Row = Mapping[str, Any]

INTRODUCTION = """\
# The model

<!-- Written by src/model_page/model_page.py; edit the headers in include/ketasim/model instead. -->

Twelve modules lead from a dose to a rating of depression; the thirteenth is the trial in which it is
given. For each of them this page says what it claims, which equations it consists of, and where every number comes from. Equations stand at the head
of the module's header in `include/ketasim/model`; they are compared with the compiled model at random
states, parameters and inputs, and differ from it by rounding only. Tables are those of the compiled
model.

Time is in hours, concentrations are in µM, amounts in µmol. *Fold* means relative to the healthy state
without drug. $u$ with an index is an [input](#inputs): constant between events, zero unless an event or
the subject sets it. To find a parameter, search for its name, such as `mtor.tau_M`, or open
`#mtor-tau_M` on this page. `ks.parameters()["mtor.tau_M"]` gives the same facts in Python.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--print", action="store_true", help="print instead of writing the file")
    page = make_page()
    if parser.parse_args().print:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.write(page)
    else:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(PAGE) as draft:
            draft.write_text(page, encoding="utf-8")


def modules() -> tuple[str, ...]:
    """All modules in pathway order."""
    return tuple(dict.fromkeys(row["module"] for row in _core.parameter_table("human")))


def make_page() -> str:
    """The page as Markdown.

    Raises
    ------
    ValueError
        If an equation is not the compiled one, or a source is unknown.
    """
    headers = read_model(HEADERS, modules())
    if wrong := differences(headers):
        raise ValueError("equations of the headers and of the core differ:\n" + "\n".join(wrong))
    sources = Sources()
    parts = [INTRODUCTION, *contents(headers), *legend()]
    for name, header in headers.items():
        parts += module(name, header, sources)
    parts += [
        *trial(sources),
        *inputs(),
        *switches(),
        *variants(sources),
        *contexts(),
        *disagreements(sources),
    ]
    parts += sources.section()
    return "\n".join(parts).rstrip() + "\n"


class Sources:
    """Links to sources, and the list of those that were linked."""

    def __init__(self) -> None:
        self._known = all_sources()
        self._used: set[str] = set()

    def link(self, key: str) -> str:
        """A link to a source.

        Raises
        ------
        ValueError
            If there is no such source.
        """
        if key not in self._known:
            raise ValueError(f"no source is called {key!r}; add it to the table of sources")
        self._used.add(key)
        return f"[{key}](#source-{key})"

    def linked(self, text: str) -> str:
        """Text with all keys in it made links."""
        return re.sub(r"\w+", lambda m: self.link(m[0]) if m[0] in self._known else m[0], text)

    def cited(self, prose: str) -> str:
        """Prose with its citations in square brackets made links."""

        def bracket(found: re.Match[str]) -> str:
            for key in re.findall(r"\w+\d{4}\w*", found[1]):
                self.link(key)
            return f"({self.linked(found[1])})"

        return re.sub(r"\[([^\]]+)\]", bracket, prose)

    def section(self) -> Iterator[str]:
        yield "## Sources\n"
        for key in sorted(self._used, key=str.casefold):
            yield f'- <a id="source-{key}"></a>**{key}**: {_entry(self._known[key])}'


def _entry(source: Source) -> str:
    doi, _, remark = source.doi.partition(" ")
    said = _plain(source.citation)
    if doi:
        said += f" [doi:{doi}](https://doi.org/{doi})" + (f" {_plain(remark)}" if remark else "")
    if source.pmid:
        pmid, _, remark = source.pmid.partition(" ")
        said += f" [PMID {pmid}](https://pubmed.ncbi.nlm.nih.gov/{pmid}/)"
        said += f" {_plain(remark)}" if remark else ""
    return said


def _plain(text: str) -> str:
    """Text in which Markdown sees nothing special."""
    return re.sub(r"([\\`*_\[\]<>|$~])", r"\\\1", " ".join(text.split()))


def number(value: float) -> str:
    """A number with at most six digits; 0.00002 as a power of ten."""
    text = f"{value:.6g}"
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text.replace("-", "−")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}×10{power}".replace("-", "−").removeprefix("1×")


def unit(text: str) -> str:
    return re.sub(r"\bu(?=M\b|mol\b)", "µ", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def anchor(name: str) -> str:
    return f'<a id="{name}"></a>'


# --- modules --------------------------------------------------------------------------------------


def _title(header: Header) -> str:
    """The first clause of the first sentence."""
    return re.split(r": |\. |\.$", header.prose[0])[0]


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def contents(headers: Mapping[str, Header]) -> Iterator[str]:
    for name, header in headers.items():
        yield f"- [{_title(header)}](#{name})"
    for section in ("Response and remission", "Inputs", "Switches", "Variants", "Contexts"):
        yield f"- [{section}](#{_slug(section)})"
    yield "- [Known disagreements](#known-disagreements)"
    yield "- [Sources](#sources)\n"


def legend() -> Iterator[str]:
    """Grades and evidence in the words of the tables' own header."""
    text = (HEADERS / "table_rows.hpp").read_text(encoding="utf-8")
    yield "**Grades.** " + _comment_above("enum class Grade", text) + "\n"
    yield "**Evidence.** " + _comment_above("enum class Evidence", text) + "\n"
    yield (
        "**Tables.** Below the meaning of a parameter stand its grade, how it was found, its source and "
        "notes; where rats differ, their value has a row of its own. *Plausible* is a range or a 95 % "
        "prior.\n"
    )
    yield (
        "**Notes.** *Varies between people by* gives the coefficient of variation of a log-normal unless "
        "the note says otherwise; *∝ weight* says how a value scales with body weight.\n"
    )


def _comment_above(code: str, text: str) -> str:
    comment = re.search(rf"((?:^/// .*\n)+){code}", text, re.MULTILINE)
    if comment is None:
        raise ValueError(f"table_rows.hpp: no comment above {code}")
    return " ".join(line.removeprefix("/// ") for line in comment[1].splitlines())


def module(name: str, header: Header, sources: Sources) -> Iterator[str]:
    symbols = Symbols(header)
    yield f"## {_title(header)}\n"
    # A heading is an anchor itself.
    own_anchor = "" if _slug(_title(header)) == name else anchor(name)
    yield f"{own_anchor}Header: [`{name}.hpp`](../../include/ketasim/model/{name}.hpp).\n"
    for paragraph in header.prose:
        yield unit(_with_symbols(sources.cited(paragraph), header, symbols)) + "\n"
    yield from equations(header, symbols)
    if name == "smooth":
        return
    yield from wiring(header, symbols)
    yield from parameters(name, sources)
    yield from states(name)
    yield from readouts(name)


def _with_symbols(prose: str, header: Header, symbols: Symbols) -> str:
    """Prose with names of inputs and of indexed values set as in the equations."""
    own = {one.name for e in header.equations for one in e.each()} | {
        row["name"].partition(".")[2]
        for row in _core.parameter_table("human")
        if row["module"] == header.module
    }

    def set_name(found: re.Match[str]) -> str:
        name = found[0]
        return f"${symbols.of(name)}$" if name.startswith("u.") or name in own else f"`{name}`"

    return re.sub(r"(?<![\w/#(-])(?:u\.\w+|[A-Za-z][A-Za-z0-9]*_\w+)(?![\w\]])", set_name, prose)


def equations(header: Header, symbols: Symbols) -> Iterator[str]:
    measured = {row["name"] for row in _core.readout_table()}

    def block(e: Equation) -> tuple[bool, str, tuple[str, ...]]:
        return e.name in measured and not e.is_derivative, e.index, e.values

    for (is_measured, index, values), group in groupby(header.equations, block):
        if is_measured:
            yield "Readouts:\n"
        if index:
            yield f"For ${index} = {', '.join(values)}$:\n"
        lines = [line for e in group for line in latex(e, symbols)]
        yield "$$\n\\begin{aligned}\n" + " \\\\[3pt]\n".join(lines) + "\n\\end{aligned}\n$$\n"


def wiring(header: Header, symbols: Symbols) -> Iterator[str]:
    if header.taken:
        by_module: dict[str, list[str]] = {}
        for here, (there, _) in header.taken.items():
            by_module.setdefault(there, []).append(f"${symbols.of(here)}$")
        said = "; ".join(f"{', '.join(v)} from [{m}](#{m})" for m, v in by_module.items())
        yield f"**In:** {said}.\n"
    if header.given:
        yield f"**Out:** {unit(_with_symbols(header.given, header, symbols))}\n"


def parameters(name: str, sources: Sources) -> Iterator[str]:
    yield "### Parameters\n"
    human, rat = (
        [row for row in _core.parameter_table(s) if row["module"] == name] for s in ("human", "rat")
    )
    scaling = compiled_scaling()
    rows = []
    for in_human, in_rat in zip(human, rat, strict=True):
        full = in_human["name"]
        first = (
            f"{anchor(full.replace('.', '-'))}`{full}` ${symbol_of_table(in_human['symbol'])}$<br>"
            f"{_plain(in_human['description'])}<br>"
        )
        power = scaling.get(full)
        rows.append(_value(first, in_human, power, sources))
        if in_rat["species"] != "all":
            rows.append(_value("", in_rat, power, sources))
    yield from narrow(["Parameter", "Value", "Plausible"], rows)


def narrow(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table that fits a narrow screen: the first column takes what the others leave."""
    yield '<div class="numbers">\n'
    yield table(head, rows)
    yield "</div>\n"


def with_unit(value: float, unit_of_it: str) -> str:
    """A number and its unit; a number without dimension stands alone."""
    return number(value) if unit_of_it == "1" else f"{number(value)} {unit(unit_of_it)}"


def _value(first: str, row: Row, power: float | None, sources: Sources) -> list[str]:
    said = [
        f"{row['grade']}, {row['evidence']}",
        ", ".join(sources.link(key) for key in row["source_key"].split(";")),
    ]
    if row["note"]:
        said.append(unit(sources.linked(_plain(row["note"]))))
    if row["fitted_to"]:
        fitted_to = row["fitted_to"].replace(";", ", ").replace("  ", " ")
        said.append("fitted to " + unit(sources.linked(fitted_to)))
    if row["iiv_cv_pct"]:
        said.append(f"varies between people by {number(row['iiv_cv_pct'])} %")
    if power is not None:
        said.append("∝ weight" if power == 1.0 else f"∝ weight<sup>{number(power)}</sup>")
    species = "" if row["species"] == "all" else f"{row['species']}: "
    return [
        f"{first}<small>{species}{'; '.join(said)}</small>",
        with_unit(row["value"], row["unit"]),
        f"{number(row['low'])} to {number(row['high'])}",
    ]


def states(name: str) -> Iterator[str]:
    rows = [row for row in _core.state_table() if row["module"] == name]
    if not rows:
        return
    rest = ks.steady_state(ks.Subject(severity=0.0))
    yield "### States\n"
    yield from narrow(
        ["State", "Healthy, without drug", "Bounds"],
        (
            [
                f"{anchor(row['name'].replace('.', '-'))}`{row['name']}` ${symbol_of_name(key)}$<br>"
                + _plain(row["description"]),
                with_unit(rest[row["name"]], row["unit"]),
                _bounds(row["low"], row["high"]),
            ]
            for row in rows
            for key in [row["name"].partition(".")[2]]
        ),
    )


def _bounds(low: float, high: float) -> str:
    """What a state cannot leave."""
    return f"{number(low)} to {number(high)}" if math.isfinite(high) else f"at least {number(low)}"


def readouts(name: str) -> Iterator[str]:
    rows = [row for row in _core.readout_table() if row["module"] == name]
    if rows:
        yield "### Readouts\n"
        yield from narrow(
            ["Readout", "Unit"],
            (
                [
                    f"{anchor('readout-' + row['name'])}`{row['name']}`<br>"
                    + _plain(row["description"]),
                    unit(row["unit"]),
                ]
                for row in rows
            ),
        )


# --- what holds for the whole model ---------------------------------------------------------------


def trial(sources: Sources) -> Iterator[str]:
    """How shares of patients follow, in the words and lines of their header."""
    path = HEADERS.parent / "observation" / "clinical.hpp"
    lines = path.read_text(encoding="utf-8").split("#pragma once")[0].splitlines()
    yield "## Response and remission\n"
    yield "Header: [`clinical.hpp`](../../include/ketasim/observation/clinical.hpp).\n"
    for is_formula, group in groupby(lines, lambda line: line.startswith("///   ")):
        text = [line.removeprefix("///").removeprefix(" ") for line in group]
        if is_formula:
            yield "```text\n" + "\n".join(line.strip() for line in text) + "\n```\n"
        else:
            yield sources.cited(_plain_prose("\n".join(text))) + "\n"


def _plain_prose(text: str) -> str:
    """Prose in which names with an underscore are set as code."""
    return re.sub(r"(?<![\w/])(\w+_\w+)", r"`\1`", text.strip())


def inputs() -> Iterator[str]:
    yield "## Inputs\n"
    yield "Constant between events.\n"
    symbols = Symbols(Header("", (), ()))
    yield from narrow(
        ["Input", "Unit"],
        (
            [
                f"{anchor('input-' + row['name'])}`{row['name']}` "
                + f"${symbols.of('u.' + row['name'])}$<br>{_plain(row['description'])}",
                unit(row["unit"]),
            ]
            for row in _core.input_table()
        ),
    )


def switches() -> Iterator[str]:
    yield "## Switches\n"
    yield "Hypotheses that can be weighed: 0 is off, 1 is on, values between are possible.\n"
    yield table(
        ["Parameter", "Hypothesis", "Default", "Grade"],
        (
            [
                f"[`{row['name']}`](#{row['name'].replace('.', '-')})",
                _plain(row["description"].removeprefix("hypothesis weight: ")),
                number(row["value"]),
                row["grade"],
            ]
            for row in _core.parameter_table("human")
            if row["note"].startswith("switch")
        ),
    )


def variants(sources: Sources) -> Iterator[str]:
    yield "## Variants\n"
    yield (
        "Other parameters of the circuit, `Scenario(variant=...)`. What lies downstream is not fitted "
        "again.\n"
    )
    for row in _core.variant_table():
        yield f"- `{row['name']}`: {_plain(row['description'])}{_source_of(row, sources)}"
    yield ""
    usual = {
        species: {row["name"]: row["value"] for row in _core.parameter_table(species)}
        for species in ("human", "rat")
    }
    yield table(
        ["Variant", "Parameter", "Species", "Value", "Instead of"],
        (
            [
                f"`{row['variant']}`",
                f"[`{row['parameter']}`](#{row['parameter'].replace('.', '-')})",
                row["species"],
                number(row["value"]),
                number(usual["rat" if row["species"] == "rat" else "human"][row["parameter"]]),
            ]
            for row in _core.override_table()
        ),
    )


def _source_of(row: Row, sources: Sources) -> str:
    return f" ({sources.linked(row['source_key'].replace(';', ', '))})" if row["source_key"] else ""


def contexts() -> Iterator[str]:
    yield "## Contexts\n"
    yield (
        "What a trial adds to the drug, on the logit scale, at the defaults of the [trial](#trial)'s "
        "parameters: expectancy is what the first session adds to $E$; the others are inputs of "
        "[symptoms](#symptoms).\n"
    )
    yield table(
        ["Context", "Meaning", "Expectancy", "Non-specific improvement", "Weight of unblinding"],
        (
            [
                f"`{row['name']}`",
                _plain(row["description"]),
                *(number(row[effect]) for effect in ("expectancy", "nonspecific", "unblinding")),
            ]
            for row in _core.context_table()
        ),
    )


def disagreements(sources: Sources) -> Iterator[str]:
    """What the model misses of the evidence it comes with."""
    validation = ks.validate(progress=False)
    arms = load().arms
    inside, scored = validation.inside()
    yield "## Known disagreements\n"
    yield (
        f"Of {scored} published numbers that the model predicts, {inside} lie inside their interval of "
        "95 %. These are the others; `ketasim validate` recomputes all. *calibrate*: the number was used "
        "to choose parameters; *check*: it was not. Distance is in standard errors of the observation.\n"
    )
    for area in AREAS:
        missed = [r for r in validation.records if r.area == area and r.scored and not r.within]
        if not missed:
            continue
        inside, scored = validation.inside(area=area)
        yield f"### {area}: {scored - inside} of {scored}\n"
        yield table(
            ["Arm", "Given", "Readout", "At [h]", "Observed", "95 % interval", "Model", "Unit",
             "Distance", "Role", "Source"],
            (
                [
                    f"`{r.arm_id}`" + (f" − `{r.relative_to}`" if r.relative_to else ""),
                    f"`{arms[r.arm_id].regimen_id}`",
                    f"`{r.readout}`, {r.statistic}",
                    _times(r.time_h, r.time_end_h),
                    number(r.value),
                    "" if r.low is None or r.high is None else f"{_three(r.low)} to {_three(r.high)}",
                    "" if r.predicted is None else _three(r.predicted),
                    unit(r.unit),
                    "" if r.z is None else _three(r.z),
                    r.role,
                    sources.link(r.source_key),
                ]
                for r in missed
            ),
        )  # fmt: skip


def _times(first: float, last: float | None) -> str:
    return number(first) if last is None else f"{number(first)} to {number(last)}"


def _three(value: float) -> str:
    """Three digits: what the last digits of a computed number are depends on the compiler."""
    if value == 0.0 or not math.isfinite(value):
        return number(value)
    return number(round(value, 2 - math.floor(math.log10(abs(value)))))


if __name__ == "__main__":
    main()
