"""Several runs in one figure, one table and one text: names are kept apart, times must agree."""

from collections.abc import Callable

import numpy as np
import pytest

import ketasim as ks
from ketasim.figures import PENS

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"
TIMES = [0.0, 1.0, 24.0]


def given(**changes: object) -> ks.Run:
    return ks.simulate(INFUSION, **{"t_eval": TIMES, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def runs() -> list[ks.Run]:
    return [
        given(),
        given(interventions=[ks.block("ampa", 0.9)]),
        given(interventions=[ks.block("mtor", 0.9)]),
        given(parameters={"mtor.tau_M": 0.25}),
        given(),
    ]


def texts(figure: object) -> list[str]:
    return [text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text"))]  # type: ignore[attr-defined]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_each_run_of_a_figure_has_its_own_pen_and_name(runs: list[ks.Run], n: int) -> None:
    pytest.importorskip("matplotlib")
    figure = ks.compare(*runs[:n], readouts=["madrs_change"])
    lines = [line for line in figure.axes[0].lines if line.get_gid() == "madrs_change"]
    assert [line.get_color() for line in lines] == [pen.colour for pen in PENS[:n]]
    assert len({str(line.get_linestyle()) + str(line.get_color()) for line in lines}) == n
    labels = ks.Comparison(runs[:n]).labels
    assert len(set(labels)) == n
    assert all(any(label[:40] in text for text in texts(figure)) for label in labels)
    for label, line, run in zip(labels, lines, runs, strict=False):
        assert label in figure.get_label()
        assert np.allclose(line.get_ydata()[-3:], run["madrs_change"])


def test_names_say_what_differs_and_no_two_are_the_same(runs: list[ks.Run]) -> None:
    labels = ks.Comparison(runs).labels
    assert labels[0] == "alone · standard mtor.tau_M"
    assert labels[3] == "alone · mtor.tau_M = 0.25"
    assert labels[4] == "alone · standard mtor.tau_M (run 5)"
    two = ks.Comparison([runs[0], runs[4]]).labels
    assert two[1] == f"{two[0]} (the same scenario)"


def test_a_table_has_every_run_by_name(runs: list[ks.Run]) -> None:
    beside = ks.Comparison(runs[:3], ["a", "b", "c"])
    columns = {column.name: list(column.values) for column in beside.sheet(["madrs"]).columns}
    assert columns["run"] == ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    assert columns["time"] == TIMES * 3
    assert columns["madrs"] == [x for run in runs[:3] for x in run["madrs"]]
    assert columns["status"] == ["success"] * 9


def test_a_small_table_has_runs_by_times(runs: list[ks.Run]) -> None:
    beside = ks.Comparison(runs[:2], ["a", "b"])
    table = beside.at("madrs_change", [1, 24], decimals=3)
    assert table.names == ("a", "b")
    for run in runs[:2]:
        row = table["a" if run is runs[0] else "b"]
        assert row["1 h"] == round(run.at("madrs_change", 1), 3)
        assert row["1 d"] == round(run.at("madrs_change", 24), 3)
    share = beside.at("madrs_change", [24], percent_of="a")
    assert share["a"]["1 d"] == 100.0
    blocked, alone = (run.at("madrs_change", 24) for run in (runs[1], runs[0]))
    assert share["b"]["1 d"] == pytest.approx(100 * blocked / alone, abs=0.05)
    assert share["b"]["1 d"] < 95.0
    assert repr(beside.at("madrs_change", [0], decimals=0)).split() == [
        "name", "0", "a", "0", "b", "0", "[2", "runs]",
    ]  # fmt: skip


def test_a_file_names_every_scenario(runs: list[ks.Run], tmp_path) -> None:
    path = ks.Comparison(runs[:2], ["a", "b"]).save(tmp_path / "runs.csv", ["madrs"])
    text = path.read_text(encoding="utf-8")
    assert "run,time [h],madrs [points],status" in text
    assert "scenario b" in text


def test_a_frame_has_one_column_for_each_run(runs: list[ks.Run]) -> None:
    pytest.importorskip("pandas")
    frame = ks.Comparison(runs[:3], ["a", "b", "c"]).to_dataframe("madrs")
    assert list(frame.columns) == ["a", "b", "c"]
    assert frame["b"].tolist() == runs[1]["madrs"].tolist()
    assert (frame.index.name, frame.attrs["unit"]) == ("time_h", "points")


def test_text_has_a_line_for_each_curve(runs: list[ks.Run]) -> None:
    lines = ks.Comparison(runs[:3], ["a", "b", "c"]).text(["madrs_change", "p_mtor"]).splitlines()
    assert [line.split(",")[0] for line in lines] == ["With a", "With b", "With c"] * 2


def test_different_times_are_drawn_and_not_put_into_a_table(runs: list[ks.Run]) -> None:
    beside = ks.Comparison([runs[0], given(t_eval=[0.0, 2.0])], ["a", "b"])
    says = (
        "'a' has 3 times from 0 to 24 h, 'b' has 2 from 0 to 2 h: simulate all runs with the same"
    )
    for ask in (lambda: beside.sheet(["madrs"]), lambda: beside.to_dataframe("madrs")):
        with pytest.raises(ks.ScenarioError, match=says):
            ask()
    assert "With b" in beside.text(["madrs"])


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda r: ks.compare(*r), "5 runs in one figure cannot be told apart: draw at most 4"),
        (lambda r: ks.compare(r[0], r[1], labels=["a", "a"]), "has 'a' twice"),
        (
            lambda r: ks.compare(r[0], r[1], labels=["a"]),
            "there are 2 runs; give one name for each",
        ),
        (lambda r: ks.compare(r[0], r[1], labels=["a", " "]), "a name is empty"),
        (lambda r: ks.compare(r[0], r[1], labels="ab"), "labels = 'ab': give a list of names"),
        (lambda r: ks.compare(r[0], r[1], "p_mtor"), r"runs\[2\] = 'p_mtor': give a result"),
        (lambda r: ks.compare(r[0], INFUSION), r"runs\[1\] = 'ketamine .*: give a result"),
        (lambda r: ks.compare(r[0], r[1], ["madrs"], axis="log"), "unknown axis"),
        (lambda r: ks.Comparison(r[:1]), "1 run is given"),
        (lambda r: ks.Comparison(r[0]), "runs = <Run"),
        (lambda r: ks.Comparison(r).sheet(["madr"]), "madrs"),
        (lambda r: ks.Comparison(r).at("madr", [24]), "madrs"),
        (lambda r: ks.Comparison(r).at("madrs", [2]), "time 2 h is not in t"),
        (lambda r: ks.Comparison(r).at("madrs", []), "give one time or more"),
        (lambda r: ks.Comparison(r).at("madrs", [24, 24]), "each once"),
        (lambda r: ks.Comparison(r).at("madrs", 24), "times_h = 24: give a list of hours"),
        (lambda r: ks.Comparison(r).at("madrs", [24], decimals=-1), "decimals = -1"),
        (lambda r: ks.Comparison(r).at("madrs", [24], percent_of="c"), "unknown run"),
        (
            lambda r: ks.Comparison(r[::4], ["a", "b"]).at("madrs_change", [0], percent_of="b"),
            "madrs_change of 'b' is 0 at 0: nothing is a percentage of it",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    runs: list[ks.Run], ask: Callable[[list[ks.Run]], object], says: str
) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(ks.KetasimError, match=says):
        ask(runs)


def test_readouts_may_stand_last_as_in_version_0_1(runs: list[ks.Run]) -> None:
    pytest.importorskip("matplotlib")
    assert len(ks.compare(runs[0], runs[1], ["madrs", "p_mtor"]).axes) == 2
    assert len(ks.compare(runs[0], runs[1], runs[2], ("madrs",)).axes) == 1
