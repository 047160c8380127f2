"""Regimens in words, and times: read, or refused in words."""

import math

from hypothesis import given
from hypothesis import strategies as st
from strange import answer

import ketasim as ks

#: Pieces of regimens, of which most combinations mean nothing.
PIECES = (
    *ks.drugs().names,
    *ks.routes().names,
    *(
        "mg",
        "mg/kg",
        "uM",
        "fraction",
        "%",
        "g",
        "µg",
        "over",
        "for",
        "from",
        "at",
        "after",
        "every",
    ),
    *(
        "day",
        "daily",
        "weekly",
        "twice",
        "thrice",
        "once",
        "a",
        "week",
        "weeks",
        "x",
        "times",
        "lag",
    ),
    *(
        "bolus",
        "infusion",
        "starting",
        "dose",
        "then",
        "min",
        "h",
        "d",
        "s",
        ";",
        "+",
        ",",
        "(",
        ")",
    ),
    *(
        "nasal",
        "po",
        "iv,",
        "ketamine_",
        "ket_iv_0p5_mgkg_40min",
        "no drug",
        "×",
        "x3",
        "x0",
        "x99999",
    ),
    *(
        "0",
        "1",
        "0.5",
        ".5",
        "5.",
        "1e3",
        "1e+3",
        "1e-3",
        "1e400",
        "-1",
        "+1",
        "1,5",
        "1,000",
        "nan",
    ),
    *(
        "inf",
        "40",
        "40min",
        "0.5mg/kg",
        "9" * 400,
        "½",
        "٣",
        "\u00a0",
        "\n",
        "\t",
        "\x00",
        "\ud800",
    ),
)

#: A record that is right, so that changed ones come close to meaning something.
RIGHT = (
    "ketamine 0.5 mg/kg iv over 40 min every 48 h x 6 from 2 h lag 1 h",
    "esketamine 56 mg nasal twice weekly for 4 weeks",
    "nbqx 0.9 target for 3 h from -0.5 h; ketamine 35 mg im day 3",
    "memantine 20 mg oral daily x 30 + placebo iv",
)

pieces = st.lists(st.sampled_from(PIECES), max_size=12)


@st.composite
def changed(draw: st.DrawFn) -> str:
    """Return a right regimen with words left out, repeated or replaced."""
    words = draw(st.sampled_from(RIGHT)).split(" ")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(words)))
        match draw(st.sampled_from(("insert", "delete", "replace", "double"))):
            case "insert":
                words.insert(at, draw(st.sampled_from(PIECES)))
            case "delete":
                del words[at : at + 1]
            case "replace":
                words[at : at + 1] = [draw(st.sampled_from(PIECES))]
            case _:
                words[at:at] = words[at : at + draw(st.integers(1, 3))]
    return " ".join(words)


texts = st.one_of(changed(), pieces.map(" ".join), pieces.map("".join), st.text(max_size=60))


@given(texts)
def test_a_regimen_in_words_is_read_or_refused(text: str) -> None:
    regimen = answer(lambda: ks.Regimen.parse(text))
    if regimen is None:
        return
    for dose in regimen.doses:
        assert all(math.isfinite(t) for t in (dose.amount, dose.start_h, dose.length_h))
    assert str(regimen)
    scenario = answer(lambda: ks.Scenario(regimen))
    if scenario is None or len(regimen.doses) > 20:
        return
    end = max((d.start_h + d.lag_h for d in regimen.doses), default=0.0)
    run = answer(
        lambda: ks.simulate(
            scenario, t_eval=[max(end, 0.0) + 1.0], max_steps=2000, on_failure="return"
        )
    )
    if run is not None and run.success:
        assert all(math.isfinite(run[name][-1]) for name in ("madrs", "ketamine_venous"))


@given(st.one_of(texts, st.text(alphabet="0123456789.eE+-hdminswk ", max_size=12)))
def test_a_duration_in_words_is_read_or_refused(text: str) -> None:
    regimen = answer(lambda: ks.Regimen.parse("ketamine 35 mg im").shift(text))
    if regimen is not None:
        assert abs(regimen.doses[0].start_h) <= 876_000.0
