"""What is wrong with a command line, in one line: tyro tells it in a box, which no log and no script can use."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from functools import partial, wraps
from typing import Any

from tui_vae.errors import UserError

PROGRAM = "tui-vae-train"
_FRAME = "╭╮╰╯│ "


def parse(commands: Mapping[str, Callable[..., None]], words: Sequence[str], description: str) -> Callable[[], None]:
    """The command that ``words`` ask for, with its arguments, ready to be called.

    Raises:
        UserError: they ask for nothing that there is.
        SystemExit: help was asked for, and has been printed.
    """
    import tyro

    said = io.StringIO()
    try:
        with redirect_stderr(said):
            chosen: Callable[[], None] = tyro.extras.subcommand_cli_from_dict(
                {name: _later(command) for name, command in commands.items()},
                prog=PROGRAM,
                description=description,
                args=list(words),
            )
    except SystemExit as leaving:
        if not leaving.code:
            raise
        command = f" {words[0]}" if words[0] in commands else ""
        raise UserError(f"{line(said.getvalue())} (see: {PROGRAM}{command} --help)") from None
    return chosen


def line(box: str) -> str:
    """The first part of a framed text without its frame and title; what it proposes for a misspelt option."""
    parts: list[list[str]] = [[]]
    for row in box.splitlines():
        text = "" if row.startswith(("╭", "╰")) else row.strip(_FRAME)  # the title and the end
        if text.strip("─-"):
            parts[-1].append(text)
        elif parts[-1]:
            parts.append([])
    if "╭" not in box:  # where the terminal has no such characters the title has a line of its own
        parts = parts[1:] or parts
    told = " ".join(parts[0]) or "the arguments cannot be understood"
    for part in parts[1:]:
        if len(part) > 1 and part[0].startswith("Perhaps you meant"):
            told += f"; perhaps {part[1]}"
    return told[0].lower() + told[1:]


def _later(command: Callable[..., None]) -> Callable[..., Any]:
    """The command with its arguments in place of its work, so that only tyro's own words are caught."""

    @wraps(command)
    def call(*arguments: Any, **settings: Any) -> Callable[[], None]:
        return partial(command, *arguments, **settings)

    return call
