"""Rival mechanisms are sets of the model's own switches, run and scored side by side."""

from functools import cache

import numpy as np
import pytest

import ketasim as ks
from ketasim.evidence.vocabulary import AREAS
from ketasim.rivals import TELLING_AREAS

INFUSION = "ketamine 0.5 mg/kg iv over 40 min"


def switches() -> list[str]:
    """All switches of the model, by what their descriptions say."""
    return [
        row["name"] for row in ks.parameters() if row["description"].startswith("hypothesis weight")
    ]


@cache
def whole() -> ks.HypothesisComparison:
    return ks.compare_hypotheses(INFUSION)


def test_every_switch_of_a_mechanism_is_on_in_a_hypothesis_and_no_other_number_is_set():
    named = {s for row in ks.hypotheses() for s in row["on"]}
    assert named <= set(switches())
    # What is left is about another drug that is taken beside ketamine.
    for left in set(switches()) - named:
        about = ks.parameters()[left]["description"]
        assert "benzodiazepine" in about or "lamotrigine" in about
    for row in ks.hypotheses():
        assert set(row["parameters"]) <= set(switches())
        assert set(row["parameters"].values()) <= {0.0, 1.0}


def test_the_shipped_model_is_one_of_them_and_changes_nothing():
    assert ks.hypotheses()["shipped model"]["parameters"] == {}
    plain = ks.simulate(INFUSION, until="14 d")
    assert whole().runs["shipped model"] == plain


def test_each_hypothesis_turns_every_other_mechanism_off():
    for name in ("disinhibition", "direct inhibition", "HNK", "ERK", "TrkB binding"):
        row = ks.hypotheses()[name]
        assert set(row["parameters"]) == {s for r in ks.hypotheses() for s in r["on"]}
        on = {s for s, value in row["parameters"].items() if value}
        assert on == set(row["on"])


def test_signatures_of_the_mechanisms():
    runs = whole().runs
    # Only the interneurons' block raises glutamate; block of pyramidal cells alone lowers it.
    peak = {name: run["glutamate_dialysate"].max() for name, run in runs.items()}
    assert peak["disinhibition"] > 110.0
    assert peak["direct inhibition"] < 100.5
    assert runs["direct inhibition"]["glutamate_dialysate"].min() < 99.9
    # Binding to TrkB needs no surge, and raises its phosphorylation.
    assert peak["TrkB binding"] == pytest.approx(100.0, abs=0.5)
    trkb = runs["TrkB binding"]["p_trkb"]
    assert trkb.max() > 1.01 * trkb[0]
    # Opioid gating acts with naltrexone only.
    gated, plain = runs["opioid gating"], runs["shipped model"]
    np.testing.assert_array_equal(gated["madrs_change"], plain["madrs_change"])
    blocked = ks.Scenario(INFUSION, interventions=[ks.block("opioid", 1.0)])
    both = ks.compare_hypotheses(blocked, hypotheses=["shipped model", "opioid gating"], areas=[])
    shipped, gating = (both.runs[n]["madrs_change"].min() for n in both.names)
    assert gating > 0.5 * shipped


def test_esketamine_tells_the_erk_hypothesis_apart():
    found = ks.compare_hypotheses(
        "esketamine 84 mg intranasal", hypotheses=["ERK", "disinhibition"], areas=[]
    )
    # There is no R-ketamine in it.
    assert abs(found.runs["ERK"]["madrs_change"]).max() < 1e-3
    assert found.runs["disinhibition"]["madrs_change"].min() < -1.0


def test_scores_are_those_of_validate():
    found = whole()
    shipped = ks.validate(progress=False)
    for area in TELLING_AREAS:
        assert found.validations["shipped model"].inside(area=area) == shipped.inside(area=area)
    alone = ks.validate(areas=["Synapse"], hypothesis="TrkB binding", progress=False)
    assert found.validations["TrkB binding"].inside(area="Synapse") == alone.inside()


def test_observations_that_all_explain_do_not_tell_apart():
    found = whole()
    told = set(found.telling)
    verdicts = {}
    for name in found.names:
        for r in found.validations[name].records:
            if r.scored:
                verdicts.setdefault(r.obs_id, set()).add(r.within)
    assert told == {obs for obs, seen in verdicts.items() if len(seen) > 1}
    n = len(told)
    assert 50 < n < len(verdicts)
    for name in found.names:
        inside, of = found.explained(name)
        assert of == n
        assert (
            inside
            == len(found.explains(name))
            == sum(found.explained(name, area)[0] for area in found.areas)
        )


def test_in_the_areas_left_out_all_hypotheses_predict_the_same():
    others = [area for area in AREAS if area not in TELLING_AREAS]
    shipped, *rest = (
        ks.validate(areas=others, hypothesis=name, progress=False)
        for name in ("shipped model", "disinhibition", "TrkB binding")
    )
    for other in rest:
        for a, b in zip(shipped.records, other.records, strict=True):
            assert a.within == b.within
            assert (a.predicted is None) == (b.predicted is None)
            if a.predicted is not None:
                # Solver steps differ: rtol of a validation is 1e-6, a peak is read between samples.
                assert b.predicted == pytest.approx(a.predicted, rel=1e-3, abs=1e-6)


def test_frames_and_text_agree():
    found = whole()
    frame = found.to_dataframe()
    assert len(frame) == len(found.names) * len(found.areas)
    rows = found.observations_dataframe()
    assert list(rows.index) == list(found.telling)
    for name in found.names:
        assert rows[name].sum() == frame[frame.hypothesis == name].telling_inside.sum()
        assert f"{name} " in found.table()
    assert "not fitted again" in found.table()
    assert found.to_dataframe().query("area == 'Clinical'").log_score.notna().all()


def test_the_figure_names_every_hypothesis():
    figure = whole().plot()
    drawn = {text.get_text() for ax in figure.axes for text in ax.texts}
    drawn |= {tick.get_text() for ax in figure.axes for tick in ax.get_yticklabels()}
    names = {part for label in drawn for part in label.split(", ")}
    assert set(ks.hypotheses().names) <= names
    assert "In the model" in figure.get_label()
    assert len(ks.compare_hypotheses(INFUSION, areas=[]).plot().axes) == 1


def test_bad_requests_are_refused_before_the_first_step():
    with pytest.raises(ks.ScenarioError, match=r"sets disinhibition\.w_dis itself"):
        ks.compare_hypotheses(ks.Scenario(INFUSION, parameters={"disinhibition.w_dis": 0.5}))
    with pytest.raises(ks.UnknownNameError, match="TrkB binding"):
        ks.compare_hypotheses(INFUSION, hypotheses=["TrkB"])
    with pytest.raises(ks.UnknownNameError, match="Clinical"):
        ks.compare_hypotheses(INFUSION, areas=["Clinic"])
    with pytest.raises(ks.ScenarioError, match="give a list of names"):
        ks.compare_hypotheses(INFUSION, hypotheses="HNK")
    with pytest.raises(ks.ScenarioError, match="at least one"):
        ks.compare_hypotheses(INFUSION, hypotheses=[])
    with pytest.raises(ks.UnknownNameError):
        ks.validate(hypothesis="none")
    with pytest.raises(ks.UnknownNameError):
        ks.validate(areas=["none"])


def test_the_figure_of_observations_has_a_filled_dot_for_each_that_is_explained():
    found = whole()
    for area in found.areas:
        (ax,) = found.plot_observations(area).axes
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        filled = [sum(d.get_markerfacecolor() != "white" for d in dots if d.get_xdata()[0] == k)
                  for k in range(len(found.names))]  # fmt: skip
        assert filled == [found.explained(name, area)[0] for name in found.names]
        assert len(dots) == len(found.names) * found.explained(found.names[0], area)[1]
    with pytest.raises(ks.UnknownNameError, match="Plasma"):
        found.plot_observations("Plasma")
