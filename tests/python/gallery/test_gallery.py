"""The gallery: each figure shows what the model computes, says it in words, and teaches one thing."""

import csv
import json
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import ketasim as ks
from ketasim.figures import signed
from ketasim.gallery import STYLES
from ketasim.gallery.page import ENTRIES, FIGURES, page_text, write
from ketasim.simulation import gone, half_way, highest, in_words, lowest

ROOT = Path(__file__).parents[3]
MAKERS = {entry.file: entry.make for entry in ENTRIES}


@cache
def shown(name: str):
    return MAKERS[name]()


def columns(name: str) -> dict[str, list]:
    return {c.name: list(c.values) for c in shown(name).data.columns}


def rows(name: str, **wanted) -> list[dict]:
    """Rows of the data in which these columns have these values."""
    table = columns(name)
    every = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return [row for row in every if all(row[k] == v for k, v in wanted.items())]


def curve(name: str, y: str, **wanted) -> tuple[np.ndarray, np.ndarray]:
    found = rows(name, **wanted)
    return np.array([r["time"] for r in found]), np.array([r[y] for r in found])


# --- all of them ----------------------------------------------------------------------------------


def test_every_public_call_is_on_the_page():
    assert set(MAKERS) == set(ks.gallery.__all__) - {"Exhibit", "STYLES", "palette"}


@pytest.mark.parametrize("name", MAKERS)
def test_a_figure_tells_itself_in_words(name):
    it = shown(name)
    assert it.name == name
    assert "In the model" in it.alt
    assert it.says in it.alt
    assert it.figure.get_label().startswith(it.alt)
    drawn = " ".join(text.get_text() for text in _texts(it.figure)).replace("\n", " ")
    for said in ("Not medical advice", "real risks"):
        assert said in drawn
    assert re.search(r"\d", it.alt)
    assert repr(it).startswith(f"<{name}: ")


def test_a_notebook_gets_picture_and_words():
    it = shown("two_clocks")
    bundle, about = it._repr_mimebundle_()
    assert bundle["text/plain"] == about["image/png"]["alt"] == it.alt
    assert bundle["image/png"].startswith("iVBORw0KGgo")


@pytest.mark.parametrize("name", MAKERS)
def test_its_data_are_finite_and_have_units(name):
    data = shown(name).data
    assert len({len(column.values) for column in data.columns}) == 1
    for column in data.columns:
        numbers = [v for v in column.values if isinstance(v, float)]
        assert np.isfinite(numbers).all(), column.name
        if column.name == "time":
            assert column.unit == "h"
    assert "Not medical advice" in data.facts["disclaimer"]


# What is dark is laid out as a slide is.
@pytest.mark.parametrize("style", ["print", "slide"])
@pytest.mark.parametrize(
    "name", [name for name in MAKERS if name not in ("compare_scenarios", "cascade_diagram")]
)
def test_words_lie_on_the_paper_and_apart(name, style):
    # A poster is no slide: it has one size.
    it = (
        shown(name)
        if style == "print" or name == "poster"
        else getattr(ks.gallery, name)(style=style)
    )
    _check_words(it.figure)


@pytest.mark.parametrize("style", ["print", "slide"])
def test_words_of_what_is_asked_for_lie_on_the_paper_and_apart(style):
    for t in ("0 h", "2 d"):
        _check_words(ks.gallery.cascade_diagram(t, style=style).figure)
    for output in ("glutamate", "mtor", "blood_pressure"):
        _check_words(ks.gallery.dose_response(output, style=style).figure)
    six = ks.gallery.compare_scenarios("ketamine_six_infusions", "escitalopram_daily", style=style)
    _check_words(six.figure)


def test_the_synapse_shows_what_was_solved_at_the_time_asked_for():
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=[0.0, 2 / 3, 24.0, 48.0])
    for k, at in enumerate((0.0, "40 min", "1 d", "48 h")):
        it = ks.gallery.synapse(run, at=at)
        table = dict(zip(*(it.data.columns[i].values for i in (0, 1)), strict=True))
        assert table["NMDA pores of the brake cell plugged"] == round(
            20 * run["nmda_block_interneuron"][k]
        )
        assert table["lost spines that are back"] == max(0, round(20 * run["spine_restored"][k]))
        glutamate = 100 * run["glutamate_dialysate"][k] / run.before("glutamate_dialysate")
        assert table["glutamate outside cells"] == pytest.approx(glutamate)
        assert f"{table['lost spines that are back']:.0f} of 20 lost spines" in it.alt
    with pytest.raises(ks.ScenarioError, match="must lie within the run"):
        ks.gallery.synapse(run, at="3 d")
    with pytest.raises(ks.ScenarioError, match="one to six times"):
        ks.gallery.synapse_strip(run, at=[])


def test_the_synapse_is_darker_below_a_blocker_and_nowhere_else():
    times = np.unique(np.r_[np.linspace(0.0, 96.0, 400), 2 / 3])
    block = ks.block("mtor", 0.9, start_h=-0.5, duration_h=24)
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", interventions=[block], t_eval=times)
    assert "darker for it: mtor, spines." in ks.gallery.synapse(run, at="40 min").alt


def test_arrows_have_the_signs_and_grades_of_the_evidence():
    known = {row["id"]: row for row in ks.evidence.links()["links"]}
    alt = shown("cascade_diagram").alt

    def check(row, grade, words):
        weakest = max(str(ks.parameters()[name]["grade"]) for name in row["numbers"])
        assert f" {words} ({grade} {weakest})" in alt
        assert ("inhibits" in words) == (row.get("sign") == "inhibits")

    for link, words in {
        "nmda-brake": "NMDA receptors blocked inhibits inhibitory interneurons",
        "brake-glutamate": "inhibitory interneurons inhibits glutamate surge",
        "glutamate-ampa": "glutamate surge to AMPA throughput",
        "ampa-mood": "AMPA throughput to mood",
        "sert-genes": "transporters taken by SSRI to serotonin",
        "genes-mood": "serotonin to mood",
        "genes-bdnf": "plasticity genes to BDNF",
    }.items():
        check(known[link], known[link]["grade"], words)
    path = (
        "NMDA receptors blocked at rest inhibits eEF2 kinase",
        "eEF2 kinase to phosphorylated eEF2",
        "phosphorylated eEF2 inhibits BDNF",
        "phosphorylated eEF2 inhibits synaptic proteins",
    )
    for step, words in zip(known["nmda-bdnf"]["steps"], path, strict=True):
        check(step, known["nmda-bdnf"]["grade"], words)


def test_the_steps_of_a_link_have_its_sign_together():
    with_steps = [row for row in ks.evidence.links()["links"] if "steps" in row]
    assert with_steps
    for row in with_steps:
        inhibits, at = False, row["from"]
        while at != row["to"]:
            step = next(s for s in row["steps"] if s["from"] == at and s["to"] != "proteins")
            inhibits ^= step.get("sign") == "inhibits"
            at = step["to"]
        assert inhibits == (row.get("sign") == "inhibits")
        assert set(row["numbers"]) <= {name for step in row["steps"] for name in step["numbers"]}


def test_the_diagram_shows_the_eef2_path_and_the_serotonin_path_as_solved():
    def value(stage, treatment):
        (row,) = rows("cascade_diagram", stage=stage, treatment=treatment)
        return row["value"]

    ketamine, ssri = dict.fromkeys(columns("cascade_diagram")["treatment"])
    times = np.linspace(0.0, 1.0, 61)
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", t_eval=times)
    # Two runs of one system with other output times: within the solver's tolerance.
    assert value("phosphorylated eEF2", ketamine) == pytest.approx(
        run["p_eef2"][-1] / run.before("p_eef2"), rel=1e-4
    )
    daily = ks.simulate("escitalopram 10 mg oral daily for 8 weeks", t_eval=times, context="none")
    taken = value("serotonin transporters taken", ssri)
    assert taken == pytest.approx(100 * daily["sert_occupancy"][-1], rel=1e-4)
    assert value("mood (MADRS)", ketamine) < -1.0 < value("mood (MADRS)", ssri)


def _texts(figure):
    from matplotlib.text import Text

    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def _check_words(figure):
    """Nothing is cut by the edge of the paper, no words are printed over others."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    # Ticks beyond the limits of an axis have text that is never drawn.
    beyond = set()
    for ax in figure.axes:
        for axis, (a, b) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not min(a, b) - 1e-9 <= tick.get_loc() <= max(a, b) + 1e-9:
                    beyond |= {id(tick.label1), id(tick.label2)}
    # An annotation's own extent includes its arrow; that of its text is asked for.
    found = [
        (t.get_text(), Text.get_window_extent(t, renderer))
        for t in _texts(figure)
        if id(t) not in beyond and (t.axes is None or t.axes.get_visible())
    ]
    for i, (text, box) in enumerate(found):
        assert min(box.x0, box.y0) >= -1.0, text
        assert box.x1 <= figure.bbox.width + 1.0, text
        assert box.y1 <= figure.bbox.height + 1.0, text
        for other, second in found[:i]:
            across = min(box.x1, second.x1) - max(box.x0, second.x0)
            up = min(box.y1, second.y1) - max(box.y0, second.y0)
            # Boxes are as high as the tallest letter: three dots of two lines may touch.
            assert across <= 2.0 or up <= 3.0, (text, other)


@pytest.mark.parametrize("style", STYLES)
def test_no_word_of_the_onset_race_covers_a_line(style):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Annotation, Text

    figure = ks.gallery.onset_race(style=style).figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    words = 0
    for ax in figure.axes:
        lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
        dots = np.concatenate([_dots(ax.transData.transform(line.get_xydata())) for line in lines])
        for word in (t for t in ax.texts if isinstance(t, Annotation) and t.get_text().strip()):
            box = Text.get_window_extent(word, renderer)
            assert not box.shrunk(1.0, 0.8).count_contains(dots), word.get_text()
            words += 1
    assert words >= 8  # four moments and two names in each of two panels, and what the axes say


def _dots(corners):
    """Points along a line, one for every pixel of its length."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    at = np.arange(0.0, along[-1])
    return np.column_stack([np.interp(at, along, corners[:, i]) for i in (0, 1)])


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_drawn_in_its_size(style):
    it = ks.gallery.onset_race(style=style)
    assert it.style == style
    width, height = it.figure.get_size_inches()
    assert (width / height == pytest.approx(16 / 9)) == (style != "print")


def test_dark_figures_are_dark_and_their_colours_keep_contrast():
    from ketasim.figures import dark, print_style
    from ketasim.gallery import palette

    for night in (False, True):
        with dark(night), print_style():
            colours = palette()
        ground = "#ffffff" if not night else colours.paper
        for ink in colours.inks:
            assert _contrast(ink.line, ground) >= 3.0  # WCAG 1.4.11: graphics
            assert _contrast(ink.word, ground) >= 4.5  # WCAG 1.4.3: small text
        assert _contrast(colours.grey, ground) >= 4.5
    figure = ks.gallery.two_clocks(style="dark").figure
    assert figure.get_facecolor() == pytest.approx((18 / 255, 18 / 255, 18 / 255, 1.0))


def _contrast(a: str, b: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot((0.2126, 0.7152, 0.0722), linear))

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_importing_the_package_imports_neither_gallery_nor_matplotlib():
    program = (
        "import sys, ketasim\n"
        "assert 'ketasim.gallery' not in sys.modules\n"
        "assert ketasim.gallery.onset_race\n"
        "assert 'matplotlib' not in sys.modules\n"
        "assert not hasattr(ketasim, 'galery')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# --- what each teaches ----------------------------------------------------------------------------


def test_ketamine_wins_day_one_and_the_ssri_week_six():
    t, fast = curve("onset_race", "madrs_change", treatment="ketamine, one infusion")
    _, slow = curve("onset_race", "madrs_change", treatment="SSRI, daily")
    day, week6 = (int(np.flatnonzero(t == h)[0]) for h in (24.0, 1008.0))
    assert fast[day] < slow[day] < 0.0
    assert slow[week6] < fast[week6] < 0.0
    # A gradual climb, not a silence of four weeks (Taylor 2006).
    week1 = int(np.flatnonzero(t == 168.0)[0])
    assert slow[week1] < 0.2 * slow[week6]
    alt = shown("onset_race").alt
    assert f"half-way to its best at {in_words(half_way(t, fast))}" in alt
    assert f"the change is {signed(fast[day])} points with ketamine and {signed(slow[day])}" in alt
    assert f"after 6 weeks {signed(fast[week6])} and {signed(slow[week6])}" in alt


def test_stages_peak_in_the_order_of_the_cascade():
    order = ("NMDA receptors blocked", "BDNF", "mTORC1", "mood (MADRS)", "dendritic spines")
    peaks = [highest(*curve("cascade_timeline", "activation", stage=s)).time_h for s in order]
    assert peaks == sorted(peaks)
    alt = shown("cascade_timeline").alt
    for stage, when in zip(order[2:], peaks[2:], strict=True):
        assert re.search(rf"{re.escape(stage)} [−\d.]+ ?\S* at {in_words(when)}", alt)


def test_the_diagram_lights_up_from_drug_to_spines():
    early, late = (
        dict(zip(*(it.data.columns[i].values for i in (1, 3)), strict=True))
        for it in (ks.gallery.cascade_diagram("10 min"), ks.gallery.cascade_diagram("2 d"))
    )  # fmt: skip
    assert early["ketamine in brain"] > 0.3
    assert early["dendritic spines"] < 0.01
    assert late["ketamine in brain"] < 0.03
    assert late["dendritic spines"] > 0.9
    assert "ketamine in brain to NMDA receptors blocked (C D)" in shown("cascade_diagram").alt
    nothing = ks.gallery.cascade_diagram(0).alt
    assert "0 of 14 stages" in nothing


def test_no_name_of_the_diagram_stands_on_a_fill():
    figure = ks.gallery.cascade_diagram("40 min").figure
    figure.canvas.draw()
    (axes,) = (ax for ax in figure.axes if ax.patches)
    fills = [p.get_window_extent() for p in axes.patches if p.get_edgecolor()[3] == 0.0]
    words = [t for t in axes.texts if t.get_text() and t.get_bbox_patch() is None]
    assert len(fills) == 18  # a bar in each of seventeen boxes, two for mood
    assert len(words) > 22
    for text in words:
        assert not any(text.get_window_extent().overlaps(fill) for fill in fills), text.get_text()


def test_the_setting_of_both_panels_of_the_population_is_named():
    figure = shown("population_bands").figure
    said = " ".join(t.get_text() for t in figure.findobj(lambda it: hasattr(it, "get_text")))
    assert "Drug alone" in said
    assert "As in a trial" in said


def test_the_drug_is_gone_before_half_of_the_relief_is_lost():
    t, drug = curve("two_clocks", "share", quantity="ketamine in the body")
    _, relief = curve("two_clocks", "share", quantity="relief")
    left = gone(t, drug, 0.03)
    after = t > highest(t, relief).time_h
    lost = t[after][relief[after] < 50.0][0]
    assert left < lost
    assert f"97 % of the drug is eliminated at {in_words(left)}" in shown("two_clocks").alt


def test_nbqx_darkens_ampa_and_all_below_but_not_the_block():
    left = {r["stage"]: r["left"] for r in rows("blockers", cut="AMPA blocked (NBQX)")}
    assert left["NMDA block"] == pytest.approx(100.0, abs=0.5)
    for below in ("AMPA", "BDNF", "mTORC1", "proteins 12 h", "spines day 2", "mood day 1", "mood day 7"):  # fmt: skip
        assert left[below] < 30.0, below  # what begins when NBQX ends, 8 h after the infusion


def test_without_new_spines_day_one_stays_and_a_part_of_day_seven_is_lost():
    left = {r["stage"]: r["left"] for r in rows("blockers", cut="no new spines")}
    assert left["spines day 2"] < 15.0
    assert left["mood day 1"] > 90.0
    # Receptors in the remaining synapses and the slow pool do not need new spines.
    assert 40.0 < left["mood day 7"] < 80.0
    assert f"{left['mood day 1']:.0f} % of the relief of day 1" in shown("blockers").alt
    drawn = " ".join(t.get_text() for t in _texts(shown("blockers").figure)).replace("\n", " ")
    assert "Abdallah 2020" in drawn  # the dissent is on the figure itself


def test_rapamycin_spares_what_lies_above_mtor():
    left = {r["stage"]: r["left"] for r in rows("blockers", cut="mTORC1 blocked (rapamycin)")}
    for above in ("NMDA block", "glutamate", "AMPA", "BDNF"):
        assert left[above] == pytest.approx(100.0, abs=2.0)  # feedback of eEF2 on BDNF: below 2 %
    assert left["spines day 2"] < 15.0


def test_the_rat_curve_is_an_inverted_u_and_the_human_one_is_not():
    it = ks.gallery.dose_response("glutamate")
    table = {c.name: np.array(c.values) for c in it.data.columns}
    rat = table["value"][table["species"] == "rat"]
    top = int(np.argmax(rat))
    assert 0 < top < rat.size - 1
    assert np.all(np.diff(rat[: top + 1]) > 0.0)
    assert rat[-1] < 100.0 < rat[0] < rat[top]
    human = table["value"][table["species"] == "human"]
    assert np.all(np.diff(human) > 0.0)
    assert f"largest at {table['dose'][table['species'] == 'rat'][top]:g} mg/kg" in it.alt
    mood = [r["value"] for r in rows("dose_response", species="human")]
    assert np.all(np.diff(mood) < 0.0)


def test_s_beats_r_unless_r_has_its_own_way():
    def of(form, hypothesis, quantity="relief on day 1"):
        (row,) = rows("enantiomers", form=form, hypothesis=hypothesis, quantity=quantity)
        return row["value"]

    plain, erk = "through NMDA receptors", "R acts on ERK as well"
    assert of("S-ketamine", plain) > of("racemate", plain) > of("R-ketamine", plain)
    assert of("R-ketamine", erk) > 1.3 * of("R-ketamine", plain)
    assert of("S-ketamine", erk) == pytest.approx(of("S-ketamine", plain), rel=1e-3)
    drawn = " ".join(t.get_text() for t in _texts(shown("enantiomers").figure)).replace("\n", " ")
    assert "less improvement" in drawn  # HNK in patients


def test_first_pass_lowers_what_arrives_and_raises_the_metabolite():
    def of(route, quantity):
        (row,) = rows("routes", route=route, quantity=quantity)
        return row["value"]

    ways = ("vein, over 40 min", "muscle", "nose", "under the tongue", "mouth")
    shares = [of(way, "share that arrives") for way in ways]
    ratios = [of(way, "hydroxynorketamine to ketamine") for way in ways]
    assert shares == sorted(shares, reverse=True)
    # Into the vein or the muscle, nothing passes the liver first: the same ratio.
    assert ratios[1:] == sorted(ratios[1:])
    for way in ways[1:]:
        low, high = of(way, "lowest plausible share"), of(way, "highest plausible share")
        assert low <= of(way, "share that arrives") <= high


def test_dissociation_is_over_when_relief_is_not_and_they_correlate_as_said():
    table = columns("dissociation_vs_mood")
    r = np.corrcoef(table["cadss_peak"], table["relief_day_1"])[0, 1]
    assert f"r = {signed(r, 2)}" in shown("dissociation_vs_mood").alt
    run = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="14 d", context="none")
    over = gone(run.t, run["cadss_change"], 0.05)
    assert over < lowest(run.t, run["madrs_change"]).time_h


def test_six_infusions_add_up_then_fade():
    t, one = curve("repeated_dosing", "value", course="one infusion", quantity="madrs_change")
    t6, six = curve("repeated_dosing", "value", course="six in two weeks", quantity="madrs_change")
    # More than one, and less than six times as much: each dose adds less than the one before.
    assert 3.0 * one.min() < six.min() < 1.5 * one.min()
    assert np.interp(1344.0, t6, six) > 0.2 * six.min()
    assert np.interp(672.0, t6, six) < np.interp(672.0, t, one)
    _, cadss = curve("repeated_dosing", "value", course="six in two weeks", quantity="cadss_change")
    assert cadss[t6 < 24.0].max() > cadss[t6 > 264.0].max()  # tolerance
    assert f"{signed(-six.min())}" in shown("repeated_dosing").alt


def test_therapy_counts_more_in_the_window_and_not_without_one():
    with_it = [r["madrs_change"] for r in rows("therapy_window", hypothesis="learning counts more in the window")]  # fmt: skip
    without = [r["madrs_change"] for r in rows("therapy_window", hypothesis="no window (null)")]
    gain = np.subtract(without, with_it)
    assert gain[0] > 0.1
    assert np.all(np.diff(gain) < 0.0)
    # Later sessions are closer to the day of the score, window or not.
    assert np.all(np.diff(without) < 0.0)
    assert with_it[-1] == pytest.approx(without[-1], rel=0.02)  # the window has closed by then


def test_bands_are_nested_and_responders_fade():
    bands = [curve("population_bands", "madrs_change", quantile=q)[1] for q in (0.05, 0.25, 0.5, 0.75, 0.95)]  # fmt: skip
    for lower, upper in pairwise(bands):
        assert np.all(lower <= upper)
    found = re.findall(r"(\w+) day (\d+) (\d+) %", shown("population_bands").alt)
    share = {(name, int(day)): int(percent) for name, day, percent in found}
    assert share["ketamine", 1] > share["ketamine", 3] > share["ketamine", 7]
    assert share["ketamine", 1] > share["midazolam", 1]


def test_the_tornado_is_sorted_and_agrees_with_a_difference():
    table = columns("sensitivity_tornado")
    by_name: dict[str, float] = {}
    for name, value in zip(table["parameter"], table["elasticity"], strict=True):
        by_name[name] = max(by_name.get(name, 0.0), abs(value))
    sizes = list(by_name.values())
    assert sizes == sorted(sizes, reverse=True)
    name = next(iter(by_name))
    (day7,) = rows("sensitivity_tornado", parameter=name, day=7)
    value = float(ks.parameters()[name]["value"])
    up, down = (
        ks.simulate(
            "ketamine 0.5 mg/kg iv over 40 min", t_eval=[0, 168], parameters={name: value * f},
            context="none", rtol=1e-9,
        ).at("madrs_change", 168)
        for f in (1.001, 0.999)
    )  # fmt: skip
    # A central difference of 0.1 % is exact to about 1e-5 of the elasticity; the run's rtol is 1e-6.
    assert (np.log(-up) - np.log(-down)) / 0.002 == pytest.approx(day7["elasticity"], rel=2e-3)


def test_plain_names_belong_to_the_tables_and_cover_what_is_drawn():
    text = (ROOT / "python/ketasim/gallery/plain_names.json").read_text(encoding="utf-8")
    plain = json.loads(text)
    assert set(plain["modules"]) <= {row["module"] for row in ks.parameters()}
    assert set(plain["parameters"]) <= {row["name"] for row in ks.parameters()}
    drawn = " ".join(t.get_text() for t in _texts(shown("sensitivity_tornado").figure))
    for name in list(dict.fromkeys(columns("sensitivity_tornado")["parameter"]))[:14]:
        assert plain["parameters"][name] in drawn
        assert f"${ks.parameters()[name]['symbol']}$" in drawn


def test_the_map_counts_every_parameter_and_every_observation():
    graded = [r for r in rows("evidence_map") if str(r["what"]).startswith("grade")]
    assert sum(r["count"] for r in graded) == len(ks.parameters())
    weak = sum(r["count"] for r in graded if r["what"] == "grade E")
    assert weak == sum(row["grade"] == "E" for row in ks.parameters())
    inside, scored = ks.validate(progress=False).inside()
    assert f"{weak} of {len(ks.parameters())} numbers" in shown("evidence_map").alt
    assert f"{inside} of {scored} published observations" in shown("evidence_map").alt


def test_misses_are_shown_beside_hits():
    table = rows("model_vs_trials")
    assert {r["inside"] for r in table} == {True, False}
    for r in table:
        assert r["inside"] == (r["low"] <= r["predicted"] <= r["high"])
    rapamycin = next(r for r in table if "rapamycin" in r["result"])
    assert not rapamycin["inside"]
    assert rapamycin["predicted"] < rapamycin["low"]
    published = {o.source_key for o in ks.evidence.load().observations}
    assert {r["source"] for r in table} <= published


def test_the_emergency_is_shown_with_its_control_arm_and_its_miss():
    table = rows("suicidal_ideation", source="domany2020")
    assert [r["observed"] for r in table] == [0.88, 0.33]
    # The prediction fails for both arms: the figure says so.
    assert not any(r["inside"] for r in table)
    assert all(r["predicted"] < r["low"] for r in table)
    assert "crisis line" in " ".join(
        " ".join(t.get_text().split()) for t in _texts(shown("suicidal_ideation").figure)
    )


def test_observations_of_rivals_are_those_that_the_comparison_explains():
    found = ks.compare_hypotheses(
        "ketamine 0.5 mg/kg iv over 40 min", areas=["Signalling"], progress=False
    )
    for name in found.names:
        explained = [r["explained"] for r in rows("rival_observations", hypothesis=name)]
        assert (sum(explained), len(explained)) == found.explained(name, "Signalling")


def test_any_two_treatments_can_be_compared():
    infusion = ks.simulate("ketamine 0.5 mg/kg iv over 40 min", until="7 d")
    it = ks.gallery.compare_scenarios(infusion, infusion.scenario, labels=("one", "the same"))
    t, y = (np.array(c.values) for c in (it.data.columns[2], it.data.columns[3]))
    mood = np.array([q == "madrs_change" for q in it.data.columns[1].values])
    one = mood & np.array([name == "one" for name in it.data.columns[0].values])
    same = mood & ~one
    # Interpolated output of one solver at its tolerance.
    assert np.interp(24.0, t[one], y[one]) == pytest.approx(
        np.interp(24.0, t[same], y[same]), rel=1e-3
    )
    rat = ks.Scenario("ketamine 10 mg/kg ip", ks.Subject(species="rat"))
    assert "MADRS" not in ks.gallery.compare_scenarios(rat, rat).alt


def test_a_comparison_of_two_species_says_who_both_are():
    rat = ks.Scenario("ketamine 10 mg/kg ip", ks.Subject(species="rat"))
    it = ks.gallery.compare_scenarios("ketamine 0.5 mg/kg iv over 40 min", rat)
    small = " ".join(" ".join(text.get_text().split()) for text in it.figure.texts)
    assert "human of 70 kg, severity 1 beside rat of 0.3 kg, severity 0." in small


# --- files ----------------------------------------------------------------------------------------


def test_files_carry_the_description_and_the_disclaimer(tmp_path):
    it = shown("two_clocks")
    for ending in ("png", "svg", "pdf"):
        it.save(tmp_path / f"clocks.{ending}")
    for ending in ("png", "svg"):
        content = (tmp_path / f"clocks.{ending}").read_bytes()
        assert b"Two panels over 14 days" in content
        assert b"Not medical advice" in content
    with it.save(tmp_path / "clocks.csv").open(encoding="utf-8") as file:
        kept = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert kept[0].keys() == {"clock", "quantity", "time [h]", "share [%]"}
    assert [float(r["share [%]"]) for r in kept] == columns("two_clocks")["share"]
    frame = it.to_dataframe()
    assert len(frame) == len(kept)
    assert frame.attrs["units"] == {"time": "h", "share": "%"}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ks.gallery.onset_race(style="paper"), "print, slide, dark"),
        (lambda: ks.gallery.poster(style=None), "print, slide, dark"),
        (lambda: ks.gallery.dose_response("happiness"), "mood, dissociation"),
        (lambda: ks.gallery.rival_observations("Plasma"), "Signalling"),
        (lambda: ks.gallery.cascade_diagram("9 weeks"), "8 weeks"),
        (lambda: ks.gallery.cascade_diagram(-1.0), "8 weeks"),
        (lambda: ks.gallery.cascade_diagram("soon"), "not a duration"),
        (
            lambda: ks.gallery.compare_scenarios("ketamine 0.5 mg/kg im", "ketamin 1 mg im"),
            "ketamine",
        ),
        (
            lambda: ks.gallery.compare_scenarios(*["ketamine 0.5 mg/kg im"] * 2, labels="ab"),
            "two names",
        ),
        (lambda: shown("two_clocks").save("clocks.docx"), "png"),
    ],
)
def test_a_wrong_request_names_what_is_known(call, says):
    with pytest.raises(ks.KetasimError, match=says):
        call()


def test_the_page_in_the_repository_is_what_the_gallery_writes():
    page = page_text([(entry, shown(entry.file)) for entry in ENTRIES])
    assert page == (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for entry in ENTRIES:
        picture = (ROOT / "docs" / FIGURES / f"{entry.file}.png").read_bytes()
        # A poster has six figures.
        assert len(picture) <= (240_000 if entry.file == "poster" else 90_000)
        # A picture tells what it shows: one that is out of date tells something else.
        assert shown(entry.file).alt.encode() in picture
        assert f"]({FIGURES.as_posix()}/{entry.file}.png)" in page


def test_the_command_writes_page_and_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("ketasim.gallery.page.ENTRIES", ENTRIES[:1])
    assert write(tmp_path / "made") == tmp_path / "made" / "gallery.md"
    assert [p.name for p in (tmp_path / "made" / FIGURES).iterdir()] == ["onset_race.png"]
    with pytest.raises(ks.KetasimError, match="not a folder"):
        write(tmp_path / "made" / "gallery.md")


def test_without_matplotlib_the_extra_is_named():
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import ketasim as ks\n"
        "try:\n    ks.gallery.onset_race()\n"
        "except ks.MissingLibraryError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        timeout=60,
        capture_output=True,
        encoding="utf-8",
    )
    assert "pip install 'ketasim[plot]'" in done.stdout


def test_a_comparison_of_nothing_with_nothing_is_refused():
    with pytest.raises(ks.ScenarioError, match="nothing changes"):
        ks.gallery.compare_scenarios("placebo iv", "placebo iv")
