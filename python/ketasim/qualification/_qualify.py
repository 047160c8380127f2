"""The credibility report of the model and of this installation."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ketasim import _core
from ketasim._runtime.progress import progress_bar
from ketasim._version import __version__
from ketasim._wording.disclaimer import LONG_DISCLAIMER, RISK
from ketasim._wording.frozen import comparable
from ketasim._wording.numbers import MOST_THREADS, check_whole
from ketasim.evidence import load
from ketasim.files._whole_file import check_writable, whole_file
from ketasim.qualification._credibility import _installation as installation
from ketasim.qualification._credibility import _sections as parts
from ketasim.qualification._credibility._content import Check, Section
from ketasim.qualification._credibility._page import page
from ketasim.qualification._validate import Validation, validate

#: Name and version of the layout of the JSON report.
SCHEMA = "ketasim.qualification/1"

#: Sections of the check of an installation.
QUICK = ("installation", "code", "calculation", "versions")

WARNING = (
    "This model must not be used to choose, change or stop a treatment or a dose for any person.",
    RISK,
)


@comparable
@dataclass(frozen=True)
class Qualification:
    """A credibility report, made by `qualify`.

    Attributes
    ----------
    quick : bool
        Whether this is the installation check alone.
    written : str
        Date and time with the offset of the time zone (ISO 8601).
    seconds : float
        Elapsed time [s].
    made : mapping of str to str
        Version, machine and compiler.
    sections : tuple of Section

    Examples
    --------
    >>> import ketasim as ks
    >>> report = ks.qualify(quick=True)
    >>> report.ok
    True
    """

    quick: bool
    written: str
    seconds: float
    made: Mapping[str, str]
    sections: tuple[Section, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """All items, in the order of the report; goals that are not met are listed once."""
        return tuple(c for s in self.sections if s.key != "failures" for c in s.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """Items of this installation that failed."""
        return tuple(c for c in self.checks if c.status == "fail")

    @property
    def ok(self) -> bool:
        """Whether there are items and none failed; goals of the model do not count."""
        return any(c.status == "pass" for c in self.checks) and not self.failures

    def to_json(self, path: str | Path) -> Path:
        """Write the report as JSON.

        The object has ``schema``, ``quick``, ``written``, ``seconds``, ``ok``, ``made``, ``counts`` by
        status, ``checks`` (section, name, criterion, reached, status, detail), ``sections`` (key, title,
        text, tables and figures in words) and ``hashes``.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If the file cannot be written. An existing file then stays as it was.
        """
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        with whole_file(check_writable(path)) as draft:
            draft.write_text(text, encoding="utf-8")
        return Path(path)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the JSON report.

        Returns
        -------
        dict
        """
        return {
            "schema": SCHEMA,
            "quick": self.quick,
            "written": self.written,
            "seconds": round(self.seconds, 1),
            "ok": self.ok,
            "made": dict(self.made),
            "counts": dict(Counter(c.status for c in self.checks)),
            "checks": [
                {"section": s.key, **asdict(c)}
                for s in self.sections
                if s.key != "failures"
                for c in s.checks
            ],
            "sections": [
                {
                    "key": s.key,
                    "title": s.title,
                    "text": list(s.text),
                    "tables": [
                        {
                            "title": g.title,
                            "columns": list(g.columns),
                            "rows": [list(row) for row in g.rows],
                        }
                        for g in s.grids
                    ],
                    "figures": [{"title": d.title, "in_words": d.alt} for d in s.drawings],
                }
                for s in self.sections
            ],
            "hashes": installation.hashes(),
        }

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one HTML file that needs no network and has no script.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If the file cannot be written. An existing file then stays as it was.
        """
        text = page(
            f"ketasim {__version__}: "
            + ("installation check" if self.quick else "credibility report"),
            "Installation check" if self.quick else "Credibility of a computational model",
            self._verdict(),
            self.ok,
            self._of_the_model(),
            WARNING,
            self.sections,
            {"written": self.written, "took": f"{self.seconds:.0f} s", **self.made},
            f"{LONG_DISCLAIMER} Every number of this report was computed when it was made, by "
            f"'ketasim qualify{' --quick' if self.quick else ''}' of ketasim {__version__}.",
        )
        with whole_file(check_writable(path)) as draft:
            draft.write_text(text, encoding="utf-8")
        return Path(path)

    def _verdict(self) -> list[str]:
        counts = Counter(c.status for c in self.checks)
        judged = counts["pass"] + counts["fail"]
        if self.ok:
            first = f"This installation passed: {counts['pass']} of {judged} items."
        else:
            first = f"This installation FAILED: {counts['fail']} of {judged} items."
        lines = [first]
        lines += [f"Failed: {c.name}. {c.detail}" for c in self.failures[:10]]
        if counts["not run"]:
            lines.append(f"Not run: {counts['not run']}; each item states the reason.")
        lines.append(
            "That is whether files, numbers and arithmetic are those of the release, and whether equations are solved "
            "correctly. It says nothing on whether the model describes patients"
            + ("; 'ketasim qualify' without --quick reports that." if self.quick else ".")
        )
        return lines

    def _of_the_model(self) -> list[str]:
        """Return what was found on the model, first in one sentence; empty where it was not judged."""
        goals = [c for c in self.checks if c.status in ("met", "not met")]
        if not goals:
            return []

        def met(of: Sequence[Check]) -> str:
            return f"{sum(c.status == 'met' for c in of)} of {len(of)}"

        unseen = [c for c in goals if c.name.endswith(", check")]
        seen = [c for c in goals if c not in unseen]
        lines = [f"The model meets {met(goals)} goals that this report sets for it."]
        if unseen:
            lines.append(
                f"Of the goals on observations that were not used to choose values it meets {met(unseen)}; of the "
                f"others, on observations that were seen when values were chosen and on its conclusions, {met(seen)}."
            )
        if any(c.status == "not met" for c in goals):
            lines.append("Goals that are not met are listed under known failures.")
        return lines

    def __repr__(self) -> str:
        lines = [f"ketasim {__version__}, {self.written}, {self.made['machine']}"]
        for s in self.sections:
            if s.checks and s.key != "failures":
                lines.append(f"\n{s.title}")
            for c in s.checks if s.key != "failures" else ():
                detail = f" ({c.detail})" if c.detail else ""
                lines.append(f"  {c.status:8} {c.name}: {c.reached}; asked: {c.criterion}{detail}")
        return "\n".join([*lines, "", *self._verdict(), "", *self._of_the_model()]).rstrip()


def qualify(
    *,
    quick: bool = False,
    threads: int | None = None,
    progress: bool | Callable[[int], None] | None = None,
) -> Qualification:
    """Report on the credibility of the model and check this installation.

    Parameters
    ----------
    quick : bool
        Check the installation alone, in seconds: files, values, equations, arithmetic, reference values,
        closed forms, mass balance, methods and errors. Default: the whole report, in minutes.
    threads : int, optional
        Default: all that the process may use. Results do not depend on it.
    progress : bool or callable, optional
        Default: a bar on a terminal, nothing elsewhere. A callable is called with the number of sections
        done.

    Returns
    -------
    Qualification
        ``ok`` is False if any item of the installation failed, errors included.

    Raises
    ------
    ScenarioError
        For an impossible number of threads.

    Notes
    -----
    The report follows ICH M15 (general principles for model-informed drug development) and ASME V&V 40
    (credibility of computational models): context of use and risk, code verification, calculation
    verification, validation, uncertainty, applicability, known failures, versions and hashes.

    Examples
    --------
    >>> import ketasim as ks
    >>> report = ks.qualify(quick=True)
    >>> report.to_html(tmp_path / "installation.html").name
    'installation.html'
    """
    if threads is not None:
        check_whole("threads", threads, 1, MOST_THREADS)
    began = time.perf_counter()
    written = datetime.now().astimezone().isoformat(timespec="seconds")
    used = threads or _core.available_threads()
    sections: list[Section] = []

    found: list[Validation] = []

    def validated() -> Section:
        found.append(validate(threads=used, progress=False))
        return parts.validation(found[0])

    steps: dict[str, Callable[[], Section]] = {
        "context": parts.context,
        "model": parts.model,
        "installation": parts.installed,
        "code": lambda: parts.code_verification(quick),
        "calculation": lambda: parts.calculation(None if quick else load(), used),
        "validation": validated,
        "uncertainty": parts.uncertainty,
        "applicability": lambda: parts.applicability(load()),
        "failures": lambda: parts.failures(found, sections),
        "versions": parts.versions,
    }
    if quick:
        steps = {key: steps[key] for key in QUICK}
    with progress_bar(len(steps), "sections", progress) as tick:
        for k, (key, step) in enumerate(steps.items(), 1):
            sections.append(_guarded(key, step))
            if tick is not None:
                tick(k)
    sections.insert(0, parts.summary(sections))
    return Qualification(
        quick, written, time.perf_counter() - began, installation.machine(), tuple(sections)
    )


def _guarded(key: str, step: Callable[[], Section]) -> Section:
    """Make a section; one that cannot be made is a section with a failed item."""
    try:
        return step()
    except Exception as error:  # noqa: BLE001  # a report names what failed, whatever it is
        check = Check(
            f"Section {key}",
            "ends without an error",
            type(error).__name__,
            "fail",
            str(error)[:1000] or "no message",
        )
        return Section(key, f"Section {key} could not be made", checks=(check,))
