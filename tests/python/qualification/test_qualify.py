"""The credibility report: complete, true to its numbers, and not silent when something is wrong."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim import cli
from ketasim.qualification import Check, error_reached, known_disagreements

PACKAGE = Path(ks.__file__).parent

#: Not in any cell: signs of a number or a text that was not made.
UNMADE = re.compile(r"\b(nan|NaN|None|inf|not finite|\{\w*\})\b")


@pytest.fixture(scope="module")
def quick():
    return ks.qualify(quick=True)


@pytest.fixture(scope="module")
def whole():
    return ks.qualify(progress=False)


# --- the check of an installation --------------------------------------------------------------------


def test_this_installation_passes(quick):
    assert quick.ok, quick
    assert not quick.failures
    assert {c.status for c in quick.checks} <= {"pass", "not run"}
    assert len(quick.checks) > 60


def test_the_quick_check_takes_seconds():
    began = time.process_time()
    ks.qualify(quick=True)
    assert time.process_time() - began < 20.0


def test_every_item_has_a_name_a_criterion_and_what_was_reached(quick):
    names = [c.name for c in quick.checks]
    assert len(set(names)) == len(names)
    for check in quick.checks:
        assert check.criterion
        assert check.reached
        assert check.detail or check.status == "pass"
        assert not UNMADE.search(f"{check.name} {check.criterion} {check.reached}")


def test_the_layout_of_the_json_report_is_stable(quick, tmp_path):
    found = json.loads(quick.to_json(tmp_path / "report.json").read_text(encoding="utf-8"))
    assert found["schema"] == "ketasim.qualification/1"
    assert {name: type(value) for name, value in found.items()} == {
        "schema": str,
        "quick": bool,
        "written": str,
        "seconds": float,
        "ok": bool,
        "made": dict,
        "counts": dict,
        "checks": list,
        "sections": list,
        "hashes": dict,
    }
    assert found["counts"]["pass"] == sum(c["status"] == "pass" for c in found["checks"])
    for check in found["checks"]:
        assert list(check) == ["section", "name", "criterion", "reached", "status", "detail"]
    keys = [s["key"] for s in found["sections"]]
    assert keys == ["summary", "installation", "code", "calculation", "versions"]
    assert {c["section"] for c in found["checks"]} <= set(keys)
    for section in found["sections"]:
        assert list(section) == ["key", "title", "text", "tables", "figures"]
        for table in section["tables"]:
            assert all(len(row) == len(table["columns"]) for row in table["rows"])
    own = hashlib.sha256((PACKAGE / "evidence/data/observations.csv").read_bytes()).hexdigest()
    assert found["hashes"]["evidence/data/observations.csv"] == own
    assert any(name.startswith("_core.") for name in found["hashes"])
    assert found["made"]["ketasim"] == ks.__version__


def test_results_do_not_depend_on_threads(quick):
    again = ks.qualify(quick=True, threads=1)
    assert [(c.name, c.reached) for c in again.checks] == [
        (c.name, c.reached) for c in quick.checks
    ]


def test_impossible_threads_are_refused():
    with pytest.raises(ks.ScenarioError, match="threads"):
        ks.qualify(quick=True, threads=0)


def test_a_report_without_items_is_not_ok(quick):
    from dataclasses import replace

    assert not replace(quick, sections=()).ok
    section = replace(
        quick.sections[1], checks=(Check("Sum", "at most 1", "2", "fail", "too large"),)
    )
    failed = replace(quick, sections=(section,))
    assert not failed.ok
    assert "FAILED: 1 of 1 items" in repr(failed)
    assert "Failed: Sum. too large" in repr(failed)


# --- the page ----------------------------------------------------------------------------------------


class Cells(HTMLParser):
    """Texts of cells, tags, and attributes that would load something."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.loads: list[str] = []
        self.unnamed = 0
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        if tag not in ("meta", "br", "path", "circle", "rect", "polyline", "link"):
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")
        if tag == "svg" and not (given.get("aria-label") or given.get("aria-hidden")):
            self.unnamed += 1
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loads += [v for k, v in given.items() if k in ("src", "href") and "#" not in str(v)]

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data):
        if self.cells and any(tag in self.open for tag in ("td", "th")):
            self.cells[-1] += data


def check_page(path):
    text = path.read_text(encoding="utf-8")
    page = Cells()
    page.feed(text)
    assert text.startswith("<!doctype html>")
    assert page.open == []
    assert "script" not in page.tags
    assert page.loads == []
    assert "default-src 'none'" in text
    assert page.unnamed == 0
    assert len(page.cells) > 100
    assert all(cell.strip() for cell in page.cells)
    assert not [cell for cell in page.cells if UNMADE.search(cell)]
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert "must not be used to choose, change or stop a treatment" in text
    return text, page


def test_the_page_of_an_installation_stands_alone(quick, tmp_path):
    text, _ = check_page(quick.to_html(tmp_path / "installation.html"))
    assert "says nothing on whether the model describes patients" in text
    assert quick.written in text


@pytest.mark.slow
def test_the_whole_report_is_complete(whole, tmp_path):
    assert whole.ok, whole.failures
    _text, page = check_page(whole.to_html(tmp_path / "credibility.html"))
    assert page.tags.count("figure") >= 12
    found = whole.to_dict()
    assert [s["key"] for s in found["sections"]] == [
        *("summary", "context", "model", "installation", "code", "calculation", "validation"),
        *("uncertainty", "applicability", "failures", "versions"),
    ]
    for section in found["sections"]:
        for table in section["tables"]:
            assert table["rows"]
            assert all(cell for row in table["rows"] for cell in row)
            assert not [c for row in table["rows"] for c in row if UNMADE.search(c)]
        assert all(figure["in_words"] for figure in section["figures"])


@pytest.mark.slow
def test_goals_that_are_not_met_are_known_failures(whole):
    missed = [c for c in whole.checks if c.status == "not met"]
    assert missed  # a model of this kind has some
    (failures,) = (s for s in whole.sections if s.key == "failures")
    assert list(failures.checks) == missed
    assert whole.ok  # they say nothing about the installation
    unseen = [c for c in whole.checks if c.name.endswith(", check")]
    met = sum(c.status == "met" for c in unseen)
    assert f"not used to choose values it meets {met} of {len(unseen)};" in repr(whole)


@pytest.mark.slow
def test_numbers_of_people_say_in_how_many_arms_they_are_stated(whole):
    (applicability,) = (s for s in whole.sections if s.key == "applicability")
    (table,) = (g for g in applicability.grids if g.title == "Populations")
    evidence = ks.evidence.load()
    used = {o.arm_id for o in evidence.observations if o.weight > 0.0}
    for species, population, arms, subjects, *_ in table.rows:
        group = [
            a
            for a in evidence.arms.values()
            if a.arm_id in used
            and (a.species, a.population.replace("_", " ")) == (species, population)
        ]
        stated = sum(a.n is not None for a in group)
        assert len(group) == int(arms)
        assert ("stated in" in subjects) == (0 < stated < len(group))


@pytest.mark.slow
def test_numbers_of_the_report_are_those_of_the_library(whole):
    sections = {s.key: s for s in whole.sections}
    judged = ks.validate(progress=False)
    (areas, *_) = sections["validation"].grids
    for area, role, own, *_ in areas.rows:
        inside, n = judged.inside(role, area)
        assert own.startswith(f"{inside} of {n} ")
    (conclusions, *_) = sections["uncertainty"].grids
    drug, control = (
        ks.simulate(text, context="midazolam", t_eval=[24.0])["madrs_change"][0]
        for text in ("ketamine 0.5 mg/kg iv over 40 min", "placebo iv")
    )
    first = conclusions.rows[0]
    assert float(first[2]) == pytest.approx(drug - control, rel=5e-3)  # three digits
    low, middle, high = map(float, first[3:6])
    assert low < middle < high
    used = {row[:3] for row in sections["applicability"].grids[0].rows}
    assert ("human", "ketamine", "iv") in used
    missing = {row[0]: row[1] for row in sections["applicability"].grids[1].rows}
    assert "placebo" not in missing
    assert not any(
        species == "human" and route in missing.get(drug, "").split(", ")
        for species, drug, route in used
    )


def test_known_disagreements_end_as_sentences():
    for found in known_disagreements():
        assert found.text.endswith(".")
        assert found.title


# --- planted faults ----------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path):
    """A copy of the package that a test may damage."""
    folder = tmp_path / "site"
    ignored = shutil.ignore_patterns("__pycache__", "explorer", "*.html")
    shutil.copytree(PACKAGE, folder / "ketasim", ignore=ignored)
    (folder / "ketasim/explorer").mkdir()
    for path in (PACKAGE / "explorer").glob("*.py"):
        shutil.copy(path, folder / "ketasim/explorer")
    return folder


def quick_report(folder, tmp_path):
    """Exit code and JSON report of the check of a copy of the package."""
    done = subprocess.run(
        [sys.executable, "-m", "ketasim", "qualify", "--quick", "--output", tmp_path / "out"],
        env=os.environ | {"PYTHONPATH": str(folder)},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    report = tmp_path / "out" / "installation.json"
    assert report.is_file(), done.stderr
    check_page(report.with_suffix(".html"))
    return done.returncode, json.loads(report.read_text(encoding="utf-8")), done.stdout


def failed(report):
    return {c["name"]: c["detail"] for c in report["checks"] if c["status"] == "fail"}


def test_a_copy_that_is_whole_passes(copied, tmp_path):
    code, report, said = quick_report(copied, tmp_path)
    assert code == cli.PASSED
    assert report["ok"]
    assert "This installation passed" in said


def test_a_corrupted_reference_value_is_named(copied, tmp_path):
    path = copied / "ketasim/qualification/reference/reference_values.csv"
    path.write_text(path.read_text().replace("112.080", "112.180"))
    code, report, said = quick_report(copied, tmp_path)
    assert code == cli.FAILED
    assert list(failed(report)) == ["Reference values: human_in_84"]
    assert "esketamine_venous at 0.7 h is 112.08" in failed(report)["Reference values: human_in_84"]
    assert "This installation FAILED: 1 of" in said


def test_a_parameter_that_is_not_that_of_the_release_is_named(copied, tmp_path):
    path = copied / "ketasim/qualification/reference/release_values.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    (row,) = (r for r in rows if r[:3] == ["parameter", "human", "mtor.tau_M"])
    row[3] = repr(float(row[3]) * (1.0 + 1e-15))  # the last digit
    path.write_text("\n".join(map(",".join, rows)))
    code, report, _ = quick_report(copied, tmp_path)
    assert code == cli.FAILED
    assert list(failed(report)) == ["Values of the release: parameter"]
    assert "human mtor.tau_M is" in failed(report)["Values of the release: parameter"]


@pytest.mark.parametrize(
    ("file", "item"),
    [
        ("qualification/reference/release_values.csv", "Values of the release"),
        ("qualification/reference/reference_values.csv", "Reference values"),
        ("qualification/reference/scenarios.csv", "Reference values"),
    ],
)
def test_a_missing_file_is_a_failed_item(copied, tmp_path, file, item):
    (copied / "ketasim" / file).unlink()
    code, report, _ = quick_report(copied, tmp_path)
    assert code == cli.FAILED
    assert Path(file).name in failed(report)[item]


def recorded(folder):
    """Write the record that an installer leaves."""
    facts = folder / "ketasim-0.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: ketasim\nVersion: 0.0\n")
    lines = []
    for path in sorted((folder / "ketasim").rglob("*")):
        if path.is_file():
            digest = urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
            name = path.relative_to(folder).as_posix()
            lines.append(f"{name},sha256={digest.rstrip('=')},{path.stat().st_size}")
    (facts / "RECORD").write_text("\n".join(lines) + "\n")


def test_a_changed_file_of_an_installed_wheel_is_named(copied, tmp_path):
    recorded(copied)
    code, report, _ = quick_report(copied, tmp_path)
    (files,) = (c for c in report["checks"] if c["name"] == "Files as installed")
    assert (code, files["status"]) == (cli.PASSED, "pass")
    path = copied / "ketasim/evidence/data/trials.csv"
    path.write_text(path.read_text() + "\n")
    (copied / "ketasim/py.typed").unlink()
    code, report, _ = quick_report(copied, tmp_path)
    assert code == cli.FAILED
    assert list(failed(report)) == ["Files as installed"]
    detail = failed(report)["Files as installed"]
    assert "ketasim/evidence/data/trials.csv was changed" in detail
    assert "ketasim/py.typed is missing" in detail


@pytest.mark.slow
def test_a_damaged_evidence_table_is_a_failed_section_not_a_crash(copied, tmp_path):
    path = copied / "ketasim/evidence/data/observations.csv"
    path.write_text(path.read_text().replace(",calibrate,", ",calibrat,", 1))
    done = subprocess.run(
        [sys.executable, "-m", "ketasim", "qualify", "--output", tmp_path / "out"],
        env=os.environ | {"PYTHONPATH": str(copied)},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == cli.FAILED, done.stderr
    report = json.loads((tmp_path / "out/credibility.json").read_text(encoding="utf-8"))
    assert {"Section validation", "Section applicability"} <= set(failed(report))
    assert "calibrat" in failed(report)["Section validation"]
    check_page(tmp_path / "out/credibility.html")


# --- error reached -----------------------------------------------------------------------------------


def test_a_smaller_tolerance_gives_a_smaller_error():
    coarse, fine = error_reached(
        "ketamine 0.5 mg/kg iv over 40 min", [0.5, 2, 24, 168], [1e-4, 1e-8]
    )
    assert fine.rms * 1e-8 < 1e-3 * coarse.rms * 1e-4
    assert fine.n_steps > coarse.n_steps
    assert coarse.worst_state[1] == max(coarse.states.values())
    assert coarse.worst_readout[1] == max(coarse.readouts.values())
    assert set(coarse.readouts) <= set(ks.readouts().names)
    assert np.isfinite([*coarse.states.values(), *coarse.readouts.values()]).all()


def test_the_error_is_that_against_a_run_that_is_more_exact():
    dose, times = "ketamine 35 mg im", [0.25, 1.0, 24.0]
    (found,) = error_reached(dose, times, [1e-5])
    run, exact = (ks.simulate(dose, t_eval=times, rtol=r) for r in (1e-5, 1e-12))
    size = np.abs(exact["ketamine_venous"]).max()
    expected = np.abs(run["ketamine_venous"] - exact["ketamine_venous"]).max() / (1e-5 * size)
    assert found.readouts["ketamine_venous"] == pytest.approx(expected, rel=1e-3)


def test_no_tolerance_is_refused():
    with pytest.raises(ks.ScenarioError, match="rtols is empty"):
        error_reached("ketamine 35 mg im", [1.0], [])


@pytest.mark.slow
def test_the_model_has_a_verdict_of_its_own_beside_that_of_the_installation(whole, tmp_path):
    text, _page = check_page(whole.to_html(tmp_path / "credibility.html"))
    begin = text[: text.index("<nav")]
    assert begin.count('class="verdict') == 2
    # A passed installation is not the colour of a model that misses goals.
    assert '<div class="verdict"><p><strong>This installation passed' in begin
    assert '<div class="verdict missed"><p><strong>The model meets' in begin


@pytest.mark.slow
def test_figures_of_validation_do_not_mix_what_was_seen_with_what_was_not(whole):
    (validation,) = (s for s in whole.sections if s.key == "validation")
    unseen = [d for d in validation.drawings if d.title.startswith(("Coverage", "PIT"))]
    assert len(unseen) >= 3
    for drawing in unseen:
        assert drawing.title.endswith("rows to check")
        assert "not used to choose values" in drawing.alt
    (folds,) = (g for g in validation.grids if g.title.startswith("Plasma levels: fold error"))
    assert [row[0] for row in folds.rows] == ["calibrate", "check"]


def test_the_quick_check_says_that_the_model_was_not_judged(quick, tmp_path):
    text, _page = check_page(quick.to_html(tmp_path / "installation.html"))
    begin = text[: text.index("<nav")]
    assert begin.count('class="verdict') == 1
    assert "says nothing on whether the model describes patients" in begin
    assert "The model meets" not in repr(quick)
