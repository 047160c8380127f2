"""Figures: what they show, say and carry. How they look was looked at."""

import csv
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ketasim as ks
from ketasim.figures import PENS, EraAxis, LinearAxis
from ketasim.gallery.demo import demo, demo_runs
from ketasim.simulation import highest, lowest

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


@pytest.fixture(scope="module")
def alone() -> ks.Run:
    return ks.simulate(INFUSION, until="14 d")


@pytest.fixture(scope="module")
def blocked() -> ks.Run:
    return ks.simulate(INFUSION, until="14 d", interventions=[ks.block("ampa", 0.9)])


def lines(figure, gid):
    return [line for ax in figure.axes for line in ax.lines if line.get_gid() == gid]


def texts(figure):
    found = [text.get_text() for ax in figure.axes for text in ax.texts]
    return [*found, *(text.get_text() for text in figure.texts)]


# --- time axes ------------------------------------------------------------------------------------


@given(end=st.floats(0.01, 20_000.0), part=st.floats(-0.2, 1.0))
def test_place_and_time_are_inverse(end, part):
    axis = EraAxis(end)
    place = part * (axis.edges.size - 1)
    # Seven digits: a band may be 1e6 times as long as the one before.
    assert axis.forward(axis.inverse(place)) == pytest.approx(place, abs=1e-7)


def test_bands_are_equally_wide_and_straight_inside():
    axis = EraAxis(1344.0)
    assert axis.edges.tolist() == [0.0, 1 / 60, 1.0, 24.0, 336.0, 1344.0]
    assert axis.forward(axis.edges).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert axis.forward(12.5) == pytest.approx(2.5)
    assert [band.unit for band in axis.bands] == ["seconds", "minutes", "hours", "days", "weeks"]


def test_time_zero_and_before_have_a_place():
    axis = EraAxis(24.0)
    assert axis.forward(0.0) == 0.0
    assert axis.forward(axis.start_h) < 0.0


@given(end=st.floats(0.02, 20_000.0))
def test_ticks_lie_in_order_on_the_axis_in_whole_numbers_of_their_unit(end):
    ticks = EraAxis(end).ticks()
    times = [time for time, _ in ticks]
    assert all(a < b for a, b in pairwise(times))
    assert times[0] > 0.0
    assert times[-1] <= end * (1 + 1e-12)


def test_a_linear_axis_names_the_unit_of_its_span():
    from matplotlib.figure import Figure

    for end, unit in ((2.0, "minutes"), (48.0, "hours"), (672.0, "days"), (8736.0, "weeks")):
        ax = Figure().add_subplot()
        LinearAxis(end).apply(ax)
        assert ax.get_xlabel() == f"time since the first dose [{unit}]"
        assert len(ax.get_xticks()) <= 13


# --- runs and pairs of runs -------------------------------------------------------------------------


def test_a_run_is_drawn_as_computed(alone):
    figure = alone.plot()
    (drawn,) = lines(figure, "ketamine_plasma")
    x, y = drawn.get_data()
    assert np.array_equal(x[-alone.t.size :], alone.t)
    assert np.array_equal(y[-alone.t.size :], alone["ketamine_venous"])
    (mood,) = lines(figure, "madrs_change")
    assert np.array_equal(mood.get_ydata()[-alone.t.size :], alone["madrs_change"])
    assert not lines(figure, "sert_occupancy")  # nothing moves there


def test_every_axes_has_a_unit_and_every_figure_tells_itself(alone, blocked):
    figures = [alone.plot(), ks.compare(alone, blocked), alone.plot(["p_mtor", "mtor.M"])]
    for figure in figures:
        assert all(re.search(r"\[.+\]", ax.get_ylabel()) for ax in figure.axes)
        assert re.search(r"\[.+\]", figure.axes[-1].get_xlabel())
        assert "In the model" in figure.get_label()
        assert "Not medical advice" in figure.get_label()
        assert any("Not medical advice" in text for text in texts(figure))
        assert figure._repr_png_()[:4] == b"\x89PNG"


def test_two_runs_differ_in_colour_and_in_dash(alone, blocked):
    figure = ks.compare(alone, blocked)
    first, second = lines(figure, "glutamate")
    assert (first.get_color(), second.get_color()) == (PENS[0].colour, PENS[1].colour)
    assert first.get_linestyle() != second.get_linestyle()
    assert {"alone", "nbqx 0.9 fraction target for 1 d from -0.5 h"} <= set(texts(figure))
    assert any("only this differs: interventions" in text for text in texts(figure))


def test_a_fold_counts_from_before_the_blocker_not_from_the_first_sample(blocked):
    """NBQX acts half an hour before the first output: the first sample is not the baseline."""
    figure = blocked.plot()
    (ampa,) = lines(figure, "ampa")
    assert ampa.get_ydata()[-blocked.t.size] < 15.0
    assert blocked.before("ampa_throughput") > 0.9
    # Where nothing is given, the first sample is the state before.
    nothing = ks.simulate("placebo iv", t_eval=[0.0, 1.0], subject=blocked.scenario.subject)
    assert blocked.before("mtor.M") == pytest.approx(nothing.at("mtor.M", 0.0), abs=5e-6)


def test_repeated_doses_get_a_plain_axis_and_single_ones_the_eras(alone):
    weekly = ks.simulate("esketamine 56 mg intranasal twice a week for 2 weeks", until="14 d")
    assert weekly.plot().axes[0].get_xscale() == "linear"
    assert weekly.plot(axis="era").axes[0].get_xscale() == "function"
    assert alone.plot().axes[0].get_xscale() == "function"
    assert alone.plot(axis="linear").axes[0].get_xscale() == "linear"


def test_animals_have_no_rating_scales():
    rat = ks.simulate("ketamine 10 mg/kg ip", until="2 d", subject=ks.Subject(species="rat"))
    assert not lines(rat.plot(), "madrs_change")
    assert lines(rat.plot(), "glutamate")


def test_a_run_that_stopped_early_says_so():
    short = ks.simulate(INFUSION, until="14 d", max_steps=60, on_failure="return")
    assert any("stopped early" in text for text in texts(short.plot()))


def test_names_of_lines_lie_inside_their_axes_and_apart(alone, blocked):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for figure in (alone.plot(), ks.compare(alone, blocked)):
        canvas = FigureCanvasAgg(figure).get_renderer()
        for ax in figure.axes:
            # The heading of a strip is above the axes; names of lines are inside.
            boxes = [
                text.get_window_extent(canvas)
                for text in ax.texts
                if text.get_color() in {pen.colour for pen in PENS}
            ]
            frame = ax.get_window_extent(canvas)
            for box in boxes:
                assert box.x0 >= frame.x0 - 2
                assert box.x1 <= frame.x1 + 2
            for i, box in enumerate(boxes):
                assert not any(box.overlaps(other) for other in boxes[:i])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda run: run.plot(["spine_densty"]), "spine_density"),
        (lambda run: run.plot("p_mtor"), "give a list of names"),
        (lambda run: run.plot([]), "give a list of names"),
        (lambda run: run.plot(axis="log"), "unknown axis"),
        (lambda run: ks.compare(run, run, labels=("one",)), "one name for each"),
    ],
)
def test_a_wrong_request_is_refused(alone, call, says):
    with pytest.raises(ks.KetasimError, match=says):
        call(alone)


def test_what_differs_is_found():
    from ketasim.scenario import differences

    a = ks.Scenario(INFUSION)
    b = ks.Scenario(
        INFUSION,
        subject=ks.Subject(weight_kg=62, severity=0.8),
        context="saline",
        parameters={"mtor.tau_M": 0.2},
        variant="variant_A",
    )
    assert differences(a, a) == []
    assert differences(a, b) == [
        ("weight", "weight 70.0 kg", "weight 62.0 kg"),
        ("severity", "severity 1.0", "severity 0.8"),
        ("context", "context none", "context saline"),
        ("variant", "standard circuit", "variant_A"),
        ("mtor.tau_M", "standard mtor.tau_M", "mtor.tau_M = 0.2"),
    ]


# --- the demonstration ------------------------------------------------------------------------------


def test_the_demo_draws_tells_and_writes_what_it_computed(tmp_path):
    said = demo(tmp_path / "made")
    assert {p.name for p in (tmp_path / "made").iterdir()} == {
        *("cascade.png", "cascade.pdf", "cascade.csv")
    }
    runs = demo_runs()
    ketamine, ssri = runs["ketamine"], runs["SSRI"]
    table = said.split("\n\n")[0].splitlines()[2:]
    rows = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in table)
    assert "In the model" in said
    assert "Not medical advice" in said
    block = highest(ketamine.t, ketamine["nmda_block_interneuron"])
    assert f"({100 * block.value:.0f} %)" in rows["the block of NMDA receptors peaks at"]
    mood = lowest(ketamine.t, ketamine["madrs_change"])
    assert f"MADRS −{-mood.value:.1f}" in rows["mood is best at"]
    # The claim of the title: half-way within the first hours, and after more than a week.
    assert re.match(
        r"(\d+ min|[12](\.\d)? h)\s+\d[\d.]* days", rows["mood is half-way to its best at"]
    )
    assert "no surge" in rows["glutamate peaks at"]
    assert np.ptp(ssri["glutamate_dialysate"]) < 1.0


def test_the_data_behind_the_figure_are_the_runs(tmp_path):
    demo(tmp_path)
    with (tmp_path / "cascade.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    run = demo_runs()["ketamine"]
    spines = [
        row
        for row in rows
        if (row["treatment"], row["quantity"]) == ("ketamine", "spines_restored")
    ]
    assert [float(row["value"]) for row in spines] == (100.0 * run["spine_restored"]).tolist()
    assert [float(row["time [h]"]) for row in spines] == run.t.tolist()
    assert {row["unit"] for row in spines} == {"%"}


def test_the_figure_of_the_demo_says_what_it_shows(tmp_path):
    demo(tmp_path)
    # PNG keeps its description as text: what a screen reader and a search engine can read.
    assert b"one ketamine infusion with a daily SSRI" in (tmp_path / "cascade.png").read_bytes()


def test_uncertainty_is_a_band_of_calibrated_draws_around_the_run():
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="3 d")
    plain, banded = (run.plot(["madrs_change"], uncertainty=u) for u in (False, True))
    assert len(banded.axes[0].collections) == len(plain.axes[0].collections) + 1
    assert "95 % of draws" in " ".join(text.get_text() for text in banded.texts)
    assert np.array_equal(plain.axes[0].lines[0].get_ydata(), banded.axes[0].lines[0].get_ydata())
    with pytest.raises(ks.ScenarioError, match="not of variant_C"):
        ks.simulate("ketamine 35 mg im", until="1 d", variant="variant_C").plot(uncertainty=True)


def test_a_curve_that_changes_by_less_than_is_written_is_said_to_stay():
    runs = [
        ks.simulate(given, until="8 weeks")
        for given in ("ketamine 0.5 mg/kg iv over 40 min", "escitalopram 10 mg oral daily for 8 weeks")
    ]  # fmt: skip
    said = ks.compare(*runs).get_label()
    assert "AMPA throughput stays near 100 % of before" in said
    assert not re.search(r"goes from (\S+) to \1 ", said)
