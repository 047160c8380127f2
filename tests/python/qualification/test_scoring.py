"""Verdicts: the interval of an observation, distance in it, fold errors and signs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasim.evidence import Arm, Observation
from ketasim.observation import Z95, Interval, Prediction, distance, interval_of, wilson
from ketasim.qualification import fold_error, score

ARM = Arm(
    "arm", "study", "human", "trd", None, None, None, None, None, "r", "saline", "", 1.0, ""
)  # fmt: skip
CHANGE = Observation(
    "o1", "arm", "", "madrs_change", "point", 24.0, None, -10.0, "points", None, "", None, "read",
    1.0, "calibrate", "study", "",
)  # fmt: skip
LEVEL = replace(CHANGE, readout="ketamine_venous", value=100.0, unit="ng/mL")
SHARE = replace(CHANGE, readout="response", statistic="fraction", value=0.5, unit="1")
SIGN = replace(CHANGE, readout="p_mtor", statistic="sign", value=1.0, unit="1")


@pytest.mark.parametrize(
    ("kind", "spread", "n", "half"),
    [
        ("se", 2.0, 25.0, 2.0 * Z95),
        ("sd", 10.0, 25.0, 2.0 * Z95),
        ("ci95_halfwidth", 3.0, 25.0, 3.0),
        ("range", 3.0, 25.0, 3.0),
        ("reading", 1.0, 25.0, Z95),
        ("cv", 0.5, 25.0, Z95),
        ("iqr", 13.49, 25.0, 2.0 * Z95),
    ],
)
def test_the_interval_is_what_the_spread_says(kind, spread, n, half):
    interval = interval_of(replace(CHANGE, spread=spread, spread_kind=kind, n=n), ARM)
    assert interval.high - CHANGE.value == pytest.approx(half)
    assert CHANGE.value - interval.low == pytest.approx(half)
    assert interval.origin == kind


def test_n_is_the_rows_else_the_arms_else_stated():
    sd = replace(CHANGE, spread=10.0, spread_kind="sd")
    widths = [
        interval_of(replace(sd, n=100.0), replace(ARM, n=25.0)).standard_error,
        interval_of(sd, replace(ARM, n=25.0)).standard_error,
        interval_of(sd, ARM).standard_error,
    ]
    assert widths == pytest.approx([1.0, 2.0, 10.0 / 30.0**0.5])


def test_plasma_is_inside_within_a_factor_of_two():
    reading = replace(LEVEL, spread=10.0, spread_kind="reading")
    for o in (LEVEL, reading):
        assert score(o, ARM, Prediction(51.0)).within
        assert score(o, ARM, Prediction(199.0)).within
        assert not score(o, ARM, Prediction(49.0)).within
    record = score(LEVEL, ARM, Prediction(50.0))
    assert record.fold_error == 2.0
    assert record.within


def test_plasma_with_a_wider_interval_of_its_own_uses_it():
    wide = replace(LEVEL, spread=150.0, spread_kind="ci95_halfwidth")
    assert score(wide, ARM, Prediction(20.0)).within
    assert score(wide, ARM, Prediction(249.0)).within
    assert not score(wide, ARM, Prediction(251.0)).within


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_a_binomial_interval_holds_its_share_and_stays_a_share(share, n):
    interval = wilson(share, n)
    assert 0.0 <= interval.low <= share <= interval.high <= 1.0
    assert interval.high > interval.low


def test_nobody_responding_does_not_exclude_a_small_share():
    nobody = replace(SHARE, value=0.0, n=14.0)
    assert score(nobody, ARM, Prediction(0.15)).within
    assert not score(nobody, ARM, Prediction(0.30)).within
    assert wilson(0.0, 14.0).high == pytest.approx(0.2153, abs=1e-3)  # published tables: 21.5 %


@given(st.floats(-50, 50), st.floats(0.1, 20), st.floats(0.1, 20), st.floats(-100, 100))
def test_distance_and_limits_agree(value, below, above, predicted):
    interval = Interval(value - below, value + above, "test")
    z = distance(value, interval, predicted)
    if abs(abs(z) - Z95) > 1e-9:
        assert (abs(z) < Z95) == (interval.low < predicted < interval.high)


def test_signs_are_signs():
    assert score(SIGN, ARM, Prediction(1.0, difference=0.4)).within
    assert not score(SIGN, ARM, Prediction(-1.0, difference=-0.4)).within
    record = score(SIGN, ARM, Prediction(0.0, difference=0.0))
    assert not record.within
    assert (record.z, record.spread, record.fold_error) == (None, None, None)


def test_fold_error_needs_two_positive_numbers():
    assert fold_error(2.0, 1.0) == fold_error(1.0, 2.0) == 2.0
    assert fold_error(0.0, 1.0) is None
    assert fold_error(1.0, -1.0) is None


def test_what_is_not_predicted_is_not_scored():
    record = score(SHARE, ARM, Prediction(None, "no counterpart"))
    assert record.predicted is record.within is record.z is None
    assert not record.scored
    assert record.reason == "no counterpart"


def test_weight_0_is_shown_and_not_counted():
    record = score(replace(CHANGE, weight=0.0), ARM, Prediction(-10.0))
    assert record.within
    assert not record.scored


@pytest.mark.parametrize(
    "o",
    [
        CHANGE,
        replace(CHANGE, relative_to="other"),
        replace(CHANGE, readout="effect_size", unit="SMD", value=0.8, relative_to="other"),
        replace(CHANGE, readout="sert_occupancy", unit="1", value=0.8),
        replace(CHANGE, readout="p_erk", unit="fold", value=3.0),
        replace(CHANGE, readout="cadss", unit="points", value=8.0),
        replace(CHANGE, readout="sbp_change", unit="mmHg", value=8.0),
        replace(CHANGE, readout="cadss", statistic="tmax", unit="h", value=0.5),
        replace(CHANGE, readout="relapse", statistic="median_time", unit="h", value=400.0),
        replace(
            CHANGE, readout="hdrs_change", statistic="ratio", unit="1", value=0.3, time_end_h=900.0
        ),
        replace(CHANGE, readout="response", statistic="ratio", unit="1", value=1.6),
        replace(SHARE, relative_to="other", value=-0.1),
        replace(LEVEL, value=0.0),
    ],
)
def test_every_kind_of_row_has_an_interval_without_spread(o):
    interval = interval_of(o, ARM)
    assert interval.low <= o.value <= interval.high
