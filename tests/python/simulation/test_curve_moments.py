"""Moments of curves with known shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketasim.simulation import furthest, gone, half_way, highest, in_words, lowest, reaches

T = np.linspace(0.0, 10.0, 1001)


def test_the_peak_of_a_bateman_curve_is_where_calculus_puts_it():
    ka, ke = 2.0, 0.3
    y = np.exp(-ke * T) - np.exp(-ka * T)
    # Half a sample apart at most.
    assert highest(T, y).time_h == pytest.approx(np.log(ka / ke) / (ka - ke), abs=0.005)
    assert lowest(T, -y) == (highest(T, y).time_h, -highest(T, y).value)
    assert furthest(T, -y).time_h == highest(T, y).time_h


@given(rate=st.floats(0.5, 5.0), share=st.floats(0.01, 0.5))
def test_an_exponential_is_gone_when_its_logarithm_says_so(rate, share):
    y = np.r_[0.0, np.exp(-rate * T[1:])]
    # Linear interpolation over a sample of 0.01 h errs by less than (0.01 rate)^2 / 8 relative.
    assert gone(T, y, share) == pytest.approx(-np.log(share) / rate, abs=0.02)


def test_a_curve_that_comes_back_is_gone_only_for_good():
    y = np.zeros_like(T)
    y[(T > 1) & (T < 2)] = 1.0
    y[(T > 5) & (T < 6)] = 1.0
    assert gone(T, y, 0.5) == pytest.approx(6.0, abs=0.02)


def test_half_way_counts_from_the_start_in_either_direction():
    assert half_way(T, 3.0 - 0.4 * T) == pytest.approx(5.0, abs=1e-12)
    assert half_way(T, 3.0 + 0.4 * T) == pytest.approx(5.0, abs=1e-12)


def test_what_does_not_happen_has_no_time():
    flat = np.full_like(T, 2.0)
    assert half_way(T, flat) is None
    assert gone(T, flat, 0.1) is None
    assert reaches(T, flat, 3.0) is None
    assert gone(T, T, 0.5) is None  # still there at the end


def test_values_that_were_not_computed_are_passed_over():
    y = np.where(T < 4.0, T, np.nan)
    assert highest(T, y).time_h == pytest.approx(3.99)
    with pytest.raises(ValueError, match="no finite value"):
        highest(T, np.full_like(T, np.nan))
    with pytest.raises(ValueError, match="shape"):
        highest(T, T[1:])


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (40 / 3600, "40 s"),
        (41 / 60, "41 min"),
        (1.6, "1.6 h"),
        (24.0, "24 h"),
        (2.1 * 24, "2.1 days"),
        (18 * 24, "18 days"),
        (3.4 * 168, "3.4 weeks"),
        (8 * 168, "8 weeks"),
    ],
)
def test_times_are_told_as_people_tell_them(hours, words):
    assert in_words(hours) == words
