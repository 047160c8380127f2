"""The arguments of the command line and their help."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ketasim._wording.names import check_name
from ketasim.catalogue._body_size import BODY_SIZES
from ketasim.catalogue._vocabulary import BLOCKS, GENOTYPES, METHODS, SPECIES, TRAITS
from ketasim.errors import KetasimError

FORMATS = "CSV, JSON, Parquet or NetCDF by ending: .csv .json .parquet .nc"


class UsageError(KetasimError, ValueError):
    """The command line is malformed."""


class Help(argparse.RawDescriptionHelpFormatter):
    """Keeps examples as written; puts options and their meaning side by side."""

    def __init__(self, prog: str, **keywords: Any) -> None:
        super().__init__(prog, max_help_position=30, **keywords)
        self._action_max_length = 12  # argparse forgets the indent of subcommands


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of exiting and accepts only complete option names."""

    def __init__(self, **keywords: Any) -> None:
        keywords.setdefault("formatter_class", Help)
        super().__init__(allow_abbrev=False, **keywords)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see '{self.prog} --help'")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} contains no name")
    return names


def _shares(text: str) -> tuple[float, ...]:
    try:
        shares = tuple(float(part) for part in text.split(","))
    except ValueError:
        shares = ()
    if not (shares and all(0.0 <= share <= 1.0 for share in shares)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of shares, such as 0.05,0.5,0.95")
    return shares


def _whole_number(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
        return number

    return read


def parser(version: str) -> tuple[Parser, dict[str, Parser]]:
    """Make the parsers of the command line.

    Parameters
    ----------
    version : str
        What ``ketasim --version`` shows.

    Returns
    -------
    tuple of Parser and dict of str to Parser
        The parser of the whole command line, and that of each command by its name.

    Examples
    --------
    >>> from ketasim.cli import parser
    >>> whole, commands = parser("0.2.0")
    >>> whole.prog, "simulate" in commands
    ('ketasim', True)
    """
    whole = Parser(
        prog="ketasim",
        description="How ketamine lifts depression within hours: simulate the mechanism, from the\n"
        "dose to the mood, and compare it with published results.",
        epilog="""examples:
  ketasim demo
  ketasim simulate "ketamine 0.5 mg/kg iv over 40 min" --until "14 d"
  ketasim simulate --help

exit codes:
  0 done   1 a check failed or a run stopped early   2 bad input, nothing written
  70 a defect of ketasim   130 interrupted   141 the reader of the output stopped

Educational and research software. Not medical advice.""",
    )
    whole.add_argument("--version", action="version", version=f"ketasim {version}")
    commands = whole.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )
    by_name: dict[str, Parser] = {}

    def command(name: str, words: str, summary: str, examples: str) -> Parser:
        made = commands.add_parser(
            name,
            usage=f"ketasim {name} {words}",
            help=summary,
            description=summary + ".",
            epilog=f"examples:\n{examples}",
        )
        made.set_defaults(command=name)
        by_name[name] = made
        return made

    _add_demo(command)
    _add_explore(command)
    _add_simulate(command)
    _add_export(command)
    _add_fit(command)
    _add_validate(command)
    _add_verify(command)
    _add_qualify(command)
    _add_tables(command)
    return whole, by_name


#: Makes the parser of a command from its name, usage, summary and examples.
Command = Callable[[str, str, str, str], Parser]


def _add_demo(command: Command) -> None:
    command_parser = command(
        "demo",
        "[--output DIR]",
        "Draw ketamine beside a daily SSRI, from seconds to weeks, with key moments and data",
        """  ketasim demo
  ketasim demo --output lecture""",
    )
    command_parser.add_argument(
        "--output", metavar="DIR", default="ketasim-demo", help="folder (default: %(default)s)"
    )


def _add_explore(command: Command) -> None:
    command_parser = command(
        "explore",
        "[STATE] [--path]",
        "Open the model in a browser: change a dose and see the response, from seconds to weeks",
        """  ketasim explore
  ketasim explore "#p=paradox"                    # in a state, as the page's Share button writes it
  cp "$(ketasim explore --path)" /media/usb/     # one file, no network needed""",
    )
    command_parser.add_argument(
        "state", metavar="STATE", nargs="?", default="", help="from '#' on (default: none)"
    )
    command_parser.add_argument(
        "--path", action="store_true", help="print the path of the page, open nothing"
    )


def _add_simulate(command: Command) -> None:
    command_parser = command(
        "simulate",
        "REGIMEN [options]\n       ketasim simulate --table FILE [options]",
        "Simulate a regimen in one subject, or with --n in a virtual population",
        """  ketasim simulate "ketamine 0.5 mg/kg iv over 40 min"
  ketasim simulate "esketamine 56 mg intranasal" --until "7 d" --output run.csv
  ketasim simulate "ketamine 0.5 mg/kg iv over 40 min" --block ampa=0.9 --readouts spine_density,madrs_change
  ketasim simulate "ketamine 10 mg/kg ip" --species rat --t-eval "0, 30 min, 2 h, 1 d"
  ketasim simulate --table events.csv --drug ketamine --cmt 1=iv --set mtor.tau_M=0.2 --output run.nc
  ketasim simulate "ketamine 0.5 mg/kg iv over 40 min" --n 500 --seed 1 --output quantiles.parquet

A REGIMEN is text, or a name from 'ketasim regimens'. Times are hours, or carry a unit: "40 min", "14 d".
Without --output or --plot a table of chosen readouts is printed.""",
    )
    _add_scenario(command_parser)
    times = command_parser.add_argument_group("times and results")
    times.add_argument(
        "--until", metavar="TIME", help="end of the run (default: 7 d after the last dose)"
    )
    times.add_argument(
        "--points", metavar="N", type=_whole_number(2), help="that many times, evenly spaced"
    )
    times.add_argument("--t-eval", metavar="TIMES", help='exactly these times: "0, 40 min, 1 d"')
    times.add_argument(
        "--readouts",
        metavar="A,B,C",
        type=_names,
        help="names from 'ketasim readouts' or, for one subject, 'ketasim states'",
    )
    times.add_argument("--output", metavar="FILE", help=FORMATS)
    times.add_argument("--plot", metavar="FILE", help="figure: .png .pdf .svg")
    population = command_parser.add_argument_group("virtual population")
    population.add_argument(
        "--n", metavar="N", type=_whole_number(1), help="number of virtual subjects"
    )
    population.add_argument(
        "--seed", metavar="N", type=_whole_number(0), help="which subjects (default: 0)"
    )
    population.add_argument(
        "--threads", metavar="N", type=_whole_number(1), help="default: all processors"
    )
    population.add_argument(
        "--members", action="store_true", help="write every subject in place of quantiles"
    )
    population.add_argument(
        "--quantiles",
        metavar="A,B,C",
        type=_shares,
        help="of the file, such as 0.05,0.5,0.95; subjects are counted, not kept, for large populations",
    )
    population.add_argument(
        "--checkpoint", metavar="FILE", help="counted subjects; the same command continues from it"
    )
    solver = command_parser.add_argument_group("solver")
    solver.add_argument(
        "--method", metavar="NAME", help=f"{', '.join(METHODS)}; the first is the default"
    )
    solver.add_argument(
        "--rtol", metavar="X", type=float, help="relative tolerance (default: 1e-6)"
    )
    solver.add_argument(
        "--atol",
        metavar="X",
        type=float,
        help="absolute tolerance, as a share of each state's typical size",
    )


def _add_scenario(command_parser: Parser) -> None:
    """Add the arguments of a scenario: doses, subject and model."""
    command_parser.add_argument(
        "regimen", metavar="REGIMEN", nargs="*", help="doses in words, or the name of a regimen"
    )
    dosing = command_parser.add_argument_group("dosing")
    dosing.add_argument(
        "--table",
        metavar="FILE",
        help="doses as a CSV table with the columns of NONMEM; its EVID 0 rows are the output times",
    )
    dosing.add_argument("--drug", metavar="NAME", help="drug of a table without a DRUG column")
    dosing.add_argument(
        "--route", metavar="NAME", help="route of a table without a ROUTE or CMT column"
    )
    dosing.add_argument(
        "--unit", metavar="NAME", help="unit of AMT in a table without a UNIT column (default: mg)"
    )
    dosing.add_argument(
        "--cmt",
        metavar="NUMBER=ROUTE",
        action="append",
        help="route of a numbered compartment of a table, such as 1=iv (repeatable)",
    )
    dosing.add_argument("--id", metavar="ID", help="which subject of a table with several")
    dosing.add_argument(
        "--covariates", metavar="A,B,C", type=_names, help="columns of a table to leave unread"
    )
    dosing.add_argument(
        "--block",
        metavar="TARGET=SHARE",
        action="append",
        help=f"block a target ({', '.join(BLOCKS)}) by a share between 0 and 1, such as ampa=0.9, for a "
        "day from half an hour ahead of the first dose (repeatable)",
    )
    subject = command_parser.add_argument_group("subject and model")
    subject.add_argument(
        "--species", metavar="NAME", help=f"{', '.join(SPECIES)}; the first is the default"
    )
    subject.add_argument(
        "--weight", dest="weight_kg", metavar="KG", type=float, help="default: 70 kg for humans"
    )
    subject.add_argument(
        "--severity",
        metavar="S",
        type=float,
        help="chronic stress: 0 healthy, 1 depressed (default for humans)",
    )
    subject.add_argument(
        "--baseline-madrs", metavar="POINTS", type=float, help="MADRS before treatment"
    )
    subject.add_argument("--genotype", metavar="NAME", help=", ".join(GENOTYPES))
    subject.add_argument(
        "--age", dest="age_y", metavar="YEARS", type=float, help="hepatic flow falls from 60 to 86"
    )
    subject.add_argument(
        "--height", dest="height_cm", metavar="CM", type=float, help="for --body-size"
    )
    subject.add_argument("--body-size", metavar="NAME", help=", ".join(BODY_SIZES))
    for trait, words in TRAITS.items():
        subject.add_argument(f"--{trait}", metavar="NAME", help=", ".join(words))
    subject.add_argument(
        "--context", metavar="NAME", help="trial setting; 'ketasim contexts' lists them"
    )
    subject.add_argument("--variant", metavar="NAME", help="circuit; 'ketasim variants' lists them")
    subject.add_argument(
        "--set",
        metavar="MODULE.NAME=VALUE",
        action="append",
        help="another value for a parameter of 'ketasim parameters' (repeatable)",
    )


def _add_export(command: Command) -> None:
    command_parser = command(
        "export",
        "REGIMEN --output FILE [options]\n       ketasim export --table FILE --output FILE [options]",
        "Write a scenario as SBML, for COPASI, libRoadRunner, AMICI and other tools",
        """  ketasim export "ketamine 0.5 mg/kg iv over 40 min" --output infusion.xml
  ketasim export "ketamine 10 mg/kg ip" --species rat --block ampa=0.9 --output blocked.xml

SBML Level 3 Version 2: equations, units, parameters with grade and source, doses as events, readouts.""",
    )
    _add_scenario(command_parser)
    command_parser.add_argument(
        "--output", metavar="FILE", required=True, help="SBML: .xml or .sbml"
    )


def _add_fit(command: Command) -> None:
    command_parser = command(
        "fit",
        "PROBLEM.toml [--output DIR]",
        "Fit parameters to data: maximum, identifiability, draws, figures",
        """  ketasim fit problem.toml
  ketasim fit problem.toml --output results

The file names the free parameters, the tables and the residual errors:

  theta = ["pharmacokinetics.CLint_S", "pharmacokinetics.CLn_S"]
  [subjects]
  table = "levels.csv"
  drug = "ketamine"
  cmt = {1 = "iv", 2 = "ketamine_venous", 3 = "norketamine_venous"}
  covariates = {WT = "weight_kg"}
  censored = "BLQ"
  lloq = 2.0
  [error]
  ketamine_venous = "proportional"

The exit code is 1 when the search or the chains have not converged.""",
    )
    command_parser.add_argument("problem", metavar="PROBLEM.toml", help="what is fitted to what")
    command_parser.add_argument(
        "--output", metavar="DIR", default="ketasim-fit", help="folder (default: %(default)s)"
    )


def _add_validate(command: Command) -> None:
    command_parser = command(
        "validate",
        "[DIR] [--json FILE] [--figures DIR]",
        "Predict every number of the evidence tables and score the predictions",
        """  ketasim validate
  ketasim validate --json score.json --figures figures
  ketasim validate my_tables      # a folder with regimens.csv, arms.csv and observations.csv

The exit code is 0 when the evidence could be read and scored, also where predictions differ from it.""",
    )
    command_parser.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        help="folder with regimens.csv, arms.csv, observations.csv (default: the shipped evidence)",
    )
    command_parser.add_argument("--json", metavar="FILE", help="one record per observation")
    command_parser.add_argument(
        "--figures", metavar="DIR", help="predicted against observed, and calibration"
    )


def _add_verify(command: Command) -> None:
    command_parser = command(
        "verify",
        "[SCENARIOS.csv VALUES.csv] [--rtol X]",
        "Recompute reference values; exit code 1 if one differs",
        """  ketasim verify
  ketasim verify scenarios.csv reference_values.csv --rtol 1e-5""",
    )
    command_parser.add_argument(
        "scenarios", metavar="SCENARIOS.csv", nargs="?", help="default: as shipped"
    )
    command_parser.add_argument(
        "values", metavar="VALUES.csv", nargs="?", help="default: as shipped"
    )
    command_parser.add_argument(
        "--rtol", metavar="X", type=float, default=1e-5, help="relative agreement (default: 1e-5)"
    )


def _add_qualify(command: Command) -> None:
    command_parser = command(
        "qualify",
        "[--quick] [--output DIR]",
        "Write a credibility report; exit code 1 if this installation fails an item",
        """  ketasim qualify                          # credibility.html and .json, in a minute or two
  ketasim qualify --quick                  # installation.html and .json, in seconds
  ketasim qualify --quick --output records/2026-05-04

The report follows ICH M15 and ASME V&V 40: context of use, code and calculation verification, validation
beside two baselines, uncertainty, applicability, known failures, versions and hashes.
--quick checks the installation alone. Goals of the model that are not met do not change the exit code.""",
    )
    command_parser.add_argument(
        "--quick", action="store_true", help="check the installation alone, in seconds"
    )
    command_parser.add_argument(
        "--output",
        metavar="DIR",
        default="ketasim-qualification",
        help="folder (default: %(default)s)",
    )
    command_parser.add_argument(
        "--threads", metavar="N", type=_whole_number(1), help="default: all processors"
    )


def _add_tables(command: Command) -> None:
    for name, summary, word in (
        ("parameters", "List parameters: value, unit, range, grade, source", "AMPA"),
        ("readouts", "List the readouts of a run", "spine"),
        ("states", "List the states of the model", "BDNF"),
        ("inputs", "List the inputs of the model", "bath"),
        ("drugs", "List drugs: family, routes, largest doses", "ketamine"),
        ("routes", "List routes of administration", "nasal"),
        ("contexts", "List trial contexts with their logits", "placebo"),
        ("variants", "List variants of the circuit", "NMDA"),
        ("hypotheses", "List rival mechanisms as sets of switches", "TrkB"),
        ("regimens", "List named regimens with their sources", "esketamine"),
        (
            "programmes",
            "List programmes of clinics: visits, what sources say, what is assumed",
            "oral",
        ),
        (
            "coverage",
            "List claims about treatment: module, grade and score, or the reason of a gap",
            "PTSD",
        ),
        (
            "indications",
            "List indications: scores of the model and of two baselines, and where rows are too few",
            "PTSD",
        ),
        (
            "studies",
            "List the studies of the evidence: rows, how they were read, page",
            "esketamine",
        ),
    ):
        examples = (
            f"  ketasim {name}\n  ketasim {name} {word}\n  ketasim {name} --output {name}.csv"
        )
        if name == "parameters":
            examples += (
                "\n  ketasim parameters nmda_block.K0          # everything known about one"
                "\n  ketasim parameters --species rat --module mtor"
            )
        command_parser = command(name, "[TEXT] [options]", summary, examples)
        command_parser.add_argument(
            "text",
            metavar="TEXT",
            nargs="?",
            help="only rows that contain it; a full name: all fields",
        )
        if name == "parameters":
            command_parser.add_argument(
                "--species",
                metavar="NAME",
                default=SPECIES[0],
                help=f"{', '.join(SPECIES)}; the first is the default",
            )
            command_parser.add_argument(
                "--module", metavar="NAME", help="such as pharmacokinetics or mtor"
            )
        command_parser.add_argument("--output", metavar="FILE", help=FORMATS)


def _check_empty(argv: Sequence[str]) -> None:
    """Refuse empty arguments: an unset shell variable must not count as an omitted option."""
    for before, word in zip(("", *argv), argv, strict=False):
        option, equals, text = word.partition("=")
        if word and not (option.startswith("--") and equals and not text):
            continue
        argument = option or (
            before if before.startswith("--") else f"the argument after {before!r}"
        )
        raise UsageError(f"{argument} is empty: give a value (is a shell variable unset?)")


def parse(argv: Sequence[str], version: str) -> argparse.Namespace:
    """Parse a command line.

    Raises
    ------
    UsageError, UnknownNameError
        With the nearest command or option.
    """
    _check_empty(argv)
    whole, by_name = parser(version)
    name = argv[0] if argv else ""
    if name and not name.startswith("-"):
        check_name(name, tuple(by_name), "command")
    arguments, unknown = whole.parse_known_args(argv)
    if unknown:
        option = unknown[0].partition("=")[0]
        known = [
            text
            for text in by_name[arguments.command]._option_string_actions
            if text.startswith("--")
        ]
        near = difflib.get_close_matches(option, known, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"unknown argument {unknown[0]!r}; {hint}see 'ketasim {arguments.command} --help'"
        )
    return arguments
