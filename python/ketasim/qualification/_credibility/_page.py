"""The report as one HTML file without scripts and without anything from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from ketasim.qualification._credibility._content import Check, Drawing, Grid, Section

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1a1d21;--soft:#5a6068;--line:#d5d9de;--card:#f5f6f8;
--c0:#0072b2;--c1:#d55e00;--c2:#007a5a;--c3:#8e4b7a;--good:#00624a;--bad:#a63a00}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e8ea;--soft:#a3abb3;--line:#363c42;
--card:#1d2125;--c0:#56b4e9;--c1:#f0925a;--c2:#4cc9a0;--c3:#d79cc4;--good:#4cc9a0;--bad:#f0925a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",
Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:70rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .6rem;letter-spacing:-.01em}
h2{font-size:1.35rem;line-height:1.25;margin:3rem 0 .6rem;padding-top:.8rem;border-top:2px solid var(--ink)}
h3{font-size:1.02rem;margin:1.8rem 0 .4rem}
p,li{max-width:44rem}
a{color:var(--c0)}
.kind{color:var(--soft);margin:0;font-size:.9rem}
.verdict{border-left:.4rem solid var(--good);background:var(--card);padding:.8rem 1rem;margin:1rem 0}
.verdict.failed,.verdict.missed{border-color:var(--bad)}
.verdict p{margin:.25rem 0}
.verdict strong{font-size:1.15rem}
.warning{border:2px solid var(--bad);padding:.6rem 1rem;margin:1rem 0;max-width:46rem}
.warning p{margin:.3rem 0}
nav ol{columns:2 18rem;padding-left:1.4rem}
table{border-collapse:collapse;width:100%;font-size:.86rem;margin:.4rem 0 1rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);
overflow-wrap:break-word}
th{font-weight:600;color:var(--soft);border-bottom:1px solid var(--ink);overflow-wrap:normal}
td.hash{overflow-wrap:anywhere;font-family:ui-monospace,"Liberation Mono",monospace;font-size:.78rem}
.status{white-space:nowrap;font-weight:600}
.status.pass,.status.met{color:var(--good)}
.status.fail,.status.not-met{color:var(--bad)}
.status.not-run{color:var(--soft)}
.detail{display:block;color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20.5rem),1fr));gap:1.4rem;margin:1rem 0}
figure{margin:0;break-inside:avoid}
figure svg{width:100%;height:auto;display:block}
figcaption{font-size:.86rem;font-weight:600;margin-bottom:.3rem}
.legend{list-style:none;padding:0;margin:.2rem 0;font-size:.8rem;color:var(--soft);display:flex;flex-wrap:wrap;gap:.1rem 1rem}
.legend svg{display:inline-block;width:.8rem;height:.8rem;margin-right:.35rem;vertical-align:-.1rem}
details{font-size:.8rem;color:var(--soft)}
summary{cursor:pointer}
svg text{font-size:10.5px;fill:var(--ink);font-family:inherit}
svg text.row{paint-order:stroke;stroke:var(--paper);stroke-width:3px}
svg .axis{stroke:var(--ink);fill:none}svg .grid{stroke:var(--line);stroke-width:.6}
svg .guide{stroke:var(--soft);stroke-dasharray:4 3;fill:none}
svg .typical{stroke:var(--ink);stroke-width:1.2}svg .band{fill:var(--line);opacity:.7}
svg .line{fill:none;stroke-width:1.6}
svg .solid.c0,svg .bar.c0{fill:var(--c0)}svg .solid.c1,svg .bar.c1{fill:var(--c1)}
svg .solid.c2,svg .bar.c2{fill:var(--c2)}svg .solid.c3,svg .bar.c3{fill:var(--c3)}
svg .line.c0,svg .hollow.c0{stroke:var(--c0)}svg .line.c1,svg .hollow.c1{stroke:var(--c1)}
svg .line.c2,svg .hollow.c2{stroke:var(--c2)}svg .line.c3,svg .hollow.c3{stroke:var(--c3)}
svg .hollow{fill:var(--paper);stroke-width:1.2}
svg .hatched{fill-opacity:.35;stroke:var(--c1);stroke-width:.8}
footer{margin-top:3rem;padding-bottom:2rem;color:var(--soft);font-size:.86rem}
@media (max-width:44rem){h1{font-size:1.5rem}
table.wide thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
table.wide,table.wide tbody,table.wide tr,table.wide td{display:block;width:100%}
table.wide tr{border-bottom:1px solid var(--ink);padding:.4rem 0}
table.wide td{border:0;padding:.1rem 0 .1rem 8.2rem;display:flow-root}
table.wide td::before{content:attr(data-label);float:left;margin-left:-8.2rem;width:7.6rem;color:var(--soft);
font-family:system-ui,sans-serif;font-size:.78rem;line-height:1.3}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--c0:#0072b2;--c1:#d55e00;
--c2:#007a5a;--c3:#8e4b7a;--good:#00624a;--bad:#a63a00}
body{font-size:9.5pt}main,header,footer{max-width:none;padding:0}h2{break-after:avoid}h3{break-after:avoid}
tr{break-inside:avoid}details{display:none}.figures{grid-template-columns:repeat(3,1fr)}a{color:inherit}}
"""

#: Markers of the legend, as in the figures.
_SWATCHES = (
    '<circle class="c0 solid" cx="6" cy="6" r="4.4"/>',
    '<rect class="c1 solid" x="2" y="2" width="8" height="8"/>',
    '<path class="c2 solid" d="M6 1l5 9H1z"/>',
    '<path class="c3 solid" d="M6 .8L11.2 6 6 11.2.8 6z"/>',
)


def page(
    title: str,
    kind: str,
    verdict: Sequence[str],
    passed: bool,
    model: Sequence[str],
    warning: Sequence[str],
    sections: Sequence[Section],
    made: Mapping[str, str],
    closing: str,
) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    title, kind : str
        Heading, and the line above it.
    verdict : sequence of str
        First the result in one sentence.
    passed : bool
    model : sequence of str
        What was found on the model, first in one sentence; empty where it was not judged.
    warning : sequence of str
        What the model must not be used for.
    sections : sequence of Section
    made : mapping of str to str
        Where and when.
    closing : str
    """
    return "".join(_page(title, kind, verdict, passed, model, warning, sections, made, closing))


def _page(
    title: str,
    kind: str,
    verdict: Sequence[str],
    passed: bool,
    model: Sequence[str],
    warning: Sequence[str],
    sections: Sequence[Section],
    made: Mapping[str, str],
    closing: str,
) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
    )
    yield f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n"
    yield f'<p class="kind">{escape(kind)}</p>\n<h1>{escape(title)}</h1>\n'
    missed = any(c.status == "not met" for section in sections for c in section.checks)
    for lines, css in (
        (verdict, "" if passed else " failed"),
        (model, " missed" if missed else ""),
    ):
        if lines:
            yield f'<div class="verdict{css}"><p><strong>{escape(lines[0])}</strong></p>'
            yield "".join(f"<p>{escape(line)}</p>" for line in lines[1:]) + "</div>\n"
    yield '<div class="warning">'
    yield "".join(f"<p>{escape(line)}</p>" for line in warning) + "</div>\n"
    yield _table(Grid("", ("made", "value"), tuple(made.items())), heading=False)
    yield '<nav aria-label="Contents"><h3>Contents</h3><ol>'
    yield "".join(f'<li><a href="#{s.key}">{escape(s.title)}</a></li>' for s in sections)
    yield "</ol></nav>\n</header>\n<main>\n"
    for k, section in enumerate(sections, 1):
        yield f'<section id="{section.key}">\n<h2>{k}. {escape(section.title)}</h2>\n'
        yield "".join(f"<p>{_marked(text)}</p>\n" for text in section.text)
        if section.checks:
            yield _checks(section.checks)
        if section.drawings:
            yield '<div class="figures">' + "".join(map(_figure, section.drawings)) + "</div>\n"
        yield "".join(_table(grid) for grid in section.grids)
        yield "</section>\n"
    yield f"</main>\n<footer><p>{escape(closing)}</p></footer>\n</body>\n</html>\n"


def _marked(text: str) -> str:
    """Escape text; show what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _checks(checks: Sequence[Check]) -> str:
    counts = Counter(c.status for c in checks)
    words = ", ".join(f"{n} {status}" for status, n in counts.items())
    rows = []
    for c in checks:
        detail = f'<span class="detail">{_marked(c.detail)}</span>' if c.detail else ""
        rows.append(
            f'<tr><td data-label="item">{_marked(c.name)}</td>'
            f'<td data-label="criterion">{_marked(c.criterion)}</td>'
            f'<td data-label="reached">{_marked(c.reached)}{detail}</td>'
            f'<td data-label="result"><span class="status {c.status.replace(" ", "-")}">{c.status}</span></td></tr>\n'
        )
    return (
        f"<h3>Items: {words}</h3>\n"
        '<table class="wide"><thead><tr><th scope="col">item</th><th scope="col">criterion</th>'
        '<th scope="col">reached</th><th scope="col">result</th></tr></thead>\n<tbody>\n'
        + "".join(rows)
        + "</tbody></table>\n"
    )


def _table(grid: Grid, *, heading: bool = True) -> str:
    # Two columns fit a phone; more are shown there as one block for each row.
    css = "wide" if len(grid.columns) > 2 else "pair"
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in grid.columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{escape(name, quote=True)}"{_css(cell)}>{_marked(cell)}</td>'
            for name, cell in zip(grid.columns, row, strict=True)
        )
        + "</tr>\n"
        for row in grid.rows
    )
    title = f"<h3>{escape(grid.title)}</h3>\n" if heading else ""
    return f'{title}<table class="{css}"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n'


def _css(cell: str) -> str:
    return ' class="hash"' if re.fullmatch(r"[0-9a-f]{64}", cell) else ""


def _figure(drawing: Drawing) -> str:
    legend = "".join(
        f'<li><svg viewBox="0 0 12 12" aria-hidden="true">{_SWATCHES[colour % 4]}</svg>{escape(name)}</li>'
        for colour, name in drawing.legend
    )
    keys = f'<ul class="legend">{legend}</ul>' if legend else ""
    return (
        f"<figure><figcaption>{escape(drawing.title)}</figcaption>{drawing.svg}{keys}"
        f"<details><summary>In words</summary>{escape(drawing.alt)}</details></figure>\n"
    )
