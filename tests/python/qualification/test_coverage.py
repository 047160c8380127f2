"""The coverage table: every claim has a module with evidence, or a reason why there is none."""

from functools import cache

import pytest

import ketasim as ks
from ketasim.catalogue import all_sources
from ketasim.evidence.vocabulary import READOUT_UNIT


@cache
def rows():
    return {row["name"].partition(" (")[0]: row for row in ks.coverage()}


#: What the field asks about.
ASKED = (
    "relief within hours", "suicidal ideation", "bipolar depression", "mania", "PTSD", "OCD", "anxiety",
    "alcohol and cocaine use", "reconsolidation by retrieval", "anorexia with depression",
    "psychotherapy programmes", "cognition", "co-medication", "abuse liability", "bladder",
    "long-term safety", "adolescents and children", "hepatic impairment", "pregnancy", "biomarkers", "NMDA receptor block",
    "disinhibition and the glutamate surge", "AMPA receptors", "BDNF and TrkB", "mTORC1 and protein synthesis",
    "eEF2 and protein synthesis at rest", "synapses and spines", "hydroxynorketamine", "R-ketamine",
    "SSRI in weeks", "dissociation", "blood pressure and sedation", "expectation and unblinding",
    "clinic programmes", "people",
)  # fmt: skip


@pytest.mark.parametrize("topic", ASKED)
def test_each_topic_has_a_module_or_a_reason(topic):
    row = rows()[topic]
    if row["status"] == "not modelled":
        assert row["grade"] == ""
        assert row["rows"] == 0
        assert not row["modules"]
        for said in ("known", "needed", "why_not"):
            assert len(row[said]) > 15, said
    else:
        assert row["modules"]
        assert row["grade"] in "ABCDE"


@pytest.mark.parametrize("topic", ["PTSD", "suicidal ideation"])
def test_a_rescaled_mood_signal_says_so_in_name_and_grade(topic):
    row = rows()[topic]
    assert "mood on another scale" in row["name"]
    assert row["grade"] == "E"
    assert "depression on another scale" in row["known"]


def test_the_rescaled_readouts_follow_mood_exactly():
    """What the status claims: they are functions of the relief of depression alone."""
    runs = [
        ks.simulate(ks.Scenario(dose, context=context), t_eval=[0.0, 3.0, 24.0, 100.0])
        for dose, context in (
            ("ketamine 35 mg im", "none"),
            ("esketamine 84 mg nasal", "midazolam"),
        )
    ]
    points = sorted(
        (mood, ptsd, ideation)
        for run in runs
        for mood, ptsd, ideation in zip(
            run["madrs_change"], run["capsv_change"], run["suicidal_ideation_change"], strict=True
        )
    )
    # Sorted by mood, the others are sorted too.
    for k in (1, 2):
        column = [p[k] for p in points]
        assert column == sorted(column)


def test_numbers_are_those_of_the_evidence():
    row = rows()["relapse and repeated doses"]
    records = ks.validate(areas=["Clinical"], progress=False).records
    found = [r for r in records if r.readout == "relapse"]
    assert row["rows"] == len(found)
    assert row["inside"] == sum(bool(r.within) for r in found if r.scored)
    assert row["log_score"] is not None
    assert row["log_score_control"] is not None
    assert row["log_score_mbma"] is not None


def test_grades_follow_from_who_was_studied():
    assert rows()["mTORC1 and protein synthesis"]["grade"] in "CD"
    assert rows()["dissociation"]["grade"] == "A"
    assert rows()["reconsolidation by retrieval"]["grade"] == "E"
    # Interneurons were recorded in animals, whatever spectroscopy found in people.
    assert rows()["disinhibition and the glutamate surge"]["grade"] == "C"


def test_every_clinical_readout_of_the_evidence_is_under_a_topic():
    told = {readout for row in rows().values() for readout in row["readouts"]}
    evidence = {o.readout for o in ks.evidence.load().observations}
    assert evidence <= told
    assert told <= set(READOUT_UNIT)


def test_sources_are_known():
    for row in rows().values():
        assert set(row["source_keys"]) <= set(all_sources())


def test_another_validation_can_be_given():
    rival = ks.validate(hypothesis="TrkB binding", progress=False)
    assert (
        ks.coverage(rival)["relief within hours"]["inside"]
        < rows()["relief within hours"]["inside"]
    )
