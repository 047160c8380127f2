"""The command line ``ketasim COMMAND``: thin wrappers of the functions of the library.

Exit codes
----------
0
    Done, and every check passed.
1
    A check failed: a reference value was not met, an item of the installation failed, or integration
    stopped early.
2
    Bad input, or a file that cannot be read or written. No partial file is left.
70
    A defect of ketasim.
130
    Interrupted with Ctrl-C.
141
    The reader of the output stopped reading.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import fields
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

import ketasim as ks
from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim._wording.disclaimer import DISCLAIMER, SPREAD_OF_INPUTS
from ketasim._wording.durations import exact_text, hours
from ketasim._wording.names import check_name
from ketasim.cli._parser import UsageError, parse, parser
from ketasim.cli._text_table import LANDMARKS_H, details, grid, number, shown_rows
from ketasim.dosing._event_table import read_event_table
from ketasim.errors import OutputError
from ketasim.files._save import check_path, save
from ketasim.files._whole_file import check_folder, check_writable
from ketasim.population._quantile_sheet import QUANTILES
from ketasim.population._simulate_population import DEFAULT_READOUTS
from ketasim.sbml._export import check_sbml_path
from ketasim.scenario._output_times import check_number_of_times, output_times
from ketasim.scenario._overrides import as_scenario

PASSED, FAILED, BAD_INPUT, DEFECT, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 70, 130, 141

KETAMINE_READOUTS = (
    *("ketamine_venous", "nmda_occupancy", "glutamate_dialysate"),
    *("p_mtor", "spine_density", "madrs_change"),
)
SSRI_READOUTS = (
    *("escitalopram_venous", "sert_occupancy", "serotonin_extracellular"),
    *("p_trkb", "spine_density", "madrs_change"),
)

FIGURE_ENDINGS = (".png", ".pdf", ".svg")


# --- commands ---------------------------------------------------------------------------------


def demo(arguments: argparse.Namespace) -> int:
    folder = check_folder(arguments.output)
    from ketasim.gallery.demo import demo as run_demo

    print(run_demo(folder))
    return PASSED


def explore(arguments: argparse.Namespace) -> int:
    from ketasim.explorer._page import address, open_page, page

    place = page()
    url = address(place, arguments.state)
    if arguments.path:
        print(place)
    elif open_page(url):
        _say(f"opened {url}")
    else:
        print(
            f"{url if arguments.state else place}\n"
            "No browser could be opened here: open this file in one. It needs no network."
        )
    return PASSED


def simulate(arguments: argparse.Namespace) -> int:
    regimen, observed = _regimen(arguments)
    scenario = _scenario(arguments, regimen)
    times, landmarks = _times(arguments, scenario, observed)
    if arguments.output:
        check_path(arguments.output)
    if arguments.plot:
        _check_figure(arguments.plot)
    if arguments.n is None:
        return _simulate_one(arguments, scenario, times, landmarks)
    return _simulate_many(arguments, scenario, times, landmarks)


def _simulate_one(
    arguments: argparse.Namespace,
    scenario: ks.Scenario,
    times: FloatArray,
    landmarks: bool,
) -> int:
    for option in ("seed", "threads", "quantiles", "checkpoint"):
        if getattr(arguments, option) is not None:
            raise UsageError(
                f"--{option} is for a virtual population; add --n, the number of subjects"
            )
    if arguments.members:
        raise UsageError("--members is for a virtual population; add --n, the number of subjects")
    known = (*ks.readouts().names, *ks.states().names)
    for name in arguments.readouts or ():
        check_name(name, known, "readout or state")
    run = ks.simulate(scenario, t_eval=times, **_solver(arguments))
    if arguments.output:
        save(run, arguments.output, arguments.readouts)
        _say(f"wrote {arguments.output}: {run.t.size} times, {run.message}")
    if arguments.plot:
        _draw(run.plot(arguments.readouts and list(arguments.readouts)), arguments.plot)
    if not (arguments.output or arguments.plot):
        names = arguments.readouts or _telling_readouts(scenario)
        headings = [["time", *names], ["", *(_bracketed(run.unit(name)) for name in names)]]
        lines = [
            [exact_text(run.t[i]), *(number(run[name][i]) for name in names)]
            for i in shown_rows(run.t, landmarks)
        ]
        print(f"{run.scenario}\n\n{grid(headings, lines)}\n\n{run.message}\n{DISCLAIMER}")
    return PASSED


def _simulate_many(
    arguments: argparse.Namespace,
    scenario: ks.Scenario,
    times: FloatArray,
    landmarks: bool,
) -> int:
    if arguments.plot:
        raise UsageError(
            "--plot draws a single run; leave out --n, or write quantiles with --output"
        )
    if arguments.members and not arguments.output:
        raise UsageError("--members writes every subject into a file: add --output FILE")
    counted = arguments.quantiles or arguments.checkpoint
    if counted and arguments.members:
        raise UsageError(
            "--members keeps every subject, --quantiles and --checkpoint keep none: use only one of them"
        )
    if arguments.quantiles and not arguments.output:
        raise UsageError("--quantiles sets the columns of a file: add --output FILE")
    if not arguments.output:
        times = times[shown_rows(times, landmarks)]
    arguments_of_call: dict[str, Any] = {
        "seed": arguments.seed or 0,
        "readouts": arguments.readouts or DEFAULT_READOUTS,
        "t_eval": times,
        "threads": arguments.threads,
        **_solver(arguments),
    }
    population: ks.Ensemble | ks.PopulationSummary
    if counted:
        shares = arguments.quantiles or QUANTILES
        summary: ks.PopulationSummary = ks.simulate_population(
            scenario,
            arguments.n,
            quantiles=shares,
            checkpoint=arguments.checkpoint,
            **arguments_of_call,
        )
        failed = [failure.message for failure in summary.failures]
        population, n_failed = summary, summary.failed
    else:
        ensemble: ks.Ensemble = ks.simulate_population(scenario, arguments.n, **arguments_of_call)
        failed = [text for ok, text in zip(ensemble.ok, ensemble.message, strict=True) if not ok]
        population, n_failed = ensemble, len(failed)
    if arguments.output:
        save(population if arguments.members else population.quantile_sheet(), arguments.output)
        _say(f"wrote {arguments.output}: {len(population)} subjects, {population.t.size} times")
    else:
        print(f"{population.scenario}\n{len(population)} virtual subjects, seed {population.seed}")
        print("median (5 % to 95 % of subjects)\n")
        print(_quantile_text(population))
        print(f"\n{SPREAD_OF_INPUTS} {DISCLAIMER}")
    if failed:
        _say(f"warning: {n_failed} of {len(population)} subjects failed; the first: {failed[0]}")
    return FAILED if n_failed == len(population) else PASSED


def export(arguments: argparse.Namespace) -> int:
    check_sbml_path(arguments.output)
    regimen, _ = _regimen(arguments)
    ks.export_sbml(_scenario(arguments, regimen), arguments.output)
    _say(f"wrote {arguments.output}")
    return PASSED


def fit(arguments: argparse.Namespace) -> int:
    folder = check_folder(arguments.output)
    for library in ("scipy", "matplotlib", "emcee", "arviz"):
        require(library, "fit")
    problem = ks.fitting.read_problem(arguments.problem)
    posterior = problem.posterior
    print(posterior.data, end="\n\n")
    best = posterior.maximum(problem.starts, seed=problem.seed)
    judged = posterior.identifiability(best)
    print(f"{best}\n\n{judged}")
    folder.mkdir(parents=True, exist_ok=True)
    save(best, folder / "maximum.csv")
    save(judged, folder / "identifiability.csv")
    _draw(judged.plot(), folder / "identifiability.png")
    if not problem.draws:
        return PASSED if best.converged else FAILED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ks.fitting.ConvergenceWarning)  # the summary says it
        draws = posterior.sample(problem.draws, near=best, seed=problem.seed)
    print(f"\n{draws}")
    save(draws, folder / "draws.csv")
    _draw(draws.plot(), folder / "draws.png")
    if posterior.data.measurements:
        check = posterior.visual_check(draws, seed=problem.seed)
        print(f"\n{check}")
        _draw(check.plot(), folder / "visual_check.png")
    _say(f"wrote {folder}")
    return PASSED if best.converged and draws.converged else FAILED


def validate(arguments: argparse.Namespace) -> int:
    if arguments.json:
        check_writable(arguments.json)
    if arguments.figures:
        check_folder(arguments.figures)
        require("matplotlib", "plot")
    result = ks.validate(arguments.folder)
    print(result.table("study"))
    print(f"\n{result.unpredicted_table()}\n\n{result!r}")
    if arguments.json:
        _say(f"wrote {result.to_json(arguments.json)}")
    if arguments.figures:
        folder = Path(arguments.figures)
        folder.mkdir(parents=True, exist_ok=True)
        _draw(result.plot(), folder / "predicted_against_observed.png")
        _draw(result.plot_calibration(), folder / "calibration.png")
    return PASSED


def verify(arguments: argparse.Namespace) -> int:
    if bool(arguments.scenarios) != bool(arguments.values):
        raise UsageError("give both SCENARIOS.csv and VALUES.csv, or neither for the shipped ones")
    with ExitStack() as stack:
        shipped = files("ketasim.qualification").joinpath("reference")
        scenarios, values = (
            path or stack.enter_context(as_file(shipped.joinpath(name)))
            for path, name in (
                (arguments.scenarios, "scenarios.csv"),
                (arguments.values, "reference_values.csv"),
            )
        )
        result = ks.verify(scenarios, values, arguments.rtol)
    print(result)
    return PASSED if result.ok else FAILED


def qualify(arguments: argparse.Namespace) -> int:
    folder = check_folder(arguments.output)
    result = ks.qualify(quick=arguments.quick, threads=arguments.threads)
    folder.mkdir(parents=True, exist_ok=True)
    name = "installation" if arguments.quick else "credibility"
    print(result)
    for path in (
        result.to_html(folder / f"{name}.html"),
        result.to_json(folder / f"{name}.json"),
    ):
        _say(f"wrote {path}")
    return PASSED if result.ok else FAILED


def parameters(arguments: argparse.Namespace) -> int:
    table = ks.parameters(arguments.species)
    if arguments.module:
        modules = dict.fromkeys(str(row["module"]) for row in table)
        check_name(arguments.module, tuple(modules), "module")
        shown = ("name", "value", "unit", "low", "high", "grade", "description")
        rows = [row for row in table if row["module"] == arguments.module]
        table = ks.Table(rows, "parameter", shown)
    return _show(table, arguments)


def _table(name: str) -> Callable[[argparse.Namespace], int]:
    return lambda arguments: _show(getattr(ks, name)(), arguments)


def studies(arguments: argparse.Namespace) -> int:
    return _show(ks.evidence.load().studies, arguments)


def _show(table: ks.Table, arguments: argparse.Namespace) -> int:
    text = arguments.text
    found = table if text is None else table.matching(text)
    if not len(found):
        table[text]  # raises with the nearest names
    if arguments.output:
        _say(f"wrote {save(found, arguments.output)}: {len(found)} rows")
    elif text is not None and text in table.names:
        print(details(table[text]))
    else:
        print(found)
    return PASSED


# --- from options to a scenario ---------------------------------------------------------------


def _scenario(arguments: argparse.Namespace, regimen: ks.Regimen) -> ks.Scenario:
    subject = {
        name: getattr(arguments, name)
        for name in (field.name for field in fields(ks.Subject))
        if getattr(arguments, name) is not None
    }
    return as_scenario(
        regimen,
        subject=ks.Subject(**subject),
        context=arguments.context,
        interventions=[ks.block(name, share) for name, share in _pairs(arguments.block, "--block")],
        parameters=dict(_pairs(arguments.set, "--set")),
        variant=arguments.variant,
    )


def _regimen(arguments: argparse.Namespace) -> tuple[ks.Regimen, FloatArray]:
    """Return the doses, and the observation times of a table [h], shape (n,)."""
    text = " ".join(arguments.regimen)
    if text and arguments.table:
        raise UsageError("give a REGIMEN or --table FILE, not both")
    if arguments.table:
        read = read_event_table(
            arguments.table,
            drug=arguments.drug,
            route=arguments.route,
            unit=arguments.unit or "mg",
            cmt=_compartments(arguments.cmt),
            subject=arguments.id,
            covariates=arguments.covariates or (),
        )
        return read.regimen, read.t_eval
    for option in ("drug", "route", "unit", "cmt", "id", "covariates"):
        if getattr(arguments, option) is not None:
            raise UsageError(f"--{option} is for a table: add --table FILE")
    if not text:
        raise UsageError(
            "no regimen: write it as text, such as 'ketamine 0.5 mg/kg iv over 40 min', as a name of "
            "'ketasim regimens', or as a table with --table FILE"
        )
    if len(text.split()) == 1:
        check_name(text.strip(), ks.regimens().names, "regimen")
    return ks.Regimen.parse(text), np.empty(0)


def _compartments(texts: Sequence[str] | None) -> dict[int, str]:
    routes: dict[int, str] = {}
    for text in texts or ():
        number_, equals, route = (part.strip() for part in text.partition("="))
        if not (number_.isdigit() and equals and route):
            raise UsageError(f"--cmt {text}: expected NUMBER=ROUTE, such as 1=iv")
        routes[int(number_)] = route
    return routes


def _pairs(texts: Sequence[str] | None, option: str) -> list[tuple[str, float]]:
    pairs: dict[str, float] = {}
    for text in texts or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals):
            raise UsageError(f"{option} {text}: expected NAME=VALUE")
        if name in pairs:
            raise UsageError(f"{option} {text}: {name} is given twice")
        try:
            pairs[name] = float(value)
        except ValueError:
            raise UsageError(f"{option} {text}: {value!r} is not a number") from None
    return list(pairs.items())


def _times(
    arguments: argparse.Namespace, scenario: ks.Scenario, observed: FloatArray
) -> tuple[FloatArray, bool]:
    """Return the output times [h], and whether they were chosen by default."""
    if arguments.t_eval is not None:
        if arguments.until is not None or arguments.points is not None:
            raise UsageError("--t-eval sets all times: leave out --until and --points")
        chosen = [hours(_bare_number(part), "--t-eval") for part in arguments.t_eval.split(",")]
        return output_times(scenario, None, chosen), False
    if observed.size and arguments.until is None and arguments.points is None:
        return output_times(scenario, None, observed), False
    until = None if arguments.until is None else _bare_number(arguments.until)
    telling = output_times(scenario, until, None)
    end = float(telling[-1])
    if arguments.points is not None:
        check_number_of_times(arguments.points)
        return np.linspace(0.0, end, arguments.points), False
    landmarks = [time for time in LANDMARKS_H if time <= end]
    return np.union1d(telling, landmarks), True


def _bare_number(text: str) -> float | str:
    # A number without a unit is in hours.
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _solver(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {name: getattr(arguments, name) for name in ("method", "rtol", "atol")}
    return {name: value for name, value in given.items() if value is not None}


def _telling_readouts(scenario: ks.Scenario) -> tuple[str, ...]:
    drugs = {dose.drug for dose in scenario.regimen.doses}
    names = SSRI_READOUTS if drugs == {"escitalopram"} else KETAMINE_READOUTS
    # Rating scales are for people.
    return names if scenario.subject.species == "human" else (*names[:-1], "glua1")


def _quantile_text(ensemble: ks.Ensemble | ks.PopulationSummary) -> str:
    """Return the median and, in brackets, the 5 % and 95 % quantiles."""
    names = ensemble.names
    headings = [["time", *names], ["", *(_bracketed(ensemble.unit(name)) for name in names)]]
    rows = [ensemble.quantiles(name, (0.05, 0.5, 0.95)).T.tolist() for name in names]
    lines = [
        [
            exact_text(time),
            *(
                f"{number(mid, 3)} ({number(low, 3)} to {number(high, 3)})"
                for low, mid, high in cells
            ),
        ]
        for time, *cells in zip(ensemble.t.tolist(), *rows, strict=True)
    ]
    return grid(headings, lines)


def _check_figure(path: str) -> None:
    if Path(path).suffix.lower() not in FIGURE_ENDINGS:
        raise OutputError(f"cannot draw into {path!r}: use one of {', '.join(FIGURE_ENDINGS)}")
    check_writable(path)
    require("matplotlib", "plot")


def _draw(figure: Any, path: str | Path) -> None:
    from ketasim.figures._write import write_figure

    write_figure(figure, check_writable(path))
    _say(f"wrote {path}")


def _bracketed(unit: str) -> str:
    return f"[{unit}]"


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _warn_once() -> Callable[..., None]:
    """Return a function that prints each distinct warning once, in one line."""
    shown: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            _say(f"ketasim: warning: {message}")

    return show


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "demo": demo,
    "explore": explore,
    "simulate": simulate,
    "export": export,
    "fit": fit,
    "validate": validate,
    "verify": verify,
    "qualify": qualify,
    "parameters": parameters,
    **{
        name: _table(name)
        for name in (
            "readouts",
            "states",
            "inputs",
            "drugs",
            "routes",
            "contexts",
            "variants",
            "hypotheses",
            "regimens",
            "programmes",
            "coverage",
            "indications",
        )
    },
    "studies": studies,
}


def _run(words: Sequence[str]) -> int:
    if not words:
        parser(ks.__version__)[0].print_help(sys.stderr)
        return BAD_INPUT
    try:
        arguments = parse(words, ks.__version__)
        code = COMMANDS[arguments.command](arguments)
    except SystemExit as stop:  # --help, --version
        code = int(stop.code or 0)
    if sys.stdout is not None:  # None: closed by the parent process
        sys.stdout.flush()  # here, where the error of a closed pipe is handled
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; default: those of the process.

    Returns
    -------
    int
        The exit code: 0 done, 1 a check failed, 2 bad input, 70 a defect, 130 interrupted, 141 output
        closed.

    Examples
    --------
    >>> from ketasim.cli import main
    >>> main(["readouts", "--output", str(tmp_path / "readouts.csv")])
    0
    """
    words = sys.argv[1:] if argv is None else list(argv)
    with warnings.catch_warnings():
        warnings.simplefilter("always", ks.ParameterRangeWarning)
        warnings.showwarning = _warn_once()
        try:
            return _run(words)
        except KeyboardInterrupt:
            _say("ketasim: interrupted")
            return INTERRUPTED
        except BrokenPipeError:
            # Avoids a second error when Python flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return PIPE_CLOSED
        except ks.SimulationError as error:
            _say(f"ketasim: {error}")
            return FAILED
        except (ks.KetasimError, OSError) as error:
            _say(f"ketasim: error: {error}")
            return BAD_INPUT
        except MemoryError as error:
            _say(f"ketasim: error: not enough memory: {error}; ask for fewer times or subjects")
            return BAD_INPUT
        except Exception as error:
            if os.environ.get("KETASIM_TRACEBACK"):
                raise
            _say(
                f"ketasim: this is a defect of ketasim, please report it: {type(error).__name__}: "
                f"{error} (KETASIM_TRACEBACK=1 shows where)"
            )
            return DEFECT


if __name__ == "__main__":
    sys.exit(main())
