"""The measurement of errors reached runs, and its page has every readout."""

import re
import subprocess
import sys
from pathlib import Path

import ketasim as ks

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "bench" / "accuracy.py"


def test_a_few_scenarios_give_a_whole_page():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--scenarios", "6"],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    headings = re.findall(r"^##? .*$", done.stdout, re.MULTILINE)
    shipped = (ROOT / "bench" / "accuracy.md").read_text(encoding="utf-8")
    assert headings == re.findall(r"^##? .*$", shipped, re.MULTILINE)
    for page in (done.stdout, shipped):
        assert not re.search(r"\bnan\b|\binf\b", page)
        assert all(f"| `{name}` |" in page for name in ks.readouts().names)


def test_the_error_of_the_states_is_what_was_asked_for():
    """The goal: on average over all states, in 95 % of the scenarios within 10 tolerances."""
    shipped = (ROOT / "bench" / "accuracy.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (1e-\d) \| RMS of the states \|.*\| (\d+) % \| \d+ \|$", shipped, re.MULTILINE
    )
    assert len(rows) == 6
    assert all(int(share) >= 95 for _, share in rows)


def test_the_page_is_of_the_present_model():
    """A state or readout more or less, or other tolerances, and the page must be made again."""
    shipped = (ROOT / "bench" / "accuracy.md").read_text(encoding="utf-8")
    tables = shipped.partition("## Readouts at the default tolerance")[2]
    listed = re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE)
    assert sorted(listed) == sorted(ks.readouts().names)
    assert f"over {len(ks.states())} states" in shipped
    assert f"the worst of all {len(ks.readouts())} readouts" in shipped
    assert f"asked for {ks.SolverOptions().rtol:g}".replace("e-0", "e-") in shipped
    assert shipped.startswith("# Error asked for, error reached")
    assert (ROOT / "bench" / "accuracy.png").exists()


def test_the_page_says_what_a_user_should_conclude():
    """How large the error is that a default run shows, and what to do where that is too much."""
    pages = {
        name: (ROOT / name).read_text(encoding="utf-8")
        for name in ("bench/accuracy.md", "docs/explanation/numerical_methods.md")
    }
    for name, text in pages.items():
        assert re.search(r"rtol=1e-\d", text), name
        assert "small differences" in text, name
    assert re.search(
        r"largest error of any readout is [\d.]+ % of its largest value", pages["bench/accuracy.md"]
    )
