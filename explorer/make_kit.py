"""Write the classroom kit: worksheets, answer key, slides, a guide for teachers, and the ten questions for Moodle.

    python explorer/make_kit.py FOLDER              # English
    python explorer/make_kit.py FOLDER --lang de    # German

Every number is computed by the model when the command runs, every word comes from the message catalogue of
the page, every picture from the gallery. All pages print on A4 and ask nothing of any network.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

import ketasim as ks
from ketasim.files import whole_file

HERE = Path(__file__).parent
INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TABLETS = "escitalopram 10 mg oral daily for 8 weeks"
#: Minutes for each scene in lessons of 15 and 50 minutes.
MINUTES = {
    "race": (3, 9),
    "paradox": (2, 7),
    "clocks": (2, 6),
    "break": (2, 7),
    "dose": (2, 6),
    "doubt": (2, 6),
    "rivals": (1, 5),
    "exit": (1, 4),
}
LANGUAGES = ("en", "de")
STYLE = """
@page { size: A4; margin: 16mm } body { font: 12pt/1.45 Helvetica, Arial, sans-serif; max-width: 178mm; margin: 8mm auto; color: #000 }
h1 { font-size: 20pt; margin: 0 0 2mm } h2 { font-size: 14pt; margin: 6mm 0 1mm } .q { font-size: 15pt; font-weight: 600; margin: 3mm 0 }
.room { border-bottom: 1px solid #999; height: 9mm } small { color: #444 } table { border-collapse: collapse; width: 100% }
td, th { border: 1px solid #999; padding: 1.5mm 3mm; text-align: left } img { max-width: 100% } .box::before { content: "☐ " }
.slide { break-after: page; height: 170mm } .slide img { max-height: 120mm } .slide h1 { font-size: 30pt } .slide p { font-size: 17pt }
"""


def catalogue(lang: str) -> tuple[dict[str, Any], ...]:
    """Return strings, scenes, evidence and the words of the kit in a language."""

    def read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((HERE / name).read_text(encoding="utf-8"))
        return found

    def merged(base: Any, more: Any) -> Any:
        if more is None:
            return base
        if not isinstance(base, dict):
            return more
        return {key: merged(value, more.get(key)) for key, value in base.items()}

    strings, scenes, evidence = read("strings.json"), read("scenes.json"), read("evidence.json")
    words = read("kit.json")
    if lang == "de":
        other = read("de.json")
        strings, scenes = merged(strings, other["strings"]), merged(scenes, other["scenes"])
        words = merged(words, other["kit"])
        evidence = {**evidence, **other["evidence"]}
        evidence["items"] = merged(evidence["items"], other["items"])
    return strings, scenes, evidence, words


def in_words(hours: float | None, strings: Mapping[str, Any], never: str) -> str:
    """Write a time as the page does."""
    if hours is None:
        return never
    if hours < 1.5:
        return f"{60 * hours:.0f} min"
    point = str(strings["units"]["decimal"])
    if hours < 36.0:
        return f"{hours:.1f} h".replace(".0 ", " ").replace(".", point)
    number, unit = (hours / 24.0, "days") if hours < 504.0 else (hours / 168.0, "weeks")
    return f"{number:.1f} {strings['units'][unit]}".replace(".", point, 1)


def answers(strings: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, list[str]]:
    """Compute what the model says to each scene."""
    from ketasim.simulation import gone, half_way

    grid = np.unique(np.r_[np.linspace(0, 24, 721), np.linspace(24, 1344, 1321)])
    names = strings["drugs_name"]
    said: dict[str, list[str]] = {"race": [], "paradox": [], "clocks": [], "dose": []}

    def lost(t: np.ndarray, y: np.ndarray) -> float | None:
        deepest = int(np.argmin(y))
        later = np.flatnonzero(y[deepest:] >= 0.5 * y[deepest])
        return float(t[deepest + later[0]]) if later.size else None

    for drug, regimen in (("ket", INFUSION), ("ssri", TABLETS)):
        run = ks.simulate(regimen, t_eval=grid)
        y = run["madrs_change"]
        said["race"].append(
            f"{names[drug]}: {words['half']} {in_words(half_way(run.t, y), strings, words['never'])}"
            + (
                ""
                if (end := lost(run.t, y)) is None
                else f"; {words['lost']} {in_words(end, strings, '')}"
            )
        )
    for which, switch in (("brake", "disinhibition.w_pyr"), ("drive", "disinhibition.w_dis")):
        run = ks.simulate(INFUSION, t_eval=grid[grid <= 24], parameters={switch: 0.0})
        top = 100 * run["glutamate_dialysate"].max() / run.before("glutamate_dialysate")
        said["paradox"].append(
            f"{strings['cells'][which]}: {words['glutamate']} {top:.0f} {words['before']}"
        )
    run = ks.simulate(INFUSION, t_eval=grid)
    body = sum(
        run[f"pharmacokinetics.{part}_{e}"] for part in ("A1", "A2", "A3", "Ah") for e in "SR"
    )
    said["clocks"] = [
        f"{words['gone']} {in_words(gone(run.t, body, 0.03), strings, words['never'])}",
        f"{words['lost']} {in_words(lost(run.t, run['madrs_change']), strings, words['never'])}",
    ]
    block = ks.block("ampa", 0.9, start_h=-0.25, duration_h=8)
    stopped = ks.simulate(INFUSION, t_eval=grid, interventions=[block])
    names_of = {
        "glutamate": "glutamate_dialysate", "ampa": "ampa_throughput", "bdnf": "bdnf_extracellular", "mtor": "p_mtor",
        "spines": "spine_restored", "mood": "madrs_change",
    }  # fmt: skip
    dark = []
    for stage, readout in names_of.items():
        rest = 0.0 if readout in ("spine_restored", "madrs_change") else run.before(readout)
        away = [r[readout] - rest for r in (run, stopped)]
        most = [float(each[np.argmax(np.abs(each))]) for each in away]
        if most[1] / most[0] < 1 / 3:
            dark.append(strings["nodes"][stage])
    said["break"] = [f"{words['dark']}: {', '.join(dark)}"]
    for dose in (10, 30, 50, 200):
        rat = ks.simulate(
            f"ketamine {dose} mg/kg ip",
            subject=ks.Subject(species="rat", severity=1.0),
            t_eval=np.linspace(0, 1, 241),
        )
        mean = (
            100
            * np.trapezoid(rat["glutamate_dialysate"], rat.t)
            / rat.before("glutamate_dialysate")
        )
        said["dose"].append(f"{dose} mg/kg: {words['hour']} {mean:.0f} {words['before']}")
    for route, regimen in (
        ("iv", INFUSION), ("im", "ketamine 0.5 mg/kg im"), ("intranasal", "ketamine 0.5 mg/kg intranasal"),
        ("oral", "ketamine 0.5 mg/kg oral"),
    ):  # fmt: skip
        person = ks.simulate(regimen, t_eval=np.linspace(0, 6, 721))
        said["dose"].append(
            f"{strings['routes'][route]}: {words['peak']} {person['ketamine_venous'].max():.0f} ng/mL"
        )
    # As the question and the page count: by the drug alone, without the control arm's change and errors of ratings.
    people = ks.simulate_population(
        INFUSION, 400, readouts=["madrs", "madrs_baseline"], only_readouts=True, t_eval=[24.0, 168.0],
        progress=False,
    )  # fmt: skip
    halved = (people["madrs"] <= 0.5 * people["madrs_baseline"]).mean(axis=0)
    said["doubt"] = [
        f"{strings['population'][day]}: {20 * share:.0f} {words['of20']}"
        for day, share in zip(("day1", "day7"), halved, strict=True)
    ]
    return said


def explained(evidence: Mapping[str, Any], strings: Mapping[str, Any]) -> list[str]:
    """Say how many observations each hypothesis explains, by area."""
    found, words = evidence["explained"], strings["rivals"]
    return [
        f"{words['areas'][area]}: "
        + ", ".join(
            f"{strings['hypotheses'][code]} {words['of'].format(x=of[code], n=found['telling'][area])}"
            for code in found["hypotheses"]
        )
        for area, of in found["areas"].items()
    ]


def page(title: str, body: str, evidence: Mapping[str, Any], lang: str) -> str:
    """Return a printable page with the disclaimer."""
    foot = f"{evidence['disclaimer']} {evidence['risk']} ketasim {ks.__version__}"
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style>\n{body}\n<p><small>{html.escape(foot)}</small></p></html>\n"
    )


def worksheet(
    scene: Mapping[str, Any], words: Mapping[str, Any], strings: Mapping[str, Any]
) -> str:
    """Return the question of a scene with room for a prediction, what was seen, and why."""
    options = ""
    items = scene.get("items", {})
    if scene["kind"] == "draw":
        bands = [
            strings["time"]["bandunits"][u]
            for u in ("seconds", "minutes", "hours", "days", "weeks")
        ]
        marks = "".join(
            f'<rect x="{20 + 124 * i}" y="10" width="124" height="200" fill="{"#f1f3f5" if i % 2 == 0 else "#fff"}"/>'
            f'<text x="{82 + 124 * i}" y="230" text-anchor="middle" font-size="14">{band}</text>'
            for i, band in enumerate(bands)
        )
        options = (
            f"<p>{strings['strips']['mood']['title']}, {words['alone']}</p>"
            f'<svg viewBox="0 0 660 240" role="img" aria-label="{words["predict"]}">{marks}'
            '<path d="M20 10V210H640M20 30H640" fill="none" stroke="#000"/></svg>'
        )
    elif scene["kind"] == "stages":
        options = "".join(f'<p class="box">{strings["nodes"][name]}</p>' for name in items)
    elif scene["kind"] == "highest":
        options = "".join(
            f"<p><b>{item['ask']}</b></p>"
            + "".join(f'<p class="box">{o}</p>' for o in item["options"].values())
            for item in items.values()
        )
    elif scene["kind"] == "direction":
        options = "".join(
            f"<p><b>{item}</b></p>"
            + "".join(f'<span class="box">{o}</span> &nbsp; ' for o in scene["options"].values())
            for item in items.values()
        )
    else:
        options = "".join(f'<p>{item}:</p><p class="room"></p>' for item in items.values())
    room = '<p class="room"></p>' * 2
    return (
        f"<h1>{scene['name']}</h1><p class='q'>{scene['question']}</p><h2>{words['predict']}</h2>{options}"
        f"<h2>{words['seen']}</h2>{room}<h2>{words['why']}</h2>{room}"
    )


def moodle(items: Mapping[str, Any]) -> str:
    """Return the ten questions in the XML of Moodle: one right answer each, order of answers kept."""
    quiz = ElementTree.Element("quiz")
    for number, item in sorted(items.items(), key=lambda pair: int(pair[0])):
        question = ElementTree.SubElement(quiz, "question", type="multichoice")
        name = ElementTree.SubElement(ElementTree.SubElement(question, "name"), "text")
        name.text = f"ketasim {int(number):02d}"
        text = ElementTree.SubElement(question, "questiontext", format="plain_text")
        ElementTree.SubElement(text, "text").text = item["ask"]
        for key, value in (("single", "true"), ("shuffleanswers", "0"), ("answernumbering", "abc")):
            ElementTree.SubElement(question, key).text = value
        for i, option in enumerate(item["options"]):
            right = "100" if i == item["right"] else "0"
            answer = ElementTree.SubElement(question, "answer", fraction=right, format="plain_text")
            ElementTree.SubElement(answer, "text").text = option
    ElementTree.indent(quiz)
    return ElementTree.tostring(quiz, encoding="unicode", xml_declaration=True) + "\n"


def picture(name: str) -> str:
    """Return the figure of a scene from the gallery, written into the page."""
    gallery = ks.gallery
    make = {
        "race": gallery.onset_race, "paradox": lambda **k: gallery.synapse(at="40 min", **k), "clocks": gallery.two_clocks,
        "break": gallery.blockers, "dose": lambda **k: gallery.dose_response("glutamate", **k), "doubt": gallery.population_bands,
        "rivals": gallery.cascade_diagram, "exit": gallery.synapse_strip,
    }  # fmt: skip
    exhibit = make[name](style="slide")
    data = base64.b64encode(exhibit.png(110)).decode()
    return f'<img alt="{html.escape(exhibit.alt)}" src="data:image/png;base64,{data}">'


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the classroom kit.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lang", choices=LANGUAGES, default="en")
    asked = parser.parse_args()
    strings, scenes, evidence, words = catalogue(asked.lang)
    said = {**answers(strings, words), "rivals": explained(evidence, strings)}
    # What can be chosen among rivals are the hypotheses of the package.
    for item in scenes["rivals"]["items"].values():
        item["options"] = {
            code: strings["hypotheses"][code] for code in evidence["explained"]["hypotheses"][1:]
        }
    asked.folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, title: str, body: str) -> None:
        with whole_file(asked.folder / f"{name}.html") as draft:
            draft.write_text(page(title, body, evidence, asked.lang), encoding="utf-8")

    for name, scene in scenes.items():
        if scene["kind"] == "quiz":
            scene["items"] = {n: f"{evidence['items'][str(n)]['ask']} … " for n in scene["pick"]}
        write(
            f"worksheet_{name}",
            f"{words['worksheet']}: {scene['name']}",
            worksheet(scene, words, strings),
        )
    lines = "".join(
        f"<h2>{scene['name']}</h2><p><b>{scene['question']}</b></p><ul>"
        + "".join(f"<li>{line}</li>" for line in said[name])
        + "</ul>"
        for name, scene in scenes.items()
        if name in said
    )
    letters = " · ".join(
        f"{n}{'abcd'[item['right']]}"
        for n, item in sorted(evidence["items"].items(), key=lambda p: int(p[0]))
    )
    write(
        "key",
        words["key"],
        f"<h1>{words['key']}</h1><p>{words['model']}:</p>{lines}<h2>1–10</h2><p>{letters}</p>",
    )
    slides = "".join(
        f"<section class='slide'><h1>{scene['opening']}</h1><p>{scene['question']}</p>{picture(name)}</section>"
        for name, scene in scenes.items()
    )
    write("slides", words["slides"], slides)
    rows = "".join(
        f"<tr><td>{scenes[name]['name']}</td><td>{short} {words['minutes']}</td><td>{long} {words['minutes']}</td></tr>"
        for name, (short, long) in MINUTES.items()
    )
    total = [sum(column) for column in zip(*MINUTES.values(), strict=True)]
    traps = "".join(
        f"<li><b>{card['title']}</b> {card['text']}</li>" for card in evidence["reality"][:5]
    )
    write(
        "teacher_guide",
        words["guide"],
        f"<h1>{words['guide']}</h1><p>{words['start']}</p><table><tr><th>{words['scene']}</th>"
        f"<th>{total[0]} {words['minutes']}</th><th>{total[1]} {words['minutes']}</th></tr>{rows}</table><ul>"
        + "".join(f"<li>{rule}</li>" for rule in words["rules"])
        + f"</ul><p>{words['print']}</p><p>{words['collect']}</p><h2>{words['trap']}</h2><ul>{traps}</ul>",
    )
    with whole_file(asked.folder / "questions.xml") as draft:
        draft.write_text(moodle(evidence["items"]), encoding="utf-8")
    print(f"wrote {len(list(asked.folder.iterdir()))} files into {asked.folder}")


if __name__ == "__main__":
    main()
