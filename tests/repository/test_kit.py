"""The classroom kit: made by one command from the model, the page's words and the last notebook."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import ketasim as ks

ROOT = Path(__file__).parents[2]
SCENES = tuple(json.loads((ROOT / "explorer/scenes.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module", params=["en", "de"])
def kit(request, tmp_path_factory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    command = [sys.executable, ROOT / "explorer/make_kit.py", folder, "--lang", request.param]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return request.param, folder


def test_every_scene_has_a_worksheet_a_slide_and_an_answer(kit) -> None:
    language, folder = kit
    for scene in SCENES:
        sheet = (folder / f"worksheet_{scene}.html").read_text(encoding="utf-8")
        assert f'lang="{language}"' in sheet
        assert sheet.count('class="room"') >= 4
    slides = (folder / "slides.html").read_text(encoding="utf-8")
    assert slides.count("<section class='slide'>") == len(SCENES)
    assert slides.count('src="data:image/png;base64,') == len(SCENES)
    assert len(re.findall(r"<img alt=\"[^\"]{80,}\"", slides)) == len(SCENES)
    for path in folder.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert ("Not medical advice" if language == "en" else "Kein ärztlicher Rat") in page
        assert not re.search(r"(src|href)=\"(?!data:)", page), "asks for something elsewhere"
        assert not re.search(
            r"NaN|undefined|None|\{\w+\}", page.split("</style>")[1].split("base64")[0]
        )


def test_the_key_has_the_numbers_of_this_model(kit) -> None:
    _, folder = kit
    key = (folder / "key.html").read_text(encoding="utf-8")
    run = ks.simulate("ketamine 0.5 mg/kg im", t_eval=[k / 120 for k in range(721)])
    assert f"{run['ketamine_venous'].max():.0f} ng/mL" in key
    brake = ks.simulate(
        "ketamine 0.5 mg/kg iv over 40 min",
        t_eval=[k / 30 for k in range(721)],
        parameters={"disinhibition.w_pyr": 0.0},
    )
    top = 100 * brake["glutamate_dialysate"].max() / brake.before("glutamate_dialysate")
    assert f" {top:.0f} %" in key


def test_the_key_answers_every_scene_but_the_exit(kit) -> None:
    language, folder = kit
    key = (folder / "key.html").read_text(encoding="utf-8")
    file = "scenes.json" if language == "en" else "de.json"
    words = json.loads((ROOT / "explorer" / file).read_text(encoding="utf-8"))
    for name, scene in (words if language == "en" else words["scenes"]).items():
        told = key.split(f"<h2>{scene['name']}</h2>")[1:]
        assert len(told) == (name != "exit"), name
        assert all("<li>" in part.split("<h2>")[0] for part in told), name


def test_moodle_gets_ten_questions_with_the_key_of_the_notebook(kit) -> None:
    _, folder = kit
    quiz = ElementTree.parse(folder / "questions.xml").getroot()
    questions = quiz.findall("question")
    notebook = (ROOT / "examples/notebooks/10_instructor_kit.py").read_text(encoding="utf-8")
    key = re.search(r"## Key\n#\n# (.+)", notebook)[1].split(" · ")
    assert len(questions) == len(key) == 10
    for question, expected in zip(questions, key, strict=True):
        answers = question.findall("answer")
        assert question.get("type") == "multichoice"
        assert len(answers) == 4
        assert all(answer.findtext("text") for answer in answers)
        right = [i for i, answer in enumerate(answers) if answer.get("fraction") == "100"]
        assert ["abcd"[i] for i in right] == [expected[-1]]
