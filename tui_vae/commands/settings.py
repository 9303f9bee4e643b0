"""``tui-vae settings``, and how settings and the command line come together: what was said on the line wins."""

from __future__ import annotations

import argparse
from typing import Final

from tui_vae.errors import UserError

TEXT: Final = "Show where the settings are, and an example of them."
DRAWING: Final = ("checkpoint", "color", "cells", "zoom")
EXPLORING: Final = (*DRAWING, "fps", "thin", "mouse", "graphics")
UNSAID: Final = dict.fromkeys(EXPLORING)
"""The options that settings may decide, as long as nobody has said anything."""


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of the command."""
    command.add_argument("--init", action="store_true", help="write the example there; never over a file")


def fill(options: argparse.Namespace) -> None:
    """Give the options that were not said what the settings say. ``options.decided`` names them; ``options.settings``
    are the settings afterwards.

    Raises:
        UserError: something in the settings is wrong.
    """
    if not options.decided:
        return
    from tui_vae import settings

    found = settings.read()
    options.settings = found
    for name in options.decided:
        if getattr(options, name) is None:
            # A checkpoint out of the settings does not get in the way of a model that was asked for otherwise.
            others = (getattr(options, other, None) for other in ("decoder", "follow"))
            is_elsewhere = name == "checkpoint" and any(other is not None for other in others)
            setattr(options, name, settings.Settings.checkpoint if is_elsewhere else getattr(found, name))


def run(options: argparse.Namespace) -> int:
    """Show the path and an example, or write it; complain about what is there."""
    from tui_vae import files, paths, settings

    path = paths.settings()
    if options.init:
        if path.exists() or path.is_symlink():
            raise UserError(f"{path}: there is such a file already: edit it, or move it away first")
        with files.whole_file(path, make_folder=True) as scratch:
            scratch.write_text(settings.EXAMPLE, encoding="utf-8")
        print(f"wrote {path}")
        return 0
    there = path.is_file()
    settings.read(path)  # says what is wrong
    print(f"{path}  ({'in use' if there else 'not there: tui-vae settings --init writes it'})\n")
    print(settings.EXAMPLE, end="")
    return 0
