"""Averages over patients: against draws, and their slopes against differences."""

from pkgutil import resolve_name

import numpy as np
import pytest

from ketasim.observation import (
    FollowUp,
    Mood,
    Spread,
    ever_at_or_below,
    mean_change,
    relapse_by_visit,
    sd_change,
    share_at_or_below,
)

Sloped = resolve_name("ketasim.observation._numbers:Sloped")
value_of = resolve_name("ketasim.observation._numbers:value_of")
time_of_half = resolve_name("ketasim.observation._prediction:time_of_half")

SPREAD = Spread(1.0, 1.2, 0.7, 4.5)
VISITS = FollowUp(72.0, 3.0, 5.0)
RELIEF, CONTEXT = np.array([1.3, 1.0, 0.6, 0.4, 0.2]), np.array([0.6, 0.5, 0.3, 0.2, 0.1])
N = 40_000

FORMS = {
    "share": lambda m, s: share_at_or_below(m, 12.0, s),
    "mean": mean_change,
    "sd": sd_change,
    "ever": lambda m, s: ever_at_or_below(m, 12.0, s),
    "responders": lambda m, s: relapse_by_visit(m, s, VISITS).share,
    "remitters": lambda m, s: relapse_by_visit(m, s, VISITS, 10.0).share,
    "well": lambda m, s: relapse_by_visit(m, s, VISITS).well,
}


def drawn(seed=1):
    """Ratings of patients at the visits, shape (N, n_visits), and the means around which they lie."""
    rng = np.random.default_rng(seed)
    n_s, n_e = rng.standard_normal((2, N, 1))
    s = np.exp(SPREAD.omega_s * n_s - 0.5 * SPREAD.omega_s**2)
    z = np.log(32.0 / 28.0) - s * RELIEF - CONTEXT - SPREAD.sd_e * n_e
    return 60.0 / (1.0 + np.exp(-z)) + SPREAD.sigma_y * rng.standard_normal((N, RELIEF.size))


def test_averages_are_those_of_drawn_patients():
    rated = drawn()
    mood = Mood(32.0, RELIEF, CONTEXT)
    changes = rated - 32.0
    sd = changes.std(axis=0)
    assert (np.abs(changes.mean(axis=0) - mean_change(mood, SPREAD)) <= 3.0 * sd / np.sqrt(N)).all()
    # Kurtosis is below 5 here: the standard error of an SD is below SD/sqrt(N).
    assert (np.abs(sd - sd_change(mood, SPREAD)) <= 3.0 * sd / np.sqrt(N)).all()
    ever = float(ever_at_or_below(mood, 12.0, SPREAD))
    seen = (rated <= 12.0).any(axis=1).mean()
    assert abs(seen - ever) <= 3.0 * np.sqrt(ever * (1.0 - ever) / N)


@pytest.mark.parametrize("name", FORMS)
def test_several_trials_at_once_are_the_trials_one_by_one(name):
    shifts = np.array([-0.3, 0.0, 0.5])[:, None]
    together = FORMS[name](Mood(32.0, RELIEF * np.exp(shifts), CONTEXT + shifts), SPREAD)
    for i, shift in enumerate(shifts[:, 0]):
        alone = FORMS[name](Mood(32.0, RELIEF * np.exp(shift), CONTEXT + shift), SPREAD)
        np.testing.assert_allclose(together[i], alone, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("n_theta", [2, 11])
def test_slopes_are_those_of_differences(name, n_theta):
    """Every number is moved along random directions, more than one block of the core."""
    rng = np.random.default_rng(4)
    n = RELIEF.size
    relief, context = rng.standard_normal((2, n, n_theta))
    baseline = rng.standard_normal(n_theta)
    spread = rng.uniform(0.2, 1.0, (4, n_theta))

    def sloped(value, slopes):
        return Sloped(np.asarray(value), slopes)

    mood = Mood(sloped(32.0, baseline), sloped(RELIEF, relief), sloped(CONTEXT, context))
    own = (SPREAD.sensitivity, SPREAD.omega_s, SPREAD.sd_e, SPREAD.sigma_y)
    found = FORMS[name](mood, Spread(*(sloped(v, d) for v, d in zip(own, spread, strict=True))))
    for k in range(n_theta):

        def at(step, k=k):
            moved = Mood(
                32.0 + step * baseline[k],
                RELIEF + step * relief[:, k],
                CONTEXT + step * context[:, k],
            )
            numbers = (v + step * d[k] for v, d in zip(own, spread, strict=True))
            return value_of(FORMS[name](moved, Spread(*numbers)))

        # A central difference of 1e-5 is good to its square and to rounding over it.
        difference = (at(1e-5) - at(-1e-5)) / 2e-5
        np.testing.assert_allclose(found.slopes[..., k], difference, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.value, at(0.0), rtol=1e-13, atol=1e-15)


def test_relapse_only_grows_and_needs_two_visits():
    found = relapse_by_visit(Mood(32.0, RELIEF, CONTEXT), SPREAD, VISITS)
    assert found.share[:2].tolist() == [0.0, 0.0]
    assert (np.diff(found.share[1:]) > 0.0).all()
    assert 0.0 < found.well < 1.0


def test_the_time_of_half_is_linear_between_visits_and_goes_on_with_the_mean_hazard():
    times = np.array([24.0, 72.0, 144.0, 216.0])
    assert time_of_half(times, np.array([0.0, 0.2, 0.7, 0.9]), beyond=True) == pytest.approx(
        72.0 + 72.0 * 0.3 / 0.5
    )
    never = np.array([0.0, 0.1, 0.2, 1.0 - 0.5**0.5])
    # Half of the way to half: twice the time.
    assert time_of_half(times, never, beyond=True) == pytest.approx(432.0)
    both = time_of_half(times, np.stack([never, [0.0, 0.2, 0.7, 0.9]]), beyond=True)
    assert both == pytest.approx([432.0, 115.2])
    slopes = np.array([[0.0], [1.0], [2.0], [3.0]])
    for share in (never, np.array([0.0, 0.2, 0.7, 0.9])):
        found = time_of_half(times, Sloped(share, slopes), beyond=True)
        ends = [
            time_of_half(times, share + step * slopes[:, 0], beyond=True) for step in (1e-6, -1e-6)
        ]
        assert found.slopes[0] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)
