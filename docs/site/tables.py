"""Tables of the reference and of the explanations, from the package as it is installed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from staging import ROOT, Stage

import ketasim as ks
from ketasim.catalogue import all_sources
from ketasim.evidence.vocabulary import AREAS
from ketasim.qualification import known_disagreements

sys.path.insert(0, str(ROOT / "src/model_page"))
from model_page import unit

MODEL = ROOT / "docs/explanation/model.md"


def tables(stage: Stage) -> dict[str, str]:
    """Make the pages, and the tables that pages written by hand include."""
    return {
        "reference/parameters.md": _parameters(),
        "reference/states.md": _by_module("States", "state", ks.states(), STATES),
        "reference/readouts.md": _by_module("Readouts", "readout", ks.readouts(), READOUTS),
        "reference/drugs.md": _drugs(),
        "reference/regimens.md": _regimens(),
        "reference/sources.md": _sources(),
        "explanation/_coverage.txt": _coverage(),
        "explanation/_indications.txt": _indications(""),
        "explanation/_indications_check.txt": _indications("check"),
        "explanation/_areas.txt": _areas(),
        "reference/programmes.md": _programmes(),
        "explanation/_disagreements.txt": _disagreements(),
        "explanation/_grades.txt": _grades(),
        "explanation/_repeated_dosing.txt": _repeated_dosing(),
        "explanation/_contrasts.txt": _contrasts(),
    }


# --- Markdown -------------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def _text(text: object) -> str:
    return re.sub(r"([\\`*_\[\]<>$|#~])", r"\\\1", str(text))


def _narrow(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that fits a narrow screen: the first column takes what the others leave."""
    return f'<div class="numbers">\n\n{_table(head, rows)}</div>\n\n'


def _number(value: float) -> str:
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e+").replace("-", "−")


def _with_unit(value: float, unit_of_it: object) -> str:
    """A number and its unit; a number without dimension stands alone."""
    text = _text(unit(str(unit_of_it)))
    return _number(value) if text == "1" else f"{_number(value)} {text}"


def _anchor(name: str) -> str:
    return f'<a id="{name}"></a>'


def _source(keys: str, folder: str = "") -> str:
    known = all_sources()
    return "; ".join(
        f"[{_text(key)}]({folder}sources.md#{key})" if key in known else _text(key)
        for key in (part.strip() for part in keys.split(";"))
        if key
    )


# --- reference ------------------------------------------------------------------------------------

PARAMETERS = """# Parameters

{n} parameters, as `ks.parameters()` gives them. Code names a parameter with its module:
`ks.simulate(..., parameters={{"mtor.tau_M": 0.2}})`, or `--set mtor.tau_M=0.2`.

Below the meaning stand the [grade](../explanation/evidence.md#grades), which says how well the value is known, and the source; CV is the
variation between people, where it is known. *Plausible* is a range or a 95 % prior. Where rats differ, their value stands below that of humans.

"""
STATES = """{n} variables of the differential equations, as `ks.states()` gives them: `run["mtor.M"]`.
Absolute tolerances are multiples of the typical size.

"""
READOUTS = """{n} quantities that can be measured, as `ks.readouts()` gives them: `run["madrs_change"]`.

"""


def _parameters() -> str:
    human, rat = ks.parameters(), ks.parameters("rat")
    described = (
        set(re.findall(r'id="([^"]+)"', MODEL.read_text("utf-8"))) if MODEL.is_file() else ()
    )
    text = PARAMETERS.format(n=len(human))
    for module, rows in groupby(human, lambda row: str(row["module"])):
        lines = []
        for row in rows:
            name = str(row["name"])
            label = f"`{name.removeprefix(module + '.')}`"
            if anchor_of(name) in described:
                label = f"[{label}](../explanation/model.md#{anchor_of(name)})"
            other = rat[name]
            also = other["value"] != row["value"]
            said = [f"{row['grade']}", _source(str(row["source_key"]))]
            if row["iiv_cv_pct"]:
                said.append(f"CV {_number(row['iiv_cv_pct'])} %")
            if row["note"]:
                said.append(_text(unit(str(row["note"]))))
            value = _with_unit(row["value"], row["unit"])
            meaning = (
                f"{_text(row['description'])}<br><small>{'; '.join(filter(None, said))}</small>"
            )
            lines.append([
                f"{_anchor(anchor_of(name))}{label} ${row['symbol']}$<br>{meaning}",
                value + (f"<br>rat {_number(other['value'])}" if also else ""),
                _range(row) + (f"<br>{_range(other)}" if also else ""),
            ])  # fmt: skip
        text += f"## {module}\n\n{_narrow(['parameter', 'value', 'plausible'], lines)}"
    return text


def anchor_of(name: str) -> str:
    """Where the row of a quantity is found on its page."""
    return name.replace(".", "-")


def _range(row: Mapping[str, Any]) -> str:
    return f"{_number(row['low'])} to {_number(row['high'])}"


def _by_module(title: str, what: str, rows: ks.Table, introduction: str) -> str:
    text = f"# {title}\n\n{introduction.format(n=len(rows))}"
    typical = what == "state"
    for module, listed in groupby(rows, lambda row: str(row["module"])):
        lines = [
            [
                f"{_anchor(anchor_of(str(row['name'])))}`{row['name']}`<br>{_text(row['description'])}",
                _with_unit(row["typical"], row["unit"])
                if typical
                else _text(unit(str(row["unit"]))),
            ]
            for row in listed
        ]
        text += f"## {module}\n\n{_narrow([what, 'typical size' if typical else 'unit'], lines)}"
    return text


DRUGS = """# Drugs, routes and settings

What can be said in a regimen and in a scenario. Python gives the same tables: `ks.drugs()`, `ks.routes()`,
`ks.contexts()`, `ks.variants()`.

"""
CONTEXTS = """What a trial itself does to the rating: `context="midazolam"`.

"""
VARIANTS = """Other sets of values for the circuit, as hypotheses of their own: `variant="variant_C"`.

"""


def _drugs() -> str:
    drugs = [
        [
            f"{_anchor('drug-' + str(d['name']))}{_code(d['name'])}<br>{_text(d['description'])}"
            + f"<br>by {_codes(d['routes'])}",
            _text(", ".join(map(unit, d["units"]))),
        ]
        for d in ks.drugs()
    ]
    routes = [
        [
            f"{_anchor('route-' + str(r['name']))}{_code(r['name'])}<br>{_text(r['description'])}"
            + (f"<br><small>also read: {_codes(r['also'])}</small>" if r["also"] else ""),
            _text(", ".join(map(unit, r["units"]))),
        ]
        for r in ks.routes()
    ]
    contexts = [[_code(c["name"]), _text(c["description"])] for c in ks.contexts()]
    variants = [
        [
            f"{_code(v['name'])}<br>{_text(v['description'])}",
            "<br>".join(_text(o) for o in v["overrides"]),
        ]
        for v in ks.variants()
    ]
    return (
        f"{DRUGS}## Drugs\n\n{_narrow(['drug and its routes', 'units'], drugs)}"
        f"## Routes\n\n{_narrow(['route', 'units'], routes)}"
        f"## Contexts\n\n{CONTEXTS}{_table(['context', 'meaning'], contexts)}"
        f"## Variants\n\n{VARIANTS}{_table(['variant', 'changed values'], variants)}"
    )


def _code(name: str) -> str:
    return f"`{name}`"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _regimens() -> str:
    rows = [
        [
            f"`{r['name']}`<br>{_text(r['description'])}<br><small>{_source(r['source_key'])}</small>",
            str(r["doses"]),
        ]
        for r in ks.regimens()
    ]
    text = """# Named regimens

Clinical regimens by name: `ks.simulate("ketamine_six_infusions")`, or `ketasim simulate
ketamine_six_infusions`.

"""
    return text + _narrow(["regimen", "doses"], rows)


def _sources() -> str:
    text = "# Sources\n\nPublications behind parameters, regimens and observations.\n\n"
    for source in sorted(all_sources().values(), key=lambda s: s.key.casefold()):
        doi = re.match(r"10\.\S+", source.doi)
        links = [f"[doi:{doi[0]}](https://doi.org/{doi[0]})"] if doi else []
        if source.pmid.isdigit():
            links.append(f"[PubMed {source.pmid}](https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/)")
        if source.url.startswith("http"):
            links.append(f"<{source.url}>")
        text += f"{_anchor(source.key)}{_text(source.key)}\n: {_text(source.citation)}"
        text += f" {' · '.join(links)}\n\n" if links else "\n\n"
    return text


# --- evidence -------------------------------------------------------------------------------------


def _grades() -> str:
    meaning = {
        "A": "replicated in humans",
        "B": "one human study",
        "C": "animals",
        "D": "in vitro",
        "E": "assumed, or fitted here",
    }
    counted = [str(row["grade"]) for row in ks.parameters()]
    rows = [[grade, text, str(counted.count(grade))] for grade, text in meaning.items()]
    return _table(["grade", "the value comes from", "parameters"], rows)


def _areas() -> str:
    judged = ks.validate(progress=False)
    head = ["area", "calibrate: inside", "check: inside", "share inside"]
    rows = []
    for area in [*AREAS, None]:
        (a, n), (b, m) = judged.inside("calibrate", area), judged.inside("check", area)
        share = f"{100 * (a + b) / (n + m):.0f} %"
        rows.append([area or "**all**", f"{a} of {n}", f"{b} of {m}", share])
    return _table(head, rows)


def _coverage() -> str:
    """A row for each claim; below it what is known, what would be needed, and why it is not modelled."""
    rows = []
    for r in ks.coverage():
        told = [f"**{_text(r['name'])}**<br>{_text(r['claim'])}"]
        told += [
            f"<small>{label}: {_text(r[part])}</small>"
            for label, part in (
                ("Known", "known"),
                ("Needed", "needed"),
                ("Why not more", "why_not"),
            )
            if r[part]
        ]
        if r["source_keys"]:
            keys = "; ".join(r["source_keys"])
            told.append(f"<small>{_source(keys, '../reference/')}</small>")
        modules = "<br>".join(
            f"[{_text(m)}](model.md#{m})" if _described(m) else _text(m) for m in r["modules"]
        )
        scores = [r[k] for k in ("log_score", "log_score_control", "log_score_mbma")]
        rows.append([
            "<br>".join(told),
            f"{r['status']}<br>{modules}",
            r["grade"] or "–",
            f"{r['inside']} of {r['scored']}" if r["scored"] else "–",
            " / ".join("–" if s is None else f"{s:.2f}".replace("-", "−") for s in scores)
            if scores[0] is not None else "–",
        ])  # fmt: skip
    head = ["claim", "in the model", "grade", "rows inside", "log score: model / control / MBMA"]
    return _narrow(head, rows)


def _indications(role: str) -> str:
    """A row for each indication: scores beside the baselines, or why they cannot be judged."""
    rows = []
    for r in ks.indications(role=role):
        scores = [r[k] for k in ("log_score", "log_score_control", "log_score_mbma")]
        told = f"**{_text(r['name'])}**"
        if r["too_few"]:
            told += f"<br><small>{_text(r['too_few'])}</small>"
        rows.append([
            told,
            f"{r['rows']} / {r['trials']}" if r["rows"] else "–",
            f"{r['inside']} of {r['scored']}" if r["scored"] else "–",
            " / ".join("–" if s is None else _signed(s) for s in scores) if scores[0] is not None else "–",
            _gain(r, "gain_control"),
            _gain(r, "gain_mbma"),
        ])  # fmt: skip
    head = ["indication", "rows / trials", "rows inside", "log score: model / control / MBMA",
            "gain over control", "gain over MBMA"]  # fmt: skip
    return _narrow(head, rows)


def _gain(row: Mapping[str, Any], name: str) -> str:
    gain, error = row[name], row[f"{name}_se"]
    if gain is None:
        return "–"
    return _signed(gain) if error is None else f"{_signed(gain)} ± {error:.2f}"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _described(module: str) -> bool:
    return MODEL.is_file() and f'<a id="{module}-' in MODEL.read_text("utf-8")


def _programmes() -> str:
    from ketasim.clinic import LEFT_OUT

    rows = []
    for r in ks.programmes():
        told = f"{_anchor('programme-' + str(r['name']))}`{r['name']}`<br>{_text(r['description'])}"
        told += f"<br><small>{_source(str(r['source_key']))}: {_text(r['read'])}</small>"
        told += f"<br><small>Assumed: {_text(r['assumed'])}</small>"
        rows.append([told, f"{r['visits']}", "yes" if r["adaptive"] else "no"])
    text = """# Programmes of clinics

`ks.simulate_programme("kads_subcutaneous")`; see [Clinic programmes and monitoring](../how-to/clinic_programmes.md). Adaptive: the next
dose depends on the last rating.

"""
    left = "".join(f"- {_text(p.programme)}: {_text(p.reason)}\n" for p in LEFT_OUT)
    table = _narrow(["programme", "visits", "adaptive"], rows)
    return f"{text}{table}## Left out\n\n{left}"


def _disagreements() -> str:
    return "".join(f"- **{d.title}** {d.text}\n" for d in known_disagreements())


def _repeated_dosing() -> str:
    doses = (0.15, 0.2, 0.25, 0.3, 0.5, 1.0)
    rows = []
    for dose in doses:
        words = f"ketamine {dose} mg/kg iv over 40 min twice weekly for 6 weeks"
        a_week_later = 24.0 * (5 * 7 + 3 + 7)
        run = ks.simulate(words, context="none", t_eval=[0.0, a_week_later])
        rows.append([f"{dose:g} mg/kg", f"{run['madrs_change'][-1]:+.1f}".replace("-", "−")])
    return _table(
        ["dose, twice weekly for 6 weeks", "change of MADRS one week after the last"], rows
    )


def _contrasts() -> str:
    trials = {
        "popova2019": "TRANSFORM-2", "fedgchin2019": "TRANSFORM-1", "ochsross2020": "TRANSFORM-3",
    }  # fmt: skip
    rows = []
    for r in ks.validate(progress=False).records:
        late = r.relative_to and r.readout == "madrs_change" and r.time_h and r.time_h > 600.0
        if r.source_key in trials and late:
            assert r.predicted is not None
            shown = [f"{x:.1f}".replace("-", "−") for x in (r.value, r.predicted)]
            ratio = f"{r.predicted / r.value:.1f}"
            rows.append([f"{trials[r.source_key]}, `{r.arm_id}`", *shown, ratio])
    if not rows or not np.all([0.5 < float(row[-1]) < 2.0 for row in rows]):
        raise ValueError(
            "docs/explanation/evidence.md says that these contrasts have the right size"
        )
    return _table(["trial, arm", "observed [points]", "model [points]", "model / observed"], rows)
