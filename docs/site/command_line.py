"""The page of the command line, from the parser that reads it."""

from __future__ import annotations

import argparse

from ketasim.cli import parser

HEAD = """# Command line

`ketasim COMMAND --help` shows the same in a terminal.
"""


def command_line() -> dict[str, str]:
    """Make the page."""
    whole, commands = parser("")
    parts = [HEAD, _text(whole.description), _fenced(whole.epilog)]
    for name, command in commands.items():
        parts += [f"## ketasim {name}\n", _text(command.description)]
        parts.append(_fenced(command.format_usage().removeprefix("usage: ")))
        for group in command._action_groups:
            listed = [a for a in group._group_actions if a.help != argparse.SUPPRESS]
            if [a.dest for a in listed] in ([], ["help"]):
                continue
            parts.append(f"**{(group.title or 'options').capitalize()}**\n")
            parts += [_entry(command, action) for action in listed if action.dest != "help"]
        parts.append(_fenced(command.epilog))
    return {"reference/command_line.md": "\n".join(part for part in parts if part)}


def _entry(command: argparse.ArgumentParser, action: argparse.Action) -> str:
    formatter = command._get_formatter()
    names = formatter._format_action_invocation(action)
    meaning = formatter._expand_help(action) if action.help else ""
    return f"`{names}`\n: {_text(meaning)}"


def _text(text: str | None) -> str:
    """Prose of a terminal: no character of it is Markdown."""
    escaped = (text or "").replace("\\", "\\\\")
    for character in "`*_[]<>$#":
        escaped = escaped.replace(character, "\\" + character)
    return " ".join(escaped.split()) + "\n" if escaped else ""


def _fenced(text: str | None) -> str:
    return f"```text\n{text.strip()}\n```\n" if text else ""
