"""Write evidence.json and choices.json: what the page says and offers, from the tables of the package.

    python explorer/make_evidence.py

Parameters, sources, the disclaimer, observed points and what validation found are read from the package;
links.json, which the gallery reads too, says which parameters and sources stand behind each arrow. A link or card that names what the tables lack stops it here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ketasim as ks
from ketasim.catalogue import all_sources
from ketasim.clinic import programme, simulate_programme
from ketasim.evidence import links
from ketasim.evidence.vocabulary import CLINICAL
from ketasim.figures import DISCLAIMER, RISK
from ketasim.files import whole_file
from ketasim.observation import scenario_of

HERE = Path(__file__).parent
#: One infusion of 0.5 mg/kg over 40 min, and its control arm, as trials gave it.
TRIAL = ("ket_iv_0p5_mgkg_40min", "placebo_iv_40min", "midazolam")
#: Hypotheses that the page does not offer: opioid gating differs from the shipped model only beside an antagonist
#: of opioid receptors, which the page does not have.
NOT_OFFERED = ("opioid gating",)
#: Programmes that the page does not offer: its curves begin with the first dose, and here preparation comes before.
BEFORE_THE_PAGE = ("kap_three_sessions",)
#: An arm of a trial in people with suicidal depression in emergency rooms: its code on the page.
EMERGENCY = {"emergency": "canuso18_esk"}
ORAL_ANTIDEPRESSANT = "escitalopram"
#: Draws of the joint posterior of calibrated parameters, with this many digits.
DRAWS, DIGITS = 40, 3
#: Calibrated parameters that no curve of the page depends on: trials with other controls, diastolic pressure, and
#: how ratings and people differ.
NOT_SHOWN = re.compile(
    r"trial\..*(open_label|saline|nasal_placebo)|tolerability\.(DBP_max|v_.BP)|symptoms\.sd_e"
)
#: Times of the table that stands where nothing can be computed [h].
NAMED_H = (4.0, 24.0, 168.0, 336.0, 1344.0)
SHOWN = ("value", "unit", "low", "high", "grade", "evidence", "source_key", "fitted_to")


def evidence() -> dict[str, Any]:
    """Everything the page needs, with only the sources that something refers to."""
    given = links()
    known = all_sources()
    used: set[str] = set()
    parameters: dict[str, Any] = {}
    # Only numbers that a card shows: the others would be a tenth of the page.
    shown = {name for link in given["links"] for name in link["numbers"]}
    for row in ks.parameters().of(sorted(shown)):
        about = {"what": row["description"], **{name: row[name] for name in SHOWN}}
        keys = [*about.pop("source_key").split(";"), *about.pop("fitted_to").split(";")]
        # A value that was fitted or assumed here has no source of its own; what it was fitted to counts.
        about["sources"] = sorted({key.strip() for key in keys} & known.keys() - {"thisModel"})
        used.update(about["sources"])
        parameters[row["name"]] = about
    for link in given["links"]:
        # The page draws a link as one arrow.
        link.pop("steps", None)
        link["weakest"] = max(str(parameters[name]["grade"]) for name in link["numbers"])
        used.update(_known(known, link["sources"] + link["dissent_sources"], link["id"]))
    for card in given["reality"]:
        used.update(_known(known, card["sources"], card["id"]))
    grades = {link["id"]: link["grade"] for link in given["links"]}
    weakest = {link["id"]: link["weakest"] for link in given["links"]}
    validation = ks.validate(progress=False)
    fare = {
        strip: [
            sum(bool(r.within) for r in validation.records if r.scored and r.readout in readouts),
            sum(r.scored for r in validation.records if r.readout in readouts),
        ]
        for strip, readouts in given["tested"].items()
    }
    points = observed()
    used.update(point["source"] for point in points)
    return {
        "version": ks.__version__,
        "disclaimer": DISCLAIMER,
        "risk": RISK,
        "grades": {
            "A": "replicated human data",
            "B": "a single or small human study",
            "C": "animals",
            "D": "cells or tissue in a dish",
            "E": "assumed, or fitted here without direct evidence",
        },
        "parameters": parameters,
        "links": {link["id"]: link for link in given["links"]},
        "strips": {
            strip: {
                # A chain is as well founded as its weakest link.
                "grade": max(grades[link] for link in path),
                "numbers": max(weakest[link] for link in path),
                "fare": fare[strip],
                "path": path,
            }
            for strip, path in given["paths"].items()
        },
        "items": items(),
        "explained": explained(used),
        "plausible": plausible(),
        "observed": points,
        "start": start(),
        "reality": given["reality"],
        "sources": {
            key: {"citation": known[key].citation, "doi": known[key].doi, "url": known[key].url}
            for key in sorted(used, key=str.casefold)
        },
    }


def items() -> dict[str, Any]:
    """The ten questions of the last notebook with their answers, by number."""
    source = (HERE.parent / "examples/notebooks/10_instructor_kit.py").read_text(encoding="utf-8")
    plain = re.sub(r"^# ?", "", source, flags=re.MULTILINE)
    right = dict(re.findall(r"\b(\d+)([a-d])\b", plain.split("## Key")[1].split("%%")[0]))
    found = {}
    for number, body in re.findall(
        r"\*\*(\d+)\.\*\* (.*?)(?=\n\*\*\d+\.|\n%%)", plain, flags=re.DOTALL
    ):
        ask, *options = re.split(r"\n\* \*\*[a-d]\*\* ", body)
        found[number] = {
            "ask": " ".join(ask.split()).replace("*", ""),
            "options": [" ".join(option.split()).replace("*", "") for option in options],
            "right": "abcd".index(right[number]),
        }
    return found


def observed() -> list[dict[str, Any]]:
    """Mood after one infusion as a trial with an active control read it, with 95 % intervals."""
    drug, control, context = TRIAL
    found = ks.evidence.load()
    points = []
    for row in found.observations:
        arm = found.arms[row.arm_id]
        if row.readout != "madrs_change" or row.statistic != "point" or arm.context != context:
            continue
        if arm.regimen_id not in (drug, control):
            continue
        kind = "difference" if row.relative_to else "drug" if arm.regimen_id == drug else "control"
        half = row.spread if row.spread_kind == "ci95_halfwidth" else None
        points.append(
            {
                "kind": kind,
                "t": row.time_h,
                "value": row.value,
                "half": half,
                "n": row.n,
                "source": row.source_key,
            }
        )
    return points


def start() -> dict[str, Any]:
    """The mood of both arms that the page begins with, for a browser that cannot compute."""
    tablets = ks.Dose("escitalopram", 10, "mg", "oral", interval_h=24, additional=55)
    arms = {
        "ket": ks.Scenario("ketamine 0.5 mg/kg iv over 40 min"),
        "ssri": ks.Scenario(ks.Regimen((tablets,))),
    }
    values = {
        name: [
            round(float(v), 1) for v in ks.simulate(arm, t_eval=[0.0, *NAMED_H])["madrs_change"][1:]
        ]
        for name, arm in arms.items()
    }
    return {"t": list(NAMED_H), **values}


def code_of(name: str) -> str:
    """Return the code of a name in the address of the page, where _ and ~ separate parts."""
    return re.sub("[ _]", "-", name.lower())


def rivals() -> dict[str, str]:
    """Hypotheses that the page offers beside the shipped model: names by code."""
    names = ks.hypotheses().names[1:]
    return {code_of(name): name for name in names if name not in NOT_OFFERED}


def explained(used: set[str]) -> dict[str, Any]:
    """Observations that tell the rival mechanisms apart, and which of them each explains.

    Outside of trials one row for each: a mark for each hypothesis, in order, is 1 where its prediction is inside
    the interval. Trials are counted.
    """
    shipped = ks.hypotheses().names[0]
    codes = {"standard": shipped, **rivals()}
    found = ks.compare_hypotheses(
        "ketamine 0.5 mg/kg iv over 40 min", hypotheses=codes.values(), progress=False
    )
    areas = {r.obs_id: r.area for r in found.validations[shipped].records}
    explains = {name: set(found.explains(name)) for name in codes.values()}
    telling, given = set(found.telling), ks.evidence.load()
    rows: dict[tuple[Any, ...], int] = {}
    for seen in given.observations:
        area = areas.get(seen.obs_id)
        if seen.obs_id not in telling or area in (None, CLINICAL):
            continue
        used.add(seen.source_key)
        arm = given.arms[seen.arm_id]
        # A sign counts from 0; a ratio from 1, a percentage from 100.
        rest = {"fold": 1.0, "% of baseline": 100.0}.get(seen.unit, 0.0)
        way = (seen.value > rest) - (seen.value < rest)
        other = given.arms.get(seen.relative_to)
        against = other is not None and bool(_drugs(arm, given) & _drugs(other, given))
        marks = "".join(str(int(seen.obs_id in explains[name])) for name in codes.values())
        # What one study found again and again, at several doses or times, is one line.
        key = (area, seen.readout, way, against, seen.source_key, arm.species, marks)
        rows[key] = rows.get(key, 0) + 1
    names = ("area", "readout", "way", "against", "source", "species", "marks")
    return {
        "hypotheses": list(codes),
        "areas": {
            code_of(area): {code: found.explained(name, area)[0] for code, name in codes.items()}
            for area in found.areas
        },
        "telling": {code_of(area): found.explained(shipped, area)[1] for area in found.areas},
        "rows": [
            {**dict(zip(names, (code_of(key[0]), *key[1:]), strict=True)), "n": n}
            for key, n in rows.items()
        ],
    }


def _drugs(arm: ks.evidence.Arm, given: ks.evidence.Evidence) -> set[str]:
    """Drugs of an arm, without placebo and without what only blocks a target."""
    records = given.regimens[arm.regimen_id] if arm.regimen_id else ()
    return {r.drug for r in records if r.amount_unit != "fraction"} - {"placebo"}


def plausible() -> dict[str, Any]:
    """Draws of what is known of the calibrated parameters together: one row for each."""
    posterior = ks.fitting.calibrated()
    own = [n for n in posterior.names if n in ks.parameters().names and not NOT_SHOWN.match(n)]
    draws = posterior.draws(DRAWS, names=own)
    return {
        "names": list(draws.names),
        "draws": [[float(f"{v:.{DIGITS}g}") for v in row] for row in draws.values[0]],
    }


def choices() -> dict[str, Any]:
    """Return what the arms of the page can be, beside what state.js lists: switches of rivals, doses of clinics."""
    shipped = {row["name"]: row["value"] for row in ks.parameters()}
    sets = {code: ks.hypotheses()[name]["parameters"] for code, name in rivals().items()}
    return {
        "hypotheses": {
            code: {k: v for k, v in sets[code].items() if v != shipped[k]} for code in sets
        },
        "programmes": {
            **{
                code_of(name): programme_doses(name)
                for name in ks.programmes().names
                if name not in BEFORE_THE_PAGE
            },
            **{code: together(trial_doses(arm)) for code, arm in EMERGENCY.items()},
        },
    }


def programme_doses(name: str) -> list[dict[str, Any]]:
    """Doses for the typical person, by the rules of the programme and ratings without error.

    Where a rule would end treatment, it goes on: as in those who respond.
    """
    plan = programme(name)
    levels: list[int] = []
    for level in simulate_programme(name, rating_error=False).levels:
        levels.append(levels[-1] if level is None else level)
    return together(plan.regimen(levels).doses)


def trial_doses(arm_id: str) -> tuple[ks.Dose, ...]:
    """Doses of an arm of a trial."""
    given = ks.evidence.load()
    arm = given.arms[arm_id]
    return scenario_of(arm, given.regimens[arm.regimen_id]).regimen.doses


def together(doses: Iterable[ks.Dose]) -> list[dict[str, Any]]:
    """Doses that are alike, with their starts [h] within the time of the page; without the daily tablet."""
    found: dict[tuple[Any, ...], list[float]] = {}
    for dose in doses:
        if dose.drug != ORAL_ANTIDEPRESSANT:
            key = (dose.drug, dose.amount, dose.unit, dose.route, dose.duration_h)
            found.setdefault(key, []).extend(
                round(float(t), 6) for t in dose.start_times if t < NAMED_H[-1]
            )
    names = ("drug", "amount", "unit", "route", "duration_h")
    return [
        {**dict(zip(names, key, strict=True)), "starts_h": sorted(starts)}
        for key, starts in found.items()
        if starts
    ]


def _known(known: dict[str, Any], keys: list[str], where: str) -> list[str]:
    missing = [key for key in keys if key not in known]
    if missing:
        raise KeyError(f"{where}: no source called {', '.join(missing)}")
    return keys


if __name__ == "__main__":
    for file, what in (("choices.json", choices()), ("evidence.json", evidence())):
        text = json.dumps(what, ensure_ascii=False, indent=1, sort_keys=True)
        with whole_file(HERE / file) as draft:
            draft.write_text(text + "\n", encoding="utf-8")
