"""Write evidence.json: what the page says about numbers and links, from the tables of the package.

    python explorer/make_evidence.py

Parameters, sources, the disclaimer, observed points and what validation found are read from the package;
links.json, which the gallery reads too, says which parameters and sources stand behind each arrow. A link or card that names what the tables lack stops it here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import ketasim as ks
from ketasim.catalogue import all_sources
from ketasim.evidence import links
from ketasim.figures import DISCLAIMER, RISK
from ketasim.files import whole_file

HERE = Path(__file__).parent
#: One infusion of 0.5 mg/kg over 40 min, and its control arm, as trials gave it.
TRIAL = ("ket_iv_0p5_mgkg_40min", "placebo_iv_40min", "midazolam")
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


def _known(known: dict[str, Any], keys: list[str], where: str) -> list[str]:
    missing = [key for key in keys if key not in known]
    if missing:
        raise KeyError(f"{where}: no source called {', '.join(missing)}")
    return keys


if __name__ == "__main__":
    text = json.dumps(evidence(), ensure_ascii=False, indent=1, sort_keys=True)
    with whole_file(HERE / "evidence.json") as draft:
        draft.write_text(text + "\n", encoding="utf-8")
