"""What a clinic watches after a dose: pressure, sedation, dissociation, and when patients may leave."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketasim import _core
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.durations import hours
from ketasim._wording.frozen import FrozenMapping, comparable
from ketasim._wording.names import check_name
from ketasim._wording.numbers import check_whole
from ketasim.catalogue._vocabulary import DRUG_FACTS
from ketasim.dosing._dose import Dose
from ketasim.dosing._regimen import Regimen
from ketasim.errors import ScenarioError
from ketasim.observation._distributions import LEAST_SHARE
from ketasim.observation._numbers import value_of
from ketasim.observation._plan import begun_by
from ketasim.observation._prediction import CADSS_CUT
from ketasim.observation._predictor import predictor
from ketasim.population._draws import LARGEST_SEED, standard_normal
from ketasim.population._ensemble import Ensemble
from ketasim.population._simulate_population import simulate_population
from ketasim.qualification._residuals import shipped_sigmas
from ketasim.scenario._overrides import as_scenario
from ketasim.scenario._scenario import Scenario, scenario_text
from ketasim.scenario._solver_options import SolverKeywords, check_keywords
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Limits of systolic pressure and of its rise [mmHg]; the label reports patients beyond them.
SBP_LIMIT, RISE_LIMIT = 180.0, 40.0
#: CADSS above which a patient dissociates [points].
CADSS_LIMIT = CADSS_CUT
#: Share of patients that must be fit to leave.
FIT_SHARE = 0.95
#: The window after a nasal dose for which the label asks for observation [h].
WINDOW_H = 2.0
#: Time between looks [h].
EVERY_H = 1.0 / 12.0
#: Simulated clinics behind an interval, and its tails.
CLINICS, TAILS = 1000, (0.025, 0.5, 0.975)
#: Readouts from which the signs are computed.
_COURSES = ("sbp_change", "cadss", "sedation")
#: Streams of random numbers of a member and of the clinics, besides those of parameters and ratings.
_MEMBER, _CLINIC = 3, 4

#: What is counted at each time, in words.
SIGNS: Mapping[str, str] = FrozenMapping({
    "sbp_180": f"systolic pressure of {SBP_LIMIT:g} mmHg or more",
    "rise_40": f"systolic rise of more than {RISE_LIMIT:g} mmHg",
    "dissociated": f"CADSS above {CADSS_LIMIT:g}",
    "sedated": "sedated (MOAA/S below 5)",
    "unfit": "not fit to leave: any of these because of the drug",
})  # fmt: skip

#: What the numbers do not contain.
NOT_KNOWN = (
    "Not known, and not in the numbers: how pressure, sedation and dissociation go together in one person "
    "(drawn as independent), the error of a CADSS rating, treated hypertension, dizziness, nausea and "
    "gait. Pressure before treatment is assumed (grade E)."
)


@comparable
@dataclass(frozen=True, eq=False)
class Monitoring:
    """Signs after a dose in a population; made by `monitoring`.

    Attributes
    ----------
    scenario : Scenario
    dose_h : float
        Start of the dose [h of the scenario].
    t : ndarray, shape (n_times,)
        Time after the start of the dose [h].
    share : mapping of str to ndarray, shape (n_times,)
        Expected share of patients with each sign, from 0 to 1, by the names of
        ``ketasim.clinic.SIGNS``: sbp_180, rise_40, dissociated, sedated, unfit.
    low, high : mapping of str to ndarray, shape (n_times,)
        95 % prediction interval of the share in a clinic of ``patients`` patients.
    ever : mapping of str to ndarray, shape (3,)
        Share with the sign at any time: low, expected, high.
    fit_h : ndarray, shape (3,)
        Time after which 95 % are and stay fit to leave [h]: low, expected, high; inf if that is after the
        last time.
    patients, n, seed : int
        Patients of a clinic, patients drawn, seed.
    individual_fields : tuple of str
        Fields of `Subject` of which each patient had an own value.

    Examples
    --------
    >>> import ketasim as ks
    >>> watched = ks.monitoring("esketamine 56 mg intranasal", n=100, seed=1)
    >>> bool(watched.at("dissociated", "40 min")[1] > watched.at("dissociated", "3 h")[1])
    True
    """

    scenario: Scenario
    dose_h: float
    t: FloatArray
    share: Mapping[str, FloatArray]
    low: Mapping[str, FloatArray]
    high: Mapping[str, FloatArray]
    ever: Mapping[str, FloatArray]
    fit_h: FloatArray
    patients: int
    n: int
    seed: int
    individual_fields: tuple[str, ...] = ()

    def at(self, sign: str, time: float | str) -> tuple[float, float, float]:
        """Return the share with a sign at a time after the dose.

        Parameters
        ----------
        sign : str
            A key of ``share``.
        time : float or str
            Hours after the start of the dose, or text such as '2 h'; linear between looks.

        Returns
        -------
        tuple of float
            Low, expected, high.

        Raises
        ------
        ScenarioError, UnknownNameError
            For another sign, or a time outside.
        """
        check_name(sign, tuple(self.share), "sign")
        t = hours(time, "time")
        if not self.t[0] <= t <= self.t[-1]:
            raise ScenarioError(
                f"time = {t:g} h: looks are from {self.t[0]:g} to {self.t[-1]:g} h after the dose"
            )
        low, middle, high = (
            float(np.interp(t, self.t, part[sign])) for part in (self.low, self.share, self.high)
        )
        return low, middle, high

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row for each time and sign (extra ``ketasim[frames]``).

        Returns
        -------
        pandas.DataFrame
            Columns time_h, sign, share, low, high.

        Raises
        ------
        MissingLibraryError
            Without pandas.
        """
        pandas: Any = require("pandas", "frames")
        parts = [
            pandas.DataFrame({
                "time_h": self.t, "sign": sign, "share": self.share[sign], "low": self.low[sign],
                "high": self.high[sign],
            })
            for sign in self.share
        ]  # fmt: skip
        return pandas.concat(parts, ignore_index=True)

    def table(self) -> str:
        """Return the shares and the time to leave as text for a terminal.

        Returns
        -------
        str
        """
        text = scenario_text(self.scenario, self.individual_fields)
        lines = [f"{text}: the dose at {self.dose_h:g} h, clinic of {self.patients} patients"]
        for sign, said in SIGNS.items():
            low, middle, high = self.ever[sign]
            text = f"{said}: {_percent(middle)} at any time ({_percent(low)} to {_percent(high)})"
            if self.t[-1] >= WINDOW_H:
                low, middle, high = self.at(sign, WINDOW_H)
                text += f", {_percent(middle)} at 2 h ({_percent(low)} to {_percent(high)})"
            lines.append(text)
        lines.append(says(self))
        return "\n".join([*lines, NOT_KNOWN])

    def plot(self) -> Figure:
        """Draw the shares by time with their intervals (extra ``ketasim[plot]``).

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingLibraryError
            Without matplotlib.
        """
        from ketasim.clinic._figures import of_monitoring

        return of_monitoring(self, says(self))

    def __repr__(self) -> str:
        return self.table()


def says(m: Monitoring) -> str:
    """Return the message in a sentence with numbers."""
    low, middle, high = m.fit_h
    clinics = f"in clinics of {m.patients} patients {_range(m, low, high)}"
    if math.isfinite(middle):
        text = f"In the model, 95 % are fit to leave {middle:.1f} h after the dose ({clinics})"
    else:
        text = f"In the model, fewer than 95 % are fit to leave {m.t[-1]:g} h after the dose ({clinics})"
    if m.t[-1] < WINDOW_H:
        return f"{text}."
    low, middle, high = m.at("unfit", WINDOW_H)
    return f"{text}; at 2 h {_percent(middle)} ({_percent(low)} to {_percent(high)}) are not."


def _range(m: Monitoring, low: float, high: float) -> str:
    if math.isinf(low):
        return f"later than {m.t[-1]:g} h"
    end = f"{high:.1f} h" if math.isfinite(high) else f"later than {m.t[-1]:g} h"
    return f"{low:.1f} h to {end}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %" if share >= 0.095 or share == 0.0 else f"{100.0 * share:.1f} %"


def monitoring(
    scenario: Scenario | Regimen | Dose | str,
    n: int = 2000,
    *,
    seed: int = 0,
    dose: int = 0,
    until: float | str = "8 h",
    patients: int = 50,
    people: Mapping[str, Sequence[object] | ArrayLike] | None = None,
    **solver: Unpack[SolverKeywords],
) -> Monitoring:
    """Count what a clinic watches after a dose, in a virtual population.

    Parameters
    ----------
    scenario : Scenario, Regimen, Dose or str
    n : int
        Patients drawn, default 2000.
    seed : int
        A patient and a clinic are pure functions of (seed, index).
    dose : int
        Which dose of a psychoactive drug, from 0.
    until : float or str
        Last look after the start of the dose [h], default '8 h'; looks are 5 minutes apart.
    patients : int
        Patients of the clinic for which intervals are predicted, default 50.
    people : mapping of str to sequence, length n, optional
        Who the patients are, as in `ketasim.simulate_population`: the curves of each are solved. Default:
        all have the curves of the subject of the scenario.
    **solver
        Fields of `SolverOptions`.

    Returns
    -------
    Monitoring

    Raises
    ------
    ScenarioError, ParameterError, UnknownNameError
        Also for a scenario that is not of a human or without such a dose, and for a person who cannot
        be simulated.
    SimulationError
        If a run stops early.

    Notes
    -----
    Patients differ as in the observation model that the published shares are compared with: around
    the subject of the scenario, whose curves are solved. For patient i, with standard normal z::

        rise_i(t)     = [sbp_change(t) + v_SBP/2] exp(omega_SBP z_1i)
        pressure_i(t) = SBP_0 + sd_SBP_0 z_2i + rise_i(t)
        sedated_i(t)  = Ncdf(z_3i) < sedation(t)
        cadss_i(t)    = cadss(t) exp(sd_CADSS z_4i)

    These spreads contain those of kinetics, so parameters are not drawn beside them. With ``people`` the
    curves are those of each person, and the spreads are the same: what weight, age and sex do to
    kinetics is then in the intervals twice, and these are a little too wide. For ``ever`` a visit adds ``v_SBP``, not half of it. Some people are
    rated as sedated or dissociated at a visit without drug; ``unfit`` counts those who have a sign because
    of the drug. Intervals have two parts: studies differ on the logit scale by the residual SD of shares of
    side effects in the evidence, and a clinic has ``patients`` patients.

    No published share of patients who were fit to leave by time was open to be read: the time to leave is
    not compared with data.

    Examples
    --------
    >>> import ketasim as ks
    >>> watched = ks.monitoring("esketamine 84 mg intranasal", n=200, seed=1)
    >>> low, expected, high = watched.ever["rise_40"]
    >>> bool(low <= expected <= high)
    True
    """
    check_keywords(monitoring, solver)
    check_whole("n", n, 10)
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_whole("patients", patients, 1)
    whole = as_scenario(scenario)
    if whole.subject.species != "human":
        raise ScenarioError(f"species = {whole.subject.species}: monitoring is for humans")
    start = _dose_start(whole, dose)
    length = hours(until, "until")
    if not length >= EVERY_H:
        raise ScenarioError(f"until = {length:g} h must be at least {60.0 * EVERY_H:g} min")
    t: FloatArray = np.arange(round(length / EVERY_H) + 1, dtype=np.float64) * EVERY_H
    # The whole course up to the dose matters (tolerance), what comes after does not.
    reached = begun_by(whole, start + float(t[-1]))
    typical = simulate(reached, t_eval=start + t, **solver)
    courses = {name: typical[name][np.newaxis] for name in _COURSES}
    fields: tuple[str, ...] = ()
    if people is not None:
        crowd = _everybody(reached, n, people, start + t, solver)
        courses, fields = {name: crowd[name] for name in _COURSES}, tuple(crowd.people)
    scales = predictor().scales
    pressure = scales.pressures["sbp_change"]
    z = standard_normal(range(n), 4, int(seed), (_MEMBER, 0))
    scale = np.exp(pressure.log_sd * z[:, :1])
    before = pressure.before + pressure.sd_before * z[:, 1:2]
    rise, visit = courses["sbp_change"], float(value_of(pressure.visit))
    drowsy = _core.normal_cdf(np.ascontiguousarray(z[:, 2]))[:, np.newaxis]
    dissociates = np.exp(scales.cadss_log_sd * z[:, 3:4])
    seen = {
        "sbp_180": before + (rise + 0.5 * visit) * scale >= SBP_LIMIT,
        "rise_40": (rise + 0.5 * visit) * scale > RISE_LIMIT,
        "dissociated": courses["cadss"] * dissociates > CADSS_LIMIT,
        "sedated": drowsy < courses["sedation"],
    }
    # Who has a sign at a visit without drug is not kept by the drug.
    own = {
        "sbp_180": before + 0.5 * visit * scale >= SBP_LIMIT,
        "rise_40": 0.5 * visit * scale > RISE_LIMIT,
        "dissociated": typical.before("cadss") * dissociates > CADSS_LIMIT,
        "sedated": drowsy < typical.before("sedation"),
    }
    seen["unfit"] = np.logical_or.reduce([seen[sign] & ~own[sign] for sign in own])
    # At any time: the largest of a session, to which a visit adds all of v_SBP.
    highest = (rise.max(axis=1) + visit) * scale[:, 0]
    at_any_time = {sign: found.any(axis=1) for sign, found in seen.items()}
    at_any_time["sbp_180"] = before[:, 0] + highest >= SBP_LIMIT
    at_any_time["rise_40"] = highest > RISE_LIMIT
    clinics = _Clinics.drawn(n, patients, int(seed))
    share, low, high, ever = {}, {}, {}, {}
    for sign, found in seen.items():
        shares = clinics.shares(found)
        share[sign] = found.mean(axis=0)
        low[sign], high[sign] = np.quantile(shares, (TAILS[0], TAILS[2]), axis=0)
        whole_session = at_any_time[sign][:, np.newaxis]
        tails = np.quantile(clinics.shares(whole_session)[:, 0], (TAILS[0], TAILS[2]))
        ever[sign] = np.array([tails[0], whole_session.mean(), tails[1]])
        if sign == "unfit":
            times = np.sort(_first_fit(t, shares))
            # Of sorted times, because some are infinite.
            picked = [times[round(q * (times.size - 1))] for q in TAILS]
            picked[1] = _first_fit(t, share[sign][np.newaxis])[0]
            fit = np.array(picked)
    return Monitoring(
        scenario=whole,
        dose_h=start,
        t=t,
        share=FrozenMapping(share),
        low=FrozenMapping(low),
        high=FrozenMapping(high),
        ever=FrozenMapping(ever),
        fit_h=fit,
        patients=int(patients),
        n=int(n),
        seed=int(seed),
        individual_fields=fields,
    )


def _everybody(
    scenario: Scenario,
    n: int,
    people: Mapping[str, Sequence[object] | ArrayLike],
    times: FloatArray,
    solver: SolverKeywords,
) -> Ensemble:
    """Return the courses of the signs in each person.

    Raises
    ------
    ScenarioError
        For a person who cannot be simulated.
    """
    crowd = simulate_population(
        scenario,
        n,
        parameters={},
        people=people,
        readouts=_COURSES,
        only_readouts=True,
        t_eval=times,
        progress=False,
        **solver,
    )
    failed = np.flatnonzero(~crowd.ok)
    if failed.size:
        raise ScenarioError(
            f"{failed.size} of {n} people cannot be simulated; person {failed[0]}: "
            f"{crowd.message[failed[0]]}"
        )
    return crowd


@dataclass(frozen=True, slots=True)
class _Clinics:
    """Simulated clinics: which members come, and how a study differs."""

    members: NDArray[np.intp]  # (clinics, patients)
    shift: FloatArray  # (clinics,), logit

    @classmethod
    def drawn(cls, n: int, patients: int, seed: int) -> _Clinics:
        generator = np.random.Generator(np.random.Philox(key=seed, counter=(0, _CLINIC, 0, 0)))
        members = generator.integers(0, n, size=(CLINICS, patients))
        sigma = shipped_sigmas()["share of patients"]
        return cls(members, sigma * generator.standard_normal(CLINICS))

    def shares(self, found: NDArray[np.bool_]) -> FloatArray:
        """Return the share with a sign in each clinic, shape (clinics, n_times)."""
        mean = found.mean(axis=0)
        expected = np.clip(mean, LEAST_SHARE, 1.0 - LEAST_SHARE)
        logit = np.log(expected / (1.0 - expected))
        shifted = 1.0 / (1.0 + np.exp(-logit - self.shift[:, np.newaxis]))
        chance = found[self.members].mean(axis=1) - mean
        # Chance of a clinic's size at its own share.
        wider = np.sqrt(shifted * (1.0 - shifted) / (expected * (1.0 - expected)))
        # Nobody stays nobody.
        result: FloatArray = np.where(mean > 0.0, np.clip(shifted + chance * wider, 0.0, 1.0), 0.0)
        return result


def _first_fit(t: FloatArray, unfit: FloatArray) -> FloatArray:
    """Return the first time from which the share unfit stays at or below 5 %, for each row."""
    beyond = unfit > 1.0 - FIT_SHARE + 1e-12
    last = np.where(beyond.any(axis=1), beyond.shape[1] - 1 - beyond[:, ::-1].argmax(axis=1), -1)
    return np.where(last + 1 < t.size, t[np.minimum(last + 1, t.size - 1)], np.inf)


def _dose_start(scenario: Scenario, dose: object) -> float:
    check_whole("dose", dose, 0)
    starts = sorted(
        t
        for d in scenario.regimen.doses
        if d.amount > 0.0 and d.drug != "placebo" and DRUG_FACTS[d.drug]["opens_session"]
        for t in d.start_times
    )
    assert isinstance(dose, int)
    if dose >= len(starts):
        raise ScenarioError(
            f"dose = {dose}: the scenario has {len(starts)} doses of a psychoactive drug, counted from 0"
        )
    return float(starts[dose])
